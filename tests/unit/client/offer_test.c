/* What a peer offers: declarations, mounts, callbacks, handlers. */
#include "client/peer.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/fake_router.h"
#include "tests/lib/test.h"

#include <stdio.h>

static struct {
    int events, inits, finis;
    char topic[64];
    void *self;
} seen;

static wamp_rc add(void *self, wamp_chan *ch)
{
    seen.self = self;
    return wamp_reply(ch, "");
}

static void on_news(void *self, const wamp_event *ev)
{
    (void)self;
    seen.events++;
    snprintf(seen.topic, sizeof seen.topic, "%s", ev->topic);
}

static void on_other(void *self, const wamp_event *ev)
{
    (void)self;
    (void)ev;
    seen.events += 10;
}

static wamp_rc init(void *self, wamp_peer *p)
{
    assert_non_null(p);
    *(int *)self = 42;
    seen.inits++;
    return WAMP_OK;
}

static wamp_rc init_fails(void *self, wamp_peer *p)
{
    (void)self;
    (void)p;
    return WAMP_E_TIMEOUT;
}

static void fini(void *self)
{
    assert_int_equal(*(int *)self, 42);
    seen.finis++;
}

WAMP_SERVICE(Inner, WAMP_RPC(add, .doc = "adds", .sig = "*"), WAMP_STATE(sizeof(int), init, fini));
WAMP_SERVICE(Outer,
             WAMP_RPC_AS("com.ex.add", add, .match = WAMP_PREFIX, .invoke = WAMP_ROUNDROBIN, .concurrency = 3,
                         .disclose_caller = true, .forward_timeout = true, .force = true),
             WAMP_SUBSCRIBE("news", on_news, .match = WAMP_WILDCARD, .get_retained = true),
             WAMP_MOUNT("in", &Inner));

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

/* spec: A-PBR-01, A-SHR-01, A-CID-04, A-PBS-01, A-RET-04, R-12 */
TEST(a_declaration_is_registered_in_order)
{
    fake_end();
    fake_join(&(wamp_opt){.service = &Outer});
    fake_heard("[64, 1, {\"match\": \"prefix\", \"invoke\": \"roundrobin\", \"concurrency\": 3, "
               "\"disclose_caller\": true,"
               " \"forward_timeout\": true, \"force_reregister\": true}, \"com.ex.add\"]");
    fake_heard("[32, 2, {\"match\": \"wildcard\", \"get_retained\": true}, \"news\"]");
    fake_heard("[64, 3, {\"_doc\": \"adds\"}, \"in.add\"]");
    fake_silent();
    assert_false(wamp_is_joined(fake.peer));
    fake_says("[33, 2, 12]");
    fake_says("[65, 3, 13]");
    fake_says("[65, 1, 11]");
    assert_true(wamp_is_joined(fake.peer));
    wamp_registration regs[4];
    assert_int_equal(wamp_registrations(fake.peer, regs, 4), 2);
    assert_string_equal(regs[0].uri, "com.ex.add");
    assert_string_equal(regs[1].uri, "in.add");
    assert_string_equal(regs[1].service, "Outer");
    assert_int_equal(regs[1].id, 13);
    fake_says("[68, 1, 13, {}]");
    assert_int_equal(*(int *)seen.self, 42);
    fake_end();
    assert_int_equal(seen.inits, 1);
    assert_int_equal(seen.finis, 1);
}

/* spec: S-39 */
TEST(a_private_name_is_refused)
{
    static const wamp_member members[] = {{.kind = WAMP_MEMBER_RPC, .uri = "_x", .proc = add}, {0}};
    static const wamp_service service = {.name = "S", .members = members};
    struct failure failure = {0};
    wamp_failure_clear(&failure);
    assert_null(wamp_peer_new(&(wamp_opt){.service = &service}, fake.peer->env, &failure));
    assert_int_equal(failure.e.rc, WAMP_E_ARGS);
    assert_string_equal(failure.e.message, "private name: _x");
    assert_int_equal(wamp_register(fake.peer, "com.ex._x", add, NULL), WAMP_E_ARGS);
    wamp_failure_clear(&failure);
}

