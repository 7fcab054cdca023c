/* JSON: what is taken, what is refused and why, and that jansson agrees. */
#include "common/ser.h"

#include "common/mem.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* Parses a copy of exactly that size, so that reading beyond it is seen by the address sanitizer. */
static enum wamp_err parse(struct str text, struct wamp_item *out)
{
    char *copy = malloc(text.len ? text.len : 1);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    enum wamp_err err = wamp_item_parse(WAMP_JSON, str_of(copy, text.len), out);
    free(copy);
    return err;
}

static enum wamp_err split(struct str text, unsigned *count)
{
    struct wamp_item items[WAMP_SPLIT_MAX];
    char *copy = malloc(text.len ? text.len : 1);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    enum wamp_err err = wamp_split(WAMP_JSON, str_of(copy, text.len), items, count);
    free(copy);
    return err;
}

#define S(literal) {"" literal, sizeof(literal) - 1}

/* spec: B-047, T-51 */
static const struct {
    struct str text;
    enum wamp_err err;
} judged[] = {
    {S("null"), WAMP_ERR_NONE},
    {S(" \t\r\n true \n"), WAMP_ERR_NONE},
    {S("[]"), WAMP_ERR_NONE},
    {S("[ ]"), WAMP_ERR_NONE},
    {S("{}"), WAMP_ERR_NONE},
    {S("{ }"), WAMP_ERR_NONE},
    {S("[1,[2,[3,{\"a\":[]}]],{}]"), WAMP_ERR_NONE},
    {S("{\"a\":1,\"b\":{\"c\":[true,false,null]}}"), WAMP_ERR_NONE},
    {S("{\"a\":1,\"a\":2}"), WAMP_ERR_NONE},
    {S("0"), WAMP_ERR_NONE},
    {S("-0"), WAMP_ERR_NONE},
    {S("-0.0e-0"), WAMP_ERR_NONE},
    {S("1E400"), WAMP_ERR_NONE},
    {S("12345678901234567890123456789"), WAMP_ERR_NONE},
    {S("\"\""), WAMP_ERR_NONE},
    {S("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\""), WAMP_ERR_NONE},
    {S("\"\\ud83d\\ude00\""), WAMP_ERR_NONE},
    {S("\"\xf0\x9f\x98\x80\""), WAMP_ERR_NONE},
    {S("\"\x7f\""), WAMP_ERR_NONE},
    {S("\"\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf\""), WAMP_ERR_NONE},
    {S(""), WAMP_ERR_TRUNCATED},
    {S("  "), WAMP_ERR_TRUNCATED},
    {S("["), WAMP_ERR_TRUNCATED},
    {S("[1"), WAMP_ERR_TRUNCATED},
    {S("[1,"), WAMP_ERR_TRUNCATED},
    {S("{\"a\""), WAMP_ERR_TRUNCATED},
    {S("{\"a\":"), WAMP_ERR_TRUNCATED},
    {S("nul"), WAMP_ERR_TRUNCATED},
    {S("-"), WAMP_ERR_TRUNCATED},
    {S("1."), WAMP_ERR_TRUNCATED},
    {S("1e"), WAMP_ERR_TRUNCATED},
    {S("1e+"), WAMP_ERR_TRUNCATED},
    {S("\"abc"), WAMP_ERR_TRUNCATED},
    {S("\"abc\\"), WAMP_ERR_TRUNCATED},
    {S("\"abc\\u00"), WAMP_ERR_TRUNCATED},
    {S("[1]]"), WAMP_ERR_TRAILING},
    {S("1 2"), WAMP_ERR_TRAILING},
    {S("nullx"), WAMP_ERR_TRAILING},
    {S("01"), WAMP_ERR_SYNTAX},
    {S("-01"), WAMP_ERR_SYNTAX},
    {S("+1"), WAMP_ERR_SYNTAX},
    {S(".5"), WAMP_ERR_SYNTAX},
    {S("1.e5"), WAMP_ERR_SYNTAX},
    {S("1.5.5"), WAMP_ERR_TRAILING},
    {S("NaN"), WAMP_ERR_SYNTAX},
    {S("Infinity"), WAMP_ERR_SYNTAX},
    {S("[1,]"), WAMP_ERR_SYNTAX},
    {S("[,1]"), WAMP_ERR_SYNTAX},
    {S("[1 2]"), WAMP_ERR_SYNTAX},
    {S("[1}"), WAMP_ERR_SYNTAX},
    {S("{\"a\":1]"), WAMP_ERR_SYNTAX},
    {S("{\"a\" 1}"), WAMP_ERR_SYNTAX},
    {S("{\"a\":1,}"), WAMP_ERR_SYNTAX},
    {S("{1:2}"), WAMP_ERR_SYNTAX},
    {S("{a:2}"), WAMP_ERR_SYNTAX},
    {S("'a'"), WAMP_ERR_SYNTAX},
    {S("\"\n\""), WAMP_ERR_SYNTAX},
    {S("\"\0\""), WAMP_ERR_SYNTAX},
    {S("\"\\x41\""), WAMP_ERR_SYNTAX},
    {S("\"\\u00g0\""), WAMP_ERR_SYNTAX},
    {S("\"\\0\""), WAMP_ERR_SYNTAX},
    {S("\"\\\0\""), WAMP_ERR_SYNTAX},
    {S("tru\0"), WAMP_ERR_SYNTAX},
    {S("// no\n1"), WAMP_ERR_SYNTAX},
    {S("\xef\xbb\xbf[1]"), WAMP_ERR_SYNTAX},
    {S("\"\xc3\x28\""), WAMP_ERR_UTF8},
    {S("\"\xc0\x80\""), WAMP_ERR_UTF8},
    {S("\"\xe0\x80\x80\""), WAMP_ERR_UTF8},
    {S("\"\xed\xa0\x80\""), WAMP_ERR_UTF8},
    {S("\"\xf4\x90\x80\x80\""), WAMP_ERR_UTF8},
    {S("\"\xff\""), WAMP_ERR_UTF8},
    {S("\"\x80\""), WAMP_ERR_UTF8},
    {S("\"\xe2\x82\""), WAMP_ERR_UTF8},
    {S("{\"\xff\":1}"), WAMP_ERR_UTF8},
    {S("\"\\ud83d\""), WAMP_ERR_UTF8},
    {S("\"\\ude00\""), WAMP_ERR_UTF8},
    {S("\"\\ud83d\\u0041\""), WAMP_ERR_UTF8},
    {S("\"\\ud83dx\""), WAMP_ERR_UTF8},
};

