/* Sessions coming and going, what they may say, and that a realm needs no memory for its daily work. */
#include "realms/realm.h"

#include "realms/session.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/talk.h"
#include "tests/lib/test.h"

#include <inttypes.h>

/* --- WELCOME ---------------------------------------------------------------------------------------------- */

TEST(welcome_announces_exactly_what_works)  /* spec: A-FEAT-01, B-006, B-007, B-008 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct session_info info = {.ser = WAMP_JSON, .authid = STR("joe"), .agent = STR("wampd-1")};
    struct peer *p = world_join(&w, &info);
    hear(p,
         "[2, %" PRIu64 ", {\"realm\": \"realm1\", \"authid\": \"joe\", \"authrole\": \"anonymous\","
         "\"authmethod\": \"anonymous\", \"authprovider\": \"static\", \"agent\": \"wampd-1\", \"roles\": {"
         "\"dealer\": {\"features\": {\"progressive_call_results\": true, \"progressive_call_invocations\": true,"
         "\"call_timeout\": true, \"call_canceling\": true, \"caller_identification\": true,"
         "\"call_trustlevels\": true, \"call_reroute\": true, \"pattern_based_registration\": true,"
         "\"shared_registration\": true, \"registration_revocation\": true, \"registration_meta_api\": true,"
         "\"session_meta_api\": true, \"testament_meta_api\": true, \"payload_passthru_mode\": true}},"
         "\"broker\": {\"features\": {\"subscriber_blackwhite_listing\": true, \"publisher_exclusion\": true,"
         "\"publisher_identification\": true, \"publication_trustlevels\": true,"
         "\"pattern_based_subscription\": true, \"subscription_revocation\": true,"
         "\"subscription_meta_api\": true, \"session_meta_api\": true, \"event_retention\": true,"
         "\"payload_passthru_mode\": true}}}}]",
         p->id);
    world_end(&w);
}

TEST(event_history_is_announced_where_there_is_one)  /* spec: A-HIS, A-FEAT-01 */
{
    struct realm_history row = {.uri = STR("com.t"), .match = WAMP_MATCH_EXACT};
    WORLD(w, .history = &row, .history_count = 1);
    struct peer *p = world_join(&w, &(struct session_info){.ser = WAMP_CBOR});
    hear(p, "[2, _, {\"roles\": {\"dealer\": {\"features\": {\"event_history\": true, ...}},"
            "\"broker\": {\"features\": {\"event_history\": true, ...}}}, ...}]");
    world_end(&w);
}

TEST(without_its_meta_api_a_realm_does_not_announce_it)
{
    WORLD(w, .meta_api_denied = true);
    struct session_info info = {.ser = WAMP_MSGPACK, .flow_control = true};
    struct peer *p = world_join(&w, &info);
    hear(p, "[2, _, {\"_wampd_flow\": true, \"realm\": _, \"authid\": _, \"authrole\": _, \"authmethod\": _,"
            "\"authprovider\": _, \"roles\": {\"dealer\": {\"features\": {"
            "\"progressive_call_results\": true, \"progressive_call_invocations\": true, \"call_timeout\": true,"
            "\"call_canceling\": true, \"caller_identification\": true, \"call_trustlevels\": true,"
            "\"call_reroute\": true, \"pattern_based_registration\": true, \"shared_registration\": true,"
            "\"registration_revocation\": true, \"payload_passthru_mode\": true}}, \"broker\": _}}]");
    world_end(&w);
}

TEST(a_session_whose_welcome_is_not_taken_never_was)  /* spec: R-28, B-005 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *watcher = join(&w, WAMP_JSON);
    say(watcher, "[32, 1, {\"match\": \"prefix\"}, \"wamp.session.\"]");
    hear(watcher, "[33, 1, _]");
    struct peer *p = world_join(&w, &(struct session_info){.ser = WAMP_JSON, .max_message = 512});
    assert_null(p->session);
    assert_false(p->has_why);
    hear_nothing(p);
    hear_nothing(watcher);
    assert_int_equal(realm_session_count(w.realm), 1);
    world_end(&w);
}

/* --- the end of a session ---------------------------------------------------------------------------------- */

