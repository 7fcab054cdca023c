/* JSON: what is taken, what is refused and why, what values come of it and how they are written; and that jansson
 * agrees. */
#include "common/base64.h"
#include "common/ser.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/test.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* A copy of exactly that size, so that a sanitizer sees what is read beyond it. */
static char *exact_copy(struct str text)
{
    char *copy = malloc(text.len ? text.len : 1);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    return copy;
}

static enum wamp_err judge(struct str text)
{
    struct wamp_item item;
    char *copy = exact_copy(text);
    enum wamp_err err = wamp_item_parse(WAMP_JSON, str_of(copy, text.len), &item);
    free(copy);
    return err;
}

static enum wamp_err judge_message(struct str text, unsigned *count)
{
    struct wamp_item items[WAMP_SPLIT_MAX];
    char *copy = exact_copy(text);
    enum wamp_err err = wamp_split(WAMP_JSON, str_of(copy, text.len), items, count);
    free(copy);
    return err;
}

static struct wamp_item parse(struct str text)
{
    struct wamp_item item;
    expect_ok(wamp_item_parse(WAMP_JSON, text, &item));
    return item;
}

/* --- what is taken and what is not --------------------------------------------------------------------------- */

static const struct {
    struct str text;
    enum wamp_err err;
} judged[] = {
#define OK(literal) {STR(literal), WAMP_ERR_NONE}
#define NO(literal, reason) {STR(literal), WAMP_ERR_##reason}
    /* words, white space */
    OK("null"), OK("true"), OK("false"), OK(" \t\r\n true \n\r\t "), NO("", TRUNCATED), NO("  ", TRUNCATED),
    NO("n", TRUNCATED), NO("nul", TRUNCATED), NO("fals", TRUNCATED), NO("nulL", SYNTAX), NO("Null", SYNTAX),
    NO("TRUE", SYNTAX), NO("tru\0", SYNTAX), NO("NaN", SYNTAX), NO("Infinity", SYNTAX), NO("-Infinity", SYNTAX),
    NO("undefined", SYNTAX), NO("nullx", TRAILING), NO("null null", TRAILING), NO("null\0", TRAILING),
    NO("null\v", TRAILING), NO("\fnull", SYNTAX), NO("\xc2\xa0null", SYNTAX), NO("\xef\xbb\xbf[1]", SYNTAX),
    NO("// no\n1", SYNTAX), NO("/* no */1", SYNTAX), NO("1 // no", TRAILING), NO("\0", SYNTAX), NO("\x1e", SYNTAX),
    /* numbers */
    OK("0"), OK("-0"), OK("7"), OK("-7"), OK("10"), OK("0.5"), OK("-0.5"), OK("1.0"), OK("0e0"), OK("0E+0"),
    OK("-0.0e-0"), OK("1e5"), OK("1E-5"), OK("1.25e+10"), OK("1E400"), OK("1e-400"), OK("0.00000000000000000001"),
    OK("12345678901234567890123456789"), OK("1e00000000000000000001"), NO("-", TRUNCATED), NO("1.", TRUNCATED),
    NO("-1.", TRUNCATED), NO("1e", TRUNCATED), NO("1e+", TRUNCATED), NO("1.5E-", TRUNCATED), NO("01", SYNTAX),
    NO("-01", SYNTAX), NO("00", SYNTAX), NO("00.5", SYNTAX), NO("+1", SYNTAX), NO(".5", SYNTAX), NO("-.5", SYNTAX),
    NO("1.e5", SYNTAX), NO("1.x", SYNTAX), NO("--1", SYNTAX), NO("-a", SYNTAX), NO("1ex", SYNTAX),
    NO("1e+-5", SYNTAX), NO("[1.]", SYNTAX), NO("[1e]", SYNTAX), NO("[-]", SYNTAX), NO("1.5.5", TRAILING),
    NO("0x10", TRAILING), NO("1_000", TRAILING), NO("1e5.5", TRAILING), NO("1 2", TRAILING), NO("1f", TRAILING),
    NO("1,5", TRAILING), NO("1-", TRAILING),
    /* strings */
    OK("\"\""), OK("\"a\""), OK("\" \""), OK("\"'\""), OK("\"/\""), OK("\"\x7f\""), OK("\"[{,:}]\""),
    OK("\"sixteen octets..\""), OK("\"more than sixteen octets, but none of them special\""),
    OK("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), OK("\"\\u0041\\u00e9\\u20AC\\uFFFF\""), OK("\"\\u0000\""),
    NO("\"", TRUNCATED), NO("\"abc", TRUNCATED), NO("\"abc\\", TRUNCATED), NO("\"abc\\\"", TRUNCATED),
    NO("\"\\u", TRUNCATED), NO("\"\\u0", TRUNCATED), NO("\"\\u00", TRUNCATED), NO("\"\\u004", TRUNCATED),
    NO("\"\\u0041", TRUNCATED), NO("\"more than sixteen octets and no end", TRUNCATED), NO("'a'", SYNTAX),
    NO("a", SYNTAX), NO("\"\n\"", SYNTAX), NO("\"\t\"", SYNTAX), NO("\"\0\"", SYNTAX), NO("\"\x1f\"", SYNTAX),
    NO("\"more than sixteen octets and \x01 one of them\"", SYNTAX), NO("\"\\x41\"", SYNTAX),
    NO("\"\\0\"", SYNTAX), NO("\"\\\0\"", SYNTAX), NO("\"\\'\"", SYNTAX), NO("\"\\U0041\"", SYNTAX),
    NO("\"\\\n\"", SYNTAX), NO("\"\\\xc3\xa9\"", SYNTAX), NO("\"\\u00g0\"", SYNTAX), NO("\"\\u004\"", SYNTAX),
    NO("\"\\u 041\"", SYNTAX), NO("\"\\u-041\"", SYNTAX), NO("\"\\u+041\"", SYNTAX), NO("\"\\u@041\"", SYNTAX),
    NO("\"\\u00`0\"", SYNTAX), NO("\"a\" \"b\"", TRAILING), NO("\"a\"b", TRAILING),
    /* text that is no UTF-8, and halves of characters */
    OK("\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\""),
    OK("\"\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf\""), OK("\"\\ud83d\\ude00\""),
    OK("\"\\uD800\\uDC00\\uDBFF\\uDFFF\""), OK("\"\\ud7ff\\ue000\""), NO("\"\xc3\x28\"", UTF8),
    NO("\"\xc0\x80\"", UTF8), NO("\"\xe0\x80\x80\"", UTF8), NO("\"\xed\xa0\x80\"", UTF8),
    NO("\"\xf4\x90\x80\x80\"", UTF8), NO("\"\xff\"", UTF8), NO("\"\x80\"", UTF8), NO("\"\xe2\x82\"", UTF8),
    NO("\"\xe2\\u0082\xac\"", UTF8), NO("{\"\xff\":1}", UTF8),
    NO("[\"more than sixteen octets, then \xff\"]", UTF8), NO("\"\\ud83d\"", UTF8), NO("\"\\ude00\"", UTF8),
    NO("\"\\ude00\\ud83d\"", UTF8), NO("\"\\ud83d\\u0041\"", UTF8), NO("\"\\ud83d\\ud83d\"", UTF8),
    NO("\"\\ud83dx\"", UTF8), NO("\"\\ud83d\\n\"", UTF8), NO("{\"\\udfff\":1}", UTF8), NO("\"\\ud83d", TRUNCATED),
    NO("\"\\ud83d\\", TRUNCATED), NO("\"\\ud83d\\u", TRUNCATED), NO("\"\\ud83d\\ude0", TRUNCATED),
    NO("\"\\ud83d\\uxyzw\"", SYNTAX), NO("\xff", SYNTAX),
    /* lists and maps */
    OK("[]"), OK("[ ]"), OK("{}"), OK("{ }"), OK("[[],[[]],{}]"), OK("[1,[2,[3,{\"a\":[]}]],{}]"),
    OK("{\"a\":1,\"b\":{\"c\":[true,false,null]}}"), OK(" { \"a\" : [ 1 , 2 ] , \"b\" : { } } "), OK("{\"\":0}"),
    OK("{\"a\":1,\"a\":2}"), OK("{\"\\u0061\":1}"), NO("[", TRUNCATED), NO("[ ", TRUNCATED), NO("[1", TRUNCATED),
    NO("[1,", TRUNCATED), NO("[[1]", TRUNCATED), NO("{", TRUNCATED), NO("{ ", TRUNCATED), NO("{\"a\"", TRUNCATED),
    NO("{\"a\" ", TRUNCATED), NO("{\"a\":", TRUNCATED), NO("{\"a\":1", TRUNCATED), NO("{\"a\":1,", TRUNCATED),
    NO("{\"a", TRUNCATED), NO("[1,]", SYNTAX), NO("[,]", SYNTAX), NO("[,1]", SYNTAX), NO("[1,,2]", SYNTAX),
    NO("[1 2]", SYNTAX), NO("[1}", SYNTAX), NO("[}", SYNTAX), NO("[1:2]", SYNTAX), NO("[\"a\":1]", SYNTAX),
    NO("[1;2]", SYNTAX), NO("{]", SYNTAX), NO("{\"a\":1]", SYNTAX), NO("{\"a\" 1}", SYNTAX),
    NO("{\"a\",1}", SYNTAX), NO("{\"a\":}", SYNTAX), NO("{\"a\"}", SYNTAX), NO("{\"a\"::1}", SYNTAX),
    NO("{\"a\":1,}", SYNTAX), NO("{,}", SYNTAX), NO("{:1}", SYNTAX), NO("{1:2}", SYNTAX), NO("{null:2}", SYNTAX),
    NO("{a:2}", SYNTAX), NO("{[]:2}", SYNTAX), NO("{\"a\":1 \"b\":2}", SYNTAX), NO("]", SYNTAX), NO("}", SYNTAX),
    NO(",", SYNTAX), NO(":", SYNTAX), NO("[1]]", TRAILING), NO("[1],", TRAILING), NO("{}{}", TRAILING),
    NO("[]\x1e", TRAILING),
#undef OK
#undef NO
};

