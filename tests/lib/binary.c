#include "tests/lib/binary.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

/* --- octets -------------------------------------------------------------------------------------------------- */

static unsigned digit_of(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(tolower((unsigned char)c) - 'a' + 10);
}

struct str octets_copy(struct str octets)
{
    char *block = malloc(octets.len ? octets.len : 1);
    assert_non_null(block);
    if (octets.len)
        memcpy(block, octets.ptr, octets.len);
    return str_of(block, octets.len);
}

struct str octets_of(const char *hex)
{
    char octets[1024];
    size_t digits = 0;
    for (; *hex; hex++) {
        if (*hex == ' ')
            continue;
        assert_true(isxdigit((unsigned char)*hex) && digits / 2 < sizeof octets);
        unsigned high = digits % 2 ? (unsigned char)octets[digits / 2] : 0;
        octets[digits++ / 2] = (char)(high << 4 | digit_of(*hex));
    }
    assert_int_equal(digits % 2, 0);
    return octets_copy(str_of(octets, digits / 2));
}

void octets_free(struct str octets)
{
    free((char *)octets.ptr);
}

static bool same_octets(struct str got, const char *hex)
{
    struct str expected = octets_of(hex);
    bool same = str_eq(got, expected);
    octets_free(expected);
    return same;
}

void expect_written(struct wamp_buf *b, const char *hex)
{
    if (!same_octets(wamp_buf_str(b), hex))
        fail_msg("%s was to be written", hex);
    wamp_buf_reset(b);
}

/* --- what is taken ------------------------------------------------------------------------------------------- */

static bool same_text(enum wamp_ser ser, const struct wamp_item *item, const char *expected)
{
    struct wamp_arena arena = {0};
    struct str text;
    bool same = false;
    if (wamp_item_text(ser, item, &arena, &text) == WAMP_ERR_NONE)
        same = item->kind == WAMP_STR ? str_eq(text, str_z(expected)) : same_octets(text, expected);
    wamp_arena_fini(&arena);
    return same;
}

/* `count` is the sign of a BIGNUM. */
static bool may_have_count(enum wamp_kind kind)
{
    return kind == WAMP_LIST || kind == WAMP_MAP || kind == WAMP_BIGNUM;
}

static bool is_as_expected(enum wamp_ser ser, const struct wamp_item *item, const struct taken *row)
{
    if (item->kind != row->kind || (item->count && !may_have_count(item->kind)))
        return false;
    switch (item->kind) {
    case WAMP_BOOL:
        return item->boolean == row->boolean;
    case WAMP_UINT:
        return item->uint == row->uint;
    case WAMP_NINT:
        return item->nint == row->nint;
    case WAMP_REAL:
        return isnan(row->real) ? isnan(item->real)
                                : item->real == row->real && signbit(item->real) == signbit(row->real);
    case WAMP_STR:
    case WAMP_BIN:
        return same_text(ser, item, row->text);
    case WAMP_BIGNUM:
        return same_octets(item->text, row->text);
    case WAMP_LIST:
    case WAMP_MAP:
        return item->count == row->count;
    case WAMP_NULL:
    case WAMP_EXT:
    case WAMP_ABSENT:
        break;
    }
    return true;
}

static void expect_cuts_refused(enum wamp_ser ser, struct str octets, const char *hex)
{
    struct wamp_item item;
    for (size_t len = 0; len < octets.len; len++) {
        struct str cut = octets_copy(str_of(octets.ptr, len));
        if (wamp_item_parse(ser, cut, &item) == WAMP_ERR_NONE)
            fail_msg("%s: %zu octets of %s are taken for a value", wamp_ser_name(ser), len, hex);
        octets_free(cut);
    }
}

void expect_taken(enum wamp_ser ser, const struct taken *rows, size_t count)
{
    for (const struct taken *row = rows; row < rows + count; row++) {
        struct str octets = octets_of(row->hex);
        struct wamp_item item;
        enum wamp_err err = wamp_item_parse(ser, octets, &item);
        if (err)
            fail_msg("%s: %s: %s", wamp_ser_name(ser), row->hex, wamp_err_text(err));
        if (!is_as_expected(ser, &item, row))
            fail_msg("%s: %s is not the %s that was expected, but %s", wamp_ser_name(ser), row->hex,
                     wamp_kind_name(row->kind), wamp_kind_name(item.kind));
        assert_true(item.raw.ptr == octets.ptr && item.raw.len == octets.len);
        expect_cuts_refused(ser, octets, row->hex);
        octets_free(octets);
    }
}

/* --- what is refused ----------------------------------------------------------------------------------------- */

void expect_refused(enum wamp_ser ser, const struct refused *rows, size_t count)
{
    for (const struct refused *row = rows; row < rows + count; row++) {
        struct str octets = octets_of(row->hex);
        struct wamp_item item;
        enum wamp_err err = wamp_item_parse(ser, octets, &item);
        if (err != row->err)
            fail_msg("%s: %s: expected \"%s\", got \"%s\"", wamp_ser_name(ser), row->hex, wamp_err_text(row->err),
                     wamp_err_text(err));
        octets_free(octets);
    }
}

/* --- depth --------------------------------------------------------------------------------------------------- */

static void add_times(struct wamp_buf *b, const char *hex, unsigned times)
{
    struct str octets = octets_of(hex);
    for (unsigned i = 0; i < times; i++)
        wamp_buf_add_str(b, octets);
    octets_free(octets);
}

