/* From HELLO to WELCOME or ABORT. */
#include "tests/lib/failmalloc.h"
#include "tests/lib/rig.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>

/* Says `hello` and expects ABORT with the URI, then a close frame with the code. */
static void refused(const char *hello, const char *uri, unsigned code)
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = rig_websocket(&rig);
    plug_say(p, hello);
    expect_heard(p, "[3,{\"message\":");
    if (!memmem(p->text.ptr, p->text.len, uri, strlen(uri)))
        fail_msg("%s: expected %s, heard %.*s", hello, uri, STR_ARG(p->text));
    expect_closing(p, code);
    expect_silence(p);
    plug_frame(p, WAMP_WS_CLOSE, STR("\x03\xe8"));
    rig_turn(&rig);
    assert_null(p->conn);  /* spec: B-018 */
    rig_fini(&rig);
}

TEST(hello_is_answered_by_welcome_with_who_the_peer_is)  /* spec: B-005, B-006, B-007 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = rig_websocket(&rig);
    plug_say(p, "[1,\"realm1\",{\"roles\":{\"caller\":{}},\"authid\":\"root\"}]");
    expect_heard(p, "[2,");
    const char *wanted[] = {"\"realm\":\"realm1\"", "\"authrole\":\"anonymous\"", "\"authmethod\":\"anonymous\"",
                            "\"authprovider\":\"static\"", "\"agent\":\"wampd", "\"dealer\"", "\"broker\""};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_non_null(memmem(p->text.ptr, p->text.len, wanted[i], strlen(wanted[i])));
    assert_null(memmem(p->text.ptr, p->text.len, "root", 4));  /* asked for, not proved */
    assert_int_equal(p->conn->state, CONN_SESSION);
    expect_silence(p);
    rig_fini(&rig);
}

TEST(another_message_before_hello_is_a_violation)  /* spec: B-001, B-027, B-035 */
{
    refused("[48,1,{},\"com.x\"]", "wamp.error.protocol_violation", 1002);
    refused("[6,{},\"wamp.close.close_realm\"]", "wamp.error.protocol_violation", 1002);
    refused("[5,\"signature\",{}]", "wamp.error.protocol_violation", 1002);
    refused("[2,1,{}]", "wamp.error.protocol_violation", 1002);
}

TEST(octets_that_are_no_message_are_a_violation)  /* spec: B-047 */
{
    refused("{}", "wamp.error.protocol_violation", 1002);
    refused("[]", "wamp.error.protocol_violation", 1002);
    refused("[1,\"realm1\",{\"roles\":{\"caller\":{}}}] ]", "wamp.error.protocol_violation", 1002);
    refused("[1,\"realm1\"]", "wamp.error.protocol_violation", 1002);
}

TEST(hello_without_a_role_is_a_violation)  /* spec: B-002, B-003, B-008 */
{
    refused("[1,\"realm1\",{}]", "wamp.error.protocol_violation", 1002);
    refused("[1,\"realm1\",{\"roles\":{}}]", "wamp.error.protocol_violation", 1002);
    refused("[1,\"realm1\",{\"roles\":{\"juggler\":{}}}]", "wamp.error.protocol_violation", 1002);
    refused("[1,\"realm1\",{\"roles\":{\"caller\":{}},\"agent\":7}]", "wamp.error.protocol_violation", 1002);
}

TEST(a_realm_that_does_not_exist_is_refused)  /* spec: B-009, B-010, X-07 */
{
    refused("[1,\"realm2\",{\"roles\":{\"caller\":{}}}]", "wamp.error.no_such_realm", 1000);
    refused("[1,\"\",{\"roles\":{\"caller\":{}}}]", "wamp.error.no_such_realm", 1000);
    refused("[1,null,{\"roles\":{\"caller\":{}}}]", "wamp.error.no_such_realm", 1000);
    refused("[1,\"realm 1\",{\"roles\":{\"caller\":{}}}]", "wamp.error.invalid_uri", 1000);
    refused("[1,\"realm1.\",{\"roles\":{\"caller\":{}}}]", "wamp.error.invalid_uri", 1000);
}

TEST(the_first_authmethod_that_we_have_is_taken)  /* spec: B-016, W-23 */
{
    const char *good[] = {"[]", "[\"anonymous\"]", "[\"smoke-signals\",\"anonymous\"]"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char hello[120];
        struct rig rig;
        rig_init(&rig);
        struct plug *p = rig_websocket(&rig);
        snprintf(hello, sizeof hello, "[1,\"realm1\",{\"roles\":{\"caller\":{}},\"authmethods\":%s}]", good[i]);
        plug_say(p, hello);
        expect_heard(p, "[2,");
        rig_fini(&rig);
    }
    refused("[1,\"realm1\",{\"roles\":{\"caller\":{}},\"authmethods\":[\"smoke-signals\"]}]",
            "wamp.error.no_matching_auth_method", 1000);
    refused("[1,\"realm1\",{\"roles\":{\"caller\":{}},\"authmethods\":\"anonymous\"}]",
            "wamp.error.protocol_violation", 1002);
}

