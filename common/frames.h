/* What a framing parser (common/websocket.h, common/rawsocket.h) reports to the connection that feeds it.
 *
 *     while ((event = wamp_rs_next(&rs, &octets, &frame)) != WAMP_FRAME_NONE)
 *         ...
 *
 * To the end, also when the octets are used up: the parser keeps a gathered message until it is called again, and
 * an idle connection shall hold no memory. */
#ifndef WAMP_COMMON_FRAMES_H
#define WAMP_COMMON_FRAMES_H

#include "common/buf.h"
#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>

enum wamp_frame_event {
    WAMP_FRAME_NONE,     /* all input taken; more is needed */
    WAMP_FRAME_MESSAGE,  /* out->octets is one whole message, valid until the next call */
    WAMP_FRAME_PING,     /* out->octets must be echoed in a PONG */
    WAMP_FRAME_PONG,
    WAMP_FRAME_CLOSE,    /* WebSocket: the peer closes; out->code (1005: it gave none), out->octets the reason */
    WAMP_FRAME_ERROR,    /* the connection has to end: out->code is the WebSocket close code (1002, 1007, 1009;
                            1011 no memory), out->why says what was wrong. No further call. */
};

struct wamp_frame_in {
    struct str octets;
    bool text;        /* WebSocket: the message came in text frames */
    unsigned code;    /* of CLOSE and ERROR */
    const char *why;  /* of ERROR; static */
};

/* --- for the parsers ------------------------------------------------------------------------------------ */

static inline enum wamp_frame_event wamp_frame_error(struct wamp_frame_in *out, unsigned code, const char *why)
{
    *out = (struct wamp_frame_in){.code = code, .why = why};
    return WAMP_FRAME_ERROR;
}

/* Moves octets from *in to `part` until it has `want` of them. False when they have not all come, or memory is
 * short (part->failed). */
static inline bool wamp_frame_gather(struct wamp_buf *part, struct str *in, uint64_t want)
{
    uint64_t missing = want - part->len;
    size_t n = in->len < missing ? in->len : (size_t)missing;
    wamp_buf_add(part, in->ptr, n);
    *in = str_from(*in, n);
    return part->len == want;
}

/* NONE, or ERROR where memory is short. */
static inline enum wamp_frame_event wamp_frame_unfinished(const struct wamp_buf *part, struct wamp_frame_in *out)
{
    return part->failed ? wamp_frame_error(out, 1011, "out of memory") : WAMP_FRAME_NONE;
}

#endif
