#include "realms/calls.h"

#include "common/clear.h"
#include "common/mem.h"
#include "realms/authorization.h"
#include "realms/ended.h"
#include "realms/inner.h"
#include "realms/kept.h"
#include "realms/meta.h"
#include "realms/passthru.h"
#include "realms/send.h"

enum {
    TIMEOUT_GRACE_MS = 50,  /* a timeout is never early, and late enough for the caller's own timer. spec: W-35 */
    SPARE_MAX = 1024,       /* call objects kept for reuse, so that a call allocates nothing */
};
#define TIMEOUT_MAX_MS (INT64_C(1) << 40)  /* 34 years: more would overflow a deadline */

/* --- calls ---------------------------------------------------------------------------------------------- */

static struct call *find_call(struct realm *r, uint64_t session, uint64_t request)
{
    struct call *call = NULL;
    uint64_t key[2] = {session, request};
    HASH_FIND(hh, r->dealer.calls, key, sizeof key, call);
    return call;
}

static struct call *find_invocation(struct session *callee, uint64_t invocation)
{
    struct call *call = NULL;
    uint64_t key[2] = {callee->id, invocation};
    HASH_FIND(by_invocation, callee->realm->dealer.invocations, key, sizeof key, call);
    return call;
}

static struct call *call_alloc(struct dealer *d)
{
    struct list *n = list_first(&d->spare);
    if (!n)
        return wamp_zalloc(sizeof(struct call));
    list_remove(n);
    d->spare_count--;
    struct call *call = list_entry(n, struct call, by_caller);
    wamp_clear(call, sizeof *call);
    return call;
}

static void call_recycle(struct dealer *d, struct call *call)
{
    if (d->spare_count >= SPARE_MAX) {
        wamp_free(call);
        return;
    }
    list_insert_before(d->spare.next, &call->by_caller);  /* used again first: it is still in the cache */
    d->spare_count++;
}

bool calls_init(struct realm *r)
{
    struct dealer *d = &r->dealer;
    struct call *anchor = d->anchor = wamp_zalloc(sizeof *anchor);
    if (!anchor)
        return false;
    list_init(&d->spare);
    HASH_ADD(hh, d->calls, caller_key, sizeof anchor->caller_key, anchor);
    HASH_ADD(by_invocation, d->invocations, callee_key, sizeof anchor->callee_key, anchor);
    return anchor->hh.tbl && anchor->by_invocation.tbl;
}

size_t realm_call_count(const struct realm *r)
{
    return HASH_COUNT(r->dealer.calls) - 1;  /* without the anchor */
}

/* All calls have ended, with the sessions that made them. */
void calls_fini(struct realm *r)
{
    struct dealer *d = &r->dealer;
    for (struct list *n; (n = list_first(&d->spare));) {
        list_remove(n);
        wamp_free(list_entry(n, struct call, by_caller));
    }
    HASH_CLEAR(hh, d->calls);
    HASH_CLEAR(by_invocation, d->invocations);
    wamp_free(d->anchor);
    kept_pool_fini(&d->kept);
}

/* CALL.Options.timeout in milliseconds. spec: A-TMO-01 */
static wamp_ms timeout_of(const struct realm *r, const struct wamp_options *o)
{
    uint64_t unit = r->rules->timeout_in_seconds ? 1000 : 1;
    return o->timeout > TIMEOUT_MAX_MS / unit ? TIMEOUT_MAX_MS : (wamp_ms)(o->timeout * unit);
}

/* A CALL that has been authorized. */
struct asked {
    const struct wamp_msg *m;
    uint64_t hash;  /* of the procedure, where that may be needed */
    struct grant grant;
};

static struct call *call_new(struct session *s, const struct asked *asked, const struct registration *reg)
{
    struct realm *r = s->realm;
    const struct wamp_msg *m = asked->m;
    struct call *call = call_alloc(&r->dealer);
    if (!call)
        return NULL;
    call->caller_key.session = s->id;
    call->caller_key.request = m->request;
    HASH_ADD(hh, r->dealer.calls, caller_key, sizeof call->caller_key, call);
    if (!wamp_map_added(call)) {
        wamp_free(call);
        return NULL;
    }
    call->caller = s;
    call->registration = reg->id;
    call->procedure_hash = asked->hash;
    call->patterned = reg->match != WAMP_MATCH_EXACT;
    call->receive_progress = m->opt.receive_progress;
    call->asks_disclosure = m->opt.disclose_me;
    call->is_disclosed = asked->grant.discloses;
    call->open = m->opt.progress;
    call->timeout = timeout_of(r, &m->opt);
    call->deadline = r->now + call->timeout + TIMEOUT_GRACE_MS;
    call->trust = realm_trust_of(r, m->uri, s->authrole);
    list_add_tail(&s->calls, &call->by_caller);
    s->call_count++;
    r->counters.calls++;
    return call;
}

