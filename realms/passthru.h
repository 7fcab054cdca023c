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
static inline struct passthru passthru_of(const struct wamp_options *o)
{
    return (struct passthru){
        .scheme = o->ppt_scheme,
        .serializer = o->ppt_serializer,
        .cipher = o->ppt_cipher,
        .keyid = o->ppt_keyid,
    };
}

static inline bool passthru_is_active(const struct passthru *p)
{
    return p->scheme.len > 0;
}

/* Whether m, sent by s, which uses it, does so rightly; else s is aborted. */
bool passthru_judge(struct session *s, const struct wamp_msg *m, bool announced);

/* Whether m, sent by s, uses it rightly or not at all; else s is aborted. spec: A-PPT-02, A-PPT-05, R-15 */
static inline bool passthru_ok(struct session *s, const struct wamp_msg *m, bool announced)
{
    return !m->opt.ppt_scheme.len || passthru_judge(s, m, announced);
}

/* The slow path of details_add_passthru. */
void details_add_active_passthru(struct details *d, const struct passthru *p);

/* The keys as they came, where passthru is active. spec: A-PPT-01, A-PPT-04 */
static inline void details_add_passthru(struct details *d, const struct passthru *p)
{
    if (passthru_is_active(p))
        details_add_active_passthru(d, p);
}

/* Makes *p a copy of itself in the arena; where it is not active nothing is kept. False: no memory. */
bool passthru_keep(struct passthru *p, struct wamp_arena *arena);

#endif
