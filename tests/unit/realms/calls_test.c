/* What scripts cannot reach, or only at length: counters that wrap, many calls that wait, calls kept for another callee. */
#include "realms/calls.h"

#include "realms/inner.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/talk.h"
#include "tests/lib/test.h"

#include <inttypes.h>

static struct peer *callee_of(struct world *w, const char *options)
{
    struct peer *p = join(w, WAMP_JSON);
    say(p, "[64, 1, %s, \"com.p\"]", options);
    hear(p, "[65, 1, 1]");
    return p;
}

/* --- ids ----------------------------------------------------------------------------------------------------- */

TEST(invocation_ids_wrap_and_old_answers_stay_harmless)  /* spec: B-036, B-051, T-12, T-23 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *callee = callee_of(&w, "{}"), *caller = join(&w, WAMP_JSON);
    callee->session->invocation_count = WAMP_ID_MAX - 1;
    callee->judge.last_invocation = WAMP_ID_MAX - 1;
    say(caller, "[48, 1, {}, \"com.p\"]");
    hear(callee, "[68, 9007199254740992, 1, {}]");
    callee->judge.last_invocation = 0;
    say(caller, "[48, 2, {}, \"com.p\"]");
    hear(callee, "[68, 1, 1, {}]");
    say(callee, "[70, 9007199254740992, {}, [\"high\"]]");
    hear(caller, "[50, 1, {}, [\"high\"]]");
    say(callee, "[70, 9007199254740992, {}, [\"again\"]]");
    say(callee, "[70, 5000, {}, [\"an id of long ago\"]]");
    hear_nothing(caller);
    say(callee, "[70, 1, {}, [\"low\"]]");
    hear(caller, "[50, 2, {}, [\"low\"]]");
    hear_nothing(callee);
    world_end(&w);
}

TEST(an_answer_to_what_was_never_asked_is_a_violation)  /* spec: B-035, B-036, R-06, T-12 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *callee = callee_of(&w, "{}"), *caller = join(&w, WAMP_JSON);
    say(caller, "[48, 1, {}, \"com.p\"]");
    hear(callee, "[68, 1, 1, {}]");
    say(callee, "[70, 2, {}]");
    hear(callee, "[3, _, \"wamp.error.protocol_violation\"]");
    hear_end(callee, CLOSE_PROTOCOL);
    hear(caller, "[8, 48, 1, {}, \"wamp.error.canceled\", _]");
    world_end(&w);
}

/* --- late chunks ------------------------------------------------------------------------------------------------ */

TEST(late_chunks_are_discarded_up_to_the_last)  /* spec: R-02, A-PCI-08, A-PCI-12 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *callee = callee_of(&w, "{}"), *caller = join(&w, WAMP_JSON);
    say(caller, "[48, 1, {\"progress\": true}, \"com.p\"]");
    hear(callee, "[68, 1, 1, {\"progress\": true}]");
    say(callee, "[70, 1, {}]");
    hear(caller, "[50, 1, {}]");
    say(caller, "[48, 1, {\"progress\": true}, \"com.p\"]");
    say(caller, "[48, 1, {}, \"com.p\"]");
    hear_nothing(callee);
    say(caller, "[48, 1, {}, \"com.p\"]");
    hear(callee, "[68, 2, 1, {}]");
    world_end(&w);
}

TEST(late_chunks_are_expected_for_a_minute)  /* spec: R-02 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *caller = join(&w, WAMP_JSON);
    say(caller, "[48, 1, {\"progress\": true}, \"com.none\"]");
    hear(caller, "[8, 48, 1, {}, \"wamp.error.no_such_procedure\", _]");
    world_advance(&w, 59999);
    say(caller, "[48, 1, {\"progress\": true}, \"com.none\"]");
    hear_nothing(caller);
    world_advance(&w, 1);
    say(caller, "[48, 1, {\"progress\": true}, \"com.none\"]");
    hear(caller, "[8, 48, 1, {}, \"wamp.error.no_such_procedure\", _]");
    world_end(&w);
}

TEST(only_the_last_thousand_ended_calls_are_remembered)  /* spec: R-02 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *caller = join(&w, WAMP_JSON);
    for (int id = 1; id <= 1001; id++) {
        say(caller, "[48, %d, {\"progress\": true}, \"com.none\"]", id);
        hear(caller, "[8, 48, %d, ...]", id);
    }
    assert_int_equal(caller->session->ended_call_count, 1000);
    say(caller, "[48, 2, {}, \"com.none\"]");
    hear_nothing(caller);
    say(caller, "[48, 1, {}, \"com.none\"]");
    hear(caller, "[8, 48, 1, ...]");
    world_end(&w);
}

TEST(a_malformed_uri_in_a_chunk_is_the_one_answer_of_its_call)  /* spec: R-09, A-PCI-14, B-085 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *callee = callee_of(&w, "{}"), *caller = join(&w, WAMP_JSON);
    say(caller, "[48, 1, {\"progress\": true}, \"com.p\"]");
    hear(callee, "[68, 1, 1, _]");
    say(caller, "[48, 1, {}, \"com..p\"]");
    hear(caller, "[8, 48, 1, {}, \"wamp.error.invalid_uri\", _]");
    hear(callee, "[69, 1, _]");
    say(callee, "[70, 1, {}]");
    hear_nothing(caller);
    world_end(&w);
}

TEST(procedures_of_the_router_take_no_chunks)
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *caller = join(&w, WAMP_JSON);
    say(caller, "[48, 1, {\"progress\": true}, \"wamp.session.count\"]");
    hear(caller, "[8, 48, 1, {}, \"wamp.error.feature_not_supported\", [<str>]]");
    say(caller, "[48, 1, {}, \"wamp.session.count\"]");
    hear_nothing(caller);
    say(caller, "[48, 1, {}, \"wamp.session.count\"]");
    hear(caller, "[50, 1, {}, [1]]");
    world_end(&w);
}

/* --- callees without room ------------------------------------------------------------------------------------------ */

