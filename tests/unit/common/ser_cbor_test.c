/* CBOR: the examples of RFC 8949, good and bad, what goes beyond them here, the form that is written, and that
 * libcbor is of the same opinion. */
#include "common/ser.h"

#include "tests/lib/binary.h"
#include "tests/lib/failmalloc.h"

#include <cbor.h>
#include <math.h>

/* --- RFC 8949, appendix A ------------------------------------------------------------------------------------ */

/* spec: B-047, table 0.8, T-53 */
static const struct taken numbers[] = {
    {"00", WAMP_UINT, .uint = 0},
    {"01", WAMP_UINT, .uint = 1},
    {"0a", WAMP_UINT, .uint = 10},
    {"17", WAMP_UINT, .uint = 23},
    {"18 18", WAMP_UINT, .uint = 24},
    {"18 19", WAMP_UINT, .uint = 25},
    {"18 64", WAMP_UINT, .uint = 100},
    {"19 03e8", WAMP_UINT, .uint = 1000},
    {"1a 000f4240", WAMP_UINT, .uint = 1000000},
    {"1b 000000e8d4a51000", WAMP_UINT, .uint = 1000000000000},
    {"1b ffffffffffffffff", WAMP_UINT, .uint = UINT64_MAX},
    {"c2 49 010000000000000000", WAMP_BIGNUM, .text = "010000000000000000"},
    {"3b ffffffffffffffff", WAMP_BIGNUM, .text = "ffffffffffffffff"},
    {"c3 49 010000000000000000", WAMP_BIGNUM, .text = "010000000000000000"},
    {"20", WAMP_NINT, .nint = -1},
    {"29", WAMP_NINT, .nint = -10},
    {"38 63", WAMP_NINT, .nint = -100},
    {"39 03e7", WAMP_NINT, .nint = -1000},
    {"f9 0000", WAMP_REAL, .real = 0.0},
    {"f9 8000", WAMP_REAL, .real = -0.0},
    {"f9 3c00", WAMP_REAL, .real = 1.0},
    {"fb 3ff199999999999a", WAMP_REAL, .real = 1.1},
    {"f9 3e00", WAMP_REAL, .real = 1.5},
    {"f9 7bff", WAMP_REAL, .real = 65504.0},
    {"fa 47c35000", WAMP_REAL, .real = 100000.0},
    {"fa 7f7fffff", WAMP_REAL, .real = 3.4028234663852886e+38},
    {"fb 7e37e43c8800759c", WAMP_REAL, .real = 1.0e+300},
    {"f9 0001", WAMP_REAL, .real = 5.960464477539063e-8},
    {"f9 0400", WAMP_REAL, .real = 0.00006103515625},
    {"f9 c400", WAMP_REAL, .real = -4.0},
    {"fb c010666666666666", WAMP_REAL, .real = -4.1},
    {"f9 7c00", WAMP_REAL, .real = (double)INFINITY},
    {"f9 7e00", WAMP_REAL, .real = (double)NAN},
    {"f9 fc00", WAMP_REAL, .real = -(double)INFINITY},
    {"fa 7f800000", WAMP_REAL, .real = (double)INFINITY},
    {"fa 7fc00000", WAMP_REAL, .real = (double)NAN},
    {"fa ff800000", WAMP_REAL, .real = -(double)INFINITY},
    {"fb 7ff0000000000000", WAMP_REAL, .real = (double)INFINITY},
    {"fb 7ff8000000000000", WAMP_REAL, .real = (double)NAN},
    {"fb fff0000000000000", WAMP_REAL, .real = -(double)INFINITY},
};

/* Undefined is as much as null; what has no name, and tags that mean nothing here, are EXT. */
static const struct taken others[] = {
    {"f4", WAMP_BOOL, .boolean = false},
    {"f5", WAMP_BOOL, .boolean = true},
    {"f6", WAMP_NULL},
    {"f7", WAMP_NULL},
    {"f0", WAMP_EXT},
    {"f8 ff", WAMP_EXT},
    {"c0 74 323031332d30332d32315432303a30343a30305a", WAMP_EXT},
    {"c1 1a 514b67b0", WAMP_EXT},
    {"c1 fb 41d452d9ec200000", WAMP_EXT},
    {"d7 44 01020304", WAMP_EXT},
    {"d8 18 45 6449455446", WAMP_EXT},
    {"d8 20 76 687474703a2f2f7777772e6578616d706c652e636f6d", WAMP_EXT},
};

