/* Invocations: every one is answered exactly once, whatever the procedure and the router do. */
#include "client/peer.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/fake_router.h"
#include "tests/lib/test.h"

#include <stdio.h>

static struct {
    unsigned calls, canceled;
    wamp_rc rc;
    wamp_chan *held;
    int64_t sum;
    char how[16];
} seen;

static wamp_rc add(void *self, wamp_chan *ch)
{
    int64_t a, b;
    (void)self;
    seen.calls++;
    if (wamp_args(ch, "a:i b:i", &a, &b))
        return WAMP_E_ARGS;
    return wamp_reply(ch, "i", a + b);
}

static wamp_rc say_nothing(void *self, wamp_chan *ch)
{
    (void)ch;
    return (wamp_rc)(intptr_t)self;
}

static wamp_rc fail_it(void *self, wamp_chan *ch)
{
    (void)self;
    return wamp_fail(ch, "com.ex.bad", "no %d", 7);
}

static void on_cancel(void *arg, wamp_chan *ch)
{
    (void)arg;
    seen.canceled++;
    snprintf(seen.how, sizeof seen.how, "%s", wamp_canceled(ch));
}

static wamp_rc hold(void *self, wamp_chan *ch)
{
    (void)self;
    seen.held = ch;
    wamp_on_cancel(ch, on_cancel, NULL);
    return wamp_hold(ch);
}

static wamp_rc stream(void *self, wamp_chan *ch)
{
    (void)self;
    seen.rc = wamp_send(ch, WAMP_MORE, "s", "first");
    return wamp_reply(ch, "s k:i", "second", 2);
}

/* Adds what comes, one call a chunk. */
static wamp_rc sum(void *self, wamp_chan *ch)
{
    int64_t n;
    (void)self;
    seen.calls++;
    if (wamp_canceled(ch)) {
        seen.canceled++;
        snprintf(seen.how, sizeof seen.how, "%s", wamp_canceled(ch));
        assert_int_equal(wamp_args(ch, "i", &n), wamp_canceled(ch)[0] == 'l' ? WAMP_E_LOST : WAMP_E_CANCELED);
        return WAMP_E_CANCELED;
    }
    if (wamp_args(ch, "i", &n))
        return WAMP_E_ARGS;
    seen.sum += n;
    return n == 0 ? wamp_reply(ch, "i", seen.sum) : WAMP_MORE;
}

/* The same, waiting for each. */
static wamp_rc sum_all(void *self, wamp_chan *ch)
{
    wamp_val *v = NULL;
    wamp_rc rc;
    (void)self;
    do {
        rc = wamp_recv(ch, &v, -1);
        seen.rc = rc;
        if (rc < 0)
            return rc;
        seen.sum += wamp_int(v);
        wamp_drop(&v);
    } while (rc == WAMP_MORE);
    assert_int_equal(wamp_recv(ch, &v, 0), WAMP_E_STATE);
    return wamp_reply(ch, "i", seen.sum);
}

static const wamp_member members[] = {
    {.kind = WAMP_MEMBER_RPC, .uri = "add", .proc = add},
    {.kind = WAMP_MEMBER_RPC, .uri = "ok", .proc = say_nothing},
    {.kind = WAMP_MEMBER_RPC, .uri = "bad", .proc = fail_it},
    {.kind = WAMP_MEMBER_RPC, .uri = "hold", .proc = hold},
    {.kind = WAMP_MEMBER_RPC, .uri = "stream", .proc = stream},
    {.kind = WAMP_MEMBER_RPC, .uri = "sum", .proc = sum},
    {.kind = WAMP_MEMBER_RPC, .uri = "sum_all", .proc = sum_all},
    {.kind = WAMP_MEMBER_RPC, .uri = "sig", .proc = add, .sig = "a:i b:i"},
    {.kind = WAMP_MEMBER_RPC, .uri = "pre.", .proc = add, .match = WAMP_PREFIX},
    {0},
};
static const wamp_service service = {.name = "S", .members = members};
enum { ADD = 101, OK, BAD, HOLD, STREAM, SUM, SUM_ALL, SIG, PRE };

