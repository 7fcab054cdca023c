#include "realms/own_call.h"

#include "common/mem.h"
#include "realms/calls.h"
#include "realms/inner.h"
#include "realms/nesting.h"

struct own_call {
    uint64_t id;  /* CALL.Request */
    realm_done *done;
    void *user;
    struct realm_outcome outcome;
    struct wamp_arena arena;  /* holds what the outcome borrows */
    struct list over;         /* own_calls.over */
    UT_hash_handle hh;        /* own_calls.by_id */
};

/* What stands until there is an answer, and remains where there was no memory for it. */
static const struct realm_outcome no_answer = {.error = {"wamp.error.network_failure", 26}, .ser = WAMP_CBOR};

/* --- the calls of a realm ------------------------------------------------------------------------------- */

static struct own_call *find(const struct realm *r, uint64_t id)
{
    struct own_call *call = NULL;
    HASH_FIND(hh, r->own_calls.by_id, &id, sizeof id, call);
    return call;
}

static struct own_call *add(struct realm *r, realm_done *done, void *user)
{
    struct own_calls *own = &r->own_calls;
    struct own_call *call = wamp_zalloc(sizeof *call);
    if (!call)
        return NULL;
    call->id = ++own->last_id;
    call->done = done;
    call->user = user;
    call->outcome = no_answer;
    HASH_ADD(hh, own->by_id, id, sizeof call->id, call);
    if (wamp_map_added(call))
        return call;
    wamp_free(call);
    return NULL;
}

static void discard(struct realm *r, struct own_call *call)
{
    HASH_DEL(r->own_calls.by_id, call);
    list_remove(&call->over);
    wamp_arena_fini(&call->arena);
    wamp_free(call);
}

bool own_calls_init(struct realm *r)
{
    list_init(&r->own_calls.over);
    r->own_calls.session = session_new_own(r);
    return r->own_calls.session;
}

void own_calls_fini(struct realm *r)
{
    struct own_call *call, *tmp;
    HASH_ITER(hh, r->own_calls.by_id, call, tmp)
    {
        discard(r, call);
    }
    session_free(r->own_calls.session);
}

/* --- the beginning -------------------------------------------------------------------------------------- */

/* What follows the head of a CALL; it lies in buf. */
static struct wamp_payload payload_of(const struct realm_request *request, struct wamp_buf *buf)
{
    struct wamp_payload payload;
    struct wamp_wr w = wamp_payload_begin(buf, request->ser);
    unsigned arity = request->kwargs.len ? 2 : request->args.len ? 1 : 0;
    if (arity > 0)
        wamp_wr_raw(&w, request->args);
    if (arity > 1)
        wamp_wr_raw(&w, request->kwargs);
    wamp_payload_end(&w, arity, &payload);
    payload.args = request->args;
    payload.kwargs = request->kwargs;
    return payload;
}

/* What a stranger said stands deeper in a question than in his own message. */
static bool may_be_sent(const struct realm_request *request)
{
    return nesting_fits(request->ser, request->args, 1) && nesting_fits(request->ser, request->kwargs, 1);
}

uint64_t own_call_start(struct realm *r, const struct realm_request *request, realm_done *done, void *user)
{
    struct own_call *call = add(r, done, user);
    if (!call)
        return 0;
    struct wamp_buf buf = {0};
    struct wamp_msg m = {
        .type = WAMP_CALL,
        .ser = request->ser,
        .request = call->id,
        .dict = {.kind = WAMP_ABSENT},
        .opt = {.timeout = (uint64_t)request->timeout},
        .uri = request->procedure,
        .payload = payload_of(request, &buf),
    };
    if (!buf.failed && may_be_sent(request))
        calls_on_call(r->own_calls.session, &m);
    wamp_buf_fini(&buf);
    if (!calls_has_begun(r->own_calls.session, &m))
        own_call_over(r, call->id);  /* refused, or out of memory */
    return call->id;
}

uint64_t realm_call(struct realm *r, const struct realm_request *request, realm_done *done, void *user,
                    wamp_ms now)
{
    r->now = now;
    uint64_t id = own_call_start(r, request, done, user);
    if (!id)
        done(user, &no_answer);
    realm_rest(r);
    return find(r, id) ? id : 0;
}

/* --- the end -------------------------------------------------------------------------------------------- */

/* [RESULT, CALL.Request|id, Details|dict (, Arguments, ArgumentsKw)] or
 * [ERROR, CALL, CALL.Request|id, Details|dict, Error|uri (, Arguments, ArgumentsKw)] */
void own_call_take(struct realm *r, const struct wamp_frame *frame)
{
    struct wamp_arena arena = {0};
    struct wamp_msg m;
    struct wamp_fault why;
    char *octets = frame->head.ptr ? wamp_arena_alloc(&arena, wamp_frame_len(frame)) : NULL;
    if (!octets)
        return;
    memcpy(octets, frame->head.ptr, frame->head.len);
    if (frame->tail.len)
        memcpy(octets + frame->head.len, frame->tail.ptr, frame->tail.len);
    enum wamp_err err = wamp_msg_parse(frame->ser, str_of(octets, wamp_frame_len(frame)), &arena, &m, &why);
    struct own_call *call = err ? NULL : find(r, m.request);
    if (!call) {
        wamp_arena_fini(&arena);  /* forgotten, or out of memory */
        return;
    }
    call->arena = arena;
    call->outcome = (struct realm_outcome){
        .error = m.type == WAMP_ERROR ? m.uri : str_of("", 0),
        .ser = m.ser,
        .args = m.payload.args,
        .kwargs = m.payload.kwargs,
    };
}

void own_call_over(struct realm *r, uint64_t request)
{
    struct own_call *call = find(r, request);
    if (call && !list_is_linked(&call->over))
        list_add_tail(&r->own_calls.over, &call->over);
}

void own_calls_finish(struct realm *r)
{
    struct own_calls *own = &r->own_calls;
    if (own->is_finishing)
        return;
    own->is_finishing = true;
    for (struct list *n; (n = list_first(&own->over));) {
        struct own_call *call = list_entry(n, struct own_call, over);
        struct own_call ended = *call;
        call->arena = (struct wamp_arena){0};
        discard(r, call);
        ended.done(ended.user, &ended.outcome);
        wamp_arena_fini(&ended.arena);
    }
    own->is_finishing = false;
}

void own_call_forget(struct realm *r, uint64_t id)
{
    struct own_call *call = find(r, id);
    if (!call)
        return;
    discard(r, call);
    calls_on_cancel(r->own_calls.session, &(struct wamp_msg){.type = WAMP_CANCEL, .request = id});
}

void realm_call_forget(struct realm *r, uint64_t id, wamp_ms now)
{
    r->now = now;
    own_call_forget(r, id);
    realm_rest(r);
}
