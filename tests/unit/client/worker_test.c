/* Threads: procedures on the pool, posts, a peer with a thread of its own. The router is still the one in memory;
 * what waits for another thread waits on its outcome, never for a time. */
#include "client/peer.h"

#include "tests/lib/fake_router.h"
#include "tests/lib/test.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

static struct {
    _Atomic int running, canceled, finished;
    _Atomic bool go;
    _Atomic int rc;
    pthread_t thread;
} seen;

/* --- procedures for the pool --------------------------------------------------------------------------------- */

static wamp_rc add(void *self, wamp_chan *ch)
{
    int64_t a, b;
    (void)self;
    seen.thread = pthread_self();
    if (wamp_args(ch, "a:i b:i", &a, &b))
        return WAMP_E_ARGS;
    return wamp_reply(ch, "i", a + b);
}

static wamp_rc count(void *self, wamp_chan *ch)
{
    (void)self;
    for (int i = 1; i <= 3; i++) {
        wamp_rc rc = wamp_send(ch, WAMP_MORE, "i", i);
        if (rc)
            return rc;
    }
    return wamp_reply(ch, "s", "done");
}

static wamp_rc sum(void *self, wamp_chan *ch)
{
    int64_t total = 0;
    wamp_val *v = NULL;
    wamp_rc rc;
    (void)self;
    seen.running++;
    do {
        rc = wamp_recv(ch, &v, -1);
        if (rc < 0) {
            seen.rc = rc;
            return rc;
        }
        total += wamp_int(v);
        wamp_drop(&v);
    } while (rc == WAMP_MORE);
    seen.rc = wamp_recv(ch, &v, 0);
    return wamp_reply(ch, "i", total);
}

static wamp_rc per_chunk(void *self, wamp_chan *ch)
{
    int64_t n;
    int64_t *total = self;
    if (wamp_canceled(ch)) {
        seen.canceled++;
        return WAMP_E_CANCELED;
    }
    if (wamp_args(ch, "i", &n))
        return WAMP_E_ARGS;
    *total += n;
    return n == 0 ? wamp_reply(ch, "i", *total) : WAMP_MORE;
}

static wamp_rc sleep_long(void *self, wamp_chan *ch)
{
    (void)self;
    seen.running++;
    wamp_rc rc = wamp_pause(ch, 60000);
    seen.canceled += rc != WAMP_OK;
    return rc;
}

static wamp_rc silent(void *self, wamp_chan *ch)
{
    (void)self;
    (void)ch;
    return WAMP_E_TIMEOUT;
}

static wamp_rc forbidden(void *self, wamp_chan *ch)
{
    (void)self;
    wamp_peer *p = wamp_chan_peer(ch);
    seen.rc = wamp_call(p, "x", NULL, "");
    if (seen.rc == WAMP_E_STATE)
        seen.rc = wamp_hold(ch);
    return wamp_fail(ch, "com.x", "%s", wamp_rc_name((wamp_rc)seen.rc));
}

static int64_t total;
static const wamp_member members[] = {
    {.kind = WAMP_MEMBER_RPC, .uri = "add", .proc = add, .worker = true},
    {.kind = WAMP_MEMBER_RPC, .uri = "count", .proc = count, .worker = true},
    {.kind = WAMP_MEMBER_RPC, .uri = "sum", .proc = sum, .worker = true},
    {.kind = WAMP_MEMBER_RPC, .uri = "sleep", .proc = sleep_long, .worker = true},
    {.kind = WAMP_MEMBER_RPC, .uri = "silent", .proc = silent, .worker = true},
    {.kind = WAMP_MEMBER_RPC, .uri = "forbidden", .proc = forbidden, .worker = true},
    {.kind = WAMP_MEMBER_RPC, .uri = "per_chunk", .proc = per_chunk, .worker = true},
    {0},
};
static const wamp_service service = {.name = "S", .members = members};
enum { MEMBERS = sizeof members / sizeof *members - 1 };

static int setup(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    total = 0;
    fake_join(&(wamp_opt){.service = &service, .self = &total, .workers = 2});
    for (int i = 1; i <= MEMBERS; i++) {
        char text[32];
        snprintf(text, sizeof text, "[65, %d, %d]", i, 100 + i);
        fake_says(text);
    }
    fake_forget();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fake_end();
    return 0;
}

/* Serves until the workers have answered everything. */
static bool is_idle(void *arg)
{
    (void)arg;
    return !wamp_callee_running(fake.peer) && list_is_empty(&fake.peer->callee.all);
}

