#include "realms/calls.h"

#include "common/mem.h"
#include "realms/inner.h"
#include "realms/kept.h"
#include "realms/meta.h"
#include "realms/send.h"

enum {
    WAITING_MAX = 1000,            /* calls that wait for one registration. spec: R-12 */
    TIMEOUT_GRACE_MS = 20,         /* a timeout is never early, and late enough for the caller's own timer. spec: W-35 */
    ENDED_MAX = 1000,              /* progressive calls remembered per session. spec: R-02 */
    ENDED_MS = 60000,              /* and for how long */
    SPARE_MAX = 1024,              /* call objects kept for reuse, so that a call allocates nothing */
};
#define TIMEOUT_MAX_MS (INT64_C(1) << 40)  /* 34 years: more would overflow a deadline */

static const struct wamp_options no_options;

/* --- progressive calls that ended before their last chunk ------------------------------------------------------------------ */

/* What still arrives for them cannot be told from a new call by the id alone. spec: R-02 */
struct ended_call {
    struct list link;  /* session.ended_calls, oldest first */
    uint64_t request, procedure_hash;
    wamp_ms until;
};

static void ended_call_free(struct session *s, struct ended_call *e)
{
    list_remove(&e->link);
    s->ended_call_count--;
    wamp_free(e);
}

void ended_calls_free(struct session *s)
{
    for (struct list *n; (n = list_first(&s->ended_calls));)
        ended_call_free(s, list_entry(n, struct ended_call, link));
}

static void ended_call_add(struct session *s, uint64_t request, uint64_t procedure_hash)
{
    struct ended_call *e = wamp_zalloc(sizeof *e);
    if (!e)
        return;  /* then a late chunk makes a new call: a nuisance, no harm */
    e->request = request;
    e->procedure_hash = procedure_hash;
    e->until = s->realm->now + ENDED_MS;
    list_add_tail(&s->ended_calls, &e->link);
    if (++s->ended_call_count > ENDED_MAX)
        ended_call_free(s, list_entry(list_first(&s->ended_calls), struct ended_call, link));
}

/* Whether m is a late chunk of such a call; the last chunk makes it forgotten. */
static bool ended_call_takes(struct session *s, const struct wamp_msg *m, uint64_t procedure_hash)
{
    struct list *next;
    for (struct list *n = list_first(&s->ended_calls); n; n = next) {
        struct ended_call *e = list_entry(n, struct ended_call, link);
        next = list_next(&s->ended_calls, n);
        bool is_it = e->request == m->request && e->procedure_hash == procedure_hash && e->until > s->realm->now;
        if (e->until <= s->realm->now || (is_it && !m->opt.progress))
            ended_call_free(s, e);
        if (is_it)
            return true;
    }
    return false;
}

/* --- calls ------------------------------------------------------------------------------------------------------------------ */

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
    memset(call, 0, sizeof *call);
    return call;
}

static void call_recycle(struct dealer *d, struct call *call)
{
    if (d->spare_count >= SPARE_MAX) {
        wamp_free(call);
        return;
    }
    list_add_tail(&d->spare, &call->by_caller);
    d->spare_count++;
}

static struct call *call_new(struct session *s, const struct wamp_msg *m, const struct registration *reg, uint64_t hash)
{
    struct dealer *d = &s->realm->dealer;
    struct call *call = call_alloc(d);
    if (!call)
        return NULL;
    call->caller_key.session = s->id;
    call->caller_key.request = m->request;
    HASH_ADD(hh, d->calls, caller_key, sizeof call->caller_key, call);
    if (!wamp_map_added(call)) {
        wamp_free(call);
        return NULL;
    }
    call->caller = s;
    call->registration = reg->id;
    call->procedure_hash = hash;
    call->patterned = reg->match != WAMP_MATCH_EXACT;
    call->receive_progress = m->opt.receive_progress;
    call->asks_disclosure = m->opt.disclose_me;
    call->open = m->opt.progress;
    call->timeout = m->opt.timeout > TIMEOUT_MAX_MS ? TIMEOUT_MAX_MS : (wamp_ms)m->opt.timeout;
    list_add_tail(&s->calls, &call->by_caller);
    s->call_count++;
    return call;
}