static const struct taken strings[] = {
    {"40", WAMP_BIN, .text = ""},
    {"44 01020304", WAMP_BIN, .text = "01020304"},
    {"60", WAMP_STR, .text = ""},
    {"61 61", WAMP_STR, .text = "a"},
    {"64 49455446", WAMP_STR, .text = "IETF"},
    {"62 225c", WAMP_STR, .text = "\"\\"},
    {"62 c3bc", WAMP_STR, .text = "\xc3\xbc"},
    {"63 e6b0b4", WAMP_STR, .text = "\xe6\xb0\xb4"},
    {"64 f0908591", WAMP_STR, .text = "\xf0\x90\x85\x91"},
    {"5f 42 0102 43 030405 ff", WAMP_BIN, .text = "0102030405"},
    {"7f 65 7374726561 64 6d696e67 ff", WAMP_STR, .text = "streaming"},
};

static const struct taken containers[] = {
    {"80", WAMP_LIST, .count = 0},
    {"83 01 02 03", WAMP_LIST, .count = 3},
    {"83 01 82 02 03 82 04 05", WAMP_LIST, .count = 3},
    {"98 19 0102030405060708090a0b0c0d0e0f101112131415161718181819", WAMP_LIST, .count = 25},
    {"a0", WAMP_MAP, .count = 0},
    {"a2 01 02 03 04", WAMP_MAP, .count = 2},
    {"a2 6161 01 6162 82 02 03", WAMP_MAP, .count = 2},
    {"82 6161 a1 6162 6163", WAMP_LIST, .count = 2},
    {"a5 6161 6141 6162 6142 6163 6143 6164 6144 6165 6145", WAMP_MAP, .count = 5},
    {"9f ff", WAMP_LIST, .count = 0},
    {"9f 01 82 02 03 9f 04 05 ff ff", WAMP_LIST, .count = 3},
    {"9f 01 82 02 03 82 04 05 ff", WAMP_LIST, .count = 3},
    {"83 01 82 02 03 9f 04 05 ff", WAMP_LIST, .count = 3},
    {"83 01 9f 02 03 ff 82 04 05", WAMP_LIST, .count = 3},
    {"9f 0102030405060708090a0b0c0d0e0f101112131415161718181819 ff", WAMP_LIST, .count = 25},
    {"bf 6161 01 6162 9f 02 03 ff ff", WAMP_MAP, .count = 2},
    {"82 6161 bf 6162 6163 ff", WAMP_LIST, .count = 2},
    {"bf 63 46756e f5 63 416d74 21 ff", WAMP_MAP, .count = 2},
};

TEST(the_examples_of_the_rfc_are_read_as_it_says)
{
    expect_taken(WAMP_CBOR, ROWS(numbers));
    expect_taken(WAMP_CBOR, ROWS(others));
    expect_taken(WAMP_CBOR, ROWS(strings));
    expect_taken(WAMP_CBOR, ROWS(containers));
}

/* --- RFC 8949, appendix F ------------------------------------------------------------------------------------ */

/* spec: B-047, B-100 */
static const struct refused too_short[] = {
    {"", WAMP_ERR_TRUNCATED},
    {"18", WAMP_ERR_TRUNCATED},
    {"19", WAMP_ERR_TRUNCATED},
    {"1a", WAMP_ERR_TRUNCATED},
    {"1b", WAMP_ERR_TRUNCATED},
    {"1901", WAMP_ERR_TRUNCATED},
    {"1a0102", WAMP_ERR_TRUNCATED},
    {"1b01020304050607", WAMP_ERR_TRUNCATED},
    {"38", WAMP_ERR_TRUNCATED},
    {"58", WAMP_ERR_TRUNCATED},
    {"78", WAMP_ERR_TRUNCATED},
    {"98", WAMP_ERR_TRUNCATED},
    {"9a01ff00", WAMP_ERR_TRUNCATED},
    {"b8", WAMP_ERR_TRUNCATED},
    {"d8", WAMP_ERR_TRUNCATED},
    {"f8", WAMP_ERR_TRUNCATED},
    {"f900", WAMP_ERR_TRUNCATED},
    {"fa0000", WAMP_ERR_TRUNCATED},
    {"fb000000", WAMP_ERR_TRUNCATED},
    {"41", WAMP_ERR_TRUNCATED},
    {"61", WAMP_ERR_TRUNCATED},
    {"5affffffff00", WAMP_ERR_TRUNCATED},
    {"5bffffffffffffffff010203", WAMP_ERR_TRUNCATED},
    {"7affffffff00", WAMP_ERR_TRUNCATED},
    {"7b7fffffffffffffff010203", WAMP_ERR_TRUNCATED},
    {"81", WAMP_ERR_COUNT},
    {"818181818181818181", WAMP_ERR_COUNT},
    {"8200", WAMP_ERR_COUNT},
    {"a1", WAMP_ERR_COUNT},
    {"a20102", WAMP_ERR_COUNT},
    {"a100", WAMP_ERR_COUNT},
    {"a2000000", WAMP_ERR_COUNT},
    {"c0", WAMP_ERR_TRUNCATED},
    {"5f4100", WAMP_ERR_TRUNCATED},
    {"7f6100", WAMP_ERR_TRUNCATED},
    {"9f", WAMP_ERR_TRUNCATED},
    {"9f0102", WAMP_ERR_TRUNCATED},
    {"bf", WAMP_ERR_TRUNCATED},
    {"bf01020102", WAMP_ERR_TRUNCATED},
    {"819f", WAMP_ERR_TRUNCATED},
    {"9f8000", WAMP_ERR_TRUNCATED},
    {"9f9f9f9f9fffffffff", WAMP_ERR_TRUNCATED},
    {"9f819f819f9fffffff", WAMP_ERR_TRUNCATED},
};

