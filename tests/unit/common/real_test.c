/* Doubles as text: the hard cases, libc as the oracle, and locales that write a comma. */
#include "common/real.h"

#include "tests/lib/test.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t random_state = 88172645463325252;

static uint64_t random_bits(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static double finite_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return isfinite(value) ? value : (double)bits;
}

/* --- reading ------------------------------------------------------------------------------------------------- */

/* spec: B-046 */
TEST(the_nearest_double_is_read)
{
    static const struct {
        const char *text;
        double real;
    } cases[] = {
        {"0.0", 0.0},
        {"-0.0", -0.0},
        {"-0e5", -0.0},
        {"1.0", 1.0},
        {"-2.5E-1", -0.25},
        {"1e3", 1000.0},
        {"1E+22", 1e22},
        {"1e23", 0x1.52d02c7e14af6p+76},
        {"0.1", 0x1.999999999999ap-4},
        {"3.14159265358979323846", 0x1.921fb54442d18p+1},
        {"9007199254740993.0", 0x1p53},                       /* a tie: to even */
        {"9007199254740993.00000000000000000000000000001", 0x1.0000000000001p53},
        {"9007199254740995.0", 0x1.0000000000002p53},
        {"1.7976931348623157e308", 0x1.fffffffffffffp1023},
        {"1.7976931348623158e308", 0x1.fffffffffffffp1023},
        {"2.2250738585072011e-308", 0x0.fffffffffffffp-1022},  /* endless loops elsewhere, once */
        {"2.2250738585072012e-308", 0x1p-1022},
        {"5e-324", 0x1p-1074},
        {"2.4703282292062327e-324", 0.0},
        {"2.4703282292062328e-324", 0x1p-1074},
        {"1e-400", 0.0},
        {"-1e-400", -0.0},
        {"1e-99999999999999999999", 0.0},
        {"0e99999999999999999999", 0.0},
        {"0.0000000000000000000000000000000000000000000000000000000000000001", 1e-64},
        {"123456789012345678901234567890.5e-10", 12345678901234567890.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!same(wamp_real_read(str_z(cases[i].text)), cases[i].real))
            fail_msg("%s is read as %a", cases[i].text, wamp_real_read(str_z(cases[i].text)));
}

TEST(what_is_too_large_is_infinite)
{
    assert_true(isinf(wamp_real_read(STR("1.7976931348623159e308"))));
    assert_true(isinf(wamp_real_read(STR("1e309"))));
    assert_true(wamp_real_read(STR("-1e99999999999999999999")) == -INFINITY);
}

/* "1", zeros, a point, zeros, "1": a tie but for the last digit. */
static void put_long(char *text, size_t size, const char *head, const char *tail)
{
    memset(text, '0', size);
    memcpy(text, head, strlen(head));
    memcpy(text + size - strlen(tail), tail, strlen(tail));
}

TEST(a_digit_a_long_way_behind_still_breaks_a_tie)
{
    char text[5000];
    put_long(text, sizeof text, "9007199254740993.0", "0");
    assert_true(same(wamp_real_read(str_of(text, sizeof text)), 0x1p53));
    put_long(text, sizeof text, "9007199254740993.0", "1");
    assert_true(same(wamp_real_read(str_of(text, sizeof text)), 0x1.0000000000001p53));
}

TEST(a_long_run_of_digits_is_balanced_by_the_exponent)
{
    enum { DIGITS = 300000 };
    char *text = malloc(DIGITS);
    put_long(text, DIGITS, "1", "e-299991");
    assert_true(same(wamp_real_read(str_of(text, DIGITS)), 1.0));
    put_long(text, DIGITS, "0.", "15e299991");
    assert_true(same(wamp_real_read(str_of(text, DIGITS)), 15.0));
    free(text);
}

TEST(random_numbers_are_read_as_libc_reads_them)
{
    char text[64];
    for (int i = 0; i < 50000; i++) {
        uint64_t digits = random_bits() >> random_bits() % 64;
        int exponent = (int)(random_bits() % (i % 2 ? 700 : 40)) - (i % 2 ? 350 : 20);
        unsigned fraction = (unsigned)(random_bits() % 1000);
        int len = snprintf(text, sizeof text, "%" PRIu64 ".%ue%d", digits, fraction, exponent);
        if (!same(wamp_real_read(str_of(text, (size_t)len)), strtod(text, NULL)))
            fail_msg("%s is read as %a", text, wamp_real_read(str_of(text, (size_t)len)));
    }
}

/* --- writing ------------------------------------------------------------------------------------------------- */

TEST(the_shortest_text_is_written_and_shows_that_it_is_no_integer)
{
    static const struct {
        double real;
        const char *text;
    } cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {0.3, "0.3"},
        {0.1 + 0.2, "0.30000000000000004"},
        {100.0, "100.0"},
        {123456.789, "123456.789"},
        {0.0001, "0.0001"},
        {0.00012345678901234567, "0.00012345678901234567"},
        {0.00001, "1e-5"},
        {1.25e-7, "1.25e-7"},
        {9007199254740992.0, "9007199254740992.0"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e16"},
        {123456789012345680.0, "1.2345678901234568e17"},
        {1e22, "1e22"},
        {1e100, "1e100"},
        {1.7976931348623157e308, "1.7976931348623157e308"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {5e-324, "5e-324"},
        {-1.2345678901234568e-300, "-1.2345678901234568e-300"},
    };
    char text[WAMP_REAL_TEXT_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str got = str_of(text, wamp_real_write(cases[i].real, text));
        if (!str_eq(got, str_z(cases[i].text)))
            fail_msg("%s is written as %.*s", cases[i].text, STR_ARG(got));
    }
}

static size_t count_digits(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len && text.ptr[i] != 'e'; i++)
        count += text.ptr[i] >= '0' && text.ptr[i] <= '9';
    return count;
}

/* spec: B-046 */
TEST(every_double_comes_back_and_one_digit_less_would_be_another)
{
    char text[WAMP_REAL_TEXT_MAX], shorter[WAMP_REAL_TEXT_MAX + 16];
    for (int i = 0; i < 20000; i++) {
        double value = finite_of(i % 10 ? random_bits() : random_bits() >> 12);
        struct str got = str_of(text, wamp_real_write(value, text));
        assert_true(same(wamp_real_read(got), value));
        size_t digits = count_digits(got);
        snprintf(shorter, sizeof shorter, "%.*e", (int)digits - 2, value);
        if (digits > 2 && memchr(text, 'e', got.len) && same(strtod(shorter, NULL), value))
            fail_msg("%.*s could be %s", STR_ARG(got), shorter);
    }
}

/* --- locales ------------------------------------------------------------------------------------------------- */

/* Those that are installed; "ps_AF" has a point of two octets. */
TEST(the_locale_changes_nothing)
{
    static const char *const names[] = {"C", "de_DE.UTF-8", "fr_FR.UTF-8", "ps_AF.UTF-8"};
    char text[WAMP_REAL_TEXT_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!setlocale(LC_ALL, names[i]))
            continue;
        assert_true(same(wamp_real_read(STR("12345678901234567890.25e-3")), 0x1.5ee2a2eb5a5c4p+53));
        expect_str(str_of(text, wamp_real_write(0.1 + 0.2, text)), "0.30000000000000004");
        expect_str(str_of(text, wamp_real_write(1.25e-7, text)), "1.25e-7");
    }
    setlocale(LC_ALL, "C");
}

RUN_TESTS(cmocka_unit_test(the_nearest_double_is_read), cmocka_unit_test(what_is_too_large_is_infinite),
          cmocka_unit_test(a_digit_a_long_way_behind_still_breaks_a_tie),
          cmocka_unit_test(a_long_run_of_digits_is_balanced_by_the_exponent),
          cmocka_unit_test(random_numbers_are_read_as_libc_reads_them),
          cmocka_unit_test(the_shortest_text_is_written_and_shows_that_it_is_no_integer),
          cmocka_unit_test(every_double_comes_back_and_one_digit_less_would_be_another),
          cmocka_unit_test(the_locale_changes_nothing))
