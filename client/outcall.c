/* The caller's end of a channel: a call that sends chunks and receives progressive results. */
#include "client/call.h"
#include "client/channel.h"
#include "client/peer.h"
#include "common/mem.h"

struct outcall {
    struct wamp_chan chan;
    struct call call;
    struct list link;         /* peer.outcalls */
    struct wamp_arena arena;  /* holds what head points to */
    wamp_callopt opt;
    struct call_head head;
    bool begun, ended;
    wamp_rc rc;  /* how it ended */
    struct failure failure;
};

static struct outcall *outcall_of(struct wamp_chan *ch)
{
    return (struct outcall *)ch;
}

static struct outcall *outcall_of_call(struct call *c)
{
    return list_entry(c, struct outcall, call);
}

/* --- what comes back ----------------------------------------------------------------------------------------- */

static void finish(struct outcall *o, wamp_rc rc)
{
    o->ended = true;
    o->rc = rc;
    o->chan.paused = false;
}

/* The program hears of it once, at the end: the channel may be gone after that. */
static void overflow(struct wamp_chan *ch)
{
    struct outcall *o = outcall_of(ch);
    wamp_on_chan on_ready = ch->on_ready;
    if (o->ended)
        return;
    ch->on_ready = NULL;
    wamp_call_cancel(ch->peer, &o->call, WAMP_KILLNOWAIT);
    wamp_request_close(ch->peer, &o->call.request);
    wamp_chan_drain(ch);
    finish(o, wamp_failure_set(&o->failure, WAMP_E_CANCELED, "receiver too slow"));
    ch->on_ready = on_ready;
    wamp_chan_ready(ch);
}

static void on_progress(struct wamp_peer *p, struct call *c, struct parts *value, size_t octets)
{
    struct outcall *o = outcall_of_call(c);
    if (c->canceling)
        return;
    if (!wamp_chan_push(&o->chan, value, octets, false))
        wamp_request_end(p, &c->request, WAMP_E_NOMEM);
    else if (wamp_chan_is_flooded(&o->chan))
        overflow(&o->chan);
    else
        wamp_chan_ready(&o->chan);
}

static void on_end(struct wamp_peer *p, struct call *c, wamp_rc rc, struct parts *result, struct failure *failure)
{
    struct outcall *o = outcall_of_call(c);
    (void)p;
    finish(o, rc);
    if (failure)
        wamp_failure_copy(&o->failure, failure);
    else if (!wamp_chan_push(&o->chan, result, 0, true))
        o->rc = wamp_failure_set(&o->failure, WAMP_E_NOMEM, "out of memory for the result");
    wamp_chan_ready(&o->chan);
}

static void on_flow(struct wamp_peer *p, struct call *c, bool stop)
{
    (void)p;
    wamp_chan_flow(&outcall_of_call(c)->chan, stop);
}

static const struct call_sink sink = {.progress = on_progress, .end = on_end, .flow = on_flow};

/* --- the channel's side -------------------------------------------------------------------------------------- */

static wamp_rc writable(struct wamp_chan *ch)
{
    struct outcall *o = outcall_of(ch);
    struct failure *error = &ch->peer->error;
    if (!o->begun)
        return WAMP_OK;
    if (o->ended && o->rc < 0) {
        wamp_failure_copy(error, &o->failure);
        return o->rc;
    }
    if (o->call.canceling)
        return wamp_failure_set(error, WAMP_E_CANCELED, "canceled");
    return o->call.open ? WAMP_OK
                        : wamp_failure_set(error, WAMP_E_STATE, "the last chunk was sent, or the call has ended");
}

static wamp_rc send_chunk(struct wamp_chan *ch, bool more, const char *fmt, wamp_argv argv)
{
    struct outcall *o = outcall_of(ch);
    o->head.more = more;
    if (o->begun)
        return wamp_call_chunk(ch->peer, &o->call, &o->head, fmt, argv);
    wamp_rc rc = wamp_call_begin(ch->peer, &o->call, &o->head, fmt, argv);
    o->begun = !rc;
    return rc;
}

static bool readable(struct wamp_chan *ch)
{
    return !list_is_empty(&ch->queue) || outcall_of(ch)->ended || !outcall_of(ch)->begun;
}

