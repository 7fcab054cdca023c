/* A client's connection for tests, blocking: WebSocket or RawSocket, over TCP, TLS or a Unix socket, or HTTP
 * long-poll at /lp, with MessagePack in batches. */
#ifndef TESTS_SCRIPT_WIRE_H
#define TESTS_SCRIPT_WIRE_H

#include "common/rawsocket.h"
#include "common/websocket.h"
#include "tests/script/longpoll.h"
#include "tests/script/secure.h"

#include <stdbool.h>

enum wire_framing { WIRE_WEBSOCKET, WIRE_RAWSOCKET, WIRE_LONGPOLL };

enum { WIRE_PATIENCE_MS = 5000 };  /* how long anything may take that must come */

struct wire {
    int fd;                  /* -1: never opened */
    struct secure *secure;   /* NULL: no TLS */
    enum wire_framing framing;
    enum wamp_ser ser;
    struct wamp_ws ws;
    struct wamp_rs rs;
    struct longpoll poll;    /* which has descriptors of its own */
    struct wire_inbox {
        struct str *list;    /* each a block of its own; lives until wire_close */
        size_t first, count, room;
    } inbox;
    unsigned pings, pongs;   /* sent; answered */
    bool ended;              /* nothing more will come */
    unsigned close_code;     /* of the peer's WebSocket close frame; 0: none came */
    char broken[120];        /* what the router did that it must not; empty: nothing */
};

/* port 0: the Unix socket at `path`. tls: for a port, but not with long-poll. max_message 0: the largest there
 * is; RawSocket only. False: could not, w->broken says why; wire_close is due either way. */
bool wire_open(struct wire *w, enum wire_framing framing, enum wamp_ser ser, unsigned port, const char *path,
               bool tls, size_t max_message);
void wire_close(struct wire *w);

/* Writes nothing where the connection has ended. */
void wire_send(struct wire *w, struct str message);
void wire_ping(struct wire *w);
void wire_send_close(struct wire *w);  /* WebSocket: a close frame 1000; both: no more is sent */
void wire_end_output(struct wire *w);  /* cut in our direction, without a word; long-poll: `close` */

/* Reads what there is, waiting up to `ms` for it. False: nothing came. */
bool wire_read(struct wire *w, int ms);

/* The oldest message that was read and not taken; empty (ptr NULL): none. */
struct str wire_take(struct wire *w);

#endif
