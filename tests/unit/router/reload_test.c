/* Another configuration while the router runs: what of it counts for connections that are there. With listeners
 * and signals: tests/integration/reload_test.py. */
#include "tests/lib/failmalloc.h"
#include "tests/lib/login.h"
#include "tests/lib/test.h"

#include <stdio.h>

static const char two_realms[] = "realms: [realm1, second]\n";

TEST(sessions_of_a_realm_that_goes_are_told_and_others_are_not)  /* spec: A-CLO-06 */
{
    struct rig rig;
    rig_init_with(&rig, two_realms);
    struct plug *a = rig_session(&rig, ""), *b = rig_websocket(&rig);
    plug_say(b, "[1,\"second\",{\"roles\":{\"caller\":{}}}]");
    expect_heard(b, "[2,");
    rig_reload(&rig, "realms: [second]\n");
    expect_heard(a, "[6,{},\"wamp.close.killed\"]");
    expect_silence(b);
    assert_null(router_find(&rig.router, STR("realm1")));
    assert_null(a->conn->session);
    plug_say(a, "[6,{},\"wamp.close.goodbye_and_out\"]");
    expect_closing(a, 1000);
    plug_say(b, "[48,1,{},\"com.none\"]");
    expect_heard(b, "[8,48,1,");
    rig_fini(&rig);
}

TEST(who_has_left_may_enter_another_realm_when_the_first_is_gone)
{
    struct rig rig;
    rig_init_with(&rig, two_realms);
    struct plug *p = rig_session(&rig, "");
    plug_say(p, "[6,{},\"wamp.close.close_realm\"]");
    expect_heard(p, "[6,");
    rig_reload(&rig, "realms: [second]\n");
    plug_say(p, "[1,\"second\",{\"roles\":{\"caller\":{}}}]");
    expect_heard(p, "[2,");
    rig_fini(&rig);
}

static const char with_auth[] = "auth: {ticket: {principals: {joe: {ticket: s3cret, role: backend}}}}\n"
                                "realms: [realm1, second]\n";
static const char joe[] = "\"authmethods\":[\"ticket\"],\"authid\":\"joe\"";

TEST(roles_count_for_sessions_that_are_there)  /* spec: A-CLO-06 */
{
    struct rig rig;
    rig_init_with(&rig, "realms: [{name: realm1, roles: [{name: anonymous, allow-by-default: true}]}]\n");
    struct plug *p = rig_session(&rig, "");
    plug_say(p, "[16,1,{\"acknowledge\":true},\"com.t\"]");
    expect_heard(p, "[17,1,");
    rig_reload(&rig, "realms: [{name: realm1, roles: [{name: anonymous}]}]\n");
    plug_say(p, "[16,2,{\"acknowledge\":true},\"com.t\"]");
    expect_heard(p, "[8,16,2,{},\"wamp.error.not_authorized\"");
    rig_reload(&rig, "realms: [{name: realm1, roles: [{name: other}]}]\n");
    expect_heard(p, "[6,{\"message\":");
    assert_null(p->conn->session);
    rig_fini(&rig);
}

/* The subscription that keeps a realm's history is there from its beginning. */
static void expect_created(struct rig *rig, const char *realm, const char *time)
{
    char hello[100];
    struct plug *p = rig_websocket(rig);
    snprintf(hello, sizeof hello, "[1,\"%s\",{\"roles\":{\"caller\":{}}}]", realm);
    plug_say(p, hello);
    expect_heard(p, "[2,");
    plug_say(p, "[48,1,{},\"wamp.subscription.get\",[1]]");
    expect_heard(p, "[50,1,{},[{");
    assert_non_null(memmem(p->text.ptr, p->text.len, time, strlen(time)));
}

