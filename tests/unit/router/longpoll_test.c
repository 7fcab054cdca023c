/* WAMP over HTTP long-poll. */
#include "common/batch.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/test.h"
#include "tests/lib/web.h"

#include <stdio.h>
#include <stdlib.h>

/* A session over long-poll, with a connection for its receives and one for the rest, and a WebSocket session. */
struct poll {
    struct rig rig;
    struct plug *in, *out, *other;
    struct line line;
};

static void poll_init(struct poll *p)
{
    rig_init(&p->rig);
    p->out = web_connect(&p->rig);
    p->in = web_connect(&p->rig);
    p->line = web_session(p->out);
    p->other = rig_session(&p->rig, "");
}

/* Subscribes to com.t, and takes SUBSCRIBED. */
static void subscribe(struct poll *p)
{
    web_send(p->out, &p->line, "[32,1,{},\"com.t\"]");
    expect_answer(p->out, 202, "");
    web_receive(p->in, &p->line);
    expect_answer(p->in, 200, "[33,1,");
}

/* One event with `size` octets of text. */
static void publish(struct poll *p, size_t size)
{
    char *json = malloc(size + 100);
    int len = sprintf(json, "[16,9,{},\"com.t\",[\"");
    memset(json + len, 'x', size);
    strcpy(json + len + size, "\"]]");
    plug_say(p->other, json);
    free(json);
}

static bool is_open(const struct poll *p)
{
    struct conn *c = web_conn((struct rig *)&p->rig);
    return c && c->session;
}

/* --- open ----------------------------------------------------------------------------------------------- */

TEST(open_chooses_the_first_protocol_of_the_clients_that_we_speak)  /* spec: A-LP-01 */
{
    static const struct {
        const char *offer, *answer;
    } cases[] = {
        {"{\"protocols\": [\"wamp.2.json\"]}", "{\"protocol\": \"wamp.2.json\", \"transport\": \""},
        {"{\"protocols\": [\"x\", \"wamp.2.cbor\", \"wamp.2.json\"]}", "{\"protocol\": \"wamp.2.cbor\","},
        {"{\"x\": 1, \"protocols\": [\"wamp.2.msgpack.batched\"]}", "{\"protocol\": \"wamp.2.msgpack.batched\","},
        {"{\"protocols\": [\"wamp.2.ubjson\", 7, \"wamp.2.json.batched\"]}",
         "{\"protocol\": \"wamp.2.json.batched\","},
    };
    struct rig rig;
    rig_init(&rig);
    struct plug *p = web_connect(&rig);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        web_post(p, "/lp/open?x=7", cases[i].offer);
        expect_answer(p, 200, cases[i].answer);
    }
    rig_fini(&rig);
}

TEST(open_without_a_common_protocol_is_refused)  /* spec: 2.30 */
{
    static const char *const bad[] = {
        "", "{", "[]", "7", "{}", "{\"protocols\": {}}", "{\"protocols\": []}",
        "{\"protocols\": [\"wamp.2.ubjson\"]}", "{\"protocols\": [\"wamp.2.json\"]} x",
    };
    struct rig rig;
    rig_init(&rig);
    struct plug *p = web_connect(&rig);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        web_post(p, "/lp/open", bad[i]);
        expect_answer(p, 400, "expected {\"protocols\"");
    }
    assert_null(web_conn(&rig));
    rig_fini(&rig);
}

TEST(ids_have_130_random_bits_and_are_all_there_is_to_know)  /* spec: A-LP-06 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = web_connect(&rig), *q = rig_connect_from(&rig, "192.0.2.1", false);
    struct line a = web_open(p, "wamp.2.json"), b = web_open(p, "wamp.2.json");
    assert_int_equal(strlen(a.id), 26);
    assert_string_not_equal(a.id, b.id);
    web_send(q, &a, "[1,\"realm1\",{\"roles\":{\"caller\":{}}}]");  /* from anywhere */
    expect_answer(q, 202, "");
    web_receive(p, &a);
    expect_answer(p, 200, "[2,");
    rig_fini(&rig);
}

