#include "common/websocket.h"

#include "common/base64.h"
#include "common/utf8.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/* --- HTTP heads ---------------------------------------------------------------------------------------------------------- */

enum { TARGET_MAX = 4096, KEY_LEN = 24 };

/* Takes the line before the next CRLF off *rest; false when there is none. */
static bool take_line(struct str *rest, struct str *line)
{
    const char *end = rest->len ? memmem(rest->ptr, rest->len, "\r\n", 2) : NULL;
    if (!end)
        return false;
    *line = str_of(rest->ptr, (size_t)(end - rest->ptr));
    *rest = str_from(*rest, line->len + 2);
    return true;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool same_word(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

static struct str trim(struct str s)
{
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s = str_from(s, 1);
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* Takes the next word of a comma-separated list. */
static bool take_word(struct str *list, struct str *word)
{
    if (!list->len)
        return false;
    const char *comma = memchr(list->ptr, ',', list->len);
    size_t len = comma ? (size_t)(comma - list->ptr) : list->len;
    *word = trim(str_of(list->ptr, len));
    *list = str_from(*list, comma ? len + 1 : len);
    return true;
}

static bool has_word(struct str list, struct str wanted)
{
    struct str word;
    while (take_word(&list, &word))
        if (same_word(word, wanted))
            return true;
    return false;
}

static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = lower(s.ptr[i]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr("!#$%&'*+-.^_`|~", c))))
            return false;
    }
    return s.len > 0;
}

/* name: value, without white space before the colon and without control characters. */
static bool read_header(struct str line, struct str *name, struct str *value)
{
    const char *colon = line.len ? memchr(line.ptr, ':', line.len) : NULL;
    if (!colon)
        return false;
    *name = str_of(line.ptr, (size_t)(colon - line.ptr));
    *value = trim(str_from(line, name->len + 1));
    for (size_t i = 0; i < value->len; i++)
        if ((unsigned char)value->ptr[i] < ' ' && value->ptr[i] != '\t')
            return false;
    return is_token(*name);
}

/* The length of the head with its empty line, 0 when it is not all there. */
static size_t head_length(struct str in)
{
    size_t looked_at = in.len < WAMP_WS_REQUEST_MAX ? in.len : WAMP_WS_REQUEST_MAX;
    const char *end = looked_at ? memmem(in.ptr, looked_at, "\r\n\r\n", 4) : NULL;
    return end ? (size_t)(end - in.ptr) + 4 : 0;
}

/* --- the upgrade, server side ----------------------------------------------------------------------------------------------- */

/* What the headers say, beyond struct wamp_ws_request. */
struct found {
    struct str upgrade, connection, version;
    bool offered;  /* some subprotocol */
    bool common;   /* one that we speak */
};

static void take_protocols(struct str value, struct wamp_ws_request *out, struct found *f)
{
    struct str word, list = value;
    f->offered = true;
    out->protocols = value;
    while (!f->common && take_word(&list, &word))
        f->common = wamp_ser_by_subprotocol(word, &out->ser);
}

static int take_header(struct str name, struct str value, struct wamp_ws_request *out, struct found *f, const char **why)
{
    struct {
        struct str name, *to;
    } const known[] = {
        {STR("host"), &out->host},         {STR("origin"), &out->origin},         {STR("sec-websocket-key"), &out->key},
        {STR("user-agent"), &out->user_agent}, {STR("upgrade"), &f->upgrade},      {STR("connection"), &f->connection},
        {STR("sec-websocket-version"), &f->version},
    };
    if (same_word(name, STR("sec-websocket-protocol"))) {
        take_protocols(value, out, f);
        return 0;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!same_word(name, known[i].name))
            continue;
        bool may_repeat = known[i].to == &f->connection || known[i].to == &f->upgrade;
        if (known[i].to->ptr && !may_repeat) {
            *why = "a header that must stand once stands twice";
            return 400;
        }
        *known[i].to = value;
    }
    return 0;
}

