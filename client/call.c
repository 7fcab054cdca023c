#include "client/call.h"

#include "client/build.h"
#include "client/peer.h"
#include "common/uri.h"

#include <inttypes.h>

enum {
    GRACE_MS = 1000,        /* beyond a timeout that the router keeps, too: its word is better than our guess */
    CANCEL_WAIT_MS = 5000,  /* for the answer to CANCEL, except in mode kill */
};

static struct call *call_of(struct request *r)
{
    return (struct call *)((char *)r - offsetof(struct call, request));
}

/* --- ending -------------------------------------------------------------------------------------------------- */

/* The specification spells it both ways. spec: X-01 */
static bool says_canceled(const struct wamp_msg *m)
{
    return str_eq(m->uri, STR("wamp.error.canceled")) || str_eq(m->uri, STR("wamp.error.cancelled"));
}

static void ended(struct wamp_peer *p, struct request *r, wamp_rc rc, const struct wamp_msg *m)
{
    struct call *c = call_of(r);
    struct failure failure = {0};
    if (rc == WAMP_E_REMOTE && c->canceling && says_canceled(m))
        rc = WAMP_E_CANCELED;
    wamp_request_failure(p, rc, m, &failure);
    c->open = false;
    c->sink->end(p, c, rc, NULL, &failure);
    wamp_failure_clear(&failure);
}

static void late(struct wamp_peer *p, struct timer *t)
{
    struct request *r = list_entry(&t->link, struct request, timer.link);
    struct call *c = call_of(r);
    if (!c->canceling && wamp_announced(&p->session.router, DEALER, call_canceling))
        wamp_emit(p, &(struct outgoing){.type = WAMP_CANCEL, .request = r->id});
    wamp_request_end(p, r, c->canceling ? WAMP_E_CANCELED : WAMP_E_TIMEOUT);
}

/* With progress the limit is between two values. spec: A-PCR-11 */
static void start_timer(struct wamp_peer *p, struct call *c)
{
    bool router_keeps_it = wamp_announced(&p->session.router, DEALER, call_timeout);
    if (c->timeout_ms && !c->canceling)
        wamp_peer_timer(p, &c->request.timer, (int64_t)c->timeout_ms + (router_keeps_it ? GRACE_MS : 0), late);
}

/* --- sending ------------------------------------------------------------------------------------------------- */

/* Options and payload of one CALL, in the peer's arena and buffers. */
static wamp_rc make(struct wamp_peer *p, const struct call *c, const struct call_head *head, const char *fmt,
                    wamp_argv argv, struct wamp_value *options, struct tail *tail, struct why *why)
{
    const wamp_callopt *opt = head->opt;
    const struct passthru ppt = {opt->ppt_scheme, opt->ppt_serializer, opt->ppt_cipher, opt->ppt_keyid};
    const struct wamp_roles *router = &p->session.router;
    struct dict_build dict = {.arena = &p->out};
    struct payload payload;
    wamp_arena_reset(&p->out);
    if (!wamp_uri_ok(str_z(head->uri), WAMP_URI_LOOSE)) {
        wamp_why(why, "'%.100s' is no URI", head->uri);
        return WAMP_E_ARGS;
    }
    wamp_rc rc = wamp_format(&p->out, fmt, argv, &payload, why);
    if (rc)
        return rc;
    if (c->timeout_ms && wamp_announced(router, DEALER, call_timeout))
        wamp_dict_put_uint(&dict, "timeout", (uint64_t)c->timeout_ms);
    wamp_dict_put_true(&dict, "receive_progress", head->progress);
    wamp_dict_put_true(&dict, "progress", head->more);
    wamp_dict_put_true(&dict, "disclose_me", opt->disclose_me);
    rc = wamp_passthru(&dict, &ppt, wamp_announced(router, DEALER, payload_passthru_mode), &payload, why);
    if (!rc)
        rc = wamp_more_options(&dict, opt->options, why);
    if (!rc)
        rc = wamp_tail_write(p->config.ser, &payload, false, &p->tail, tail, why);
    *options = wamp_dict_done(&dict);
    return !rc && dict.failed ? WAMP_E_NOMEM : rc;
}

static wamp_rc send_call(struct wamp_peer *p, const struct call *c, const struct call_head *head,
                         const struct wamp_value *options, const struct tail *tail)
{
    wamp_rc rc = wamp_emit(
        p,
        &(struct outgoing){
            .type = WAMP_CALL, .request = c->request.id, .dict = options, .text = str_z(head->uri), .tail = tail});
    return rc ? wamp_failure_set(&p->error, rc, "CALL %s: %s", head->uri,
                                 rc == WAMP_E_TOOBIG  ? "larger than the router takes"
                                 : rc == WAMP_E_NOMEM ? "out of memory"
                                                      : "an option cannot be sent")
              : WAMP_OK;
}

