/* What holds for all serializers alike: names, walking, finding, and that what is written is read as it was. */
#include "common/ser.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/test.h"

static const enum wamp_ser all[] = {WAMP_JSON, WAMP_MSGPACK, WAMP_CBOR};

#define for_each_ser(s) for (const enum wamp_ser *s = all; s < all + sizeof all / sizeof *all; s++)

/* --- names --------------------------------------------------------------------------------------------------- */

/* spec: B-098 */
TEST(a_serializer_is_found_by_its_names)
{
    static const char *const names[][2] = {
        [WAMP_JSON] = {"json", "wamp.2.json"},
        [WAMP_MSGPACK] = {"msgpack", "wamp.2.msgpack"},
        [WAMP_CBOR] = {"cbor", "wamp.2.cbor"},
    };
    for_each_ser(s) {
        enum wamp_ser found;
        assert_string_equal(wamp_ser_name(*s), names[*s][0]);
        assert_string_equal(wamp_ser_subprotocol(*s), names[*s][1]);
        assert_true(wamp_ser_by_name(str_z(names[*s][0]), &found));
        assert_int_equal(found, *s);
        assert_true(wamp_ser_by_subprotocol(str_z(names[*s][1]), &found));
        assert_int_equal(found, *s);
        assert_int_equal(wamp_ser_is_text(*s), *s == WAMP_JSON);
    }
}

TEST(other_names_are_not_found)
{
    static const char *const names[] = {"", "JSON", "jso", "json ", "ubjson", "wamp.2.json.batched", "wamp.2."};
    enum wamp_ser found;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_false(wamp_ser_by_name(str_z(names[i]), &found));
        assert_false(wamp_ser_by_subprotocol(str_z(names[i]), &found));
    }
    assert_false(wamp_ser_by_name(STR("wamp.2.json"), &found));
    assert_false(wamp_ser_by_subprotocol(STR("json"), &found));
}

TEST(every_kind_has_a_name)
{
    for (unsigned kind = WAMP_NULL; kind <= WAMP_ABSENT; kind++)
        assert_true(strlen(wamp_kind_name((enum wamp_kind)kind)) > 0);
}

/* --- reading what was written -------------------------------------------------------------------------------- */

/* [1, -2, 1.5, "text", octets, null, true, {"a": [], "b": {"c": false}, "a": 3}] */
static void write_message(struct wamp_wr *w)
{
    wamp_wr_list(w, 8);
    wamp_wr_uint(w, 1);
    wamp_wr_int(w, -2);
    wamp_wr_real(w, 1.5);
    wamp_wr_str(w, STR("text"));
    wamp_wr_bin(w, STR("\0\xff"));
    wamp_wr_null(w);
    wamp_wr_bool(w, true);
    wamp_wr_map(w, 3);
    wamp_wr_key(w, STR("a"));
    wamp_wr_list(w, 0);
    wamp_wr_list_end(w);
    wamp_wr_key(w, STR("b"));
    wamp_wr_map(w, 1);
    wamp_wr_key(w, STR("c"));
    wamp_wr_bool(w, false);
    wamp_wr_map_end(w);
    wamp_wr_key(w, STR("a"));
    wamp_wr_int(w, 3);
    wamp_wr_map_end(w);
    wamp_wr_list_end(w);
}

static void split_message(enum wamp_ser ser, struct wamp_buf *out, struct wamp_item items[WAMP_SPLIT_MAX])
{
    struct wamp_wr w = wamp_wr(ser, out);
    unsigned n;
    write_message(&w);
    expect_ok(wamp_split(ser, wamp_buf_str(out), items, &n));
    assert_int_equal(n, 8);
}

