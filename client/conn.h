/* The real link: WebSocket or RawSocket, over TCP or a Unix socket, with TLS or without. */
#ifndef WAMP_CLIENT_CONN_H
#define WAMP_CLIENT_CONN_H

#include "client/link.h"

struct wamp_peer;

/* To where the peer's url says. NULL: out of memory. */
struct link *wamp_conn_open(struct wamp_peer *p);

#endif
