/* MessagePack: what each first octet means, what is refused and why, the form that is written, and that msgpack-c
 * is of the same opinion. */
#include "common/ser.h"

#include "tests/lib/binary.h"

#include <math.h>
#include <msgpack.h>

/* --- reading ------------------------------------------------------------------------------------------------- */

/* spec: B-047, table 0.8 */
static const struct taken scalars[] = {
    {"c0", WAMP_NULL},
    {"c2", WAMP_BOOL, .boolean = false},
    {"c3", WAMP_BOOL, .boolean = true},
    {"ca 3f 80 00 00", WAMP_REAL, .real = 1.0},
    {"ca 7f 80 00 00", WAMP_REAL, .real = (double)INFINITY},
    {"ca 7f c0 00 00", WAMP_REAL, .real = (double)NAN},
    {"cb 3f f0 00 00 00 00 00 00", WAMP_REAL, .real = 1.0},
    {"cb 80 00 00 00 00 00 00 00", WAMP_REAL, .real = -0.0},
    {"cb 7f ef ff ff ff ff ff ff", WAMP_REAL, .real = 1.7976931348623157e308},
};

TEST(scalars_are_read_as_their_kind)
{
    expect_taken(WAMP_MSGPACK, ROWS(scalars));
}

/* Any form will do; where the number is not negative, its kind does not tell a signed form. spec: T-53 */
static const struct taken integers[] = {
    {"00", WAMP_UINT, .uint = 0},
    {"7f", WAMP_UINT, .uint = 127},
    {"ff", WAMP_NINT, .nint = -1},
    {"e0", WAMP_NINT, .nint = -32},
    {"cc 00", WAMP_UINT, .uint = 0},
    {"cc ff", WAMP_UINT, .uint = UINT8_MAX},
    {"cd ff ff", WAMP_UINT, .uint = UINT16_MAX},
    {"ce ff ff ff ff", WAMP_UINT, .uint = UINT32_MAX},
    {"cf 00 20 00 00 00 00 00 00", WAMP_UINT, .uint = UINT64_C(1) << 53},
    {"cf 7f ff ff ff ff ff ff ff", WAMP_UINT, .uint = INT64_MAX},
    {"cf 80 00 00 00 00 00 00 00", WAMP_UINT, .uint = UINT64_C(1) << 63},
    {"cf ff ff ff ff ff ff ff ff", WAMP_UINT, .uint = UINT64_MAX},
    {"d0 00", WAMP_UINT, .uint = 0},
    {"d0 05", WAMP_UINT, .uint = 5},
    {"d0 7f", WAMP_UINT, .uint = INT8_MAX},
    {"d0 80", WAMP_NINT, .nint = INT8_MIN},
    {"d1 7f ff", WAMP_UINT, .uint = INT16_MAX},
    {"d1 80 00", WAMP_NINT, .nint = INT16_MIN},
    {"d1 ff ff", WAMP_NINT, .nint = -1},
    {"d2 7f ff ff ff", WAMP_UINT, .uint = INT32_MAX},
    {"d2 80 00 00 00", WAMP_NINT, .nint = INT32_MIN},
    {"d3 7f ff ff ff ff ff ff ff", WAMP_UINT, .uint = INT64_MAX},
    {"d3 80 00 00 00 00 00 00 00", WAMP_NINT, .nint = INT64_MIN},
    {"d3 ff ff ff ff ff ff ff ff", WAMP_NINT, .nint = -1},
};

TEST(integers_keep_their_value_in_every_form)
{
    expect_taken(WAMP_MSGPACK, ROWS(integers));
}

