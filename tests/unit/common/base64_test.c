/* Base64: the vectors of RFC 4648, every length, and what is refused. */
#include "common/base64.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/test.h"

#include <stdlib.h>

static void expect_decoded(struct str text, struct str octets)
{
    assert_true(wamp_base64_ok(text));
    assert_int_equal(wamp_base64_decoded_len(text), octets.len);
    char *out = malloc(octets.len ? octets.len : 1);
    wamp_base64_decode(text, out);
    assert_true(str_eq(str_of(out, octets.len), octets));
    free(out);
}

static void expect_encoded(struct str octets, struct str text)
{
    struct wamp_buf buf = {0};
    wamp_buf_add_char(&buf, '>');
    wamp_base64_encode(&buf, octets);
    assert_true(str_eq(str_from(wamp_buf_str(&buf), 1), text));
    wamp_buf_fini(&buf);
}

/* spec: T-54 */
TEST(the_examples_of_the_specification_are_read_and_written)
{
    static const struct str pairs[][2] = {
        {STR(""), STR("")},
        {STR("f"), STR("Zg==")},
        {STR("fo"), STR("Zm8=")},
        {STR("foo"), STR("Zm9v")},
        {STR("foob"), STR("Zm9vYg==")},
        {STR("fooba"), STR("Zm9vYmE=")},
        {STR("foobar"), STR("Zm9vYmFy")},
        {STR("\x10\xe3\xff\x90\x53\x07\x5c\x52\x6f\x5f\xc0\x6d\x4f\xe3\x7c\xdb"), STR("EOP/kFMHXFJvX8BtT+N82w==")},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        expect_encoded(pairs[i][0], pairs[i][1]);
        expect_decoded(pairs[i][1], pairs[i][0]);
    }
}

TEST(octets_of_every_length_come_back)
{
    char octets[256 + 3];
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (char)(i * 7);
    for (size_t len = 0; len <= sizeof octets; len++) {
        struct wamp_buf buf = {0};
        wamp_base64_encode(&buf, str_of(octets, len));
        expect_decoded(wamp_buf_str(&buf), str_of(octets, len));
        wamp_buf_fini(&buf);
    }
}

TEST(what_is_no_base64_is_refused)
{
    static const struct str texts[] = {
        STR("A"),     STR("AA"),   STR("AAA"),   STR("AAAAA"),    STR("="),        STR("=="),
        STR("==="),   STR("===="), STR("A==="),  STR("AA=A"),     STR("=AAA"),     STR("AAA=="),
        STR("AAA "),  STR(" AAA"), STR("AA\nA"), STR("AA==AAAA"), STR("AAA=AAAA"), STR("AAA\xff"),
        STR("AAA\0"), STR("AA-A"), STR("AA_A"),  STR("AAA*"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (wamp_base64_ok(texts[i]))
            fail_msg("%.*s is taken", STR_ARG(texts[i]));
}

TEST(every_octet_outside_the_alphabet_is_refused)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int c = 0; c < 256; c++) {
        char text[] = {'A', (char)c, 'A', 'A'};
        assert_int_equal(wamp_base64_ok(str_of(text, sizeof text)), c && strchr(alphabet, c));
    }
}

TEST(encoding_without_memory_fails_the_buffer)
{
    struct wamp_buf buf = {0};
    fail_nth(1);
    wamp_base64_encode(&buf, STR("octets"));
    fail_nth(0);
    assert_true(buf.failed);
    assert_int_equal(buf.len, 0);
    wamp_buf_fini(&buf);
}

RUN_TESTS(cmocka_unit_test(the_examples_of_the_specification_are_read_and_written),
          cmocka_unit_test(octets_of_every_length_come_back), cmocka_unit_test(what_is_no_base64_is_refused),
          cmocka_unit_test(every_octet_outside_the_alphabet_is_refused),
          cmocka_unit_test(encoding_without_memory_fails_the_buffer))