static void confirm_all(void)
{
    for (int i = 0; members[i].kind; i++) {
        char text[32];
        snprintf(text, sizeof text, "[65, %d, %d]", i + 1, 101 + i);
        fake_says(text);
    }
    fake_forget();
}

static int setup(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    fake_join(&(wamp_opt){.service = &service});
    confirm_all();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fake_end();
    return 0;
}

/* --- answers ------------------------------------------------------------------------------------------------- */

TEST(a_procedure_answers)
{
    fake_says("[68, 1, 101, {}, [3, 4]]");
    fake_heard("[70, 1, {}, [7]]");
    fake_says("[68, 2, 101, {}, [3], {\"b\": 5}]");
    fake_heard("[70, 2, {}, [8]]");
}

/* spec: W-37 */
TEST(an_answer_always_has_an_argument)
{
    fake_says("[68, 1, 102, {}]");
    fake_heard("[70, 1, {}, [null]]");
}

/* spec: S-26 */
TEST(wrong_arguments_are_refused_once)
{
    fake_says("[68, 1, 101, {}, [\"x\", 1]]");
    fake_heard("[8, 68, 1, {}, \"wamp.error.invalid_argument\", [\"a: expected int, got str\"]]");
    fake_silent();
    fake_says("[68, 2, 101, {}, [1]]");
    fake_heard("[8, 68, 2, {}, \"wamp.error.invalid_argument\", [\"missing argument 'b'\"]]");
    assert_int_equal(seen.calls, 2);
}

TEST(a_signature_is_checked_before_the_procedure_runs)
{
    fake_says("[68, 1, 108, {}, [1]]");
    fake_heard("[8, 68, 1, {}, \"wamp.error.invalid_argument\", [\"missing argument 'b'\"]]");
    assert_int_equal(seen.calls, 0);
    fake_says("[68, 2, 108, {}, [1, 2]]");
    fake_heard("[70, 2, {}, [3]]");
}

/* spec: S-24, W-32 */
TEST(an_error_carries_its_message)
{
    fake_says("[68, 1, 103, {}]");
    fake_heard("[8, 68, 1, {}, \"com.ex.bad\", [\"no 7\"]]");
    fake_silent();
}

/* What wamp_fail adds in a debug build. spec: S-46 */
TEST(an_error_may_tell_its_line)
{
    fake_says("[68, 1, 104, {}]");
    assert_int_equal(wamp_fail_at(seen.held, "com.ex.bad", "math.c:7", "no %d", 7), WAMP_OK);
    fake_heard("[8, 68, 1, {}, \"com.ex.bad\", [\"no 7\"], {\"traceback\": \"math.c:7\"}]");
}

/* spec: B-083, B-090 */
TEST(a_return_code_without_an_answer_becomes_an_error)
{
    fake_queue("[65, 10, 200]");
    wamp_register(fake.peer, "x", say_nothing, (void *)(intptr_t)WAMP_E_NOMEM);
    fake_forget();
    fake_says("[68, 1, 200, {}]");
    fake_heard("[8, 68, 1, {}, \"wamp.error.runtime_error\", [\"the procedure failed: WAMP_E_NOMEM\"]]");
}

/* spec: B-089 */
TEST(an_unknown_registration_is_told)
{
    fake_says("[68, 1, 999, {}]");
    fake_heard("[8, 68, 1, {}, \"wamp.error.no_such_registration\", [_]]");
}

TEST(a_running_invocation_is_not_begun_again)
{
    fake_says("[68, 1, 104, {}]");
    fake_says("[68, 1, 104, {}]");
    fake_heard("[3, _, \"wamp.error.protocol_violation\"]");
}

