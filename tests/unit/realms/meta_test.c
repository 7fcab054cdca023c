/* What scripts cannot say about the meta API, or only at length: every procedure with every bad argument, limits, pages,
 * memory that runs out. Everything else: tests/scripts/meta. */
#include "realms/meta.h"

#include "realms/history.h"
#include "realms/testament.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/talk.h"
#include "tests/lib/test.h"

#include <inttypes.h>
#include <stdio.h>

enum right { ANYONE, KILL };

static const struct procedure {
    const char *uri;
    enum right right;
    const char *arguments;
} procedures[] = {
#define PROCEDURE(object, verb, right, arguments) {"wamp." #object "." #verb, right, arguments},
#include "realms/meta.def"
#undef PROCEDURE
};
enum { PROCEDURES = sizeof procedures / sizeof *procedures };

#define for_each_procedure(p) for (const struct procedure *p = procedures; p < procedures + PROCEDURES; p++)

static void hear_error(struct peer *p, const char *uri)
{
    hear(p, "[8, 48, 1, {}, \"%s\", [<str>]]", uri);
}

/* --- rights and arguments ------------------------------------------------------------------------------------ */

TEST(what_ends_or_changes_others_needs_to_be_allowed)  /* spec: A-SES-13, R-20 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *p = join(&w, WAMP_JSON);
    for_each_procedure (row) {
        say(p, "[48, 1, {}, \"%s\", [1, 2, 3, 4]]", row->uri);
        hear_error(p, row->right == KILL ? "wamp.error.not_authorized" : "wamp.error.invalid_argument");
    }
    hear_nothing(p);
    world_end(&w);
}

TEST(a_realm_without_meta_api_refuses_all_of_it)  /* spec: A-AZN-02 */
{
    WORLD(w, .meta_api_denied = true, .kill_allowed = true);
    struct peer *p = join(&w, WAMP_MSGPACK);
    for_each_procedure (row) {
        say(p, "[48, 1, {}, \"%s\"]", row->uri);
        hear_error(p, "wamp.error.not_authorized");
    }
    world_end(&w);
}

/* A value of the type, as JSON. */
static const char *good_value(char letter)
{
    switch (letter) {
    case 'i':
        return "7";
    case 's':
        return "\"com.t\"";
    case 'l':
    case 'r':
        return "[]";
    default:
        return "{}";
    }
}

/* Values of no other type than their own: i, s, l, d, and some of none. */
static const struct value {
    char letter;
    const char *json;
} values[] = {
    {'i', "1"},    {'s', "\"1\""},  {'l', "[]"},  {'d', "{}"},   {'-', "0"},
    {'-', "-1"},   {'-', "1.0"},    {'-', "1e3"}, {'-', "true"}, {'-', "9007199254740993"},
    {'-', "null"}, {'-', "9223372036854775807"},  {'-', "18446744073709551615"},
};

static bool fits(char letter, const struct value *v)
{
    return letter == v->letter || (letter == 'r' && (v->letter == 'l' || strcmp(v->json, "null") == 0));
}

/* The letter of argument i, or 0; those that may be left out count as well. */
static char letter_of(const struct procedure *row, size_t i)
{
    size_t least = strcspn(row->arguments, "|");
    if (i < least)
        return row->arguments[i];
    return strlen(row->arguments) > i + 1 ? row->arguments[i + 1] : '\0';
}

static void say_with(struct peer *p, const struct procedure *row, size_t bad, const char *value)
{
    char list[200] = "";
    for (size_t i = 0; letter_of(row, i); i++) {
        size_t len = strlen(list);
        snprintf(list + len, sizeof list - len, "%s%s", i ? ", " : "",
                 i == bad ? value : good_value(letter_of(row, i)));
    }
    say(p, "[48, 1, {}, \"%s\", [%s]]", row->uri, list);
}