/* spec: B-047, T-51 */
TEST(texts_are_judged_as_the_standard_says)
{
    for (size_t i = 0; i < COUNT(judged); i++) {
        enum wamp_err err = judge(judged[i].text);
        if (err != judged[i].err)
            fail_msg("%.*s: expected \"%s\", got \"%s\"", STR_ARG(judged[i].text), wamp_err_text(judged[i].err),
                     wamp_err_text(err));
    }
}

/* spec: B-047 */
TEST(texts_are_judged_the_same_deep_inside_a_message)
{
    unsigned count;
    for (size_t i = 0; i < COUNT(judged); i++) {
        struct wamp_buf text = {0};
        if (judged[i].err == WAMP_ERR_TRUNCATED || judged[i].err == WAMP_ERR_TRAILING)
            continue;
        wamp_buf_add_str(&text, STR("[1,{\"k\":["));
        wamp_buf_add_str(&text, judged[i].text);
        wamp_buf_add_str(&text, STR("]}]"));
        expect_err(judge_message(wamp_buf_str(&text), &count), judged[i].err);
        wamp_buf_fini(&text);
    }
}

static const struct str messages[] = {
    STR("[48,7814135,{},\"com.example.add\",[23,-7.25e1],{\"k\":null}]"),
    STR("[ 1 , \"realm\\u0031\" , { \"roles\" : { \"caller\" : { } , \"x\" : [ true , false ] } } ]"),
    STR("[16,7,{\"acknowledge\":true},\"com.\xc3\xa9.\\ud83d\\ude00\",[\"a\\\"b\",\"\xf0\x9f\x98\x80\"]]"),
};

