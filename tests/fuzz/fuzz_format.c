/* The format language and the values it makes: a program may pass anything with anything.
 *
 * The input is four lines: the arguments, a format, a signature, the places to store to.
 *     arguments: b i I u U d D s S p P v L M V N   a bool, integers, reals, texts, octets, values, a NULL text
 *     places:    b i u I U d s p v                 as in wamp/args.h
 * Whatever they are: a code and a reason, or a payload that every serialization carries unchanged; builder and
 * reader agree; nothing leaks. spec: B-047 */
#include "tests/fuzz/fuzz.h"

#include "client/format.h"
#include "client/value.h"
#include "tests/lib/failmalloc.h"

#include <math.h>
#include <string.h>

enum { ARGS_MAX = 32, OCTETS = 5 };

/* Values among the arguments: made once, and kept for the life of the program. */
static wamp_val *number, *list, *dict;

static void make_values(void)
{
    static const char text[] = "{\"a\": [1, 2.5, \"x\", null, {\"k\": true}], \"n:b\": -1}";
    if (number)
        return;
    number = wamp_from_json("18446744073709551615", 20);
    list = wamp_from_json("[1, [[]], \"\\u0000AAE=\"]", 23);
    dict = wamp_from_json(text, sizeof text - 1);
    demand(number && list && dict);
}

/* --- input ------------------------------------------------------------------------------------------------ */

struct args {
    wamp_arg v[ARGS_MAX];
    size_t n;
};

static wamp_arg one_arg(char letter)
{
    switch (letter) {
    case 'b': return wamp_arg_bool(true);
    case 'i': return wamp_arg_int(3);
    case 'I': return wamp_arg_llong(INT64_MIN);
    case 'u': return wamp_arg_uint(1);
    case 'U': return wamp_arg_ullong(UINT64_MAX);
    case 'd': return wamp_arg_double(0.5);
    case 'D': return wamp_arg_double(NAN);
    case 's': return wamp_arg_ctext("text\xc3\xa9");
    case 'S': return wamp_arg_ctext("text\xff");
    case 'p': return wamp_arg_cptr("\0\1\2\3\4");
    case 'P': return wamp_arg_cptr(NULL);
    case 'v': return wamp_arg_cval(number);
    case 'L': return wamp_arg_cval(list);
    case 'M': return wamp_arg_cval(dict);
    case 'V': return wamp_arg_cval(NULL);
    default: return wamp_arg_ctext(NULL);
    }
}

/* A length that goes with octets before it has to be true: nobody can check it. */
static void keep_length_true(const wamp_arg *before, wamp_arg *a)
{
    bool octets = before->kind == WAMP_A_PTR || before->kind == WAMP_A_STR;
    if (octets && (a->kind == WAMP_A_INT || a->kind == WAMP_A_UINT) && a->u.integer > OCTETS)
        a->u.integer = OCTETS;
    if (octets && a->kind == WAMP_A_UINT && a->u.uinteger > OCTETS)
        a->u.uinteger = OCTETS;
}

static void read_args(struct str letters, struct args *out)
{
    out->n = 0;
    for (size_t i = 0; i < letters.len && out->n < ARGS_MAX; i++) {
        wamp_arg *a = &out->v[out->n];
        *a = one_arg(letters.ptr[i]);
        if (out->n++)
            keep_length_true(a - 1, a);
    }
}

/* Room for whatever a signature stores. */
union place {
    bool boolean;
    int i32;
    unsigned u32;
    int64_t i64;
    uint64_t u64;
    double real;
    const char *str;
    const void *ptr;
    const wamp_val *val;
};