static void texts_are_judged_as_rfc_8259_says(void **state)
{
    struct wamp_item item;
    (void)state;
    for (size_t i = 0; i < sizeof judged / sizeof *judged; i++) {
        enum wamp_err err = parse(judged[i].text, &item);
        if (err != judged[i].err)
            fail_msg("%.*s: expected %s, got %s", STR_ARG(judged[i].text), wamp_err_text(judged[i].err), wamp_err_text(err));
    }
}

/* spec: table 0.8, B-047 */
static void depth_64_is_taken_and_65_is_not(void **state)
{
    char text[2 * WAMP_DEPTH_MAX + 4];
    unsigned count;
    struct wamp_item item;
    (void)state;
    for (int depth = WAMP_DEPTH_MAX; depth <= WAMP_DEPTH_MAX + 1; depth++) {
        enum wamp_err expected = depth > WAMP_DEPTH_MAX ? WAMP_ERR_DEPTH : WAMP_ERR_NONE;
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        assert_int_equal(split(str_of(text, 2 * (size_t)depth), &count), expected);
        assert_int_equal(parse(str_of(text, 2 * (size_t)depth), &item), expected);
    }
}

static void a_message_is_a_list(void **state)
{
    unsigned count;
    (void)state;
    assert_int_equal(split(STR("{\"a\":1}"), &count), WAMP_ERR_TYPE);
    assert_int_equal(split(STR("48"), &count), WAMP_ERR_TYPE);
    assert_int_equal(split(STR(""), &count), WAMP_ERR_TRUNCATED);
    assert_int_equal(split(STR(" [ ] "), &count), WAMP_ERR_NONE);
    assert_int_equal(count, 0);
    assert_int_equal(split(STR("[1,2,3,4,5,6,7,8,9,10,11,12]"), &count), WAMP_ERR_NONE);
    assert_int_equal(count, 12);
    assert_int_equal(split(STR("[1],"), &count), WAMP_ERR_TRAILING);
}