static void serve(void)
{
    wamp_peer_enter(fake.peer);
    wamp_wait(fake.peer, is_idle, NULL, WAMP_NEVER);
    wamp_peer_leave(fake.peer);
}

static bool are_running(void *arg)
{
    return seen.running == *(int *)arg;
}

static void serve_until_running(int count_)
{
    while (!are_running(&count_))
        wamp_step(fake.peer);
}

/* --- the pool ------------------------------------------------------------------------------------------------ */

TEST(a_worker_answers)
{
    fake_says("[68, 1, 101, {}, [3, 4]]");
    serve();
    fake_heard("[70, 1, {}, [7]]");
    assert_false(pthread_equal(seen.thread, pthread_self()));
    fake_says("[68, 2, 101, {}, [3]]");
    serve();
    fake_heard("[8, 68, 2, {}, \"wamp.error.invalid_argument\", [\"missing argument 'b'\"]]");
    fake_says("[68, 3, 105, {}]");
    serve();
    fake_heard("[8, 68, 3, {}, \"wamp.error.runtime_error\", [_]]");
    fake_silent();
}

TEST(a_worker_streams_in_order)
{
    fake_says("[68, 1, 102, {\"receive_progress\": true}]");
    serve();
    for (int i = 1; i <= 3; i++) {
        char text[64];
        snprintf(text, sizeof text, "[70, 1, {\"progress\": true}, [%d]]", i);
        fake_heard(text);
    }
    fake_heard("[70, 1, {}, [\"done\"]]");
}

/* spec: B-106 */
TEST(a_paused_stream_holds_its_worker)
{
    fake_queue("[68, 1, 102, {\"receive_progress\": true}]");
    fake_queue("[320, 68, 1, {\"stop\": true}]");
    wamp_step(fake.peer);
    for (int i = 0; i < 1000; i++)
        wamp_step(fake.peer);
    fake_silent();
    fake_says("[320, 68, 1, {\"stop\": false}]");
    serve();
    fake_heard("[70, 1, {\"progress\": true}, [1]]");
}

TEST(a_worker_receives_a_stream)
{
    fake_says("[68, 1, 103, {\"progress\": true}, [1]]");
    for (int i = 0; i < 1000; i++)
        fake_queue("[68, 1, 103, {\"progress\": true}, [1]]");
    fake_queue("[68, 1, 103, {}, [5]]");
    serve();
    fake_heard("[70, 1, {}, [1006]]");
    assert_int_equal(seen.rc, WAMP_E_STATE);
}

TEST(a_worker_may_be_called_per_chunk)
{
    fake_says("[68, 1, 107, {\"progress\": true}, [1]]");
    fake_says("[68, 1, 107, {\"progress\": true}, [2]]");
    fake_says("[68, 1, 107, {}, [0]]");
    serve();
    fake_heard("[70, 1, {}, [3]]");
    fake_says("[68, 2, 107, {\"progress\": true}, [1]]");
    fake_says("[69, 2, {\"mode\": \"kill\"}]");
    serve();
    fake_heard("[8, 68, 2, {}, \"wamp.error.canceled\", [_]]");
    assert_true(seen.canceled <= 1);
}

/* spec: A-CAN-07 */
TEST(an_interrupt_reaches_a_worker)
{
    fake_says("[68, 1, 104, {}]");
    serve_until_running(1);
    fake_says("[69, 1, {\"mode\": \"kill\"}]");
    serve();
    assert_int_equal(seen.canceled, 1);
    fake_heard("[8, 68, 1, {}, \"wamp.error.canceled\", [_]]");
    fake_says("[68, 2, 104, {}]");
    serve_until_running(2);
    fake_says("[69, 2, {}]");
    serve();
    fake_silent();
}

TEST(what_waits_for_a_worker_can_be_canceled)
{
    fake_says("[68, 1, 104, {}]");
    fake_says("[68, 2, 104, {}]");
    serve_until_running(2);
    fake_says("[68, 3, 104, {}]");
    fake_says("[69, 3, {\"mode\": \"kill\"}]");
    fake_heard("[8, 68, 3, {}, \"wamp.error.canceled\", [_]]");
    assert_int_equal(seen.running, 2);
}