static void expect_goodbye(enum realm_preset preset, const char *reason, const char *answer)
{
    WORLD(w, .preset = preset);
    struct peer *p = join(&w, WAMP_JSON);
    say(p, "[6, {}, \"%s\"]", reason);
    hear(p, "[6, {}, \"%s\"]", answer);
    hear_end(p, CLOSE_GOODBYE);
    assert_int_equal(realm_session_count(w.realm), 0);
    world_end(&w);
}

TEST(goodbye_is_answered_and_ends_the_session)  /* spec: B-021, B-025, W-27 */
{
    expect_goodbye(PRESET_SPEC, "wamp.close.close_realm", "wamp.close.goodbye_and_out");
    expect_goodbye(PRESET_SPEC, "wamp.close.normal", "wamp.close.normal");
    expect_goodbye(PRESET_SPEC, "not a uri", "wamp.close.goodbye_and_out");
    expect_goodbye(PRESET_STRICT, "wamp.close.normal", "wamp.close.goodbye_and_out");
    expect_goodbye(PRESET_CROSSBAR, "wamp.close.close_realm", "wamp.close.normal");
}

TEST(abort_is_never_answered_however_it_looks)  /* spec: B-019, B-020, R-27 */
{
    static const char *const aborts[] = {"[3, {}, \"com.x\"]", "[3, {}, \"com.x\", [1], {\"a\": 1}]",
                                         "[3, {}, \"com.x\", 7]", "[3]", "[3, 1, 2]"};
    WORLD(w, .preset = PRESET_SPEC);
    for (size_t i = 0; i < sizeof aborts / sizeof *aborts; i++) {
        struct peer *p = join(&w, WAMP_JSON);
        say(p, "%s", aborts[i]);
        hear_end(p, CLOSE_ABORTED);
    }
    world_end(&w);
}

TEST(what_only_a_router_sends_is_a_violation)  /* spec: B-012, B-013, B-031, B-035, T-49 */
{
    static const char *const messages[] = {
        "[1, \"realm1\", {\"roles\": {\"caller\": {}}}]", "[2, 1, {}]", "[4, \"x\", {}]", "[5, \"x\", {}]",
        "[17, 1, 1]", "[33, 1, 1]", "[35, 1]", "[36, 1, 1, {}]", "[50, 1, {}]", "[65, 1, 1]", "[67, 1]",
        "[68, 1, 1, {}]", "[69, 1, {}]", "[8, 48, 1, {}, \"com.x\"]", "[320, 48, 1, {}]", "[99, 1]", "[]", "{}"};
    WORLD(w, .preset = PRESET_SPEC);
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        struct peer *p = join(&w, WAMP_JSON);
        say(p, "%s", messages[i]);
        hear(p, "[3, {\"message\": <str>}, \"wamp.error.protocol_violation\"]");
        hear_end(p, CLOSE_PROTOCOL);
    }
    assert_int_equal(realm_counters(w.realm)->violations, sizeof messages / sizeof *messages);
    world_end(&w);
}

TEST(running_out_of_memory_is_not_the_fault_of_the_peer)
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *p = join(&w, WAMP_JSON);
    realm_violation(w.realm, p->session, &(struct wamp_fault){.err = WAMP_ERR_NOMEM}, w.now);
    hear_end(p, CLOSE_NOMEM);
    world_end(&w);
}

/* What a session leaves behind, seen by one who watches everything. */
static struct peer *watch_all(struct world *w)
{
    struct peer *watcher = join(w, WAMP_JSON);
    say(watcher, "[64, 1, {}, \"com.p\"]");
    hear(watcher, "[65, 1, 1]");
    say(watcher, "[32, 2, {\"match\": \"prefix\"}, \"com.\"]");
    hear(watcher, "[33, 2, 1]");
    say(watcher, "[32, 3, {\"match\": \"prefix\"}, \"wamp.\"]");
    hear(watcher, "[33, 3, 2]");
    hear_nothing(watcher);
    return watcher;
}

static void do_everything(struct peer *p, struct peer *watcher)
{
    say(p, "[64, 1, {}, \"com.q\"]");
    say(p, "[32, 2, {}, \"com.t\"]");
    say(p, "[48, 3, {}, \"wamp.session.add_testament\", [\"com.last\", [\"destroyed\"], {}]]");
    say(p, "[48, 4, {}, \"wamp.session.add_testament\", [\"com.last\", [\"detached\"], {}], {\"scope\": \"detached\"}]");
    say(p, "[48, 5, {}, \"com.p\"]");
    say(watcher, "[48, 4, {}, \"com.q\"]");
    while (peer_take(p, &(struct str){0}) || peer_take(watcher, &(struct str){0}))
        ;
}

