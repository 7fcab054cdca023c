/* The session against a router in memory, a hostile one more often than not. */
#include "client/peer.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/fake_router.h"
#include "tests/lib/test.h"

#include <stdio.h>

static struct {
    unsigned joined, lost, revoked;
    wamp_rc rc;
    bool again;
    char uri[128], message[256], revoked_uri[64];
} seen;

static void on_joined(void *arg, wamp_peer *p)
{
    (void)arg;
    (void)p;
    seen.joined++;
}

static void on_lost(void *arg, wamp_peer *p, const wamp_error *why, bool again)
{
    (void)arg;
    (void)p;
    seen.lost++;
    seen.rc = why->rc;
    seen.again = again;
    snprintf(seen.uri, sizeof seen.uri, "%s", why->uri ? why->uri : "");
    snprintf(seen.message, sizeof seen.message, "%s", why->message);
}

static void on_revoked(void *arg, wamp_peer *p, bool is_procedure, const char *uri, const char *reason)
{
    (void)arg;
    (void)p;
    (void)reason;
    seen.revoked += 1 + is_procedure;
    snprintf(seen.revoked_uri, sizeof seen.revoked_uri, "%s", uri);
}

static const wamp_hooks hooks = {.on_joined = on_joined, .on_lost = on_lost, .on_revoked = on_revoked};

static wamp_rc ok_proc(void *self, wamp_chan *ch)
{
    (void)self;
    return wamp_reply(ch, "");
}

static void on_event(void *self, const wamp_event *ev)
{
    (void)ev;
    ++*(int *)self;
}

static int setup(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fake_end();
    return 0;
}

/* --- opening ------------------------------------------------------------------------------------------------- */

/* spec: B-001, B-002, B-008, A-FEAT-01, A-AUTH-01, B-106 */
TEST(hello_announces_what_is_there)
{
    fake_begin(&(wamp_opt){.name = "me", .realm = "r.x"});
    fake_heard("[1, \"r.x\", {\"roles\": {\"caller\": {\"features\": {\"progressive_call_results\": true,"
               " \"progressive_call_invocations\": true, \"call_timeout\": true, \"call_canceling\": true, ...}},"
               " \"callee\": {\"features\": {\"call_reroute\": true, \"registration_revocation\": true, ...}},"
               " \"publisher\": _, \"subscriber\": _},"
               " \"agent\": \"me\", \"_wampd_flow\": true, \"authmethods\": [\"anonymous\"]}]");
    fake_silent();
}

TEST(welcome_opens_the_session)
{
    fake_join(&(wamp_opt){.hooks = &hooks});
    assert_true(wamp_is_joined(fake.peer));
    assert_int_equal(wamp_session_id(fake.peer), 1234);
    assert_int_equal(seen.joined, 1);
    assert_true(wamp_router_has(fake.peer, "dealer", "call_canceling"));
    assert_false(wamp_router_has(fake.peer, "dealer", "nonsense"));
    fake_silent();
}

/* spec: B-017 */
TEST(an_abort_is_a_refusal_and_not_answered)
{
    fake_begin(&(wamp_opt){.hooks = &hooks});
    fake_forget();
    assert_int_equal(fake_says("[3, {\"message\": \"no such realm\"}, \"wamp.error.no_such_realm\"]"),
                     WAMP_E_REFUSED);
    fake_silent();
    assert_int_equal(seen.rc, WAMP_E_REFUSED);
    assert_string_equal(seen.uri, "wamp.error.no_such_realm");
    assert_string_equal(seen.message, "no such realm");
    assert_false(seen.again);
}

/* spec: B-020 */
TEST(an_abort_may_carry_arguments)
{
    fake_begin(&(wamp_opt){.hooks = &hooks});
    fake_says("[3, {}, \"com.x\", [\"why\"], {\"k\": 1}]");
    assert_string_equal(seen.uri, "com.x");
    assert_string_equal(seen.message, "why");
}

