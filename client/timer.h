/* Deadlines of one peer, in milliseconds of its clock: a list in order. Most timers are set to the same distance
 * from now, so a new one belongs at the end. */
#ifndef WAMP_CLIENT_TIMER_H
#define WAMP_CLIENT_TIMER_H

#include "common/list.h"

#include <stdint.h>

#define WAMP_NEVER INT64_MAX

struct wamp_peer;

/* Zero is a stopped timer. Lives in what it is for. */
struct timer {
    struct list link;
    int64_t at;
    void (*fn)(struct wamp_peer *p, struct timer *t);  /* the timer is stopped by then */
};

void wamp_timer_set(struct list *timers, struct timer *t, int64_t at,
                    void (*fn)(struct wamp_peer *p, struct timer *t));
void wamp_timer_stop(struct timer *t);
int64_t wamp_timer_next(const struct list *timers);  /* WAMP_NEVER when there is none */

/* Takes the first timer that is due by `now` off the list, or NULL. */
struct timer *wamp_timer_due(struct list *timers, int64_t now);

#endif
