/* Queues of streamed values, and the public functions that serve either end. */
#include "client/channel.h"

#include "client/peer.h"
#include "common/mem.h"

/* --- the queue ----------------------------------------------------------------------------------------------- */

void wamp_chan_init(struct wamp_chan *ch, const struct chan_ops *ops, struct wamp_peer *p)
{
    *ch = (struct wamp_chan){.ops = ops, .peer = p};
    list_init(&ch->queue);
}

static void lock(struct wamp_chan *ch)
{
    if (ch->by_worker)
        pthread_mutex_lock(&ch->peer->mailbox.lock);
}

static void unlock(struct wamp_chan *ch)
{
    if (ch->by_worker)
        pthread_mutex_unlock(&ch->peer->mailbox.lock);
}

static bool holds(const struct wamp_chan *ch, unsigned share)
{
    return ch->values >= CHANNEL_VALUES_MAX * share || ch->octets >= (size_t)CHANNEL_OCTETS_MAX * share;
}

static void stalled(struct wamp_peer *p, struct timer *t)
{
    struct wamp_chan *ch = list_entry(&t->link, struct wamp_chan, stall.link);
    (void)p;
    ch->ops->overflow(ch);
}

/* A full queue holds back the reading of the whole peer, for a while. spec: S-40 */
static void set_full(struct wamp_chan *ch, bool full)
{
    struct wamp_peer *p = ch->peer;
    if (full)
        wamp_peer_timer(p, &ch->stall, CHANNEL_STALL_MS, stalled);
    else
        wamp_timer_stop(&ch->stall);
    if (ch->full == full)
        return;
    ch->full = full;
    p->choked += full ? 1 : (unsigned)-1;
    wamp_peer_reading(p);
}

bool wamp_chan_is_half(const struct wamp_chan *ch)
{
    return ch->values <= CHANNEL_VALUES_MAX / 2 && ch->octets <= CHANNEL_OCTETS_MAX / 2;
}

void wamp_chan_relieve(struct wamp_chan *ch)
{
    lock(ch);
    bool half = wamp_chan_is_half(ch);
    unlock(ch);
    if (ch->full)
        set_full(ch, !half);
}

bool wamp_chan_push(struct wamp_chan *ch, struct parts *value, size_t octets, bool last)
{
    struct chunk *c = wamp_alloc(sizeof *c);
    if (!c) {
        wamp_parts_clear(value);
        return false;
    }
    *c = (struct chunk){.parts = *value, .octets = octets, .last = last};
    *value = (struct parts){0};
    lock(ch);
    list_add_tail(&ch->queue, &c->link);
    ch->values++;
    ch->octets += octets;
    bool full = holds(ch, 1);
    if (ch->by_worker)
        pthread_cond_broadcast(&ch->peer->mailbox.changed);
    unlock(ch);
    if (full && !last)
        set_full(ch, true);
    return true;
}

bool wamp_chan_is_flooded(struct wamp_chan *ch)
{
    lock(ch);
    bool flooded = holds(ch, CHANNEL_OVERFLOW);
    unlock(ch);
    return flooded;
}

wamp_rc wamp_chan_take(struct wamp_chan *ch, struct parts *out)
{
    struct list *first = list_first(&ch->queue);
    if (!first)
        return WAMP_E_AGAIN;
    struct chunk *c = list_entry(first, struct chunk, link);
    list_remove(&c->link);
    ch->values--;
    ch->octets -= c->octets;
    *out = c->parts;
    ch->last_taken = c->last;
    bool last = c->last;
    wamp_free(c);
    return last ? WAMP_OK : WAMP_MORE;
}

void wamp_chan_drain(struct wamp_chan *ch)
{
    struct parts value;
    lock(ch);
    while (wamp_chan_take(ch, &value) != WAMP_E_AGAIN)
        wamp_parts_clear(&value);
    unlock(ch);
    set_full(ch, false);
    list_remove(&ch->hungry);
}

void wamp_chan_ready(struct wamp_chan *ch)
{
    if (ch->on_ready)
        ch->on_ready(ch->ready_arg, ch);
}

void wamp_chan_flow(struct wamp_chan *ch, bool stop)
{
    ch->paused = stop;
    if (!stop)
        wamp_chan_ready(ch);
}

/* --- public: sending ----------------------------------------------------------------------------------------- */

/* The connection is not behind. */
static bool has_link_room(const struct wamp_peer *p)
{
    return !p->link || p->link->ops->queued(p->link) < (size_t)p->config.opt.max_queue;
}

bool wamp_chan_has_room(const struct wamp_chan *ch)
{
    return !ch->paused && has_link_room(ch->peer);
}

void wamp_chans_feed(struct wamp_peer *p)
{
    for (struct list *n; has_link_room(p) && (n = list_first(&p->hungry));) {
        list_remove(n);
        wamp_chan_ready(list_entry(n, struct wamp_chan, hungry));
    }
}

