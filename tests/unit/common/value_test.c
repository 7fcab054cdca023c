/* Trees, and values on their way from one serializer to another. */
#include "common/value.h"

#include "common/bignum.h"
#include "common/mem.h"
#include "tests/lib/test.h"

#define S(literal) {"" literal, sizeof(literal) - 1}

static const enum wamp_ser sers[] = {WAMP_JSON, WAMP_MSGPACK, WAMP_CBOR};

/* spec: B-046, R-26, T-53, T-54, table 0.8 */
TEST(values_survive_every_way_between_the_serializers)
{
    static const struct str values[] = {
        S("[0,1,-1,9007199254740992,9223372036854775807,18446744073709551615,-9223372036854775808]"),
        S("[1.0,0.1,-2.5,1e+300,5e-324]"),
        S("[\"\",\"text\",\"gr\xc3\xbc\xc3\x9f" "e\",\"\\u0001\\n\\\"\",\"\\u0000AAEC/w==\",\"\\u0000no base64\"]"),
        S("{\"a\":{\"b\":[{},[],null,true,false]},\"\":1,\"gr\xc3\xbc\xc3\x9f" "e\":2}"),
        S("{\"1\":1,\"2\":2,\"3\":3,\"4\":4,\"5\":5,\"6\":6,\"7\":7,\"8\":8,\"9\":9,\"10\":10,\"11\":11}"),
        S("[[[[[[[[1]]]]]]]]"),
    };
    struct wamp_arena arena = {0};
    struct wamp_buf there = {0}, back = {0};
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
        struct wamp_value original, again;
        expect_ok(wamp_value_read(WAMP_JSON, values[v], &arena, &original));
        for (size_t a = 0; a < 3; a++) {
            for (size_t b = 0; b < 3; b++) {
                wamp_buf_reset(&there);
                wamp_buf_reset(&back);
                expect_ok(wamp_value_write(sers[a], &original, &there));
                expect_ok(wamp_transcode(sers[a], wamp_buf_str(&there), sers[b], &back));
                expect_ok(wamp_value_read(sers[b], wamp_buf_str(&back), &arena, &again));
                if (!wamp_value_equal(&original, &again))
                    fail_msg("%.*s is another value after %s to %s", STR_ARG(values[v]), wamp_ser_name(sers[a]),
                             wamp_ser_name(sers[b]));
            }
        }
    }
    wamp_buf_fini(&there);
    wamp_buf_fini(&back);
    wamp_arena_fini(&arena);
}

/* spec: B-046, B-105: byte-exact where the form stays, and nothing is looked into */
TEST(the_same_form_keeps_its_octets)
{
    struct wamp_buf out = {0};
    struct str odd = STR("{ \"a\" : 1 , \"a\":2e0 }");
    expect_ok(wamp_transcode(WAMP_JSON, odd, WAMP_JSON, &out));
    assert_true(str_eq(wamp_buf_str(&out), odd));
    wamp_buf_fini(&out);
}

/* spec: table 0.8, R-26 */
TEST(integers_beyond_64_bits_stay_exact_or_are_refused)
{
    static const struct str numbers[] = {S("18446744073709551616"), S("-9223372036854775809"), S("-18446744073709551616"),
                                         S("-18446744073709551617"), S("123456789012345678901234567890123456789012345678901")};
    struct wamp_buf cbor = {0}, json = {0};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        wamp_buf_reset(&cbor);
        wamp_buf_reset(&json);
        expect_ok(wamp_transcode(WAMP_JSON, numbers[i], WAMP_CBOR, &cbor));
        expect_ok(wamp_transcode(WAMP_CBOR, wamp_buf_str(&cbor), WAMP_JSON, &json));
        assert_true(str_eq(wamp_buf_str(&json), numbers[i]));
        size_t before = json.len;
        expect_err(wamp_transcode(WAMP_JSON, numbers[i], WAMP_MSGPACK, &json), WAMP_ERR_UNREPRESENTABLE);
        assert_int_equal(json.len, before);
    }
    wamp_buf_reset(&cbor);
    expect_ok(wamp_transcode(WAMP_JSON, STR("18446744073709551616"), WAMP_CBOR, &cbor));
    expect_str(wamp_buf_str(&cbor), "\xc2\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00");
    wamp_buf_reset(&json);
    expect_ok(wamp_transcode(WAMP_CBOR, STR("\xc2\x41\x05"), WAMP_JSON, &json));
    expect_str(wamp_buf_str(&json), "5");
    expect_ok(wamp_transcode(WAMP_CBOR, STR("\xc3\x40"), WAMP_JSON, &json));
    expect_str(wamp_buf_str(&json), "5-1");
    wamp_buf_reset(&json);
    for (int i = 0; i < WAMP_BIGNUM_DIGITS_MAX + 1; i++)
        wamp_buf_add_char(&json, '9');
    expect_err(wamp_transcode(WAMP_JSON, wamp_buf_str(&json), WAMP_CBOR, &cbor), WAMP_ERR_UNREPRESENTABLE);
    json.len--;
    wamp_buf_reset(&cbor);
    expect_ok(wamp_transcode(WAMP_JSON, wamp_buf_str(&json), WAMP_CBOR, &cbor));
    struct wamp_buf again = {0};
    expect_ok(wamp_transcode(WAMP_CBOR, wamp_buf_str(&cbor), WAMP_JSON, &again));
    assert_true(str_eq(wamp_buf_str(&again), wamp_buf_str(&json)));
    wamp_buf_fini(&again);
    wamp_buf_fini(&cbor);
    wamp_buf_fini(&json);
}

