#include "client/offer.h"

#include "client/build.h"
#include "client/message.h"
#include "client/peer.h"
#include "common/mem.h"
#include "common/uri.h"

#include <inttypes.h>
#include <stdio.h>

enum { SESSION_TEXT = sizeof ".9007199254740992" };

static bool is_procedure(const struct offer *o)
{
    return o->member.kind == WAMP_MEMBER_RPC;
}

static enum wamp_match match_of(const struct offer *o)
{
    return (enum wamp_match)o->member.match;
}
_Static_assert((int)WAMP_PREFIX == (int)WAMP_MATCH_PREFIX && (int)WAMP_WILDCARD == (int)WAMP_MATCH_WILDCARD,
               "public and internal match policies are the same numbers");
_Static_assert((int)WAMP_ROUNDROBIN == (int)WAMP_INVOKE_ROUNDROBIN &&
                   (int)WAMP_RANDOM == (int)WAMP_INVOKE_RANDOM && (int)WAMP_FIRST == (int)WAMP_INVOKE_FIRST &&
                   (int)WAMP_LAST == (int)WAMP_INVOKE_LAST,
               "public and internal invocation policies are the same numbers");

/* --- routes -------------------------------------------------------------------------------------------------- */

static struct route **table_of(struct wamp_peer *p, bool procedures)
{
    return procedures ? &p->offers.registrations : &p->offers.subscriptions;
}

static struct route *find_route(struct wamp_peer *p, bool procedures, uint64_t id)
{
    struct route *r = NULL;
    HASH_FIND(hh, *table_of(p, procedures), &id, sizeof id, r);
    return r;
}

static struct route *find_or_add_route(struct wamp_peer *p, bool procedures, uint64_t id)
{
    struct route **table = table_of(p, procedures);
    struct route *r = find_route(p, procedures, id);
    if (r)
        return r;
    r = wamp_zalloc(sizeof *r);
    if (!r)
        return NULL;
    r->id = id;
    list_init(&r->offers);
    HASH_ADD(hh, *table, id, sizeof r->id, r);
    if (wamp_map_added(r))
        return r;
    wamp_free(r);
    return NULL;
}

static void detach(struct wamp_peer *p, struct offer *o)
{
    struct route *r = o->route;
    if (!r)
        return;
    o->route = NULL;
    list_remove(&o->by_route);
    if (!list_is_empty(&r->offers))
        return;
    HASH_DELETE(hh, *table_of(p, is_procedure(o)), r);
    if (!is_procedure(o))
        p->offers.left[p->offers.left_next++ % LEFT_SUBSCRIPTIONS] = r->id;
    wamp_free(r);
}

/* --- life ---------------------------------------------------------------------------------------------------- */

static const char *last_component(const char *uri)
{
    const char *dot = strrchr(uri, '.');
    return dot ? dot + 1 : uri;
}

static wamp_rc check_member(struct wamp_peer *p, const wamp_member *m, const char *uri)
{
    const char *name = m->uri ? m->uri : "";
    bool rpc = m->kind == WAMP_MEMBER_RPC;
    if (rpc ? !m->proc : m->kind != WAMP_MEMBER_SUBSCRIBE || !m->on_event)
        return wamp_failure_set(&p->error, WAMP_E_ARGS, "%s: no function", name);
    if (rpc && *last_component(name) == '_')  /* spec: S-39 */
        return wamp_failure_set(&p->error, WAMP_E_ARGS, "private name: %s", name);
    if ((unsigned)m->match > WAMP_WILDCARD || (unsigned)m->invoke > WAMP_LAST || m->concurrency < 0)
        return wamp_failure_set(&p->error, WAMP_E_ARGS, "%s: match, invoke or concurrency is out of range", name);
    if (!wamp_uri_pattern_ok(str_z(uri), (enum wamp_match)m->match, WAMP_URI_LOOSE))
        return wamp_failure_set(&p->error, WAMP_E_ARGS, "'%s' is no URI", uri);
    return WAMP_OK;
}

/* sig and doc in one block of the offer's own. */
static bool own_texts(struct offer *o)
{
    const char *sig = o->member.sig, *doc = o->member.doc;
    size_t sig_size = sig ? strlen(sig) + 1 : 0, doc_size = doc ? strlen(doc) + 1 : 0;
    if (!sig && !doc)
        return true;
    o->own = wamp_alloc(sig_size + doc_size);
    if (!o->own)
        return false;
    if (sig)
        o->member.sig = memcpy(o->own, sig, sig_size);
    if (doc)
        o->member.doc = memcpy(o->own + sig_size, doc, doc_size);
    return true;
}