TEST(what_a_session_leaves_behind_ends_in_order)  /* spec: A-SES-03, A-RMA-01, A-SMA-01, T-08, T-09, T-15, T-44 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *watcher = watch_all(&w), *p = join(&w, WAMP_MSGPACK);
    do_everything(p, watcher);
    uint64_t id = p->id;
    peer_drop(p);
    hear(watcher, "[69, 1, {\"mode\": \"killnowait\", \"reason\": \"wamp.error.canceled\"}]");
    hear(watcher, "[8, 48, 4, {}, \"wamp.error.canceled\", [<str>]]");
    hear(watcher, "[36, 2, _, {\"topic\": \"wamp.registration.on_unregister\"}, [%" PRIu64 ", 2]]", id);
    hear(watcher, "[36, 2, _, {\"topic\": \"wamp.registration.on_delete\"}, [%" PRIu64 ", 2]]", id);
    hear(watcher, "[36, 2, _, {\"topic\": \"wamp.subscription.on_unsubscribe\"}, [%" PRIu64 ", 3]]", id);
    hear(watcher, "[36, 2, _, {\"topic\": \"wamp.subscription.on_delete\"}, [%" PRIu64 ", 3]]", id);
    hear(watcher, "[36, 1, _, {\"topic\": \"com.last\"}, [\"detached\"]]");
    hear(watcher, "[36, 1, _, {\"topic\": \"com.last\"}, [\"destroyed\"]]");
    hear(watcher, "[36, 2, _, {\"topic\": \"wamp.session.on_leave\"}, [%" PRIu64 ", _, \"anonymous\"]]", id);
    hear_nothing(watcher);
    world_end(&w);
}

TEST(a_slow_consumer_is_ended_and_others_hear_of_it)  /* spec: B-072, B-088 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *watcher = watch_all(&w), *slow = join(&w, WAMP_JSON), *p = join(&w, WAMP_JSON);
    say(slow, "[32, 1, {}, \"com.t\"]");
    while (peer_take(watcher, &(struct str){0}) || peer_take(slow, &(struct str){0}))
        ;
    slow->full = true;
    say(p, "[16, 1, {\"acknowledge\": true}, \"com.t\", [1]]");
    hear(p, "[17, 1, _]");
    hear_end(slow, CLOSE_SLOW);
    hear(watcher, "[36, 1, _, {\"topic\": \"com.t\"}, [1]]");
    hear(watcher, "[36, 2, _, {\"topic\": \"wamp.subscription.on_unsubscribe\"}, _]");
    hear(watcher, "[36, 2, _, {\"topic\": \"wamp.subscription.on_delete\"}, _]");
    hear(watcher, "[36, 2, _, {\"topic\": \"wamp.session.on_leave\"}, [%" PRIu64 ", ...]]", slow->id);
    hear_nothing(watcher);
    assert_int_equal(realm_counters(w.realm)->slow, 1);
    world_end(&w);
}

TEST(an_end_may_cause_the_next_and_that_the_next)
{
    enum { COUNT = 50 };
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *peers[COUNT];
    for (int i = 0; i < COUNT; i++) {
        peers[i] = join(&w, WAMP_JSON);
        say(peers[i], "[32, 1, {}, \"wamp.session.on_leave\"]");
        say(peers[i], "[64, 2, {\"invoke\": \"first\"}, \"com.p\"]");
        say(peers[i], "[48, 3, {}, \"com.p\"]");
    }
    /* All are full: whoever leaves takes all the others along. */
    for (int i = 0; i < COUNT; i++)
        peers[i]->full = true;
    peer_drop(peers[COUNT / 2]);
    assert_int_equal(realm_session_count(w.realm), 0);
    for (int i = 0; i < COUNT; i++)
        if (i != COUNT / 2)
            assert_int_equal(peers[i]->why, CLOSE_SLOW);
    world_end(&w);
}