TEST(wrong_declarations_are_refused)
{
    static const wamp_member no_function[] = {{.kind = WAMP_MEMBER_RPC, .uri = "x"}, {0}};
    static const wamp_member no_uri[] = {{.kind = WAMP_MEMBER_SUBSCRIBE, .uri = "a..b", .on_event = on_news}, {0}};
    static const wamp_member no_state[] = {{.kind = WAMP_MEMBER_STATE, .state_size = 4, .state_init = init_fails},
                                           {0}};
    static wamp_member itself[2];
    static wamp_service loop = {.name = "loop", .members = itself};
    const wamp_service bad[] = {{"a", no_function}, {"b", no_uri}, {"c", no_state}, loop};
    itself[0] = (wamp_member){.kind = WAMP_MEMBER_MOUNT, .uri = "x", .mount = &loop};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        size_t before = mem_live_blocks();
        struct failure failure = {0};
        wamp_failure_clear(&failure);
        assert_null(wamp_peer_new(&(wamp_opt){.service = &bad[i]}, fake.peer->env, &failure));
        assert_int_equal(failure.e.rc, i == 2 ? WAMP_E_TIMEOUT : WAMP_E_ARGS);
        wamp_failure_clear(&failure);
        assert_int_equal(mem_live_blocks(), before);
    }
}

TEST(a_refusal_at_run_time_leaves_nothing)
{
    fake_queue("[8, 64, 1, {}, \"wamp.error.procedure_already_exists\", [\"taken\"]]");
    assert_int_equal(wamp_register(fake.peer, "add", add, NULL), WAMP_E_REMOTE);
    assert_string_equal(wamp_err(fake.peer)->uri, "wamp.error.procedure_already_exists");
    assert_int_equal(wamp_registrations(fake.peer, NULL, 0), 0);
    assert_int_equal(wamp_unregister(fake.peer, "add"), WAMP_E_STATE);
}

TEST(what_was_registered_can_be_taken_back)
{
    fake_queue("[65, 1, 11]");
    assert_int_equal(wamp_register(fake.peer, "add", add, &seen), WAMP_OK);
    fake_says("[68, 1, 11, {}]");
    assert_ptr_equal(seen.self, &seen);
    fake_forget();
    fake_queue("[68, 2, 11, {}]");
    fake_queue("[67, 2]");
    assert_int_equal(wamp_unregister(fake.peer, "add"), WAMP_OK);
    fake_heard("[66, 2, 11]");
    fake_heard("[70, 2, {}, [null]]");
    fake_says("[68, 3, 11, {}]");
    fake_heard("[8, 68, 3, {}, \"wamp.error.no_such_registration\", [_]]");
}

/* --- handlers ------------------------------------------------------------------------------------------------ */

/* spec: B-073, B-039 */
TEST(handlers_share_a_subscription)
{
    fake_queue("[33, 1, 11]");
    wamp_subscribe(fake.peer, "news", on_news, NULL);
    fake_queue("[33, 2, 11]");
    wamp_subscribe(fake.peer, "news", on_other, NULL);
    fake_says("[36, 11, 1, {}]");
    assert_int_equal(seen.events, 11);
    assert_string_equal(seen.topic, "news");
    fake_forget();
    fake_queue("[35, 3]");
    assert_int_equal(wamp_unsubscribe(fake.peer, "news"), WAMP_OK);
    fake_heard("[34, 3, 11]");
    fake_silent();
    assert_int_equal(fake_says("[36, 11, 2, {}]"), WAMP_OK);
    assert_int_equal(seen.events, 11);
}

TEST(an_event_tells_its_topic_and_arguments)
{
    fake_queue("[33, 1, 11]");
    wamp_subscribe(fake.peer, "news", on_news, NULL);
    fake_says("[36, 11, 1, {\"topic\": \"news.today\"}, [1]]");
    assert_string_equal(seen.topic, "news.today");
}

static void unsubscribe_all(void *self, const wamp_event *ev)
{
    (void)self;
    seen.events++;
    fake_queue("[35, 3]");
    assert_int_equal(wamp_unsubscribe(ev->peer, "news"), WAMP_OK);
}

