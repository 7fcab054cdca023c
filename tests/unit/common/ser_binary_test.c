/* MessagePack and CBOR: what is taken, what is refused and why, and that msgpack-c and libcbor agree. */
#include "common/ser.h"

#include "common/mem.h"
#include "tests/lib/test.h"

#include <cbor.h>
#include <math.h>
#include <msgpack.h>
#include <stdlib.h>

/* Parses a copy of exactly that size, so that reading beyond it is seen by the address sanitizer. */
static enum wamp_err parse(enum wamp_ser ser, struct str octets, struct wamp_item *out)
{
    char *copy = malloc(octets.len ? octets.len : 1);
    if (octets.len)
        memcpy(copy, octets.ptr, octets.len);
    enum wamp_err err = wamp_item_parse(ser, str_of(copy, octets.len), out);
    free(copy);
    return err;
}

#define S(literal) {"" literal, sizeof(literal) - 1}

struct judged {
    struct str octets;
    enum wamp_err err;
    enum wamp_kind kind;
};

static void judge(enum wamp_ser ser, const struct judged *cases, size_t count)
{
    struct wamp_item item;
    for (size_t i = 0; i < count; i++) {
        enum wamp_err err = parse(ser, cases[i].octets, &item);
        if (err != cases[i].err)
            fail_msg("%s case %zu: expected %s, got %s", wamp_ser_name(ser), i, wamp_err_text(cases[i].err), wamp_err_text(err));
        if (!err && item.kind != cases[i].kind)
            fail_msg("%s case %zu: expected %s, got %s", wamp_ser_name(ser), i, wamp_kind_name(cases[i].kind),
                     wamp_kind_name(item.kind));
    }
}