TEST(too_many_waiting_are_given_back)
{
    char text[64];
    fake_says("[68, 1, 104, {}]");
    fake_says("[68, 2, 104, {}]");
    serve_until_running(2);
    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof text, "[68, %d, 104, {}]", i + 3);
        fake_queue(text);
    }
    while (wamp_next_deadline(fake.peer) == 0)
        wamp_step(fake.peer);
    fake_silent();
    fake_says("[68, 1003, 104, {}]");
    fake_heard("[8, 68, 1003, {}, \"wamp.error.unavailable\", [_]]");
}

TEST(a_worker_must_not_use_the_peer)
{
    fake_says("[68, 1, 106, {}]");
    serve();
    fake_heard("[8, 68, 1, {}, \"com.x\", [\"WAMP_E_STATE\"]]");
}

TEST(closing_cancels_the_workers)
{
    for (int i = 1; i <= 4; i++) {
        char text[64];
        snprintf(text, sizeof text, "[68, %d, 104, {}]", i);
        fake_says(text);
    }
    fake_says("[68, 9, 103, {\"progress\": true}, [1]]");
    serve_until_running(2);
    fake_end();
    assert_int_equal(seen.canceled, 2);
    assert_int_equal(seen.running, 2);
}

TEST(a_lost_session_cancels_the_workers)
{
    fake_says("[68, 1, 104, {}]");
    fake_says("[68, 2, 103, {\"progress\": true}, [1]]");
    serve_until_running(2);
    fake_forget();
    fake.broken = true;
    wamp_step(fake.peer);
    serve();
    assert_int_equal(seen.canceled, 1);
    assert_int_equal(seen.rc, WAMP_E_LOST);
    fake_silent();
}

/* --- posts --------------------------------------------------------------------------------------------------- */

static void posted(void *arg, wamp_peer *p)
{
    assert_ptr_equal(p, fake.peer);
    assert_true(pthread_equal(*(pthread_t *)arg, pthread_self()));
    seen.finished++;
}

static void *post_some(void *arg)
{
    for (int i = 0; i < 1000; i++)
        assert_int_equal(wamp_post(fake.peer, posted, arg), WAMP_OK);
    return NULL;
}

static bool all_posted(void *arg)
{
    (void)arg;
    return seen.finished == 4000;
}

TEST(posts_run_on_the_peers_thread)
{
    pthread_t self = pthread_self(), threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, post_some, &self);
    wamp_peer_enter(fake.peer);
    wamp_wait(fake.peer, all_posted, NULL, WAMP_NEVER);
    wamp_peer_leave(fake.peer);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(seen.finished, 4000);
}

static void stop_it(void *arg, wamp_peer *p)
{
    (void)arg;
    seen.thread = pthread_self();
    seen.finished++;
    wamp_stop(p);
}

TEST(a_peer_may_have_a_thread_of_its_own)
{
    fake.polite = true;
    assert_int_equal(wamp_start(fake.peer), WAMP_OK);
    assert_int_equal(wamp_step(fake.peer), WAMP_E_STATE);
    assert_int_equal(wamp_post(fake.peer, stop_it, NULL), WAMP_OK);
    while (!seen.finished)
        sched_yield();
    wamp_close(fake.peer);
    fake.peer = NULL;
    assert_int_equal(seen.finished, 1);
    assert_false(pthread_equal(seen.thread, pthread_self()));
}

TEST(a_stopped_run_returns)
{
    wamp_after(fake.peer, 0, stop_it, NULL, NULL);
    assert_int_equal(wamp_run(fake.peer), WAMP_OK);
    assert_int_equal(seen.finished, 1);
}

static void interrupt_it(void *arg, wamp_peer *p)
{
    (void)arg;
    (void)p;
    raise(SIGTERM);
}

TEST(a_signal_ends_a_run)
{
    fake.polite = true;  /* what is registered is taken back first */
    wamp_after(fake.peer, 0, interrupt_it, NULL, NULL);
    assert_int_equal(wamp_run(fake.peer), WAMP_OK);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
RUN_TESTS(T(a_worker_answers), T(a_worker_streams_in_order), T(a_paused_stream_holds_its_worker),
          T(a_worker_receives_a_stream), T(a_worker_may_be_called_per_chunk), T(an_interrupt_reaches_a_worker),
          T(what_waits_for_a_worker_can_be_canceled), T(too_many_waiting_are_given_back),
          T(a_worker_must_not_use_the_peer), T(closing_cancels_the_workers), T(a_lost_session_cancels_the_workers),
          T(posts_run_on_the_peers_thread), T(a_peer_may_have_a_thread_of_its_own), T(a_stopped_run_returns),
          T(a_signal_ends_a_run))
