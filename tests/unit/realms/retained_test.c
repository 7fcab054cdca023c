/* Retained events: which one a later subscriber gets, and what a realm keeps at most. */
#include "realms/retained.h"

#include "realms/inner.h"
#include "realms/stored.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/talk.h"
#include "tests/lib/test.h"

#include <inttypes.h>

static struct peer *role_of(struct world *w, const char *authrole)
{
    return join_with(w, &(struct session_info){.ser = WAMP_JSON, .authrole = str_z(authrole)});
}

static void subscribe(struct peer *p, uint64_t subscription, const char *match, const char *topic)
{
    say(p, "[32, 7, {\"match\": \"%s\", \"get_retained\": true}, \"%s\"]", match, topic);
    hear(p, "[33, 7, %" PRIu64 "]", subscription);
}

TEST(a_later_subscriber_gets_the_last_event_once)  /* spec: A-RET-02, A-RET-05, A-RET-06, A-RET-09 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *a = join(&w, WAMP_CBOR), *b = join(&w, WAMP_JSON);
    say(a, "[16, 1, {\"retain\": true}, \"com.t\", [1]]");
    say(a, "[16, 2, {\"retain\": true, \"acknowledge\": true}, \"com.t\", [2], {\"k\": 3}]");
    hear(a, "[17, 2, _]");
    say(a, "[16, 3, {}, \"com.t\", [3]]");
    subscribe(b, 1, "exact", "com.t");
    hear(b, "[36, 1, <id>, {\"retained\": true}, [2], {\"k\": 3}]");
    hear_nothing(b);
    subscribe(b, 1, "exact", "com.t");
    hear(b, "[36, 1, <id>, {\"retained\": true}, [2], {\"k\": 3}]");
    say(b, "[32, 8, {}, \"com.t\"]");
    hear(b, "[33, 8, 1]");
    hear_nothing(b);
    world_end(&w);
}

TEST(restrictions_hold_for_later_subscribers)  /* spec: A-RET-03, A-RET-05, R-18, T-38 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *a = join(&w, WAMP_JSON), *user = role_of(&w, "user"), *admin = role_of(&w, "admin");
    say(a, "[16, 1, {\"retain\": true}, \"com.t\", [\"for all\"]]");
    say(a, "[16, 2, {\"retain\": true, \"exclude_authrole\": [\"user\"]}, \"com.t\", [\"old secret\"]]");
    say(a, "[16, 3, {\"retain\": true, \"eligible_authrole\": [\"admin\"]}, \"com.t\", [\"secret\"]]");
    subscribe(user, 1, "exact", "com.t");
    hear(user, "[36, 1, _, {\"retained\": true}, [\"for all\"]]");
    subscribe(admin, 1, "exact", "com.t");
    hear(admin, "[36, 1, _, {\"retained\": true}, [\"secret\"]]");
    hear_nothing(user);
    say(a, "[16, 4, {\"retain\": true}, \"com.t\", [\"new\"]]");
    hear(user, "[36, 1, _, {}, [\"new\"]]");
    hear(admin, "[36, 1, _, {}, [\"new\"]]");
    subscribe(admin, 1, "exact", "com.t");
    hear(admin, "[36, 1, _, {\"retained\": true}, [\"new\"]]");
    world_end(&w);
}

TEST(a_publisher_gets_its_own_only_if_it_did_not_exclude_itself)  /* spec: A-RET-07 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *a = join(&w, WAMP_JSON);
    say(a, "[16, 1, {\"retain\": true}, \"com.t\", [1]]");
    subscribe(a, 1, "exact", "com.t");
    hear_nothing(a);
    say(a, "[16, 2, {\"retain\": true, \"exclude_me\": false}, \"com.t\", [2]]");
    hear(a, "[36, 1, _, {}, [2]]");
    subscribe(a, 1, "exact", "com.t");
    hear(a, "[36, 1, _, {\"retained\": true}, [2]]");
    world_end(&w);
}

TEST(a_pattern_gets_one_event_for_each_topic)  /* spec: A-RET-08, T-39 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *a = join(&w, WAMP_JSON), *b = join(&w, WAMP_MSGPACK);
    say(a, "[16, 1, {\"retain\": true}, \"com.t.x\", [\"x\"]]");
    say(a, "[16, 2, {\"retain\": true, \"disclose_me\": true}, \"com.t.y\", [\"y\"]]");
    say(a, "[16, 3, {\"retain\": true}, \"com.u.y\", [\"u\"]]");
    subscribe(b, 1, "prefix", "com.t");
    hear(b, "[36, 1, _, {\"retained\": true, \"topic\": \"com.t.x\"}, [\"x\"]]");
    hear(b,
         "[36, 1, _, {\"retained\": true, \"topic\": \"com.t.y\", \"publisher\": %" PRIu64
         ", \"publisher_authid\": _, \"publisher_authrole\": \"anonymous\"}, [\"y\"]]",
         a->id);
    subscribe(b, 2, "wildcard", "com..y");
    hear(b, "[36, 2, _, {\"retained\": true, \"topic\": \"com.t.y\", ...}, [\"y\"]]");
    hear(b, "[36, 2, _, {\"retained\": true, \"topic\": \"com.u.y\"}, [\"u\"]]");
    hear_nothing(b);
    world_end(&w);
}

TEST(an_opaque_payload_stays_opaque)  /* spec: A-PPT-13 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *a = join(&w, WAMP_JSON), *b = join(&w, WAMP_CBOR);
    say(a, "[16, 1, {\"retain\": true, \"ppt_scheme\": \"x_a\", \"ppt_cipher\": \"c\"}, \"com.t\", [\"\\u0000AAEC\"]]");
    subscribe(b, 1, "exact", "com.t");
    hear(b, "[36, 1, _, {\"retained\": true, \"ppt_scheme\": \"x_a\", \"ppt_cipher\": \"c\"}, [\"\\u0000AAEC\"]]");
    world_end(&w);
}

TEST(events_have_the_trust_level_they_were_published_with)  /* spec: A-PTL-01 */
{
    const struct realm_trust rows[] = {{.uri = STR("com.t"), .authrole = STR("admin"), .level = 5}};
    WORLD(w, .trust = rows, .trust_count = 1);
    struct peer *admin = role_of(&w, "admin"), *user = role_of(&w, "user"), *b = join(&w, WAMP_JSON);
    say(b, "[32, 1, {}, \"com.t\"]");
    hear(b, "[33, 1, 1]");
    say(user, "[16, 1, {}, \"com.t\", [1]]");
    hear(b, "[36, 1, _, {}, [1]]");
    say(admin, "[16, 1, {\"retain\": true}, \"com.t\", [2]]");
    hear(b, "[36, 1, _, {\"trustlevel\": 5}, [2]]");
    peer_drop(admin);
    subscribe(b, 1, "exact", "com.t");
    hear(b, "[36, 1, _, {\"trustlevel\": 5, \"retained\": true}, [2]]");
    world_end(&w);
}

