/* Which web pages may open a connection: the Origin of a WebSocket upgrade against the list of a listener.
 *
 * A browser says truly where a page is from, other programs say nothing or what they like; so a list keeps pages out,
 * and nobody else. spec: reliability threat 11, T-O1; W-01 */
#ifndef ROUTER_ORIGIN_H
#define ROUTER_ORIGIN_H

#include "common/str.h"

#include <stdbool.h>

/* Whether this may stand in a list: "*" (any page), "null" (pages without an origin: files, sandboxed frames), or
 * scheme://host[:port] in lower case. The host may begin with "*." (any host below it), the port may be "*". Without a
 * port it is that of the scheme. */
bool origin_is_pattern(struct str pattern);

/* An empty list allows all. origin: as the peer sent it; empty: it sent none. */
bool origin_allowed(const char *const *list, size_t count, struct str origin);

#endif
