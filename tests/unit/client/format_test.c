/* The format language, both ways: whatever a program gets wrong is an error code. */
#include "client/format.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/test.h"

#include <math.h>

/* The JSON of what a format makes: [args, kwargs]. */
static void expect_format(const char *args, const char *kwargs, const char *fmt, wamp_argv argv)
{
    struct wamp_arena arena = {0};
    struct wamp_buf a = {0}, k = {0};
    struct payload p;
    struct why why = {""};
    if (wamp_format(&arena, fmt, argv, &p, &why))
        fail_msg("%s: %s", fmt, why.text);
    assert_int_equal(wamp_value_write(WAMP_JSON, &p.args, &a), 0);
    assert_int_equal(wamp_value_write(WAMP_JSON, &p.kwargs, &k), 0);
    wamp_buf_add_char(&a, '\0');
    wamp_buf_add_char(&k, '\0');
    assert_string_equal(a.ptr, args);
    assert_string_equal(k.ptr, kwargs);
    wamp_buf_fini(&a);
    wamp_buf_fini(&k);
    wamp_arena_fini(&arena);
}
#define expect_made(args, kwargs, ...) expect_format(args, kwargs, WAMP_FMT(__VA_ARGS__))

static void expect_refused_v(const char *reason, const char *fmt, wamp_argv argv)
{
    struct wamp_arena arena = {0};
    struct payload p;
    struct why why = {""};
    assert_int_equal(wamp_format(&arena, fmt, argv, &p, &why), WAMP_E_ARGS);
    if (!strstr(why.text, reason))
        fail_msg("'%s' does not say '%s'", why.text, reason);
    wamp_arena_fini(&arena);
}
#define expect_refused(reason, ...) expect_refused_v(reason, WAMP_FMT(__VA_ARGS__))

TEST(each_letter_takes_its_argument)
{
    wamp_val *v = wamp_build("[i]", 9);
    expect_made("[]", "{}", "");
    expect_made("[3,-4,5]", "{}", "iii", 3, -4L, (short)5);
    expect_made("[18446744073709551615,7]", "{}", "uu", UINT64_MAX, 7);
    expect_made("[true,false,true]", "{}", "bbb", true, 0, 1);
    expect_made("[1.5,2.0]", "{}", "d d", 1.5f, 2);
    expect_made("[\"x\",null,[9]]", "{}", "s n v", "x", v);
    expect_made("[\"\\u0000AAE=\",\"\\u0000\"]", "{}", "yy", "\0\1", 2, NULL, 0);
    wamp_drop(&v);
}

TEST(names_make_keyword_arguments)
{
    expect_made("[]", "{\"number\":100}", "number:i", 100);
    expect_made("[1]", "{\"headlines\":[\"a\",\"b\"],\"i\":2}", "i headlines:[ss], i:i", 1, "a", "b", 2);
    expect_made("[]", "{\"b\":{\"k\":1,\"l\":[]}}", "b:{k:i l:[]}", 1);
}

TEST(a_value_can_be_spread)
{
    wamp_val *list = wamp_build("[is]", 1, "two"), *dict = wamp_build("{a:i b:n}", 5);
    expect_made("[0,1,\"two\"]", "{\"a\":5,\"b\":null,\"c\":6}", "i V V c:i", 0, list, dict, 6);
    expect_made("[[1,\"two\"],{\"a\":5,\"b\":null}]", "{}", "[V] {V}", list, dict);
    expect_refused("occurs twice", "a:i V", 1, dict);
    expect_refused("a list", "[V]", dict);
    expect_refused("a dict", "{V}", list);
    wamp_drop(&list);
    wamp_drop(&dict);
}