TEST(an_abort_before_hello_ends_it_without_an_answer)  /* spec: table 0.3, B-019, R-27 */
{
    const char *aborts[] = {"[3,{},\"wamp.close.x\"]", "[3,7]"};
    for (size_t i = 0; i < sizeof aborts / sizeof *aborts; i++) {
        struct rig rig;
        rig_init(&rig);
        struct plug *p = rig_websocket(&rig);
        plug_say(p, aborts[i]);
        expect_closing(p, 1000);
        rig_fini(&rig);
    }
}

TEST(a_large_message_before_welcome_is_refused)  /* spec: reliability 5; 0.9 row 4 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = rig_websocket(&rig);
    char *large = malloc(20000);
    memset(large, ' ', 19999);
    large[19999] = '\0';
    plug_say(p, large);
    expect_heard(p, "[3,{\"message\":");
    assert_non_null(memmem(p->text.ptr, p->text.len, "wamp.error.payload_size_exceeded", 32));
    expect_closing(p, 1009);
    free(large);
    rig_fini(&rig);
}

TEST(hello_has_a_deadline_of_a_minute)  /* spec: B-011, R-24, W-04 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = rig_websocket(&rig);
    rig_advance(&rig, 59999);
    expect_silence(p);
    rig_advance(&rig, 1);
    expect_closing(p, 1008);
    rig_fini(&rig);
}

TEST(in_a_crowd_the_oldest_have_five_seconds)  /* spec: R-24 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *old = rig_websocket(&rig);
    rig_advance(&rig, 1000);
    for (int i = 0; i < 256; i++)
        rig_websocket(&rig);
    rig_advance(&rig, 3999);
    assert_int_equal(old->conn->state, CONN_HELLO);
    rig_advance(&rig, 1);
    expect_closing(old, 1008);
    rig_advance(&rig, 30000);
    assert_int_equal(rig.hub.waits.count[WAIT_HELLO], 256);  /* no crowd any more */
    rig_fini(&rig);
}

TEST(a_crowd_from_one_address_does_not_cost_others_their_time)  /* spec: R-24 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *other = rig_connect_from(&rig, "192.0.2.9", false);
    plug_octets(other, rig_upgrade_request, strlen(rig_upgrade_request));
    for (int i = 0; i < 70; i++) {
        struct plug *p = rig_connect_from(&rig, "192.0.2.1", false);
        plug_octets(p, rig_upgrade_request, strlen(rig_upgrade_request));
    }
    rig_advance(&rig, 7000);
    assert_int_equal(rig.hub.metrics.hello_timeouts, 6);
    assert_int_equal(other->conn->state, CONN_HELLO);
    rig_fini(&rig);
}

TEST(welcome_that_does_not_fit_ends_the_connection)  /* spec: R-28 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = rig_rawsocket(&rig, 0);
    plug_say(p, "[1,\"realm1\",{\"roles\":{\"caller\":{}}}]");
    expect_silence(p);
    assert_true(p->finished);
    assert_int_equal(rig.hub.metrics.welcome_failed, 1);
    rig_fini(&rig);
}

TEST(flow_control_is_agreed_on)  /* spec: common/msg.def */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = rig_websocket(&rig);
    plug_say(p, "[1,\"realm1\",{\"roles\":{\"caller\":{}},\"_wampd_flow\":true}]");
    expect_heard(p, "[2,");
    assert_non_null(memmem(p->text.ptr, p->text.len, "\"_wampd_flow\":true", 18));
    assert_true(p->conn->takes_flow);
    rig_fini(&rig);
}

TEST(whatever_allocation_fails_nothing_leaks)
{
    for_each_failure {
        struct rig rig;
        rig_init(&rig);
        if (rig.ok) {
            struct plug *p = rig_websocket(&rig);
            plug_say(p, "[1,\"realm1\",{\"roles\":{\"caller\":{},\"callee\":{}},\"authid\":\"\\u0041\"}]");
            plug_say(p, "[64,1,{},\"com.x\"]");
            plug_say(p, "[48,2,{},\"com.x\",[1,2]]");
            plug_say(p, "[6,{},\"wamp.close.close_realm\"]");
        }
        rig_fini(&rig);
    }
}

RUN_TESTS(cmocka_unit_test(hello_is_answered_by_welcome_with_who_the_peer_is),
          cmocka_unit_test(another_message_before_hello_is_a_violation),
          cmocka_unit_test(octets_that_are_no_message_are_a_violation),
          cmocka_unit_test(hello_without_a_role_is_a_violation),
          cmocka_unit_test(a_realm_that_does_not_exist_is_refused),
          cmocka_unit_test(the_first_authmethod_that_we_have_is_taken),
          cmocka_unit_test(an_abort_before_hello_ends_it_without_an_answer),
          cmocka_unit_test(a_large_message_before_welcome_is_refused),
          cmocka_unit_test(hello_has_a_deadline_of_a_minute),
          cmocka_unit_test(in_a_crowd_the_oldest_have_five_seconds),
          cmocka_unit_test(a_crowd_from_one_address_does_not_cost_others_their_time),
          cmocka_unit_test(welcome_that_does_not_fit_ends_the_connection),
          cmocka_unit_test(flow_control_is_agreed_on),
          cmocka_unit_test(whatever_allocation_fails_nothing_leaks))
