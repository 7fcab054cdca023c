/* Calls that the router itself makes. */
#include "realms/own_call.h"

#include "realms/inner.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/talk.h"
#include "tests/lib/test.h"

/* Who waits for the outcomes, and what they were: "com.error [args] {kwargs}" in JSON, one after the other. */
struct waiting {
    struct world *world;
    struct wamp_buf said;
    unsigned count;
    const struct realm_request *another;  /* likewise: is called once */
};

static void add_json(struct waiting *w, enum wamp_ser ser, struct str raw)
{
    if (!raw.len)
        return;
    wamp_buf_add_char(&w->said, ' ');
    assert_false(wamp_transcode(ser, raw, WAMP_JSON, &w->said));
}

static void on_done(void *user, const struct realm_outcome *outcome)
{
    struct waiting *w = user;
    w->count++;
    fail_pause();
    wamp_buf_add_str(&w->said, outcome->error.len ? outcome->error : STR("result"));
    add_json(w, outcome->ser, outcome->args);
    add_json(w, outcome->ser, outcome->kwargs);
    wamp_buf_add_char(&w->said, ';');
    fail_resume();
    const struct realm_request *another = w->another;
    w->another = NULL;
    if (another)
        realm_call(w->world->realm, another, on_done, w, w->world->now);
}

static const struct realm_request request = {.procedure = {"com.p", 5}, .ser = WAMP_JSON, .args = {"[1]", 3}};

static uint64_t call(struct waiting *w, const struct realm_request *what)
{
    return realm_call(w->world->realm, what, on_done, w, w->world->now);
}

static void expect_said(struct waiting *w, const char *text)
{
    wamp_buf_add_char(&w->said, '\0');
    assert_string_equal(w->said.ptr, text);
    wamp_buf_fini(&w->said);
}

static struct peer *callee_of(struct world *w, enum wamp_ser ser, const char *options)
{
    struct peer *p = join(w, ser);
    say(p, "[64, 1, %s, \"com.p\"]", options);
    hear(p, "[65, 1, _]");
    return p;
}

TEST(the_router_calls_and_is_answered_whatever_the_serializer)  /* spec: A-AZN-07, B-046 */
{
    static const struct realm_request requests[] = {
        {.procedure = {"com.p", 5}, .ser = WAMP_JSON, .args = {"[1]", 3}, .kwargs = {"{\"a\":2}", 7}},
        {.procedure = {"com.p", 5}, .ser = WAMP_MSGPACK, .args = {"\x91\1", 2}, .kwargs = {"\x81\xa1\x61\2", 4}},
        {.procedure = {"com.p", 5}, .ser = WAMP_CBOR, .args = {"\x81\x01", 2}, .kwargs = {"\xa1\x61\x61\x02", 4}},
    };
    for (int from = 0; from < 3; from++)
        for (int to = WAMP_JSON; to <= WAMP_CBOR; to++) {
            WORLD(w, .preset = PRESET_SPEC);
            struct waiting waiting = {.world = &w};
            struct peer *callee = callee_of(&w, (enum wamp_ser)to, "{}");
            assert_true(call(&waiting, &requests[from]));
            hear(callee, "[68, 1, 1, {}, [1], {\"a\": 2}]");
            say(callee, "[70, 1, {}, [\"x\"], {\"b\": [true]}]");
            assert_int_equal(waiting.count, 1);
            expect_said(&waiting, "result [\"x\"] {\"b\":[true]};");
            world_end(&w);
        }
}

TEST(an_error_of_the_callee_is_the_outcome)  /* spec: A-AZN-07 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct waiting waiting = {.world = &w};
    struct peer *callee = callee_of(&w, WAMP_MSGPACK, "{}");
    call(&waiting, &request);
    hear(callee, "[68, 1, 1, {}, [1]]");
    say(callee, "[8, 68, 1, {}, \"com.error\", [\"why\"]]");
    expect_said(&waiting, "com.error [\"why\"];");
    say(callee, "[70, 1, {}]");
    assert_int_equal(waiting.count, 1);
    world_end(&w);
}

TEST(a_refused_call_has_its_outcome_at_once)  /* spec: B-081 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct waiting waiting = {.world = &w};
    assert_int_equal(call(&waiting, &request), 0);
    expect_said(&waiting, "wamp.error.no_such_procedure [\"no callee registered for procedure <com.p>\"];");
    struct realm_request malformed = request;
    malformed.procedure = STR("com..p");
    assert_int_equal(call(&waiting, &malformed), 0);
    expect_said(&waiting, "wamp.error.invalid_uri [\"not a valid procedure\"];");
    world_end(&w);
}

TEST(what_would_nest_too_deep_is_not_asked)  /* spec: A-DYN-02, A-AZN-02, B-047 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct waiting waiting = {.world = &w};
    struct peer *callee = callee_of(&w, WAMP_JSON, "{}");
    struct realm_request deep = request;
    char lists[2 * WAMP_DEPTH_MAX];
    memset(lists, '[', WAMP_DEPTH_MAX);
    memset(lists + WAMP_DEPTH_MAX, ']', WAMP_DEPTH_MAX);
    deep.args = str_of(lists + 1, sizeof lists - 2);  /* with the message around them as deep as may be */
    assert_true(call(&waiting, &deep));
    hear(callee, "[68, 1, _, {}, _]");
    deep.args = str_of(lists, sizeof lists);
    assert_int_equal(call(&waiting, &deep), 0);
    expect_said(&waiting, "wamp.error.network_failure;");
    hear_nothing(callee);
    world_end(&w);
}

