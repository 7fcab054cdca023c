/* The realm's own state, for the files of realms/ alone. */
#ifndef REALMS_INNER_H
#define REALMS_INNER_H

#include "realms/broker.h"
#include "realms/dealer.h"
#include "realms/own_call.h"
#include "realms/realm.h"
#include "realms/session.h"
#include "realms/timers.h"

struct realm {
    struct realm_config config;       /* defaults filled in */
    struct wamp_arena identity;       /* its name and history: they stay */
    struct wamp_arena settings;       /* the rest of its strings and lists: realm_set_config */
    const struct rules *rules;        /* config.rules, never NULL */
    struct realm_env env;
    struct realm_counters counters;
    wamp_ms now;

    struct roles *roles;       /* NULL: none are configured */
    size_t held_bytes;         /* of messages that wait for an authorizer */
    struct session *sessions;  /* by id */
    struct list doomed;        /* session.doomed, in order of their doom */
    struct own_calls own_calls;
    struct timers timers;
    struct broker broker;
    struct dealer dealer;

    /* Scratch of the message being served; nothing in it outlives the call into the realm. */
    struct wamp_arena arena;
    struct wamp_buf head;                   /* of the message being sent */
    struct wamp_buf tail;                   /* its payload, where that had to be transcoded */
    struct wamp_buf event[WAMP_SER_COUNT];  /* heads of the EVENT being dispatched */
    struct wamp_buf forms[WAMP_SER_COUNT];  /* its payload, transcoded */
    struct wamp_buf reply;                  /* payload of a meta result or event; a detail being transcoded */
};

uint64_t realm_random_id(struct realm *r);  /* uniform over 1..2^53. spec: B-052 */

/* Milliseconds since 1970 that correspond to the realm's now. */
static inline wamp_ms realm_wall(const struct realm *r)
{
    return r->config.epoch_ms + r->now;
}

/* Takes out every doomed session, those included that come to be doomed by that. Never called from within itself.
 * spec: B-097, A-SES-03 */
void realm_settle(struct realm *r);

/* The last step of every call into the realm: settles it, and tells those who wait for a call of the router. */
void realm_rest(struct realm *r);

/* What the first row of the configuration that is about `uri`, used by a session with that authrole, says; or
 * NO_TRUST. spec: A-CTL, A-PTL */
int64_t realm_trust_of(const struct realm *r, struct str uri, struct str authrole);

/* s broke the protocol: ABORT with the text, and the end. spec: B-031..B-035 */
void realm_abort(struct session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
