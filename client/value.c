#include "client/value.h"

#include "common/mem.h"
#include "common/msg.h"

#include <stdatomic.h>
#include <string.h>

struct tree {
    _Atomic unsigned refs;
    struct wamp_arena arena;
};

static const struct wamp_value null_value = {.kind = WAMP_NULL};
static const struct wamp_value empty_list_value = {.kind = WAMP_LIST};
static const struct wamp_value empty_map_value = {.kind = WAMP_MAP};
const struct wamp_val wamp_null_val = {.v = &null_value};
const struct wamp_val wamp_empty_list = {.v = &empty_list_value};
const struct wamp_val wamp_empty_dict = {.v = &empty_map_value};

/* --- trees --------------------------------------------------------------------------------------------------- */

enum { TREE_LEAST_BYTES = 256, TREE_FIRST_BYTES_MAX = 4000 };

struct tree *wamp_tree_new(size_t octets)
{
    struct tree *t = wamp_zalloc(sizeof *t);
    if (!t)
        return NULL;
    /* A small value, kept long, shall not cost a whole chunk. */
    size_t first = octets < TREE_FIRST_BYTES_MAX / 8 ? TREE_LEAST_BYTES + 8 * octets : TREE_FIRST_BYTES_MAX;
    if (!wamp_arena_reserve(&t->arena, first)) {
        wamp_free(t);
        return NULL;
    }
    t->refs = 1;
    return t;
}

struct tree *wamp_tree_ref(struct tree *t)
{
    if (t)
        atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
    return t;
}

void wamp_tree_drop(struct tree *t)
{
    if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
        return;
    wamp_arena_fini(&t->arena);
    wamp_free(t);
}

struct wamp_arena *wamp_tree_arena(struct tree *t)
{
    return &t->arena;
}

static enum wamp_err show(struct tree *t, const struct wamp_value *v, struct wamp_val *out);

static enum wamp_err show_kids(struct tree *t, const struct wamp_value *v, struct wamp_val *out)
{
    bool is_map = v->kind == WAMP_MAP;
    size_t per = is_map ? 2 : 1;
    struct wamp_val *kids = wamp_arena_alloc(&t->arena, v->count * per * sizeof *kids);
    if (!kids)
        return WAMP_ERR_NOMEM;
    enum wamp_err err = WAMP_ERR_NONE;
    for (uint32_t i = 0; !err && i < v->count; i++) {
        err = show(t, is_map ? &v->map[i].key : &v->list[i], &kids[i * per]);
        if (!err && is_map)
            err = show(t, &v->map[i].value, &kids[i * per + 1]);
    }
    out->kids = kids;
    return err;
}

/* Depth is bounded: whatever made v checked WAMP_DEPTH_MAX. */
static enum wamp_err show(struct tree *t, const struct wamp_value *v, struct wamp_val *out)
{
    *out = (struct wamp_val){.tree = t, .v = v};
    return v->kind == WAMP_LIST || v->kind == WAMP_MAP ? show_kids(t, v, out) : WAMP_ERR_NONE;
}

enum wamp_err wamp_tree_show(struct tree *t, const struct wamp_value *v, const struct wamp_val **out)
{
    struct wamp_val *root = wamp_arena_alloc(&t->arena, sizeof *root);
    *out = root;
    return root ? show(t, v, root) : WAMP_ERR_NOMEM;
}

enum wamp_err wamp_tree_read(struct tree *t, enum wamp_ser ser, struct str octets, const struct wamp_val **out)
{
    struct wamp_value *v = wamp_arena_alloc(&t->arena, sizeof *v);
    if (!v)
        return WAMP_ERR_NOMEM;
    enum wamp_err err = wamp_value_read(ser, octets, &t->arena, v);
    return err ? err : wamp_tree_show(t, v, out);
}

/* --- copying ------------------------------------------------------------------------------------------------- */

static bool copy(struct wamp_arena *arena, const struct wamp_value *from, struct wamp_value *to);

static bool copy_list(struct wamp_arena *arena, const struct wamp_value *from, struct wamp_value *to)
{
    struct wamp_value *list = wamp_arena_alloc(arena, from->count * sizeof *list);
    to->list = list;
    bool ok = list != NULL;
    for (uint32_t i = 0; ok && i < from->count; i++)
        ok = copy(arena, &from->list[i], &list[i]);
    return ok;
}

