/* Connections in session, and on their way out. */
#include "tests/lib/failmalloc.h"
#include "tests/lib/rig.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>

/* A callee of com.x and a caller. */
struct pair {
    struct rig rig;
    struct plug *callee, *caller;
};

static void pair_init(struct pair *p)
{
    rig_init(&p->rig);
    p->callee = rig_session(&p->rig, "");
    p->caller = rig_session(&p->rig, "");
    plug_say(p->callee, "[64,1,{},\"com.x\"]");
    expect_heard(p->callee, "[65,1,");
}

/* A publisher and a subscriber of com.t. */
static void subscribe(struct plug *p)
{
    plug_say(p, "[32,1,{},\"com.t\"]");
    expect_heard(p, "[33,1,");
}

/* One event with `size` octets of text. */
static void publish(struct plug *p, size_t size)
{
    char *json = malloc(size + 100);
    int len = sprintf(json, "[16,9,{},\"com.t\",[\"");
    memset(json + len, 'x', size);
    strcpy(json + len + size, "\"]]");
    plug_say(p, json);
    free(json);
}

/* --- messages ------------------------------------------------------------------------------------------- */

TEST(a_call_goes_there_and_back)  /* spec: B-082, B-084 */
{
    struct pair p;
    pair_init(&p);
    plug_say(p.caller, "[48,7,{},\"com.x\",[1.0,\"\\u00e9\"]]");
    expect_heard(p.callee, "[68,1,1,{},[1.0,\"\\u00e9\"]]");
    plug_say(p.callee, "[70,1,{},[2]]");
    expect_heard(p.caller, "[50,7,{},[2]]");
    rig_fini(&p.rig);
}

TEST(all_that_is_queued_in_a_turn_leaves_in_one_write)  /* design 4.5 */
{
    struct pair p;
    pair_init(&p);
    unsigned writes = p.callee->writes;
    for (int i = 0; i < 20; i++) {
        char json[60];
        snprintf(json, sizeof json, "[48,%d,{},\"com.x\",[%d]]", i + 1, i);
        plug_frame(p.caller, WAMP_WS_TEXT, str_z(json));
    }
    plug_frame(p.callee, WAMP_WS_PING, STR("are you there"));
    assert_int_equal(p.callee->writes, writes);
    rig_turn(&p.rig);
    assert_int_equal(p.callee->writes, writes + 1);
    for (int i = 0; i < 20; i++)
        expect_heard(p.callee, "[68,");
    expect_heard(p.callee, "are you there");
    assert_int_equal(p.callee->opcode, WAMP_WS_PONG);
    rig_fini(&p.rig);
}

TEST(messages_of_the_wrong_frame_type_are_a_violation)  /* spec: 0.9 row 3 */
{
    struct pair p;
    pair_init(&p);
    plug_frame(p.caller, WAMP_WS_BINARY, STR("[48,1,{},\"com.x\"]"));
    rig_turn(&p.rig);
    expect_heard(p.caller, "[3,{\"message\":\"json messages travel in text frames");
    expect_closing(p.caller, 1002);
    expect_silence(p.callee);
    rig_fini(&p.rig);
}

TEST(octets_that_are_no_message_end_the_session_and_nothing_after_them_counts)  /* spec: B-031, B-032, B-047 */
{
    struct pair p;
    pair_init(&p);
    plug_frame(p.caller, WAMP_WS_TEXT, STR("[48,1,{}"));
    plug_frame(p.caller, WAMP_WS_TEXT, STR("[48,2,{},\"com.x\"]"));
    rig_turn(&p.rig);
    expect_heard(p.caller, "[3,{\"message\":");
    expect_closing(p.caller, 1002);
    expect_silence(p.callee);
    assert_null(p.caller->conn->session);
    rig_fini(&p.rig);
}

TEST(text_that_is_not_utf8_fails_the_websocket)  /* spec: T-51, 0.9 row 4 */
{
    struct pair p;
    pair_init(&p);
    plug_frame(p.caller, WAMP_WS_TEXT, STR("[48,1,{},\"com.x\",[\"\xC3\x28\"]]"));
    rig_turn(&p.rig);
    expect_closing(p.caller, 1007);
    expect_silence(p.caller);
    rig_fini(&p.rig);
}