TEST(a_message_that_may_not_be_left_out_and_does_not_fit_ends_the_session)  /* spec: R-28 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *p = join_with(&w, &(struct session_info){.ser = WAMP_JSON, .max_message = 2000});
    p->session->max_message = 20;
    say(p, "[66, 1, 99]");
    hear_end(p, CLOSE_TOO_BIG);
    assert_int_equal(realm_counters(w.realm)->answers_too_big, 1);
    world_end(&w);
}

TEST(a_shutdown_says_goodbye_to_all_and_publishes_nothing)  /* spec: B-030, A-TST-07, A-CLO-02 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *watcher = watch_all(&w), *p = join(&w, WAMP_JSON);
    do_everything(p, watcher);
    realm_shutdown(w.realm, w.now);
    hear(watcher, "[6, {}, \"wamp.close.system_shutdown\"]");
    hear_end(watcher, CLOSE_KILLED);
    hear(p, "[6, {}, \"wamp.close.system_shutdown\"]");
    hear_end(p, CLOSE_KILLED);
    assert_int_equal(realm_session_count(w.realm), 0);
    world_end(&w);
}

TEST(a_realm_that_is_removed_says_killed_to_all)  /* spec: A-CLO-06 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *watcher = watch_all(&w), *p = join(&w, WAMP_JSON);
    do_everything(p, watcher);
    realm_close(w.realm, w.now);
    hear(watcher, "[6, {}, \"wamp.close.killed\"]");
    hear_end(watcher, CLOSE_KILLED);
    hear(p, "[6, {}, \"wamp.close.killed\"]");
    hear_end(p, CLOSE_KILLED);
    assert_int_equal(realm_session_count(w.realm), 0);
    world_end(&w);
}

TEST(another_configuration_counts_at_once_but_for_name_and_history)
{
    const struct realm_history history = {.uri = STR("com.kept"), .match = WAMP_MATCH_EXACT};
    const struct realm_config next = {.name = STR("other"), .max_subscriptions = 2, .uri_rule = WAMP_URI_STRICT};
    WORLD(w, .preset = PRESET_SPEC, .history = &history, .history_count = 1);
    struct peer *p = join(&w, WAMP_JSON);
    say(p, "[32, 1, {}, \"com.Loose\"]");
    hear(p, "[33, 1, _]");
    assert_true(realm_set_config(w.realm, &next));
    say(p, "[32, 2, {}, \"com.Loose.too\"]");
    hear(p, "[8, 32, 2, _, \"wamp.error.invalid_uri\", _]");
    say(p, "[32, 3, {}, \"com.second\"]");
    hear(p, "[33, 3, _]");
    say(p, "[32, 4, {}, \"com.third\"]");
    hear(p, "[8, 32, 4, _, \"wampd.error.limit_exceeded\", _]");
    assert_true(str_eq(realm_name(w.realm), STR("realm1")));
    say(p, "[16, 5, {\"exclude_me\": false}, \"com.kept\", [7]]");
    say(p, "[48, 6, {}, \"wamp.subscription.lookup\", [\"com.kept\"]]");
    hear(p, "[50, 6, {}, [_]]");
    world_end(&w);
}

TEST(what_began_before_keeps_what_the_old_configuration_gave_it)  /* spec: A-CTL-01, A-PTL-01, B-043 */
{
    const struct realm_trust trust = {.uri = STR("com."), .match = WAMP_MATCH_PREFIX, .level = 3};
    const struct str key = STR("_ext");
    WORLD(w, .trust = &trust, .trust_count = 1, .forward_keys = &key, .forward_key_count = 1);
    struct peer *callee = join(&w, WAMP_JSON), *caller = join(&w, WAMP_JSON);
    say(callee, "[64, 1, {\"concurrency\": 1}, \"com.p\"]");
    hear(callee, "[65, 1, _]");
    say(caller, "[48, 1, {}, \"com.p\"]");
    hear(callee, "[68, 1, _, {\"trustlevel\": 3}]");
    say(caller, "[48, 2, {\"_ext\": 7}, \"com.p\"]");
    say(caller, "[16, 3, {\"retain\": true}, \"com.t\"]");
    assert_true(realm_set_config(w.realm, &(struct realm_config){.preset = PRESET_SPEC}));
    say(callee, "[70, 1, {}]");
    hear(caller, "[50, 1, {}]");
    hear(callee, "[68, 2, _, {\"trustlevel\": 3, \"_ext\": 7}]");
    say(callee, "[32, 2, {\"get_retained\": true}, \"com.t\"]");
    hear(callee, "[33, 2, _]");
    hear(callee, "[36, _, _, {\"trustlevel\": 3, \"retained\": true}]");
    world_end(&w);
}