/* spec: A-CID-04, S-17 */
TEST(a_procedure_sees_who_calls_what)
{
    fake_says("[68, 1, 104, {\"caller\": 77, \"caller_authid\": \"joe\", \"procedure\": \"a.b\", \"timeout\": 50,"
              " \"_ext\": {\"trace\": \"t1\"}}, [1], {\"k\": 2}]");
    wamp_caller_t who = wamp_caller(seen.held);
    assert_int_equal(who.session, 77);
    assert_string_equal(who.authid, "joe");
    assert_string_equal(who.authrole, "");
    assert_string_equal(wamp_procedure(seen.held), "a.b");
    assert_int_equal(wamp_timeout_ms(seen.held), 50);
    assert_string_equal(wamp_str(wamp_key(wamp_key(wamp_chan_details(seen.held), "_ext"), "trace")), "t1");
    assert_int_equal(wamp_int(wamp_at(wamp_chan_args(seen.held), 0)), 1);
    assert_int_equal(wamp_int(wamp_key(wamp_chan_kwargs(seen.held), "k")), 2);
    assert_false(wamp_wants_progress(seen.held));
}

TEST(a_held_channel_is_answered_later)
{
    fake_says("[68, 1, 104, {}]");
    fake_says("[68, 2, 101, {}, [1, 1]]");
    fake_heard("[70, 2, {}, [2]]");
    assert_true(wamp_is_open(seen.held));
    assert_int_equal(wamp_reply(seen.held, "i", "wrong"), WAMP_E_ARGS);
    assert_int_equal(wamp_reply(seen.held, "s", "late"), WAMP_OK);
    fake_heard("[70, 1, {}, [\"late\"]]");
}

TEST(options_travel_with_the_answer)
{
    wamp_val *ext = wamp_build("{_ext:{trace:s}}", "t1");
    fake_says("[68, 1, 104, {\"receive_progress\": true}]");
    assert_int_equal(wamp_set_options(seen.held, ext), WAMP_OK);
    wamp_drop(&ext);
    wamp_send(seen.held, WAMP_MORE, "i", 1);
    fake_heard("[70, 1, {\"progress\": true, \"_ext\": {\"trace\": \"t1\"}}, [1]]");
    wamp_reply(seen.held, "i", 2);
    fake_heard("[70, 1, {\"_ext\": {\"trace\": \"t1\"}}, [2]]");
}

/* spec: B-102 */
TEST(an_answer_too_large_becomes_an_error)
{
    fake.takes = 120;
    fake_says("[68, 1, 104, {}]");
    char large[200];
    memset(large, 'x', sizeof large);
    large[199] = '\0';
    assert_int_equal(wamp_reply(seen.held, "s", large), WAMP_E_TOOBIG);
    fake_heard("[8, 68, 1, {}, \"wamp.error.payload_size_exceeded\", [_]]");
}

TEST(closing_frees_what_is_held)
{
    size_t before = mem_live_blocks();
    fake_end();
    size_t without = mem_live_blocks();
    setup(NULL);
    assert_int_equal(mem_live_blocks(), before);
    fake_says("[68, 1, 104, {}, [1, 2, 3]]");
    fake_says("[68, 2, 104, {}, [1, 2, 3]]");
    fake_end();
    assert_int_equal(mem_live_blocks(), without);
}

/* --- streams out --------------------------------------------------------------------------------------------- */

/* spec: A-PCR-03, A-PCR-05, S-05 */
TEST(progress_goes_to_who_asked_for_it)
{
    fake_says("[68, 1, 105, {\"receive_progress\": true}]");
    fake_heard("[70, 1, {\"progress\": true}, [\"first\"]]");
    fake_heard("[70, 1, {}, [\"second\"], {\"k\": 2}]");
    fake_says("[68, 2, 105, {}]");
    assert_int_equal(seen.rc, WAMP_OK);
    fake_heard("[70, 2, {}, [\"second\"], {\"k\": 2}]");
}

static void on_ready(void *arg, wamp_chan *ch)
{
    (void)ch;
    ++*(int *)arg;
}