/* Watches over the deadline, unless the call has none. False: no memory. */
static bool timer_start(struct call *call)
{
    return !call->timeout || timers_set(&call->caller->realm->timers, &call->timer, call->deadline);
}

static void detach_callee(struct call *call)
{
    struct session *s = call->callee;
    if (!s)
        return;
    struct realm *r = s->realm;
    HASH_DELETE(by_invocation, r->dealer.invocations, call);
    list_remove(&call->by_callee);
    call->callee = NULL;
    if (!call->invoked)
        s->invocation_count--;  /* the id was the last one, and nobody has seen it */
    call->invoked = false;
    struct callee *callee = call->counted_by ? dealer_find_callee(r, call->registration, s->id) : NULL;
    if (callee && callee->number == call->counted_by)  /* it may have unregistered, and registered again */
        callee->busy--;
    call->counted_by = 0;
}

static void stop_waiting(struct call *call, struct registration *reg)
{
    call->is_waiting = false;
    list_remove(&call->waiting);
    reg->waiting_count--;
}

/* The caller has his answer, or is owed none: the call is no more. */
static void call_end(struct call *call)
{
    struct session *caller = call->caller;
    struct realm *r = caller->realm;
    bool makes_room = call->counted_by;
    struct registration *reg = makes_room || call->is_waiting ? dealer_find(r, call->registration) : NULL;
    if (call->is_waiting)
        stop_waiting(call, reg);
    detach_callee(call);
    timers_stop(&r->timers, &call->timer);
    HASH_DEL(r->dealer.calls, call);
    list_remove(&call->by_caller);
    caller->call_count--;
    if (call->open && !session_is_doomed(caller))
        ended_add(caller, call->caller_key.request, call->procedure_hash);
    if (caller == r->own_calls.session)
        own_call_over(r, call->caller_key.request);
    kept_free(&r->dealer.kept, call->kept);
    call_recycle(&r->dealer, call);
    if (makes_room && reg)
        calls_serve_waiting(r, reg);
}

#define fail(call, ...)                                                                                      \
    do {                                                                                                     \
        send_error((call)->caller, WAMP_CALL, (call)->caller_key.request, __VA_ARGS__);                      \
        call_end(call);                                                                                      \
    } while (0)

static bool can_interrupt(const struct call *call)
{
    return call->callee && wamp_announced(&call->callee->roles, CALLEE, call_canceling);
}

/* [INTERRUPT, INVOCATION.Request|id, {"mode": mode, "reason": reason}]   spec: A-CAN-15, T-06 */
static void interrupt(const struct call *call, enum wamp_mode mode, const char *reason)
{
    if (!call->invoked || !can_interrupt(call))
        return;
    struct session *s = call->callee;
    struct details d = {.count = 0};
    details_add_str(&d, STR("mode"), str_z(wamp_mode_name(mode)));
    details_add_str(&d, STR("reason"), str_z(reason));
    struct wamp_wr w = wamp_head_begin(&s->realm->head, s->ser, WAMP_INTERRUPT, 3, 0);
    wamp_wr_uint(&w, call->callee_key.invocation);
    details_write(&w, &d);
    struct wamp_frame f = wamp_head_end(&w, WAMP_INTERRUPT, 0, str_of("", 0));
    send_frame(s, &f);
}

/* The call ends with an ERROR, and a callee that goes on is told. */
#define give_up(call, ...)                                                                                   \
    do {                                                                                                     \
        interrupt(call, WAMP_MODE_KILLNOWAIT, "wamp.error.canceled");                                        \
        fail(call, __VA_ARGS__);                                                                             \
    } while (0)

/* Which error it is that a payload could not be put into somebody's serializer. spec: table 0.8 */
static const char *transcoding_error(enum wamp_err err)
{
    return err == WAMP_ERR_NOMEM ? "wamp.error.network_failure" : "wamp.error.invalid_argument";
}

/* --- INVOCATION ----------------------------------------------------------------------------------------- */

/* One CALL of a call, as it came or as it was kept; the options are those of the first one. spec: A-PCI-06 */
struct chunk {
    struct str uri;
    const struct passthru *passthru;
    const struct forward *forward;
    const struct wamp_payload *payload;
    bool progress;
};

