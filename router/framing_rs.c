#include "router/framing.h"

#include "router/conn.h"

enum { TYPE_MESSAGE = 0, TYPE_PONG = 2, HEADER_LEN = 4 };

static enum wamp_frame_event next(union framing_in *in, struct str *octets, struct wamp_frame_in *out)
{
    return wamp_rs_next(&in->rs, octets, out);
}

/* A power of two, as the handshake announced it: what was announced has to be taken. */
static void set_limit(union framing_in *in, size_t max_message)
{
    in->rs.max_message = 512;
    while (in->rs.max_message < max_message)
        in->rs.max_message *= 2;
}

static void fini(union framing_in *in)
{
    wamp_rs_fini(&in->rs);
}

static size_t header(char *to, enum wamp_ser ser, size_t len)
{
    (void)ser;
    wamp_rs_header((uint8_t *)to, TYPE_MESSAGE, len);
    return HEADER_LEN;
}

static void pong(struct conn *c, struct str payload)
{
    char *to = conn_room(c, HEADER_LEN + payload.len);
    if (!to)
        return;
    wamp_rs_header((uint8_t *)to, TYPE_PONG, payload.len);
    if (payload.len)
        memcpy(to + HEADER_LEN, payload.ptr, payload.len);
    conn_queued(c, HEADER_LEN + payload.len);
}

static bool close_frame(struct conn *c, unsigned code, const char *reason)
{
    (void)c, (void)code, (void)reason;
    return false;
}

/* No ping: it kills Twisted Autobahn and Crossbar. TCP's keepalive finds dead peers. spec: T-61 */
const struct framing framing_rawsocket = {
    .name = "rawsocket",
    .next = next,
    .start = set_limit,
    .set_limit = set_limit,
    .fini = fini,
    .header = header,
    .pong = pong,
    .close = close_frame,
};
