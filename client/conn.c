/* A link over a stream: the WebSocket upgrade or RawSocket handshake, then frames. Framing itself is
 * common/websocket.h and common/rawsocket.h. docs/notes/2026-11-client-transport.md says why not libwebsockets. */
#include "client/conn.h"

#include "client/peer.h"
#include "client/stream.h"
#include "common/mem.h"
#include "common/rawsocket.h"
#include "common/websocket.h"

#include <stdio.h>
#include <time.h>
#include <sys/random.h>

enum {
    READ_BYTES = 65536,
    MASKS_BYTES = 1024,  /* random octets fetched at a time */
    PONG_QUEUE_MAX =
        1 << 18,  /* octets queued beyond which PINGs are not answered: a flood shall not cost memory */
    RS_MAX = 1 << 24,
};

enum upgrade { UPGRADE_ASK, UPGRADE_WAIT, UPGRADE_DONE };

struct conn {
    struct link link;  /* first: what the session sees */
    const struct config *config;
    const struct peer_env *env;
    struct stream stream;
    enum upgrade upgrade;
    uint8_t nonce[16];
    struct wamp_buf head;  /* the answer to the upgrade or handshake, as far as it has come */
    struct wamp_ws ws;
    struct wamp_rs rs;
    size_t peer_max;   /* RawSocket: octets that the router takes */
    struct str in;     /* of `octets`, not yet parsed */
    int64_t heard_at;  /* the last octets, or PING */
    bool pinged;
    uint8_t masks[MASKS_BYTES];
    size_t masks_used;
    char octets[READ_BYTES];
};

static struct conn *conn_of(struct link *l)
{
    return (struct conn *)l;
}

static wamp_rc broken(struct conn *c, const char *why)
{
    wamp_stream_break(&c->stream, why);
    c->link.why = c->stream.why;
    return WAMP_E_LOST;
}

/* --- sending frames ------------------------------------------------------------------------------------------ */

static const uint8_t *next_mask(struct conn *c)
{
    if (c->masks_used == MASKS_BYTES) {
        c->env->random(c->masks, sizeof c->masks);
        c->masks_used = 0;
    }
    const uint8_t *mask = c->masks + c->masks_used;
    c->masks_used += 4;
    return mask;
}

/* spec: RFC 6455 5.3: a client masks every frame, each with a fresh key */
static bool put_ws(struct conn *c, unsigned opcode, struct str head, struct str tail)
{
    uint8_t header[WAMP_WS_HEADER_ROOM];
    struct wamp_buf *out = &c->stream.out;
    const uint8_t *mask = next_mask(c);
    size_t n = wamp_ws_header(header, opcode, head.len + tail.len, mask);
    if (!wamp_buf_room(out, n + head.len + tail.len))
        return false;
    wamp_buf_add(out, header, n);
    wamp_buf_add_str(out, head);
    wamp_buf_add_str(out, tail);
    wamp_ws_mask(out->ptr + out->len - head.len - tail.len, head.len + tail.len, mask, 0);
    return true;
}

enum { RS_MESSAGE, RS_PING, RS_PONG };

static bool put_rs(struct conn *c, unsigned type, struct str head, struct str tail)
{
    uint8_t header[4];
    struct wamp_buf *out = &c->stream.out;
    wamp_rs_header(header, type, head.len + tail.len);
    if (!wamp_buf_room(out, sizeof header + head.len + tail.len))
        return false;
    wamp_buf_add(out, header, sizeof header);
    wamp_buf_add_str(out, head);
    wamp_buf_add_str(out, tail);
    return true;
}

/* A buffer that could not grow is whole, and can be used again. */
static wamp_rc no_memory(struct conn *c)
{
    c->stream.out.failed = false;
    return WAMP_E_NOMEM;
}

