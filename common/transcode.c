/* From one serializer's form to another's, without a tree where that is possible: items are read and written one by
 * one. A map in which keys may occur twice goes through a tree, which knows that the last one wins. spec: B-046, T-52 */
#include "common/value_impl.h"

enum { COMPARED_KEYS_MAX = 8 };  /* of a map whose keys are compared with one another */

struct transcoder {
    enum wamp_ser from;
    struct wamp_wr w;
    struct wamp_arena arena;  /* decoded text */
};

/* Whether all keys are different, as far as that is quick to tell. */
static bool keys_differ(enum wamp_ser from, const struct wamp_item *map)
{
    struct str seen[COMPARED_KEYS_MAX];
    struct wamp_iter it = wamp_iter(from, map);
    struct wamp_item key, value;
    if (map->count > COMPARED_KEYS_MAX)
        return false;
    for (unsigned n = 0; wamp_iter_pair(&it, &key, &value); n++) {
        if (key.kind != WAMP_STR || key.escaped)
            return false;
        for (unsigned i = 0; i < n; i++)
            if (str_eq(seen[i], key.text))
                return false;
        seen[n] = key.text;
    }
    return true;
}

static enum wamp_err put(struct transcoder *t, const struct wamp_item *item);

static enum wamp_err put_list(struct transcoder *t, const struct wamp_item *list)
{
    struct wamp_iter it = wamp_iter(t->from, list);
    struct wamp_item item;
    enum wamp_err err = WAMP_ERR_NONE;
    wamp_wr_list(&t->w, list->count);
    while (!err && wamp_iter_next(&it, &item))
        err = put(t, &item);
    wamp_wr_list_end(&t->w);
    return err;
}

static enum wamp_err put_map(struct transcoder *t, const struct wamp_item *map)
{
    struct wamp_iter it = wamp_iter(t->from, map);
    struct wamp_item key, value;
    enum wamp_err err = WAMP_ERR_NONE;
    wamp_wr_map(&t->w, map->count);
    while (!err && wamp_iter_pair(&it, &key, &value)) {
        wamp_wr_key(&t->w, key.text);
        err = put(t, &value);
    }
    wamp_wr_map_end(&t->w);
    return err;
}

/* Depth was bounded when the message was validated. */
static enum wamp_err put(struct transcoder *t, const struct wamp_item *item)
{
    struct wamp_value v;
    enum wamp_err err;
    if (item->kind == WAMP_LIST)
        return put_list(t, item);
    if (item->kind == WAMP_MAP && keys_differ(t->from, item))
        return put_map(t, item);
    if (item->kind == WAMP_MAP)
        err = wamp_value_of_item(t->from, item, &t->arena, &v);
    else
        err = wamp_scalar_read(t->from, item, &t->arena, false, &v);
    return err ? err : wamp_value_put(&t->w, &v);
}

enum wamp_err wamp_transcode(enum wamp_ser from, struct str octets, enum wamp_ser to, struct wamp_buf *out)
{
    struct transcoder t = {.from = from, .w = wamp_wr(to, out)};
    struct wamp_item item;
    size_t start = out->len;
    enum wamp_err err = wamp_item_parse(from, octets, &item);
    if (!err && from == to)
        wamp_buf_add_str(out, octets);
    else if (!err)
        err = put(&t, &item);
    wamp_arena_fini(&t.arena);
    if (!err && out->failed)
        err = WAMP_ERR_NOMEM;
    if (err)
        out->len = start;
    return err;
}
