/* How messages lie on the wire, once the handshake is done: WebSocket, RawSocket or long-poll. One table of functions each;
 * the connection knows nothing else of either. */
#ifndef ROUTER_FRAMING_H
#define ROUTER_FRAMING_H

#include "common/frames.h"
#include "common/rawsocket.h"
#include "common/websocket.h"

#include <stddef.h>

struct conn;

enum { FRAME_HEADER_ROOM = WAMP_WS_HEADER_ROOM };  /* a server's is not masked: a batch's prefix fits, too */

/* The parsers; which one it is, conn.framing tells. */
union framing_in {
    struct wamp_ws ws;
    struct wamp_rs rs;
    size_t max_body;  /* long-poll: HTTP has found the messages already */
};

struct framing {
    const char *name;   /* for wamp.session.get and the log */
    bool batched;       /* several messages of WAMP in one: common/batch.h */
    bool over_http;     /* in the answers of other connections, which count the octets. spec: A-LP */
    bool has_types;     /* text and binary frames: the one that the serializer has must be used. spec: 0.9 row 3 */

    /* NULL: messages come through conn_on_message. */
    enum wamp_frame_event (*next)(union framing_in *in, struct str *octets, struct wamp_frame_in *out);
    void (*start)(union framing_in *in, size_t max_message);  /* of zeroed memory */
    void (*set_limit)(union framing_in *in, size_t max_message);
    void (*fini)(union framing_in *in);

    /* Writes the header of a message of len octets; returns its length. */
    size_t (*header)(char *to, enum wamp_ser ser, size_t len);

    void (*ping)(struct conn *c, struct str payload);  /* NULL: we never send one. spec: T-61 */
    void (*pong)(struct conn *c, struct str payload);

    /* Says that we close, where that can be said. False: the end of our octets says it. */
    bool (*close)(struct conn *c, unsigned code, const char *reason);
};

extern const struct framing framing_websocket, framing_websocket_batched, framing_rawsocket, framing_longpoll,
    framing_longpoll_batched;

#endif
