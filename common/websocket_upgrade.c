/* The HTTP/1.1 upgrade to WebSocket, RFC 6455 section 4, both ends. Strict where leniency has been abused (headers
 * that stand twice, bodies, and what common/http.h says), lenient where clients differ (order, case, lists, what
 * else they send). */
#include "common/websocket.h"

#include "common/base64.h"
#include "common/batch.h"
#include "common/http.h"

/* Not EVP: it reads OpenSSL's configuration and sets up its providers, for which a client has 2 MiB more resident. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

enum { NONCE_LEN = 16, KEY_LEN = 24 };

#define ACCEPT_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define SPOKEN_HERE "spoken here are wamp.2.json, wamp.2.msgpack and wamp.2.cbor"

static int refuse(int status, const char *text, const char **why)
{
    *why = text;
    return status;
}

static bool is_upgrade(const struct wamp_http_head *h)
{
    return wamp_http_has_word(h, STR("upgrade"), STR("websocket")) &&
           wamp_http_has_word(h, STR("connection"), STR("upgrade"));
}

/* --- server: what a request has to be ------------------------------------------------------------------- */

struct request {
    struct str method, version;
    struct wamp_http_head head;
    struct wamp_ws_request *out;
};

static bool is_request(const struct request *r)
{
    return wamp_http_is_token(r->method) && wamp_http_is_visible(r->out->target) &&
           str_starts(r->version, STR("HTTP/"));
}

static bool is_get(const struct request *r)
{
    return str_eq(r->method, STR("GET"));
}

static bool is_http_1_1(const struct request *r)
{
    return str_eq(r->version, STR("HTTP/1.1"));
}

static bool has_few_headers(const struct request *r)
{
    return wamp_http_headers_are_few(&r->head);
}

static bool has_headers(const struct request *r)
{
    return wamp_http_headers_ok(&r->head);
}

static bool has_no_coding(const struct request *r)
{
    return !wamp_http_count(&r->head, STR("transfer-encoding"));
}

/* A body would be taken for frames. */
static bool has_no_body(const struct request *r)
{
    struct str headers = r->head.headers, len;
    bool none = true;
    while (none && wamp_http_next(&headers, STR("content-length"), &len))
        none = str_eq(len, STR("0"));
    return none;
}

static bool has_no_twins(const struct request *r)
{
    static const struct str names[] = {
        {"host", 4}, {"origin", 6}, {"sec-websocket-key", 17}, {"sec-websocket-version", 21},
    };
    bool single = true;
    for (size_t i = 0; single && i < sizeof names / sizeof *names; i++)
        single = wamp_http_count(&r->head, names[i]) <= 1;
    return single;
}

static bool asks_for_upgrade(const struct request *r)
{
    return is_upgrade(&r->head);
}

static bool is_version_13(const struct request *r)
{
    return str_eq(wamp_http_find(&r->head, STR("sec-websocket-version")), STR("13"));
}

static bool has_key(const struct request *r)
{
    struct str key = r->out->key;
    return key.len == KEY_LEN && wamp_base64_ok(key) && wamp_base64_decoded_len(key) == NONCE_LEN;
}

static bool has_host(const struct request *r)
{
    return r->out->host.ptr;
}

static bool has_offer(const struct request *r)
{
    return wamp_http_count(&r->head, STR("sec-websocket-protocol"));
}

static bool has_offer_for_us(const struct request *r)
{
    return r->out->protocols.ptr;
}

/* In this order. */
static const struct {
    bool (*holds)(const struct request *);
    int status;
    const char *why;
} rules[] = {
    {is_request, 400, "not an HTTP request line"},
    {is_get, 405, "only GET is served here, to upgrade to WebSocket"},
    {is_http_1_1, 426, "WebSocket needs HTTP/1.1"},
    {has_few_headers, 431, "more than 64 headers"},
    {has_headers, 400, "a malformed header line"},
    {has_no_coding, 501, "a request to upgrade has no Transfer-Encoding"},
    {has_no_body, 400, "a request to upgrade has no body"},
    {has_no_twins, 400, "a header that must stand once stands twice"},
    {asks_for_upgrade, 426, "this is a WAMP router: upgrade to WebSocket; " SPOKEN_HERE},
    {is_version_13, 426, "only WebSocket version 13 is spoken here"},
    {has_key, 400, "Sec-WebSocket-Key is not 16 octets in base64"},
    {has_host, 400, "Host is missing"},
    {has_offer, 400, "Sec-WebSocket-Protocol is missing: " SPOKEN_HERE},
    {has_offer_for_us, 400, "no common subprotocol: " SPOKEN_HERE},
};

