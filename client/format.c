/* A recursive reader of formats: elements, of which some are brackets with elements. Nothing here trusts the
 * caller: each argument carries its type, and what does not fit is refused in words. */
#include "client/format.h"

#include "client/build.h"
#include "client/value.h"
#include "common/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void wamp_why(struct why *why, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(why->text, sizeof why->text, fmt, args);
    va_end(args);
}

struct reader {
    const char *p;
    wamp_argv argv;
    size_t next;  /* argument */
    struct wamp_arena *arena;
    unsigned depth;
    bool failed;  /* memory was short */
    struct why *why;
};

/* --- one letter, one argument -------------------------------------------------------------------------------- */

/* The next argument, or NULL with the reason. */
static const wamp_arg *take(struct reader *r, char letter)
{
    if (r->next < r->argv.n)
        return &r->argv.v[r->next++];
    wamp_why(r->why, "format: '%c' needs argument %zu, there are %zu", letter, r->next + 1, r->argv.n);
    return NULL;
}

static bool mismatch(struct reader *r, const char *expected)
{
    wamp_why(r->why, "format: argument %zu must be %s", r->next, expected);
    return false;
}

static bool take_bool(struct reader *r, const wamp_arg *a, struct wamp_value *out)
{
    bool is_number = (a->kind == WAMP_A_INT || a->kind == WAMP_A_UINT) && a->u.uinteger <= 1;
    if (a->kind != WAMP_A_BOOL && !is_number)
        return mismatch(r, "a bool");
    *out = (struct wamp_value){.kind = WAMP_BOOL, .boolean = is_number ? a->u.uinteger != 0 : a->u.boolean};
    return true;
}

static bool take_int(struct reader *r, const wamp_arg *a, struct wamp_value *out)
{
    if (a->kind != WAMP_A_INT && (a->kind != WAMP_A_UINT || a->u.uinteger > INT64_MAX))
        return mismatch(r, "an integer of at most 2^63-1");
    *out = wamp_of_int(a->u.integer);
    return true;
}

static bool take_uint(struct reader *r, const wamp_arg *a, struct wamp_value *out)
{
    if (a->kind != WAMP_A_UINT && (a->kind != WAMP_A_INT || a->u.integer < 0))
        return mismatch(r, "an integer >= 0");
    *out = (struct wamp_value){.kind = WAMP_UINT, .uint = a->u.uinteger};
    return true;
}

static bool take_real(struct reader *r, const wamp_arg *a, struct wamp_value *out)
{
    *out = (struct wamp_value){.kind = WAMP_REAL};
    if (a->kind == WAMP_A_REAL)
        out->real = a->u.real;
    else if (a->kind == WAMP_A_INT)
        out->real = (double)a->u.integer;
    else if (a->kind == WAMP_A_UINT)
        out->real = (double)a->u.uinteger;
    else
        return mismatch(r, "a number");
    return true;
}

static bool take_str(struct reader *r, const wamp_arg *a, struct wamp_value *out)
{
    if (a->kind != WAMP_A_STR || !a->u.str)
        return mismatch(r, "a string, not NULL");
    *out = wamp_of_str(str_z(a->u.str));
    return wamp_utf8_ok(out->text) || mismatch(r, "valid UTF-8");
}

static bool take_octets(struct reader *r, const wamp_arg *a, struct wamp_value *out)
{
    const void *octets = a->kind == WAMP_A_PTR ? a->u.ptr : a->u.str;
    if (a->kind != WAMP_A_PTR && a->kind != WAMP_A_STR)
        return mismatch(r, "a pointer to octets");
    const wamp_arg *len = take(r, 'y');
    if (!len)
        return false;
    bool is_length = len->kind == WAMP_A_UINT || (len->kind == WAMP_A_INT && len->u.integer >= 0);
    if (!is_length || (!octets && len->u.uinteger))
        return mismatch(r, "the length of the octets before it");
    *out = (struct wamp_value){.kind = WAMP_BIN, .text = str_of(octets ? octets : "", (size_t)len->u.uinteger)};
    return true;
}

static bool take_val(struct reader *r, const wamp_arg *a, struct wamp_value *out)
{
    if (a->kind != WAMP_A_VAL || !a->u.val)
        return mismatch(r, "a wamp_val, not NULL");
    *out = *a->u.val->v;
    return true;
}

static const struct {
    char letter;
    bool (*take)(struct reader *r, const wamp_arg *a, struct wamp_value *out);
} letters[] = {
    {'b', take_bool}, {'i', take_int},    {'u', take_uint}, {'d', take_real},
    {'s', take_str},  {'y', take_octets}, {'v', take_val},
};

static bool read_letter(struct reader *r, struct wamp_value *out)
{
    char letter = *r->p++;
    *out = (struct wamp_value){.kind = WAMP_NULL};
    if (letter == 'n')
        return true;
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        if (letters[i].letter != letter)
            continue;
        const wamp_arg *a = take(r, letter);
        return a && letters[i].take(r, a, out);
    }
    wamp_why(r->why, "format: '%c' means nothing", letter);
    return false;
}

/* --- elements ------------------------------------------------------------------------------------------------ */

static bool read_elements(struct reader *r, char close, struct list_build *list, struct dict_build *dict);

static bool read_bracket(struct reader *r, struct wamp_value *out)
{
    struct list_build list = {.arena = r->arena};
    struct dict_build dict = {.arena = r->arena};
    bool is_list = *r->p++ == '[';
    if (++r->depth > WAMP_PAYLOAD_DEPTH_MAX) {
        wamp_why(r->why, "format: nested too deeply");
        return false;
    }
    if (!read_elements(r, is_list ? ']' : '}', is_list ? &list : NULL, is_list ? NULL : &dict))
        return false;
    r->depth--;
    r->failed |= list.failed || dict.failed;
    *out = is_list ? wamp_list_done(&list) : wamp_dict_done(&dict);
    return true;
}