static void elements_lie_where_they_are_said_to(void **state)
{
    struct wamp_item items[WAMP_SPLIT_MAX];
    unsigned n;
    struct str text = STR("[ 48 , 7,{\"a\" : [1, 2] } ,\"com.x\" ]");
    (void)state;
    assert_int_equal(wamp_split(WAMP_JSON, text, items, &n), WAMP_ERR_NONE);
    assert_int_equal(n, 4);
    assert_true(items[0].kind == WAMP_UINT && items[0].uint == 48 && str_eq(items[0].raw, STR("48")));
    assert_true(items[2].kind == WAMP_MAP && items[2].count == 1 && str_eq(items[2].raw, STR("{\"a\" : [1, 2] }")));
    assert_true(items[3].kind == WAMP_STR && str_eq(items[3].text, STR("com.x")) && str_eq(items[3].raw, STR("\"com.x\"")));
}

/* spec: T-53, R-26 */
static void integers_keep_their_value_and_floats_are_floats(void **state)
{
    static const struct {
        struct str text;
        enum wamp_kind kind;
        uint64_t uint;
        double real;
    } cases[] = {
        {S("0"), WAMP_UINT, 0, 0},
        {S("9007199254740992"), WAMP_UINT, UINT64_C(1) << 53, 0},
        {S("9223372036854775807"), WAMP_UINT, INT64_MAX, 0},
        {S("18446744073709551615"), WAMP_UINT, UINT64_MAX, 0},
        {S("18446744073709551616"), WAMP_BIGNUM, 0, 0},
        {S("-1"), WAMP_NINT, UINT64_MAX, 0},
        {S("-9223372036854775808"), WAMP_NINT, UINT64_C(1) << 63, 0},
        {S("-9223372036854775809"), WAMP_BIGNUM, 0, 0},
        {S("1.0"), WAMP_REAL, 0, 1.0},
        {S("1e3"), WAMP_REAL, 0, 1000.0},
        {S("-2.5E-1"), WAMP_REAL, 0, -0.25},
        {S("0.1"), WAMP_REAL, 0, 0.1},
        {S("1.7976931348623157e308"), WAMP_REAL, 0, 1.7976931348623157e308},
        {S("5e-324"), WAMP_REAL, 0, 5e-324},
        {S("2.2250738585072011e-308"), WAMP_REAL, 0, 2.2250738585072011e-308},
        {S("9007199254740993.0"), WAMP_REAL, 0, 9007199254740992.0},
        {S("123456789012345678901234567890.5e-10"), WAMP_REAL, 0, 12345678901234567890.0},
        {S("0.000000000000000000000000000000000000000000000000000000000000001"), WAMP_REAL, 0, 1e-63},
        {S("1e-100000000000"), WAMP_REAL, 0, 0.0},
    };
    struct wamp_item item;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(wamp_item_parse(WAMP_JSON, cases[i].text, &item), WAMP_ERR_NONE);
        if (item.kind != cases[i].kind)
            fail_msg("%.*s is %s", STR_ARG(cases[i].text), wamp_kind_name(item.kind));
        if (item.kind == WAMP_REAL)
            assert_true(item.real == cases[i].real);
        else if (item.kind != WAMP_BIGNUM)
            assert_true(item.uint == cases[i].uint);
    }
}

