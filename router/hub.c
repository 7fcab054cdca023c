#include "router/hub.h"

#include "common/log.h"
#include "router/congestion.h"
#include "router/conn.h"
#include "router/http.h"
#include "router/login.h"
#include "router/longpoll.h"
#include "router/opening.h"

#include <inttypes.h>

enum {
    LEAVING_MS = 1000,          /* for the last octets of a peer that does not read */
    CROWD = 256,                /* connections waiting for HELLO that make a crowd .. */
    ADDRESS_CROWD = 64,         /* .. and those from one address. spec: R-24 */
    CROWD_CHECK_MS = 1000,      /* how often a crowd from one address is looked for */
};

/* --- coming and going ----------------------------------------------------------------------------------- */

static void set_lengths(struct waits *waits, const struct config *config)
{
    const wamp_ms lengths[WAIT_KINDS] = {
        [WAIT_OPENING] = config->handshake_ms,
        [WAIT_HELLO] = config->hello_ms,
        [WAIT_LOGIN] = config->login_ms,
        [WAIT_REQUEST] = config->longpoll_idle_ms,
        [WAIT_POLL] = config->longpoll_ms,
        [WAIT_POLL_IDLE] = config->longpoll_idle_ms,
        [WAIT_TRAFFIC] = config->ping_interval_ms,
        [WAIT_PONG] = config->ping_timeout_ms,
        [WAIT_PARTING] = config->close_ms,
        [WAIT_LEAVING] = LEAVING_MS,
        [WAIT_DRAIN] = config->slow_ms,
        [WAIT_RELIEF] = HOLD_MS,
        [WAIT_STALL] = config->stall_ms,
    };
    for (int kind = WAIT_NONE + 1; kind < WAIT_KINDS; kind++)
        waits_set_length(waits, (enum wait_kind)kind, lengths[kind]);
}

void hub_init(struct hub *hub, struct router *router, struct config *config)
{
    *hub = (struct hub){
        .config = config_ref(config),
        .router = router,
        .max_connections = (size_t)config->max_connections,
    };
    set_lengths(&hub->waits, config);
}

static void for_each_conn(struct hub *hub, void (*act)(struct conn *c))
{
    struct list *next;
    for (struct list *n = list_first(&hub->conns); n; n = next) {
        next = list_next(&hub->conns, n);
        act(list_entry(n, struct conn, all));
    }
}

/* Where nobody was pinged so far. */
static void watch_traffic(struct conn *c)
{
    if (c->state == CONN_SESSION && c->framing->ping && c->wait.kind == WAIT_NONE)
        wait_start(&c->hub->waits, &c->wait, WAIT_TRAFFIC, c->hub->now);
}

void hub_set_config(struct hub *hub, struct config *config)
{
    struct config *old = hub->config;
    hub->config = config_ref(config);
    set_lengths(&hub->waits, config);
    for_each_conn(hub, watch_traffic);
    config_unref(old);
}

void hub_move_listener(struct hub *hub, const struct listen_config *before, struct config *config,
                       const struct listen_config *now)
{
    for (struct list *n = list_first(&hub->conns); n; n = list_next(&hub->conns, n)) {
        struct conn *c = list_entry(n, struct conn, all);
        if (c->listener == before)
            conn_came_in(c, config, now);
    }
}

bool hub_refuses(struct hub *hub, const struct address *address)
{
    if (hub->conn_count >= hub->max_connections) {
        hub->metrics.refused_full++;
        return true;
    }
    if (address && hub->config->max_per_address && address->connections > hub->config->max_per_address) {
        hub->metrics.refused_address++;
        return true;
    }
    return false;
}

void hub_fini(struct hub *hub)
{
    config_unref(hub->config);
    cookies_fini(&hub->cookies);
    outbox_pool_fini(&hub->pool);
    wamp_arena_fini(&hub->arena);
    wamp_buf_fini(&hub->scratch);
}

/* --- the end of a turn ---------------------------------------------------------------------------------- */

static struct conn *first_turn(struct list *head)
{
    struct list *n = list_first(head);
    return n ? list_entry(n, struct conn, turn) : NULL;
}

void hub_flush(struct hub *hub)
{
    hub->turn_octets = 0;
    for (struct conn *c; (c = first_turn(&hub->dirty));)
        conn_flush(c);
}

static struct conn *largest_queue(struct hub *hub)
{
    struct conn *largest = NULL;
    for (struct list *n = list_first(&hub->conns); n; n = list_next(&hub->conns, n)) {
        struct conn *c = list_entry(n, struct conn, all);
        if (c->state != CONN_DOOMED && (!largest || c->out.waiting > largest->out.waiting))
            largest = c;
    }
    return largest;
}

/* What waits goes at once, and so without a close frame after it: if each kept the block that is being sent, those
 * who do read would be the next ones, and none of it would help. The sockets' own buffers come on top of it:
 * router/listener.c bounds them. spec: reliability T-S2 */
static void keep_total(struct hub *hub)
{
    struct conn *c;
    while (hub->pool.waiting > (size_t)hub->config->queue_total && (c = largest_queue(hub)) && c->out.waiting) {
        hub->metrics.evicted++;
        log_warn("CONN-EVICT", "the largest of all queues closed: %zu octets of %zu (limit %" PRId64 ")",
                 c->out.waiting, hub->pool.waiting, hub->config->queue_total);
        conn_leave(c);
        conn_drop(c);
    }
}