TEST(unknown_transports_and_paths_are_not_found)
{
    static const char *const paths[] = {
        "/lp", "/lp/", "/lp/opens", "/open", "/lpx/open", "/lp/abcdefghijkmnpqrstuvwxyz23/receive",
        "/lp//receive", "/lp/x/send", "/lp/open/receive",
    };
    struct rig rig;
    rig_init(&rig);
    struct plug *p = web_connect(&rig);
    struct line l = web_open(p, "wamp.2.json");
    char path[80];
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        web_post(p, paths[i], "");
        expect_answer(p, 404, "");
    }
    snprintf(path, sizeof path, "/lp/%s/x", l.id);
    web_post(p, path, "");
    expect_answer(p, 404, "");
    snprintf(path, sizeof path, "/lp/%s", l.id);
    web_post(p, path, "");
    expect_answer(p, 404, "");
    rig_fini(&rig);
}

TEST(transports_count_as_connections)  /* spec: reliability threat 1 */
{
    struct rig rig;
    rig_init(&rig);
    rig.config.max_per_address = 3;
    rig.config.listeners[0].longpoll.base = "/lp";
    struct plug *p = rig_connect_from(&rig, "192.0.2.1", false);
    assert_string_not_equal(web_open(p, "wamp.2.json").id, "");
    struct line second = web_open(p, "wamp.2.json");
    web_post(p, "/lp/open", "{\"protocols\": [\"wamp.2.json\"]}");
    expect_answer(p, 503, "");
    assert_int_equal(rig.hub.metrics.refused_address, 1);
    web_close(p, &second);
    expect_answer(p, 202, "");
    assert_string_not_equal(web_open(p, "wamp.2.json").id, "");
    rig.hub.max_connections = 3;
    web_post(p, "/lp/open", "{\"protocols\": [\"wamp.2.json\"]}");
    expect_answer(p, 503, "");
    assert_int_equal(rig.hub.metrics.refused_full, 1);
    rig_fini(&rig);
}

TEST(one_connection_cannot_open_transports_without_end_nor_keep_others_from_it)  /* spec: reliability threat 1 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *flood = web_connect(&rig), *other = web_connect(&rig), *socket = rig_websocket(&rig);
    struct line inside = web_session(flood), first = web_open(flood, "wamp.2.json");
    size_t before = rig.hub.conn_count;
    for (int i = 0; i < 3000; i++)
        assert_string_not_equal(web_open(flood, "wamp.2.json").id, "");
    assert_int_equal(rig.hub.conn_count, before + 1023);
    assert_int_equal(rig.hub.metrics.longpoll_lost, 3001 - 1024);
    web_receive(flood, &first);
    expect_answer(flood, 404, "");
    struct line mine = web_open(other, "wamp.2.json");
    for (int i = 0; i < 1000; i++)
        web_open(flood, "wamp.2.json");
    web_send(other, &mine, "[1,\"realm1\",{\"roles\":{\"caller\":{}}}]");
    expect_answer(other, 202, "");
    web_send(flood, &inside, "[48,1,{},\"com.none\"]");
    expect_answer(flood, 202, "");
    assert_int_equal(socket->conn->state, CONN_HELLO);
    rig_fini(&rig);
}

TEST(hello_has_its_deadline_here_too)  /* spec: R-24 */
{
    struct rig rig;
    rig_init(&rig);
    rig.hub.waits.length[WAIT_POLL_IDLE] = 100000;
    struct plug *p = web_connect(&rig);
    struct line l = web_open(p, "wamp.2.json");
    rig_advance(&rig, 55000);
    p = web_connect(&rig);
    web_receive(p, &l);
    rig_advance(&rig, 4999);
    expect_answer(p, 0, "");
    rig_advance(&rig, 1);
    expect_answer(p, 404, "");
    assert_int_equal(rig.hub.metrics.hello_timeouts, 1);
    rig_fini(&rig);
}

/* --- receive -------------------------------------------------------------------------------------------- */

TEST(a_receive_waits_for_a_message)  /* spec: 2.30, 0.8 */
{
    struct poll p;
    struct str head;
    poll_init(&p);
    web_receive(p.in, &p.line);
    expect_answer(p.in, 0, "");
    web_send(p.out, &p.line, "[32,1,{},\"com.t\"]");
    expect_answer(p.out, 202, "");
    assert_int_equal(web_answer(p.in, &head), 200);
    assert_true(str_starts(p.in->text, STR("[33,1,")));
    assert_non_null(memmem(head.ptr, head.len, "Content-Type: application/json\r\n", 32));
    assert_non_null(memmem(head.ptr, head.len, "Cache-Control: no-store\r\n", 25));
    rig_fini(&p.rig);
}

