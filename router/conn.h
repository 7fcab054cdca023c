/* A connection: from its first octet to its last, whatever the transport. Sans I/O: octets come in through
 * conn_on_octets, leave through struct wire, and time is hub->now.
 *
 *     OPENING --> HTTP
 *            \--> HELLO --> LOGIN --> SESSION --> PARTED --> (LOGIN, or CLOSING)
 *                                          \----> LEAVING -> CLOSING --> DOOMED
 *
 * A connection in session belongs to a realm as a session; conn.session is NULL in every other state. The memory
 * is freed by conn_on_gone alone, when the socket is no more. */
#ifndef ROUTER_CONN_H
#define ROUTER_CONN_H

#include "common/buf.h"
#include "common/list.h"
#include "common/msg.h"
#include "realms/realm.h"
#include "router/framing.h"
#include "router/hub.h"
#include "router/outbox.h"
#include "router/waits.h"
#include "router/wire.h"

struct congestion;
struct cookie;
struct http;
struct login;

enum conn_state {
    CONN_OPENING,  /* the HTTP upgrade or the RawSocket handshake is not complete */
    CONN_HTTP,     /* serves HTTP requests, until it is closed: conn.http */
    CONN_HELLO,    /* HELLO is awaited */
    CONN_LOGIN,    /* HELLO came; who that is, is being found out: conn.login */
    CONN_SESSION,  /* in a realm */
    CONN_PARTED,   /* GOODBYEs were exchanged; the peer may close, or say HELLO again. spec: B-028, R-25 */
    CONN_LEAVING,  /* we said GOODBYE, the answer is awaited */
    CONN_CLOSING,  /* the last octets are on their way, then the peer's close is awaited */
    CONN_DOOMED,   /* nothing more is sent or taken; the socket is closed at the end of the turn */
    CONN_STATES
};

/* Why nothing is read from a connection. */
enum hold_reason {
    HOLD_CONGESTED = 1,    /* its receivers are: see congestion.h */
    HOLD_AUTHORIZING = 2,  /* much of what it sent waits for an authorizer: see realm_env.hold */
};

struct conn {
    struct hub *hub;
    const struct wire *wire;
    void *socket;
    struct list all;          /* hub.conns */
    struct list turn;         /* hub.dirty or hub.doomed */
    struct wait wait;         /* what the state waits for */
    struct wait drain;        /* above the soft limit of the queue */
    struct address *address;  /* NULL: not counted */
    struct config *config;    /* a reference to the last one that had its listener .. */
    const struct listen_config *listener;  /* .. and where it came in, which is in there; both may be NULL */

    enum conn_state state;
    enum wamp_ser ser;
    bool refused;     /* over a limit: the handshake will be answered with a refusal */
    bool choked;      /* the kernel takes no more for now */
    bool deaf;        /* what still comes in is thrown away */
    bool was_told;    /* the peer knows that we close, and has answered: close when all is sent */
    bool is_wampy;    /* whose frame reader needs care. spec: W-11 */
    bool takes_flow;  /* FLOW messages are understood. spec: R-29 */
    unsigned held;    /* not read from: bits of enum hold_reason */

    const struct framing *framing;  /* NULL while OPENING, and in HTTP */
    union {
        struct wamp_buf opening;    /* OPENING, HTTP: what has come so far */
        union framing_in framing;
    } in;

    struct outbox out;
    size_t out_limit;               /* of out.waiting */
    size_t peer_max;                /* largest message the peer takes; 0: no limit */
    wamp_ms pings_paid;             /* PINGs up to here in time have been answered. spec: R-31 */

    struct http *http;              /* HTTP, else NULL */
    struct login *login;            /* LOGIN, or doomed in it; else NULL */
    struct cookie *cookie;          /* of the browser; NULL: none */
    struct list by_cookie;          /* cookie.conns */
    struct realm *realm;            /* the last one entered */
    struct session *session;
    struct congestion *congestion;  /* when senders are held because of this receiver */
    struct list holds;              /* hold.by_sender */
};

/* A connection that was just accepted; the address is its own from here on. `refused`: it is over a limit. NULL:
 * no memory. The caller sets wire and socket. */
struct conn *conn_new(struct hub *hub, struct address *address, bool refused);

/* c came in at that listener of config, which is there now. */
void conn_came_in(struct conn *c, struct config *config, const struct listen_config *listener);

/* --- what the socket reports ---------------------------------------------------------------------------- */

void conn_on_octets(struct conn *c, struct str octets);  /* writable memory: it is unmasked in place */
void conn_on_message(struct conn *c, struct str octets);  /* one message, or one batch, where framing->next is NULL */
void conn_on_writable(struct conn *c);
void conn_on_gone(struct conn *c);  /* the socket is no more: frees c */

/* --- queueing ------------------------------------------------------------------------------------------- */

/* One message. False: it was not queued, because the queue is full or memory is short. */
bool conn_send(struct conn *c, const struct wamp_frame *frame);

/* Octets that are no message: make room, fill it, say how much. conn_room returns NULL where nothing may be
 * sent. */
char *conn_room(struct conn *c, size_t len);
void conn_queued(struct conn *c, size_t len);

/* The answer to a handshake. Without it there is no use for the connection: c is dropped when it cannot be queued,
 * or is empty because memory was short. */
void conn_write(struct conn *c, struct str octets);

/* Sends what waits, as far as the kernel takes it. */
void conn_flush(struct conn *c);

/* --- states --------------------------------------------------------------------------------------------- */

/* The handshake is done; what follows is in this framing. */
void conn_open(struct conn *c, const struct framing *framing, enum wamp_ser ser);

/* It speaks no WAMP itself, but serves requests; h is its own from here on. */
void conn_open_http(struct conn *c, struct http *h);

/* HELLO came: l is under way, and goes with the state. */
void conn_login(struct conn *c, struct login *l);

/* A session of that realm from here on. */
void conn_welcome(struct conn *c, struct realm *realm, struct session *s);

/* The realm ended the session. */
void conn_on_session_end(struct conn *c, enum close_reason why);

/* Ends whatever there is, session included: sends what is queued, says why, and closes. */
void conn_close(struct conn *c, unsigned code, const char *reason);

/* The same, with an ABORT first that is the router's own. What the realm has to say it says itself. */
void conn_abort(struct conn *c, const char *uri, const char *text, unsigned code);

/* Closes a peer that does not read: most of what waits is forgotten. */
void conn_evict(struct conn *c, const char *reason);

/* Closes as soon as all is sent, saying nothing more. */
void conn_finish(struct conn *c);

/* Closes at the end of the turn, whatever waits. */
void conn_drop(struct conn *c);

/* Nothing is read from c while there is any reason for it. */
void conn_hold(struct conn *c, enum hold_reason why, bool on);

/* Takes c out of its realm, if it is in one. Not from within a call of the realm. */
void conn_leave(struct conn *c);

/* What is due: called by the hub. */
void conn_on_due(struct conn *c, enum wait_kind kind);
void conn_on_slow(struct conn *c);

#endif