struct offer *wamp_offer_new(struct wamp_peer *p, const char *prefix, const wamp_member *member, void *self)
{
    const char *name = member->uri ? member->uri : "", *dot = *prefix ? "." : "";
    size_t size = strlen(prefix) + strlen(dot) + strlen(name) + 1;
    struct offer *o = wamp_zalloc(sizeof *o + size + SESSION_TEXT);
    if (!o) {
        wamp_failure_set(&p->error, WAMP_E_NOMEM, "out of memory");
        return NULL;
    }
    snprintf(o->uri, size, "%s%s%s", prefix, dot, name);
    o->stem = size - 1;
    o->member = *member;
    o->self = self;
    if (check_member(p, member, o->uri)) {
        wamp_free(o);
        return NULL;
    }
    if (!own_texts(o)) {
        wamp_failure_set(&p->error, WAMP_E_NOMEM, "out of memory");
        wamp_free(o);
        return NULL;
    }
    o->serial = ++p->offers.last_serial;
    list_add_tail(&p->offers.all, &o->link);
    return o;
}

void wamp_offer_drop(struct wamp_peer *p, struct offer *o)
{
    wamp_request_close(p, &o->request);
    list_remove(&o->link);
    detach(p, o);
    wamp_mount_unref(o->mount);
    wamp_free(o->own);
    wamp_free(o);
}

struct offer *wamp_offer_find(struct wamp_peer *p, uint64_t serial)
{
    for (struct list *n = list_first(&p->offers.all); n; n = list_next(&p->offers.all, n)) {
        struct offer *o = list_entry(n, struct offer, link);
        if (o->serial == serial)
            return o;
    }
    return NULL;
}

void wamp_offers_fini(struct wamp_peer *p)
{
    for (struct list *n; (n = list_first(&p->offers.all));)
        wamp_offer_drop(p, list_entry(n, struct offer, link));
    for (struct list *n; (n = list_first(&p->offers.mounts));) {
        list_remove(n);
        wamp_mount_unref(list_entry(n, struct mount, link));
    }
}

/* --- asking the router --------------------------------------------------------------------------------------- */

static void satisfy(struct offer *o, wamp_rc rc)
{
    struct waiter *w = o->waiter;
    o->waiter = NULL;
    if (!w)
        return;
    w->left--;
    if (!w->rc)
        w->rc = rc;
}

/* One of those sent when joining. A refusal means that the peer cannot do what it is for. */
static void joined_with(struct wamp_peer *p, wamp_rc rc)
{
    p->offers.outstanding--;
    if (rc && p->phase == PHASE_OFFERING) {
        wamp_failure_copy(&p->lost, &p->error);
        p->lost.e.rc = rc == WAMP_E_REMOTE ? WAMP_E_REFUSED : rc;
        wamp_session_quit(p);
    } else if (!p->offers.outstanding && p->phase == PHASE_OFFERING) {
        wamp_peer_offered(p);
    }
}

static struct offer *offer_of(struct request *r)
{
    return list_entry(r, struct offer, request);
}

static void confirmed(struct wamp_peer *p, struct request *request, wamp_rc rc, const struct wamp_msg *m)
{
    struct offer *o = offer_of(request);
    if (rc)
        wamp_request_failure(p, rc, m, &p->error);
    else
        o->route = find_or_add_route(p, is_procedure(o), m->id);
    if (!rc && !o->route)
        rc = wamp_failure_set(&p->error, WAMP_E_NOMEM, "out of memory");
    if (o->route)
        list_add_tail(&o->route->offers, &o->by_route);
    if (o->waiter)
        satisfy(o, rc);
    else
        joined_with(p, rc);
}

static void put_options(const struct offer *o, struct dict_build *dict)
{
    const wamp_member *m = &o->member;
    if (m->match)
        wamp_dict_put_str(dict, "match", wamp_match_name(match_of(o)));
    if (!is_procedure(o)) {
        wamp_dict_put_true(dict, "get_retained", m->get_retained);
        return;
    }
    if (m->invoke)
        wamp_dict_put_str(dict, "invoke", wamp_invoke_name((enum wamp_invoke)m->invoke));
    if (m->concurrency)
        wamp_dict_put_uint(dict, "concurrency", (uint64_t)m->concurrency);
    wamp_dict_put_true(dict, "disclose_caller", m->disclose_caller);
    wamp_dict_put_true(dict, "forward_timeout", m->forward_timeout);
    wamp_dict_put_true(dict, "force_reregister", m->force);
    wamp_dict_put_str(dict, "_doc", m->doc);
}

