/* Driving a peer from outside: one step at a time, for a while, until a signal; and the program's own timers. */
#include "client/include/wamp/loop.h"

#include "client/peer.h"
#include "common/mem.h"

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

/* --- a foreign loop ------------------------------------------------------------------------------------------ */

int wamp_fd(const wamp_peer *p)
{
    return p->mailbox.epoll_fd;
}

short wamp_events(const wamp_peer *p)
{
    (void)p;
    return POLLIN;
}

int wamp_next_deadline(const wamp_peer *p)
{
    int64_t at = wamp_peer_deadline(p);
    if (at == WAMP_NEVER)
        return -1;
    int64_t left = at - p->env->clock();
    return left <= 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

wamp_rc wamp_step(wamp_peer *p)
{
    wamp_rc rc = wamp_peer_enter(p);
    if (rc)
        return rc;
    wamp_peer_step(p, WAMP_STEP_BUDGET);
    rc = wamp_peer_health(p);
    wamp_peer_leave(p);
    return rc;
}

/* --- blocking ------------------------------------------------------------------------------------------------ */

struct run {
    struct wamp_peer *p;
    int signal_fd;  /* -1: none */
    bool signaled;
};

static bool is_signaled(struct run *r)
{
    struct signalfd_siginfo info;
    if (r->signal_fd >= 0 && !r->signaled)
        r->signaled = read(r->signal_fd, &info, sizeof info) == sizeof info;
    return r->signaled;
}

static bool is_over(void *arg)
{
    struct run *r = arg;
    return is_signaled(r) || atomic_load(&r->p->mailbox.stop) || r->p->phase == PHASE_ENDED || r->p->closing;
}

static bool is_drained(void *arg)
{
    struct run *r = arg;
    return is_signaled(r) || wamp_thread_is_drained() || r->p->closing;
}

/* What the thread has takes no new calls and finishes the others. The next signal, or the time, ends that, too. */
static void drain(struct run *r)
{
    struct wamp_peer *p = r->p;
    int ms = p->config.opt.drain_ms;
    r->signaled = false;
    wamp_thread_drain();
    wamp_wait(p, is_drained, r, ms < 0 ? WAMP_NEVER : p->now + ms);
}

static wamp_rc serve(struct run *r, int ms)
{
    struct wamp_peer *p = r->p;
    wamp_rc rc = wamp_peer_enter(p);
    if (rc)
        return rc;
    rc = wamp_peer_may_wait(p);
    if (!rc)
        wamp_wait(p, is_over, r, ms < 0 ? WAMP_NEVER : p->now + ms);
    if (r->signaled)
        drain(r);
    if (!rc && !p->closing)
        rc = wamp_peer_health(p);
    atomic_store(&p->mailbox.stop, false);  /* one wamp_stop ends one run */
    wamp_peer_leave(p);
    return rc;
}

wamp_rc wamp_serve(wamp_peer *p, int ms)
{
    struct run r = {.p = p, .signal_fd = -1};
    return serve(&r, ms);
}

wamp_rc wamp_run(wamp_peer *p)
{
    struct run r = {.p = p};
    struct epoll_event ev = {.events = EPOLLIN};
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    r.signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (r.signal_fd >= 0)
        epoll_ctl(p->mailbox.epoll_fd, EPOLL_CTL_ADD, r.signal_fd, &ev);
    wamp_rc rc = serve(&r, -1);
    if (r.signal_fd >= 0)
        close(r.signal_fd);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

/* --- a thread of its own ------------------------------------------------------------------------------------- */

static void *drive(void *arg)
{
    struct wamp_peer *p = arg;
    pthread_mutex_lock(&p->mailbox.lock);
    wamp_thread_adopt(p);
    p->has_thread = true;
    pthread_cond_broadcast(&p->mailbox.changed);
    pthread_mutex_unlock(&p->mailbox.lock);
    p->pins++;  /* it may be closed from within */
    wamp_serve(p, -1);
    p->pins--;
    wamp_thread_disown(p);
    if (p->closing) {
        pthread_detach(pthread_self());
        wamp_peer_free(p);
    }
    return NULL;
}

wamp_rc wamp_start(wamp_peer *p)
{
    sigset_t all, before;
    wamp_rc rc = wamp_peer_enter(p);
    if (rc)
        return rc;
    p->pins--;
    if (p->pins || p->has_thread)
        return wamp_failure_set(&p->error, WAMP_E_STATE, "busy, or started already");
    wamp_thread_disown(p);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = pthread_create(&p->thread, NULL, drive, p);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (err) {
        wamp_thread_adopt(p);
        return wamp_failure_set(&p->error, WAMP_E_NOMEM, "no thread can be made");
    }
    pthread_mutex_lock(&p->mailbox.lock);
    while (!p->has_thread)
        pthread_cond_wait(&p->mailbox.changed, &p->mailbox.lock);
    pthread_mutex_unlock(&p->mailbox.lock);
    return WAMP_OK;
}

/* --- timers -------------------------------------------------------------------------------------------------- */

static void after_free(struct wamp_peer *p, struct after *a)
{
    wamp_timer_stop(&a->timer);
    HASH_DEL(p->afters, a);
    wamp_free(a);
}

static void after_due(struct wamp_peer *p, struct timer *t)
{
    struct after *a = list_entry(&t->link, struct after, timer.link);
    wamp_fn fn = a->fn;
    void *arg = a->arg;
    after_free(p, a);
    fn(arg, p);
}

static struct after *after_new(struct wamp_peer *p, wamp_fn fn, void *arg)
{
    struct after *a = wamp_zalloc(sizeof *a);
    if (!a)
        return NULL;
    a->id = ++p->last_after;
    a->fn = fn;
    a->arg = arg;
    HASH_ADD(hh, p->afters, id, sizeof a->id, a);
    if (wamp_map_added(a))
        return a;
    wamp_free(a);
    return NULL;
}

wamp_rc wamp_after(wamp_peer *p, int ms, wamp_fn fn, void *arg, uint64_t *id)
{
    wamp_rc rc = wamp_peer_enter(p);
    if (rc)
        return rc;
    struct after *a = after_new(p, fn, arg);
    if (a)
        wamp_peer_timer(p, &a->timer, ms < 0 ? 0 : ms, after_due);
    else
        rc = wamp_failure_set(&p->error, WAMP_E_NOMEM, "out of memory");
    if (a && id)
        *id = a->id;
    wamp_peer_leave(p);
    return rc;
}

wamp_rc wamp_forget(wamp_peer *p, uint64_t id)
{
    struct after *a = NULL;
    wamp_rc rc = wamp_peer_enter(p);
    if (rc)
        return rc;
    HASH_FIND(hh, p->afters, &id, sizeof id, a);
    if (a)
        after_free(p, a);
    else
        rc = wamp_failure_set(&p->error, WAMP_E_STATE, "no such timer");
    wamp_peer_leave(p);
    return rc;
}

void wamp_afters_fini(struct wamp_peer *p)
{
    while (p->afters)
        after_free(p, p->afters);
}
