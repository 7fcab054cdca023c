/* Receivers that cannot keep up, and their senders. */
#include "tests/lib/failmalloc.h"
#include "tests/lib/rig.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>

struct stream {
    struct rig rig;
    struct plug *callee, *caller;
};

/* A call of com.x is under way that asked for progressive results; the caller's kernel takes nothing any more. */
static void stream_init(struct stream *s, const char *callee_details)
{
    rig_init(&s->rig);
    s->callee = rig_session(&s->rig, callee_details);
    s->caller = rig_session(&s->rig, "");
    plug_say(s->callee, "[64,1,{},\"com.x\"]");
    expect_heard(s->callee, "[65,1,");
    plug_say(s->caller, "[48,7,{\"receive_progress\":true},\"com.x\"]");
    expect_heard(s->callee, "[68,1,");
    s->caller->room = 0;
}

static void say_large(struct plug *p, const char *head, size_t size)
{
    char *json = malloc(strlen(head) + size + 10);
    int len = sprintf(json, "%s,[\"", head);
    memset(json + len, 'x', size);
    strcpy(json + len + size, "\"]]");
    plug_say(p, json);
    free(json);
}

static void yield(struct plug *callee, size_t size)
{
    say_large(callee, "[70,1,{\"progress\":true}", size);
}

static void publish(struct plug *publisher, size_t size)
{
    say_large(publisher, "[16,9,{},\"com.t\"", size);
}

TEST(the_sender_of_a_stream_is_asked_to_stop_and_to_go_on)  /* spec: R-29, S-40 */
{
    struct stream s;
    stream_init(&s, ",\"_wampd_flow\":true");
    for (int i = 0; i < 2; i++)
        yield(s.callee, 100000);
    expect_silence(s.callee);
    yield(s.callee, 100000);
    expect_heard(s.callee, "[320,68,1,{\"stop\":true}]");
    yield(s.callee, 1000);  /* it was on its way: nothing is said twice */
    expect_silence(s.callee);
    assert_true(s.callee->hears);
    plug_drain(s.caller, 200000);
    expect_silence(s.callee);
    plug_drain(s.caller, 80000);
    expect_heard(s.callee, "[320,68,1,{\"stop\":false}]");
    plug_drain(s.caller, SIZE_MAX);
    for (int i = 0; i < 4; i++)
        expect_heard(s.caller, "[50,7,{\"progress\":true}");
    rig_fini(&s.rig);
}

TEST(only_the_stream_of_the_slow_caller_is_stopped)  /* spec: R-29 */
{
    struct stream s;
    stream_init(&s, ",\"_wampd_flow\":true");
    struct plug *other = rig_session(&s.rig, "");
    plug_say(other, "[48,1,{\"receive_progress\":true},\"com.x\"]");
    expect_heard(s.callee, "[68,2,");
    for (int i = 0; i < 3; i++)
        yield(s.callee, 100000);
    expect_heard(s.callee, "[320,68,1,{\"stop\":true}]");
    plug_say(s.callee, "[70,2,{\"progress\":true},[1]]");
    expect_heard(other, "[50,1,");
    expect_silence(s.callee);
    rig_fini(&s.rig);
}

TEST(a_stream_whose_receiver_takes_nothing_ends)  /* spec: S-40 */
{
    struct stream s;
    stream_init(&s, ",\"_wampd_flow\":true");
    for (int i = 0; i < 3; i++)
        yield(s.callee, 100000);
    expect_heard(s.callee, "[320,68,1,{\"stop\":true}]");
    rig_advance(&s.rig, 9000);
    plug_drain(s.caller, 1000);  /* it is alive */
    rig_advance(&s.rig, 9999);
    expect_silence(s.callee);
    rig_advance(&s.rig, 1);
    expect_heard(s.callee, "[69,1,{\"mode\":\"killnowait\",\"reason\":\"wamp.error.canceled\"}]");
    expect_silence(s.callee);
    plug_drain(s.caller, SIZE_MAX);
    for (int i = 0; i < 3; i++)
        expect_heard(s.caller, "[50,7,");
    expect_heard(s.caller, "[8,48,7,{},\"wamp.error.canceled\",[\"receiver too slow\"]]");
    assert_non_null(s.caller->conn->session);
    expect_silence(s.callee);
    rig_fini(&s.rig);
}

TEST(a_callee_without_flow_is_not_read_from_for_a_second)  /* spec: R-29 */
{
    struct stream s;
    stream_init(&s, "");
    for (int i = 0; i < 3; i++)
        yield(s.callee, 100000);
    assert_false(s.callee->hears);
    rig_advance(&s.rig, 999);
    assert_false(s.callee->hears);
    rig_advance(&s.rig, 1);
    assert_true(s.callee->hears);
    yield(s.callee, 1000);
    assert_true(s.callee->hears);  /* it was in vain: others depend on that callee */
    plug_drain(s.caller, SIZE_MAX);
    s.caller->room = 0;
    for (int i = 0; i < 3; i++)
        yield(s.callee, 100000);
    assert_false(s.callee->hears);
    plug_drain(s.caller, SIZE_MAX);
    assert_true(s.callee->hears);
    expect_silence(s.callee);
    rig_fini(&s.rig);
}

