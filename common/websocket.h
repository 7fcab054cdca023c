/* WebSocket (RFC 6455): HTTP upgrade and framing, sans I/O, for both ends. Section 0.9 of the checklist.
 *
 * Why our own and not libwebsockets' ws role: docs/notes/2026-11-websocket-framing.md. */
#ifndef WAMP_COMMON_WEBSOCKET_H
#define WAMP_COMMON_WEBSOCKET_H

#include "common/buf.h"
#include "common/err.h"
#include "common/frames.h"
#include "common/http.h"
#include "common/ser.h"
#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    WAMP_WS_HEADER_ROOM = 14,  /* octets of the largest frame header */
};

/* --- server side of the upgrade ------------------------------------------------------------------------- */

/* An upgrade request, read. Strings borrow the input; ptr is NULL where a header is absent. */
struct wamp_ws_request {
    struct str target, host, origin, key, user_agent, cookie;
    struct str protocols;  /* the Sec-WebSocket-Protocol header that ser was found in */
    enum wamp_ser ser;     /* the first offered subprotocol that we speak, in the client's order */
    bool batched;          /* its name ended in .batched: common/batch.h */
};

/* Reads a request head from the start of `in`. Returns 0 when more octets are needed; 101 with *out and the length
 * of the head in *used; else the HTTP status to refuse with (400, 405, 414, 426, 431, 501), *why a static text.
 * What can be refused before the head is whole, is: a line too long, and what is no HTTP at all.
 * spec: 0.9 rows 1 and 2; W-01, W-02 (any path, any origin here: policy is the caller's) */
int wamp_ws_read_request(struct str in, struct wamp_ws_request *out, size_t *used, const char **why);

/* Appends the 101 response (subprotocol echoed, no extensions). headers: more lines of it, each with its end. */
void wamp_ws_accept(struct wamp_buf *out, const struct wamp_ws_request *req, struct str headers);

/* Appends a complete refusal with status line, headers and a text body. (W-03: never a bare close) */
void wamp_ws_refuse(struct wamp_buf *out, int status, const char *why);

/* --- client side of the upgrade ------------------------------------------------------------------------- */

/* Appends a GET for `target` on `host` (as in the Host header; both of visible ASCII), offering the subprotocol of
 * ser. `nonce` is 16 random octets, kept by the caller for wamp_ws_read_response. */
void wamp_ws_request(struct wamp_buf *out, struct str host, struct str target, enum wamp_ser ser,
                     const uint8_t nonce[16]);

/* 0: more octets needed; 101: accepted, *used octets of head; -1: not an acceptance of our request, *why says what
 * (a literal), *status the HTTP status when there was one, else 0. */
int wamp_ws_read_response(struct str in, enum wamp_ser ser, const uint8_t nonce[16], size_t *used, int *status,
                          const char **why);

/* --- frames --------------------------------------------------------------------------------------------- */

/* Zero it, set is_server and max_message, feed. A server demands masked frames and unmasks them in place: the
 * input is writable memory (str points into it). Fragments are joined; control frames between them come out at
 * once. UTF-8 of text messages is NOT checked here when skip_utf8 is set (the JSON reader does it); that of close
 * reasons is. */
struct wamp_ws {
    bool is_server;
    bool skip_utf8;
    size_t max_message;       /* octets, inclusive; all fragments together */
    /* The rest is the parser's own. */
    struct wamp_buf part;     /* header and payload so far of a frame that was cut */
    struct wamp_buf message;  /* fragments joined so far */
    bool in_message, text;    /* between a first fragment and its last */
    bool lent;                /* the caller looks at part or message: over with the next call */
};
void wamp_ws_fini(struct wamp_ws *ws);

/* Takes octets off *in and returns the next thing they make. See common/frames.h. The length is judged at the
 * header, before an octet of the payload is stored (1009). A frame that lies whole in the input is handed out
 * where it lies; one that is cut is gathered in `part`, which grows with what has arrived, not with what was
 * claimed. */
enum wamp_frame_event wamp_ws_next(struct wamp_ws *ws, struct str *in, struct wamp_frame_in *out);

enum { WAMP_WS_TEXT = 1, WAMP_WS_BINARY = 2, WAMP_WS_CLOSE = 8, WAMP_WS_PING = 9, WAMP_WS_PONG = 10 };

/* Writes the header of a whole (FIN) frame; returns its length, 2 .. 14. mask NULL: unmasked (server). */
size_t wamp_ws_header(uint8_t out[WAMP_WS_HEADER_ROOM], unsigned opcode, uint64_t len, const uint8_t mask[4]);

/* XORs len octets with mask, in place; the first octet is number `phase` of the payload. */
void wamp_ws_mask(char *octets, size_t len, const uint8_t mask[4], size_t phase);

#endif
