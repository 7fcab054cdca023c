/* The upgrade to WebSocket, both ends. spec: B-098, section 0.9 rows 1 and 2 */
#include "common/websocket.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>

#define GET "GET / HTTP/1.1\r\n"
#define HOST "Host: localhost:8080\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define PROTOCOL "Sec-WebSocket-Protocol: wamp.2.json\r\n"
#define END "\r\n"

/* A good request; what is put after it makes it worse. */
#define GOOD GET HOST UPGRADE KEY VERSION PROTOCOL

static const uint8_t *const nonce = (const uint8_t *)"the sample nonce";

static int read_request(struct str in, struct wamp_ws_request *out, const char **why)
{
    size_t used;
    *why = "";
    return wamp_ws_read_request(in, out, &used, why);
}

/* --- requests that are accepted ------------------------------------------------------------------------- */

/* spec: W-01, W-02 */
TEST(what_clients_send_is_accepted)
{
    static const struct {
        const char *request;
        enum wamp_ser ser;
    } cases[] = {
        /* wampy */
        {"GET /8080 HTTP/1.1\r\nHost: localhost:8080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" KEY
         "Origin: ws://localhost:8080\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: wamp.2.json\r\n\r\n",
         WAMP_JSON},
        /* Autobahn */
        {"GET /ws HTTP/1.1\r\nUser-Agent: AutobahnPython/22.7.1\r\nHost: localhost:8080\r\nUpgrade: WebSocket\r\n"
         "Connection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n" KEY
         "Sec-WebSocket-Protocol: wamp.2.cbor.batched,wamp.2.cbor,wamp.2.json\r\n" VERSION END,
         WAMP_CBOR},
        /* a browser */
        {"GET /a?b=c HTTP/1.1\r\nHost: [::1]:8080\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
         "Origin: null\r\nSec-WebSocket-Version: 13\r\nAccept-Encoding: gzip, deflate\r\n"
         "Cookie: a=\"b\"; c=\xc3\xa9\r\n" KEY
         "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: wamp.2.msgpack\r\n\r\n",
         WAMP_MSGPACK},
        /* names in any case, white space, empty values and words */
        {GET "hOST:h\r\nUPGRADE:\t h2c , WebSocket \r\nconnection: , upgrade,\r\n" KEY "X-Empty:\r\n"
             "sec-websocket-VERSION: 13 \r\nSEC-WEBSOCKET-PROTOCOL: ,, wamp.2.json ,\r\n\r\n",
         WAMP_JSON},
        {GOOD "Content-Length: 0\r\n" END, WAMP_JSON},
        {"GET http://h/x HTTP/1.1\r\n" HOST UPGRADE KEY VERSION PROTOCOL END, WAMP_JSON},
    };
    struct wamp_ws_request r;
    const char *why;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status = read_request(str_z(cases[i].request), &r, &why);
        if (status != 101 || r.ser != cases[i].ser)
            fail_msg("%s: %d %s", cases[i].request, status, why);
    }
}

TEST(what_the_caller_decides_on_is_handed_out)
{
    struct wamp_ws_request r;
    const char *why;
    struct str in = STR("GET /a?b HTTP/1.1\r\nHost: h:1\r\nUser-Agent: u \r\nOrigin: http://o\r\n" UPGRADE KEY
                        VERSION "Sec-WebSocket-Protocol: x\r\nSec-WebSocket-Protocol: y,wamp.2.json\r\n\r\n");
    assert_int_equal(read_request(in, &r, &why), 101);
    expect_str(r.target, "/a?b");
    expect_str(r.host, "h:1");
    expect_str(r.user_agent, "u");
    expect_str(r.origin, "http://o");
    expect_str(r.key, "dGhlIHNhbXBsZSBub25jZQ==");
    expect_str(r.protocols, "y,wamp.2.json");
    assert_int_equal(read_request(STR(GOOD END), &r, &why), 101);
    assert_null(r.origin.ptr);
}