TEST(without_batches_a_receive_gets_one_message_in_order)  /* spec: A-LP-02 */
{
    struct poll p;
    poll_init(&p);
    subscribe(&p);
    for (int i = 0; i < 3; i++) {
        char json[60];
        snprintf(json, sizeof json, "[16,%d,{},\"com.t\",[%d]]", i + 1, i);
        plug_say(p.other, json);
    }
    for (int i = 0; i < 3; i++) {
        char end[8];
        int len = snprintf(end, sizeof end, "[%d]]", i);
        web_receive(p.in, &p.line);
        expect_answer(p.in, 200, "[36,");
        assert_memory_equal(p.in->text.ptr + p.in->text.len - len, end, (size_t)len);
    }
    web_receive(p.in, &p.line);
    expect_answer(p.in, 0, "");
    rig_fini(&p.rig);
}

TEST(a_batched_receive_gets_all_that_waits)  /* spec: A-LP-02, A-BWS-01 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = web_connect(&rig);
    struct line l = web_open(p, "wamp.2.json.batched");
    web_send(p, &l, "[1,\"realm1\",{\"roles\":{\"caller\":{}}}]\x1e[48,1,{},\"a\"]\x1e[48,2,{},\"b\"]\x1e");
    expect_answer(p, 202, "");
    web_receive(p, &l);
    expect_answer(p, 200, "[2,");
    const char *first = memchr(p->text.ptr, 0x1e, p->text.len);
    struct str rest = str_from(p->text, (size_t)(first + 1 - p->text.ptr));
    assert_true(str_starts(rest, STR("[8,48,1,")));
    assert_int_equal(rest.ptr[rest.len - 1], 0x1e);
    assert_non_null(memmem(rest.ptr, rest.len, "\x1e[8,48,2,", 9));
    rig_fini(&rig);
}

TEST(binary_batches_have_their_lengths)  /* spec: A-LP-01, A-LP-02 */
{
    static const char hello[] = "\0\0\0\x19\x93\x01\xa6realm1\x81\xa5roles\x81\xa6"
                                "caller\x80";
    struct rig rig;
    struct str head, message, rest;
    rig_init(&rig);
    struct plug *p = web_connect(&rig);
    struct line l = web_open(p, "wamp.2.msgpack.batched");
    web_send_octets(p, &l, str_of(hello, sizeof hello - 1));
    expect_answer(p, 202, "");
    web_receive(p, &l);
    assert_int_equal(web_answer(p, &head), 200);
    assert_non_null(memmem(head.ptr, head.len, "Content-Type: application/x-msgpack\r\n", 37));
    rest = p->text;
    assert_true(wamp_batch_next(WAMP_MSGPACK, &rest, &message));
    assert_int_equal(rest.len, 0);
    assert_memory_equal(message.ptr, "\x93\x02", 2);
    rig_fini(&rig);
}

TEST(a_receive_without_messages_ends_with_204)  /* spec: A-LP-04 */
{
    struct poll p;
    poll_init(&p);
    web_receive(p.in, &p.line);
    rig_advance(&p.rig, p.rig.config.longpoll_ms - 1);
    expect_answer(p.in, 0, "");
    rig_advance(&p.rig, 1);
    expect_answer(p.in, 204, "");
    assert_true(is_open(&p));
    rig_fini(&p.rig);
}

TEST(a_second_receive_ends_the_first)  /* spec: A-LP-05 */
{
    struct poll p;
    poll_init(&p);
    web_receive(p.in, &p.line);
    web_receive(p.out, &p.line);
    expect_answer(p.in, 204, "");
    expect_answer(p.out, 0, "");
    rig_advance(&p.rig, p.rig.config.longpoll_ms - 1);  /* the time is that of the second */
    expect_answer(p.out, 0, "");
    rig_advance(&p.rig, 1);
    expect_answer(p.out, 204, "");
    rig_fini(&p.rig);
}

TEST(who_receives_no_more_is_lost)  /* spec: A-LP-06 */
{
    struct poll p;
    poll_init(&p);
    rig_advance(&p.rig, p.rig.config.longpoll_idle_ms - 1);
    assert_true(is_open(&p));
    rig_advance(&p.rig, 1);
    assert_false(is_open(&p));
    assert_int_equal(p.rig.hub.metrics.longpoll_lost, 1);
    struct plug *late = web_connect(&p.rig);
    web_receive(late, &p.line);
    expect_answer(late, 404, "");
    rig_fini(&p.rig);
}

