/* WebSocket: the upgrade and the frames, both ends. spec: section 0.9, B-098 */
#include "common/websocket.h"

#include "common/mem.h"
#include "tests/lib/test.h"

#include <stdlib.h>

/* --- the upgrade ----------------------------------------------------------------------------------------------------- */

#define REQUEST(lines) "GET /ws HTTP/1.1\r\nHost: h\r\n" lines "\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define JSON "Sec-WebSocket-Protocol: wamp.2.json\r\n"

static const struct {
    const char *request;
    int status;
} requests[] = {
    {REQUEST(UPGRADE KEY VERSION JSON), 101},
    {REQUEST("uPGRADE: WebSocket\r\nconnection: upgrade\r\n" KEY VERSION "sec-websocket-protocol: foo , wamp.2.cbor,wamp.2.json\r\n"), 101},
    {REQUEST(UPGRADE KEY VERSION "Sec-WebSocket-Protocol: foo\r\nSec-WebSocket-Protocol: wamp.2.json\r\n"), 101},
    {REQUEST(UPGRADE KEY VERSION "Origin: ws://h\r\n" JSON), 101},
    {REQUEST(UPGRADE KEY VERSION), 400},
    {REQUEST(UPGRADE KEY VERSION "Sec-WebSocket-Protocol: wamp.2.ubjson\r\n"), 400},
    {REQUEST(UPGRADE VERSION JSON), 400},
    {REQUEST(UPGRADE "Sec-WebSocket-Key: dGhl\r\n" VERSION JSON), 400},
    {REQUEST(UPGRADE KEY KEY VERSION JSON), 400},
    {REQUEST(UPGRADE KEY "Sec-WebSocket-Version: 8\r\n" JSON), 426},
    {REQUEST(KEY VERSION JSON), 426},
    {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", 426},
    {"GET / HTTP/1.0\r\n\r\n", 426},
    {"GET / HTTP/1.1\r\n" UPGRADE KEY VERSION JSON "\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: h\r\n\r\n", 405},
    {"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"GET HTTP/1.1\r\n\r\n", 400},
    {"nonsense\r\n\r\n", 400},
    {REQUEST("No colon\r\n"), 400},
    {REQUEST("Space : x\r\n"), 400},
    {REQUEST(" folded\r\n"), 400},
    {REQUEST("X: a\x01\r\n"), 400},
};

/* spec: B-098, 0.9 rows 1 and 2, W-01, W-02, W-03 */
TEST(a_request_is_taken_or_refused_with_the_status_that_fits)
{
    struct wamp_ws_request r;
    const char *why;
    size_t used;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct str in = str_z(requests[i].request);
        int status = wamp_ws_read_request(in, &r, &used, &why);
        if (status != requests[i].status)
            fail_msg("%s: expected %d, got %d", requests[i].request, requests[i].status, status);
        assert_int_equal(used, in.len);
        for (size_t len = 0; len < in.len; len++)
            assert_int_equal(wamp_ws_read_request(str_of(in.ptr, len), &r, &used, &why), 0);
    }
}

TEST(the_first_subprotocol_that_the_client_offers_and_we_speak_is_chosen)
{
    struct wamp_ws_request r;
    const char *why;
    size_t used;
    struct str in = STR(REQUEST(UPGRADE KEY VERSION "Sec-WebSocket-Protocol: x, wamp.2.cbor, wamp.2.json\r\n"));
    assert_int_equal(wamp_ws_read_request(in, &r, &used, &why), 101);
    assert_int_equal(r.ser, WAMP_CBOR);
    expect_str(r.target, "/ws");
}

TEST(floods_of_headers_are_refused)
{
    struct wamp_buf b = {0};
    struct wamp_ws_request r;
    const char *why;
    size_t used;
    wamp_buf_add_str(&b, STR("GET / HTTP/1.1\r\n"));
    for (int i = 0; i < 65; i++)
        wamp_buf_addf(&b, "X%d: y\r\n", i);
    wamp_buf_add_str(&b, STR("\r\n"));
    assert_int_equal(wamp_ws_read_request(wamp_buf_str(&b), &r, &used, &why), 431);
    wamp_buf_reset(&b);
    while (b.len < WAMP_WS_REQUEST_MAX)
        wamp_buf_add_str(&b, STR("x"));
    assert_int_equal(wamp_ws_read_request(wamp_buf_str(&b), &r, &used, &why), 431);
    wamp_buf_reset(&b);
    wamp_buf_add_str(&b, STR("GET /"));
    while (b.len < 4200)
        wamp_buf_add_str(&b, STR("x"));
    wamp_buf_add_str(&b, STR(" HTTP/1.1\r\n\r\n"));
    assert_int_equal(wamp_ws_read_request(wamp_buf_str(&b), &r, &used, &why), 414);
    wamp_buf_fini(&b);
}

/* The sample of RFC 6455, 1.3. */
TEST(both_ends_agree_on_the_upgrade)
{
    struct wamp_ws_request r;
    struct wamp_buf b = {0}, answer = {0};
    const char *why;
    size_t used;
    int status;
    wamp_ws_request(&b, STR("h:80"), STR("/x"), WAMP_MSGPACK, (const uint8_t *)"the sample nonce");
    assert_int_equal(wamp_ws_read_request(wamp_buf_str(&b), &r, &used, &why), 101);
    assert_int_equal(r.ser, WAMP_MSGPACK);
    wamp_ws_accept(&answer, &r);
    assert_non_null(memmem(answer.ptr, answer.len, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 28));
    assert_int_equal(wamp_ws_read_response(wamp_buf_str(&answer), WAMP_MSGPACK, (const uint8_t *)"the sample nonce", &used,
                                           &status, &why), 101);
    assert_int_equal(wamp_ws_read_response(wamp_buf_str(&answer), WAMP_JSON, (const uint8_t *)"the sample nonce", &used,
                                           &status, &why), -1);
    assert_int_equal(wamp_ws_read_response(wamp_buf_str(&answer), WAMP_MSGPACK, (const uint8_t *)"the xample nonce", &used,
                                           &status, &why), -1);
    wamp_buf_reset(&answer);
    wamp_ws_refuse(&answer, 426, "no");
    assert_int_equal(wamp_ws_read_response(wamp_buf_str(&answer), WAMP_MSGPACK, (const uint8_t *)"the sample nonce", &used,
                                           &status, &why), -1);
    assert_int_equal(status, 426);
    wamp_buf_fini(&b);
    wamp_buf_fini(&answer);
}

/* --- frames ------------------------------------------------------------------------------------------------------------ */

static void add_frame(struct wamp_buf *b, unsigned first, struct str payload, const uint8_t *mask)
{
    uint8_t header[WAMP_WS_HEADER_ROOM];
    size_t n = wamp_ws_header(header, first & 15, payload.len, mask);
    header[0] = (uint8_t)first;
    wamp_buf_add(b, header, n);
    wamp_buf_add_str(b, payload);
    if (mask)
        wamp_ws_mask(b->ptr + b->len - payload.len, payload.len, mask, 0);
}

/* What came out, as text: "M5 P2 ..." : kind and length, and a sum of the octets. */
static void feed(struct wamp_ws *ws, struct str in, struct wamp_buf *log)
{
    char *copy = malloc(in.len ? in.len : 1);
    struct wamp_frame_in f;
    enum wamp_frame_event e;
    memcpy(copy, in.ptr, in.len);
    struct str rest = str_of(copy, in.len);
    while ((e = wamp_ws_next(ws, &rest, &f)) != WAMP_FRAME_NONE) {
        unsigned sum = 0;
        for (size_t i = 0; i < f.octets.len; i++)
            sum = sum * 31 + (unsigned char)f.octets.ptr[i];
        wamp_buf_addf(log, "%c%zu/%u/%u/%d ", "-MPOCE"[e], f.octets.len, sum, f.code, f.text);
        if (e == WAMP_FRAME_ERROR || e == WAMP_FRAME_CLOSE)
            break;
    }
    free(copy);
}

static void make_stream(struct wamp_buf *b, const uint8_t *mask)
{
    static char big[70000];
    memset(big, 'x', sizeof big);
    add_frame(b, 0x81, STR("hello"), mask);
    add_frame(b, 0x82, STR(""), mask);
    add_frame(b, 0x89, STR("ping"), mask);
    add_frame(b, 0x01, STR("frag"), mask);
    add_frame(b, 0x00, STR("men"), mask);
    add_frame(b, 0x8a, STR("pong between"), mask);
    add_frame(b, 0x80, STR("ted"), mask);
    add_frame(b, 0x82, str_of(big, 125), mask);
    add_frame(b, 0x82, str_of(big, 126), mask);
    add_frame(b, 0x82, str_of(big, 65535), mask);
    add_frame(b, 0x82, str_of(big, 65536), mask);
    add_frame(b, 0x88, STR("\x03\xe8" "bye"), mask);
}

TEST(any_cut_of_the_stream_gives_the_same_frames)
{
    static const uint8_t mask[4] = {0xa1, 0x02, 0x7f, 0xff};
    static const size_t steps[] = {1, 2, 3, 7, 64, 1000, 65536, 1 << 20};
    for (int server = 0; server < 2; server++) {
        struct wamp_buf stream = {0}, expected = {0}, got = {0};
        make_stream(&stream, server ? mask : NULL);
        struct wamp_ws whole = {.is_server = server, .max_message = 1 << 20};
        feed(&whole, wamp_buf_str(&stream), &expected);
        wamp_ws_fini(&whole);
        for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
            struct wamp_ws ws = {.is_server = server, .max_message = 1 << 20};
            wamp_buf_reset(&got);
            for (size_t at = 0; at < stream.len; at += steps[s])
                feed(&ws, str_of(stream.ptr + at, stream.len - at < steps[s] ? stream.len - at : steps[s]), &got);
            assert_true(str_eq(wamp_buf_str(&got), wamp_buf_str(&expected)));
            wamp_ws_fini(&ws);
        }
        wamp_buf_fini(&stream);
        wamp_buf_fini(&expected);
        wamp_buf_fini(&got);
    }
}