static wamp_rc take(struct wamp_chan *ch, struct parts *out)
{
    struct outcall *o = outcall_of(ch);
    wamp_rc rc = wamp_chan_take(ch, out);
    if (rc != WAMP_E_AGAIN)
        return rc;
    if (!o->begun || ch->last_taken)
        return wamp_failure_set(&ch->peer->error, WAMP_E_STATE,
                                o->begun ? "the call has ended" : "nothing was sent yet");
    if (!o->ended)
        return WAMP_E_AGAIN;
    wamp_failure_copy(&ch->peer->error, &o->failure);
    return o->rc;
}

static bool is_open(const struct wamp_chan *ch)
{
    const struct outcall *o = (const struct outcall *)ch;
    return o->begun && !o->ended;
}

static const struct chan_ops ops = {
    .send = send_chunk,
    .writable = writable,
    .take = take,
    .readable = readable,
    .overflow = overflow,
    .is_open = is_open,
};

/* --- life ---------------------------------------------------------------------------------------------------- */

/* A copy of the text in the channel's own memory; NULL stays NULL. */
static bool own(struct outcall *o, const char **text)
{
    if (!*text)
        return true;
    *text = wamp_arena_copy(&o->arena, str_z(*text)).ptr;
    return *text != NULL;
}

static void outcall_free(struct outcall *o)
{
    list_remove(&o->link);
    wamp_chan_drain(&o->chan);
    wamp_drop((wamp_val **)&o->opt.options);
    wamp_failure_clear(&o->failure);
    wamp_arena_fini(&o->arena);
    wamp_free(o);
}

static struct outcall *outcall_new(struct wamp_peer *p, const char *uri, const wamp_callopt *opt)
{
    struct outcall *o = wamp_zalloc(sizeof *o);
    if (!o)
        return NULL;
    wamp_chan_init(&o->chan, &ops, p);
    wamp_failure_clear(&o->failure);
    list_add_tail(&p->outcalls, &o->link);
    o->call.sink = &sink;
    if (opt)
        o->opt = *opt;
    o->opt.options = wamp_keep(o->opt.options);
    o->head = (struct call_head){.uri = uri ? uri : "", .opt = &o->opt, .progress = true};
    if (own(o, &o->head.uri) && own(o, &o->opt.ppt_scheme) && own(o, &o->opt.ppt_serializer) &&
        own(o, &o->opt.ppt_cipher) && own(o, &o->opt.ppt_keyid))
        return o;
    outcall_free(o);
    return NULL;
}

wamp_chan *wamp_channel(wamp_peer *p, const char *uri, const wamp_callopt *opt)
{
    if (wamp_peer_enter(p))
        return NULL;
    struct outcall *o = outcall_new(p, uri, opt);
    if (!o)
        wamp_failure_set(&p->error, WAMP_E_NOMEM, "out of memory");
    wamp_peer_leave(p);
    return o ? &o->chan : NULL;
}

static bool is_outcall(const wamp_chan *ch)
{
    return ch->ops == &ops;
}

wamp_rc wamp_cancel(wamp_chan *ch, wamp_mode mode)
{
    struct wamp_peer *p = ch->peer;
    wamp_rc rc = wamp_peer_enter(p);
    if (rc)
        return rc;
    if (!is_outcall(ch) || !is_open(ch))
        rc = wamp_failure_set(&p->error, WAMP_E_STATE, "the call has ended, or is not this side's");
    else
        rc = wamp_call_cancel(p, &outcall_of(ch)->call, mode);
    wamp_peer_flush(p);
    wamp_peer_leave(p);
    return rc;
}

void wamp_release(wamp_chan **ch)
{
    wamp_chan *gone = *ch;
    *ch = NULL;
    if (!gone || !is_outcall(gone))
        return;
    struct wamp_peer *p = gone->peer;
    struct outcall *o = outcall_of(gone);
    if (wamp_peer_enter(p))
        return;
    gone->on_ready = NULL;
    if (is_open(gone) && !o->call.canceling)
        wamp_call_cancel(p, &o->call, WAMP_KILLNOWAIT);
    wamp_request_close(p, &o->call.request);
    outcall_free(o);
    wamp_peer_flush(p);
    wamp_peer_leave(p);
}

void wamp_outcalls_fini(struct wamp_peer *p)
{
    for (struct list *n; (n = list_first(&p->outcalls));)
        outcall_free(list_entry(n, struct outcall, link));
}