TEST(opening_takes_only_so_long)
{
    fake_begin(&(wamp_opt){.hooks = &hooks, .open_timeout_ms = 500});
    assert_int_equal(wamp_next_deadline(fake.peer), 500);
    fake_advance(499);
    assert_int_equal(seen.lost, 0);
    assert_int_equal(fake_advance(1), WAMP_E_TIMEOUT);
    assert_int_equal(seen.rc, WAMP_E_TIMEOUT);
}

/* spec: A-FEAT-05, B-005, B-007, B-027, B-034, 0.3 */
TEST(anything_else_before_welcome_is_a_violation)
{
    static const char *const bad[] = {
        "[2, 1, {}]",
        "[2, 1, {\"roles\": {}}]",
        "[2, 1, {\"roles\": {\"caller\": {}}}]",
        "[2, 0, {\"roles\": {\"broker\": {}}}]",
        "[2, 9007199254740993, {\"roles\": {\"broker\": {}}}]",
        "[2, 1]",
        "[6, {}, \"wamp.close.normal\"]",
        "[36, 1, 1, {}]",
        "[68, 1, 1, {}]",
        "[50, 1, {}]",
        "[65, 1, 1]",
        "[8, 48, 1, {}, \"x\"]",
        "[1, \"realm1\", {}]",
        "[69, 1, {}]",
        "[99]",
        "[]",
        "{}",
        "nonsense",
        "",
        "[320, 48, 1, {}]",
        "[2, 1, {\"roles\": {\"broker\": {\"features\": {\"event_retention\": 1}}}}]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setup(NULL);
        fake_begin(&(wamp_opt){.hooks = &hooks});
        fake_forget();
        fake_says(bad[i]);
        fake_heard("[3, {\"message\": _}, \"wamp.error.protocol_violation\"]");
        assert_int_equal(seen.lost, 1);
        assert_int_equal(seen.rc, WAMP_E_LOST);
        assert_int_equal(fake.closed_with, 1002);
        fake_end();
    }
}

/* --- an open session ----------------------------------------------------------------------------------------- */

/* spec: A-CLO-04, B-013, B-031, B-034, B-038, B-039, B-040, B-041, B-042, B-044, B-047, B-106, T-07 */
TEST(a_router_that_breaks_the_protocol_is_left)
{
    static const char *const bad[] = {
        "[2, 1, {\"roles\": {\"broker\": {}}}]",
        "[4, \"ticket\", {}]",
        "[1, \"realm1\", {}]",
        "[48, 1, {}, \"x\"]",
        "[70, 1, {}]",
        "[16, 1, {}, \"x\"]",
        "[50, 1, {}]",
        "[17, 1, 1]",
        "[33, 7, 1]",
        "[65, 1, 1]",
        "[8, 48, 1, {}, \"x\"]",
        "[8, 68, 1, {}, \"x\"]",
        "[8, 49, 1, {}, \"x\"]",
        "[36, 5, 5, {}]",
        "[36, 5, 5, {\"topic\": 1}]",
        "[68, 0, 1, {}]",
        "[68, 1, 1, {}, {}]",
        "[68, 1, 1, {}, [], []]",
        "[68, 1, 1, {\"progress\": 1}]",
        "[68, 1, 1, {\"x\": 1, \"x\": 2}]",
        "[69, 1, {\"mode\": \"perhaps\"}]",
        "[320, 48, 9, {\"stop\": true}]",
        "[6, {}]",
        "[6, {}, \"x\", 1]",
        "[35, 3]",
        "[337, 1]",
        "[1024]",
        "[true]",
        "[50.0, 1, {}]",
        "[50, 1, {}",
        "[50, 1, {}] x",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setup(NULL);
        fake_join(&(wamp_opt){.hooks = &hooks});
        fake_says(bad[i]);
        fake_heard("[3, {\"message\": _}, \"wamp.error.protocol_violation\"]");
        fake_silent();
        assert_int_equal(seen.lost, 1);
        assert_int_equal(seen.rc, WAMP_E_LOST);
        fake_end();
    }
}

