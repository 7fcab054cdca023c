/* Connections that serve HTTP requests. */
#include "tests/lib/test.h"
#include "tests/lib/web.h"

#include <stdio.h>

static const char post[] = "POST /x HTTP/1.1\r\nHost: x\r\n\r\n";

static void say(struct plug *p, const char *octets)
{
    plug_octets(p, octets, strlen(octets));
}

static bool answered_with(struct plug *p, int status, const char *header)
{
    struct str head;
    int got = web_answer(p, &head);
    return got == status && memmem(head.ptr, head.len, header, strlen(header));
}

TEST(without_longpoll_only_upgrades_are_served)
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = rig_connect(&rig);
    say(p, post);
    expect_answer(p, 405, "only GET");
    rig_fini(&rig);
}

TEST(websockets_and_rawsockets_open_beside_longpoll)
{
    struct rig rig;
    rig_init(&rig);
    rig.config.listeners[0].longpoll.base = "";
    assert_int_equal(rig_websocket(&rig)->conn->state, CONN_HELLO);
    assert_int_equal(rig_rawsocket(&rig, 15)->conn->state, CONN_HELLO);
    rig_fini(&rig);
}

TEST(requests_follow_one_another_on_one_connection)
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = web_connect(&rig);
    for (int i = 0; i < 3; i++) {
        say(p, post);
        expect_answer(p, 404, "");
    }
    assert_null(p->conn->in.opening.ptr);  /* between them no memory is held */
    rig_fini(&rig);
}

TEST(a_request_may_come_octet_by_octet)
{
    static const char request[] = "POST /lp/open HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\n"
                                  "{\"protocols\": [\"wamp.2.json\"]}";
    struct rig rig;
    rig_init(&rig);
    struct plug *p = web_connect(&rig);
    for (size_t i = 0; i + 1 < sizeof request; i++) {
        expect_answer(p, 0, "");
        plug_octets(p, request + i, 1);
    }
    expect_answer(p, 200, "{\"protocol\": \"wamp.2.json\"");
    rig_fini(&rig);
}

TEST(pipelined_requests_are_answered_in_order)
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = web_connect(&rig);
    say(p, "POST /x HTTP/1.1\r\nHost: x\r\n\r\nPOST /lp/open HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\n"
           "{\"protocols\": [\"wamp.2.json\"]}OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\nPOST /y HTTP/1.1\r\nHo");
    expect_answer(p, 404, "");
    expect_answer(p, 200, "{\"protocol\"");
    expect_answer(p, 204, "");
    expect_answer(p, 0, "");
    say(p, "st: x\r\n\r\n");
    expect_answer(p, 404, "");
    rig_fini(&rig);
}

TEST(who_does_not_read_is_not_served_further)
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = web_connect(&rig);
    p->room = 10;
    say(p, post);
    for (int i = 0; i < 100; i++)
        say(p, post);
    assert_true(p->conn->out.waiting < 200);  /* one answer */
    for (int i = 0; i < 600 && p->conn; i++)
        say(p, post);
    assert_null(p->conn);  /* nobody of ours sends so many at once */
    rig_fini(&rig);
}

TEST(while_a_receive_waits_few_requests_are_kept)
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = web_connect(&rig);
    struct line l = web_open(p, "wamp.2.json");
    web_receive(p, &l);
    say(p, post);
    expect_answer(p, 0, "");
    rig_advance(&rig, rig.config.longpoll_ms);
    expect_answer(p, 204, "");
    expect_answer(p, 404, "");
    web_receive(p, &l);
    for (int i = 0; i < 1000 && p->conn; i++)
        say(p, post);
    assert_null(p->conn);
    assert_non_null(web_conn(&rig));  /* nothing of it was lost */
    rig_fini(&rig);
}