static const struct refused malformed[] = {
    {"1c", WAMP_ERR_SYNTAX},  /* reserved additional information */
    {"1d", WAMP_ERR_SYNTAX},
    {"1e", WAMP_ERR_SYNTAX},
    {"3c", WAMP_ERR_SYNTAX},
    {"5d", WAMP_ERR_SYNTAX},
    {"7e", WAMP_ERR_SYNTAX},
    {"9c", WAMP_ERR_SYNTAX},
    {"bd", WAMP_ERR_SYNTAX},
    {"de", WAMP_ERR_SYNTAX},
    {"fc", WAMP_ERR_SYNTAX},
    {"fd", WAMP_ERR_SYNTAX},
    {"fe", WAMP_ERR_SYNTAX},
    {"f800", WAMP_ERR_SYNTAX},  /* simple values that have a shorter form */
    {"f801", WAMP_ERR_SYNTAX},
    {"f818", WAMP_ERR_SYNTAX},
    {"f81f", WAMP_ERR_SYNTAX},
    {"5f00ff", WAMP_ERR_SYNTAX},  /* chunks of another kind */
    {"5f21ff", WAMP_ERR_SYNTAX},
    {"5f6100ff", WAMP_ERR_SYNTAX},
    {"5f80ff", WAMP_ERR_SYNTAX},
    {"5fa0ff", WAMP_ERR_SYNTAX},
    {"5fc000ff", WAMP_ERR_SYNTAX},
    {"5fe0ff", WAMP_ERR_SYNTAX},
    {"7f4100ff", WAMP_ERR_SYNTAX},
    {"5f5f4100ffff", WAMP_ERR_SYNTAX},  /* chunks in chunks */
    {"7f7f6100ffff", WAMP_ERR_SYNTAX},
    {"ff", WAMP_ERR_SYNTAX},  /* breaks where there is nothing to break off */
    {"81ff", WAMP_ERR_SYNTAX},
    {"8200ff", WAMP_ERR_SYNTAX},
    {"a1ff00", WAMP_ERR_SYNTAX},
    {"a100ff", WAMP_ERR_SYNTAX},
    {"a20000ff00", WAMP_ERR_SYNTAX},
    {"9f81ff", WAMP_ERR_SYNTAX},
    {"9f829f819f9fffffffff", WAMP_ERR_SYNTAX},
    {"c1ff", WAMP_ERR_SYNTAX},
    {"9fc1ff00ff", WAMP_ERR_SYNTAX},
    {"9fd9d9f7ff", WAMP_ERR_SYNTAX},
    {"bf00ff", WAMP_ERR_SYNTAX},  /* a key without a value */
    {"bf000000ff", WAMP_ERR_SYNTAX},
    {"1f", WAMP_ERR_SYNTAX},  /* what cannot be indefinite */
    {"3f", WAMP_ERR_SYNTAX},
    {"df", WAMP_ERR_SYNTAX},
    {"df00", WAMP_ERR_SYNTAX},
};

TEST(the_rfcs_examples_of_what_is_not_well_formed_are_refused)
{
    expect_refused(WAMP_CBOR, ROWS(too_short));
    expect_refused(WAMP_CBOR, ROWS(malformed));
}

/* spec: B-047, B-100 */
static const struct refused claims[] = {
    {"9affffffff", WAMP_ERR_COUNT},
    {"9affffffff010203", WAMP_ERR_COUNT},
    {"9bffffffffffffffff0102", WAMP_ERR_COUNT},
    {"baffffffff0102", WAMP_ERR_COUNT},
    {"bb800000000000000101020304", WAMP_ERR_COUNT},  /* twice that is 2 in 64 bits */
    {"819affffffff01", WAMP_ERR_COUNT},
    {"9f9affffffff01ff", WAMP_ERR_COUNT},
    {"c19affffffff01", WAMP_ERR_COUNT},
    {"7f7affffffff61ff", WAMP_ERR_TRUNCATED},
    {"5f5bffffffffffffffff61ff", WAMP_ERR_TRUNCATED},
};

