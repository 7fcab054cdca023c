/* One thread's event loop: libuv, with libwebsockets on it, and the connections that live there.
 *
 * A turn of the loop: what is due, what came in, then hub_end_turn, which sends all that was queued. Nothing
 * outside this file and its listeners knows how many loops there are. */
#ifndef ROUTER_LOOP_H
#define ROUTER_LOOP_H

#include "router/hub.h"
#include "router/tls.h"

#include <stdbool.h>
#include <uv.h>

struct router;
struct lws_context;
struct lws_vhost;

enum { LOOP_READ_OCTETS = 64 << 10 };  /* at most, in one system call */

struct loop {
    uv_loop_t uv;
    uv_prepare_t before_poll;
    uv_check_t after_poll;
    uv_idle_t busy;        /* runs as long as the loop must not sleep: TLS handshakes wait */
    uv_timer_t timer;      /* for the next deadline of connections and realms */
    wamp_ms timer_at;      /* WAMP_MS_NEVER: not running */
    struct lws_context *lws;
    struct lws_vhost *host;
    struct hub hub;
    struct tls_pool tls;
};

/* `router` outlives the loop. False, with a line in the log: there is none. */
bool loop_init(struct loop *loop, struct router *router, struct config *config);

/* Runs until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Drops what is still connected, and frees everything. All handles of others must have been closed before. */
void loop_fini(struct loop *loop);

/* The clock of the hub says now. For whoever is called by the loop, before anything is told to connections. */
void loop_wake(struct hub *hub);

/* Takes a socket that a listener accepted; limits are seen to here. row, tls: of the listener; no TLS: NULL. */
void loop_accept(struct loop *loop, int fd, const struct sockaddr *from, const struct listen_config *row,
                 const struct tls_context *tls);

#endif