TEST(what_does_not_fit_is_refused_in_words)
{
    expect_refused("argument 1 must be an integer", "i", "text");
    expect_refused("argument 2 must be a string", "is", 1, 2);
    expect_refused("not NULL", "s", (const char *)NULL);
    expect_refused("not NULL", "v", (const wamp_val *)NULL);
    expect_refused("valid UTF-8", "s", "\xff");
    expect_refused("integer >= 0", "u", -1);
    expect_refused("2^63-1", "i", UINT64_MAX);
    expect_refused("a bool", "b", 2);
    expect_refused("a number", "d", "1");
    expect_refused("needs argument 2", "ii", 1);
    expect_refused("takes 1 arguments, there are 2", "i", 1, 2);
    expect_refused("'q' means nothing", "q", 1);
    expect_refused("']' is missing", "[i", 1);
    expect_refused("means nothing", "i]", 1);
    expect_refused("has no keys", "[a:i]", 1);
    expect_refused("needs a key", "{i}", 1);
    expect_refused("occurs twice", "a:i a:i", 1, 2);
    expect_refused("occurs twice", "{a:i a:i}", 1, 2);
    expect_refused("length", "y", "abc", -1);
    expect_refused("needs argument 2", "y", "abc");
    expect_refused("length", "y", NULL, 3);
}

/* spec: B-047 */
TEST(nesting_is_bounded)
{
    char fmt[2 * WAMP_DEPTH_MAX + 8];
    wamp_argv none = {NULL, 0};
    struct wamp_arena arena = {0};
    struct payload p;
    struct why why;
    for (int depth = WAMP_DEPTH_MAX - 3; depth <= WAMP_DEPTH_MAX + 3; depth++) {
        memset(fmt, '[', (size_t)depth);
        memset(fmt + depth, ']', (size_t)depth);
        fmt[2 * depth] = '\0';
        bool fits = depth + 2 <= WAMP_DEPTH_MAX;  /* the message and its Arguments are two levels */
        assert_int_equal(wamp_format(&arena, fmt, none, &p, &why), fits ? WAMP_OK : WAMP_E_ARGS);
    }
    memset(fmt, '[', 62);
    memset(fmt + 62, ']', 62);
    fmt[124] = '\0';
    wamp_val *deep = wamp_build_v(fmt, none);
    assert_non_null(deep);
    const wamp_arg arg = {.kind = WAMP_A_VAL, .u.val = deep};
    assert_int_equal(wamp_format(&arena, "[v]", (wamp_argv){&arg, 1}, &p, &why), WAMP_E_ARGS);
    wamp_drop(&deep);
    wamp_arena_fini(&arena);
}

/* --- signatures ---------------------------------------------------------------------------------------------- */

static wamp_val *list(const char *json)
{
    return wamp_from_json(json, strlen(json));
}

TEST(arguments_come_by_position_or_by_name)
{
    wamp_val *args = list("[3, \"x\"]"), *kwargs = list("{\"flag\": true, \"a\": 4}");
    int64_t a = 0, b = 0;
    int small = 0;
    bool flag = false;
    const char *s = NULL;
    assert_int_equal(wamp_unpack(args, kwargs, NULL, 0, "a2:i s:s flag:b a:i", &a, &s, &flag, &small), WAMP_OK);
    assert_int_equal(a, 3);
    assert_string_equal(s, "x");
    assert_true(flag);
    assert_int_equal(small, 4);
    assert_int_equal(wamp_unpack(args, NULL, NULL, 0, "i s missing:i?", &a, &s, &b), WAMP_OK);
    assert_int_equal(b, 0);
    assert_int_equal(wamp_unpack(args, kwargs, NULL, 0, "i *", &a), WAMP_OK);
    wamp_drop(&args);
    wamp_drop(&kwargs);
}

TEST(each_type_is_stored)
{
    wamp_val *args = list("[-1, 7, 2, 1.5, \"\\u0000AAE=\", [1], {\"k\": 1}, null]");
    int64_t i;
    uint64_t u;
    unsigned u32;
    double d;
    const void *octets;
    size_t len;
    const wamp_val *l, *m, *any;
    assert_int_equal(
        wamp_unpack(args, NULL, NULL, 0, "i u i d y [] {} v", &i, &u, &u32, &d, &octets, &len, &l, &m, &any),
        WAMP_OK);
    assert_true(i == -1 && u == 7 && u32 == 2 && d == 1.5 && len == 2 && wamp_len(l) == 1 && wamp_len(m) == 1);
    assert_int_equal(wamp_type(any), WAMP_T_NULL);
    wamp_drop(&args);
}

