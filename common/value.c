#include "common/value.h"

#include "common/bignum.h"
#include "common/map.h"
#include "common/value_impl.h"

#include <math.h>

/* --- reading: scalars ---------------------------------------------------------------------------------------------- */

static enum wamp_err copy_text(struct wamp_arena *arena, struct str *text)
{
    *text = wamp_arena_copy(arena, *text);
    return text->ptr ? WAMP_ERR_NONE : WAMP_ERR_NOMEM;
}

/* MessagePack: the type octet stands before the data, behind 1 (fixext), 2, 3 or 5 octets. */
static void read_ext(enum wamp_ser ser, const struct wamp_item *item, struct wamp_value *out)
{
    out->ext.ser = ser;
    out->ext.data = item->raw;
    if (ser != WAMP_MSGPACK)
        return;
    static const uint8_t sizes[] = {[0] = 2, [1] = 3, [2] = 5};
    uint8_t first = (uint8_t)item->raw.ptr[0];
    size_t at = first >= 0xd4 ? 1 : sizes[(first - 0xc7) % 3];
    out->ext.type = (int8_t)item->raw.ptr[at];
    out->ext.data = str_from(item->raw, at + 1);
}

/* JSON: the digits as they are. CBOR: the magnitude and its sign. */
static enum wamp_err read_bignum(enum wamp_ser ser, const struct wamp_item *item, struct wamp_arena *arena, bool copy,
                                 struct wamp_value *out)
{
    out->text = item->text;
    if (ser != WAMP_CBOR)
        return copy ? copy_text(arena, &out->text) : WAMP_ERR_NONE;
    return wamp_bignum_to_decimal(item->text, item->count == 1, arena, &out->text);
}

enum wamp_err wamp_scalar_read(enum wamp_ser ser, const struct wamp_item *item, struct wamp_arena *arena, bool copy,
                               struct wamp_value *out)
{
    *out = (struct wamp_value){.kind = item->kind};
    enum wamp_err err = WAMP_ERR_NONE;
    switch (item->kind) {
    case WAMP_BOOL:
        out->boolean = item->boolean;
        break;
    case WAMP_UINT:
        out->uint = item->uint;
        break;
    case WAMP_NINT:
        out->nint = item->nint;
        break;
    case WAMP_REAL:
        out->real = item->real;
        break;
    case WAMP_STR:
    case WAMP_BIN:
        err = wamp_item_text(ser, item, arena, &out->text);
        if (!err && copy)
            err = copy_text(arena, &out->text);
        break;
    case WAMP_BIGNUM:
        err = read_bignum(ser, item, arena, copy, out);
        break;
    case WAMP_EXT:
        read_ext(ser, item, out);
        if (copy)
            err = copy_text(arena, &out->ext.data);
        break;
    default:
        break;
    }
    return err;
}

/* --- reading: lists and maps ----------------------------------------------------------------------------------------- */

static enum wamp_err read_list(enum wamp_ser ser, const struct wamp_item *item, struct wamp_arena *arena,
                               struct wamp_value *out)
{
    struct wamp_value *list = wamp_arena_alloc(arena, (size_t)item->count * sizeof *list);
    if (!list)
        return WAMP_ERR_NOMEM;
    *out = (struct wamp_value){.kind = WAMP_LIST, .list = list};
    struct wamp_iter it = wamp_iter(ser, item);
    struct wamp_item element;
    while (wamp_iter_next(&it, &element)) {
        enum wamp_err err = wamp_value_of_item(ser, &element, arena, &list[out->count]);
        if (err)
            return err;
        out->count++;
    }
    return WAMP_ERR_NONE;
}

/* Where keys of a map lie, so that one that occurs again is found: open addressing, 0 is free, else place + 1. */
struct key_index {
    uint32_t *slots;
    size_t mask;
};