/* spec: B-047 */
TEST(a_message_that_is_cut_anywhere_is_truncated)
{
    unsigned count;
    for (size_t i = 0; i < COUNT(messages); i++) {
        expect_ok(judge_message(messages[i], &count));
        for (size_t len = 0; len < messages[i].len; len++)
            expect_err(judge_message(str_of(messages[i].ptr, len), &count), WAMP_ERR_TRUNCATED);
    }
}

/* spec: B-047 */
TEST(a_message_with_something_behind_it_is_refused)
{
    unsigned count;
    expect_err(judge_message(STR("[1]]"), &count), WAMP_ERR_TRAILING);
    expect_err(judge_message(STR("[1] [2]"), &count), WAMP_ERR_TRAILING);
    expect_err(judge_message(STR("[1]\0"), &count), WAMP_ERR_TRAILING);
    expect_ok(judge_message(STR("[1] \r\n\t"), &count));
}

/* spec: B-047 */
TEST(a_message_is_a_list)
{
    unsigned count;
    expect_err(judge_message(STR("{\"a\":1}"), &count), WAMP_ERR_TYPE);
    expect_err(judge_message(STR(" 48 "), &count), WAMP_ERR_TYPE);
    expect_err(judge_message(STR("\"[1]\""), &count), WAMP_ERR_TYPE);
    expect_err(judge_message(STR("{\"a\":"), &count), WAMP_ERR_TRUNCATED);
    expect_err(judge_message((struct str){0}, &count), WAMP_ERR_TRUNCATED);
}

/* A number in so many lists, every second one a map if wanted. */
static void nest(struct wamp_buf *text, unsigned depth, bool maps)
{
    wamp_buf_reset(text);
    for (unsigned i = 0; i < depth; i++)
        wamp_buf_add_str(text, maps && i % 2 ? STR("{\"k\":") : STR("["));
    wamp_buf_add_char(text, '0');
    for (unsigned i = depth; i-- > 0;)
        wamp_buf_add_char(text, maps && i % 2 ? '}' : ']');
}

/* spec: B-047 */
TEST(sixty_four_levels_are_taken_and_one_more_is_not)
{
    struct wamp_buf text = {0};
    unsigned count;
    for (unsigned depth = WAMP_DEPTH_MAX - 1; depth <= WAMP_DEPTH_MAX + 2; depth++) {
        for (int maps = 0; maps <= 1; maps++) {
            enum wamp_err expected = depth > WAMP_DEPTH_MAX ? WAMP_ERR_DEPTH : WAMP_ERR_NONE;
            nest(&text, depth, maps);
            expect_err(judge(wamp_buf_str(&text)), expected);
            expect_err(judge_message(wamp_buf_str(&text), &count), expected);
        }
    }
    wamp_buf_fini(&text);
}

/* spec: B-047 */
TEST(levels_side_by_side_are_not_deep)
{
    struct wamp_buf text = {0};
    wamp_buf_add_str(&text, STR("[[]"));
    for (int i = 0; i < 1000; i++)
        wamp_buf_add_str(&text, STR(",[{}]"));
    wamp_buf_add_char(&text, ']');
    expect_ok(judge(wamp_buf_str(&text)));
    wamp_buf_fini(&text);
}

/* spec: B-047 */
TEST(a_thousand_brackets_are_refused_before_their_end)
{
    char text[1000];
    unsigned count;
    memset(text, '[', sizeof text);
    expect_err(judge(str_of(text, sizeof text)), WAMP_ERR_DEPTH);
    expect_err(judge_message(str_of(text, sizeof text), &count), WAMP_ERR_DEPTH);
}

/* --- where things lie ---------------------------------------------------------------------------------------- */

TEST(elements_lie_where_they_are_said_to)
{
    struct wamp_item items[WAMP_SPLIT_MAX];
    unsigned n;
    expect_ok(wamp_split(WAMP_JSON, STR(" [ 48 , -7,{\"a\" : [1, 2] } ,\"com.x\",null,true ]"), items, &n));
    assert_int_equal(n, 6);
    assert_true(items[0].kind == WAMP_UINT && items[0].uint == 48);
    expect_str(items[0].raw, "48");
    assert_true(items[1].kind == WAMP_NINT && items[1].nint == -7);
    assert_true(items[2].kind == WAMP_MAP && items[2].count == 1);
    expect_str(items[2].raw, "{\"a\" : [1, 2] }");
    assert_true(items[3].kind == WAMP_STR && !items[3].escaped);
    expect_str(items[3].text, "com.x");
    expect_str(items[3].raw, "\"com.x\"");
    assert_int_equal(items[4].kind, WAMP_NULL);
    assert_true(items[5].kind == WAMP_BOOL && items[5].boolean);
}