TEST(a_claim_of_more_than_is_there_is_refused_at_once)
{
    expect_refused(WAMP_CBOR, ROWS(claims));
}

/* spec: B-047, B-100, T-51 */
static const struct refused not_text[] = {
    {"61ff", WAMP_ERR_UTF8},
    {"62c080", WAMP_ERR_UTF8},          /* overlong */
    {"63eda080", WAMP_ERR_UTF8},        /* half of a surrogate pair */
    {"64f4908080", WAMP_ERR_UTF8},      /* above U+10FFFF */
    {"818161ff", WAMP_ERR_UTF8},        /* in a payload, too */
    {"a161ff00", WAMP_ERR_UTF8},        /* a key */
    {"c061ff", WAMP_ERR_UTF8},          /* inside a tag */
    {"7f61c361bcff", WAMP_ERR_UTF8},    /* a character in two chunks */
};

TEST(text_is_valid_utf8_chunk_by_chunk)
{
    expect_refused(WAMP_CBOR, ROWS(not_text));
}

static const struct refused trailing[] = {
    {"0102", WAMP_ERR_TRAILING},
    {"80ff", WAMP_ERR_TRAILING},
    {"9fffff", WAMP_ERR_TRAILING},
    {"c10000", WAMP_ERR_TRAILING},
    {"60d9d9f7", WAMP_ERR_TRAILING},
};

TEST(what_follows_a_value_is_refused)
{
    expect_refused(WAMP_CBOR, ROWS(trailing));
}

/* --- integers of any size ------------------------------------------------------------------------------------ */

/* Whatever form it has, what fits into 64 bits is an integer like any other. spec: T-53, R-26 */
static const struct taken integers[] = {
    {"1b 0000000000000001", WAMP_UINT, .uint = 1},
    {"1b 0020000000000000", WAMP_UINT, .uint = UINT64_C(1) << 53},
    {"1b 7fffffffffffffff", WAMP_UINT, .uint = INT64_MAX},
    {"3b 001fffffffffffff", WAMP_NINT, .nint = -(INT64_C(1) << 53)},
    {"3b 7fffffffffffffff", WAMP_NINT, .nint = INT64_MIN},
    {"3b 8000000000000000", WAMP_BIGNUM, .text = "8000000000000000"},
    {"c2 40", WAMP_UINT, .uint = 0},
    {"c2 41 05", WAMP_UINT, .uint = 5},
    {"c2 4a 0000 ffffffffffffffff", WAMP_UINT, .uint = UINT64_MAX},
    {"c2 4a 0001 0000000000000000", WAMP_BIGNUM, .text = "010000000000000000"},
    {"c3 40", WAMP_NINT, .nint = -1},
    {"c3 41 05", WAMP_NINT, .nint = -6},
    {"c3 48 7fffffffffffffff", WAMP_NINT, .nint = INT64_MIN},
    {"c3 48 8000000000000000", WAMP_BIGNUM, .text = "8000000000000000"},
    {"c3 4a 0001 0000000000000000", WAMP_BIGNUM, .text = "010000000000000000"},
    {"d8 02 41 05", WAMP_UINT, .uint = 5},
    {"c2 5f 41 05 ff", WAMP_EXT},
    {"c2 05", WAMP_EXT},
    {"c2 61 35", WAMP_EXT},
    {"c2 c2 41 05", WAMP_EXT},
};

TEST(integers_are_exact_whatever_their_form)
{
    expect_taken(WAMP_CBOR, ROWS(integers));
}

/* spec: R-26 */
TEST(a_bignum_tells_whether_it_is_negative)
{
    static const struct {
        const char *hex;
        bool is_negative;
    } rows[] = {
        {"c2 49 010000000000000000", false},
        {"c3 49 010000000000000000", true},
        {"3b 8000000000000000", true},
    };
    struct wamp_item item;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str octets = octets_of(rows[i].hex);
        expect_ok(wamp_item_parse(WAMP_CBOR, octets, &item));
        assert_int_equal(item.kind, WAMP_BIGNUM);
        assert_int_equal(item.count, rows[i].is_negative);
        octets_free(octets);
    }
}

/* --- tags ---------------------------------------------------------------------------------------------------- */

/* "This is CBOR" in front of anything. spec: B-047 */
static const struct taken described[] = {
    {"d9d9f7 83 01 02 03", WAMP_LIST, .count = 3},
    {"d9d9f7 9f 01 02 ff", WAMP_LIST, .count = 2},
    {"d9d9f7 bf 6161 01 ff", WAMP_MAP, .count = 1},
    {"d9d9f7 d9d9f7 61 61", WAMP_STR, .text = "a"},
    {"d9d9f7 7f 61 61 61 62 ff", WAMP_STR, .text = "ab"},
    {"d9d9f7 c2 49 010000000000000000", WAMP_BIGNUM, .text = "010000000000000000"},
    {"da 0000d9f7 05", WAMP_UINT, .uint = 5},
    {"d9d9f7 c1 05", WAMP_EXT},
};