TEST(text_that_is_neither_utf8_nor_json_fails_the_websocket_too)  /* spec: T-51, 0.9 row 4 */
{
    static const char *const texts[] = {"x\xFF", "{]\xED\xA0\x80", "[48,1,{},\"\xC3", "[6,{},\"a\"]\xFF"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct pair p;
        pair_init(&p);
        plug_frame(p.caller, WAMP_WS_TEXT, str_z(texts[i]));
        rig_turn(&p.rig);
        expect_closing(p.caller, 1007);
        expect_silence(p.caller);
        rig_fini(&p.rig);
    }
}

TEST(a_surrogate_alone_is_utf8_and_a_violation)  /* spec: 0.9 row 4, B-047 */
{
    struct pair p;
    pair_init(&p);
    plug_frame(p.caller, WAMP_WS_TEXT, STR("[48,1,{},\"com.x\",[\"\\ud800\"]]"));
    rig_turn(&p.rig);
    expect_heard(p.caller, "[3,{\"message\":");
    expect_closing(p.caller, 1002);
    rig_fini(&p.rig);
}

TEST(a_binary_frame_is_of_the_wrong_type_whatever_it_says)  /* spec: 0.9 row 3 */
{
    struct pair p;
    pair_init(&p);
    plug_frame(p.caller, WAMP_WS_BINARY, STR("\xFF"));
    rig_turn(&p.rig);
    expect_heard(p.caller, "[3,{\"message\":");
    expect_closing(p.caller, 1002);
    rig_fini(&p.rig);
}

TEST(text_that_is_not_utf8_is_a_violation_in_rawsocket)  /* spec: T-51 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = rig_rawsocket(&rig, 15);
    plug_say(p, "[1,\"realm1\",{\"roles\":{\"caller\":{}}}]");
    expect_heard(p, "[2,");
    plug_say(p, "[48,1,{},\"com.x\",[\"\xC3\x28\"]]");
    expect_heard(p, "[3,{\"message\":");
    assert_true(p->finished);
    rig_fini(&rig);
}

TEST(a_message_above_the_limit_ends_the_session)  /* spec: 0.9 row 4, 0.11, reliability 5 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = rig_session(&rig, "");
    char *json = malloc((2 << 20) + 1);
    memset(json, ' ', 2 << 20);
    json[2 << 20] = '\0';
    memcpy(json, "[48,1,{},\"com.x\"]", 17);
    plug_say(p, json);
    expect_heard(p, "[8,48,1,{}");  /* 2^21 octets are within it */
    plug_frame(p, WAMP_WS_TEXT, str_of(json, (2 << 20) + 1));
    rig_turn(&rig);
    expect_heard(p, "[3,{\"message\":");
    assert_non_null(memmem(p->text.ptr, p->text.len, "payload_size_exceeded", 21));
    expect_closing(p, 1009);
    free(json);
    rig_fini(&rig);
}

TEST(messages_of_lengths_that_wampy_misreads_are_padded)  /* spec: W-11 */
{
    const char wampy[] = "[1,\"realm1\",{\"roles\":{\"subscriber\":{\"features\":{\"call_timeout\":true}},"
                         "\"publisher\":{}},\"authmethods\":[\"anonymous\"]}]";
    struct rig rig;
    rig_init(&rig);
    struct plug *publisher = rig_session(&rig, ""), *p = rig_websocket(&rig), *other = rig_session(&rig, "");
    plug_say(p, wampy);
    expect_heard(p, "[2,");
    subscribe(p);
    subscribe(other);
    const size_t sizes[] = {32000, 32768, 50000, 65480, 70000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        publish(publisher, sizes[i]);
        expect_heard(p, "[36,");
        assert_false(p->text.len >= 32768 && p->text.len < 65536);
        expect_heard(other, "[36,");
        assert_true(other->text.len < sizes[i] + 60);
    }
    rig_fini(&rig);
}

/* --- goodbye -------------------------------------------------------------------------------------------- */