static bool copy_map(struct wamp_arena *arena, const struct wamp_value *from, struct wamp_value *to)
{
    struct wamp_pair *map = wamp_arena_alloc(arena, from->count * sizeof *map);
    to->map = map;
    bool ok = map != NULL;
    for (uint32_t i = 0; ok && i < from->count; i++)
        ok = copy(arena, &from->map[i].key, &map[i].key) && copy(arena, &from->map[i].value, &map[i].value);
    return ok;
}

static bool copy(struct wamp_arena *arena, const struct wamp_value *from, struct wamp_value *to)
{
    *to = *from;
    switch (from->kind) {
    case WAMP_STR:
    case WAMP_BIN:
    case WAMP_BIGNUM:
        return wamp_arena_keep(arena, &to->text);
    case WAMP_EXT:
        return wamp_arena_keep(arena, &to->ext.data);
    case WAMP_LIST:
        return copy_list(arena, from, to);
    case WAMP_MAP:
        return copy_map(arena, from, to);
    default:
        return true;
    }
}

enum wamp_err wamp_tree_copy(struct tree *t, const struct wamp_value *v, const struct wamp_val **out)
{
    struct wamp_value *own = wamp_arena_alloc(&t->arena, sizeof *own);
    if (!own || !copy(&t->arena, v, own))
        return WAMP_ERR_NOMEM;
    return wamp_tree_show(t, own, out);
}

/* --- parts of a message -------------------------------------------------------------------------------------- */

void wamp_parts_clear(struct parts *p)
{
    struct tree *tree = p->tree;
    *p = (struct parts){.args = &wamp_empty_list, .kwargs = &wamp_empty_dict, .details = &wamp_empty_dict};
    wamp_tree_drop(tree);
}

enum wamp_err wamp_parts_read(const struct wamp_msg *m, struct parts *out)
{
    bool has_details = m->dict.kind == WAMP_MAP && m->dict.count;
    const struct wamp_payload *p = &m->payload;
    out->tree = NULL;
    wamp_parts_clear(out);
    if (!p->arity && !has_details)
        return WAMP_ERR_NONE;
    out->tree = wamp_tree_new(p->args.len + p->kwargs.len + (has_details ? m->dict.raw.len : 0));
    enum wamp_err err = out->tree ? WAMP_ERR_NONE : WAMP_ERR_NOMEM;
    if (!err && p->args.len)
        err = wamp_tree_read(out->tree, p->ser, p->args, &out->args);
    if (!err && p->kwargs.len)
        err = wamp_tree_read(out->tree, p->ser, p->kwargs, &out->kwargs);
    if (!err && has_details)
        err = wamp_tree_read(out->tree, m->ser, m->dict.raw, &out->details);
    if (err)
        wamp_parts_clear(out);
    return err;
}

/* --- public: owning ------------------------------------------------------------------------------------------ */

wamp_val *wamp_keep(const wamp_val *v)
{
    if (v)
        wamp_tree_ref(v->tree);
    return (wamp_val *)v;
}

void wamp_drop(wamp_val **v)
{
    if (!*v)
        return;
    wamp_tree_drop((*v)->tree);
    *v = NULL;
}

void wamp_val_give(wamp_val **out, const wamp_val *v)
{
    if (out)
        *out = wamp_keep(v ? v : &wamp_null_val);
}

/* --- public: reading ----------------------------------------------------------------------------------------- */

static const struct wamp_value *value_of(const wamp_val *v)
{
    return v ? v->v : &null_value;
}

static const wamp_val_type types[] = {
    [WAMP_NULL] = WAMP_T_NULL,    [WAMP_BOOL] = WAMP_T_BOOL, [WAMP_UINT] = WAMP_T_INT,
    [WAMP_NINT] = WAMP_T_INT,     [WAMP_REAL] = WAMP_T_REAL, [WAMP_STR] = WAMP_T_STR,
    [WAMP_BIN] = WAMP_T_BIN,      [WAMP_LIST] = WAMP_T_LIST, [WAMP_MAP] = WAMP_T_DICT,
    [WAMP_BIGNUM] = WAMP_T_OTHER, [WAMP_EXT] = WAMP_T_OTHER, [WAMP_ABSENT] = WAMP_T_NULL,
};

wamp_val_type wamp_type(const wamp_val *v)
{
    return types[value_of(v)->kind];
}