/* spec: B-046, B-100 */
TEST(a_message_is_split_into_what_was_written)
{
    for_each_ser(s) {
        struct wamp_buf out = {0};
        struct wamp_arena arena = {0};
        struct wamp_item items[WAMP_SPLIT_MAX];
        struct str text;
        split_message(*s, &out, items);
        assert_true(items[0].kind == WAMP_UINT && items[0].uint == 1);
        assert_true(items[1].kind == WAMP_NINT && items[1].nint == -2);
        assert_true(items[2].kind == WAMP_REAL && items[2].real == 1.5);
        assert_int_equal(items[3].kind, WAMP_STR);
        expect_ok(wamp_item_text(*s, &items[3], &arena, &text));
        expect_str(text, "text");
        assert_int_equal(items[4].kind, WAMP_BIN);
        expect_ok(wamp_item_text(*s, &items[4], &arena, &text));
        expect_str(text, "\0\xff");
        assert_int_equal(items[5].kind, WAMP_NULL);
        assert_true(items[6].kind == WAMP_BOOL && items[6].boolean);
        assert_true(items[7].kind == WAMP_MAP && items[7].count == 3);
        wamp_arena_fini(&arena);
        wamp_buf_fini(&out);
    }
}

/* spec: B-047 */
TEST(every_part_of_a_message_is_a_value_of_its_own)
{
    for_each_ser(s) {
        struct wamp_buf out = {0};
        struct wamp_item items[WAMP_SPLIT_MAX], item;
        split_message(*s, &out, items);
        for (int i = 0; i < 8; i++) {
            expect_ok(wamp_item_parse(*s, items[i].raw, &item));
            assert_int_equal(item.kind, items[i].kind);
            assert_true(str_eq(item.raw, items[i].raw));
        }
        wamp_buf_fini(&out);
    }
}

/* spec: B-047 */
TEST(what_follows_a_value_is_refused)
{
    for_each_ser(s) {
        struct wamp_buf out = {0};
        struct wamp_item items[WAMP_SPLIT_MAX];
        unsigned n;
        split_message(*s, &out, items);
        wamp_buf_add_char(&out, '1');
        expect_err(wamp_split(*s, wamp_buf_str(&out), items, &n), WAMP_ERR_TRAILING);
        expect_err(wamp_item_parse(*s, wamp_buf_str(&out), items), WAMP_ERR_TRAILING);
        wamp_buf_fini(&out);
    }
}

/* spec: B-047 */
TEST(nothing_is_a_message_that_ends_too_early)
{
    for_each_ser(s) {
        struct wamp_item items[WAMP_SPLIT_MAX];
        unsigned n;
        expect_err(wamp_split(*s, (struct str){0}, items, &n), WAMP_ERR_TRUNCATED);
        expect_err(wamp_item_parse(*s, (struct str){0}, items), WAMP_ERR_TRUNCATED);
        expect_err(wamp_split(*s, STR(""), items, &n), WAMP_ERR_TRUNCATED);
    }
}

/* --- looking into values ------------------------------------------------------------------------------------- */

TEST(pairs_are_walked_in_order_duplicates_included)
{
    for_each_ser(s) {
        struct wamp_buf out = {0};
        struct wamp_item items[WAMP_SPLIT_MAX], key, value;
        split_message(*s, &out, items);
        struct wamp_iter it = wamp_iter(*s, &items[7]);
        assert_true(wamp_iter_pair(&it, &key, &value));
        expect_str(key.text, "a");
        assert_true(value.kind == WAMP_LIST && value.count == 0);
        struct wamp_iter empty = wamp_iter(*s, &value);
        assert_false(wamp_iter_next(&empty, &value));
        assert_true(wamp_iter_pair(&it, &key, &value));
        expect_str(key.text, "b");
        assert_true(wamp_iter_pair(&it, &key, &value));
        assert_true(value.kind == WAMP_UINT && value.uint == 3);
        assert_false(wamp_iter_pair(&it, &key, &value));
        wamp_buf_fini(&out);
    }
}

TEST(the_first_of_equal_keys_is_found)
{
    for_each_ser(s) {
        struct wamp_buf out = {0};
        struct wamp_item items[WAMP_SPLIT_MAX], value;
        split_message(*s, &out, items);
        assert_true(wamp_dict_find(*s, &items[7], STR("a"), &value));
        assert_int_equal(value.kind, WAMP_LIST);
        assert_true(wamp_dict_find(*s, &items[7], STR("b"), &value));
        assert_true(wamp_dict_find(*s, &value, STR("c"), &value));
        assert_true(value.kind == WAMP_BOOL && !value.boolean);
        wamp_buf_fini(&out);
    }
}

