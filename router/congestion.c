#include "router/congestion.h"

#include "common/log.h"
#include "common/mem.h"

#include <inttypes.h>

/* Of a receiver that holds senders, or held some in vain. Ends when it is relieved. */
struct congestion {
    struct conn *receiver;
    struct list holds;    /* hold.by_receiver */
    unsigned streams;     /* of them, those that stopped one stream */
    bool in_vain;         /* HOLD_MS were not enough: nobody is kept from being heard any more */
    struct wait relief;
    struct wait stall;
};

/* One sender held by one receiver. */
struct hold {
    struct list by_receiver;  /* congestion.holds */
    struct list by_sender;    /* conn.holds */
    struct congestion *by;
    struct conn *sender;
    enum wamp_type stream;    /* WAMP_INVOCATION: its YIELDs, WAMP_CALL: its CALLs; 0: nothing is read from it */
    uint64_t request;
};

/* --- FLOW ----------------------------------------------------------------------------------------------- */

/* [FLOW, REQUEST.Type, REQUEST.Request, {"stop": stop}]   spec: common/msg.def */
static void send_flow(struct conn *sender, enum wamp_type stream, uint64_t request, bool stop)
{
    struct wamp_buf *buf = &sender->hub->scratch;
    struct wamp_wr w = wamp_head_begin(buf, sender->ser, WAMP_FLOW, 4, 0);
    wamp_wr_uint(&w, (uint64_t)stream);
    wamp_wr_uint(&w, request);
    wamp_wr_map(&w, 1);
    wamp_wr_key(&w, STR("stop"));
    wamp_wr_bool(&w, stop);
    wamp_wr_map_end(&w);
    struct wamp_frame frame = wamp_head_end(&w, WAMP_FLOW, 0, STR(""));
    if (!buf->failed)
        conn_send(sender, &frame);
}

/* --- holds ---------------------------------------------------------------------------------------------- */

static struct congestion *congestion_of(struct conn *receiver)
{
    struct congestion *g = receiver->congestion;
    if (!g && (g = wamp_zalloc(sizeof *g))) {
        g->receiver = receiver;
        receiver->congestion = g;
    }
    return g;
}

static struct hold *find_stream(struct conn *sender, enum wamp_type stream, uint64_t request)
{
    for (struct list *n = list_first(&sender->holds); n; n = list_next(&sender->holds, n)) {
        struct hold *h = list_entry(n, struct hold, by_sender);
        if (h->stream == stream && h->request == request)
            return h;
    }
    return NULL;
}

static struct hold *hold_new(struct conn *sender, struct congestion *g, enum wamp_type stream, uint64_t request)
{
    struct hold *h = wamp_zalloc(sizeof *h);
    if (!h)
        return NULL;  /* then the bounds of the queue decide */
    h->by = g;
    h->sender = sender;
    h->stream = stream;
    h->request = request;
    list_add_tail(&g->holds, &h->by_receiver);
    list_add_tail(&sender->holds, &h->by_sender);
    g->streams += stream != 0;
    return h;
}

/* Without a word to the sender of a stream: it is over, or he is. */
static void hold_free(struct hold *h)
{
    struct congestion *g = h->by;
    list_remove(&h->by_receiver);
    list_remove(&h->by_sender);
    if (!h->stream)
        conn_hold(h->sender, HOLD_CONGESTED, false);
    else if (--g->streams == 0)
        wait_stop(&g->receiver->hub->waits, &g->stall);
    wamp_free(h);
}

static void let_go(struct hold *h)
{
    struct conn *sender = h->sender;
    enum wamp_type stream = h->stream;
    uint64_t request = h->request;
    hold_free(h);
    if (stream && sender->state == CONN_SESSION)
        send_flow(sender, stream, request, false);
}

static void stop_stream(struct conn *sender, struct congestion *g, enum wamp_type stream, uint64_t request)
{
    struct hub *hub = sender->hub;
    if (find_stream(sender, stream, request) || !hold_new(sender, g, stream, request))
        return;
    if (g->stall.kind == WAIT_NONE)
        wait_start(&hub->waits, &g->stall, WAIT_STALL, hub->now);
    hub->metrics.streams_stopped++;
    send_flow(sender, stream, request, true);
}

static void stop_reading(struct conn *sender, struct congestion *g)
{
    struct hub *hub = sender->hub;
    if ((sender->held & HOLD_CONGESTED) || g->in_vain || !hold_new(sender, g, 0, 0))
        return;
    if (g->relief.kind == WAIT_NONE)
        wait_start(&hub->waits, &g->relief, WAIT_RELIEF, hub->now);
    hub->metrics.senders_paused++;
    conn_hold(sender, HOLD_CONGESTED, true);
}