TEST(calls_wait_for_room_in_the_order_of_their_arrival)  /* spec: R-12 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *callee = callee_of(&w, "{\"concurrency\": 1}"), *a = join(&w, WAMP_JSON), *b = join(&w, WAMP_CBOR);
    say(a, "[48, 1, {}, \"com.p\", [1]]");
    say(b, "[48, 1, {}, \"com.p\", [2]]");
    say(a, "[48, 2, {}, \"com.p\", [3]]");
    hear(callee, "[68, 1, 1, {}, [1]]");
    hear_nothing(callee);
    say(callee, "[70, 1, {}]");
    hear(callee, "[68, 2, 1, {}, [2]]");
    say(callee, "[8, 68, 2, {}, \"com.bad\"]");
    hear(callee, "[68, 3, 1, {}, [3]]");
    hear(b, "[8, 48, 1, {}, \"com.bad\"]");
    world_end(&w);
}

TEST(a_waiting_call_can_be_canceled_times_out_and_ends_with_its_caller)  /* spec: R-12, A-CAN-17, A-TMO-02 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *callee = callee_of(&w, "{\"concurrency\": 1}"), *a = join(&w, WAMP_JSON), *b = join(&w, WAMP_JSON);
    say(a, "[48, 1, {}, \"com.p\", [\"first\"]]");
    hear(callee, "[68, 1, 1, {}, [\"first\"]]");
    say(a, "[48, 2, {}, \"com.p\"]");
    say(a, "[48, 3, {\"timeout\": 100}, \"com.p\"]");
    say(b, "[48, 1, {}, \"com.p\"]");
    say(a, "[48, 4, {}, \"com.p\", [\"last\"]]");
    say(a, "[49, 2, {\"mode\": \"kill\"}]");
    hear(a, "[8, 48, 2, {}, \"wamp.error.canceled\", _]");
    world_advance(&w, 99);
    hear_nothing(a);
    world_advance(&w, 51);
    hear(a, "[8, 48, 3, {}, \"wamp.error.timeout\", _]");
    peer_drop(b);
    hear_nothing(callee);
    say(callee, "[70, 1, {}]");
    hear(callee, "[68, 2, 1, {}, [\"last\"]]");
    world_end(&w);
}

TEST(no_more_calls_wait_than_the_limit_says)  /* spec: R-12 */
{
    static const char *const errors[] = {"wamp.error.unavailable", "wamp.error.unavailable",
                                         "crossbar.error.max_concurrency_reached"};
    for (int preset = PRESET_SPEC; preset <= PRESET_CROSSBAR; preset++) {
        WORLD(w, .preset = (enum realm_preset)preset, .max_waiting_calls = 2);
        struct peer *callee = callee_of(&w, "{\"concurrency\": 1}"), *a = join(&w, WAMP_JSON);
        for (int id = 1; id <= 4; id++)
            say(a, "[48, %d, {}, \"com.p\"]", id);
        hear(a, "[8, 48, 4, {}, \"%s\", [<str>]]", errors[preset]);
        hear(callee, "[68, 1, 1, {}]");
        hear_nothing(callee);
        assert_int_equal(realm_counters(w.realm)->calls_refused, 1);
        world_end(&w);
    }
}

