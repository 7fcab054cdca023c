#include "common/rawsocket.h"

enum { MAGIC = 0x7f, HEADER = 4, LENGTH_LEAST = 512, LENGTH_MOST = 1 << 24 };

/* --- handshake ------------------------------------------------------------------------------------------ */

void wamp_rs_hello(uint8_t out[4], enum wamp_ser ser, size_t max_message)
{
    unsigned code = 0;
    for (size_t length = LENGTH_LEAST; length < max_message && length < LENGTH_MOST; length *= 2)
        code++;
    out[0] = MAGIC;
    out[1] = (uint8_t)(code << 4 | (unsigned)ser);
    out[2] = out[3] = 0;
}

void wamp_rs_refuse(uint8_t out[4], enum wamp_rs_error error)
{
    out[0] = MAGIC;
    out[1] = (uint8_t)(error << 4);
    out[2] = out[3] = 0;
}

static size_t announced_max(uint8_t octet)
{
    return (size_t)LENGTH_LEAST << (octet >> 4);
}

int wamp_rs_read_hello(const uint8_t in[4], enum wamp_ser *ser, size_t *peer_max)
{
    unsigned serializer = in[1] & 15;
    if (in[0] != MAGIC)
        return -1;
    if (in[2] || in[3])
        return WAMP_RS_RESERVED;
    if (serializer < WAMP_JSON || serializer > WAMP_CBOR)
        return WAMP_RS_SERIALIZER;
    *ser = (enum wamp_ser)serializer;
    *peer_max = announced_max(in[1]);
    return 0;
}

int wamp_rs_read_answer(const uint8_t in[4], enum wamp_ser asked, size_t *peer_max)
{
    unsigned serializer = in[1] & 15, error = in[1] >> 4;
    if (in[0] != MAGIC || in[2] || in[3])
        return -1;
    if (serializer == 0 && error)
        return (int)error;
    if (serializer != (unsigned)asked)
        return -1;
    *peer_max = announced_max(in[1]);
    return 0;
}

/* --- frames --------------------------------------------------------------------------------------------- */

void wamp_rs_header(uint8_t out[4], unsigned type, size_t len)
{
    /* Only the length 2^24 sets the 25th bit, X. spec: T-57 */
    out[0] = (uint8_t)(type | (len == LENGTH_MOST ? 8 : 0));
    out[1] = (uint8_t)(len >> 16);
    out[2] = (uint8_t)(len >> 8);
    out[3] = (uint8_t)len;
}

static size_t length_of(const uint8_t *header)
{
    return (size_t)(header[0] & 8) << 21 | (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];
}

/* What a frame type is to the connection; NONE: reserved. */
static enum wamp_frame_event event_of(const uint8_t *header)
{
    static const enum wamp_frame_event events[8] = {WAMP_FRAME_MESSAGE, WAMP_FRAME_PING, WAMP_FRAME_PONG};
    return events[header[0] & 7];
}

/* ERROR, or NONE when the body may follow. spec: A-RAW-01 */
static enum wamp_frame_event judge(const struct wamp_rs *rs, const uint8_t *header, struct wamp_frame_in *out)
{
    size_t len = length_of(header);
    if (header[0] & 0xf0)
        return wamp_frame_error(out, 1002, "RawSocket: reserved bits of a frame are set");
    if (!event_of(header))
        return wamp_frame_error(out, 1002, "RawSocket: a frame of a reserved type");
    if (len > LENGTH_MOST)
        return wamp_frame_error(out, 1002, "RawSocket: a length beyond 2^24");
    if (len > rs->max_message)
        return wamp_frame_error(out, 1009, "RawSocket: a frame longer than the limit that was announced");
    return WAMP_FRAME_NONE;
}

static enum wamp_frame_event hand_out(const char *frame, struct wamp_frame_in *out)
{
    const uint8_t *header = (const uint8_t *)frame;
    out->octets = str_of(frame + HEADER, length_of(header));
    return event_of(header);
}

/* A frame that is not all there waits in `part`. */
static enum wamp_frame_event go_on(struct wamp_rs *rs, struct str *in, struct wamp_frame_in *out)
{
    struct wamp_buf *part = &rs->part;
    if (part->len < HEADER && !wamp_frame_gather(part, in, HEADER))
        return wamp_frame_unfinished(part, out);
    const uint8_t *header = (const uint8_t *)part->ptr;
    if (judge(rs, header, out))
        return WAMP_FRAME_ERROR;
    if (!wamp_frame_gather(part, in, HEADER + length_of(header)))
        return wamp_frame_unfinished(part, out);
    rs->lent = true;
    return hand_out(part->ptr, out);
}

/* A frame begins with *in. */
static enum wamp_frame_event begin(struct wamp_rs *rs, struct str *in, struct wamp_frame_in *out)
{
    const char *frame = in->ptr;
    if (in->len < HEADER)
        return go_on(rs, in, out);
    if (judge(rs, (const uint8_t *)frame, out))
        return WAMP_FRAME_ERROR;
    size_t len = length_of((const uint8_t *)frame);
    if (in->len - HEADER < len)
        return go_on(rs, in, out);
    *in = str_from(*in, HEADER + len);
    return hand_out(frame, out);
}

enum wamp_frame_event wamp_rs_next(struct wamp_rs *rs, struct str *in, struct wamp_frame_in *out)
{
    *out = (struct wamp_frame_in){0};
    if (rs->lent)
        wamp_rs_fini(rs);
    if (!in->len)
        return WAMP_FRAME_NONE;
    return rs->part.len ? go_on(rs, in, out) : begin(rs, in, out);
}

void wamp_rs_fini(struct wamp_rs *rs)
{
    rs->lent = false;
    wamp_buf_fini(&rs->part);
}