TEST(each_argument_of_each_procedure_has_its_type)  /* spec: R-17, A-RMA-07, A-SMA-06, T-53 */
{
    WORLD(w, .kill_allowed = true);
    struct peer *peers[] = {join(&w, WAMP_JSON), join(&w, WAMP_MSGPACK), join(&w, WAMP_CBOR)};
    for (size_t n = 0; n < 3; n++)
        for_each_procedure (row)
            for (size_t i = 0; letter_of(row, i); i++)
                for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
                    if (fits(letter_of(row, i), &values[v]))
                        continue;
                    say_with(peers[n], row, i, values[v].json);
                    hear_error(peers[n], "wamp.error.invalid_argument");
                }
    world_end(&w);
}

TEST(each_procedure_takes_its_number_of_arguments)  /* spec: R-17 */
{
    WORLD(w, .kill_allowed = true);
    struct peer *p = join(&w, WAMP_CBOR);
    for_each_procedure (row) {
        say(p, "[48, 1, {}, \"%s\", [1, 1, 1, 1]]", row->uri);
        hear_error(p, "wamp.error.invalid_argument");
        if (strcspn(row->arguments, "|") == 0)
            continue;
        say(p, "[48, 1, {}, \"%s\"]", row->uri);
        hear_error(p, "wamp.error.invalid_argument");
        say(p, "[48, 1, {}, \"%s\", null, {\"x\": 1}]", row->uri);
        hear_error(p, "wamp.error.invalid_argument");
    }
    world_end(&w);
}

TEST(integers_beyond_64_bits_are_no_ids)  /* spec */
{
    WORLD(w, .kill_allowed = true);
    struct peer *peers[] = {join(&w, WAMP_JSON), join(&w, WAMP_CBOR)};
    for (size_t n = 0; n < 2; n++) {
        say(peers[n], "[48, 1, {}, \"wamp.session.kill\", [36893488147419103233]]");
        hear_error(peers[n], "wamp.error.invalid_argument");
    }
    world_end(&w);
}

TEST(text_with_escapes_is_the_text_that_it_means)
{
    WORLD(w, .kill_allowed = true);
    struct peer *p = join(&w, WAMP_JSON), *victim = join(&w, WAMP_JSON);
    say(p, "[64, 1, {\"match\": \"prefix\"}, \"com.p\"]");
    hear(p, "[65, 1, 1]");
    say(p, "[48, 1, {}, \"wamp.registration.lookup\", [\"c\\u006fm.p\", {\"m\\u0061tch\": \"pref\\u0069x\"}]]");
    hear(p, "[50, 1, {}, [1]]");
    say(p, "[48, 1, {}, \"wamp.session.kill\", [%" PRIu64 "], {\"re\\u0061son\": \"com.\\u0078\"}]", victim->id);
    hear(p, "[50, 1, {}]");
    hear(victim, "[6, {}, \"com.x\"]");
    hear_end(victim, CLOSE_KILLED);
    world_end(&w);
}

/* --- sessions -------------------------------------------------------------------------------------------------- */

TEST(transport_shows_what_is_known_of_it)  /* spec: A-SES-12, A-SES-14 */
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *p = join(&w, WAMP_CBOR);
    say(p, "[32, 1, {}, \"wamp.session.on_join\"]");
    hear(p, "[33, 1, 1]");
    struct session_info info = {.ser = WAMP_MSGPACK,
                                .authid = STR("joe"),
                                .authrole = STR("user"),
                                .authmethod = STR("ticket"),
                                .authprovider = STR("dynamic"),
                                .transport = STR("rawsocket"),
                                .peer_agent = STR("client-\xc3\xa4-1")};
    struct peer *other = join_with(&w, &info);
    const char *details = "{\"session\": %" PRIu64 ", \"authid\": \"joe\", \"authrole\": \"user\","
                          "\"authmethod\": \"ticket\", \"authprovider\": \"dynamic\", \"transport\":"
                          "{\"protocol\": \"rawsocket\", \"serializer\": \"msgpack\", \"agent\": \"client-\u00e4-1\"}}";
    char shown[400];
    snprintf(shown, sizeof shown, details, other->id);
    hear(p, "[36, 1, _, {}, [%s]]", shown);
    say(p, "[48, 1, {}, \"wamp.session.get\", [%" PRIu64 "]]", other->id);
    hear(p, "[50, 1, {}, [%s]]", shown);
    world_end(&w);
}