static wamp_rc send_offer(struct wamp_peer *p, struct offer *o)
{
    struct dict_build dict = {.arena = &p->out};
    enum wamp_type type = is_procedure(o) ? WAMP_REGISTER : WAMP_SUBSCRIBE;
    if (o->member.per_session)
        snprintf(o->uri + o->stem, SESSION_TEXT, ".%" PRIu64, p->session.id);
    wamp_arena_reset(&p->out);
    put_options(o, &dict);
    if (dict.failed)
        return wamp_failure_set(&p->error, WAMP_E_NOMEM, "out of memory");
    wamp_rc rc = wamp_request_open(p, &o->request, type, confirmed);
    if (rc)
        return rc;
    struct wamp_value options = wamp_dict_done(&dict);
    rc = wamp_emit(
        p, &(struct outgoing){.type = type, .request = o->request.id, .dict = &options, .text = str_z(o->uri)});
    if (!rc)
        return WAMP_OK;
    wamp_request_unsent(p, &o->request);
    return wamp_failure_set(&p->error, rc, "%s: %s", o->uri, wamp_rc_name(rc));
}

wamp_rc wamp_offers_send(struct wamp_peer *p)
{
    p->offers.outstanding = 0;
    for (struct list *n = list_first(&p->offers.all); n; n = list_next(&p->offers.all, n)) {
        wamp_rc rc = send_offer(p, list_entry(n, struct offer, link));
        if (rc)
            return rc;
        p->offers.outstanding++;
    }
    if (!p->offers.outstanding)
        wamp_peer_offered(p);
    return WAMP_OK;
}

static void wait_for(struct wamp_peer *p, struct offer *o, struct waiter *w)
{
    o->waiter = w;
    w->left++;
    wamp_request_expire(p, &o->request, p->config.opt.open_timeout_ms);
}

wamp_rc wamp_offer_send(struct wamp_peer *p, struct offer *o, struct waiter *w)
{
    wamp_rc rc = send_offer(p, o);
    if (!rc)
        wait_for(p, o, w);
    return rc;
}

/* --- taking back --------------------------------------------------------------------------------------------- */

static void withdrawn(struct wamp_peer *p, struct request *request, wamp_rc rc, const struct wamp_msg *m)
{
    struct offer *o = offer_of(request);
    if (rc)
        wamp_request_failure(p, rc, m, &p->error);
    satisfy(o, rc);
    wamp_offer_drop(p, o);
}

static bool is_alone(const struct offer *o)
{
    return o->route->offers.next == o->route->offers.prev;
}

wamp_rc wamp_offer_withdraw(struct wamp_peer *p, struct offer *o, struct waiter *w)
{
    enum wamp_type type = is_procedure(o) ? WAMP_UNREGISTER : WAMP_UNSUBSCRIBE;
    if (wamp_request_is_open(&o->request))
        return wamp_failure_set(&p->error, WAMP_E_STATE, "%s: the router has not answered yet", o->uri);
    if (!o->route || !is_alone(o) || !wamp_peer_is_on(p)) {  /* spec: B-073 */
        wamp_offer_drop(p, o);
        return WAMP_OK;
    }
    wamp_rc rc = wamp_request_open(p, &o->request, type, withdrawn);
    if (rc)
        return rc;
    rc = wamp_emit(p, &(struct outgoing){.type = type, .request = o->request.id, .id = o->route->id});
    if (rc) {
        wamp_request_unsent(p, &o->request);
        return wamp_failure_set(&p->error, rc, "%s: %s", o->uri, wamp_rc_name(rc));
    }
    wait_for(p, o, w);
    return WAMP_OK;
}

static bool has_all(void *arg)
{
    return ((struct waiter *)arg)->left == 0;
}

wamp_rc wamp_offers_wait(struct wamp_peer *p, struct waiter *w)
{
    wamp_wait(p, has_all, w, WAMP_NEVER);
    return w->rc;
}

/* --- the session is gone ------------------------------------------------------------------------------------- */

static void drop_routes(struct route **table)
{
    for (struct route *r; (r = *table);) {
        HASH_DELETE(hh, *table, r);
        for (struct list *n; (n = list_first(&r->offers));) {
            list_entry(n, struct offer, by_route)->route = NULL;
            list_remove(n);
        }
        wamp_free(r);
    }
}

