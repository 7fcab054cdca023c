/* WebSocket frames, RFC 6455 section 5. The HTTP upgrade that comes before them: common/websocket_upgrade.c. */
#include "common/websocket.h"

#include "common/utf8.h"

#include <string.h>

enum { CONTINUATION = 0, CONTROL_MAX = 125, MASK_LEN = 4 };

/* --- writing -------------------------------------------------------------------------------------------- */

static inline void mask_word(char *octets, uint64_t mask)
{
    uint64_t word;
    memcpy(&word, octets, sizeof word);
    word ^= mask;
    memcpy(octets, &word, sizeof word);
}

void wamp_ws_mask(char *octets, size_t len, const uint8_t mask[4], size_t phase)
{
    uint8_t turned[2 * MASK_LEN];
    uint64_t wide;
    memcpy(turned, mask, MASK_LEN);
    memcpy(turned + MASK_LEN, mask, MASK_LEN);
    memcpy(turned, turned + phase % MASK_LEN, MASK_LEN);
    memcpy(turned + MASK_LEN, turned, MASK_LEN);
    memcpy(&wide, turned, sizeof wide);
    for (; len >= 2 * sizeof wide; len -= 2 * sizeof wide, octets += 2 * sizeof wide) {
        mask_word(octets, wide);
        mask_word(octets + sizeof wide, wide);
    }
    if (len >= sizeof wide) {
        mask_word(octets, wide);
        len -= sizeof wide, octets += sizeof wide;
    }
    for (size_t i = 0; i < len; i++)
        octets[i] = (char)(octets[i] ^ turned[i]);
}

size_t wamp_ws_header(uint8_t out[WAMP_WS_HEADER_ROOM], unsigned opcode, uint64_t len, const uint8_t mask[4])
{
    unsigned bytes = len < 126 ? 0 : len < 65536 ? 2 : 8;
    size_t size = 2 + bytes;
    out[0] = (uint8_t)(0x80 | opcode);
    out[1] = (uint8_t)((mask ? 0x80 : 0) | (bytes == 0 ? len : bytes == 2 ? 126 : 127));
    for (unsigned i = 0; i < bytes; i++)
        out[2 + i] = (uint8_t)(len >> 8 * (bytes - 1 - i));
    if (!mask)
        return size;
    memcpy(out + size, mask, MASK_LEN);
    return size + MASK_LEN;
}

/* --- headers -------------------------------------------------------------------------------------------- */

struct header {
    bool fin, reserved, masked;
    unsigned opcode;
    unsigned short_len;  /* the first 7 bits of the length: 126 and 127 say that it follows in 2 or 8 octets */
    size_t size;         /* of the header */
    uint64_t len;        /* of the payload */
    uint8_t mask[MASK_LEN];
};

/* Octets of the header that `in` begins with; while that cannot be told, 2, the least that are needed. */
static size_t header_size(struct str in)
{
    if (in.len < 2)
        return 2;
    unsigned short_len = in.ptr[1] & 0x7f;
    return 2 + (short_len < 126 ? 0 : short_len == 126 ? 2 : 8) + (in.ptr[1] & 0x80 ? MASK_LEN : 0);
}

/* The header at `octets`, all `size` of it. */
static inline void read_header(const char *octets, size_t size, struct header *h)
{
    const uint8_t *p = (const uint8_t *)octets, *end = p + size;
    h->fin = p[0] & 0x80;
    h->reserved = p[0] & 0x70;
    h->opcode = p[0] & 15;
    h->short_len = p[1] & 0x7f;
    h->masked = p[1] & 0x80;
    h->size = size;
    if (h->masked)
        memcpy(h->mask, end -= MASK_LEN, MASK_LEN);
    h->len = h->short_len < 126 ? h->short_len : 0;
    for (p += 2; p < end; p++)
        h->len = h->len << 8 | *p;
}

static bool is_control(const struct header *h)
{
    return h->opcode & 8;
}

/* What RFC 6455, 5.2 to 5.5, has against it; NULL: nothing. */
static inline const char *header_error(const struct wamp_ws *ws, const struct header *h)
{
    if (h->reserved)
        return "WebSocket: reserved bits are set, no extension was agreed on";
    if (ws->is_server && !h->masked)
        return "WebSocket: a frame of a client is not masked";
    if (!ws->is_server && h->masked)
        return "WebSocket: a frame of a server is masked";
    if ((h->opcode & 7) > WAMP_WS_BINARY)
        return "WebSocket: a reserved opcode";
    if (is_control(h) && !h->fin)
        return "WebSocket: a control frame is fragmented";
    if (is_control(h) && h->short_len > CONTROL_MAX)
        return "WebSocket: a control frame is longer than 125 octets";
    if ((h->short_len == 126 && h->len < 126) || (h->short_len == 127 && h->len < 65536) || h->len >> 63)
        return "WebSocket: a length that is not in its shortest form";
    if (!is_control(h) && ws->in_message && h->opcode != CONTINUATION)
        return "WebSocket: a new message before the last fragment of the one before";
    if (!ws->in_message && h->opcode == CONTINUATION)
        return "WebSocket: a continuation of nothing";
    return NULL;
}

static bool is_too_big(const struct wamp_ws *ws, const struct header *h)
{
    return !is_control(h) && (h->len > ws->max_message || ws->message.len > ws->max_message - h->len);
}

/* --- whole frames --------------------------------------------------------------------------------------- */

