#include "client/callee.h"

#include "client/build.h"
#include "client/peer.h"
#include "common/mem.h"

#include <stdio.h>

static struct invocation *find_active(struct wamp_peer *p, uint64_t id)
{
    struct invocation *inv = NULL;
    HASH_FIND(hh, p->callee.active, &id, sizeof id, inv);
    return inv;
}

unsigned wamp_callee_running(const struct wamp_peer *p)
{
    return HASH_COUNT(p->callee.active);
}

/* --- streams that ended before their last chunk -------------------------------------------------------------- */

/* What still arrives for them is dropped. spec: A-PCI-09 */
static void remember_ended(struct callee *c, uint64_t id)
{
    c->ended[c->ended_next++ % ENDED_STREAMS] = id;
}

static bool is_late_chunk(struct callee *c, const struct wamp_msg *m)
{
    for (unsigned i = 0; i < ENDED_STREAMS; i++) {
        if (c->ended[i] != m->request)
            continue;
        if (!m->opt.progress)
            c->ended[i] = 0;
        return true;
    }
    return false;
}

/* --- life ---------------------------------------------------------------------------------------------------- */

static void deactivate(struct invocation *inv)
{
    struct wamp_peer *p = inv->chan.peer;
    if (!inv->active)
        return;
    HASH_DEL(p->callee.active, inv);
    inv->active = false;
    if (inv->open)
        remember_ended(&p->callee, inv->id);
}

void wamp_invocation_free(struct invocation *inv)
{
    deactivate(inv);
    list_remove(&inv->link);
    wamp_chan_drain(&inv->chan);
    wamp_parts_clear(&inv->first);
    wamp_parts_clear(&inv->current);
    wamp_drop(&inv->options);
    wamp_mount_unref(inv->mount);
    wamp_free(inv);
}

static struct invocation *invocation_new(struct wamp_peer *p, const struct offer *o, const struct wamp_msg *m)
{
    struct str procedure = wamp_has(&m->opt, procedure) ? m->opt.procedure : str_z(o->uri);
    struct invocation *inv = wamp_zalloc(sizeof *inv + procedure.len + 1);
    if (!inv)
        return NULL;
    wamp_chan_init(&inv->chan, &wamp_invocation_ops, p);
    memcpy(inv->procedure, procedure.ptr, procedure.len);
    inv->id = m->request;
    HASH_ADD(hh, p->callee.active, id, sizeof inv->id, inv);
    if (!wamp_map_added(inv)) {
        wamp_free(inv);
        return NULL;
    }
    list_add_tail(&p->callee.all, &inv->link);
    inv->active = true;
    inv->proc = o->member.proc;
    inv->self = o->self;
    inv->mount = wamp_mount_ref(o->mount);
    inv->chan.by_worker = o->member.worker;
    inv->open = m->opt.progress;
    inv->wants_progress = m->opt.receive_progress;
    if (!wamp_parts_read(m, &inv->first)) {
        inv->current = inv->first;
        wamp_tree_ref(inv->current.tree);
        inv->current_last = !inv->open;
        return inv;
    }
    wamp_invocation_free(inv);
    return NULL;
}

/* --- answers ------------------------------------------------------------------------------------------------- */

/* Arguments of one text, in p->tail. */
static wamp_rc text_tail(struct wamp_peer *p, const char *text, struct tail *out)
{
    struct why why;
    const struct wamp_value arg = wamp_of_str(str_z(text));
    const struct payload payload = {.args = {.kind = WAMP_LIST, .count = 1, .list = &arg},
                                    .kwargs = {.kind = WAMP_MAP}};
    return wamp_tail_write(p->config.ser, &payload, false, &p->tail, out, &why);
}

static void send_error(struct wamp_peer *p, uint64_t id, const char *uri, const char *text)
{
    struct tail tail;
    bool has_text = !text_tail(p, text, &tail);
    wamp_emit(p, &(struct outgoing){.type = WAMP_ERROR,
                                    .request_type = WAMP_INVOCATION,
                                    .request = id,
                                    .text = str_z(uri),
                                    .tail = has_text ? &tail : NULL});
}