/* METHOD target HTTP/1.1 */
static int read_request_line(struct str line, struct wamp_ws_request *out, const char **why)
{
    const char *first = memchr(line.ptr, ' ', line.len), *last = line.len ? memrchr(line.ptr, ' ', line.len) : NULL;
    *why = "not an HTTP/1.1 request line";
    if (!first || first == last || last - first < 2)
        return 400;
    struct str method = str_of(line.ptr, (size_t)(first - line.ptr));
    struct str version = str_from(line, (size_t)(last - line.ptr) + 1);
    out->target = str_of(first + 1, (size_t)(last - first - 1));
    if (!is_token(method) || !str_starts(version, STR("HTTP/")) || memchr(out->target.ptr, ' ', out->target.len))
        return 400;
    if (out->target.len > TARGET_MAX) {
        *why = "the request target is longer than 4096 octets";
        return 414;
    }
    if (!str_eq(version, STR("HTTP/1.1"))) {
        *why = "WebSocket needs HTTP/1.1";
        return 426;
    }
    if (!str_eq(method, STR("GET"))) {
        *why = "only GET is served here, to upgrade to WebSocket";
        return 405;
    }
    return 0;
}

static int judge_request(const struct wamp_ws_request *r, const struct found *f, const char **why)
{
    *why = "this is a WAMP router: upgrade to WebSocket with subprotocol wamp.2.json, wamp.2.msgpack or wamp.2.cbor";
    if (!has_word(f->upgrade, STR("websocket")) || !has_word(f->connection, STR("upgrade")))
        return 426;
    *why = "only WebSocket version 13 is spoken here";
    if (!str_eq(f->version, STR("13")))
        return 426;
    *why = "Sec-WebSocket-Key must be 16 octets in base64";
    if (r->key.len != KEY_LEN || !wamp_base64_ok(r->key) || wamp_base64_decoded_len(r->key) != 16)
        return 400;
    *why = f->offered ? "no common subprotocol: spoken here are wamp.2.json, wamp.2.msgpack and wamp.2.cbor"
                      : "Sec-WebSocket-Protocol is missing: spoken here are wamp.2.json, wamp.2.msgpack and wamp.2.cbor";
    if (!f->common)
        return 400;
    *why = "Host is missing";
    return r->host.ptr ? 101 : 400;
}

int wamp_ws_read_request(struct str in, struct wamp_ws_request *out, size_t *used, const char **why)
{
    struct found f = {0};
    struct str line, name, value;
    *out = (struct wamp_ws_request){0};
    *used = head_length(in);
    if (!*used) {
        *why = "the request head is longer than 8 KiB";
        return in.len >= WAMP_WS_REQUEST_MAX ? 431 : 0;
    }
    struct str rest = str_of(in.ptr, *used - 2);
    take_line(&rest, &line);
    int status = read_request_line(line, out, why);
    for (unsigned n = 0; !status && take_line(&rest, &line); n++) {
        *why = "a malformed header line";
        status = n >= WAMP_WS_HEADERS_MAX ? 431 : !read_header(line, &name, &value) ? 400 : 0;
        if (!status)
            status = take_header(name, value, out, &f, why);
    }
    return status ? status : judge_request(out, &f, why);
}

