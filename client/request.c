#include "client/request.h"

#include "client/peer.h"

#include <inttypes.h>

struct request *wamp_request_find(struct wamp_peer *p, uint64_t id)
{
    struct request *r = NULL;
    HASH_FIND(hh, p->requests, &id, sizeof id, r);
    return r;
}

bool wamp_request_is_open(const struct request *r)
{
    return r->hh.tbl != NULL;
}

/* spec: B-052, T-23 */
static uint64_t next_id(uint64_t last)
{
    return last == WAMP_ID_MAX ? 1 : last + 1;
}

wamp_rc wamp_request_open(struct wamp_peer *p, struct request *r, enum wamp_type type,
                          void (*end)(struct wamp_peer *p, struct request *r, wamp_rc rc,
                                      const struct wamp_msg *m))
{
    if (HASH_COUNT(p->requests) >= WAMP_REQUESTS_MAX)
        return wamp_failure_set(&p->error, WAMP_E_TOOBIG, "%d requests are open", WAMP_REQUESTS_MAX);
    *r = (struct request){.id = next_id(p->session.last_request), .type = type, .end = end};
    HASH_ADD(hh, p->requests, id, sizeof r->id, r);
    if (!wamp_map_added(r))
        return wamp_failure_set(&p->error, WAMP_E_NOMEM, "out of memory");
    p->session.last_request = r->id;
    return WAMP_OK;
}

void wamp_request_close(struct wamp_peer *p, struct request *r)
{
    wamp_timer_stop(&r->timer);
    if (!wamp_request_is_open(r))
        return;
    HASH_DEL(p->requests, r);
    r->hh.tbl = NULL;
}

void wamp_request_unsent(struct wamp_peer *p, struct request *r)
{
    wamp_request_close(p, r);
    if (p->session.last_request == r->id)
        p->session.last_request--;
}

void wamp_request_end(struct wamp_peer *p, struct request *r, wamp_rc rc)
{
    wamp_request_close(p, r);
    r->end(p, r, rc, NULL);
}

static void expired(struct wamp_peer *p, struct timer *t)
{
    wamp_request_end(p, list_entry(&t->link, struct request, timer.link), WAMP_E_TIMEOUT);
}

void wamp_request_expire(struct wamp_peer *p, struct request *r, int ms)
{
    wamp_peer_timer(p, &r->timer, ms, expired);
}

void wamp_requests_lost(struct wamp_peer *p)
{
    while (p->requests)
        wamp_request_end(p, p->requests, WAMP_E_LOST);
}

void wamp_request_failure(struct wamp_peer *p, wamp_rc rc, const struct wamp_msg *m, struct failure *out)
{
    if (m)
        wamp_failure_remote(out, rc, m);
    else if (rc == WAMP_E_LOST && p->lost.e.rc)
        wamp_failure_copy(out, &p->lost);
    else
        wamp_failure_set(out, rc, "%s",
                         rc == WAMP_E_TIMEOUT    ? "no answer in time"
                         : rc == WAMP_E_CANCELED ? "canceled"
                         : rc == WAMP_E_NOMEM    ? "out of memory for the answer"
                                                 : "the connection was closed");
    out->e.rc = rc;
}

/* --- answers ------------------------------------------------------------------------------------------------- */

static const struct {
    enum wamp_type answer, request;
} pairs[] = {
    {WAMP_PUBLISHED, WAMP_PUBLISH},   {WAMP_SUBSCRIBED, WAMP_SUBSCRIBE},    {WAMP_UNSUBSCRIBED, WAMP_UNSUBSCRIBE},
    {WAMP_REGISTERED, WAMP_REGISTER}, {WAMP_UNREGISTERED, WAMP_UNREGISTER},
};

static enum wamp_type request_of(enum wamp_type answer)
{
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i].answer == answer)
            return pairs[i].request;
    return (enum wamp_type)0;
}

/* Answers to requests that have ended here are late, not wrong; those to requests never made are. spec: B-038 */
static bool was_asked(const struct wamp_peer *p, uint64_t id)
{
    return id <= p->session.last_request;
}

bool wamp_request_answered(struct wamp_peer *p, const struct wamp_msg *m)
{
    struct request *r = wamp_request_find(p, m->request);
    if (!r)
        return was_asked(p, m->request);
    if (r->type != request_of(m->type))
        return false;
    wamp_request_close(p, r);
    r->end(p, r, WAMP_OK, m);
    return true;
}

bool wamp_request_refused(struct wamp_peer *p, const struct wamp_msg *m)
{
    struct request *r = wamp_request_find(p, m->request);
    if (!r)
        return was_asked(p, m->request);
    if (r->type != (enum wamp_type)m->request_type)
        return false;
    wamp_request_close(p, r);
    r->end(p, r, str_eq(m->uri, STR("wamp.error.timeout")) ? WAMP_E_TIMEOUT : WAMP_E_REMOTE, m);
    return true;
}