TEST(a_client_that_hangs_up_while_it_waits_loses_nothing)
{
    struct poll p;
    poll_init(&p);
    web_receive(p.in, &p.line);
    plug_hang_up(p.in);
    web_send(p.out, &p.line, "[32,1,{},\"com.t\"]");
    expect_answer(p.out, 202, "");
    web_receive(p.out, &p.line);
    expect_answer(p.out, 200, "[33,1,");
    rig_fini(&p.rig);
}

/* --- large answers, slow readers ------------------------------------------------------------------------ */

TEST(a_large_answer_leaves_in_pieces_and_waits_where_it_is_counted)  /* spec: A-LP-07 */
{
    struct poll p;
    poll_init(&p);
    subscribe(&p);
    p.in->room = 1000;
    web_receive(p.in, &p.line);
    publish(&p, 500000);
    expect_answer(p.in, 0, "");
    assert_true(p.in->conn->out.waiting <= 65 << 10);
    assert_true(web_conn(&p.rig)->out.waiting > 400000);
    for (int i = 0; i < 12; i++)
        plug_drain(p.in, 50000);
    plug_drain(p.in, SIZE_MAX);
    expect_answer(p.in, 200, "[36,");
    assert_true(p.in->text.len > 500000);
    web_receive(p.in, &p.line);
    expect_answer(p.in, 0, "");
    assert_true(is_open(&p));
    rig_fini(&p.rig);
}

TEST(what_follows_a_receive_on_its_connection_is_served_after_it)
{
    struct poll p;
    poll_init(&p);
    subscribe(&p);
    web_receive(p.in, &p.line);
    web_receive(p.in, &p.line);
    p.in->room = 1000;
    publish(&p, 5000);
    expect_answer(p.in, 0, "");
    plug_drain(p.in, SIZE_MAX);
    expect_answer(p.in, 200, "[36,");
    publish(&p, 1);
    expect_answer(p.in, 200, "[36,");
    rig_fini(&p.rig);
}

TEST(an_answer_that_breaks_loses_the_transport_not_a_message)
{
    struct poll p;
    poll_init(&p);
    subscribe(&p);
    p.in->room = 1000;
    web_receive(p.in, &p.line);
    publish(&p, 5000);
    assert_true(is_open(&p));
    plug_hang_up(p.in);
    assert_false(is_open(&p));
    assert_int_equal(p.rig.hub.metrics.longpoll_lost, 1);
    web_receive(p.out, &p.line);
    expect_answer(p.out, 404, "");
    rig_fini(&p.rig);
}

TEST(a_receive_while_another_is_being_answered_shows_that_it_was_given_up)  /* spec: A-LP-05 */
{
    struct poll p;
    poll_init(&p);
    subscribe(&p);
    p.in->room = 1000;
    web_receive(p.in, &p.line);
    publish(&p, 5000);
    web_receive(p.out, &p.line);
    expect_answer(p.out, 404, "");
    assert_false(is_open(&p));
    assert_null(p.in->conn);
    rig_fini(&p.rig);
}

TEST(an_answer_that_does_not_leave_loses_the_transport)
{
    struct poll p;
    poll_init(&p);
    subscribe(&p);
    p.in->room = 1000;
    web_receive(p.in, &p.line);
    publish(&p, 500000);
    rig_advance(&p.rig, p.rig.config.longpoll_idle_ms - 1);
    assert_true(is_open(&p));
    plug_drain(p.in, 100000);
    rig_advance(&p.rig, p.rig.config.longpoll_idle_ms - 1);  /* something left: it goes on */
    assert_true(is_open(&p));
    rig_advance(&p.rig, 1);
    assert_false(is_open(&p));
    assert_null(p.in->conn);
    rig_fini(&p.rig);
}

TEST(a_queue_that_nobody_fetches_ends_the_session)  /* spec: A-LP-07, B-072 */
{
    struct poll p;
    poll_init(&p);
    subscribe(&p);
    for (int i = 0; i < 50 && is_open(&p); i++)
        publish(&p, 100000);
    assert_false(is_open(&p));
    assert_true(p.rig.hub.metrics.queue_full > 0);
    rig_fini(&p.rig);
}

TEST(above_the_soft_limit_the_time_is_limited)  /* spec: A-LP-07 */
{
    struct poll p;
    poll_init(&p);
    subscribe(&p);
    for (int i = 0; i < 6; i++)
        publish(&p, 100000);
    rig_advance(&p.rig, p.rig.config.slow_ms - 1);
    assert_true(is_open(&p));
    rig_advance(&p.rig, 1);
    assert_false(is_open(&p));
    assert_int_equal(p.rig.hub.metrics.slow_closed, 1);
    rig_fini(&p.rig);
}

