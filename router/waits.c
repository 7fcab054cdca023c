#include "router/waits.h"

void wait_stop(struct waits *ws, struct wait *w)
{
    if (w->kind == WAIT_NONE)
        return;
    list_remove(&w->link);
    ws->count[w->kind]--;
    w->kind = WAIT_NONE;
}

void wait_start(struct waits *ws, struct wait *w, enum wait_kind kind, wamp_ms now)
{
    wait_stop(ws, w);
    if (!ws->length[kind])
        return;
    w->kind = kind;
    w->until = now + ws->length[kind];
    list_add_tail(&ws->list[kind], &w->link);
    ws->count[kind]++;
}

static struct wait *first_of(const struct waits *ws, enum wait_kind kind)
{
    struct list *n = list_first(&ws->list[kind]);
    return n ? list_entry(n, struct wait, link) : NULL;
}

/* All by as much: the list stays in order. */
static void move_all(struct list *waits, wamp_ms by)
{
    for (struct list *n = list_first(waits); n; n = list_next(waits, n))
        list_entry(n, struct wait, link)->until += by;
}

void waits_set_length(struct waits *ws, enum wait_kind kind, wamp_ms length)
{
    struct wait *w;
    move_all(&ws->list[kind], length - ws->length[kind]);
    ws->length[kind] = length;
    while (!length && (w = first_of(ws, kind)))
        wait_stop(ws, w);
}

wamp_ms waits_next(const struct waits *ws)
{
    wamp_ms next = WAMP_MS_NEVER;
    for (int kind = WAIT_NONE + 1; kind < WAIT_KINDS; kind++) {
        const struct wait *w = first_of(ws, (enum wait_kind)kind);
        if (w && w->until < next)
            next = w->until;
    }
    return next;
}

struct wait *waits_take(struct waits *ws, enum wait_kind kind, wamp_ms now)
{
    struct wait *w = first_of(ws, kind);
    if (!w || w->until > now)
        return NULL;
    wait_stop(ws, w);
    return w;
}