static void end_stream(struct conn *sender, enum wamp_type stream, uint64_t request)
{
    log_info("STREAM-STALL", "session %" PRIu64 ": stream of request %" PRIu64 " ended: its receiver is too slow",
             session_id(sender->session), request);
    sender->hub->metrics.streams_stalled++;
    realm_end_stream(sender->realm, sender->session, stream, request, sender->hub->now);
}

/* --- what happens --------------------------------------------------------------------------------------- */

/* What a message is to its receiver. */
struct kind {
    enum wamp_type stream;  /* with "progress" it is a chunk of such a stream; 0: never */
    bool is_answer;         /* else it is owed to a receiver who asked for it, and bounded by what he may ask */
};

static struct kind kind_of(enum wamp_type type)
{
    switch (type) {
    case WAMP_YIELD:
        return (struct kind){WAMP_INVOCATION, true};
    case WAMP_ERROR:
        return (struct kind){0, true};
    case WAMP_CALL:
        return (struct kind){WAMP_CALL, false};
    default:
        return (struct kind){0, false};
    }
}

void congestion_on_delivered(struct conn *sender, const struct wamp_msg *m)
{
    struct delivery *d = &sender->hub->delivery;
    struct kind kind = kind_of(m->type);
    enum wamp_type stream = m->opt.progress ? kind.stream : 0;
    struct hold *over = kind.stream && !stream ? find_stream(sender, kind.stream, m->request) : NULL;
    if (over)
        hold_free(over);  /* that was the last chunk */
    if (sender->state != CONN_SESSION || !d->congested || d->congested < d->sent || (kind.is_answer && !stream))
        return;
    struct congestion *g = congestion_of(d->receiver);
    if (stream && d->receiver->out.waiting > (size_t)sender->hub->config->queue_hard / 2)
        end_stream(sender, stream, m->request);
    else if (g && stream && sender->takes_flow)
        stop_stream(sender, g, stream, m->request);
    else if (g)
        stop_reading(sender, g);
}

static struct hold *first_hold(const struct congestion *g)
{
    struct list *n = list_first(&g->holds);
    return n ? list_entry(n, struct hold, by_receiver) : NULL;
}

static void relieve(struct conn *receiver)
{
    struct congestion *g = receiver->congestion;
    struct waits *ws = &receiver->hub->waits;
    receiver->congestion = NULL;
    for (struct hold *h; (h = first_hold(g));)
        let_go(h);
    wait_stop(ws, &g->relief);
    wait_stop(ws, &g->stall);
    wamp_free(g);
}

void congestion_on_progress(struct conn *c)
{
    struct congestion *g = c->congestion;
    if (c->out.waiting <= RELIEVED)
        relieve(c);
    else if (g->stall.kind)
        wait_start(&c->hub->waits, &g->stall, WAIT_STALL, c->hub->now);
}

void congestion_leave(struct conn *c)
{
    for (struct list *n; (n = list_first(&c->holds));)
        hold_free(list_entry(n, struct hold, by_sender));
    if (c->congestion)
        relieve(c);
}

/* --- deadlines ------------------------------------------------------------------------------------------ */

/* The receiver did not catch up: who was not heard is heard again. */
static void relief_is_due(struct congestion *g)
{
    struct list *next;
    g->in_vain = true;
    for (struct list *n = list_first(&g->holds); n; n = next) {
        struct hold *h = list_entry(n, struct hold, by_receiver);
        next = list_next(&g->holds, n);
        if (!h->stream)
            hold_free(h);
    }
}

static struct hold *first_stream(const struct congestion *g)
{
    for (struct list *n = list_first(&g->holds); n; n = list_next(&g->holds, n)) {
        struct hold *h = list_entry(n, struct hold, by_receiver);
        if (h->stream)
            return h;
    }
    return NULL;
}

/* The receiver took nothing at all. Any session may end by what is sent here, and with it the congestion. */
static void stall_is_due(struct conn *receiver)
{
    for (struct hold *h; receiver->congestion && (h = first_stream(receiver->congestion));) {
        struct conn *sender = h->sender;
        enum wamp_type stream = h->stream;
        uint64_t request = h->request;
        hold_free(h);
        end_stream(sender, stream, request);
    }
}

void congestion_on_due(struct wait *w, enum wait_kind kind)
{
    if (kind == WAIT_RELIEF)
        relief_is_due(list_entry(w, struct congestion, relief));
    else
        stall_is_due(list_entry(w, struct congestion, stall)->receiver);
}