static enum wamp_err read_nested(enum wamp_ser ser, const struct nesting *row, unsigned levels)
{
    struct wamp_buf b = {0};
    struct wamp_item item, items[WAMP_SPLIT_MAX];
    unsigned n;
    add_times(&b, row->outer, levels - row->levels);
    add_times(&b, row->inner, 1);
    add_times(&b, row->after, levels - row->levels);
    struct str octets = octets_copy(wamp_buf_str(&b));
    enum wamp_err err = wamp_item_parse(ser, octets, &item);
    enum wamp_err split_err = wamp_split(ser, octets, items, &n);
    if (split_err != WAMP_ERR_TYPE)
        expect_err(split_err, err);
    octets_free(octets);
    wamp_buf_fini(&b);
    return err;
}

void expect_depth_limit(enum wamp_ser ser, const struct nesting *rows, size_t count)
{
    for (const struct nesting *row = rows; row < rows + count; row++) {
        expect_ok(read_nested(ser, row, WAMP_DEPTH_MAX));
        expect_err(read_nested(ser, row, WAMP_DEPTH_MAX + 1), WAMP_ERR_DEPTH);
        expect_err(read_nested(ser, row, 10000), WAMP_ERR_DEPTH);
    }
}

/* --- at random ----------------------------------------------------------------------------------------------- */

static uint32_t random_state;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

static void random_scalar(struct wamp_wr *w)
{
    static const char letters[] = "the quick brown fox jumps over the lazy dog";
    uint64_t number = ((uint64_t)random_below(1 << 24) << 40 | random_below(1 << 24)) >> random_below(64);
    struct str text = str_of(letters, random_below(sizeof letters));
    switch (random_below(7)) {
    case 0:
        wamp_wr_null(w);
        break;
    case 1:
        wamp_wr_bool(w, random_below(2));
        break;
    case 2:
        wamp_wr_uint(w, number);
        break;
    case 3:
        wamp_wr_int(w, -1 - (int64_t)(number >> 1));
        break;
    case 4:
        wamp_wr_real(w, (double)number / 8);
        break;
    case 5:
        wamp_wr_bin(w, text);
        break;
    default:
        wamp_wr_str(w, text);
    }
}

/* At most `room` levels deep. */
static void random_value(struct wamp_wr *w, unsigned room)
{
    uint32_t count = random_below(5);
    uint32_t choice = room ? random_below(4) : 3;
    if (choice == 0) {
        wamp_wr_map(w, count);
        for (uint32_t i = 0; i < count; i++) {
            wamp_wr_key(w, STR("key"));
            random_value(w, room - 1);
        }
        wamp_wr_map_end(w);
    } else if (choice == 1) {
        wamp_wr_list(w, count);
        for (uint32_t i = 0; i < count; i++)
            random_value(w, room - 1);
        wamp_wr_list_end(w);
    } else {
        random_scalar(w);
    }
}

/* Removes, repeats or changes a few octets. */
static void damage(struct wamp_buf *b, struct str heads)
{
    for (uint32_t n = random_below(4); n > 0 && b->len > 1; n--) {
        size_t at = random_below((uint32_t)b->len);
        switch (random_below(4)) {
        case 0:
            b->len--;
            memmove(b->ptr + at, b->ptr + at + 1, b->len - at);
            break;
        case 1:
            if (wamp_buf_room(b, 1))
                memmove(b->ptr + at + 1, b->ptr + at, b->len++ - at);
            break;
        case 2:
            b->ptr[at] = (char)random_below(256);
            break;
        default:
            b->ptr[at] = heads.ptr[random_below((uint32_t)heads.len)];
        }
    }
}

/* --- other readers ------------------------------------------------------------------------------------------- */

static void complain(const struct oracle *o, struct str octets, enum wamp_err ours)
{
    for (size_t i = 0; i < octets.len; i++)
        print_error("%02x ", (unsigned char)octets.ptr[i]);
    fail_msg("%s: we say \"%s\", the other does not", wamp_ser_name(o->ser), wamp_err_text(ours));
}

static void random_list(struct wamp_wr *w)
{
    wamp_buf_reset(w->out);
    wamp_wr_list(w, 3);
    for (int i = 0; i < 3; i++)
        random_value(w, 5);
    wamp_wr_list_end(w);
}

void expect_agreement(const struct oracle *o, unsigned rounds)
{
    struct wamp_buf b = {0};
    struct wamp_wr w = wamp_wr(o->ser, &b);
    struct str heads = octets_of(o->heads);
    struct wamp_item item;
    unsigned taken = 0, refused = 0;
    random_state = 4711;  /* the same ones each time */
    for (unsigned i = 0; i < rounds; i++) {
        random_list(&w);
        damage(&b, heads);
        struct str octets = octets_copy(wamp_buf_str(&b));
        enum wamp_err err = wamp_item_parse(o->ser, octets, &item);
        bool asked = !o->may_differ(octets, err);
        if (asked && !err != o->takes(octets))
            complain(o, octets, err);
        taken += asked && !err;
        refused += asked && err;
        octets_free(octets);
    }
    assert_true(taken > rounds / 10 && refused > rounds / 10);
    octets_free(heads);
    wamp_buf_fini(&b);
}