TEST(added_details_are_bounded)
{
    char text[5000];
    memset(text, 'x', sizeof text);
    WORLD(w, .kill_allowed = true);
    struct peer *p = join(&w, WAMP_JSON);
    for (int i = 0; i < 16; i++) {
        say(p, "[48, 1, {}, \"wamp.session.modify_details\", [%" PRIu64 ", {\"key%d\": [%d]}]]", p->id, i, i);
        hear(p, "[50, 1, {}]");
    }
    say(p, "[48, 1, {}, \"wamp.session.modify_details\", [%" PRIu64 ", {\"more\": 1}]]", p->id);
    hear_error(p, "wampd.error.limit_exceeded");
    say(p, "[48, 1, {}, \"wamp.session.modify_details\", [%" PRIu64 ", {\"key3\": null, \"more\": 1}]]", p->id);
    hear(p, "[50, 1, {}]");
    say(p, "[48, 1, {}, \"wamp.session.modify_details\", [%" PRIu64 ", {\"more\": \"%.4000s\"}]]", p->id, text);
    hear_error(p, "wampd.error.limit_exceeded");
    say(p, "[48, 1, {}, \"wamp.session.modify_details\", [%" PRIu64 ", {\"a\": \"%.4990s\", \"b\": \"%.4990s\"}]]",
        p->id, text, text);
    hear_error(p, "wampd.error.limit_exceeded");
    say(p, "[48, 1, {}, \"wamp.session.get\", [%" PRIu64 "]]", p->id);
    hear(p, "[50, 1, {}, [{\"more\": 1, \"key0\": [0], \"key15\": [15], ...}]]");
    world_end(&w);
}

TEST(a_list_that_the_caller_cannot_take_is_an_error)  /* spec: B-101 */
{
    enum { OTHERS = 200 };
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *p = join_with(&w, &(struct session_info){.ser = WAMP_JSON, .max_message = 2000});
    for (int i = 0; i < OTHERS; i++)
        join(&w, WAMP_JSON);
    say(p, "[48, 1, {}, \"wamp.session.list\"]");
    hear_error(p, "wamp.error.payload_size_exceeded");
    say(p, "[48, 1, {}, \"wamp.session.count\"]");
    hear(p, "[50, 1, {}, [%d]]", OTHERS + 1);
    world_end(&w);
}

TEST(a_filter_is_bounded)  /* spec: A-SES-11 */
{
    static char list[8000];
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *p = join(&w, WAMP_MSGPACK);
    for (int i = 0; i < FILTER_LIST_MAX; i++)
        strcat(list, "\"x\",");
    say(p, "[48, 1, {}, \"wamp.session.count\", [[%s \"anonymous\"]]]", list);
    hear_error(p, "wamp.error.invalid_argument");
    say(p, "[48, 1, {}, \"wamp.session.count\", [[%s \"anonymous\"]]]", list + 4);
    hear(p, "[50, 1, {}, [1]]");
    world_end(&w);
}

TEST(who_does_not_read_is_ended_even_so)  /* spec: A-SES-04, A-SES-08, B-072 */
{
    WORLD(w, .kill_allowed = true);
    struct peer *p = join(&w, WAMP_JSON), *full = join(&w, WAMP_CBOR), *other = join(&w, WAMP_JSON);
    say(p, "[32, 1, {}, \"wamp.session.on_leave\"]");
    hear(p, "[33, 1, 1]");
    full->full = true;
    say(p, "[48, 1, {}, \"wamp.session.kill_all\"]");
    hear(p, "[50, 1, {}, [2]]");
    hear_nothing(p);
    hear_end(full, CLOSE_SLOW);
    hear(other, "[6, {}, \"wamp.close.killed\"]");
    hear_end(other, CLOSE_KILLED);
    world_end(&w);
}