/* spec: 0.9 row 1 */
TEST(the_first_subprotocol_that_the_client_offers_and_we_speak_is_chosen)
{
    static const struct {
        const char *headers;
        enum wamp_ser ser;
    } cases[] = {
        {"Sec-WebSocket-Protocol: wamp.2.json, wamp.2.msgpack\r\n", WAMP_JSON},
        {"Sec-WebSocket-Protocol: wamp.2.msgpack, wamp.2.json\r\n", WAMP_MSGPACK},
        {"Sec-WebSocket-Protocol: wamp.2.jsonbatched, mqtt, WAMP.2.JSON, .batched, wamp.2.cbor\r\n", WAMP_CBOR},
        {"Sec-WebSocket-Protocol: mqtt, wamp.2.msgpack.batched, wamp.2.cbor\r\n", WAMP_MSGPACK},
        {"Sec-WebSocket-Protocol: mqtt\r\nX: y\r\nSec-WebSocket-Protocol: wamp.2.cbor\r\n"
         "Sec-WebSocket-Protocol: wamp.2.json\r\n", WAMP_CBOR},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char request[1000];
        struct wamp_ws_request r;
        const char *why;
        snprintf(request, sizeof request, "%s%s\r\n", GET HOST UPGRADE KEY VERSION, cases[i].headers);
        assert_int_equal(read_request(str_z(request), &r, &why), 101);
        assert_int_equal(r.ser, cases[i].ser);
        assert_int_equal(r.batched, strstr(cases[i].headers, "msgpack.batched") != NULL);  /* spec: A-BWS-01 */
    }
}

TEST(lists_may_be_spread_over_several_headers)
{
    struct wamp_ws_request r;
    const char *why;
    struct str in = STR(GET HOST "Connection: Upgrade\r\nConnection: keep-alive\r\n"
                                 "Upgrade: h2c\r\nUpgrade: websocket\r\n" KEY VERSION PROTOCOL END);
    assert_int_equal(read_request(in, &r, &why), 101);
}

/* --- requests that are refused -------------------------------------------------------------------------- */

#define S(literal) {"" literal, sizeof(literal) - 1}