/* spec: B-106, R-29, S-40 */
TEST(a_paused_stream_says_so)
{
    int ready = 0;
    fake_end();
    fake_join(&(wamp_opt){.service = &service, .nonblocking = true});
    confirm_all();
    fake_says("[68, 1, 104, {\"receive_progress\": true}]");
    wamp_on_ready(seen.held, on_ready, &ready);
    assert_int_equal(wamp_send(seen.held, WAMP_MORE, "i", 1), WAMP_OK);
    fake_says("[320, 68, 1, {\"stop\": true}]");
    assert_int_equal(wamp_send(seen.held, WAMP_MORE, "i", 2), WAMP_E_AGAIN);
    fake_says("[320, 68, 1, {\"stop\": false}]");
    assert_int_equal(ready, 1);
    assert_int_equal(wamp_send(seen.held, WAMP_MORE, "i", 2), WAMP_OK);
    assert_int_equal(wamp_reply(seen.held, "i", 3), WAMP_OK);
    fake_heard("[70, 1, {\"progress\": true}, [1]]");
    fake_heard("[70, 1, {\"progress\": true}, [2]]");
    fake_heard("[70, 1, {}, [3]]");
}

TEST(a_paused_stream_blocks_until_it_may_go_on)
{
    fake_says("[68, 1, 104, {\"receive_progress\": true}]");
    fake_says("[320, 68, 1, {\"stop\": true}]");
    fake_queue("[68, 2, 101, {}, [1, 1]]");
    fake_queue("[320, 68, 1, {\"stop\": false}]");
    assert_int_equal(wamp_send(seen.held, WAMP_MORE, "i", 1), WAMP_OK);
    fake_heard("[70, 2, {}, [2]]");
    fake_heard("[70, 1, {\"progress\": true}, [1]]");
    fake_says("[320, 68, 1, {\"stop\": true}]");
    fake_queue("[69, 1, {\"mode\": \"killnowait\"}]");
    assert_int_equal(wamp_send(seen.held, WAMP_MORE, "i", 1), WAMP_E_CANCELED);
}

/* --- streams in ---------------------------------------------------------------------------------------------- */

/* spec: A-PCI-01, A-PCI-17, S-36 */
TEST(a_procedure_may_be_called_per_chunk)
{
    fake_says("[68, 1, 106, {\"progress\": true}, [1]]");
    fake_says("[68, 1, 106, {\"progress\": true}, [2]]");
    fake_silent();
    fake_says("[68, 1, 106, {}, [0]]");
    fake_heard("[70, 1, {}, [3]]");
    assert_int_equal(seen.calls, 3);
}

TEST(a_procedure_may_wait_for_each_chunk)
{
    fake_queue("[68, 1, 107, {\"progress\": true}, [1]]");
    fake_queue("[68, 1, 107, {\"progress\": true}, [2]]");
    fake_queue("[68, 2, 101, {}, [1, 1]]");
    fake_queue("[68, 1, 107, {}, [3]]");
    wamp_step(fake.peer);
    fake_heard("[70, 2, {}, [2]]");
    fake_heard("[70, 1, {}, [6]]");
    assert_int_equal(seen.rc, WAMP_OK);
}

/* spec: A-PCI-07, A-PCI-09 */
TEST(chunks_for_a_finished_call_are_dropped)
{
    fake_says("[68, 1, 106, {\"progress\": true}, [0]]");
    fake_heard("[70, 1, {}, [0]]");
    fake_says("[68, 1, 106, {\"progress\": true}, [5]]");
    fake_says("[68, 1, 106, {}, [5]]");
    fake_silent();
    assert_int_equal(seen.calls, 1);
    fake_says("[68, 2, 999, {\"progress\": true}, [5]]");
    fake_heard("[8, 68, 2, {}, \"wamp.error.no_such_registration\", [_]]");
    fake_says("[68, 2, 999, {}, [5]]");
    fake_silent();
}

TEST(asking_for_more_after_the_last_chunk_is_an_error)
{
    fake_says("[68, 1, 106, {\"progress\": true}, [1]]");
    fake_says("[68, 1, 106, {}, [2]]");
    fake_heard("[8, 68, 1, {}, \"wamp.error.runtime_error\", [\"the stream has ended\"]]");
}