static bool put_pair(struct reader *r, struct dict_build *dict, const struct wamp_pair *pair)
{
    if (wamp_dict_has(dict, &pair->key)) {
        wamp_why(r->why, "format: key '%.*s' occurs twice", STR_ARG(pair->key.text));
        return false;
    }
    wamp_dict_put_pair(dict, pair);
    return true;
}

/* V: the keys of one dict are different from one another; only what stood before can hold one of them already. */
static bool spread_dict(struct reader *r, const struct wamp_value *from, struct dict_build *dict)
{
    struct dict_build before = *dict;
    for (uint32_t i = 0; i < from->count; i++) {
        if (wamp_dict_has(&before, &from->map[i].key))
            return put_pair(r, dict, &from->map[i]);
        wamp_dict_put_pair(dict, &from->map[i]);
    }
    return true;
}

static bool spread(struct reader *r, struct list_build *list, struct dict_build *dict)
{
    struct wamp_value from;
    r->p++;
    const wamp_arg *a = take(r, 'V');
    if (!a || !take_val(r, a, &from))
        return false;
    if (from.kind == WAMP_MAP && dict)
        return spread_dict(r, &from, dict);
    if (from.kind != WAMP_LIST || !list)
        return mismatch(r, list && dict ? "a list or a dict, to be spread"
                           : list       ? "a list, to be spread"
                                        : "a dict, to be spread");
    for (uint32_t i = 0; i < from.count; i++)
        wamp_list_put(list, from.list[i]);
    return true;
}

/* "name:" before an element, or nothing. */
static struct str take_name(struct reader *r)
{
    size_t n = strcspn(r->p, " \t\n,:[]{}");
    if (!n || r->p[n] != ':')
        return str_of(NULL, 0);
    struct str name = str_of(r->p, n);
    r->p += n + 1;
    return name;
}

static bool read_element(struct reader *r, struct list_build *list, struct dict_build *dict)
{
    struct str name = take_name(r);
    struct wamp_pair pair = {.key = wamp_of_str(name)};
    if (!name.len && *r->p == 'V')
        return spread(r, list, dict);
    if (name.len ? !dict : !list) {
        wamp_why(r->why, name.len ? "format: a list has no keys" : "format: in a dict each value needs a key");
        return false;
    }
    if (name.len && !wamp_utf8_ok(name)) {
        wamp_why(r->why, "format: a key is no valid UTF-8");
        return false;
    }
    if (*r->p == '[' || *r->p == '{' ? !read_bracket(r, &pair.value) : !read_letter(r, &pair.value))
        return false;
    if (name.len)
        return put_pair(r, dict, &pair);
    wamp_list_put(list, pair.value);
    return true;
}

static bool read_elements(struct reader *r, char close, struct list_build *list, struct dict_build *dict)
{
    for (;;) {
        r->p += strspn(r->p, " \t\n,");
        if (*r->p == close) {
            r->p += close != '\0';
            return true;
        }
        if (!*r->p) {
            wamp_why(r->why, "format: '%c' is missing", close);
            return false;
        }
        if (!read_element(r, list, dict))
            return false;
    }
}

/* --- the whole ----------------------------------------------------------------------------------------------- */

/* Whether v nests at most `left` deep: a value that was put inside others may have been deep already. */
static bool fits_depth(const struct wamp_value *v, unsigned left)
{
    if (v->kind != WAMP_LIST && v->kind != WAMP_MAP)
        return true;
    if (!left)
        return false;
    for (uint32_t i = 0; i < v->count; i++) {
        const struct wamp_value *kid = v->kind == WAMP_LIST ? &v->list[i] : &v->map[i].value;
        if (!fits_depth(kid, left - 1) || (v->kind == WAMP_MAP && !fits_depth(&v->map[i].key, left - 1)))
            return false;
    }
    return true;
}

wamp_rc wamp_format(struct wamp_arena *arena, const char *fmt, wamp_argv argv, struct payload *out,
                    struct why *why)
{
    struct list_build list = {.arena = arena};
    struct dict_build dict = {.arena = arena};
    struct reader r = {.p = fmt ? fmt : "", .argv = argv, .arena = arena, .depth = 1, .why = why};
    if (!read_elements(&r, '\0', &list, &dict))
        return WAMP_E_ARGS;
    if (r.next != argv.n) {
        wamp_why(why, "format: takes %zu arguments, there are %zu", r.next, argv.n);
        return WAMP_E_ARGS;
    }
    if (r.failed || list.failed || dict.failed)
        return WAMP_E_NOMEM;
    out->args = wamp_list_done(&list);
    out->kwargs = wamp_dict_done(&dict);
    if (!fits_depth(&out->args, WAMP_PAYLOAD_DEPTH_MAX) || !fits_depth(&out->kwargs, WAMP_PAYLOAD_DEPTH_MAX)) {
        wamp_why(why, "format: nested too deeply");
        return WAMP_E_ARGS;
    }
    return WAMP_OK;
}

wamp_val *wamp_build_v(const char *fmt, wamp_argv args)
{
    struct wamp_arena scratch = {0};
    struct payload p;
    struct why why;
    const struct wamp_val *root = NULL;
    struct tree *t = NULL;
    if (!wamp_format(&scratch, fmt, args, &p, &why) && p.args.count == 1 && !p.kwargs.count)
        t = wamp_tree_new(wamp_arena_bytes(&scratch) / 16);
    if (t && wamp_tree_copy(t, &p.args.list[0], &root)) {
        wamp_tree_drop(t);
        root = NULL;
    }
    wamp_arena_fini(&scratch);
    return (wamp_val *)root;
}
