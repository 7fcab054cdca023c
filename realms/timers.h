/* Deadlines of a realm: a binary heap keyed by the injected now. Adding and removing cost O(log n).
 *
 * A timer is embedded in what waits; the zero value is idle. */
#ifndef REALMS_TIMERS_H
#define REALMS_TIMERS_H

#include "realms/realm.h"

#include <stddef.h>

struct timer {
    wamp_ms at;
    size_t place;  /* 1 + index in the heap; 0: idle */
};

struct timers {
    struct timer **heap;
    size_t count, room;
};

void timers_fini(struct timers *t);

/* Starts, or moves, timer. False when memory is short: it is then idle. */
bool timers_set(struct timers *t, struct timer *timer, wamp_ms at);
void timers_stop(struct timers *t, struct timer *timer);  /* idle is fine */

wamp_ms timers_next(const struct timers *t);  /* WAMP_MS_NEVER when none */

/* Takes off the earliest timer that is due at now; NULL when none is. */
struct timer *timers_take(struct timers *t, wamp_ms now);

#endif