static wamp_rc conn_send(struct link *l, struct str head, struct str tail)
{
    struct conn *c = conn_of(l);
    if (c->stream.state != STREAM_OPEN)
        return WAMP_E_LOST;
    if (c->config->url.websocket) {
        unsigned opcode = wamp_ser_is_text(c->config->ser) ? WAMP_WS_TEXT : WAMP_WS_BINARY;
        return put_ws(c, opcode, head, tail) ? WAMP_OK : no_memory(c);
    }
    if (head.len + tail.len > c->peer_max)
        return WAMP_E_TOOBIG;  /* spec: T-58 */
    return put_rs(c, RS_MESSAGE, head, tail) ? WAMP_OK : no_memory(c);
}

/* spec: R-31 */
static void pong(struct conn *c, struct str payload)
{
    if (wamp_stream_queued(&c->stream) > PONG_QUEUE_MAX)
        return;
    bool ok = c->config->url.websocket ? put_ws(c, WAMP_WS_PONG, payload, str_of(NULL, 0))
                                       : put_rs(c, RS_PONG, payload, str_of(NULL, 0));
    if (!ok)
        no_memory(c);
}

static void say_close(struct conn *c, unsigned code)
{
    char payload[2] = {(char)(code >> 8), (char)code};
    if (c->config->url.websocket && c->upgrade == UPGRADE_DONE &&
        !put_ws(c, WAMP_WS_CLOSE, str_of(payload, 2), str_of(NULL, 0)))
        no_memory(c);
}

/* --- opening ------------------------------------------------------------------------------------------------- */

static void host_header(const struct url *url, char *out, size_t size)
{
    bool standard = !strcmp(url->port, url->tls ? "443" : "80");
    if (url->is_unix)
        snprintf(out, size, "localhost");
    else
        snprintf(out, size, "%s%s%s%s%s", url->is_ipv6 ? "[" : "", url->host, url->is_ipv6 ? "]" : "",
                 standard ? "" : ":", standard ? "" : url->port);
}

static void ask(struct conn *c)
{
    const struct url *url = &c->config->url;
    char host[URL_HOST_MAX + 16];
    uint8_t hello[4];
    if (url->websocket) {
        host_header(url, host, sizeof host);
        c->env->random(c->nonce, sizeof c->nonce);
        wamp_ws_request(&c->stream.out, str_z(host), str_z(url->target), c->config->ser, c->nonce);
    } else {
        wamp_rs_hello(hello, c->config->ser, (size_t)c->config->opt.max_message);
        wamp_buf_add(&c->stream.out, hello, sizeof hello);
    }
    wamp_stream_flush(&c->stream);
}

static wamp_rc judge_ws(struct conn *c, size_t *used)
{
    int status = 0;
    const char *why = "";
    char text[120];
    int verdict = wamp_ws_read_response(wamp_buf_str(&c->head), c->config->ser, c->nonce, used, &status, &why);
    if (verdict == 101)
        return WAMP_OK;
    if (verdict == 0 && c->head.len < WAMP_HTTP_HEAD_MAX)
        return WAMP_E_AGAIN;
    if (status && status != 101)
        snprintf(text, sizeof text, "refused with HTTP status %d: %s", status, why);
    else
        snprintf(text, sizeof text, "no WebSocket: %s", verdict ? why : "the answer is too long");
    return broken(c, text);
}

static wamp_rc judge_rs(struct conn *c, size_t *used)
{
    static const char *const errors[] = {[WAMP_RS_SERIALIZER] =
                                             "RawSocket refused: it does not speak the serializer",
                                         [WAMP_RS_LENGTH] = "RawSocket refused: message length",
                                         [WAMP_RS_RESERVED] = "RawSocket refused: reserved bits",
                                         [WAMP_RS_CONNECTIONS] = "RawSocket refused: too many connections"};
    uint8_t answer[4];
    if (c->head.len < sizeof answer)
        return WAMP_E_AGAIN;
    memcpy(answer, c->head.ptr, sizeof answer);
    *used = sizeof answer;
    int error = wamp_rs_read_answer(answer, c->config->ser, &c->peer_max);
    if (!error)
        return WAMP_OK;
    bool known = error > 0 && error < (int)(sizeof errors / sizeof *errors);
    return broken(c, known ? errors[error] : "no RawSocket: the answer is something else");
}