/* spec: T-L2 */
TEST(a_handler_may_take_back_all_handlers)
{
    fake_queue("[33, 1, 11]");
    wamp_subscribe(fake.peer, "news", unsubscribe_all, NULL);
    fake_queue("[33, 2, 11]");
    wamp_subscribe(fake.peer, "news", on_other, NULL);
    fake_says("[36, 11, 1, {}]");
    assert_int_equal(seen.events, 1);
    assert_int_equal(fake_says("[36, 11, 1, {}]"), WAMP_OK);
}

static void end_session(void *self, const wamp_event *ev)
{
    (void)self;
    seen.events++;
    fake.broken = true;
    assert_int_equal(wamp_call(ev->peer, "com.x", NULL, ""), WAMP_E_LOST);
}

TEST(a_session_may_end_while_an_event_is_delivered)
{
    fake_queue("[33, 1, 11]");
    wamp_subscribe(fake.peer, "news", end_session, NULL);
    fake_queue("[33, 2, 11]");
    wamp_subscribe(fake.peer, "news", on_other, NULL);
    fake_says("[36, 11, 1, {}]");
    assert_int_equal(seen.events, 1);
}

/* --- mounts -------------------------------------------------------------------------------------------------- */

/* spec: S-43 */
TEST(a_service_is_mounted_once)
{
    fake_queue("[65, 1, 11]");
    assert_int_equal(wamp_mount(fake.peer, "math.addition", &Inner, NULL), WAMP_OK);
    fake_heard("[64, 1, {\"_doc\": \"adds\"}, \"math.addition.add\"]");
    assert_int_equal(wamp_mount(fake.peer, "other", &Inner, NULL), WAMP_E_STATE);
    assert_int_equal(wamp_mount(fake.peer, "math.addition", &Outer, NULL), WAMP_E_STATE);
    assert_int_equal(wamp_unmount(fake.peer, "nothing"), WAMP_E_STATE);
    fake_queue("[67, 2]");
    assert_int_equal(wamp_unmount(fake.peer, "math.addition"), WAMP_OK);
    fake_heard("[66, 2, 11]");
    assert_int_equal(seen.finis, 1);
    fake_queue("[65, 3, 11]");
    assert_int_equal(wamp_mount(fake.peer, "other", &Inner, NULL), WAMP_OK);
}

TEST(a_mount_is_all_or_nothing)
{
    fake_queue("[65, 1, 11]");
    fake_queue("[33, 2, 12]");
    fake_queue("[8, 64, 3, {}, \"wamp.error.not_authorized\", [\"no\"]]");
    fake.polite = true;
    assert_int_equal(wamp_mount(fake.peer, "m", &Outer, NULL), WAMP_E_REMOTE);
    assert_string_equal(wamp_err(fake.peer)->uri, "wamp.error.not_authorized");
    fake_heard("[64, 1, _, \"m.com.ex.add\"]");
    fake_heard("[32, 2, _, \"m.news\"]");
    fake_heard("[64, 3, _, \"m.in.add\"]");
    fake_heard("[66, 4, 11]");
    fake_heard("[34, 5, 12]");
    assert_int_equal(wamp_registrations(fake.peer, NULL, 0), 0);
    assert_int_equal(seen.finis, 1);
}

static wamp_chan *held;

static wamp_rc hold(void *self, wamp_chan *ch)
{
    held = ch;
    seen.self = self;
    return wamp_hold(ch);
}

TEST(the_state_of_a_mount_lives_as_long_as_what_runs_in_it)
{
    static const wamp_member members[] = {
        {.kind = WAMP_MEMBER_RPC, .uri = "hold", .proc = hold},
        {.kind = WAMP_MEMBER_STATE, .state_size = 4, .state_init = init, .state_fini = fini},
        {0}};
    static const wamp_service service = {.name = "S", .members = members};
    fake_queue("[65, 1, 11]");
    wamp_mount(fake.peer, "m", &service, NULL);
    fake_says("[68, 1, 11, {}]");
    fake_queue("[67, 2]");
    wamp_unmount(fake.peer, "m");
    assert_int_equal(seen.finis, 0);
    assert_int_equal(*(int *)seen.self, 42);
    wamp_reply(held, "");
    assert_int_equal(seen.finis, 1);
}

/* --- callbacks and exports ----------------------------------------------------------------------------------- */