/* A router without the feature would call a second CALL with the same id a violation. spec: A-FEAT-04 */
static wamp_rc check_state(struct wamp_peer *p, bool more)
{
    if (!wamp_peer_is_on(p)) {
        wamp_request_failure(p, WAMP_E_LOST, NULL, &p->error);
        return WAMP_E_LOST;
    }
    if (more && !wamp_announced(&p->session.router, DEALER, progressive_call_invocations))
        return wamp_failure_set(&p->error, WAMP_E_STATE, "the router does not know progressive_call_invocations");
    return WAMP_OK;
}

wamp_rc wamp_call_begin(struct wamp_peer *p, struct call *c, const struct call_head *head, const char *fmt,
                        wamp_argv argv)
{
    struct why why = {"out of memory"};
    struct wamp_value options;
    struct tail tail;
    wamp_rc rc = check_state(p, head->more);
    if (rc)
        return rc;
    int timeout = head->opt->timeout_ms ? head->opt->timeout_ms : p->config.opt.call_timeout_ms;
    c->timeout_ms = timeout < 0 ? 0 : timeout;
    rc = make(p, c, head, fmt, argv, &options, &tail, &why);
    if (rc)
        return wamp_failure_set(&p->error, rc, "%s", why.text);
    rc = wamp_request_open(p, &c->request, WAMP_CALL, ended);
    if (rc)
        return rc;
    rc = send_call(p, c, head, &options, &tail);
    if (rc) {
        wamp_request_unsent(p, &c->request);
        return rc;
    }
    c->open = head->more;
    start_timer(p, c);
    return WAMP_OK;
}

wamp_rc wamp_call_chunk(struct wamp_peer *p, struct call *c, const struct call_head *head, const char *fmt,
                        wamp_argv argv)
{
    struct why why = {"out of memory"};
    struct wamp_value options;
    struct tail tail;
    wamp_rc rc = make(p, c, head, fmt, argv, &options, &tail, &why);
    if (rc)
        return wamp_failure_set(&p->error, rc, "%s", why.text);
    rc = send_call(p, c, head, &options, &tail);
    if (!rc)
        c->open = head->more;
    return rc;
}

wamp_rc wamp_call_cancel(struct wamp_peer *p, struct call *c, wamp_mode mode)
{
    static const char *const modes[] = {
        [WAMP_KILLNOWAIT] = "killnowait", [WAMP_KILL] = "kill", [WAMP_SKIP] = "skip"};
    struct dict_build dict = {.arena = &p->out};
    if (!wamp_request_is_open(&c->request))
        return wamp_failure_set(&p->error, WAMP_E_STATE, "the call has ended");
    if ((unsigned)mode >= sizeof modes / sizeof *modes)
        return wamp_failure_set(&p->error, WAMP_E_ARGS, "no such mode");
    wamp_arena_reset(&p->out);
    wamp_dict_put_str(&dict, "mode", modes[mode]);
    struct wamp_value options = wamp_dict_done(&dict);
    bool router_can = wamp_announced(&p->session.router, DEALER, call_canceling);
    c->canceling = true;
    if (!router_can || dict.failed ||
        wamp_emit(p, &(struct outgoing){.type = WAMP_CANCEL, .request = c->request.id, .dict = &options}))
        wamp_request_end(p, &c->request, WAMP_E_CANCELED);
    else if (mode != WAMP_KILL)
        wamp_peer_timer(p, &c->request.timer, CANCEL_WAIT_MS, late);
    return WAMP_OK;
}

/* --- receiving ----------------------------------------------------------------------------------------------- */

/* The open call that m is about; NULL with *known telling whether there ever was one. spec: B-038 */
static struct call *find_call(struct wamp_peer *p, uint64_t id, bool *known)
{
    struct request *r = wamp_request_find(p, id);
    *known = r ? r->type == WAMP_CALL : id <= p->session.last_request;
    return r && r->type == WAMP_CALL ? call_of(r) : NULL;
}

static size_t payload_octets(const struct wamp_msg *m)
{
    return m->payload.args.len + m->payload.kwargs.len;
}

bool wamp_call_result(struct wamp_peer *p, const struct wamp_msg *m)
{
    bool known;
    struct parts value;
    struct call *c = find_call(p, m->request, &known);
    if (!c)
        return known;
    if (wamp_parts_read(m, &value)) {
        wamp_request_end(p, &c->request, WAMP_E_NOMEM);
    } else if (m->opt.progress) {
        start_timer(p, c);
        c->sink->progress(p, c, &value, payload_octets(m));
    } else {
        wamp_request_close(p, &c->request);
        c->open = false;
        c->sink->end(p, c, WAMP_OK, &value, NULL);
    }
    wamp_parts_clear(&value);
    return true;
}

bool wamp_call_flow(struct wamp_peer *p, const struct wamp_msg *m)
{
    bool known;
    struct call *c = find_call(p, m->request, &known);
    if (c && c->sink->flow)
        c->sink->flow(p, c, m->opt.stop);
    return known;
}
