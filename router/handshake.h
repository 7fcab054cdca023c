/* Messages before there is a session: HELLO begins a login in the realm that it names (router/login.h),
 * AUTHENTICATE goes on with it. spec: B-001..B-018, table 0.3 */
#ifndef ROUTER_HANDSHAKE_H
#define ROUTER_HANDSHAKE_H

#include "router/conn.h"

/* Any message in states CONN_HELLO and CONN_LOGIN, and HELLO in CONN_PARTED. */
void handshake_on_message(struct conn *c, const struct wamp_msg *m);

/* Octets in these states that are no message. */
void handshake_on_fault(struct conn *c, struct str octets, const struct wamp_fault *why);

#endif
