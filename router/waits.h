/* What connections wait for, and until when.
 *
 * Every kind of wait has one length, so each list is in the order of its deadlines: starting and stopping a wait
 * costs a few pointers, finding the next deadline costs a look at the heads, and no connection needs a timer of
 * its own. */
#ifndef ROUTER_WAITS_H
#define ROUTER_WAITS_H

#include "common/list.h"
#include "realms/realm.h"

#include <stddef.h>

enum wait_kind {
    WAIT_NONE,
    WAIT_OPENING,  /* the HTTP upgrade or the RawSocket handshake */
    WAIT_HELLO,
    WAIT_LOGIN,    /* AUTHENTICATE, or the answer of an authenticator */
    WAIT_REQUEST,  /* the rest of an HTTP request, or the next one */
    WAIT_POLL,     /* a long-poll receive: messages */
    WAIT_POLL_IDLE,  /* a long-poll transport: the next receive, or that an answer leaves */
    WAIT_TRAFFIC,  /* a WebSocket in session has been silent for a while: time for a PING */
    WAIT_PONG,     /* whatever the peer sends */
    WAIT_PARTING,  /* after GOODBYE, or for its answer; after a close frame, for the peer's */
    WAIT_LEAVING,  /* the last octets of a peer that does not read */
    WAIT_DRAIN,    /* the queue to fall below the soft limit */
    WAIT_RELIEF,   /* a congested receiver to catch up: its senders are not read from until then */
    WAIT_STALL,    /* the same receiver to accept anything at all */
    WAIT_KINDS
};

/* Zero: waits for nothing. */
struct wait {
    struct list link;
    wamp_ms until;
    enum wait_kind kind;
};

/* Zero it, set the lengths. */
struct waits {
    struct list list[WAIT_KINDS];
    unsigned count[WAIT_KINDS];
    wamp_ms length[WAIT_KINDS];  /* 0: such a wait never ends */
};

/* Waits of that kind take so long from here on; for those under way it is as if they had taken that from the
 * beginning. */
void waits_set_length(struct waits *ws, enum wait_kind kind, wamp_ms length);

/* Starts anew where it was under way, whatever the kind. */
void wait_start(struct waits *ws, struct wait *w, enum wait_kind kind, wamp_ms now);
void wait_stop(struct waits *ws, struct wait *w);

wamp_ms waits_next(const struct waits *ws);  /* WAMP_MS_NEVER when nothing is due */

/* The first of that kind, if it is due at now; it is stopped. */
struct wait *waits_take(struct waits *ws, enum wait_kind kind, wamp_ms now);

#endif