TEST(what_waits_ends_when_the_last_callee_leaves)  /* spec: R-12 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *callee = callee_of(&w, "{\"concurrency\": 1}"), *a = join(&w, WAMP_JSON);
    say(a, "[48, 1, {}, \"com.p\"]");
    say(a, "[48, 2, {}, \"com.p\"]");
    peer_drop(callee);
    hear(a, "[8, 48, 1, {}, \"wamp.error.canceled\", _]");
    hear(a, "[8, 48, 2, {}, \"wamp.error.no_such_procedure\", _]");
    hear_nothing(a);
    world_end(&w);
}

TEST(a_new_callee_takes_what_waits)  /* spec: R-12 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *callee = callee_of(&w, "{\"invoke\": \"first\", \"concurrency\": 1}"), *a = join(&w, WAMP_JSON);
    say(a, "[48, 1, {}, \"com.p\"]");
    say(a, "[48, 2, {\"progress\": true}, \"com.p\", [\"chunk\"]]");
    say(a, "[48, 2, {}, \"com.p\", [\"end\"]]");
    hear(callee, "[68, 1, 1, {}]");
    struct peer *second = callee_of(&w, "{\"invoke\": \"first\", \"concurrency\": 1}");
    hear(second, "[68, 1, 1, {\"progress\": true}, [\"chunk\"]]");
    hear(second, "[68, 1, 1, {}, [\"end\"]]");
    hear_nothing(callee);
    world_end(&w);
}

/* The room of a callee is that of its registration now, not of one that it held before. */
TEST(an_answer_from_before_a_new_registration_makes_no_room_in_it)
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *other = callee_of(&w, "{\"invoke\": \"last\", \"concurrency\": 1}");
    struct peer *callee = callee_of(&w, "{\"invoke\": \"last\", \"concurrency\": 1}"), *a = join(&w, WAMP_JSON);
    say(a, "[48, 1, {}, \"com.p\"]");
    hear(callee, "[68, 1, 1, {}]");
    say(callee, "[66, 2, 1]");
    hear(callee, "[67, 2]");
    say(callee, "[64, 3, {\"invoke\": \"last\", \"concurrency\": 1}, \"com.p\"]");
    hear(callee, "[65, 3, 1]");
    say(a, "[48, 2, {}, \"com.p\"]");
    hear(callee, "[68, 2, 1, {}]");
    say(a, "[48, 3, {}, \"com.p\"]");
    hear(other, "[68, 1, 1, {}]");
    say(callee, "[70, 1, {}]");
    hear(a, "[50, 1, {}]");
    say(a, "[48, 4, {}, \"com.p\"]");
    hear_nothing(callee);
    say(callee, "[70, 2, {}]");
    hear(callee, "[68, 3, 1, {}]");
    world_end(&w);
}

/* Each of them ends as soon as it is served: that must not take a stack frame each. */
TEST(a_thousand_waiting_calls_may_fail_one_after_the_other)
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *callee = callee_of(&w, "{\"concurrency\": 1}"), *a = join(&w, WAMP_JSON);
    say(a, "[48, 1, {}, \"com.p\"]");
    hear(callee, "[68, 1, 1, {}]");
    for (int id = 2; id <= 1001; id++)
        say(a, "[48, %d, {}, \"com.p\", [\"more than the callee takes\"]]", id);
    callee->session->max_message = 40;
    say(callee, "[70, 1, {}]");
    hear(a, "[50, 1, {}]");
    for (int id = 2; id <= 1001; id++)
        hear(a, "[8, 48, %d, {}, \"wamp.error.payload_size_exceeded\", _]", id);
    hear_nothing(a);
    say(a, "[48, 2000, {}, \"com.p\"]");
    hear(callee, "[68, 2, 1, {}]");  /* the ids of what was never sent are not used up. spec: B-051 */
    world_end(&w);
}