/* --- send ----------------------------------------------------------------------------------------------- */

TEST(a_send_is_answered_when_it_was_served)  /* spec: X-06, A-LP-03 */
{
    struct poll p;
    poll_init(&p);
    plug_say(p.other, "[64,1,{},\"com.x\"]");
    expect_heard(p.other, "[65,1,");
    web_send(p.out, &p.line, "[48,7,{},\"com.x\",[1]]");
    expect_heard(p.other, "[68,1,");
    expect_answer(p.out, 202, "");
    plug_say(p.other, "[70,1,{},[2]]");
    web_receive(p.in, &p.line);
    expect_answer(p.in, 200, "[50,7,{},[2]]");
    rig_fini(&p.rig);
}

TEST(where_configured_send_and_close_are_answered_as_by_crossbar)  /* spec: X-06 */
{
    struct poll p;
    poll_init(&p);
    p.rig.config.listeners[0].longpoll.answers_204 = true;
    web_send(p.out, &p.line, "[32,1,{},\"com.t\"]");
    expect_answer(p.out, 204, "");
    web_close(p.out, &p.line);
    expect_answer(p.out, 204, "");
    rig_fini(&p.rig);
}

TEST(sends_of_a_held_sender_wait_and_keep_their_order)  /* spec: A-LP-05, R-30 */
{
    struct poll p;
    poll_init(&p);
    struct plug *second = web_connect(&p.rig);
    struct conn *c = web_conn(&p.rig);
    c->held = true;
    web_send(p.out, &p.line, "[32,1,{},\"com.a\"]");
    web_send(second, &p.line, "[32,2,{},\"com.b\"]");
    expect_answer(p.out, 0, "");
    expect_answer(second, 0, "");
    c->held = false;
    c->wire->hear(c->socket, true);
    rig_turn(&p.rig);
    expect_answer(p.out, 202, "");
    expect_answer(second, 202, "");
    web_receive(p.in, &p.line);
    expect_answer(p.in, 200, "[33,1,");
    web_receive(p.in, &p.line);
    expect_answer(p.in, 200, "[33,2,");
    rig_fini(&p.rig);
}

TEST(a_held_send_whose_client_goes_does_not_block_the_next)  /* spec: A-LP-05 */
{
    struct poll p;
    poll_init(&p);
    struct plug *second = web_connect(&p.rig);
    struct conn *c = web_conn(&p.rig);
    c->held = true;
    web_send(p.out, &p.line, "[32,1,{},\"com.a\"]");
    web_send(second, &p.line, "[32,2,{},\"com.b\"]");
    plug_hang_up(p.out);
    c->held = false;
    c->wire->hear(c->socket, true);
    rig_turn(&p.rig);
    expect_answer(second, 202, "");
    rig_fini(&p.rig);
}

TEST(held_sends_end_with_their_transport)
{
    struct poll p;
    poll_init(&p);
    struct conn *c = web_conn(&p.rig);
    c->held = true;
    web_send(p.out, &p.line, "[32,1,{},\"com.a\"]");
    web_close(p.in, &p.line);
    expect_answer(p.in, 202, "");
    expect_answer(p.out, 404, "");
    rig_fini(&p.rig);
}

TEST(a_congested_receiver_holds_a_sender_over_longpoll)  /* spec: R-30 */
{
    struct poll p;
    poll_init(&p);
    char *json = malloc(300100);
    int len = sprintf(json, "[16,1,{},\"com.t\",[\"");
    memset(json + len, 'x', 300000);
    strcpy(json + len + 300000, "\"]]");
    plug_say(p.other, "[32,1,{},\"com.t\"]");
    p.other->room = 0;
    web_send(p.out, &p.line, json);
    expect_answer(p.out, 202, "");
    assert_true(web_conn(&p.rig)->held);
    web_send(p.out, &p.line, "[32,1,{},\"com.a\"]");
    expect_answer(p.out, 0, "");
    rig_advance(&p.rig, 1000);  /* nobody is held for longer */
    expect_answer(p.out, 202, "");
    free(json);
    rig_fini(&p.rig);
}

/* --- violations ----------------------------------------------------------------------------------------- */