TEST(the_mark_of_cbor_is_passed_over)
{
    expect_taken(WAMP_CBOR, ROWS(described));
}

/* RFC 8746; what a Uint8Array of JavaScript becomes. spec: table 0.8 */
static const struct taken arrays[] = {
    {"d8 40 43 616263", WAMP_BIN, .text = "616263"},
    {"d9 0040 40", WAMP_BIN, .text = ""},
    {"d8 40 63 616263", WAMP_EXT},
    {"d8 40 5f 43 616263 ff", WAMP_EXT},
    {"d8 41 44 00010002", WAMP_EXT},
};

TEST(an_array_of_uint8_is_octets)
{
    struct str octets = octets_of(arrays[0].hex);
    struct wamp_buf out = {0};
    expect_taken(WAMP_CBOR, ROWS(arrays));
    expect_ok(wamp_transcode(WAMP_CBOR, octets, WAMP_MSGPACK, &out));
    expect_written(&out, "c4 03 616263");
    wamp_buf_fini(&out);
    octets_free(octets);
}

/* --- depth --------------------------------------------------------------------------------------------------- */

/* Tags are levels, too: a chain of them is bounded. spec: table 0.8 */
static const struct nesting nestings[] = {
    {"81", "01", "", 0},
    {"81", "80", "", 1},
    {"9f", "01", "ff", 0},
    {"9f", "9fff", "ff", 1},
    {"8200", "a0", "", 1},
    {"a16161", "01", "", 0},
    {"bf6161", "01", "ff", 0},
    {"bf", "01", "f6ff", 0},  /* in the key */
    {"c1", "01", "", 0},
    {"c1", "80", "", 1},
    {"d9d9f7", "01", "", 0},
    {"d9d9f7", "80", "", 1},
    {"d9d9f7", "8101", "", 1},
    {"d9d9f7", "8181d9d9f700", "", 3},
    {"d9d9f7", "9fff", "", 1},
};

TEST(depth_64_is_taken_and_65_is_not)
{
    expect_depth_limit(WAMP_CBOR, ROWS(nestings));
}

/* --- messages ------------------------------------------------------------------------------------------------ */

static enum wamp_err split(const char *hex, unsigned *count)
{
    struct str octets = octets_of(hex);
    struct wamp_item items[WAMP_SPLIT_MAX];
    enum wamp_err err = wamp_split(WAMP_CBOR, octets, items, count);
    octets_free(octets);
    return err;
}

/* spec: B-100 */
TEST(a_message_is_one_list_and_nothing_else)
{
    unsigned n;
    expect_err(split("", &n), WAMP_ERR_TRUNCATED);
    expect_err(split("98", &n), WAMP_ERR_TRUNCATED);
    expect_err(split("01", &n), WAMP_ERR_TYPE);
    expect_err(split("a1 01 02", &n), WAMP_ERR_TYPE);
    expect_err(split("c1 80", &n), WAMP_ERR_TYPE);
    expect_err(split("81 01 02", &n), WAMP_ERR_TRAILING);
    expect_err(split("9f 01 ff ff", &n), WAMP_ERR_TRAILING);
    expect_err(split("9f 01 02", &n), WAMP_ERR_TRUNCATED);
    expect_err(split("82 01", &n), WAMP_ERR_COUNT);
    expect_err(split("82 01 ff", &n), WAMP_ERR_SYNTAX);
    expect_err(split("9f 01 d9d9f7 ff", &n), WAMP_ERR_SYNTAX);
    expect_err(split("9a ffffffff 01", &n), WAMP_ERR_COUNT);
    expect_ok(split("80", &n));
    assert_int_equal(n, 0);
    expect_ok(split("9f ff", &n));
    assert_int_equal(n, 0);
    expect_ok(split("9a 00000002 01 02", &n));
    assert_int_equal(n, 2);
}

/* [48, 7, {"a": 1}, "com.a"] in definite and indefinite lengths, with a mark in front or none. */
TEST(a_message_is_split_into_its_elements)
{
    static const char *const messages[] = {
        "84 1830 07 a1 6161 01 65 636f6d2e61",
        "9f 1830 07 bf 6161 01 ff 7f 63 636f6d 62 2e61 ff ff",
        "d9d9f7 84 1830 07 a1 6161 01 65 636f6d2e61",
        "d9d9f7 9f 1830 d9d9f7 07 bf d9d9f7 6161 01 ff 65 636f6d2e61 ff",
    };
    struct wamp_arena arena = {0};
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        struct str octets = octets_of(messages[i]), text;
        struct wamp_item items[WAMP_SPLIT_MAX], value;
        unsigned n;
        expect_ok(wamp_split(WAMP_CBOR, octets, items, &n));
        assert_int_equal(n, 4);
        assert_true(items[0].uint == 48 && items[1].uint == 7);
        assert_true(items[2].kind == WAMP_MAP && items[2].count == 1);
        assert_true(wamp_dict_find(WAMP_CBOR, &items[2], STR("a"), &value) && value.uint == 1);
        expect_ok(wamp_item_text(WAMP_CBOR, &items[3], &arena, &text));
        expect_str(text, "com.a");
        octets_free(octets);
    }
    wamp_arena_fini(&arena);
}

