/* The fan-out where scripts do not reach: limits of lists, rules, receivers of every kind at once. */
#include "realms/broker.h"

#include "tests/lib/talk.h"
#include "tests/lib/test.h"

#include <inttypes.h>
#include <stdio.h>

TEST(one_publication_reaches_every_serializer_with_one_id)  /* spec: B-046, B-068, B-069, T-18 */
{
    enum wamp_ser sers[] = {WAMP_JSON, WAMP_MSGPACK, WAMP_CBOR, WAMP_JSON, WAMP_MSGPACK, WAMP_CBOR};
    enum { COUNT = sizeof sers / sizeof *sers };
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *peers[COUNT], *a = join(&w, WAMP_CBOR);
    for (int i = 0; i < COUNT; i++) {
        peers[i] = join(&w, sers[i]);
        say(peers[i], "[32, 1, {}, \"com.t\"]");
        hear(peers[i], "[33, 1, 1]");
        say(peers[i], "[32, 2, {\"match\": \"prefix\"}, \"com\"]");
        hear(peers[i], "[33, 2, 2]");
    }
    for (int round = 0; round < 3; round++) {
        say(a, "[16, 1, {}, \"com.t\", [1, -2, \"\\u00e4\", \"\\u0000AAEC\", null, {\"k\": [true]}], {\"x\": %d}]", round);
        for (int i = 0; i < COUNT; i++) {
            hear(peers[i], "[36, 1, _, {}, [1, -2, \"\\u00e4\", \"\\u0000AAEC\", null, {\"k\": [true]}], {\"x\": %d}]",
                 round);
            hear(peers[i], "[36, 2, _, {\"topic\": \"com.t\"}, [1, ...], {\"x\": %d}]", round);
            hear_nothing(peers[i]);
        }
    }
    world_end(&w);
}

TEST(an_event_is_left_out_only_for_the_receiver_that_cannot_take_it)  /* spec: B-101, table 0.8, T-58 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *a = join(&w, WAMP_CBOR), *json = join(&w, WAMP_JSON), *cbor = join(&w, WAMP_CBOR);
    struct peer *small = join_with(&w, &(struct session_info){.ser = WAMP_CBOR, .max_message = 1500});
    struct peer *all[] = {json, cbor, small};
    for (int i = 0; i < 3; i++) {
        say(all[i], "[32, 1, {}, \"com.t\"]");
        hear(all[i], "[33, 1, 1]");
    }
    say(a, "[16, 1, {}, \"com.t\", [\"%02000d\"]]", 0);
    hear(json, "[36, 1, _, {}, [_]]");
    hear(cbor, "[36, 1, _, {}, [_]]");
    hear_nothing(small);
    /* [16, 2, {}, "com.t", [NaN]] */
    peer_send(a, STR("\x85\x10\x02\xa0\x65" "com.t" "\x81\xf9\x7e\x00"));
    hear_nothing(json);
    hear(cbor, "[36, 1, _, {}, [_]]");
    hear(small, "[36, 1, _, {}, [_]]");
    assert_int_equal(realm_counters(w.realm)->events_too_big, 1);
    assert_int_equal(realm_counters(w.realm)->events_unrepresentable, 1);
    world_end(&w);
}

TEST(a_list_of_receivers_that_is_too_long_is_told_to_who_asked)  /* spec: B-064, A-BWL-05, T-13 */
{
    char list[10000] = "1";
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *a = join(&w, WAMP_JSON), *b = join(&w, WAMP_JSON);
    for (int i = 0; i < FILTER_LIST_MAX; i++)
        strcat(list, ", 2");
    say(b, "[32, 1, {}, \"com.t\"]");
    hear(b, "[33, 1, 1]");
    say(a, "[16, 1, {\"exclude\": [%s]}, \"com.t\"]", list);
    hear_nothing(a);
    say(a, "[16, 2, {\"exclude\": [%s], \"acknowledge\": true}, \"com.t\"]", list);
    hear(a, "[8, 16, 2, {}, \"wamp.error.invalid_argument\", [<str>]]");
    hear_nothing(b);
    world_end(&w);
}

TEST(an_empty_eligible_list_may_be_taken_as_none)  /* spec: A-BWL-02, T-17 */
{
    for (int absent = 0; absent <= 1; absent++) {
        struct rules rules = *rules_of(PRESET_CROSSBAR);
        rules.empty_eligible_is_absent = absent;
        WORLD(w, .rules = &rules);
        struct peer *a = join(&w, WAMP_JSON), *b = join(&w, WAMP_JSON);
        say(b, "[32, 1, {}, \"com.t\"]");
        hear(b, "[33, 1, 1]");
        say(a, "[16, 1, {\"eligible\": [], \"acknowledge\": true}, \"com.t\"]");
        hear(a, "[17, 1, _]");
        if (absent)
            hear(b, "[36, 1, _, {}]");
        hear_nothing(b);
        world_end(&w);
    }
}

/* The URI is quoted in the text, and cut where the text ends: between characters, not inside one. */
TEST(a_long_text_of_an_error_stays_text)  /* spec: B-047 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *a = join(&w, WAMP_JSON);
    for (int letters = 190; letters < 230; letters++) {
        char uri[600];
        int n = snprintf(uri, sizeof uri, "com.%0*d", letters, 0);
        for (int i = 0; i < 40; i++)
            n += snprintf(uri + n, sizeof uri - (size_t)n, "%s", i % 2 ? "\xe2\x82\xac" : "\xf0\x9f\x98\x80");
        say(a, "[48, %d, {}, \"%s\"]", letters, uri);
        hear(a, "[8, 48, %d, {}, \"wamp.error.no_such_procedure\", [\"~com.000\"]]", letters);
    }
    world_end(&w);
}

RUN_TESTS(cmocka_unit_test(one_publication_reaches_every_serializer_with_one_id),
          cmocka_unit_test(an_event_is_left_out_only_for_the_receiver_that_cannot_take_it),
          cmocka_unit_test(a_list_of_receivers_that_is_too_long_is_told_to_who_asked),
          cmocka_unit_test(an_empty_eligible_list_may_be_taken_as_none),
          cmocka_unit_test(a_long_text_of_an_error_stays_text))