/* Gathers the answer; what lies behind it is input already. */
static wamp_rc hear(struct conn *c)
{
    size_t len, used = 0;
    wamp_rc rc;
    do {
        rc = wamp_stream_read(&c->stream, c->octets, sizeof c->octets, &len);
        if (rc)
            break;
        wamp_buf_add(&c->head, c->octets, len);
        if (c->head.failed)
            return broken(c, "out of memory");
        rc = c->config->url.websocket ? judge_ws(c, &used) : judge_rs(c, &used);
    } while (rc == WAMP_E_AGAIN);
    if (rc == WAMP_OK) {
        size_t rest = c->head.len - used;  /* it came with the last read, so it fits where that was */
        memcpy(c->octets, c->head.ptr + used, rest);
        c->in = str_of(c->octets, rest);
        wamp_buf_fini(&c->head);
    }
    return rc;
}

static wamp_rc conn_advance(struct link *l, int64_t now)
{
    struct conn *c = conn_of(l);
    wamp_rc rc = wamp_stream_advance(&c->stream, now);
    if (!rc && c->upgrade == UPGRADE_ASK) {
        ask(c);
        c->upgrade = UPGRADE_WAIT;
    }
    if (!rc && c->upgrade == UPGRADE_WAIT)
        rc = hear(c);
    if (!rc)
        c->upgrade = UPGRADE_DONE;
    c->heard_at = now;
    c->link.why = c->stream.why;
    return rc;
}

/* --- receiving frames ---------------------------------------------------------------------------------------- */

static wamp_rc on_close(struct conn *c, const struct wamp_frame_in *f)
{
    char text[160];
    say_close(c, f->code == 1005 ? 1000 : f->code);
    wamp_stream_flush(&c->stream);
    snprintf(text, sizeof text, "closed by the router (%u%s%.*s)", f->code, f->octets.len ? ": " : "",
             STR_ARG(f->octets));
    return broken(c, text);
}

static wamp_rc on_error(struct conn *c, const struct wamp_frame_in *f)
{
    char text[160];
    say_close(c, f->code);
    snprintf(text, sizeof text, "the router broke the framing: %s", f->why);
    wamp_stream_flush(&c->stream);
    return broken(c, text);
}

static bool is_right_kind(const struct conn *c, const struct wamp_frame_in *f)
{
    return !c->config->url.websocket || f->text == wamp_ser_is_text(c->config->ser);
}

/* What one event of the parser means: WAMP_OK a message, WAMP_E_AGAIN go on. */
static wamp_rc on_frame(struct conn *c, enum wamp_frame_event event, const struct wamp_frame_in *f)
{
    static const struct wamp_frame_in wrong_kind = {.code = 1002, .why = "text and binary messages are mixed up"};
    switch (event) {
    case WAMP_FRAME_MESSAGE:
        return is_right_kind(c, f) ? WAMP_OK : on_error(c, &wrong_kind);
    case WAMP_FRAME_PING:
        pong(c, f->octets);
        return WAMP_E_AGAIN;
    case WAMP_FRAME_CLOSE:
        return on_close(c, f);
    case WAMP_FRAME_ERROR:
        return on_error(c, f);
    case WAMP_FRAME_PONG:
    case WAMP_FRAME_NONE:
        break;
    }
    return WAMP_E_AGAIN;
}

/* Reads what the socket has. */
static wamp_rc fill(struct conn *c, int64_t now)
{
    size_t len;
    wamp_rc rc = wamp_stream_read(&c->stream, c->octets, sizeof c->octets, &len);
    if (!rc) {
        c->in = str_of(c->octets, len);
        c->heard_at = now;
        c->pinged = false;
    }
    c->link.why = c->stream.why;
    return rc;
}

/* A PING after a silence, the end after two. */
static wamp_rc keep_alive(struct conn *c, int64_t now)
{
    int ping_ms = c->config->opt.ping_ms;
    if (!ping_ms || !c->config->url.websocket || now - c->heard_at < ping_ms)
        return WAMP_OK;
    if (c->pinged)
        return broken(c, "no sign of life");
    if (!put_ws(c, WAMP_WS_PING, STR("libwamp"), str_of(NULL, 0)))
        no_memory(c);
    c->pinged = true;
    c->heard_at = now;
    return WAMP_OK;
}

