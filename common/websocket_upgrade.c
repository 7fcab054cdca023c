/* The HTTP/1.1 upgrade to WebSocket, RFC 6455 section 4, both ends. Strict where leniency has been abused (line
 * ends, folded lines, headers that stand twice, bodies), lenient where clients differ (order, case, lists, what
 * else they send).
 *
 * A head is read once for its form and then asked for what is wanted: next_named walks the headers of one name. */
#include "common/websocket.h"

#include "common/base64.h"

#include <openssl/evp.h>

enum { NONCE_LEN = 16, KEY_LEN = 24, SHA1_LEN = 20, WHOLE = 200 };

#define ACCEPT_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define SPOKEN_HERE "spoken here are wamp.2.json, wamp.2.msgpack and wamp.2.cbor"

/* --- characters and words ------------------------------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_visible(char c)
{
    return c > ' ' && c <= '~';
}

static bool is_token_char(char c)
{
    return is_visible(c) && !strchr("\"(),/:;<=>?@[\\]{}", c);
}

/* Of the value of a header: no control characters. */
static bool is_value_char(char c)
{
    return c == '\t' || ((unsigned char)c >= ' ' && c != '\x7f');
}

static bool is_all(bool (*fits)(char), struct str s)
{
    size_t i = 0;
    while (i < s.len && fits(s.ptr[i]))
        i++;
    return i == s.len;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool same_word(struct str a, struct str b)
{
    bool same = a.len == b.len;
    for (size_t i = 0; same && i < a.len; i++)
        same = lower(a.ptr[i]) == lower(b.ptr[i]);
    return same;
}

static struct str trim(struct str s)
{
    while (s.len && is_space(s.ptr[0]))
        s = str_from(s, 1);
    while (s.len && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* Takes what comes before the first separator off *rest, and the separator; all of it where there is none. */
static struct str take_until(struct str *rest, char separator)
{
    const char *found = rest->len ? memchr(rest->ptr, separator, rest->len) : NULL;
    struct str before = str_of(rest->ptr, found ? (size_t)(found - rest->ptr) : rest->len);
    *rest = str_from(*rest, before.len + (found ? 1 : 0));
    return before;
}

/* --- heads ---------------------------------------------------------------------------------------------- */

/* What a request or response begins with, whole, all its lines ended by CRLF. */
struct head {
    struct str first;    /* line, without its end */
    struct str headers;  /* lines, with their ends */
};

/* Takes a line off *rest, its LF too; false when it has none, *line is what there is of it. */
static bool take_line(struct str *rest, struct str *line)
{
    size_t before = rest->len;
    *line = take_until(rest, '\n');
    return line->len < before;
}

static bool ends_in_cr(struct str line)
{
    return line.len && line.ptr[line.len - 1] == '\r';
}

static int refuse(int status, const char *text, const char **why)
{
    *why = text;
    return status;
}

/* Reads the head that `in` begins with: WHOLE, and its octets in *used; 0 when more are needed; else the status to
 * refuse it with. */
static int read_head(struct str in, struct head *out, size_t *used, const char **why)
{
    struct str rest = str_of(in.ptr, in.len < WAMP_WS_REQUEST_MAX ? in.len : WAMP_WS_REQUEST_MAX);
    struct str line;
    bool ended;
    *out = (struct head){0};
    *used = 0;
    if (in.len && !is_token_char(in.ptr[0]))
        return refuse(400, "this is not HTTP", why);
    do {
        ended = take_line(&rest, &line);
        if (ended && !ends_in_cr(line))
            return refuse(400, "a line does not end in CRLF", why);
        if (!out->first.ptr && line.len > WAMP_WS_LINE_MAX + 1)
            return refuse(414, "the first line is longer than 4096 octets", why);
        if (!out->first.ptr && ended)
            *out = (struct head){.first = str_of(line.ptr, line.len - 1), .headers = rest};
    } while (ended && line.len > 1);
    if (!ended)
        return in.len < WAMP_WS_REQUEST_MAX ? 0 : refuse(431, "the head is longer than 8192 octets", why);
    out->headers.len = (size_t)(line.ptr - out->headers.ptr);
    *used = (size_t)(rest.ptr - in.ptr);
    return WHOLE;
}

static bool next_header(struct str *headers, struct str *name, struct str *value)
{
    struct str line;
    if (!take_line(headers, &line))
        return false;
    line.len--;
    *name = take_until(&line, ':');
    *value = trim(line);
    return true;
}

static bool next_named(struct str *headers, struct str wanted, struct str *value)
{
    struct str name;
    while (next_header(headers, &name, value))
        if (same_word(name, wanted))
            return true;
    return false;
}

/* The value of the first header of that name; ptr is NULL where there is none. */
static struct str find_header(const struct head *h, struct str name)
{
    struct str headers = h->headers, value;
    return next_named(&headers, name, &value) ? value : str_of(NULL, 0);
}

static unsigned count_headers(const struct head *h, struct str name)
{
    struct str headers = h->headers, value;
    unsigned count = 0;
    while (next_named(&headers, name, &value))
        count++;
    return count;
}

/* Whether the word is in a comma-separated list of that name, wherever the list is continued. */
static bool has_word(const struct head *h, struct str name, struct str word)
{
    struct str headers = h->headers, list;
    while (next_named(&headers, name, &list))
        while (list.len)
            if (same_word(trim(take_until(&list, ',')), word))
                return true;
    return false;
}

/* name ":" value: no white space before the colon, hence no folded line either. */
static bool is_header(struct str line)
{
    struct str value = line, name = take_until(&value, ':');
    return name.len && name.len < line.len && is_all(is_token_char, name) && is_all(is_value_char, value);
}

static bool are_headers(const struct head *h)
{
    struct str headers = h->headers, line;
    bool ok = true;
    while (ok && take_line(&headers, &line))
        ok = is_header(str_of(line.ptr, line.len - 1));
    return ok;
}

static bool are_few(const struct head *h)
{
    struct str headers = h->headers, line;
    unsigned count = 0;
    while (take_line(&headers, &line))
        count++;
    return count <= WAMP_WS_HEADERS_MAX;
}

static bool is_upgrade(const struct head *h)
{
    return has_word(h, STR("upgrade"), STR("websocket")) && has_word(h, STR("connection"), STR("upgrade"));
}

/* --- server: what a request has to be ------------------------------------------------------------------- */

struct request {
    struct str method, version;
    struct head head;
    struct wamp_ws_request *out;
};

static bool is_request(const struct request *r)
{
    return is_all(is_token_char, r->method) && r->out->target.len && is_all(is_visible, r->out->target) &&
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
    return are_few(&r->head);
}

static bool has_headers(const struct request *r)
{
    return are_headers(&r->head);
}

static bool has_no_coding(const struct request *r)
{
    return !count_headers(&r->head, STR("transfer-encoding"));
}

/* A body would be taken for frames. */
static bool has_no_body(const struct request *r)
{
    struct str headers = r->head.headers, len;
    bool none = true;
    while (none && next_named(&headers, STR("content-length"), &len))
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
        single = count_headers(&r->head, names[i]) <= 1;
    return single;
}

static bool asks_for_upgrade(const struct request *r)
{
    return is_upgrade(&r->head);
}

static bool is_version_13(const struct request *r)
{
    return str_eq(find_header(&r->head, STR("sec-websocket-version")), STR("13"));
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
    return count_headers(&r->head, STR("sec-websocket-protocol"));
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

/* "wamp.2.json", or "wamp.2.json.batched". spec: A-BWS-01 */
static bool is_spoken(struct str name, struct wamp_ws_request *out)
{
    const struct str suffix = STR(".batched");
    out->batched = name.len > suffix.len && str_eq(str_from(name, name.len - suffix.len), suffix);
    if (out->batched)
        name.len -= suffix.len;
    return wamp_ser_by_subprotocol(name, &out->ser);
}

/* Finds the first subprotocol that we speak. */
static void choose_protocol(const struct head *h, struct wamp_ws_request *out)
{
    struct str headers = h->headers, value;
    while (!out->protocols.ptr && next_named(&headers, STR("sec-websocket-protocol"), &value)) {
        for (struct str list = value; list.len && !out->protocols.ptr;)
            if (is_spoken(trim(take_until(&list, ',')), out))
                out->protocols = value;
    }
}

int wamp_ws_read_request(struct str in, struct wamp_ws_request *out, size_t *used, const char **why)
{
    struct request r = {.out = out};
    *out = (struct wamp_ws_request){0};
    int status = read_head(in, &r.head, used, why);
    if (status != WHOLE)
        return status;
    r.version = r.head.first;
    r.method = take_until(&r.version, ' ');
    out->target = take_until(&r.version, ' ');
    out->host = find_header(&r.head, STR("host"));
    out->origin = find_header(&r.head, STR("origin"));
    out->key = find_header(&r.head, STR("sec-websocket-key"));
    out->user_agent = find_header(&r.head, STR("user-agent"));
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
    unsigned char digest[SHA1_LEN];
    memcpy(text, key.ptr, KEY_LEN);
    memcpy(text + KEY_LEN, ACCEPT_GUID, sizeof ACCEPT_GUID);
    if (EVP_Digest(text, sizeof text - 1, digest, NULL, EVP_sha1(), NULL))
        wamp_base64_encode(out, str_of((const char *)digest, sizeof digest));
    else
        out->failed = true;
}

void wamp_ws_accept(struct wamp_buf *out, const struct wamp_ws_request *req)
{
    wamp_buf_add_str(out, STR("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Accept: "));
    add_accept(out, req->key);
    wamp_buf_addf(out, "\r\nSec-WebSocket-Protocol: %s%s\r\n\r\n", wamp_ser_subprotocol(req->ser),
                  req->batched ? ".batched" : "");
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
static const char *judge_answer(const struct head *h, enum wamp_ser ser, const uint8_t nonce[16])
{
    if (!are_few(h) || !are_headers(h))
        return "malformed headers, or too many";
    if (!is_upgrade(h))
        return "the answer is no upgrade to WebSocket";
    if (count_headers(h, STR("sec-websocket-accept")) > 1 || count_headers(h, STR("sec-websocket-protocol")) > 1)
        return "a header that must stand once stands twice";
    if (!str_eq(find_header(h, STR("sec-websocket-protocol")), str_z(wamp_ser_subprotocol(ser))))
        return "no common subprotocol";
    if (find_header(h, STR("sec-websocket-extensions")).len)
        return "the server chose an extension that was not offered";
    return check_accept(find_header(h, STR("sec-websocket-accept")), nonce);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* HTTP/1.1 101 ...: 101; 0 for what is no such line. */
static int read_status(struct str line)
{
    struct str version = take_until(&line, ' '), code = take_until(&line, ' ');
    if (!str_eq(version, STR("HTTP/1.1")) || code.len != 3 || !is_all(is_digit, code))
        return 0;
    return (code.ptr[0] - '0') * 100 + (code.ptr[1] - '0') * 10 + (code.ptr[2] - '0');
}

int wamp_ws_read_response(struct str in, enum wamp_ser ser, const uint8_t nonce[16], size_t *used, int *status,
                          const char **why)
{
    struct head head;
    *status = 0;
    int seen = read_head(in, &head, used, why);
    if (seen != WHOLE)
        return seen ? -1 : 0;
    *status = read_status(head.first);
    *why = *status == 101 ? judge_answer(&head, ser, nonce)
           : *status      ? "the server refused the upgrade"
                          : "the answer is not HTTP/1.1";
    return *why ? -1 : 101;
}
