/* The moves, drawn at random: mostly sensible ones, and some that are not. */
#include "tests/model/game.h"
#include "tests/model/meta.h"

#include <stdarg.h>
#include <stdio.h>

#define ANY(g, list) (list)[roll(g, sizeof(list) / sizeof *(list))]

static const char *const topics[] = {
    "com.t", "com.t", "com.t", "com.t.a", "com.h", "com.h.a", "com", "a.b.c", "A.b", "wamp.x", "a..c", "",
};
static const char *const topic_patterns[] = {
    "com.t", "com.t", "com.t.a", "com.h", "com.h.a", "com", "com.", "", "a..c", ".b.", "com..a", "..", "A.", "w",
    "wamp.session.on_join", "wamp.session.on_leave", "wamp.registration.on_create", "wamp.subscription.on_delete",
    "wamp.", "wamp..", "wamp.session.", "wamp.registration.", "bad topic",
};
static const char *const procedure_uris[] = {
    "com.p", "com.p", "com.p.a", "com.q", "a.b.c", "com.none", "wamp.none", ".x",
};
static const char *const procedure_patterns[] = {"com.p.a", "com.q", "com", "", "a..c",
                                                 "com..a", "com.p.", "wamp.p", "bad..uri"};
static const char *const roles[] = {"user", "admin"}, *const authids[] = {"ann", "bob", "eve"};

/* --- pieces ------------------------------------------------------------------------------------------ */