static enum wamp_frame_event next_frame(struct conn *c, struct wamp_frame_in *out)
{
    return c->config->url.websocket ? wamp_ws_next(&c->ws, &c->in, out) : wamp_rs_next(&c->rs, &c->in, out);
}

static wamp_rc conn_next(struct link *l, int64_t now, struct str *message)
{
    struct conn *c = conn_of(l);
    struct wamp_frame_in f;
    for (;;) {
        for (enum wamp_frame_event event; (event = next_frame(c, &f)) != WAMP_FRAME_NONE;) {
            wamp_rc rc = on_frame(c, event, &f);
            if (rc == WAMP_OK)
                *message = f.octets;
            if (rc != WAMP_E_AGAIN)
                return rc;
        }
        wamp_rc rc = fill(c, now);
        if (rc == WAMP_E_AGAIN && keep_alive(c, now))
            return WAMP_E_LOST;
        if (rc)
            return rc;
    }
}

/* --- the rest ------------------------------------------------------------------------------------------------ */

static void conn_flush(struct link *l)
{
    wamp_stream_flush(&conn_of(l)->stream);
}

static size_t conn_queued(const struct link *l)
{
    return wamp_stream_queued(&((const struct conn *)l)->stream);
}

static void conn_watch(struct link *l, bool read)
{
    wamp_stream_watch(&conn_of(l)->stream, read || conn_of(l)->upgrade != UPGRADE_DONE);
}

static int64_t conn_deadline(const struct link *l)
{
    const struct conn *c = (const struct conn *)l;
    int ping_ms = c->config->opt.ping_ms;
    int64_t at = c->in.len ? 0 : wamp_stream_deadline(&c->stream);
    if (ping_ms && c->upgrade == UPGRADE_DONE && c->heard_at + ping_ms < at)
        at = c->heard_at + ping_ms;
    return at;
}

static bool conn_channel_id(struct link *l, const char *type, uint8_t out[32])
{
    struct conn *c = conn_of(l);
    return c->stream.tls && wamp_tls_channel_id(c->stream.tls, type, out);
}

static void conn_close(struct link *l, unsigned code)
{
    struct conn *c = conn_of(l);
    if (c->stream.state == STREAM_OPEN)
        say_close(c, code);
    wamp_stream_fini(&c->stream);
    wamp_buf_fini(&c->head);
    wamp_ws_fini(&c->ws);
    wamp_rs_fini(&c->rs);
    wamp_free(c);
}

static const struct link_ops ops = {
    .advance = conn_advance,
    .next = conn_next,
    .send = conn_send,
    .flush = conn_flush,
    .queued = conn_queued,
    .watch = conn_watch,
    .deadline = conn_deadline,
    .channel_id = conn_channel_id,
    .close = conn_close,
};

struct link *wamp_conn_open(struct wamp_peer *p)
{
    struct conn *c = wamp_zalloc(sizeof *c);
    size_t max = (size_t)p->config.opt.max_message;
    if (!c)
        return NULL;
    c->link.ops = &ops;
    c->config = &p->config;
    c->env = p->env;
    c->masks_used = MASKS_BYTES;
    wamp_stream_init(&c->stream, &p->config, &p->tls, p->mailbox.epoll_fd);
    c->ws = (struct wamp_ws){.skip_utf8 = true, .max_message = max};
    c->rs = (struct wamp_rs){.max_message = max < RS_MAX ? max : RS_MAX};
    return &c->link;
}

/* --- the real world ------------------------------------------------------------------------------------------ */

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void system_random(void *out, size_t len)
{
    for (size_t got = 0; got < len;) {
        ssize_t n = getrandom((char *)out + got, len - got, 0);
        got += n > 0 ? (size_t)n : 0;
    }
}

const struct peer_env wamp_real_env = {
    .open_link = wamp_conn_open, .clock = monotonic_ms, .random = system_random};
