/* The way out: messages become frames in the outbox, the outbox goes to the kernel once a turn. */
#include "router/conn.h"

#include "common/batch.h"
#include "router/congestion.h"
#include "router/http.h"

#include <string.h>

enum {
    TURN_OCTETS_MAX = 4 << 20,  /* queued in one turn: then they are sent in the middle of it */
    WAMPY_BAD_MIN = 32768,      /* wampy reads the 16-bit length as signed: such text is padded to .. */
    WAMPY_BAD_END = 65536,      /* .. a length that is sent as 64 bits. spec: W-11 */
};

/* --- queueing ------------------------------------------------------------------------------------------- */

static void mark_dirty(struct conn *c)
{
    if (!list_is_linked(&c->turn))
        list_add_tail(&c->hub->dirty, &c->turn);
}

static void watch_queue(struct conn *c)
{
    if (c->out.waiting > (size_t)c->hub->config->queue_soft && c->drain.kind == WAIT_NONE)
        wait_start(&c->hub->waits, &c->drain, WAIT_DRAIN, c->hub->now);
}

void conn_queued(struct conn *c, size_t len)
{
    struct hub *hub = c->hub;
    outbox_add(&c->out, &hub->pool, len);
    if (c->choked) {
        watch_queue(c);
        return;
    }
    mark_dirty(c);
    hub->turn_octets += len;
    /* A queue is full when the kernel does not take it, not because a turn is long. */
    if (c->out.waiting >= OUTBOX_BLOCK_MAX)
        conn_flush(c);
    if (hub->turn_octets >= TURN_OCTETS_MAX)
        hub_flush(hub);
}

/* Before WELCOME nobody is owed that much. */
static char *refuse_room(struct conn *c)
{
    if (c->state == CONN_HELLO || c->state == CONN_LOGIN) {
        c->hub->metrics.early_output++;
        conn_drop(c);
    }
    return NULL;
}

/* A single message may be larger than the limit: it is the peer's limits that forbid it, or nothing does. */
char *conn_room(struct conn *c, size_t len)
{
    if (c->state == CONN_DOOMED)
        return NULL;
    if (c->out.waiting && c->out.waiting + len > c->out_limit)
        return refuse_room(c);
    return outbox_room(&c->out, &c->hub->pool, len);
}

void conn_write(struct conn *c, struct str octets)
{
    char *to = octets.len ? conn_room(c, octets.len) : NULL;
    if (!to) {
        conn_drop(c);
        return;
    }
    memcpy(to, octets.ptr, octets.len);
    conn_queued(c, octets.len);
}

/* What follows the message in its frame: the end of a batched text, or spaces for wampy. */
static size_t padding(const struct conn *c, size_t len)
{
    if (c->framing->batched)
        return wamp_ser_is_text(c->ser);
    return c->is_wampy && len >= WAMPY_BAD_MIN && len < WAMPY_BAD_END ? WAMPY_BAD_END - len : 0;
}

bool conn_send(struct conn *c, const struct wamp_frame *frame)
{
    struct hub *hub = c->hub;
    size_t filling = padding(c, wamp_frame_len(frame));
    size_t len = wamp_frame_len(frame) + filling;
    if (c->state == CONN_DOOMED)
        return true;  /* the socket is dead, which the realm will be told at the end of the turn */
    char *to = conn_room(c, FRAME_HEADER_ROOM + len);
    if (!to) {
        hub->metrics.queue_full++;
        return false;
    }
    size_t header = c->framing->header(to, c->ser, len);
    to += header;
    memcpy(to, frame->head.ptr, frame->head.len);
    if (frame->tail.len)
        memcpy(to + frame->head.len, frame->tail.ptr, frame->tail.len);
    if (filling)
        memset(to + wamp_frame_len(frame), c->framing->batched ? WAMP_BATCH_SEPARATOR : ' ', filling);
    hub->metrics.messages_out++;
    conn_queued(c, header + len);
    return true;
}

/* --- sending -------------------------------------------------------------------------------------------- */

static void on_sent(struct conn *c, size_t len)
{
    if (!c->framing || !c->framing->over_http)
        c->hub->metrics.octets_out += len;
    outbox_sent(&c->out, &c->hub->pool, len);
    if (c->drain.kind && c->out.waiting <= (size_t)c->hub->config->queue_soft)
        wait_stop(&c->hub->waits, &c->drain);
    if (c->congestion)
        congestion_on_progress(c);
}

/* All is sent: what a closing connection waited for. */
static void on_empty(struct conn *c)
{
    if (c->state == CONN_HTTP) {
        http_on_sent(c);
        return;
    }
    if (c->state != CONN_CLOSING)
        return;
    if (c->was_told)
        conn_drop(c);
    else if (c->deaf)
        c->wire->finish(c->socket);
}

void conn_flush(struct conn *c)
{
    struct str next;
    if (c->state != CONN_DOOMED)
        list_remove(&c->turn);
    while (c->state != CONN_DOOMED && !c->choked && (next = outbox_next(&c->out)).len) {
        ssize_t taken = c->wire->write(c->socket, next);
        if (taken < 0) {
            conn_drop(c);
            return;
        }
        c->choked = (size_t)taken < next.len;
        if (taken > 0)
            on_sent(c, (size_t)taken);
    }
    if (c->choked) {
        c->wire->want_write(c->socket);
        watch_queue(c);
    } else {
        on_empty(c);
    }
}

void conn_on_writable(struct conn *c)
{
    if (!c->choked)
        return;
    c->choked = false;
    conn_flush(c);
}
