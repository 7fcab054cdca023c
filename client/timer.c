#include "client/timer.h"

static struct timer *timer_of(struct list *n)
{
    return list_entry(n, struct timer, link);
}

void wamp_timer_set(struct list *timers, struct timer *t, int64_t at,
                    void (*fn)(struct wamp_peer *p, struct timer *t))
{
    list_remove(&t->link);
    t->at = at;
    t->fn = fn;
    if (!timers->next)
        list_init(timers);
    struct list *after = timers->prev;
    while (after != timers && timer_of(after)->at > at)
        after = after->prev;
    list_insert_before(after->next, &t->link);
}

void wamp_timer_stop(struct timer *t)
{
    list_remove(&t->link);
}

int64_t wamp_timer_next(const struct list *timers)
{
    struct list *first = list_first(timers);
    return first ? timer_of(first)->at : WAMP_NEVER;
}

struct timer *wamp_timer_due(struct list *timers, int64_t now)
{
    struct list *first = list_first(timers);
    if (!first || timer_of(first)->at > now)
        return NULL;
    list_remove(first);
    return timer_of(first);
}