TEST(a_violation_that_can_be_decoded_is_told_by_abort)  /* spec: A-LP-10, A-LP-08, B-031 */
{
    struct poll p;
    poll_init(&p);
    web_receive(p.in, &p.line);
    web_send(p.out, &p.line, "[99]");
    expect_answer(p.out, 202, "");
    expect_answer(p.in, 200, "[3,{\"message\":");
    assert_non_null(memmem(p.in->text.ptr, p.in->text.len, "protocol_violation", 18));
    web_receive(p.in, &p.line);
    expect_answer(p.in, 404, "");
    web_send(p.out, &p.line, "[32,1,{},\"com.t\"]");
    expect_answer(p.out, 404, "");
    assert_false(is_open(&p));
    rig_fini(&p.rig);
}

TEST(what_cannot_be_decoded_is_told_by_400_and_abort)  /* spec: 2.30, A-LP-08 */
{
    static const char *const bad[] = {"", "[32,1,{}", "{}", "[32,1,{},\"com.t\"]x", "[\"\xc3\x28\"]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct poll p;
        poll_init(&p);
        web_send(p.out, &p.line, bad[i]);
        expect_answer(p.out, 400, "");
        web_receive(p.in, &p.line);  /* the next receive gets it, too */
        expect_answer(p.in, 200, "[3,{\"message\":");
        web_receive(p.in, &p.line);
        expect_answer(p.in, 404, "");
        rig_fini(&p.rig);
    }
}

TEST(a_batch_ends_with_its_first_violation)  /* spec: A-BWS-01, A-LP-10 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = web_connect(&rig);
    struct line l = web_open(p, "wamp.2.json.batched");
    web_send(p, &l, "[1,\"realm1\",{\"roles\":{\"caller\":{}}}]\x1e[99]\x1e[48,1,{},\"a\"]\x1e");
    expect_answer(p, 202, "");
    web_receive(p, &l);
    expect_answer(p, 200, "[2,");
    assert_non_null(memmem(p->text.ptr, p->text.len, "\x1e[3,{", 5));
    assert_null(memmem(p->text.ptr, p->text.len, "[8,", 3));
    l = web_open(p, "wamp.2.json.batched");
    web_send(p, &l, "[1,\"realm1\",{\"roles\":{\"caller\":{}}}]");  /* does not end */
    expect_answer(p, 400, "");
    rig_fini(&rig);
}

TEST(a_message_above_the_limit_is_refused_before_it_has_come)  /* spec: 0.9 row 4, reliability 5 */
{
    struct poll p;
    poll_init(&p);
    char request[200];
    int len = snprintf(request, sizeof request,
                       "POST /lp/%s/send HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", p.line.id,
                       (2 << 20) + 1);
    plug_octets(p.out, request, (size_t)len);
    expect_answer(p.out, 413, "the body is larger");
    assert_true(p.out->finished);
    web_receive(p.in, &p.line);
    expect_answer(p.in, 200, "[3,{\"message\":");
    assert_non_null(memmem(p.in->text.ptr, p.in->text.len, "payload_size_exceeded", 21));
    assert_int_equal(p.rig.hub.metrics.oversize_in, 1);
    rig_fini(&p.rig);
}

TEST(before_welcome_the_limit_is_a_smaller_one)  /* spec: reliability 5 */
{
    struct rig rig;
    char request[200];
    rig_init(&rig);
    struct plug *p = web_connect(&rig), *q = web_connect(&rig);
    struct line l = web_open(p, "wamp.2.json");
    int len = snprintf(request, sizeof request,
                       "POST /lp/%s/send HTTP/1.1\r\nHost: x\r\nContent-Length: 16385\r\n\r\n", l.id);
    plug_octets(p, request, (size_t)len);
    expect_answer(p, 413, "the body is larger");
    len = snprintf(request, sizeof request, "POST /lp/open HTTP/1.1\r\nHost: x\r\nContent-Length: 16385\r\n\r\n");
    plug_octets(q, request, (size_t)len);
    expect_answer(q, 413, "the body is larger");
    rig_fini(&rig);
}

/* --- the end -------------------------------------------------------------------------------------------- */