TEST(after_goodbye_everything_is_ignored_until_the_peer_closes)  /* spec: B-021, R-25, W-27, W-28 */
{
    struct pair p;
    pair_init(&p);
    plug_say(p.caller, "[48,7,{},\"com.x\"]");
    expect_heard(p.callee, "[68,");
    plug_say(p.callee, "[6,{},\"wamp.close.close_realm\"]");
    expect_heard(p.callee, "[6,{},\"wamp.close.goodbye_and_out\"]");
    expect_heard(p.caller, "[8,48,7,");
    plug_say(p.callee, "[70,1,{},[1]]");
    plug_say(p.callee, "nonsense");
    plug_say(p.callee, "[6,{},\"wamp.close.close_realm\"]");
    expect_silence(p.callee);
    rig_advance(&p.rig, 4999);
    expect_silence(p.callee);
    rig_advance(&p.rig, 1);
    expect_closing(p.callee, 1000);
    rig_advance(&p.rig, 5000);
    assert_null(p.callee->conn);
    rig_fini(&p.rig);
}

TEST(after_goodbye_the_transport_may_carry_a_new_session)  /* spec: B-028 */
{
    struct pair p;
    pair_init(&p);
    plug_say(p.callee, "[6,{},\"wamp.close.close_realm\"]");
    expect_heard(p.callee, "[6,");
    plug_say(p.callee, "[1,\"realm1\",{\"roles\":{\"callee\":{}}}]");
    expect_heard(p.callee, "[2,");
    plug_say(p.callee, "[64,1,{},\"com.x\"]");
    expect_heard(p.callee, "[65,1,");
    rig_advance(&p.rig, 6000);
    expect_silence(p.callee);
    rig_fini(&p.rig);
}

TEST(a_peer_that_just_goes_has_left_its_realm)  /* spec: 0.9 row 6, W-15, B-094 */
{
    struct pair p;
    pair_init(&p);
    plug_say(p.caller, "[48,7,{},\"com.x\"]");
    plug_hang_up(p.callee);
    expect_heard(p.caller, "[8,48,7,{},\"wamp.error.canceled\"");
    rig_fini(&p.rig);
}

TEST(a_close_frame_is_answered_and_the_session_is_over)  /* spec: 0.9 rows 5 and 6 */
{
    struct pair p;
    pair_init(&p);
    plug_say(p.caller, "[48,7,{},\"com.x\"]");
    expect_heard(p.callee, "[68,");
    plug_frame(p.callee, WAMP_WS_CLOSE, STR("\x03\xe9gone"));
    rig_turn(&p.rig);
    expect_closing(p.callee, 1001);
    assert_null(p.callee->conn);
    expect_heard(p.caller, "[8,48,7,{},\"wamp.error.canceled\"");
    rig_fini(&p.rig);
}

TEST(the_router_says_goodbye_when_it_stops)  /* spec: B-030, 0.9 row 5 */
{
    struct pair p;
    pair_init(&p);
    struct plug *early = rig_websocket(&p.rig), *parted = rig_session(&p.rig, "");
    plug_say(parted, "[6,{},\"wamp.close.close_realm\"]");
    expect_heard(parted, "[6,");
    router_say_goodbye(&p.rig.router, p.rig.hub.now);
    hub_say_farewell(&p.rig.hub);
    rig_turn(&p.rig);
    expect_heard(p.caller, "[6,{},\"wamp.close.system_shutdown\"]");
    expect_heard(early, "[3,{\"message\":");
    assert_non_null(memmem(early->text.ptr, early->text.len, "wamp.close.system_shutdown", 26));
    expect_closing(early, 1001);
    expect_closing(parted, 1001);
    plug_say(p.caller, "[48,9,{},\"com.x\"]");  /* B-023 */
    expect_silence(p.caller);
    plug_say(p.caller, "[6,{},\"wamp.close.goodbye_and_out\"]");
    expect_closing(p.caller, 1001);
    hub_close_all(&p.rig.hub);
    rig_turn(&p.rig);
    expect_heard(p.callee, "[6,{},\"wamp.close.system_shutdown\"]");
    expect_closing(p.callee, 1001);
    rig_fini(&p.rig);
}

TEST(a_goodbye_that_is_not_answered_in_time_closes_the_transport)  /* spec: B-026, A-SES-09 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = rig_session(&rig, "");
    router_say_goodbye(&rig.router, rig.hub.now);
    rig_turn(&rig);
    expect_heard(p, "[6,{},\"wamp.close.system_shutdown\"]");
    rig_advance(&rig, 4999);
    expect_silence(p);
    rig_advance(&rig, 1);
    expect_closing(p, 1000);
    rig_fini(&rig);
}

/* --- PING ----------------------------------------------------------------------------------------------- */