/* spec: S-40 */
TEST(a_stream_nobody_reads_ends)
{
    fake_says("[68, 1, 104, {\"progress\": true}, [1]]");
    for (int i = 0; i < 64; i++)
        fake_queue("[68, 1, 104, {\"progress\": true}, [1]]");
    fake_queue("[68, 2, 101, {}, [1, 1]]");
    wamp_step(fake.peer);
    fake_silent();  /* the peer stopped reading */
    fake_advance(29999);
    fake_silent();
    fake_advance(1);
    fake_heard("[8, 68, 1, {}, \"wamp.error.canceled\", [\"receiver too slow\"]]");
    assert_string_equal(seen.how, "killnowait");
    wamp_step(fake.peer);
    fake_heard("[70, 2, {}, [2]]");
    assert_int_equal(wamp_reply(seen.held, ""), WAMP_E_CANCELED);
    fake_silent();
}

/* --- canceling ----------------------------------------------------------------------------------------------- */

/* spec: A-CAN-07 */
TEST(after_killnowait_nothing_is_sent)
{
    fake_says("[68, 1, 104, {\"receive_progress\": true}]");
    fake_says("[69, 1, {\"mode\": \"killnowait\", \"reason\": \"wamp.error.canceled\"}]");
    assert_int_equal(seen.canceled, 1);
    assert_string_equal(seen.how, "killnowait");
    assert_int_equal(wamp_send(seen.held, WAMP_MORE, "i", 1), WAMP_E_CANCELED);
    assert_int_equal(wamp_pause(seen.held, 1000), WAMP_E_CANCELED);
    assert_int_equal(wamp_reply(seen.held, "i", 1), WAMP_E_CANCELED);
    fake_silent();
    fake_says("[69, 1, {}]");
    assert_int_equal(seen.canceled, 1);
}

/* spec: A-CAN-07, T-05 */
TEST(after_kill_the_callee_has_the_last_word)
{
    fake_says("[68, 1, 104, {\"receive_progress\": true}]");
    fake_says("[69, 1, {\"mode\": \"kill\"}]");
    assert_int_equal(wamp_send(seen.held, WAMP_MORE, "i", 1), WAMP_E_CANCELED);
    assert_int_equal(wamp_failx(seen.held, "com.x", "s", "y"), WAMP_OK);
    fake_heard("[8, 68, 1, {}, \"com.x\", [\"y\"]]");
    fake_says("[68, 2, 104, {}]");
    fake_says("[69, 2, {\"mode\": \"kill\"}]");
    assert_int_equal(wamp_reply(seen.held, "i", 5), WAMP_OK);
    fake_heard("[70, 2, {}, [5]]");
}

static wamp_rc wait_for_cancel(void *self, wamp_chan *ch)
{
    (void)self;
    return seen.rc = wamp_pause(ch, 100000);
}

TEST(a_procedure_that_gives_up_after_kill_is_answered_for)
{
    fake_queue("[65, 10, 200]");
    wamp_register(fake.peer, "x", wait_for_cancel, NULL);
    fake_forget();
    fake_queue("[68, 1, 200, {}]");
    fake_queue("[69, 1, {\"mode\": \"kill\"}]");
    wamp_step(fake.peer);
    assert_int_equal(seen.rc, WAMP_E_CANCELED);
    fake_heard("[8, 68, 1, {}, \"wamp.error.canceled\", [_]]");
    fake_silent();
}

/* spec: S-41 */
TEST(a_per_chunk_procedure_is_told_once)
{
    fake_says("[68, 1, 106, {\"progress\": true}, [1]]");
    fake_says("[69, 1, {\"mode\": \"killnowait\"}]");
    assert_int_equal(seen.canceled, 1);
    assert_int_equal(seen.calls, 2);
    fake_says("[68, 1, 106, {\"progress\": true}, [1]]");
    fake_silent();
    assert_int_equal(seen.calls, 2);
    fake_says("[68, 2, 106, {\"progress\": true}, [1]]");
    fake_says("[69, 2, {\"mode\": \"kill\"}]");
    fake_heard("[8, 68, 2, {}, \"wamp.error.canceled\", [_]]");
}

/* spec: S-48 */
TEST(a_lost_session_cancels_all_that_runs)
{
    fake_says("[68, 1, 104, {}]");
    fake_says("[68, 2, 106, {\"progress\": true}, [1]]");
    fake.broken = true;
    wamp_step(fake.peer);
    assert_int_equal(seen.canceled, 2);
    assert_string_equal(seen.how, "lost");
    fake_forget();
    assert_int_equal(wamp_reply(seen.held, "i", 1), WAMP_E_LOST);
    fake_silent();
}