TEST(goodbye_is_fetched_and_then_the_transport_is_over)  /* spec: A-LP-08, B-021 */
{
    struct poll p;
    poll_init(&p);
    web_receive(p.in, &p.line);
    web_send(p.out, &p.line, "[6,{},\"wamp.close.close_realm\"]");
    expect_answer(p.out, 202, "");
    expect_answer(p.in, 200, "[6,{},\"wamp.close.goodbye_and_out\"]");
    assert_false(is_open(&p));
    web_receive(p.in, &p.line);
    expect_answer(p.in, 404, "");
    web_send(p.out, &p.line, "[1,\"realm1\",{\"roles\":{\"caller\":{}}}]");
    expect_answer(p.out, 404, "");
    web_close(p.out, &p.line);  /* a client that now closes, as autobahn-js does, has done nothing wrong */
    expect_answer(p.out, 202, "");
    web_close(p.out, &p.line);
    expect_answer(p.out, 404, "");
    assert_null(web_conn(&p.rig));
    rig_fini(&p.rig);
}

TEST(what_the_router_said_last_can_be_fetched_for_a_while)  /* spec: A-LP-08 */
{
    struct poll p;
    poll_init(&p);
    web_send(p.out, &p.line, "[6,{},\"wamp.close.close_realm\"]");
    expect_answer(p.out, 202, "");
    rig_advance(&p.rig, p.rig.config.close_ms - 1);
    web_receive(p.in, &p.line);
    expect_answer(p.in, 200, "[6,");
    rig_advance(&p.rig, 1);
    assert_null(web_conn(&p.rig));
    rig_fini(&p.rig);
}

TEST(a_receive_is_told_that_its_transport_was_dropped)
{
    struct poll p;
    poll_init(&p);
    web_receive(p.in, &p.line);
    conn_drop(web_conn(&p.rig));
    rig_turn(&p.rig);
    expect_answer(p.in, 404, "");
    rig_fini(&p.rig);
}

TEST(close_ends_the_session_and_the_receive)  /* spec: A-LP-08, 0.9 row 6 */
{
    struct poll p;
    poll_init(&p);
    web_send(p.out, &p.line, "[64,1,{},\"com.x\"]");
    expect_answer(p.out, 202, "");
    web_receive(p.in, &p.line);
    expect_answer(p.in, 200, "[65,");
    web_receive(p.in, &p.line);
    plug_say(p.other, "[48,7,{},\"com.x\"]");
    expect_answer(p.in, 200, "[68,");
    web_receive(p.in, &p.line);
    web_close(p.out, &p.line);
    expect_answer(p.out, 202, "");
    expect_answer(p.in, 204, "");
    expect_heard(p.other, "[8,48,7,{},\"wamp.error.canceled\"");
    web_receive(p.in, &p.line);
    expect_answer(p.in, 404, "");
    rig_fini(&p.rig);
}

TEST(a_shutdown_is_said_to_those_who_wait)  /* spec: A-CLO-02, A-LP-08 */
{
    struct poll p;
    poll_init(&p);
    web_receive(p.in, &p.line);
    router_say_goodbye(&p.rig.router, p.rig.hub.now);
    hub_say_farewell(&p.rig.hub);
    rig_turn(&p.rig);
    expect_answer(p.in, 200, "[6,{},\"wamp.close.system_shutdown\"]");
    assert_true(p.in->finished);  /* no further requests there */
    web_post(p.out, "/lp/open", "{\"protocols\": [\"wamp.2.json\"]}");
    expect_answer(p.out, 503, "");
    struct plug *third = p.out;
    assert_true(third->finished);
    hub_close_all(&p.rig.hub);
    rig_turn(&p.rig);
    assert_int_equal(web_conn(&p.rig)->state, CONN_CLOSING);
    rig_fini(&p.rig);
}

TEST(a_shutdown_ends_receives_that_have_nothing_to_wait_for)
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = web_connect(&rig), *idle = web_connect(&rig);
    struct line l = web_open(p, "wamp.2.json");
    web_post(idle, "/", "");
    expect_answer(idle, 404, "");
    web_receive(p, &l);
    hub_say_farewell(&rig.hub);
    rig_turn(&rig);
    expect_answer(p, 200, "[3,");
    hub_close_all(&rig.hub);
    rig_turn(&rig);
    assert_true(p->finished);
    assert_true(idle->finished);
    rig_fini(&rig);
}

TEST(a_session_that_is_killed_hears_it_and_may_answer)  /* spec: A-LP-08, A-SES-04 */
{
    struct poll p;
    poll_init(&p);
    web_receive(p.in, &p.line);
    realm_shutdown(web_conn(&p.rig)->realm, p.rig.hub.now);  /* as a kill does */
    rig_turn(&p.rig);
    expect_answer(p.in, 200, "[6,");
    web_send(p.out, &p.line, "[6,{},\"wamp.close.goodbye_and_out\"]");
    expect_answer(p.out, 202, "");
    web_receive(p.in, &p.line);
    expect_answer(p.in, 404, "");
    rig_fini(&p.rig);
}

