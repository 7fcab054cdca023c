#include "router/address.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static struct address *enter(struct addresses *all, const char *ip)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    struct address *a;
    const struct sockaddr *from = (const struct sockaddr *)&in;
    if (inet_pton(AF_INET, ip, &in.sin_addr) != 1) {
        assert_int_equal(inet_pton(AF_INET6, ip, &in6.sin6_addr), 1);
        from = (const struct sockaddr *)&in6;
    }
    assert_true(address_enter(all, from, &a));
    return a;
}

TEST(connections_are_counted_by_address)
{
    struct addresses all = {0};
    struct address *a = enter(&all, "192.0.2.1"), *b = enter(&all, "192.0.2.2");
    assert_ptr_equal(enter(&all, "192.0.2.1"), a);
    assert_ptr_not_equal(a, b);
    assert_int_equal(a->connections, 2);
    address_leave(&all, a);
    address_leave(&all, a);
    address_leave(&all, b);
    assert_null(all.by_key);
}

TEST(ipv4_is_the_same_address_through_ipv6)
{
    struct addresses all = {0};
    struct address *a = enter(&all, "192.0.2.1");
    assert_ptr_equal(enter(&all, "::ffff:192.0.2.1"), a);
    address_leave(&all, a);
    address_leave(&all, a);
}

TEST(a_network_of_64_bits_is_one_address)
{
    struct addresses all = {0};
    struct address *a = enter(&all, "2001:db8:1:2::1"), *b = enter(&all, "2001:db8:1:3::1");
    assert_ptr_equal(enter(&all, "2001:db8:1:2:ffff::7"), a);
    assert_ptr_not_equal(a, b);
    address_leave(&all, a);
    address_leave(&all, a);
    address_leave(&all, b);
}

TEST(loopback_and_unix_sockets_are_not_counted)
{
    struct addresses all = {0};
    struct sockaddr un = {.sa_family = AF_UNIX};
    struct address *a;
    assert_null(enter(&all, "127.0.0.1"));
    assert_null(enter(&all, "127.1.2.3"));
    assert_null(enter(&all, "::1"));
    assert_null(enter(&all, "::ffff:127.0.0.1"));
    assert_true(address_enter(&all, &un, &a));
    assert_null(a);
    address_leave(&all, NULL);
}

TEST(an_address_can_be_shown)
{
    struct addresses all = {0};
    char text[ADDRESS_TEXT];
    struct address *a = enter(&all, "192.0.2.1"), *b = enter(&all, "2001:db8::1:2");
    assert_string_equal(address_text(a, text), "192.0.2.1");
    assert_string_equal(address_text(b, text), "2001:db8::/64");
    assert_string_equal(address_text(NULL, text), "here");
    address_leave(&all, a);
    address_leave(&all, b);
}

TEST(without_memory_nobody_is_counted_and_nothing_leaks)
{
    for_each_failure {
        struct addresses all = {0};
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(0xC0000201)}};
        struct address *a = NULL;
        if (address_enter(&all, (const struct sockaddr *)&in, &a))
            address_leave(&all, a);
        else
            assert_null(a);
    }
}

RUN_TESTS(cmocka_unit_test(connections_are_counted_by_address),
          cmocka_unit_test(ipv4_is_the_same_address_through_ipv6),
          cmocka_unit_test(a_network_of_64_bits_is_one_address),
          cmocka_unit_test(loopback_and_unix_sockets_are_not_counted),
          cmocka_unit_test(an_address_can_be_shown),
          cmocka_unit_test(without_memory_nobody_is_counted_and_nothing_leaks))
