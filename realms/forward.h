/* Private keys that travel with a call, for what an application or a tracer adds to it: from CALL.Options to
 * INVOCATION.Details, and from YIELD.Options to RESULT.Details. Only those that the realm names. spec: B-043; S-10 */
#ifndef REALMS_FORWARD_H
#define REALMS_FORWARD_H

#include "realms/realm.h"

struct details;

struct forward {
    enum wamp_ser ser;
    unsigned count;
    struct {
        struct str key, value;  /* value: raw, in form ser; borrowed from the message */
    } pairs[REALM_FORWARD_KEYS_MAX];
};

/* Those keys of the message's dict that the realm forwards. */
void forward_pick(const struct realm *r, const struct wamp_msg *m, struct forward *f);

/* Whether the realm names the key. */
bool forwards(const struct realm *r, struct str key);

/* Makes keys and values copies of themselves in the arena. False: no memory. */
bool forward_keep(struct forward *f, struct wamp_arena *arena);

/* Adds them to the details of a message in form `to`; a value that cannot be expressed there is left out. What had to
 * be transcoded lies in realm.arena. */
void forward_add(struct realm *r, const struct forward *f, enum wamp_ser to, struct details *d);

#endif
