/* The public calls: blocking, asynchronous, without an answer. All three are the same call with another sink. */
#include "client/call.h"
#include "client/peer.h"
#include "common/mem.h"

#include <stdio.h>

static const wamp_callopt no_options;

static struct wamp_result result_of(const struct parts *v)
{
    return (wamp_result){.args = v->args, .kwargs = v->kwargs, .details = v->details};
}

/* --- blocking ------------------------------------------------------------------------------------------------ */

struct waiting_call {
    struct call call;
    const wamp_callopt *opt;
    bool done;
    wamp_rc rc;
    struct parts result;
};

static void waiting_progress(struct wamp_peer *p, struct call *c, struct parts *value, size_t octets)
{
    struct waiting_call *w = (struct waiting_call *)c;
    wamp_result result = result_of(value);
    (void)p;
    (void)octets;
    if (w->opt->on_progress && !c->canceling)
        w->opt->on_progress(w->opt->progress_arg, &result);
}

static void waiting_end(struct wamp_peer *p, struct call *c, wamp_rc rc, struct parts *result,
                        struct failure *failure)
{
    struct waiting_call *w = (struct waiting_call *)c;
    w->done = true;
    w->rc = rc;
    if (result) {
        w->result = *result;
        *result = (struct parts){0};
    } else {
        wamp_failure_copy(&p->error, failure);
    }
}

static const struct call_sink waiting_sink = {.progress = waiting_progress, .end = waiting_end};

static bool is_done(void *arg)
{
    return ((struct waiting_call *)arg)->done;
}

static wamp_rc call_and_wait(struct wamp_peer *p, const char *uri, const wamp_callopt *opt, const char *fmt,
                             wamp_argv argv, struct parts *result)
{
    struct waiting_call w = {.call = {.sink = &waiting_sink}, .opt = opt};
    struct call_head head = {.uri = uri ? uri : "", .opt = opt, .progress = opt->on_progress != NULL};
    wamp_rc rc = wamp_peer_ready(p);
    if (!rc)
        rc = wamp_call_begin(p, &w.call, &head, fmt, argv);
    if (rc)
        return rc;
    wamp_wait(p, is_done, &w, WAMP_NEVER);
    *result = w.result;
    return w.rc;
}

static wamp_rc call_for_parts(wamp_peer *p, const char *uri, const wamp_callopt *opt, wamp_val **args,
                              wamp_val **kwargs, wamp_val **first, const char *fmt, wamp_argv argv)
{
    struct parts result = {0};
    wamp_val **const outs[] = {args, kwargs, first, opt->details};
    for (size_t i = 0; i < sizeof outs / sizeof *outs; i++)
        if (outs[i])
            *outs[i] = NULL;
    wamp_rc rc = wamp_peer_enter(p);
    if (rc)
        return rc;
    rc = call_and_wait(p, uri, opt, fmt, argv, &result);
    if (!rc) {
        wamp_val_give(args, result.args);
        wamp_val_give(kwargs, result.kwargs);
        wamp_val_give(first, wamp_at(result.args, 0));
        wamp_val_give(opt->details, result.details);
        wamp_parts_clear(&result);
    }
    wamp_peer_leave(p);
    return rc;
}

wamp_rc wamp_call_v(wamp_peer *p, const char *uri, wamp_val **out, const char *fmt, wamp_argv args)
{
    return call_for_parts(p, uri, &no_options, NULL, NULL, out, fmt, args);
}

wamp_rc wamp_callx_v(wamp_peer *p, const char *uri, const wamp_callopt *opt, wamp_val **args, wamp_val **kwargs,
                     const char *fmt, wamp_argv argv)
{
    return call_for_parts(p, uri, opt ? opt : &no_options, args, kwargs, NULL, fmt, argv);
}