/* What the session of a closed connection leaves behind may be news for others. */
static bool close_one(struct hub *hub)
{
    struct conn *c = first_turn(&hub->doomed);
    if (c)
        c->wire->close(c->socket);
    return c != NULL;
}

void hub_end_turn(struct hub *hub)
{
    hub_flush(hub);
    keep_total(hub);  /* of what the kernel does not take, not of a turn that is long */
    do
        hub_flush(hub);
    while (http_serve_one(hub) || close_one(hub));
}

/* --- deadlines ------------------------------------------------------------------------------------------ */

static wamp_ms crowded_until(const struct hub *hub, const struct wait *w)
{
    return w->until - hub->config->hello_ms + hub->config->hello_crowded_ms;
}

/* When the oldest of those who wait for HELLO is next to be looked at. */
static wamp_ms crowd_deadline(const struct hub *hub)
{
    const struct list *waiting = &hub->waits.list[WAIT_HELLO];
    if (hub->waits.count[WAIT_HELLO] <= ADDRESS_CROWD)
        return WAMP_MS_NEVER;
    wamp_ms at = crowded_until(hub, list_entry(list_first(waiting), struct wait, link));
    return at > hub->now || hub->waits.count[WAIT_HELLO] > CROWD ? at : hub->now + CROWD_CHECK_MS;
}

wamp_ms hub_next_deadline(const struct hub *hub)
{
    wamp_ms next = waits_next(&hub->waits), crowd = crowd_deadline(hub);
    return crowd < next ? crowd : next;
}

/* Those who have waited long enough in a crowd, the oldest first. spec: R-24 */
static void expire_crowd(struct hub *hub)
{
    struct waits *ws = &hub->waits;
    struct list *n = list_first(&ws->list[WAIT_HELLO]), *next;
    for (; n && ws->count[WAIT_HELLO] > ADDRESS_CROWD; n = next) {
        struct wait *w = list_entry(n, struct wait, link);
        struct conn *c = list_entry(w, struct conn, wait);
        next = list_next(&ws->list[WAIT_HELLO], n);
        if (crowded_until(hub, w) > hub->now)
            return;
        if (ws->count[WAIT_HELLO] > CROWD || (c->address && c->address->waiting > ADDRESS_CROWD))
            conn_on_due(c, WAIT_HELLO);
    }
}

static void on_due(struct wait *w, enum wait_kind kind)
{
    if (kind == WAIT_RELIEF || kind == WAIT_STALL)
        congestion_on_due(w, kind);
    else if (kind == WAIT_POLL || kind == WAIT_POLL_IDLE)
        longpoll_on_due(w, kind);
    else if (kind == WAIT_DRAIN)
        conn_on_slow(list_entry(w, struct conn, drain));
    else
        conn_on_due(list_entry(w, struct conn, wait), kind);
}

void hub_expire(struct hub *hub)
{
    for (int kind = WAIT_NONE + 1; kind < WAIT_KINDS; kind++)
        for (struct wait *w; (w = waits_take(&hub->waits, (enum wait_kind)kind, hub->now));)
            on_due(w, (enum wait_kind)kind);
    expire_crowd(hub);
}

/* --- realms that go ------------------------------------------------------------------------------------- */

void hub_forget_realm(struct hub *hub, const struct realm *realm)
{
    struct list *next;
    for (struct list *n = list_first(&hub->conns); n; n = next) {
        struct conn *c = list_entry(n, struct conn, all);
        next = list_next(&hub->conns, n);
        if (c->state == CONN_LOGIN && c->login->realm == realm)
            conn_abort(c, "wamp.error.no_such_realm", "the realm was removed", 1000);
        if (c->realm == realm)
            c->realm = NULL;
    }
}

/* --- the end of it all ---------------------------------------------------------------------------------- */

/* As Crossbar.io ends a login under way: without a word. wampy takes what comes then for the answer of its next
 * session. spec: W-28 */
static bool is_silent(const struct conn *c)
{
    return c->state == CONN_LOGIN && realm_rules(c->login->realm)->refusals_as_crossbar;
}

/* spec: B-030 */
static void say_farewell(struct conn *c)
{
    if (c->state == CONN_OPENING)
        opening_refuse(c, 503, "the router is shutting down");
    else if (is_silent(c))
        conn_close(c, 1001, "the router is shutting down");
    else if (c->state == CONN_HELLO || c->state == CONN_LOGIN)
        conn_abort(c, "wamp.close.system_shutdown", "the router is shutting down", 1001);
    else if (c->state == CONN_PARTED)
        conn_close(c, 1001, "");
}

static void close_anyway(struct conn *c)
{
    conn_close(c, 1001, "the router is shutting down");
}

void hub_say_farewell(struct hub *hub)
{
    hub->stopping = true;
    for_each_conn(hub, say_farewell);
}

void hub_close_all(struct hub *hub)
{
    for_each_conn(hub, close_anyway);
}

void hub_drop_all(struct hub *hub)
{
    for_each_conn(hub, conn_drop);
}
