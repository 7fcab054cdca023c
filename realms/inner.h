/* The realm's own state, for the files of realms/ alone. */
#ifndef REALMS_INNER_H
#define REALMS_INNER_H

#include "realms/broker.h"
#include "realms/dealer.h"
#include "realms/realm.h"
#include "realms/session.h"
#include "realms/timers.h"

struct realm {
    struct realm_config config;
    char *name;
    const struct rules *rules;
    struct realm_env env;
    wamp_ms now;

    struct session *sessions;  /* by id */
    struct list doomed;        /* session.doomed, in order of their doom */
    struct timers timers;
    struct broker broker;
    struct dealer dealer;

    /* Scratch of the message being served; nothing in it outlives the call into the realm. */
    struct wamp_arena arena;
    struct wamp_buf head;                   /* of the message being sent */
    struct wamp_buf event[WAMP_SER_COUNT];  /* heads of the EVENT being dispatched */
    struct wamp_buf reply;                  /* payload of a meta result */
    struct wamp_buf args;                   /* args of an error */
};

uint64_t realm_random_id(struct realm *r);  /* uniform over 1..2^53. spec: B-052 */

/* Milliseconds since 1970 that correspond to the realm's now. */
static inline wamp_ms realm_wall(const struct realm *r)
{
    return r->config.epoch_ms + r->now;
}

/* s broke the protocol: ABORT with the text, and the end. spec: B-031..B-035 */
void realm_abort(struct session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