TEST(the_last_request_of_a_connection_is_told_so)
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = web_connect(&rig), *q = web_connect(&rig);
    say(p, "POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nPOST /x HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(answered_with(p, 404, "Connection: close\r\n"));
    expect_answer(p, 0, "");
    assert_true(p->finished);
    say(q, "POST /x HTTP/1.0\r\n\r\n");
    assert_true(answered_with(q, 404, "Connection: close\r\n"));
    rig_advance(&rig, rig.config.close_ms);
    assert_null(p->conn);
    rig_fini(&rig);
}

TEST(preflights_are_answered_and_origins_allowed)  /* spec: A-LP-09 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = web_connect(&rig);
    web_request(p, "OPTIONS", "/lp/open",
                "Origin: https://a.example\r\nAccess-Control-Request-Method: POST\r\n", STR(""));
    struct str head;
    assert_int_equal(web_answer(p, &head), 204);
    static const char *const wanted[] = {
        "Access-Control-Allow-Origin: https://a.example\r\n", "Access-Control-Allow-Methods: POST, OPTIONS\r\n",
        "Access-Control-Allow-Headers: Content-Type\r\n", "Access-Control-Allow-Credentials: true\r\n",
        "Vary: Origin\r\n", "Cache-Control: no-store\r\n",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_non_null(memmem(head.ptr, head.len, wanted[i], strlen(wanted[i])));
    web_request(p, "POST", "/lp/open", "Origin: null\r\n", STR("{\"protocols\": [\"wamp.2.json\"]}"));
    assert_true(answered_with(p, 200, "Access-Control-Allow-Origin: null\r\n"));
    web_post(p, "/lp/open", "");
    assert_int_equal(web_answer(p, &head), 400);
    assert_null(memmem(head.ptr, head.len, "Access-Control", 14));
    rig_fini(&rig);
}

TEST(pages_that_the_listener_does_not_name_stay_out)  /* spec: reliability threat 11 */
{
    static const char *const names[] = {"https://a.example"};
    struct rig rig;
    struct str head;
    rig_init(&rig);
    rig.config.listeners[0].origins.names = (const char **)names;
    rig.config.listeners[0].origins.count = 1;
    struct plug *p = web_connect(&rig);
    web_request(p, "POST", "/lp/open", "Origin: https://a.example\r\n", STR("{\"protocols\": [\"wamp.2.json\"]}"));
    assert_true(answered_with(p, 200, "Access-Control-Allow-Origin: https://a.example\r\n"));
    web_request(p, "OPTIONS", "/lp/open", "Origin: https://b.example\r\n", STR(""));
    assert_int_equal(web_answer(p, &head), 403);
    assert_null(memmem(head.ptr, head.len, "Access-Control", 14));
    assert_true(p->finished);
    rig_fini(&rig);
}