TEST(a_caller_who_does_not_read_kills_and_is_ended)
{
    WORLD(w, .kill_allowed = true);
    struct peer *p = join(&w, WAMP_JSON), *other = join(&w, WAMP_JSON);
    p->full = true;
    say(p, "[48, 1, {}, \"wamp.session.kill\", [%" PRIu64 "]]", other->id);
    hear_end(p, CLOSE_SLOW);
    hear(other, "[6, {}, \"wamp.close.killed\"]");
    hear_end(other, CLOSE_KILLED);
    assert_int_equal(realm_session_count(w.realm), 0);
    world_end(&w);
}

/* --- what is hidden, what is not made ---------------------------------------------------------------------------- */

TEST(callbacks_are_known_by_their_uri)  /* spec: A-RMA-08, R-19 */
{
    static const char *const hidden[] = {"cb.1.x", "cb.9007199254740992.0123abc", "cb.1.", "wamp.x", "wamp"};
    static const char *const shown[] = {"cb", "cb.", "cb.1", "cb..x", "cb.x.1", "cb.1x.y", "xcb.1.x", "wampx", ""};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        assert_true(meta_hides_procedure(str_z(hidden[i])));
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        assert_false(meta_hides_procedure(str_z(shown[i])));
}

TEST(an_event_for_nobody_is_not_made)
{
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *p = join(&w, WAMP_JSON);
    say(p, "[32, 1, {\"match\": \"prefix\"}, \"\"]");
    hear(p, "[33, 1, 1]");
    uint64_t seed = w.seed;
    say(p, "[64, 2, {}, \"com.p\"]");
    say(p, "[32, 3, {}, \"com.t\"]");
    say(p, "[66, 4, 1]");
    say(p, "[34, 5, 2]");
    assert_true(w.seed == seed);  /* no publication id was drawn */
    world_end(&w);
}

/* --- history --------------------------------------------------------------------------------------------------------- */

static struct event_log *log_of(struct world *w, uint64_t subscription)
{
    return broker_find(session_find(w->realm, w->peers->id)->realm, subscription)->log;
}

/* How many events the message holds that p got last. */
static unsigned take_events(struct peer *p)
{
    struct str octets;
    unsigned count = 0;
    assert_true(peer_take(p, &octets));
    for (const char *at; (at = memmem(octets.ptr, octets.len, "timestamp", 9)); count++)
        octets = str_from(octets, (size_t)(at - octets.ptr) + 9);
    return count;
}

TEST(a_page_has_a_thousand_events)  /* spec: A-HIS-06, A-HIS-09, T-40 */
{
    enum { EVENTS = 1500 };
    struct realm_history row = {.uri = STR("com.t"), .max_events = EVENTS};
    WORLD(w, .history = &row, .history_count = 1);
    struct peer *p = join(&w, WAMP_MSGPACK);
    for (int i = 0; i < EVENTS; i++)
        say(p, "[16, 1, {}, \"com.t\", [%d]]", i);
    uint64_t last = event_log_at(log_of(&w, 1), 999)->event.publication;
    static const char *const kwargs[] = {"", "\"limit\": 2000", "\"reverse\": true"};
    for (int i = 0; i < 3; i++) {
        say(p, "[48, 1, {}, \"wamp.subscription.get_events\", [1], {%s}]", kwargs[i]);
        assert_int_equal(take_events(p), 1000);
    }
    say(p, "[48, 1, {}, \"wamp.subscription.get_events\", [1]]");
    hear(p, "[50, 1, {}, [{\"args\": [0], ...}, ...], {\"is_limit_reached\": true}]");
    say(p, "[48, 1, {}, \"wamp.subscription.get_events\", [1], {\"after_publication\": %" PRIu64 "}]", last);
    hear(p, "[50, 1, {}, [{\"args\": [1000], ...}, ...], {\"is_limit_reached\": false}]");
    say(p, "[48, 1, {}, \"wamp.subscription.get_events\", [1], {\"from_publication\": %" PRIu64 "}]", last);
    hear(p, "[50, 1, {}, [{\"args\": [999], ...}, ...], {\"is_limit_reached\": false}]");
    world_end(&w);
}