/* str is text and bin is octets, whatever is in them; of ext nothing is known. spec: table 0.8 */
static const struct taken strings[] = {
    {"a0", WAMP_STR, .text = ""},
    {"a3 61 62 63", WAMP_STR, .text = "abc"},
    {"a6 67 72 c3 bc c3 9f", WAMP_STR, .text = "gr\xc3\xbc\xc3\x9f"},
    {"d9 00", WAMP_STR, .text = ""},
    {"d9 03 61 62 63", WAMP_STR, .text = "abc"},
    {"da 00 03 61 62 63", WAMP_STR, .text = "abc"},
    {"db 00 00 00 03 61 62 63", WAMP_STR, .text = "abc"},
    {"c4 00", WAMP_BIN, .text = ""},
    {"c4 03 61 62 63", WAMP_BIN, .text = "61 62 63"},
    {"c5 00 02 ff fe", WAMP_BIN, .text = "ff fe"},
    {"c6 00 00 00 02 00 00", WAMP_BIN, .text = "00 00"},
    {"d4 01 02", WAMP_EXT},
    {"d5 01 02 03", WAMP_EXT},
    {"d6 ff 00 00 00 00", WAMP_EXT},
    {"d7 ff 00 00 00 00 00 00 00 00", WAMP_EXT},
    {"d8 01 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f", WAMP_EXT},
    {"c7 00 01", WAMP_EXT},
    {"c7 02 01 ff fe", WAMP_EXT},
    {"c8 00 01 01 02", WAMP_EXT},
    {"c9 00 00 00 01 01 02", WAMP_EXT},
};

TEST(text_octets_and_ext_are_three_kinds)
{
    expect_taken(WAMP_MSGPACK, ROWS(strings));
}

static const struct taken containers[] = {
    {"90", WAMP_LIST, .count = 0},
    {"92 01 91 02", WAMP_LIST, .count = 2},
    {"9f 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f", WAMP_LIST, .count = 15},
    {"dc 00 00", WAMP_LIST, .count = 0},
    {"dc 00 02 c0 c3", WAMP_LIST, .count = 2},
    {"dd 00 00 00 01 a1 61", WAMP_LIST, .count = 1},
    {"80", WAMP_MAP, .count = 0},
    {"82 a1 61 01 a1 62 90", WAMP_MAP, .count = 2},
    {"81 01 02", WAMP_MAP, .count = 1},
    {"81 91 01 81 02 03", WAMP_MAP, .count = 1},
    {"de 00 01 a1 61 c0", WAMP_MAP, .count = 1},
    {"df 00 00 00 01 a1 61 c0", WAMP_MAP, .count = 1},
};

TEST(lists_and_maps_are_read_in_every_form)
{
    expect_taken(WAMP_MSGPACK, ROWS(containers));
}

/* Nothing but zeros behind it is enough for any. spec: B-047 */
TEST(every_first_octet_but_c1_begins_a_value)
{
    char octets[32] = {0};
    struct wamp_item item;
    for (unsigned first = 0; first < 256; first++) {
        bool found = false;
        octets[0] = (char)first;
        for (size_t len = 1; len <= sizeof octets && !found; len++)
            found = wamp_item_parse(WAMP_MSGPACK, str_of(octets, len), &item) == WAMP_ERR_NONE;
        assert_true(found == (first != 0xc1));
    }
}

/* --- refusing ------------------------------------------------------------------------------------------------ */

/* spec: B-047, B-100 */
static const struct refused broken[] = {
    {"", WAMP_ERR_TRUNCATED},
    {"cd 01", WAMP_ERR_TRUNCATED},
    {"cb 00 00 00 00 00 00 00", WAMP_ERR_TRUNCATED},
    {"a3 61 62", WAMP_ERR_TRUNCATED},
    {"db 00 00", WAMP_ERR_TRUNCATED},
    {"c4 03 01", WAMP_ERR_TRUNCATED},
    {"d5 01 02", WAMP_ERR_TRUNCATED},
    {"c7 00", WAMP_ERR_TRUNCATED},
    {"c1", WAMP_ERR_SYNTAX},
    {"91 c1", WAMP_ERR_SYNTAX},
    {"91 81 a1 61 c1", WAMP_ERR_SYNTAX},
    {"01 02", WAMP_ERR_TRAILING},
    {"90 c1", WAMP_ERR_TRAILING},
};

TEST(what_is_not_well_formed_is_refused_with_its_reason)
{
    expect_refused(WAMP_MSGPACK, ROWS(broken));
}