static bool timer_start(struct call *call)
{
    struct realm *r = call->caller->realm;
    return !call->timeout || timers_set(&r->timers, &call->timer, r->now + call->timeout + TIMEOUT_GRACE_MS);
}

/* Takes the call away from its callee; who had no room may have some now. */
static void detach_callee(struct call *call)
{
    struct session *s = call->callee;
    if (!s)
        return;
    struct realm *r = s->realm;
    bool counted = call->counted;
    HASH_DELETE(by_invocation, r->dealer.invocations, call);
    list_remove(&call->by_callee);
    call->callee = NULL;
    call->counted = false;
    struct callee *callee = counted ? dealer_find_callee(r, call->registration, s->id) : NULL;
    if (callee)
        callee->busy--;
}

/* The caller has his answer, or is owed none: the call is no more. */
static void call_end(struct call *call)
{
    struct session *caller = call->caller;
    struct realm *r = caller->realm;
    struct registration *reg = dealer_find(r, call->registration);
    if (call->is_waiting) {
        list_remove(&call->waiting);
        reg->waiting_count--;
    }
    bool made_room = call->counted;
    detach_callee(call);
    timers_stop(&r->timers, &call->timer);
    HASH_DEL(r->dealer.calls, call);
    list_remove(&call->by_caller);
    caller->call_count--;
    if (call->open && !session_is_doomed(caller))
        ended_call_add(caller, call->caller_key.request, call->procedure_hash);
    kept_free(call->kept);
    call_recycle(&r->dealer, call);
    if (made_room && reg)
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
    if (!can_interrupt(call))
        return;
    struct session *s = call->callee;
    struct details d = {0};
    details_add_str(&d, STR("mode"), str_z(wamp_mode_name(mode)));
    details_add_str(&d, STR("reason"), str_z(reason));
    struct wamp_wr w = wamp_head_begin(&s->realm->head, s->ser, WAMP_INTERRUPT, 3, 0);
    wamp_wr_uint(&w, call->callee_key.invocation);
    details_write(&w, &d);
    struct wamp_frame f = wamp_head_end(&w, WAMP_INTERRUPT, 0, str_of("", 0));
    send_frame(s, &f);
}

/* --- INVOCATION --------------------------------------------------------------------------------------------------------------- */

/* One CALL of a call, as it came or as it was kept. */
struct chunk {
    struct str uri;
    const struct wamp_options *ppt;  /* of the first CALL. spec: A-PCI-06 */
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
    if (call->patterned)
        details_add_str(d, STR("procedure"), chunk->uri);  /* spec: A-PBR-06 */
    if (call->forwards_timeout)
        details_add_uint(d, STR("timeout"), (uint64_t)call->timeout);
    if (call->forwards_progress)
        details_add_bool(d, STR("receive_progress"), true);
    if (chunk->progress)
        details_add_bool(d, STR("progress"), true);
    details_add_ppt(d, chunk->ppt);
}

/* [INVOCATION, Request|id, REGISTERED.Registration|id, Details|dict (, Arguments, ArgumentsKw)]. When it cannot be sent
 * the call fails. spec: B-082, B-101 */
static bool send_invocation(struct call *call, const struct chunk *chunk)
{
    struct session *s = call->callee;
    struct realm *r = s->realm;
    struct details d;
    struct str tail;
    wamp_buf_reset(&r->args);
    if (wamp_payload_tail(chunk->payload, s->ser, &r->args, &tail)) {
        fail(call, "wamp.error.invalid_argument", "the arguments cannot be expressed in the callee's serializer %s",
             wamp_ser_name(s->ser));
        return false;
    }
    invocation_details(call, chunk, &d);
    struct wamp_wr w = wamp_head_begin(&r->head, s->ser, WAMP_INVOCATION, 4, chunk->payload->arity);
    wamp_wr_uint(&w, call->callee_key.invocation);
    wamp_wr_uint(&w, call->registration);
    details_write(&w, &d);
    struct wamp_frame f = wamp_head_end(&w, WAMP_INVOCATION, chunk->payload->arity, tail);
    if (frame_too_big(s, &f)) {
        fail(call, "wamp.error.payload_size_exceeded", "the callee takes messages of %zu octets", s->max_message);
        return false;
    }
    send_frame(s, &f);
    return true;
}