/* Those beyond the first are validated, and counted. */
TEST(of_many_elements_the_first_are_reported)
{
    static const char *const messages[] = {"8a 00010203040506070809", "9f 00010203040506070809 ff"};
    struct wamp_item items[WAMP_SPLIT_MAX];
    unsigned n;
    for (size_t i = 0; i < 2; i++) {
        struct str octets = octets_of(messages[i]);
        expect_ok(wamp_split(WAMP_CBOR, octets, items, &n));
        assert_int_equal(n, 10);
        for (unsigned k = 0; k < WAMP_SPLIT_MAX; k++)
            assert_int_equal(items[k].uint, k);
        octets_free(octets);
    }
    expect_err(split("8a 0001020304050607081c", &n), WAMP_ERR_SYNTAX);
}

/* --- walking ------------------------------------------------------------------------------------------------- */

TEST(elements_are_walked_behind_every_form_of_a_head)
{
    static const char *const forms[] = {"83 01 82 00 00 6163", "98 03 01 82 00 00 6163",
                                        "9b 0000000000000003 01 82 00 00 6163", "9f 01 9f 00 00 ff 6163 ff",
                                        "d9d9f7 83 01 82 00 00 6163"};
    struct wamp_item list, item;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct str octets = octets_of(forms[i]);
        expect_ok(wamp_item_parse(WAMP_CBOR, octets, &list));
        struct wamp_iter it = wamp_iter(WAMP_CBOR, &list);
        assert_true(wamp_iter_next(&it, &item) && item.kind == WAMP_UINT && item.uint == 1);
        assert_true(wamp_iter_next(&it, &item) && item.kind == WAMP_LIST && item.count == 2);
        assert_true(wamp_iter_next(&it, &item) && item.kind == WAMP_STR && str_eq(item.text, STR("c")));
        assert_false(wamp_iter_next(&it, &item));
        octets_free(octets);
    }
}

TEST(pairs_are_walked_behind_every_form_of_a_head)
{
    static const char *const forms[] = {"a2 6161 81 01 6162 02", "b9 0002 6161 81 01 6162 02",
                                        "bf 6161 9f 01 ff 6162 02 ff", "d9d9f7 bf 6161 81 01 6162 02 ff"};
    struct wamp_item map, key, value;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct str octets = octets_of(forms[i]);
        expect_ok(wamp_item_parse(WAMP_CBOR, octets, &map));
        struct wamp_iter it = wamp_iter(WAMP_CBOR, &map);
        assert_true(wamp_iter_pair(&it, &key, &value));
        assert_true(str_eq(key.text, STR("a")) && value.kind == WAMP_LIST && value.count == 1);
        assert_true(wamp_iter_pair(&it, &key, &value));
        assert_true(str_eq(key.text, STR("b")) && value.uint == 2);
        assert_false(wamp_iter_pair(&it, &key, &value));
        octets_free(octets);
    }
}

/* --- chunks -------------------------------------------------------------------------------------------------- */

static const struct taken chunked[] = {
    {"7f ff", WAMP_STR, .text = ""},
    {"5f ff", WAMP_BIN, .text = ""},
    {"7f 60 60 ff", WAMP_STR, .text = ""},
    {"7f 61 61 60 78 02 6263 ff", WAMP_STR, .text = "abc"},
    {"5f 41 00 40 41 ff ff", WAMP_BIN, .text = "00 ff"},
    {"7f 62 c3bc 62 c39f ff", WAMP_STR, .text = "\xc3\xbc\xc3\x9f"},
};

TEST(chunks_are_joined)
{
    expect_taken(WAMP_CBOR, ROWS(chunked));
}

/* In a list, so that what is behind the chunks would be seen if it were taken for one. */
TEST(text_in_chunks_says_so)
{
    struct str octets = octets_of("83 7f 61 61 61 62 ff 62 6162 5f 41 61 ff");
    struct wamp_item items[WAMP_SPLIT_MAX];
    unsigned n;
    expect_ok(wamp_split(WAMP_CBOR, octets, items, &n));
    assert_true(items[0].escaped && items[2].escaped);
    assert_false(items[1].escaped);
    assert_int_equal(items[0].text.len, 4);
    octets_free(octets);
}

