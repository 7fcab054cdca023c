/* Calls: from CALL to the one final answer. */
#include "tests/model/expect.h"
#include "tests/model/move.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    GRACE_MS = 50,          /* a timeout is never early */
    REMEMBERED_MS = 60000,  /* ended progressive calls are known that long */
};

struct call *call_find(struct model *m, const struct player *caller, uint64_t request)
{
    for (unsigned i = 0; i < CALLS; i++)
        if (m->calls[i].number && m->calls[i].caller == caller && m->calls[i].request == request)
            return &m->calls[i];
    return NULL;
}

static struct call *invocation_find(struct model *m, const struct player *callee, uint64_t invocation)
{
    for (unsigned i = 0; i < CALLS; i++)
        if (m->calls[i].number && m->calls[i].callee == callee && m->calls[i].invocation == invocation)
            return &m->calls[i];
    return NULL;
}

static struct pattern_of *registration_of(struct model *m, const struct call *call)
{
    return pattern_numbered(m->procedures, PROCEDURES, call->registration);
}

/* --- calls that ended before their last chunk -------------------------------------------------------- */

/* spec: R-02 */
static void remember(struct model *m, struct player *p, uint64_t request, const char *procedure)
{
    if (p->ended_count == ENDED)
        memmove(p->ended, p->ended + 1, --p->ended_count * sizeof *p->ended);
    p->ended[p->ended_count++] = (struct ended){request, procedure, m->now + REMEMBERED_MS};
}

static struct ended *recall(struct model *m, struct player *p, uint64_t request, const char *procedure)
{
    for (unsigned i = 0; i < p->ended_count; i++) {
        struct ended *e = &p->ended[i];
        if (e->request == request && e->until > m->now && strcmp(e->procedure, procedure) == 0)
            return e;
    }
    return NULL;
}

static void forget(struct player *p, struct ended *e)
{
    size_t place = (size_t)(e - p->ended);
    memmove(e, e + 1, (p->ended_count - place - 1) * sizeof *e);
    p->ended_count--;
}

bool has_begun(struct model *m, struct player *p, const struct move *mv)
{
    return call_find(m, p, mv->request) || recall(m, p, mv->request, mv->uri);
}

/* --- the end of a call ------------------------------------------------------------------------------- */

static void detach(struct model *m, struct call *call)
{
    struct pattern_of *reg = registration_of(m, call);
    struct member *member = reg && call->callee ? member_find(reg, call->callee) : NULL;
    if (member && call->counted_by && member->number == call->counted_by)
        member->busy--;
    call->callee = NULL;
    call->counted_by = 0;
}

static void end(struct model *m, struct call *call)
{
    struct pattern_of *reg = registration_of(m, call);
    detach(m, call);
    call->number = 0;
    if (call->open && !call->caller->doom)
        remember(m, call->caller, call->request, call->procedure);
    if (reg)
        serve_waiting(m, reg);
}

static void fail(struct model *m, struct call *call, const char *error)
{
    tell_error(m, call->caller, WAMP_CALL, call->request, error);
    end(m, call);
}

/* spec: T-06, A-CAN-15 */
static void interrupt(struct model *m, const struct call *call, const char *mode, const char *reason)
{
    if (call->callee && announced(call->callee, CALLEE, call_canceling))
        tell(m, call->callee, "[69, %" PRIu64 ", {\"mode\": \"%s\", \"reason\": \"%s\"}]", call->invocation, mode,
             reason);
}

/* The callee goes on, and is told not to. */
static void give_up(struct model *m, struct call *call, const char *error)
{
    interrupt(m, call, "killnowait", "wamp.error.canceled");
    fail(m, call, error);
}

/* --- the callee -------------------------------------------------------------------------------------- */

/* spec: R-04, A-PCI-04, A-PPT-06 */
static bool can_serve(const struct model *m, const struct player *callee, bool progress, bool ppt)
{
    if (progress && (!announced(callee, CALLEE, progressive_call_invocations) ||
                     (m->rules->progressive_calls_need_canceling && !announced(callee, CALLEE, call_canceling))))
        return false;
    return !ppt || announced(callee, CALLEE, payload_passthru_mode);
}

