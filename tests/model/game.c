#include "tests/model/game.h"

#include "tests/model/meta.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* --- dice -------------------------------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

unsigned roll(struct game *g, unsigned n)
{
    return (unsigned)(next_random(&g->dice) % n);
}

static void take_dice(struct game *g, uint64_t n)
{
    g->dice = g->seed * UINT64_C(0x9e3779b1) + n * UINT64_C(0xc2b2ae3d27d4eb4f);
    next_random(&g->dice);
}

const char *keep(struct game *g, const char *fmt, ...)
{
    char *at = g->pool + g->pool_len;
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(at, POOL - g->pool_len, fmt, args);
    va_end(args);
    if (len < 0 || (size_t)len >= POOL - g->pool_len) {
        fputs("the game is too small: texts\n", stderr);
        abort();
    }
    g->pool_len += (size_t)len + 1;
    return at;
}

/* --- the beginning ----------------------------------------------------------------------------------- */

static const struct realm_history history[] = {
    {.uri = {"com.h", 5}, .match = WAMP_MATCH_PREFIX, .max_events = LOG},
    {.uri = {"com.h.a", 7}, .match = WAMP_MATCH_EXACT, .max_events = LOG - 1},
};
static const struct realm_trust trust[] = {
    {.uri = {"com.t", 5}, .match = WAMP_MATCH_PREFIX, .authrole = {"user", 4}, .level = 2},
    {.uri = {"com.p.a", 7}, .match = WAMP_MATCH_EXACT, .level = 1},
};
static const struct str forward_keys[] = {{"_ext", 4}};

enum { CALL = 1 << ACTION_CALL, REGISTER = 1 << ACTION_REGISTER, PUBLISH = 1 << ACTION_PUBLISH,
       SUBSCRIBE = 1 << ACTION_SUBSCRIBE };