/* spec: B-043, A-CAN-08 */
TEST(what_is_only_strange_is_ignored)
{
    fake_join(NULL);
    assert_int_equal(fake_says("[69, 77, {}]"), WAMP_OK);
    assert_int_equal(fake_says("[69, 77, {\"mode\": \"kill\", \"x_new\": [1]}]"), WAMP_OK);
    assert_int_equal(fake_says("[67, 0, {\"registration\": 5}]"), WAMP_OK);
    assert_int_equal(fake_says("[35, 0, {\"subscription\": 5, \"reason\": \"x.y\"}]"), WAMP_OK);
    assert_int_equal(fake_says("[320, 68, 5, {\"stop\": true}]"), WAMP_OK);
    fake_silent();
}

TEST(flow_messages_need_the_agreement)
{
    fake_begin(&(wamp_opt){.hooks = &hooks});
    fake_says("[2, 1, {\"roles\": {\"broker\": {}}}]");
    fake_forget();
    fake_says("[320, 68, 5, {\"stop\": true}]");
    fake_heard("[3, _, \"wamp.error.protocol_violation\"]");
}

/* --- closing ------------------------------------------------------------------------------------------------- */

/* spec: B-021, B-022, B-023, B-029, A-CLO-01 */
TEST(draining_leaves_with_goodbye)
{
    fake_join(&(wamp_opt){.hooks = &hooks});
    fake.polite = true;
    assert_int_equal(wamp_drain(fake.peer, 100), WAMP_OK);
    fake_heard("[6, {}, \"wamp.close.close_realm\"]");
    fake_silent();
    assert_int_equal(seen.lost, 0);
    assert_int_equal(fake.closed_with, 1000);
}

/* spec: B-023 */
TEST(after_goodbye_everything_else_is_ignored)
{
    fake_join(&(wamp_opt){.hooks = &hooks});
    fake_queue("[36, 5, 5, {}]");
    fake_queue("[68, 5, 5, {}]");
    fake_queue("nonsense");
    fake_queue("[8, 48, 5, {}, \"x\"]");
    fake_queue("[6, {}, \"wamp.close.goodbye_and_out\"]");
    wamp_session_goodbye(fake.peer, "wamp.close.close_realm");
    wamp_step(fake.peer);
    fake_heard("[6, {}, \"wamp.close.close_realm\"]");
    fake_silent();
    assert_false(wamp_is_joined(fake.peer));
    assert_int_equal(fake.closed_with, 1000);
}

/* spec: B-024, T-02 */
TEST(simultaneous_goodbyes_are_each_others_answer)
{
    fake_join(NULL);
    wamp_session_goodbye(fake.peer, "wamp.close.close_realm");
    fake_says("[6, {}, \"wamp.close.system_shutdown\"]");
    fake_heard("[6, {}, \"wamp.close.close_realm\"]");
    fake_silent();
}

TEST(a_router_that_does_not_answer_goodbye_is_left_all_the_same)
{
    fake_join(&(wamp_opt){.close_timeout_ms = 300});
    wamp_session_goodbye(fake.peer, "wamp.close.close_realm");
    assert_int_equal(fake_advance(299), WAMP_OK);
    assert_int_equal(fake_advance(1), WAMP_E_LOST);
}

/* spec: B-021 */
TEST(the_routers_goodbye_is_answered_once)
{
    fake_join(&(wamp_opt){.hooks = &hooks});
    fake_says("[6, {\"message\": \"see you\"}, \"wamp.close.system_shutdown\"]");
    fake_heard("[6, {}, \"wamp.close.goodbye_and_out\"]");
    fake_silent();
    assert_int_equal(seen.rc, WAMP_E_LOST);
    assert_string_equal(seen.uri, "wamp.close.system_shutdown");
    assert_string_equal(seen.message, "see you");
}

/* spec: B-019 */
TEST(an_abort_ends_an_open_session)
{
    fake_join(&(wamp_opt){.hooks = &hooks});
    fake_says("[3, {}, \"wamp.close.killed\"]");
    fake_silent();
    assert_int_equal(seen.rc, WAMP_E_LOST);
    assert_string_equal(seen.uri, "wamp.close.killed");
}