static bool strict_progress(const struct session *callee)
{
    return wamp_announced(&callee->roles, CALLEE, progressive_call_results) &&
           wamp_announced(&callee->roles, CALLEE, call_canceling);
}

/* What depends on who serves the call. */
static void settle_details(struct call *call, const struct callee *callee)
{
    const struct session *s = callee->session;
    const struct realm *r = s->realm;
    enum realm_disclosure policy = r->config.disclosure;
    call->disclosed = policy == DISCLOSE_ALWAYS ||
                      (policy == DISCLOSE_ON_REQUEST && (call->asks_disclosure || callee->disclose_caller));
    call->forwards_timeout =
        call->timeout && callee->forward_timeout && wamp_announced(&s->roles, CALLEE, call_timeout);
    call->forwards_progress =
        call->receive_progress && (r->rules->progress_needs_canceling
                                       ? strict_progress(s)
                                       : wamp_announced(&s->roles, CALLEE, progressive_call_results));
}

/* Puts the call under way at callee; nothing is sent yet. */
static bool attach_callee(struct call *call, struct callee *callee)
{
    struct session *s = callee->session;
    struct dealer *d = &s->realm->dealer;
    call->callee = s;
    call->callee_key.session = s->id;
    /* 1, 2, 3 .. 2^53, then 1. spec: B-051, T-23 */
    call->callee_key.invocation = s->last_invocation >= WAMP_ID_MAX ? 1 : s->last_invocation + 1;
    HASH_ADD(by_invocation, d->invocations, callee_key, sizeof call->callee_key, call);
    if (!call->by_invocation.tbl) {
        call->callee = NULL;
        return false;
    }
    s->last_invocation = call->callee_key.invocation;
    list_add_tail(&s->invocations, &call->by_callee);
    if (callee->concurrency) {
        callee->busy++;
        call->counted = true;
    }
    settle_details(call, callee);
    if (call->forwards_timeout)
        timers_stop(&s->realm->timers, &call->timer);  /* the callee's job now. spec: A-TMO-04 */
    return true;
}

/* --- starting a call ------------------------------------------------------------------------------------------------------------ */

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

/* Starts a call whose CALLs were kept: all of them go out, in order. False when the call is no more. */
static bool start_kept(struct call *call, struct callee *callee)
{
    struct kept *k = call->kept;
    const struct kept_chunk *first = list_entry(list_first(&k->chunks), struct kept_chunk, link);
    const char *missing = lacks(callee, first->progress, k->ppt.ppt_scheme.len > 0);
    if (missing) {
        fail(call, "wamp.error.feature_not_supported", "the callee does not support %s", missing);
        return false;
    }
    if (!attach_callee(call, callee)) {
        fail(call, "wamp.error.network_failure", "out of memory");
        return false;
    }
    call->progressed = k->chunk_count > 1;
    for (struct list *n = list_first(&k->chunks); n; n = list_next(&k->chunks, n)) {
        const struct kept_chunk *c = list_entry(n, struct kept_chunk, link);
        struct chunk chunk = {k->uri, &k->ppt, &c->payload, c->progress};
        if (!send_invocation(call, &chunk))
            return false;
    }
    return true;
}

static void wait_for_room(struct call *call, struct registration *reg)
{
    call->is_waiting = true;
    list_add_tail(&reg->waiting, &call->waiting);
    reg->waiting_count++;
}