TEST(the_router_does_not_wait_longer_than_its_timeout)  /* spec: A-TMO-02 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct waiting waiting = {.world = &w};
    struct realm_request timed = request;
    timed.timeout = 5000;
    struct peer *callee = callee_of(&w, WAMP_JSON, "{}");
    call(&waiting, &timed);
    hear(callee, "[68, 1, 1, {}, [1]]");
    world_advance(&w, 4999);
    assert_int_equal(waiting.count, 0);
    world_advance(&w, 1000);
    hear(callee, "[69, 1, {\"mode\": \"killnowait\", \"reason\": \"wamp.error.timeout\"}]");
    expect_said(&waiting, "wamp.error.timeout [\"no answer within 5000 ms\"];");
    world_end(&w);
}

TEST(a_callee_that_leaves_is_an_outcome)  /* spec: B-094 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct waiting waiting = {.world = &w};
    struct peer *callee = callee_of(&w, WAMP_JSON, "{}");
    call(&waiting, &request);
    peer_drop(callee);
    expect_said(&waiting, "wamp.error.canceled [\"callee disconnected\"];");
    callee = callee_of(&w, WAMP_CBOR, "{}");
    call(&waiting, &request);
    realm_shutdown(w.realm, w.now);
    expect_said(&waiting, "wamp.error.canceled [\"callee disconnected\"];");
    world_end(&w);
}

TEST(policies_concurrency_and_rerouting_are_those_of_any_call)  /* spec: A-SHR-06, R-12, A-RRT-02 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct waiting waiting = {.world = &w};
    struct peer *a = callee_of(&w, WAMP_JSON, "{\"invoke\": \"roundrobin\", \"concurrency\": 1}");
    struct peer *b = callee_of(&w, WAMP_CBOR, "{\"invoke\": \"roundrobin\", \"concurrency\": 1}");
    for (int i = 0; i < 3; i++)
        assert_true(call(&waiting, &request));
    hear(a, "[68, 1, 1, {}, [1]]");
    hear(b, "[68, 1, 1, {}, [1]]");
    hear_nothing(a);
    say(b, "[70, 1, {}, [\"b\"]]");
    hear(b, "[68, 2, 1, {}, [1]]");
    say(b, "[8, 68, 2, {}, \"wamp.error.unavailable\"]");
    hear_nothing(a);
    say(a, "[70, 1, {}, [\"a\"]]");
    hear(a, "[68, 2, 1, {}, [1]]");
    say(a, "[70, 2, {}, [\"a\"]]");
    expect_said(&waiting, "result [\"b\"];result [\"a\"];result [\"a\"];");
    world_end(&w);
}

TEST(nobody_is_told_that_the_router_is_there)  /* spec: A-CID-05, A-SES-11 */
{
    WORLD(w, .disclosure = DISCLOSE_ALWAYS, .max_calls_per_session = 1);
    struct waiting waiting = {.world = &w};
    struct peer *p = join(&w, WAMP_JSON);
    say(p, "[32, 1, {\"match\": \"prefix\"}, \"wamp.\"]");
    hear(p, "[33, 1, _]");
    say(p, "[64, 2, {\"disclose_caller\": true}, \"com.p\"]");
    hear(p, "[65, 2, 1]");
    hear(p, "[36, _, _, {\"topic\": \"wamp.registration.on_create\"}, _]");
    hear(p, "[36, _, _, {\"topic\": \"wamp.registration.on_register\"}, _]");
    call(&waiting, &request);
    call(&waiting, &request);  /* nor do the bounds of a session apply */
    hear(p, "[68, 1, 1, {}, [1]]");
    hear(p, "[68, 2, 1, {}, [1]]");
    assert_int_equal(realm_session_count(w.realm), 1);
    say(p, "[48, 3, {}, \"wamp.session.list\"]");
    hear(p, "[50, 3, {}, [[%llu]]]", (unsigned long long)p->id);
    say(p, "[48, 4, {}, \"wamp.session.get\", [0]]");
    hear(p, "[8, 48, 4, {}, \"wamp.error.invalid_argument\", _]");
    hear_nothing(p);
    world_end(&w);
}

