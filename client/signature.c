/* Signatures: what a procedure takes, by position or by keyword, checked and stored. client/include/wamp/channel.h
 * says what the letters mean. */
#include "client/format.h"
#include "client/value.h"

#include <limits.h>
#include <string.h>

/* How a size_t * arrives. */
#define TO_SIZE (sizeof(size_t) == 8 ? WAMP_A_TO_U64 : WAMP_A_TO_U32)

struct item {
    struct str name;  /* empty: by position only */
    char type;
    bool optional;
};

static const struct {
    char type;
    const char *expected;
    unsigned slots;  /* places to store to */
} types[] = {
    {'b', "bool", 1}, {'i', "int", 1}, {'u', "int >= 0", 1}, {'d', "real", 1}, {'s', "str", 1},
    {'y', "bin", 2},  {'v', "any", 1}, {'[', "list", 1},     {'{', "dict", 1},
};

static int find_type(char type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == type)
            return (int)i;
    return -1;
}

/* --- reading a signature ------------------------------------------------------------------------------------- */

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " \t\n,");
}

/* One item at *p, which is neither the end nor '*'. */
static bool read_item(const char **p, struct item *out, struct why *why)
{
    size_t n = strcspn(*p, " \t\n,:[]{}?*");
    bool named = n && (*p)[n] == ':';
    *out = (struct item){.name = named ? str_of(*p, n) : str_of(NULL, 0)};
    if (named)
        *p += n + 1;
    out->type = **p;
    if (find_type(out->type) < 0) {
        wamp_why(why, "signature: '%c' means nothing", out->type);
        return false;
    }
    char close = out->type == '[' ? ']' : out->type == '{' ? '}' : '\0';
    if (close && (*p)[1] != close) {
        wamp_why(why, "signature: '%c' is missing", close);
        return false;
    }
    *p += close ? 2 : 1;
    out->optional = **p == '?';
    *p += out->optional;
    return true;
}

/* --- one value against one type ------------------------------------------------------------------------------ */

static bool type_fits(const wamp_val *v, char type)
{
    switch (type) {
    case 'b':
        return v->v->kind == WAMP_BOOL;
    case 'i':
        return v->v->kind == WAMP_NINT || (v->v->kind == WAMP_UINT && v->v->uint <= INT64_MAX);
    case 'u':
        return v->v->kind == WAMP_UINT;
    case 'd':
        return wamp_type(v) == WAMP_T_REAL || wamp_type(v) == WAMP_T_INT;
    case 's':
        return v->v->kind == WAMP_STR;
    case 'y':
        return v->v->kind == WAMP_BIN;
    case '[':
        return v->v->kind == WAMP_LIST;
    case '{':
        return v->v->kind == WAMP_MAP;
    default:
        return true;
    }
}

/* Stores an integer where it fits. */
static bool store_int(const wamp_val *v, const wamp_arg *to)
{
    int64_t i = wamp_int(v);
    uint64_t u = wamp_uint(v);
    bool negative = v->v->kind == WAMP_NINT;
    switch (to->kind) {
    case WAMP_A_TO_I32:
        if (i < INT_MIN || i > INT_MAX)
            return false;
        *(int *)to->u.to = (int)i;
        return true;
    case WAMP_A_TO_I64:
        if (!negative && u > INT64_MAX)
            return false;
        *(int64_t *)to->u.to = i;
        return true;
    case WAMP_A_TO_U32:
        if (negative || u > UINT_MAX)
            return false;
        *(unsigned *)to->u.to = (unsigned)u;
        return true;
    default:
        if (negative)
            return false;
        *(uint64_t *)to->u.to = u;
        return true;
    }
}

/* Whether a place of that kind takes values of the type. */
static bool place_fits(char type, const wamp_arg *to)
{
    if (to->kind == WAMP_A_TO_VAL)
        return type != 'y';
    switch (type) {
    case 'b':
        return to->kind == WAMP_A_TO_BOOL;
    case 'i':
    case 'u':
        return to->kind == WAMP_A_TO_I32 || to->kind == WAMP_A_TO_I64 || to->kind == WAMP_A_TO_U32 ||
               to->kind == WAMP_A_TO_U64;
    case 'd':
        return to->kind == WAMP_A_TO_REAL;
    case 's':
        return to->kind == WAMP_A_TO_STR;
    case 'y':
        return to->kind == WAMP_A_TO_PTR && to[1].kind == TO_SIZE;
    default:
        return false;
    }
}

/* False: the value has the type but cannot be held there. */
static bool store(const wamp_val *v, char type, const wamp_arg *to)
{
    if (to->kind == WAMP_A_TO_VAL) {
        *(const wamp_val **)to->u.to = v;
        return true;
    }
    switch (type) {
    case 'b':
        *(bool *)to->u.to = wamp_bool(v);
        return true;
    case 'd':
        *(double *)to->u.to = wamp_real(v);
        return true;
    case 's':
        *(const char **)to->u.to = wamp_str(v);
        return !memchr(wamp_str(v), '\0', wamp_len(v));  /* a C string would end there */
    case 'y':
        *(const void **)to->u.to = wamp_bin(v, (size_t *)to[1].u.to);
        return true;
    default:
        return store_int(v, to);
    }
}
/* --- all of them --------------------------------------------------------------------------------------------- */

