/* Looking up a host name without holding up the peer: getaddrinfo blocks, so it runs in a thread of its own.
 * Addresses in digits need none. */
#ifndef WAMP_CLIENT_RESOLVE_H
#define WAMP_CLIENT_RESOLVE_H

#include "client/format.h"

struct addrinfo;
struct resolve;

/* Begins. Its end makes epoll_fd readable. NULL: no memory, no thread. */
struct resolve *wamp_resolve_start(const char *host, const char *port, int epoll_fd);

/* WAMP_E_AGAIN: not yet. WAMP_OK: *out is the caller's, for freeaddrinfo. WAMP_E_LOST: why. */
wamp_rc wamp_resolve_poll(struct resolve *r, struct addrinfo **out, struct why *why);

/* No longer wanted; the thread may still run for a while, and then cleans up. NULL is fine. */
void wamp_resolve_drop(struct resolve *r);

#endif