TEST(elements_are_counted_beyond_those_that_are_reported)
{
    struct wamp_item items[WAMP_SPLIT_MAX];
    unsigned n;
    expect_ok(wamp_split(WAMP_JSON, STR("[0,1,2,3,4,5,6,7,8,9,[],\"\"]"), items, &n));
    assert_int_equal(n, 12);
    assert_int_equal(items[WAMP_SPLIT_MAX - 1].uint, WAMP_SPLIT_MAX - 1);
    expect_ok(wamp_split(WAMP_JSON, STR("[]"), items, &n));
    assert_int_equal(n, 0);
}

TEST(containers_know_how_many_they_hold)
{
    assert_int_equal(parse(STR("[]")).count, 0);
    assert_int_equal(parse(STR("[[]]")).count, 1);
    assert_int_equal(parse(STR("[[1,2,3],{\"a\":[4,5],\"b\":6},7]")).count, 3);
    assert_int_equal(parse(STR("{\"a\":{\"b\":1,\"c\":2},\"d\":[],\"a\":0}")).count, 3);
}

TEST(elements_and_pairs_are_walked_in_order)
{
    struct wamp_item list = parse(STR("[ 1 ,[2,[3]], {\"k\" : {} } ]"));
    struct wamp_item map = parse(STR("{ \"a\" : 1 , \"b\":[ ] }"));
    struct wamp_item key, value;
    struct wamp_iter it = wamp_iter(WAMP_JSON, &list);
    assert_true(wamp_iter_next(&it, &value));
    expect_str(value.raw, "1");
    assert_true(wamp_iter_next(&it, &value));
    expect_str(value.raw, "[2,[3]]");
    assert_true(wamp_iter_next(&it, &value));
    expect_str(value.raw, "{\"k\" : {} }");
    assert_false(wamp_iter_next(&it, &value));
    it = wamp_iter(WAMP_JSON, &map);
    assert_true(wamp_iter_pair(&it, &key, &value));
    expect_str(key.text, "a");
    assert_int_equal(value.uint, 1);
    assert_true(wamp_iter_pair(&it, &key, &value));
    expect_str(key.text, "b");
    assert_int_equal(value.kind, WAMP_LIST);
    assert_false(wamp_iter_pair(&it, &key, &value));
}

/* spec: B-047 */
TEST(reading_asks_for_no_memory)
{
    struct wamp_item items[WAMP_SPLIT_MAX], value;
    unsigned n;
    fail_nth(1);
    for (size_t i = 0; i < COUNT(messages); i++)
        expect_ok(wamp_split(WAMP_JSON, messages[i], items, &n));
    assert_true(wamp_dict_find(WAMP_JSON, &items[2], STR("acknowledge"), &value));
    assert_false(fail_happened());
    fail_nth(0);
}

/* --- numbers ------------------------------------------------------------------------------------------------- */

