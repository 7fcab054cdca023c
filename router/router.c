#include "router/router.h"

#include "common/map.h"
#include "common/mem.h"
#include "router/congestion.h"

struct hosted_realm {
    struct realm *realm;
    UT_hash_handle hh;  /* router.realms, by realm_name */
};

/* --- what a realm needs --------------------------------------------------------------------------------- */

static bool env_send(void *ctx, struct session *s, const struct wamp_frame *frame)
{
    struct conn *c = session_peer(s);
    (void)ctx;
    if (!conn_send(c, frame))
        return false;
    congestion_count(c);
    return true;
}

static void env_close(void *ctx, struct session *s, enum close_reason why)
{
    (void)ctx;
    conn_on_session_end(session_peer(s), why);
}

static void env_hold(void *ctx, struct session *s, bool on)
{
    (void)ctx;
    conn_hold(session_peer(s), HOLD_AUTHORIZING, on);
}

/* The rest of the queue is left for what else it is sent. Who still reads is asked more: what comes in one turn waits
 * until its end. */
static bool env_is_full(void *ctx, const struct session *s)
{
    const struct conn *c = session_peer(s);
    size_t most = c->choked ? (size_t)c->hub->config->queue_soft : c->out_limit;
    (void)ctx;
    return c->out.waiting > most / 2;
}

static uint64_t env_random(void *ctx)
{
    return random_next(&((struct router *)ctx)->random);
}

/* --- coming and going ----------------------------------------------------------------------------------- */

static bool add_realm(struct router *router, const struct config *config, size_t row, wamp_ms now)
{
    struct realm_env env = {.send = env_send, .close = env_close, .hold = env_hold, .is_full = env_is_full,
                            .random = env_random, .ctx = router};
    struct hosted_realm *hosted = wamp_zalloc(sizeof *hosted);
    struct realm_config rc;
    if (!hosted)
        return false;
    realm_config_of(config, row, &rc);
    rc.epoch_ms = router->epoch_ms;
    rc.now = now;
    hosted->realm = realm_new(&rc, &env);
    if (hosted->realm) {
        struct str name = realm_name(hosted->realm);
        HASH_ADD_KEYPTR(hh, router->realms, name.ptr, name.len, hosted);
    }
    if (hosted->realm && wamp_map_added(hosted))
        return true;
    realm_free(hosted->realm);
    wamp_free(hosted);
    return false;
}

static void free_realm(struct router *router, struct hosted_realm *hosted)
{
    HASH_DEL(router->realms, hosted);
    realm_free(hosted->realm);
    wamp_free(hosted);
}

bool router_init(struct router *router, const struct config *config, wamp_ms epoch_ms, wamp_ms now)
{
    *router = (struct router){.epoch_ms = epoch_ms};
    for (size_t i = 0; i < config->realm_count; i++) {
        if (!add_realm(router, config, i, now)) {
            router_fini(router);
            return false;
        }
    }
    return true;
}

void router_fini(struct router *router)
{
    struct hosted_realm *hosted, *next;
    HASH_ITER(hh, router->realms, hosted, next)
    {
        free_realm(router, hosted);
    }
}

/* --- another configuration ------------------------------------------------------------------------------ */

static const struct realm_config_row *find_row(const struct config *config, struct str name)
{
    for (size_t i = 0; i < config->realm_count; i++)
        if (str_eq(name, str_z(config->realms[i].name)))
            return &config->realms[i];
    return NULL;
}

static void remove_realm(struct router *router, struct hosted_realm *hosted, struct hub *hub)
{
    log_info("REALM-REMOVED", "%.*s: %zu sessions", STR_ARG(realm_name(hosted->realm)),
             realm_session_count(hosted->realm));
    realm_close(hosted->realm, hub->now);
    hub_forget_realm(hub, hosted->realm);
    free_realm(router, hosted);
}

static bool same_history(const struct realm_config_row *a, const struct realm_config_row *b)
{
    bool same = a->history_count == b->history_count;
    for (size_t i = 0; same && i < a->history_count; i++) {
        const struct realm_history *x = &a->history[i], *y = &b->history[i];
        same = str_eq(x->uri, y->uri) && x->match == y->match && x->max_events == y->max_events &&
               x->max_bytes == y->max_bytes;
    }
    return same;
}