static bool may_send(void *arg)
{
    struct wamp_chan *ch = arg;
    return ch->ops->writable(ch) != WAMP_OK || wamp_chan_has_room(ch);
}

/* A pause ends with a message; a queue that is full ends unseen, so the channel is remembered. */
static wamp_rc come_again(struct wamp_chan *ch)
{
    if (!ch->paused && !list_is_linked(&ch->hungry))
        list_add_tail(&ch->peer->hungry, &ch->hungry);
    return wamp_failure_set(&ch->peer->error, WAMP_E_AGAIN, "the receiver or the connection is slow");
}

static wamp_rc wait_for_room(struct wamp_chan *ch)
{
    wamp_rc rc = ch->ops->writable(ch);
    if (rc || wamp_chan_has_room(ch))
        return rc;
    if (ch->peer->config.opt.nonblocking)
        return come_again(ch);
    rc = wamp_peer_may_wait(ch->peer);
    if (rc)
        return rc;
    wamp_wait(ch->peer, may_send, ch, WAMP_NEVER);
    return ch->ops->writable(ch);
}

wamp_rc wamp_send_v(wamp_chan *ch, int more, const char *fmt, wamp_argv args)
{
    struct wamp_peer *p = ch->peer;
    if (wamp_is_worker(ch))
        return ch->ops->send(ch, more == WAMP_MORE, fmt, args);
    wamp_rc rc = wamp_peer_enter(p);
    if (rc)
        return rc;
    rc = wait_for_room(ch);
    if (!rc)
        rc = ch->ops->send(ch, more == WAMP_MORE, fmt, args);
    wamp_peer_flush(p);
    wamp_peer_leave(p);
    return rc;
}

/* --- public: receiving --------------------------------------------------------------------------------------- */

static bool may_receive(void *arg)
{
    struct wamp_chan *ch = arg;
    return ch->ops->readable(ch);
}

/* The next value or the end of the stream, waiting for it. */
static wamp_rc receive(struct wamp_chan *ch, struct parts *out, int timeout_ms)
{
    struct wamp_peer *p = ch->peer;
    wamp_rc rc = ch->ops->take(ch, out);
    if (rc == WAMP_E_AGAIN && timeout_ms != 0) {
        rc = wamp_peer_may_wait(p);
        if (rc)
            return rc;
        wamp_wait(p, may_receive, ch, timeout_ms < 0 ? WAMP_NEVER : p->now + timeout_ms);
        rc = ch->ops->take(ch, out);
    }
    return rc == WAMP_E_AGAIN ? wamp_failure_set(&p->error, WAMP_E_TIMEOUT, "no value in time") : rc;
}

static wamp_rc receive_on_own_thread(struct wamp_chan *ch, struct parts *out, int timeout_ms)
{
    struct wamp_peer *p = ch->peer;
    wamp_rc rc = wamp_peer_enter(p);
    if (rc)
        return rc;
    rc = receive(ch, out, timeout_ms);
    if (rc >= 0)
        wamp_chan_relieve(ch);
    wamp_peer_leave(p);
    return rc;
}

static wamp_rc receive_parts(struct wamp_chan *ch, wamp_val **args, wamp_val **kwargs, wamp_val **details,
                             wamp_val **first, int timeout_ms)
{
    struct parts value;
    wamp_val **const outs[] = {args, kwargs, details, first};
    for (size_t i = 0; i < sizeof outs / sizeof *outs; i++)
        if (outs[i])
            *outs[i] = NULL;
    wamp_rc rc = wamp_is_worker(ch) ? wamp_worker_recv(ch, &value, timeout_ms)
                                    : receive_on_own_thread(ch, &value, timeout_ms);
    if (rc < 0)
        return rc;
    wamp_val_give(args, value.args);
    wamp_val_give(kwargs, value.kwargs);
    wamp_val_give(details, value.details);
    wamp_val_give(first, wamp_at(value.args, 0));
    wamp_parts_clear(&value);
    return rc;
}

wamp_rc wamp_recv(wamp_chan *ch, wamp_val **out, int timeout_ms)
{
    return receive_parts(ch, NULL, NULL, NULL, out, timeout_ms);
}

wamp_rc wamp_recvx(wamp_chan *ch, wamp_val **args, wamp_val **kwargs, wamp_val **details, int timeout_ms)
{
    return receive_parts(ch, args, kwargs, details, NULL, timeout_ms);
}

/* --- public: the rest ---------------------------------------------------------------------------------------- */

void wamp_on_ready(wamp_chan *ch, wamp_on_chan fn, void *arg)
{
    ch->on_ready = fn;
    ch->ready_arg = arg;
}

wamp_peer *wamp_chan_peer(const wamp_chan *ch)
{
    return ch->peer;
}

bool wamp_is_open(const wamp_chan *ch)
{
    return ch->ops->is_open(ch);
}

void wamp_chan_set_user(wamp_chan *ch, void *user)
{
    ch->user = user;
}

void *wamp_chan_user(const wamp_chan *ch)
{
    return ch->user;
}
