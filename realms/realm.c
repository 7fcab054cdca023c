#include "realms/realm.h"

#include "common/mem.h"
#include "realms/authorization.h"
#include "realms/calls.h"
#include "realms/dispatch.h"
#include "realms/held.h"
#include "realms/history.h"
#include "realms/inner.h"
#include "realms/meta.h"
#include "realms/send.h"
#include "realms/testament.h"

#include <stdarg.h>
#include <stdio.h>

/* --- the configuration ---------------------------------------------------------------------------------- */

/* A copy of count elements; strings inside are still borrowed. NULL: no memory. */
static void *copy_list(struct wamp_arena *a, const void *list, size_t count, size_t size)
{
    void *copy = wamp_arena_alloc(a, (count + 1) * size);
    if (copy && count)
        memcpy(copy, list, count * size);
    return copy;
}

static bool copy_history(struct realm_config *c, struct wamp_arena *a)
{
    struct realm_history *rows = copy_list(a, c->history, c->history_count, sizeof *rows);
    c->history = rows;
    for (size_t i = 0; rows && i < c->history_count; i++)
        if (!wamp_arena_keep(a, &rows[i].uri))
            return false;
    return rows != NULL;
}

static bool copy_trust(struct realm_config *c, struct wamp_arena *a)
{
    struct realm_trust *rows = copy_list(a, c->trust, c->trust_count, sizeof *rows);
    c->trust = rows;
    for (size_t i = 0; rows && i < c->trust_count; i++)
        if (!wamp_arena_keep(a, &rows[i].uri) || !wamp_arena_keep(a, &rows[i].authrole))
            return false;
    return rows != NULL;
}

static bool copy_forward_keys(struct realm_config *c, struct wamp_arena *a)
{
    if (c->forward_key_count > REALM_FORWARD_KEYS_MAX)
        c->forward_key_count = REALM_FORWARD_KEYS_MAX;
    struct str *keys = copy_list(a, c->forward_keys, c->forward_key_count, sizeof *keys);
    c->forward_keys = keys;
    for (size_t i = 0; keys && i < c->forward_key_count; i++)
        if (!wamp_arena_keep(a, &keys[i]))
            return false;
    return keys != NULL;
}

static void set_default(unsigned *field, unsigned value)
{
    if (!*field)
        *field = value;
}

/* What may change later. */
static bool copy_settings(struct realm_config *c, struct wamp_arena *a)
{
    c->roles = NULL;  /* r->roles has them */
    c->role_count = 0;
    set_default(&c->max_calls_per_session, 1024);
    set_default(&c->max_subscriptions, 1024);
    set_default(&c->max_registrations, 4096);
    set_default(&c->max_waiting_calls, 1000);
    c->rules = copy_list(a, c->rules ? c->rules : rules_of(c->preset), 1, sizeof(struct rules));
    return c->rules && copy_trust(c, a) && copy_forward_keys(c, a);
}

static bool config_copy(struct realm *r, const struct realm_config *from)
{
    struct realm_config *c = &r->config;
    *c = *from;
    bool ok = wamp_arena_keep(&r->identity, &c->name) && copy_history(c, &r->identity) &&
              copy_settings(c, &r->settings);
    r->rules = c->rules;
    return ok;
}

bool realm_set_config(struct realm *r, const struct realm_config *config)
{
    struct realm_config next = *config;
    struct wamp_arena memory = {0};
    if (!copy_settings(&next, &memory)) {
        wamp_arena_fini(&memory);
        return false;
    }
    next.name = r->config.name;
    next.epoch_ms = r->config.epoch_ms;
    next.history = r->config.history;
    next.history_count = r->config.history_count;
    wamp_arena_fini(&r->settings);
    r->settings = memory;
    r->config = next;
    r->rules = next.rules;
    return true;
}

int64_t realm_trust_of(const struct realm *r, struct str uri, struct str authrole)
{
    for (size_t i = 0; i < r->config.trust_count; i++) {
        const struct realm_trust *row = &r->config.trust[i];
        if ((!row->authrole.len || str_eq(row->authrole, authrole)) && wamp_uri_matches(uri, row->uri, row->match))
            return row->level;
    }
    return NO_TRUST;
}

/* --- making and freeing --------------------------------------------------------------------------------- */

struct realm *realm_new(const struct realm_config *config, const struct realm_env *env)
{
    struct realm *r = wamp_zalloc(sizeof *r);
    if (!r)
        return NULL;
    r->env = *env;
    r->now = config->now;
    list_init(&r->doomed);
    bool has_roles = !config->role_count || (r->roles = roles_new(config->roles, config->role_count));
    if (has_roles && config_copy(r, config) && own_calls_init(r) && dealer_init(r) && history_init(r))
        return r;
    realm_free(r);
    return NULL;
}

static void fini_buffers(struct realm *r)
{
    wamp_arena_fini(&r->arena);
    wamp_arena_fini(&r->identity);
    wamp_arena_fini(&r->settings);
    wamp_buf_fini(&r->head);
    wamp_buf_fini(&r->tail);
    wamp_buf_fini(&r->reply);
    for (int i = 0; i < WAMP_SER_COUNT; i++) {
        wamp_buf_fini(&r->event[i]);
        wamp_buf_fini(&r->forms[i]);
    }
}

/* Dooms s without its peer, its transport or anybody else hearing of it. */
static void doom_silently(struct session *s)
{
    s->left = true;
    s->silent = true;
    session_doom(s, CLOSE_ABORTED);
}