static const struct {
    struct str request;
    int status;
    const char *why;  /* a part of it */
} refused[] = {
    /* spec: 0.9 row 2 */
    {S(GET HOST UPGRADE KEY VERSION END), 400, "wamp.2.json, wamp.2.msgpack and wamp.2.cbor"},
    {S(GET HOST UPGRADE KEY VERSION "Sec-WebSocket-Protocol: mqtt, wamp.2.ubjson\r\n" END), 400,
     "wamp.2.json, wamp.2.msgpack and wamp.2.cbor"},
    {S(GET HOST UPGRADE KEY VERSION "Sec-WebSocket-Protocol:\r\n" END), 400, "no common subprotocol"},
    /* no upgrade */
    {S(GET HOST END), 426, "this is a WAMP router"},
    {S(GET HOST "Upgrade: websocket\r\n" KEY VERSION PROTOCOL END), 426, "this is a WAMP router"},
    {S(GET HOST "Upgrade: websocket\r\nConnection: keep-alive\r\n" KEY VERSION PROTOCOL END), 426, "WAMP router"},
    {S(GET HOST "Upgrade: websockets\r\nConnection: Upgrade\r\n" KEY VERSION PROTOCOL END), 426, "WAMP router"},
    /* another version */
    {S(GET HOST UPGRADE KEY PROTOCOL END), 426, "version 13"},
    {S(GET HOST UPGRADE KEY "Sec-WebSocket-Version: 8\r\n" PROTOCOL END), 426, "version 13"},
    {S(GET HOST UPGRADE KEY "Sec-WebSocket-Version: 013\r\n" PROTOCOL END), 426, "version 13"},
    {S("GET / HTTP/1.0\r\n" HOST UPGRADE KEY VERSION PROTOCOL END), 426, "HTTP/1.1"},
    {S("GET / HTTP/2.0\r\n" HOST UPGRADE KEY VERSION PROTOCOL END), 426, "HTTP/1.1"},
    /* no key, or a wrong one */
    {S(GET HOST UPGRADE VERSION PROTOCOL END), 400, "Key"},
    {S(GET HOST UPGRADE "Sec-WebSocket-Key:\r\n" VERSION PROTOCOL END), 400, "Key"},
    {S(GET HOST UPGRADE "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n" VERSION PROTOCOL END), 400, "Key"},
    {S(GET HOST UPGRADE "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWQ=\r\n" VERSION PROTOCOL END), 400, "Key"},
    {S(GET HOST UPGRADE "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ*==\r\n" VERSION PROTOCOL END), 400, "Key"},
    /* other methods */
    {S("POST / HTTP/1.1\r\n" HOST END), 405, "GET"},
    {S("get / HTTP/1.1\r\n" HOST UPGRADE KEY VERSION PROTOCOL END), 405, "GET"},
    {S("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 405, "GET"},
    /* no request line */
    {S("GET /a b HTTP/1.1\r\n" HOST UPGRADE KEY VERSION PROTOCOL END), 400, "request line"},
    {S("GET  / HTTP/1.1\r\n" HOST UPGRADE KEY VERSION PROTOCOL END), 400, "request line"},
    {S("GET / HTTP/1.1 \r\n" HOST UPGRADE KEY VERSION PROTOCOL END), 426, "HTTP/1.1"},
    {S("GET /\r\n" HOST END), 400, "request line"},
    {S("GET\r\n" HOST END), 400, "request line"},
    {S("GET / ICY/1.1\r\n" HOST UPGRADE KEY VERSION PROTOCOL END), 400, "request line"},
    {S("GET /\t HTTP/1.1\r\n" HOST UPGRADE KEY VERSION PROTOCOL END), 400, "request line"},
    {S("GET /\r HTTP/1.1\r\n" HOST UPGRADE KEY VERSION PROTOCOL END), 400, "request line"},
    {S("GET /\xc3\xa9 HTTP/1.1\r\n" HOST UPGRADE KEY VERSION PROTOCOL END), 400, "request line"},
    {S("G\x80T / HTTP/1.1\r\n" HOST END), 400, "request line"},
    /* malformed headers */
    {S(GOOD "no colon\r\n" END), 400, "malformed"},
    {S(GOOD ": no name\r\n" END), 400, "malformed"},
    {S(GOOD "Space : before the colon\r\n" END), 400, "malformed"},
    {S(GOOD "X: folded\r\n over two lines\r\n" END), 400, "malformed"},
    {S(GOOD "X: folded\r\n\tover: two lines\r\n" END), 400, "malformed"},
    {S(GOOD "X: a\rb\r\n" END), 400, "malformed"},
    {S(GOOD "X: a\0b\r\n" END), 400, "malformed"},
    {S(GOOD "X: \x1b[2J\r\n" END), 400, "malformed"},
    {S(GOOD "X: \x7f\r\n" END), 400, "malformed"},
    /* what smuggling is made of */
    {S(GOOD "Host: other\r\n" END), 400, "twice"},
    {S(GOOD KEY END), 400, "twice"},
    {S(GOOD VERSION END), 400, "twice"},
    {S(GOOD "Origin: a\r\nOrigin: b\r\n" END), 400, "twice"},
    {S(GOOD "Content-Length: 5\r\n" END "hello"), 400, "body"},
    {S(GOOD "Content-Length: 0\r\nContent-Length: 5\r\n" END "hello"), 400, "body"},
    {S(GOOD "Transfer-Encoding: chunked\r\n" END "0\r\n\r\n"), 501, "Transfer-Encoding"},
    {S(GET UPGRADE KEY VERSION PROTOCOL END), 400, "Host"},
};

/* spec: 0.9 row 2, W-02 */
TEST(a_request_that_breaks_a_rule_is_refused_with_the_status_that_fits)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct wamp_ws_request r;
        const char *why;
        int status = read_request(refused[i].request, &r, &why);
        if (status != refused[i].status || !strstr(why, refused[i].why))
            fail_msg("%s: %d %s", refused[i].request.ptr, status, why);
    }
}

/* The octets lie in memory of exactly that size, so that the sanitizer sees what is read beyond them. */
static int read_exactly(struct str in)
{
    struct wamp_ws_request r;
    const char *why;
    char *copy = malloc(in.len ? in.len : 1);
    memcpy(copy, in.ptr, in.len);
    int status = read_request(str_of(copy, in.len), &r, &why);
    free(copy);
    return status;
}

TEST(a_head_is_judged_when_it_is_whole_and_not_before)
{
    struct str good = STR(GOOD END);
    for (size_t len = 0; len < good.len; len++)
        assert_int_equal(read_exactly(str_of(good.ptr, len)), 0);
    assert_int_equal(read_exactly(good), 101);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct str in = refused[i].request;
        size_t whole = (size_t)((char *)memmem(in.ptr, in.len, "\r\n\r\n", 4) - in.ptr) + 4;
        for (size_t len = 0; len < whole; len++)
            assert_int_equal(read_exactly(str_of(in.ptr, len)), 0);
    }
}