void wamp_offers_lost(struct wamp_peer *p)
{
    struct list *next;
    drop_routes(&p->offers.registrations);
    drop_routes(&p->offers.subscriptions);
    for (struct list *n = list_first(&p->offers.all); n; n = next) {
        struct offer *o = list_entry(n, struct offer, link);
        next = list_next(&p->offers.all, n);
        if (o->temporary || (o->mount && o->mount->temporary))
            wamp_offer_drop(p, o);
    }
    for (struct list *n = list_first(&p->offers.mounts); n; n = next) {
        struct mount *m = list_entry(n, struct mount, link);
        next = list_next(&p->offers.mounts, n);
        if (!m->temporary)
            continue;
        list_remove(n);
        wamp_mount_unref(m);
    }
    memset(p->offers.left, 0, sizeof p->offers.left);
}

/* --- incoming ------------------------------------------------------------------------------------------------ */

struct offer *wamp_offer_of_registration(struct wamp_peer *p, uint64_t id)
{
    struct route *r = find_route(p, true, id);
    struct list *first = r ? list_first(&r->offers) : NULL;
    return first ? list_entry(first, struct offer, by_route) : NULL;
}

/* spec: B-039 */
static bool left_lately(const struct wamp_peer *p, uint64_t id)
{
    for (unsigned i = 0; i < LEFT_SUBSCRIPTIONS; i++)
        if (p->offers.left[i] == id)
            return true;
    return false;
}

/* The next handler of a subscription: found anew each time, because a handler may take back any offer, or end the
 * session. */
static struct offer *next_handler(struct wamp_peer *p, uint64_t subscription, uint64_t after)
{
    struct route *r = find_route(p, false, subscription);
    struct offer *next = NULL;
    for (struct list *n = r ? list_first(&r->offers) : NULL; n; n = list_next(&r->offers, n)) {
        struct offer *o = list_entry(n, struct offer, by_route);
        if (o->serial > after && (!next || o->serial < next->serial))
            next = o;
    }
    return next;
}

static void deliver(struct wamp_peer *p, wamp_event *ev)
{
    const char *topic = ev->topic;
    uint64_t session = p->session.id, last = 0;
    for (struct offer *o; p->session.id == session && (o = next_handler(p, ev->subscription, last));) {
        struct mount *mount = wamp_mount_ref(o->mount);
        last = o->serial;
        ev->topic = topic ? topic : o->uri;
        o->member.on_event(o->self, ev);
        wamp_mount_unref(mount);
    }
}

bool wamp_offers_event(struct wamp_peer *p, const struct wamp_msg *m)
{
    struct parts parts;
    if (!find_route(p, false, m->id))
        return left_lately(p, m->id);
    if (wamp_parts_read(m, &parts)) {  /* a gap that nobody sees would be worse */
        wamp_failure_set(&p->lost, WAMP_E_LOST, "out of memory for an event");
        wamp_peer_down(p, 1011);
        return true;
    }
    const wamp_val *topic = wamp_key(parts.details, "topic");
    wamp_event ev = {.peer = p,
                     .topic = topic ? wamp_str(topic) : NULL,
                     .subscription = m->id,
                     .publication = m->publication,
                     .args = parts.args,
                     .kwargs = parts.kwargs,
                     .details = parts.details};
    deliver(p, &ev);
    wamp_parts_clear(&parts);
    return true;
}

/* spec: A-RRV-03, A-SRV-03. What was declared stays declared: it is asked for again when the peer joins again. */
void wamp_offers_revoked(struct wamp_peer *p, const struct wamp_msg *m)
{
    bool procedures = m->type == WAMP_UNREGISTERED;
    uint64_t id = procedures ? m->opt.registration : m->opt.subscription;
    const wamp_hooks *hooks = &p->config.hooks;
    char uri[256] = "", reason[128];
    snprintf(reason, sizeof reason, "%.*s", STR_ARG(m->opt.reason));
    for (struct route *r; (r = find_route(p, procedures, id));) {
        struct offer *o = list_entry(list_first(&r->offers), struct offer, by_route);
        snprintf(uri, sizeof uri, "%s", o->uri);
        detach(p, o);
    }
    if (*uri && hooks->on_revoked)
        hooks->on_revoked(hooks->arg, p, procedures, uri, reason);
}
