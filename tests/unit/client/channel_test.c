/* The caller's channel: chunks out, progressive results in, and an end that comes once. */
#include "client/peer.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/fake_router.h"
#include "tests/lib/test.h"

static wamp_chan *ch;

static int setup(void **state)
{
    (void)state;
    fake_join(NULL);
    ch = wamp_channel(fake.peer, "up", NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fake_end();
    return 0;
}

static wamp_rc take(int64_t *value)
{
    wamp_val *v = NULL;
    wamp_rc rc = wamp_recv(ch, &v, 0);
    *value = wamp_int(v);
    wamp_drop(&v);
    return rc;
}

/* spec: A-PCI-01, S-37 */
TEST(chunks_share_one_request)
{
    int64_t n;
    assert_int_equal(wamp_recv(ch, NULL, 0), WAMP_E_STATE);
    assert_int_equal(wamp_send(ch, WAMP_MORE, "s", "hello"), WAMP_OK);
    fake_heard("[48, 1, {\"receive_progress\": true, \"progress\": true}, \"up\", [\"hello\"]]");
    assert_true(wamp_is_open(ch));
    fake_says("[50, 1, {\"progress\": true}, [1]]");
    assert_int_equal(take(&n), WAMP_MORE);
    assert_int_equal(n, 1);
    assert_int_equal(take(&n), WAMP_E_TIMEOUT);
    assert_int_equal(wamp_send(ch, WAMP_OK, "s", "rpc"), WAMP_OK);
    fake_heard("[48, 1, {\"receive_progress\": true}, \"up\", [\"rpc\"]]");
    assert_int_equal(wamp_send(ch, WAMP_MORE, ""), WAMP_E_STATE);
    fake_says("[50, 1, {\"progress\": true}, [2]]");
    fake_says("[50, 1, {}, [3]]");
    assert_false(wamp_is_open(ch));
    assert_int_equal(take(&n), WAMP_MORE);
    assert_int_equal(take(&n), WAMP_OK);
    assert_int_equal(n, 3);
    assert_int_equal(take(&n), WAMP_E_STATE);
    wamp_release(&ch);
    assert_null(ch);
}

TEST(receiving_waits)
{
    wamp_val *args, *kwargs, *details;
    wamp_send(ch, WAMP_OK, "");
    fake_queue("[36, 1, 1, {}]");
    fake_queue("[50, 1, {\"x\": 1}, [5], {\"k\": 6}]");
    fake.peer->offers.left[0] = 1;
    assert_int_equal(wamp_recvx(ch, &args, &kwargs, &details, -1), WAMP_OK);
    assert_int_equal(wamp_int(wamp_at(args, 0)), 5);
    assert_int_equal(wamp_int(wamp_key(kwargs, "k")), 6);
    assert_int_equal(wamp_int(wamp_key(details, "x")), 1);
    wamp_drop(&args);
    wamp_drop(&kwargs);
    wamp_drop(&details);
}

/* spec: S-09 */
TEST(an_error_comes_after_the_values)
{
    int64_t n;
    wamp_send(ch, WAMP_OK, "");
    fake_says("[50, 1, {\"progress\": true}, [1]]");
    fake_says("[8, 48, 1, {}, \"com.bad\", [\"boom\"]]");
    assert_int_equal(take(&n), WAMP_MORE);
    assert_int_equal(take(&n), WAMP_E_REMOTE);
    assert_string_equal(wamp_err(fake.peer)->message, "boom");
    assert_int_equal(wamp_send(ch, WAMP_OK, ""), WAMP_E_REMOTE);
}

/* spec: A-PCI-07 */
TEST(the_callee_may_end_a_call_before_the_last_chunk)
{
    int64_t n;
    wamp_send(ch, WAMP_MORE, "");
    fake_says("[50, 1, {}, [9]]");
    assert_int_equal(wamp_send(ch, WAMP_MORE, ""), WAMP_E_STATE);
    assert_int_equal(take(&n), WAMP_OK);
    assert_int_equal(n, 9);
}

/* spec: S-38, A-CAN-01 */
TEST(a_canceled_stream_gives_nothing_more)
{
    int64_t n;
    wamp_send(ch, WAMP_MORE, "");
    fake_forget();
    assert_int_equal(wamp_cancel(ch, WAMP_KILLNOWAIT), WAMP_OK);
    fake_heard("[49, 1, {\"mode\": \"killnowait\"}]");
    fake_says("[50, 1, {\"progress\": true}, [1]]");
    assert_int_equal(wamp_send(ch, WAMP_MORE, ""), WAMP_E_CANCELED);
    fake_says("[8, 48, 1, {}, \"wamp.error.canceled\"]");
    assert_int_equal(take(&n), WAMP_E_CANCELED);
    assert_int_equal(wamp_cancel(ch, WAMP_KILLNOWAIT), WAMP_E_STATE);
}

TEST(releasing_an_open_call_cancels_it)
{
    wamp_send(ch, WAMP_MORE, "");
    fake_forget();
    wamp_release(&ch);
    fake_heard("[49, 1, {\"mode\": \"killnowait\"}]");
    fake_says("[50, 1, {}, [1]]");
    fake_silent();
}

static void on_ready(void *arg, wamp_chan *c)
{
    (void)c;
    ++*(int *)arg;
}

static void release_it(void *arg, wamp_chan *c)
{
    (void)arg;
    (void)c;
    wamp_release(&ch);
}

TEST(readiness_is_told)
{
    int ready = 0;
    wamp_on_ready(ch, on_ready, &ready);
    wamp_send(ch, WAMP_MORE, "");
    fake_says("[50, 1, {\"progress\": true}, [1]]");
    assert_int_equal(ready, 1);
    fake_says("[320, 48, 1, {\"stop\": true}]");
    assert_int_equal(ready, 1);
    fake_says("[320, 48, 1, {\"stop\": false}]");
    assert_int_equal(ready, 2);
    fake_says("[50, 1, {}]");
    assert_int_equal(ready, 3);
}

/* spec: T-L2 */
TEST(a_channel_may_be_released_when_it_is_ready)
{
    wamp_on_ready(ch, release_it, NULL);
    wamp_send(ch, WAMP_OK, "");
    assert_int_equal(fake_says("[50, 1, {\"progress\": true}, [1]]"), WAMP_OK);
    assert_null(ch);
    assert_int_equal(fake_says("[50, 1, {}, [1]]"), WAMP_OK);
}

/* spec: B-106, S-40 */
TEST(a_paused_call_does_not_send)
{
    fake_end();
    fake_join(&(wamp_opt){.nonblocking = true});
    ch = wamp_channel(fake.peer, "up", NULL);
    wamp_send(ch, WAMP_MORE, "");
    fake_says("[320, 48, 1, {\"stop\": true}]");
    assert_int_equal(wamp_send(ch, WAMP_MORE, ""), WAMP_E_AGAIN);
    fake_says("[320, 48, 1, {\"stop\": false}]");
    assert_int_equal(wamp_send(ch, WAMP_OK, ""), WAMP_OK);
}

TEST(room_in_the_connection_is_told)
{
    int ready = 0;
    fake_end();
    fake_join(&(wamp_opt){.nonblocking = true, .max_queue = 1024});
    ch = wamp_channel(fake.peer, "up", NULL);
    wamp_on_ready(ch, on_ready, &ready);
    fake.congested = true;
    while (wamp_send(ch, WAMP_MORE, "s", "octets that fill the queue") == WAMP_OK)
        continue;
    wamp_step(fake.peer);
    assert_int_equal(ready, 0);
    fake.congested = false;
    wamp_step(fake.peer);
    assert_int_equal(ready, 1);
    fake.congested = true;
    while (wamp_send(ch, WAMP_MORE, "s", "octets that fill the queue") == WAMP_OK)
        continue;
    wamp_release(&ch);
    fake.congested = false;
    wamp_step(fake.peer);
    assert_int_equal(ready, 1);
}

static void many(int count)
{
    for (int i = 0; i < count; i++)
        fake_queue("[50, 1, {\"progress\": true}, [1]]");
}

TEST(a_full_queue_stops_the_reading)
{
    int64_t n;
    wamp_send(ch, WAMP_OK, "");
    many(200);
    fake_queue("[50, 1, {}, [2]]");
    wamp_step(fake.peer);
    wamp_step(fake.peer);
    for (int i = 0; i < 64; i++)
        assert_int_equal(take(&n), WAMP_MORE);
    assert_int_equal(take(&n), WAMP_E_TIMEOUT);
    for (int i = 64; i < 200; i++) {
        wamp_val *v = NULL;
        assert_int_equal(wamp_recv(ch, &v, -1), WAMP_MORE);
        wamp_drop(&v);
    }
    assert_int_equal(wamp_recv(ch, NULL, -1), WAMP_OK);
}

/* What else the peer waits for may stand behind the values that nobody takes: it reads on, up to a limit. */
TEST(a_full_queue_does_not_hold_up_a_call)
{
    wamp_val *v = NULL;
    int64_t n;
    wamp_send(ch, WAMP_OK, "");
    many(200);
    fake_queue("[50, 2, {}, [7]]");
    assert_int_equal(wamp_call(fake.peer, "other", &v, ""), WAMP_OK);
    assert_int_equal(wamp_int(v), 7);
    wamp_drop(&v);
    for (int i = 0; i < 200; i++)
        assert_int_equal(take(&n), WAMP_MORE);
}

TEST(a_stream_whose_reader_stays_away_ends)
{
    int64_t n;
    wamp_send(ch, WAMP_OK, "");
    fake_forget();
    many(2000);
    fake_queue("[50, 2, {}, [7]]");
    assert_int_equal(wamp_call(fake.peer, "other", NULL, ""), WAMP_OK);
    fake_heard("[48, 2, {}, \"other\"]");
    fake_heard("[49, 1, {\"mode\": \"killnowait\"}]");
    assert_int_equal(take(&n), WAMP_E_CANCELED);
    assert_string_equal(wamp_err(fake.peer)->message, "receiver too slow");
}

TEST(a_lost_session_ends_the_channel)
{
    int64_t n;
    wamp_send(ch, WAMP_MORE, "");
    fake.broken = true;
    wamp_step(fake.peer);
    assert_int_equal(take(&n), WAMP_E_LOST);
    assert_int_equal(wamp_send(ch, WAMP_OK, ""), WAMP_E_LOST);
    wamp_release(&ch);
}

TEST(the_two_ends_are_told_apart)
{
    assert_int_equal(wamp_reply(ch, ""), WAMP_E_STATE);
    assert_int_equal(wamp_hold(ch), WAMP_E_STATE);
    assert_int_equal(wamp_args(ch, ""), WAMP_E_STATE);
    assert_int_equal(wamp_pause(ch, 1), WAMP_E_STATE);
    assert_int_equal(wamp_set_options(ch, NULL), WAMP_E_STATE);
    assert_null(wamp_canceled(ch));
    assert_string_equal(wamp_procedure(ch), "");
    assert_ptr_equal(wamp_chan_peer(ch), fake.peer);
    wamp_chan_set_user(ch, &ch);
    assert_ptr_equal(wamp_chan_user(ch), &ch);
}

TEST(short_memory_ends_a_stream)
{
    fake_end();
    for_each_failure
    {
        if (fake_join(NULL) && wamp_is_joined(fake.peer)) {
            ch = wamp_channel(fake.peer, "up", &(wamp_callopt){.timeout_ms = 9, .ppt_scheme = NULL});
            if (ch && !wamp_send(ch, WAMP_MORE, "s", "x")) {
                fake_says("[50, 1, {\"progress\": true}, [1, [2]]]");
                fake_says("[50, 1, {}, [1]]");
                assert_false(wamp_is_open(ch));
            }
            wamp_release(&ch);
        }
        fake_end();
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
RUN_TESTS(T(chunks_share_one_request), T(receiving_waits), T(an_error_comes_after_the_values),
          T(the_callee_may_end_a_call_before_the_last_chunk), T(a_canceled_stream_gives_nothing_more),
          T(releasing_an_open_call_cancels_it), T(readiness_is_told),
          T(a_channel_may_be_released_when_it_is_ready), T(a_paused_call_does_not_send), T(room_in_the_connection_is_told),
          T(a_full_queue_stops_the_reading), T(a_full_queue_does_not_hold_up_a_call),
          T(a_stream_whose_reader_stays_away_ends), T(a_lost_session_ends_the_channel),
          T(the_two_ends_are_told_apart), T(short_memory_ends_a_stream))