static void invocation_details(const struct call *call, const struct chunk *chunk, struct details *d)
{
    const struct session *caller = call->caller;
    d->count = 0;
    if (call->disclosed) {  /* spec: A-CID-02 */
        details_add_uint(d, STR("caller"), caller->id);
        details_add_str(d, STR("caller_authid"), caller->authid);
        details_add_str(d, STR("caller_authrole"), caller->authrole);
    }
    if (call->trust != NO_TRUST)
        details_add_uint(d, STR("trustlevel"), (uint64_t)call->trust);
    if (call->patterned)
        details_add_str(d, STR("procedure"), chunk->uri);  /* spec: A-PBR-06 */
    if (call->forwards_timeout)
        details_add_uint(d, STR("timeout"), (uint64_t)call->timeout_told);
    if (call->forwards_progress)
        details_add_bool(d, STR("receive_progress"), true);
    if (chunk->progress)
        details_add_bool(d, STR("progress"), true);
    details_add_passthru(d, chunk->passthru);
    forward_add(caller->realm, chunk->forward, call->callee->ser, d);
}

/* An authenticator or authorizer that has enough to read for now. */
static bool is_asked_too_much(const struct call *call)
{
    const struct realm *r = call->callee->realm;
    return call->caller == r->own_calls.session && r->env.is_full && r->env.is_full(r->env.ctx, call->callee);
}

/* [INVOCATION, Request|id, REGISTERED.Registration|id, Details|dict (, Arguments, ArgumentsKw)]. When it cannot be sent
 * the call fails. spec: B-082, B-101 */
static bool send_invocation(struct call *call, const struct chunk *chunk)
{
    struct session *s = call->callee;
    struct realm *r = s->realm;
    struct details d;
    struct str tail;
    if (is_asked_too_much(call)) {
        give_up(call, "wamp.error.unavailable", "the callee is asked too much");
        return false;
    }
    wamp_buf_reset(&r->tail);
    enum wamp_err err = wamp_payload_tail(chunk->payload, s->ser, &r->tail, &tail);
    if (err) {
        give_up(call, transcoding_error(err), "the arguments cannot be sent in the callee's serializer %s: %s",
                wamp_ser_name(s->ser), wamp_err_text(err));
        return false;
    }
    invocation_details(call, chunk, &d);
    struct wamp_wr w = wamp_head_begin(&r->head, s->ser, WAMP_INVOCATION, 4, chunk->payload->arity);
    wamp_wr_uint(&w, call->callee_key.invocation);
    wamp_wr_uint(&w, call->registration);
    details_write(&w, &d);
    struct wamp_frame f = wamp_head_end(&w, WAMP_INVOCATION, chunk->payload->arity, tail);
    if (frame_too_big(s, &f)) {
        give_up(call, "wamp.error.payload_size_exceeded", "the callee takes messages of %zu octets", s->max_message);
        return false;
    }
    send_frame(s, &f);
    call->invoked = true;
    return true;
}

/* --- the call and its callee ---------------------------------------------------------------------------- */

/* spec: A-PCR-02, R-03 */
static bool takes_progress(const struct session *callee)
{
    return wamp_announced(&callee->roles, CALLEE, progressive_call_results) &&
           (!callee->realm->rules->progress_needs_canceling ||
            wamp_announced(&callee->roles, CALLEE, call_canceling));
}

/* What depends on who serves the call. */
static void settle_details(struct call *call, const struct callee *callee)
{
    const struct session *s = callee->session;
    const struct realm *r = s->realm;
    enum realm_disclosure policy = r->config.disclosure;
    bool is_own = call->caller == r->own_calls.session;  /* nobody; and it does not wait for good. spec: A-AZN-02 */
    call->disclosed = !is_own && (call->is_disclosed || policy == DISCLOSE_ALWAYS ||
                                  (policy == DISCLOSE_ON_REQUEST &&
                                   (call->asks_disclosure || callee->disclose_caller)));
    call->forwards_progress = call->receive_progress && takes_progress(s);
    call->forwards_timeout =
        !is_own && call->timeout && callee->forward_timeout && wamp_announced(&s->roles, CALLEE, call_timeout);
    /* The limit spans waiting and other callees' attempts: what is left of it. spec: A-RRT-05 */
    wamp_ms left = call->deadline - TIMEOUT_GRACE_MS - r->now;
    call->timeout_told = left > 0 ? left : 1;
}

/* Puts the call under way at callee; nothing is sent yet. False: no memory. */
static bool attach_callee(struct call *call, struct callee *callee)
{
    struct session *s = callee->session;
    struct dealer *d = &s->realm->dealer;
    call->callee_key.session = s->id;
    call->callee_key.invocation = session_nth_id(s->invocation_count + 1);
    HASH_ADD(by_invocation, d->invocations, callee_key, sizeof call->callee_key, call);
    if (!call->by_invocation.tbl)
        return false;
    s->invocation_count++;
    call->callee = s;
    list_add_tail(&s->invocations, &call->by_callee);
    if (callee->concurrency) {
        callee->busy++;
        call->counted_by = callee->number;
    }
    settle_details(call, callee);
    if (call->forwards_timeout)
        timers_stop(&s->realm->timers, &call->timer);  /* the callee's job now. spec: A-TMO-04 */
    return call->forwards_timeout || timer_start(call);
}