TEST(a_configuration_for_which_there_is_no_memory_changes_nothing)  /* spec: reliability T-R4 */
{
    const struct realm_trust trust = {.uri = STR("com.t"), .match = WAMP_MATCH_EXACT, .level = 3};
    const struct realm_config next = {.max_subscriptions = 1, .trust = &trust, .trust_count = 1};
    for_each_failure {
        struct world w;
        if (world_init(&w, NULL)) {
            bool ok = realm_set_config(w.realm, &next);
            assert_true(ok || fail_happened());
        }
        world_fini(&w);
    }
}

TEST(a_realm_can_be_freed_with_everything_going_on)
{
    size_t live = mem_live_blocks();
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *watcher = watch_all(&w), *p = join(&w, WAMP_CBOR);
    do_everything(p, watcher);
    say(p, "[16, 9, {\"retain\": true}, \"com.t\", [1]]");
    hear(watcher, "[36, 1, _, _, [1]]");
    realm_free(w.realm);
    w.realm = NULL;
    hear_nothing(watcher);
    hear_nothing(p);
    assert_false(p->has_why);
    assert_int_equal(mem_live_blocks(), live);
    world_end(&w);
}

/* --- request ids --------------------------------------------------------------------------------------------- */

static void expect_violation(struct world *w, const char *const *messages, size_t count)
{
    struct peer *p = join(w, WAMP_JSON);
    for (size_t i = 0; i < count; i++) {
        while (peer_take(p, &(struct str){0}))
            ;
        say(p, "%s", messages[i]);
    }
    hear(p, "[3, {\"message\": \"~request ids\"}, \"wamp.error.protocol_violation\"]");
    hear_end(p, CLOSE_PROTOCOL);
}

TEST(strict_request_ids_come_from_one_counter)  /* spec: B-048, B-049, R-01, T-22 */
{
    WORLD(w, .preset = PRESET_STRICT);
    struct peer *p = join(&w, WAMP_JSON);
    say(p, "[32, 1, {}, \"com.t\"]");
    hear(p, "[33, 1, _]");
    say(p, "[16, 2, {}, \"bad..uri\"]");
    say(p, "[48, 3, {}, \"com.none\"]");
    hear(p, "[8, 48, 3, {}, \"wamp.error.no_such_procedure\", _]");
    say(p, "[49, 3, {}]");
    say(p, "[34, 4, 99]");
    hear(p, "[8, 34, 4, {}, \"wamp.error.no_such_subscription\", _]");
    say(p, "[64, 5, {}, \"com.p\"]");
    hear(p, "[65, 5, 1]");
    say(p, "[66, 6, 1]");
    hear(p, "[67, 6]");
    hear_nothing(p);
    const char *gap[] = {"[32, 1, {}, \"com.t\"]", "[32, 2, {}, \"com.u\"]", "[32, 4, {}, \"com.v\"]"};
    const char *repeat[] = {"[32, 1, {}, \"com.t\"]", "[16, 1, {}, \"com.t\"]"};
    const char *start[] = {"[16, 2, {}, \"com.t\"]"};
    const char *late[] = {"[48, 1, {}, \"com.none\"]", "[48, 1, {}, \"com.none\"]"};
    expect_violation(&w, gap, 3);
    expect_violation(&w, repeat, 2);
    expect_violation(&w, start, 1);
    expect_violation(&w, late, 2);
    world_end(&w);
}

TEST(strict_request_ids_let_chunks_repeat_theirs)  /* spec: B-050, A-PCI-10, A-PCI-12, T-24 */
{
    WORLD(w, .preset = PRESET_STRICT);
    struct peer *p = join(&w, WAMP_JSON);
    say(p, "[64, 1, {}, \"com.p\"]");
    hear(p, "[65, 1, 1]");
    say(p, "[48, 2, {\"progress\": true}, \"com.p\", [1]]");
    hear(p, "[68, 1, 1, {\"progress\": true}, [1]]");
    say(p, "[48, 3, {}, \"com.p\", [\"other\"]]");
    hear(p, "[68, 2, 1, {}, [\"other\"]]");
    say(p, "[48, 2, {\"progress\": true}, \"com.p\", [2]]");
    hear(p, "[68, 1, 1, {\"progress\": true}, [2]]");
    say(p, "[70, 1, {}]");
    hear(p, "[50, 2, {}]");
    say(p, "[48, 2, {}, \"com.p\", [3]]");
    hear_nothing(p);
    say(p, "[48, 3, {}, \"com.p\"]");
    hear(p, "[3, {\"message\": \"~under way\"}, \"wamp.error.protocol_violation\"]");
    hear_end(p, CLOSE_PROTOCOL);
    world_end(&w);
}

