/* Roles and authorizers, as far as scripts cannot reach them. */
#include "realms/authorization.h"

#include "realms/inner.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/talk.h"
#include "tests/lib/test.h"

static const struct realm_permission all[] = {{.match = WAMP_MATCH_PREFIX, .allow = 15}};

TEST(a_session_joins_with_a_role_that_there_is)  /* spec: A-AUTH-11 */
{
    static const struct realm_role roles[] = {{.name = {"user", 4}}, {.name = {"admin", 5}, .allow_by_default = true}};
    WORLD(w, .roles = roles, .role_count = 2);
    assert_true(realm_has_role(w.realm, STR("user")));
    assert_true(realm_has_role(w.realm, STR("admin")));
    assert_false(realm_has_role(w.realm, STR("users")));
    assert_false(realm_has_role(w.realm, STR("")));
    struct peer *stranger = world_join(&w, &(struct session_info){.ser = WAMP_JSON, .authrole = STR("stranger")});
    assert_null(stranger->session);
    hear_nothing(stranger);
    assert_int_equal(realm_session_count(w.realm), 0);
    world_end(&w);
}

TEST(without_roles_everybody_joins_and_may_do_everything)  /* spec: A-AZN-01 */
{
    WORLD(w, .preset = PRESET_SPEC);
    assert_true(realm_has_role(w.realm, STR("whatever")));
    struct peer *p = join_with(&w, &(struct session_info){.ser = WAMP_JSON, .authrole = STR("whatever")});
    say(p, "[64, 1, {\"match\": \"prefix\"}, \"\"]");
    hear(p, "[65, 1, _]");
    world_end(&w);
}

TEST(of_two_permissions_for_one_pattern_the_first_counts)  /* spec: A-AZN-06 */
{
    static const struct realm_permission rows[] = {
        {.uri = {"com.", 4}, .match = WAMP_MATCH_PREFIX, .allow = 0},
        {.uri = {"com.", 4}, .match = WAMP_MATCH_PREFIX, .allow = 15},
    };
    static const struct realm_role roles[] = {
        {.name = {"user", 4}, .permissions = rows, .permission_count = 2},
        {.name = {"user", 4}, .permissions = all, .permission_count = 1},
    };
    WORLD(w, .roles = roles, .role_count = 2);
    struct peer *p = join_with(&w, &(struct session_info){.ser = WAMP_JSON, .authrole = STR("user")});
    say(p, "[32, 1, {}, \"com.t\"]");
    hear(p, "[8, 32, 1, {}, \"wamp.error.not_authorized\", _]");
    say(p, "[32, 2, {\"match\": \"prefix\"}, \"com.t\"]");
    hear(p, "[8, 32, 2, {}, \"wamp.error.not_authorized\", _]");
    world_end(&w);
}

TEST(denials_are_counted)  /* spec: A-AZN-02 */
{
    static const struct realm_role roles[] = {{.name = {"user", 4}}};
    WORLD(w, .roles = roles, .role_count = 1);
    struct peer *p = join_with(&w, &(struct session_info){.ser = WAMP_JSON, .authrole = STR("user")});
    say(p, "[16, 1, {}, \"com.t\"]");
    hear_nothing(p);
    assert_int_equal(realm_counters(w.realm)->denied, 1);
    world_end(&w);
}

RUN_TESTS(cmocka_unit_test(a_session_joins_with_a_role_that_there_is),
          cmocka_unit_test(without_roles_everybody_joins_and_may_do_everything),
          cmocka_unit_test(of_two_permissions_for_one_pattern_the_first_counts),
          cmocka_unit_test(denials_are_counted))
