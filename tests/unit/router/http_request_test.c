/* Heads of HTTP requests: what is taken, what is refused with which status. */
#include "router/http_request.h"

#include "tests/lib/test.h"

static int read_request(const char *octets, struct http_request *r)
{
    const char *why = NULL;
    int status = http_read_request(str_z(octets), r, &why);
    assert_true(status == 0 || status == 200 || why);
    return status;
}

TEST(a_request_is_its_method_its_path_and_its_length)
{
    struct http_request r;
    assert_int_equal(read_request("POST /lp/open?x=7 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                                  "Origin: http://o\r\n\r\n12345", &r), 200);
    expect_str(r.method, "POST");
    expect_str(r.path, "/lp/open");
    expect_str(r.origin, "http://o");
    assert_int_equal(r.body_len, 5);
    assert_true(r.keep_alive);
    assert_false(r.expects_continue);
}

TEST(a_request_without_a_length_has_no_body)
{
    struct http_request r;
    assert_int_equal(read_request("POST / HTTP/1.1\r\nHost: x\r\n\r\n", &r), 200);
    assert_int_equal(r.body_len, 0);
    assert_null(r.origin.ptr);
}

TEST(http_1_0_is_served_once)
{
    struct http_request r;
    assert_int_equal(read_request("POST / HTTP/1.0\r\n\r\n", &r), 200);
    assert_false(r.keep_alive);
    assert_int_equal(read_request("POST / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", &r), 200);
    assert_false(r.keep_alive);
    assert_int_equal(read_request("POST / HTTP/1.1\r\nHost: x\r\nConnection: x, Close\r\n\r\n", &r), 200);
    assert_false(r.keep_alive);
    assert_int_equal(read_request("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n", &r), 200);
    assert_true(r.expects_continue);
}

/* RFC 9112, 3.2.2. spec: A-LP-01 */
TEST(a_whole_url_asks_for_its_path)
{
    static const struct {
        const char *octets, *path;
    } cases[] = {
        {"POST http://x/lp/open?x=7 HTTP/1.1\r\nHost: x\r\n\r\n", "/lp/open"},
        {"POST HTTPS://[::1]:8080/lp/open HTTP/1.1\r\nHost: x\r\n\r\n", "/lp/open"},
        {"POST http://x//lp HTTP/1.1\r\nHost: x\r\n\r\n", "//lp"},
        {"POST http://x HTTP/1.1\r\nHost: x\r\n\r\n", "/"},
        {"POST http:// HTTP/1.1\r\nHost: x\r\n\r\n", "/"},
        {"POST http:/x HTTP/1.1\r\nHost: x\r\n\r\n", "http:/x"},
        {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "*"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_request r;
        assert_int_equal(read_request(cases[i].octets, &r), 200);
        assert_true(str_eq(r.path, str_z(cases[i].path)));
    }
}

/* RFC 9110, 10.1.1 */
TEST(http_1_0_knows_no_100_continue)
{
    struct http_request r;
    assert_int_equal(read_request("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", &r), 200);
    assert_false(r.expects_continue);
}

/* spec: reliability threat 12 */
TEST(what_would_leave_the_end_of_a_request_in_doubt_is_refused)
{
    static const struct {
        const char *octets;
        int status;
    } cases[] = {
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 411},
        {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 411},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\n Content-Length: 1\r\n\r\n", 400},
        {"POST / HTTP/1.1\nHost: x\n\n", 400},
        {"POST / HTTP/1.1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\nOrigin: x\r\nOrigin: y\r\n\r\n", 400},
        {"POST / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
        {"POST /\r\nHost: x\r\n\r\n", 400},
        {"POST  HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"P\x01ST / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\nX: a\x01\r\n\r\n", 400},
        {"\r\nPOST", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\n", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_request r;
        int status = read_request(cases[i].octets, &r);
        if (status != cases[i].status)
            fail_msg("expected %d, got %d: %s", cases[i].status, status, cases[i].octets);
    }
}

RUN_TESTS(cmocka_unit_test(a_request_is_its_method_its_path_and_its_length),
          cmocka_unit_test(a_request_without_a_length_has_no_body), cmocka_unit_test(http_1_0_is_served_once),
          cmocka_unit_test(a_whole_url_asks_for_its_path), cmocka_unit_test(http_1_0_knows_no_100_continue),
          cmocka_unit_test(what_would_leave_the_end_of_a_request_in_doubt_is_refused))