TEST(what_is_not_there_is_not_found)
{
    struct wamp_item absent = {.kind = WAMP_ABSENT};
    assert_true(wamp_item_absent(&absent));
    for_each_ser(s) {
        struct wamp_buf out = {0};
        struct wamp_item items[WAMP_SPLIT_MAX], value;
        split_message(*s, &out, items);
        assert_false(wamp_dict_find(*s, &items[7], STR("c"), &value));
        assert_false(wamp_dict_find(*s, &items[7], STR(""), &value));
        assert_false(wamp_dict_find(*s, &items[3], STR("a"), &value));
        assert_false(wamp_dict_find(*s, &absent, STR("a"), &value));
        wamp_buf_fini(&out);
    }
}

/* spec: T-52 */
TEST(keys_that_are_no_text_are_passed_over)
{
    static const struct str maps[] = {[WAMP_MSGPACK] = STR("\x83\x01\x02\xc4\x01" "a\x03\xa1" "a\x04"),
                                      [WAMP_CBOR] = STR("\xa3\x01\x02\x41" "a\x03\x61" "a\x04")};
    for (enum wamp_ser ser = WAMP_MSGPACK; ser <= WAMP_CBOR; ser++) {
        struct wamp_item map, value;
        expect_ok(wamp_item_parse(ser, maps[ser], &map));
        assert_true(wamp_dict_find(ser, &map, STR("a"), &value));
        assert_int_equal(value.uint, 4);
    }
}

TEST(only_text_and_octets_have_a_text)
{
    for_each_ser(s) {
        struct wamp_buf out = {0};
        struct wamp_arena arena = {0};
        struct wamp_item items[WAMP_SPLIT_MAX];
        struct str text;
        split_message(*s, &out, items);
        for (int i = 0; i < 8; i++) {
            bool has = items[i].kind == WAMP_STR || items[i].kind == WAMP_BIN;
            expect_err(wamp_item_text(*s, &items[i], &arena, &text), has ? WAMP_ERR_NONE : WAMP_ERR_TYPE);
        }
        wamp_arena_fini(&arena);
        wamp_buf_fini(&out);
    }
}

/* --- memory -------------------------------------------------------------------------------------------------- */

/* spec: B-047 */
TEST(reading_asks_for_no_memory)
{
    for_each_ser(s) {
        struct wamp_buf out = {0};
        struct wamp_item items[WAMP_SPLIT_MAX], value;
        struct wamp_wr w = wamp_wr(*s, &out);
        unsigned n;
        write_message(&w);
        fail_nth(1);
        expect_ok(wamp_split(*s, wamp_buf_str(&out), items, &n));
        assert_true(wamp_dict_find(*s, &items[7], STR("b"), &value));
        assert_false(fail_happened());
        fail_nth(0);
        wamp_buf_fini(&out);
    }
}

TEST(writing_without_memory_fails_the_buffer)
{
    for_each_ser(s) {
        for_each_failure {
            struct wamp_buf out = {0};
            struct wamp_wr w = wamp_wr(*s, &out);
            write_message(&w);
            assert_int_equal(out.failed, fail_happened());
            wamp_buf_fini(&out);
        }
    }
}

RUN_TESTS(cmocka_unit_test(a_serializer_is_found_by_its_names),
          cmocka_unit_test(other_names_are_not_found),
          cmocka_unit_test(every_kind_has_a_name),
          cmocka_unit_test(a_message_is_split_into_what_was_written),
          cmocka_unit_test(every_part_of_a_message_is_a_value_of_its_own),
          cmocka_unit_test(what_follows_a_value_is_refused),
          cmocka_unit_test(nothing_is_a_message_that_ends_too_early),
          cmocka_unit_test(pairs_are_walked_in_order_duplicates_included),
          cmocka_unit_test(the_first_of_equal_keys_is_found),
          cmocka_unit_test(what_is_not_there_is_not_found),
          cmocka_unit_test(keys_that_are_no_text_are_passed_over),
          cmocka_unit_test(only_text_and_octets_have_a_text),
          cmocka_unit_test(reading_asks_for_no_memory),
          cmocka_unit_test(writing_without_memory_fails_the_buffer))
