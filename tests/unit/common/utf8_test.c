/* Strict UTF-8: the definition, spelled out, as an oracle. */
#include "common/utf8.h"

#include "tests/lib/test.h"

#include <stdlib.h>

/* The character that begins at p takes that many octets; 0 when it is not well-formed. */
static size_t well_formed(const unsigned char *p, size_t left)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    if (len == 0 || len > left)
        return 0;
    uint32_t c = len == 1 ? p[0] : p[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if (p[i] >> 6 != 2)
            return 0;
        c = c << 6 | (p[i] & 0x3f);
    }
    return c >= smallest[len] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff) ? len : 0;
}

static bool oracle(struct str text)
{
    for (size_t i = 0, len; i < text.len; i += len) {
        len = well_formed((const unsigned char *)text.ptr + i, text.len - i);
        if (!len)
            return false;
    }
    return true;
}

/* In a block of exactly that size, so that a sanitizer sees what is read beyond it. */
static bool ok(struct str text)
{
    char *copy = malloc(text.len ? text.len : 1);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    bool result = wamp_utf8_ok(str_of(copy, text.len));
    free(copy);
    return result;
}

static void expect_oracle(struct str text)
{
    if (wamp_utf8_ok(text) == oracle(text))
        return;
    for (size_t i = 0; i < text.len; i++)
        print_error("%02x ", (unsigned char)text.ptr[i]);
    fail_msg("should be %s", oracle(text) ? "taken" : "refused");
}

TEST(nothing_is_valid_text)
{
    assert_true(wamp_utf8_ok((struct str){0}));
    assert_true(wamp_utf8_ok(STR("")));
}

/* spec: T-51 */
TEST(the_octets_at_which_the_rules_change_are_judged_by_the_rules)
{
    static const char edges[] = "\x00\x41\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf"
                                "\xe0\xe1\xec\xed\xee\xef\xf0\xf1\xf3\xf4\xf5\xff";
    enum { N = sizeof edges - 1 };
    for (size_t n = 0; n < (size_t)N * N * N * N; n++) {
        char text[] = {edges[n % N], edges[n / N % N], edges[n / N / N % N], edges[n / N / N / N]};
        expect_oracle(str_of(text, sizeof text));
    }
}

/* spec: T-51 */
TEST(every_first_octet_and_every_second_are_judged_by_the_rules)
{
    for (unsigned n = 0; n < 0x10000; n++) {
        char text[] = {(char)(n >> 8), (char)n, '\x80', '\x80'};
        for (size_t len = 1; len <= sizeof text; len++)
            expect_oracle(str_of(text, len));
    }
}

TEST(the_place_of_a_character_in_the_text_does_not_matter)
{
    static const struct str characters[] = {STR("\xc3\xa9"), STR("\xe2\x82\xac"), STR("\xf0\x9f\x98\x80"),
                                            STR("\xc3\x28"), STR("\xed\xa0\x80"), STR("\xf4\x90\x80\x80")};
    for (size_t k = 0; k < sizeof characters / sizeof *characters; k++) {
        struct str c = characters[k];
        for (size_t at = 0; at < 40; at++) {
            char text[64];
            memset(text, 'a', sizeof text);
            memcpy(text + at, c.ptr, c.len);
            assert_int_equal(ok(str_of(text, sizeof text)), k < 3);
            assert_int_equal(ok(str_of(text, at + c.len)), k < 3);
            for (size_t cut = 1; k < 3 && cut < c.len; cut++)
                assert_false(ok(str_of(text, at + cut)));
        }
    }
}

TEST(long_text_is_valid_until_one_octet_is_changed)
{
    char text[1000];
    for (size_t i = 0; i < sizeof text; i += 5)
        memcpy(text + i, "\xe4\xb8\xad\xc3\xa9", 5);
    assert_true(ok(str_of(text, sizeof text)));
    for (size_t i = 0; i < sizeof text; i++) {
        char old = text[i];
        text[i] = '\xff';
        assert_false(ok(str_of(text, sizeof text)));
        text[i] = old;
    }
}

RUN_TESTS(cmocka_unit_test(nothing_is_valid_text),
          cmocka_unit_test(the_octets_at_which_the_rules_change_are_judged_by_the_rules),
          cmocka_unit_test(every_first_octet_and_every_second_are_judged_by_the_rules),
          cmocka_unit_test(the_place_of_a_character_in_the_text_does_not_matter),
          cmocka_unit_test(long_text_is_valid_until_one_octet_is_changed))