TEST(a_callee_that_got_a_chunk_is_told_when_the_next_cannot_be_sent)  /* spec: B-101, R-12 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *callee = callee_of(&w, "{\"concurrency\": 1}"), *a = join(&w, WAMP_JSON);
    say(a, "[48, 1, {}, \"com.p\"]");
    hear(callee, "[68, 1, 1, {}]");
    say(a, "[48, 2, {\"progress\": true}, \"com.p\"]");
    say(a, "[48, 2, {\"progress\": true}, \"com.p\", [\"%060d\"]]", 0);
    callee->session->max_message = 70;
    say(callee, "[70, 1, {}]");
    hear(callee, "[68, 2, 1, {\"progress\": true}]");
    hear(callee, "[69, 2, _]");
    hear(a, "[50, 1, {}]");
    hear(a, "[8, 48, 2, {}, \"wamp.error.payload_size_exceeded\", _]");
    say(a, "[48, 2, {}, \"com.p\"]");
    hear_nothing(a);
    world_end(&w);
}

TEST(a_waiting_call_fails_when_the_callee_with_room_cannot_serve_it)  /* spec: A-PCI-04, R-04, R-12 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct session_info plain = {.ser = WAMP_JSON, .roles = {.roles = 1u << WAMP_CALLEE}};
    struct peer *callee = join_with(&w, &plain), *a = join(&w, WAMP_JSON);
    say(callee, "[64, 1, {\"concurrency\": 1}, \"com.p\"]");
    hear(callee, "[65, 1, 1]");
    say(a, "[48, 1, {}, \"com.p\"]");
    say(a, "[48, 2, {\"progress\": true}, \"com.p\"]");
    say(a, "[48, 3, {}, \"com.p\"]");
    hear(callee, "[68, 1, 1, {}]");
    say(callee, "[70, 1, {}]");
    hear(a, "[50, 1, {}]");
    hear(a, "[8, 48, 2, {}, \"wamp.error.feature_not_supported\", _]");
    hear(callee, "[68, 2, 1, {}]");
    world_end(&w);
}

TEST(a_waiting_call_has_room_for_so_many_chunks)  /* spec: R-12, design 7 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *callee = callee_of(&w, "{\"concurrency\": 1}"), *a = join(&w, WAMP_JSON);
    say(a, "[48, 1, {}, \"com.p\"]");
    hear(callee, "[68, 1, 1, {}]");
    for (int i = 0; i < KEPT_CHUNKS_MAX; i++)
        say(a, "[48, 2, {\"progress\": true}, \"com.p\"]");
    hear_nothing(a);
    say(a, "[48, 2, {\"progress\": true}, \"com.p\"]");
    hear(a, "[8, 48, 2, {}, \"wampd.error.limit_exceeded\", _]");
    say(a, "[48, 2, {}, \"com.p\"]");
    hear_nothing(a);
    world_end(&w);
}

/* Many large calls, none of them too large and not too many for one caller. */
TEST(all_waiting_calls_together_have_so_many_octets)  /* spec: R-12, design 7 */
{
    enum { LARGE = 190000 };
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *callee = callee_of(&w, "{\"concurrency\": 1}"), *a = join(&w, WAMP_JSON);
    int fit = KEPT_TOTAL_MAX / (LARGE + 5);
    say(a, "[48, 1, {}, \"com.p\"]");
    hear(callee, "[68, 1, 1, {}]");
    for (int i = 0; i <= fit; i++)
        say(a, "[48, %d, {}, \"com.p\", [\"%0*d\"]]", i + 2, LARGE, 0);
    hear(a, "[8, 48, %d, {}, \"wamp.error.unavailable\", _]", fit + 2);
    hear_nothing(a);
    say(a, "[49, 2, {}]");
    hear(a, "[8, 48, 2, {}, \"wamp.error.canceled\", _]");
    say(a, "[48, 2, {}, \"com.p\", [\"%0*d\"]]", LARGE, 0);
    hear_nothing(a);
    peer_drop(a);
    assert_int_equal(w.realm->dealer.kept.bytes, 0);
    world_end(&w);
}

TEST(more_calls_than_are_kept_for_reuse_can_be_open)
{
    enum { CALLS = 3000 };
    WORLD(w, .max_calls_per_session = CALLS);
    struct peer *callee = callee_of(&w, "{}"), *a = join(&w, WAMP_JSON);
    for (int id = 1; id <= CALLS; id++)
        say(a, "[48, %d, {}, \"com.p\"]", id);
    say(a, "[48, %d, {}, \"com.p\"]", CALLS + 1);
    hear(a, "[8, 48, %d, {}, \"wampd.error.limit_exceeded\", [<str>]]", CALLS + 1);
    for (int id = CALLS; id >= 1; id--) {
        say(callee, "[70, %d, {}]", id);
        hear(a, "[50, %d, {}]", id);
    }
    world_end(&w);
}