/* ERROR, or NONE when the payload may follow. */
static inline enum wamp_frame_event judge(const struct wamp_ws *ws, const struct header *h, struct wamp_frame_in *out)
{
    const char *why = header_error(ws, h);
    if (why)
        return wamp_frame_error(out, 1002, why);
    if (is_too_big(ws, h))
        return wamp_frame_error(out, 1009, "WebSocket: a message longer than the limit");
    return WAMP_FRAME_NONE;
}

/* RFC 6455, 7.4, and the codes registered since (1012 .. 1014). */
static bool may_be_sent(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

static enum wamp_frame_event take_close(struct str payload, struct wamp_frame_in *out)
{
    const uint8_t *p = (const uint8_t *)payload.ptr;
    out->code = 1005;  /* none was given */
    if (!payload.len)
        return WAMP_FRAME_CLOSE;
    if (payload.len == 1)
        return wamp_frame_error(out, 1002, "WebSocket: a close frame with one octet");
    out->code = (unsigned)p[0] << 8 | p[1];
    out->octets = str_from(payload, 2);
    if (!may_be_sent(out->code))
        return wamp_frame_error(out, 1002, "WebSocket: a close code that may not be sent");
    if (!wamp_utf8_ok(out->octets))
        return wamp_frame_error(out, 1007, "WebSocket: the close reason is not UTF-8");
    return WAMP_FRAME_CLOSE;
}

static enum wamp_frame_event finish_message(struct wamp_ws *ws, struct str octets, struct wamp_frame_in *out)
{
    ws->in_message = false;
    out->octets = octets;
    out->text = ws->text;
    if (ws->text && !ws->skip_utf8 && !wamp_utf8_ok(octets))
        return wamp_frame_error(out, 1007, "WebSocket: a text message is not UTF-8");
    return WAMP_FRAME_MESSAGE;
}

/* A message, or one more fragment. */
static enum wamp_frame_event take_data(struct wamp_ws *ws, const struct header *h, struct str payload,
                                       struct wamp_frame_in *out)
{
    if (h->opcode != CONTINUATION)
        ws->text = h->opcode == WAMP_WS_TEXT;
    if (h->fin && !ws->in_message)
        return finish_message(ws, payload, out);
    ws->in_message = true;
    wamp_buf_add_str(&ws->message, payload);
    if (ws->message.failed || !h->fin)
        return wamp_frame_unfinished(&ws->message, out);
    ws->lent = true;
    return finish_message(ws, wamp_buf_str(&ws->message), out);
}

static enum wamp_frame_event take_frame(struct wamp_ws *ws, const struct header *h, char *octets,
                                        struct wamp_frame_in *out)
{
    struct str payload = str_of(octets, (size_t)h->len);
    if (h->masked)
        wamp_ws_mask(octets, payload.len, h->mask, 0);
    out->octets = payload;
    switch (h->opcode) {
    case WAMP_WS_CLOSE:
        return take_close(payload, out);
    case WAMP_WS_PING:
        return WAMP_FRAME_PING;
    case WAMP_WS_PONG:
        return WAMP_FRAME_PONG;
    default:
        return take_data(ws, h, payload, out);
    }
}

/* --- frames out of pieces ------------------------------------------------------------------------------- */

/* A frame that is not all there waits in `part`. */
static enum wamp_frame_event go_on(struct wamp_ws *ws, struct str *in, struct wamp_frame_in *out)
{
    struct wamp_buf *part = &ws->part;
    struct header h;
    size_t size;
    while (part->len < (size = header_size(wamp_buf_str(part))))
        if (!wamp_frame_gather(part, in, size))
            return wamp_frame_unfinished(part, out);
    read_header(part->ptr, size, &h);
    if (judge(ws, &h, out))
        return WAMP_FRAME_ERROR;
    if (!wamp_frame_gather(part, in, size + h.len))
        return wamp_frame_unfinished(part, out);
    ws->lent = true;
    return take_frame(ws, &h, part->ptr + size, out);
}

/* A frame begins with *in. */
static enum wamp_frame_event begin(struct wamp_ws *ws, struct str *in, struct wamp_frame_in *out)
{
    struct header h;
    size_t size = header_size(*in);
    if (in->len < size)
        return go_on(ws, in, out);
    read_header(in->ptr, size, &h);
    if (judge(ws, &h, out))
        return WAMP_FRAME_ERROR;
    if (in->len - size < h.len)
        return go_on(ws, in, out);
    char *payload = (char *)in->ptr + size;
    *in = str_from(*in, size + (size_t)h.len);
    return take_frame(ws, &h, payload, out);
}

/* What was handed out before is not looked at any more: an idle connection holds no memory. */
static void take_back(struct wamp_ws *ws)
{
    ws->lent = false;
    wamp_buf_fini(&ws->part);
    if (!ws->in_message)
        wamp_buf_fini(&ws->message);
}

enum wamp_frame_event wamp_ws_next(struct wamp_ws *ws, struct str *in, struct wamp_frame_in *out)
{
    *out = (struct wamp_frame_in){0};
    for (;;) {
        if (ws->lent)
            take_back(ws);
        if (!in->len)
            return WAMP_FRAME_NONE;
        enum wamp_frame_event event = ws->part.len ? go_on(ws, in, out) : begin(ws, in, out);
        if (event)
            return event;
    }
}

void wamp_ws_fini(struct wamp_ws *ws)
{
    wamp_buf_fini(&ws->part);
    wamp_buf_fini(&ws->message);
}
