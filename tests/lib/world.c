#include "tests/lib/world.h"

#include "tests/lib/failmalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void *must(void *block)
{
    if (!block)
        abort();
    return block;
}

/* --- what the realm sees of the world ------------------------------------------------------------------- */

static void note_fault(struct peer *p, const char *what, struct str octets)
{
    struct world *w = p->world;
    if (!w->fault[0])
        snprintf(w->fault, sizeof w->fault, "session %" PRIu64 ": %s: %.*s", p->id, what,
                 octets.len < 80 && p->ser == WAMP_JSON ? (int)octets.len : 0, octets.ptr);
}

static void judge_output(struct peer *p, struct str octets)
{
    struct wamp_arena arena = {0};
    struct wamp_msg m;
    struct wamp_fault why;
    if (wamp_msg_parse(p->ser, octets, &arena, &m, &why))
        note_fault(p, why.text, octets);
    else if (!(wamp_type_sender(m.type) & WAMP_FROM_ROUTER))
        note_fault(p, "a message that a router never sends", octets);
    else if (!judge_got(&p->judge, &m))
        note_fault(p, p->judge.verdict, octets);
    wamp_arena_fini(&arena);
}

static void inbox_add(struct inbox *in, struct str octets)
{
    if (in->count == in->room) {
        in->room = in->room ? 2 * in->room : 8;
        in->list = must(realloc(in->list, in->room * sizeof *in->list));
    }
    in->list[in->count++] = octets;
}

static bool on_send(void *ctx, struct session *s, const struct wamp_frame *f)
{
    (void)ctx;
    struct peer *p = session_peer(s);
    if (p->full)
        return false;
    char *copy = must(malloc(wamp_frame_len(f) + 1));
    if (f->head.len)
        memcpy(copy, f->head.ptr, f->head.len);
    if (f->tail.len)
        memcpy(copy + f->head.len, f->tail.ptr, f->tail.len);
    struct str octets = str_of(copy, wamp_frame_len(f));
    fail_pause();
    judge_output(p, octets);
    fail_resume();
    if (p->has_why)
        note_fault(p, "a message after the close", octets);
    inbox_add(&p->inbox, octets);
    return true;
}

static void on_close(void *ctx, struct session *s, enum close_reason why)
{
    (void)ctx;
    struct peer *p = session_peer(s);
    if (!p->session)
        note_fault(p, "closed twice, or before it joined", STR(""));
    p->session = NULL;
    p->has_why = true;
    p->why = why;
}

static void on_hold(void *ctx, struct session *s, bool on)
{
    struct peer *p = session_peer(s);
    (void)ctx;
    if (p->held == on)
        note_fault(p, "held, or let go, twice", STR(""));
    p->held = on;
}

static uint64_t on_random(void *ctx)
{
    struct world *w = ctx;
    if (w->small_ids)
        return w->seed++;
    uint64_t z = w->seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* --- the world ------------------------------------------------------------------------------------------ */

bool world_init(struct world *w, const struct realm_config *config)
{
    struct realm_config c = config ? *config : (struct realm_config){0};
    if (!c.name.len)
        c.name = STR("realm1");
    if (!c.epoch_ms)
        c.epoch_ms = WORLD_EPOCH_MS;
    w->now = 0;
    w->peers = NULL;
    w->fault[0] = '\0';
    struct realm_env env = {.send = on_send, .close = on_close, .hold = on_hold, .random = on_random, .ctx = w};
    w->realm = realm_new(&c, &env);
    return w->realm != NULL;
}

static void peer_free(struct peer *p)
{
    for (size_t i = 0; i < p->inbox.count; i++)
        free((char *)p->inbox.list[i].ptr);
    free(p->inbox.list);
    judge_fini(&p->judge);
    free(p);
}

void world_fini(struct world *w)
{
    realm_free(w->realm);
    w->realm = NULL;
    for (struct peer *p = w->peers, *next; p; p = next) {
        next = p->next;
        peer_free(p);
    }
    w->peers = NULL;
}

void world_advance(struct world *w, wamp_ms ms)
{
    wamp_ms until = w->now + ms;
    for (wamp_ms due; (due = realm_next_deadline(w->realm)) <= until;) {
        w->now = due > w->now ? due : w->now;
        realm_expire(w->realm, w->now);
    }
    w->now = until;
}

/* --- peers ---------------------------------------------------------------------------------------------- */

struct wamp_roles world_all_roles(void)
{
    struct wamp_roles roles = {
        .roles = 1u << WAMP_CALLER | 1u << WAMP_CALLEE | 1u << WAMP_PUBLISHER | 1u << WAMP_SUBSCRIBER,
    };
#define ROLE_IS_CLIENT(role) (WAMP_##role <= WAMP_SUBSCRIBER)
#define FEATURE(role, key) roles.features |= ROLE_IS_CLIENT(role) ? WAMP_FEATURE_BIT(role, key) : 0;
#include "common/roles.def"
#undef FEATURE
    return roles;
}

static void set_default(struct str *field, const char *value)
{
    if (!field->len)
        *field = str_z(value);
}

struct peer *world_join(struct world *w, const struct session_info *info)
{
    struct peer *p = must(calloc(1, sizeof *p));
    struct peer **end = &w->peers;
    while (*end)
        end = &(*end)->next;
    *end = p;
    struct session_info filled = *info;
    p->world = w;
    p->ser = filled.ser;
    p->id = filled.id = realm_new_session_id(w->realm);
    char authid[32];
    snprintf(authid, sizeof authid, "anonymous-%" PRIu64, p->id);
    set_default(&filled.authid, authid);
    set_default(&filled.authrole, "anonymous");
    set_default(&filled.authmethod, "anonymous");
    set_default(&filled.authprovider, "static");
    if (!filled.roles.roles)
        filled.roles = world_all_roles();
    filled.peer = p;
    p->session = realm_join(w->realm, &filled, w->now);
    return p;
}

void peer_send(struct peer *p, struct str octets)
{
    struct world *w = p->world;
    struct wamp_arena arena = {0};
    struct wamp_msg m;
    struct wamp_fault why;
    if (!p->session)
        return;
    if (wamp_msg_parse(p->ser, octets, &arena, &m, &why)) {
        realm_violation(w->realm, p->session, &why, w->now);
    } else {
        judge_sent(&p->judge, &m);
        realm_deliver(w->realm, p->session, &m, w->now);
    }
    wamp_arena_fini(&arena);
}

void peer_send_json(struct peer *p, const char *json)
{
    struct wamp_buf buf = {0};
    fail_pause();
    enum wamp_err err = wamp_transcode(WAMP_JSON, str_z(json), p->ser, &buf);
    fail_resume();
    if (err) {
        fprintf(stderr, "%s: %s\n", json, wamp_err_text(err));
        abort();
    }
    peer_send(p, wamp_buf_str(&buf));
    wamp_buf_fini(&buf);
}

void peer_drop(struct peer *p)
{
    struct session *s = p->session;
    p->session = NULL;
    if (s)
        realm_leave(p->world->realm, s, p->world->now);
}

bool peer_take(struct peer *p, struct str *octets)
{
    struct inbox *in = &p->inbox;
    if (in->first == in->count)
        return false;
    *octets = in->list[in->first++];
    return true;
}
