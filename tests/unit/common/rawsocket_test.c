/* RawSocket: handshake and frames, both ends. spec: A-RAW-01, section 0.11 */
#include "common/rawsocket.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/test.h"

#include <stdlib.h>

enum { MOST = 1 << 24 };

/* --- handshake ------------------------------------------------------------------------------------------ */

/* spec: A-RAW-01 */
TEST(a_handshake_is_taken_or_refused_with_its_error)
{
    static const struct {
        uint8_t octets[4];
        int result;
    } cases[] = {
        {{0x7f, 0xf1, 0, 0}, 0},
        {{0x7f, 0x02, 0, 0}, 0},
        {{0x7f, 0x73, 0, 0}, 0},
        {{0x7e, 0xf1, 0, 0}, -1},
        {{'G', 'E', 'T', ' '}, -1},
        {{0x7f, 0xf1, 1, 0}, WAMP_RS_RESERVED},
        {{0x7f, 0xf1, 0, 1}, WAMP_RS_RESERVED},
        {{0x7f, 0xf0, 0, 1}, WAMP_RS_RESERVED},
        {{0x7f, 0xf0, 0, 0}, WAMP_RS_SERIALIZER},
        {{0x7f, 0x04, 0, 0}, WAMP_RS_SERIALIZER},
        {{0x7f, 0xff, 0, 0}, WAMP_RS_SERIALIZER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum wamp_ser ser;
        size_t max;
        assert_int_equal(wamp_rs_read_hello(cases[i].octets, &ser, &max), cases[i].result);
    }
}

/* spec: T-58 */
TEST(the_client_says_its_serializer_and_what_it_takes)
{
    for (unsigned octet = 0; octet < 256; octet++) {
        uint8_t hello[4] = {0x7f, (uint8_t)octet};
        enum wamp_ser ser;
        size_t max;
        if (wamp_rs_read_hello(hello, &ser, &max) == 0) {
            assert_int_equal(ser, octet & 15);
            assert_int_equal(max, (size_t)1 << (9 + (octet >> 4)));
        }
    }
}

/* spec: T-57 */
TEST(limits_are_announced_as_the_next_power_of_two)
{
    static const struct {
        size_t max;
        unsigned code;
    } cases[] = {{0, 0},        {1, 0},        {512, 0},        {513, 1},         {1024, 1},
                 {65536, 7},    {1 << 20, 11}, {MOST - 1, 15},  {MOST, 15},       {MOST + 1, 15},
                 {SIZE_MAX, 15}, {1 << 23, 14}, {(1 << 23) + 1, 15}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t hello[4];
        wamp_rs_hello(hello, WAMP_CBOR, cases[i].max);
        uint8_t expected[4] = {0x7f, (uint8_t)(cases[i].code << 4 | 3), 0, 0};
        assert_memory_equal(hello, expected, 4);
    }
}

/* spec: A-RAW-01: what a client makes of the answer */
TEST(an_answer_echoes_the_serializer_or_gives_an_error)
{
    static const struct {
        uint8_t octets[4];
        int result;
    } cases[] = {
        {{0x7f, 0xf2, 0, 0}, 0},
        {{0x7f, 0x02, 0, 0}, 0},
        {{0x7f, 0xf1, 0, 0}, -1},
        {{0x7f, 0xf0, 0, 0}, 15},
        {{0x7f, 0x10, 0, 0}, WAMP_RS_SERIALIZER},
        {{0x7f, 0x20, 0, 0}, WAMP_RS_LENGTH},
        {{0x7f, 0x30, 0, 0}, WAMP_RS_RESERVED},
        {{0x7f, 0x40, 0, 0}, WAMP_RS_CONNECTIONS},
        {{0x7f, 0x00, 0, 0}, -1},
        {{0x7f, 0xf2, 0, 1}, -1},
        {{0x7f, 0xf2, 1, 0}, -1},
        {{'H', 'T', 'T', 'P'}, -1},
    };
    size_t max;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(wamp_rs_read_answer(cases[i].octets, WAMP_MSGPACK, &max), cases[i].result);
    assert_int_equal(wamp_rs_read_answer(cases[0].octets, WAMP_MSGPACK, &max), 0);
    assert_int_equal(max, MOST);
}

TEST(both_ends_agree_on_the_handshake)
{
    for (enum wamp_ser ser = WAMP_JSON; ser <= WAMP_CBOR; ser++) {
        uint8_t hello[4];
        enum wamp_ser got;
        size_t max;
        wamp_rs_hello(hello, ser, 1 << 20);
        assert_int_equal(wamp_rs_read_hello(hello, &got, &max), 0);
        assert_true(got == ser && max == 1 << 20);
        assert_int_equal(wamp_rs_read_answer(hello, ser, &max), 0);
        for (int error = WAMP_RS_SERIALIZER; error <= WAMP_RS_CONNECTIONS; error++) {
            wamp_rs_refuse(hello, (enum wamp_rs_error)error);
            assert_int_equal(wamp_rs_read_answer(hello, ser, &max), error);
        }
    }
}

/* --- what goes in and comes out ------------------------------------------------------------------------- */

static void add_frame(struct wamp_buf *b, unsigned type, struct str payload)
{
    uint8_t header[4];
    wamp_rs_header(header, type, payload.len);
    wamp_buf_add(b, header, 4);
    wamp_buf_add_str(b, payload);
}

static void note(struct wamp_buf *log, enum wamp_frame_event event, const struct wamp_frame_in *f)
{
    static const char *const names[] = {"", "message", "ping", "pong", "close", "error"};
    wamp_buf_addf(log, "%s %zu ", names[event], f->octets.len);
    wamp_buf_add_str(log, str_of(f->octets.ptr, f->octets.len < 20 ? f->octets.len : 20));
    if (event == WAMP_FRAME_ERROR)
        wamp_buf_addf(log, "%u", f->code);
    wamp_buf_add_str(log, STR(";"));
}

/* Feeds one piece, which lies in memory of exactly that size and is gone afterwards. False after an error. */
static bool feed(struct wamp_rs *rs, struct str piece, struct wamp_buf *log)
{
    char *copy = malloc(piece.len ? piece.len : 1);
    struct wamp_frame_in f;
    enum wamp_frame_event event;
    memcpy(copy, piece.ptr, piece.len);
    struct str in = str_of(copy, piece.len);
    do {
        event = wamp_rs_next(rs, &in, &f);
        if (event)
            note(log, event, &f);
    } while (event && event != WAMP_FRAME_ERROR);
    free(copy);
    return !event;
}

/* The first `first` octets, then `step` at a time. */
static void feed_cut(struct wamp_rs *rs, struct str stream, size_t first, size_t step, struct wamp_buf *log)
{
    bool ok = true;
    for (size_t n = first; ok && stream.len; n = step) {
        n = n < stream.len ? n : stream.len;
        ok = feed(rs, str_of(stream.ptr, n), log);
        stream = str_from(stream, n);
    }
}

/* The events are these, octet by octet (cut 0) and wherever the stream is cut in two. */
static void expect_events(size_t max_message, struct str stream, struct str expected)
{
    struct wamp_buf log = {0};
    for (size_t cut = 0; cut <= stream.len; cut++) {
        struct wamp_rs rs = {.max_message = max_message};
        wamp_buf_reset(&log);
        feed_cut(&rs, stream, cut ? cut : 1, cut ? stream.len : 1, &log);
        if (!str_eq(wamp_buf_str(&log), expected))
            fail_msg("cut at %zu: %.*s, expected %.*s", cut, STR_ARG(wamp_buf_str(&log)), STR_ARG(expected));
        wamp_rs_fini(&rs);
    }
    wamp_buf_fini(&log);
}

static void make_stream(struct wamp_buf *b)
{
    char large[700];
    memset(large, 'b', sizeof large);
    add_frame(b, 0, STR("hello"));
    add_frame(b, 1, STR(""));
    add_frame(b, 1, STR("p"));
    add_frame(b, 0, str_of(large, sizeof large));
    add_frame(b, 2, STR("pong"));
    add_frame(b, 0, STR(""));
    add_frame(b, 0, STR("bye"));
}

#define STREAM_EVENTS                                                                                           \
    "message 5 hello;ping 0 ;ping 1 p;message 700 bbbbbbbbbbbbbbbbbbbb;pong 4 pong;message 0 ;message 3 bye;"

/* --- frames --------------------------------------------------------------------------------------------- */

/* spec: B-099, T-61 */
TEST(any_cut_of_a_stream_gives_the_same_events)
{
    struct wamp_buf stream = {0};
    make_stream(&stream);
    expect_events(1024, wamp_buf_str(&stream), STR(STREAM_EVENTS));
    wamp_buf_fini(&stream);
}

/* spec: T-57 */
TEST(headers_say_type_and_length_and_only_2_to_the_24_sets_the_25th_bit)
{
    static const struct {
        unsigned type;
        size_t len;
        const char *expected;
    } cases[] = {
        {0, 0, "\x00\x00\x00\x00"},        {1, 1, "\x01\x00\x00\x01"},    {2, 0x10203, "\x02\x01\x02\x03"},
        {0, MOST - 1, "\x00\xff\xff\xff"}, {0, MOST, "\x08\x00\x00\x00"}, {2, MOST, "\x0a\x00\x00\x00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t header[4];
        wamp_rs_header(header, cases[i].type, cases[i].len);
        assert_memory_equal(header, cases[i].expected, 4);
    }
}

/* The length of a whole message of that length, as it comes out; 0: none came out. */
static size_t send_one(size_t len, size_t max_message, size_t step)
{
    struct wamp_buf b = {0}, log = {0};
    struct wamp_rs rs = {.max_message = max_message};
    char *body = calloc(1, len);
    add_frame(&b, 0, str_of(body, len));
    feed_cut(&rs, wamp_buf_str(&b), step, step, &log);
    size_t got = log.len && str_starts(wamp_buf_str(&log), STR("message ")) ? strtoul(log.ptr + 8, NULL, 10) : 0;
    wamp_rs_fini(&rs);
    wamp_buf_fini(&b);
    wamp_buf_fini(&log);
    free(body);
    return got;
}

/* spec: T-57 */
TEST(a_message_of_2_to_the_24_octets_is_taken_by_who_announced_it)
{
    static const size_t steps[] = {65536, 1000003, 1 << 25};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_int_equal(send_one(MOST, MOST, steps[i]), MOST);
        assert_int_equal(send_one(MOST - 1, MOST, steps[i]), MOST - 1);
        assert_int_equal(send_one(MOST, MOST / 2, steps[i]), 0);
    }
}

/* spec: A-RAW-01, R-22, T-57, T-58 */
TEST(broken_headers_end_the_connection_before_the_body)
{
    static const struct {
        struct str octets;
        const char *expected;
    } cases[] = {
        {{"\x10\0\0\1", 4}, "error 0 1002;"}, {{"\x20\0\0\1", 4}, "error 0 1002;"},
        {{"\x40\0\0\1", 4}, "error 0 1002;"}, {{"\x80\0\0\1", 4}, "error 0 1002;"},
        {{"\3\0\0\1", 4}, "error 0 1002;"},   {{"\4\0\0\1", 4}, "error 0 1002;"},
        {{"\5\0\0\1", 4}, "error 0 1002;"},   {{"\6\0\0\1", 4}, "error 0 1002;"},
        {{"\7\0\0\1", 4}, "error 0 1002;"},   {{"\x08\0\0\1", 4}, "error 0 1002;"},
        {{"\x08\xff\xff\xff", 4}, "error 0 1002;"},
        {{"\x08\0\0\0", 4}, "error 0 1009;"}, {{"\0\0\2\1", 4}, "error 0 1009;"},
        {{"\1\0\2\1", 4}, "error 0 1009;"},   {{"\2\0\2\1", 4}, "error 0 1009;"},
        {{"\0\0\0\1x\7\0\0\1", 9}, "message 1 x;error 0 1002;"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_events(512, cases[i].octets, str_z(cases[i].expected));
}

/* A peer that takes the header for a plain 32-bit length means 2^24 octets; nobody can know. spec: T-61 */
TEST(what_twisted_autobahn_sends_for_2_to_the_24_octets_is_an_empty_ping)
{
    expect_events(MOST, STR("\1\0\0\0"), STR("ping 0 ;"));
}

/* spec: R-22 */
TEST(a_ping_may_be_as_long_as_a_message)
{
    struct wamp_buf b = {0};
    char payload[512];
    memset(payload, 'p', sizeof payload);
    add_frame(&b, 1, str_of(payload, sizeof payload));
    expect_events(512, wamp_buf_str(&b), STR("ping 512 pppppppppppppppppppp;"));
    wamp_buf_fini(&b);
}

/* --- memory --------------------------------------------------------------------------------------------- */

TEST(a_length_that_is_claimed_is_not_allocated)
{
    struct wamp_rs rs = {.max_message = MOST};
    struct wamp_buf log = {0};
    assert_true(feed(&rs, STR("\0\xff\xff\xffxyz"), &log));
    assert_true(rs.part.cap <= 64);
    wamp_rs_fini(&rs);
    wamp_buf_fini(&log);
}

TEST(whole_frames_are_handed_out_where_they_lie)
{
    struct wamp_buf b = {0};
    struct wamp_rs rs = {.max_message = 512};
    struct wamp_frame_in f;
    add_frame(&b, 0, STR("one"));
    add_frame(&b, 0, STR("two"));
    struct str in = wamp_buf_str(&b);
    size_t blocks = mem_live_blocks();
    assert_int_equal(wamp_rs_next(&rs, &in, &f), WAMP_FRAME_MESSAGE);
    assert_ptr_equal(f.octets.ptr, b.ptr + 4);
    assert_int_equal(wamp_rs_next(&rs, &in, &f), WAMP_FRAME_MESSAGE);
    assert_ptr_equal(f.octets.ptr, b.ptr + 11);
    assert_int_equal(wamp_rs_next(&rs, &in, &f), WAMP_FRAME_NONE);
    assert_int_equal(mem_live_blocks(), blocks);
    wamp_buf_fini(&b);
}

TEST(an_idle_connection_holds_no_memory)
{
    struct wamp_buf stream = {0}, log = {0};
    struct wamp_rs rs = {.max_message = 1024};
    make_stream(&stream);
    wamp_buf_room(&log, 10000);
    size_t blocks = mem_live_blocks();
    feed_cut(&rs, wamp_buf_str(&stream), 1, 1, &log);
    assert_int_equal(mem_live_blocks(), blocks);
    wamp_buf_fini(&stream);
    wamp_buf_fini(&log);
}

TEST(a_lack_of_memory_ends_the_connection)
{
    for (size_t step = 1; step < 700; step += 9) {
        for_each_failure {
            struct wamp_buf stream = {0}, log = {0};
            struct wamp_rs rs = {.max_message = 1024};
            fail_pause();
            make_stream(&stream);
            wamp_buf_room(&log, 10000);
            fail_resume();
            feed_cut(&rs, wamp_buf_str(&stream), step, step, &log);
            struct str end = fail_happened() ? STR("error 0 1011;") : STR("message 3 bye;");
            assert_true(log.len >= end.len && str_eq(str_of(log.ptr + log.len - end.len, end.len), end));
            wamp_rs_fini(&rs);
            wamp_buf_fini(&stream);
            wamp_buf_fini(&log);
        }
    }
}

RUN_TESTS(cmocka_unit_test(a_handshake_is_taken_or_refused_with_its_error),
          cmocka_unit_test(the_client_says_its_serializer_and_what_it_takes),
          cmocka_unit_test(limits_are_announced_as_the_next_power_of_two),
          cmocka_unit_test(an_answer_echoes_the_serializer_or_gives_an_error),
          cmocka_unit_test(both_ends_agree_on_the_handshake),
          cmocka_unit_test(any_cut_of_a_stream_gives_the_same_events),
          cmocka_unit_test(headers_say_type_and_length_and_only_2_to_the_24_sets_the_25th_bit),
          cmocka_unit_test(a_message_of_2_to_the_24_octets_is_taken_by_who_announced_it),
          cmocka_unit_test(broken_headers_end_the_connection_before_the_body),
          cmocka_unit_test(what_twisted_autobahn_sends_for_2_to_the_24_octets_is_an_empty_ping),
          cmocka_unit_test(a_ping_may_be_as_long_as_a_message),
          cmocka_unit_test(a_length_that_is_claimed_is_not_allocated),
          cmocka_unit_test(whole_frames_are_handed_out_where_they_lie),
          cmocka_unit_test(an_idle_connection_holds_no_memory),
          cmocka_unit_test(a_lack_of_memory_ends_the_connection))
