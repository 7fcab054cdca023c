/* The whole core: sessions come, say anything at all, are killed, fall silent or vanish; time jumps; memory runs
 * out. Whatever happens: no rule of tests/lib/judge.h is broken, and nothing is left when all have gone. */
#include "tests/fuzz/fuzz_realm.h"

#include "tests/fuzz/fuzz.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/world.h"

struct game {
    struct fuzz_input in;
    struct world world;
    struct peer *peers[REALM_INPUT_PEERS];  /* NULL: has not joined yet */
};

/* Messages with holes: @ an id 1..64, ! a match policy, % an invocation policy, ~ a cancel mode, $ a URI, ? a
 * boolean. */
static const char *const templates[] = {
    "[32,@,{\"match\":\"!\"},\"$\"]",
    "[32,@,{\"get_retained\":?},\"$\"]",
    "[32,@,{\"match\":\"!\",\"get_retained\":?},\"wamp.\"]",
    "[34,@,@]",
    "[16,@,{\"acknowledge\":?,\"exclude_me\":?},\"$\",[@]]",
    "[16,@,{\"retain\":?,\"disclose_me\":?},\"$\"]",
    "[16,@,{\"exclude\":[@],\"retain\":?},\"$\",[],{\"a\":@}]",
    "[16,@,{\"eligible\":[@,@],\"acknowledge\":?},\"$\",[\"\\u0000AAEC\"]]",
    "[16,@,{\"eligible_authrole\":[\"anonymous\"],\"exclude_authid\":[\"x\"],\"retain\":?},\"$\"]",
    "[64,@,{\"match\":\"!\",\"invoke\":\"%\"},\"$\"]",
    "[64,@,{\"invoke\":\"%\",\"concurrency\":@},\"$\"]",
    "[64,@,{\"invoke\":\"%\",\"forward_timeout\":?,\"disclose_caller\":?},\"$\"]",
    "[64,@,{\"force_reregister\":?},\"$\"]",
    "[66,@,@]",
    "[48,@,{},\"$\",[@]]",
    "[48,@,{\"timeout\":@,\"receive_progress\":?},\"$\"]",
    "[48,@,{\"progress\":?,\"receive_progress\":?},\"$\",[@]]",
    "[48,@,{\"disclose_me\":?,\"_ext\":@},\"$\",[],{\"k\":@}]",
    "[48,@,{\"ppt_scheme\":\"x_a\",\"progress\":?},\"$\",[\"\\u0000AAEC\"]]",
    "[49,@,{\"mode\":\"~\"}]",
    "[70,@,{\"progress\":?},[@]]",
    "[70,@,{},[],{\"k\":@}]",
    "[70,@,{\"ppt_scheme\":\"x_a\"},[\"\\u0000AAEC\"]]",
    "[8,68,@,{},\"com.error\",[@]]",
    "[8,68,@,{},\"wamp.error.unavailable\"]",
    "[6,{},\"wamp.close.close_realm\"]",
    "[3,{},\"wamp.error.x\"]",
    "[48,@,{},\"wamp.session.kill\",[@]]",
    "[48,@,{},\"wamp.session.kill_by_authrole\",[\"anonymous\"]]",
    "[48,@,{},\"wamp.session.kill_all\"]",
    "[48,@,{},\"wamp.session.get\",[@]]",
    "[48,@,{},\"wamp.session.add_testament\",[\"$\",[@],{}],{\"scope\":\"detached\"}]",
    "[48,@,{},\"wamp.session.add_testament\",[\"$\",[],{}],{\"publish_options\":{\"retain\":?,\"exclude_me\":?}}]",
    "[48,@,{},\"wamp.session.flush_testaments\"]",
    "[48,@,{},\"wamp.registration.list\"]",
    "[48,@,{},\"wamp.registration.match\",[\"$\"]]",
    "[48,@,{},\"wamp.registration.remove_callee\",[@,@]]",
    "[48,@,{},\"wamp.registration.list_callees\",[@]]",
    "[48,@,{},\"wamp.subscription.get\",[@]]",
    "[48,@,{},\"wamp.subscription.match\",[\"$\"]]",
    "[48,@,{},\"wamp.subscription.remove_subscriber\",[@,@]]",
    "[70,@,{},[?]]",
    "[70,@,{\"forward_for\":[@]},[?]]",
    "[48,@,{\"forward_for\":[{\"session\":@}],\"progress\":?},\"$\"]",
    "[16,@,{\"forward_for\":[{\"session\":@}],\"retain\":?},\"$\"]",
    "[70,@,{},[{\"allow\":?,\"cache\":?,\"disclose\":?}]]",
    "[70,@,{},[{\"allow\":?,\"validate\":null},@]]",
    "[48,@,{},\"wamp.subscription.get_events\",[@],{\"limit\":@,\"reverse\":?,\"after_publication\":@}]",
};

static const char *const uris[] = {"com.t", "com.t.a", "com.h.t", "com.h.u", "com..a",
                                   "com",   "",        "a.b.c",   "wamp.x",  "wamp"};