/* spec: B-047, B-100, T-51 */
static const struct judged msgpack_cases[] = {
    {S("\x00"), WAMP_ERR_NONE, WAMP_UINT},
    {S("\x7f"), WAMP_ERR_NONE, WAMP_UINT},
    {S("\xff"), WAMP_ERR_NONE, WAMP_NINT},
    {S("\xc0"), WAMP_ERR_NONE, WAMP_NULL},
    {S("\xc1"), WAMP_ERR_SYNTAX, 0},
    {S("\xc2"), WAMP_ERR_NONE, WAMP_BOOL},
    {S("\xcc\xff"), WAMP_ERR_NONE, WAMP_UINT},
    {S("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), WAMP_ERR_NONE, WAMP_UINT},
    {S("\xd0\x05"), WAMP_ERR_NONE, WAMP_UINT},
    {S("\xd0\x80"), WAMP_ERR_NONE, WAMP_NINT},
    {S("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), WAMP_ERR_NONE, WAMP_NINT},
    {S("\xca\x3f\x80\x00\x00"), WAMP_ERR_NONE, WAMP_REAL},
    {S("\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00"), WAMP_ERR_NONE, WAMP_REAL},
    {S("\xa3" "abc"), WAMP_ERR_NONE, WAMP_STR},
    {S("\xd9\x03" "abc"), WAMP_ERR_NONE, WAMP_STR},
    {S("\xda\x00\x01" "a"), WAMP_ERR_NONE, WAMP_STR},
    {S("\xdb\x00\x00\x00\x01" "a"), WAMP_ERR_NONE, WAMP_STR},
    {S("\xc4\x02\xff\xfe"), WAMP_ERR_NONE, WAMP_BIN},
    {S("\xd4\x01\x02"), WAMP_ERR_NONE, WAMP_EXT},
    {S("\xd8\x01" "0123456789abcdef"), WAMP_ERR_NONE, WAMP_EXT},
    {S("\xc7\x00\x01"), WAMP_ERR_NONE, WAMP_EXT},
    {S("\x90"), WAMP_ERR_NONE, WAMP_LIST},
    {S("\x92\x01\x91\x02"), WAMP_ERR_NONE, WAMP_LIST},
    {S("\xdc\x00\x01\xc0"), WAMP_ERR_NONE, WAMP_LIST},
    {S("\x81\xa1k\x01"), WAMP_ERR_NONE, WAMP_MAP},
    {S("\xdf\x00\x00\x00\x01\x01\x02"), WAMP_ERR_NONE, WAMP_MAP},
    {S(""), WAMP_ERR_TRUNCATED, 0},
    {S("\xcd\x01"), WAMP_ERR_TRUNCATED, 0},
    {S("\xa3" "ab"), WAMP_ERR_TRUNCATED, 0},
    {S("\xc4\x03\x01"), WAMP_ERR_TRUNCATED, 0},
    {S("\xd5\x01\x02"), WAMP_ERR_TRUNCATED, 0},
    {S("\xc9\xff\xff\xff\xff\x01"), WAMP_ERR_TRUNCATED, 0},
    {S("\xdb\xff\xff\xff\xff" "a"), WAMP_ERR_TRUNCATED, 0},
    {S("\xdd\xff\xff\xff\xff"), WAMP_ERR_COUNT, 0},
    {S("\xdf\xff\xff\xff\xff\x01\x02"), WAMP_ERR_COUNT, 0},
    {S("\xdf\x80\x00\x00\x00\x01\x02"), WAMP_ERR_COUNT, 0},
    {S("\x92\x01"), WAMP_ERR_COUNT, 0},
    {S("\x91\x92\x01"), WAMP_ERR_COUNT, 0},
    {S("\x81\x01"), WAMP_ERR_COUNT, 0},
    {S("\x91\xa1\xff"), WAMP_ERR_UTF8, 0},
    {S("\xa2\xc3\x28"), WAMP_ERR_UTF8, 0},
    {S("\x01\x02"), WAMP_ERR_TRAILING, 0},
};

TEST(msgpack_is_judged_as_its_specification_says)
{
    judge(WAMP_MSGPACK, msgpack_cases, sizeof msgpack_cases / sizeof *msgpack_cases);
}

/* Examples of RFC 8949, appendix A, and what is wrong. spec: B-047, table 0.8 */
static const struct judged cbor_cases[] = {
    {S("\x00"), WAMP_ERR_NONE, WAMP_UINT},
    {S("\x18\x18"), WAMP_ERR_NONE, WAMP_UINT},
    {S("\x1b\xff\xff\xff\xff\xff\xff\xff\xff"), WAMP_ERR_NONE, WAMP_UINT},
    {S("\x20"), WAMP_ERR_NONE, WAMP_NINT},
    {S("\x3b\x7f\xff\xff\xff\xff\xff\xff\xff"), WAMP_ERR_NONE, WAMP_NINT},
    {S("\x3b\x80\x00\x00\x00\x00\x00\x00\x00"), WAMP_ERR_NONE, WAMP_BIGNUM},
    {S("\xc2\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00"), WAMP_ERR_NONE, WAMP_BIGNUM},
    {S("\xc3\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00"), WAMP_ERR_NONE, WAMP_BIGNUM},
    {S("\xc2\x5f\x41\x01\xff"), WAMP_ERR_NONE, WAMP_EXT},
    {S("\xf9\x3c\x00"), WAMP_ERR_NONE, WAMP_REAL},
    {S("\xf9\x7e\x00"), WAMP_ERR_NONE, WAMP_REAL},
    {S("\xfa\x47\xc3\x50\x00"), WAMP_ERR_NONE, WAMP_REAL},
    {S("\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a"), WAMP_ERR_NONE, WAMP_REAL},
    {S("\xf4"), WAMP_ERR_NONE, WAMP_BOOL},
    {S("\xf6"), WAMP_ERR_NONE, WAMP_NULL},
    {S("\xf7"), WAMP_ERR_NONE, WAMP_NULL},
    {S("\xf0"), WAMP_ERR_NONE, WAMP_EXT},
    {S("\xf8\xff"), WAMP_ERR_NONE, WAMP_EXT},
    {S("\xf8\x18"), WAMP_ERR_SYNTAX, 0},
    {S("\xc1\x1a\x51\x4b\x67\xb0"), WAMP_ERR_NONE, WAMP_EXT},
    {S("\xd9\xd9\xf7\x83\x01\x02\x03"), WAMP_ERR_NONE, WAMP_LIST},
    {S("\x40"), WAMP_ERR_NONE, WAMP_BIN},
    {S("\x62\xc3\xbc"), WAMP_ERR_NONE, WAMP_STR},
    {S("\x7f\x65strea\x64ming\xff"), WAMP_ERR_NONE, WAMP_STR},
    {S("\x5f\x42\x01\x02\x43\x03\x04\x05\xff"), WAMP_ERR_NONE, WAMP_BIN},
    {S("\x7f\xff"), WAMP_ERR_NONE, WAMP_STR},
    {S("\x80"), WAMP_ERR_NONE, WAMP_LIST},
    {S("\x9f\xff"), WAMP_ERR_NONE, WAMP_LIST},
    {S("\x9f\x01\x82\x02\x03\x9f\x04\x05\xff\xff"), WAMP_ERR_NONE, WAMP_LIST},
    {S("\x83\x01\x82\x02\x03\x9f\x04\x05\xff"), WAMP_ERR_NONE, WAMP_LIST},
    {S("\xbf\x61" "a\x01\x61" "b\x9f\x02\x03\xff\xff"), WAMP_ERR_NONE, WAMP_MAP},
    {S("\xa1\x61" "a\xc1\xc1\x00"), WAMP_ERR_NONE, WAMP_MAP},
    {S(""), WAMP_ERR_TRUNCATED, 0},
    {S("\x18"), WAMP_ERR_TRUNCATED, 0},
    {S("\x62\x61"), WAMP_ERR_TRUNCATED, 0},
    {S("\x9f\x01"), WAMP_ERR_TRUNCATED, 0},
    {S("\xc1"), WAMP_ERR_TRUNCATED, 0},
    {S("\x7f\x61" "a"), WAMP_ERR_TRUNCATED, 0},
    {S("\x5b\xff\xff\xff\xff\xff\xff\xff\xff\x00"), WAMP_ERR_TRUNCATED, 0},
    {S("\x9b\xff\xff\xff\xff\xff\xff\xff\xff"), WAMP_ERR_COUNT, 0},
    {S("\xbb\x80\x00\x00\x00\x00\x00\x00\x01\x00\x00"), WAMP_ERR_COUNT, 0},
    {S("\x82\x01"), WAMP_ERR_COUNT, 0},
    {S("\xa1\x01"), WAMP_ERR_COUNT, 0},
    {S("\x1c"), WAMP_ERR_SYNTAX, 0},
    {S("\x1f"), WAMP_ERR_SYNTAX, 0},
    {S("\xdf\x00"), WAMP_ERR_SYNTAX, 0},
    {S("\xff"), WAMP_ERR_SYNTAX, 0},
    {S("\x81\xff"), WAMP_ERR_SYNTAX, 0},
    {S("\xbf\x01\xff"), WAMP_ERR_SYNTAX, 0},
    {S("\xc1\xff"), WAMP_ERR_SYNTAX, 0},
    {S("\x7f\x41\x00\xff"), WAMP_ERR_SYNTAX, 0},
    {S("\x5f\x5f\xff\xff"), WAMP_ERR_SYNTAX, 0},
    {S("\x61\xff"), WAMP_ERR_UTF8, 0},
    {S("\x7f\x61\xc3\x61\xbc\xff"), WAMP_ERR_UTF8, 0},
    {S("\x01\x02"), WAMP_ERR_TRAILING, 0},
};

TEST(cbor_is_judged_as_rfc_8949_says)
{
    judge(WAMP_CBOR, cbor_cases, sizeof cbor_cases / sizeof *cbor_cases);
}

static void nest(struct wamp_buf *out, struct str open, unsigned depth, struct str inside)
{
    wamp_buf_reset(out);
    for (unsigned i = 0; i < depth; i++)
        wamp_buf_add_str(out, open);
    wamp_buf_add_str(out, inside);
}

/* spec: table 0.8 */
TEST(depth_64_is_taken_and_65_is_not)
{
    struct wamp_buf b = {0};
    struct wamp_item item, items[WAMP_SPLIT_MAX];
    unsigned n;
    for (unsigned depth = WAMP_DEPTH_MAX; depth <= WAMP_DEPTH_MAX + 1; depth++) {
        enum wamp_err expected = depth > WAMP_DEPTH_MAX ? WAMP_ERR_DEPTH : WAMP_ERR_NONE;
        nest(&b, STR("\x91"), depth - 1, STR("\x90"));
        expect_err(parse(WAMP_MSGPACK, wamp_buf_str(&b), &item), expected);
        expect_err(wamp_split(WAMP_MSGPACK, wamp_buf_str(&b), items, &n), expected);
        nest(&b, STR("\x81"), depth - 1, STR("\x80"));
        expect_err(parse(WAMP_CBOR, wamp_buf_str(&b), &item), expected);
        expect_err(wamp_split(WAMP_CBOR, wamp_buf_str(&b), items, &n), expected);
        nest(&b, STR("\xc1"), depth, STR("\x00"));
        expect_err(parse(WAMP_CBOR, wamp_buf_str(&b), &item), expected);
    }
    wamp_buf_fini(&b);
}

TEST(a_message_is_a_list)
{
    struct wamp_item items[WAMP_SPLIT_MAX];
    unsigned n;
    expect_err(wamp_split(WAMP_MSGPACK, STR("\x81\x01\x02"), items, &n), WAMP_ERR_TYPE);
    expect_err(wamp_split(WAMP_MSGPACK, STR("\x91\x01\x02"), items, &n), WAMP_ERR_TRAILING);
    expect_err(wamp_split(WAMP_CBOR, STR("\xa1\x01\x02"), items, &n), WAMP_ERR_TYPE);
    expect_err(wamp_split(WAMP_CBOR, STR("\x81\x01\x02"), items, &n), WAMP_ERR_TRAILING);
    expect_err(wamp_split(WAMP_CBOR, STR("\x9f\x01\x02"), items, &n), WAMP_ERR_TRUNCATED);
    expect_ok(wamp_split(WAMP_CBOR, STR("\xd9\xd9\xf7\x9f\x18\x30\x07\xbf\x61" "a\x01\xff\x61u\xff"), items, &n));
    assert_int_equal(n, 4);
    assert_true(items[0].uint == 48 && items[2].kind == WAMP_MAP && items[2].count == 1);
    expect_str(items[3].text, "u");
    expect_ok(wamp_split(WAMP_MSGPACK, STR("\x94\x30\x07\x81\xa1" "a\x01\xa1u"), items, &n));
    assert_int_equal(n, 4);
    expect_str(items[2].raw, "\x81\xa1" "a\x01");
}

TEST(containers_of_any_length_are_walked)
{
    struct wamp_item list, item;
    struct wamp_buf b = {0};
    struct wamp_arena arena = {0};
    struct str text;
    for (enum wamp_ser ser = WAMP_MSGPACK; ser <= WAMP_CBOR; ser++) {
        for (uint32_t count = 0; count < 70000; count = count < 40 ? count + 1 : count * 4) {
            struct wamp_wr w = wamp_wr(ser, &b);
            wamp_buf_reset(&b);
            wamp_wr_list(&w, count);
            for (uint32_t i = 0; i < count; i++)
                wamp_wr_uint(&w, i);
            expect_ok(wamp_item_parse(ser, wamp_buf_str(&b), &list));
            assert_int_equal(list.count, count);
            struct wamp_iter it = wamp_iter(ser, &list);
            for (uint32_t i = 0; i < count; i++)
                assert_true(wamp_iter_next(&it, &item) && item.kind == WAMP_UINT && item.uint == i);
            assert_false(wamp_iter_next(&it, &item));
        }
    }
    expect_ok(wamp_item_parse(WAMP_CBOR, STR("\xbf\x7f\x62me\x63ssa\x62ge\xff\x7f\x61" "a\x61" "b\xff\x61k\x9f\x01\xff\xff"), &list));
    assert_int_equal(list.count, 2);
    assert_true(wamp_dict_find(WAMP_CBOR, &list, STR("message"), &item));
    expect_ok(wamp_item_text(WAMP_CBOR, &item, &arena, &text));
    expect_str(text, "ab");
    assert_true(wamp_dict_find(WAMP_CBOR, &list, STR("k"), &item));
    assert_true(item.kind == WAMP_LIST && item.count == 1);
    assert_false(wamp_dict_find(WAMP_CBOR, &list, STR("messag"), &item));
    wamp_arena_fini(&arena);
    wamp_buf_fini(&b);
}

/* spec: T-53 */
TEST(numbers_keep_their_value)
{
    static const int64_t ints[] = {0, -1, -32, -33, -128, -129, -32768, -32769, INT32_MIN, (int64_t)INT32_MIN - 1, INT64_MIN};
    static const uint64_t uints[] = {23, 24, 127, 128, 255, 256, 65535, 65536, UINT32_MAX, UINT64_C(1) << 32,
                                     UINT64_C(1) << 53, INT64_MAX, UINT64_MAX};
    static const double reals[] = {0.0, 1.0, -1.5, 1e300, 5e-324};
    struct wamp_buf b = {0};
    struct wamp_item item;
    for (enum wamp_ser ser = WAMP_JSON; ser <= WAMP_CBOR; ser++) {
        struct wamp_wr w = wamp_wr(ser, &b);
        for (size_t i = 0; i < sizeof ints / sizeof *ints; i++, w.comma = false) {
            wamp_buf_reset(&b);
            wamp_wr_int(&w, ints[i]);
            expect_ok(parse(ser, wamp_buf_str(&b), &item));
            assert_true(ints[i] < 0 ? item.kind == WAMP_NINT && item.nint == ints[i] : item.kind == WAMP_UINT && item.uint == 0);
        }
        for (size_t i = 0; i < sizeof uints / sizeof *uints; i++, w.comma = false) {
            wamp_buf_reset(&b);
            wamp_wr_uint(&w, uints[i]);
            expect_ok(parse(ser, wamp_buf_str(&b), &item));
            assert_true(item.kind == WAMP_UINT && item.uint == uints[i]);
        }
        for (size_t i = 0; i < sizeof reals / sizeof *reals; i++, w.comma = false) {
            wamp_buf_reset(&b);
            wamp_wr_real(&w, reals[i]);
            expect_ok(parse(ser, wamp_buf_str(&b), &item));
            assert_true(item.kind == WAMP_REAL && item.real == reals[i]);
        }
    }
    expect_ok(parse(WAMP_CBOR, STR("\xf9\x00\x01"), &item));
    assert_true(item.real == 5.960464477539063e-8);
    expect_ok(parse(WAMP_CBOR, STR("\xf9\xc4\x00"), &item));
    assert_true(item.real == -4.0);
    expect_ok(parse(WAMP_CBOR, STR("\xf9\xfc\x00"), &item));
    assert_true(isinf(item.real) && item.real < 0);
    wamp_buf_fini(&b);
}

/* One message of everything, in both forms. */
static void make_sample(enum wamp_ser ser, struct wamp_buf *b)
{
    struct wamp_wr w = wamp_wr(ser, b);
    wamp_buf_reset(b);
    wamp_wr_list(&w, 8);
    wamp_wr_uint(&w, 300);
    wamp_wr_int(&w, -300);
    wamp_wr_real(&w, 1.5);
    wamp_wr_str(&w, STR("gr\xc3\xbc\xc3\x9f" "e"));
    wamp_wr_bin(&w, STR("\x01\xff"));
    wamp_wr_map(&w, 2);
    wamp_wr_key(&w, STR("key"));
    wamp_wr_list(&w, 1);
    wamp_wr_bool(&w, true);
    wamp_wr_key(&w, STR("k2"));
    wamp_wr_map(&w, 0);
    wamp_wr_null(&w);
    wamp_wr_list(&w, 0);
}

/* spec: 0.8; what wampy.js sends where its user has a Uint8Array */
TEST(a_cbor_array_of_uint8_is_octets)
{
    struct wamp_item item;
    struct wamp_buf out = {0};
    struct str tagged = STR("\xd8\x40\x43" "abc");
    assert_int_equal(wamp_item_parse(WAMP_CBOR, tagged, &item), WAMP_ERR_NONE);
    assert_int_equal(item.kind, WAMP_BIN);
    expect_str(item.text, "abc");
    assert_int_equal(wamp_transcode(WAMP_CBOR, tagged, WAMP_MSGPACK, &out), WAMP_ERR_NONE);
    assert_true(str_eq(wamp_buf_str(&out), STR("\xc4\x03" "abc")));
    wamp_buf_fini(&out);
    assert_int_equal(wamp_item_parse(WAMP_CBOR, STR("\xd8\x40\x63" "abc"), &item), WAMP_ERR_NONE);
    assert_int_equal(item.kind, WAMP_EXT);
}

TEST(every_cut_of_a_message_is_refused)
{
    struct wamp_buf b = {0};
    struct wamp_item item;
    for (enum wamp_ser ser = WAMP_MSGPACK; ser <= WAMP_CBOR; ser++) {
        make_sample(ser, &b);
        expect_ok(parse(ser, wamp_buf_str(&b), &item));
        for (size_t len = 0; len < b.len; len++)
            assert_int_not_equal(parse(ser, str_of(b.ptr, len), &item), WAMP_ERR_NONE);
    }
    wamp_buf_fini(&b);
}

static uint32_t random_state = 4711;
static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % n;
}

static void mutate(struct wamp_buf *b)
{
    for (uint32_t n = 1 + random_below(3); n > 0 && b->len > 1; n--) {
        size_t at = random_below((uint32_t)b->len);
        if (random_below(5) == 0) {
            memmove(b->ptr + at, b->ptr + at + 1, b->len - at - 1);
            b->len--;
        } else {
            b->ptr[at] = (char)random_below(256);
        }
    }
}

static bool msgpack_c_takes(struct str octets)
{
    msgpack_unpacked result;
    size_t off = 0;
    msgpack_unpacked_init(&result);
    bool ok = msgpack_unpack_next(&result, octets.ptr, octets.len, &off) == MSGPACK_UNPACK_SUCCESS && off == octets.len;
    msgpack_unpacked_destroy(&result);
    return ok;
}

/* It checks no UTF-8 and grants any claimed count, so these two are ours alone. */
TEST(msgpack_c_agrees_on_thousands_of_mutations)
{
    struct wamp_buf b = {0};
    struct wamp_item item;
    for (int round = 0; round < 20000; round++) {
        make_sample(WAMP_MSGPACK, &b);
        mutate(&b);
        enum wamp_err err = parse(WAMP_MSGPACK, wamp_buf_str(&b), &item);
        if (err == WAMP_ERR_UTF8 || err == WAMP_ERR_COUNT)
            continue;
        if (!err != msgpack_c_takes(wamp_buf_str(&b)))
            fail_msg("round %d: ours says %s, msgpack-c the other", round, wamp_err_text(err));
    }
    wamp_buf_fini(&b);
}

static bool libcbor_takes(struct str octets)
{
    struct cbor_load_result result;
    cbor_item_t *tree = cbor_load((cbor_data)octets.ptr, octets.len, &result);
    bool ok = tree && result.error.code == CBOR_ERR_NONE && result.read == octets.len;
    if (tree)
        cbor_decref(&tree);
    return ok;
}

/* It checks no UTF-8, knows no simple values but the named, and reserves memory for claimed counts. */
TEST(libcbor_agrees_on_thousands_of_mutations)
{
    struct wamp_buf b = {0};
    struct wamp_item item;
    for (int round = 0; round < 20000; round++) {
        make_sample(WAMP_CBOR, &b);
        mutate(&b);
        enum wamp_err err = parse(WAMP_CBOR, wamp_buf_str(&b), &item);
        bool has_simple = false;
        for (size_t i = 0; i < b.len; i++)
            has_simple |= ((uint8_t)b.ptr[i] >= 0xe0 && (uint8_t)b.ptr[i] <= 0xf3) || (uint8_t)b.ptr[i] == 0xf8;
        if (err == WAMP_ERR_UTF8 || err == WAMP_ERR_COUNT || has_simple)
            continue;
        if (!err != libcbor_takes(wamp_buf_str(&b)))
            fail_msg("round %d: ours says %s, libcbor the other", round, wamp_err_text(err));
    }
    wamp_buf_fini(&b);
}

RUN_TESTS(cmocka_unit_test(msgpack_is_judged_as_its_specification_says), cmocka_unit_test(cbor_is_judged_as_rfc_8949_says),
          cmocka_unit_test(depth_64_is_taken_and_65_is_not), cmocka_unit_test(a_message_is_a_list),
          cmocka_unit_test(containers_of_any_length_are_walked), cmocka_unit_test(numbers_keep_their_value),
          cmocka_unit_test(a_cbor_array_of_uint8_is_octets),
          cmocka_unit_test(every_cut_of_a_message_is_refused), cmocka_unit_test(msgpack_c_agrees_on_thousands_of_mutations),
          cmocka_unit_test(libcbor_agrees_on_thousands_of_mutations))
