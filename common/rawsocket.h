/* RawSocket handshake and framing, sans I/O, for both ends. Section 0.11 of the checklist. spec: A-RAW-01
 *
 * Octets arrive in any cut. A message that lies whole in one piece of input is handed out where it lies; one that
 * is cut is gathered in the parser's own buffer, which never grows by more than what has arrived. */
#ifndef WAMP_COMMON_RAWSOCKET_H
#define WAMP_COMMON_RAWSOCKET_H

#include "common/buf.h"
#include "common/err.h"
#include "common/frames.h"
#include "common/ser.h"
#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>

enum wamp_rs_error { WAMP_RS_SERIALIZER = 1, WAMP_RS_LENGTH = 2, WAMP_RS_RESERVED = 3, WAMP_RS_CONNECTIONS = 4 };

/* The four octets of a handshake, either direction. `max_message` is rounded up to a power of two, 512 .. 2^24. */
void wamp_rs_hello(uint8_t out[4], enum wamp_ser ser, size_t max_message);
void wamp_rs_refuse(uint8_t out[4], enum wamp_rs_error error);

/* Server: judges a client's handshake. 0 and *ser, *peer_max when good; else the wamp_rs_error to refuse with, or
 * -1 when the first octet is not 0x7F. */
int wamp_rs_read_hello(const uint8_t in[4], enum wamp_ser *ser, size_t *peer_max);

/* Client: judges the answer. 0 and *peer_max; else the error code of the server (any of 1 .. 15), or -1 when it is
 * no answer to ours. */
int wamp_rs_read_answer(const uint8_t in[4], enum wamp_ser asked, size_t *peer_max);

/* The parser for what follows the handshake. Zero it, set max_message, feed. wamp_rs_fini when done. */
struct wamp_rs {
    size_t max_message;    /* our own announced limit, inclusive; PING and PONG count like messages */
    /* The rest is the parser's own. */
    struct wamp_buf part;  /* header and body so far of a frame that was cut */
    bool lent;             /* the caller looks at part: over with the next call */
};
void wamp_rs_fini(struct wamp_rs *rs);

/* Takes octets off *in and returns the next thing they make. See common/frames.h. */
enum wamp_frame_event wamp_rs_next(struct wamp_rs *rs, struct str *in, struct wamp_frame_in *out);

/* The header of a frame: type 0 message, 1 PING, 2 PONG. len 0 .. 2^24. */
void wamp_rs_header(uint8_t out[4], unsigned type, size_t len);

#endif