/* --- re-routing ------------------------------------------------------------------------------------------------------ */

#define UNAVAILABLE(invocation) "[8, 68, " #invocation ", {}, \"wamp.error.unavailable\"]"

TEST(a_refused_call_waits_for_a_callee_that_has_not_refused)  /* spec: A-RRT-02, A-RRT-05, R-10, R-12 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *first = callee_of(&w, "{\"invoke\": \"first\"}"), *a = join(&w, WAMP_JSON);
    struct peer *second = callee_of(&w, "{\"invoke\": \"first\", \"concurrency\": 1}");
    say(a, "[48, 1, {}, \"com.p\", [1]]");
    say(a, "[48, 2, {}, \"com.p\", [2]]");
    hear(first, "[68, 1, 1, {}, [1]]");
    hear(first, "[68, 2, 1, {}, [2]]");
    say(first, UNAVAILABLE(1));
    hear(second, "[68, 1, 1, {}, [1]]");
    say(first, UNAVAILABLE(2));
    hear_nothing(second);
    hear_nothing(first);
    say(a, "[48, 3, {}, \"com.p\", [3]]");
    hear(first, "[68, 3, 1, {}, [3]]");
    say(second, "[70, 1, {}]");
    hear(second, "[68, 2, 1, {}, [2]]");
    say(second, UNAVAILABLE(2));
    hear(a, "[50, 1, {}]");
    hear(a, "[8, 48, 2, {}, \"wamp.error.no_available_callee\", _]");
    world_end(&w);
}

TEST(a_refused_call_ends_when_only_those_who_refused_are_left)  /* spec: A-RRT-03, R-10 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *first = callee_of(&w, "{\"invoke\": \"first\"}"), *a = join(&w, WAMP_JSON), *b = join(&w, WAMP_JSON);
    struct peer *second = callee_of(&w, "{\"invoke\": \"first\", \"concurrency\": 1}");
    say(a, "[48, 1, {}, \"com.p\", [1]]");
    say(first, UNAVAILABLE(1));
    hear(second, "[68, 1, 1, {}, [1]]");
    say(b, "[48, 1, {}, \"com.p\", [2]]");
    say(first, UNAVAILABLE(2));
    hear_nothing(second);
    peer_drop(second);
    hear(a, "[8, 48, 1, {}, \"wamp.error.canceled\", _]");
    hear(b, "[8, 48, 1, {}, \"wamp.error.no_available_callee\", _]");
    hear_nothing(a);
    hear_nothing(b);
    world_end(&w);
}

TEST(the_timeout_spans_all_attempts)  /* spec: A-RRT-05, A-TMO-04 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *a = join(&w, WAMP_JSON);
    struct peer *first = callee_of(&w, "{\"invoke\": \"first\", \"forward_timeout\": true}");
    struct peer *second = callee_of(&w, "{\"invoke\": \"first\", \"forward_timeout\": true}");
    struct peer *third = callee_of(&w, "{\"invoke\": \"first\"}");
    say(a, "[48, 1, {\"timeout\": 1000}, \"com.p\"]");
    hear(first, "[68, 1, 1, {\"timeout\": 1000}]");
    assert_int_equal(realm_next_deadline(w.realm), WAMP_MS_NEVER);
    world_advance(&w, 400);
    say(first, UNAVAILABLE(1));
    hear(second, "[68, 1, 1, {\"timeout\": 600}]");
    world_advance(&w, 300);
    say(second, UNAVAILABLE(1));
    hear(third, "[68, 1, 1, {}]");
    world_advance(&w, 349);
    hear_nothing(a);
    world_advance(&w, 1);
    hear(a, "[8, 48, 1, {}, \"wamp.error.timeout\", _]");
    hear(third, "[69, 1, {\"mode\": \"killnowait\", \"reason\": \"wamp.error.timeout\"}]");
    world_end(&w);
}

/* --- timeouts ----------------------------------------------------------------------------------------------------------- */