/* The pairs of a dict, gathered. */
struct pairs {
    char text[500];
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(struct pairs *p, const char *fmt, ...)
{
    va_list args;
    if (p->len)
        p->len += (size_t)snprintf(p->text + p->len, sizeof p->text - p->len, ", ");
    va_start(args, fmt);
    p->len += (size_t)vsnprintf(p->text + p->len, sizeof p->text - p->len, fmt, args);
    va_end(args);
}

static void add_flag(struct pairs *p, const char *key, bool given)
{
    if (given)
        add(p, "\"%s\": true", key);
}

__attribute__((format(printf, 2, 3))) static void write_json(struct move *mv, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(mv->json, sizeof mv->json, fmt, args);
    va_end(args);
}

static bool draw_player(struct game *g, struct move *mv)
{
    struct player *here[PLAYERS];
    unsigned count = 0;
    for (struct player *p = next_player(&g->model, NULL); p; p = next_player(&g->model, p))
        here[count++] = p;
    if (count)
        mv->who = here[roll(g, count)];
    return count > 0;
}

/* Usually the next one; where that is allowed sometimes another one, which may be in use. */
static bool draw_requester(struct game *g, struct move *mv)
{
    if (!draw_player(g, mv))
        return false;
    mv->request = mv->who->requests + 1;
    if (one_in(g, 100) || (!g->model.rules->request_ids_sequential && one_in(g, 10)))
        mv->request += roll(g, 12);
    return true;
}

/* The id of some session, or of none. */
static uint64_t draw_session_id(struct game *g)
{
    struct move other = {0};
    return one_in(g, 8) || !draw_player(g, &other) ? 77 : other.who->id;
}

static uint64_t draw_pattern_id(struct game *g, const struct pattern_of *table, unsigned size)
{
    uint64_t known[TOPICS];
    unsigned count = 0;
    for (unsigned i = 0; i < size; i++)
        if (table[i].number && table[i].id)
            known[count++] = table[i].id;
    return one_in(g, 12) || !count ? 999 : known[roll(g, count)];
}

/* --- payloads ---------------------------------------------------------------------------------------- */

static struct payload payload_of(struct game *g, const char *args, const char *kwargs)
{
    const char *tail = kwargs ? keep(g, ", %s, %s", args, kwargs) : args ? keep(g, ", %s", args) : "";
    return (struct payload){.args = args, .kwargs = kwargs, .tail = tail};
}

static struct payload opaque_payload(struct game *g)
{
    struct payload p = payload_of(g, "[\"\\u0000AAEC\"]", NULL);
    p.is_opaque = true;
    return p;
}

/* Beyond 64 bits: not for MessagePack. */
static struct payload big_payload(struct game *g)
{
    struct payload p = payload_of(g, keep(g, "[%u, 18446744073709551616]", g->tokens), NULL);
    p.is_big = true;
    return p;
}

static struct payload draw_payload(struct game *g, const struct player *sender)
{
    unsigned token = ++g->tokens;
    switch (roll(g, 9)) {
    case 0:
        return payload_of(g, NULL, NULL);
    case 1:
        return payload_of(g, "[]", NULL);
    case 2:
        return payload_of(g, "[]", keep(g, "{\"k\": %u}", token));
    case 3:
        return payload_of(g, keep(g, "[%u, \"x\\u00e9\", null, 1.5]", token), "{\"k\": [true, {}]}");
    case 4:
        return opaque_payload(g);
    case 5:
        if (sender->ser != WAMP_MSGPACK)
            return big_payload(g);
        /* fall through */
    default:
        return payload_of(g, keep(g, "[%u]", token), NULL);
    }
}

/* Payload passthru mode, sometimes with a payload that is not fit for it. */
static bool draw_passthru(struct game *g, struct pairs *o, struct payload *payload)
{
    if (!one_in(g, 10))
        return false;
    add(o, "\"ppt_scheme\": \"x_a\", \"ppt_keyid\": \"k\"");
    if (!one_in(g, 12))
        *payload = opaque_payload(g);
    return true;
}

/* --- coming and going -------------------------------------------------------------------------------- */

static uint64_t draw_features(struct game *g)
{
    uint64_t features = 0;
    for (unsigned i = 0; i < 64; i++)
        features |= (uint64_t)!one_in(g, 4) << i;
    return features;
}

static bool draw_join(struct game *g, struct move *mv)
{
    for (unsigned i = 0; i < PLAYERS && !mv->who; i++)
        if (!g->model.players[i].is_here)
            mv->who = &g->model.players[i];
    mv->info = (struct session_info){
        .ser = (enum wamp_ser)(1 + roll(g, 3)),
        .roles = world_all_roles(),
        .authid = str_z(ANY(g, authids)),
        .authrole = str_z(ANY(g, roles)),
    };
    if (one_in(g, 2))
        mv->info.roles.features &= draw_features(g);
    return mv->who != NULL;
}

void perform_join(struct game *g, const struct move *mv)
{
    struct peer *peer = world_join(&g->world, &mv->info);
    *mv->who = (struct player){
        .is_here = true,
        .number = ++g->model.counted.players,
        .peer = peer,
        .id = peer->id,
        .ser = peer->ser,
        .roles = mv->info.roles,
        .authid = mv->info.authid.ptr,
        .authrole = mv->info.authrole.ptr,
    };
}

void perform_drop(struct game *g, const struct move *mv)
{
    (void)g;
    peer_drop(mv->who->peer);
}

static bool draw_goodbye(struct game *g, struct move *mv)
{
    static const char *const reasons[] = {"wamp.close.close_realm", "wamp.close.normal", "bad..reason"};
    if (!draw_player(g, mv))
        return false;
    mv->reason = ANY(g, reasons);
    write_json(mv, "[6, {}, \"%s\"]", mv->reason);
    return true;
}

static bool draw_abort(struct game *g, struct move *mv)
{
    static const char *const messages[] = {
        "[3, {}, \"com.bye\"]", "[3, {}, \"com.bye\", [1], {\"k\": 2}]", "[3, 5]",
    };
    write_json(mv, "%s", ANY(g, messages));
    return draw_player(g, mv);
}

/* spec: B-031..B-035, B-040..B-044 */
static bool draw_violation(struct game *g, struct move *mv)
{
    static const char *const messages[] = {
        "[]", "{}", "[\"x\"]", "[99, 1]",
        "[2, 1, {}]", "[5, \"x\", {}]", "[36, 1, 1, {}]", "[8, 48, 1, {}, \"com.x\"]",
        "[32, 1, {}]", "[48, 1, {}, 5]", "[34, 1, 1, {}, 5]",
        "[64, 0, {}, \"com.p\"]", "[48, 9007199254740993, {}, \"com.p\"]",
        "[16, 9, {\"acknowledge\": 1}, \"com.t\"]", "[48, 1, {\"timeout\": -1}, \"com.p\"]",
        "[70, 1, {\"progress\": 5}]",
        "[32, 1, {\"match\": \"fuzzy\"}, \"com.t\"]", "[16, 1, {\"eligible\": [\"x\"]}, \"com.t\"]",
    };
    write_json(mv, "%s", ANY(g, messages));
    return draw_player(g, mv);
}

static bool draw_full(struct game *g, struct move *mv)
{
    for (unsigned i = 0; i < PLAYERS; i++)
        if (g->model.players[i].is_here && g->model.players[i].full)
            return false;
    return draw_player(g, mv);
}

static void perform_full(struct game *g, const struct move *mv)
{
    (void)g;
    mv->who->full = mv->who->peer->full = true;
}

static void predict_nothing(struct model *m, const struct move *mv)
{
    (void)m;
    (void)mv;
}

static bool draw_shutdown(struct game *g, struct move *mv)
{
    (void)mv;
    return one_in(g, 4);
}

static void perform_shutdown(struct game *g, const struct move *mv)
{
    (void)mv;
    realm_shutdown(g->world.realm, g->world.now);
}

/* Whole seconds: what is due, is due in between. See draw_timeout. */
static bool draw_time(struct game *g, struct move *mv)
{
    static const wamp_ms times[] = {1000, 1000, 2000, 5000, 61000};
    mv->ms = ANY(g, times);
    return true;
}

static void perform_time(struct game *g, const struct move *mv)
{
    world_advance(&g->world, mv->ms);
}

/* --- subscriptions and publications ------------------------------------------------------------------ */

static bool draw_subscribe(struct game *g, struct move *mv)
{
    struct pairs o = {0};
    if (!draw_requester(g, mv))
        return false;
    mv->uri = ANY(g, topic_patterns);
    mv->match = (enum wamp_match)roll(g, WAMP_MATCH_COUNT);
    mv->get_retained = one_in(g, 3);
    if (mv->match != WAMP_MATCH_EXACT || one_in(g, 4))
        add(&o, "\"match\": \"%s\"", wamp_match_name(mv->match));
    add_flag(&o, "get_retained", mv->get_retained);
    write_json(mv, "[32, %" PRIu64 ", {%s}, \"%s\"]", mv->request, o.text, mv->uri);
    return true;
}

static bool draw_unsubscribe(struct game *g, struct move *mv)
{
    if (!draw_requester(g, mv))
        return false;
    struct pattern_of *own = oldest_of(g->model.topics, TOPICS, mv->who);
    mv->id = own && own->id && one_in(g, 2) ? own->id : draw_pattern_id(g, g->model.topics, TOPICS);
    write_json(mv, "[34, %" PRIu64 ", %" PRIu64 "]", mv->request, mv->id);
    return true;
}

static void draw_ids(struct game *g, struct pairs *o, const char *key, struct id_entries *list)
{
    list->given = one_in(g, 8);
    if (!list->given)
        return;
    struct pairs ids = {0};
    for (list->count = 0; list->count < LISTED && !one_in(g, 3); list->count++) {
        list->ids[list->count] = draw_session_id(g);
        add(&ids, "%" PRIu64, list->ids[list->count]);
    }
    add(o, "\"%s\": [%s]", key, ids.text);
}

static void draw_names(struct game *g, struct pairs *o, const char *key, struct name_entries *list, bool of_roles)
{
    list->given = one_in(g, 8);
    if (!list->given)
        return;
    struct pairs names = {0};
    for (list->count = 0; list->count < LISTED && !one_in(g, 3); list->count++) {
        list->names[list->count] = of_roles ? ANY(g, roles) : ANY(g, authids);
        add(&names, "\"%s\"", list->names[list->count]);
    }
    add(o, "\"%s\": [%s]", key, names.text);
}

/* What a PUBLISH and a testament have in common. */
static void draw_publishing(struct game *g, struct pairs *o, struct publishing *what, const struct player *p)
{
    struct lists *l = &what->lists;
    what->topic = ANY(g, topics);
    what->payload = draw_payload(g, p);
    what->disclose_me = one_in(g, 6);
    what->retain = one_in(g, 4);
    add_flag(o, "disclose_me", what->disclose_me);
    add_flag(o, "retain", what->retain);
    if (one_in(g, 2))
        return;
    draw_ids(g, o, "exclude", &l->exclude);
    draw_ids(g, o, "eligible", &l->eligible);
    draw_names(g, o, "exclude_authid", &l->exclude_authid, false);
    draw_names(g, o, "exclude_authrole", &l->exclude_authrole, true);
    draw_names(g, o, "eligible_authid", &l->eligible_authid, false);
    draw_names(g, o, "eligible_authrole", &l->eligible_authrole, true);
}

static bool draw_publish(struct game *g, struct move *mv)
{
    struct publishing *what = &mv->publishing;
    struct pairs o = {0};
    if (!draw_requester(g, mv))
        return false;
    draw_publishing(g, &o, what, mv->who);
    what->acknowledge = one_in(g, 3);
    what->include_me = one_in(g, 3);
    what->ppt = draw_passthru(g, &o, &what->payload);
    if (what->acknowledge || one_in(g, 8))
        add(&o, "\"acknowledge\": %s", what->acknowledge ? "true" : "false");
    if (what->include_me || one_in(g, 8))
        add(&o, "\"exclude_me\": %s", what->include_me ? "false" : "true");
    write_json(mv, "[16, %" PRIu64 ", {%s}, \"%s\"%s]", mv->request, o.text, what->topic, what->payload.tail);
    return true;
}

/* --- registrations ----------------------------------------------------------------------------------- */

static void draw_register_options(struct game *g, struct pairs *o, struct move *mv)
{
    mv->match = !one_in(g, 3) ? WAMP_MATCH_EXACT : (enum wamp_match)roll(g, WAMP_MATCH_COUNT);
    mv->invoke = one_in(g, 4) ? (enum wamp_invoke)roll(g, WAMP_INVOKE_LAST + 1) : g->usual_policy;
    mv->concurrency = one_in(g, 2) ? 1 + roll(g, 2) : 0;
    mv->disclose_caller = one_in(g, 8);
    mv->forward_timeout = one_in(g, 4);
    mv->force = one_in(g, 12);
    mv->is_bad = one_in(g, 40);
    add(o, "\"match\": \"%s\", \"invoke\": \"%s\"", wamp_match_name(mv->match), wamp_invoke_name(mv->invoke));
    if (mv->concurrency || mv->is_bad)
        add(o, "\"concurrency\": %u", mv->is_bad ? 0 : mv->concurrency);
    add_flag(o, "disclose_caller", mv->disclose_caller);
    add_flag(o, "forward_timeout", mv->forward_timeout);
    add_flag(o, "force_reregister", mv->force);
}

static bool draw_register(struct game *g, struct move *mv)
{
    struct pairs o = {0};
    if (!draw_requester(g, mv))
        return false;
    mv->uri = one_in(g, 2) ? "com.p" : ANY(g, procedure_patterns);
    draw_register_options(g, &o, mv);
    write_json(mv, "[64, %" PRIu64 ", {%s}, \"%s\"]", mv->request, o.text, mv->uri);
    return true;
}

static bool draw_unregister(struct game *g, struct move *mv)
{
    if (!draw_requester(g, mv))
        return false;
    struct pattern_of *own = oldest_of(g->model.procedures, PROCEDURES, mv->who);
    mv->id = own && own->id && one_in(g, 2) ? own->id : draw_pattern_id(g, g->model.procedures, PROCEDURES);
    write_json(mv, "[66, %" PRIu64 ", %" PRIu64 "]", mv->request, mv->id);
    return true;
}

/* --- calls ------------------------------------------------------------------------------------------- */

/* Some call; NULL: there is none. */
static struct call *draw_live_call(struct game *g)
{
    struct call *live[CALLS];
    unsigned count = 0;
    for (unsigned i = 0; i < CALLS; i++)
        if (g->model.calls[i].number)
            live[count++] = &g->model.calls[i];
    return count ? live[roll(g, count)] : NULL;
}

/* Seconds, and milliseconds that no other call has: no two calls are due at the same time, whose order is open. */
static wamp_ms draw_timeout(struct game *g)
{
    return one_in(g, 3) ? 1000 * (1 + (wamp_ms)roll(g, 5)) + ++g->timeouts % 1000 : 0;
}

static void write_call(struct game *g, struct move *mv)
{
    struct pairs o = {0};
    mv->payload = draw_payload(g, mv->who);
    mv->ppt = draw_passthru(g, &o, &mv->payload);
    add_flag(&o, "progress", mv->progress);
    add_flag(&o, "receive_progress", mv->receive_progress);
    add_flag(&o, "disclose_me", mv->disclose_me);
    if (mv->ext)
        add(&o, "\"_ext\": 5, \"_other\": 6");
    if (mv->timeout)
        add(&o, "\"timeout\": %" PRId64, mv->timeout);
    write_json(mv, "[48, %" PRIu64 ", {%s}, \"%s\"%s]", mv->request, o.text, mv->uri, mv->payload.tail);
}

/* Whether the model has room for one more chunk of whatever call it belongs to. */
static bool has_room(struct game *g, const struct move *mv)
{
    const struct call *call = call_find(&g->model, mv->who, mv->request);
    return !call || call->chunk_count < CHUNKS;
}

static bool draw_call(struct game *g, struct move *mv)
{
    if (!draw_requester(g, mv))
        return false;
    mv->uri = one_in(g, 4) ? ANY(g, procedure_uris) : "com.p";
    mv->progress = one_in(g, 4);
    mv->receive_progress = one_in(g, 2);
    mv->disclose_me = one_in(g, 6);
    mv->ext = one_in(g, 8);
    mv->timeout = draw_timeout(g);
    write_call(g, mv);
    return has_room(g, mv);
}

/* One more chunk of a progressive call, or what looks like one. */
static bool draw_chunk(struct game *g, struct move *mv)
{
    const struct call *call = draw_live_call(g);
    if (!call || (!call->open && !one_in(g, 20)))
        return false;
    mv->who = call->caller;
    mv->request = call->request;
    mv->uri = one_in(g, 30) ? ANY(g, procedure_uris) : call->procedure;
    mv->progress = !one_in(g, 3);
    mv->receive_progress = one_in(g, 2);
    write_call(g, mv);
    return has_room(g, mv);
}

/* A chunk of a progressive call that ended. */
static bool draw_late_chunk(struct game *g, struct move *mv)
{
    if (!draw_player(g, mv) || !mv->who->ended_count)
        return false;
    const struct ended *e = &mv->who->ended[roll(g, mv->who->ended_count)];
    mv->request = e->request;
    mv->uri = e->procedure;
    mv->progress = !one_in(g, 3);
    write_call(g, mv);
    return has_room(g, mv);
}

static bool draw_cancel(struct game *g, struct move *mv)
{
    const struct call *call = draw_live_call(g);
    if (!draw_player(g, mv))
        return false;
    mv->request = 1 + roll(g, 20);
    if (call && !one_in(g, 8)) {
        mv->who = call->caller;
        mv->request = call->request;
    }
    mv->mode = (enum wamp_mode)roll(g, WAMP_MODE_SKIP + 1);
    bool is_default = mv->mode == WAMP_MODE_KILLNOWAIT && one_in(g, 2);
    write_json(mv, is_default ? "[49, %" PRIu64 ", {}]" : "[49, %" PRIu64 ", {\"mode\": \"%s\"}]", mv->request,
               wamp_mode_name(mv->mode));
    return true;
}

/* An invocation under way, or one that is over, or one that never was. */
static bool draw_invocation(struct game *g, struct move *mv)
{
    const struct call *call = draw_live_call(g);
    if (call && call->callee && !one_in(g, 8)) {
        mv->who = call->callee;
        mv->request = call->invocation;
        return true;
    }
    if (!draw_player(g, mv))
        return false;
    unsigned highest = (unsigned)mv->who->invocations + one_in(g, 20);
    if (highest)
        mv->request = 1 + roll(g, highest);
    return highest > 0;
}

static bool draw_yield(struct game *g, struct move *mv)
{
    struct pairs o = {0};
    if (!draw_invocation(g, mv))
        return false;
    mv->progress = one_in(g, 3);
    mv->payload = draw_payload(g, mv->who);
    mv->ppt = draw_passthru(g, &o, &mv->payload);
    mv->ext = one_in(g, 8);
    add_flag(&o, "progress", mv->progress);
    if (mv->ext)
        add(&o, "\"_ext\": 5, \"_other\": 6");
    write_json(mv, "[70, %" PRIu64 ", {%s}%s]", mv->request, o.text, mv->payload.tail);
    return true;
}

static bool draw_error(struct game *g, struct move *mv)
{
    static const char *const errors[] = {"com.error", "wamp.error.unavailable", "wamp.error.unavailable",
                                         "wamp.error.canceled", "bad..error"};
    struct pairs o = {0};
    if (!draw_invocation(g, mv))
        return false;
    mv->uri = ANY(g, errors);
    mv->payload = draw_payload(g, mv->who);
    mv->ppt = draw_passthru(g, &o, &mv->payload);
    write_json(mv, "[8, 68, %" PRIu64 ", {%s}, \"%s\"%s]", mv->request, o.text, mv->uri, mv->payload.tail);
    return true;
}

static bool draw_end_stream(struct game *g, struct move *mv)
{
    const struct call *call = draw_live_call(g);
    if (!call)
        return false;
    mv->stream = call->callee && one_in(g, 2) ? WAMP_INVOCATION : WAMP_CALL;
    mv->who = mv->stream == WAMP_CALL ? call->caller : call->callee;
    mv->request = mv->stream == WAMP_CALL ? call->request : call->invocation;
    return true;
}

static void perform_end_stream(struct game *g, const struct move *mv)
{
    realm_end_stream(g->world.realm, mv->who->peer->session, mv->stream, mv->request, g->world.now);
}

/* --- calls of the router's procedures ---------------------------------------------------------------- */

/* As a list and a dict: what a testament keeps of them, it keeps without what is empty at the end. */
static bool draw_testament(struct game *g, struct move *mv, struct pairs *args)
{
    struct pairs o = {0};
    struct publishing *what = &mv->publishing;
    if (mv->who->testament_count[0] == TESTAMENTS || mv->who->testament_count[1] == TESTAMENTS)
        return false;
    draw_publishing(g, &o, what, mv->who);
    const char *list = what->payload.args ? what->payload.args : "[]";
    const char *dict = what->payload.kwargs ? what->payload.kwargs : "{}";
    add(args, "\"%s\", %s, %s", what->topic, list, dict);
    if (!what->payload.kwargs && strcmp(list, "[]") == 0)
        what->payload = payload_of(g, NULL, NULL);
    mv->text = keep(g, "%s", o.text);
    return true;
}

static bool draw_argument(struct game *g, struct move *mv, char letter, struct pairs *args)
{
    switch (letter) {
    case 'S':
        mv->other_id = draw_session_id(g);
        if (!args->len)
            mv->id = mv->other_id;
        add(args, "%" PRIu64, mv->other_id);
        return true;
    case 'R':
        mv->id = draw_pattern_id(g, g->model.procedures, PROCEDURES);
        add(args, "%" PRIu64, mv->id);
        return true;
    case 'T':
        mv->id = draw_pattern_id(g, g->model.topics, TOPICS);
        add(args, "%" PRIu64, mv->id);
        return true;
    case 'a':
        mv->text = ANY(g, authids);
        add(args, "\"%s\"", mv->text);
        return true;
    case 'o':
        mv->text = ANY(g, roles);
        add(args, "\"%s\"", mv->text);
        return true;
    case 'f':
        mv->text = one_in(g, 3) ? NULL : one_in(g, 4) ? "" : ANY(g, roles);
        if (mv->text)
            add(args, *mv->text ? "[\"%s\"]" : "[]", mv->text);
        else if (one_in(g, 2))
            add(args, "null");
        return true;
    case 'u':
        mv->topic = one_in(g, 2) ? ANY(g, procedure_patterns) : ANY(g, topic_patterns);
        add(args, "\"%s\"", mv->topic);
        return true;
    case 'm':
        mv->match = (enum wamp_match)roll(g, WAMP_MATCH_COUNT);
        if (mv->match != WAMP_MATCH_EXACT)
            add(args, "{\"match\": \"%s\"}", wamp_match_name(mv->match));
        return true;
    default:
        return draw_testament(g, mv, args);
    }
}

static uint64_t draw_publication(struct game *g, uint64_t subscription)
{
    for (unsigned i = 0; i < TOPICS; i++) {
        const struct pattern_of *sub = &g->model.topics[i];
        if (sub->number && sub->id == subscription && sub->logged && !one_in(g, 8))
            return sub->log[roll(g, sub->logged)].id;
    }
    return 4242;
}

static void draw_history_keywords(struct game *g, struct move *mv, struct pairs *kwargs)
{
    mv->reverse = one_in(g, 2);
    mv->limit = one_in(g, 2) ? 1 + roll(g, LOG) : 0;
    mv->other_id = one_in(g, 3) ? draw_publication(g, mv->id) : 0;
    mv->topic = one_in(g, 4) ? "com.h.a" : NULL;
    add_flag(kwargs, "reverse", mv->reverse);
    if (mv->limit)
        add(kwargs, "\"limit\": %u", mv->limit);
    if (mv->other_id)
        add(kwargs, "\"after_publication\": %" PRIu64, mv->other_id);
    if (mv->topic)
        add(kwargs, "\"topic\": \"%s\"", mv->topic);
}

static void draw_keywords(struct game *g, struct move *mv, char letter, struct pairs *kwargs)
{
    if (letter == 'h')
        draw_history_keywords(g, mv, kwargs);
    if ((letter == 'k' || letter == 'r') && one_in(g, 2)) {
        mv->reason = "com.reason";
        add(kwargs, "\"reason\": \"com.reason\"");
    }
    mv->is_told_why = letter == 'k' && one_in(g, 3);
    if (mv->is_told_why)
        add(kwargs, "\"message\": \"why not\"");
    mv->detached = (letter == 's' || letter == 't') && one_in(g, 2);
    if (mv->detached)
        add(kwargs, "\"scope\": \"detached\"");
    if (letter == 't' && *mv->text)
        add(kwargs, "\"publish_options\": {%s}", mv->text);
}

static bool draw_call_of(struct game *g, struct move *mv, const struct procedure *p)
{
    struct pairs args = {0}, kwargs = {0};
    if (!draw_requester(g, mv))
        return false;
    mv->procedure = p;
    mv->uri = p->uri;
    for (const char *letter = p->arguments; *letter; letter++)
        if (!draw_argument(g, mv, *letter, &args))
            return false;
    if (*p->keywords)
        draw_keywords(g, mv, *p->keywords, &kwargs);
    mv->is_bad = *p->arguments && strchr("SRT", *p->arguments) && one_in(g, 12);
    write_json(mv, "[48, %" PRIu64 ", {}, \"%s\", [%s], {%s}]", mv->request, mv->uri, mv->is_bad ? "0" : args.text,
               kwargs.text);
    return true;
}

/* What ends sessions is rare: it ends the games, too. */
static bool draw_meta_call(struct game *g, struct move *mv)
{
    unsigned count = 0;
    while (procedure_numbered(count))
        count++;
    const struct procedure *p = procedure_numbered(roll(g, count));
    return (!p->kills || one_in(g, 3)) && draw_call_of(g, mv, p);
}

static bool draw_testament_call(struct game *g, struct move *mv)
{
    const char *name = one_in(g, 6) ? "wamp.session.flush_testaments" : "wamp.session.add_testament";
    return draw_call_of(g, mv, procedure_named(name));
}

/* --- the table --------------------------------------------------------------------------------------- */

static const struct kind kinds[] = {
    {"join", THEME_ANY, 8, false, draw_join, perform_join, predict_join},
    {"drop", THEME_ANY, 1, false, draw_player, perform_drop, predict_drop},
    {"GOODBYE", THEME_ANY, 1, false, draw_goodbye, NULL, predict_goodbye},
    {"ABORT", THEME_ANY, 1, false, draw_abort, NULL, predict_abort},
    {"violation", THEME_ANY, 1, false, draw_violation, NULL, predict_violation},
    {"full", THEME_ANY, 1, false, draw_full, perform_full, predict_nothing},
    {"shutdown", THEME_ANY, 1, false, draw_shutdown, perform_shutdown, predict_shutdown},
    {"time", THEME_ANY, 6, false, draw_time, perform_time, predict_time},
    {"SUBSCRIBE", THEME_EVENTS, 16, true, draw_subscribe, NULL, predict_subscribe},
    {"UNSUBSCRIBE", THEME_EVENTS, 4, true, draw_unsubscribe, NULL, predict_unsubscribe},
    {"PUBLISH", THEME_EVENTS, 22, true, draw_publish, NULL, predict_publish},
    {"REGISTER", THEME_CALLS, 14, true, draw_register, NULL, predict_register},
    {"UNREGISTER", THEME_CALLS, 3, true, draw_unregister, NULL, predict_unregister},
    {"CALL", THEME_CALLS, 28, true, draw_call, NULL, predict_call},
    {"CALL", THEME_CALLS, 8, true, draw_chunk, NULL, predict_call},
    {"CALL", THEME_CALLS, 3, true, draw_late_chunk, NULL, predict_call},
    {"CALL", THEME_ANY, 24, true, draw_meta_call, NULL, predict_call},
    {"CALL", THEME_EVENTS, 3, true, draw_testament_call, NULL, predict_call},
    {"CANCEL", THEME_CALLS, 6, false, draw_cancel, NULL, predict_cancel},
    {"YIELD", THEME_CALLS, 20, false, draw_yield, NULL, predict_yield},
    {"ERROR", THEME_CALLS, 10, false, draw_error, NULL, predict_error},
    {"end of stream", THEME_ANY, 1, false, draw_end_stream, perform_end_stream, predict_end_stream},
};

const struct kind *kind_numbered(unsigned i)
{
    return i < sizeof kinds / sizeof *kinds ? &kinds[i] : NULL;
}