static void read_places(struct str letters, union place *places, struct args *out)
{
    static const struct {
        char letter;
        wamp_arg_kind kind;
    } kinds[] = {{'b', WAMP_A_TO_BOOL}, {'i', WAMP_A_TO_I32},  {'u', WAMP_A_TO_U32}, {'I', WAMP_A_TO_I64},
                 {'U', WAMP_A_TO_U64},  {'d', WAMP_A_TO_REAL}, {'s', WAMP_A_TO_STR}, {'p', WAMP_A_TO_PTR},
                 {'v', WAMP_A_TO_VAL}};
    out->n = 0;
    for (size_t i = 0; i < letters.len && out->n < ARGS_MAX; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            if (kinds[k].letter == letters.ptr[i]) {
                out->v[out->n] = (wamp_arg){.kind = kinds[k].kind, .u.to = &places[out->n]};
                out->n++;
                break;
            }
}

/* --- what holds of what was made --------------------------------------------------------------------------- */

/* MessagePack and CBOR carry it unchanged. */
static void check_carried(enum wamp_ser ser, const struct wamp_value *v)
{
    struct wamp_arena arena = {0};
    struct wamp_buf octets = {0};
    struct wamp_value again;
    demand(wamp_value_write(ser, v, &octets) == WAMP_ERR_NONE);
    demand(wamp_value_read(ser, wamp_buf_str(&octets), &arena, &again) == WAMP_ERR_NONE);
    demand(wamp_value_equal(v, &again));
    wamp_buf_fini(&octets);
    wamp_arena_fini(&arena);
}

/* Every reader on every node: none fails, and what is there is told the same in all ways. */
static size_t check_readers(const wamp_val *v)
{
    size_t len = wamp_len(v), octets, nodes = 1;
    wamp_val_type type = wamp_type(v);
    demand(wamp_bin(v, &octets) ? octets == len : octets == 0);
    demand(strlen(wamp_str(v)) <= len || type != WAMP_T_STR);
    demand(type == WAMP_T_INT || wamp_uint(v) == 0 || wamp_int(v) > 0);
    demand(!wamp_at(v, len) && !wamp_key_at(v, len));
    for (size_t i = 0; i < len && (type == WAMP_T_LIST || type == WAMP_T_DICT); i++) {
        const wamp_val *key = wamp_key_at(v, i);
        demand((key != NULL) == (type == WAMP_T_DICT) && wamp_at(v, i));
        nodes += check_readers(wamp_at(v, i));
    }
    return nodes;
}

/* JSON cannot hold NaN, nor tell all octets from text. */
static void check_json(const wamp_val *v)
{
    wamp_val *text = wamp_to_json(v);
    if (!text || fuzz_is_ambiguous(v->v)) {
        wamp_drop(&text);
        return;
    }
    wamp_val *again = wamp_from_json(wamp_str(text), wamp_len(text));
    demand(again && wamp_equal(v, again) && wamp_equal(again, v));
    wamp_drop(&text);
    wamp_drop(&again);
}

static void check_built(const char *fmt, wamp_argv argv, const struct payload *p)
{
    bool expected = p && p->args.count == 1 && !p->kwargs.count;
    wamp_val *v = wamp_build_v(fmt, argv);
    demand((v != NULL) == expected);
    if (!v)
        return;
    demand(wamp_value_equal(v->v, &p->args.list[0]));
    wamp_val *kept = wamp_keep(v);
    wamp_drop(&v);
    check_readers(kept);
    check_json(kept);
    wamp_drop(&kept);
}

static void check_signature(const struct payload *p, const char *sig, wamp_argv places)
{
    char why[64] = "";
    struct tree *t = wamp_tree_new(0);
    const wamp_val *args, *kwargs;
    demand(t && !wamp_tree_copy(t, &p->args, &args) && !wamp_tree_copy(t, &p->kwargs, &kwargs));
    wamp_rc rc = wamp_unpack_v(args, kwargs, why, sizeof why, sig, places);
    demand(rc == WAMP_OK || (rc == WAMP_E_ARGS && *why));
    demand(strnlen(why, sizeof why) < sizeof why);
    wamp_tree_drop(t);
}

/* --- the target -------------------------------------------------------------------------------------------- */

static void check_short_memory(const char *fmt, wamp_argv argv, unsigned nth)
{
    fail_nth(nth);
    wamp_val *v = wamp_build_v(fmt, argv);
    demand(!v || !fail_happened());
    fail_nth(0);
    wamp_drop(&v);
}

static void check(const char *fmt, wamp_argv argv, const char *sig, wamp_argv places)
{
    struct wamp_arena arena = {0};
    struct payload p;
    struct why why = {""};
    wamp_rc rc = wamp_format(&arena, fmt, argv, &p, &why);
    demand(rc == WAMP_OK || (rc == WAMP_E_ARGS && why.text[0]));
    check_built(fmt, argv, rc ? NULL : &p);
    if (!rc) {
        demand(p.args.kind == WAMP_LIST && p.kwargs.kind == WAMP_MAP);
        check_carried(WAMP_MSGPACK, &p.args);
        check_carried(WAMP_CBOR, &p.kwargs);
        check_signature(&p, sig, places);
    }
    wamp_arena_fini(&arena);
}

/* The next line, as a text of its own. */
static struct str take_line(struct str *rest, char *copy, size_t size)
{
    const char *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
    size_t len = end ? (size_t)(end - rest->ptr) : rest->len, fits = len < size ? len : size - 1;
    if (fits)
        memcpy(copy, rest->ptr, fits);
    copy[fits] = '\0';
    *rest = str_from(*rest, len + (end != NULL));
    return str_of(copy, fits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char letters[64], fmt[1024], sig[256], stores[64];
    struct str rest = str_of((const char *)data, size);
    union place places[ARGS_MAX];
    struct args args, to;
    make_values();
    size_t before = mem_live_blocks();
    read_args(take_line(&rest, letters, sizeof letters), &args);
    take_line(&rest, fmt, sizeof fmt);
    take_line(&rest, sig, sizeof sig);
    read_places(take_line(&rest, stores, sizeof stores), places, &to);
    check(fmt, (wamp_argv){args.v, args.n}, sig, (wamp_argv){to.v, to.n});
    for (unsigned nth = 1; nth <= 3; nth++)
        check_short_memory(fmt, (wamp_argv){args.v, args.n}, nth);
    demand(mem_live_blocks() == before);
    return 0;
}