/* spec: table 0.8 */
TEST(what_a_form_cannot_say_is_refused_and_leaves_nothing_behind)
{
    static const struct {
        enum wamp_ser from;
        struct str octets;
        enum wamp_ser to;
    } cases[] = {
        {WAMP_MSGPACK, S("\x91\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00"), WAMP_JSON},  /* NaN */
        {WAMP_CBOR, S("\xf9\x7c\x00"), WAMP_JSON},                                  /* infinity */
        {WAMP_MSGPACK, S("\x81\x01\x02"), WAMP_JSON},                               /* a key that is no string */
        {WAMP_MSGPACK, S("\xd4\x01\x02"), WAMP_JSON},                               /* ext */
        {WAMP_MSGPACK, S("\xd4\x01\x02"), WAMP_CBOR},
        {WAMP_CBOR, S("\xc1\x00"), WAMP_MSGPACK},                                   /* a tag */
        {WAMP_CBOR, S("\x82\x01\xf0"), WAMP_JSON},                                  /* a simple value */
    };
    struct wamp_buf out = {0};
    wamp_buf_add_char(&out, 'x');
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect_err(wamp_transcode(cases[i].from, cases[i].octets, cases[i].to, &out), WAMP_ERR_UNREPRESENTABLE);
        expect_str(wamp_buf_str(&out), "x");
    }
    wamp_buf_reset(&out);
    expect_ok(wamp_transcode(WAMP_MSGPACK, STR("\x81\x01\x02"), WAMP_CBOR, &out));
    expect_str(wamp_buf_str(&out), "\xa1\x01\x02");
    wamp_buf_fini(&out);
}

/* spec: T-52 */
TEST(of_keys_that_occur_twice_the_last_one_wins)
{
    struct wamp_buf out = {0};
    expect_ok(wamp_transcode(WAMP_JSON, STR("{\"a\":1,\"b\":2,\"a\":3}"), WAMP_MSGPACK, &out));
    expect_str(wamp_buf_str(&out), "\x82\xa1" "a\x03\xa1" "b\x02");
    wamp_buf_reset(&out);
    expect_ok(wamp_transcode(WAMP_JSON, STR("{\"\\u0061\":1,\"a\":{\"x\":1,\"x\":2}}"), WAMP_MSGPACK, &out));
    expect_str(wamp_buf_str(&out), "\x81\xa1" "a\x81\xa1x\x02");
    wamp_buf_reset(&out);
    expect_ok(wamp_transcode(WAMP_MSGPACK, STR("\x82\x01\x02\x01\x03"), WAMP_CBOR, &out));
    expect_str(wamp_buf_str(&out), "\xa1\x01\x03");
    wamp_buf_fini(&out);
}

TEST(ext_keeps_its_octets_through_a_tree)
{
    static const struct str exts[] = {S("\xd4\x01\x02"), S("\xd7\x85" "12345678"), S("\xc7\x03\x7f" "abc"), S("\xc7\x00\x01")};
    struct wamp_arena arena = {0};
    struct wamp_buf out = {0};
    struct wamp_value v;
    for (size_t i = 0; i < sizeof exts / sizeof *exts; i++) {
        wamp_buf_reset(&out);
        expect_ok(wamp_value_read(WAMP_MSGPACK, exts[i], &arena, &v));
        assert_int_equal(v.kind, WAMP_EXT);
        expect_ok(wamp_value_write(WAMP_MSGPACK, &v, &out));
        assert_true(str_eq(wamp_buf_str(&out), exts[i]));
    }
    wamp_buf_reset(&out);
    expect_ok(wamp_value_read(WAMP_CBOR, STR("\xc1\x82\x01\x02"), &arena, &v));
    expect_ok(wamp_value_write(WAMP_CBOR, &v, &out));
    expect_str(wamp_buf_str(&out), "\xc1\x82\x01\x02");
    wamp_buf_fini(&out);
    wamp_arena_fini(&arena);
}

static int fail_after;
static int fail_now(size_t size)
{
    (void)size;
    return fail_after-- == 0;
}

TEST(short_memory_is_an_error_and_leaks_nothing)
{
    struct str text = STR("{\"a\":[1,\"\\u0041\",{\"b\":\"\\u0000AAEC\"}],\"a\":18446744073709551616}");
    bool finished = false;
    for (int n = 0; !finished; n++) {
        struct wamp_buf out = {0};
        fail_after = n;
        wamp_mem_fail = fail_now;
        enum wamp_err err = wamp_transcode(WAMP_JSON, text, WAMP_CBOR, &out);
        wamp_mem_fail = NULL;
        assert_true(err == WAMP_ERR_NONE || err == WAMP_ERR_NOMEM);
        assert_true(err == WAMP_ERR_NONE || out.len == 0);
        finished = err == WAMP_ERR_NONE;
        wamp_buf_fini(&out);
    }
}

RUN_TESTS(cmocka_unit_test(values_survive_every_way_between_the_serializers), cmocka_unit_test(the_same_form_keeps_its_octets),
          cmocka_unit_test(integers_beyond_64_bits_stay_exact_or_are_refused),
          cmocka_unit_test(what_a_form_cannot_say_is_refused_and_leaves_nothing_behind),
          cmocka_unit_test(of_keys_that_occur_twice_the_last_one_wins), cmocka_unit_test(ext_keeps_its_octets_through_a_tree),
          cmocka_unit_test(short_memory_is_an_error_and_leaks_nothing))
