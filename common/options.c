#include "common/options.h"

#include "common/map.h"
#include "common/msg.h"

#include <stdio.h>

/* --- enumerations --------------------------------------------------------------------------------------------- */

static const char *const match_names[] = {"exact", "prefix", "wildcard"};
static const char *const invoke_names[] = {"single", "roundrobin", "random", "first", "last"};
static const char *const mode_names[] = {"killnowait", "kill", "skip"};

const char *wamp_match_name(enum wamp_match match)
{
    return match_names[match];
}

const char *wamp_invoke_name(enum wamp_invoke invoke)
{
    return invoke_names[invoke];
}

const char *wamp_mode_name(enum wamp_mode mode)
{
    return mode_names[mode];
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The place of text in names, or -1. */
static int name_index(struct str text, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(text, str_z(names[i])))
            return (int)i;
    return -1;
}

/* --- the table ------------------------------------------------------------------------------------------------ */

enum type { BOOL, INT, ID, STR_TYPE, MATCH, INVOKE, MODE, IDS, STRS, ANY };
#define TYPE_BOOL BOOL
#define TYPE_INT INT
#define TYPE_ID ID
#define TYPE_STR STR_TYPE
#define TYPE_MATCH MATCH
#define TYPE_INVOKE INVOKE
#define TYPE_MODE MODE
#define TYPE_IDS IDS
#define TYPE_STRS STRS
#define TYPE_ANY ANY

static const char *const expected[] = {
    [BOOL] = "a boolean",
    [INT] = "an integer >= 0",
    [ID] = "an id (integer 1..2^53)",
    [STR_TYPE] = "a string",
    [MATCH] = "one of exact, prefix, wildcard",
    [INVOKE] = "one of single, roundrobin, random, first, last",
    [MODE] = "one of skip, kill, killnowait",
    [IDS] = "a list of ids",
    [STRS] = "a list of strings",
};

/* One bit a message type, in the order of msg.def. */
enum {
#define MSG(code, name, layout, tail, sender) BIT_##name,
#include "common/msg.def"
#undef MSG
};

static const uint8_t bit_of_code[] = {
#define MSG(code, name, layout, tail, sender) [code] = BIT_##name,
#include "common/msg.def"
#undef MSG
};

#define M(name) (1u << BIT_##name)
#define PPT_MESSAGES (M(PUBLISH) | M(EVENT) | M(CALL) | M(INVOCATION) | M(YIELD) | M(RESULT) | M(ERROR))

struct option {
    struct str key;
    enum type type;
    uint32_t messages;
    uint16_t offset;
};

