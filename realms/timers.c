#include "realms/timers.h"

#include "common/mem.h"

void timers_fini(struct timers *t)
{
    wamp_free(t->heap);
    *t = (struct timers){0};
}

static void put(struct timers *t, size_t i, struct timer *timer)
{
    t->heap[i] = timer;
    timer->place = i + 1;
}

static void sift_up(struct timers *t, size_t i, struct timer *timer)
{
    while (i > 0 && timer->at < t->heap[(i - 1) / 2]->at) {
        put(t, i, t->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    put(t, i, timer);
}

static void sift_down(struct timers *t, size_t i, struct timer *timer)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= t->count)
            break;
        if (child + 1 < t->count && t->heap[child + 1]->at < t->heap[child]->at)
            child++;
        if (timer->at <= t->heap[child]->at)
            break;
        put(t, i, t->heap[child]);
        i = child;
    }
    put(t, i, timer);
}

static bool make_room(struct timers *t)
{
    if (t->count < t->room)
        return true;
    size_t room = t->room ? 2 * t->room : 16;
    struct timer **heap = wamp_realloc(t->heap, room * sizeof(struct timer *));
    if (!heap)
        return false;
    t->heap = heap;
    t->room = room;
    return true;
}

bool timers_set(struct timers *t, struct timer *timer, wamp_ms at)
{
    timers_stop(t, timer);
    if (!make_room(t))
        return false;
    timer->at = at;
    sift_up(t, t->count++, timer);
    return true;
}

void timers_stop(struct timers *t, struct timer *timer)
{
    if (!timer->place)
        return;
    size_t hole = timer->place - 1;
    struct timer *last = t->heap[--t->count];
    timer->place = 0;
    if (last == timer)
        return;
    if (hole > 0 && last->at < t->heap[(hole - 1) / 2]->at)
        sift_up(t, hole, last);
    else
        sift_down(t, hole, last);
}

wamp_ms timers_next(const struct timers *t)
{
    return t->count ? t->heap[0]->at : WAMP_MS_NEVER;
}

struct timer *timers_take(struct timers *t, wamp_ms now)
{
    if (!t->count || t->heap[0]->at > now)
        return NULL;
    struct timer *due = t->heap[0];
    timers_stop(t, due);
    return due;
}