void realm_free(struct realm *r)
{
    struct session *s, *tmp;
    if (!r)
        return;
    HASH_ITER(hh, r->sessions, s, tmp)
    {
        doom_silently(s);
    }
    realm_settle(r);
    own_calls_fini(r);
    dealer_fini(r);
    broker_fini(r);
    roles_free(r->roles);
    timers_fini(&r->timers);
    fini_buffers(r);
    wamp_free(r);
}

/* --- what is asked of a realm --------------------------------------------------------------------------- */

struct str realm_name(const struct realm *r)
{
    return r->config.name;
}

size_t realm_session_count(const struct realm *r)
{
    return HASH_COUNT(r->sessions);
}

const struct rules *realm_rules(const struct realm *r)
{
    return r->rules;
}

const struct realm_counters *realm_counters(const struct realm *r)
{
    return &r->counters;
}

uint64_t realm_random_id(struct realm *r)
{
    return (r->env.random(r->env.ctx) & (WAMP_ID_MAX - 1)) + 1;
}

uint64_t realm_new_session_id(struct realm *r)
{
    uint64_t id;
    do
        id = realm_random_id(r);
    while (session_find(r, id));
    return id;
}

wamp_ms realm_next_deadline(const struct realm *r)
{
    return timers_next(&r->timers);
}

/* --- the end of a session ------------------------------------------------------------------------------- */

static void count_end(struct realm_counters *c, enum close_reason why)
{
    uint64_t *const counters[] = {
        [CLOSE_PROTOCOL] = &c->violations,
        [CLOSE_SLOW] = &c->slow,
        [CLOSE_TOO_BIG] = &c->answers_too_big,
        [CLOSE_NOMEM] = &c->out_of_memory,
    };
    if (counters[why])
        ++*counters[why];
}

/* What s leaves behind ends in the order of A-SES-03. Others may come to be doomed by what they get to read here. */
static void take_out(struct realm *r, struct session *s)
{
    held_free(s);
    calls_leave(s);
    dealer_leave(s);
    broker_leave(s);
    HASH_DEL(r->sessions, s);
    if (!s->silent) {
        testaments_publish(s);
        meta_on_leave(s);
    }
    testaments_flush(s, TESTAMENT_DETACHED);
    testaments_flush(s, TESTAMENT_DESTROYED);
    list_remove(&s->doomed);
    if (!s->left) {
        count_end(&r->counters, s->why);
        r->env.close(r->env.ctx, s, s->why);
    }
    session_free(s);
}

void realm_settle(struct realm *r)
{
    for (struct list *n; (n = list_first(&r->doomed));)
        take_out(r, list_entry(n, struct session, doomed));
    wamp_arena_reset(&r->arena);
}

void realm_rest(struct realm *r)
{
    realm_settle(r);
    own_calls_finish(r);
}

void realm_abort(struct session *s, const char *fmt, ...)
{
    char text[160];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    send_abort(s, "wamp.error.protocol_violation", text);
    session_doom(s, CLOSE_PROTOCOL);
}

/* --- what happens to a realm ---------------------------------------------------------------------------- */

struct session *realm_join(struct realm *r, const struct session_info *info, wamp_ms now)
{
    r->now = now;
    struct session *s = realm_has_role(r, info->authrole) ? session_new(r, info) : NULL;
    if (!s)
        return NULL;
    session_welcome(s, info);
    if (session_is_doomed(s)) {  /* nobody has heard of it yet, its peer included */
        doom_silently(s);
        s = NULL;
    } else {
        r->counters.joined++;
        meta_on_join(s);
    }
    realm_rest(r);
    return s;
}

void realm_deliver(struct realm *r, struct session *s, const struct wamp_msg *m, wamp_ms now)
{
    r->now = now;
    dispatch(s, m);
    realm_rest(r);
}

void realm_violation(struct realm *r, struct session *s, const struct wamp_fault *why, wamp_ms now)
{
    r->now = now;
    if (why->type == WAMP_ABORT)
        session_doom(s, CLOSE_ABORTED);
    else if (why->err == WAMP_ERR_NOMEM)
        session_doom(s, CLOSE_NOMEM);
    else
        realm_abort(s, "%s", why->text);
    realm_rest(r);
}

void realm_leave(struct realm *r, struct session *s, wamp_ms now)
{
    r->now = now;
    s->left = true;
    session_doom(s, CLOSE_ABORTED);
    realm_rest(r);
}

void realm_end_stream(struct realm *r, struct session *s, enum wamp_type stream, uint64_t request, wamp_ms now)
{
    r->now = now;
    calls_end_stream(s, stream, request);
    realm_rest(r);
}

static void end_all(struct realm *r, struct str reason, wamp_ms now)
{
    struct session *s, *tmp;
    r->now = now;
    HASH_ITER(hh, r->sessions, s, tmp)
    {
        send_goodbye(s, reason, STR(""));
        s->silent = true;  /* spec: A-TST-07; and there is nobody left to be told */
        session_doom(s, CLOSE_KILLED);
    }
    realm_rest(r);
}

void realm_shutdown(struct realm *r, wamp_ms now)
{
    end_all(r, STR("wamp.close.system_shutdown"), now);
}

void realm_close(struct realm *r, wamp_ms now)
{
    end_all(r, STR("wamp.close.killed"), now);
}

void realm_expire(struct realm *r, wamp_ms now)
{
    r->now = now;
    for (struct timer *due; (due = timers_take(&r->timers, now));)
        calls_expire(r, due);
    realm_rest(r);
}
