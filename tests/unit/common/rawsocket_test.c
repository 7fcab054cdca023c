/* RawSocket: handshake and frames, both ends. spec: section 0.11, A-RAW-01 */
#include "common/rawsocket.h"

#include "common/mem.h"
#include "tests/lib/test.h"

#include <stdlib.h>

/* spec: A-RAW-01, T-58 */
TEST(a_handshake_is_taken_or_refused_with_its_error)
{
    static const struct {
        uint8_t octets[4];
        int result;
    } cases[] = {
        {{0x7f, 0xf1, 0, 0}, 0},
        {{0x7f, 0x03, 0, 0}, 0},
        {{0x7e, 0xf1, 0, 0}, -1},
        {{0x47, 0x45, 0x54, 0x20}, -1},
        {{0x7f, 0xf1, 1, 0}, WAMP_RS_RESERVED},
        {{0x7f, 0xf1, 0, 1}, WAMP_RS_RESERVED},
        {{0x7f, 0xf0, 0, 0}, WAMP_RS_SERIALIZER},
        {{0x7f, 0xf4, 0, 0}, WAMP_RS_SERIALIZER},
        {{0x7f, 0xff, 0, 0}, WAMP_RS_SERIALIZER},
    };
    enum wamp_ser ser;
    size_t max;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(wamp_rs_read_hello(cases[i].octets, &ser, &max), cases[i].result);
    assert_int_equal(wamp_rs_read_hello((const uint8_t[]){0x7f, 0x02, 0, 0}, &ser, &max), 0);
    assert_true(ser == WAMP_MSGPACK && max == 512);
    assert_int_equal(wamp_rs_read_hello((const uint8_t[]){0x7f, 0xf2, 0, 0}, &ser, &max), 0);
    assert_true(max == 1 << 24);
}

TEST(both_ends_agree_on_the_handshake)
{
    uint8_t hello[4];
    enum wamp_ser ser;
    size_t max;
    wamp_rs_hello(hello, WAMP_CBOR, 1 << 20);
    assert_memory_equal(hello, "\x7f\xb3\0\0", 4);
    assert_int_equal(wamp_rs_read_hello(hello, &ser, &max), 0);
    assert_true(ser == WAMP_CBOR && max == 1 << 20);
    assert_int_equal(wamp_rs_read_answer(hello, WAMP_CBOR, &max), 0);
    assert_int_equal(wamp_rs_read_answer(hello, WAMP_JSON, &max), -1);
    wamp_rs_refuse(hello, WAMP_RS_SERIALIZER);
    assert_memory_equal(hello, "\x7f\x10\0\0", 4);
    assert_int_equal(wamp_rs_read_answer(hello, WAMP_CBOR, &max), WAMP_RS_SERIALIZER);
    wamp_rs_hello(hello, WAMP_JSON, 1000);
    assert_int_equal(hello[1], 0x11);
}

static void add_frame(struct wamp_buf *b, unsigned type, struct str payload)
{
    uint8_t header[4];
    wamp_rs_header(header, type, payload.len);
    wamp_buf_add(b, header, 4);
    wamp_buf_add_str(b, payload);
}

static void feed(struct wamp_rs *rs, struct str in, struct wamp_buf *log)
{
    char *copy = malloc(in.len ? in.len : 1);
    struct wamp_frame_in f;
    enum wamp_frame_event e;
    memcpy(copy, in.ptr, in.len);
    struct str rest = str_of(copy, in.len);
    while ((e = wamp_rs_next(rs, &rest, &f)) != WAMP_FRAME_NONE) {
        wamp_buf_addf(log, "%c%zu%c ", "-MPOCE"[e], f.octets.len, f.octets.len ? f.octets.ptr[f.octets.len - 1] : ' ');
        if (e == WAMP_FRAME_ERROR)
            break;
    }
    free(copy);
}

/* spec: T-61 */
TEST(any_cut_of_the_stream_gives_the_same_frames)
{
    static const size_t steps[] = {1, 3, 5, 100, 70000};
    static char big[70000];
    struct wamp_buf stream = {0}, log = {0};
    memset(big, 'b', sizeof big);
    add_frame(&stream, 0, STR("hello"));
    add_frame(&stream, 1, STR(""));
    add_frame(&stream, 1, STR("p"));
    add_frame(&stream, 0, str_of(big, sizeof big));
    add_frame(&stream, 2, STR("x"));
    add_frame(&stream, 0, STR(""));
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
        struct wamp_rs rs = {.max_message = 1 << 20};
        wamp_buf_reset(&log);
        for (size_t at = 0; at < stream.len; at += steps[s])
            feed(&rs, str_of(stream.ptr + at, stream.len - at < steps[s] ? stream.len - at : steps[s]), &log);
        expect_str(wamp_buf_str(&log), "M5o P0  P1p M70000b O1x M0  ");
        wamp_rs_fini(&rs);
    }
    wamp_buf_fini(&stream);
    wamp_buf_fini(&log);
}

/* spec: T-57 */
TEST(exactly_2_to_the_24_octets_need_the_25th_bit)
{
    uint8_t header[4];
    struct wamp_rs rs = {.max_message = 1 << 24};
    struct wamp_frame_in f;
    wamp_rs_header(header, 0, 1 << 24);
    assert_memory_equal(header, "\x08\0\0\0", 4);
    struct str in = str_of((const char *)header, 4);
    assert_int_equal(wamp_rs_next(&rs, &in, &f), WAMP_FRAME_NONE);
    wamp_rs_fini(&rs);
    struct wamp_rs other = {.max_message = 1 << 24};
    in = STR("\x08\0\0\1");
    assert_int_equal(wamp_rs_next(&other, &in, &f), WAMP_FRAME_ERROR);
    wamp_rs_fini(&other);
}

/* spec: A-RAW-01 */
TEST(broken_headers_end_the_connection_before_the_body)
{
    static const struct {
        const char *octets;
        unsigned code;
    } cases[] = {{"\x10\0\0\1", 1002}, {"\x80\0\0\1", 1002}, {"\3\0\0\1", 1002}, {"\7\0\0\1", 1002}, {"\0\0\2\1", 1009},
                 {"\1\0\2\1", 1009}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wamp_rs rs = {.max_message = 512};
        struct wamp_frame_in f;
        struct str in = str_of(cases[i].octets, 4);
        assert_int_equal(wamp_rs_next(&rs, &in, &f), WAMP_FRAME_ERROR);
        assert_int_equal(f.code, cases[i].code);
        wamp_rs_fini(&rs);
    }
}

RUN_TESTS(cmocka_unit_test(a_handshake_is_taken_or_refused_with_its_error), cmocka_unit_test(both_ends_agree_on_the_handshake),
          cmocka_unit_test(any_cut_of_the_stream_gives_the_same_frames),
          cmocka_unit_test(exactly_2_to_the_24_octets_need_the_25th_bit),
          cmocka_unit_test(broken_headers_end_the_connection_before_the_body))