TEST(strict_request_ids_wrap)  /* spec: T-23, B-052 */
{
    WORLD(w, .preset = PRESET_STRICT);
    struct peer *p = join(&w, WAMP_JSON);
    p->session->request_count = WAMP_ID_MAX - 1;
    say(p, "[66, 9007199254740992, 5]");
    hear(p, "[8, 66, 9007199254740992, ...]");
    say(p, "[66, 1, 5]");
    hear(p, "[8, 66, 1, ...]");
    say(p, "[66, 2, 5]");
    hear(p, "[8, 66, 2, ...]");
    hear_nothing(p);
    world_end(&w);
}

TEST(other_presets_take_request_ids_in_any_order)  /* spec: R-01, W-30 */
{
    enum realm_preset presets[] = {PRESET_SPEC, PRESET_CROSSBAR};
    for (int i = 0; i < 2; i++) {
        WORLD(w, .preset = presets[i]);
        struct peer *p = join(&w, WAMP_JSON);
        static const uint64_t ids[] = {77, 3, 9007199254740992, 3, 1};
        for (size_t n = 0; n < sizeof ids / sizeof *ids; n++) {
            say(p, "[34, %" PRIu64 ", 5]", ids[n]);
            hear(p, "[8, 34, %" PRIu64 ", ...]", ids[n]);
        }
        world_end(&w);
    }
}

TEST(a_realm_may_have_rules_of_its_own)  /* spec: B-015 */
{
    struct rules rules = *rules_of(PRESET_SPEC);
    rules.roles_enforced = 1;
    WORLD(w, .rules = &rules);
    rules.roles_enforced = 0;  /* copied */
    struct session_info info = {.ser = WAMP_JSON, .roles = {.roles = 1u << WAMP_CALLER}};
    struct peer *p = join_with(&w, &info);
    say(p, "[48, 1, {}, \"com.none\"]");
    hear(p, "[8, 48, 1, ...]");
    say(p, "[32, 2, {}, \"com.t\"]");
    hear(p, "[3, {\"message\": \"~role\"}, \"wamp.error.protocol_violation\"]");
    hear_end(p, CLOSE_PROTOCOL);
    world_end(&w);
}

/* --- memory ------------------------------------------------------------------------------------------------------ */

/* One turn of the daily work; the second and later ones must not allocate. */
static void daily_work(struct peer *caller, struct peer *callee, struct peer *mixed, uint64_t turn)
{
    say(caller, "[48, %" PRIu64 ", {\"timeout\": 5000, \"disclose_me\": true}, \"com.p\", [1, \"x\"], {\"k\": 2.5}]", turn);
    say(callee, "[70, %" PRIu64 ", {}, [\"answer\"]]", turn);
    say(caller, "[48, %" PRIu64 ", {}, \"com.shared\", [2]]", turn + 1000);
    say(mixed, "[70, %" PRIu64 ", {}, [\"answer\"]]", turn);
    say(caller, "[16, %" PRIu64 ", {\"eligible_authrole\": [\"anonymous\"]}, \"com.t.x\", [1, [2, {\"a\": null}]]]",
        turn + 2000);
    say(caller, "[16, %" PRIu64 ", {\"acknowledge\": true}, \"com.t.y\"]", turn + 3000);
    say(callee, "[48, %" PRIu64 ", {}, \"wamp.nothing\"]", turn);
}