/* An invocation that does not begin. */
static void refuse(struct wamp_peer *p, const struct wamp_msg *m, const char *uri, const char *text)
{
    if (m->opt.progress)
        remember_ended(&p->callee, m->request);
    send_error(p, m->request, uri, text);
}

static wamp_rc send_yield(struct invocation *inv, bool more, const struct tail *tail)
{
    struct wamp_peer *p = inv->chan.peer;
    struct dict_build dict = {.arena = &p->out};
    struct why why;
    wamp_dict_put_true(&dict, "progress", more);
    wamp_rc rc = wamp_more_options(&dict, inv->options, &why);
    if (rc)
        return wamp_failure_set(&p->error, rc, "%s", why.text);
    struct wamp_value options = wamp_dict_done(&dict);
    if (dict.failed)
        return WAMP_E_NOMEM;
    return wamp_emit(p,
                     &(struct outgoing){.type = WAMP_YIELD, .request = inv->id, .dict = &options, .tail = tail});
}

wamp_rc wamp_invocation_may(const struct invocation *inv, enum answer kind)
{
    if (inv->replied)
        return WAMP_E_STATE;
    if (inv->canceled == CANCELED_LOST)
        return WAMP_E_LOST;
    if (inv->canceled == CANCELED_KILLNOWAIT || (inv->canceled == CANCELED_KILL && kind == ANSWER_MORE))
        return WAMP_E_CANCELED;
    return WAMP_OK;
}

static wamp_rc send_answer(struct invocation *inv, enum answer kind, const char *uri, const struct tail *tail)
{
    struct wamp_peer *p = inv->chan.peer;
    if (kind != ANSWER_ERROR)
        return send_yield(inv, kind == ANSWER_MORE, tail);
    return wamp_emit(p, &(struct outgoing){.type = WAMP_ERROR,
                                           .request_type = WAMP_INVOCATION,
                                           .request = inv->id,
                                           .text = str_z(uri),
                                           .tail = tail});
}

wamp_rc wamp_invocation_answer(struct invocation *inv, enum answer kind, const char *uri, const struct tail *tail)
{
    struct wamp_peer *p = inv->chan.peer;
    wamp_rc rc = wamp_invocation_may(inv, kind);
    bool is_final = kind != ANSWER_MORE;
    if (!rc && !is_final && !inv->wants_progress)
        return WAMP_OK;
    if (!rc)
        rc = send_answer(inv, kind, uri, tail);
    if (rc == WAMP_E_TOOBIG && is_final)
        send_error(p, inv->id, "wamp.error.payload_size_exceeded", "the answer is larger than the router takes");
    if (rc == WAMP_E_ARGS || rc == WAMP_E_NOMEM || rc == WAMP_E_STATE)
        return rc;  /* nothing was sent; the program may try something else */
    if (is_final) {
        inv->replied = true;
        deactivate(inv);
    }
    return rc;
}

/* What a procedure that did not answer is taken to mean. spec: B-083, B-090, A-CAN-07 */
static void answer_for(struct invocation *inv, wamp_rc rc)
{
    struct wamp_peer *p = inv->chan.peer;
    char text[64];
    if (!inv->active)
        return;
    if (inv->canceled) {
        send_error(p, inv->id, "wamp.error.canceled", "canceled");
        return;
    }
    static const struct payload nothing = {.args = {.kind = WAMP_LIST}, .kwargs = {.kind = WAMP_MAP}};
    struct tail tail;
    struct why why;
    if (rc == WAMP_OK && !wamp_tail_write(p->config.ser, &nothing, true, &p->tail, &tail, &why) &&
        !wamp_invocation_answer(inv, ANSWER_RESULT, NULL, &tail))
        return;
    snprintf(text, sizeof text, rc == WAMP_MORE ? "the stream has ended" : "the procedure failed: %s",
             wamp_rc_name(rc));
    send_error(p, inv->id, "wamp.error.runtime_error", text);
}

void wamp_invocation_settle(struct invocation *inv, wamp_rc rc)
{
    if (!inv->replied && inv->held && rc == WAMP_OK)
        return;
    if (!inv->replied)
        answer_for(inv, rc);
    wamp_invocation_free(inv);
}