TEST(every_event_is_on_one_page_whatever_the_size_of_pages)  /* spec: A-HIS-06, A-HIS-09 */
{
    enum { EVENTS = 60 };
    struct realm_history row = {.uri = STR("com."), .match = WAMP_MATCH_PREFIX};
    WORLD(w, .history = &row, .history_count = 1);
    struct peer *p = join_with(&w, &(struct session_info){.ser = WAMP_JSON, .max_message = 2000});
    for (int i = 0; i < EVENTS; i++)
        say(p, "[16, 1, {}, \"com.t\", [%d, \"%.*s\"]]", i, i * 13 % 97, "01234567890123456789012345678901234567890"
            "12345678901234567890123456789012345678901234567890123456789");
    const struct event_log *log = log_of(&w, 1);
    for (unsigned i = 0; i < EVENTS;) {
        struct str octets;
        say(p, "[48, 1, {}, \"wamp.subscription.get_events\", [1], {\"from_publication\": %" PRIu64 "}]",
            event_log_at(log, i)->event.publication);
        assert_true(peer_take(p, &octets));
        assert_true(octets.len <= 2000);
        unsigned first = i;
        char id[40];
        for (; i < EVENTS; i++) {
            snprintf(id, sizeof id, "\"publication\":%" PRIu64 ",", event_log_at(log, i)->event.publication);
            if (!memmem(octets.ptr, octets.len, id, strlen(id)))
                break;
        }
        assert_true(i > first);
        assert_true(!!memmem(octets.ptr, octets.len, "reached\":true", 13) == (i < EVENTS));
    }
    world_end(&w);
}

TEST(what_the_reader_cannot_take_is_counted)  /* spec: A-HIS-09, B-101 */
{
    struct realm_history row = {.uri = STR("com.t")};
    WORLD(w, .history = &row, .history_count = 1);
    struct peer *p = join_with(&w, &(struct session_info){.ser = WAMP_JSON, .max_message = 1900});
    struct peer *publisher = join(&w, WAMP_CBOR);
    say(publisher, "[16, 1, {}, \"com.t\", [\"%01900d\"]]", 0);
    static const char nan[] = "\x85\x10\x01\xa0\x65" "com.t" "\x81\xfb\x7f\xf8\x00\x00\x00\x00\x00\x00";
    peer_send(publisher, str_of(nan, sizeof nan - 1));
    say(publisher, "[16, 1, {}, \"com.t\", [\"good\"]]");
    say(p, "[48, 1, {}, \"wamp.subscription.get_events\", [1]]");
    hear(p, "[50, 1, {}, [{\"args\": [\"good\"], ...}], {\"is_limit_reached\": false}]");
    assert_int_equal(realm_counters(w.realm)->events_too_big, 1);
    assert_int_equal(realm_counters(w.realm)->events_unrepresentable, 1);
    world_end(&w);
}

/* --- testaments ---------------------------------------------------------------------------------------------------- */

