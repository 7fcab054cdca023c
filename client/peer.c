#include "client/peer.h"

#include "common/mem.h"

#include <stdio.h>

enum {
    BACKOFF_FIRST_MS = 100,
    BACKOFF_MOST_MS = 30000,
    BACKOFF_AWAITED_MS = 1000,
    LASTING_MS =
        1000,  /* a session that lived shorter does not reset the back-off: the router may be throwing us out */
};

/* --- life ---------------------------------------------------------------------------------------------------- */

static void init_lists(struct wamp_peer *p)
{
    list_init(&p->timers);
    list_init(&p->offers.all);
    list_init(&p->offers.mounts);
    list_init(&p->callee.all);
    list_init(&p->outcalls);
    list_init(&p->hungry);
    list_init(&p->pool.jobs);
    list_init(&p->pool.letters);
    wamp_failure_clear(&p->error);
    wamp_failure_clear(&p->lost);
}

struct wamp_peer *wamp_peer_new(const wamp_opt *opt, const struct peer_env *env, struct failure *failure)
{
    struct why why = {"out of memory"};
    struct wamp_peer *p = wamp_zalloc(sizeof *p);
    if (!p) {
        wamp_failure_set(failure, WAMP_E_NOMEM, "%s", why.text);
        return NULL;
    }
    init_lists(p);
    p->env = env;
    p->owner = pthread_self();
    p->now = env->clock();
    wamp_rc rc = wamp_config_init(&p->config, opt, &why);
    if (rc)
        goto free_peer;
    rc = wamp_mailbox_init(&p->mailbox);
    if (rc)
        goto fini_config;
    rc = wamp_mounts_init(p);
    if (!rc)
        return p;
    wamp_failure_copy(failure, &p->error);
    wamp_peer_free(p);
    return NULL;
fini_config:
    wamp_config_fini(&p->config);
free_peer:
    wamp_free(p);
    wamp_failure_set(failure, rc, "%s", why.text);
    return NULL;
}

void wamp_peer_free(struct wamp_peer *p)
{
    p->pins++;
    p->closing = true;
    wamp_peer_abandon(p);
    wamp_mailbox_close(&p->mailbox);
    wamp_pool_fini(p);
    wamp_outcalls_fini(p);
    wamp_callee_fini(p);
    wamp_offers_fini(p);
    wamp_afters_fini(p);
    wamp_timer_stop(&p->phase_timer);
    wamp_session_reset(&p->session);
    wamp_mailbox_fini(&p->mailbox);
    wamp_tls_context_free(p->tls);
    wamp_config_fini(&p->config);
    wamp_arena_fini(&p->in);
    wamp_arena_fini(&p->out);
    wamp_buf_fini(&p->head);
    wamp_buf_fini(&p->tail);
    wamp_failure_clear(&p->error);
    wamp_failure_clear(&p->lost);
    wamp_free(p);
}

wamp_rc wamp_peer_enter(struct wamp_peer *p)
{
    if (!pthread_equal(p->owner, pthread_self()))
        return WAMP_E_STATE;
    p->pins++;
    p->now = p->env->clock();
    return WAMP_OK;
}

void wamp_peer_leave(struct wamp_peer *p)
{
    if (--p->pins)
        return;
    if (p->closing) {
        wamp_thread_disown(p);
        wamp_peer_free(p);
    } else {
        wamp_peer_reading(p);
    }
}

/* --- connecting ---------------------------------------------------------------------------------------------- */

static void open_late(struct wamp_peer *p, struct timer *t)
{
    (void)t;
    static const char *const doing[] = {
        [PHASE_CONNECTING] = "connecting to", [PHASE_HELLO] = "joining at", [PHASE_OFFERING] = "registering at"};
    wamp_failure_set(&p->lost, WAMP_E_TIMEOUT, "%s %s took longer than %d ms", doing[p->phase], p->config.opt.url,
                     p->config.opt.open_timeout_ms);
    wamp_peer_down(p, 1000);
}