TEST(a_silent_websocket_is_pinged_and_closed_when_it_stays_silent)  /* spec: W-12, reliability 5 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *dead = rig_session(&rig, ""), *alive = rig_session(&rig, "");
    rig_advance(&rig, 29999);
    expect_silence(dead);
    plug_say(alive, "[32,1,{},\"com.t\"]");
    expect_heard(alive, "[33,");
    rig_advance(&rig, 1);
    expect_heard(dead, "wampd");
    assert_int_equal(dead->opcode, WAMP_WS_PING);
    rig_advance(&rig, 9999);
    expect_silence(dead);
    rig_advance(&rig, 1);
    expect_closing(dead, 1008);
    rig_advance(&rig, 1000);
    assert_null(dead->conn);
    expect_silence(alive);
    rig_advance(&rig, 20000);
    expect_heard(alive, "wampd");
    plug_frame(alive, WAMP_WS_PONG, STR("wampd"));
    rig_advance(&rig, 20000);
    assert_non_null(alive->conn);
    rig_fini(&rig);
}

TEST(nobody_is_pinged_before_welcome_and_no_rawsocket_ever)  /* spec: W-04, T-61, A-RAW-02 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *early = rig_websocket(&rig), *rs = rig_rawsocket(&rig, 15);
    plug_say(rs, "[1,\"realm1\",{\"roles\":{\"caller\":{}}}]");
    expect_heard(rs, "[2,");
    rig_advance(&rig, 59000);
    expect_silence(early);
    expect_silence(rs);
    rig_fini(&rig);
}

TEST(a_rawsocket_ping_is_echoed_before_and_after_hello)  /* spec: R-22, T-61, 0.11 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = rig_rawsocket(&rig, 15);
    plug_octets(p, "\1\0\0\0", 4);
    assert_true(plug_take(p));
    assert_int_equal(p->opcode, 2);
    assert_int_equal(p->text.len, 0);
    plug_say(p, "[1,\"realm1\",{\"roles\":{\"caller\":{}}}]");
    expect_heard(p, "[2,");
    plug_octets(p, "\1\0\0\3abc", 7);
    expect_heard(p, "abc");
    assert_int_equal(p->opcode, 2);
    rig_fini(&rig);
}

TEST(of_a_flood_of_pings_some_are_skipped)  /* spec: R-31 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = rig_session(&rig, "");
    for (int i = 0; i < 1000; i++)
        plug_frame(p, WAMP_WS_PING, STR("flood"));
    rig_turn(&rig);
    int pongs = 0;
    while (plug_take(p))
        pongs++;
    assert_true(pongs >= 10 && pongs <= 30);
    rig_advance(&rig, 1000);
    for (int i = 0; i < 10; i++)
        plug_frame(p, WAMP_WS_PING, STR("fine"));
    rig_turn(&rig);
    for (int i = 0; i < 10; i++)
        expect_heard(p, "fine");
    rig_fini(&rig);
}

TEST(a_peer_that_pings_before_hello_and_does_not_read_is_dropped)  /* spec: reliability threat 5 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *p = rig_websocket(&rig);
    char payload[125] = {0};
    p->room = 0;
    for (int i = 0; i < 100 && p->conn; i++) {
        plug_frame(p, WAMP_WS_PING, str_of(payload, sizeof payload));
        rig_advance(&rig, 100);
        rig_turn(&rig);
    }
    assert_null(p->conn);
    assert_int_equal(rig.hub.metrics.early_output, 1);
    rig_fini(&rig);
}

/* --- peers that do not read ----------------------------------------------------------------------------- */

TEST(octets_that_the_kernel_does_not_take_follow_in_order)
{
    struct pair p;
    pair_init(&p);
    p.callee->room = 5;
    for (int i = 1; i <= 100; i++) {
        char json[60];
        snprintf(json, sizeof json, "[48,%d,{},\"com.x\",[%d]]", i, i);
        plug_say(p.caller, json);
        if (i % 7 == 0)
            plug_drain(p.callee, 11);
    }
    assert_true(p.callee->conn->choked);
    while (p.callee->conn->choked)
        plug_drain(p.callee, 333);
    for (int i = 1; i <= 100; i++) {
        char wanted[60];
        snprintf(wanted, sizeof wanted, "[68,%d,1,{},[%d]]", i, i);
        expect_heard(p.callee, wanted);
    }
    assert_int_equal(p.rig.hub.pool.waiting, 0);
    rig_fini(&p.rig);
}