TEST(testaments_are_bounded_in_number_and_size)  /* spec: A-TST-01, A-TST-05 */
{
    static char text[TESTAMENT_BYTES_MAX];
    memset(text, 'x', sizeof text);
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *p = join(&w, WAMP_JSON);
    for (int i = 0; i < TESTAMENTS_MAX; i++) {
        say(p, "[48, 1, {}, \"wamp.session.add_testament\", [\"com.t\", [%d], {}], {\"scope\": \"%s\"}]", i,
            i % 2 ? "detached" : "destroyed");
        hear(p, "[50, 1, {}]");
    }
    say(p, "[48, 1, {}, \"wamp.session.add_testament\", [\"com.t\", [], {}]]");
    hear_error(p, "wampd.error.limit_exceeded");
    say(p, "[48, 1, {}, \"wamp.session.flush_testaments\"]");
    hear(p, "[50, 1, {}]");
    say(p, "[48, 1, {}, \"wamp.session.add_testament\", [\"com.t\", [\"%.65000s\"], {}]]", text);
    hear(p, "[50, 1, {}]");
    say(p, "[48, 1, {}, \"wamp.session.add_testament\", [\"com.t\", [\"%.1000s\"], {}]]", text);
    hear_error(p, "wampd.error.limit_exceeded");
    world_end(&w);
}

TEST(testament_options_are_bounded_when_they_are_added)  /* spec: A-TST-05 */
{
    static char list[8000];
    for (int i = 0; i <= FILTER_LIST_MAX; i++)
        strcat(list, i ? ",1" : "1");
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *p = join(&w, WAMP_JSON);
    say(p, "[48, 1, {}, \"wamp.session.add_testament\", [\"com.t\", [], {}], {\"publish_options\": {\"exclude\": [%s]}}]",
        list);
    hear_error(p, "wamp.error.invalid_argument");
    world_end(&w);
}

/* --- memory ------------------------------------------------------------------------------------------------------------ */

/* All that the meta API can do, and much of what it tells about. */
static const char *const daily_life[] = {
    "[64, 1, {\"invoke\": \"roundrobin\"}, \"com.p\"]",
    "[32, 2, {\"match\": \"prefix\"}, \"com.\"]",
    "[48, 3, {}, \"wamp.session.list\", [[\"anonymous\", \"user\"]]]",
    "[48, 4, {}, \"wamp.session.count\", [[\"anonymous\"]]]",
    "[48, 5, {}, \"wamp.session.modify_details\", [%" PRIu64 ", {\"a\": [1], \"b\\u0062\": {\"x\": \"\\u0000AAEC\"}}]]",
    "[48, 6, {}, \"wamp.session.modify_details\", [%" PRIu64 ", {\"a\": null, \"c\": 1}]]",
    "[48, 7, {}, \"wamp.session.get\", [%" PRIu64 "]]",
    "[48, 8, {}, \"wamp.registration.list\"]",
    "[48, 9, {}, \"wamp.registration.lookup\", [\"com.\\u0070\", {\"match\": \"\\u0065xact\"}]]",
    "[48, 10, {}, \"wamp.registration.match\", [\"com.p\"]]",
    "[48, 11, {}, \"wamp.registration.get\", [1]]",
    "[48, 12, {}, \"wamp.subscription.list\"]",
    "[48, 13, {}, \"wamp.subscription.match\", [\"com.t\"]]",
    "[48, 14, {}, \"wamp.subscription.get\", [1]]",
    "[16, 15, {\"exclude_authid\": [\"x\"]}, \"com.t\", [1, \"y\"], {\"k\": [2]}]",
    "[48, 16, {}, \"wamp.subscription.get_events\", [1], {\"topic\": \"com.\\u0074\", \"from_time\": \"2026-01-01T00:00:00Z\"}]",
    "[48, 17, {}, \"wamp.session.add_testament\", [\"com.l\\u0061st\", [1], {}],"
    " {\"scope\": \"det\\u0061ched\", \"publish_options\": {\"eligible_authid\": [\"a\\u0062\"]}}]",
    "[48, 18, {}, \"wamp.session.add_testament\", [\"com.last\", [2], {\"k\": 1}]]",
    "[48, 19, {}, \"wamp.registration.remove_callee\", [1, %" PRIu64 "], {\"reason\": \"com.\\u0078\"}]",
    "[48, 20, {}, \"wamp.subscription.remove_subscriber\", [2, %" PRIu64 "]]",
    "[48, 21, {}, \"wamp.session.kill_by_authid\", [\"no\\u0062ody\"], {\"message\": \"b\\u0079e\"}]",
    "[48, 22, {}, \"wamp.session.kill_all\", [], {\"reason\": \"com.\\u0078\"}]",
};

