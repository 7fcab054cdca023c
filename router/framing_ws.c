#include "router/framing.h"

#include "common/batch.h"
#include "router/conn.h"

#include <string.h>

enum { CONTROL_MAX = 125 };  /* octets of a control frame's payload: RFC 6455, 5.5 */

static enum wamp_frame_event next(union framing_in *in, struct str *octets, struct wamp_frame_in *out)
{
    return wamp_ws_next(&in->ws, octets, out);
}

static void set_limit(union framing_in *in, size_t max_message)
{
    in->ws.max_message = max_message;
}

/* The JSON reader validates text anyway, and binary messages have none. */
static void start(union framing_in *in, size_t max_message)
{
    in->ws.is_server = true;
    in->ws.skip_utf8 = true;
    in->ws.max_message = max_message;
}

static void fini(union framing_in *in)
{
    wamp_ws_fini(&in->ws);
}

static size_t header(char *to, enum wamp_ser ser, size_t len)
{
    return wamp_ws_header((uint8_t *)to, wamp_ser_is_text(ser) ? WAMP_WS_TEXT : WAMP_WS_BINARY, len, NULL);
}

/* Every message is a batch of one: what is queued leaves together anyway. spec: A-BWS-02 */
static size_t batch_header(char *to, enum wamp_ser ser, size_t len)
{
    size_t prefix = wamp_ser_is_text(ser) ? 0 : WAMP_BATCH_PREFIX;
    size_t n = header(to, ser, prefix + len);
    return n + wamp_batch_prefix(to + n, ser, len);
}

/* spec: W-13: header and payload leave together */
static void control(struct conn *c, unsigned opcode, struct str payload)
{
    char *to = conn_room(c, FRAME_HEADER_ROOM + CONTROL_MAX);
    if (!to)
        return;
    size_t len = wamp_ws_header((uint8_t *)to, opcode, payload.len, NULL);
    if (payload.len)
        memcpy(to + len, payload.ptr, payload.len);
    conn_queued(c, len + payload.len);
}

static void ping(struct conn *c, struct str payload)
{
    control(c, WAMP_WS_PING, payload);
}

static void pong(struct conn *c, struct str payload)
{
    control(c, WAMP_WS_PONG, payload);
}

static bool close_frame(struct conn *c, unsigned code, const char *reason)
{
    char payload[CONTROL_MAX];
    size_t len = strnlen(reason, sizeof payload - 2);
    payload[0] = (char)(code >> 8);
    payload[1] = (char)code;
    memcpy(payload + 2, reason, len);
    control(c, WAMP_WS_CLOSE, str_of(payload, 2 + len));
    return true;
}

const struct framing framing_websocket = {
    .name = "websocket",
    .has_types = true,
    .next = next,
    .start = start,
    .set_limit = set_limit,
    .fini = fini,
    .header = header,
    .ping = ping,
    .pong = pong,
    .close = close_frame,
};

const struct framing framing_websocket_batched = {
    .name = "websocket",
    .batched = true,
    .has_types = true,
    .next = next,
    .start = start,
    .set_limit = set_limit,
    .fini = fini,
    .header = batch_header,
    .ping = ping,
    .pong = pong,
    .close = close_frame,
};