/* spec: B-047, B-100, T-51 */
static const struct refused not_text[] = {
    {"a1 ff", WAMP_ERR_UTF8},
    {"a2 c3 28", WAMP_ERR_UTF8},
    {"a2 c0 80", WAMP_ERR_UTF8},                    /* overlong */
    {"a3 ed a0 80", WAMP_ERR_UTF8},                 /* half of a surrogate pair */
    {"a4 f4 90 80 80", WAMP_ERR_UTF8},              /* above U+10FFFF */
    {"91 92 01 d9 01 80", WAMP_ERR_UTF8},           /* in a payload, too */
    {"81 a1 c3 01", WAMP_ERR_UTF8},                 /* a key */
    {"92 a1 c3 a1 bc", WAMP_ERR_UTF8},              /* a character in two texts */
};

TEST(text_is_valid_utf8)
{
    expect_refused(WAMP_MSGPACK, ROWS(not_text));
}

/* What is claimed is held against what is there, before anything else. spec: B-047, B-100 */
static const struct refused claims[] = {
    {"dd ff ff ff ff", WAMP_ERR_COUNT},
    {"dd ff ff ff ff 01 02 03", WAMP_ERR_COUNT},
    {"df ff ff ff ff 01 02", WAMP_ERR_COUNT},
    {"df 80 00 00 00 01 02", WAMP_ERR_COUNT},       /* twice that is 0 in 32 bits */
    {"92 01", WAMP_ERR_COUNT},
    {"81 01", WAMP_ERR_COUNT},
    {"82 01 02 03", WAMP_ERR_COUNT},
    {"91 92 01", WAMP_ERR_COUNT},
    {"92 dd ff ff ff ff 01", WAMP_ERR_COUNT},
    {"db ff ff ff ff 61", WAMP_ERR_TRUNCATED},
    {"c6 ff ff ff ff 61", WAMP_ERR_TRUNCATED},
    {"c9 ff ff ff ff 01 02", WAMP_ERR_TRUNCATED},   /* one more for the type is 0 in 32 bits */
};

TEST(a_claim_of_more_than_is_there_is_refused_at_once)
{
    expect_refused(WAMP_MSGPACK, ROWS(claims));
}

/* spec: table 0.8 */
static const struct nesting nestings[] = {
    {"91", "01", "", 0},
    {"91", "90", "", 1},
    {"dc 00 01", "80", "", 1},
    {"92 c0", "01", "", 0},
    {"92", "01", "c0", 0},
    {"81 a1 61", "01", "", 0},
    {"81", "01", "c0", 0},  /* in the key */
};

TEST(depth_64_is_taken_and_65_is_not)
{
    expect_depth_limit(WAMP_MSGPACK, ROWS(nestings));
}

/* --- messages ------------------------------------------------------------------------------------------------ */

static enum wamp_err split(const char *hex, unsigned *count)
{
    struct str octets = octets_of(hex);
    struct wamp_item items[WAMP_SPLIT_MAX];
    enum wamp_err err = wamp_split(WAMP_MSGPACK, octets, items, count);
    octets_free(octets);
    return err;
}

/* spec: B-100 */
TEST(a_message_is_one_list_and_nothing_else)
{
    unsigned n;
    expect_err(split("", &n), WAMP_ERR_TRUNCATED);
    expect_err(split("dc", &n), WAMP_ERR_TRUNCATED);
    expect_err(split("01", &n), WAMP_ERR_TYPE);
    expect_err(split("81 01 02", &n), WAMP_ERR_TYPE);
    expect_err(split("91 01 02", &n), WAMP_ERR_TRAILING);
    expect_err(split("92 01", &n), WAMP_ERR_COUNT);
    expect_err(split("92 01 a1", &n), WAMP_ERR_TRUNCATED);
    expect_err(split("92 01 c1", &n), WAMP_ERR_SYNTAX);
    expect_err(split("dd ff ff ff ff 01", &n), WAMP_ERR_COUNT);
    expect_ok(split("90", &n));
    assert_int_equal(n, 0);
    expect_ok(split("dd 00 00 00 02 01 02", &n));
    assert_int_equal(n, 2);
}

