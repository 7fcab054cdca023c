#include "realms/filter.h"

#include <stdlib.h>

static int compare_ids(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static int compare_names(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    size_t shorter = x->len < y->len ? x->len : y->len;
    int order = shorter ? memcmp(x->ptr, y->ptr, shorter) : 0;
    return order ? order : x->len < y->len ? -1 : x->len > y->len;
}

static enum wamp_err read_ids(struct id_list *list, enum wamp_ser ser, const struct wamp_item *item,
                              struct wamp_arena *arena)
{
    if (item->count > FILTER_LIST_MAX)
        return WAMP_ERR_TOOBIG;
    list->given = true;
    list->ids = wamp_arena_alloc(arena, (item->count + 1) * sizeof *list->ids);
    if (!list->ids)
        return WAMP_ERR_NOMEM;
    struct wamp_iter it = wamp_iter(ser, item);
    struct wamp_item id;
    while (wamp_iter_next(&it, &id))
        list->ids[list->count++] = id.uint;
    qsort(list->ids, list->count, sizeof *list->ids, compare_ids);
    return WAMP_ERR_NONE;
}

static enum wamp_err read_names(struct name_list *list, enum wamp_ser ser, const struct wamp_item *item,
                                struct wamp_arena *arena)
{
    if (item->count > FILTER_LIST_MAX)
        return WAMP_ERR_TOOBIG;
    list->given = true;
    list->names = wamp_arena_alloc(arena, (item->count + 1) * sizeof *list->names);
    if (!list->names)
        return WAMP_ERR_NOMEM;
    struct wamp_iter it = wamp_iter(ser, item);
    struct wamp_item name;
    while (wamp_iter_next(&it, &name))
        if (wamp_item_text(ser, &name, arena, &list->names[list->count++]))
            return WAMP_ERR_NOMEM;
    qsort(list->names, list->count, sizeof *list->names, compare_names);
    return WAMP_ERR_NONE;
}

enum wamp_err filter_parse(struct filter *f, enum wamp_ser ser, const struct wamp_options *o, struct wamp_arena *arena)
{
    enum wamp_err err = WAMP_ERR_NONE;
    *f = (struct filter){0};
    if (wamp_has(o, exclude))
        err = read_ids(&f->exclude, ser, &o->exclude, arena);
    if (!err && wamp_has(o, eligible))
        err = read_ids(&f->eligible, ser, &o->eligible, arena);
    if (!err && wamp_has(o, exclude_authid))
        err = read_names(&f->exclude_authid, ser, &o->exclude_authid, arena);
    if (!err && wamp_has(o, exclude_authrole))
        err = read_names(&f->exclude_authrole, ser, &o->exclude_authrole, arena);
    if (!err && wamp_has(o, eligible_authid))
        err = read_names(&f->eligible_authid, ser, &o->eligible_authid, arena);
    if (!err && wamp_has(o, eligible_authrole))
        err = read_names(&f->eligible_authrole, ser, &o->eligible_authrole, arena);
    return err;
}

void filter_ignore_empty(struct filter *f)
{
    f->eligible.given = f->eligible.count;
    f->eligible_authid.given = f->eligible_authid.count;
    f->eligible_authrole.given = f->eligible_authrole.count;
}

bool filter_is_open(const struct filter *f)
{
    return !f->eligible.given && !f->eligible_authid.given && !f->eligible_authrole.given && !f->exclude.count &&
           !f->exclude_authid.count && !f->exclude_authrole.count;
}

bool filter_names_sessions(const struct filter *f)
{
    return f->eligible.given || f->exclude.count;
}

static bool has_id(const struct id_list *list, uint64_t id)
{
    return list->count && bsearch(&id, list->ids, list->count, sizeof id, compare_ids);
}

static bool has_name(const struct name_list *list, struct str name)
{
    return list->count && bsearch(&name, list->names, list->count, sizeof name, compare_names);
}

/* spec: A-BWL-01, A-BWL-02 */
bool filter_allows(const struct filter *f, const struct session *s)
{
    return (!f->eligible.given || has_id(&f->eligible, s->id)) &&
           (!f->eligible_authid.given || has_name(&f->eligible_authid, s->authid)) &&
           (!f->eligible_authrole.given || has_name(&f->eligible_authrole, s->authrole)) &&
           !has_id(&f->exclude, s->id) && !has_name(&f->exclude_authid, s->authid) &&
           !has_name(&f->exclude_authrole, s->authrole);
}
