/* Listening sockets: TCP over IPv4 and IPv6, Unix sockets with a path or an abstract name; and the acceptor. */
#ifndef ROUTER_LISTENER_H
#define ROUTER_LISTENER_H

#include "common/buf.h"
#include "router/config.h"

#include <stdbool.h>

struct listener;
struct loop;

/* All sockets of one row of the configuration ("localhost" may have several addresses). They are bound and
 * listening, connections wait. False, with a line in the log: none is left open. `all` is the first of a list. */
bool listener_open(struct listener **all, const struct config *config, const struct listen_config *row);

/* Appends " ws://127.0.0.1:8080" for each, with the real port. */
void listener_urls(const struct listener *all, struct wamp_buf *out);

/* Connections are accepted into the loop from here on. */
bool listener_start(struct listener *all, struct loop *loop);

/* Between two turns: of those that are open the ones that config has, too, go on with what is new about them,
 * its certificates read again; the others are closed and go to *closed, which is for listener_free; new ones
 * are opened. One that cannot be opened is said in the log, and the rest goes on. */
void listener_set_config(struct listener **all, struct listener **closed, struct loop *loop,
                         struct config *config);

/* Closes the sockets and removes their files. The memory is freed by listener_free, after a turn of the loop. */
void listener_stop(struct listener *all);
void listener_free(struct listener *all);

#endif