TEST(a_message_is_split_into_its_elements)
{
    static const char message[] = "96 30 cd 01 2c 81 a1 6b 91 c3 a5 63 6f 6d 2e 61 92 01 c4 01 ff c0";
    static const char *const elements[] = {"30",                "cd 01 2c",       "81 a1 6b 91 c3",
                                           "a5 63 6f 6d 2e 61", "92 01 c4 01 ff", "c0"};
    struct str octets = octets_of(message);
    struct wamp_item items[WAMP_SPLIT_MAX];
    unsigned n;
    expect_ok(wamp_split(WAMP_MSGPACK, octets, items, &n));
    assert_int_equal(n, 6);
    for (unsigned i = 0; i < n; i++) {
        struct str expected = octets_of(elements[i]);
        assert_true(str_eq(items[i].raw, expected));
        octets_free(expected);
    }
    expect_str(items[3].text, "com.a");
    octets_free(octets);
}

/* Those beyond the first are validated, and counted. */
TEST(of_many_elements_the_first_are_reported)
{
    struct str octets = octets_of("9a 00 01 02 03 04 05 06 07 08 09");
    struct str damaged = octets_of("9a 00 01 02 03 04 05 06 07 08 c1");
    struct wamp_item items[WAMP_SPLIT_MAX];
    unsigned n;
    expect_ok(wamp_split(WAMP_MSGPACK, octets, items, &n));
    assert_int_equal(n, 10);
    for (unsigned i = 0; i < WAMP_SPLIT_MAX; i++)
        assert_int_equal(items[i].uint, i);
    expect_err(wamp_split(WAMP_MSGPACK, damaged, items, &n), WAMP_ERR_SYNTAX);
    octets_free(octets);
    octets_free(damaged);
}

/* --- walking ------------------------------------------------------------------------------------------------- */

TEST(elements_are_walked_behind_every_form_of_a_head)
{
    static const char *const forms[] = {"93 01 92 c0 c0 a1 63", "dc 00 03 01 92 c0 c0 a1 63",
                                        "dd 00 00 00 03 01 92 c0 c0 a1 63"};
    struct wamp_item list, item;
    for (size_t i = 0; i < 3; i++) {
        struct str octets = octets_of(forms[i]);
        expect_ok(wamp_item_parse(WAMP_MSGPACK, octets, &list));
        struct wamp_iter it = wamp_iter(WAMP_MSGPACK, &list);
        assert_true(wamp_iter_next(&it, &item) && item.kind == WAMP_UINT && item.uint == 1);
        assert_true(wamp_iter_next(&it, &item) && item.kind == WAMP_LIST && item.count == 2);
        assert_true(wamp_iter_next(&it, &item) && item.kind == WAMP_STR && str_eq(item.text, STR("c")));
        assert_false(wamp_iter_next(&it, &item));
        octets_free(octets);
    }
}

TEST(pairs_are_walked_behind_every_form_of_a_head)
{
    static const char *const forms[] = {"82 a1 61 91 01 a1 62 02", "de 00 02 a1 61 91 01 a1 62 02",
                                        "df 00 00 00 02 a1 61 91 01 a1 62 02"};
    struct wamp_item map, key, value;
    for (size_t i = 0; i < 3; i++) {
        struct str octets = octets_of(forms[i]);
        expect_ok(wamp_item_parse(WAMP_MSGPACK, octets, &map));
        struct wamp_iter it = wamp_iter(WAMP_MSGPACK, &map);
        assert_true(wamp_iter_pair(&it, &key, &value));
        assert_true(str_eq(key.text, STR("a")) && value.kind == WAMP_LIST);
        assert_true(wamp_iter_pair(&it, &key, &value));
        assert_true(str_eq(key.text, STR("b")) && value.uint == 2);
        assert_false(wamp_iter_pair(&it, &key, &value));
        assert_true(wamp_dict_find(WAMP_MSGPACK, &map, STR("b"), &value) && value.uint == 2);
        octets_free(octets);
    }
}

/* --- writing ------------------------------------------------------------------------------------------------- */

