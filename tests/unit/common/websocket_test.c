/* WebSocket frames, both ends. spec: B-098, section 0.9 rows 3 and 4 */
#include "common/websocket.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/test.h"

#include <stdlib.h>

static const uint8_t mask[4] = {0xa1, 0x02, 0x7f, 0xff};

#define S(literal) {"" literal, sizeof(literal) - 1}

/* --- what goes in and comes out ------------------------------------------------------------------------- */

/* A frame with this first octet: FIN, reserved bits, opcode. */
static void add_frame(struct wamp_buf *b, unsigned first, struct str payload, bool masked)
{
    uint8_t header[WAMP_WS_HEADER_ROOM];
    size_t n = wamp_ws_header(header, first & 15, payload.len, masked ? mask : NULL);
    header[0] = (uint8_t)first;
    wamp_buf_add(b, header, n);
    wamp_buf_add_str(b, payload);
    if (masked)
        wamp_ws_mask(b->ptr + b->len - payload.len, payload.len, mask, 0);
}

/* One event as text: "text 5 hello;". Of what is long, a sum. */
static void note(struct wamp_buf *log, enum wamp_frame_event event, const struct wamp_frame_in *f)
{
    static const char *const names[] = {"", "binary", "ping", "pong", "close", "error"};
    unsigned sum = 0;
    for (size_t i = 0; i < f->octets.len; i++)
        sum = sum * 31 + (unsigned char)f->octets.ptr[i];
    wamp_buf_addf(log, "%s %zu ", event == WAMP_FRAME_MESSAGE && f->text ? "text" : names[event], f->octets.len);
    if (f->octets.len < 20)
        wamp_buf_add_str(log, f->octets);
    else
        wamp_buf_addf(log, "sum %u", sum);
    if (event >= WAMP_FRAME_CLOSE)
        wamp_buf_addf(log, " %u", f->code);
    wamp_buf_add_str(log, STR(";"));
}

/* Feeds one piece, which lies in memory of exactly that size and is gone afterwards. False after an error. */
static bool feed(struct wamp_ws *ws, struct str piece, struct wamp_buf *log)
{
    char *copy = malloc(piece.len ? piece.len : 1);
    struct wamp_frame_in f;
    enum wamp_frame_event event;
    memcpy(copy, piece.ptr, piece.len);
    struct str in = str_of(copy, piece.len);
    do {
        event = wamp_ws_next(ws, &in, &f);
        if (event)
            note(log, event, &f);
    } while (event && event != WAMP_FRAME_ERROR);
    free(copy);
    return !event;
}

/* Feeds a stream in pieces: the first `first` octets, then `step` at a time. */
static void feed_cut(struct wamp_ws *ws, struct str stream, size_t first, size_t step, struct wamp_buf *log)
{
    bool ok = true;
    for (size_t n = first; ok && stream.len; n = step) {
        n = n < stream.len ? n : stream.len;
        ok = feed(ws, str_of(stream.ptr, n), log);
        stream = str_from(stream, n);
    }
}

static struct wamp_ws parser(bool is_server, size_t max_message)
{
    return (struct wamp_ws){.is_server = is_server, .max_message = max_message};
}

/* The events are these, octet by octet (cut 0) and wherever the stream is cut in two. */
static void expect_events(bool is_server, size_t max_message, struct str stream, struct str expected)
{
    struct wamp_buf log = {0};
    for (size_t cut = 0; cut <= stream.len; cut++) {
        struct wamp_ws ws = parser(is_server, max_message);
        wamp_buf_reset(&log);
        feed_cut(&ws, stream, cut ? cut : 1, cut ? stream.len : 1, &log);
        if (!str_eq(wamp_buf_str(&log), expected))
            fail_msg("cut at %zu: %.*s, expected %.*s", cut, STR_ARG(wamp_buf_str(&log)), STR_ARG(expected));
        wamp_ws_fini(&ws);
    }
    wamp_buf_fini(&log);
}

/* --- frames that are good ------------------------------------------------------------------------------- */

