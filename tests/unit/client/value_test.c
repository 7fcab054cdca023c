/* Values: counted trees, readers that never fail, JSON. */
#include "client/include/wamp/value.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/test.h"

#include <math.h>

static wamp_val *json(const char *text)
{
    return wamp_from_json(text, strlen(text));
}

TEST(a_value_is_read_by_type_index_and_key)
{
    wamp_val *v = json("{\"n\": -5, \"big\": 18446744073709551615, \"pi\": 3.5, \"ok\": true, \"s\": \"h\\u00e9\","
                       " \"l\": [1, null, {\"x\": \"y\"}]}");
    assert_int_equal(wamp_type(v), WAMP_T_DICT);
    assert_int_equal(wamp_len(v), 6);
    assert_int_equal(wamp_int(wamp_key(v, "n")), -5);
    assert_true(wamp_uint(wamp_key(v, "big")) == UINT64_MAX);
    assert_true(wamp_int(wamp_key(v, "big")) == INT64_MAX);
    assert_true(wamp_uint(wamp_key(v, "n")) == 0);
    assert_true(wamp_real(wamp_key(v, "pi")) == 3.5 && wamp_real(wamp_key(v, "n")) == -5.0);
    assert_true(wamp_bool(wamp_key(v, "ok")));
    assert_string_equal(wamp_str(wamp_key(v, "s")), "h\xc3\xa9");
    assert_int_equal(wamp_len(wamp_key(v, "s")), 3);
    const wamp_val *l = wamp_key(v, "l");
    assert_int_equal(wamp_type(wamp_at(l, 1)), WAMP_T_NULL);
    assert_string_equal(wamp_str(wamp_key(wamp_at(l, 2), "x")), "y");
    assert_string_equal(wamp_str(wamp_key_at(v, 5)), "l");
    assert_ptr_equal(wamp_at(v, 5), l);
    wamp_drop(&v);
    assert_null(v);
}

TEST(what_is_not_there_reads_as_nothing)
{
    wamp_val *v = json("[1]");
    size_t len = 9;
    assert_string_equal(wamp_str(NULL), "");
    assert_string_equal(wamp_str(wamp_at(wamp_key(v, "names"), 3)), "");
    assert_int_equal(wamp_int(wamp_at(v, 1)), 0);
    assert_null(wamp_bin(v, &len));
    assert_int_equal(len, 0);
    assert_null(wamp_key_at(v, 0));
    assert_null(wamp_keep(NULL));
    assert_int_equal(wamp_type(NULL), WAMP_T_NULL);
    assert_string_equal(wamp_typename(WAMP_T_BIN), "bin");
    wamp_drop(&v);
    wamp_drop(&v);
}

TEST(keeping_a_child_keeps_the_tree)
{
    size_t before = mem_live_blocks();
    wamp_val *v = json("{\"a\": [\"deep\"]}");
    wamp_val *child = wamp_keep(wamp_at(wamp_key(v, "a"), 0));
    wamp_drop(&v);
    assert_string_equal(wamp_str(child), "deep");
    wamp_drop(&child);
    assert_int_equal(mem_live_blocks(), before);
}

/* spec: A-PPT-09, T-54 */
TEST(binary_travels_through_json)
{
    wamp_val *v = json("[\"\\u0000AAEC/w==\", \"\\u0000not base64!\"]");
    size_t len;
    const void *octets = wamp_bin(wamp_at(v, 0), &len);
    assert_int_equal(wamp_type(wamp_at(v, 0)), WAMP_T_BIN);
    assert_int_equal(len, 4);
    assert_memory_equal(octets, "\0\1\2\xff", 4);
    assert_int_equal(wamp_type(wamp_at(v, 1)), WAMP_T_STR);
    wamp_val *text = wamp_to_json(wamp_at(v, 0));
    assert_string_equal(wamp_str(text), "\"\\u0000AAEC/w==\"");
    wamp_drop(&text);
    wamp_drop(&v);
}

TEST(bad_json_gives_nothing)
{
    static const char *const bad[] = {"", "{", "[1,]", "nul", "\"\xff\"", "1 2", "{\"a\" 1}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(json(bad[i]));
    assert_null(wamp_from_json(NULL, 0));
}

TEST(what_json_cannot_hold_is_not_written)
{
    wamp_val *v = wamp_build("d", NAN);
    assert_null(wamp_to_json(v));
    wamp_drop(&v);
}

TEST(equality_is_by_content)
{
    wamp_val *a = json("{\"x\": 1, \"y\": [true]}"), *b = json("{\"y\": [true], \"x\": 1}"),
             *c = json("{\"x\": 1}");
    assert_true(wamp_equal(a, b));
    assert_false(wamp_equal(a, c));
    assert_true(wamp_equal(NULL, NULL));
    wamp_drop(&a);
    wamp_drop(&b);
    wamp_drop(&c);
}

TEST(short_memory_leaves_nothing_behind)
{
    for_each_failure
    {
        wamp_val *v = json("{\"a\": [1, 2, \"three\"], \"b\": {\"c\": null}}");
        wamp_val *text = v ? wamp_to_json(v) : NULL;
        wamp_val *built = wamp_build("{a:[is] b:v}", 1, "x", v ? v : text);
        wamp_drop(&built);
        wamp_drop(&text);
        wamp_drop(&v);
    }
}

RUN_TESTS(cmocka_unit_test(a_value_is_read_by_type_index_and_key),
          cmocka_unit_test(what_is_not_there_reads_as_nothing), cmocka_unit_test(keeping_a_child_keeps_the_tree),
          cmocka_unit_test(binary_travels_through_json), cmocka_unit_test(bad_json_gives_nothing),
          cmocka_unit_test(what_json_cannot_hold_is_not_written), cmocka_unit_test(equality_is_by_content),
          cmocka_unit_test(short_memory_leaves_nothing_behind))