/* spec: T-53 */
TEST(integers_are_written_in_their_smallest_form)
{
    static const struct {
        int64_t value;
        const char *hex;
    } rows[] = {
        {0, "00"},
        {127, "7f"},
        {128, "cc 80"},
        {255, "cc ff"},
        {256, "cd 01 00"},
        {65535, "cd ff ff"},
        {65536, "ce 00 01 00 00"},
        {UINT32_MAX, "ce ff ff ff ff"},
        {(int64_t)UINT32_MAX + 1, "cf 00 00 00 01 00 00 00 00"},
        {INT64_C(1) << 53, "cf 00 20 00 00 00 00 00 00"},
        {INT64_MAX, "cf 7f ff ff ff ff ff ff ff"},
        {-1, "ff"},
        {-32, "e0"},
        {-33, "d0 df"},
        {-128, "d0 80"},
        {-129, "d1 ff 7f"},
        {-32768, "d1 80 00"},
        {-32769, "d2 ff ff 7f ff"},
        {INT32_MIN, "d2 80 00 00 00"},
        {(int64_t)INT32_MIN - 1, "d3 ff ff ff ff 7f ff ff ff"},
        {INT64_MIN, "d3 80 00 00 00 00 00 00 00"},
    };
    struct wamp_buf b = {0};
    struct wamp_wr w = wamp_wr(WAMP_MSGPACK, &b);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        wamp_wr_int(&w, rows[i].value);
        expect_written(&b, rows[i].hex);
    }
    wamp_wr_uint(&w, UINT64_MAX);
    expect_written(&b, "cf ff ff ff ff ff ff ff ff");
    wamp_buf_fini(&b);
}

TEST(other_scalars_have_one_form)
{
    struct wamp_buf b = {0};
    struct wamp_wr w = wamp_wr(WAMP_MSGPACK, &b);
    wamp_wr_null(&w);
    expect_written(&b, "c0");
    wamp_wr_bool(&w, false);
    expect_written(&b, "c2");
    wamp_wr_bool(&w, true);
    expect_written(&b, "c3");
    wamp_wr_real(&w, 1.0);
    expect_written(&b, "cb 3f f0 00 00 00 00 00 00");
    wamp_wr_raw(&w, STR("\xcd\x00\x01"));
    expect_written(&b, "cd 00 01");
    wamp_buf_fini(&b);
}

/* Lengths around each change of form, the octets that the head takes, and its first. */
static const struct lengths {
    uint32_t len;
    struct {
        size_t octets;
        uint8_t first;
    } str, bin, list, map;
} lengths[] = {
    {0, {1, 0xa0}, {2, 0xc4}, {1, 0x90}, {1, 0x80}},
    {15, {1, 0xaf}, {2, 0xc4}, {1, 0x9f}, {1, 0x8f}},
    {16, {1, 0xb0}, {2, 0xc4}, {3, 0xdc}, {3, 0xde}},
    {31, {1, 0xbf}, {2, 0xc4}, {3, 0xdc}, {3, 0xde}},
    {32, {2, 0xd9}, {2, 0xc4}, {3, 0xdc}, {3, 0xde}},
    {255, {2, 0xd9}, {2, 0xc4}, {3, 0xdc}, {3, 0xde}},
    {256, {3, 0xda}, {3, 0xc5}, {3, 0xdc}, {3, 0xde}},
    {65535, {3, 0xda}, {3, 0xc5}, {3, 0xdc}, {3, 0xde}},
    {65536, {5, 0xdb}, {5, 0xc6}, {5, 0xdd}, {5, 0xdf}},
};

static void expect_str_head(struct wamp_buf *b, enum wamp_kind kind, size_t head, uint8_t first, struct str text)
{
    struct wamp_item item;
    assert_true(b->len == head + text.len && (uint8_t)b->ptr[0] == first);
    expect_ok(wamp_item_parse(WAMP_MSGPACK, wamp_buf_str(b), &item));
    assert_true(item.kind == kind && str_eq(item.text, text));
    wamp_buf_reset(b);
}

TEST(strings_are_written_with_the_smallest_head)
{
    static char text[65536];
    struct wamp_buf b = {0};
    struct wamp_wr w = wamp_wr(WAMP_MSGPACK, &b);
    memset(text, 'x', sizeof text);
    for (const struct lengths *l = lengths; l < lengths + sizeof lengths / sizeof *lengths; l++) {
        struct str s = str_of(text, l->len);
        wamp_wr_str(&w, s);
        expect_str_head(&b, WAMP_STR, l->str.octets, l->str.first, s);
        wamp_wr_key(&w, s);
        expect_str_head(&b, WAMP_STR, l->str.octets, l->str.first, s);
        wamp_wr_bin(&w, s);
        expect_str_head(&b, WAMP_BIN, l->bin.octets, l->bin.first, s);
    }
    wamp_buf_fini(&b);
}