TEST(progress_restarts_the_timeout_and_dropped_progress_does_not)  /* spec: A-TMO-08, A-PCR-11, R-08, T-29 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *callee = callee_of(&w, "{}"), *a = join(&w, WAMP_JSON);
    say(a, "[48, 1, {\"timeout\": 200, \"receive_progress\": true}, \"com.p\"]");
    say(a, "[48, 2, {\"timeout\": 200}, \"com.p\"]");
    for (int i = 0; i < 3; i++) {
        world_advance(&w, 150);
        say(callee, "[70, 1, {\"progress\": true}, [%d]]", i);
        say(callee, "[70, 2, {\"progress\": true}, [%d]]", i);
    }
    hear(a, "[50, 1, {\"progress\": true}, [0]]");
    hear(a, "[8, 48, 2, {}, \"wamp.error.timeout\", _]");
    hear(a, "[50, 1, {\"progress\": true}, [1]]");
    hear(a, "[50, 1, {\"progress\": true}, [2]]");
    world_advance(&w, 249);
    hear_nothing(a);
    world_advance(&w, 1);
    hear(a, "[8, 48, 1, {}, \"wamp.error.timeout\", _]");
    world_end(&w);
}

TEST(a_timeout_beyond_all_reason_is_no_overflow)
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *callee = callee_of(&w, "{}"), *a = join(&w, WAMP_MSGPACK);
    say(a, "[48, 1, {\"timeout\": 18446744073709551615}, \"com.p\"]");
    hear(callee, "[68, 1, 1, {}]");
    assert_true(realm_next_deadline(w.realm) > 1000000000000);
    world_end(&w);
}

TEST(timeouts_may_be_seconds_and_be_called_canceled)  /* spec: A-TMO-01, A-TMO-03 */
{
    struct rules rules = *rules_of(PRESET_CROSSBAR);
    rules.timeout_in_seconds = 1;
    rules.timeout_is_canceled = 1;
    WORLD(w, .rules = &rules);
    callee_of(&w, "{}");
    struct peer *a = join(&w, WAMP_JSON);
    say(a, "[48, 1, {\"timeout\": 2}, \"com.p\"]");
    world_advance(&w, 1999);
    hear_nothing(a);
    world_advance(&w, 51);
    hear(a, "[8, 48, 1, {}, \"wamp.error.canceled\", _]");
    world_end(&w);
}

/* --- canceling -------------------------------------------------------------------------------------------------------------- */

TEST(who_did_not_announce_canceling_is_not_answered)  /* spec: R-05, A-CAN-11, W-34 */
{
    for (int preset = PRESET_SPEC; preset <= PRESET_STRICT; preset++) {
        WORLD(w, .preset = (enum realm_preset)preset);
        struct peer *callee = callee_of(&w, "{}");
        struct session_info info = {.ser = WAMP_JSON, .roles = {.roles = 1u << WAMP_CALLER}};
        struct peer *a = join_with(&w, &info);
        say(a, "[48, 1, {}, \"com.p\"]");
        say(a, "[49, 1, {\"mode\": \"kill\"}]");
        hear(callee, "[68, 1, 1, {}]");
        hear(callee, "[69, 1, {\"mode\": \"kill\", \"reason\": \"wamp.error.canceled\"}]");
        hear_nothing(a);
        say(callee, "[8, 68, 1, {}, \"com.stopped\"]");
        if (preset == PRESET_STRICT)
            hear(a, "[8, 48, 1, {}, \"com.stopped\"]");
        hear_nothing(a);
        world_end(&w);
    }
}

TEST(skip_may_be_silent)  /* spec: A-CAN-04, T-04 */
{
    for (int silent = 0; silent <= 1; silent++) {
        struct rules rules = *rules_of(PRESET_SPEC);
        rules.cancel_skip_is_silent = silent;
        WORLD(w, .rules = &rules);
        struct peer *callee = callee_of(&w, "{}"), *a = join(&w, WAMP_JSON);
        say(a, "[48, 1, {}, \"com.p\"]");
        say(a, "[49, 1, {\"mode\": \"skip\"}]");
        if (!silent)
            hear(a, "[8, 48, 1, {}, \"wamp.error.canceled\", _]");
        hear(callee, "[68, 1, 1, {}]");
        say(callee, "[70, 1, {}]");
        hear_nothing(callee);
        hear_nothing(a);
        world_end(&w);
    }
}

/* --- what is told about a call -------------------------------------------------------------------------------------------- */