/* Why callee cannot serve the call, or NULL. spec: A-PCI-04, R-04, A-PPT-06 */
static const char *lacks(const struct callee *callee, bool progressive, bool passthru)
{
    const struct session *s = callee->session;
    bool takes_chunks = wamp_announced(&s->roles, CALLEE, progressive_call_invocations) &&
                        (!s->realm->rules->progressive_calls_need_canceling ||
                         wamp_announced(&s->roles, CALLEE, call_canceling));
    if (progressive && !takes_chunks)
        return "progressive call invocations";
    if (passthru && !wamp_announced(&s->roles, CALLEE, payload_passthru_mode))
        return "payload passthru mode";
    return NULL;
}

/* Sends out all CALLs that were kept, in order. */
static void send_kept(struct call *call)
{
    struct kept *k = call->kept;
    call->progressed = k->chunk_count > 1;
    for (struct list *n = list_first(&k->chunks); n; n = list_next(&k->chunks, n)) {
        const struct kept_chunk *c = list_entry(n, struct kept_chunk, link);
        struct chunk chunk = {k->uri, &k->passthru, &k->forward, &c->payload, c->progress};
        if (!send_invocation(call, &chunk))
            return;
    }
}

/* Starts a call whose CALLs were kept. */
static void start_kept(struct call *call, struct callee *callee)
{
    const struct kept *k = call->kept;
    const struct kept_chunk *first = list_entry(list_first(&k->chunks), struct kept_chunk, link);
    const char *missing = lacks(callee, first->progress, passthru_is_active(&k->passthru));
    if (missing)
        fail(call, "wamp.error.feature_not_supported", "the callee does not support %s", missing);
    else if (!attach_callee(call, callee))
        fail(call, "wamp.error.network_failure", "out of memory");
    else
        send_kept(call);
}

/* --- calls that wait for a callee ----------------------------------------------------------------------- */

static bool was_tried(const struct callee *callee, const void *call)
{
    const struct kept *k = ((const struct call *)call)->kept;
    return k && kept_has_tried(k, callee->key.session);
}

static bool anyone_untried(const struct registration *reg, const struct call *call)
{
    for (uint32_t i = 0; i < reg->count; i++)
        if (!was_tried(reg->callees[i], call) && !session_is_doomed(reg->callees[i]->session))
            return true;
    return false;
}

static void wait_for_room(struct call *call, struct registration *reg)
{
    call->is_waiting = true;
    list_add_tail(&reg->waiting, &call->waiting);
    reg->waiting_count++;
}

void calls_serve_waiting(struct realm *r, struct registration *reg)
{
    struct list *next;
    if (reg->serving)
        return;  /* what ends as soon as it is served makes room for the next one in the loop below */
    reg->serving = true;
    for (struct list *n = list_first(&reg->waiting); n; n = next) {
        struct call *call = list_entry(n, struct call, waiting);
        next = list_next(&reg->waiting, n);
        if (session_is_doomed(call->caller))
            continue;  /* about to end */
        struct callee *callee = dealer_pick(r, reg, was_tried, call);
        if (callee) {
            stop_waiting(call, reg);
            start_kept(call, callee);
        } else if (!call->kept->tried_count) {
            break;  /* nobody has room, whoever waits */
        }
    }
    reg->serving = false;
}

void calls_callee_gone(struct registration *reg)
{
    struct list *next;
    for (struct list *n = list_first(&reg->waiting); n; n = next) {
        struct call *call = list_entry(n, struct call, waiting);
        next = list_next(&reg->waiting, n);
        if (reg->count == 0)
            fail(call, "wamp.error.no_such_procedure", "the last callee left before it had room for this call");
        else if (call->kept->tried_count && !anyone_untried(reg, call))
            fail(call, "wamp.error.no_available_callee", "all callees are unavailable");
    }
}

/* --- CALL ----------------------------------------------------------------------------------------------- */

/* Errors about a CALL that makes no call. Later chunks of it are expected and discarded. spec: R-02 */
#define refuse(s, m, hash, ...)                                                                              \
    do {                                                                                                     \
        send_error(s, WAMP_CALL, (m)->request, __VA_ARGS__);                                                 \
        if ((m)->opt.progress)                                                                               \
            ended_add(s, (m)->request, hash);                                                                \
    } while (0)

/* May the callee refuse, and another one take over? spec: A-RRT-02 */
static bool may_reroute(const struct callee *callee)
{
    return callee->registration->invoke != WAMP_INVOKE_SINGLE &&
           wamp_announced(&callee->session->roles, CALLEE, call_reroute);
}

