/* The rows of rules.def that concern the meta API, in all presets; the others are tested where they matter. */
#include "realms/rules.h"

#include "tests/lib/talk.h"
#include "tests/lib/test.h"

#include <inttypes.h>

TEST(the_right_to_kill_is_explicit_but_in_preset_crossbar)  /* spec: A-SES-13, R-20 */
{
    for (int preset = PRESET_SPEC; preset <= PRESET_CROSSBAR; preset++) {
        WORLD(w, .preset = (enum realm_preset)preset);
        struct peer *a = join(&w, WAMP_JSON), *b = join(&w, WAMP_JSON);
        say(a, "[48, 1, {}, \"wamp.session.kill\", [%" PRIu64 "]]", b->id);
        if (preset == PRESET_CROSSBAR) {
            hear(a, "[50, 1, {}]");
            hear(b, "[6, {}, \"wamp.close.normal\"]");
            hear_end(b, CLOSE_KILLED);
        } else {
            hear(a, "[8, 48, 1, {}, \"wamp.error.not_authorized\", [<str>]]");
            hear_nothing(b);
        }
        world_end(&w);
    }
}

TEST(the_killed_hear_the_reason_of_the_preset)  /* spec: A-SES-04, A-CLO-03, T-42 */
{
    static const char *const reasons[] = {"wamp.close.killed", "wamp.close.killed", "wamp.close.normal"};
    for (int preset = PRESET_SPEC; preset <= PRESET_CROSSBAR; preset++) {
        WORLD(w, .preset = (enum realm_preset)preset, .kill_allowed = true);
        struct peer *a = join(&w, WAMP_JSON), *b = join(&w, WAMP_JSON);
        say(a, "[48, 1, {}, \"wamp.session.kill_all\"]");
        hear(a, "[50, 1, {}, [1]]");
        hear(b, "[6, {}, \"%s\"]", reasons[preset]);
        hear_end(b, CLOSE_KILLED);
        world_end(&w);
    }
}

TEST(killing_by_authrole_tells_how_many_or_whom)  /* spec: A-SES-07, X-11 */
{
    for (int preset = PRESET_SPEC; preset <= PRESET_CROSSBAR; preset++) {
        WORLD(w, .preset = (enum realm_preset)preset, .kill_allowed = true);
        struct session_info info = {.ser = WAMP_JSON, .authrole = STR("victim")};
        struct peer *a = join(&w, WAMP_JSON), *b = join_with(&w, &info);
        say(a, "[48, 1, {}, \"wamp.session.kill_by_authrole\", [\"victim\"]]");
        if (preset == PRESET_CROSSBAR)
            hear(a, "[50, 1, {}, [[%" PRIu64 "]]]", b->id);
        else
            hear(a, "[50, 1, {}, [1]]");
        world_end(&w);
    }
}

TEST(on_leave_has_one_argument_or_three)  /* spec: A-SES-14, A-SES-03 */
{
    for (int preset = PRESET_SPEC; preset <= PRESET_CROSSBAR; preset++) {
        WORLD(w, .preset = (enum realm_preset)preset);
        struct session_info info = {.ser = WAMP_JSON, .authid = STR("joe"), .authrole = STR("user")};
        struct peer *a = join(&w, WAMP_JSON), *b = join_with(&w, &info);
        say(a, "[32, 1, {}, \"wamp.session.on_leave\"]");
        hear(a, "[33, 1, 1]");
        peer_drop(b);
        if (preset == PRESET_CROSSBAR)
            hear(a, "[36, 1, _, {}, [%" PRIu64 "]]", b->id);
        else
            hear(a, "[36, 1, _, {}, [%" PRIu64 ", \"joe\", \"user\"]]", b->id);
        world_end(&w);
    }
}

RUN_TESTS(cmocka_unit_test(the_right_to_kill_is_explicit_but_in_preset_crossbar),
          cmocka_unit_test(the_killed_hear_the_reason_of_the_preset),
          cmocka_unit_test(killing_by_authrole_tells_how_many_or_whom),
          cmocka_unit_test(on_leave_has_one_argument_or_three))
