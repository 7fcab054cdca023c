/* Private keys that travel with a call, for what an application or a tracer adds to it: from CALL.Options to
 * INVOCATION.Details, and from YIELD.Options to RESULT.Details. Only those that the realm names; and
 * forward_for, where a link to another router says for whom it speaks. spec: B-043, A-R2R-02; S-10 */
#ifndef REALMS_FORWARD_H
#define REALMS_FORWARD_H

#include "realms/realm.h"

struct details;

enum { FORWARD_MAX = REALM_FORWARD_KEYS_MAX + 1 };  /* and forward_for */

struct forward {
    enum wamp_ser ser;
    unsigned count;
    struct {
        struct str key, value;  /* value: raw, in form ser; borrowed from the message */
    } pairs[FORWARD_MAX];
};

/* For whom s speaks, raw in the form of m; empty where nobody is named, or s is no link. spec: A-R2R-02,
 * A-R2R-03 */
struct str forward_for_of(const struct session *s, const struct wamp_msg *m);

/* The slow path of forward_pick: adds to f. */
void forward_pick_keys(const struct session *s, const struct wamp_msg *m, struct forward *f);

/* Those keys of the dict of m, sent by s, that the realm forwards. */
static inline void forward_pick(const struct session *s, const struct wamp_msg *m, struct forward *f)
{
    f->ser = m->ser;
    f->count = 0;
    if (m->dict.count)
        forward_pick_keys(s, m, f);
}

/* Whether the realm names the key. */
bool forwards(const struct realm *r, struct str key);

/* Makes keys and values copies of themselves in the arena. False: no memory. */
bool forward_keep(struct forward *f, struct wamp_arena *arena);

/* Adds one value, in form `from`, to the details of a message in form `to`; it is left out where it cannot be
 * expressed there. What had to be transcoded lies in realm.arena. */
void forward_add_value(struct realm *r, struct str key, enum wamp_ser from, struct str value, enum wamp_ser to,
                       struct details *d);

/* All of them. */
static inline void forward_add(struct realm *r, const struct forward *f, enum wamp_ser to, struct details *d)
{
    for (unsigned i = 0; i < f->count; i++)
        forward_add_value(r, f->pairs[i].key, f->ser, f->pairs[i].value, to, d);
}

#endif