/* Keeps of m what the call will need later: all of it where it waits or another callee may have to take it, the
 * options where further chunks follow that must have the same. */
static enum wamp_err keep(struct call *call, const struct wamp_msg *m, const struct chunk *chunk,
                          const struct callee *callee)
{
    struct kept_pool *pool = &call->caller->realm->dealer.kept;
    bool whole = !callee || may_reroute(callee);
    bool options = m->opt.progress && (passthru_is_active(chunk->passthru) || chunk->forward->count);
    if (!whole && !options)
        return WAMP_ERR_NONE;
    call->kept = kept_new(pool, m, chunk->forward);
    if (!call->kept)
        return WAMP_ERR_NOMEM;
    enum wamp_err err = whole ? kept_add(pool, call->kept, m) : WAMP_ERR_NONE;
    /* A call under way that is not kept can only not be re-routed. */
    return callee && err == WAMP_ERR_TOOBIG ? WAMP_ERR_NONE : err;
}

static const char *busy_error(const struct realm *r)
{
    return r->rules->busy_is_max_concurrency ? "crossbar.error.max_concurrency_reached" : "wamp.error.unavailable";
}

/* callee NULL: all of them are busy. */
static void start_call(struct session *s, const struct asked *asked, struct registration *reg, struct callee *callee)
{
    const struct wamp_msg *m = asked->m;
    struct passthru passthru = passthru_of(&m->opt);
    struct forward forward;
    forward_pick(s, m, &forward);
    struct chunk chunk = {m->uri, &passthru, &forward, &m->payload, m->opt.progress};
    struct call *call = call_new(s, asked, reg);
    enum wamp_err err = call ? keep(call, m, &chunk, callee) : WAMP_ERR_NOMEM;
    if (!err && !(callee ? attach_callee(call, callee) : timer_start(call)))
        err = WAMP_ERR_NOMEM;
    if (err == WAMP_ERR_TOOBIG) {
        fail(call, busy_error(s->realm), "all callees are busy, and too much waits for them already");
    } else if (err) {
        if (call)
            call_end(call);
        session_doom(s, CLOSE_NOMEM);
    } else if (callee) {
        send_invocation(call, &chunk);
    } else {
        wait_for_room(call, reg);
    }
}

/* spec: B-081, A-CID-03, T-60 */
static void new_call(struct session *s, const struct asked *asked)
{
    struct realm *r = s->realm;
    const struct realm_config *config = &r->config;
    const struct wamp_msg *m = asked->m;
    uint64_t hash = asked->hash;
    if (m->opt.disclose_me && !asked->grant.discloses && config->disclosure == DISCLOSE_NEVER &&
        !r->rules->disclose_me_never_refused) {
        refuse(s, m, hash, "wamp.error.option_disallowed.disclose_me", "this realm does not disclose callers");
        return;
    }
    struct registration *reg = uri_index_best(&r->dealer.procedures, m->uri);
    if (!reg) {
        refuse(s, m, hash, "wamp.error.no_such_procedure", "no callee registered for procedure <%.*s>",
               STR_ARG(m->uri));
        return;
    }
    if (s->call_count >= config->max_calls_per_session && s != r->own_calls.session) {
        r->counters.calls_refused++;
        refuse(s, m, hash, "wampd.error.limit_exceeded", "a session may have %u calls under way",
               config->max_calls_per_session);
        return;
    }
    struct callee *callee = dealer_pick(r, reg, NULL, NULL);
    const char *missing = callee ? lacks(callee, m->opt.progress, m->opt.ppt_scheme.len > 0) : NULL;
    if (missing) {
        refuse(s, m, hash, "wamp.error.feature_not_supported", "the callee does not support %s", missing);
    } else if (!callee && reg->waiting_count >= config->max_waiting_calls) {
        r->counters.calls_refused++;
        refuse(s, m, hash, busy_error(r), "all callees are busy and %u calls wait", reg->waiting_count);
    } else {
        start_call(s, asked, reg, callee);
    }
}

/* A further CALL with the id of a call under way. spec: A-PCI-01..A-PCI-11, R-02 */
static void continue_call(struct session *s, struct call *call, const struct wamp_msg *m, uint64_t hash)
{
    static const struct passthru no_passthru;
    static const struct forward no_forward;
    struct kept *k = call->kept;
    if (!call->open || call->procedure_hash != hash) {
        realm_abort(s, "CALL: request id is that of a call under way");
        return;
    }
    call->open = m->opt.progress;
    if (call->is_waiting) {
        if (kept_add(&s->realm->dealer.kept, k, m))
            fail(call, "wampd.error.limit_exceeded", "too much was sent while the call waits for a callee");
        return;
    }
    call->progressed = true;
    struct chunk chunk = {m->uri, k ? &k->passthru : &no_passthru, k ? &k->forward : &no_forward, &m->payload,
                          m->opt.progress};
    send_invocation(call, &chunk);
}

