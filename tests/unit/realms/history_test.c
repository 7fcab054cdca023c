/* The event log: a ring of stored events. */
#include "realms/history.h"

#include "common/mem.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/test.h"

static struct stored_event *event_of(uint64_t publication, size_t bytes)
{
    struct stored_event *e = wamp_zalloc(sizeof *e);
    assert_non_null(e);
    e->refs = 1;
    e->bytes = bytes;
    e->event.publication = publication;
    return e;
}

static bool append(struct event_log *log, uint64_t publication, size_t bytes)
{
    struct stored_event *e = event_of(publication, bytes);
    bool kept = event_log_append(log, e);
    stored_unref(e);
    return kept;
}

static void expect_events(const struct event_log *log, uint64_t first, uint64_t last)
{
    assert_int_equal(log->count, last - first + 1);
    for (uint64_t i = first; i <= last; i++)
        assert_int_equal(event_log_at(log, (unsigned)(i - first))->event.publication, i);
}

TEST(a_log_keeps_the_newest_events_in_order)  /* spec: A-HIS-01 */
{
    struct event_log *log = event_log_new(4, 1000);
    for (uint64_t i = 1; i <= 11; i++) {
        assert_true(append(log, i, 10));
        expect_events(log, i > 4 ? i - 3 : 1, i);
    }
    assert_int_equal(log->bytes, 40);
    event_log_free(log);
}

TEST(the_oldest_go_until_the_octets_fit)
{
    struct event_log *log = event_log_new(100, 100);
    for (uint64_t i = 1; i <= 5; i++)
        append(log, i, 20);
    append(log, 6, 50);
    expect_events(log, 4, 6);
    append(log, 7, 100);
    expect_events(log, 7, 7);
    event_log_free(log);
}

TEST(an_event_larger_than_the_log_is_not_kept_and_drives_nothing_out)
{
    struct event_log *log = event_log_new(100, 100);
    append(log, 1, 50);
    assert_false(append(log, 2, 101));
    expect_events(log, 1, 1);
    event_log_free(log);
}

TEST(a_log_of_one_event_is_a_log)
{
    struct event_log *log = event_log_new(1, 100);
    for (uint64_t i = 1; i <= 3; i++) {
        append(log, i, 50);
        expect_events(log, i, i);
    }
    event_log_free(log);
}

TEST(logs_share_an_event)
{
    size_t live = mem_live_blocks();
    struct event_log *one = event_log_new(2, 100), *two = event_log_new(1, 100);
    struct stored_event *e = event_of(1, 10);
    event_log_append(one, e);
    event_log_append(two, e);
    assert_int_equal(e->refs, 3);
    stored_unref(e);
    append(two, 2, 10);
    event_log_free(two);
    assert_int_equal(event_log_at(one, 0)->event.publication, 1);
    event_log_free(one);
    event_log_free(NULL);
    assert_int_equal(mem_live_blocks(), live);
}

TEST(without_memory_there_is_no_log)
{
    for_each_failure {
        struct event_log *log = event_log_new(4, 100);
        event_log_free(log);
    }
}

RUN_TESTS(cmocka_unit_test(a_log_keeps_the_newest_events_in_order),
          cmocka_unit_test(the_oldest_go_until_the_octets_fit),
          cmocka_unit_test(an_event_larger_than_the_log_is_not_kept_and_drives_nothing_out),
          cmocka_unit_test(a_log_of_one_event_is_a_log), cmocka_unit_test(logs_share_an_event),
          cmocka_unit_test(without_memory_there_is_no_log))
