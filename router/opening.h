/* The first octets of a connection: which transport is it, and does it start as it should? 0x7F begins the
 * RawSocket handshake, anything else an HTTP request. That has to ask for WebSocket, unless it is a POST and the
 * listener has long-poll. spec: 0.9, 0.11 */
#ifndef ROUTER_OPENING_H
#define ROUTER_OPENING_H

#include "router/conn.h"

void opening_on_octets(struct conn *c, struct str octets);

/* Ends the handshake, or the request, of a peer that has begun an HTTP request with an answer, of any other without.
 * spec: W-03 */
void opening_refuse(struct conn *c, int status, const char *why);

/* Whether a page of that origin may connect where c came in. */
bool opening_admits(const struct conn *c, struct str origin);

#endif
