/* Roles and authorizers, as far as scripts cannot reach them. */
#include "realms/authorization.h"

#include "realms/held.h"
#include "realms/inner.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/talk.h"
#include "tests/lib/test.h"

static const struct realm_permission all[] = {{.match = WAMP_MATCH_PREFIX, .allow = 15}};

TEST(a_session_joins_with_a_role_that_there_is)  /* spec: A-AUTH-11 */
{
    static const struct realm_role roles[] = {
        {.name = {"user", 4}},
        {.name = {"admin", 5}, .allow_by_default = true},
    };
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

/* --- roles that change --------------------------------------------------------------------------------------- */

#define ROLE(text, list)                                                                                     \
    {                                                                                                        \
        .name = {text, sizeof text - 1}, .permissions = list, .permission_count = sizeof list / sizeof *list \
    }

static const struct realm_permission open_only[] = {
    {.uri = {"com.open.", 9}, .match = WAMP_MATCH_PREFIX, .allow = 15},
};
static const struct realm_role before[] = {ROLE("user", all), ROLE("guest", all)};
static const struct realm_role after[] = {ROLE("user", open_only), {.name = {"new", 3}}};

static struct peer *join_as(struct world *w, const char *authrole)
{
    return join_with(w, &(struct session_info){.ser = WAMP_JSON, .authrole = str_z(authrole)});
}

TEST(sessions_of_a_role_that_is_no_more_are_ended)  /* spec: A-CLO-06 */
{
    WORLD(w, .roles = before, .role_count = 2);
    struct peer *user = join_as(&w, "user"), *guest = join_as(&w, "guest");
    say(user, "[32, 1, {}, \"wamp.session.on_leave\"]");
    hear(user, "[33, 1, _]");
    assert_true(realm_set_roles(w.realm, before, 1, w.now));
    hear(guest, "[6, {\"message\": _}, \"wamp.close.killed\"]");
    hear_end(guest, CLOSE_KILLED);
    hear(user, "[36, _, _, {}, _]");
    assert_false(realm_has_role(w.realm, STR("guest")));
    assert_int_equal(realm_session_count(w.realm), 1);
    world_end(&w);
}

TEST(what_is_not_allowed_any_more_ends_at_once)  /* spec: A-CLO-06, A-SRV-01, A-RRV-01 */
{
    WORLD(w, .roles = before, .role_count = 2);
    struct peer *user = join_as(&w, "user");
    say(user, "[32, 1, {}, \"com.open.t\"]");
    hear(user, "[33, 1, 1]");
    say(user, "[32, 2, {\"match\": \"prefix\"}, \"com.\"]");
    hear(user, "[33, 2, 2]");
    say(user, "[64, 3, {}, \"com.open.p\"]");
    hear(user, "[65, 3, 1]");
    say(user, "[64, 4, {\"match\": \"prefix\"}, \"com.open\"]");
    hear(user, "[65, 4, 2]");
    assert_true(realm_set_roles(w.realm, after, 2, w.now));
    hear(user, "[35, 0, {\"subscription\": 2, \"reason\": \"wamp.error.not_authorized\"}]");
    hear(user, "[67, 0, {\"registration\": 2, \"reason\": \"wamp.error.not_authorized\"}]");
    say(user, "[16, 5, {\"acknowledge\": true}, \"com.t\"]");
    hear(user, "[8, 16, 5, {}, \"wamp.error.not_authorized\", _]");
    say(user, "[34, 6, 1]");
    hear(user, "[35, 6]");
    say(user, "[66, 7, 1]");
    hear(user, "[67, 7]");
    hear_nothing(user);
    world_end(&w);
}

TEST(without_any_role_everything_is_allowed_again)  /* spec: A-CLO-06 */
{
    WORLD(w, .roles = after, .role_count = 2);
    struct peer *user = join_as(&w, "user");
    assert_true(realm_set_roles(w.realm, NULL, 0, w.now));
    say(user, "[32, 1, {}, \"com.t\"]");
    hear(user, "[33, 1, _]");
    join_as(&w, "whoever");
    world_end(&w);
}

static const struct realm_role asked[] = {
    {.name = {"user", 4}, .authorizer = {"com.authorize", 13}},
    ROLE("auth", all),
};
static const struct realm_role told[] = {ROLE("user", open_only), ROLE("auth", all)};

TEST(what_waits_for_an_authorizer_is_decided_by_the_new_roles)  /* spec: A-CLO-06, A-AZN-08 */
{
    WORLD(w, .roles = asked, .role_count = 2);
    struct peer *auth = join_as(&w, "auth"), *user = join_as(&w, "user");
    say(auth, "[64, 1, {}, \"com.authorize\"]");
    hear(auth, "[65, 1, _]");
    say(user, "[32, 1, {}, \"com.t\"]");
    say(user, "[32, 2, {}, \"com.open.t\"]");
    hear(auth, "[68, 1, _, {}, _]");
    assert_true(realm_set_roles(w.realm, told, 2, w.now));
    hear(auth, "[69, 1, _]");
    hear(user, "[8, 32, 1, {}, \"wamp.error.not_authorized\", _]");
    hear(user, "[33, 2, _]");
    say(auth, "[70, 1, {}, [true]]");
    assert_true(realm_set_roles(w.realm, asked, 2, w.now));
    say(user, "[32, 3, {}, \"com.t\"]");
    hear(auth, "[68, 2, _, {}, _]");
    assert_true(realm_set_roles(w.realm, asked, 2, w.now));  /* it is asked again: the answer may be another one */
    hear(auth, "[69, 2, _]");
    hear(auth, "[68, 3, _, {}, _]");
    say(auth, "[70, 3, {}, [{\"allow\": true, \"cache\": true}]]");
    hear(user, "[33, 3, _]");
    assert_true(realm_set_roles(w.realm, asked, 2, w.now));
    say(user, "[32, 4, {}, \"com.t\"]");
    hear(auth, "[68, 4, _, {}, _]");  /* nothing is remembered */
    world_end(&w);
}

TEST(new_roles_come_whole_or_not_at_all)  /* spec: A-CLO-06 */
{
    for_each_failure {
        struct world w = {0};
        bool ok = world_init(&w, &(struct realm_config){.roles = before, .role_count = 2});
        struct session_info user = {.ser = WAMP_JSON, .authrole = STR("user")};
        struct peer *p = ok ? world_join(&w, &user) : NULL;
        if (p && p->session)
            peer_send_json(p, "[32, 1, {}, \"com.t\"]");
        if (ok) {
            bool set = realm_set_roles(w.realm, after, 2, w.now);
            assert_int_equal(realm_has_role(w.realm, STR("new")), set);
            assert_int_equal(realm_has_role(w.realm, STR("guest")), !set);
        }
        world_fini(&w);
    }
}

/* --- authorizers --------------------------------------------------------------------------------------------- */

TEST(what_waits_has_a_bound)  /* spec: A-AZN-08 */
{
    WORLD(w, .roles = asked, .role_count = 2);
    struct peer *auth = join_as(&w, "auth"), *user = join_as(&w, "user");
    say(auth, "[64, 1, {}, \"com.authorize\"]");
    hear(auth, "[65, 1, _]");
    for (int i = 1; i <= HELD_MESSAGES_MAX; i++)
        say(user, "[16, %d, {}, \"com.t\"]", i);
    hear(auth, "[68, 1, _, {}, _]");
    assert_non_null(user->session);
    say(user, "[16, 1, {}, \"com.t\"]");
    hear(user,
         "[3, {\"message\": \"too much was sent while an authorizer decides\"}, \"wampd.error.limit_exceeded\"]");
    hear_end(user, CLOSE_PROTOCOL);
    hear(auth, "[69, 1, _]");
    assert_int_equal(realm_counters(w.realm)->held_refused, 1);
    assert_int_equal(w.realm->held_bytes, 0);
    world_end(&w);
}

TEST(nothing_more_is_read_while_much_waits)  /* spec: A-AZN-08 */
{
    WORLD(w, .roles = asked, .role_count = 2);
    struct peer *auth = join_as(&w, "auth"), *user = join_as(&w, "user");
    say(auth, "[64, 1, {}, \"com.authorize\"]");
    hear(auth, "[65, 1, _]");
    for (int i = 1; i <= HELD_MESSAGES_MUCH; i++) {
        assert_false(user->held);
        say(user, "[16, %d, {}, \"com.t\"]", i);
    }
    assert_true(user->held);
    for (int i = 1; i < HELD_MESSAGES_MUCH; i++) {
        hear(auth, "[68, %d, _, {}, _]", i);
        say(auth, "[70, %d, {}, [true]]", i);
        assert_true(user->held);
    }
    hear(auth, "[68, %d, _, {}, _]", HELD_MESSAGES_MUCH);
    say(auth, "[70, %d, {}, [{\"allow\": true, \"cache\": true}]]", HELD_MESSAGES_MUCH);
    assert_false(user->held);
    for (int i = 1; i <= HELD_MESSAGES_MUCH; i++)
        say(user, "[32, %d, {}, \"com.t\"]", i);
    assert_true(user->held);
    say(user, "[3, {}, \"wamp.error.x\"]");
    assert_false(user->held);
    world_end(&w);
}

TEST(large_messages_fill_the_bound_sooner)  /* spec: A-AZN-08 */
{
    static char text[HELD_BYTES_MAX / 8];
    memset(text, 'x', sizeof text - 1);
    WORLD(w, .roles = asked, .role_count = 2);
    struct peer *auth = join_as(&w, "auth"), *user = join_as(&w, "user");
    say(auth, "[64, 1, {}, \"com.authorize\"]");
    hear(auth, "[65, 1, _]");
    for (int i = 1; i <= 8; i++)
        say(user, "[16, %d, {}, \"com.t\", [\"%s\"]]", i, text);
    hear(auth, "[68, 1, _, {}, _]");
    assert_int_equal(user->session->held->count, 8);
    say(user, "[16, 9, {}, \"com.t\", [\"%s\"]]", text);
    hear(user, "[3, _, \"wampd.error.limit_exceeded\"]");
    world_end(&w);
}

TEST(only_so_many_decisions_are_remembered)  /* spec: A-AZN-07 */
{
    WORLD(w, .roles = asked, .role_count = 2);
    struct peer *auth = join_as(&w, "auth"), *user = join_as(&w, "user");
    say(auth, "[64, 1, {}, \"com.authorize\"]");
    hear(auth, "[65, 1, _]");
    for (int i = 1; i <= DECISIONS_MAX + 1; i++) {
        say(user, "[16, %d, {}, \"com.t%d\"]", i, i);
        hear(auth, "[68, %d, _, {}, _]", i);
        say(auth, "[70, %d, {}, [{\"allow\": true, \"cache\": true}]]", i);
    }
    say(user, "[16, 1, {}, \"com.t2\"]");
    hear_nothing(auth);
    say(user, "[16, 1, {}, \"com.t1\"]");
    hear(auth, "[68, %d, _, {}, _]", DECISIONS_MAX + 2);
    world_end(&w);
}

RUN_TESTS(cmocka_unit_test(a_session_joins_with_a_role_that_there_is),
          cmocka_unit_test(without_roles_everybody_joins_and_may_do_everything),
          cmocka_unit_test(of_two_permissions_for_one_pattern_the_first_counts),
          cmocka_unit_test(denials_are_counted),
          cmocka_unit_test(sessions_of_a_role_that_is_no_more_are_ended),
          cmocka_unit_test(what_is_not_allowed_any_more_ends_at_once),
          cmocka_unit_test(without_any_role_everything_is_allowed_again),
          cmocka_unit_test(what_waits_for_an_authorizer_is_decided_by_the_new_roles),
          cmocka_unit_test(new_roles_come_whole_or_not_at_all),
          cmocka_unit_test(what_waits_has_a_bound),
          cmocka_unit_test(nothing_more_is_read_while_much_waits),
          cmocka_unit_test(large_messages_fill_the_bound_sooner),
          cmocka_unit_test(only_so_many_decisions_are_remembered))