struct matcher {
    const wamp_val *args, *kwargs;
    wamp_argv out;
    size_t slot;      /* next of out */
    size_t position;  /* of the item */
    struct why *why;
};

static void refuse(struct matcher *m, const struct item *item, const char *expected, const char *got)
{
    if (item->name.len)
        wamp_why(m->why, "%.*s: expected %s, got %s", STR_ARG(item->name), expected, got);
    else
        wamp_why(m->why, "argument %zu: expected %s, got %s", m->position + 1, expected, got);
}

static const wamp_val *find_named(const wamp_val *kwargs, struct str name)
{
    for (uint32_t i = 0; name.len && kwargs->v->kind == WAMP_MAP && i < kwargs->v->count; i++) {
        const struct wamp_value *key = &kwargs->v->map[i].key;
        if (key->kind == WAMP_STR && str_eq(key->text, name))
            return &kwargs->kids[2 * i + 1];
    }
    return NULL;
}

/* The value for an item; *v NULL when it may be missing and is. */
static bool find_value(struct matcher *m, const struct item *item, const wamp_val **v)
{
    const wamp_val *named = find_named(m->kwargs, item->name);
    *v = wamp_at(m->args, m->position);
    if (*v && named) {
        wamp_why(m->why, "argument '%.*s' given twice", STR_ARG(item->name));
        return false;
    }
    if (!*v)
        *v = named;
    if (item->optional && *v && wamp_type(*v) == WAMP_T_NULL)
        *v = NULL;
    if (*v || item->optional)
        return true;
    if (item->name.len)
        wamp_why(m->why, "missing argument '%.*s'", STR_ARG(item->name));
    else
        wamp_why(m->why, "missing argument %zu", m->position + 1);
    return false;
}

static bool match_item(struct matcher *m, const struct item *item)
{
    int row = find_type(item->type);
    const wamp_val *v;
    if (!find_value(m, item, &v))
        return false;
    if (v && !type_fits(v, item->type)) {
        bool wants_int = item->type == 'i' || item->type == 'u';
        bool out_of_range = wants_int && wamp_type(v) == WAMP_T_INT;
        refuse(m, item, types[row].expected, out_of_range ? "an int out of range" : wamp_typename(wamp_type(v)));
        return false;
    }
    if (!m->out.n)
        return true;
    const wamp_arg *to = &m->out.v[m->slot];
    if (m->slot + types[row].slots > m->out.n || !place_fits(item->type, to)) {
        wamp_why(m->why, "signature: no place to store argument %zu (%s)", m->position + 1, types[row].expected);
        return false;
    }
    m->slot += types[row].slots;
    if (v && !store(v, item->type, to)) {
        refuse(m, item, types[row].expected, item->type == 's' ? "a str with NUL inside" : "an int out of range");
        return false;
    }
    return true;
}

static bool sig_names(const char *sig, struct str name)
{
    struct item item;
    struct why ignored;
    for (const char *p = skip_blanks(sig); *p && *p != '*'; p = skip_blanks(p))
        if (!read_item(&p, &item, &ignored) || str_eq(item.name, name))
            return true;
    return false;
}

/* Nothing may be given that the signature does not name. */
static bool none_left(struct matcher *m, const char *sig)
{
    if (wamp_len(m->args) > m->position) {
        wamp_why(m->why, "unexpected argument %zu", m->position + 1);
        return false;
    }
    for (size_t i = 0; i < wamp_len(m->kwargs); i++) {
        const wamp_val *key = wamp_key_at(m->kwargs, i);
        if (wamp_len(key) && sig_names(sig, key->v->text))
            continue;
        wamp_why(m->why, "unexpected argument '%.60s'", wamp_str(key));
        return false;
    }
    return true;
}

wamp_rc wamp_match_args(const wamp_val *args, const wamp_val *kwargs, const char *sig, wamp_argv out,
                        struct why *why)
{
    struct matcher m = {.args = args ? args : &wamp_empty_list,
                        .kwargs = kwargs ? kwargs : &wamp_empty_dict,
                        .out = out,
                        .why = why};
    const char *p = skip_blanks(sig);
    for (; *p && *p != '*'; p = skip_blanks(p)) {
        struct item item;
        if (!read_item(&p, &item, why) || !match_item(&m, &item))
            return WAMP_E_ARGS;
        m.position++;
    }
    if (m.slot != out.n) {
        wamp_why(why, "signature: stores %zu values, there are %zu places", m.slot, out.n);
        return WAMP_E_ARGS;
    }
    return *p == '*' || none_left(&m, sig) ? WAMP_OK : WAMP_E_ARGS;
}

wamp_rc wamp_unpack_v(const wamp_val *args, const wamp_val *kwargs, char *why, size_t size, const char *sig,
                      wamp_argv out)
{
    struct why reason = {""};
    wamp_rc rc = wamp_match_args(args, kwargs, sig ? sig : "", out, &reason);
    if (rc && why && size) {
        size_t n = strnlen(reason.text, size - 1);
        memcpy(why, reason.text, n);
        why[n] = '\0';
    }
    return rc;
}