/* --- coming back --------------------------------------------------------------------------------------------- */

/* spec: S-51, T-R2 */
TEST(a_lost_peer_comes_back_with_all_it_offers)
{
    int events = 0;
    const wamp_member news = {.kind = WAMP_MEMBER_SUBSCRIBE, .uri = "news", .on_event = on_event};
    fake_join(&(wamp_opt){.hooks = &hooks, .reconnect = true});
    fake_queue("[65, 1, 11]");
    assert_int_equal(wamp_register(fake.peer, "add", ok_proc, NULL), WAMP_OK);
    fake_queue("[33, 2, 12]");
    assert_int_equal(wamp_offer(fake.peer, &news, &events), WAMP_OK);
    fake_forget();
    fake.broken = true;
    wamp_step(fake.peer);
    assert_int_equal(seen.lost, 1);
    assert_true(seen.again);
    assert_int_equal(wamp_session_id(fake.peer), 0);
    assert_in_range(wamp_next_deadline(fake.peer), 0, 100);
    fake_advance(100);
    fake_heard("[1, \"realm1\", _]");
    fake_says("[2, 99, " FAKE_DETAILS "]");
    fake_heard("[64, 1, {}, \"add\"]");
    fake_heard("[32, 2, {}, \"news\"]");
    assert_int_equal(seen.joined, 1);
    fake_says("[65, 1, 21]");
    fake_says("[33, 2, 22]");
    assert_int_equal(seen.joined, 2);
    assert_int_equal(wamp_session_id(fake.peer), 99);
    fake_says("[36, 22, 1, {}]");
    assert_int_equal(events, 1);
}

TEST(attempts_back_off_with_jitter_up_to_a_limit)
{
    fake_join(&(wamp_opt){.hooks = &hooks, .reconnect = true});
    fake.refuses = true;
    fake.broken = true;
    wamp_step(fake.peer);
    int longest = 0;
    for (int i = 0; i < 40; i++) {
        int wait = wamp_next_deadline(fake.peer);
        longest = wait > longest ? wait : longest;
        assert_in_range(wait, 0, 30000);
        fake_advance(wait);
    }
    assert_true(longest > 1000);
    assert_int_equal(fake.connections, 41);
}

TEST(who_was_thrown_out_does_not_come_back)
{
    fake_join(&(wamp_opt){.hooks = &hooks, .reconnect = true});
    assert_int_equal(fake_says("[6, {}, \"wamp.close.killed\"]"), WAMP_E_LOST);
    assert_false(seen.again);
    assert_int_equal(wamp_next_deadline(fake.peer), -1);
}

TEST(a_refused_offer_ends_the_session_with_the_reason)
{
    static const wamp_member members[] = {{.kind = WAMP_MEMBER_RPC, .uri = "add", .proc = ok_proc}, {0}};
    static const wamp_service service = {.name = "S", .members = members};
    fake_join(&(wamp_opt){.hooks = &hooks, .service = &service});
    fake_heard("[64, 1, {}, \"add\"]");
    fake_says("[8, 64, 1, {}, \"wamp.error.procedure_already_exists\", [\"taken\"]]");
    fake_heard("[6, {}, \"wamp.close.close_realm\"]");
    assert_int_equal(seen.rc, WAMP_E_REFUSED);
    assert_string_equal(seen.uri, "wamp.error.procedure_already_exists");
    assert_string_equal(seen.message, "taken");
}

/* spec: A-RRV-03, A-SRV-03 */
TEST(a_revocation_is_told_to_the_program)
{
    int events = 0;
    fake_join(&(wamp_opt){.hooks = &hooks});
    fake_queue("[65, 1, 11]");
    wamp_register(fake.peer, "add", ok_proc, NULL);
    fake_queue("[33, 2, 12]");
    wamp_subscribe(fake.peer, "news", on_event, &events);
    fake_says("[67, 0, {\"registration\": 11, \"reason\": \"x.y\"}]");
    assert_int_equal(seen.revoked, 2);
    assert_string_equal(seen.revoked_uri, "add");
    fake_says("[35, 0, {\"subscription\": 12}]");
    assert_int_equal(seen.revoked, 3);
    assert_string_equal(seen.revoked_uri, "news");
    assert_int_equal(wamp_registrations(fake.peer, NULL, 0), 0);
}