TEST(what_a_realm_begins_with_was_created_when_it_was_made)  /* spec: A-RMA-05 */
{
    struct rig rig;
    rig_init_with(&rig, "realms: [{name: realm1, history: [{topic: com.t}]}]\n");
    expect_created(&rig, "realm1", "\"created\":\"1970-01-01T00:00:01.000Z\"");
    rig_advance(&rig, 5000);
    rig_reload(&rig, "realms: [{name: realm1, history: [{topic: com.t}]},"
                     " {name: other, history: [{topic: com.t}]}]\n");
    expect_created(&rig, "other", "\"created\":\"1970-01-01T00:00:06.000Z\"");
    expect_created(&rig, "realm1", "\"created\":\"1970-01-01T00:00:01.000Z\"");
    rig_fini(&rig);
}

TEST(a_login_into_a_realm_that_goes_is_refused)  /* spec: A-CLO-06 */
{
    struct rig rig;
    rig_init_with(&rig, with_auth);
    struct plug *p = login_hello(&rig, joe);
    expect_heard(p, "[4,");
    rig_reload(&rig, "realms: [second]\n");
    expect_abort(p, "wamp.error.no_such_realm", 1000);
    rig_fini(&rig);
}

TEST(a_login_under_way_does_not_need_the_configuration_it_began_with)
{
    struct rig rig;
    rig_init_with(&rig, with_auth);
    rig_reload(&rig, with_auth);  /* this one is freed by the next */
    struct plug *p = login_hello(&rig, joe);
    expect_heard(p, "[4,");
    rig_reload(&rig, two_realms);
    login_answer(p, "s3cret", "{}");
    expect_heard(p, "[2,");
    expect_str(login_detail(p, "authrole"), "backend");
    rig_fini(&rig);
}

/* A callee in `staff`, who decides, and somebody who waits for that at the door of realm1. */
static struct plug *await_decision(struct rig *rig, struct plug **authenticator)
{
    rig_init_with(rig, "auth:\n"
                       "  anonymous: {realm: staff}\n"
                       "  ticket: {authenticator: com.auth, authenticator-realm: staff}\n"
                       "realms: [realm1, staff]\n");
    *authenticator = rig_websocket(rig);
    plug_say(*authenticator, "[1,\"staff\",{\"roles\":{\"callee\":{}}}]");
    expect_heard(*authenticator, "[2,");
    plug_say(*authenticator, "[64,1,{},\"com.auth\"]");
    expect_heard(*authenticator, "[65,");
    struct plug *p = login_hello(rig, joe);
    expect_heard(p, "[4,");
    login_answer(p, "s3cret", "{}");
    expect_heard(*authenticator, "[68,1,");
    return p;
}

TEST(a_login_whose_authenticator_is_in_a_realm_that_goes_fails)  /* spec: A-CLO-06, A-DYN-01 */
{
    struct rig rig;
    struct plug *authenticator, *p = await_decision(&rig, &authenticator);
    rig_reload(&rig, "realms: [realm1]\n");
    expect_heard(authenticator, "[6,{},\"wamp.close.killed\"]");
    expect_heard(p, "[3,");
    expect_closing(p, 1000);
    rig_fini(&rig);
}

TEST(a_decision_about_a_realm_that_has_gone_is_of_no_interest)  /* spec: A-CLO-06, A-DYN-01 */
{
    struct rig rig;
    struct plug *authenticator, *p = await_decision(&rig, &authenticator);
    rig_reload(&rig, "realms: [staff]\n");
    expect_abort(p, "wamp.error.no_such_realm", 1000);
    plug_say(authenticator, "[70,1,{},[\"backend\"]]");
    plug_say(authenticator, "[48,7,{},\"com.none\"]");
    expect_heard(authenticator, "[8,48,7,");
    rig_fini(&rig);
}

TEST(new_logins_are_judged_by_the_new_configuration)
{
    struct rig rig;
    rig_init_with(&rig, two_realms);
    struct plug *inside = rig_session(&rig, "");
    rig_reload(&rig, with_auth);
    expect_abort(login_hello(&rig, "\"authmethods\":[\"anonymous\"]"), "wamp.error.authentication_required", 1000);
    expect_heard(login_hello(&rig, joe), "[4,");
    expect_silence(inside);
    rig_fini(&rig);
}