/* spec: A-PCR-02, R-03, A-CID-02, A-TMO-04 */
static void settle_details(struct model *m, struct call *call, const struct member *member)
{
    const struct player *callee = member->player;
    enum realm_disclosure policy = m->config->disclosure;
    call->disclosed = call->is_disclosed || policy == DISCLOSE_ALWAYS ||
                      (policy == DISCLOSE_ON_REQUEST && (call->asks_disclosure || member->disclose_caller));
    call->forwards_progress =
        call->receive_progress && announced(callee, CALLEE, progressive_call_results) &&
        (!m->rules->progress_needs_canceling || announced(callee, CALLEE, call_canceling));
    call->forwards_timeout = call->timeout && member->forward_timeout && announced(callee, CALLEE, call_timeout);
    call->is_watched = call->timeout && !call->forwards_timeout;
    wamp_ms left = call->deadline - GRACE_MS - m->now;
    call->timeout_told = left > 0 ? left : 1;
}

static const char *invocation_details(const struct call *call, bool progress)
{
    const struct player *caller = call->caller;
    const char *d = "";
    if (call->disclosed)
        d = text("\"caller\": %" PRIu64 ", \"caller_authid\": \"%s\", \"caller_authrole\": \"%s\", ", caller->id,
                 caller->authid, caller->authrole);
    if (call->trust)
        d = text("%s\"trustlevel\": %u, ", d, call->trust->level);
    if (call->is_pattern)
        d = text("%s\"procedure\": \"%s\", ", d, call->procedure);
    if (call->forwards_timeout)
        d = text("%s\"timeout\": %" PRId64 ", ", d, call->timeout_told);
    if (call->forwards_progress)
        d = text("%s\"receive_progress\": true, ", d);
    if (progress)
        d = text("%s\"progress\": true, ", d);
    if (call->ppt)
        d = text("%s\"ppt_scheme\": \"x_a\", \"ppt_keyid\": \"k\", ", d);
    if (call->ext)
        d = text("%s\"_ext\": 5, ", d);
    return dict_text(d);
}

/* False: the callee's serializer cannot express it, and the call ended. spec: B-082, A-PCI-02, table 0.8 */
static bool invoke(struct model *m, struct call *call, const struct chunk *chunk)
{
    if (!can_express(call->callee, &chunk->payload)) {
        give_up(m, call, "wamp.error.invalid_argument");
        return false;
    }
    tell(m, call->callee, "[68, %" PRIu64 ", %" PRIu64 ", %s%s]", call->invocation, call->registration_id,
         invocation_details(call, chunk->progress), chunk->payload.tail);
    return true;
}

static void attach(struct model *m, struct call *call, struct member *member)
{
    call->callee = member->player;
    call->invocation = ++member->player->invocations;
    call->attached = ++m->counted.attached;
    call->waiting = 0;
    if (member->concurrency) {
        member->busy++;
        call->counted_by = member->number;
    }
    settle_details(m, call, member);
}

/* Gives the callee all chunks that there are. */
static void start(struct model *m, struct call *call, struct member *member)
{
    if (!can_serve(m, member->player, call->chunks[0].progress, call->ppt)) {
        call->waiting = 0;
        fail(m, call, "wamp.error.feature_not_supported");
        return;
    }
    if (!can_express(member->player, &call->chunks[0].payload)) {  /* it never hears of the call */
        call->waiting = 0;
        fail(m, call, "wamp.error.invalid_argument");
        return;
    }
    attach(m, call, member);
    call->progressed = call->chunk_count > 1;
    for (unsigned i = 0; i < call->chunk_count; i++)
        if (!invoke(m, call, &call->chunks[i]))
            return;
}

/* --- waiting ----------------------------------------------------------------------------------------- */

/* The one of reg's waiting calls that came next after `waiting`. */
static struct call *next_waiting(struct model *m, const struct pattern_of *reg, unsigned waiting)
{
    struct call *next = NULL;
    for (unsigned i = 0; i < CALLS; i++) {
        struct call *call = &m->calls[i];
        if (call->number && call->waiting > waiting && call->registration == reg->number &&
            (!next || call->waiting < next->waiting))
            next = call;
    }
    return next;
}

static unsigned count_waiting(struct model *m, const struct pattern_of *reg)
{
    unsigned count = 0;
    for (struct call *c = next_waiting(m, reg, 0); c; c = next_waiting(m, reg, c->waiting))
        count++;
    return count;
}

/* In the order of arrival. spec: R-12 */
void serve_waiting(struct model *m, struct pattern_of *reg)
{
    if (reg->serving)
        return;
    reg->serving = true;
    unsigned place = 0;
    for (struct call *call; (call = next_waiting(m, reg, place));) {
        place = call->waiting;
        struct member *member = call->caller->doom ? NULL : pick(reg, call);
        if (member)
            start(m, call, member);
    }
    reg->serving = false;
}