TEST(calling_and_publishing_need_no_memory_in_the_steady_state)
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *caller = join(&w, WAMP_JSON), *callee = join(&w, WAMP_JSON), *mixed = join(&w, WAMP_CBOR);
    say(callee, "[64, 1, {}, \"com.p\"]");
    say(mixed, "[64, 1, {\"invoke\": \"roundrobin\", \"concurrency\": 2}, \"com.shared\"]");
    say(mixed, "[32, 2, {\"match\": \"prefix\"}, \"com.t\"]");
    say(callee, "[32, 3, {\"match\": \"wildcard\"}, \"com..y\"]");
    uint64_t turn = 1;
    while (turn < 10)
        daily_work(caller, callee, mixed, turn++);
    fail_nth(1);
    while (turn < 20)
        daily_work(caller, callee, mixed, turn++);
    assert_false(fail_happened());
    fail_nth(0);
    world_end(&w);
}

TEST(what_lacks_memory_to_be_sent_ends_its_receiver_and_nothing_leaks)
{
    for_each_failure {
        struct world w = {0};
        if (world_init(&w, NULL)) {
            struct peer *a = world_join(&w, &(struct session_info){.ser = WAMP_JSON});
            struct peer *b = world_join(&w, &(struct session_info){.ser = WAMP_CBOR});
            peer_send_json(a, "[32, 1, {\"match\": \"prefix\", \"get_retained\": true}, \"com.\"]");
            peer_send_json(b, "[32, 1, {\"match\": \"wildcard\"}, \"wamp.session.\"]");
            peer_send_json(a, "[64, 2, {\"invoke\": \"random\", \"concurrency\": 1}, \"com.p\"]");
            peer_send_json(b, "[64, 2, {\"invoke\": \"random\", \"concurrency\": 1}, \"com.p\"]");
            peer_send_json(b, "[16, 3, {\"retain\": true, \"exclude_authid\": [\"x\"]}, \"com.t\", [1]]");
            for (int i = 0; i < 4; i++)
                peer_send_json(b, i % 2 ? "[48, 5, {\"timeout\": 50}, \"com.p\", [1]]"
                                        : "[48, 4, {\"progress\": true}, \"com.p\", [1]]");
            peer_send_json(a, "[8, 68, 1, {}, \"wamp.error.unavailable\"]");
            world_advance(&w, 100);
            peer_drop(a);
            peer_send_json(b, "[6, {}, \"wamp.close.normal\"]");
            assert_string_equal(w.fault, "");
        }
        world_fini(&w);
    }
}

RUN_TESTS(cmocka_unit_test(welcome_announces_exactly_what_works),
          cmocka_unit_test(event_history_is_announced_where_there_is_one),
          cmocka_unit_test(without_its_meta_api_a_realm_does_not_announce_it),
          cmocka_unit_test(a_session_whose_welcome_is_not_taken_never_was),
          cmocka_unit_test(goodbye_is_answered_and_ends_the_session),
          cmocka_unit_test(abort_is_never_answered_however_it_looks),
          cmocka_unit_test(what_only_a_router_sends_is_a_violation),
          cmocka_unit_test(running_out_of_memory_is_not_the_fault_of_the_peer),
          cmocka_unit_test(what_a_session_leaves_behind_ends_in_order),
          cmocka_unit_test(a_slow_consumer_is_ended_and_others_hear_of_it),
          cmocka_unit_test(an_end_may_cause_the_next_and_that_the_next),
          cmocka_unit_test(a_message_that_may_not_be_left_out_and_does_not_fit_ends_the_session),
          cmocka_unit_test(a_shutdown_says_goodbye_to_all_and_publishes_nothing),
          cmocka_unit_test(a_realm_that_is_removed_says_killed_to_all),
          cmocka_unit_test(another_configuration_counts_at_once_but_for_name_and_history),
          cmocka_unit_test(what_began_before_keeps_what_the_old_configuration_gave_it),
          cmocka_unit_test(a_configuration_for_which_there_is_no_memory_changes_nothing),
          cmocka_unit_test(a_realm_can_be_freed_with_everything_going_on),
          cmocka_unit_test(strict_request_ids_come_from_one_counter),
          cmocka_unit_test(strict_request_ids_let_chunks_repeat_theirs),
          cmocka_unit_test(strict_request_ids_wrap),
          cmocka_unit_test(other_presets_take_request_ids_in_any_order),
          cmocka_unit_test(a_realm_may_have_rules_of_its_own),
          cmocka_unit_test(calling_and_publishing_need_no_memory_in_the_steady_state),
          cmocka_unit_test(what_lacks_memory_to_be_sent_ends_its_receiver_and_nothing_leaks))
