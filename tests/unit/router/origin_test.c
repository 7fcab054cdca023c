/* spec: reliability T-O1: no page comes in that is not on the list. */
#include "router/origin.h"
#include "tests/lib/test.h"

#include <stdio.h>

struct row {
    const char *pattern, *origin;
    bool allowed;
};

static const struct row rows[] = {
    {"*", "https://anywhere.example", true},
    {"*", "null", true},
    {"null", "null", true},
    {"null", "https://good.com", false},
    {"null", "NULL", false},
    {"https://good.com", "null", false},
    {"https://good.com", "https://good.com", true},
    {"https://good.com", "https://good.com:443", true},
    {"https://good.com:443", "https://good.com", true},
    {"https://good.com", "https://good.com:8443", false},
    {"https://good.com", "http://good.com", false},
    {"https://good.com", "http://good.com:443", false},
    {"http://good.com", "http://good.com:80", true},
    {"http://good.com:80", "http://good.com", true},
    {"http://good.com", "http://good.com:81", false},
    {"https://good.com", "https://good.com.evil.com", false},
    {"https://good.com", "https://evil.com/good.com", false},
    {"https://good.com", "https://evilgood.com", false},
    {"https://good.com", "https://sub.good.com", false},
    {"https://good.com", "https://good.co", false},
    {"https://good.com", "https://good.comx", false},
    {"https://good.com", "https://good.com@evil.com", false},
    {"https://good.com", "https://good.com/", false},
    {"https://good.com", "https://good.com#", false},
    {"https://good.com", "https://good.com:443:443", false},
    {"https://good.com", "https://good.com:", false},
    {"https://good.com", "https://good.com:*", false},
    {"https://good.com", "https:/good.com", false},
    {"https://good.com", "https//good.com", false},
    {"https://good.com", "good.com", false},
    {"https://good.com", "https://", false},
    {"https://good.com", "://good.com", false},
    {"https://good.com", "https://good.com https://evil.com", false},
    {"https://good.com", "https://evil.com https://good.com", false},
    {"https://good.com", " https://good.com", false},
    {"https://good.com", "https://xn--gd-kka.com", false},
    {"https://xn--gd-kka.com", "https://xn--gd-kka.com", true},
    {"https://good.com:*", "https://good.com", true},
    {"https://good.com:*", "https://good.com:8443", true},
    {"https://good.com:*", "https://good.com:8443x", false},
    {"https://good.com:*", "http://good.com:8443", false},
    {"https://good.com:*", "https://good.com.evil.com:8443", false},
    {"https://*.good.com", "https://a.good.com", true},
    {"https://*.good.com", "https://a.b.good.com", true},
    {"https://*.good.com", "https://good.com", false},
    {"https://*.good.com", "https://.good.com", false},
    {"https://*.good.com", "https://evilgood.com", false},
    {"https://*.good.com", "https://a.good.com.evil.com", false},
    {"https://*.good.com", "https://a.good.com:444", false},
    {"https://*.good.com", "https://*.good.com", false},
    {"http://localhost:3000", "http://localhost:3000", true},
    {"http://localhost:3000", "http://localhost", false},
    {"http://localhost:3000", "http://localhost:30000", false},
    {"http://127.0.0.1", "http://127.0.0.1", true},
    {"http://127.0.0.1", "http://127.0.0.10", false},
    {"http://[::1]:8080", "http://[::1]:8080", true},
    {"http://[::1]:8080", "http://[::1]", false},
    {"http://[::1]:8080", "http://[::1:8080", false},
    {"https://good.com", "chrome-extension://abcdef", false},
    {"chrome-extension://abcdef", "chrome-extension://abcdef", true},
    {"https://good.com", "ws://evil.com:80", true},   /* no page says so: wampy does. spec: W-01 */
    {"https://good.com", "wss://evil.com", true},
    {"https://good.com", "wsx://evil.com", false},
    {"https://good.com", "", true},                   /* no page, or an old one of the same origin */
};

TEST(an_origin_is_compared_as_scheme_host_and_port)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (origin_allowed(&rows[i].pattern, 1, str_z(rows[i].origin)) != rows[i].allowed)
            fail_msg("%s: \"%s\" should be %s", rows[i].pattern, rows[i].origin, rows[i].allowed ? "allowed" : "refused");
}

TEST(an_empty_list_allows_every_page)
{
    assert_true(origin_allowed(NULL, 0, STR("https://anywhere.example")));
}

TEST(any_entry_of_the_list_is_enough)
{
    static const char *const list[] = {"https://a.com", "https://b.com"};
    assert_true(origin_allowed(list, 2, STR("https://b.com")));
    assert_false(origin_allowed(list, 2, STR("https://c.com")));
}

TEST(what_is_no_pattern_is_known)
{
    static const char *const good[] = {"*", "null", "https://a.com", "http://a.com:*", "https://*.a.com", "http://[::1]:80"};
    static const char *const bad[] = {"", "a.com", "https://", "https://*", "https://*.*.com", "https://a*.com", "https://A.com",
                                      "https://a.com/", "https://a.com:x", "https://a.com:"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!origin_is_pattern(str_z(good[i])))
            fail_msg("%s is a pattern", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (origin_is_pattern(str_z(bad[i])))
            fail_msg("%s is no pattern", bad[i]);
}

RUN_TESTS(cmocka_unit_test(an_origin_is_compared_as_scheme_host_and_port),
          cmocka_unit_test(an_empty_list_allows_every_page),
          cmocka_unit_test(any_entry_of_the_list_is_enough),
          cmocka_unit_test(what_is_no_pattern_is_known))