/* --- bounds --------------------------------------------------------------------------------------------------- */

TEST(what_is_too_large_to_be_kept_drives_out_what_is_out_of_date)  /* spec: A-RET-05, A-RET-10 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *a = join(&w, WAMP_JSON), *b = join(&w, WAMP_JSON);
    say(a, "[16, 1, {\"retain\": true}, \"com.t\", [\"%0*d\"]]", RETAINED_EVENT_MAX - 10, 1);
    assert_int_equal(w.realm->broker.retained_count, 1);
    say(a, "[16, 2, {\"retain\": true}, \"com.t\", [\"%0*d\"]]", RETAINED_EVENT_MAX, 2);
    subscribe(b, 1, "exact", "com.t");
    hear_nothing(b);
    assert_int_equal(w.realm->broker.retained_count, 0);
    assert_int_equal(w.realm->broker.retained_bytes, 0);
    assert_int_equal(realm_counters(w.realm)->retained_refused, 1);
    world_end(&w);
}

TEST(a_realm_retains_so_many_topics)  /* spec: A-RET-10 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *a = join(&w, WAMP_JSON), *b = join(&w, WAMP_JSON);
    for (int i = 1; i <= RETAINED_TOPICS_MAX + 1; i++)
        say(a, "[16, %d, {\"retain\": true}, \"com.t%d\"]", i, i);
    subscribe(b, 1, "exact", "com.t10001");
    hear_nothing(b);
    subscribe(b, 2, "exact", "com.t10000");
    hear(b, "[36, 2, _, {\"retained\": true}]");
    say(a, "[16, 1, {\"retain\": true}, \"com.t10000\", [\"again\"]]");
    hear(b, "[36, 2, _, {}, [\"again\"]]");
    subscribe(b, 2, "exact", "com.t10000");
    hear(b, "[36, 2, _, {\"retained\": true}, [\"again\"]]");
    world_end(&w);
}

TEST(a_realm_retains_so_many_octets)  /* spec: A-RET-10 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *a = join(&w, WAMP_JSON);
    int published = RETAINED_BYTES_MAX / RETAINED_EVENT_MAX + 100;
    for (int i = 1; i <= published; i++)
        say(a, "[16, %d, {\"retain\": true}, \"com.t%d\", [\"%0*d\"]]", i, i, RETAINED_EVENT_MAX - 10, 1);
    assert_true(w.realm->broker.retained_bytes <= RETAINED_BYTES_MAX);
    assert_true(w.realm->broker.retained_bytes > RETAINED_BYTES_MAX - 2 * RETAINED_EVENT_MAX);
    assert_int_equal(realm_counters(w.realm)->retained_refused + w.realm->broker.retained_count, published);
    world_end(&w);
}

TEST(what_is_kept_is_counted_as_it_is)
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *a = join(&w, WAMP_JSON);
    say(a, "[16, 1, {\"retain\": true}, \"com.t\", [1]]");
    assert_in_range(w.realm->broker.retained_bytes, sizeof(struct stored_event), sizeof(struct stored_event) + 200);
    say(a, "[16, 2, {\"retain\": true, \"exclude_authid\": [\"x\"]}, \"com.t\", [1]]");
    assert_true(w.realm->broker.retained_bytes > 2 * sizeof(struct stored_event));
    say(a, "[16, 3, {\"retain\": true}, \"com.t\", [1]]");
    assert_in_range(w.realm->broker.retained_bytes, sizeof(struct stored_event), sizeof(struct stored_event) + 200);
    world_end(&w);
}

RUN_TESTS(cmocka_unit_test(a_later_subscriber_gets_the_last_event_once),
          cmocka_unit_test(restrictions_hold_for_later_subscribers),
          cmocka_unit_test(a_publisher_gets_its_own_only_if_it_did_not_exclude_itself),
          cmocka_unit_test(a_pattern_gets_one_event_for_each_topic),
          cmocka_unit_test(an_opaque_payload_stays_opaque),
          cmocka_unit_test(events_have_the_trust_level_they_were_published_with),
          cmocka_unit_test(what_is_too_large_to_be_kept_drives_out_what_is_out_of_date),
          cmocka_unit_test(a_realm_retains_so_many_topics), cmocka_unit_test(a_realm_retains_so_many_octets),
          cmocka_unit_test(what_is_kept_is_counted_as_it_is))