void calls_serve_waiting(struct realm *r, struct registration *reg)
{
    uint64_t id = reg->id;
    while ((reg = dealer_find(r, id)) && !list_is_empty(&reg->waiting)) {
        struct callee *callee = reg->count ? dealer_pick(r, reg, NULL, NULL) : NULL;
        if (!callee)
            return;
        struct call *call = list_entry(list_first(&reg->waiting), struct call, waiting);
        list_remove(&call->waiting);
        reg->waiting_count--;
        call->is_waiting = false;
        start_kept(call, callee);
    }
}

void calls_registration_gone(struct realm *r, struct registration *reg)
{
    (void)r;
    for (struct list *n; (n = list_first(&reg->waiting));) {
        struct call *call = list_entry(n, struct call, waiting);
        fail(call, "wamp.error.no_such_procedure", "the last callee left before it had room for this call");
    }
}

/* Keeps m with the call, where something may have to be done with it again. */
static bool keep(struct call *call, const struct wamp_msg *m, bool with_chunk)
{
    call->kept = kept_new(m);
    return call->kept && (!with_chunk || !kept_add(call->kept, m));
}

/* May the callee refuse, and another one take over? spec: A-RRT-02 */
static bool may_reroute(const struct callee *callee)
{
    return callee->registration->invoke != WAMP_INVOKE_SINGLE &&
           wamp_announced(&callee->session->roles, CALLEE, call_reroute);
}

/* Errors about a CALL that makes no call. Later chunks of it are expected and discarded. spec: R-02 */
#define refuse(s, m, hash, ...)                                                                              \
    do {                                                                                                     \
        send_error(s, WAMP_CALL, (m)->request, __VA_ARGS__);                                                 \
        if ((m)->opt.progress)                                                                               \
            ended_call_add(s, (m)->request, hash);                                                           \
    } while (0)

static void start_call(struct session *s, const struct wamp_msg *m, uint64_t hash, struct registration *reg,
                       struct callee *callee)
{
    struct call *call = call_new(s, m, reg, hash);
    bool frozen = m->opt.progress && m->opt.ppt_scheme.len;
    bool ok = call && timer_start(call);
    if (ok && (!callee || may_reroute(callee) || frozen))
        ok = keep(call, m, !callee || may_reroute(callee));
    if (ok && callee)
        ok = attach_callee(call, callee);
    if (!ok) {
        if (call)
            call_end(call);
        session_doom(s, CLOSE_NOMEM);
        return;
    }
    if (callee) {
        struct chunk chunk = {m->uri, &m->opt, &m->payload, m->opt.progress};
        send_invocation(call, &chunk);
    } else {
        wait_for_room(call, reg);
    }
}

static void new_call(struct session *s, const struct wamp_msg *m, uint64_t hash)
{
    struct realm *r = s->realm;
    if (m->opt.disclose_me && r->config.disclosure == DISCLOSE_NEVER) {  /* spec: A-CID-03, T-60 */
        refuse(s, m, hash, "wamp.error.option_disallowed.disclose_me", "this realm does not disclose callers");
        return;
    }
    struct registration *reg = uri_index_best(&r->dealer.procedures, m->uri);
    if (!reg) {  /* spec: B-081 */
        refuse(s, m, hash, "wamp.error.no_such_procedure", "no callee registered for procedure <%.*s>",
               STR_ARG(m->uri));
        return;
    }
    if (s->call_count >= r->config.max_calls_per_session) {
        refuse(s, m, hash, "wampd.error.limit_exceeded", "a session may have %u calls under way",
               r->config.max_calls_per_session);
        return;
    }
    struct callee *callee = dealer_pick(r, reg, NULL, NULL);
    const char *missing = callee ? lacks(callee, m->opt.progress, m->opt.ppt_scheme.len > 0) : NULL;
    if (missing)
        refuse(s, m, hash, "wamp.error.feature_not_supported", "the callee does not support %s", missing);
    else if (!callee && reg->waiting_count >= WAITING_MAX)
        refuse(s, m, hash, "wamp.error.unavailable", "all callees are busy and %d calls wait", WAITING_MAX);
    else
        start_call(s, m, hash, reg, callee);
}

