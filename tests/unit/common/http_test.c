/* Heads of HTTP. What both kinds have in common with the upgrade is tested in websocket_upgrade_test.c. */
#include "common/http.h"

#include "tests/lib/test.h"

#include <stdio.h>

static struct wamp_http_head head_of(const char *octets)
{
    struct wamp_http_head head;
    size_t used;
    const char *why;
    assert_int_equal(wamp_http_read_head(str_z(octets), &head, &used, &why), WAMP_HTTP_WHOLE);
    assert_int_equal(used, strlen(octets));
    return head;
}

TEST(a_head_is_its_first_line_and_its_headers)
{
    struct wamp_http_head h = head_of("POST /x HTTP/1.1\r\nA: 1\r\na:2\r\nList: x, y\r\nlist:\tz \r\n\r\n");
    expect_str(h.first, "POST /x HTTP/1.1");
    expect_str(wamp_http_find(&h, STR("A")), "1");
    assert_int_equal(wamp_http_count(&h, STR("a")), 2);
    assert_null(wamp_http_find(&h, STR("b")).ptr);
    assert_true(wamp_http_has_word(&h, STR("LIST"), STR("Z")));
    assert_false(wamp_http_has_word(&h, STR("list"), STR("x, y")));
    assert_true(wamp_http_headers_ok(&h));
}

TEST(every_prefix_of_a_head_needs_more)
{
    const char whole[] = "POST /x HTTP/1.1\r\nA: 1\r\n\r\n";
    struct wamp_http_head head;
    size_t used;
    const char *why;
    for (size_t len = 0; len + 1 < sizeof whole; len++)
        assert_int_equal(wamp_http_read_head(str_of(whole, len), &head, &used, &why), 0);
}

TEST(headers_that_have_been_abused_are_malformed)
{
    static const char *const bad[] = {
        "A : 1", " A: 1", "A", ": 1", "A\x01: 1", "A: 1\x01", "A: 1\r2", "\tfolded", "(A): 1",
    };
    char octets[64];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(octets, sizeof octets, "GET / HTTP/1.1\r\n%s\r\n\r\n", bad[i]);
        struct wamp_http_head h = head_of(octets);
        assert_false(wamp_http_headers_ok(&h));
    }
}

TEST(numbers_are_digits_and_not_too_many)
{
    static const char *const bad[] = {"", "+1", "-1", " 1", "1 ", "0x1", "1,1", "1000000000000000"};
    size_t n;
    assert_true(wamp_http_number(STR("007"), &n));
    assert_int_equal(n, 7);
    assert_true(wamp_http_number(STR("999999999999999"), &n));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(wamp_http_number(str_z(bad[i]), &n));
}

RUN_TESTS(cmocka_unit_test(a_head_is_its_first_line_and_its_headers),
          cmocka_unit_test(every_prefix_of_a_head_needs_more),
          cmocka_unit_test(headers_that_have_been_abused_are_malformed),
          cmocka_unit_test(numbers_are_digits_and_not_too_many))