TEST(calls_have_the_trust_level_of_their_first_matching_row)  /* spec: A-CTL-01, A-CTL-02 */
{
    const struct realm_trust rows[] = {
        {.uri = STR("com."), .match = WAMP_MATCH_PREFIX, .authrole = STR("admin"), .level = 9},
        {.uri = STR("com.p"), .match = WAMP_MATCH_EXACT, .level = 0},
        {.uri = STR("com."), .match = WAMP_MATCH_PREFIX, .level = 3},
    };
    WORLD(w, .trust = rows, .trust_count = 3);
    struct peer *callee = callee_of(&w, "{}"), *a = join(&w, WAMP_JSON);
    struct session_info info = {.ser = WAMP_CBOR, .authrole = STR("admin")};
    struct peer *admin = join_with(&w, &info);
    say(callee, "[64, 2, {\"match\": \"prefix\"}, \"\"]");
    hear(callee, "[65, 2, 2]");
    say(a, "[48, 1, {\"progress\": true}, \"com.p\"]");
    hear(callee, "[68, 1, 1, {\"trustlevel\": 0, \"progress\": true}]");
    say(a, "[48, 1, {}, \"com.p\"]");
    hear(callee, "[68, 1, 1, {\"trustlevel\": 0}]");
    say(admin, "[48, 1, {}, \"com.p\"]");
    hear(callee, "[68, 2, 1, {\"trustlevel\": 9}]");
    say(a, "[48, 2, {}, \"com.q\"]");
    hear(callee, "[68, 3, 2, {\"trustlevel\": 3, \"procedure\": \"com.q\"}]");
    say(a, "[48, 3, {}, \"org.q\"]");
    hear(callee, "[68, 4, 2, {\"procedure\": \"org.q\"}]");
    world_end(&w);
}

TEST(private_keys_travel_with_a_call)  /* spec: B-043, S-10 */
{
    const struct str keys[] = {STR("_ext"), STR("_trace")};
    WORLD(w, .forward_keys = keys, .forward_key_count = 2);
    struct peer *callee = callee_of(&w, "{}");
    enum wamp_ser sers[] = {WAMP_JSON, WAMP_MSGPACK, WAMP_CBOR};
    for (int i = 0; i < 3; i++) {
        struct peer *a = join(&w, sers[i]);
        say(a, "[48, 1, {\"_ext\": {\"trace\": [\"t1\", 1.5, null]}, \"_other\": 1, \"_trace\": 7}, \"com.p\", [1]]");
        hear(callee, "[68, %d, 1, {\"_ext\": {\"trace\": [\"t1\", 1.5, null]}, \"_trace\": 7}, [1]]", i + 1);
        say(callee, "[70, %d, {\"_ext\": \"back\", \"_other\": 2}, [2]]", i + 1);
        hear(a, "[50, 1, {\"_ext\": \"back\"}, [2]]");
    }
    world_end(&w);
}

TEST(private_keys_are_those_of_the_first_chunk)  /* spec: A-PCI-06, T-26 */
{
    const struct str key = STR("_ext");
    WORLD(w, .forward_keys = &key, .forward_key_count = 1);
    struct peer *callee = callee_of(&w, "{}"), *a = join(&w, WAMP_CBOR);
    say(a, "[48, 1, {\"_ext\": 1, \"progress\": true}, \"com.p\"]");
    say(a, "[48, 1, {\"_ext\": 2, \"progress\": true}, \"com.p\"]");
    say(a, "[48, 1, {}, \"com.p\"]");
    hear(callee, "[68, 1, 1, {\"_ext\": 1, \"progress\": true}]");
    hear(callee, "[68, 1, 1, {\"_ext\": 1, \"progress\": true}]");
    hear(callee, "[68, 1, 1, {\"_ext\": 1}]");
    world_end(&w);
}