/* A further CALL with the id of a call under way. spec: A-PCI-01..A-PCI-11, R-02 */
static void continue_call(struct session *s, struct call *call, const struct wamp_msg *m, uint64_t hash)
{
    if (!call->open || call->procedure_hash != hash) {
        realm_abort(s, "CALL: request id is that of a call under way");
        return;
    }
    call->open = m->opt.progress;
    if (call->is_waiting) {
        if (kept_add(call->kept, m))
            fail(call, "wampd.error.limit_exceeded", "too much was sent while the call waits for a callee");
        return;
    }
    call->progressed = true;
    struct chunk chunk = {m->uri, call->kept ? &call->kept->ppt : &no_options, &m->payload, m->opt.progress};
    /* When the chunk cannot be sent the call is over, but the callee still works at it. */
    struct call before = *call;
    if (!send_invocation(call, &chunk))
        interrupt(&before, WAMP_MODE_KILLNOWAIT, "wamp.error.canceled");
}

/* [CALL, Request|id, Options|dict, Procedure|uri (, Arguments, ArgumentsKw)]   spec: B-081, B-082, B-091 */
void calls_on_call(struct session *s, const struct wamp_msg *m)
{
    struct realm *r = s->realm;
    if (!passthru_ok(s, m, wamp_announced(&s->roles, CALLER, payload_passthru_mode)))
        return;
    if (!wamp_uri_ok(m->uri, r->config.uri_rule)) {  /* judged before the id is looked at. spec: R-09 */
        send_error(s, WAMP_CALL, m->request, "wamp.error.invalid_uri", "not a valid procedure");
        return;
    }
    uint64_t hash = m->opt.progress || !list_is_empty(&s->ended_calls) || s->call_count
                        ? wamp_siphash(m->uri.ptr, m->uri.len)
                        : 0;
    struct call *call = s->call_count ? find_call(r, s->id, m->request) : NULL;
    if (call)
        continue_call(s, call, m, hash);
    else if (!list_is_empty(&s->ended_calls) && ended_call_takes(s, m, hash))
        return;
    else if (m->opt.progress && r->rules->progressive_calls_need_announcement &&
             !wamp_announced(&s->roles, CALLER, progressive_call_invocations))
        realm_abort(s, "CALL: progress without having announced progressive_call_invocations");
    else if (wamp_uri_is_reserved(m->uri))  /* spec: B-056 */
        meta_on_call(s, m);
    else
        new_call(s, m, hash);
}

/* --- the caller changes its mind, time is up, somebody leaves ----------------------------------------------------------------- */

/* [CANCEL, CALL.Request|id, Options|dict]   spec: A-CAN-01..A-CAN-14, R-05 */
void calls_on_cancel(struct session *s, const struct wamp_msg *m)
{
    struct realm *r = s->realm;
    struct call *call = find_call(r, s->id, m->request);
    if (!call || call->killing)
        return;  /* spec: A-CAN-09, A-CAN-10 */
    bool answered =
        r->rules->cancel_answers_silent_callers || wamp_announced(&s->roles, CALLER, call_canceling);
    enum wamp_mode mode = can_interrupt(call) ? m->opt.mode : WAMP_MODE_SKIP;  /* spec: A-CAN-03 */
    if (mode != WAMP_MODE_SKIP)
        interrupt(call, mode, "wamp.error.canceled");
    if (mode == WAMP_MODE_KILL && answered) {
        call->killing = true;  /* the callee's answer decides. spec: A-CAN-06 */
        return;
    }
    if (answered)
        fail(call, "wamp.error.canceled", "canceled by the caller");
    else
        call_end(call);
}

/* spec: A-TMO-02, A-TMO-03, A-TMO-09 */
void calls_expire(struct realm *r, struct timer *timer)
{
    struct call *call = (struct call *)((char *)timer - offsetof(struct call, timer));
    (void)r;
    if (!call->killing)
        interrupt(call, WAMP_MODE_KILLNOWAIT, "wamp.error.timeout");
    fail(call, "wamp.error.timeout", "no answer within %lld ms", (long long)call->timeout);
}

