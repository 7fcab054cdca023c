/* Payload passthru: payloads that are opaque to the router, and the four keys that say what they are. spec: A-PPT */
#ifndef REALMS_PASSTHRU_H
#define REALMS_PASSTHRU_H

#include "realms/session.h"

struct details;

/* ppt_scheme, ppt_serializer, ppt_cipher, ppt_keyid. Active when the scheme is not empty; ptr NULL: not given. */
struct passthru {
    struct str scheme, serializer, cipher, keyid;
};

/* What the options of a message say; borrowed from them. */
struct passthru passthru_of(const struct wamp_options *o);

static inline bool passthru_is_active(const struct passthru *p)
{
    return p->scheme.len > 0;
}

/* Whether m, sent by s, uses it rightly or not at all; else s is aborted. spec: A-PPT-02, A-PPT-05, R-15 */
bool passthru_ok(struct session *s, const struct wamp_msg *m, bool announced);

/* The keys as they came, where passthru is active. spec: A-PPT-01, A-PPT-04 */
void details_add_passthru(struct details *d, const struct passthru *p);

/* Makes *p a copy of itself in the arena; where it is not active nothing is kept. False: no memory. */
bool passthru_keep(struct passthru *p, struct wamp_arena *arena);

#endif
