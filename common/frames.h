/* What a framing parser (common/websocket.h, common/rawsocket.h) reports to the connection that feeds it. */
#ifndef WAMP_COMMON_FRAMES_H
#define WAMP_COMMON_FRAMES_H

#include "common/str.h"

#include <stdbool.h>

enum wamp_frame_event {
    WAMP_FRAME_NONE,     /* all input taken; more is needed */
    WAMP_FRAME_MESSAGE,  /* out->octets is one whole message, valid until the next call */
    WAMP_FRAME_PING,     /* out->octets must be echoed in a PONG */
    WAMP_FRAME_PONG,
    WAMP_FRAME_CLOSE,    /* WebSocket: the peer closes; out->code (1005 when it gave none), out->octets the reason */
    WAMP_FRAME_ERROR,    /* the connection has to end: out->code is the WebSocket close code (1002, 1007, 1009; 1011 no
                            memory), out->why says what was wrong. No further call. */
};

struct wamp_frame_in {
    struct str octets;
    bool text;        /* WebSocket: the message came in text frames */
    unsigned code;
    const char *why;  /* static */
};

#endif
