/* The options of a peer, copied, checked, with their defaults filled in. */
#ifndef WAMP_CLIENT_CONFIG_H
#define WAMP_CLIENT_CONFIG_H

#include "client/format.h"
#include "client/include/wamp/peer.h"
#include "client/url.h"
#include "common/arena.h"
#include "common/ser.h"

struct config {
    wamp_opt opt;  /* texts live in the arena; authextra is kept; hooks points to `hooks` */
    wamp_hooks hooks;
    struct url url;
    enum wamp_ser ser;
    struct wamp_arena arena;
};

/* WAMP_E_ARGS with why, WAMP_E_NOMEM; then nothing is left to finish. opt may be NULL. */
wamp_rc wamp_config_init(struct config *c, const wamp_opt *opt, struct why *why);
void wamp_config_fini(struct config *c);  /* wipes the secrets */

#endif
