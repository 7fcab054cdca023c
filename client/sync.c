/* Blocking operations, built on nothing but steps: a thread that waits drives all the peers it owns.
 *
 * The thread's list of peers, and how its last wamp_open failed, are the only state of the library outside of
 * peers. */
#include "client/peer.h"
#include "common/mem.h"

#include <poll.h>
#include <stdio.h>

enum {
    WAITS_MAX = 64,  /* nested: a handler that waits runs handlers that wait */
    PEERS_ON_STACK = 16,
};

static _Thread_local struct {
    struct list peers;
    unsigned count, waits;
    struct {
        wamp_error e;
        char uri[128], message[256], text[400];
    } open;  /* the last wamp_open */
} thread;

/* --- the thread's peers -------------------------------------------------------------------------------------- */

void wamp_thread_adopt(struct wamp_peer *p)
{
    p->owner = pthread_self();
    list_add_tail(&thread.peers, &p->by_thread);
    thread.count++;
}

void wamp_thread_disown(struct wamp_peer *p)
{
    if (!list_is_linked(&p->by_thread))
        return;
    list_remove(&p->by_thread);
    thread.count--;
}

static struct wamp_peer *peer_of(struct list *n)
{
    return n ? list_entry(n, struct wamp_peer, by_thread) : NULL;
}

/* A peer that is pinned cannot go; so the next one is looked up before the last is let go. */
static struct wamp_peer *next_pinned(struct wamp_peer *last)
{
    struct wamp_peer *next =
        peer_of(last ? list_next(&thread.peers, &last->by_thread) : list_first(&thread.peers));
    if (next)
        next->pins++;
    if (last)
        wamp_peer_leave(last);
    return next;
}

static void step_due(int64_t now)
{
    for (struct wamp_peer *p = NULL; (p = next_pinned(p));)
        if (p->is_due || wamp_peer_deadline(p) <= now)
            wamp_peer_step(p, WAMP_STEP_BUDGET);
}

void wamp_thread_drain(void)
{
    for (struct wamp_peer *p = NULL; (p = next_pinned(p));)
        wamp_drain_begin(p);
}

bool wamp_thread_is_drained(void)
{
    for (struct list *n = list_first(&thread.peers); n; n = list_next(&thread.peers, n))
        if (!wamp_drain_is_over(peer_of(n)))
            return false;
    return true;
}

static void flush_all(void)
{
    for (struct list *n = list_first(&thread.peers); n; n = list_next(&thread.peers, n))
        wamp_peer_flush(peer_of(n));
}

/* --- waiting ------------------------------------------------------------------------------------------------- */

static int64_t next_deadline(int64_t at)
{
    for (struct list *n = list_first(&thread.peers); n; n = list_next(&thread.peers, n)) {
        int64_t peer_at = wamp_peer_deadline(peer_of(n));
        if (peer_at < at)
            at = peer_at;
    }
    return at;
}

static int timeout_until(int64_t at, int64_t now)
{
    if (at == WAMP_NEVER)
        return -1;
    return at <= now ? 0 : at - now > INT32_MAX ? INT32_MAX : (int)(at - now);
}

/* Waits for any of the thread's peers. Those beyond `max`, where memory is short, are looked at every 10 ms. */
static void poll_peers(struct pollfd *fds, unsigned max, int timeout)
{
    unsigned count = 0;
    if (thread.count > max && (timeout < 0 || timeout > 10))
        timeout = 10;
    for (struct list *n = list_first(&thread.peers); n && count < max; n = list_next(&thread.peers, n))
        fds[count++] = (struct pollfd){.fd = peer_of(n)->mailbox.epoll_fd, .events = POLLIN};
    if (poll(fds, count, timeout) < 0)
        count = 0;  /* a signal: look again */
    unsigned i = 0;
    for (struct list *n = list_first(&thread.peers); n; n = list_next(&thread.peers, n), i++)
        peer_of(n)->is_due |= i >= max || (i < count && fds[i].revents);
}

static void wait_for_input(int64_t deadline, int64_t now)
{
    struct pollfd on_stack[PEERS_ON_STACK], *fds = on_stack;
    unsigned max = PEERS_ON_STACK;
    int timeout = timeout_until(next_deadline(deadline), now);
    if (thread.count > max) {
        fds = wamp_alloc(thread.count * sizeof *fds);
        max = fds ? thread.count : PEERS_ON_STACK;
    }
    poll_peers(fds ? fds : on_stack, max, timeout);
    if (fds != on_stack)
        wamp_free(fds);
}

bool wamp_may_wait(void)
{
    return thread.waits < WAITS_MAX;
}

wamp_rc wamp_peer_may_wait(struct wamp_peer *p)
{
    return wamp_may_wait() ? WAMP_OK
                           : wamp_failure_set(&p->error, WAMP_E_STATE, "blocking calls are nested too deeply");
}

wamp_rc wamp_wait(struct wamp_peer *p, bool (*done)(void *arg), void *arg, int64_t deadline)
{
    wamp_rc rc = WAMP_OK;
    thread.waits++;
    p->waits++;
    if (p->choked)
        wamp_peer_reading(p);
    while (!done(arg)) {
        int64_t now = p->env->clock();
        if (now >= deadline) {
            rc = WAMP_E_TIMEOUT;
            break;
        }
        flush_all();
        wait_for_input(deadline, now);
        step_due(p->env->clock());
    }
    p->waits--;
    thread.waits--;
    p->now = p->env->clock();
    if (p->choked)
        wamp_peer_reading(p);
    return rc;
}

/* --- being joined -------------------------------------------------------------------------------------------- */

static bool is_settled(void *arg)
{
    struct wamp_peer *p = arg;
    return p->phase == PHASE_JOINED || p->phase == PHASE_ENDED;
}

