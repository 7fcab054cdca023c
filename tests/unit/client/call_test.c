/* Calls and publications, from the caller's side. */
#include "client/peer.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/fake_router.h"
#include "tests/lib/test.h"

#include <stdio.h>

static struct {
    unsigned done, progress;
    wamp_rc rc;
    int64_t value;
    char uri[64], message[128];
} seen;

static void on_done(void *arg, wamp_rc rc, const wamp_result *result, const wamp_error *error)
{
    (void)arg;
    seen.done++;
    seen.rc = rc;
    assert_true((rc == WAMP_OK) == (result != NULL));
    assert_true((rc == WAMP_OK) == (error == NULL));
    seen.value = result ? wamp_int(wamp_at(result->args, 0)) : 0;
    snprintf(seen.uri, sizeof seen.uri, "%s", error && error->uri ? error->uri : "");
    snprintf(seen.message, sizeof seen.message, "%s", error ? error->message : "");
}

static void on_progress(void *arg, const wamp_result *result)
{
    (void)arg;
    seen.progress++;
    seen.value = wamp_int(wamp_at(result->args, 0));
}

static int setup(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    fake_join(NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fake_end();
    return 0;
}

static wamp_rc start(const wamp_callopt *opt, uint64_t *id)
{
    return wamp_callx_async(fake.peer, "com.x", opt, on_done, NULL, id, "i", 1);
}

/* --- blocking ------------------------------------------------------------------------------------------------ */

TEST(a_call_returns_the_first_result)
{
    wamp_val *v = NULL;
    fake_queue("[50, 1, {}, [7, 8]]");
    assert_int_equal(wamp_call(fake.peer, "com.ex.add", &v, "ii name:s", 3, 4, "x"), WAMP_OK);
    fake_heard("[48, 1, {}, \"com.ex.add\", [3, 4], {\"name\": \"x\"}]");
    assert_int_equal(wamp_int(v), 7);
    wamp_drop(&v);
}

TEST(no_result_is_null)
{
    wamp_val *v = NULL;
    fake_queue("[50, 1, {}]");
    assert_int_equal(wamp_call(fake.peer, "com.x", &v, ""), WAMP_OK);
    fake_heard("[48, 1, {}, \"com.x\"]");
    assert_int_equal(wamp_type(v), WAMP_T_NULL);
    assert_non_null(v);
    wamp_drop(&v);
}

TEST(all_of_a_result_can_be_had)
{
    wamp_val *args, *kwargs, *details;
    const wamp_callopt opt = {.timeout_ms = 500, .disclose_me = true, .details = &details};
    fake_queue("[50, 1, {\"callee\": 9}, [1], {\"k\": 2}]");
    assert_int_equal(wamp_callx(fake.peer, "com.x", &opt, &args, &kwargs, ""), WAMP_OK);
    fake_heard("[48, 1, {\"timeout\": 500, \"disclose_me\": true}, \"com.x\"]");
    assert_int_equal(wamp_int(wamp_at(args, 0)), 1);
    assert_int_equal(wamp_int(wamp_key(kwargs, "k")), 2);
    assert_int_equal(wamp_int(wamp_key(details, "callee")), 9);
    wamp_drop(&args);
    wamp_drop(&kwargs);
    wamp_drop(&details);
}

TEST(an_error_is_described)
{
    wamp_val *v = (wamp_val *)1;
    fake_queue("[8, 48, 1, {\"callee\": 77}, \"com.ex.bad\", [\"boom\"], {\"code\": 1000, \"traceback\": [\"a\", "
               "\"b\"]}]");
    assert_int_equal(wamp_call(fake.peer, "com.x", &v, ""), WAMP_E_REMOTE);
    assert_null(v);
    const wamp_error *e = wamp_err(fake.peer);
    assert_string_equal(e->uri, "com.ex.bad");
    assert_string_equal(e->message, "boom");
    assert_string_equal(e->origin, "77");
    assert_string_equal(e->traceback, "a\nb");
    assert_int_equal(wamp_int(wamp_key(e->kwargs, "code")), 1000);
}

/* spec: S-23: wampy's errors have no positional argument */
TEST(the_message_may_be_a_keyword_argument)
{
    fake_queue("[8, 48, 1, {}, \"get_foo\", [], {\"message\": \"no good\"}]");
    assert_int_equal(wamp_call(fake.peer, "com.x", NULL, ""), WAMP_E_REMOTE);
    assert_string_equal(wamp_err(fake.peer)->message, "no good");
    assert_string_equal(wamp_err(fake.peer)->origin, "undisclosed");
}

static void count_progress(void *arg, const wamp_result *r)
{
    *(int64_t *)arg = *(int64_t *)arg * 10 + wamp_int(wamp_at(r->args, 0));
}

/* spec: A-PCR-01, A-PCR-12, T-28 */
TEST(progress_comes_before_the_result)
{
    int64_t order = 0;
    wamp_val *args;
    const wamp_callopt opt = {.on_progress = count_progress, .progress_arg = &order};
    fake_queue("[50, 1, {\"progress\": true}, [1]]");
    fake_queue("[50, 1, {\"progress\": true}, [2]]");
    fake_queue("[50, 1, {}, [3]]");
    assert_int_equal(wamp_callx(fake.peer, "com.x", &opt, &args, NULL, ""), WAMP_OK);
    fake_heard("[48, 1, {\"receive_progress\": true}, \"com.x\"]");
    assert_int_equal(order, 12);
    assert_int_equal(wamp_int(wamp_at(args, 0)), 3);
    wamp_drop(&args);
}

TEST(a_remote_joins_prefix_and_name)
{
    fake_queue("[50, 1, {}, [7]]");
    assert_int_equal(wamp_rcall(wamp_remote(fake.peer, "math.addition"), "add", NULL, "ii", 3, 4), WAMP_OK);
    fake_heard("[48, 1, {}, \"math.addition.add\", [3, 4]]");
}

/* spec: B-053, B-102 */
TEST(what_cannot_be_sent_is_not)
{
    wamp_val *v;
    wamp_val *options = wamp_build("{timeout:i}", 5);
    assert_int_equal(wamp_call(fake.peer, "com.x", &v, "i", "text"), WAMP_E_ARGS);
    assert_int_equal(wamp_call(fake.peer, "not a uri", &v, ""), WAMP_E_ARGS);
    assert_int_equal(wamp_call(fake.peer, "", &v, ""), WAMP_E_ARGS);
    assert_int_equal(wamp_call(fake.peer, NULL, &v, ""), WAMP_E_ARGS);
    assert_int_equal(wamp_call(fake.peer, "com.x", &v, "d", 1.0 / 0.0), WAMP_E_ARGS);
    assert_int_equal(start(&(wamp_callopt){.timeout_ms = 3, .options = options}, NULL), WAMP_E_ARGS);
    fake.takes = 20;
    assert_int_equal(wamp_call(fake.peer, "com.x", &v, "s", "longer than twenty octets"), WAMP_E_TOOBIG);
    fake_silent();
    fake.takes = 0;
    fake_queue("[50, 1, {}]");
    assert_int_equal(wamp_call(fake.peer, "com.x", &v, ""), WAMP_OK);  /* no id was consumed. spec: B-102 */
    wamp_drop(&v);
    wamp_drop(&options);
}

/* spec: A-PPT-02, A-PPT-10, S-15 */
TEST(passthru_carries_one_binary)
{
    const wamp_callopt opt = {.ppt_scheme = "x_proto", .ppt_serializer = "protobuf"};
    wamp_val *args;
    fake_queue("[50, 1, {}]");
    assert_int_equal(wamp_callx(fake.peer, "com.x", &opt, &args, NULL, "y", "\1\2", 2), WAMP_OK);
    fake_heard("[48, 1, {\"ppt_scheme\": \"x_proto\", \"ppt_serializer\": \"protobuf\"}, \"com.x\", [_]]");
    wamp_drop(&args);
    assert_int_equal(wamp_callx(fake.peer, "com.x", &opt, &args, NULL, "s", "text"), WAMP_E_ARGS);
    assert_int_equal(wamp_callx(fake.peer, "com.x", &opt, &args, NULL, "yy", "a", 1, "b", 1), WAMP_E_ARGS);
    assert_int_equal(wamp_callx(fake.peer, "com.x", &opt, &args, NULL, "y k:i", "a", 1, 1), WAMP_E_ARGS);
}

/* spec: A-FEAT-04 */
TEST(what_the_router_does_not_know_is_refused_here)
{
    teardown(NULL);
    fake_begin(NULL);
    fake_says("[2, 1, {\"roles\": {\"dealer\": {}, \"broker\": {}}}]");
    fake_forget();
    assert_int_equal(start(&(wamp_callopt){.ppt_scheme = "x_y"}, NULL), WAMP_E_ARGS);
    wamp_chan *ch = wamp_channel(fake.peer, "com.x", NULL);
    assert_int_equal(wamp_send(ch, WAMP_MORE, "i", 1), WAMP_E_STATE);
    fake_silent();
    assert_int_equal(start(&(wamp_callopt){.timeout_ms = 50}, NULL), WAMP_OK);
    fake_heard("[48, 1, {}, \"com.x\", [1]]");  /* a dealer that keeps no timeouts is not bothered with one */
    fake_advance(50);
    assert_int_equal(seen.rc, WAMP_E_TIMEOUT);
    fake_silent();
    wamp_release(&ch);
}

/* --- asynchronous -------------------------------------------------------------------------------------------- */

/* spec: B-048, B-087 */
TEST(answers_come_in_any_order)
{
    assert_int_equal(start(NULL, NULL), WAMP_OK);
    assert_int_equal(start(NULL, NULL), WAMP_OK);
    fake_heard("[48, 1, {}, \"com.x\", [1]]");
    fake_heard("[48, 2, {}, \"com.x\", [1]]");
    fake_says("[50, 2, {}, [22]]");
    assert_int_equal(seen.value, 22);
    fake_says("[8, 48, 1, {}, \"com.bad\"]");
    assert_int_equal(seen.rc, WAMP_E_REMOTE);
    assert_int_equal(seen.done, 2);
}

/* spec: B-038, T-01, T-28 */
TEST(nothing_comes_after_the_end_of_a_call)
{
    start(NULL, NULL);
    fake_says("[50, 1, {}, [1]]");
    fake_forget();
    assert_int_equal(fake_says("[50, 1, {}, [2]]"), WAMP_OK);
    assert_int_equal(fake_says("[8, 48, 1, {}, \"com.x\"]"), WAMP_OK);
    assert_int_equal(fake_says("[50, 1, {\"progress\": true}, [2]]"), WAMP_OK);
    assert_int_equal(seen.done, 1);
    fake_silent();
}

/* spec: B-034 */
TEST(an_answer_of_the_wrong_kind_is_a_violation)
{
    start(NULL, NULL);
    fake_forget();
    fake_says("[65, 1, 5]");
    fake_heard("[3, _, \"wamp.error.protocol_violation\"]");
    assert_int_equal(seen.rc, WAMP_E_LOST);
    assert_int_equal(seen.done, 1);
}

/* spec: S-51, aiomas 40 */
TEST(a_lost_connection_ends_every_call_once)
{
    for (int i = 0; i < 3; i++)
        start(NULL, NULL);
    fake.broken = true;
    assert_int_equal(wamp_step(fake.peer), WAMP_E_LOST);
    assert_int_equal(seen.done, 3);
    assert_int_equal(seen.rc, WAMP_E_LOST);
    assert_int_equal(start(NULL, NULL), WAMP_E_LOST);
}

/* spec: A-TMO-01, S-27 */
TEST(the_routers_timeout_comes_first)
{
    start(&(wamp_callopt){.timeout_ms = 500}, NULL);
    fake_forget();
    fake_advance(520);
    assert_int_equal(seen.done, 0);
    fake_says("[8, 48, 1, {}, \"wamp.error.timeout\", [\"too late\"]]");
    assert_int_equal(seen.rc, WAMP_E_TIMEOUT);
    assert_string_equal(seen.uri, "wamp.error.timeout");
    fake_silent();
}

/* spec: A-TMO-10 */
TEST(a_router_that_forgets_the_timeout_is_not_waited_for)
{
    start(&(wamp_callopt){.timeout_ms = 500}, NULL);
    fake_forget();
    fake_advance(1499);
    assert_int_equal(seen.done, 0);
    fake_advance(1);
    assert_int_equal(seen.rc, WAMP_E_TIMEOUT);
    fake_heard("[49, 1, {}]");
    fake_says("[50, 1, {}, [1]]");
    assert_int_equal(seen.done, 1);
}

/* spec: A-PCR-11 */
TEST(with_progress_the_timeout_is_between_two_values)
{
    start(&(wamp_callopt){.timeout_ms = 500, .on_progress = on_progress}, NULL);
    for (int i = 0; i < 5; i++) {
        fake_advance(1400);
        fake_says("[50, 1, {\"progress\": true}, [1]]");
    }
    assert_int_equal(seen.progress, 5);
    assert_int_equal(seen.done, 0);
    fake_advance(1500);
    assert_int_equal(seen.rc, WAMP_E_TIMEOUT);
}

/* spec: A-CAN-01, S-34 */
TEST(a_canceled_call_ends_with_the_routers_word)
{
    uint64_t id;
    start(NULL, &id);
    fake_forget();
    assert_int_equal(wamp_cancel_call(fake.peer, id, WAMP_SKIP), WAMP_OK);
    fake_heard("[49, 1, {\"mode\": \"skip\"}]");
    assert_int_equal(seen.done, 0);
    fake_says("[8, 48, 1, {}, \"wamp.error.canceled\"]");
    assert_int_equal(seen.rc, WAMP_E_CANCELED);
    assert_int_equal(wamp_cancel_call(fake.peer, id, WAMP_SKIP), WAMP_E_STATE);
}

/* spec */
TEST(canceling_is_spelled_both_ways)
{
    uint64_t id;
    teardown(NULL);
    fake_begin(NULL);
    fake_says("[2, 1, {\"roles\": {\"dealer\": {\"features\": {\"call_cancelling\": true}}}}]");
    start(NULL, &id);
    fake_forget();
    wamp_cancel_call(fake.peer, id, WAMP_SKIP);
    fake_heard("[49, 1, {\"mode\": \"skip\"}]");
    fake_says("[8, 48, 1, {}, \"wamp.error.cancelled\"]");
    assert_int_equal(seen.rc, WAMP_E_CANCELED);
}

/* spec: T-01 */
TEST(a_result_may_win_against_the_cancel)
{
    uint64_t id;
    start(NULL, &id);
    wamp_cancel_call(fake.peer, id, WAMP_KILL);
    fake_says("[50, 1, {}, [5]]");
    assert_int_equal(seen.rc, WAMP_OK);
    assert_int_equal(seen.value, 5);
}

/* spec: T-05 */
TEST(with_kill_the_callees_own_error_comes)
{
    uint64_t id;
    start(NULL, &id);
    wamp_cancel_call(fake.peer, id, WAMP_KILL);
    fake_says("[8, 48, 1, {}, \"com.x\", [\"y\"]]");
    assert_int_equal(seen.rc, WAMP_E_REMOTE);
    assert_string_equal(seen.uri, "com.x");
}

TEST(a_cancel_that_is_not_answered_ends_all_the_same)
{
    uint64_t id;
    start(NULL, &id);
    wamp_cancel_call(fake.peer, id, WAMP_KILLNOWAIT);
    fake_advance(5000);
    assert_int_equal(seen.rc, WAMP_E_CANCELED);
}

/* spec: S-50: canceled by the router, not by us */
TEST(a_callee_that_vanishes_is_a_remote_error)
{
    start(NULL, NULL);
    fake_says("[8, 48, 1, {}, \"wamp.error.canceled\", [\"callee disconnected\"]]");
    assert_int_equal(seen.rc, WAMP_E_REMOTE);
    assert_string_equal(seen.message, "callee disconnected");
}

TEST(nobody_waits_for_a_call_without_waiting)
{
    assert_int_equal(wamp_call_nowait(fake.peer, "com.x", "i", 2), WAMP_OK);
    fake_heard("[48, 1, {}, \"com.x\", [2]]");
    assert_int_equal(fake_says("[50, 1, {}, [1]]"), WAMP_OK);
    assert_int_equal(wamp_call_nowait(fake.peer, "com.x", ""), WAMP_OK);
    assert_int_equal(fake_says("[8, 48, 2, {}, \"com.x\"]"), WAMP_OK);
}

static void close_peer(void *arg, wamp_rc rc, const wamp_result *r, const wamp_error *e)
{
    (void)rc;
    (void)r;
    (void)e;
    if (fake.peer)
        wamp_close(arg);
    fake.peer = NULL;
}

/* spec: T-L2 */
TEST(a_peer_may_be_closed_when_a_call_ends)
{
    wamp_peer *p = fake.peer;
    start(NULL, NULL);
    wamp_call_async(p, "com.x", close_peer, p, "");
    start(NULL, NULL);
    fake_queue("[50, 2, {}]");
    wamp_step(p);
    assert_null(fake.peer);
    assert_int_equal(seen.done, 2);
    assert_int_equal(seen.rc, WAMP_E_LOST);
}

static int innermost;

static void call_again(void *arg, const wamp_event *ev)
{
    int *depth = arg;
    ++*depth;
    if (wamp_may_wait())
        fake_queue("[36, 5, 1, {}]");
    else
        fake.broken = true;
    wamp_rc rc = wamp_call(ev->peer, "com.x", NULL, "");
    if (rc == WAMP_E_STATE)
        innermost = *depth;
    else
        assert_int_equal(rc, WAMP_E_LOST);
}

/* Handlers that wait run handlers that wait: the stack ends somewhere. */
TEST(blocking_calls_nest_only_so_deep)
{
    int depth = 0;
    fake_queue("[33, 1, 5]");
    assert_int_equal(wamp_subscribe(fake.peer, "t", call_again, &depth), WAMP_OK);
    fake_says("[36, 5, 1, {}]");
    assert_int_equal(innermost, 65);
}

/* --- publishing ---------------------------------------------------------------------------------------------- */

/* spec: B-045, B-048, B-074 */
TEST(a_publication_is_not_answered)
{
    assert_int_equal(wamp_publish(fake.peer, "com.t", NULL, "s k:i", "x", 1), WAMP_OK);
    fake_heard("[16, 1, {}, \"com.t\", [\"x\"], {\"k\": 1}]");
    assert_int_equal(wamp_publish(fake.peer, "com.t", NULL, ""), WAMP_OK);
    fake_heard("[16, 2, {}, \"com.t\"]");
    assert_int_equal(wamp_publish(fake.peer, "com.t", NULL, "k:i", 1), WAMP_OK);
    fake_heard("[16, 3, {}, \"com.t\", [], {\"k\": 1}]");
}

TEST(an_acknowledged_publication_is_waited_for)
{
    uint64_t id = 0;
    const wamp_pubopt opt = {.acknowledge = true, .publication = &id};
    fake_queue("[17, 1, 555]");
    assert_int_equal(wamp_publish(fake.peer, "com.t", &opt, ""), WAMP_OK);
    assert_int_equal(id, 555);
    fake_heard("[16, 1, {\"acknowledge\": true}, \"com.t\"]");
    fake_queue("[8, 16, 2, {}, \"wamp.error.not_authorized\", [\"no\"]]");
    assert_int_equal(wamp_publish(fake.peer, "com.t", &opt, ""), WAMP_E_REMOTE);
    assert_string_equal(wamp_err(fake.peer)->uri, "wamp.error.not_authorized");
}

TEST(publish_options_are_sent)
{
    wamp_val *ids = wamp_build("[ii]", 5, 6), *nobody = wamp_build("[]"), *names = wamp_build("[s]", "joe");
    const wamp_pubopt opt = {.include_me = true,
                             .disclose_me = true,
                             .retain = true,
                             .exclude = ids,
                             .eligible = nobody,
                             .eligible_authid = names};
    assert_int_equal(wamp_publish(fake.peer, "com.t", &opt, ""), WAMP_OK);
    fake_heard("[16, 1, {\"disclose_me\": true, \"retain\": true, \"exclude_me\": false, \"exclude\": [5, 6],"
               " \"eligible\": [], \"eligible_authid\": [\"joe\"]}, \"com.t\"]");
    const wamp_pubopt wrong = {.exclude = names};
    assert_int_equal(wamp_publish(fake.peer, "com.t", &wrong, ""), WAMP_E_ARGS);
    fake_silent();
    wamp_drop(&ids);
    wamp_drop(&nobody);
    wamp_drop(&names);
}

TEST(a_nonblocking_peer_does_not_wait_for_room)
{
    teardown(NULL);
    fake_join(&(wamp_opt){.nonblocking = true, .max_queue = 1024});
    fake.congested = true;
    wamp_rc rc = WAMP_OK;
    unsigned sent = 0;
    for (; !rc && sent < 1000; sent++)
        rc = wamp_publish(fake.peer, "com.t", NULL, "s", "some octets that fill the queue");
    assert_int_equal(rc, WAMP_E_AGAIN);
    assert_in_range(sent, 5, 50);
    fake.congested = false;
    wamp_step(fake.peer);
    assert_int_equal(wamp_publish(fake.peer, "com.t", NULL, ""), WAMP_OK);
}

/* --- timers -------------------------------------------------------------------------------------------------- */

static void count(void *arg, wamp_peer *p)
{
    (void)p;
    ++*(int *)arg;
}

TEST(a_timer_runs_once_or_is_forgotten)
{
    int runs = 0, never = 0;
    uint64_t id;
    assert_int_equal(wamp_after(fake.peer, 50, count, &runs, NULL), WAMP_OK);
    assert_int_equal(wamp_after(fake.peer, 20, count, &never, &id), WAMP_OK);
    assert_int_equal(wamp_next_deadline(fake.peer), 20);
    assert_int_equal(wamp_forget(fake.peer, id), WAMP_OK);
    assert_int_equal(wamp_next_deadline(fake.peer), 50);
    fake_advance(49);
    assert_int_equal(runs, 0);
    fake_advance(1);
    fake_advance(100);
    assert_int_equal(runs, 1);
    assert_int_equal(never, 0);
    assert_int_equal(wamp_forget(fake.peer, id), WAMP_E_STATE);
}

TEST(short_memory_is_an_error_code)
{
    teardown(NULL);
    for_each_failure
    {
        if (fake_join(NULL) && wamp_is_joined(fake.peer)) {
            wamp_val *v = NULL;
            seen.done = 0;
            uint64_t last = fake.peer->session.last_request;
            bool made = start(&(wamp_callopt){.timeout_ms = 100}, NULL) == WAMP_OK;
            if (made) {
                fake_says("[50, 1, {}, [1, {\"k\": [1, 2]}], {\"x\": \"y\"}]");
                assert_int_equal(seen.done, 1);
            }
            if (wamp_is_joined(fake.peer) && fake.peer->session.last_request == last + made) {
                fake_queue(made ? "[50, 2, {}, [1]]" : "[50, 1, {}, [1]]");
                wamp_call(fake.peer, "com.x", &v, "");
                wamp_drop(&v);
            }
            wamp_publish(fake.peer, "com.t", NULL, "s", "x");
        }
        fake_end();
    }
}

/* The clock stands still here: a wait would not end. */
TEST(what_does_not_block_does_not_wait_for_the_connection)
{
    fake_end();
    fake_begin(&(wamp_opt){.connect_wait_ms = 1000, .nonblocking = true});
    fake_forget();
    assert_int_equal(wamp_call_nowait(fake.peer, "com.x", ""), WAMP_E_LOST);
    assert_int_equal(wamp_call_async(fake.peer, "com.x", on_done, NULL, ""), WAMP_E_LOST);
    assert_int_equal(wamp_publish(fake.peer, "com.t", NULL, "s", "x"), WAMP_E_LOST);
    fake_silent();
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
RUN_TESTS(T(what_does_not_block_does_not_wait_for_the_connection),
          T(a_call_returns_the_first_result), T(no_result_is_null), T(all_of_a_result_can_be_had),
          T(an_error_is_described), T(the_message_may_be_a_keyword_argument), T(progress_comes_before_the_result),
          T(a_remote_joins_prefix_and_name), T(what_cannot_be_sent_is_not), T(passthru_carries_one_binary),
          T(what_the_router_does_not_know_is_refused_here), T(answers_come_in_any_order),
          T(nothing_comes_after_the_end_of_a_call), T(an_answer_of_the_wrong_kind_is_a_violation),
          T(a_lost_connection_ends_every_call_once), T(the_routers_timeout_comes_first),
          T(a_router_that_forgets_the_timeout_is_not_waited_for),
          T(with_progress_the_timeout_is_between_two_values), T(a_canceled_call_ends_with_the_routers_word),
          T(canceling_is_spelled_both_ways), T(a_result_may_win_against_the_cancel), T(with_kill_the_callees_own_error_comes),
          T(a_cancel_that_is_not_answered_ends_all_the_same), T(a_callee_that_vanishes_is_a_remote_error),
          T(nobody_waits_for_a_call_without_waiting), T(a_peer_may_be_closed_when_a_call_ends),
          T(blocking_calls_nest_only_so_deep), T(a_publication_is_not_answered),
          T(an_acknowledged_publication_is_waited_for), T(publish_options_are_sent),
          T(a_nonblocking_peer_does_not_wait_for_room), T(a_timer_runs_once_or_is_forgotten),
          T(short_memory_is_an_error_code))