static void live(struct world *w)
{
    const enum wamp_ser sers[] = {WAMP_JSON, WAMP_MSGPACK, WAMP_CBOR};
    struct peer *peers[3];
    char line[400];
    for (int i = 0; i < 3; i++)
        peers[i] = world_join(w, &(struct session_info){.ser = sers[i]});
    peer_send_json(peers[1], "[32, 1, {\"match\": \"prefix\"}, \"wamp.\"]");
    for (size_t i = 0; i < sizeof daily_life / sizeof *daily_life; i++)
        for (int k = 0; k < 3; k++) {
            snprintf(line, sizeof line, daily_life[i], peers[k]->id);
            peer_send_json(peers[k], line);
        }
}

TEST(memory_may_run_out_at_any_time)
{
    struct realm_history row = {.uri = STR("com.t")};
    for_each_failure {
        struct world w = {0};
        if (world_init(&w, &(struct realm_config){.history = &row, .history_count = 1, .kill_allowed = true})) {
            live(&w);
            assert_string_equal(w.fault, "");
        }
        world_fini(&w);
    }
}

TEST(a_meta_event_that_cannot_be_written_ends_who_would_have_got_it)
{
    static char authid[20000];
    memset(authid, 'x', sizeof authid - 1);
    WORLD(w, .preset = PRESET_SPEC);
    struct peer *same = join(&w, WAMP_MSGPACK), *other = join(&w, WAMP_JSON), *nobody = join(&w, WAMP_MSGPACK);
    say(same, "[32, 1, {}, \"wamp.session.on_leave\"]");
    hear(same, "[33, 1, 1]");
    say(other, "[32, 1, {}, \"wamp.session.on_leave\"]");
    hear(other, "[33, 1, 1]");
    struct peer *p = join_with(&w, &(struct session_info){.ser = WAMP_CBOR, .authid = str_z(authid)});
    fail_nth(1);
    peer_drop(p);
    assert_true(fail_happened());
    fail_nth(0);
    hear_end(same, CLOSE_NOMEM);
    hear_end(other, CLOSE_NOMEM);
    hear_nothing(nobody);
    assert_non_null(nobody->session);
    world_end(&w);
}

RUN_TESTS(cmocka_unit_test(what_ends_or_changes_others_needs_to_be_allowed),
          cmocka_unit_test(a_realm_without_meta_api_refuses_all_of_it),
          cmocka_unit_test(each_argument_of_each_procedure_has_its_type),
          cmocka_unit_test(each_procedure_takes_its_number_of_arguments),
          cmocka_unit_test(integers_beyond_64_bits_are_no_ids),
          cmocka_unit_test(text_with_escapes_is_the_text_that_it_means),
          cmocka_unit_test(transport_shows_what_is_known_of_it),
          cmocka_unit_test(added_details_are_bounded),
          cmocka_unit_test(a_list_that_the_caller_cannot_take_is_an_error),
          cmocka_unit_test(a_filter_is_bounded),
          cmocka_unit_test(who_does_not_read_is_ended_even_so),
          cmocka_unit_test(a_caller_who_does_not_read_kills_and_is_ended),
          cmocka_unit_test(callbacks_are_known_by_their_uri),
          cmocka_unit_test(an_event_for_nobody_is_not_made),
          cmocka_unit_test(a_page_has_a_thousand_events),
          cmocka_unit_test(every_event_is_on_one_page_whatever_the_size_of_pages),
          cmocka_unit_test(what_the_reader_cannot_take_is_counted),
          cmocka_unit_test(testaments_are_bounded_in_number_and_size),
          cmocka_unit_test(testament_options_are_bounded_when_they_are_added),
          cmocka_unit_test(memory_may_run_out_at_any_time),
          cmocka_unit_test(a_meta_event_that_cannot_be_written_ends_who_would_have_got_it))