TEST(a_connection_keeps_the_configuration_in_which_its_listener_is)
{
    struct rig rig;
    rig_init_with(&rig, two_realms);
    rig_reload(&rig, "listen:\n"
                     "  - url: ws://127.0.0.1:1\n"
                     "    auth: {ticket: {principals: {joe: {ticket: x, role: y}}}}\n");
    struct plug *p = rig_websocket(&rig);
    conn_came_in(p->conn, rig.hub.config, &rig.hub.config->listeners[0]);
    rig_reload(&rig, two_realms);
    login_say_hello(p, joe);
    expect_heard(p, "[4,\"ticket\",{}]");
    rig_fini(&rig);
}

TEST(timeouts_count_for_those_who_wait)
{
    struct rig rig;
    rig_init_with(&rig, two_realms);
    struct plug *p = rig_websocket(&rig);
    rig_reload(&rig, "timeouts: {hello: 300}\n");
    rig_advance(&rig, 301);
    expect_closing(p, 1008);
    rig_fini(&rig);
}

TEST(sessions_that_nobody_pinged_are_pinged)
{
    struct rig rig;
    rig_init_with(&rig, "timeouts: {ping_interval: 0}\n");
    struct plug *p = rig_session(&rig, "");
    rig_advance(&rig, 100000);
    expect_silence(p);
    rig_reload(&rig, "timeouts: {ping_interval: 1000}\n");
    rig_advance(&rig, 1000);
    expect_heard(p, "wampd");
    assert_int_equal(p->opcode, WAMP_WS_PING);
    plug_frame(p, WAMP_WS_PONG, STR("wampd"));
    rig_reload(&rig, "timeouts: {ping_interval: 0}\n");
    rig_advance(&rig, 100000);
    expect_silence(p);
    rig_fini(&rig);
}

TEST(limits_count_for_sessions_that_are_there)
{
    struct rig rig;
    rig_init_with(&rig, two_realms);
    struct plug *p = rig_session(&rig, "");
    rig_reload(&rig, "limits: {registrations: 1}\n");
    plug_say(p, "[64,1,{},\"com.a\"]");
    expect_heard(p, "[65,1,");
    plug_say(p, "[64,2,{},\"com.b\"]");
    expect_heard(p, "[8,64,2,");
    rig_fini(&rig);
}

TEST(a_realm_for_which_there_is_no_memory_is_missing_and_the_rest_goes_on)  /* spec: reliability T-R4 */
{
    for_each_failure {
        struct rig rig;
        rig_init_with(&rig, "realms: [realm1, gone]\n");
        if (rig.ok) {
            struct plug *p = rig_session(&rig, "");
            rig_reload(&rig, "realms: [{name: realm1, trust: [{uri: a, level: 1}]}, more]\n");
            plug_say(p, "[48,1,{},\"com.none\"]");
            assert_null(router_find(&rig.router, STR("gone")));
        }
        rig_fini(&rig);
    }
}

RUN_TESTS(cmocka_unit_test(sessions_of_a_realm_that_goes_are_told_and_others_are_not),
          cmocka_unit_test(who_has_left_may_enter_another_realm_when_the_first_is_gone),
          cmocka_unit_test(roles_count_for_sessions_that_are_there),
          cmocka_unit_test(what_a_realm_begins_with_was_created_when_it_was_made),
          cmocka_unit_test(a_login_into_a_realm_that_goes_is_refused),
          cmocka_unit_test(a_login_under_way_does_not_need_the_configuration_it_began_with),
          cmocka_unit_test(a_login_whose_authenticator_is_in_a_realm_that_goes_fails),
          cmocka_unit_test(a_decision_about_a_realm_that_has_gone_is_of_no_interest),
          cmocka_unit_test(new_logins_are_judged_by_the_new_configuration),
          cmocka_unit_test(a_connection_keeps_the_configuration_in_which_its_listener_is),
          cmocka_unit_test(timeouts_count_for_those_who_wait),
          cmocka_unit_test(sessions_that_nobody_pinged_are_pinged),
          cmocka_unit_test(limits_count_for_sessions_that_are_there),
          cmocka_unit_test(a_realm_for_which_there_is_no_memory_is_missing_and_the_rest_goes_on))