TEST(a_peer_may_send_much_before_it_reads_anything)  /* no deadlock: router/lws_socket.c */
{
    struct pair p;
    pair_init(&p);
    p.caller->room = 0;
    for (int i = 1; i <= 1000; i++) {
        char json[60];
        snprintf(json, sizeof json, "[48,%d,{},\"com.none\"]", i);
        plug_say(p.caller, json);
    }
    assert_non_null(p.caller->conn);
    plug_drain(p.caller, SIZE_MAX);
    for (int i = 1; i <= 1000; i++)
        expect_heard(p.caller, "[8,48,");
    rig_fini(&p.rig);
}

TEST(a_full_queue_ends_the_session_and_nobody_elses)  /* spec: B-072, reliability T-S1 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *publisher = rig_session(&rig, "");
    struct plug *slow = rig_session(&rig, ""), *healthy = rig_session(&rig, "");
    subscribe(slow);
    subscribe(healthy);
    slow->room = 100;
    size_t most = 0;
    for (int i = 0; i < 100 && slow->conn->session; i++) {
        publish(publisher, 60000);
        expect_heard(healthy, "[36,");
        most = rig.hub.pool.waiting > most ? rig.hub.pool.waiting : most;
    }
    assert_null(slow->conn->session);
    assert_true(most > 4000000 && most <= 4 << 20);
    assert_true(rig.hub.pool.waiting <= OUTBOX_BLOCK_MAX + 200);  /* what is left for the close frame to follow */
    plug_drain(slow, SIZE_MAX);
    while (plug_take(slow) && slow->opcode != WAMP_WS_CLOSE)
        assert_true(str_starts(slow->text, STR("[36,")));
    assert_int_equal((uint8_t)slow->text.ptr[0] << 8 | (uint8_t)slow->text.ptr[1], 1008);
    publish(publisher, 10);
    expect_heard(healthy, "[36,");
    rig_fini(&rig);
}

TEST(a_peer_that_never_reads_is_gone_a_second_later)
{
    struct rig rig;
    rig_init(&rig);
    struct plug *publisher = rig_session(&rig, ""), *slow = rig_session(&rig, "");
    subscribe(slow);
    slow->room = 0;
    for (int i = 0; i < 100 && slow->conn->session; i++)
        publish(publisher, 60000);
    rig_advance(&rig, 1000);
    assert_null(slow->conn);
    assert_int_equal(rig.hub.pool.waiting, 0);
    rig_fini(&rig);
}

TEST(a_queue_above_the_soft_limit_has_ten_seconds)  /* spec: reliability 5 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *publisher = rig_session(&rig, ""), *slow = rig_session(&rig, ""), *saved = rig_session(&rig, "");
    subscribe(slow);
    subscribe(saved);
    slow->room = saved->room = 100;
    for (int i = 0; i < 10; i++)
        publish(publisher, 60000);
    rig_advance(&rig, 9000);
    plug_drain(saved, 200000);
    plug_say(saved, "[32,2,{},\"com.u\"]");
    rig_advance(&rig, 999);
    assert_non_null(slow->conn->session);
    rig_advance(&rig, 1);
    assert_null(slow->conn->session);
    rig_advance(&rig, 10000);
    assert_int_equal(rig.hub.metrics.slow_closed, 1);
    assert_non_null(saved->conn->session);
    rig_fini(&rig);
}

TEST(when_all_queues_together_are_too_much_the_largest_goes)  /* spec: reliability T-S2 */
{
    struct rig rig;
    rig_init(&rig);
    rig.config.queue_total = 1 << 20;
    struct plug *publisher = rig_session(&rig, "");
    struct plug *larger = rig_session(&rig, ""), *smaller = rig_session(&rig, "");
    subscribe(larger);
    larger->room = 0;
    for (int i = 0; i < 6; i++)
        publish(publisher, 60000);
    subscribe(smaller);
    smaller->room = 0;
    for (int i = 0; i < 7; i++)
        publish(publisher, 60000);
    assert_null(larger->conn);
    assert_non_null(smaller->conn->session);
    assert_int_equal(rig.hub.metrics.evicted, 1);
    rig_fini(&rig);
}

