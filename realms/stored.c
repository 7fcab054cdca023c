#include "realms/stored.h"

#include "common/mem.h"
#include "realms/inner.h"
#include "realms/passthru.h"

#include <stddef.h>

enum { ARENA_UNIT = _Alignof(max_align_t) };  /* what the arena gives out comes in multiples of it */

static bool copy_ids(struct wamp_arena *arena, struct id_list *list)
{
    uint64_t *ids = wamp_arena_alloc(arena, (list->count + 1) * sizeof *ids);
    if (ids && list->count)
        memcpy(ids, list->ids, list->count * sizeof *ids);
    list->ids = ids;
    return ids != NULL;
}

static bool copy_names(struct wamp_arena *arena, struct name_list *list)
{
    struct str *names = wamp_arena_alloc(arena, (list->count + 1) * sizeof *names);
    for (uint32_t i = 0; names && i < list->count; i++) {
        names[i] = list->names[i];
        if (!wamp_arena_keep(arena, &names[i]))
            return false;
    }
    list->names = names;
    return names != NULL;
}

static const struct filter *copy_filter(struct wamp_arena *arena, const struct filter *from)
{
    struct filter *f = wamp_arena_alloc(arena, sizeof *f);
    if (!f)
        return NULL;
    *f = *from;
    bool ok = copy_ids(arena, &f->exclude) && copy_ids(arena, &f->eligible) &&
              copy_names(arena, &f->exclude_authid) && copy_names(arena, &f->exclude_authrole) &&
              copy_names(arena, &f->eligible_authid) && copy_names(arena, &f->eligible_authrole);
    return ok ? f : NULL;
}

static bool copy_event(struct stored_event *stored, const struct event *from)
{
    struct wamp_arena *arena = &stored->arena;
    struct event *e = &stored->event;
    *e = *from;
    stored->payload = *from->payload;
    e->payload = &stored->payload;
    if (!wamp_payload_keep(&stored->payload, arena) || !wamp_arena_keep(arena, &e->topic) ||
        !wamp_arena_keep(arena, &e->publisher_authid) || !wamp_arena_keep(arena, &e->publisher_authrole) ||
        !passthru_keep(&e->passthru, arena) || (e->forward_for.len && !wamp_arena_keep(arena, &e->forward_for)))
        return false;
    if (from->filter)
        e->filter = copy_filter(arena, from->filter);
    return !from->filter || e->filter;
}

/* What the usual event needs; where filters or passthru ask for more, the arena grows. */
static size_t usual_bytes(const struct event *e)
{
    const struct str texts[] = {e->payload->tail, e->topic, e->publisher_authid, e->publisher_authrole};
    size_t bytes = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        bytes += (texts[i].len / ARENA_UNIT + 1) * ARENA_UNIT;
    return bytes + 2 * ARENA_UNIT;  /* args and kwargs, when they are empty */
}

struct stored_event *stored_new(struct realm *r, const struct event *event)
{
    struct stored_event *e = wamp_zalloc(sizeof *e);
    if (!e)
        return NULL;
    e->refs = 1;
    e->time = realm_wall(r);
    if (wamp_arena_reserve(&e->arena, usual_bytes(event)) && copy_event(e, event)) {
        e->bytes = sizeof *e + wamp_arena_bytes(&e->arena);
        return e;
    }
    stored_unref(e);
    return NULL;
}

void stored_unref(struct stored_event *e)
{
    if (!e || --e->refs)
        return;
    wamp_arena_fini(&e->arena);
    wamp_free(e);
}