TEST(what_comes_after_the_head_is_left_alone)
{
    struct str in = STR(GOOD END "\x81\x80mask\n\r\n\r\n");
    struct wamp_ws_request r;
    const char *why;
    size_t used;
    assert_int_equal(wamp_ws_read_request(in, &r, &used, &why), 101);
    assert_int_equal(used, sizeof(GOOD END) - 1);
}

TEST(what_is_no_http_is_refused_at_once)
{
    static const struct str cases[] = {
        S("\x16\x03\x01\x02"), S("\0"), S("\r\n" GOOD END), S("\n"), S(" GET"), S("\x80"),
        S("GET / HTTP/1.1\n"), S(GET "Host: h\n"), S(GOOD "\n"), S(GET "\n"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(read_exactly(cases[i]), 400);
}

/* --- bounds --------------------------------------------------------------------------------------------- */

static void add_many(struct wamp_buf *b, char c, size_t count)
{
    for (size_t i = 0; i < count; i++)
        wamp_buf_add_char(b, c);
}

static int read_line_of(size_t len)
{
    struct wamp_buf b = {0};
    wamp_buf_add_str(&b, STR("GET /"));
    add_many(&b, 'x', len - strlen("GET / HTTP/1.1"));
    wamp_buf_add_str(&b, STR(" HTTP/1.1\r\n"));
    int unfinished = read_exactly(wamp_buf_str(&b));
    wamp_buf_add_str(&b, STR(HOST UPGRADE KEY VERSION PROTOCOL END));
    int status = read_exactly(wamp_buf_str(&b));
    wamp_buf_fini(&b);
    assert_int_equal(unfinished, status == 101 ? 0 : status);
    return status;
}

/* spec: reliability threat 12 */
TEST(a_request_line_has_4096_octets_at_most)
{
    assert_int_equal(read_line_of(4096), 101);
    assert_int_equal(read_line_of(4097), 414);
    struct wamp_buf b = {0};
    add_many(&b, 'x', 4096);
    wamp_buf_add_str(&b, STR("\r"));
    assert_int_equal(read_exactly(wamp_buf_str(&b)), 0);
    wamp_buf_add_str(&b, STR("x"));
    assert_int_equal(read_exactly(wamp_buf_str(&b)), 414);
    wamp_buf_fini(&b);
}

static int read_head_of(size_t len)
{
    struct wamp_buf b = {0};
    wamp_buf_add_str(&b, STR(GOOD "X: "));
    add_many(&b, 'x', len - b.len - strlen("\r\n\r\n"));
    assert_int_equal(read_exactly(wamp_buf_str(&b)), 0);
    wamp_buf_add_str(&b, STR("\r\n\r\n"));
    int status = read_exactly(wamp_buf_str(&b));
    wamp_buf_fini(&b);
    return status;
}

TEST(a_head_has_8192_octets_at_most)
{
    assert_int_equal(read_head_of(WAMP_HTTP_HEAD_MAX), 101);
    assert_int_equal(read_head_of(WAMP_HTTP_HEAD_MAX + 1), 431);
    assert_int_equal(read_head_of(WAMP_HTTP_HEAD_MAX + 2), 431);
}

static int read_headers(unsigned count)
{
    struct wamp_buf b = {0};
    wamp_buf_add_str(&b, STR(GOOD));
    for (unsigned i = 6; i < count; i++)
        wamp_buf_addf(&b, "X%u: y\r\n", i);
    wamp_buf_add_str(&b, STR(END));
    int status = read_exactly(wamp_buf_str(&b));
    wamp_buf_fini(&b);
    return status;
}

TEST(a_head_has_64_headers_at_most)
{
    assert_int_equal(read_headers(WAMP_HTTP_HEADERS_MAX), 101);
    assert_int_equal(read_headers(WAMP_HTTP_HEADERS_MAX + 1), 431);
}

/* --- answers -------------------------------------------------------------------------------------------- */

/* RFC 6455, 1.3. spec: W-02 */
TEST(the_sample_handshake_of_rfc_6455_is_answered_as_there)
{
    struct wamp_ws_request r;
    struct wamp_buf out = {0};
    const char *why;
    assert_int_equal(read_request(STR("GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n"
                                      "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                      "Origin: http://example.com\r\nSec-WebSocket-Protocol: chat, wamp.2.json\r\n"
                                      "Sec-WebSocket-Version: 13\r\n\r\n"),
                                  &r, &why),
                     101);
    wamp_ws_accept(&out, &r, STR(""));
    expect_str(wamp_buf_str(&out), "HTTP/1.1 101 Switching Protocols\r\n"
                                   "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                   "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                                   "Sec-WebSocket-Protocol: wamp.2.json\r\n\r\n");
    wamp_buf_fini(&out);
}

/* spec: W-03 */
TEST(a_refusal_is_a_whole_http_response_with_a_text)
{
    static const struct {
        int status;
        const char *expected;
    } cases[] = {
        {400, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n"},
        {403, "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n"},
        {405, "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nConnection: close\r\n"},
        {414, "HTTP/1.1 414 URI Too Long\r\nConnection: close\r\n"},
        {426, "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
              "Connection: Upgrade, close\r\n"},
        {431, "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n"},
        {501, "HTTP/1.1 501 Not Implemented\r\nConnection: close\r\n"},
        {503, "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"},
        {599, "HTTP/1.1 599 Refused\r\nConnection: close\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wamp_buf out = {0}, expected = {0};
        wamp_ws_refuse(&out, cases[i].status, "because");
        wamp_buf_addf(&expected, "%sContent-Type: text/plain; charset=utf-8\r\nContent-Length: 8\r\n\r\nbecause\n",
                      cases[i].expected);
        assert_true(str_eq(wamp_buf_str(&out), wamp_buf_str(&expected)));
        wamp_buf_fini(&out);
        wamp_buf_fini(&expected);
    }
}

/* --- client --------------------------------------------------------------------------------------------- */

TEST(a_client_asks_for_one_subprotocol_with_its_nonce)
{
    struct wamp_buf out = {0};
    wamp_ws_request(&out, STR("h:1"), STR("/ws"), WAMP_CBOR, nonce);
    expect_str(wamp_buf_str(&out), "GET /ws HTTP/1.1\r\nHost: h:1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                                   "Sec-WebSocket-Protocol: wamp.2.cbor\r\n\r\n");
    wamp_buf_fini(&out);
}

#define SWITCHING "HTTP/1.1 101 Switching Protocols\r\n"
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

static int read_response(struct str in, size_t *used, int *status, const char **why)
{
    *why = "";
    return wamp_ws_read_response(in, WAMP_JSON, nonce, used, status, why);
}

/* spec: 0.9 row 2 */
TEST(a_client_takes_only_what_accepts_its_request)
{
    static const struct {
        struct str response;
        int result, status;
        const char *why;
    } cases[] = {
        {S(SWITCHING UPGRADE ACCEPT PROTOCOL END), 101, 101, ""},
        {S("HTTP/1.1 101\r\n" UPGRADE ACCEPT PROTOCOL END), 101, 101, ""},
        {S(SWITCHING "Server: s\r\nupgrade: WebSocket\r\nconnection: upgrade\r\n" ACCEPT PROTOCOL END "\x81"),
         101, 101, ""},
        {S(SWITCHING UPGRADE ACCEPT END), -1, 101, "subprotocol"},
        {S(SWITCHING UPGRADE ACCEPT "Sec-WebSocket-Protocol: wamp.2.cbor\r\n" END), -1, 101, "subprotocol"},
        {S(SWITCHING UPGRADE ACCEPT PROTOCOL PROTOCOL END), -1, 101, "twice"},
        {S(SWITCHING UPGRADE PROTOCOL END), -1, 101, "Accept"},
        {S(SWITCHING UPGRADE "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" PROTOCOL END),
         -1, 101, "Accept"},
        {S(SWITCHING UPGRADE ACCEPT ACCEPT PROTOCOL END), -1, 101, "twice"},
        {S(SWITCHING "Upgrade: websocket\r\n" ACCEPT PROTOCOL END), -1, 101, "no upgrade"},
        {S(SWITCHING "Connection: Upgrade\r\n" ACCEPT PROTOCOL END), -1, 101, "no upgrade"},
        {S(SWITCHING UPGRADE ACCEPT PROTOCOL "Sec-WebSocket-Extensions: permessage-deflate\r\n" END),
         -1, 101, "extension"},
        {S(SWITCHING UPGRADE ACCEPT PROTOCOL "folded:\r\n line\r\n" END), -1, 101, "malformed"},
        {S("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"), -1, 404, "refused"},
        {S("HTTP/1.1 200 OK\r\n\r\n"), -1, 200, "refused"},
        {S("HTTP/1.0 101 Switching Protocols\r\n" UPGRADE ACCEPT PROTOCOL END), -1, 0, "not HTTP/1.1"},
        {S("HTTP/1.1 1010\r\n" UPGRADE ACCEPT PROTOCOL END), -1, 0, "not HTTP/1.1"},
        {S("HTTP/1.1 1a1 x\r\n" UPGRADE ACCEPT PROTOCOL END), -1, 0, "not HTTP/1.1"},
        {S("SSH-2.0-OpenSSH_9.2\r\n\r\n"), -1, 0, "not HTTP/1.1"},
        {S("HTTP/1.1 101 x\n"), -1, 0, "CRLF"},
        {S("\x7f\xf1"), -1, 0, "not HTTP"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t used;
        int status;
        const char *why;
        int result = read_response(cases[i].response, &used, &status, &why);
        if (result != cases[i].result || status != cases[i].status || (result < 0 && !strstr(why, cases[i].why)))
            fail_msg("%s: %d, status %d, %s", cases[i].response.ptr, result, status, why);
    }
}

TEST(a_client_waits_for_the_whole_answer_and_takes_no_more)
{
    struct str in = STR(SWITCHING UPGRADE ACCEPT PROTOCOL END "\x81\x01x");
    size_t used;
    int status;
    const char *why;
    for (size_t len = 0; len < in.len - 3; len++)
        assert_int_equal(read_response(str_of(in.ptr, len), &used, &status, &why), 0);
    assert_int_equal(read_response(in, &used, &status, &why), 101);
    assert_int_equal(used, in.len - 3);
    struct wamp_buf b = {0};
    wamp_buf_add_str(&b, STR(SWITCHING "X: "));
    add_many(&b, 'x', WAMP_HTTP_HEAD_MAX);
    assert_int_equal(read_response(wamp_buf_str(&b), &used, &status, &why), -1);
    wamp_buf_fini(&b);
}

TEST(both_ends_agree_and_both_survive_a_lack_of_memory)
{
    for (enum wamp_ser ser = WAMP_JSON; ser <= WAMP_CBOR; ser++) {
        for_each_failure {
            struct wamp_ws_request r;
            struct wamp_buf request = {0}, response = {0};
            size_t used;
            int status;
            const char *why;
            wamp_ws_request(&request, STR("h:1"), STR("/"), ser, nonce);
            if (!request.failed) {
                assert_int_equal(read_request(wamp_buf_str(&request), &r, &why), 101);
                assert_int_equal(r.ser, ser);
                wamp_ws_accept(&response, &r, STR(""));
            }
            if (!request.failed && !response.failed &&
                wamp_ws_read_response(wamp_buf_str(&response), ser, nonce, &used, &status, &why) != 101)
                assert_string_equal(why, "out of memory");
            wamp_buf_fini(&request);
            wamp_buf_fini(&response);
        }
    }
}

RUN_TESTS(cmocka_unit_test(what_clients_send_is_accepted),
          cmocka_unit_test(what_the_caller_decides_on_is_handed_out),
          cmocka_unit_test(the_first_subprotocol_that_the_client_offers_and_we_speak_is_chosen),
          cmocka_unit_test(lists_may_be_spread_over_several_headers),
          cmocka_unit_test(a_request_that_breaks_a_rule_is_refused_with_the_status_that_fits),
          cmocka_unit_test(a_head_is_judged_when_it_is_whole_and_not_before),
          cmocka_unit_test(what_comes_after_the_head_is_left_alone),
          cmocka_unit_test(what_is_no_http_is_refused_at_once),
          cmocka_unit_test(a_request_line_has_4096_octets_at_most),
          cmocka_unit_test(a_head_has_8192_octets_at_most),
          cmocka_unit_test(a_head_has_64_headers_at_most),
          cmocka_unit_test(the_sample_handshake_of_rfc_6455_is_answered_as_there),
          cmocka_unit_test(a_refusal_is_a_whole_http_response_with_a_text),
          cmocka_unit_test(a_client_asks_for_one_subprotocol_with_its_nonce),
          cmocka_unit_test(a_client_takes_only_what_accepts_its_request),
          cmocka_unit_test(a_client_waits_for_the_whole_answer_and_takes_no_more),
          cmocka_unit_test(both_ends_agree_and_both_survive_a_lack_of_memory))
