/* The parts of a configuration, one file each. */
#ifndef CROSSBAR_COMPAT_PARTS_H
#define CROSSBAR_COMPAT_PARTS_H

#include "crossbar-compat/document.h"

/* realm.c: one of a worker's realms, as one of `realms`. */
int cb_realm(struct translation *t, const yaml_node_t *realm);

/* permissions.c: fails or notes where one of a role's wildcards, against a prefix, would mean something else here. */
void cb_compare_wildcards(struct translation *t, const yaml_node_t *rules);

/* auth.c: the auth of a transport, as that of a listener. cookie: what the transport says of its cookies, or NULL. */
int cb_auth(struct translation *t, const yaml_node_t *auth, const yaml_node_t *cookie);

/* What wampd has once for all and Crossbar.io for each transport: the most generous counts. -1: not given. */
struct cb_totals {
    long message_size, ping_interval, ping_timeout, handshake, close;
};

/* transport.c: one of a worker's transports, as one of `listen`; 0 where it has no counterpart, which is noted. */
int cb_transport(struct translation *t, const yaml_node_t *transport, struct cb_totals *totals);

/* limits.c: the sections limits and timeouts. */
void cb_put_totals(struct translation *t, int root, const struct cb_totals *totals);

#endif