/* spec: S-06, S-07, S-45 */
TEST(callbacks_and_exports_have_names_nobody_guesses)
{
    fake_queue("[65, 1, 11]");
    const char *name = wamp_callback(fake.peer, add, NULL);
    assert_string_equal(name, "cb.1234.abababababababababababababababab");
    fake_heard("[64, 1, {}, \"cb.1234.abababababababababababababababab\"]");
    fake_says("[68, 1, 11, {}]");
    fake_heard("[70, 1, {}, [null]]");
    fake_queue("[65, 2, 12]");
    const char *prefix = wamp_export(fake.peer, &Inner, NULL);
    assert_string_equal(prefix, "svc.1234.abababababababababababababababab");
    fake_heard("[64, 2, _, \"svc.1234.abababababababababababababababab.add\"]");
    fake_queue("[67, 3]");
    assert_int_equal(wamp_unregister(fake.peer, name), WAMP_OK);
    fake_queue("[8, 64, 4, {}, \"wamp.error.not_authorized\"]");
    assert_null(wamp_callback(fake.peer, add, NULL));
    assert_null(wamp_export(fake.peer, NULL, NULL));
}

TEST(callbacks_end_with_their_session)
{
    fake_end();
    fake_join(&(wamp_opt){.reconnect = true});
    fake_queue("[65, 1, 11]");
    wamp_callback(fake.peer, add, NULL);
    fake_queue("[65, 2, 12]");
    wamp_export(fake.peer, &Inner, NULL);
    fake.broken = true;
    wamp_step(fake.peer);
    assert_int_equal(seen.finis, 1);
    fake_advance(100);
    fake_forget();
    fake_says("[2, 5, " FAKE_DETAILS "]");
    assert_true(wamp_is_joined(fake.peer));
    fake_silent();
}

/* --- services made at run time ------------------------------------------------------------------------------- */

/* spec: S-42, S-43 */
TEST(a_service_can_be_built)
{
    wamp_service *s = wamp_service_new("Built");
    char uri[] = "sub", sig[] = "a:i b:i";
    assert_int_equal(
        wamp_service_add(s, &(wamp_member){.kind = WAMP_MEMBER_RPC, .uri = uri, .proc = add, .sig = sig}),
        WAMP_OK);
    assert_int_equal(wamp_service_add(s, &(wamp_member){.kind = WAMP_MEMBER_END}), WAMP_E_ARGS);
    memset(uri, 'x', 3);
    memset(sig, 'x', 3);
    fake_queue("[65, 1, 11]");
    assert_int_equal(wamp_mount(fake.peer, "", s, NULL), WAMP_OK);
    fake_heard("[64, 1, {}, \"sub\"]");
    fake_says("[68, 1, 11, {}, [1]]");
    fake_heard("[8, 68, 1, {}, \"wamp.error.invalid_argument\", [\"missing argument 'b'\"]]");
    fake_end();
    wamp_service_free(s);
    wamp_service_free(NULL);
}

TEST(short_memory_leaves_nothing_offered)
{
    fake_end();
    for_each_failure
    {
        wamp_service *s = wamp_service_new("Built");
        if (s)
            wamp_service_add(s, &(wamp_member){.kind = WAMP_MEMBER_MOUNT, .uri = "in", .mount = &Inner});
        if (s && fake_join(NULL) && wamp_is_joined(fake.peer)) {
            fake_queue("[65, 1, 11]");
            if (wamp_mount(fake.peer, "m", s, NULL))
                assert_int_equal(wamp_registrations(fake.peer, NULL, 0), 0);
        }
        fake_end();
        wamp_service_free(s);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
RUN_TESTS(T(a_declaration_is_registered_in_order), T(a_private_name_is_refused), T(wrong_declarations_are_refused),
          T(a_refusal_at_run_time_leaves_nothing), T(what_was_registered_can_be_taken_back),
          T(handlers_share_a_subscription), T(an_event_tells_its_topic_and_arguments),
          T(a_handler_may_take_back_all_handlers), T(a_session_may_end_while_an_event_is_delivered),
          T(a_service_is_mounted_once), T(a_mount_is_all_or_nothing),
          T(the_state_of_a_mount_lives_as_long_as_what_runs_in_it),
          T(callbacks_and_exports_have_names_nobody_guesses), T(callbacks_end_with_their_session),
          T(a_service_can_be_built), T(short_memory_leaves_nothing_offered))
