#include "common/rawsocket.h"

enum { MAGIC = 0x7f, HEADER = 4, LENGTH_MAX = 1 << 24, TYPE_MESSAGE = 0, TYPE_PING = 1, TYPE_PONG = 2 };

/* --- handshake --------------------------------------------------------------------------------------------------------- */

static unsigned length_code(size_t max_message)
{
    unsigned code = 0;
    while (code < 15 && ((size_t)512 << code) < max_message)
        code++;
    return code;
}

void wamp_rs_hello(uint8_t out[4], enum wamp_ser ser, size_t max_message)
{
    out[0] = MAGIC;
    out[1] = (uint8_t)(length_code(max_message) << 4 | (unsigned)ser);
    out[2] = out[3] = 0;
}

void wamp_rs_refuse(uint8_t out[4], enum wamp_rs_error error)
{
    out[0] = MAGIC;
    out[1] = (uint8_t)(error << 4);
    out[2] = out[3] = 0;
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
    *peer_max = (size_t)512 << (in[1] >> 4);
    return 0;
}

int wamp_rs_read_answer(const uint8_t in[4], enum wamp_ser asked, size_t *peer_max)
{
    if (in[0] != MAGIC || in[2] || in[3])
        return -1;
    if ((in[1] & 15) == 0 && in[1] >> 4)
        return in[1] >> 4;
    if ((in[1] & 15) != (unsigned)asked)
        return -1;
    *peer_max = (size_t)512 << (in[1] >> 4);
    return 0;
}

/* --- frames ------------------------------------------------------------------------------------------------------------- */

void wamp_rs_header(uint8_t out[4], unsigned type, size_t len)
{
    /* Only the length 2^24 sets the 25th bit, X. */
    out[0] = (uint8_t)(type | (len == LENGTH_MAX ? 8 : 0));
    out[1] = (uint8_t)(len >> 16);
    out[2] = (uint8_t)(len >> 8);
    out[3] = (uint8_t)len;
}

void wamp_rs_fini(struct wamp_rs *rs)
{
    wamp_buf_fini(&rs->part);
}

static enum wamp_frame_event fail(struct wamp_frame_in *out, unsigned code, const char *why)
{
    out->code = code;
    out->why = why;
    return WAMP_FRAME_ERROR;
}

/* Judges the header; NONE when good. spec: T-57 */
static enum wamp_frame_event judge(const struct wamp_rs *rs, const uint8_t *h, size_t *len, struct wamp_frame_in *out)
{
    *len = (size_t)(h[0] & 8) << 21 | (size_t)h[1] << 16 | (size_t)h[2] << 8 | h[3];
    if (h[0] & 0xf0)
        return fail(out, 1002, "RawSocket: reserved bits of a frame are set");
    if ((h[0] & 7) > TYPE_PONG)
        return fail(out, 1002, "RawSocket: a frame of a reserved type");
    if (*len > LENGTH_MAX)
        return fail(out, 1002, "RawSocket: a length beyond 2^24");
    if (*len > rs->max_message)
        return fail(out, 1009, "RawSocket: a frame longer than the limit that was announced");
    return WAMP_FRAME_NONE;
}

static enum wamp_frame_event hand_out(const char *frame, size_t len, struct wamp_frame_in *out)
{
    static const enum wamp_frame_event events[] = {
        [TYPE_MESSAGE] = WAMP_FRAME_MESSAGE, [TYPE_PING] = WAMP_FRAME_PING, [TYPE_PONG] = WAMP_FRAME_PONG};
    out->octets = str_of(frame + HEADER, len);
    return events[frame[0] & 7];
}

/* Moves up to `count` octets from *in to the frame being gathered. */
static bool gather(struct wamp_rs *rs, struct str *in, size_t count)
{
    size_t n = in->len < count ? in->len : count;
    wamp_buf_add(&rs->part, in->ptr, n);
    *in = str_from(*in, n);
    return !rs->part.failed;
}

/* Goes on with a frame that was cut. */
static enum wamp_frame_event go_on(struct wamp_rs *rs, struct str *in, struct wamp_frame_in *out)
{
    size_t len;
    if (rs->part.len < HEADER && !gather(rs, in, HEADER - rs->part.len))
        return fail(out, 1011, "out of memory");
    if (rs->part.len < HEADER)
        return WAMP_FRAME_NONE;
    enum wamp_frame_event bad = judge(rs, (const uint8_t *)rs->part.ptr, &len, out);
    if (bad)
        return bad;
    if (!gather(rs, in, HEADER + len - rs->part.len))
        return fail(out, 1011, "out of memory");
    return rs->part.len == HEADER + len ? hand_out(rs->part.ptr, len, out) : WAMP_FRAME_NONE;
}

/* Whether `part` holds a whole frame, which was handed out by the call before. */
static bool is_used_up(const struct wamp_rs *rs)
{
    size_t len;
    struct wamp_frame_in ignored;
    return rs->part.len >= HEADER && !judge(rs, (const uint8_t *)rs->part.ptr, &len, &ignored) &&
           rs->part.len == HEADER + len;
}

enum wamp_frame_event wamp_rs_next(struct wamp_rs *rs, struct str *in, struct wamp_frame_in *out)
{
    size_t len;
    *out = (struct wamp_frame_in){0};
    if (rs->part.len && is_used_up(rs))
        wamp_buf_fini(&rs->part);  /* an idle connection holds no memory */
    if (rs->part.len)
        return go_on(rs, in, out);
    if (in->len >= HEADER) {
        enum wamp_frame_event bad = judge(rs, (const uint8_t *)in->ptr, &len, out);
        if (bad)
            return bad;
        if (in->len - HEADER >= len) {
            const char *frame = in->ptr;
            *in = str_from(*in, HEADER + len);
            return hand_out(frame, len, out);
        }
    }
    return in->len ? go_on(rs, in, out) : WAMP_FRAME_NONE;
}
