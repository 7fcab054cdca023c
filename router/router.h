/* The realms that are served, by name, and what they need from outside. */
#ifndef ROUTER_ROUTER_H
#define ROUTER_ROUTER_H

#include "common/buf.h"
#include "realms/realm.h"
#include "router/config.h"
#include "router/random.h"

struct hub;
struct hosted_realm;

struct router {
    struct hosted_realm *realms;  /* by name */
    struct random_pool random;
    wamp_ms epoch_ms;              /* the Unix time when `now` was 0 */
};

/* Makes the realms of the configuration. epoch_ms: the Unix time, in ms, when `now` was 0. False: no memory, and
 * nothing is left. */
bool router_init(struct router *router, const struct config *config, wamp_ms epoch_ms, wamp_ms now);
void router_fini(struct router *router);  /* no session is left */

/* Between two turns: the realms of config are served from here on, as it says. Sessions in realms that it does not
 * have are told wamp.close.killed. hub->config is the one before. spec: A-CLO-06 */
void router_set_config(struct router *router, struct hub *hub, const struct config *config);

struct realm *router_find(const struct router *router, struct str name);  /* NULL: no such realm */

wamp_ms router_next_deadline(const struct router *router);
void router_expire(struct router *router, wamp_ms now);
void router_say_goodbye(struct router *router, wamp_ms now);  /* to every session */

/* Sessions and counters of each realm, and the counters of the hub's connections, in the text form of
 * Prometheus. */
void router_write_metrics(const struct router *router, const struct hub *hub, struct wamp_buf *out);

#endif
