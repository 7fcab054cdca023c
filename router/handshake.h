/* From HELLO to WELCOME or ABORT: which realm, who the peer is, how he proves it.
 *
 * The steps are: read HELLO, find the realm, choose an authentication method (the first of the client's that we
 * have), let it judge, join. A method is one row of the table in handshake.c. spec: B-001..B-018, table 0.3,
 * W-23 */
#ifndef ROUTER_HANDSHAKE_H
#define ROUTER_HANDSHAKE_H

#include "router/conn.h"

/* Any message in state CONN_HELLO, and HELLO in CONN_PARTED. */
void handshake_on_message(struct conn *c, const struct wamp_msg *m);

/* Octets in state CONN_HELLO that are no message. */
void handshake_on_fault(struct conn *c, struct str octets, const struct wamp_fault *why);

#endif