static bool is_ended(void *arg)
{
    return ((struct wamp_peer *)arg)->phase == PHASE_ENDED;
}

wamp_rc wamp_peer_ready_now(struct wamp_peer *p)
{
    if (wamp_peer_is_on(p))
        return WAMP_OK;
    wamp_request_failure(p, WAMP_E_LOST, NULL, &p->error);
    return WAMP_E_LOST;
}

wamp_rc wamp_peer_ready(struct wamp_peer *p)
{
    wamp_rc rc = wamp_peer_may_wait(p);
    if (rc)
        return rc;
    if (!wamp_peer_is_on(p) && p->config.opt.connect_wait_ms && p->phase != PHASE_LEAVING)
        wamp_wait(p, is_settled, p, p->now + p->config.opt.connect_wait_ms);
    return wamp_peer_ready_now(p);
}

wamp_rc wamp_wait_joined(wamp_peer *p, int ms)
{
    wamp_rc rc = wamp_peer_enter(p);
    if (rc)
        return rc;
    rc = wamp_peer_may_wait(p);
    if (!rc)
        rc = wamp_wait(p, is_settled, p, ms < 0 ? WAMP_NEVER : p->now + ms);
    if (!rc)
        rc = wamp_peer_health(p);
    wamp_peer_leave(p);
    return rc;
}

/* --- public: opening ----------------------------------------------------------------------------------------- */

/* Keeps what wamp_open_error and wamp_err(NULL) tell. */
static wamp_peer *opened(wamp_peer *p, const struct failure *failure)
{
    const wamp_error *e = &failure->e;
    thread.open.e = (wamp_error){.rc = p ? WAMP_OK : e->rc,
                                 .origin = "undisclosed",
                                 .traceback = "",
                                 .args = &wamp_empty_list,
                                 .kwargs = &wamp_empty_dict,
                                 .details = &wamp_empty_dict};
    snprintf(thread.open.message, sizeof thread.open.message, "%s", p ? "" : e->message);
    snprintf(thread.open.uri, sizeof thread.open.uri, "%s", !p && e->uri ? e->uri : "");
    snprintf(thread.open.text, sizeof thread.open.text, "%s%s%s", thread.open.uri, *thread.open.uri ? ": " : "",
             thread.open.message);
    thread.open.e.message = thread.open.message;
    thread.open.e.uri = *thread.open.uri ? thread.open.uri : NULL;
    return p;
}

/* Keys of hash tables come from the router, too: it shall not choose collisions. */
static void seed_maps(void)
{
    uint8_t key[16];
    wamp_real_env.random(key, sizeof key);
    wamp_map_seed(key);
}

/* Not yet connecting; NULL with the reason kept. */
static wamp_peer *make(const wamp_opt *opt)
{
    static pthread_once_t seeded = PTHREAD_ONCE_INIT;
    struct failure failure = {0};
    wamp_failure_clear(&failure);
    pthread_once(&seeded, seed_maps);
    wamp_peer *p = wamp_peer_new(opt, &wamp_real_env, &failure);
    if (p)
        wamp_thread_adopt(p);
    opened(p, &failure);
    wamp_failure_clear(&failure);
    return p;
}

static void begin(wamp_peer *p)
{
    p->retry_until = p->now + p->config.opt.connect_wait_ms;
    wamp_peer_connect(p);
}

wamp_peer *wamp_open(const wamp_opt *opt)
{
    struct failure failure = {0};
    if (!wamp_may_wait()) {
        wamp_failure_set(&failure, WAMP_E_STATE, "blocking calls are nested too deeply");
        return opened(NULL, &failure);
    }
    wamp_peer *p = make(opt);
    if (!p)
        return NULL;
    p->pins++;
    p->quiet = true;
    begin(p);
    wamp_wait(p, is_settled, p, WAMP_NEVER);
    p->quiet = false;
    if (p->phase == PHASE_JOINED) {
        wamp_peer_leave(p);
        return p;
    }
    opened(NULL, &p->lost);
    p->closing = true;
    wamp_peer_leave(p);
    return NULL;
}

wamp_peer *wamp_open_async(const wamp_opt *opt)
{
    wamp_peer *p = make(opt);
    if (!p)
        return NULL;
    p->pins++;
    begin(p);
    wamp_peer_leave(p);
    return p;
}

const char *wamp_open_error(void)
{
    return thread.open.text;
}

wamp_rc wamp_open_rc(void)
{
    return thread.open.e.rc;
}

const wamp_error *wamp_err(const wamp_peer *p)
{
    if (p)
        return &p->error.e;
    if (!thread.open.e.message)
        opened(NULL, &(struct failure){.e = {.message = ""}});
    return &thread.open.e;
}

/* --- public: closing ----------------------------------------------------------------------------------------- */

/* Ends what is pending, then leaves the realm and waits for the router's word. */
static void leave(wamp_peer *p)
{
    wamp_failure_set(&p->lost, WAMP_E_LOST, "the peer was closed");
    wamp_requests_lost(p);
    wamp_callee_lost(p);
    wamp_session_goodbye(p, "wamp.close.close_realm");
    if (p->phase == PHASE_LEAVING && wamp_may_wait())
        wamp_wait(p, is_ended, p, WAMP_NEVER);
}

void wamp_close(wamp_peer *p)
{
    if (!p)
        return;
    if (p->has_thread && !pthread_equal(p->owner, pthread_self())) {
        wamp_stop(p);
        pthread_join(p->thread, NULL);
        wamp_thread_adopt(p);
    }
    if (wamp_peer_enter(p))
        return;
    p->closing = true;
    if (p->pins > 1)
        wamp_peer_abandon(p);
    else
        leave(p);
    wamp_peer_leave(p);
}