void wamp_peer_connect(struct wamp_peer *p)
{
    wamp_session_reset(&p->session);
    p->phase = PHASE_CONNECTING;
    wamp_peer_timer(p, &p->phase_timer, p->config.opt.open_timeout_ms, open_late);
    p->link = p->env->open_link(p);
    if (p->link)
        return;
    wamp_failure_set(&p->lost, WAMP_E_LOST, "out of memory");
    wamp_peer_down(p, 1000);
}

static void advance(struct wamp_peer *p)
{
    wamp_rc rc = p->link->ops->advance(p->link, p->now);
    if (rc == WAMP_E_AGAIN)
        return;
    if (!rc) {
        wamp_session_hello(p);
        return;
    }
    wamp_failure_set(&p->lost, WAMP_E_LOST, "cannot connect to %s: %s", p->config.opt.url, p->link->why.text);
    wamp_peer_down(p, 1000);
}

void wamp_peer_offered(struct wamp_peer *p)
{
    const wamp_hooks *hooks = &p->config.hooks;
    bool tell = !p->quiet;
    wamp_timer_stop(&p->phase_timer);
    p->phase = PHASE_JOINED;
    p->joined_once = true;
    p->joined_at = p->now;
    if (tell && hooks->on_joined)
        hooks->on_joined(hooks->arg, p);
}

/* --- losing -------------------------------------------------------------------------------------------------- */

static void retry(struct wamp_peer *p, struct timer *t)
{
    (void)t;
    wamp_peer_connect(p);
}

/* Whether the delay is somebody's wait: wamp_open stands still until the router is there, or its time is over. */
static bool is_awaited(const struct wamp_peer *p)
{
    return p->quiet && !p->joined_once;
}

/* Full jitter: thousands of clients that lost the same router shall not return together. spec: T-R2 */
static int64_t backoff_ms(struct wamp_peer *p)
{
    uint32_t dice;
    unsigned doublings = p->attempts < 16 ? p->attempts : 16;
    int64_t most = (int64_t)BACKOFF_FIRST_MS << doublings;
    int64_t bound = is_awaited(p) ? BACKOFF_AWAITED_MS : BACKOFF_MOST_MS;
    p->env->random(&dice, sizeof dice);
    p->attempts++;
    int64_t delay = dice % ((most < bound ? most : bound) + 1);
    return is_awaited(p) && p->now + delay > p->retry_until ? p->retry_until - p->now : delay;
}

/* Before the first session connect_wait_ms decides, and only where nobody answered; after it `reconnect`. */
static bool comes_back(const struct wamp_peer *p)
{
    if (p->closing || p->retired)
        return false;
    if (p->config.opt.reconnect && (p->joined_once || !p->quiet))
        return true;
    return !p->joined_once && p->lost.e.rc == WAMP_E_LOST && p->now < p->retry_until;
}

/* Ends what hangs on the session. Runs callbacks of the program; the phase is ENDED: nothing new begins. */
static void end_session(struct wamp_peer *p)
{
    wamp_requests_lost(p);
    wamp_callee_lost(p);
    wamp_offers_lost(p);
    wamp_session_reset(&p->session);
}

void wamp_peer_down(struct wamp_peer *p, unsigned close_code)
{
    const wamp_hooks *hooks = &p->config.hooks;
    if (p->phase == PHASE_ENDED || p->phase == PHASE_WAITING)
        return;
    bool tell = !p->quiet && p->phase != PHASE_LEAVING && !p->closing;
    wamp_timer_stop(&p->phase_timer);
    if (p->link)
        p->link->ops->close(p->link, close_code);
    p->link = NULL;
    if (p->phase == PHASE_JOINED && p->now - p->joined_at >= LASTING_MS)
        p->attempts = 0;
    p->phase = PHASE_ENDED;
    end_session(p);
    bool again = comes_back(p);
    if (again) {
        p->phase = PHASE_WAITING;
        wamp_peer_timer(p, &p->phase_timer, backoff_ms(p), retry);
    }
    if (tell && hooks->on_lost)
        hooks->on_lost(hooks->arg, p, &p->lost.e, again);
}