/* spec: T-53, R-26 */
TEST(integers_are_exact_up_to_64_bits_and_kept_as_digits_beyond)
{
    static const struct {
        struct str text;
        enum wamp_kind kind;
        uint64_t bits;
    } cases[] = {
        {STR("0"), WAMP_UINT, 0},
        {STR("-0"), WAMP_UINT, 0},
        {STR("9007199254740991"), WAMP_UINT, (UINT64_C(1) << 53) - 1},
        {STR("9007199254740992"), WAMP_UINT, UINT64_C(1) << 53},
        {STR("9007199254740993"), WAMP_UINT, (UINT64_C(1) << 53) + 1},
        {STR("9223372036854775807"), WAMP_UINT, INT64_MAX},
        {STR("9223372036854775808"), WAMP_UINT, UINT64_C(1) << 63},
        {STR("9999999999999999999"), WAMP_UINT, UINT64_C(9999999999999999999)},
        {STR("10000000000000000000"), WAMP_UINT, UINT64_C(10000000000000000000)},
        {STR("18446744073709551615"), WAMP_UINT, UINT64_MAX},
        {STR("18446744073709551616"), WAMP_BIGNUM, 0},
        {STR("18446744073709551620"), WAMP_BIGNUM, 0},
        {STR("99999999999999999999"), WAMP_BIGNUM, 0},
        {STR("100000000000000000000"), WAMP_BIGNUM, 0},
        {STR("-1"), WAMP_NINT, UINT64_MAX},
        {STR("-9007199254740993"), WAMP_NINT, UINT64_C(0) - ((UINT64_C(1) << 53) + 1)},
        {STR("-9223372036854775807"), WAMP_NINT, (UINT64_C(1) << 63) + 1},
        {STR("-9223372036854775808"), WAMP_NINT, UINT64_C(1) << 63},
        {STR("-9223372036854775809"), WAMP_BIGNUM, 0},
        {STR("-18446744073709551615"), WAMP_BIGNUM, 0},
        {STR("-18446744073709551616"), WAMP_BIGNUM, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct wamp_item item = parse(cases[i].text);
        if (item.kind != cases[i].kind)
            fail_msg("%.*s is %s", STR_ARG(cases[i].text), wamp_kind_name(item.kind));
        if (item.kind == WAMP_BIGNUM)
            assert_true(str_eq(item.text, cases[i].text));
        else
            assert_true(item.uint == cases[i].bits);
    }
}

/* spec: B-046 */
TEST(a_fraction_or_an_exponent_makes_a_float)
{
    static const struct {
        struct str text;
        double real;
    } cases[] = {
        {STR("1.0"), 1.0},
        {STR("-0.0"), -0.0},
        {STR("1e3"), 1000.0},
        {STR("5E-1"), 0.5},
        {STR("9007199254740993.0"), 0x1p53},
        {STR("1e-999"), 0.0},
        {STR("1e999"), INFINITY},
        {STR("-1e999"), -INFINITY},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct wamp_item item = parse(cases[i].text);
        assert_int_equal(item.kind, WAMP_REAL);
        assert_memory_equal(&item.real, &cases[i].real, sizeof item.real);
        assert_true(str_eq(item.raw, cases[i].text));
    }
}

/* --- strings ------------------------------------------------------------------------------------------------- */

static struct str text_of(const struct wamp_item *item, struct wamp_arena *arena)
{
    struct str text;
    expect_ok(wamp_item_text(WAMP_JSON, item, arena, &text));
    return text;
}

/* spec: B-046 */
TEST(escapes_are_decoded)
{
    static const struct str pairs[][2] = {
        {STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), STR("\"\\/\b\f\n\r\t")},
        {STR("\"\\u0041\\u007f\\u0080\\u07ff\\u0800\\uffff\""),
         STR("A\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf")},
        {STR("\"\\ud800\\udc00-\\uDBFF\\uDFFF-\\ud83d\\ude00\""),
         STR("\xf0\x90\x80\x80-\xf4\x8f\xbf\xbf-\xf0\x9f\x98\x80")},
        {STR("\"a\\u0000b\""), STR("a\0b")},
        {STR("\"\xc3\xa9\\n\xe2\x82\xac\""), STR("\xc3\xa9\n\xe2\x82\xac")},
    };
    struct wamp_arena arena = {0};
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct wamp_item item = parse(pairs[i][0]);
        assert_true(item.kind == WAMP_STR && item.escaped);
        assert_true(str_eq(text_of(&item, &arena), pairs[i][1]));
    }
    wamp_arena_fini(&arena);
}

TEST(text_without_escapes_is_borrowed)
{
    struct wamp_item item = parse(STR("\"com.example.\xc3\xa9\""));
    struct str text = text_of(&item, NULL);
    assert_ptr_equal(text.ptr, item.raw.ptr + 1);
    expect_str(text, "com.example.\xc3\xa9");
}

/* spec: T-54 */
TEST(a_string_value_of_nul_and_base64_is_octets)
{
    static const struct str pairs[][2] = {
        {STR("\"\\u0000\""), STR("")},
        {STR("\"\\u0000AAEC/w==\""), STR("\0\1\2\xff")},
        {STR("\"\\u0000AAEC\\/w==\""), STR("\0\1\2\xff")},
        {STR("\"\\u0000\\u0041AEC\""), STR("\0\1\2")},
        {STR("\"\\u0000EOP/kFMHXFJvX8BtT+N82w==\""),
         STR("\x10\xe3\xff\x90\x53\x07\x5c\x52\x6f\x5f\xc0\x6d\x4f\xe3\x7c\xdb")},
    };
    struct wamp_arena arena = {0};
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct wamp_item item = parse(pairs[i][0]);
        assert_int_equal(item.kind, WAMP_BIN);
        assert_true(str_eq(text_of(&item, &arena), pairs[i][1]));
    }
    wamp_arena_fini(&arena);
}

/* spec: T-54, R-21 */
TEST(a_string_value_of_nul_and_anything_else_is_text)
{
    static const struct str texts[] = {
        STR("\"\\u0000AAE\""),      STR("\"\\u0000A*EC\""),       STR("\"\\u0000AA==AAEC\""),
        STR("\"\\u0000AA\\n=\""),   STR("\"\\u0000\\u0000\""),    STR("\"\\u0000\\/\""),
        STR("\"\\u0000 AAEC\""),    STR("\"A\\u0000AAEC\""),      STR("\"\\\\u0000AAEC\""),
        STR("\"\\u0000\xc3\xa9==\""), STR("\"\\u0000AA=\\u003d=\""),
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct wamp_item item = parse(texts[i]);
        if (item.kind != WAMP_STR || item.text.len != texts[i].len - 2)
            fail_msg("%.*s is %s", STR_ARG(texts[i]), wamp_kind_name(item.kind));
    }
}

/* spec: T-54 */
TEST(a_key_is_text_whatever_it_begins_with)
{
    struct wamp_item map = parse(STR("{\"\\u0000AAEC\" :\"\\u0000AAEC\"}")), key, value;
    struct wamp_arena arena = {0};
    struct wamp_iter it = wamp_iter(WAMP_JSON, &map);
    assert_true(wamp_iter_pair(&it, &key, &value));
    assert_int_equal(key.kind, WAMP_STR);
    assert_true(str_eq(text_of(&key, &arena), STR("\0AAEC")));
    assert_int_equal(value.kind, WAMP_BIN);
    assert_true(wamp_dict_find(WAMP_JSON, &map, STR("\0AAEC"), &value));
    wamp_arena_fini(&arena);
}

