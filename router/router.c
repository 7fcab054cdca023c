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

static uint64_t env_random(void *ctx)
{
    return random_next(&((struct router *)ctx)->random);
}

/* --- coming and going ----------------------------------------------------------------------------------- */

static bool add_realm(struct router *router, const struct realm_config *config)
{
    struct realm_env env = {.send = env_send, .close = env_close, .random = env_random, .ctx = router};
    struct hosted_realm *hosted = wamp_zalloc(sizeof *hosted);
    if (!hosted)
        return false;
    hosted->realm = realm_new(config, &env);
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

bool router_init(struct router *router, const struct config *config, wamp_ms epoch_ms)
{
    *router = (struct router){.epoch_ms = epoch_ms};
    for (size_t i = 0; i < config->realm_count; i++) {
        struct realm_config rc;
        realm_config_of(config, i, &rc);
        rc.epoch_ms = epoch_ms;
        if (!add_realm(router, &rc)) {
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
        HASH_DEL(router->realms, hosted);
        realm_free(hosted->realm);
        wamp_free(hosted);
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
    metrics_write(out, &hub->metrics);
}