/* spec: T-54, R-21 */
static void a_string_value_that_begins_with_nul_is_octets_where_the_rest_is_base64(void **state)
{
    struct wamp_item item, key, value;
    struct wamp_arena arena = {0};
    struct str text;
    (void)state;
    assert_int_equal(wamp_item_parse(WAMP_JSON, STR("\"\\u0000AAEC/w==\""), &item), WAMP_ERR_NONE);
    assert_int_equal(item.kind, WAMP_BIN);
    assert_int_equal(wamp_item_text(WAMP_JSON, &item, &arena, &text), WAMP_ERR_NONE);
    assert_true(str_eq(text, STR("\0\1\2\xff")));
    assert_int_equal(wamp_item_parse(WAMP_JSON, STR("\"\\u0000AAEC\\/w==\""), &item), WAMP_ERR_NONE);
    assert_int_equal(item.kind, WAMP_BIN);
    assert_int_equal(wamp_item_text(WAMP_JSON, &item, &arena, &text), WAMP_ERR_NONE);
    assert_true(str_eq(text, STR("\0\1\2\xff")));
    assert_int_equal(wamp_item_parse(WAMP_JSON, STR("\"\\u0000\""), &item), WAMP_ERR_NONE);
    assert_int_equal(item.kind, WAMP_BIN);
    static const struct str broken[] = {S("\"\\u0000AAE\""), S("\"\\u0000A*EC\""), S("\"\\u0000AA==AAEC\""), S("\"\\u0000AA\\n=\"")};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        assert_int_equal(wamp_item_parse(WAMP_JSON, broken[i], &item), WAMP_ERR_NONE);
        assert_int_equal(item.kind, WAMP_STR);
    }
    assert_int_equal(wamp_item_parse(WAMP_JSON, STR("{\"\\u0000AAEC\" :\"\\u0000AAEC\"}"), &item), WAMP_ERR_NONE);
    struct wamp_iter it = wamp_iter(WAMP_JSON, &item);
    assert_true(wamp_iter_pair(&it, &key, &value));
    assert_int_equal(key.kind, WAMP_STR);
    assert_int_equal(value.kind, WAMP_BIN);
    assert_int_equal(wamp_item_text(WAMP_JSON, &key, &arena, &text), WAMP_ERR_NONE);
    assert_true(str_eq(text, STR("\0AAEC")));
    wamp_arena_fini(&arena);
}

static void escapes_are_decoded_and_keys_found_behind_them(void **state)
{
    struct wamp_item dict, value;
    struct wamp_arena arena = {0};
    struct str text;
    (void)state;
    assert_int_equal(wamp_item_parse(WAMP_JSON, STR("{\"x\":1,\"m\\u0061t\\u0063h\":\"\\u00e9\\ud83d\\ude00\\n\\\"\"}"), &dict),
                     WAMP_ERR_NONE);
    assert_true(wamp_dict_find(WAMP_JSON, &dict, STR("match"), &value));
    assert_false(wamp_dict_find(WAMP_JSON, &dict, STR("matc"), &value));
    assert_false(wamp_dict_find(WAMP_JSON, &dict, STR("matchx"), &value));
    assert_true(wamp_dict_find(WAMP_JSON, &dict, STR("match"), &value));
    assert_int_equal(wamp_item_text(WAMP_JSON, &value, &arena, &text), WAMP_ERR_NONE);
    assert_true(str_eq(text, STR("\xc3\xa9\xf0\x9f\x98\x80\n\"")));
    wamp_arena_fini(&arena);
}

/* spec: B-046 */
static void what_is_written_reads_back(void **state)
{
    static const double reals[] = {0.0, -0.0, 1.0, 0.1, 1e21, 1e22, 1e100, 5e-324, 1.7976931348623157e308, 123456.789, -1.5};
    struct wamp_buf out = {0};
    struct wamp_item item;
    (void)state;
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        struct wamp_wr w = wamp_wr(WAMP_JSON, &out);
        wamp_buf_reset(&out);
        wamp_wr_real(&w, reals[i]);
        assert_int_equal(parse(wamp_buf_str(&out), &item), WAMP_ERR_NONE);
        assert_true(item.kind == WAMP_REAL && item.real == reals[i]);
    }
    wamp_buf_reset(&out);
    struct wamp_wr w = wamp_wr(WAMP_JSON, &out);
    wamp_wr_list(&w, 6);
    wamp_wr_int(&w, INT64_MIN);
    wamp_wr_uint(&w, UINT64_MAX);
    wamp_wr_str(&w, STR("\"\\\n\x01\x1f/\xc3\xa9"));
    wamp_wr_map(&w, 2);
    wamp_wr_key(&w, STR("a"));
    wamp_wr_bool(&w, true);
    wamp_wr_key(&w, STR("b"));
    wamp_wr_list(&w, 0);
    wamp_wr_list_end(&w);
    wamp_wr_map_end(&w);
    wamp_wr_bin(&w, STR("\x10\xe3\xff"));
    wamp_wr_null(&w);
    wamp_wr_list_end(&w);
    assert_true(str_eq(wamp_buf_str(&out),
                       STR("[-9223372036854775808,18446744073709551615,\"\\\"\\\\\\n\\u0001\\u001f/\xc3\xa9\","
                           "{\"a\":true,\"b\":[]},\"\\u0000EOP/\",null]")));
    wamp_buf_fini(&out);
}