/* --- hooks --------------------------------------------------------------------------------------------------- */

static void count_messages(void *arg, wamp_peer *p, bool outgoing, const void *octets, size_t len)
{
    unsigned *counts = arg;
    (void)p;
    assert_true(len > 2 && *(const char *)octets == '[');
    counts[outgoing]++;
}

TEST(a_hook_sees_every_message)
{
    unsigned counts[2] = {0};
    const wamp_hooks observer = {.arg = counts, .on_message = count_messages};
    fake_join(&(wamp_opt){.hooks = &observer});
    fake_says("[6, {}, \"x\"]");
    assert_int_equal(counts[false], 2);
    assert_int_equal(counts[true], 2);
}

static void close_it(void *arg, wamp_peer *p, const wamp_error *why, bool again)
{
    (void)arg;
    (void)why;
    (void)again;
    wamp_close(p);
    fake.peer = NULL;
}

TEST(a_peer_may_be_closed_in_its_own_hook)
{
    size_t before = mem_live_blocks();
    const wamp_hooks suicide = {.on_lost = close_it};
    fake_join(&(wamp_opt){.hooks = &suicide, .reconnect = true});
    wamp_peer *p = fake.peer;
    fake_queue("[3, {}, \"x\"]");
    wamp_step(p);
    assert_null(fake.peer);
    assert_int_equal(mem_live_blocks(), before);
}

static void *other_thread(void *arg)
{
    wamp_val *v;
    assert_int_equal(wamp_call(arg, "x", &v, ""), WAMP_E_STATE);
    assert_int_equal(wamp_publish(arg, "x", NULL, ""), WAMP_E_STATE);
    assert_int_equal(wamp_step(arg), WAMP_E_STATE);
    return NULL;
}

TEST(another_thread_is_refused)
{
    pthread_t t;
    fake_join(NULL);
    pthread_create(&t, NULL, other_thread, fake.peer);
    pthread_join(t, NULL);
    fake_silent();
}

TEST(short_memory_ends_the_session_and_nothing_else)
{
    for_each_failure
    {
        if (fake_join(&(wamp_opt){.hooks = &hooks, .authid = "a", .secret = "b"})) {
            fake_queue("[65, 1, 11]");
            if (wamp_is_joined(fake.peer))
                wamp_register(fake.peer, "add", ok_proc, NULL);
            fake_says("[6, {}, \"x\"]");
        }
        fake_end();
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
RUN_TESTS(T(hello_announces_what_is_there), T(welcome_opens_the_session),
          T(an_abort_is_a_refusal_and_not_answered), T(an_abort_may_carry_arguments),
          T(opening_takes_only_so_long), T(anything_else_before_welcome_is_a_violation),
          T(a_router_that_breaks_the_protocol_is_left), T(what_is_only_strange_is_ignored),
          T(flow_messages_need_the_agreement), T(draining_leaves_with_goodbye),
          T(after_goodbye_everything_else_is_ignored), T(simultaneous_goodbyes_are_each_others_answer),
          T(a_router_that_does_not_answer_goodbye_is_left_all_the_same), T(the_routers_goodbye_is_answered_once),
          T(an_abort_ends_an_open_session), T(a_lost_peer_comes_back_with_all_it_offers),
          T(attempts_back_off_with_jitter_up_to_a_limit), T(who_was_thrown_out_does_not_come_back),
          T(a_refused_offer_ends_the_session_with_the_reason), T(a_revocation_is_told_to_the_program),
          T(a_hook_sees_every_message), T(a_peer_may_be_closed_in_its_own_hook), T(another_thread_is_refused),
          T(short_memory_ends_the_session_and_nothing_else))