static const struct option options[WAMP_OPT_COUNT] = {
#define OPT(field, name, kind, set)                                                                          \
    [WAMP_OPT_##field] = {{name, sizeof(name) - 1}, TYPE_##kind, set, offsetof(struct wamp_options, field)},
#include "common/options.def"
#undef OPT
};

static int find_option(struct str key, uint32_t message)
{
    for (int i = 0; i < WAMP_OPT_COUNT; i++)
        if ((options[i].messages & message) && str_eq(options[i].key, key))
            return i;
    return -1;
}

/* --- values ---------------------------------------------------------------------------------------------------- */

static bool all_are(enum wamp_ser ser, const struct wamp_item *list, enum type type)
{
    struct wamp_iter it = wamp_iter(ser, list);
    struct wamp_item item;
    while (wamp_iter_next(&it, &item)) {
        if (type == STRS ? item.kind != WAMP_STR
                         : item.kind != WAMP_UINT || item.uint < 1 || item.uint > WAMP_ID_MAX)
            return false;
    }
    return true;
}

static enum wamp_err take_name(enum wamp_ser ser, const struct wamp_item *item, struct wamp_arena *arena, enum type type,
                               int *out)
{
    struct str text;
    if (item->kind != WAMP_STR)
        return WAMP_ERR_TYPE;
    enum wamp_err err = wamp_item_text(ser, item, arena, &text);
    if (err)
        return err;
    *out = type == MATCH    ? name_index(text, match_names, COUNT(match_names))
           : type == INVOKE ? name_index(text, invoke_names, COUNT(invoke_names))
                            : name_index(text, mode_names, COUNT(mode_names));
    return *out < 0 ? WAMP_ERR_RANGE : WAMP_ERR_NONE;
}

/* Stores item at `field` when it is of the row's type. */
static enum wamp_err take_value(enum wamp_ser ser, const struct wamp_item *item, struct wamp_arena *arena, enum type type,
                                void *field)
{
    int name;
    enum wamp_err err;
    switch (type) {
    case BOOL:
        if (item->kind != WAMP_BOOL)
            return WAMP_ERR_TYPE;
        *(bool *)field = item->boolean;
        return WAMP_ERR_NONE;
    case INT:
    case ID:
        *(uint64_t *)field = item->uint;
        if (item->kind != WAMP_UINT)
            return WAMP_ERR_TYPE;
        return type == INT || (item->uint >= 1 && item->uint <= WAMP_ID_MAX) ? WAMP_ERR_NONE : WAMP_ERR_RANGE;
    case STR_TYPE:
        return item->kind == WAMP_STR ? wamp_item_text(ser, item, arena, field) : WAMP_ERR_TYPE;
    case MATCH:
    case INVOKE:
    case MODE:
        err = take_name(ser, item, arena, type, &name);
        if (!err)
            *(int *)field = name;
        return err;
    case IDS:
    case STRS:
        *(struct wamp_item *)field = *item;
        return item->kind == WAMP_LIST && all_are(ser, item, type) ? WAMP_ERR_NONE : WAMP_ERR_TYPE;
    case ANY:
        *(struct wamp_item *)field = *item;
        return WAMP_ERR_NONE;
    }
    return WAMP_ERR_TYPE;
}
_Static_assert(sizeof(enum wamp_match) == sizeof(int) && sizeof(enum wamp_invoke) == sizeof(int) &&
                   sizeof(enum wamp_mode) == sizeof(int),
               "enumerations are stored through int");

/* --- keys ------------------------------------------------------------------------------------------------------ */

enum { KEYS_MAX = 256 };  /* keys in one Options dict: stops quadratic and table-filling attacks */

/* The keys met so far: a small open-addressed set on the stack, of which only mask + 1 slots are used. */
struct key_set {
    size_t mask;
    struct str slots[2 * KEYS_MAX];
};

static void key_set_init(struct key_set *set, size_t count)
{
    set->mask = 4;
    while (set->mask < 2 * count)
        set->mask *= 2;
    memset(set->slots, 0, set->mask * sizeof *set->slots);
    set->mask--;
}

/* False when the key is there already. */
static bool key_set_add(struct key_set *set, struct str key)
{
    for (size_t i = wamp_siphash(key.ptr, key.len);; i++) {
        struct str *slot = &set->slots[i & set->mask];
        if (!slot->ptr) {
            *slot = key.ptr ? key : STR("");
            return true;
        }
        if (str_eq(*slot, key))
            return false;
    }
}

static enum wamp_err fault(struct wamp_fault *why, enum wamp_err err, unsigned code, const char *what, struct str key)
{
    const char *name = wamp_type_name(code);
    why->err = err;
    snprintf(why->text, sizeof why->text, "%s: option %.*s %s", name ? name : "message", STR_ARG(key), what);
    return err;
}

/* JavaScript's `undefined`, which wampy.js sends for an option that it does not set: CBOR has it; in MessagePack it is
 * what its library makes of it, ext 0 with one zero octet. */
static bool is_undefined(enum wamp_ser ser, const struct wamp_item *value)
{
    return (ser == WAMP_CBOR && str_eq(value->raw, STR("\xf7"))) ||
           (ser == WAMP_MSGPACK && str_eq(value->raw, STR("\xd4\0\0")));
}

static enum wamp_err take_pair(enum wamp_ser ser, unsigned code, struct str key, const struct wamp_item *value,
                               struct wamp_arena *arena, struct wamp_options *out, struct wamp_fault *why)
{
    int row = find_option(key, 1u << bit_of_code[code]);
    if (row < 0 || is_undefined(ser, value))
        return WAMP_ERR_NONE;  /* unknown keys are ignored. spec: B-043 */
    const struct option *o = &options[row];
    enum wamp_err err = take_value(ser, value, arena, o->type, (char *)out + o->offset);
    if (err) {
        char what[64];
        snprintf(what, sizeof what, "must be %s", o->type == ANY ? "" : expected[o->type]);
        return fault(why, err, code, err == WAMP_ERR_NOMEM ? "needs memory that is not there" : what, o->key);
    }
    out->has |= UINT64_C(1) << row;
    return WAMP_ERR_NONE;
}

static enum wamp_err parse_pairs(enum wamp_ser ser, unsigned code, const struct wamp_item *dict, struct wamp_arena *arena,
                                 struct wamp_options *out, struct wamp_fault *why, struct key_set *seen)
{
    struct wamp_iter it = wamp_iter(ser, dict);
    struct wamp_item key, value;
    while (wamp_iter_pair(&it, &key, &value)) {
        struct str text;
        if (key.kind != WAMP_STR)
            return fault(why, WAMP_ERR_TYPE, code, "keys must be strings", STR(""));
        if (wamp_item_text(ser, &key, arena, &text))
            return fault(why, WAMP_ERR_NOMEM, code, "needs memory that is not there", STR("key"));
        if (seen && !key_set_add(seen, text))
            return fault(why, WAMP_ERR_DUPLICATE, code, "keys must be unique", STR(""));
        enum wamp_err err = take_pair(ser, code, text, &value, arena, out, why);
        if (err)
            return err;
    }
    return WAMP_ERR_NONE;
}

enum wamp_err wamp_options_parse(enum wamp_ser ser, unsigned code, const struct wamp_item *dict, struct wamp_arena *arena,
                                 struct wamp_options *out, struct wamp_fault *why)
{
    wamp_options_clear(out);
    if (dict->count <= 1)
        return parse_pairs(ser, code, dict, arena, out, why, NULL);
    if (dict->count > KEYS_MAX)
        return fault(why, WAMP_ERR_TOOBIG, code, "keys: at most 256 are taken", STR(""));
    struct key_set seen;
    key_set_init(&seen, dict->count);
    return parse_pairs(ser, code, dict, arena, out, why, &seen);
}
