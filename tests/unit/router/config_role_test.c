/* Roles and permissions in a configuration file. What is refused: tests/config/bad. */
#include "router/config.h"

#include "tests/lib/test.h"

static void expect_permission(const struct realm_permission *p, const char *uri, enum wamp_match match,
                              unsigned allow)
{
    assert_string_equal(p->uri.ptr, uri);
    assert_int_equal(p->match, match);
    assert_int_equal(p->allow, allow);
}

enum {
    CALL = 1 << ACTION_CALL,
    REGISTER = 1 << ACTION_REGISTER,
    PUBLISH = 1 << ACTION_PUBLISH,
    SUBSCRIBE = 1 << ACTION_SUBSCRIBE,
};

TEST(roles_arrive_in_the_realm)  /* spec: A-AZN-06, A-AZN-07 */
{
    struct config c;
    struct config_error err;
    struct realm_config realm;
    config_init(&c);
    assert_true(config_load(&c, "tests/config/good/roles.yaml", &err));
    realm_config_of(&c, 0, &realm);
    assert_int_equal(realm.role_count, 5);
    const struct realm_role *backend = &realm.roles[0], *asked = &realm.roles[1], *admin = &realm.roles[2];
    expect_str(backend->name, "backend");
    assert_int_equal(backend->permission_count, 6);
    assert_false(backend->allow_by_default || backend->authorizer.len);
    expect_str(asked->authorizer, "com.example.authorize");
    assert_true(admin->allow_by_default);
    assert_true(realm.roles[3].is_link && !admin->is_link);  /* spec: A-R2R-03 */
    assert_false(realm.roles[4].allow_by_default);  /* its permissions are none */
    config_fini(&c);
}

TEST(stars_tell_the_match_policy_where_none_is_given)  /* spec: A-AZN-06 */
{
    struct config c;
    struct config_error err;
    config_init(&c);
    assert_true(config_load(&c, "tests/config/good/roles.yaml", &err));
    const struct realm_permission *p = c.realms[0].roles[0].permissions;
    expect_permission(&p[0], "com.example.", WAMP_MATCH_PREFIX, CALL | REGISTER);
    expect_permission(&p[1], "com.example..log", WAMP_MATCH_WILDCARD, PUBLISH | SUBSCRIBE);
    expect_permission(&p[2], "com.example.a.", WAMP_MATCH_PREFIX, SUBSCRIBE);
    expect_permission(&p[3], "com.example.ab", WAMP_MATCH_PREFIX, PUBLISH);
    expect_permission(&p[4], "com.example.exact", WAMP_MATCH_EXACT, 0);
    expect_permission(&p[5], "", WAMP_MATCH_PREFIX, SUBSCRIBE);
    config_fini(&c);
}

TEST(who_is_disclosed_is_a_list_or_a_mapping)  /* spec: A-CID-03, A-PID-02 */
{
    struct config c;
    struct config_error err;
    config_init(&c);
    assert_true(config_load(&c, "tests/config/good/roles.yaml", &err));
    const struct realm_permission *p = c.realms[0].roles[0].permissions;
    assert_true(p[0].disclose_caller && !p[0].disclose_publisher);
    assert_true(!p[1].disclose_caller && p[1].disclose_publisher);
    config_fini(&c);
}

RUN_TESTS(cmocka_unit_test(roles_arrive_in_the_realm),
          cmocka_unit_test(stars_tell_the_match_policy_where_none_is_given),
          cmocka_unit_test(who_is_disclosed_is_a_list_or_a_mapping))