void wamp_peer_abandon(struct wamp_peer *p)
{
    if (p->phase != PHASE_ENDED)
        wamp_failure_set(&p->lost, WAMP_E_LOST, "the peer was closed");
    wamp_session_quit(p);
}

/* --- driving ------------------------------------------------------------------------------------------------- */

void wamp_peer_flush(struct wamp_peer *p)
{
    if (p->link)
        p->link->ops->flush(p->link);
}

void wamp_peer_reading(struct wamp_peer *p)
{
    if (p->link)
        p->link->ops->watch(p->link, !p->choked || p->waits);
}

static bool is_talking(const struct wamp_peer *p)
{
    return p->link && p->phase >= PHASE_HELLO && p->phase <= PHASE_LEAVING;
}

static void lose_link(struct wamp_peer *p)
{
    if (p->phase != PHASE_LEAVING)
        wamp_failure_set(&p->lost, WAMP_E_LOST, "the connection to %s is lost: %s", p->config.opt.url,
                         p->link->why.text);
    wamp_peer_down(p, 1000);
}

/* A full queue stops the reading, but for one message at a time where something is waited for that may come
 * behind. */
static void read_messages(struct wamp_peer *p, unsigned budget)
{
    struct str message;
    if (p->choked)
        budget = p->waits ? 1 : 0;
    while (budget-- && is_talking(p)) {
        wamp_rc rc = p->link->ops->next(p->link, p->now, &message);
        if (rc == WAMP_E_AGAIN)
            return;
        if (rc)
            lose_link(p);
        else
            wamp_session_receive(p, message);
        if (p->choked)
            return;
    }
}

static void run_timers(struct wamp_peer *p)
{
    for (struct timer *t; (t = wamp_timer_due(&p->timers, p->now));)
        t->fn(p, t);
}

void wamp_peer_step(struct wamp_peer *p, unsigned budget)
{
    p->now = p->env->clock();
    p->is_due = false;
    wamp_mailbox_run(p);
    run_timers(p);
    if (p->phase == PHASE_CONNECTING)
        advance(p);
    read_messages(p, budget);
    wamp_pool_serve(p);
    wamp_drain_step(p);
    wamp_peer_flush(p);
    wamp_chans_feed(p);
    wamp_peer_reading(p);
}

int64_t wamp_peer_deadline(const struct wamp_peer *p)
{
    int64_t at = wamp_timer_next(&p->timers);
    if (!p->link || (p->choked && !p->waits))
        return at;
    int64_t link_at = p->link->ops->deadline(p->link);
    return link_at < at ? link_at : at;
}

wamp_rc wamp_peer_health(struct wamp_peer *p)
{
    if (p->phase != PHASE_ENDED)
        return WAMP_OK;
    wamp_failure_copy(&p->error, &p->lost);
    return p->lost.e.rc ? p->lost.e.rc : WAMP_E_LOST;
}

/* --- public: asking ------------------------------------------------------------------------------------------ */

const char *wamp_version(void)
{
    return WAMP_VERSION;
}

bool wamp_is_joined(const wamp_peer *p)
{
    return p->phase == PHASE_JOINED;
}

uint64_t wamp_session_id(const wamp_peer *p)
{
    return wamp_peer_is_on(p) ? p->session.id : 0;
}

const char *wamp_name(const wamp_peer *p)
{
    return p->config.opt.name;
}

const char *wamp_realm(const wamp_peer *p)
{
    return p->config.opt.realm;
}

const wamp_val *wamp_welcome(const wamp_peer *p)
{
    return wamp_peer_is_on(p) ? p->session.welcome : NULL;
}

bool wamp_router_has(const wamp_peer *p, const char *role, const char *feature)
{
    const wamp_val *roles = wamp_key(wamp_welcome(p), "roles");
    return wamp_bool(wamp_key(wamp_key(wamp_key(roles, role), "features"), feature));
}

void wamp_set_user(wamp_peer *p, void *user)
{
    p->user = user;
}

void *wamp_user(const wamp_peer *p)
{
    return p->user;
}