/* before: its row in the configuration that was current; NULL: it is not in there. */
static void update_realm(struct realm *realm, const struct config *config, size_t row,
                         const struct realm_config_row *before, wamp_ms now)
{
    struct realm_config rc;
    realm_config_of(config, row, &rc);
    if (!realm_set_config(realm, &rc) || !realm_set_roles(realm, rc.roles, rc.role_count, now))
        log_error("REALM", "%s: out of memory: it stays as it was", config->realms[row].name);
    if (before && !same_history(before, &config->realms[row]))
        log_warn("RELOAD", "%s: its history changes with the next start only", config->realms[row].name);
}

void router_set_config(struct router *router, struct hub *hub, const struct config *config)
{
    struct hosted_realm *hosted, *next;
    HASH_ITER(hh, router->realms, hosted, next)
    {
        if (!find_row(config, realm_name(hosted->realm)))
            remove_realm(router, hosted, hub);
    }
    for (size_t i = 0; i < config->realm_count; i++) {
        struct str name = str_z(config->realms[i].name);
        struct realm *realm = router_find(router, name);
        if (realm)
            update_realm(realm, config, i, find_row(hub->config, name), hub->now);
        else if (add_realm(router, config, i, hub->now))
            log_info("REALM-ADDED", "%s", name.ptr);
        else
            log_error("REALM", "%s: out of memory", name.ptr);
    }
}

/* --- what all realms do --------------------------------------------------------------------------------- */

struct realm *router_find(const struct router *router, struct str name)
{
    struct hosted_realm *hosted = NULL;
    HASH_FIND(hh, router->realms, name.ptr, name.len, hosted);
    return hosted ? hosted->realm : NULL;
}

#define for_each_realm(router, hosted)                                                                       \
    for (struct hosted_realm *hosted = (router)->realms; hosted; hosted = hosted->hh.next)

wamp_ms router_next_deadline(const struct router *router)
{
    wamp_ms next = WAMP_MS_NEVER;
    for_each_realm(router, hosted)
    {
        wamp_ms at = realm_next_deadline(hosted->realm);
        if (at < next)
            next = at;
    }
    return next;
}

void router_expire(struct router *router, wamp_ms now)
{
    for_each_realm(router, hosted)
        if (realm_next_deadline(hosted->realm) <= now)
            realm_expire(hosted->realm, now);
}

void router_say_goodbye(struct router *router, wamp_ms now)
{
    for_each_realm(router, hosted)
        realm_shutdown(hosted->realm, now);
}

/* --- metrics -------------------------------------------------------------------------------------------- */

static void write_realm_counter(const struct router *router, struct wamp_buf *out, const char *name,
                                const char *help, size_t offset)
{
    metrics_introduce(out, name, "counter", help);
    for_each_realm(router, hosted)
    {
        uint64_t value;
        memcpy(&value, (const char *)realm_counters(hosted->realm) + offset, sizeof value);
        metrics_value(out, name, "realm", realm_name(hosted->realm), value);
    }
}

void router_write_metrics(const struct router *router, const struct hub *hub, struct wamp_buf *out)
{
    metrics_introduce(out, "connections", "gauge", "connections that are open");
    metrics_value(out, "connections", NULL, STR(""), hub->conn_count);
    metrics_introduce(out, "queue_octets", "gauge", "octets that wait to be sent");
    metrics_value(out, "queue_octets", NULL, STR(""), hub->pool.waiting);
    metrics_introduce(out, "sessions", "gauge", "sessions in the realm");
    for_each_realm(router, hosted)
        metrics_value(out, "sessions", "realm", realm_name(hosted->realm), realm_session_count(hosted->realm));
    metrics_introduce(out, "calls_pending", "gauge", "calls that wait for their answer");
    for_each_realm(router, hosted)
        metrics_value(out, "calls_pending", "realm", realm_name(hosted->realm), realm_call_count(hosted->realm));
#define COUNTER(field, help)                                                                                 \
    write_realm_counter(router, out, #field "_total", help, offsetof(struct realm_counters, field));
#include "realms/counters.def"
#undef COUNTER
    metrics_introduce(out, "reloads_total", "counter", "reloads of the configuration");
    metrics_value(out, "reloads_total", "result", STR("ok"), hub->reloads.ok);
    metrics_value(out, "reloads_total", "result", STR("failed"), hub->reloads.failed);
    metrics_write(out, &hub->metrics);
}
