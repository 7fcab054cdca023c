/* A peer that retires without a failed call: asked by the program, by a signal, by a call. */
#include "client/peer.h"

#include "tests/lib/fake_router.h"
#include "tests/lib/test.h"

#include <semaphore.h>

static struct {
    wamp_chan *held;
    int drained;
    sem_t gate;
} seen;

static wamp_rc hold(void *self, wamp_chan *ch)
{
    (void)self;
    seen.held = ch;
    return wamp_hold(ch);
}

/* On a thread of the pool, until the gate opens. */
static wamp_rc wait_at_gate(void *self, wamp_chan *ch)
{
    (void)self;
    while (sem_wait(&seen.gate))
        ;
    return wamp_reply(ch, "s", "done");
}

/* Until a thread has taken what waited. */
static void await_idle_queue(void)
{
    bool waits = true;
    while (waits) {
        pthread_mutex_lock(&fake.peer->mailbox.lock);
        waits = fake.peer->pool.waiting;
        pthread_mutex_unlock(&fake.peer->mailbox.lock);
    }
}

static void open_gate(void *arg, wamp_peer *peer)
{
    (void)arg;
    (void)peer;
    sem_post(&seen.gate);
}

WAMP_SERVICE(Version, WAMP_RPC_AS("com.ex.version", hold, .invoke = WAMP_ROUNDROBIN), WAMP_RETIRE("com.ex.drain"));
WAMP_SERVICE(Worker, WAMP_RPC_AS("com.ex.work", wait_at_gate, .worker = true));

static void join(const wamp_opt *with)
{
    wamp_opt opt = with ? *with : (wamp_opt){0};
    opt.service = &Version;
    seen.held = NULL;
    seen.drained = 0;
    assert_true(fake_join(&opt));
    fake_heard("[64, 1, {\"invoke\": \"roundrobin\"}, \"com.ex.version\"]");
    fake_heard("[64, 2, {\"_doc\": \"retires this instance\"}, \"com.ex.drain.1234\"]");
    fake_says("[65, 1, 11]");
    fake_says("[65, 2, 12]");
    assert_true(wamp_is_joined(fake.peer));
    fake.polite = true;
}

static void on_drained(void *arg, wamp_peer *peer)
{
    (void)arg;
    assert_ptr_equal(peer, fake.peer);
    seen.drained++;
}

static const wamp_hooks hooks = {.on_drained = on_drained};

/* What has begun is finished; what comes is given back; the call that asked is answered last.
 * spec: seeds section 5, item 2; A-RRT-01 */
TEST(a_call_retires_an_instance)
{
    join(&(wamp_opt){.hooks = &hooks});
    fake_says("[68, 1, 11, {}]");
    fake_says("[68, 2, 12, {}]");
    fake_says("[68, 3, 11, {}]");
    fake_heard("[66, 3, 11]");
    fake_heard("[66, 4, 12]");
    fake_heard("[8, 68, 3, {}, \"wamp.error.unavailable\", [_]]");
    fake_silent();
    assert_int_equal(seen.drained, 0);
    wamp_reply(seen.held, "i", 7);
    wamp_step(fake.peer);
    fake_heard("[70, 1, {}, [7]]");
    fake_heard("[70, 2, {}, [0]]");
    assert_int_equal(seen.drained, 1);
    wamp_step(fake.peer);
    assert_int_equal(seen.drained, 1);
    assert_true(wamp_is_joined(fake.peer));
    fake_end();
}

TEST(without_a_hook_wamp_run_ends)
{
    join(NULL);
    fake_says("[68, 1, 12, {}]");
    wamp_step(fake.peer);
    assert_int_equal(wamp_run(fake.peer), WAMP_OK);
    fake_end();
}

TEST(what_does_not_finish_in_time_is_told)
{
    join(&(wamp_opt){.hooks = &hooks, .drain_ms = 100});
    fake_says("[68, 1, 11, {}]");
    fake_says("[68, 2, 12, {}]");
    fake_advance(99);
    assert_int_equal(seen.drained, 0);
    fake_forget();
    fake_advance(1);
    fake_heard("[70, 2, {}, [1]]");
    assert_int_equal(seen.drained, 1);
    fake_end();
}

TEST(who_asked_may_be_gone)
{
    join(&(wamp_opt){.hooks = &hooks});
    fake_says("[68, 1, 11, {}]");
    fake_says("[68, 2, 12, {}]");
    fake_says("[69, 2, {\"mode\": \"killnowait\"}]");
    wamp_reply(seen.held, "i", 7);
    fake_forget();
    wamp_step(fake.peer);
    fake_silent();
    assert_int_equal(seen.drained, 1);
    fake_end();
}

TEST(a_connection_lost_meanwhile_is_told_as_lost)
{
    join(&(wamp_opt){.hooks = &hooks, .reconnect = true});
    fake_says("[68, 1, 11, {}]");
    fake_says("[68, 2, 12, {}]");
    fake.broken = true;
    assert_int_equal(wamp_step(fake.peer), WAMP_E_LOST);
    fake_advance(60000);
    assert_int_equal(seen.drained, 0);
    assert_int_equal(fake.connections, 1);
    fake_end();
}

/* The next session has another id. */
TEST(a_name_per_session_follows_the_session)
{
    join(&(wamp_opt){.reconnect = true});
    fake.broken = true;
    wamp_step(fake.peer);
    fake_advance(60000);
    fake_forget();
    fake_says("[2, 99, " FAKE_DETAILS "]");
    fake_heard("[64, 1, _, \"com.ex.version\"]");
    fake_heard("[64, 2, _, \"com.ex.drain.99\"]");
    fake_end();
}

TEST(the_program_drains_once)
{
    join(NULL);
    wamp_drain_begin(fake.peer);
    wamp_drain_begin(fake.peer);
    fake_heard("[66, 3, 11]");
    fake_heard("[66, 4, 12]");
    fake_silent();
    assert_false(wamp_drain_is_over(fake.peer));
    assert_int_equal(wamp_drain(fake.peer, -1), WAMP_OK);
    assert_true(wamp_drain_is_over(fake.peer));
    fake_end();
}

/* One runs, the other has not begun: it is given back. */
TEST(workers_are_waited_for)
{
    sem_init(&seen.gate, 0, 0);
    assert_true(fake_join(&(wamp_opt){.service = &Worker, .workers = 1}));
    fake.polite = true;
    fake_says("[65, 1, 11]");
    fake_says("[68, 1, 11, {}]");
    await_idle_queue();
    fake_says("[68, 2, 11, {}]");
    fake_forget();
    wamp_after(fake.peer, 0, open_gate, NULL, NULL);
    assert_int_equal(wamp_drain(fake.peer, -1), WAMP_OK);
    fake_heard("[8, 68, 2, {}, \"wamp.error.unavailable\", [_]]");
    fake_heard("[66, 2, 11]");
    fake_heard("[70, 1, {}, [\"done\"]]");
    fake_heard("[6, {}, \"wamp.close.close_realm\"]");
    fake_end();
    sem_destroy(&seen.gate);
}

RUN_TESTS(cmocka_unit_test(a_call_retires_an_instance), cmocka_unit_test(without_a_hook_wamp_run_ends),
          cmocka_unit_test(what_does_not_finish_in_time_is_told), cmocka_unit_test(who_asked_may_be_gone),
          cmocka_unit_test(a_connection_lost_meanwhile_is_told_as_lost),
          cmocka_unit_test(a_name_per_session_follows_the_session), cmocka_unit_test(the_program_drains_once),
          cmocka_unit_test(workers_are_waited_for))
