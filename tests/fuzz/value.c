#include "tests/fuzz/fuzz.h"

#include <math.h>

static struct wamp_value read_value(enum wamp_ser ser, struct str octets, struct wamp_arena *arena)
{
    struct wamp_value v;
    demand(wamp_value_read(ser, octets, arena, &v) == WAMP_ERR_NONE);
    return v;
}

/* --- the readers agree ---------------------------------------------------------------------------------- */

static bool lies_in(struct str part, struct str whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

/* Visits everything below the item; returns the number of its values. */
static size_t walk(enum wamp_ser ser, const struct wamp_item *item, struct wamp_arena *arena)
{
    struct wamp_item key, value;
    struct str text;
    size_t n = 1;
    uint32_t count = 0;
    bool is_map = item->kind == WAMP_MAP;
    if (item->kind == WAMP_STR || item->kind == WAMP_BIN)
        demand(wamp_item_text(ser, item, arena, &text) == WAMP_ERR_NONE);
    if (item->kind != WAMP_LIST && !is_map)
        return n;
    struct wamp_iter it = wamp_iter(ser, item);
    for (; is_map ? wamp_iter_pair(&it, &key, &value) : wamp_iter_next(&it, &value); count++) {
        demand(lies_in(value.raw, item->raw));
        demand(!is_map || lies_in(key.raw, item->raw));
        n += walk(ser, &value, arena) + (is_map ? walk(ser, &key, arena) : 0);
    }
    demand(count == item->count);
    return n;
}

/* wamp_split sees the elements that wamp_iter sees. */
static void check_split(enum wamp_ser ser, struct str octets, enum wamp_err err, const struct wamp_item *item)
{
    struct wamp_item parts[WAMP_SPLIT_MAX], element;
    unsigned n;
    enum wamp_err split_err = wamp_split(ser, octets, parts, &n);
    if (err || item->kind != WAMP_LIST) {
        demand(split_err != WAMP_ERR_NONE);
        return;
    }
    demand(split_err == WAMP_ERR_NONE && n == item->count);
    struct wamp_iter it = wamp_iter(ser, item);
    for (unsigned i = 0; i < n && i < WAMP_SPLIT_MAX; i++) {
        demand(wamp_iter_next(&it, &element));
        demand(element.kind == parts[i].kind && str_eq(element.raw, parts[i].raw));
    }
}

/* --- there and back ------------------------------------------------------------------------------------- */

/* JSON can say 1e999, but not write it again. */
static bool is_finite(const struct wamp_value *v)
{
    bool finite = v->kind != WAMP_REAL || isfinite(v->real);
    for (uint32_t i = 0; finite && v->kind == WAMP_LIST && i < v->count; i++)
        finite = is_finite(&v->list[i]);
    for (uint32_t i = 0; finite && v->kind == WAMP_MAP && i < v->count; i++)
        finite = is_finite(&v->map[i].key) && is_finite(&v->map[i].value);
    return finite;
}

static void check_rewrite(enum wamp_ser ser, const struct wamp_value *v, struct wamp_arena *arena)
{
    struct wamp_buf buf = {0};
    enum wamp_err err = wamp_value_write(ser, v, &buf);
    if (ser == WAMP_JSON && !is_finite(v)) {
        demand(err == WAMP_ERR_UNREPRESENTABLE);
    } else {
        demand(err == WAMP_ERR_NONE);
        struct wamp_value again = read_value(ser, wamp_buf_str(&buf), arena);
        demand(wamp_value_equal(v, &again));
    }
    wamp_buf_fini(&buf);
}

bool fuzz_is_ambiguous(const struct wamp_value *v)
{
    bool found = v->kind == WAMP_STR && v->text.len && v->text.ptr[0] == '\0';
    for (uint32_t i = 0; !found && i < v->count && v->kind == WAMP_LIST; i++)
        found = fuzz_is_ambiguous(&v->list[i]);
    for (uint32_t i = 0; !found && i < v->count && v->kind == WAMP_MAP; i++)
        found = fuzz_is_ambiguous(&v->map[i].key) || fuzz_is_ambiguous(&v->map[i].value);
    return found;
}

static void check_transcode(enum wamp_ser from, struct str octets, enum wamp_ser to, const struct wamp_value *v,
                            struct wamp_arena *arena)
{
    struct wamp_buf there = {0}, back = {0};
    enum wamp_err err = wamp_transcode(from, octets, to, &there);
    demand(err == WAMP_ERR_NONE || (err == WAMP_ERR_UNREPRESENTABLE && there.len == 0));
    if (err == WAMP_ERR_NONE) {
        struct wamp_value read = read_value(to, wamp_buf_str(&there), arena);
        bool exact = to != WAMP_JSON || !fuzz_is_ambiguous(v);
        demand(!exact || wamp_value_equal(v, &read));
        demand(wamp_transcode(to, wamp_buf_str(&there), from, &back) == WAMP_ERR_NONE || !exact);
        if (exact) {
            read = read_value(from, wamp_buf_str(&back), arena);
            demand(wamp_value_equal(v, &read));
        }
    }
    wamp_buf_fini(&there);
    wamp_buf_fini(&back);
}

/* Keys that are neither text nor octets nor integers are told apart by how they are written, which rewriting
 * changes. */
static bool has_odd_keys(const struct wamp_value *v)
{
    bool odd = false;
    for (uint32_t i = 0; !odd && v->kind == WAMP_LIST && i < v->count; i++)
        odd = has_odd_keys(&v->list[i]);
    for (uint32_t i = 0; !odd && v->kind == WAMP_MAP && i < v->count; i++) {
        enum wamp_kind kind = v->map[i].key.kind;
        odd = (kind != WAMP_STR && kind != WAMP_BIN && kind != WAMP_UINT && kind != WAMP_NINT) ||
              has_odd_keys(&v->map[i].value);
    }
    return odd;
}

static void check_there_and_back(enum wamp_ser ser, struct str octets, const struct wamp_value *v,
                                 struct wamp_arena *arena)
{
    check_rewrite(ser, v, arena);
    if (ser == WAMP_JSON && !is_finite(v))
        return;
    for (enum wamp_ser to = WAMP_JSON; to <= WAMP_CBOR; to++)
        check_transcode(ser, octets, to, v, arena);
}

void fuzz_value(enum wamp_ser ser, struct str octets)
{
    struct wamp_arena arena = {0};
    struct wamp_item item;
    struct wamp_value v;
    enum wamp_err err = wamp_item_parse(ser, octets, &item);
    check_split(ser, octets, err, &item);
    demand((wamp_value_read(ser, octets, &arena, &v) == WAMP_ERR_NONE) == (err == WAMP_ERR_NONE));
    if (err == WAMP_ERR_NONE) {
        demand(walk(ser, &item, &arena) <= octets.len);
        if (!has_odd_keys(&v))
            check_there_and_back(ser, octets, &v, &arena);
    }
    wamp_arena_fini(&arena);
}