const char *wamp_typename(wamp_val_type type)
{
    static const char *const names[] = {
        [WAMP_T_NULL] = "null", [WAMP_T_BOOL] = "bool", [WAMP_T_INT] = "int",
        [WAMP_T_REAL] = "real", [WAMP_T_STR] = "str",   [WAMP_T_BIN] = "bin",
        [WAMP_T_LIST] = "list", [WAMP_T_DICT] = "dict", [WAMP_T_OTHER] = "other",
    };
    return (unsigned)type < sizeof names / sizeof *names ? names[type] : "unknown";
}

bool wamp_bool(const wamp_val *v)
{
    return value_of(v)->kind == WAMP_BOOL && value_of(v)->boolean;
}

int64_t wamp_int(const wamp_val *v)
{
    const struct wamp_value *value = value_of(v);
    if (value->kind == WAMP_NINT)
        return value->nint;
    if (value->kind != WAMP_UINT)
        return 0;
    return value->uint > INT64_MAX ? INT64_MAX : (int64_t)value->uint;
}

uint64_t wamp_uint(const wamp_val *v)
{
    return value_of(v)->kind == WAMP_UINT ? value_of(v)->uint : 0;
}

double wamp_real(const wamp_val *v)
{
    const struct wamp_value *value = value_of(v);
    switch (value->kind) {
    case WAMP_REAL:
        return value->real;
    case WAMP_UINT:
        return (double)value->uint;
    case WAMP_NINT:
        return (double)value->nint;
    default:
        return 0;
    }
}

const char *wamp_str(const wamp_val *v)
{
    return value_of(v)->kind == WAMP_STR ? value_of(v)->text.ptr : "";
}

const void *wamp_bin(const wamp_val *v, size_t *len)
{
    const struct wamp_value *value = value_of(v);
    bool is_octets = value->kind == WAMP_STR || value->kind == WAMP_BIN;
    *len = is_octets ? value->text.len : 0;
    return is_octets ? value->text.ptr : NULL;
}

size_t wamp_len(const wamp_val *v)
{
    const struct wamp_value *value = value_of(v);
    switch (value->kind) {
    case WAMP_LIST:
    case WAMP_MAP:
        return value->count;
    case WAMP_STR:
    case WAMP_BIN:
        return value->text.len;
    default:
        return 0;
    }
}

const wamp_val *wamp_at(const wamp_val *v, size_t i)
{
    const struct wamp_value *value = value_of(v);
    if (value->kind == WAMP_LIST && i < value->count)
        return &v->kids[i];
    return value->kind == WAMP_MAP && i < value->count ? &v->kids[2 * i + 1] : NULL;
}

const wamp_val *wamp_key_at(const wamp_val *v, size_t i)
{
    return value_of(v)->kind == WAMP_MAP && i < v->v->count ? &v->kids[2 * i] : NULL;
}

const wamp_val *wamp_key(const wamp_val *v, const char *key)
{
    struct str name = str_z(key);
    for (size_t i = 0; value_of(v)->kind == WAMP_MAP && i < v->v->count; i++) {
        const struct wamp_value *k = &v->v->map[i].key;
        if (k->kind == WAMP_STR && str_eq(k->text, name))
            return &v->kids[2 * i + 1];
    }
    return NULL;
}

bool wamp_equal(const wamp_val *a, const wamp_val *b)
{
    return wamp_value_equal(value_of(a), value_of(b));
}

/* --- public: JSON -------------------------------------------------------------------------------------------- */

/* Hands the root, which holds the tree's one reference, to the caller. */
static wamp_val *give(struct tree *t, enum wamp_err err, const struct wamp_val *root)
{
    if (!err)
        return (wamp_val *)root;
    wamp_tree_drop(t);
    return NULL;
}

wamp_val *wamp_from_json(const char *text, size_t len)
{
    const struct wamp_val *root = NULL;
    struct tree *t = text ? wamp_tree_new(len) : NULL;
    if (!t)
        return NULL;
    enum wamp_err err = wamp_tree_read(t, WAMP_JSON, str_of(text, len), &root);
    return give(t, err, root);
}

wamp_val *wamp_to_json(const wamp_val *v)
{
    struct wamp_buf json = {0};
    const struct wamp_val *root = NULL;
    struct tree *t = NULL;
    if (!wamp_value_write(WAMP_JSON, value_of(v), &json))
        t = wamp_tree_new(json.len);
    if (t) {
        struct wamp_value text = {.kind = WAMP_STR, .text = wamp_buf_str(&json)};
        enum wamp_err err = wamp_tree_copy(t, &text, &root);
        root = give(t, err, root);
    }
    wamp_buf_fini(&json);
    return (wamp_val *)root;
}