void calls_leave(struct session *s)
{
    for (struct list *n; (n = list_first(&s->calls));) {
        struct call *call = list_entry(n, struct call, by_caller);
        if (call->callee != s && !call->killing)
            interrupt(call, WAMP_MODE_KILLNOWAIT, "wamp.error.canceled");  /* spec: B-092, T-08 */
        call_end(call);
    }
    for (struct list *n; (n = list_first(&s->invocations));) {
        struct call *call = list_entry(n, struct call, by_callee);
        fail(call, "wamp.error.canceled", "callee disconnected");  /* spec: B-094, T-09 */
    }
    ended_calls_free(s);
}

/* --- answers of the callee -------------------------------------------------------------------------------------------------------- */

/* The call that a YIELD or ERROR is about. NULL: it is to be dropped, or the callee was aborted. spec: B-036, R-06 */
static struct call *answered_call(struct session *s, const struct wamp_msg *m)
{
    struct call *call = find_invocation(s, m->request);
    if (!call && m->request > s->last_invocation)
        realm_abort(s, "%s: no such INVOCATION was sent to this session", wamp_type_name(m->type));
    return call;
}

/* The caller's share of an answer that cannot reach him: the call ends, and a callee that goes on is told. */
#define give_up(call, still_running, ...)                                                                    \
    do {                                                                                                     \
        if (still_running)                                                                                   \
            interrupt(call, WAMP_MODE_KILLNOWAIT, "wamp.error.canceled");                                    \
        fail(call, __VA_ARGS__);                                                                             \
    } while (0)

/* The tail of an answer in the caller's serializer; false: the call was ended. spec: table 0.8, A-PPT-07 */
static bool answer_tail(struct call *call, const struct wamp_msg *m, struct str *tail)
{
    struct session *caller = call->caller;
    struct realm *r = caller->realm;
    if (m->opt.ppt_scheme.len && !wamp_announced(&caller->roles, CALLER, payload_passthru_mode)) {
        give_up(call, m->opt.progress, "wamp.error.feature_not_supported",
                "the callee answered in payload passthru mode, which the caller did not announce");
        return false;
    }
    wamp_buf_reset(&r->args);
    if (wamp_payload_tail(&m->payload, caller->ser, &r->args, tail)) {
        give_up(call, m->opt.progress, "wamp.error.invalid_argument",
                "the answer cannot be expressed in the caller's serializer %s", wamp_ser_name(caller->ser));
        return false;
    }
    return true;
}

/* Hands the answer to the caller, if it fits. False: the call was ended. spec: B-101 */
static bool give_answer(struct call *call, const struct wamp_frame *f, bool still_running)
{
    if (frame_too_big(call->caller, f)) {
        give_up(call, still_running, "wamp.error.payload_size_exceeded",
                "the answer does not fit the caller's limit of %zu octets", call->caller->max_message);
        return false;
    }
    send_frame(call->caller, f);
    return true;
}

/* Whether a progressive YIELD may pass. spec: A-PCR-03, A-PCR-07, R-03 */
static bool takes_progress(const struct call *call)
{
    const struct rules *rules = call->caller->realm->rules;
    return rules->progress_needs_announcement ? call->forwards_progress : call->receive_progress;
}