/* --- running ------------------------------------------------------------------------------------------------- */

bool wamp_invocation_take_current(struct invocation *inv, struct parts *out)
{
    if (inv->current_taken)
        return false;
    inv->current_taken = true;
    *out = inv->current;
    wamp_tree_ref(out->tree);
    return true;
}

void wamp_invocation_set_current(struct invocation *inv, struct parts *value, bool last)
{
    wamp_parts_clear(&inv->current);
    inv->current = *value;
    inv->current_last = last;
    inv->current_taken = false;
}

/* The next chunk of a procedure that returned WAMP_MORE, when one waits. Canceled: one last call, with none. */
static bool next_chunk(struct invocation *inv)
{
    struct parts value = {0};
    if (inv->canceled) {
        bool was_told = !inv->untold;
        wamp_parts_clear(&value);
        wamp_invocation_set_current(inv, &value, true);
        inv->current_taken = true;
        inv->untold = false;
        return !was_told;
    }
    wamp_rc rc = wamp_chan_take(&inv->chan, &value);
    if (rc < 0)
        return false;
    wamp_invocation_set_current(inv, &value, rc == WAMP_OK);
    wamp_chan_relieve(&inv->chan);
    return true;
}

/* Calls the procedure: once, or per chunk while it asks for more and there are some. */
static void run(struct invocation *inv)
{
    wamp_rc rc;
    do {
        inv->running = true;
        rc = inv->proc(inv->self, &inv->chan);
        inv->running = false;
    } while (rc == WAMP_MORE && !inv->replied && next_chunk(inv));
    bool waits_for_more = rc == WAMP_MORE && !inv->replied && inv->open && !inv->canceled;
    if (!waits_for_more)
        wamp_invocation_settle(inv, rc);
}

static bool is_idle(const struct invocation *inv)
{
    return !inv->running && !inv->held && !inv->chan.by_worker;
}

static bool passes_signature(struct wamp_peer *p, const struct offer *o, struct invocation *inv)
{
    struct why why;
    if (!o->member.sig ||
        !wamp_match_args(inv->current.args, inv->current.kwargs, o->member.sig, (wamp_argv){NULL, 0}, &why))
        return true;
    send_error(p, inv->id, "wamp.error.invalid_argument", why.text);
    return false;
}

static void begin(struct wamp_peer *p, const struct offer *o, const struct wamp_msg *m)
{
    struct invocation *inv = invocation_new(p, o, m);
    if (!inv) {
        refuse(p, m, "wamp.error.unavailable", "out of memory");
        return;
    }
    if (!passes_signature(p, o, inv)) {
        wamp_invocation_free(inv);
    } else if (!inv->chan.by_worker) {
        run(inv);
    } else if (!wamp_pool_take(p, inv)) {
        send_error(p, inv->id, "wamp.error.unavailable", "all workers are busy");
        wamp_invocation_free(inv);
    }
}

/* One more chunk of a stream. */
static void take_chunk(struct wamp_peer *p, struct invocation *inv, const struct wamp_msg *m)
{
    struct parts value;
    size_t octets = m->payload.args.len + m->payload.kwargs.len;
    bool ok = !wamp_parts_read(m, &value) && wamp_chan_push(&inv->chan, &value, octets, !m->opt.progress);
    inv->open = m->opt.progress;  /* after the push: a worker that sees it closed finds the last value */
    if (!ok) {
        send_error(p, inv->id, "wamp.error.unavailable", "out of memory");
        deactivate(inv);
        inv->canceled = CANCELED_KILLNOWAIT;
    } else if (wamp_chan_is_flooded(&inv->chan)) {
        wamp_invocation_overflow(&inv->chan);
        return;
    }
    if (is_idle(inv) && next_chunk(inv))
        run(inv);
    else
        wamp_chan_ready(&inv->chan);
}