static bool anyone_untried(const struct pattern_of *reg, const struct call *call)
{
    for (unsigned i = 0; i < reg->count; i++)
        if (!reg->members[i].player->doom && !was_tried(call, reg->members[i].player))
            return true;
    return false;
}

/* Nobody is left who could take them. */
void callee_is_gone(struct model *m, struct pattern_of *reg)
{
    unsigned place = 0;
    for (struct call *call; (call = next_waiting(m, reg, place));) {
        place = call->waiting;
        if (!reg->count)
            fail(m, call, "wamp.error.no_such_procedure");
        else if (call->tried_count && !anyone_untried(reg, call))
            fail(m, call, "wamp.error.no_available_callee");
    }
}

/* --- CALL -------------------------------------------------------------------------------------------- */

/* An error about a CALL that makes no call; later chunks of it are discarded. */
static void refuse(struct model *m, const struct move *mv, const char *error)
{
    tell_error(m, mv->who, WAMP_CALL, mv->request, error);
    if (mv->progress)
        remember(m, mv->who, mv->request, mv->uri);
}

static struct call *call_add(struct model *m, const struct move *mv, const struct pattern_of *reg)
{
    struct call *call = m->calls;
    while (call < m->calls + CALLS && call->number)
        call++;
    if (call == m->calls + CALLS) {
        fputs("the model is too small: calls\n", stderr);
        abort();
    }
    *call = (struct call){
        .number = ++m->counted.calls,
        .caller = mv->who,
        .request = mv->request,
        .registration = reg->number,
        .registration_id = reg->id,
        .is_pattern = reg->match != WAMP_MATCH_EXACT,
        .procedure = mv->uri,
        .timeout = mv->timeout,
        .deadline = m->now + mv->timeout + GRACE_MS,
        .asks_disclosure = mv->disclose_me,
        .is_disclosed = right_to(m, mv->who, ACTION_CALL, mv->uri, WAMP_MATCH_EXACT).discloses,
        .receive_progress = mv->receive_progress,
        .ppt = mv->ppt,
        .ext = mv->ext,
        .open = mv->progress,
        .trust = trust_of(m, mv->uri, mv->who->authrole),
        .chunks = {{mv->payload, mv->progress}},
        .chunk_count = 1,
    };
    return call;
}

static unsigned count_calls(const struct model *m, const struct player *p)
{
    unsigned count = 0;
    for (unsigned i = 0; i < CALLS; i++)
        count += m->calls[i].number && m->calls[i].caller == p;
    return count;
}

static void wait_for_room(struct model *m, struct call *call)
{
    call->waiting = ++m->counted.waiting;
    call->is_watched = call->timeout > 0;
}

/* spec: B-081, A-CID-03, R-12 */
static void new_call(struct model *m, const struct move *mv)
{
    struct pattern_of *reg = best_procedure(m, mv->uri);
    bool is_disclosed = right_to(m, mv->who, ACTION_CALL, mv->uri, WAMP_MATCH_EXACT).discloses;
    if (mv->disclose_me && !is_disclosed && refuses_disclosure(m)) {
        refuse(m, mv, "wamp.error.option_disallowed.disclose_me");
    } else if (!reg) {
        refuse(m, mv, "wamp.error.no_such_procedure");
    } else if (count_calls(m, mv->who) >= m->config->max_calls_per_session) {
        refuse(m, mv, "wampd.error.limit_exceeded");
    } else {
        struct member *member = pick(reg, NULL);
        if (!member && count_waiting(m, reg) >= m->config->max_waiting_calls)
            refuse(m, mv, m->rules->busy_is_max_concurrency ? "crossbar.error.max_concurrency_reached"
                                                            : "wamp.error.unavailable");
        else if (member)
            start(m, call_add(m, mv, reg), member);
        else
            wait_for_room(m, call_add(m, mv, reg));
    }
}

/* spec: A-PCI-01..A-PCI-11, R-02 */
static void continue_call(struct model *m, const struct move *mv, struct call *call)
{
    struct chunk chunk = {mv->payload, mv->progress};
    if (!call->open || strcmp(call->procedure, mv->uri) != 0) {
        abort_player(m, mv->who);
        return;
    }
    call->open = mv->progress;
    if (call->waiting) {
        call->chunks[call->chunk_count++] = chunk;
        return;
    }
    call->progressed = true;
    invoke(m, call, &chunk);
}