TEST(a_key_in_chunks_is_found)
{
    struct str octets = octets_of("bf 7f 62 6d65 63 737361 62 6765 ff 01 67 6d657373616765 02 7f ff 03 ff");
    struct wamp_item map, value;
    expect_ok(wamp_item_parse(WAMP_CBOR, octets, &map));
    assert_int_equal(map.count, 3);
    assert_true(wamp_dict_find(WAMP_CBOR, &map, STR("message"), &value) && value.uint == 1);
    assert_true(wamp_dict_find(WAMP_CBOR, &map, STR(""), &value) && value.uint == 3);
    assert_false(wamp_dict_find(WAMP_CBOR, &map, STR("messag"), &value));
    assert_false(wamp_dict_find(WAMP_CBOR, &map, STR("messages"), &value));
    assert_false(wamp_dict_find(WAMP_CBOR, &map, STR("massage"), &value));
    octets_free(octets);
}

TEST(joining_chunks_without_memory_is_an_error)
{
    struct str octets = octets_of("7f 61 61 61 62 ff");
    for_each_failure {
        struct wamp_arena arena = {0};
        struct wamp_item item;
        struct str text;
        expect_ok(wamp_item_parse(WAMP_CBOR, octets, &item));
        enum wamp_err err = wamp_item_text(WAMP_CBOR, &item, &arena, &text);
        expect_err(err, fail_happened() ? WAMP_ERR_NOMEM : WAMP_ERR_NONE);
        wamp_arena_fini(&arena);
    }
    octets_free(octets);
}

/* --- writing ------------------------------------------------------------------------------------------------- */

/* spec: T-53 */
TEST(integers_are_written_with_the_shortest_head)
{
    static const struct {
        int64_t value;
        const char *hex;
    } rows[] = {
        {0, "00"},
        {23, "17"},
        {24, "18 18"},
        {255, "18 ff"},
        {256, "19 0100"},
        {65535, "19 ffff"},
        {65536, "1a 00010000"},
        {UINT32_MAX, "1a ffffffff"},
        {(int64_t)UINT32_MAX + 1, "1b 0000000100000000"},
        {INT64_C(1) << 53, "1b 0020000000000000"},
        {INT64_MAX, "1b 7fffffffffffffff"},
        {-1, "20"},
        {-24, "37"},
        {-25, "38 18"},
        {-256, "38 ff"},
        {-257, "39 0100"},
        {-(INT64_C(1) << 32), "3a ffffffff"},
        {-(INT64_C(1) << 32) - 1, "3b 0000000100000000"},
        {INT64_MIN, "3b 7fffffffffffffff"},
    };
    struct wamp_buf b = {0};
    struct wamp_wr w = wamp_wr(WAMP_CBOR, &b);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        wamp_wr_int(&w, rows[i].value);
        expect_written(&b, rows[i].hex);
    }
    wamp_wr_uint(&w, UINT64_MAX);
    expect_written(&b, "1b ffffffffffffffff");
    wamp_buf_fini(&b);
}

TEST(other_values_are_written_in_one_form)
{
    struct wamp_buf b = {0};
    struct wamp_wr w = wamp_wr(WAMP_CBOR, &b);
    wamp_wr_null(&w);
    expect_written(&b, "f6");
    wamp_wr_bool(&w, false);
    expect_written(&b, "f4");
    wamp_wr_bool(&w, true);
    expect_written(&b, "f5");
    wamp_wr_real(&w, 1.0);
    expect_written(&b, "fb 3ff0000000000000");
    wamp_wr_bin(&w, STR("\x01\xff"));
    expect_written(&b, "42 01ff");
    wamp_wr_raw(&w, STR("\x19\x00\x01"));
    expect_written(&b, "19 0001");
    wamp_wr_list(&w, 2);
    wamp_wr_map(&w, 1);
    wamp_wr_key(&w, STR("k"));
    wamp_wr_str(&w, STR("gr\xc3\xbc\xc3\x9f"));
    wamp_wr_map_end(&w);
    wamp_wr_list(&w, 0);
    wamp_wr_list_end(&w);
    wamp_wr_list_end(&w);
    expect_written(&b, "82 a1 616b 66 6772c3bcc39f 80");
    wamp_buf_fini(&b);
}