TEST(one_queue_of_many_small_ones_is_enough_when_all_together_are_too_much)  /* spec: reliability T-S2 */
{
    enum { PEERS = 5 };
    struct rig rig;
    rig_init(&rig);
    rig.config.queue_total = 1 << 20;
    struct plug *publisher = rig_session(&rig, ""), *slow[PEERS];
    for (int i = 0; i < PEERS; i++) {
        slow[i] = rig_session(&rig, "");
        subscribe(slow[i]);
        slow[i]->room = 0;
    }
    for (int i = 0; i < 4; i++)
        publish(publisher, 60000);  /* less than a block for each */
    assert_int_equal(rig.hub.metrics.evicted, 1);
    assert_in_range(rig.hub.pool.waiting, (PEERS - 1) * 4 * 60000, 1 << 20);
    assert_non_null(publisher->conn->session);
    rig_fini(&rig);
}

TEST(the_largest_queue_may_be_that_of_one_who_is_leaving)  /* spec: reliability T-S2 */
{
    struct rig rig;
    rig_init(&rig);
    rig.config.queue_total = 1 << 20;
    struct plug *publisher = rig_session(&rig, "");
    struct plug *leaving = rig_session(&rig, ""), *staying = rig_session(&rig, "");
    subscribe(leaving);
    leaving->room = 0;
    for (int i = 0; i < 10; i++)
        publish(publisher, 60000);
    plug_say(leaving, "nonsense");
    assert_non_null(leaving->conn);
    subscribe(staying);
    staying->room = 0;
    for (int i = 0; i < 8; i++)
        publish(publisher, 60000);
    assert_null(leaving->conn);
    assert_non_null(staying->conn->session);
    rig_fini(&rig);
}

/* What is queued in a turn is not yet what a peer does not read. */
TEST(a_turn_with_much_to_send_evicts_nobody_who_reads)  /* spec: reliability T-S2 */
{
    enum { PEERS = 10 };
    struct rig rig;
    rig_init(&rig);
    rig.config.queue_total = 1 << 20;
    struct plug *publisher = rig_session(&rig, ""), *reader;
    for (int i = 0; i < PEERS; i++) {
        reader = rig_session(&rig, "");
        subscribe(reader);
    }
    publish(publisher, 200000);
    assert_int_equal(rig.hub.metrics.evicted, 0);
    assert_int_equal(rig.hub.pool.waiting, 0);
    rig_fini(&rig);
}

TEST(a_dead_socket_is_noticed_and_its_session_leaves)
{
    struct pair p;
    pair_init(&p);
    p.callee->dead = true;
    plug_say(p.caller, "[48,7,{},\"com.x\"]");
    assert_null(p.callee->conn);
    expect_heard(p.caller, "[8,48,7,{},\"wamp.error.canceled\"");
    rig_fini(&p.rig);
}

TEST(a_fan_out_of_one_turn_does_not_pile_up)
{
    struct rig rig;
    rig_init(&rig);
    struct plug *publisher = rig_session(&rig, ""), *all[100];
    for (int i = 0; i < 100; i++) {
        all[i] = rig_session(&rig, "");
        subscribe(all[i]);
    }
    char *json = malloc(100100);
    int len = sprintf(json, "[16,9,{},\"com.t\",[\"");
    memset(json + len, 'x', 100000);
    strcpy(json + len + 100000, "\"]]");
    plug_frame(publisher, WAMP_WS_TEXT, str_z(json));
    assert_true(rig.hub.pool.waiting <= 5 << 20);  /* of 10 MB: the turn is not over yet */
    rig_turn(&rig);
    for (int i = 0; i < 100; i++)
        expect_heard(all[i], "[36,");
    free(json);
    rig_fini(&rig);
}

TEST(a_connection_that_waits_keeps_no_octets_of_a_message_that_came_in_pieces)  /* common/frames.h */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *a = rig_rawsocket(&rig, 15);
    struct str hello = STR("\0\0\0\x28[1,\"realm1\",{\"roles\":{\"subscriber\":{}}}]");
    plug_octets(a, hello.ptr, 20);
    assert_non_null(a->conn->in.framing.rs.part.ptr);
    plug_octets(a, hello.ptr + 20, hello.len - 20);
    rig_turn(&rig);
    expect_heard(a, "[2,");
    assert_null(a->conn->in.framing.rs.part.ptr);
    rig_fini(&rig);
}

