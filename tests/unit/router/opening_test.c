/* The first octets of a connection. */
#include "tests/lib/rig.h"
#include "tests/lib/test.h"

static bool sent(const struct plug *p, const char *start)
{
    return str_starts(wamp_buf_str(&p->octets), str_z(start));
}

TEST(an_upgrade_request_opens_a_websocket)  /* spec: 0.9 rows 1 and 2, W-02 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = rig_websocket(&rig);
    assert_true(sent(p, "HTTP/1.1 101 "));
    assert_int_equal(p->conn->state, CONN_HELLO);
    assert_int_equal(p->conn->ser, WAMP_JSON);
    rig_fini(&rig);
}

TEST(a_request_may_come_octet_by_octet_and_a_message_with_its_end)
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = rig_connect(&rig);
    size_t len = strlen(rig_upgrade_request);
    for (size_t i = 0; i + 1 < len; i++)
        plug_octets(p, rig_upgrade_request + i, 1);
    assert_int_equal(p->octets.len, 0);
    char end[] = "\n\x81\x82\1\2\3\4\x5a\x5f";  /* and "[]", masked */
    plug_octets(p, end, sizeof end - 1);
    assert_true(sent(p, "HTTP/1.1 101 "));
    assert_int_equal(p->conn->state, CONN_CLOSING);  /* that was no HELLO */
    rig_fini(&rig);
}

TEST(a_plain_request_gets_a_whole_answer_before_the_end)  /* spec: W-03 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = rig_connect(&rig);
    plug_octets(p, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27);
    assert_true(sent(p, "HTTP/1.1 426 "));
    assert_true(p->finished);
    assert_non_null(p->conn);  /* who closes first would make the answer disappear */
    plug_octets(p, "GET / HTTP/1.1\r\n\r\n", 18);
    rig_advance(&rig, rig.config.close_ms);
    assert_null(p->conn);
    rig_fini(&rig);
}

TEST(a_request_without_our_subprotocols_is_refused)  /* spec: 0.9 row 2 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = rig_connect(&rig);
    const char request[] = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    plug_octets(p, request, strlen(request));
    assert_true(sent(p, "HTTP/1.1 400 "));
    rig_fini(&rig);
}

TEST(a_header_flood_ends_at_its_limit)
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = rig_connect(&rig);
    plug_octets(p, "GET / HTTP/1.1\r\n", 16);
    for (int i = 0; i < 1000 && p->conn->state == CONN_OPENING; i++)
        plug_octets(p, "X-Flood: 0123456789\r\n", 21);
    assert_true(sent(p, "HTTP/1.1 431 "));
    assert_true(p->conn->in.opening.len <= WAMP_HTTP_HEAD_MAX + 21);
    rig_fini(&rig);
}

/* Sends `octets`, expects the four of `answer`. */
static void rawsocket_case(const char octets[4], const char answer[4], bool stays)
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = rig_connect(&rig);
    plug_octets(p, octets, 4);
    assert_int_equal(p->octets.len, 4);
    assert_memory_equal(p->octets.ptr, answer, 4);
    assert_int_equal(p->finished, !stays);
    rig_fini(&rig);
}

TEST(a_rawsocket_handshake_is_answered_with_our_limit_and_the_serializer)  /* spec: 0.11 */
{
    rawsocket_case("\x7f\xf1\0\0", "\x7f\xc1\0\0", true);
    rawsocket_case("\x7f\x02\0\0", "\x7f\xc2\0\0", true);
    rawsocket_case("\x7f\xf3\0\0", "\x7f\xc3\0\0", true);
}

TEST(a_wrong_rawsocket_handshake_is_refused_with_a_code)  /* spec: 0.11 */
{
    rawsocket_case("\x7f\xf0\0\0", "\x7f\x10\0\0", false);
    rawsocket_case("\x7f\xf4\0\0", "\x7f\x10\0\0", false);
    rawsocket_case("\x7f\xf1\1\0", "\x7f\x30\0\0", false);
    rawsocket_case("\x7f\xf1\0\1", "\x7f\x30\0\0", false);
}

TEST(a_connection_over_a_limit_is_told_so_in_its_own_transport)  /* spec: 0.11, reliability threat 1 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *ws = rig_connect_from(&rig, "192.0.2.1", true), *rs = rig_connect_from(&rig, "192.0.2.1", true);
    plug_octets(ws, rig_upgrade_request, strlen(rig_upgrade_request));
    assert_true(sent(ws, "HTTP/1.1 503 "));
    plug_octets(rs, "\x7f\xf1\0\0", 4);
    assert_memory_equal(rs->octets.ptr, "\x7f\x40\0\0", 4);
    rig_fini(&rig);
}

TEST(an_opening_has_a_deadline_that_dripping_does_not_move)  /* spec: R-24, reliability threat 2 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *silent = rig_connect(&rig), *http = rig_connect(&rig), *rs = rig_connect(&rig);
    for (int i = 0; i < 4; i++) {
        rig_advance(&rig, 1200);
        plug_octets(http, &rig_upgrade_request[i], 1);
    }
    plug_octets(rs, "\x7f\xf1", 2);
    rig_advance(&rig, 199);
    assert_non_null(silent->conn);
    rig_advance(&rig, 1);
    assert_null(silent->conn);
    assert_null(rs->conn);
    assert_int_equal(silent->octets.len, 0);
    assert_true(sent(http, "HTTP/1.1 408 "));
    assert_int_equal(rig.hub.metrics.opening_timeouts, 3);
    rig_fini(&rig);
}

TEST(who_connects_and_goes_leaves_no_trace)  /* spec: W-05 */
{
    struct rig rig;
    rig_init(&rig);
    plug_hang_up(rig_connect(&rig));
    plug_hang_up(rig_websocket(&rig));
    assert_int_equal(rig.hub.conn_count, 0);
    rig_fini(&rig);
}

RUN_TESTS(cmocka_unit_test(an_upgrade_request_opens_a_websocket),
          cmocka_unit_test(a_request_may_come_octet_by_octet_and_a_message_with_its_end),
          cmocka_unit_test(a_plain_request_gets_a_whole_answer_before_the_end),
          cmocka_unit_test(a_request_without_our_subprotocols_is_refused),
          cmocka_unit_test(a_header_flood_ends_at_its_limit),
          cmocka_unit_test(a_rawsocket_handshake_is_answered_with_our_limit_and_the_serializer),
          cmocka_unit_test(a_wrong_rawsocket_handshake_is_refused_with_a_code),
          cmocka_unit_test(a_connection_over_a_limit_is_told_so_in_its_own_transport),
          cmocka_unit_test(an_opening_has_a_deadline_that_dripping_does_not_move),
          cmocka_unit_test(who_connects_and_goes_leaves_no_trace))
