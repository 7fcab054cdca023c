#include "router/longpoll.h"

#include "common/batch.h"
#include "common/log.h"
#include "common/map.h"
#include "common/mem.h"
#include "router/http.h"
#include "router/random.h"
#include "router/router.h"

#include <stdio.h>

enum {
    ID_LEN = 26,                      /* of 5 random bits each. spec: A-LP-06 */
    STRANGERS_MAX = 1024,             /* transports that have yet to say HELLO: one costs its opener no socket */
    ANSWER_ROOM = 64 << 10,           /* octets of an answer that wait in the HTTP connection */
};

struct longpoll {
    struct conn *conn;      /* the transport as a connection */
    struct conn *receiver;  /* the HTTP connection whose receive waits or is being answered; NULL: none */
    bool answering;         /* octets of messages have left for it */
    size_t owed;            /* octets of the answer that are still to be written */
    bool finished;          /* we have said all that we had to say: only close is still answered. spec: A-LP-08 */
    struct list parked;     /* http.parked: sends that wait until the transport may be heard */
    struct wait wait;       /* POLL: a receive waits; POLL_IDLE: none is there, or its answer does not leave */
    char id[ID_LEN + 1];
    UT_hash_handle hh;      /* hub.longpolls, by id */
};

/* --- answers -------------------------------------------------------------------------------------------- */

/* spec: table 0.8 */
static struct str content_type(enum wamp_ser ser)
{
    static const struct str types[WAMP_SER_COUNT] = {
        [WAMP_JSON] = {"application/json", 16},
        [WAMP_MSGPACK] = {"application/x-msgpack", 21},
        [WAMP_CBOR] = {"application/cbor", 16},
    };
    return types[ser];
}

static void answer_empty(struct conn *http, int status)
{
    http_answer(http, status, STR(""), STR(""));
}

/* To send and close. Crossbar.io answers 204, and autobahn-js takes nothing else. spec: X-06 */
static void answer_done(struct conn *http)
{
    answer_empty(http, http->listener->longpoll.answers_204 ? 204 : 202);
}

/* --- the receive of a transport ------------------------------------------------------------------------- */

static void watch(struct longpoll *lp, enum wait_kind kind)
{
    wait_start(&lp->conn->hub->waits, &lp->wait, kind, lp->conn->hub->now);
}

/* The one who received does so no more. */
static struct conn *detach(struct longpoll *lp)
{
    struct conn *http = lp->receiver;
    http->http->transport = NULL;
    lp->receiver = NULL;
    lp->answering = false;
    lp->owed = 0;
    if (lp->finished)
        wait_stop(&lp->conn->hub->waits, &lp->wait);  /* the transport has its own deadline */
    else
        watch(lp, WAIT_POLL_IDLE);
    return http;
}

static void end_receive(struct longpoll *lp, int status)
{
    answer_empty(detach(lp), status);
}

/* Messages were lost on the way, or nobody wants them: so is the transport. */
static void lose(struct longpoll *lp, const char *why)
{
    struct conn *c = lp->conn;
    log_debug("LONGPOLL-LOST", "%s", why);
    c->hub->metrics.longpoll_lost++;
    conn_leave(c);
    conn_drop(c);
}

/* An answer has one message, or all that wait. Returns the octets before it that are not part of it.
 * spec: A-LP-02 */