TEST(without_configuration_no_private_key_is_forwarded)  /* spec: B-043, S-10 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *callee = callee_of(&w, "{}"), *a = join(&w, WAMP_JSON);
    say(a, "[48, 1, {\"_ext\": 1}, \"com.p\"]");
    hear(callee, "[68, 1, 1, {}]");
    say(callee, "[70, 1, {\"_ext\": 1}]");
    hear(a, "[50, 1, {}]");
    world_end(&w);
}

/* The largest Details there are: they must fit where they are put together. */
TEST(an_invocation_may_carry_everything_at_once)
{
    const struct realm_trust row = {.uri = STR(""), .match = WAMP_MATCH_PREFIX, .level = 1};
    struct str keys[REALM_FORWARD_KEYS_MAX + 1] = {STR("_aaa"), STR("_bbb"), STR("_ccc"), STR("_ddd"), STR("_eee"),
                                                   STR("_fff"), STR("_ggg"), STR("_hhh"), STR("_iii")};
    WORLD(w, .trust = &row, .trust_count = 1, .forward_keys = keys,
                           .forward_key_count = REALM_FORWARD_KEYS_MAX + 1);
    struct peer *callee = join(&w, WAMP_JSON), *a = join(&w, WAMP_JSON);
    say(callee, "[64, 1, {\"match\": \"prefix\", \"forward_timeout\": true}, \"com\"]");
    hear(callee, "[65, 1, 1]");
    say(a, "[48, 1, {\"_aaa\": 1, \"_bbb\": 2, \"_ccc\": 3, \"_ddd\": 4, \"_eee\": 5, \"_fff\": 6, \"_ggg\": 7,"
           "\"_hhh\": 8, \"_iii\": 9, \"disclose_me\": true, \"timeout\": 5000, \"receive_progress\": true,"
           "\"progress\": true, \"ppt_scheme\": \"x_a\", \"ppt_serializer\": \"b\", \"ppt_cipher\": \"c\","
           "\"ppt_keyid\": \"d\"}, \"com.p\", [\"\\u0000AAEC\"]]");
    hear(callee,
         "[68, 1, 1, {\"_aaa\": 1, \"_bbb\": 2, \"_ccc\": 3, \"_ddd\": 4, \"_eee\": 5, \"_fff\": 6, \"_ggg\": 7,"
         "\"_hhh\": 8, \"caller\": %" PRIu64 ", \"caller_authid\": <str>, \"caller_authrole\": \"anonymous\","
         "\"trustlevel\": 1, \"procedure\": \"com.p\", \"timeout\": 5000, \"receive_progress\": true,"
         "\"progress\": true, \"ppt_scheme\": \"x_a\", \"ppt_serializer\": \"b\", \"ppt_cipher\": \"c\","
         "\"ppt_keyid\": \"d\"}, [\"\\u0000AAEC\"]]",
         a->id);
    world_end(&w);
}

RUN_TESTS(cmocka_unit_test(invocation_ids_wrap_and_old_answers_stay_harmless),
          cmocka_unit_test(an_answer_to_what_was_never_asked_is_a_violation),
          cmocka_unit_test(late_chunks_are_discarded_up_to_the_last),
          cmocka_unit_test(late_chunks_are_expected_for_a_minute),
          cmocka_unit_test(only_the_last_thousand_ended_calls_are_remembered),
          cmocka_unit_test(a_malformed_uri_in_a_chunk_is_the_one_answer_of_its_call),
          cmocka_unit_test(procedures_of_the_router_take_no_chunks),
          cmocka_unit_test(calls_wait_for_room_in_the_order_of_their_arrival),
          cmocka_unit_test(a_waiting_call_can_be_canceled_times_out_and_ends_with_its_caller),
          cmocka_unit_test(no_more_calls_wait_than_the_limit_says),
          cmocka_unit_test(what_waits_ends_when_the_last_callee_leaves),
          cmocka_unit_test(a_new_callee_takes_what_waits),
          cmocka_unit_test(an_answer_from_before_a_new_registration_makes_no_room_in_it),
          cmocka_unit_test(a_thousand_waiting_calls_may_fail_one_after_the_other),
          cmocka_unit_test(a_callee_that_got_a_chunk_is_told_when_the_next_cannot_be_sent),
          cmocka_unit_test(a_waiting_call_fails_when_the_callee_with_room_cannot_serve_it),
          cmocka_unit_test(a_waiting_call_has_room_for_so_many_chunks),
          cmocka_unit_test(all_waiting_calls_together_have_so_many_octets),
          cmocka_unit_test(more_calls_than_are_kept_for_reuse_can_be_open),
          cmocka_unit_test(a_refused_call_waits_for_a_callee_that_has_not_refused),
          cmocka_unit_test(a_refused_call_ends_when_only_those_who_refused_are_left),
          cmocka_unit_test(the_timeout_spans_all_attempts),
          cmocka_unit_test(progress_restarts_the_timeout_and_dropped_progress_does_not),
          cmocka_unit_test(a_timeout_beyond_all_reason_is_no_overflow),
          cmocka_unit_test(timeouts_may_be_seconds_and_be_called_canceled),
          cmocka_unit_test(who_did_not_announce_canceling_is_not_answered), cmocka_unit_test(skip_may_be_silent),
          cmocka_unit_test(calls_have_the_trust_level_of_their_first_matching_row),
          cmocka_unit_test(private_keys_travel_with_a_call),
          cmocka_unit_test(private_keys_are_those_of_the_first_chunk),
          cmocka_unit_test(without_configuration_no_private_key_is_forwarded),
          cmocka_unit_test(an_invocation_may_carry_everything_at_once))
