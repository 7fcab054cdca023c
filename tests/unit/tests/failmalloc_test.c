/* The allocator that fails on demand. */
#include "tests/lib/failmalloc.h"

#include "tests/lib/test.h"

TEST(the_nth_allocation_fails_and_only_that_one)
{
    fail_nth(2);
    void *first = wamp_alloc(1), *second = wamp_zalloc(1), *third = wamp_alloc(1);
    assert_non_null(first);
    assert_null(second);
    assert_non_null(third);
    assert_true(fail_happened());
    wamp_free(first);
    wamp_free(third);
}

TEST(a_failed_realloc_leaves_the_block_alone)
{
    void *block = wamp_alloc(8);
    fail_nth(1);
    assert_null(wamp_realloc(block, 16));
    wamp_free(block);
}

TEST(paused_allocations_neither_fail_nor_count)
{
    fail_nth(1);
    fail_pause();
    void *block = wamp_alloc(1);
    fail_resume();
    assert_non_null(block);
    assert_false(fail_happened());
    assert_null(wamp_alloc(1));
    wamp_free(block);
}

TEST(live_blocks_are_counted)
{
    size_t live = mem_live_blocks();
    void *block = wamp_realloc(NULL, 1);
    assert_int_equal(mem_live_blocks(), live + 1);
    block = wamp_realloc(block, 100);
    assert_int_equal(mem_live_blocks(), live + 1);
    wamp_free(block);
    wamp_free(NULL);
    assert_int_equal(mem_live_blocks(), live);
}

TEST(for_each_failure_fails_every_allocation_once_and_then_none)
{
    unsigned runs = 0, failed[2] = {0, 0};
    for_each_failure
    {
        void *first = wamp_alloc(1), *second = wamp_alloc(1);
        failed[0] += first == NULL;
        failed[1] += second == NULL;
        runs++;
        wamp_free(first);
        wamp_free(second);
    }
    assert_int_equal(runs, 3);
    assert_int_equal(failed[0], 1);
    assert_int_equal(failed[1], 1);
}

RUN_TESTS(cmocka_unit_test(the_nth_allocation_fails_and_only_that_one),
          cmocka_unit_test(a_failed_realloc_leaves_the_block_alone),
          cmocka_unit_test(paused_allocations_neither_fail_nor_count), cmocka_unit_test(live_blocks_are_counted),
          cmocka_unit_test(for_each_failure_fails_every_allocation_once_and_then_none))