/* --- server: reading and answering ---------------------------------------------------------------------- */

/* Finds the first subprotocol that we speak. */
static void choose_protocol(const struct wamp_http_head *h, struct wamp_ws_request *out)
{
    struct str headers = h->headers, value;
    while (!out->protocols.ptr && wamp_http_next(&headers, STR("sec-websocket-protocol"), &value)) {
        for (struct str list = value; list.len && !out->protocols.ptr;)
            if (wamp_batch_by_subprotocol(wamp_http_trim(wamp_http_take(&list, ',')), &out->ser, &out->batched))
                out->protocols = value;
    }
}

int wamp_ws_read_request(struct str in, struct wamp_ws_request *out, size_t *used, const char **why)
{
    struct request r = {.out = out};
    *out = (struct wamp_ws_request){0};
    int status = wamp_http_read_head(in, &r.head, used, why);
    if (status != WAMP_HTTP_WHOLE)
        return status;
    r.version = r.head.first;
    r.method = wamp_http_take(&r.version, ' ');
    out->target = wamp_http_take(&r.version, ' ');
    out->host = wamp_http_find(&r.head, STR("host"));
    out->origin = wamp_http_find(&r.head, STR("origin"));
    out->key = wamp_http_find(&r.head, STR("sec-websocket-key"));
    out->cookie = wamp_http_find(&r.head, STR("cookie"));
    out->user_agent = wamp_http_find(&r.head, STR("user-agent"));
    choose_protocol(&r.head, out);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (!rules[i].holds(&r))
            return refuse(rules[i].status, rules[i].why, why);
    return 101;
}

/* Appends what proves that the key was read: base64(SHA-1(key, GUID)). */
static void add_accept(struct wamp_buf *out, struct str key)
{
    char text[KEY_LEN + sizeof ACCEPT_GUID] = {0};
    unsigned char digest[SHA_DIGEST_LENGTH];
    SHA_CTX sha;
    memcpy(text, key.ptr, KEY_LEN);
    memcpy(text + KEY_LEN, ACCEPT_GUID, sizeof ACCEPT_GUID);
    if (SHA1_Init(&sha) && SHA1_Update(&sha, text, sizeof text - 1) && SHA1_Final(digest, &sha))
        wamp_base64_encode(out, str_of((const char *)digest, sizeof digest));
    else
        out->failed = true;
}

void wamp_ws_accept(struct wamp_buf *out, const struct wamp_ws_request *req, struct str headers)
{
    wamp_buf_add_str(out, STR("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Accept: "));
    add_accept(out, req->key);
    wamp_buf_addf(out, "\r\nSec-WebSocket-Protocol: %s%s\r\n", wamp_ser_subprotocol(req->ser),
                  req->batched ? ".batched" : "");
    wamp_buf_add_str(out, headers);
    wamp_buf_add_str(out, STR("\r\n"));
}

struct refusal {
    int status;
    const char *phrase, *headers;
};

static const struct refusal *find_refusal(int status)
{
    static const struct refusal refusals[] = {
        {400, "Bad Request", "Connection: close\r\n"},
        {403, "Forbidden", "Connection: close\r\n"},
        {405, "Method Not Allowed", "Allow: GET\r\nConnection: close\r\n"},
        {414, "URI Too Long", "Connection: close\r\n"},
        {426, "Upgrade Required",
         "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nConnection: Upgrade, close\r\n"},
        {431, "Request Header Fields Too Large", "Connection: close\r\n"},
        {501, "Not Implemented", "Connection: close\r\n"},
        {503, "Service Unavailable", "Connection: close\r\n"},
        {0, "Refused", "Connection: close\r\n"},
    };
    const struct refusal *r = refusals;
    while (r->status && r->status != status)
        r++;
    return r;
}