TEST(lengths_are_written_with_the_shortest_head)
{
    static char text[65536];
    static const struct {
        uint32_t len;
        size_t head;
    } rows[] = {{0, 1}, {23, 1}, {24, 2}, {255, 2}, {256, 3}, {65535, 3}, {65536, 5}};
    struct wamp_buf b = {0};
    struct wamp_wr w = wamp_wr(WAMP_CBOR, &b);
    struct wamp_item item;
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        wamp_buf_reset(&b);
        wamp_wr_str(&w, str_of(text, rows[i].len));
        assert_int_equal(b.len, rows[i].head + rows[i].len);
        expect_ok(wamp_item_parse(WAMP_CBOR, wamp_buf_str(&b), &item));
        assert_true(item.kind == WAMP_STR && str_eq(item.text, str_of(text, rows[i].len)));
        wamp_buf_reset(&b);
        wamp_wr_list(&w, rows[i].len);
        for (uint32_t k = 0; k < rows[i].len; k++)
            wamp_wr_null(&w);
        assert_int_equal(b.len, rows[i].head + rows[i].len);
        expect_ok(wamp_item_parse(WAMP_CBOR, wamp_buf_str(&b), &item));
        assert_true(item.kind == WAMP_LIST && item.count == rows[i].len);
    }
    wamp_buf_fini(&b);
}

/* --- libcbor ------------------------------------------------------------------------------------------------- */

static bool libcbor_takes(struct str octets)
{
    struct cbor_load_result result;
    cbor_item_t *tree = cbor_load((cbor_data)octets.ptr, octets.len, &result);
    bool ok = tree && result.error.code == CBOR_ERR_NONE && result.read == octets.len;
    if (tree)
        cbor_decref(&tree);
    return ok;
}

/* Heads that libcbor cannot be asked about: tags 6 to 20 and simple values without a name it does not know, and
 * what counts in 32 or 64 bits it allocates before it looks further. */
static bool is_beyond_libcbor(uint8_t first)
{
    uint8_t info = first & 0x1f, major = first >> 5;
    bool is_tag = first >= 0xc6 && first <= 0xd4;
    bool is_simple = (first >= 0xe0 && first <= 0xf3) || first == 0xf8;
    bool is_big = (major == 4 || major == 5) && (info == 26 || info == 27);
    return is_tag || is_simple || is_big;
}

/* Nor does it look at text, and it allocates smaller counts, too. An octet that may begin what is beyond it is
 * reason enough not to ask. */
static bool libcbor_may_differ(struct str octets, enum wamp_err ours)
{
    bool is_beyond = false;
    for (size_t i = 0; i < octets.len; i++)
        is_beyond |= is_beyond_libcbor((uint8_t)octets.ptr[i]);
    return is_beyond || ours == WAMP_ERR_UTF8 || ours == WAMP_ERR_COUNT;
}

TEST(libcbor_is_of_the_same_opinion)
{
    static const struct oracle o = {
        .ser = WAMP_CBOR,
        .heads = "00 17 18 19 1a 1b 1c 1f 20 38 3b 3f 40 41 58 5f 60 61 78 7f 80 81 82 98 9f 9f a0 a1 bf bf c0 c2"
                 "c3 d8 d9 df f4 f6 f7 f9 fa fb fc ff ff ff",
        .takes = libcbor_takes,
        .may_differ = libcbor_may_differ,
    };
    expect_agreement(&o, 50000);
}

RUN_TESTS(cmocka_unit_test(the_examples_of_the_rfc_are_read_as_it_says),
          cmocka_unit_test(the_rfcs_examples_of_what_is_not_well_formed_are_refused),
          cmocka_unit_test(a_claim_of_more_than_is_there_is_refused_at_once),
          cmocka_unit_test(text_is_valid_utf8_chunk_by_chunk),
          cmocka_unit_test(what_follows_a_value_is_refused),
          cmocka_unit_test(integers_are_exact_whatever_their_form),
          cmocka_unit_test(a_bignum_tells_whether_it_is_negative),
          cmocka_unit_test(the_mark_of_cbor_is_passed_over),
          cmocka_unit_test(an_array_of_uint8_is_octets),
          cmocka_unit_test(depth_64_is_taken_and_65_is_not),
          cmocka_unit_test(a_message_is_one_list_and_nothing_else),
          cmocka_unit_test(a_message_is_split_into_its_elements),
          cmocka_unit_test(of_many_elements_the_first_are_reported),
          cmocka_unit_test(elements_are_walked_behind_every_form_of_a_head),
          cmocka_unit_test(pairs_are_walked_behind_every_form_of_a_head),
          cmocka_unit_test(chunks_are_joined),
          cmocka_unit_test(text_in_chunks_says_so),
          cmocka_unit_test(a_key_in_chunks_is_found),
          cmocka_unit_test(joining_chunks_without_memory_is_an_error),
          cmocka_unit_test(integers_are_written_with_the_shortest_head),
          cmocka_unit_test(other_values_are_written_in_one_form),
          cmocka_unit_test(lengths_are_written_with_the_shortest_head),
          cmocka_unit_test(libcbor_is_of_the_same_opinion))