static void expect_mismatch_v(const char *reason, const char *args, const char *kwargs, const char *sig,
                              wamp_argv out)
{
    char why[160] = "";
    wamp_val *a = list(args), *k = list(kwargs);
    assert_int_equal(wamp_unpack_v(a, k, why, sizeof why, sig, out), WAMP_E_ARGS);
    assert_string_equal(why, reason);
    wamp_drop(&a);
    wamp_drop(&k);
}
#define expect_mismatch(reason, args, kwargs, ...) expect_mismatch_v(reason, args, kwargs, WAMP_FMT(__VA_ARGS__))

/* spec: S-26 */
TEST(a_mismatch_is_told_to_the_caller)
{
    int64_t i;
    int small;
    unsigned u;
    const char *s;
    bool b;
    expect_mismatch("number: expected int, got str", "[\"x\"]", "{}", "number:i", &i);
    expect_mismatch("missing argument 'number'", "[]", "{}", "number:i", &i);
    expect_mismatch("missing argument 1", "[]", "{}", "i", &i);
    expect_mismatch("unexpected argument 'foo'", "[1]", "{\"foo\": 1}", "number:i", &i);
    expect_mismatch("unexpected argument 2", "[1, 2]", "{}", "number:i", &i);
    expect_mismatch("argument 'number' given twice", "[1]", "{\"number\": 2}", "number:i", &i);
    expect_mismatch("argument 1: expected int, got real", "[1.0]", "{}", "i", &i);
    expect_mismatch("argument 1: expected int, got an int out of range", "[2147483648]", "{}", "i", &small);
    expect_mismatch("argument 1: expected int, got an int out of range", "[9223372036854775808]", "{}", "i", &i);
    expect_mismatch("argument 1: expected int, got an int out of range", "[-1]", "{}", "i", &u);
    expect_mismatch("argument 1: expected str, got a str with NUL inside", "[\"a\\u0000b\"]", "{}", "s", &s);
    expect_mismatch("argument 1: expected bool, got int", "[1]", "{}", "b", &b);
    expect_mismatch("signature: 'q' means nothing", "[1]", "{}", "q", &b);
    expect_mismatch("signature: no place to store argument 1 (int)", "[1]", "{}", "i", &b);
    expect_mismatch("signature: stores 1 values, there are 2 places", "[1]", "{}", "i", &i, &b);
    expect_mismatch("signature: ']' is missing", "[1]", "{}", "[", &b);
}

TEST(a_signature_alone_only_checks)
{
    wamp_val *args = list("[1, \"s\"]");
    assert_int_equal(wamp_unpack(args, NULL, NULL, 0, "a:i b:s c:y?"), WAMP_OK);
    assert_int_equal(wamp_unpack(args, NULL, NULL, 0, "a:i b:i"), WAMP_E_ARGS);
    wamp_drop(&args);
}

TEST(short_memory_is_told)
{
    for_each_failure
    {
        struct wamp_arena arena = {0};
        struct payload p;
        struct why why;
        const wamp_arg args[] = {wamp_arg_int(1), wamp_arg_text("x")};
        wamp_rc rc = wamp_format(&arena, "i a:[{b:[nnnnnnnnnnnn] c:s}]", (wamp_argv){args, 2}, &p, &why);
        assert_true(rc == WAMP_OK || rc == WAMP_E_NOMEM);
        wamp_arena_fini(&arena);
    }
}

RUN_TESTS(cmocka_unit_test(each_letter_takes_its_argument), cmocka_unit_test(names_make_keyword_arguments),
          cmocka_unit_test(a_value_can_be_spread), cmocka_unit_test(what_does_not_fit_is_refused_in_words),
          cmocka_unit_test(nesting_is_bounded), cmocka_unit_test(arguments_come_by_position_or_by_name),
          cmocka_unit_test(each_type_is_stored), cmocka_unit_test(a_mismatch_is_told_to_the_caller),
          cmocka_unit_test(a_signature_alone_only_checks), cmocka_unit_test(short_memory_is_told))