/* The URI is judged whatever the id says. Where that is of a call under way, this ERROR is the end of it: there can be
 * no other. spec: R-09, A-PCI-14, B-085 */
static void refuse_uri(struct session *s, const struct wamp_msg *m)
{
    struct call *call = find_call(s->realm, s->id, m->request);
    if (call)
        give_up(call, "wamp.error.invalid_uri", "not a valid procedure");
    else
        send_error(s, WAMP_CALL, m->request, "wamp.error.invalid_uri", "not a valid procedure");
}

/* The procedures of the router answer at once, and look at what they are given. spec: B-056 */
static void meta_call(struct session *s, const struct asked *asked)
{
    const struct wamp_msg *m = asked->m;
    if (m->opt.progress || m->opt.ppt_scheme.len)
        refuse(s, m, asked->hash, "wamp.error.feature_not_supported", "procedures of the router do not support %s",
               m->opt.progress ? "progressive call invocations" : "payload passthru mode");
    else
        meta_on_call(s, m, &asked->grant);
}

/* spec: A-AZN-03 */
static void begin_call(struct session *s, const struct wamp_msg *m, uint64_t hash)
{
    struct asked asked = {.m = m, .hash = hash};
    enum access access = authorize_message(s, m, ACTION_CALL, &asked.grant);
    if (access == ACCESS_REFUSED && m->opt.progress)
        ended_add(s, m->request, hash);
    if (access != ACCESS_GRANTED)
        return;
    if (wamp_uri_is_reserved(m->uri))
        meta_call(s, &asked);
    else
        new_call(s, &asked);
}

/* What a later chunk of a progressive call is known by, besides the id. */
static uint64_t hash_of(const struct wamp_msg *m)
{
    return wamp_siphash(m->uri.ptr, m->uri.len);
}

bool calls_is_under_way(const struct session *s, uint64_t request)
{
    return find_call(s->realm, s->id, request) != NULL;
}

bool calls_may_follow(const struct session *s, const struct wamp_msg *m)
{
    const struct call *call = find_call(s->realm, s->id, m->request);
    return !call || (call->open && call->procedure_hash == hash_of(m));
}

bool calls_has_begun(struct session *s, const struct wamp_msg *m)
{
    return find_call(s->realm, s->id, m->request) || ended_knows(s, m->request, hash_of(m));
}

/* [CALL, Request|id, Options|dict, Procedure|uri (, Arguments, ArgumentsKw)]   spec: B-081, B-082, B-091 */
void calls_on_call(struct session *s, const struct wamp_msg *m)
{
    struct realm *r = s->realm;
    if (!passthru_ok(s, m, wamp_announced(&s->roles, CALLER, payload_passthru_mode)))
        return;
    if (!wamp_uri_ok(m->uri, r->config.uri_rule)) {
        refuse_uri(s, m);
        return;
    }
    struct call *call = s->call_count ? find_call(r, s->id, m->request) : NULL;
    uint64_t hash = m->opt.progress || call || s->ended_call_count ? hash_of(m) : 0;
    if (call)
        continue_call(s, call, m, hash);
    else if (s->ended_call_count && ended_takes(s, m, hash))
        return;
    else if (m->opt.progress && r->rules->progressive_calls_need_announcement &&
             !wamp_announced(&s->roles, CALLER, progressive_call_invocations))
        realm_abort(s, "CALL: progress without having announced progressive_call_invocations");
    else
        begin_call(s, m, hash);
}

/* --- the caller changes its mind, time is up, somebody leaves ------------------------------------------- */

/* [CANCEL, CALL.Request|id, Options|dict]   spec: A-CAN-01..A-CAN-14, R-05 */
void calls_on_cancel(struct session *s, const struct wamp_msg *m)
{
    const struct rules *rules = s->realm->rules;
    struct call *call = find_call(s->realm, s->id, m->request);
    if (!call || call->killing)
        return;  /* spec: A-CAN-09, A-CAN-10 */
    enum wamp_mode mode = can_interrupt(call) ? m->opt.mode : WAMP_MODE_SKIP;  /* spec: A-CAN-03 */
    bool answered = rules->cancel_answers_silent_callers || wamp_announced(&s->roles, CALLER, call_canceling);
    if (mode == WAMP_MODE_SKIP && rules->cancel_skip_is_silent)
        answered = false;
    if (mode != WAMP_MODE_SKIP)
        interrupt(call, mode, "wamp.error.canceled");
    if (!answered)
        call_end(call);
    else if (mode == WAMP_MODE_KILL)
        call->killing = true;  /* the callee's answer decides. spec: A-CAN-06 */
    else
        fail(call, "wamp.error.canceled", "canceled by the caller");
}

