#include "common/ser.h"

#include "common/ser_impl.h"

#include <assert.h>

static const struct wamp_ser_ops *const all[WAMP_SER_COUNT] = {
    [WAMP_JSON] = &wamp_json_ops,
    [WAMP_MSGPACK] = &wamp_msgpack_ops,
    [WAMP_CBOR] = &wamp_cbor_ops,
};

/* --- names --------------------------------------------------------------------------------------------------- */

const char *wamp_ser_name(enum wamp_ser ser)
{
    return all[ser]->name;
}

const char *wamp_ser_subprotocol(enum wamp_ser ser)
{
    return all[ser]->subprotocol;
}

static bool find(const char *(*name_of)(enum wamp_ser ser), struct str name, enum wamp_ser *out)
{
    for (unsigned ser = WAMP_JSON; ser < WAMP_SER_COUNT; ser++) {
        if (str_eq(name, str_z(name_of((enum wamp_ser)ser)))) {
            *out = (enum wamp_ser)ser;
            return true;
        }
    }
    return false;
}

bool wamp_ser_by_name(struct str name, enum wamp_ser *out)
{
    return find(wamp_ser_name, name, out);
}

bool wamp_ser_by_subprotocol(struct str name, enum wamp_ser *out)
{
    return find(wamp_ser_subprotocol, name, out);
}

const char *wamp_kind_name(enum wamp_kind kind)
{
    static const char *const names[] = {
        [WAMP_NULL] = "null",
        [WAMP_BOOL] = "boolean",
        [WAMP_UINT] = "integer",
        [WAMP_NINT] = "negative integer",
        [WAMP_REAL] = "float",
        [WAMP_STR] = "string",
        [WAMP_BIN] = "binary",
        [WAMP_LIST] = "list",
        [WAMP_MAP] = "dict",
        [WAMP_BIGNUM] = "integer beyond 64 bits",
        [WAMP_EXT] = "extension",
        [WAMP_ABSENT] = "nothing",
    };
    return names[kind];
}

/* --- reading ------------------------------------------------------------------------------------------------- */

enum wamp_err wamp_split(enum wamp_ser ser, struct str message, struct wamp_item items[WAMP_SPLIT_MAX],
                         unsigned *count)
{
    if (!message.len)
        return WAMP_ERR_TRUNCATED;  /* the empty str may have no pointer to reckon with */
    return all[ser]->split(message, items, count);
}

enum wamp_err wamp_item_parse(enum wamp_ser ser, struct str octets, struct wamp_item *out)
{
    size_t used;
    if (!octets.len)
        return WAMP_ERR_TRUNCATED;
    enum wamp_err err = all[ser]->value(octets, out, &used);
    if (err)
        return err;
    return used < octets.len ? WAMP_ERR_TRAILING : WAMP_ERR_NONE;
}

struct wamp_iter wamp_iter(enum wamp_ser ser, const struct wamp_item *container)
{
    assert(container->kind == WAMP_LIST || container->kind == WAMP_MAP);
    struct wamp_iter it = {.ser = ser, .left = container->count};
    all[ser]->enter(container, &it);
    return it;
}

bool wamp_iter_next(struct wamp_iter *it, struct wamp_item *value)
{
    if (!it->left)
        return false;
    it->left--;
    return all[it->ser]->next(it, value);
}

bool wamp_iter_pair(struct wamp_iter *it, struct wamp_item *key, struct wamp_item *value)
{
    const struct wamp_ser_ops *ops = all[it->ser];
    if (!it->left)
        return false;
    it->left--;
    return ops->next(it, key) && ops->next(it, value);
}

/* Whether `text` of a STR or BIN is not yet what it stands for. */
static bool is_encoded(enum wamp_ser ser, const struct wamp_item *item)
{
    return item->escaped || (item->kind == WAMP_BIN && ser == WAMP_JSON);
}

enum wamp_err wamp_item_text(enum wamp_ser ser, const struct wamp_item *item, struct wamp_arena *scratch,
                             struct str *out)
{
    if (item->kind != WAMP_STR && item->kind != WAMP_BIN)
        return WAMP_ERR_TYPE;
    if (is_encoded(ser, item))
        return all[ser]->text(item, scratch, out);
    *out = item->text;
    return WAMP_ERR_NONE;
}

static bool key_is(enum wamp_ser ser, const struct wamp_item *key, struct str wanted)
{
    if (key->kind != WAMP_STR)
        return false;
    return key->escaped ? all[ser]->text_is(key, wanted) : str_eq(key->text, wanted);
}

bool wamp_dict_find(enum wamp_ser ser, const struct wamp_item *dict, struct str key, struct wamp_item *out)
{
    if (dict->kind != WAMP_MAP)
        return false;
    struct wamp_iter it = wamp_iter(ser, dict);
    struct wamp_item name;
    while (wamp_iter_pair(&it, &name, out))
        if (key_is(ser, &name, key))
            return true;
    return false;
}

/* --- writing ------------------------------------------------------------------------------------------------- */

void wamp_wr_list(struct wamp_wr *w, uint32_t count)
{
    all[w->ser]->wr_list(w, count);
}

void wamp_wr_list_end(struct wamp_wr *w)
{
    all[w->ser]->wr_list_end(w);
}

void wamp_wr_map(struct wamp_wr *w, uint32_t count)
{
    all[w->ser]->wr_map(w, count);
}

void wamp_wr_map_end(struct wamp_wr *w)
{
    all[w->ser]->wr_map_end(w);
}

void wamp_wr_empty_map(struct wamp_wr *w)
{
    all[w->ser]->wr_raw(w, all[w->ser]->empty_map);
}

void wamp_wr_key(struct wamp_wr *w, struct str key)
{
    all[w->ser]->wr_key(w, key);
}

void wamp_wr_null(struct wamp_wr *w)
{
    all[w->ser]->wr_null(w);
}

void wamp_wr_bool(struct wamp_wr *w, bool value)
{
    all[w->ser]->wr_bool(w, value);
}

void wamp_wr_uint(struct wamp_wr *w, uint64_t value)
{
    all[w->ser]->wr_uint(w, value);
}

void wamp_wr_int(struct wamp_wr *w, int64_t value)
{
    all[w->ser]->wr_int(w, value);
}

void wamp_wr_real(struct wamp_wr *w, double value)
{
    all[w->ser]->wr_real(w, value);
}

void wamp_wr_str(struct wamp_wr *w, struct str text)
{
    all[w->ser]->wr_str(w, text);
}

void wamp_wr_bin(struct wamp_wr *w, struct str octets)
{
    all[w->ser]->wr_bin(w, octets);
}

void wamp_wr_raw(struct wamp_wr *w, struct str value)
{
    all[w->ser]->wr_raw(w, value);
}
