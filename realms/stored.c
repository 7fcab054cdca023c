#include "realms/stored.h"

#include "common/mem.h"
#include "realms/inner.h"

static bool copy(struct wamp_arena *arena, struct str *s)
{
    *s = wamp_arena_copy(arena, *s);
    return s->ptr != NULL;
}

static bool copy_payload(struct wamp_arena *arena, const struct wamp_payload *from, struct wamp_payload *to)
{
    *to = *from;
    return copy(arena, &to->tail) && copy(arena, &to->args) && copy(arena, &to->kwargs);
}

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
        if (!copy(arena, &names[i]))
            return false;
    }
    list->names = names;
    return names != NULL;
}

static bool copy_filter(struct wamp_arena *arena, const struct filter *from, struct filter *to)
{
    *to = *from;
    return copy_ids(arena, &to->exclude) && copy_ids(arena, &to->eligible) && copy_names(arena, &to->exclude_authid) &&
           copy_names(arena, &to->exclude_authrole) && copy_names(arena, &to->eligible_authid) &&
           copy_names(arena, &to->eligible_authrole);
}

static bool copy_passthru(struct wamp_arena *arena, const struct wamp_options *from, struct wamp_options *to)
{
    const uint64_t keys = UINT64_C(1) << WAMP_OPT_ppt_scheme | UINT64_C(1) << WAMP_OPT_ppt_serializer |
                          UINT64_C(1) << WAMP_OPT_ppt_cipher | UINT64_C(1) << WAMP_OPT_ppt_keyid;
    to->has = from->has & keys;
    to->ppt_scheme = from->ppt_scheme;
    to->ppt_serializer = from->ppt_serializer;
    to->ppt_cipher = from->ppt_cipher;
    to->ppt_keyid = from->ppt_keyid;
    return copy(arena, &to->ppt_scheme) && copy(arena, &to->ppt_serializer) && copy(arena, &to->ppt_cipher) &&
           copy(arena, &to->ppt_keyid);
}

static bool copy_event(struct stored_event *e, const struct event *from)
{
    struct wamp_arena *arena = &e->arena;
    e->event = *from;
    if (!copy_payload(arena, from->payload, &e->payload) || !copy(arena, &e->event.topic) ||
        !copy(arena, &e->event.publisher_authid) || !copy(arena, &e->event.publisher_authrole))
        return false;
    if (from->options && !copy_passthru(arena, from->options, &e->options))
        return false;
    if (from->filter && !copy_filter(arena, from->filter, &e->filter))
        return false;
    e->event.payload = &e->payload;
    e->event.options = from->options ? &e->options : NULL;
    e->event.filter = from->filter ? &e->filter : NULL;
    return true;
}

struct stored_event *stored_new(struct realm *r, const struct event *event)
{
    struct stored_event *e = wamp_zalloc(sizeof *e);
    if (!e)
        return NULL;
    e->refs = 1;
    e->time = realm_wall(r);
    e->bytes = sizeof *e + 2 * event->payload->tail.len + event->topic.len;
    if (copy_event(e, event))
        return e;
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
