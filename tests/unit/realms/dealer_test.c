/* Registrations: who may share one, and who of them gets the next call. */
#include "realms/dealer.h"

#include "tests/lib/talk.h"
#include "tests/lib/test.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const policies[] = {"single", "roundrobin", "random", "first", "last"};

static struct peer *callee_of(struct world *w, const char *options)
{
    struct peer *p = join(w, WAMP_JSON);
    say(p, "[64, 1, %s, \"com.p\"]", options);
    hear(p, "[65, 1, 1]");
    return p;
}

/* --- sharing -------------------------------------------------------------------------------------------------- */

static void expect_conflict(enum realm_preset preset, int first, int second)
{
    WORLD(w, .preset = preset);
    struct peer *a = join(&w, WAMP_JSON), *b = join(&w, WAMP_JSON);
    bool shares = first == second && first != 0;
    const char *error = first != 0 && first != second && preset == PRESET_CROSSBAR
                            ? "wamp.error.procedure_exists_with_different_invocation_policy"
                            : "wamp.error.procedure_already_exists";
    say(a, "[64, 1, {\"invoke\": \"%s\"}, \"com.p\"]", policies[first]);
    hear(a, "[65, 1, 1]");
    say(b, "[64, 1, {\"invoke\": \"%s\"}, \"com.p\"]", policies[second]);
    if (shares)
        hear(b, "[65, 1, 1]");
    else
        hear(b, "[8, 64, 1, {}, \"%s\", [<str>]]", error);
    say(a, "[64, 2, {\"invoke\": \"%s\"}, \"com.p\"]", policies[first]);
    hear(a, "[8, 64, 2, {}, \"wamp.error.procedure_already_exists\", [<str>]]");
    say(b, "[64, 2, {\"invoke\": \"%s\", \"match\": \"prefix\"}, \"com.p\"]", policies[second]);
    hear(b, "[65, 2, 2]");
    world_end(&w);
}

TEST(a_registration_is_shared_by_those_who_agree)  /* spec: B-077, A-PBR-04, A-SHR-02..A-SHR-04, A-SHR-08, T-34 */
{
    for (int first = 0; first < 5; first++)
        for (int second = 0; second < 5; second++) {
            expect_conflict(PRESET_SPEC, first, second);
            expect_conflict(PRESET_CROSSBAR, first, second);
        }
}

TEST(a_registration_may_be_taken_over_where_the_rules_say_so)  /* spec: A-RRV-01, A-RRV-02, A-RRV-04, T-36 */
{
    static const char *const reasons[] = {"wampd.unregistered.replaced", NULL, "wamp.error.unregistered"};
    for (int preset = PRESET_SPEC; preset <= PRESET_CROSSBAR; preset++) {
        WORLD(w, .preset = (enum realm_preset)preset);
        struct session_info plain = {.ser = WAMP_JSON, .roles = {.roles = 1u << WAMP_CALLEE}};
        struct peer *a = callee_of(&w, "{\"invoke\": \"first\"}"), *b = join_with(&w, &plain), *c = join(&w, WAMP_JSON);
        say(b, "[64, 1, {\"invoke\": \"first\"}, \"com.p\"]");
        hear(b, "[65, 1, 1]");
        say(c, "[64, 1, {\"force_reregister\": true}, \"com.p\"]");
        if (reasons[preset]) {
            hear(a, "[67, 0, {\"registration\": 1, \"reason\": \"%s\"}]", reasons[preset]);
            hear(c, "[65, 1, 2]");
        } else {
            hear(c, "[8, 64, 1, {}, \"wamp.error.procedure_already_exists\", _]");
        }
        hear_nothing(a);
        hear_nothing(b);
        world_end(&w);
    }
}

TEST(disclosure_is_refused_or_not_done)  /* spec: A-CID-03, A-CID-04, A-PID-02, T-60 */
{
    for (int preset = PRESET_SPEC; preset <= PRESET_CROSSBAR; preset += PRESET_CROSSBAR) {
        WORLD(w, .preset = (enum realm_preset)preset, .disclosure = DISCLOSE_NEVER);
        struct peer *a = join(&w, WAMP_JSON), *callee = callee_of(&w, "{}");
        say(callee, "[32, 2, {}, \"com.t\"]");
        hear(callee, "[33, 2, 1]");
        say(a, "[48, 1, {\"disclose_me\": true}, \"com.p\"]");
        say(a, "[16, 2, {\"disclose_me\": true}, \"com.t\"]");
        say(a, "[16, 3, {\"disclose_me\": true, \"acknowledge\": true}, \"com.t\"]");
        say(a, "[64, 4, {\"disclose_caller\": true}, \"com.q\"]");
        if (preset == PRESET_CROSSBAR) {
            hear(callee, "[68, 1, 1, {}]");
            hear(callee, "[36, 1, _, {}]");
            hear(callee, "[36, 1, _, {}]");
            hear(a, "[17, 3, _]");
            hear(a, "[65, 4, 2]");
        } else {
            hear(a, "[8, 48, 1, {}, \"wamp.error.option_disallowed.disclose_me\", [<str>]]");
            hear(a, "[8, 16, 3, {}, \"wamp.error.option_disallowed.disclose_me\", [<str>]]");
            hear(a, "[8, 64, 4, {}, \"wamp.error.option_disallowed.disclose_me\", [<str>]]");
        }
        hear_nothing(callee);
        hear_nothing(a);
        world_end(&w);
    }
}