TEST(other_methods_are_not_allowed)
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = web_connect(&rig);
    say(p, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(answered_with(p, 405, "Allow: POST, OPTIONS\r\n"));
    say(p, "GET /lp/x/receive HTTP/1.1\r\nHost: x\r\n\r\n");  /* no longer a handshake */
    expect_answer(p, 405, "");
    say(p, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
    expect_answer(p, 400, "such a request has no body");
    assert_true(p->finished);
    rig_fini(&rig);
}

TEST(a_malformed_request_is_the_last_one)  /* spec: reliability threat 12 */
{
    static const struct {
        const char *octets;
        int status;
    } cases[] = {
        {"POST /lp/open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 411},
        {"POST / HTTP/1.1\r\n\r\n", 400},
        {"\x16\x03\x01", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
        {"POST / HTTP/9\r\nHost: x\r\n\r\n", 505},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;
        struct str head;
        rig_init(&rig);
        struct plug *p = web_connect(&rig);
        say(p, cases[i].octets);
        assert_int_equal(web_answer(p, &head), cases[i].status);
        assert_true(p->finished);
        say(p, post);
        expect_answer(p, 0, "");
        rig_fini(&rig);
    }
}

TEST(header_floods_end_at_their_limit)
{
    struct rig rig;
    struct str head;
    rig_init(&rig);
    struct plug *p = web_connect(&rig);
    say(p, "POST / HTTP/1.1\r\n");
    for (int i = 0; i < 1000 && p->conn->state == CONN_HTTP; i++)
        say(p, "X-Flood: 0123456789\r\n");
    assert_int_equal(web_answer(p, &head), 431);
    rig_fini(&rig);
}

TEST(who_waits_to_be_told_may_send_his_body)
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = web_connect(&rig);
    say(p, "POST /lp/open HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\nExpect: 100-continue\r\n\r\n");
    expect_answer(p, 100, "");
    say(p, "{\"protocols\": [\"wamp.2.json\"]}");
    expect_answer(p, 200, "{");
    rig_fini(&rig);
}

TEST(deadlines_are_not_moved_by_dripping)  /* spec: R-24, reliability threat 2 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *head = web_connect(&rig), *second = web_connect(&rig);
    say(second, post);
    expect_answer(second, 404, "");
    rig_advance(&rig, 4000);
    say(head, "P");
    say(second, "P");  /* the time of its head begins here */
    rig_advance(&rig, 1000);
    expect_answer(head, 408, "the request was not complete in time");
    rig_advance(&rig, 3999);
    expect_answer(second, 0, "");
    rig_advance(&rig, 1);
    expect_answer(second, 408, "the request");
    rig_fini(&rig);
}

TEST(a_body_has_a_time_of_its_own)  /* spec: reliability threat 2 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = web_connect(&rig);
    rig_advance(&rig, 4000);
    say(p, "POST /lp/open HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n");
    for (int i = 0; i < 29; i++) {
        rig_advance(&rig, 1000);
        say(p, "x");
    }
    expect_answer(p, 0, "");
    rig_advance(&rig, 1000);
    expect_answer(p, 408, "the request");
    rig_fini(&rig);
}

TEST(an_idle_connection_is_closed_without_a_word)
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = web_connect(&rig);
    say(p, post);
    expect_answer(p, 404, "");
    rig_advance(&rig, rig.config.longpoll_idle_ms - 1);
    assert_non_null(p->conn);
    rig_advance(&rig, 1);
    assert_null(p->conn);
    expect_answer(p, 0, "");
    rig_fini(&rig);
}

TEST(a_connection_over_a_limit_is_told_so)  /* spec: reliability threat 1 */
{
    struct rig rig;
    rig_init(&rig);
    rig.config.listeners[0].longpoll.base = "/lp";
    struct plug *p = rig_connect_from(&rig, "192.0.2.1", true);
    say(p, post);
    expect_answer(p, 503, "too many connections");
    assert_true(p->finished);
    rig_fini(&rig);
}

RUN_TESTS(cmocka_unit_test(without_longpoll_only_upgrades_are_served),
          cmocka_unit_test(websockets_and_rawsockets_open_beside_longpoll),
          cmocka_unit_test(requests_follow_one_another_on_one_connection),
          cmocka_unit_test(a_request_may_come_octet_by_octet),
          cmocka_unit_test(pipelined_requests_are_answered_in_order),
          cmocka_unit_test(who_does_not_read_is_not_served_further),
          cmocka_unit_test(while_a_receive_waits_few_requests_are_kept),
          cmocka_unit_test(the_last_request_of_a_connection_is_told_so),
          cmocka_unit_test(preflights_are_answered_and_origins_allowed),
          cmocka_unit_test(pages_that_the_listener_does_not_name_stay_out),
          cmocka_unit_test(other_methods_are_not_allowed),
          cmocka_unit_test(a_malformed_request_is_the_last_one),
          cmocka_unit_test(header_floods_end_at_their_limit),
          cmocka_unit_test(who_waits_to_be_told_may_send_his_body),
          cmocka_unit_test(deadlines_are_not_moved_by_dripping),
          cmocka_unit_test(a_body_has_a_time_of_its_own),
          cmocka_unit_test(an_idle_connection_is_closed_without_a_word),
          cmocka_unit_test(a_connection_over_a_limit_is_told_so))