TEST(a_lost_session_ends_a_wait)
{
    fake_queue("[65, 10, 200]");
    wamp_register(fake.peer, "x", sum_all, NULL);
    fake_queue("[68, 1, 200, {\"progress\": true}, [1]]");
    fake_queue("[6, {}, \"x\"]");
    wamp_step(fake.peer);
    assert_int_equal(seen.rc, WAMP_E_LOST);
}

/* --- leaving ------------------------------------------------------------------------------------------------- */

static void answer_held(void *arg, wamp_peer *p)
{
    (void)arg;
    (void)p;
    wamp_reply(seen.held, "s", "done");
}

/* spec: seeds section 5, item 2; A-RRT-01 */
TEST(draining_finishes_what_runs_and_gives_back_the_rest)
{
    fake.polite = true;
    fake_says("[68, 1, 104, {}]");
    for (int i = 1; i <= 9; i++) {
        char text[32];
        snprintf(text, sizeof text, "[67, %d]", 9 + i);
        fake_queue(text);
        if (i == 3)
            fake_queue("[68, 2, 101, {}, [1, 2]]");
    }
    fake_queue("[68, 3, 104, {}]");
    wamp_after(fake.peer, 0, answer_held, NULL, NULL);
    fake_forget();
    assert_int_equal(wamp_drain(fake.peer, 1000), WAMP_OK);
    for (int i = 0; i < 9; i++)
        fake_heard("[66, _, _]");
    fake_heard("[70, 1, {}, [\"done\"]]");
    fake_heard("[8, 68, 2, {}, \"wamp.error.unavailable\", [_]]");
    fake_heard("[8, 68, 3, {}, \"wamp.error.unavailable\", [_]]");
    fake_heard("[6, {}, \"wamp.close.close_realm\"]");
    assert_int_equal(seen.calls, 0);
}

TEST(short_memory_leaves_no_call_open)
{
    fake_end();
    for_each_failure
    {
        if (fake_join(&(wamp_opt){.service = &service})) {
            if (fake.peer->phase == PHASE_OFFERING)
                confirm_all();
            if (wamp_is_joined(fake.peer)) {
                fake_says("[68, 1, 101, {}, [3, 4]]");
                fake_says("[68, 2, 106, {\"progress\": true}, [1]]");
                fake_says("[68, 2, 106, {}, [0]]");
                assert_int_equal(wamp_callee_running(fake.peer), 0);
            }
        }
        fake_end();
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
RUN_TESTS(T(a_procedure_answers), T(an_answer_always_has_an_argument), T(wrong_arguments_are_refused_once),
          T(a_signature_is_checked_before_the_procedure_runs), T(an_error_carries_its_message),
          T(an_error_may_tell_its_line),
          T(a_return_code_without_an_answer_becomes_an_error), T(an_unknown_registration_is_told),
          T(a_running_invocation_is_not_begun_again), T(a_procedure_sees_who_calls_what),
          T(a_held_channel_is_answered_later), T(options_travel_with_the_answer),
          T(an_answer_too_large_becomes_an_error), T(closing_frees_what_is_held),
          T(progress_goes_to_who_asked_for_it), T(a_paused_stream_says_so),
          T(a_paused_stream_blocks_until_it_may_go_on), T(a_procedure_may_be_called_per_chunk),
          T(a_procedure_may_wait_for_each_chunk), T(chunks_for_a_finished_call_are_dropped),
          T(asking_for_more_after_the_last_chunk_is_an_error), T(a_stream_nobody_reads_ends),
          T(after_killnowait_nothing_is_sent), T(after_kill_the_callee_has_the_last_word),
          T(a_procedure_that_gives_up_after_kill_is_answered_for), T(a_per_chunk_procedure_is_told_once),
          T(a_lost_session_cancels_all_that_runs), T(a_lost_session_ends_a_wait),
          T(draining_finishes_what_runs_and_gives_back_the_rest), T(short_memory_leaves_no_call_open))