wamp_rc wamp_rcall_v(wamp_remote_t remote, const char *name, wamp_val **out, const char *fmt, wamp_argv args)
{
    struct wamp_buf uri = {0};
    wamp_buf_addf(&uri, "%s.%s", remote.prefix, name);
    wamp_buf_add_char(&uri, '\0');
    wamp_rc rc = uri.failed ? WAMP_E_NOMEM : wamp_call_v(remote.peer, uri.ptr, out, fmt, args);
    wamp_buf_fini(&uri);
    return rc;
}

/* --- asynchronous -------------------------------------------------------------------------------------------- */

struct async_call {
    struct call call;
    wamp_done done;  /* NULL: nobody wants to know */
    void *arg;
    wamp_progress on_progress;
    void *progress_arg;
};

static void async_progress(struct wamp_peer *p, struct call *c, struct parts *value, size_t octets)
{
    struct async_call *a = (struct async_call *)c;
    wamp_result result = result_of(value);
    (void)p;
    (void)octets;
    if (a->on_progress && !c->canceling)
        a->on_progress(a->progress_arg, &result);
}

static void async_end(struct wamp_peer *p, struct call *c, wamp_rc rc, struct parts *value,
                      struct failure *failure)
{
    struct async_call a = *(struct async_call *)c;
    wamp_result result = value ? result_of(value) : (wamp_result){0};
    (void)p;
    wamp_free(c);
    if (a.done)
        a.done(a.arg, rc, value ? &result : NULL, failure ? &failure->e : NULL);
}

static const struct call_sink async_sink = {.progress = async_progress, .end = async_end};

static wamp_rc begin_async(wamp_peer *p, const char *uri, const wamp_callopt *opt, wamp_done done, void *arg,
                           uint64_t *id, const char *fmt, wamp_argv args)
{
    struct call_head head = {.uri = uri ? uri : "", .opt = opt, .progress = opt->on_progress != NULL};
    struct async_call *a = wamp_zalloc(sizeof *a);
    if (!a)
        return wamp_failure_set(&p->error, WAMP_E_NOMEM, "out of memory");
    *a = (struct async_call){.call = {.sink = &async_sink},
                             .done = done,
                             .arg = arg,
                             .on_progress = opt->on_progress,
                             .progress_arg = opt->progress_arg};
    wamp_rc rc = wamp_call_begin(p, &a->call, &head, fmt, args);
    if (rc)
        wamp_free(a);
    else if (id)
        *id = a->call.request.id;
    return rc;
}

wamp_rc wamp_call_async_v(wamp_peer *p, const char *uri, const wamp_callopt *opt, wamp_done done, void *arg,
                          uint64_t *id, const char *fmt, wamp_argv args)
{
    wamp_rc rc = wamp_peer_enter(p);
    if (rc)
        return rc;
    rc = begin_async(p, uri, opt ? opt : &no_options, done, arg, id, fmt, args);
    wamp_peer_leave(p);
    return rc;
}

wamp_rc wamp_call_nowait_v(wamp_peer *p, const char *uri, const char *fmt, wamp_argv args)
{
    wamp_rc rc = wamp_peer_enter(p);
    if (rc)
        return rc;
    rc = wamp_peer_ready_now(p);
    if (!rc)
        rc = begin_async(p, uri, &no_options, NULL, NULL, NULL, fmt, args);
    wamp_peer_flush(p);
    wamp_peer_leave(p);
    return rc;
}

wamp_rc wamp_cancel_call(wamp_peer *p, uint64_t id, wamp_mode mode)
{
    wamp_rc rc = wamp_peer_enter(p);
    if (rc)
        return rc;
    struct request *r = wamp_request_find(p, id);
    if (!r || r->type != WAMP_CALL || ((struct call *)r)->sink != &async_sink)
        rc = wamp_failure_set(&p->error, WAMP_E_STATE, "no such call is open");
    else
        rc = wamp_call_cancel(p, (struct call *)r, mode);
    wamp_peer_leave(p);
    return rc;
}