/* --- the choice of a callee ---------------------------------------------------------------------------------- */

enum { CALLEES = 4 };

struct circle {
    struct world w;
    struct peer *caller, *callees[CALLEES];
    uint64_t calls;
};

static void circle_init(struct circle *c, const char *policy)
{
    memset(c, 0, sizeof *c);
    world_begin(&c->w, &(struct realm_config){.preset = PRESET_SPEC});
    c->caller = join(&c->w, WAMP_JSON);
    for (int i = 0; i < CALLEES; i++) {
        char options[64];
        snprintf(options, sizeof options, "{\"invoke\": \"%s\"}", policy);
        c->callees[i] = callee_of(&c->w, options);
    }
}

/* Who gets the next call; the call stays open. */
static int next_callee(struct circle *c)
{
    int got = -1;
    say(c->caller, "[48, %" PRIu64 ", {}, \"com.p\"]", ++c->calls);
    for (int i = 0; i < CALLEES; i++) {
        if (peer_take(c->callees[i], &(struct str){0})) {
            assert_int_equal(got, -1);
            got = i;
        }
    }
    return got;
}

TEST(roundrobin_goes_round_in_the_order_of_registration)  /* spec: A-SHR-05, A-SHR-06 */
{
    struct circle c;
    circle_init(&c, "roundrobin");
    for (int i = 0; i < 3 * CALLEES; i++)
        assert_int_equal(next_callee(&c), i % CALLEES);
    world_end(&c.w);
}

TEST(roundrobin_neither_skips_nor_repeats_when_a_callee_leaves)  /* spec: A-SHR-06, T-35 */
{
    for (int calls = 0; calls <= CALLEES; calls++)
        for (int leaver = 0; leaver < CALLEES; leaver++) {
            struct circle c;
            circle_init(&c, "roundrobin");
            for (int i = 0; i < calls; i++)
                next_callee(&c);
            int due = calls % CALLEES;
            peer_drop(c.callees[leaver]);
            while (peer_take(c.caller, &(struct str){0}))
                ;
            for (int i = 0; i < CALLEES; i++, due = (due + 1) % CALLEES) {
                if (due == leaver)
                    due = (due + 1) % CALLEES;
                assert_int_equal(next_callee(&c), due);
            }
            world_end(&c.w);
        }
}

TEST(first_and_last_stay_with_their_callee_until_it_leaves)  /* spec: A-SHR-07 */
{
    struct circle c;
    circle_init(&c, "first");
    for (int i = 0; i < CALLEES; i++) {
        assert_int_equal(next_callee(&c), i);
        assert_int_equal(next_callee(&c), i);
        peer_drop(c.callees[i]);
    }
    world_end(&c.w);
    circle_init(&c, "last");
    for (int i = CALLEES - 1; i >= 0; i--) {
        assert_int_equal(next_callee(&c), i);
        assert_int_equal(next_callee(&c), i);
        peer_drop(c.callees[i]);
    }
    world_end(&c.w);
}

TEST(random_gives_everybody_a_fair_share)  /* spec: A-SHR-07 */
{
    enum { CALLS = 1000 };  /* as many as may be open at once */
    struct circle c;
    int share[CALLEES] = {0};
    circle_init(&c, "random");
    for (int i = 0; i < CALLS; i++)
        share[next_callee(&c)]++;
    for (int i = 0; i < CALLEES; i++)
        assert_in_range(share[i], CALLS / CALLEES * 3 / 4, CALLS / CALLEES * 5 / 4);
    world_end(&c.w);
}

TEST(random_is_fair_among_those_who_have_room)  /* spec: A-SHR-07, R-12 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *busy = callee_of(&w, "{\"invoke\": \"random\", \"concurrency\": 1}"), *a = join(&w, WAMP_JSON);
    say(a, "[48, 1, {}, \"com.p\"]");
    hear(busy, "[68, 1, 1, {}]");
    struct peer *others[3];
    for (int i = 0; i < 3; i++)
        others[i] = callee_of(&w, "{\"invoke\": \"random\"}");
    for (int id = 2; id <= 901; id++)
        say(a, "[48, %d, {}, \"com.p\"]", id);
    hear_nothing(busy);
    for (int i = 0; i < 3; i++) {
        int share = 0;
        while (peer_take(others[i], &(struct str){0}))
            share++;
        assert_in_range(share, 220, 380);
    }
    world_end(&w);
}

RUN_TESTS(cmocka_unit_test(a_registration_is_shared_by_those_who_agree),
          cmocka_unit_test(a_registration_may_be_taken_over_where_the_rules_say_so),
          cmocka_unit_test(disclosure_is_refused_or_not_done),
          cmocka_unit_test(roundrobin_goes_round_in_the_order_of_registration),
          cmocka_unit_test(roundrobin_neither_skips_nor_repeats_when_a_callee_leaves),
          cmocka_unit_test(first_and_last_stay_with_their_callee_until_it_leaves),
          cmocka_unit_test(random_gives_everybody_a_fair_share),
          cmocka_unit_test(random_is_fair_among_those_who_have_room))