void predict_call(struct model *m, const struct move *mv)
{
    struct player *p = mv->who;
    if (!may_pass(m, p, mv->ppt, announced(p, CALLER, payload_passthru_mode), &mv->payload))
        return;
    struct call *call = call_find(m, p, mv->request);
    if (!wamp_uri_ok(str_z(mv->uri), m->config->uri_rule)) {  /* spec: R-09 */
        if (call)
            give_up(m, call, "wamp.error.invalid_uri");
        else
            tell_error(m, p, WAMP_CALL, mv->request, "wamp.error.invalid_uri");
        return;
    }
    struct ended *late = recall(m, p, mv->request, mv->uri);
    if (call) {
        continue_call(m, mv, call);
    } else if (late) {
        if (!mv->progress)
            forget(p, late);
    } else if (mv->progress && m->rules->progressive_calls_need_announcement &&
               !announced(p, CALLER, progressive_call_invocations)) {
        abort_player(m, p);
    } else if (!right_to(m, p, ACTION_CALL, mv->uri, WAMP_MATCH_EXACT).granted) {
        refuse(m, mv, "wamp.error.not_authorized");
    } else if (!is_hidden(mv->uri)) {
        new_call(m, mv);
    } else if (mv->progress || mv->ppt) {
        refuse(m, mv, "wamp.error.feature_not_supported");
    } else {
        predict_meta_call(m, mv);
    }
}

/* --- CANCEL, time, the end of sessions --------------------------------------------------------------- */

/* spec: A-CAN-01..A-CAN-14, R-05 */
void predict_cancel(struct model *m, const struct move *mv)
{
    static const char *const modes[] = {"killnowait", "kill"};
    struct call *call = call_find(m, mv->who, mv->request);
    if (!call || call->killing)
        return;
    bool can_interrupt = call->callee && announced(call->callee, CALLEE, call_canceling);
    enum wamp_mode mode = can_interrupt ? mv->mode : WAMP_MODE_SKIP;
    if (mode != WAMP_MODE_SKIP)
        interrupt(m, call, modes[mode], "wamp.error.canceled");
    if (!announced(mv->who, CALLER, call_canceling) && !m->rules->cancel_answers_silent_callers)
        end(m, call);
    else if (mode == WAMP_MODE_KILL)
        call->killing = true;
    else
        fail(m, call, "wamp.error.canceled");
}

void predict_end_stream(struct model *m, const struct move *mv)
{
    struct call *call = mv->stream == WAMP_CALL ? call_find(m, mv->who, mv->request)
                                                : invocation_find(m, mv->who, mv->request);
    if (call)
        give_up(m, call, "wamp.error.canceled");
}

static struct call *first_due(struct model *m, wamp_ms until)
{
    struct call *first = NULL;
    for (unsigned i = 0; i < CALLS; i++) {
        struct call *call = &m->calls[i];
        bool is_due = call->number && call->is_watched && call->deadline <= until;
        if (is_due && (!first || call->deadline < first->deadline))
            first = call;
    }
    return first;
}

/* spec: A-TMO-02, A-TMO-03, A-TMO-09, T-29 */
void predict_time(struct model *m, const struct move *mv)
{
    wamp_ms until = m->now + mv->ms;
    for (struct call *call; (call = first_due(m, until));) {
        m->now = call->deadline;
        if (!call->killing)
            interrupt(m, call, "killnowait", "wamp.error.timeout");
        fail(m, call, m->rules->timeout_is_canceled ? "wamp.error.canceled" : "wamp.error.timeout");
        settle(m);
    }
    m->now = until;
}

/* The oldest call that p made. */
static struct call *first_made(struct model *m, const struct player *p)
{
    struct call *first = NULL;
    for (unsigned i = 0; i < CALLS; i++) {
        struct call *call = &m->calls[i];
        if (call->number && call->caller == p && (!first || call->number < first->number))
            first = call;
    }
    return first;
}

/* The one that p has been serving for longest. */
static struct call *first_served(struct model *m, const struct player *p)
{
    struct call *first = NULL;
    for (unsigned i = 0; i < CALLS; i++) {
        struct call *call = &m->calls[i];
        if (call->number && call->callee == p && (!first || call->attached < first->attached))
            first = call;
    }
    return first;
}