#define S(literal) {"" literal, sizeof(literal) - 1}

static const struct {
    struct str octets;
    unsigned code;
} broken[] = {
    {S("\x81\x01x"), 1002},                                            /* not masked */
    {S("\xc1\x80\x00\x00\x00\x00"), 1002},                             /* RSV1 */
    {S("\x83\x80\x00\x00\x00\x00"), 1002},                             /* reserved opcodes */
    {S("\x8b\x80\x00\x00\x00\x00"), 1002},
    {S("\x09\x80\x00\x00\x00\x00"), 1002},                             /* fragmented control frame */
    {S("\x89\xfe\x00\x7e\x00\x00\x00\x00"), 1002},                     /* long control frame */
    {S("\x80\x80\x00\x00\x00\x00"), 1002},                             /* continuation of nothing */
    {S("\x01\x80\x00\x00\x00\x00\x81\x80\x00\x00\x00\x00"), 1002},     /* new message inside one */
    {S("\x82\xfe\x00\x05\x00\x00\x00\x00"), 1002},                     /* lengths not in their shortest form */
    {S("\x82\xff\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00"), 1002},
    {S("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), 1002},
    {S("\x82\xff\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00"), 1009},
    {S("\x82\xfe\x03\xe9\x00\x00\x00\x00"), 1009},
    {S("\x88\x81\x00\x00\x00\x00\x03"), 1002},                         /* close frames */
    {S("\x88\x82\x00\x00\x00\x00\x03\xed"), 1002},
    {S("\x88\x82\x00\x00\x00\x00\x00\x00"), 1002},
    {S("\x88\x83\x00\x00\x00\x00\x03\xe8\xff"), 1007},
    {S("\x81\x82\x00\x00\x00\x00\xc3\x28"), 1007},                     /* spec: T-51 */
};

/* spec: T-51, reliability: NATS CVE-2026-27889 */
TEST(broken_frames_end_the_connection_with_the_code_that_fits)
{
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        for (size_t step = 1; step <= broken[i].octets.len; step += broken[i].octets.len - 1) {
            struct wamp_ws ws = {.is_server = true, .max_message = 1000};
            struct wamp_frame_in f = {0};
            enum wamp_frame_event e = WAMP_FRAME_NONE;
            for (size_t at = 0; at < broken[i].octets.len && e != WAMP_FRAME_ERROR; at += step) {
                char copy[64];
                memcpy(copy, broken[i].octets.ptr + at, step);
                struct str in = str_of(copy, step);
                while ((e = wamp_ws_next(&ws, &in, &f)) != WAMP_FRAME_NONE && e != WAMP_FRAME_ERROR)
                    ;
            }
            if (e != WAMP_FRAME_ERROR || f.code != broken[i].code)
                fail_msg("case %zu, step %zu: code %u", i, step, f.code);
            assert_non_null(f.why);
            wamp_ws_fini(&ws);
        }
    }
}

TEST(fragments_count_together_and_nothing_claimed_is_allocated)
{
    struct wamp_buf b = {0}, log = {0};
    static const uint8_t mask[4] = {1, 2, 3, 4};
    struct wamp_ws ws = {.is_server = true, .max_message = 10};
    add_frame(&b, 0x02, STR("123456"), mask);
    add_frame(&b, 0x80, STR("78901"), mask);
    feed(&ws, wamp_buf_str(&b), &log);
    assert_non_null(memmem(log.ptr, log.len, "/1009/", 6));
    wamp_ws_fini(&ws);
    struct wamp_ws large = {.is_server = true, .max_message = 1 << 30};
    struct str header = STR("\x82\xff\x00\x00\x00\x00\x3f\xff\xff\xff\x00\x00\x00\x00xyz");
    feed(&large, header, &log);
    assert_true(large.part.cap < 4096);
    wamp_ws_fini(&large);
    wamp_buf_fini(&b);
    wamp_buf_fini(&log);
}

RUN_TESTS(cmocka_unit_test(a_request_is_taken_or_refused_with_the_status_that_fits),
          cmocka_unit_test(the_first_subprotocol_that_the_client_offers_and_we_speak_is_chosen),
          cmocka_unit_test(floods_of_headers_are_refused), cmocka_unit_test(both_ends_agree_on_the_upgrade),
          cmocka_unit_test(any_cut_of_the_stream_gives_the_same_frames),
          cmocka_unit_test(broken_frames_end_the_connection_with_the_code_that_fits),
          cmocka_unit_test(fragments_count_together_and_nothing_claimed_is_allocated))