static bool key_index_init(struct key_index *index, uint32_t count, struct wamp_arena *arena)
{
    size_t size = 4;
    while (size < 2 * (size_t)count)
        size *= 2;
    index->mask = size - 1;
    index->slots = wamp_arena_alloc(arena, size * sizeof *index->slots);
    if (index->slots)
        memset(index->slots, 0, size * sizeof *index->slots);
    return index->slots != NULL;
}

/* Keys that are no text and no integers are the same when their octets are: nobody can choose collisions. */
static uint64_t hash_key(const struct wamp_item *item, const struct wamp_value *key)
{
    if (key->kind == WAMP_STR || key->kind == WAMP_BIN)
        return wamp_siphash(key->text.ptr, key->text.len);
    if (key->kind == WAMP_UINT || key->kind == WAMP_NINT)
        return wamp_siphash(&key->uint, sizeof key->uint);
    return wamp_siphash(item->raw.ptr, item->raw.len);
}

/* The place of the pair with that key, else `next`, which it then stands for. */
static uint32_t key_index_place(struct key_index *index, const struct wamp_pair *pairs, uint64_t hash,
                                const struct wamp_value *key, uint32_t next)
{
    for (size_t i = hash;; i++) {
        uint32_t *slot = &index->slots[i & index->mask];
        if (!*slot)
            *slot = next + 1;
        if (*slot == next + 1 || wamp_value_equal(&pairs[*slot - 1].key, key))
            return *slot - 1;
    }
}

static enum wamp_err read_map(enum wamp_ser ser, const struct wamp_item *item, struct wamp_arena *arena,
                              struct wamp_value *out)
{
    struct key_index index;
    struct wamp_pair *pairs = wamp_arena_alloc(arena, (size_t)item->count * sizeof *pairs);
    if (!pairs || !key_index_init(&index, item->count, arena))
        return WAMP_ERR_NOMEM;
    *out = (struct wamp_value){.kind = WAMP_MAP, .map = pairs};
    struct wamp_iter it = wamp_iter(ser, item);
    struct wamp_item key, value;
    while (wamp_iter_pair(&it, &key, &value)) {
        struct wamp_value name;
        enum wamp_err err = wamp_value_of_item(ser, &key, arena, &name);
        if (err)
            return err;
        uint32_t place = key_index_place(&index, pairs, hash_key(&key, &name), &name, out->count);
        if (place == out->count)
            out->count++;
        pairs[place].key = name;
        err = wamp_value_of_item(ser, &value, arena, &pairs[place].value);
        if (err)
            return err;
    }
    return WAMP_ERR_NONE;
}

enum wamp_err wamp_value_of_item(enum wamp_ser ser, const struct wamp_item *item, struct wamp_arena *arena,
                                 struct wamp_value *out)
{
    if (item->kind == WAMP_LIST)
        return read_list(ser, item, arena, out);
    if (item->kind == WAMP_MAP)
        return read_map(ser, item, arena, out);
    return wamp_scalar_read(ser, item, arena, true, out);
}

enum wamp_err wamp_value_read(enum wamp_ser ser, struct str octets, struct wamp_arena *arena, struct wamp_value *out)
{
    struct wamp_item item;
    enum wamp_err err = wamp_item_parse(ser, octets, &item);
    return err ? err : wamp_value_of_item(ser, &item, arena, out);
}

/* --- writing ------------------------------------------------------------------------------------------------------------ */

static size_t put_be(char *to, uint64_t number, unsigned octets)
{
    for (unsigned i = 0; i < octets; i++)
        to[i] = (char)(number >> 8 * (octets - 1 - i));
    return octets;
}