/* spec: B-092..B-096, T-08, T-09 */
void calls_end_with(struct model *m, struct player *p)
{
    for (struct call *call; (call = first_made(m, p));) {
        if (!call->killing)
            interrupt(m, call, "killnowait", "wamp.error.canceled");
        end(m, call);
    }
    for (struct call *call; (call = first_served(m, p));)
        fail(m, call, "wamp.error.canceled");
}

/* --- YIELD, ERROR ------------------------------------------------------------------------------------ */

/* The call that is answered; NULL: none, and where there never was one the callee is aborted. spec: B-036, R-06 */
static struct call *answered(struct model *m, const struct move *mv)
{
    if (!may_pass(m, mv->who, mv->ppt, announced(mv->who, CALLEE, payload_passthru_mode), &mv->payload))
        return NULL;
    struct call *call = invocation_find(m, mv->who, mv->request);
    if (!call && mv->request > mv->who->invocations)
        abort_player(m, mv->who);
    return call;
}

/* Why the caller cannot get the answer; NULL: he can. spec: A-PPT-07, table 0.8 */
static const char *answer_error(const struct call *call, const struct move *mv)
{
    if (mv->ppt && !announced(call->caller, CALLER, payload_passthru_mode))
        return "wamp.error.feature_not_supported";
    return can_express(call->caller, &mv->payload) ? NULL : "wamp.error.invalid_argument";
}

static const char *answer_details(const struct move *mv)
{
    const char *d = mv->progress ? "\"progress\": true, " : "";
    if (mv->ppt)
        d = text("%s\"ppt_scheme\": \"x_a\", \"ppt_keyid\": \"k\", ", d);
    if (mv->ext)
        d = text("%s\"_ext\": 5, ", d);
    return dict_text(d);
}

/* The limit is per gap. */
static void go_on_or_end(struct model *m, struct call *call, bool progress)
{
    if (!progress) {
        end(m, call);
        return;
    }
    call->progressed = true;
    call->deadline = m->now + call->timeout + GRACE_MS;
}

/* spec: B-084, A-PCR-04..A-PCR-07, A-TMO-08, R-03 */
void predict_yield(struct model *m, const struct move *mv)
{
    struct call *call = answered(m, mv);
    if (!call)
        return;
    bool wanted = m->rules->progress_needs_announcement ? call->forwards_progress : call->receive_progress;
    if (mv->progress && !wanted)
        return;
    const char *error = answer_error(call, mv);
    if (error && mv->progress) {
        give_up(m, call, error);
    } else if (error) {
        fail(m, call, error);
    } else {
        tell(m, call->caller, "[50, %" PRIu64 ", %s%s]", call->request, answer_details(mv), mv->payload.tail);
        go_on_or_end(m, call, mv->progress);
    }
}

/* As if the refusing callee had not been there. spec: A-RRT-02..A-RRT-06, R-10 */
static void reroute(struct model *m, struct call *call)
{
    struct pattern_of *reg = registration_of(m, call);
    if (call->killing) {
        fail(m, call, "wamp.error.canceled");
        return;
    }
    if (!reg || reg->invoke == WAMP_INVOKE_SINGLE || call->progressed) {
        fail(m, call, "wamp.error.no_available_callee");
        return;
    }
    call->tried[call->tried_count++] = call->callee->number;
    detach(m, call);
    struct member *member = pick(reg, call);
    if (member)
        start(m, call, member);
    else if (anyone_untried(reg, call))
        wait_for_room(m, call);
    else
        fail(m, call, "wamp.error.no_available_callee");
    serve_waiting(m, reg);
}

/* spec: B-084, A-RRT-01, A-RRT-04, table 0.5.3 */
void predict_error(struct model *m, const struct move *mv)
{
    struct call *call = answered(m, mv);
    if (!call)
        return;
    if (strcmp(mv->uri, "wamp.error.unavailable") == 0 && announced(mv->who, CALLEE, call_reroute)) {
        reroute(m, call);
        return;
    }
    const char *error = answer_error(call, mv);
    if (error) {
        fail(m, call, error);
        return;
    }
    bool is_uri = wamp_uri_ok(str_z(mv->uri), m->config->uri_rule);
    tell(m, call->caller, "[8, 48, %" PRIu64 ", %s, \"%s\"%s]", call->request, answer_details(mv),
         is_uri ? mv->uri : "wamp.error.invalid_uri", mv->payload.tail);
    end(m, call);
}
