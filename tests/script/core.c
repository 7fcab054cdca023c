#include "tests/script/core.h"

#include "tests/lib/failmalloc.h"

/* The realm's allocations may be made to fail, the runner's never: it runs with failing paused, and lets go of
 * that only for calls into the realm. */
#define in_realm(call) (fail_resume(), call, fail_pause())

static struct core *core_of(struct driver *d)
{
    return (struct core *)d;
}

static struct peer *peer_of(struct line_end *e)
{
    return (struct peer *)e;
}

static bool core_suits(const struct driver *d, const struct script *s, enum wamp_ser ser)
{
    (void)d;
    bool ser_suits = !s->only_sers || (s->only_sers >> ser & 1);
    return !s->only_daemon && ser_suits;
}

static bool core_begin(struct driver *d, const struct script *s, struct trouble *t)
{
    struct core *c = core_of(d);
    c->world = (struct world){.seed = 1};
    in_realm(c->has_world = world_init(&c->world, &s->config));
    return c->has_world || trouble_is(t, "no memory for a realm");
}

static bool core_end(struct driver *d, struct trouble *t)
{
    struct core *c = core_of(d);
    if (!c->has_world)
        return true;
    for (struct peer *p = c->world.peers; p; p = p->next)
        in_realm(peer_drop(p));
    bool empty = realm_session_count(c->world.realm) == 0;
    in_realm(world_fini(&c->world));
    c->has_world = false;
    if (c->world.fault[0])
        return trouble_is(t, "the router broke a rule: %s", c->world.fault);
    return empty || trouble_is(t, "sessions are left in the realm");
}

static struct line_end *core_join(struct driver *d, const struct peer_options *o, struct trouble *t)
{
    (void)t;
    struct core *c = core_of(d);
    struct session_info info = {
        .ser = o->ser,
        .roles = o->roles,
        .authid = o->authid,
        .authrole = o->authrole,
        .max_message = o->max_message,
    };
    struct peer *p;
    in_realm(p = world_join(&c->world, &info));
    return (struct line_end *)p;
}

static bool core_send(struct driver *d, struct line_end *e, struct str octets, struct trouble *t)
{
    (void)d;
    (void)t;
    in_realm(peer_send(peer_of(e), octets));
    return true;
}

static bool core_take(struct driver *d, struct line_end *e, bool wait, struct str *octets, struct trouble *t)
{
    (void)d;
    (void)wait;
    (void)t;
    if (!peer_take(peer_of(e), octets))
        *octets = (struct str){0};
    return true;
}

static bool core_settle(struct driver *d, struct trouble *t)
{
    (void)d;
    (void)t;
    return true;
}

static bool core_advance(struct driver *d, wamp_ms ms, struct trouble *t)
{
    (void)t;
    in_realm(world_advance(&core_of(d)->world, ms));
    return true;
}

static void core_drop(struct driver *d, struct line_end *e)
{
    (void)d;
    in_realm(peer_drop(peer_of(e)));
}

static void core_full(struct driver *d, struct line_end *e)
{
    (void)d;
    peer_of(e)->full = true;
}

static bool core_gone(struct driver *d, struct line_end *e, const struct step *step, struct trouble *t)
{
    (void)d;
    struct peer *p = peer_of(e);
    struct str octets;
    if (peer_take(p, &octets))
        return trouble_is(t, "a message is left");
    if (!p->has_why)
        return trouble_is(t, "the session is still there");
    return !step->has_why || p->why == step->why || trouble_is(t, "ended as %s", close_reason_name(p->why));
}

void core_init(struct core *c)
{
    *c = (struct core){.driver = {
                           .name = "core",
                           .suits = core_suits,
                           .begin = core_begin,
                           .end = core_end,
                           .join = core_join,
                           .send = core_send,
                           .take = core_take,
                           .settle = core_settle,
                           .advance = core_advance,
                           .drop = core_drop,
                           .full = core_full,
                           .gone = core_gone,
                       }};
}