static void expect_count_head(struct wamp_buf *b, enum wamp_kind kind, size_t head, uint8_t first, uint32_t count)
{
    struct wamp_item item;
    assert_true(b->len == head + count * (kind == WAMP_MAP ? 2u : 1u) && (uint8_t)b->ptr[0] == first);
    expect_ok(wamp_item_parse(WAMP_MSGPACK, wamp_buf_str(b), &item));
    assert_true(item.kind == kind && item.count == count);
    wamp_buf_reset(b);
}

TEST(containers_are_written_with_the_smallest_head)
{
    struct wamp_buf b = {0};
    struct wamp_wr w = wamp_wr(WAMP_MSGPACK, &b);
    for (const struct lengths *l = lengths; l < lengths + sizeof lengths / sizeof *lengths; l++) {
        wamp_wr_list(&w, l->len);
        for (uint32_t i = 0; i < l->len; i++)
            wamp_wr_null(&w);
        wamp_wr_list_end(&w);
        expect_count_head(&b, WAMP_LIST, l->list.octets, l->list.first, l->len);
        wamp_wr_map(&w, l->len);
        for (uint32_t i = 0; i < l->len; i++) {
            wamp_wr_key(&w, STR(""));
            wamp_wr_null(&w);
        }
        wamp_wr_map_end(&w);
        expect_count_head(&b, WAMP_MAP, l->map.octets, l->map.first, l->len);
    }
    wamp_buf_fini(&b);
}

/* --- msgpack-c ----------------------------------------------------------------------------------------------- */

static bool msgpack_c_takes(struct str octets)
{
    msgpack_unpacked result;
    size_t off = 0;
    msgpack_unpacked_init(&result);
    bool ok = msgpack_unpack_next(&result, octets.ptr, octets.len, &off) == MSGPACK_UNPACK_SUCCESS;
    msgpack_unpacked_destroy(&result);
    return ok && off == octets.len;
}

/* It does not look at text, and allocates what is claimed, so it is not asked about that. */
static bool msgpack_c_may_differ(struct str octets, enum wamp_err ours)
{
    (void)octets;
    return ours == WAMP_ERR_UTF8 || ours == WAMP_ERR_COUNT;
}

TEST(msgpack_c_is_of_the_same_opinion)
{
    static const struct oracle o = {
        .ser = WAMP_MSGPACK,
        .heads = "80 81 8f 90 91 92 9f a1 bf c0 c1 c2 c4 c5 c6 c7 c8 c9 ca cb cc cd ce cf d0 d1 d2 d3 d4 d5 d6 d7"
                 "d8 d9 da db dc dd de df e0 ff 7f",
        .takes = msgpack_c_takes,
        .may_differ = msgpack_c_may_differ,
    };
    expect_agreement(&o, 50000);
}

RUN_TESTS(cmocka_unit_test(scalars_are_read_as_their_kind),
          cmocka_unit_test(integers_keep_their_value_in_every_form),
          cmocka_unit_test(text_octets_and_ext_are_three_kinds),
          cmocka_unit_test(lists_and_maps_are_read_in_every_form),
          cmocka_unit_test(every_first_octet_but_c1_begins_a_value),
          cmocka_unit_test(what_is_not_well_formed_is_refused_with_its_reason),
          cmocka_unit_test(text_is_valid_utf8),
          cmocka_unit_test(a_claim_of_more_than_is_there_is_refused_at_once),
          cmocka_unit_test(depth_64_is_taken_and_65_is_not),
          cmocka_unit_test(a_message_is_one_list_and_nothing_else),
          cmocka_unit_test(a_message_is_split_into_its_elements),
          cmocka_unit_test(of_many_elements_the_first_are_reported),
          cmocka_unit_test(elements_are_walked_behind_every_form_of_a_head),
          cmocka_unit_test(pairs_are_walked_behind_every_form_of_a_head),
          cmocka_unit_test(integers_are_written_in_their_smallest_form),
          cmocka_unit_test(other_scalars_have_one_form),
          cmocka_unit_test(strings_are_written_with_the_smallest_head),
          cmocka_unit_test(containers_are_written_with_the_smallest_head),
          cmocka_unit_test(msgpack_c_is_of_the_same_opinion))
