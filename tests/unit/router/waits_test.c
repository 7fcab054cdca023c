#include "router/waits.h"

#include "tests/lib/test.h"

TEST(waits_of_one_kind_are_due_in_the_order_they_began)
{
    struct waits ws = {.length = {[WAIT_HELLO] = 60000}};
    struct wait a = {0}, b = {0};
    wait_start(&ws, &a, WAIT_HELLO, 0);
    wait_start(&ws, &b, WAIT_HELLO, 10);
    assert_int_equal(waits_next(&ws), 60000);
    assert_null(waits_take(&ws, WAIT_HELLO, 59999));
    assert_ptr_equal(waits_take(&ws, WAIT_HELLO, 60010), &a);
    assert_ptr_equal(waits_take(&ws, WAIT_HELLO, 60010), &b);
    assert_int_equal(waits_next(&ws), WAMP_MS_NEVER);
}

TEST(a_wait_begins_anew_in_whatever_kind)
{
    struct waits ws = {.length = {[WAIT_TRAFFIC] = 30, [WAIT_PONG] = 10}};
    struct wait a = {0}, b = {0};
    wait_start(&ws, &a, WAIT_TRAFFIC, 0);
    wait_start(&ws, &b, WAIT_TRAFFIC, 0);
    wait_start(&ws, &a, WAIT_TRAFFIC, 5);
    assert_ptr_equal(waits_take(&ws, WAIT_TRAFFIC, 35), &b);
    wait_start(&ws, &a, WAIT_PONG, 6);
    assert_int_equal(ws.count[WAIT_TRAFFIC], 0);
    assert_int_equal(waits_next(&ws), 16);
}

TEST(a_kind_without_length_never_ends)  /* timeouts.ping_interval: 0 */
{
    struct waits ws = {.length = {0}};
    struct wait a = {0};
    wait_start(&ws, &a, WAIT_TRAFFIC, 0);
    assert_int_equal(a.kind, WAIT_NONE);
    assert_int_equal(waits_next(&ws), WAMP_MS_NEVER);
}

TEST(a_new_length_counts_from_the_beginning_and_keeps_the_order)
{
    struct waits ws = {.length = {[WAIT_HELLO] = 60000}};
    struct wait a = {0}, b = {0}, c = {0};
    wait_start(&ws, &a, WAIT_HELLO, 0);
    wait_start(&ws, &b, WAIT_HELLO, 10);
    waits_set_length(&ws, WAIT_HELLO, 100);
    wait_start(&ws, &c, WAIT_HELLO, 20);
    assert_int_equal(waits_next(&ws), 100);
    assert_ptr_equal(waits_take(&ws, WAIT_HELLO, 120), &a);
    assert_ptr_equal(waits_take(&ws, WAIT_HELLO, 120), &b);
    assert_ptr_equal(waits_take(&ws, WAIT_HELLO, 120), &c);
}

TEST(without_length_what_was_under_way_never_ends_either)
{
    struct waits ws = {.length = {[WAIT_PONG] = 10}};
    struct wait a = {0};
    wait_start(&ws, &a, WAIT_PONG, 0);
    waits_set_length(&ws, WAIT_PONG, 0);
    assert_int_equal(a.kind, WAIT_NONE);
    assert_int_equal(ws.count[WAIT_PONG], 0);
    assert_int_equal(waits_next(&ws), WAMP_MS_NEVER);
}

TEST(stopping_is_idempotent)
{
    struct waits ws = {.length = {[WAIT_HELLO] = 5}};
    struct wait a = {0};
    wait_stop(&ws, &a);
    wait_start(&ws, &a, WAIT_HELLO, 0);
    wait_stop(&ws, &a);
    wait_stop(&ws, &a);
    assert_int_equal(ws.count[WAIT_HELLO], 0);
}

RUN_TESTS(cmocka_unit_test(waits_of_one_kind_are_due_in_the_order_they_began),
          cmocka_unit_test(a_wait_begins_anew_in_whatever_kind),
          cmocka_unit_test(a_kind_without_length_never_ends),
          cmocka_unit_test(a_new_length_counts_from_the_beginning_and_keeps_the_order),
          cmocka_unit_test(without_length_what_was_under_way_never_ends_either),
          cmocka_unit_test(stopping_is_idempotent))