TEST(keys_are_found_behind_their_escapes)
{
    struct wamp_item map = parse(STR("{\"x\":1,\"m\\u0061t\\u0063h\":2,\"\\ud83d\\ude00\\/\":3,\"\\u0000\":4}"));
    struct wamp_item value;
    assert_true(wamp_dict_find(WAMP_JSON, &map, STR("match"), &value));
    assert_int_equal(value.uint, 2);
    assert_true(wamp_dict_find(WAMP_JSON, &map, STR("\xf0\x9f\x98\x80/"), &value));
    assert_int_equal(value.uint, 3);
    assert_true(wamp_dict_find(WAMP_JSON, &map, STR("\0"), &value));
    assert_false(wamp_dict_find(WAMP_JSON, &map, STR("matc"), &value));
    assert_false(wamp_dict_find(WAMP_JSON, &map, STR("matchx"), &value));
    assert_false(wamp_dict_find(WAMP_JSON, &map, STR("m\\u0061tch"), &value));
    assert_false(wamp_dict_find(WAMP_JSON, &map, STR(""), &value));
}

TEST(decoding_without_memory_is_an_error)
{
    static const struct str texts[] = {STR("\"\\n\""), STR("\"\\u0000AAEC\""), STR("\"\\u0000AAEC\\/w==\"")};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct wamp_item item = parse(texts[i]);
        for_each_failure {
            struct wamp_arena arena = {0};
            struct str text;
            enum wamp_err err = wamp_item_text(WAMP_JSON, &item, &arena, &text);
            expect_err(err, fail_happened() ? WAMP_ERR_NOMEM : WAMP_ERR_NONE);
            wamp_arena_fini(&arena);
        }
    }
}

/* --- writing ------------------------------------------------------------------------------------------------- */

static void write_all(struct wamp_wr *w)
{
    wamp_wr_list(w, 9);
    wamp_wr_int(w, INT64_MIN);
    wamp_wr_int(w, -1);
    wamp_wr_int(w, 0);
    wamp_wr_uint(w, UINT64_MAX);
    wamp_wr_real(w, 1.0);
    wamp_wr_map(w, 3);
    wamp_wr_key(w, STR("a"));
    wamp_wr_bool(w, true);
    wamp_wr_key(w, STR("\""));
    wamp_wr_list(w, 2);
    wamp_wr_bool(w, false);
    wamp_wr_map(w, 0);
    wamp_wr_map_end(w);
    wamp_wr_list_end(w);
    wamp_wr_key(w, STR(""));
    wamp_wr_raw(w, STR("{\"as\": \"is\"}"));
    wamp_wr_map_end(w);
    wamp_wr_bin(w, STR("\x10\xe3\xff"));
    wamp_wr_null(w);
    wamp_wr_str(w, STR(""));
    wamp_wr_list_end(w);
}

/* spec: B-046, T-54 */
TEST(values_are_written_compactly_with_commas_between_them)
{
    struct wamp_buf out = {0};
    struct wamp_wr w = wamp_wr(WAMP_JSON, &out);
    write_all(&w);
    expect_str(wamp_buf_str(&out),
               "[-9223372036854775808,-1,0,18446744073709551615,1.0,{\"a\":true,\"\\\"\":[false,{}],"
               "\"\":{\"as\": \"is\"}},\"\\u0000EOP/\",null,\"\"]");
    wamp_buf_fini(&out);
}

TEST(writing_without_memory_fails_the_buffer)
{
    for_each_failure {
        struct wamp_buf out = {0};
        struct wamp_wr w = wamp_wr(WAMP_JSON, &out);
        write_all(&w);
        assert_int_equal(out.failed, fail_happened());
        wamp_buf_fini(&out);
    }
}

/* The payload of a message begins with the comma that follows its head. */
TEST(a_comma_that_is_due_comes_before_the_next_value)
{
    struct wamp_buf out = {0};
    struct wamp_wr w = wamp_wr(WAMP_JSON, &out);
    w.comma = true;
    wamp_wr_list(&w, 0);
    wamp_wr_list_end(&w);
    wamp_wr_raw(&w, STR("{}"));
    expect_str(wamp_buf_str(&out), ",[],{}");
    wamp_buf_fini(&out);
}

static struct str written(struct wamp_buf *out, struct str text)
{
    struct wamp_wr w = wamp_wr(WAMP_JSON, out);
    wamp_buf_reset(out);
    wamp_wr_str(&w, text);
    return wamp_buf_str(out);
}

TEST(only_what_must_be_escaped_is)
{
    struct wamp_buf out = {0};
    expect_str(written(&out, STR("\b\f\n\r\t\"\\")), "\"\\b\\f\\n\\r\\t\\\"\\\\\"");
    expect_str(written(&out, STR("\0\x01\x0b\x1f")), "\"\\u0000\\u0001\\u000b\\u001f\"");
    expect_str(written(&out, STR("/\x7f\xc2\x80\xe2\x80\xa8\xf0\x9f\x98\x80'")),
               "\"/\x7f\xc2\x80\xe2\x80\xa8\xf0\x9f\x98\x80'\"");
    expect_str(written(&out, (struct str){0}), "\"\"");
    wamp_buf_fini(&out);
}

