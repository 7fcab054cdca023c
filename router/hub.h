/* What the connections of one loop share: the lists of those that have something to do at the end of the turn,
 * their deadlines, their memory, their counters. No socket and no clock: `now` is set by the loop, octets leave
 * through struct wire.
 *
 * One writer: whoever has something to say appends it to a connection's outbox; nothing but hub_end_turn and
 * conn_on_writable writes to a socket, all that is queued in one system call. */
#ifndef ROUTER_HUB_H
#define ROUTER_HUB_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/list.h"
#include "router/address.h"
#include "router/config.h"
#include "router/cookie.h"
#include "router/metrics.h"
#include "router/outbox.h"
#include "router/waits.h"

struct router;
struct conn;
struct realm;
struct longpoll;

/* Where the messages went that one message from a peer caused. spec */
struct delivery {
    unsigned sent, congested;
    struct conn *receiver;  /* the last that was congested */
};

struct hub {
    struct config *config;  /* a reference */
    struct router *router;
    wamp_ms now;

    struct list conns;   /* conn.all */
    struct list dirty;   /* conn.turn: have octets to send */
    struct list doomed;  /* conn.turn: their socket is to be closed */
    struct list http_ready;      /* http.ready: may serve another request */
    struct longpoll *longpolls;  /* transports by id */
    size_t conn_count;
    size_t turn_octets;  /* queued in this turn for peers that can take them */
    size_t max_connections;
    bool stopping;       /* the router is shutting down */
    struct {
        uint64_t ok, failed;
    } reloads;

    struct waits waits;
    struct addresses addresses;
    struct cookies cookies;
    struct outbox_pool pool;
    struct delivery delivery;
    struct metrics metrics;

    /* Of the message being served; nothing in it outlives the call. */
    struct wamp_arena arena;
    struct wamp_buf scratch;
};

void hub_init(struct hub *hub, struct router *router, struct config *config);
void hub_fini(struct hub *hub);  /* no connection is left */

/* Whether there is no place for one more, at that address or at all; counted. */
bool hub_refuses(struct hub *hub, const struct address *address);

/* Between two turns: config takes the place of the one there is, for connections that are there, too. What they
 * were told when they came stays: the size of messages, the length of their queues. */
void hub_set_config(struct hub *hub, struct config *config);

/* Between two turns: where connections came in at `before` they came in at `now`, which is in config. */
void hub_move_listener(struct hub *hub, const struct listen_config *before, struct config *config,
                       const struct listen_config *now);

/* Between two turns: that realm has no sessions any more and is about to go. Who is about to enter it is turned
 * away. */
void hub_forget_realm(struct hub *hub, const struct realm *realm);

/* Sends what was queued, closes what is doomed, sees to the bound over all queues. */
void hub_end_turn(struct hub *hub);

/* Sends what was queued so far: in the middle of a turn, before it becomes too much. */
void hub_flush(struct hub *hub);

wamp_ms hub_next_deadline(const struct hub *hub);
void hub_expire(struct hub *hub);  /* whose time is up at hub->now */

/* The router shuts down, in three steps: a word of farewell to those without a session (the realms say GOODBYE to
 * the others), close frames for all, the end of all. */
void hub_say_farewell(struct hub *hub);
void hub_close_all(struct hub *hub);
void hub_drop_all(struct hub *hub);

#endif