bool wamp_callee_invoke(struct wamp_peer *p, const struct wamp_msg *m)
{
    struct invocation *inv = find_active(p, m->request);
    if (inv && !inv->open)
        return false;
    struct offer *o = wamp_offer_of_registration(p, m->id);
    if (inv)
        take_chunk(p, inv, m);
    else if (is_late_chunk(&p->callee, m))
        return true;
    else if (p->drain.on)
        refuse(p, m, "wamp.error.unavailable", "this callee is leaving");
    else if (!o)
        refuse(p, m, "wamp.error.no_such_registration", "no such registration");  /* spec: B-089 */
    else if (HASH_COUNT(p->callee.active) >= WAMP_INVOCATIONS_MAX)
        refuse(p, m, "wamp.error.unavailable", "too many invocations are running");
    else
        begin(p, o, m);
    return true;
}

/* --- canceling ----------------------------------------------------------------------------------------------- */

/* Tells whoever may be waiting: a blocked wamp_send or wamp_recv looks for itself. May free. */
static void tell_canceled(struct invocation *inv)
{
    struct wamp_peer *p = inv->chan.peer;
    if (inv->chan.by_worker) {
        inv->untold = false;
        if (wamp_pool_remove(p, inv))
            wamp_invocation_settle(inv, WAMP_E_CANCELED);
        else
            wamp_pool_wake(p);
    } else if (is_idle(inv)) {
        if (next_chunk(inv))
            run(inv);
    } else if (inv->on_cancel) {
        inv->untold = false;
        inv->on_cancel(inv->cancel_arg, &inv->chan);
    }
}

static void cancel(struct invocation *inv, enum canceled how)
{
    struct mailbox *box = &inv->chan.peer->mailbox;
    pthread_mutex_lock(&box->lock);  /* a worker reads it */
    inv->canceled = how;
    inv->untold = true;
    pthread_mutex_unlock(&box->lock);
    wamp_chan_drain(&inv->chan);
    if (how != CANCELED_KILL)
        deactivate(inv);
}

/* spec: A-CAN-07, A-CAN-08 */
void wamp_callee_interrupt(struct wamp_peer *p, const struct wamp_msg *m)
{
    struct invocation *inv = find_active(p, m->request);
    if (!inv || inv->canceled)
        return;
    cancel(inv, m->opt.mode == WAMP_MODE_KILL ? CANCELED_KILL : CANCELED_KILLNOWAIT);
    tell_canceled(inv);
}

static struct invocation *find_untold(struct wamp_peer *p)
{
    for (struct list *n = list_first(&p->callee.all); n; n = list_next(&p->callee.all, n)) {
        struct invocation *inv = list_entry(n, struct invocation, link);
        if (inv->untold && (is_idle(inv) || inv->on_cancel || inv->chan.by_worker))
            return inv;
    }
    return NULL;
}

void wamp_callee_lost(struct wamp_peer *p)
{
    struct list *next;
    for (struct list *n = list_first(&p->callee.all); n; n = next) {
        struct invocation *inv = list_entry(n, struct invocation, link);
        next = list_next(&p->callee.all, n);
        if (inv->active)
            cancel(inv, CANCELED_LOST);
    }
    memset(p->callee.ended, 0, sizeof p->callee.ended);
    for (struct invocation *inv; (inv = find_untold(p));)
        tell_canceled(inv);
}

/* The caller gets an ERROR, the program hears of a cancel. */
void wamp_invocation_overflow(struct wamp_chan *ch)
{
    struct invocation *inv = (struct invocation *)ch;
    if (!inv->active)
        return;
    send_error(ch->peer, inv->id, "wamp.error.canceled", "receiver too slow");
    cancel(inv, CANCELED_KILLNOWAIT);
    tell_canceled(inv);
}

void wamp_callee_flow(struct wamp_peer *p, const struct wamp_msg *m)
{
    struct invocation *inv = find_active(p, m->request);
    if (!inv)
        return;
    wamp_chan_flow(&inv->chan, m->opt.stop);
}

static void give_back(struct invocation *inv)
{
    send_error(inv->chan.peer, inv->id, "wamp.error.unavailable", "this callee is leaving");
    wamp_invocation_free(inv);
}

void wamp_callee_drain(struct wamp_peer *p)
{
    wamp_pool_recall(p, give_back);
}

void wamp_callee_fini(struct wamp_peer *p)
{
    for (struct list *n; (n = list_first(&p->callee.all));)
        wamp_invocation_free(list_entry(n, struct invocation, link));
}
