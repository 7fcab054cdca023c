#include "router/outbox.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/test.h"

#include <stdlib.h>

struct fixture {
    struct outbox_pool pool;
    struct outbox out;
};

static void put(struct fixture *f, const char *text, size_t len)
{
    char *to = outbox_room(&f->out, &f->pool, len);
    assert_non_null(to);
    memcpy(to, text, len);
    outbox_add(&f->out, &f->pool, len);
}

/* len octets that differ from place to place. */
static char *pattern(size_t len)
{
    char *p = malloc(len);
    for (size_t i = 0; i < len; i++)
        p[i] = (char)(i * 7 + i / 251);
    return p;
}

static void finish(struct fixture *f)
{
    outbox_clear(&f->out, &f->pool);
    assert_int_equal(f->pool.waiting, 0);
    assert_null(f->out.first);
    outbox_pool_fini(&f->pool);
}

TEST(octets_leave_in_the_order_they_came)
{
    struct fixture f = {0};
    put(&f, "one", 3);
    put(&f, "two", 3);
    expect_str(outbox_next(&f.out), "onetwo");
    outbox_sent(&f.out, &f.pool, 4);
    expect_str(outbox_next(&f.out), "wo");
    outbox_sent(&f.out, &f.pool, 2);
    assert_int_equal(outbox_next(&f.out).len, 0);
    finish(&f);
}

TEST(an_empty_outbox_holds_no_memory)
{
    struct fixture f = {0};
    put(&f, "frame", 5);
    outbox_sent(&f.out, &f.pool, 5);
    assert_null(f.out.first);
    assert_int_equal(f.pool.spare_octets, 1 << 10);
    finish(&f);
}

TEST(the_steady_state_allocates_nothing)
{
    struct fixture f = {0};
    char *octets = pattern(3000);
    put(&f, octets, 3000);
    outbox_sent(&f.out, &f.pool, 3000);
    fail_nth(1);
    put(&f, octets, 3000);
    fail_nth(0);
    outbox_sent(&f.out, &f.pool, 3000);
    free(octets);
    finish(&f);
}

/* Everything in, in pieces of `piece` octets; everything out, in the chunks that outbox_next offers. */
static void pass_through(size_t total, size_t piece, size_t taken)
{
    struct fixture f = {0};
    char *octets = pattern(total);
    for (size_t at = 0; at < total; at += piece)
        put(&f, octets + at, piece < total - at ? piece : total - at);
    assert_int_equal(f.out.waiting, total);
    for (size_t at = 0; at < total;) {
        struct str next = outbox_next(&f.out);
        assert_true(next.len > 0 && next.len <= OUTBOX_BLOCK_MAX);
        size_t n = next.len < taken ? next.len : taken;
        assert_memory_equal(next.ptr, octets + at, n);
        outbox_sent(&f.out, &f.pool, n);
        at += n;
    }
    assert_int_equal(f.out.waiting, 0);
    free(octets);
    finish(&f);
}

TEST(blocks_grow_and_follow_each_other)
{
    pass_through(900, 100, 64);
    pass_through(300000, 1000, 70000);
    pass_through(2000000, 333, 1000000);
}

TEST(a_frame_larger_than_a_block_leaves_in_chunks)
{
    pass_through(1000000, 1000000, 1000000);
    pass_through(OUTBOX_BLOCK_MAX, OUTBOX_BLOCK_MAX, 1000);
    pass_through(OUTBOX_BLOCK_MAX + 1, OUTBOX_BLOCK_MAX + 1, OUTBOX_BLOCK_MAX);
}

TEST(octets_that_are_added_while_others_wait_stay_behind_them)
{
    struct fixture f = {0};
    put(&f, "0123456789", 10);
    outbox_sent(&f.out, &f.pool, 6);
    char *octets = pattern(1020);
    put(&f, octets, 1020);
    struct str next = outbox_next(&f.out);
    assert_int_equal(next.len, 1024);  /* the room of one block, reused */
    assert_memory_equal(next.ptr, "6789", 4);
    assert_memory_equal(next.ptr + 4, octets, 1020);
    free(octets);
    finish(&f);
}

TEST(a_peer_that_takes_little_at_once_does_not_make_octets_move_again_and_again)
{
    struct fixture f = {0};
    char *octets = pattern(OUTBOX_BLOCK_MAX);
    put(&f, octets, OUTBOX_BLOCK_MAX);
    const char *first = outbox_next(&f.out).ptr;
    outbox_sent(&f.out, &f.pool, 100);
    put(&f, octets, 100);
    assert_ptr_equal(outbox_next(&f.out).ptr, first + 100);
    free(octets);
    finish(&f);
}

TEST(cutting_keeps_the_frames_of_the_block_under_way)
{
    struct fixture f = {0};
    char *octets = pattern(200000);
    for (int i = 0; i < 5; i++)
        put(&f, octets, 200000);
    outbox_sent(&f.out, &f.pool, 10);
    outbox_cut(&f.out, &f.pool);
    assert_int_equal(f.out.waiting, 200000 - 10);
    assert_int_equal(f.pool.waiting, 200000 - 10);
    put(&f, "close", 5);
    outbox_sent(&f.out, &f.pool, 200000 - 10);
    expect_str(outbox_next(&f.out), "close");
    free(octets);
    finish(&f);
}

TEST(without_memory_there_is_no_room_and_nothing_is_lost)
{
    struct fixture f = {0};
    put(&f, "kept", 4);
    fail_nth(1);
    assert_null(outbox_room(&f.out, &f.pool, 5000));
    fail_nth(0);
    expect_str(outbox_next(&f.out), "kept");
    finish(&f);
}

TEST(a_pool_keeps_a_bounded_amount)
{
    struct outbox_pool pool = {0};
    struct outbox many[64] = {0};
    for (int i = 0; i < 64; i++) {
        assert_non_null(outbox_room(&many[i], &pool, OUTBOX_BLOCK_MAX));
        outbox_add(&many[i], &pool, OUTBOX_BLOCK_MAX);
    }
    for (int i = 0; i < 64; i++)
        outbox_clear(&many[i], &pool);
    assert_true(pool.spare_octets <= OUTBOX_SPARE_MAX);
    outbox_pool_fini(&pool);
}

RUN_TESTS(cmocka_unit_test(octets_leave_in_the_order_they_came),
          cmocka_unit_test(an_empty_outbox_holds_no_memory),
          cmocka_unit_test(the_steady_state_allocates_nothing),
          cmocka_unit_test(blocks_grow_and_follow_each_other),
          cmocka_unit_test(a_frame_larger_than_a_block_leaves_in_chunks),
          cmocka_unit_test(octets_that_are_added_while_others_wait_stay_behind_them),
          cmocka_unit_test(a_peer_that_takes_little_at_once_does_not_make_octets_move_again_and_again),
          cmocka_unit_test(cutting_keeps_the_frames_of_the_block_under_way),
          cmocka_unit_test(without_memory_there_is_no_room_and_nothing_is_lost),
          cmocka_unit_test(a_pool_keeps_a_bounded_amount))