/* [YIELD, INVOCATION.Request|id, Options|dict (, Arguments, ArgumentsKw)]   spec: B-084, A-PCR-04, A-PCR-05 */
void calls_on_yield(struct session *s, const struct wamp_msg *m)
{
    struct realm *r = s->realm;
    struct str tail;
    if (!passthru_ok(s, m, wamp_announced(&s->roles, CALLEE, payload_passthru_mode)))
        return;
    struct call *call = answered_call(s, m);
    if (!call || (m->opt.progress && !takes_progress(call)) || !answer_tail(call, m, &tail))
        return;
    struct details d = {0};
    if (m->opt.progress)
        details_add_bool(&d, STR("progress"), true);
    details_add_ppt(&d, &m->opt);
    struct wamp_wr w = wamp_head_begin(&r->head, call->caller->ser, WAMP_RESULT, 3, m->payload.arity);
    wamp_wr_uint(&w, call->caller_key.request);
    details_write(&w, &d);
    struct wamp_frame f = wamp_head_end(&w, WAMP_RESULT, m->payload.arity, tail);
    if (!give_answer(call, &f, m->opt.progress))
        return;
    if (!m->opt.progress) {
        call_end(call);
        return;
    }
    call->progressed = true;
    if (call->timer.place)
        timer_start(call);  /* the limit is per gap. spec: A-TMO-08 */
}

static bool was_tried(const struct callee *callee, const void *call)
{
    return kept_has_tried(((const struct call *)call)->kept, callee->key.session);
}

static bool anyone_untried(const struct registration *reg, const struct call *call)
{
    for (uint32_t i = 0; i < reg->count; i++)
        if (!was_tried(reg->callees[i], call) && !session_is_doomed(reg->callees[i]->session))
            return true;
    return false;
}

/* The callee is unavailable: another one, as if this one had not been there. spec: A-RRT-02..A-RRT-06, R-10 */
static void reroute(struct call *call)
{
    struct realm *r = call->caller->realm;
    struct registration *reg = dealer_find(r, call->registration);
    if (call->killing) {
        fail(call, "wamp.error.canceled", "canceled by the caller");
        return;
    }
    if (!reg || call->progressed || !call->kept || !call->kept->chunk_count ||
        !kept_add_tried(call->kept, call->callee_key.session)) {
        fail(call, "wamp.error.no_available_callee", "the callee is unavailable");
        return;
    }
    bool made_room = call->counted;
    uint64_t id = reg->id;
    detach_callee(call);
    struct callee *callee = dealer_pick(r, reg, was_tried, call);
    if (callee)
        start_kept(call, callee);
    else if (anyone_untried(reg, call))
        wait_for_room(call, reg);
    else
        fail(call, "wamp.error.no_available_callee", "all callees are unavailable");
    if (made_room && (reg = dealer_find(r, id)))
        calls_serve_waiting(r, reg);
}

/* [ERROR, INVOCATION, INVOCATION.Request|id, Details|dict, Error|uri (, Arguments, ArgumentsKw)]   spec: B-084, A-PCR-06 */
void calls_on_error(struct session *s, const struct wamp_msg *m)
{
    struct realm *r = s->realm;
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
    if (str_eq(m->uri, STR("wamp.error.unavailable")) && wamp_announced(&s->roles, CALLEE, call_reroute)) {
        reroute(call);
        return;
    }
    if (!answer_tail(call, m, &tail))
        return;
    struct details d = {0};
    details_add_ppt(&d, &m->opt);
    /* A malformed error URI fails the call all the same, under a URI that the caller's parser takes. spec: 0.5.3 */
    struct str uri = wamp_uri_ok(m->uri, r->config.uri_rule) ? m->uri : STR("wamp.error.invalid_uri");
    struct wamp_wr w = wamp_head_begin(&r->head, call->caller->ser, WAMP_ERROR, 5, m->payload.arity);
    wamp_wr_uint(&w, WAMP_CALL);
    wamp_wr_uint(&w, call->caller_key.request);
    details_write(&w, &d);
    wamp_wr_str(&w, uri);
    struct wamp_frame f = wamp_head_end(&w, WAMP_ERROR, m->payload.arity, tail);
    if (give_answer(call, &f, false))
        call_end(call);
}

void calls_fini(struct realm *r)
{
    struct dealer *d = &r->dealer;
    for (struct list *n; (n = list_first(&d->spare));) {
        list_remove(n);
        wamp_free(list_entry(n, struct call, by_caller));
    }
    d->spare_count = SPARE_MAX;  /* what ends now is freed */
}