/* Head of a MessagePack ext and its type. */
static enum wamp_err put_msgpack_ext(struct wamp_wr *w, const struct wamp_value *v)
{
    static const char fixed[] = {[1] = (char)0xd4, [2] = (char)0xd5, [4] = (char)0xd6, [8] = (char)0xd7, [16] = (char)0xd8};
    size_t len = v->ext.data.len, n = 1;
    char head[6];
    if (len < sizeof fixed && fixed[len]) {
        head[0] = fixed[len];
    } else {
        unsigned size = len < 256 ? 0 : len < 65536 ? 1 : 2;
        head[0] = (char)(0xc7 + size);
        n += put_be(head + 1, len, 1u << size);
    }
    head[n++] = (char)v->ext.type;
    wamp_wr_raw(w, str_of(head, n));
    wamp_buf_add_str(w->out, v->ext.data);
    return WAMP_ERR_NONE;
}

/* spec: table 0.8: ext and tags stay in their own format */
static enum wamp_err put_ext(struct wamp_wr *w, const struct wamp_value *v)
{
    if (w->ser != v->ext.ser)
        return WAMP_ERR_UNREPRESENTABLE;
    if (w->ser == WAMP_MSGPACK)
        return put_msgpack_ext(w, v);
    wamp_wr_raw(w, v->ext.data);
    return WAMP_ERR_NONE;
}

/* Tag 2 or 3 and a byte string; what fits 64 bits is an integer of major type 1. */
static enum wamp_err put_cbor_bignum(struct wamp_wr *w, struct str digits)
{
    char magnitude[WAMP_BIGNUM_OCTETS_MAX], head[9];
    size_t len;
    bool negative;
    enum wamp_err err = wamp_bignum_from_decimal(digits, magnitude, &len, &negative);
    if (err)
        return err;
    if (len <= 8) {
        uint64_t number = 0;
        for (size_t i = 0; i < len; i++)
            number = number << 8 | (uint8_t)magnitude[i];
        head[0] = (char)(negative ? 0x3b : 0x1b);
        put_be(head + 1, number, 8);
        wamp_wr_raw(w, str_of(head, 9));
        return WAMP_ERR_NONE;
    }
    head[0] = (char)(negative ? 0xc3 : 0xc2);
    wamp_wr_raw(w, str_of(head, 1));
    wamp_wr_bin(w, str_of(magnitude, len));
    return WAMP_ERR_NONE;
}

/* spec: R-26, table 0.8 */
static enum wamp_err put_bignum(struct wamp_wr *w, struct str digits)
{
    if (w->ser == WAMP_MSGPACK)
        return WAMP_ERR_UNREPRESENTABLE;
    if (w->ser == WAMP_CBOR)
        return put_cbor_bignum(w, digits);
    wamp_wr_raw(w, digits);
    return WAMP_ERR_NONE;
}

static enum wamp_err put_real(struct wamp_wr *w, double real)
{
    if (w->ser == WAMP_JSON && !isfinite(real))
        return WAMP_ERR_UNREPRESENTABLE;
    wamp_wr_real(w, real);
    return WAMP_ERR_NONE;
}

static enum wamp_err put_list(struct wamp_wr *w, const struct wamp_value *v)
{
    enum wamp_err err = WAMP_ERR_NONE;
    wamp_wr_list(w, v->count);
    for (uint32_t i = 0; !err && i < v->count; i++)
        err = wamp_value_put(w, &v->list[i]);
    wamp_wr_list_end(w);
    return err;
}

static enum wamp_err put_map(struct wamp_wr *w, const struct wamp_value *v)
{
    enum wamp_err err = WAMP_ERR_NONE;
    wamp_wr_map(w, v->count);
    for (uint32_t i = 0; !err && i < v->count; i++) {
        err = wamp_value_put_key(w, &v->map[i].key);
        if (!err)
            err = wamp_value_put(w, &v->map[i].value);
    }
    wamp_wr_map_end(w);
    return err;
}

enum wamp_err wamp_value_put_key(struct wamp_wr *w, const struct wamp_value *key)
{
    if (key->kind == WAMP_STR)
        wamp_wr_key(w, key->text);
    else if (w->ser == WAMP_JSON)
        return WAMP_ERR_UNREPRESENTABLE;
    else
        return wamp_value_put(w, key);
    return WAMP_ERR_NONE;
}