TEST(whatever_allocation_fails_only_its_own_session_is_lost)  /* spec: reliability T-R4 */
{
    for_each_failure {
        struct rig rig;
        rig_init(&rig);
        if (rig.ok) {
            struct plug *a = rig_session(&rig, ""), *b = rig_session(&rig, "");
            plug_say(b, "[32,1,{},\"com.t\"]");
            b->room = 0;
            publish(a, 3000);
            publish(a, 3000);
            plug_say(a, "[64,2,{},\"com.x\"]");
            plug_say(b, "[48,2,{},\"com.x\"]");
            plug_drain(b, SIZE_MAX);
            plug_frame(b, WAMP_WS_CLOSE, STR("\x03\xe8"));
            rig_turn(&rig);
        }
        rig_fini(&rig);
    }
}

RUN_TESTS(cmocka_unit_test(a_call_goes_there_and_back),
          cmocka_unit_test(all_that_is_queued_in_a_turn_leaves_in_one_write),
          cmocka_unit_test(messages_of_the_wrong_frame_type_are_a_violation),
          cmocka_unit_test(octets_that_are_no_message_end_the_session_and_nothing_after_them_counts),
          cmocka_unit_test(text_that_is_not_utf8_fails_the_websocket),
          cmocka_unit_test(text_that_is_neither_utf8_nor_json_fails_the_websocket_too),
          cmocka_unit_test(a_surrogate_alone_is_utf8_and_a_violation),
          cmocka_unit_test(a_binary_frame_is_of_the_wrong_type_whatever_it_says),
          cmocka_unit_test(text_that_is_not_utf8_is_a_violation_in_rawsocket),
          cmocka_unit_test(a_message_above_the_limit_ends_the_session),
          cmocka_unit_test(messages_of_lengths_that_wampy_misreads_are_padded),
          cmocka_unit_test(after_goodbye_everything_is_ignored_until_the_peer_closes),
          cmocka_unit_test(after_goodbye_the_transport_may_carry_a_new_session),
          cmocka_unit_test(a_peer_that_just_goes_has_left_its_realm),
          cmocka_unit_test(a_close_frame_is_answered_and_the_session_is_over),
          cmocka_unit_test(the_router_says_goodbye_when_it_stops),
          cmocka_unit_test(a_goodbye_that_is_not_answered_in_time_closes_the_transport),
          cmocka_unit_test(a_silent_websocket_is_pinged_and_closed_when_it_stays_silent),
          cmocka_unit_test(nobody_is_pinged_before_welcome_and_no_rawsocket_ever),
          cmocka_unit_test(a_rawsocket_ping_is_echoed_before_and_after_hello),
          cmocka_unit_test(of_a_flood_of_pings_some_are_skipped),
          cmocka_unit_test(a_peer_that_pings_before_hello_and_does_not_read_is_dropped),
          cmocka_unit_test(octets_that_the_kernel_does_not_take_follow_in_order),
          cmocka_unit_test(a_peer_may_send_much_before_it_reads_anything),
          cmocka_unit_test(a_full_queue_ends_the_session_and_nobody_elses),
          cmocka_unit_test(a_peer_that_never_reads_is_gone_a_second_later),
          cmocka_unit_test(a_queue_above_the_soft_limit_has_ten_seconds),
          cmocka_unit_test(when_all_queues_together_are_too_much_the_largest_goes),
          cmocka_unit_test(one_queue_of_many_small_ones_is_enough_when_all_together_are_too_much),
          cmocka_unit_test(the_largest_queue_may_be_that_of_one_who_is_leaving),
          cmocka_unit_test(a_turn_with_much_to_send_evicts_nobody_who_reads),
          cmocka_unit_test(a_dead_socket_is_noticed_and_its_session_leaves),
          cmocka_unit_test(a_fan_out_of_one_turn_does_not_pile_up),
          cmocka_unit_test(a_connection_that_waits_keeps_no_octets_of_a_message_that_came_in_pieces),
          cmocka_unit_test(whatever_allocation_fails_only_its_own_session_is_lost))