void wamp_ws_refuse(struct wamp_buf *out, int status, const char *why)
{
    const struct refusal *r = find_refusal(status);
    wamp_buf_addf(out, "HTTP/1.1 %d %s\r\n%s", status, r->phrase, r->headers);
    wamp_buf_addf(out, "Content-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n\r\n%s\n",
                  strlen(why) + 1, why);
}

/* --- client --------------------------------------------------------------------------------------------- */

static void add_key(struct wamp_buf *out, const uint8_t nonce[16])
{
    wamp_base64_encode(out, str_of((const char *)nonce, NONCE_LEN));
}

void wamp_ws_request(struct wamp_buf *out, struct str host, struct str target, enum wamp_ser ser,
                     const uint8_t nonce[16])
{
    wamp_buf_addf(out, "GET %.*s HTTP/1.1\r\nHost: %.*s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
                  STR_ARG(target), STR_ARG(host));
    wamp_buf_add_str(out, STR("Sec-WebSocket-Key: "));
    add_key(out, nonce);
    wamp_buf_addf(out, "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
                  wamp_ser_subprotocol(ser));
}

/* NULL when the server has read our key. */
static const char *check_accept(struct str accept, const uint8_t nonce[16])
{
    struct wamp_buf key = {0}, expected = {0};
    const char *why = NULL;
    add_key(&key, nonce);
    if (!key.failed)
        add_accept(&expected, wamp_buf_str(&key));
    if (key.failed || expected.failed)
        why = "out of memory";
    else if (!str_eq(accept, wamp_buf_str(&expected)))
        why = "Sec-WebSocket-Accept does not fit the key";
    wamp_buf_fini(&key);
    wamp_buf_fini(&expected);
    return why;
}

/* NULL when it accepts what we asked for. spec: 0.9 row 2 */
static const char *judge_answer(const struct wamp_http_head *h, enum wamp_ser ser, const uint8_t nonce[16])
{
    if (!wamp_http_headers_are_few(h) || !wamp_http_headers_ok(h))
        return "malformed headers, or too many";
    if (!is_upgrade(h))
        return "the answer is no upgrade to WebSocket";
    if (wamp_http_count(h, STR("sec-websocket-accept")) > 1 || wamp_http_count(h, STR("sec-websocket-protocol")) > 1)
        return "a header that must stand once stands twice";
    if (!str_eq(wamp_http_find(h, STR("sec-websocket-protocol")), str_z(wamp_ser_subprotocol(ser))))
        return "no common subprotocol";
    if (wamp_http_find(h, STR("sec-websocket-extensions")).len)
        return "the server chose an extension that was not offered";
    return check_accept(wamp_http_find(h, STR("sec-websocket-accept")), nonce);
}

/* HTTP/1.1 101 ...: 101; 0 for what is no such line. */
static int read_status(struct str line)
{
    struct str version = wamp_http_take(&line, ' '), code = wamp_http_take(&line, ' ');
    size_t status;
    bool ok = str_eq(version, STR("HTTP/1.1")) && code.len == 3 && wamp_http_number(code, &status);
    return ok ? (int)status : 0;
}

int wamp_ws_read_response(struct str in, enum wamp_ser ser, const uint8_t nonce[16], size_t *used, int *status,
                          const char **why)
{
    struct wamp_http_head head;
    *status = 0;
    int seen = wamp_http_read_head(in, &head, used, why);
    if (seen != WAMP_HTTP_WHOLE)
        return seen ? -1 : 0;
    *status = read_status(head.first);
    *why = *status == 101 ? judge_answer(&head, ser, nonce)
           : *status      ? "the server refused the upgrade"
                          : "the answer is not HTTP/1.1";
    return *why ? -1 : 101;
}
