/* What an authorizer has to do with connections. */
#include "tests/lib/login.h"
#include "tests/lib/test.h"

static const char config[] =
    "auth: {anonymous: true, ticket: {principals: {joe: {ticket: s3cret, role: backend}}}}\n"
    "realms: [{name: realm1, roles: [{name: backend, allow-by-default: true},\n"
    "                                {name: anonymous, authorizer: com.authorize}]}]\n";

/* Somebody who decides. */
static struct plug *authorizer(struct rig *rig)
{
    struct plug *p = login_hello(rig, "\"authmethods\":[\"ticket\"],\"authid\":\"joe\"");
    expect_heard(p, "[4,");
    login_answer(p, "s3cret", "{}");
    expect_heard(p, "[2,");
    plug_say(p, "[64,1,{},\"com.authorize\"]");
    expect_heard(p, "[65,1,");
    return p;
}

TEST(nothing_is_read_while_much_waits_for_an_authorizer)  /* spec: A-AZN-08 */
{
    struct rig rig;
    rig_init_with(&rig, config);
    struct plug *auth = authorizer(&rig), *user = rig_session(&rig, "");
    for (int i = 0; i < 100 && user->hears; i++)
        plug_say(user, "[16,1,{},\"com.t\"]");
    assert_false(user->hears);
    assert_true(auth->hears);
    expect_heard(auth, "[68,1,");
    plug_say(auth, "[70,1,{},[{\"allow\":false,\"cache\":true}]]");
    assert_true(user->hears);
    rig_fini(&rig);
}

TEST(a_connection_is_read_again_when_no_reason_is_left)  /* spec: A-AZN-08, R-30 */
{
    struct rig rig;
    rig_init_with(&rig, config);
    struct plug *p = rig_websocket(&rig);
    conn_hold(p->conn, HOLD_AUTHORIZING, true);
    conn_hold(p->conn, HOLD_CONGESTED, true);
    assert_false(p->hears);
    conn_hold(p->conn, HOLD_AUTHORIZING, false);
    assert_false(p->hears);
    conn_hold(p->conn, HOLD_CONGESTED, false);
    assert_true(p->hears);
    rig_fini(&rig);
}

TEST(who_leaves_while_it_waits_takes_all_of_it_along)  /* spec: A-AZN-08 */
{
    struct rig rig;
    rig_init_with(&rig, config);
    struct plug *auth = authorizer(&rig), *user = rig_session(&rig, "");
    for (int i = 0; i < 100 && user->hears; i++)
        plug_say(user, "[16,1,{},\"com.t\"]");
    expect_heard(auth, "[68,1,");
    plug_hang_up(user);
    plug_say(auth, "[70,1,{},[true]]");
    expect_silence(auth);
    rig_fini(&rig);
}

RUN_TESTS(cmocka_unit_test(nothing_is_read_while_much_waits_for_an_authorizer),
          cmocka_unit_test(a_connection_is_read_again_when_no_reason_is_left),
          cmocka_unit_test(who_leaves_while_it_waits_takes_all_of_it_along))