TEST(a_call_that_is_forgotten_tells_the_callee_and_nobody_else)  /* spec: A-AZN-08, B-092 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct waiting waiting = {.world = &w};
    struct peer *callee = callee_of(&w, WAMP_JSON, "{\"invoke\": \"first\", \"concurrency\": 1}");
    uint64_t running = call(&waiting, &request), queued = call(&waiting, &request);
    hear(callee, "[68, 1, 1, {}, [1]]");
    realm_call_forget(w.realm, queued, w.now);
    hear_nothing(callee);
    realm_call_forget(w.realm, running, w.now);
    hear(callee, "[69, 1, {\"mode\": \"killnowait\", \"reason\": \"wamp.error.canceled\"}]");
    say(callee, "[70, 1, {}]");
    realm_call_forget(w.realm, running, w.now);
    assert_int_equal(waiting.count, 0);
    world_end(&w);
}

TEST(the_end_of_the_realm_tells_nobody)
{
    WORLD(w, .preset = PRESET_SPEC);
    struct waiting waiting = {.world = &w};
    callee_of(&w, WAMP_JSON, "{}");
    call(&waiting, &request);
    world_end(&w);
    assert_int_equal(waiting.count, 0);
}

TEST(who_is_told_may_call_into_the_realm)  /* spec: A-AZN-08 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct waiting waiting = {.world = &w, .another = &request};
    struct peer *callee = callee_of(&w, WAMP_JSON, "{}");
    call(&waiting, &request);
    hear(callee, "[68, 1, 1, {}, [1]]");
    say(callee, "[70, 1, {}, [\"one\"]]");
    hear(callee, "[68, 2, 1, {}, [1]]");
    waiting.another = &request;
    peer_drop(callee);
    expect_said(&waiting, "result [\"one\"];wamp.error.canceled [\"callee disconnected\"];"
                          "wamp.error.no_such_procedure [\"no callee registered for procedure <com.p>\"];");
    world_end(&w);
}

TEST(without_memory_there_is_an_outcome_all_the_same)
{
    for_each_failure {
        struct world w = {0};
        struct waiting waiting = {.world = &w};
        bool ok = world_init(&w, NULL);
        struct peer *callee = ok ? world_join(&w, &(struct session_info){.ser = WAMP_JSON}) : NULL;
        if (callee && callee->session)
            peer_send_json(callee, "[64, 1, {}, \"com.p\"]");
        if (ok) {
            struct realm_request timed = request;
            timed.timeout = 10;
            uint64_t id = call(&waiting, &timed);
            assert_int_equal(waiting.count, id ? 0 : 1);
            if (callee->session)
                peer_send_json(callee, "[70, 1, {}, [\"x\"]]");
            world_advance(&w, 1000);
            assert_int_equal(waiting.count, 1);
        }
        world_fini(&w);
        wamp_buf_fini(&waiting.said);
    }
}

RUN_TESTS(cmocka_unit_test(the_router_calls_and_is_answered_whatever_the_serializer),
          cmocka_unit_test(an_error_of_the_callee_is_the_outcome),
          cmocka_unit_test(a_refused_call_has_its_outcome_at_once),
          cmocka_unit_test(what_would_nest_too_deep_is_not_asked),
          cmocka_unit_test(the_router_does_not_wait_longer_than_its_timeout),
          cmocka_unit_test(a_callee_that_leaves_is_an_outcome),
          cmocka_unit_test(policies_concurrency_and_rerouting_are_those_of_any_call),
          cmocka_unit_test(nobody_is_told_that_the_router_is_there),
          cmocka_unit_test(a_call_that_is_forgotten_tells_the_callee_and_nobody_else),
          cmocka_unit_test(the_end_of_the_realm_tells_nobody),
          cmocka_unit_test(who_is_told_may_call_into_the_realm),
          cmocka_unit_test(without_memory_there_is_an_outcome_all_the_same))