/* base64(SHA-1(key, GUID of RFC 6455)) */
static void add_accept(struct wamp_buf *out, struct str key)
{
    char text[KEY_LEN + 36];
    unsigned char digest[20];
    memcpy(text, key.ptr, KEY_LEN);
    memcpy(text + KEY_LEN, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
    if (EVP_Digest(text, sizeof text, digest, NULL, EVP_sha1(), NULL))
        wamp_base64_encode(out, str_of((const char *)digest, sizeof digest));
    else
        out->failed = true;
}

void wamp_ws_accept(struct wamp_buf *out, const struct wamp_ws_request *req)
{
    wamp_buf_add_str(out, STR("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Accept: "));
    add_accept(out, req->key);
    wamp_buf_addf(out, "\r\nSec-WebSocket-Protocol: %s\r\n\r\n", wamp_ser_subprotocol(req->ser));
}

void wamp_ws_refuse(struct wamp_buf *out, int status, const char *why)
{
    static const struct {
        int status;
        const char *phrase;
    } phrases[] = {{400, "Bad Request"},       {403, "Forbidden"},
                   {405, "Method Not Allowed"}, {414, "URI Too Long"},
                   {426, "Upgrade Required"},   {431, "Request Header Fields Too Large"},
                   {501, "Not Implemented"},    {503, "Service Unavailable"}};
    const char *phrase = "Error";
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (phrases[i].status == status)
            phrase = phrases[i].phrase;
    wamp_buf_addf(out, "HTTP/1.1 %d %s\r\n", status, phrase);
    if (status == 426)
        wamp_buf_add_str(out, STR("Upgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 13\r\n"));
    else
        wamp_buf_add_str(out, STR("Connection: close\r\n"));
    if (status == 405)
        wamp_buf_add_str(out, STR("Allow: GET\r\n"));
    wamp_buf_addf(out, "Content-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n\r\n%s\n", strlen(why) + 1, why);
}

/* --- the upgrade, client side -------------------------------------------------------------------------------------------------- */

static void add_key(struct wamp_buf *out, const uint8_t nonce[16])
{
    wamp_base64_encode(out, str_of((const char *)nonce, 16));
}

void wamp_ws_request(struct wamp_buf *out, struct str host, struct str target, enum wamp_ser ser, const uint8_t nonce[16])
{
    wamp_buf_addf(out, "GET %.*s HTTP/1.1\r\nHost: %.*s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ",
                  STR_ARG(target), STR_ARG(host));
    add_key(out, nonce);
    wamp_buf_addf(out, "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: %s\r\n\r\n", wamp_ser_subprotocol(ser));
}

static bool accept_is_ours(struct str accept, const uint8_t nonce[16])
{
    struct wamp_buf key = {0}, expected = {0};
    add_key(&key, nonce);
    if (!key.failed)
        add_accept(&expected, wamp_buf_str(&key));
    bool ok = !key.failed && !expected.failed && str_eq(accept, wamp_buf_str(&expected));
    wamp_buf_fini(&key);
    wamp_buf_fini(&expected);
    return ok;
}

struct answer {
    struct str upgrade, connection, accept, protocol, extensions;
};

static void take_answer_header(struct str name, struct str value, struct answer *a)
{
    struct {
        struct str name, *to;
    } const known[] = {
        {STR("upgrade"), &a->upgrade},
        {STR("connection"), &a->connection},
        {STR("sec-websocket-accept"), &a->accept},
        {STR("sec-websocket-protocol"), &a->protocol},
        {STR("sec-websocket-extensions"), &a->extensions},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (same_word(name, known[i].name))
            *known[i].to = value;
}

static const char *judge_answer(const struct answer *a, enum wamp_ser ser, const uint8_t nonce[16])
{
    if (!has_word(a->upgrade, STR("websocket")) || !has_word(a->connection, STR("upgrade")))
        return "the answer is no upgrade to WebSocket";
    if (!accept_is_ours(a->accept, nonce))
        return "Sec-WebSocket-Accept does not fit the key";
    if (!str_eq(a->protocol, str_z(wamp_ser_subprotocol(ser))))
        return "no common subprotocol";
    return a->extensions.len ? "the server chose an extension that was not offered" : NULL;
}

int wamp_ws_read_response(struct str in, enum wamp_ser ser, const uint8_t nonce[16], size_t *used, int *status,
                          const char **why)
{
    struct answer a = {0};
    struct str line, name, value;
    *status = 0;
    *used = head_length(in);
    *why = "the response head is longer than 8 KiB";
    if (!*used)
        return in.len >= WAMP_WS_REQUEST_MAX ? -1 : 0;
    struct str rest = str_of(in.ptr, *used - 2);
    take_line(&rest, &line);
    *why = "the answer is not HTTP/1.1";
    if (!str_starts(line, STR("HTTP/1.1 ")) || line.len < 12)
        return -1;
    for (int i = 9; i < 12; i++)
        *status = *status * 10 + (line.ptr[i] >= '0' && line.ptr[i] <= '9' ? line.ptr[i] - '0' : 0);
    *why = "the server refused the upgrade";
    if (*status != 101)
        return -1;
    while (take_line(&rest, &line))
        if (read_header(line, &name, &value))
            take_answer_header(name, value, &a);
    *why = judge_answer(&a, ser, nonce);
    return *why ? -1 : 101;
}

/* --- frames: masks and headers ----------------------------------------------------------------------------------------------------- */

void wamp_ws_mask(char *octets, size_t len, const uint8_t mask[4], size_t phase)
{
    uint8_t turned[8];
    uint64_t wide, word;
    for (size_t i = 0; i < 8; i++)
        turned[i] = mask[(phase + i) & 3];
    memcpy(&wide, turned, 8);
    size_t i = 0;
    for (; len - i >= 8; i += 8) {
        memcpy(&word, octets + i, 8);
        word ^= wide;
        memcpy(octets + i, &word, 8);
    }
    for (; i < len; i++)
        octets[i] = (char)(octets[i] ^ turned[i & 7]);
}

size_t wamp_ws_header(uint8_t out[WAMP_WS_HEADER_ROOM], unsigned opcode, uint64_t len, const uint8_t mask[4])
{
    unsigned bytes = len < 126 ? 0 : len < 65536 ? 2 : 8;
    size_t n = 2 + bytes;
    out[0] = (uint8_t)(0x80 | opcode);
    out[1] = (uint8_t)((mask ? 0x80 : 0) | (bytes == 0 ? len : bytes == 2 ? 126 : 127));
    for (unsigned i = 0; i < bytes; i++)
        out[2 + i] = (uint8_t)(len >> 8 * (bytes - 1 - i));
    if (!mask)
        return n;
    memcpy(out + n, mask, 4);
    return n + 4;
}

/* --- frames: reading ------------------------------------------------------------------------------------------------------------------ */

enum { CONTINUATION = 0, CONTROL = 8, CONTROL_MAX = 125 };

struct header {
    bool fin;
    unsigned opcode;
    size_t size;      /* of the header */
    uint64_t len;     /* of the payload */
    uint8_t mask[4];
};

static enum wamp_frame_event fail(struct wamp_frame_in *out, unsigned code, const char *why)
{
    out->code = code;
    out->why = why;
    return WAMP_FRAME_ERROR;
}

/* The header at the start of `in`; size 0 when it is not all there. */
static void read_frame_header(struct str in, struct header *h)
{
    const uint8_t *p = (const uint8_t *)in.ptr;
    h->size = 0;
    if (in.len < 2)
        return;
    unsigned short_len = p[1] & 0x7f, bytes = short_len < 126 ? 0 : short_len == 126 ? 2 : 8;
    size_t size = 2 + bytes + (p[1] & 0x80 ? 4 : 0);
    if (in.len < size)
        return;
    h->fin = p[0] & 0x80;
    h->opcode = p[0] & 15;
    h->len = bytes ? 0 : short_len;
    for (unsigned i = 0; i < bytes; i++)
        h->len = h->len << 8 | p[2 + i];
    if (p[1] & 0x80)
        memcpy(h->mask, p + size - 4, 4);
    h->size = size;
}

static const char *judge_control(const struct header *h)
{
    if (h->opcode > WAMP_WS_PONG)
        return "WebSocket: a reserved opcode";
    if (!h->fin)
        return "WebSocket: a control frame is fragmented";
    return h->len > CONTROL_MAX ? "WebSocket: a control frame is longer than 125 octets" : NULL;
}

static const char *judge_data(const struct wamp_ws *ws, const struct header *h)
{
    if (h->opcode > WAMP_WS_BINARY)
        return "WebSocket: a reserved opcode";
    if (ws->in_message && h->opcode != CONTINUATION)
        return "WebSocket: a new message before the last fragment of the one before";
    if (!ws->in_message && h->opcode == CONTINUATION)
        return "WebSocket: a continuation of nothing";
    return NULL;
}

/* NONE when the frame may go on. The first two octets are p. spec: RFC 6455, 5.2 .. 5.5 */
static enum wamp_frame_event judge(const struct wamp_ws *ws, const uint8_t *p, const struct header *h,
                                   struct wamp_frame_in *out)
{
    unsigned short_len = p[1] & 0x7f;
    if (p[0] & 0x70)
        return fail(out, 1002, "WebSocket: reserved bits are set, no extension was agreed on");
    if (!(p[1] & 0x80) == ws->is_server)
        return fail(out, 1002, ws->is_server ? "WebSocket: a frame of a client is not masked"
                                             : "WebSocket: a frame of a server is masked");
    if ((short_len == 126 && h->len < 126) || (short_len == 127 && h->len < 65536) || h->len >> 63)
        return fail(out, 1002, "WebSocket: a length that is not in its shortest form");
    const char *why = h->opcode >= CONTROL ? judge_control(h) : judge_data(ws, h);
    if (why)
        return fail(out, 1002, why);
    if (h->opcode < CONTROL && (h->len > ws->max_message || ws->message.len > ws->max_message - h->len))
        return fail(out, 1009, "WebSocket: a message longer than the limit");
    return WAMP_FRAME_NONE;
}

static bool close_code_ok(unsigned code)
{
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) || (code >= 3000 && code <= 4999);
}

static enum wamp_frame_event take_close(struct str payload, struct wamp_frame_in *out)
{
    const uint8_t *p = (const uint8_t *)payload.ptr;
    out->code = 1005;
    if (!payload.len)
        return WAMP_FRAME_CLOSE;
    if (payload.len == 1)
        return fail(out, 1002, "WebSocket: a close frame with one octet");
    out->code = (unsigned)p[0] << 8 | p[1];
    out->octets = str_from(payload, 2);
    if (!close_code_ok(out->code))
        return fail(out, 1002, "WebSocket: a close code that may not be sent");
    if (!wamp_utf8_ok(out->octets))
        return fail(out, 1007, "WebSocket: the close reason is not UTF-8");
    return WAMP_FRAME_CLOSE;
}

static enum wamp_frame_event finish_message(struct wamp_ws *ws, struct str octets, struct wamp_frame_in *out)
{
    ws->in_message = false;
    out->octets = octets;
    out->text = ws->text;
    if (ws->text && !ws->skip_utf8 && !wamp_utf8_ok(octets))
        return fail(out, 1007, "WebSocket: a text message is not UTF-8");
    return WAMP_FRAME_MESSAGE;
}

/* A whole frame, its payload unmasked. NONE: a fragment was taken in. */
static enum wamp_frame_event take_frame(struct wamp_ws *ws, const struct header *h, struct str payload,
                                        struct wamp_frame_in *out)
{
    out->octets = payload;
    switch (h->opcode) {
    case WAMP_WS_PING:
        return WAMP_FRAME_PING;
    case WAMP_WS_PONG:
        return WAMP_FRAME_PONG;
    case WAMP_WS_CLOSE:
        return take_close(payload, out);
    default:
        break;
    }
    if (h->opcode != CONTINUATION)
        ws->text = h->opcode == WAMP_WS_TEXT;
    if (h->fin && !ws->in_message)
        return finish_message(ws, payload, out);
    ws->in_message = true;
    wamp_buf_add_str(&ws->message, payload);
    if (ws->message.failed)
        return fail(out, 1011, "out of memory");
    return h->fin ? finish_message(ws, wamp_buf_str(&ws->message), out) : WAMP_FRAME_NONE;
}

/* Octets of a frame that is not all there wait in `part`; when it is, `part` is what was handed out until the next call. */
static enum wamp_frame_event go_on(struct wamp_ws *ws, struct str *in, struct wamp_frame_in *out)
{
    struct header h;
    for (;;) {
        read_frame_header(wamp_buf_str(&ws->part), &h);
        enum wamp_frame_event bad = h.size ? judge(ws, (const uint8_t *)ws->part.ptr, &h, out) : WAMP_FRAME_NONE;
        if (bad)
            return bad;
        /* Without its header, one octet more at a time tells when it is there. */
        size_t want = h.size ? h.size + (size_t)h.len - ws->part.len : 1;
        size_t n = in->len < want ? in->len : want;
        wamp_buf_add(&ws->part, in->ptr, n);
        *in = str_from(*in, n);
        if (ws->part.failed)
            return fail(out, 1011, "out of memory");
        if (n < want)
            return WAMP_FRAME_NONE;
        if (h.size)
            break;
    }
    struct str payload = str_of(ws->part.ptr + h.size, (size_t)h.len);
    if (ws->is_server)
        wamp_ws_mask(ws->part.ptr + h.size, payload.len, h.mask, 0);
    ws->frame_left = 1;  /* part is used up */
    return take_frame(ws, &h, payload, out);
}

/* What was handed out before is not needed any more: an idle connection holds no memory. */
static void forget_used(struct wamp_ws *ws)
{
    if (ws->frame_left) {
        ws->frame_left = 0;
        wamp_buf_fini(&ws->part);
    }
    if (!ws->in_message && ws->message.ptr)
        wamp_buf_fini(&ws->message);
}

enum wamp_frame_event wamp_ws_next(struct wamp_ws *ws, struct str *in, struct wamp_frame_in *out)
{
    enum wamp_frame_event event = WAMP_FRAME_NONE;
    *out = (struct wamp_frame_in){0};
    while (event == WAMP_FRAME_NONE && in->len) {
        struct header h = {.size = 0};
        forget_used(ws);
        if (!ws->part.len)
            read_frame_header(*in, &h);
        if (h.size) {
            event = judge(ws, (const uint8_t *)in->ptr, &h, out);
            if (event)
                return event;
        }
        if (!h.size || in->len - h.size < h.len) {
            event = go_on(ws, in, out);
            continue;
        }
        char *payload = (char *)in->ptr + h.size;
        if (ws->is_server)
            wamp_ws_mask(payload, (size_t)h.len, h.mask, 0);
        *in = str_from(*in, h.size + (size_t)h.len);
        event = take_frame(ws, &h, str_of(payload, (size_t)h.len), out);
    }
    if (event == WAMP_FRAME_NONE)
        forget_used(ws);
    return event;
}

void wamp_ws_fini(struct wamp_ws *ws)
{
    wamp_buf_fini(&ws->part);
    wamp_buf_fini(&ws->message);
}