#define ROW(text, how, what, ...)                                                                            \
    {.uri = {text, sizeof text - 1}, .match = WAMP_MATCH_##how, .allow = what, ##__VA_ARGS__}

/* Nearly everything, but for some. */
static const struct realm_permission much[] = {
    ROW("", PREFIX, CALL | SUBSCRIBE | REGISTER | PUBLISH),
    ROW("com.h", PREFIX, PUBLISH, .disclose_publisher = true),
    ROW("com.p", EXACT, CALL | REGISTER, .disclose_caller = true),
    ROW("com.t.a", EXACT, SUBSCRIBE),
};

/* Little, and in pieces. */
static const struct realm_permission little[] = {
    ROW("com.", PREFIX, CALL | PUBLISH | SUBSCRIBE),
    ROW("com.h.a", EXACT, SUBSCRIBE),
    ROW("com.p", PREFIX, CALL | REGISTER),
    ROW("a..c", WILDCARD, REGISTER | CALL | SUBSCRIBE, .disclose_caller = true),
    ROW(".b.", WILDCARD, SUBSCRIBE | PUBLISH, .disclose_publisher = true),
    ROW("wamp.", PREFIX, SUBSCRIBE | CALL),
    ROW("wamp.session.kill", EXACT, CALL),
    ROW("wamp.subscription.", PREFIX, CALL),
};

static const struct realm_role roles[] = {
    {.name = {"user", 4}, .allow_by_default = true},
    {.name = {"admin", 5}, .permissions = much, .permission_count = sizeof much / sizeof *much},
    {.name = {"user", 4}, .allow_by_default = true},
    {.name = {"admin", 5}, .permissions = little, .permission_count = sizeof little / sizeof *little},
};

/* None, the first two, or the last two. */
static void draw_roles(struct game *g)
{
    unsigned choice = roll(g, 3);
    g->config.roles = choice ? &roles[2 * (choice - 1)] : NULL;
    g->config.role_count = choice ? 2 : 0;
}

#define LIST(list) .list = list, .list##_count = sizeof list / sizeof *list

static void draw_config(struct game *g)
{
    take_dice(g, UINT64_MAX);
    g->config = (struct realm_config){
        .name = STR("realm1"),
        .preset = (enum realm_preset)roll(g, 3),
        .uri_rule = one_in(g, 5) ? WAMP_URI_STRICT : WAMP_URI_LOOSE,
        .disclosure = one_in(g, 2) ? DISCLOSE_ON_REQUEST : (enum realm_disclosure)roll(g, 3),
        .max_calls_per_session = 6,
        .max_subscriptions = 8,
        .max_registrations = 4,
        .max_waiting_calls = 2,
        .meta_api_denied = one_in(g, 10),
        .kill_allowed = one_in(g, 2),
        .forward_keys = forward_keys,
        .forward_key_count = 1,
        LIST(history),
        LIST(trust),
    };
    g->theme = (enum theme)roll(g, THEMES);
    g->usual_policy = (enum wamp_invoke)roll(g, WAMP_INVOKE_LAST + 1);
    draw_roles(g);
}

/* The realm made these when it began. */
static void add_histories(struct model *m)
{
    for (size_t i = 0; i < m->config->history_count; i++) {
        const struct realm_history *h = &m->config->history[i];
        struct pattern_of *sub = pattern_add(m, m->topics, TOPICS, &m->counted.topics, h->uri.ptr, h->match);
        sub->has_log = true;
        sub->log_room = h->max_events;
    }
}

void game_init(struct game *g, uint64_t seed)
{
    *g = (struct game){.seed = seed, .world = {.seed = seed}};
    draw_config(g);
    if (!world_init(&g->world, &g->config))
        abort();
    g->model.config = &g->config;
    g->model.rules = rules_of(g->config.preset);
    add_histories(&g->model);
}

/* --- a move ------------------------------------------------------------------------------------------ */

static unsigned weight_of(const struct game *g, const struct kind *k)
{
    return k->weight * (k->theme != THEME_ANY && k->theme == g->theme ? 5 : 1);
}

static bool draw_kind(struct game *g, struct move *mv)
{
    unsigned sum = 0, i = 0;
    for (const struct kind *k; (k = kind_numbered(i)); i++)
        sum += weight_of(g, k);
    assert(sum > 0);
    unsigned left = roll(g, sum);
    for (i = 0; left >= weight_of(g, kind_numbered(i)); i++)
        left -= weight_of(g, kind_numbered(i));
    *mv = (struct move){.kind = kind_numbered(i)};
    return mv->kind->draw(g, mv);
}

static void tell_move(const struct game *g, unsigned n, const struct move *mv)
{
    if (mv->who)
        printf("%3u  player %td > %s %s\n", n, mv->who - g->model.players, mv->kind->name, mv->json);
    else
        printf("%3u  %s %" PRId64 "\n", n, mv->kind->name, mv->ms);
}

/* What was seen since the last time. */
static void tell_seen(const struct game *g)
{
    for (unsigned i = 0; i < PLAYERS; i++) {
        const struct peer *p = g->model.players[i].peer;
        for (size_t j = p ? p->inbox.first : 0; p && j < p->inbox.count; j++) {
            struct wamp_buf json = {0};
            if (wamp_transcode(p->ser, p->inbox.list[j], WAMP_JSON, &json))
                wamp_buf_addf(&json, "(what JSON cannot express)");
            printf("       player %u < %.*s\n", i, (int)json.len, json.ptr);
            wamp_buf_fini(&json);
        }
    }
}

static bool make(struct game *g, unsigned n, const struct move *mv, struct mismatch *why)
{
    if (g->is_told)
        tell_move(g, n, mv);
    if (mv->kind->perform)
        mv->kind->perform(g, mv);
    else
        peer_send_json(mv->who->peer, mv->json);
    if (g->is_told)
        tell_seen(g);
    if (!explain(&g->model, mv, why))
        return false;
    if (!g->world.fault[0])
        return true;
    snprintf(why->words, sizeof why->words, "%s", g->world.fault);
    return false;
}

bool game_move(struct game *g, unsigned n, struct mismatch *why)
{
    struct move mv;
    take_dice(g, n);
    return !draw_kind(g, &mv) || make(g, n, &mv, why);
}

/* The ids of the histories are asked for, since nobody is told when they are made. */
bool game_begin(struct game *g, struct mismatch *why)
{
    static const struct kind join = {.name = "join", .perform = perform_join, .predict = predict_join};
    static const struct kind call = {.name = "CALL", .is_request = true, .predict = predict_call};
    struct move mv = {.kind = &join, .who = g->model.players};
    mv.info = (struct session_info){
        .ser = WAMP_JSON, .roles = world_all_roles(), .authid = STR("ann"), .authrole = STR("user"),
    };
    bool ok = make(g, 0, &mv, why);
    for (size_t i = 0; ok && !g->config.meta_api_denied && i < g->config.history_count; i++) {
        mv = (struct move){
            .kind = &call,
            .who = g->model.players,
            .request = i + 1,
            .uri = "wamp.subscription.lookup",
            .procedure = procedure_named("wamp.subscription.lookup"),
            .topic = history[i].uri.ptr,
            .match = history[i].match,
        };
        snprintf(mv.json, sizeof mv.json, "[48, %zu, {}, \"%s\", [\"%s\", {\"match\": \"%s\"}]]", i + 1, mv.uri,
                 mv.topic, wamp_match_name(mv.match));
        ok = make(g, 0, &mv, why);
    }
    return ok;
}

/* --- the end ----------------------------------------------------------------------------------------- */

static bool say_goodbye(struct game *g, struct mismatch *why)
{
    static const struct kind leave = {.name = "drop", .perform = perform_drop, .predict = predict_drop};
    for (struct player *p; (p = next_player(&g->model, NULL));)
        if (!make(g, 0, &(struct move){.kind = &leave, .who = p}, why))
            return false;
    return true;
}

bool game_fini(struct game *g, struct mismatch *why)
{
    bool ok = !why->words[0] && say_goodbye(g, why);
    if (ok && (realm_session_count(g->world.realm) || realm_next_deadline(g->world.realm) != WAMP_MS_NEVER)) {
        snprintf(why->words, sizeof why->words, "everybody is gone, and something is left");
        ok = false;
    }
    world_fini(&g->world);
    return ok;
}