/* RFC 6455, 5.7 */
TEST(the_sample_frames_of_rfc_6455_are_read)
{
    expect_events(false, 1000, STR("\x81\x05\x48\x65\x6c\x6c\x6f"), STR("text 5 Hello;"));
    expect_events(true, 1000, STR("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), STR("text 5 Hello;"));
    expect_events(false, 1000, STR("\x01\x03\x48\x65\x6c\x80\x02\x6c\x6f"), STR("text 5 Hello;"));
    expect_events(false, 1000, STR("\x89\x05\x48\x65\x6c\x6c\x6f"), STR("ping 5 Hello;"));
    expect_events(true, 1000, STR("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), STR("pong 5 Hello;"));
}

/* spec: W-10: a server's frames are whole and not masked */
TEST(headers_are_written_in_their_shortest_form)
{
    static const struct {
        unsigned opcode;
        uint64_t len;
        const uint8_t *mask;
        struct str expected;
    } cases[] = {
        {WAMP_WS_TEXT, 0, NULL, S("\x81\x00")},
        {WAMP_WS_TEXT, 125, NULL, S("\x81\x7d")},
        {WAMP_WS_BINARY, 126, NULL, S("\x82\x7e\x00\x7e")},
        {WAMP_WS_BINARY, 256, NULL, S("\x82\x7e\x01\x00")},
        {WAMP_WS_BINARY, 65535, NULL, S("\x82\x7e\xff\xff")},
        {WAMP_WS_BINARY, 65536, NULL, S("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00")},
        {WAMP_WS_BINARY, UINT64_C(0x7123456789abcdef), NULL, S("\x82\x7f\x71\x23\x45\x67\x89\xab\xcd\xef")},
        {WAMP_WS_CLOSE, 2, NULL, S("\x88\x02")},
        {WAMP_WS_PING, 4, mask, S("\x89\x84\xa1\x02\x7f\xff")},
        {WAMP_WS_PONG, 0, mask, S("\x8a\x80\xa1\x02\x7f\xff")},
        {WAMP_WS_TEXT, 126, mask, S("\x81\xfe\x00\x7e\xa1\x02\x7f\xff")},
        {WAMP_WS_TEXT, 65536, mask, S("\x81\xff\x00\x00\x00\x00\x00\x01\x00\x00\xa1\x02\x7f\xff")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t header[WAMP_WS_HEADER_ROOM];
        size_t n = wamp_ws_header(header, cases[i].opcode, cases[i].len, cases[i].mask);
        assert_true(str_eq(str_of((const char *)header, n), cases[i].expected));
    }
}

TEST(masks_turn_with_the_phase_and_fit_any_alignment)
{
    for (size_t offset = 0; offset < 8; offset++) {
        for (size_t len = 0; len < 40; len++) {
            for (size_t phase = 0; phase < 5; phase++) {
                char octets[64] = {0};
                wamp_ws_mask(octets + offset, len, mask, phase);
                for (size_t i = 0; i < sizeof octets; i++) {
                    bool inside = i >= offset && i < offset + len;
                    assert_int_equal((uint8_t)octets[i], inside ? mask[(i - offset + phase) % 4] : 0);
                }
            }
        }
    }
}

static void make_stream(struct wamp_buf *b, bool masked, size_t largest)
{
    char *large = calloc(1, largest);
    add_frame(b, 0x81, STR("hello"), masked);
    add_frame(b, 0x82, STR(""), masked);
    add_frame(b, 0x89, STR("ping"), masked);
    add_frame(b, 0x01, STR("frag"), masked);
    add_frame(b, 0x00, STR(""), masked);
    add_frame(b, 0x8a, STR("pong between"), masked);
    add_frame(b, 0x00, STR("men"), masked);
    add_frame(b, 0x89, STR(""), masked);
    add_frame(b, 0x80, STR("ted"), masked);
    add_frame(b, 0x02, STR(""), masked);
    add_frame(b, 0x80, STR(""), masked);
    add_frame(b, 0x82, str_of(large, 125), masked);
    add_frame(b, 0x82, str_of(large, 126), masked);
    add_frame(b, 0x02, str_of(large, largest), masked);
    add_frame(b, 0x80, STR("\1"), masked);
    add_frame(b, 0x81, STR("caf\xc3\xa9"), masked);
    add_frame(b, 0x88, STR("\x03\xe8" "bye"), masked);
    free(large);
}

#define STREAM_EVENTS(largest)                                                                                 \
    "text 5 hello;binary 0 ;ping 4 ping;pong 12 pong between;ping 0 ;text 10 fragmented;binary 0 ;"            \
    "binary 125 sum 0;binary 126 sum 0;binary " #largest " sum 1;text 5 caf\xc3\xa9;close 3 bye 1000;"

/* spec: B-098, 0.9 row 3 */
TEST(any_cut_of_a_stream_gives_the_same_events)
{
    for (int masked = 0; masked < 2; masked++) {
        struct wamp_buf stream = {0};
        make_stream(&stream, masked, 300);
        expect_events(masked, 1000, wamp_buf_str(&stream), STR(STREAM_EVENTS(301)));
        wamp_buf_fini(&stream);
    }
}

TEST(frames_with_long_lengths_can_be_cut_as_well)
{
    static const size_t steps[] = {1, 7, 1000, 65535, 65536, 65537, 1 << 20};
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
        struct wamp_buf stream = {0}, log = {0};
        struct wamp_ws ws = parser(true, 1 << 20);
        make_stream(&stream, true, 65536);
        feed_cut(&ws, wamp_buf_str(&stream), steps[s], steps[s], &log);
        expect_str(wamp_buf_str(&log), STREAM_EVENTS(65537));
        wamp_ws_fini(&ws);
        wamp_buf_fini(&stream);
        wamp_buf_fini(&log);
    }
}

/* --- frames that are not -------------------------------------------------------------------------------- */

static const struct {
    struct str octets;  /* to a server; the limit is 1000 */
    unsigned code;
    const char *why;
} broken[] = {
    /* masks and reserved bits */
    {S("\x81\x01x"), 1002, "not masked"},
    {S("\x81\x80\x00\x00\x00\x00\x89\x00"), 1002, "not masked"},
    {S("\xc1\x80\x00\x00\x00\x00"), 1002, "reserved bits"},
    {S("\xa1\x80\x00\x00\x00\x00"), 1002, "reserved bits"},
    {S("\x91\x80\x00\x00\x00\x00"), 1002, "reserved bits"},
    {S("\xc9\x80\x00\x00\x00\x00"), 1002, "reserved bits"},
    /* control frames */
    {S("\x08\x80\x00\x00\x00\x00"), 1002, "fragmented"},
    {S("\x09\x80\x00\x00\x00\x00"), 1002, "fragmented"},
    {S("\x0a\x80\x00\x00\x00\x00"), 1002, "fragmented"},
    {S("\x88\xfe\x00\x7e\x00\x00\x00\x00"), 1002, "125"},
    {S("\x89\xfe\x00\x7e\x00\x00\x00\x00"), 1002, "125"},
    {S("\x8a\xff\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"), 1002, "125"},
    /* fragments */
    {S("\x80\x80\x00\x00\x00\x00"), 1002, "continuation"},
    {S("\x00\x80\x00\x00\x00\x00"), 1002, "continuation"},
    {S("\x01\x80\x00\x00\x00\x00\x81\x80\x00\x00\x00\x00"), 1002, "new message"},
    {S("\x01\x80\x00\x00\x00\x00\x02\x80\x00\x00\x00\x00"), 1002, "new message"},
    {S("\x01\x80\x00\x00\x00\x00\x80\x80\x00\x00\x00\x00\x80\x80\x00\x00\x00\x00"), 1002, "continuation"},
    /* lengths */
    {S("\x82\xfe\x00\x7d\x00\x00\x00\x00"), 1002, "shortest"},
    {S("\x82\xfe\x00\x00\x00\x00\x00\x00"), 1002, "shortest"},
    {S("\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x00\x00"), 1002, "shortest"},
    {S("\x82\xff\x80\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"), 1002, "shortest"},
    {S("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00"), 1002, "shortest"},
    {S("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00"), 1009, "limit"},
    {S("\x82\xfe\x03\xe9\x00\x00\x00\x00"), 1009, "limit"},
    /* close frames */
    {S("\x88\x81\x00\x00\x00\x00\x03"), 1002, "one octet"},
    {S("\x88\x83\x00\x00\x00\x00\x03\xe8\xff"), 1007, "reason"},
    {S("\x88\x84\x00\x00\x00\x00\x03\xe8\xc3\x28"), 1007, "reason"},
    {S("\x88\x84\x00\x00\x00\x00\x00\x00ok"), 1002, "code"},
    /* spec: T-51 */
    {S("\x81\x82\x00\x00\x00\x00\xc3\x28"), 1007, "UTF-8"},
    {S("\x81\x83\x00\x00\x00\x00\xed\xa0\x80"), 1007, "UTF-8"},
    {S("\x81\x81\x00\x00\x00\x00\xc3"), 1007, "UTF-8"},
    {S("\x01\x81\x00\x00\x00\x00\xc3\x80\x81\x00\x00\x00\x00\x28"), 1007, "UTF-8"},
};

static void expect_error(bool is_server, struct str stream, size_t step, unsigned code, const char *why)
{
    struct wamp_ws ws = parser(is_server, 1000);
    struct wamp_frame_in f = {0};
    enum wamp_frame_event event = WAMP_FRAME_NONE;
    for (size_t at = 0; at < stream.len && event != WAMP_FRAME_ERROR; at += step) {
        char copy[64];
        size_t n = stream.len - at < step ? stream.len - at : step;
        memcpy(copy, stream.ptr + at, n);
        struct str in = str_of(copy, n);
        while ((event = wamp_ws_next(&ws, &in, &f)) && event != WAMP_FRAME_ERROR)
            ;
    }
    if (event != WAMP_FRAME_ERROR || f.code != code || !strstr(f.why, why) || f.octets.len)
        fail_msg("expected %u %s, got event %d, %u %s", code, why, event, f.code, f.why ? f.why : "");
    wamp_ws_fini(&ws);
}

/* spec: T-51, 0.9 row 4 */
TEST(broken_frames_end_the_connection_with_the_code_that_fits)
{
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        for (size_t step = 1; step <= broken[i].octets.len; step++)
            expect_error(true, broken[i].octets, step, broken[i].code, broken[i].why);
}

TEST(reserved_opcodes_are_refused)
{
    for (unsigned opcode = 0; opcode < 16; opcode++) {
        char frame[] = {(char)(0x80 | opcode), (char)0x80, 0, 0, 0, 0};
        if ((opcode >= 3 && opcode <= 7) || opcode >= 11)
            expect_error(true, str_of(frame, sizeof frame), sizeof frame, 1002, "reserved opcode");
    }
}

TEST(a_client_takes_no_masked_frame)
{
    expect_error(false, STR("\x81\x80\x00\x00\x00\x00"), 6, 1002, "masked");
    expect_error(false, STR("\x89\x80\x00\x00\x00\x00"), 1, 1002, "masked");
}

/* spec: 0.9 row 5; RFC 6455, 7.4 */
TEST(only_codes_that_may_be_sent_close)
{
    static const unsigned good[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014};
    for (unsigned code = 0; code < 65536; code++) {
        bool ok = code >= 3000 && code <= 4999;
        for (size_t i = 0; i < sizeof good / sizeof *good; i++)
            ok = ok || code == good[i];
        char frame[] = {(char)0x88, 2, (char)(code >> 8), (char)code};
        struct str in = str_of(frame, sizeof frame);
        struct wamp_ws ws = parser(false, 1000);
        struct wamp_frame_in f;
        assert_int_equal(wamp_ws_next(&ws, &in, &f), ok ? WAMP_FRAME_CLOSE : WAMP_FRAME_ERROR);
        assert_int_equal(f.code, ok ? code : 1002);
    }
    expect_events(true, 1000, STR("\x88\x80\x00\x00\x00\x00"), STR("close 0  1005;"));
}

/* The JSON reader does it. */
TEST(utf8_of_messages_is_left_to_the_reader_where_that_is_asked_for)
{
    struct wamp_ws ws = {.max_message = 1000, .skip_utf8 = true};
    struct wamp_buf log = {0};
    feed(&ws, STR("\x81\x02\xc3\x28\x01\x01\xc3\x80\x01\x28\x88\x03\x03\xe8\xff"), &log);
    expect_str(wamp_buf_str(&log), "text 2 \xc3\x28;text 2 \xc3\x28;error 0  1007;");
    wamp_ws_fini(&ws);
    wamp_buf_fini(&log);
}

/* --- bounds --------------------------------------------------------------------------------------------- */

TEST(a_message_may_be_as_long_as_the_limit_and_no_longer)
{
    struct wamp_buf b = {0};
    add_frame(&b, 0x82, STR("1234567890"), true);
    expect_events(true, 10, wamp_buf_str(&b), STR("binary 10 1234567890;"));
    expect_events(true, 9, wamp_buf_str(&b), STR("error 0  1009;"));
    wamp_buf_fini(&b);
}

TEST(fragments_count_together_and_control_frames_do_not)
{
    struct wamp_buf b = {0};
    add_frame(&b, 0x02, STR("123456"), true);
    add_frame(&b, 0x89, STR("a ping longer"), true);
    add_frame(&b, 0x80, STR("7890"), true);
    expect_events(true, 10, wamp_buf_str(&b), STR("ping 13 a ping longer;binary 10 1234567890;"));
    expect_events(true, 9, wamp_buf_str(&b), STR("ping 13 a ping longer;error 0  1009;"));
    wamp_buf_fini(&b);
}

/* NATS CVE-2026-27889: a length of 2^63 and more wrapped around. */
TEST(a_length_is_judged_before_its_octets_arrive_and_never_allocated)
{
    struct str claim = STR("\x82\xff\x00\x00\x00\x00\x3f\xff\xff\xff\x00\x00\x00\x00xyz");
    struct wamp_buf log = {0};
    struct wamp_ws small = parser(true, 1000), large = parser(true, 1 << 30), all = parser(true, SIZE_MAX);
    assert_false(feed(&small, claim, &log));
    assert_int_equal(small.part.cap, 0);
    assert_true(feed(&large, claim, &log));
    assert_true(large.part.cap <= 64);
    assert_true(feed(&all, STR("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00xyz"), &log));
    assert_true(all.part.cap <= 64);
    wamp_ws_fini(&small);
    wamp_ws_fini(&large);
    wamp_ws_fini(&all);
    wamp_buf_fini(&log);
}

/* --- memory --------------------------------------------------------------------------------------------- */

TEST(whole_frames_are_handed_out_where_they_lie)
{
    struct wamp_buf b = {0};
    struct wamp_ws ws = parser(true, 1000);
    struct wamp_frame_in f;
    for (int i = 0; i < 3; i++)
        add_frame(&b, 0x82, STR("payload"), true);
    struct str in = wamp_buf_str(&b);
    size_t blocks = mem_live_blocks();
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(wamp_ws_next(&ws, &in, &f), WAMP_FRAME_MESSAGE);
        assert_ptr_equal(f.octets.ptr, b.ptr + i * 13 + 6);
        expect_str(f.octets, "payload");
    }
    assert_int_equal(wamp_ws_next(&ws, &in, &f), WAMP_FRAME_NONE);
    assert_int_equal(mem_live_blocks(), blocks);
    wamp_buf_fini(&b);
}

TEST(an_idle_connection_holds_no_memory)
{
    struct wamp_buf stream = {0}, log = {0};
    struct wamp_ws ws = parser(true, 1000);
    make_stream(&stream, true, 300);
    wamp_buf_room(&log, 10000);
    size_t blocks = mem_live_blocks();
    feed_cut(&ws, wamp_buf_str(&stream), 1, 1, &log);
    assert_int_equal(mem_live_blocks(), blocks);
    wamp_ws_fini(&ws);
    wamp_buf_fini(&stream);
    wamp_buf_fini(&log);
}

TEST(a_lack_of_memory_ends_the_connection)
{
    for (size_t step = 1; step < 600; step += 7) {
        for_each_failure {
            struct wamp_buf stream = {0}, log = {0};
            struct wamp_ws ws = parser(true, 1000);
            fail_pause();
            make_stream(&stream, true, 300);
            wamp_buf_room(&log, 10000);
            fail_resume();
            feed_cut(&ws, wamp_buf_str(&stream), step, step, &log);
            struct str end = fail_happened() ? STR("error 0  1011;") : STR("close 3 bye 1000;");
            assert_true(log.len >= end.len && str_eq(str_of(log.ptr + log.len - end.len, end.len), end));
            wamp_ws_fini(&ws);
            wamp_buf_fini(&stream);
            wamp_buf_fini(&log);
        }
    }
}

RUN_TESTS(cmocka_unit_test(the_sample_frames_of_rfc_6455_are_read),
          cmocka_unit_test(headers_are_written_in_their_shortest_form),
          cmocka_unit_test(masks_turn_with_the_phase_and_fit_any_alignment),
          cmocka_unit_test(any_cut_of_a_stream_gives_the_same_events),
          cmocka_unit_test(frames_with_long_lengths_can_be_cut_as_well),
          cmocka_unit_test(broken_frames_end_the_connection_with_the_code_that_fits),
          cmocka_unit_test(reserved_opcodes_are_refused), cmocka_unit_test(a_client_takes_no_masked_frame),
          cmocka_unit_test(only_codes_that_may_be_sent_close),
          cmocka_unit_test(utf8_of_messages_is_left_to_the_reader_where_that_is_asked_for),
          cmocka_unit_test(a_message_may_be_as_long_as_the_limit_and_no_longer),
          cmocka_unit_test(fragments_count_together_and_control_frames_do_not),
          cmocka_unit_test(a_length_is_judged_before_its_octets_arrive_and_never_allocated),
          cmocka_unit_test(whole_frames_are_handed_out_where_they_lie),
          cmocka_unit_test(an_idle_connection_holds_no_memory),
          cmocka_unit_test(a_lack_of_memory_ends_the_connection))