/* --- memory --------------------------------------------------------------------------------------------- */

TEST(whatever_allocation_fails_nothing_leaks_and_nothing_is_lost_silently)
{
    for_each_failure {
        struct rig rig;
        rig_init(&rig);
        if (rig.ok) {
            struct plug *p = web_connect(&rig), *q = web_connect(&rig);
            struct line l = web_open(p, "wamp.2.json.batched");
            web_send(p, &l, "[1,\"realm1\",{\"roles\":{\"caller\":{}}}]\x1e[48,1,{},\"a\"]\x1e");
            web_receive(q, &l);
            web_receive(p, &l);
            web_send(q, &l, "[6,{},\"wamp.close.close_realm\"]\x1e");
            web_close(q, &l);
        }
        rig_fini(&rig);
    }
}

RUN_TESTS(cmocka_unit_test(open_chooses_the_first_protocol_of_the_clients_that_we_speak),
          cmocka_unit_test(open_without_a_common_protocol_is_refused),
          cmocka_unit_test(ids_have_130_random_bits_and_are_all_there_is_to_know),
          cmocka_unit_test(unknown_transports_and_paths_are_not_found),
          cmocka_unit_test(transports_count_as_connections),
          cmocka_unit_test(one_connection_cannot_open_transports_without_end_nor_keep_others_from_it),
          cmocka_unit_test(hello_has_its_deadline_here_too), cmocka_unit_test(a_receive_waits_for_a_message),
          cmocka_unit_test(without_batches_a_receive_gets_one_message_in_order),
          cmocka_unit_test(a_batched_receive_gets_all_that_waits),
          cmocka_unit_test(binary_batches_have_their_lengths),
          cmocka_unit_test(a_receive_without_messages_ends_with_204),
          cmocka_unit_test(a_second_receive_ends_the_first), cmocka_unit_test(who_receives_no_more_is_lost),
          cmocka_unit_test(a_client_that_hangs_up_while_it_waits_loses_nothing),
          cmocka_unit_test(a_large_answer_leaves_in_pieces_and_waits_where_it_is_counted),
          cmocka_unit_test(what_follows_a_receive_on_its_connection_is_served_after_it),
          cmocka_unit_test(an_answer_that_breaks_loses_the_transport_not_a_message),
          cmocka_unit_test(a_receive_while_another_is_being_answered_shows_that_it_was_given_up),
          cmocka_unit_test(an_answer_that_does_not_leave_loses_the_transport),
          cmocka_unit_test(a_queue_that_nobody_fetches_ends_the_session),
          cmocka_unit_test(above_the_soft_limit_the_time_is_limited),
          cmocka_unit_test(a_send_is_answered_when_it_was_served),
          cmocka_unit_test(where_configured_send_and_close_are_answered_as_by_crossbar),
          cmocka_unit_test(sends_of_a_held_sender_wait_and_keep_their_order),
          cmocka_unit_test(a_held_send_whose_client_goes_does_not_block_the_next),
          cmocka_unit_test(held_sends_end_with_their_transport),
          cmocka_unit_test(a_congested_receiver_holds_a_sender_over_longpoll),
          cmocka_unit_test(a_violation_that_can_be_decoded_is_told_by_abort),
          cmocka_unit_test(what_cannot_be_decoded_is_told_by_400_and_abort),
          cmocka_unit_test(a_batch_ends_with_its_first_violation),
          cmocka_unit_test(a_message_above_the_limit_is_refused_before_it_has_come),
          cmocka_unit_test(before_welcome_the_limit_is_a_smaller_one),
          cmocka_unit_test(goodbye_is_fetched_and_then_the_transport_is_over),
          cmocka_unit_test(what_the_router_said_last_can_be_fetched_for_a_while),
          cmocka_unit_test(a_receive_is_told_that_its_transport_was_dropped),
          cmocka_unit_test(close_ends_the_session_and_the_receive),
          cmocka_unit_test(a_shutdown_is_said_to_those_who_wait),
          cmocka_unit_test(a_shutdown_ends_receives_that_have_nothing_to_wait_for),
          cmocka_unit_test(a_session_that_is_killed_hears_it_and_may_answer),
          cmocka_unit_test(whatever_allocation_fails_nothing_leaks_and_nothing_is_lost_silently))