static const char *const matches[] = {"exact", "prefix", "wildcard"};
static const char *const policies[] = {"roundrobin", "single", "first", "last", "random"};
static const char *const modes[] = {"kill", "killnowait", "skip"};
static const char *const booleans[] = {"true", "false"};

#define CHOOSE(list, n) (list)[(n) % (sizeof(list) / sizeof *(list))]

static void fill_hole(struct wamp_buf *out, char hole, unsigned n)
{
    switch (hole) {
    case '@':
        wamp_buf_addf(out, "%u", n % 64 + 1);
        return;
    case '!':
        wamp_buf_add_str(out, str_z(CHOOSE(matches, n)));
        return;
    case '%':
        wamp_buf_add_str(out, str_z(CHOOSE(policies, n)));
        return;
    case '~':
        wamp_buf_add_str(out, str_z(CHOOSE(modes, n)));
        return;
    case '$':
        wamp_buf_add_str(out, str_z(CHOOSE(uris, n)));
        return;
    default:
        wamp_buf_add_str(out, str_z(CHOOSE(booleans, n)));
    }
}

static void send_template(struct game *g, struct peer *p)
{
    struct wamp_buf json = {0};
    fail_pause();
    for (const char *t = CHOOSE(templates, fuzz_byte(&g->in)); *t; t++) {
        if (strchr("@!%~$?", *t))
            fill_hole(&json, *t, fuzz_byte(&g->in));
        else
            wamp_buf_add_char(&json, *t);
    }
    wamp_buf_add_char(&json, '\0');
    fail_resume();
    if (p)
        peer_send_json(p, json.ptr);
    wamp_buf_fini(&json);
}

/* --- steps ---------------------------------------------------------------------------------------------- */

static struct peer **choose_peer(struct game *g)
{
    return &g->peers[fuzz_byte(&g->in) % REALM_INPUT_PEERS];
}

static void join(struct game *g, bool all)
{
    struct peer **p = choose_peer(g);
    struct session_info info = {.ser = (enum wamp_ser)(1 + fuzz_byte(&g->in) % 3), .roles = world_all_roles()};
    info.authrole = realm_input_authroles[p - g->peers];
    uint64_t features = 0;
    for (unsigned i = 0; !all && i < 8; i++)
        features |= (uint64_t)fuzz_byte(&g->in) << (8 * i);
    if (!all)
        info.roles.features &= features;
    if (*p && (*p)->session)
        return;
    *p = world_join(&g->world, &info);
}

static void send_octets(struct game *g, struct peer *p)
{
    size_t len = fuzz_byte(&g->in);
    len |= (size_t)fuzz_byte(&g->in) << 8;
    struct str octets = fuzz_octets(&g->in, len);
    if (p)
        peer_send(p, octets);
}

static void change_roles(struct game *g)
{
    size_t count;
    const struct realm_role *roles = realm_input_roles(fuzz_byte(&g->in), &count);
    realm_set_roles(g->world.realm, roles, count, g->world.now);
}

static void step(struct game *g)
{
    struct peer *p;
    switch (fuzz_byte(&g->in) % INPUT_COUNT) {
    case INPUT_JOIN_ALL:
        join(g, true);
        return;
    case INPUT_JOIN_SOME:
        join(g, false);
        return;
    case INPUT_MESSAGE:
        p = *choose_peer(g);
        send_octets(g, p);
        return;
    case INPUT_TEMPLATE:
        p = *choose_peer(g);
        send_template(g, p);
        return;
    case INPUT_DROP:
        p = *choose_peer(g);
        if (p)
            peer_drop(p);
        return;
    case INPUT_ADVANCE:
        world_advance(&g->world, (INT64_C(1) << fuzz_byte(&g->in) % 32) - 1);
        return;
    case INPUT_FULL:
        p = *choose_peer(g);
        if (p)
            p->full = true;
        return;
    case INPUT_FAIL:
        fail_nth(fuzz_byte(&g->in));
        return;
    case INPUT_ROLES:
        change_roles(g);
        return;
    default:
        realm_shutdown(g->world.realm, g->world.now);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct game g = {.in = {data, data + size}, .world = {.small_ids = true}};
    struct realm_config config = realm_input_config(fuzz_byte(&g.in));
    size_t live = mem_live_blocks();
    fail_nth(0);
    demand(world_init(&g.world, &config));
    while (g.in.p < g.in.end)
        step(&g);
    fail_nth(0);
    for (unsigned i = 0; i < REALM_INPUT_PEERS; i++)
        if (g.peers[i])
            peer_drop(g.peers[i]);
    demand(realm_session_count(g.world.realm) == 0);
    demand(realm_next_deadline(g.world.realm) == WAMP_MS_NEVER);
    world_fini(&g.world);
    if (g.world.fault[0])
        fuzz_broken(g.world.fault, __FILE__, __LINE__);
    demand(mem_live_blocks() == live);
    return 0;
}
