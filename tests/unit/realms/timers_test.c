/* Deadlines: always the earliest first, whatever was added, moved or taken away meanwhile. */
#include "realms/timers.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/test.h"

TEST(timers_come_off_in_the_order_of_their_deadlines)
{
    static const wamp_ms at[] = {50, 10, 40, 10, 30, 20};
    enum { COUNT = sizeof at / sizeof *at };
    struct timers t = {0};
    struct timer list[COUNT] = {0};
    for (size_t i = 0; i < COUNT; i++)
        assert_true(timers_set(&t, &list[i], at[i]));
    assert_int_equal(timers_next(&t), 10);
    wamp_ms last = 0;
    for (size_t i = 0; i < COUNT; i++) {
        struct timer *due = timers_take(&t, 1000);
        assert_true(due->at >= last);
        assert_int_equal(due->place, 0);
        last = due->at;
    }
    assert_null(timers_take(&t, 1000));
    timers_fini(&t);
}

TEST(a_timer_is_due_at_its_deadline_and_not_before)
{
    struct timers t = {0};
    struct timer one = {0};
    assert_int_equal(timers_next(&t), WAMP_MS_NEVER);
    assert_true(timers_set(&t, &one, 100));
    assert_null(timers_take(&t, 99));
    assert_ptr_equal(timers_take(&t, 100), &one);
    assert_int_equal(timers_next(&t), WAMP_MS_NEVER);
    timers_fini(&t);
}

TEST(setting_a_timer_again_moves_it)
{
    struct timers t = {0};
    struct timer one = {0}, two = {0};
    timers_set(&t, &one, 10);
    timers_set(&t, &two, 20);
    timers_set(&t, &one, 30);
    assert_int_equal(timers_next(&t), 20);
    timers_set(&t, &one, 5);
    assert_ptr_equal(timers_take(&t, 5), &one);
    assert_ptr_equal(timers_take(&t, 20), &two);
    timers_fini(&t);
}

TEST(an_idle_timer_may_be_stopped)
{
    struct timers t = {0};
    struct timer one = {0};
    timers_stop(&t, &one);
    timers_set(&t, &one, 10);
    timers_stop(&t, &one);
    timers_stop(&t, &one);
    assert_int_equal(timers_next(&t), WAMP_MS_NEVER);
    timers_fini(&t);
}

static void check_heap(const struct timers *t)
{
    for (size_t i = 0; i < t->count; i++) {
        assert_int_equal(t->heap[i]->place, i + 1);
        if (i)
            assert_true(t->heap[(i - 1) / 2]->at <= t->heap[i]->at);
    }
}

TEST(the_heap_stays_a_heap)
{
    enum { COUNT = 200 };
    struct timers t = {0};
    struct timer list[COUNT] = {0};
    uint64_t seed = 7;
    for (int step = 0; step < 20000; step++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        struct timer *timer = &list[seed >> 33 & 127];
        if (seed >> 60 < 6)
            timers_stop(&t, timer);
        else if (seed >> 60 < 7)
            timers_take(&t, (wamp_ms)(seed >> 40 & 1023));
        else
            assert_true(timers_set(&t, timer, (wamp_ms)(seed >> 40 & 1023)));
        check_heap(&t);
    }
    timers_fini(&t);
}

TEST(without_memory_a_timer_stays_idle)
{
    struct timers t = {0};
    struct timer one = {0};
    fail_nth(1);
    assert_false(timers_set(&t, &one, 10));
    assert_int_equal(one.place, 0);
    fail_nth(0);
    assert_true(timers_set(&t, &one, 10));
    timers_fini(&t);
}

/* Restarting the timer of a call under way must not fail: nobody looks. spec: A-TMO-08 */
TEST(moving_a_timer_needs_no_memory)
{
    enum { COUNT = 16 };
    struct timers t = {0};
    struct timer list[COUNT] = {0};
    for (size_t i = 0; i < COUNT; i++)
        timers_set(&t, &list[i], 10);
    fail_nth(1);
    assert_true(timers_set(&t, &list[3], 20));
    assert_false(fail_happened());
    fail_nth(0);
    timers_fini(&t);
}

RUN_TESTS(cmocka_unit_test(timers_come_off_in_the_order_of_their_deadlines),
          cmocka_unit_test(a_timer_is_due_at_its_deadline_and_not_before),
          cmocka_unit_test(setting_a_timer_again_moves_it), cmocka_unit_test(an_idle_timer_may_be_stopped),
          cmocka_unit_test(the_heap_stays_a_heap), cmocka_unit_test(without_memory_a_timer_stays_idle),
          cmocka_unit_test(moving_a_timer_needs_no_memory))