static void every_cut_of_a_message_is_refused(void **state)
{
    struct str text = STR("[16,7,{\"acknowledge\":true,\"x\":[1.5e3,-2,null]},\"com.\\u00e9.\xc3\xa9\",[\"a\\\"b\"],{\"k\":{}}]");
    unsigned count;
    (void)state;
    for (size_t len = 0; len < text.len; len++)
        assert_int_not_equal(split(str_of(text.ptr, len), &count), WAMP_ERR_NONE);
    assert_int_equal(split(text, &count), WAMP_ERR_NONE);
}

static uint32_t random_state = 12345;
static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % n;
}

/* jansson judges the same, but for what it cannot hold: numbers beyond its types, and deep nesting. */
static void jansson_agrees_on_thousands_of_mutations(void **state)
{
    static const struct str seeds[] = {
        S("[48,1,{\"a\":[1,2,{\"b\":null}]},\"com.x\",[\"\\u00e9\\n\",1.5e-3,-0,true,false],{\"k\":\"v\"}]"),
        S("{\"a\":[[[[]]]],\"b\":{\"c\":{}},\"d\":\"\\ud83d\\ude00\",\"e\":\"\xc3\xa9\xe2\x82\xac\"}"),
        S("[0,-1,1.0,1e5,1E+5,1e-5,\"\",\"\\\\\\\"\\/\\b\\f\\n\\r\\t\"]"),
    };
    static const char alphabet[] = "[]{},:\"\\u0123abcdeEnulltrfs.-+ \t\x80\xc3\xa9\xff\x01";
    char text[256];
    struct wamp_item item;
    (void)state;
    for (int round = 0; round < 30000; round++) {
        struct str seed = seeds[round % 3];
        size_t len = seed.len;
        memcpy(text, seed.ptr, len);
        for (uint32_t n = 1 + random_below(3); n > 0; n--) {
            size_t at = random_below((uint32_t)len);
            uint32_t what = random_below(4);
            if (what == 0 && len > 2) {
                memmove(text + at, text + at + 1, --len - at);
            } else if (what == 1) {
                memmove(text + at + 1, text + at, len++ - at);
                text[at] = alphabet[random_below(sizeof alphabet - 1)];
            } else {
                text[at] = alphabet[random_below(sizeof alphabet - 1)];
            }
        }
        json_error_t error;
        json_t *tree = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
        bool ours = !parse(str_of(text, len), &item);
        bool too_large = !tree && (json_error_code(&error) == json_error_numeric_overflow);
        if (!too_large && ours != (tree != NULL))
            fail_msg("%.*s: ours %d, jansson: %s", (int)len, text, ours, tree ? "taken" : error.text);
        json_decref(tree);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_judged_as_rfc_8259_says),
        cmocka_unit_test(depth_64_is_taken_and_65_is_not),
        cmocka_unit_test(a_message_is_a_list),
        cmocka_unit_test(elements_lie_where_they_are_said_to),
        cmocka_unit_test(integers_keep_their_value_and_floats_are_floats),
        cmocka_unit_test(a_string_value_that_begins_with_nul_is_octets_where_the_rest_is_base64),
        cmocka_unit_test(escapes_are_decoded_and_keys_found_behind_them),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(every_cut_of_a_message_is_refused),
        cmocka_unit_test(jansson_agrees_on_thousands_of_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