TEST(a_stream_that_cannot_be_stopped_ends_before_the_queue_is_full)  /* spec: R-29 */
{
    struct stream s;
    stream_init(&s, "");
    for (int i = 0; i < 40 && !plug_take(s.callee); i++)
        yield(s.callee, 100000);
    assert_true(str_starts(s.callee->text, STR("[69,1,{\"mode\":\"killnowait\"")));
    assert_true(s.rig.hub.pool.waiting < 3 << 20);
    assert_non_null(s.caller->conn->session);
    rig_fini(&s.rig);
}

TEST(a_stream_of_calls_is_stopped_like_one_of_results)  /* spec: R-29 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *callee = rig_websocket(&rig), *caller = rig_session(&rig, ",\"_wampd_flow\":true");
    plug_say(callee, "[1,\"realm1\","
                     "{\"roles\":{\"callee\":{\"features\":{\"progressive_call_invocations\":true}}}}]");
    expect_heard(callee, "[2,");
    plug_say(callee, "[64,1,{},\"com.x\"]");
    expect_heard(callee, "[65,1,");
    callee->room = 0;
    for (int i = 0; i < 3; i++)
        say_large(caller, "[48,5,{\"progress\":true},\"com.x\"", 100000);
    expect_heard(caller, "[320,48,5,{\"stop\":true}]");
    rig_advance(&rig, 10000);
    expect_heard(caller, "[8,48,5,{},\"wamp.error.canceled\",[\"receiver too slow\"]]");
    rig_fini(&rig);
}

TEST(a_publisher_waits_for_nobody_as_long_as_one_subscriber_keeps_up)  /* spec: R-30 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *publisher = rig_session(&rig, ""), *slow = rig_session(&rig, ""), *good = rig_session(&rig, "");
    plug_say(slow, "[32,1,{},\"com.t\"]");
    plug_say(good, "[32,1,{},\"com.t\"]");
    slow->room = 0;
    for (int i = 0; i < 5; i++)
        publish(publisher, 100000);
    assert_true(publisher->hears);
    rig_fini(&rig);
}

TEST(a_publisher_that_outruns_all_subscribers_is_held)  /* spec: R-30 */
{
    struct rig rig;
    rig_init(&rig);
    struct plug *publisher = rig_session(&rig, ""), *slow = rig_session(&rig, "");
    plug_say(slow, "[32,1,{},\"com.t\"]");
    slow->room = 0;
    for (int i = 0; i < 3; i++)
        publish(publisher, 100000);
    assert_false(publisher->hears);
    plug_drain(slow, 250000);
    assert_true(publisher->hears);
    rig_fini(&rig);
}

TEST(whoever_goes_lets_go)
{
    for (int who = 0; who < 3; who++) {
        struct stream s;
        stream_init(&s, who == 2 ? ",\"_wampd_flow\":true" : "");
        for (int i = 0; i < 3; i++)
            yield(s.callee, 100000);
        plug_hang_up(who == 1 ? s.callee : s.caller);
        if (who == 0)
            assert_true(s.callee->hears);
        if (who == 2)
            expect_heard(s.callee, "[320,68,1,{\"stop\":true}]");
        rig_advance(&s.rig, 20000);
        rig_fini(&s.rig);
    }
}

TEST(a_call_that_ends_by_itself_is_no_stream_any_more)
{
    struct stream s;
    stream_init(&s, ",\"_wampd_flow\":true");
    for (int i = 0; i < 3; i++)
        yield(s.callee, 100000);
    expect_heard(s.callee, "[320,68,1,{\"stop\":true}]");
    plug_say(s.callee, "[70,1,{},[\"done\"]]");
    rig_advance(&s.rig, 9000);
    plug_drain(s.caller, SIZE_MAX);
    expect_silence(s.callee);
    rig_fini(&s.rig);
}

TEST(whatever_allocation_fails_holds_are_let_go)
{
    for_each_failure {
        struct rig rig;
        rig_init(&rig);
        if (rig.ok) {
            struct plug *callee = rig_session(&rig, ",\"_wampd_flow\":true"), *caller = rig_session(&rig, "");
            plug_say(callee, "[64,1,{},\"com.x\"]");
            plug_say(caller, "[48,7,{\"receive_progress\":true},\"com.x\"]");
            caller->room = 0;
            for (int i = 0; i < 3; i++)
                yield(callee, 100000);
            rig_advance(&rig, 10000);
        }
        rig_fini(&rig);
    }
}

RUN_TESTS(cmocka_unit_test(the_sender_of_a_stream_is_asked_to_stop_and_to_go_on),
          cmocka_unit_test(only_the_stream_of_the_slow_caller_is_stopped),
          cmocka_unit_test(a_stream_whose_receiver_takes_nothing_ends),
          cmocka_unit_test(a_callee_without_flow_is_not_read_from_for_a_second),
          cmocka_unit_test(a_stream_that_cannot_be_stopped_ends_before_the_queue_is_full),
          cmocka_unit_test(a_stream_of_calls_is_stopped_like_one_of_results),
          cmocka_unit_test(a_publisher_waits_for_nobody_as_long_as_one_subscriber_keeps_up),
          cmocka_unit_test(a_publisher_that_outruns_all_subscribers_is_held),
          cmocka_unit_test(whoever_goes_lets_go),
          cmocka_unit_test(a_call_that_ends_by_itself_is_no_stream_any_more),
          cmocka_unit_test(whatever_allocation_fails_holds_are_let_go))