/* spec: A-TMO-02, A-TMO-03, A-TMO-09 */
void calls_expire(struct realm *r, struct timer *timer)
{
    struct call *call = (struct call *)((char *)timer - offsetof(struct call, timer));
    const char *error = r->rules->timeout_is_canceled ? "wamp.error.canceled" : "wamp.error.timeout";
    r->counters.calls_timed_out++;
    if (!call->killing)
        interrupt(call, WAMP_MODE_KILLNOWAIT, "wamp.error.timeout");
    fail(call, error, "no answer within %lld ms", (long long)call->timeout);
}

void calls_end_stream(struct session *s, enum wamp_type stream, uint64_t request)
{
    struct call *call = stream == WAMP_CALL ? find_call(s->realm, s->id, request) : find_invocation(s, request);
    if (call)
        give_up(call, "wamp.error.canceled", "receiver too slow");
}

void calls_leave(struct session *s)
{
    for (struct list *n; (n = list_first(&s->calls));) {
        struct call *call = list_entry(n, struct call, by_caller);
        if (!call->killing)
            interrupt(call, WAMP_MODE_KILLNOWAIT, "wamp.error.canceled");  /* spec: B-092, T-08 */
        call_end(call);
    }
    for (struct list *n; (n = list_first(&s->invocations));) {
        struct call *call = list_entry(n, struct call, by_callee);
        fail(call, "wamp.error.canceled", "callee disconnected");  /* spec: B-094, T-09 */
    }
    ended_free(s);
}

/* --- answers of the callee ------------------------------------------------------------------------------ */

/* The call that a YIELD or ERROR is about. NULL: it is to be dropped, or the callee was aborted. spec: B-036, R-06 */
static struct call *answered_call(struct session *s, const struct wamp_msg *m)
{
    struct call *call = find_invocation(s, m->request);
    if (!call && m->request > s->invocation_count)
        realm_abort(s, "%s: no such INVOCATION was sent to this session", wamp_type_name(m->type));
    return call;
}

/* The caller's share of an answer that cannot reach him; a callee with more to say is told that it is over. */
#define give_up_answer(call, m, ...)                                                                         \
    do {                                                                                                     \
        if ((m)->opt.progress)                                                                               \
            give_up(call, __VA_ARGS__);                                                                      \
        else                                                                                                 \
            fail(call, __VA_ARGS__);                                                                         \
    } while (0)

/* The tail of an answer in the caller's serializer; false: the call was ended. spec: table 0.8, A-PPT-07 */
static bool answer_tail(struct call *call, const struct wamp_msg *m, struct str *tail)
{
    struct session *caller = call->caller;
    struct realm *r = caller->realm;
    if (m->opt.ppt_scheme.len && !wamp_announced(&caller->roles, CALLER, payload_passthru_mode)) {
        give_up_answer(call, m, "wamp.error.feature_not_supported",
                       "the callee answered in payload passthru mode, which the caller did not announce");
        return false;
    }
    wamp_buf_reset(&r->tail);
    enum wamp_err err = wamp_payload_tail(&m->payload, caller->ser, &r->tail, tail);
    if (err)
        give_up_answer(call, m, transcoding_error(err), "the answer cannot be sent in the caller's serializer %s: %s",
                       wamp_ser_name(caller->ser), wamp_err_text(err));
    return !err;
}

/* Hands the answer to the caller, if it fits. False: the call was ended. spec: B-101 */
static bool give_answer(struct call *call, const struct wamp_msg *m, const struct wamp_frame *f)
{
    if (frame_too_big(call->caller, f)) {
        give_up_answer(call, m, "wamp.error.payload_size_exceeded",
                       "the answer does not fit the caller's limit of %zu octets", call->caller->max_message);
        return false;
    }
    send_frame(call->caller, f);
    return true;
}

/* Whether a progressive YIELD may pass. spec: A-PCR-03, A-PCR-07, R-03 */
static bool wants_progress(const struct call *call)
{
    const struct rules *rules = call->caller->realm->rules;
    return rules->progress_needs_announcement ? call->forwards_progress : call->receive_progress;
}