/* spec: B-046 */
TEST(text_comes_back_wherever_the_escape_is)
{
    struct wamp_buf out = {0};
    struct wamp_arena arena = {0};
    char text[40];
    for (int c = 0; c < 0x80; c++) {
        for (size_t at = 0; at < sizeof text; at++) {
            memset(text, 'a', sizeof text);
            text[at] = (char)c;
            if (c == 0 && at == 0)
                continue;  /* then it may be taken for octets */
            struct wamp_item item = parse(written(&out, str_of(text, sizeof text)));
            assert_true(str_eq(text_of(&item, &arena), str_of(text, sizeof text)));
        }
        wamp_arena_reset(&arena);
    }
    wamp_arena_fini(&arena);
    wamp_buf_fini(&out);
}

/* spec: B-046 */
TEST(numbers_come_back_as_what_they_were)
{
    static const double reals[] = {0.0,  -0.0, 1.0,   -1.5,   0.1,  1e15,
                                   1e16, 1e22, 1e100, 5e-324, 1.7976931348623157e308};
    struct wamp_buf out = {0};
    for (unsigned bit = 0; bit < 64; bit++) {
        struct wamp_wr w = wamp_wr(WAMP_JSON, &out);
        wamp_buf_reset(&out);
        wamp_wr_uint(&w, (UINT64_C(1) << bit) - 1);
        assert_true(parse(wamp_buf_str(&out)).uint == (UINT64_C(1) << bit) - 1);
        w = wamp_wr(WAMP_JSON, &out);
        wamp_buf_reset(&out);
        wamp_wr_int(&w, (int64_t)(UINT64_MAX << bit));
        assert_true(parse(wamp_buf_str(&out)).nint == (int64_t)(UINT64_MAX << bit));
    }
    for (size_t i = 0; i < COUNT(reals); i++) {
        struct wamp_wr w = wamp_wr(WAMP_JSON, &out);
        wamp_buf_reset(&out);
        wamp_wr_real(&w, reals[i]);
        struct wamp_item item = parse(wamp_buf_str(&out));
        assert_int_equal(item.kind, WAMP_REAL);
        assert_memory_equal(&item.real, &reals[i], sizeof item.real);
    }
    wamp_buf_fini(&out);
}

TEST(what_json_has_no_number_for_is_null)
{
    struct wamp_buf out = {0};
    struct wamp_wr w = wamp_wr(WAMP_JSON, &out);
    wamp_wr_list(&w, 3);
    wamp_wr_real(&w, NAN);
    wamp_wr_real(&w, INFINITY);
    wamp_wr_real(&w, -INFINITY);
    wamp_wr_list_end(&w);
    expect_str(wamp_buf_str(&out), "[null,null,null]");
    wamp_buf_fini(&out);
}

/* --- jansson ------------------------------------------------------------------------------------------------- */

static bool same(const struct wamp_item *item, const json_t *tree, struct wamp_arena *arena);

static bool same_list(const struct wamp_item *list, const json_t *tree, struct wamp_arena *arena)
{
    struct wamp_iter it = wamp_iter(WAMP_JSON, list);
    struct wamp_item value;
    size_t n = 0;
    while (wamp_iter_next(&it, &value))
        if (!same(&value, json_array_get(tree, n++), arena))
            return false;
    return n == json_array_size(tree) && n == list->count;
}

/* jansson keeps the last of equal keys. */
static bool same_map(const struct wamp_item *map, json_t *tree, struct wamp_arena *arena)
{
    struct wamp_iter it = wamp_iter(WAMP_JSON, map);
    struct wamp_item key, value;
    json_t *last = json_object();
    bool equal = true;
    while (wamp_iter_pair(&it, &key, &value)) {
        struct str text = text_of(&key, arena);
        json_t *wanted = json_object_getn(tree, text.ptr, text.len);
        json_object_setn_new(last, text.ptr, text.len, json_boolean(wanted && same(&value, wanted, arena)));
    }
    const char *name;
    json_t *is_same;
    json_object_foreach(last, name, is_same)
        equal = equal && json_is_true(is_same);
    equal = equal && json_object_size(last) == json_object_size(tree);
    json_decref(last);
    return equal;
}

static bool same_text(const struct wamp_item *item, const json_t *tree, struct wamp_arena *arena)
{
    struct str text = text_of(item, arena), theirs = str_of(json_string_value(tree), json_string_length(tree));
    if (item->kind == WAMP_STR)
        return str_eq(text, theirs);
    theirs = str_from(theirs, 1);
    char *octets = wamp_arena_alloc(arena, wamp_base64_decoded_len(theirs) + 1);
    wamp_base64_decode(theirs, octets);
    return str_eq(text, str_of(octets, wamp_base64_decoded_len(theirs)));
}

static bool same(const struct wamp_item *item, const json_t *tree, struct wamp_arena *arena)
{
    switch (item->kind) {
    case WAMP_NULL:
        return json_is_null(tree);
    case WAMP_BOOL:
        return json_is_boolean(tree) && json_is_true(tree) == item->boolean;
    case WAMP_UINT:
    case WAMP_NINT:
        return json_is_integer(tree) && json_integer_value(tree) == item->nint;
    case WAMP_REAL:
        return json_is_real(tree) && json_real_value(tree) == item->real;
    case WAMP_STR:
    case WAMP_BIN:
        return json_is_string(tree) && same_text(item, tree, arena);
    case WAMP_LIST:
        return json_is_array(tree) && same_list(item, tree, arena);
    case WAMP_MAP:
        return json_is_object(tree) && same_map(item, (json_t *)tree, arena);
    default:
        return false;
    }
}

