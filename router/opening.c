#include "router/opening.h"

#include "router/cookie.h"
#include "router/http.h"
#include "router/origin.h"

enum { RAWSOCKET_MAGIC = 0x7F, HANDSHAKE_LEN = 4 };

/* --- refusals ------------------------------------------------------------------------------------------- */

static void refuse_http(struct conn *c, int status, const char *why)
{
    struct wamp_buf *out = &c->hub->scratch;
    wamp_buf_reset(out);
    wamp_ws_refuse(out, status, why);
    conn_write(c, out->failed ? STR("") : wamp_buf_str(out));
    c->hub->metrics.refused_requests++;
    conn_finish(c);
}

static void refuse_rawsocket(struct conn *c, enum wamp_rs_error error)
{
    uint8_t answer[HANDSHAKE_LEN];
    wamp_rs_refuse(answer, error);
    conn_write(c, str_of((const char *)answer, sizeof answer));
    c->hub->metrics.refused_requests++;
    conn_finish(c);
}

static bool is_rawsocket(struct str octets)
{
    return octets.len && (uint8_t)octets.ptr[0] == RAWSOCKET_MAGIC;
}

void opening_refuse(struct conn *c, int status, const char *why)
{
    struct str octets = wamp_buf_str(&c->in.opening);
    if (c->state == CONN_HTTP)
        http_refuse(c, status, why);
    else if (!octets.len || is_rawsocket(octets))
        conn_drop(c);
    else
        refuse_http(c, status, why);
}

bool opening_admits(const struct conn *c, struct str origin)
{
    const struct config_names *list = c->listener ? &c->listener->origins : NULL;
    return !list || origin_allowed(list->names, list->count, origin);
}

/* --- the two handshakes: octets used, 0 for "more is needed" and "refused" ------------------------------ */

static void accept_websocket(struct conn *c, const struct wamp_ws_request *request)
{
    struct wamp_buf *out = &c->hub->scratch, headers = {0};
    cookie_meet(c, request, &headers);
    wamp_buf_reset(out);
    wamp_ws_accept(out, request, wamp_buf_str(&headers));
    conn_write(c, out->failed || headers.failed ? STR("") : wamp_buf_str(out));
    wamp_buf_fini(&headers);
}

static size_t open_websocket(struct conn *c, struct str octets)
{
    struct wamp_ws_request request;
    size_t used = 0;
    const char *why = NULL;
    int status = wamp_ws_read_request(octets, &request, &used, &why);
    if (status == 101 && c->refused)
        status = 503, why = "too many connections";
    if (status == 101 && !opening_admits(c, request.origin))
        status = 403, why = "pages of that origin may not connect";
    if (status != 101) {
        if (status)
            refuse_http(c, status, why);
        return 0;
    }
    accept_websocket(c, &request);
    conn_open(c, request.batched ? &framing_websocket_batched : &framing_websocket, request.ser);
    return used;
}

static size_t open_rawsocket(struct conn *c, struct str octets)
{
    uint8_t answer[HANDSHAKE_LEN];
    enum wamp_ser ser;
    if (octets.len < HANDSHAKE_LEN)
        return 0;
    int error = wamp_rs_read_hello((const uint8_t *)octets.ptr, &ser, &c->peer_max);
    if (!error && c->refused)
        error = WAMP_RS_CONNECTIONS;
    if (error) {
        refuse_rawsocket(c, (enum wamp_rs_error)error);
        return 0;
    }
    wamp_rs_hello(answer, ser, (size_t)c->hub->config->max_message);
    conn_write(c, str_of((const char *)answer, sizeof answer));
    conn_open(c, &framing_rawsocket, ser);
    return HANDSHAKE_LEN;
}

/* Whatever does not begin as an upgrade does, where there is something else to ask for. */
static bool is_other_http(const struct conn *c, struct str octets)
{
    const struct str get = STR("GET ");
    size_t len = octets.len < get.len ? octets.len : get.len;
    return c->listener && c->listener->longpoll.base && !str_eq(str_of(octets.ptr, len), str_of(get.ptr, len));
}

static size_t open_one(struct conn *c, struct str octets)
{
    if (is_rawsocket(octets))
        return open_rawsocket(c, octets);
    if (!is_other_http(c, octets))
        return open_websocket(c, octets);
    http_open(c);
    return 0;
}

/* What has come so far is kept until it is a whole handshake; what follows that is for the parser. */
void opening_on_octets(struct conn *c, struct str octets)
{
    struct wamp_buf whole = c->in.opening;
    c->in.opening = (struct wamp_buf){0};
    if (whole.len) {
        wamp_buf_add_str(&whole, octets);
        octets = wamp_buf_str(&whole);
    }
    size_t used = whole.failed ? 0 : open_one(c, octets);
    if (c->state == CONN_OPENING) {
        if (!whole.len)
            wamp_buf_add_str(&whole, octets);
        c->in.opening = whole;
        if (whole.failed)
            conn_drop(c);
        return;
    }
    conn_on_octets(c, str_from(octets, used));
    wamp_buf_fini(&whole);
}
