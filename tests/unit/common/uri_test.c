/* URIs: what may stand in them, and where a component may be empty. spec: table 0.5, B-053, B-054, T-55, R-23 */
#include "common/uri.h"

#include "tests/lib/test.h"

#include <stdio.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* spec: B-053, B-054 */
TEST(a_strict_uri_has_small_letters_digits_and_underscores)
{
    static const struct str strict[] = {{"com", 3}, {"com.example_1.2", 15}, {"_", 1}};
    static const struct str loose[] = {
        {"Com", 3}, {"com.a-b", 7}, {"com.\xc3\xa9", 6}, {"com.a/b", 7}, {"com.\0b", 6},
    };
    for (size_t i = 0; i < LENGTH(strict); i++)
        assert_true(wamp_uri_ok(strict[i], WAMP_URI_STRICT) && wamp_uri_ok(strict[i], WAMP_URI_LOOSE));
    for (size_t i = 0; i < LENGTH(loose); i++)
        assert_true(!wamp_uri_ok(loose[i], WAMP_URI_STRICT) && wamp_uri_ok(loose[i], WAMP_URI_LOOSE));
}

/* spec: B-053, R-23: white space is that of Unicode */
TEST(no_uri_has_white_space_or_a_number_sign)
{
    static const char *const bad[] = {
        " ", "\t", "\n", "\r", "#", "\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x8a",
        "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
    };
    static const char *const good[] = {
        "\xc2\xa9", "\xe1\x9a\x81", "\xe2\x80\x8b", "\xe2\x82\xac", "\xe3\x80\x81", "\x7f",
    };
    char uri[32];
    for (size_t i = 0; i < LENGTH(bad); i++) {
        snprintf(uri, sizeof uri, "com.a%sb.c", bad[i]);
        assert_false(wamp_uri_ok(str_z(uri), WAMP_URI_LOOSE));
        snprintf(uri, sizeof uri, "com.%s", bad[i]);
        assert_false(wamp_uri_ok(str_z(uri), WAMP_URI_LOOSE));
    }
    for (size_t i = 0; i < LENGTH(good); i++) {
        snprintf(uri, sizeof uri, "com.a%sb.c", good[i]);
        assert_true(wamp_uri_ok(str_z(uri), WAMP_URI_LOOSE));
    }
}

/* spec: B-053, T-55: none in what names one thing, the last of a prefix, any of a wildcard */
TEST(a_component_may_be_empty_where_the_match_says_so)
{
    static const struct {
        const char *uri;
        bool exact, prefix, wildcard;
    } rows[] = {
        {"a.b", true, true, true},    {"", false, true, true},    {"a.", false, true, true},
        {".a", false, false, true},   {"a..b", false, false, true}, {".", false, false, true},
        {"a..", false, false, true},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct str uri = str_z(rows[i].uri);
        assert_int_equal(wamp_uri_ok(uri, WAMP_URI_LOOSE), rows[i].exact);
        assert_int_equal(wamp_uri_pattern_ok(uri, WAMP_MATCH_EXACT, WAMP_URI_STRICT), rows[i].exact);
        assert_int_equal(wamp_uri_pattern_ok(uri, WAMP_MATCH_PREFIX, WAMP_URI_STRICT), rows[i].prefix);
        assert_int_equal(wamp_uri_pattern_ok(uri, WAMP_MATCH_WILDCARD, WAMP_URI_STRICT), rows[i].wildcard);
    }
}

RUN_TESTS(cmocka_unit_test(a_strict_uri_has_small_letters_digits_and_underscores),
          cmocka_unit_test(no_uri_has_white_space_or_a_number_sign),
          cmocka_unit_test(a_component_may_be_empty_where_the_match_says_so))