static void expect_agreement(struct str text, struct wamp_arena *arena)
{
    json_error_t error;
    struct wamp_item item;
    json_t *tree = json_loadb(text.ptr, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    enum wamp_err err = wamp_item_parse(WAMP_JSON, text, &item);
    enum json_error_code theirs = tree ? json_error_unknown : json_error_code(&error);
    bool is_their_limit = theirs == json_error_numeric_overflow || theirs == json_error_null_byte_in_key;
    if (!is_their_limit && (err == WAMP_ERR_NONE) != (tree != NULL))
        fail_msg("%.*s: we say \"%s\", jansson \"%s\"", STR_ARG(text), wamp_err_text(err),
                 tree ? "fine" : error.text);
    if (!err && tree && !same(&item, tree, arena))
        fail_msg("%.*s: other values than jansson's", STR_ARG(text));
    json_decref(tree);
    wamp_arena_reset(arena);
}

static uint32_t random_state = 12345;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % n;
}

/* Removes, inserts or replaces an octet. */
static size_t mutate(char *text, size_t len)
{
    static const char octets[] = "[]{},:\"\\u0123dD8cCeEnulltrfs.-+ \t\x80\xc3\xa9\xff\x01";
    size_t at = random_below((uint32_t)len);
    uint32_t what = random_below(4);
    if (what == 0) {
        memmove(text + at, text + at + 1, len - at - 1);
        return len - 1;
    }
    if (what == 1)
        memmove(text + at + 1, text + at, len++ - at);
    text[at] = octets[random_below(sizeof octets - 1)];
    return len;
}

/* spec: B-047 */
TEST(jansson_judges_thousands_of_mutations_the_same_and_reads_the_same_values)
{
    static const struct str seeds[] = {
        STR("[48,1,{\"a\":[1,2,{\"b\":null}]},\"com.x\",[\"\\u00e9\\n\",1.5e-3,-0,true,false],{\"k\":\"v\"}]"),
        STR("{\"a\":[[[[]]]],\"b\":{\"c\":{}},\"d\":\"\\ud83d\\ude00\",\"e\":\"\xc3\xa9\xe2\x82\xac\",\"a\":1}"),
        STR("[0,-1,1.0,1e5,1E+5,1e-5,12345678901234567890123.25,\"\",\"\\\\\\\"\\/\\b\\f\\n\\r\\t\"]"),
        STR("[\"\\u0000AAEC\",\"\\u0000AAE=\","
            "\"a text that is longer than sixteen octets \xf0\x9f\x98\x80 by far\"]"),
    };
    struct wamp_arena arena = {0};
    char text[256];
    for (int round = 0; round < 40000; round++) {
        struct str seed = seeds[round % 4];
        size_t len = seed.len;
        memcpy(text, seed.ptr, len);
        for (uint32_t n = random_below(4); n > 0; n--)
            len = mutate(text, len);
        expect_agreement(str_of(text, len), &arena);
    }
    wamp_arena_fini(&arena);
}

RUN_TESTS(cmocka_unit_test(texts_are_judged_as_the_standard_says),
          cmocka_unit_test(texts_are_judged_the_same_deep_inside_a_message),
          cmocka_unit_test(a_message_that_is_cut_anywhere_is_truncated),
          cmocka_unit_test(a_message_with_something_behind_it_is_refused),
          cmocka_unit_test(a_message_is_a_list),
          cmocka_unit_test(sixty_four_levels_are_taken_and_one_more_is_not),
          cmocka_unit_test(levels_side_by_side_are_not_deep),
          cmocka_unit_test(a_thousand_brackets_are_refused_before_their_end),
          cmocka_unit_test(elements_lie_where_they_are_said_to),
          cmocka_unit_test(elements_are_counted_beyond_those_that_are_reported),
          cmocka_unit_test(containers_know_how_many_they_hold),
          cmocka_unit_test(elements_and_pairs_are_walked_in_order),
          cmocka_unit_test(reading_asks_for_no_memory),
          cmocka_unit_test(integers_are_exact_up_to_64_bits_and_kept_as_digits_beyond),
          cmocka_unit_test(a_fraction_or_an_exponent_makes_a_float),
          cmocka_unit_test(escapes_are_decoded),
          cmocka_unit_test(text_without_escapes_is_borrowed),
          cmocka_unit_test(a_string_value_of_nul_and_base64_is_octets),
          cmocka_unit_test(a_string_value_of_nul_and_anything_else_is_text),
          cmocka_unit_test(a_key_is_text_whatever_it_begins_with),
          cmocka_unit_test(keys_are_found_behind_their_escapes),
          cmocka_unit_test(decoding_without_memory_is_an_error),
          cmocka_unit_test(values_are_written_compactly_with_commas_between_them),
          cmocka_unit_test(writing_without_memory_fails_the_buffer),
          cmocka_unit_test(a_comma_that_is_due_comes_before_the_next_value),
          cmocka_unit_test(only_what_must_be_escaped_is),
          cmocka_unit_test(text_comes_back_wherever_the_escape_is),
          cmocka_unit_test(numbers_come_back_as_what_they_were),
          cmocka_unit_test(what_json_has_no_number_for_is_null),
          cmocka_unit_test(jansson_judges_thousands_of_mutations_the_same_and_reads_the_same_values))
