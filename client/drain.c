/* Retiring: a peer takes no new calls, finishes those it has, and goes. The program asks for it (wamp_drain), a
 * signal does (wamp_run), or a call (wamp_retire). No call fails: what still arrives is answered
 * wamp.error.unavailable, and the router gives it to another callee. spec: A-RRT-01 */
#include "client/callee.h"
#include "client/include/wamp/peer.h"
#include "client/peer.h"

/* --- the steps ----------------------------------------------------------------------------------------------- */

/* Takes back all procedures; events go on until the session ends. */
static void withdraw_all(struct wamp_peer *p)
{
    struct list *next;
    for (struct list *n = list_first(&p->offers.all); n; n = next) {
        struct offer *o = list_entry(n, struct offer, link);
        next = list_next(&p->offers.all, n);
        if (o->member.kind == WAMP_MEMBER_RPC)
            wamp_offer_withdraw(p, o, &p->drain.withdrawals);
    }
}

void wamp_drain_begin(struct wamp_peer *p)
{
    if (p->drain.on || p->phase != PHASE_JOINED)
        return;
    p->drain.on = p->retired = true;
    wamp_callee_drain(p);
    withdraw_all(p);
}

/* Running procedures, but for the wamp_retire that waits for them. */
static unsigned still_running(const struct wamp_peer *p)
{
    const struct invocation *asked = (const struct invocation *)p->drain.asked;
    return wamp_callee_running(p) - (asked && asked->active);
}

bool wamp_drain_is_over(const struct wamp_peer *p)
{
    return p->phase != PHASE_JOINED || (!p->drain.withdrawals.left && !still_running(p));
}

/* --- public: the program asks -------------------------------------------------------------------------------- */

static bool is_over(void *arg)
{
    return wamp_drain_is_over(arg);
}

static bool is_ended(void *arg)
{
    return ((struct wamp_peer *)arg)->phase == PHASE_ENDED;
}

static wamp_rc drain(struct wamp_peer *p, int ms)
{
    int64_t deadline = ms < 0 ? WAMP_NEVER : p->now + ms;
    wamp_drain_begin(p);
    wamp_rc rc = wamp_wait(p, is_over, p, deadline);
    if (p->phase != PHASE_JOINED)
        rc = WAMP_E_LOST;
    wamp_session_goodbye(p, "wamp.close.close_realm");
    wamp_wait(p, is_ended, p, WAMP_NEVER);
    return rc == WAMP_E_TIMEOUT ? wamp_failure_set(&p->error, rc, "some procedures did not finish in time") : rc;
}

wamp_rc wamp_drain(wamp_peer *p, int ms)
{
    wamp_rc rc = wamp_peer_enter(p);
    if (rc)
        return rc;
    if (p->phase != PHASE_JOINED || !wamp_may_wait())
        rc = wamp_failure_set(&p->error, WAMP_E_STATE, "not joined, or nested too deeply");
    else
        rc = drain(p, ms);
    wamp_peer_leave(p);
    return rc;
}

/* --- public: a call asks ------------------------------------------------------------------------------------- */

/* Over, or no longer waited for. Who asked is told how many are cut off; then the program goes. */
static void tell(struct wamp_peer *p)
{
    const wamp_hooks *hooks = &p->config.hooks;
    wamp_chan *asked = p->drain.asked;
    unsigned left = still_running(p);
    p->drain.asked = NULL;
    wamp_timer_stop(&p->drain.limit);
    wamp_reply(asked, "u", left);
    if (p->phase != PHASE_JOINED)
        return;  /* lost: on_lost has told */
    if (hooks->on_drained)
        hooks->on_drained(hooks->arg, p);
    else
        wamp_stop(p);
}

static void time_is_over(struct wamp_peer *p, struct timer *t)
{
    (void)t;
    tell(p);
}

void wamp_drain_step(struct wamp_peer *p)
{
    if (p->drain.asked && wamp_drain_is_over(p))
        tell(p);
}

wamp_rc wamp_retire(void *self, wamp_chan *ch)
{
    struct wamp_peer *p = ch->peer;
    (void)self;
    wamp_rc rc = wamp_hold(ch);
    if (rc)
        return rc;
    p->drain.asked = ch;
    if (p->config.opt.drain_ms >= 0)
        wamp_peer_timer(p, &p->drain.limit, p->config.opt.drain_ms, time_is_over);
    wamp_drain_begin(p);
    return WAMP_OK;
}