enum wamp_err wamp_value_put(struct wamp_wr *w, const struct wamp_value *v)
{
    switch (v->kind) {
    case WAMP_NULL:
        wamp_wr_null(w);
        return WAMP_ERR_NONE;
    case WAMP_BOOL:
        wamp_wr_bool(w, v->boolean);
        return WAMP_ERR_NONE;
    case WAMP_UINT:
        wamp_wr_uint(w, v->uint);
        return WAMP_ERR_NONE;
    case WAMP_NINT:
        wamp_wr_int(w, v->nint);
        return WAMP_ERR_NONE;
    case WAMP_REAL:
        return put_real(w, v->real);
    case WAMP_STR:
        wamp_wr_str(w, v->text);
        return WAMP_ERR_NONE;
    case WAMP_BIN:
        wamp_wr_bin(w, v->text);
        return WAMP_ERR_NONE;
    case WAMP_LIST:
        return put_list(w, v);
    case WAMP_MAP:
        return put_map(w, v);
    case WAMP_BIGNUM:
        return put_bignum(w, v->text);
    case WAMP_EXT:
        return put_ext(w, v);
    case WAMP_ABSENT:
        break;
    }
    return WAMP_ERR_UNREPRESENTABLE;
}

enum wamp_err wamp_value_write(enum wamp_ser ser, const struct wamp_value *v, struct wamp_buf *out)
{
    struct wamp_wr w = wamp_wr(ser, out);
    size_t start = out->len;
    enum wamp_err err = wamp_value_put(&w, v);
    if (!err && out->failed)
        err = WAMP_ERR_NOMEM;
    if (err)
        out->len = start;
    return err;
}

/* --- looking -------------------------------------------------------------------------------------------------------------- */

static const struct wamp_pair *find(const struct wamp_value *map, const struct wamp_value *key)
{
    for (uint32_t i = 0; map->kind == WAMP_MAP && i < map->count; i++)
        if (wamp_value_equal(&map->map[i].key, key))
            return &map->map[i];
    return NULL;
}

const struct wamp_value *wamp_value_get(const struct wamp_value *map, struct str key)
{
    const struct wamp_pair *pair = find(map, &(struct wamp_value){.kind = WAMP_STR, .text = key});
    return pair ? &pair->value : NULL;
}

static bool lists_equal(const struct wamp_value *a, const struct wamp_value *b)
{
    for (uint32_t i = 0; i < a->count; i++)
        if (!wamp_value_equal(&a->list[i], &b->list[i]))
            return false;
    return true;
}

static bool maps_equal(const struct wamp_value *a, const struct wamp_value *b)
{
    for (uint32_t i = 0; i < a->count; i++) {
        const struct wamp_pair *other = find(b, &a->map[i].key);
        if (!other || !wamp_value_equal(&a->map[i].value, &other->value))
            return false;
    }
    return true;
}

bool wamp_value_equal(const struct wamp_value *a, const struct wamp_value *b)
{
    if (a->kind != b->kind || a->count != b->count)
        return false;
    switch (a->kind) {
    case WAMP_BOOL:
        return a->boolean == b->boolean;
    case WAMP_UINT:
        return a->uint == b->uint;
    case WAMP_NINT:
        return a->nint == b->nint;
    case WAMP_REAL:
        return a->real == b->real || (isnan(a->real) && isnan(b->real));
    case WAMP_STR:
    case WAMP_BIN:
    case WAMP_BIGNUM:
        return str_eq(a->text, b->text);
    case WAMP_LIST:
        return lists_equal(a, b);
    case WAMP_MAP:
        return maps_equal(a, b);
    case WAMP_EXT:
        return a->ext.ser == b->ext.ser && a->ext.type == b->ext.type && str_eq(a->ext.data, b->ext.data);
    case WAMP_NULL:
    case WAMP_ABSENT:
        break;
    }
    return true;
}