/* [RESULT, CALL.Request|id, Details|dict (, Arguments, ArgumentsKw)]. False: the call was ended. */
static bool send_result(struct call *call, const struct wamp_msg *m, struct str tail)
{
    struct session *caller = call->caller;
    struct realm *r = caller->realm;
    struct passthru passthru = passthru_of(&m->opt);
    struct forward forward;
    struct details d;
    d.count = 0;
    if (m->opt.progress)
        details_add_bool(&d, STR("progress"), true);
    details_add_passthru(&d, &passthru);
    forward_pick(call->callee, m, &forward);
    forward_add(r, &forward, caller->ser, &d);
    struct wamp_wr w = wamp_head_begin(&r->head, caller->ser, WAMP_RESULT, 3, m->payload.arity);
    wamp_wr_uint(&w, call->caller_key.request);
    details_write(&w, &d);
    struct wamp_frame f = wamp_head_end(&w, WAMP_RESULT, m->payload.arity, tail);
    return give_answer(call, m, &f);
}

/* [YIELD, INVOCATION.Request|id, Options|dict (, Arguments, ArgumentsKw)]   spec: B-084, A-PCR-04, A-PCR-05 */
void calls_on_yield(struct session *s, const struct wamp_msg *m)
{
    struct str tail;
    if (!passthru_ok(s, m, wamp_announced(&s->roles, CALLEE, payload_passthru_mode)))
        return;
    struct call *call = answered_call(s, m);
    if (!call || (m->opt.progress && !wants_progress(call)))
        return;
    if (!answer_tail(call, m, &tail) || !send_result(call, m, tail))
        return;
    if (!m->opt.progress) {
        call_end(call);
        return;
    }
    call->progressed = true;
    call->deadline = s->realm->now + call->timeout + TIMEOUT_GRACE_MS;  /* the limit is per gap. spec: A-TMO-08 */
    if (call->timer.place)
        timer_start(call);
}

/* The callee is unavailable: another one, as if this one had not been there. spec: A-RRT-02..A-RRT-06, R-10 */
static void reroute(struct call *call)
{
    struct realm *r = call->caller->realm;
    struct registration *reg = dealer_find(r, call->registration);
    struct kept *k = call->kept;
    if (call->killing) {
        fail(call, "wamp.error.canceled", "canceled by the caller");
        return;
    }
    if (!reg || call->progressed || !k || !k->chunk_count || !kept_add_tried(k, call->callee_key.session)) {
        fail(call, "wamp.error.no_available_callee", "the callee is unavailable");
        return;
    }
    bool makes_room = call->counted_by;
    detach_callee(call);
    struct callee *callee = dealer_pick(r, reg, was_tried, call);
    if (callee)
        start_kept(call, callee);
    else if (anyone_untried(reg, call) && timer_start(call))
        wait_for_room(call, reg);
    else
        fail(call, "wamp.error.no_available_callee", "all callees are unavailable");
    if (makes_room)
        calls_serve_waiting(r, reg);
}

/* [ERROR, CALL, CALL.Request|id, Details|dict, Error|uri (, Arguments, ArgumentsKw)]. False: the call was ended. */
static bool send_callee_error(struct call *call, const struct wamp_msg *m, struct str tail)
{
    struct session *caller = call->caller;
    struct realm *r = caller->realm;
    struct passthru passthru = passthru_of(&m->opt);
    struct details d = {.count = 0};
    details_add_passthru(&d, &passthru);
    /* A malformed error URI fails the call all the same, under a URI that the caller's parser takes. spec: 0.5.3 */
    struct str uri = wamp_uri_ok(m->uri, r->config.uri_rule) ? m->uri : STR("wamp.error.invalid_uri");
    struct wamp_wr w = wamp_head_begin(&r->head, caller->ser, WAMP_ERROR, 5, m->payload.arity);
    wamp_wr_uint(&w, WAMP_CALL);
    wamp_wr_uint(&w, call->caller_key.request);
    details_write(&w, &d);
    wamp_wr_str(&w, uri);
    struct wamp_frame f = wamp_head_end(&w, WAMP_ERROR, m->payload.arity, tail);
    return give_answer(call, m, &f);
}

/* [ERROR, INVOCATION, INVOCATION.Request|id, Details|dict, Error|uri (, Arguments, ArgumentsKw)]
 * spec: B-084, A-PCR-06, A-RRT-04 */
void calls_on_error(struct session *s, const struct wamp_msg *m)
{
    struct str tail;
    if (m->request_type != WAMP_INVOCATION) {
        realm_abort(s, "ERROR: a client answers INVOCATION only");
        return;
    }
    if (!passthru_ok(s, m, wamp_announced(&s->roles, CALLEE, payload_passthru_mode)))
        return;
    struct call *call = answered_call(s, m);
    if (!call)
        return;
    if (str_eq(m->uri, STR("wamp.error.unavailable")) && wamp_announced(&s->roles, CALLEE, call_reroute))
        reroute(call);
    else if (answer_tail(call, m, &tail) && send_callee_error(call, m, tail))
        call_end(call);
}