static size_t begin_answer(struct longpoll *lp, struct str octets)
{
    const uint8_t *p = (const uint8_t *)octets.ptr;
    bool batched = lp->conn->framing->batched;
    lp->answering = true;
    lp->owed = batched ? lp->conn->out.waiting
                       : (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    http_begin_answer(lp->receiver, 200, content_type(lp->conn->ser), lp->owed);
    return batched ? 0 : WAMP_BATCH_PREFIX;
}

/* --- struct wire ---------------------------------------------------------------------------------------- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* What http takes now: nothing that would grow with what a client does not read. */
static size_t room_of(const struct conn *http)
{
    return http->state == CONN_HTTP && http->out.waiting < ANSWER_ROOM ? ANSWER_ROOM - http->out.waiting : 0;
}

/* Into the answer to the receive that waits; as much as its connection has room for. */
static ssize_t wire_write(void *socket, struct str octets)
{
    struct longpoll *lp = socket;
    struct conn *http = lp->receiver;
    if (!http || http->state != CONN_HTTP)
        return 0;
    size_t taken = lp->answering ? 0 : begin_answer(lp, octets), len;
    while (lp->receiver == http && (len = least(least(octets.len - taken, lp->owed), room_of(http)))) {
        struct str part = str_of(octets.ptr + taken, len);
        taken += len;
        lp->owed -= len;
        watch(lp, WAIT_POLL_IDLE);
        conn_write(http, part);  /* may send it at once, and end the answer */
    }
    return (ssize_t)taken;
}

/* The next receive, or the end of what was queued for the last one, calls conn_on_writable. */
static void wire_want_write(void *socket)
{
    (void)socket;
}

/* conn.held says it all; the first of those who wait for its end may go on at the end of the turn. */
static void wire_hear(void *socket, bool enable)
{
    struct longpoll *lp = socket;
    struct list *first = list_first(&lp->parked);
    if (enable && first)
        http_wake(list_entry(first, struct http, parked)->conn);
}

static void wire_finish(void *socket)
{
    struct longpoll *lp = socket;
    lp->finished = true;
    if (lp->receiver && !lp->answering)
        end_receive(lp, 404);
}

/* Whoever has asked it something gets an answer, or at least the end of one. */
static void leave_requests(struct longpoll *lp)
{
    bool answering = lp->answering;
    struct conn *http = lp->receiver ? detach(lp) : NULL;
    if (http && answering)
        conn_drop(http);
    else if (http)
        answer_empty(http, 404);
    for (struct list *n; (n = list_first(&lp->parked));) {
        list_remove(n);
        http = list_entry(n, struct http, parked)->conn;
        http->http->transport = NULL;
        http_wake(http);  /* which finds no transport of that name any more */
    }
}

static void wire_close(void *socket)
{
    struct longpoll *lp = socket;
    struct hub *hub = lp->conn->hub;
    HASH_DEL(hub->longpolls, lp);
    leave_requests(lp);
    wait_stop(&hub->waits, &lp->wait);
    conn_on_gone(lp->conn);
    wamp_free(lp);
}

static const struct wire wire = {
    .write = wire_write,
    .want_write = wire_want_write,
    .hear = wire_hear,
    .finish = wire_finish,
    .close = wire_close,
};

/* --- the connection of the receive ----------------------------------------------------------------------- */

void longpoll_on_sent(struct longpoll *lp, struct conn *http)
{
    if (lp->receiver != http || !lp->answering)
        return;
    if (lp->owed) {
        conn_on_writable(lp->conn);
        return;
    }
    http_answered(detach(lp));
}

void longpoll_on_gone(struct longpoll *lp, struct conn *http)
{
    if (lp->receiver != http) {
        list_remove(&http->http->parked);
        wire_hear(lp, !lp->conn->held);  /* it was the turn of that one, perhaps */
        return;
    }
    bool broken = lp->answering;
    detach(lp);
    if (broken)
        lose(lp, "the answer to a receive did not reach its end");
}

/* --- open ----------------------------------------------------------------------------------------------- */

/* The first of the client's that we speak. spec: A-LP-01 */
static bool choose_protocol(struct str body, struct wamp_arena *arena, enum wamp_ser *ser, bool *batched)
{
    struct wamp_item offer, list, item;
    struct str name;
    bool chosen = false;
    if (wamp_item_parse(WAMP_JSON, body, &offer) || offer.kind != WAMP_MAP ||
        !wamp_dict_find(WAMP_JSON, &offer, STR("protocols"), &list) || list.kind != WAMP_LIST)
        return false;
    struct wamp_iter it = wamp_iter(WAMP_JSON, &list);
    while (!chosen && wamp_iter_next(&it, &item))
        chosen = item.kind == WAMP_STR && !wamp_item_text(WAMP_JSON, &item, arena, &name) &&
                 wamp_batch_by_subprotocol(name, ser, batched);
    return chosen;
}

/* A connection of its own, counted where that of the request is. */
static struct conn *conn_beside(struct conn *http)
{
    struct address *address = address_again(http->address);
    struct conn *c = hub_refuses(http->hub, address) ? NULL : conn_new(http->hub, address, false);
    if (!c) {
        address_leave(&http->hub->addresses, address);
        return NULL;
    }
    conn_came_in(c, http->config, http->listener);
    return c;
}

static struct longpoll *longpoll_new(struct conn *http, enum wamp_ser ser, bool batched)
{
    struct hub *hub = http->hub;
    struct longpoll *lp = wamp_zalloc(sizeof *lp);
    if (!lp)
        return NULL;
    random_name(&hub->router->random, lp->id, ID_LEN);
    HASH_ADD(hh, hub->longpolls, id, ID_LEN, lp);
    if (wamp_map_added(lp) && (lp->conn = conn_beside(http))) {
        lp->conn->wire = &wire;
        lp->conn->socket = lp;
        conn_open(lp->conn, batched ? &framing_longpoll_batched : &framing_longpoll, ser);
        watch(lp, WAIT_POLL_IDLE);
        return lp;
    }
    if (wamp_map_added(lp))
        HASH_DEL(hub->longpolls, lp);
    wamp_free(lp);
    return NULL;
}

/* Where there are too many who have yet to say HELLO, the oldest goes: refusing new ones instead would let a few
 * requests a second close the door for all others, and who means it says HELLO at once. */
static void make_room(struct hub *hub)
{
    const struct list *waiting = &hub->waits.list[WAIT_HELLO];
    struct conn *oldest = NULL;
    unsigned count = 0;
    for (struct list *n = list_first(waiting); n; n = list_next(waiting, n)) {
        struct conn *c = list_entry(list_entry(n, struct wait, link), struct conn, wait);
        if (!c->framing->over_http)
            continue;
        oldest = oldest ? oldest : c;
        count++;
    }
    if (count >= STRANGERS_MAX)
        lose(oldest->socket, "too many have yet to say HELLO");
}

static void serve_open(struct conn *http, struct longpoll *none, struct str body)
{
    struct hub *hub = http->hub;
    enum wamp_ser ser;
    bool batched;
    char answer[160];
    (void)none;
    wamp_arena_reset(&hub->arena);
    if (!choose_protocol(body, &hub->arena, &ser, &batched)) {
        http_answer(http, 400, STR("text/plain; charset=utf-8"),
                    STR("expected {\"protocols\": [..]}: wamp.2.json, .msgpack or .cbor, or with .batched"));
        return;
    }
    make_room(hub);
    struct longpoll *lp = hub->stopping ? NULL : longpoll_new(http, ser, batched);
    if (!lp) {
        answer_empty(http, 503);
        return;
    }
    int len = snprintf(answer, sizeof answer, "{\"protocol\": \"%s%s\", \"transport\": \"%s\"}",
                       wamp_ser_subprotocol(ser), batched ? ".batched" : "", lp->id);
    http_answer(http, 200, content_type(WAMP_JSON), str_of(answer, (size_t)len));
}

/* --- receive -------------------------------------------------------------------------------------------- */

/* A second receive ends the first; one that comes while the first is being answered shows that its client has
 * given that up, and with it what is on the way. spec: A-LP-05 */
static void serve_receive(struct conn *http, struct longpoll *lp, struct str body)
{
    (void)body;
    if (lp->answering)
        lose(lp, "a receive came while another one was being answered");
    else if (lp->receiver)
        end_receive(lp, 204);
    if (lp->finished || lp->conn->state == CONN_DOOMED) {
        answer_empty(http, 404);
        return;
    }
    lp->receiver = http;
    http->http->transport = lp;
    watch(lp, WAIT_POLL);
    conn_on_writable(lp->conn);
}

/* --- send ----------------------------------------------------------------------------------------------- */

/* Whether all of the body is messages, as far as its form goes. */
static bool is_decodable(const struct conn *c, struct str body)
{
    struct wamp_item items[WAMP_SPLIT_MAX];
    unsigned count;
    struct str message = body;
    bool ok = body.len > 0;
    while (ok && body.len) {
        if (c->framing->batched)
            ok = wamp_batch_next(c->ser, &body, &message);
        else
            body = STR("");
        ok = ok && !wamp_split(c->ser, message, items, &count);
    }
    return ok;
}

/* Strictly one after the other: none overtakes one that is parked. spec: A-LP-05 */
static bool has_to_wait(struct conn *http, const struct longpoll *lp)
{
    struct list *first = list_first(&lp->parked);
    return lp->conn->held || (first && first != &http->http->parked);
}

static void park(struct conn *http, struct longpoll *lp)
{
    http->http->transport = lp;
    if (!list_is_linked(&http->http->parked))
        list_add_tail(&lp->parked, &http->http->parked);
}

/* A violation is told by ABORT, which the next receive fetches; what could not even be decoded by 400, too. spec:
 * A-LP-10 */
static void serve_send(struct conn *http, struct longpoll *lp, struct str body)
{
    struct conn *c = lp->conn;
    list_remove(&http->http->parked);
    http->http->transport = NULL;
    if (lp->finished) {
        answer_empty(http, 404);
        return;
    }
    conn_on_message(c, body);
    if (c->state < CONN_CLOSING || is_decodable(c, body))
        answer_done(http);
    else
        answer_empty(http, 400);
    wire_hear(lp, !c->held);  /* the next one of those that were parked */
}

/* --- close ---------------------------------------------------------------------------------------------- */

/* Without GOODBYE the session is lost, as when a socket closes. spec: 0.9 row 6 */
static void serve_close(struct conn *http, struct longpoll *lp, struct str body)
{
    (void)body;
    if (lp->receiver && !lp->answering)
        end_receive(lp, 204);
    conn_leave(lp->conn);
    conn_drop(lp->conn);
    answer_done(http);
}

/* --- requests ------------------------------------------------------------------------------------------- */

static const struct {
    struct str name;
    void (*serve)(struct conn *http, struct longpoll *lp, struct str body);
} actions[] = {
    [LONGPOLL_OPEN] = {{"open", 4}, serve_open},
    [LONGPOLL_RECEIVE] = {{"receive", 7}, serve_receive},
    [LONGPOLL_SEND] = {{"send", 4}, serve_send},
    [LONGPOLL_CLOSE] = {{"close", 5}, serve_close},
};

/* Transports that are on their way out are not found. */
static struct longpoll *find(const struct hub *hub, struct str id)
{
    struct longpoll *lp = NULL;
    if (id.len == ID_LEN)
        HASH_FIND(hh, hub->longpolls, id.ptr, ID_LEN, lp);
    return lp && lp->conn->state != CONN_DOOMED ? lp : NULL;
}

bool longpoll_route(const struct conn *http, struct str path, struct longpoll_request *out)
{
    struct str base = str_z(http->listener->longpoll.base);
    *out = (struct longpoll_request){.action = LONGPOLL_OPEN};
    if (!base.ptr || !str_starts(path, base) || path.len <= base.len || path.ptr[base.len] != '/')
        return false;
    path = str_from(path, base.len + 1);
    const char *slash = memchr(path.ptr, '/', path.len);
    if (!slash)
        return str_eq(path, actions[LONGPOLL_OPEN].name);
    size_t len = (size_t)(slash - path.ptr);
    out->transport = find(http->hub, str_of(path.ptr, len));
    for (out->action = LONGPOLL_RECEIVE; out->transport && out->action <= LONGPOLL_CLOSE; out->action++)
        if (str_eq(str_from(path, len + 1), actions[out->action].name))
            return true;
    return false;
}

size_t longpoll_body_max(const struct conn *http, const struct longpoll_request *r)
{
    return r->action == LONGPOLL_SEND ? r->transport->conn->in.framing.max_body
                                      : (size_t)http->hub->config->max_hello;
}

void longpoll_on_oversize(const struct longpoll_request *r)
{
    if (r->action != LONGPOLL_SEND)
        return;
    struct conn *c = r->transport->conn;
    c->hub->metrics.oversize_in++;
    conn_abort(c, "wamp.error.payload_size_exceeded", "the message is larger than the limit", 1009);
}

bool longpoll_serve(struct conn *http, const struct longpoll_request *r, struct str body)
{
    if (r->action == LONGPOLL_SEND && has_to_wait(http, r->transport)) {
        park(http, r->transport);
        return false;
    }
    actions[r->action].serve(http, r->transport, body);
    return true;
}

/* --- deadlines ------------------------------------------------------------------------------------------ */

void longpoll_on_due(struct wait *w, enum wait_kind kind)
{
    struct longpoll *lp = list_entry(w, struct longpoll, wait);
    if (kind == WAIT_POLL)
        end_receive(lp, 204);
    else
        lose(lp, lp->answering ? "an answer did not leave" : "no receive came in time");
}
