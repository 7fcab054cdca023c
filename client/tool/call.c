/* wamp call. */
#include "client/tool/call.h"

#include "client/tool/clock.h"
#include "client/tool/commands.h"
#include "client/tool/print.h"
#include "client/tool/session.h"

#include <string.h>

enum { RETRY_MS = 100 };

/* --- what comes back ----------------------------------------------------------------------------------------- */

static bool is_empty(const wamp_result *r)
{
    return wamp_type(wamp_at(r->args, 0)) == WAMP_T_NULL && wamp_len(r->args) < 2 && !wamp_len(r->kwargs);
}

void call_value(struct call *c, const wamp_result *r)
{
    c->values++;
    print_result(c->o, r);
}

void call_result(struct call *c, const wamp_result *r)
{
    c->is_done = true;
    if (!c->values || !is_empty(r))
        print_result(c->o, r);
    wamp_stop(c->peer);
}

void call_failed(struct call *c, const wamp_error *e)
{
    c->is_done = true;
    c->status = print_error(c->o, e);
    wamp_stop(c->peer);
}

static void on_progress(void *arg, const wamp_result *r)
{
    call_value(arg, r);
}

/* --- making it ----------------------------------------------------------------------------------------------- */

static void begin(void *arg, wamp_peer *peer);

/* With --wait the procedure may be late, just as the router may be. spec: S-11 */
static bool is_worth_waiting(const struct call *c, const wamp_error *e)
{
    return e->uri && !strcmp(e->uri, "wamp.error.no_such_procedure") && clock_us() < c->retry_until;
}

static void on_done(void *arg, wamp_rc rc, const wamp_result *r, const wamp_error *e)
{
    struct call *c = arg;
    if (c->is_done)  /* interrupted: wamp_close completes what is under way */
        return;
    if (rc == WAMP_E_REMOTE && is_worth_waiting(c, e) && !wamp_after(c->peer, RETRY_MS, begin, c, NULL))
        return;
    if (rc)
        call_failed(c, e);
    else
        call_result(c, r);
}

static void begin(void *arg, wamp_peer *peer)
{
    struct call *c = arg;
    const struct payload *p = &c->payload;
    wamp_rc rc = wamp_callx_async(peer, c->uri, &c->opt, on_done, c, &c->id, "VV", p->args, p->kwargs);
    if (rc)
        call_failed(c, wamp_err(peer));
}

static void on_cancel_due(void *arg, wamp_peer *peer)
{
    struct call *c = arg;
    wamp_cancel_call(peer, c->id, (wamp_mode)c->o->mode);
}

static int wait_for_it(struct call *c)
{
    const struct options *o = c->o;
    begin(c, c->peer);
    if (o->given[OPTION_cancel_after])
        wamp_after(c->peer, o->cancel_after, on_cancel_due, c, NULL);
    int status = session_serve(o, c->peer, &c->is_done);
    return c->is_done ? c->status : status;
}

static void ignore(void *arg, wamp_rc rc, const wamp_result *r, const wamp_error *e)
{
    (void)arg, (void)rc, (void)r, (void)e;
}

/* wamp_close sends what waits to be sent. */
static int leave_it(struct call *c)
{
    const struct payload *p = &c->payload;
    wamp_rc rc = wamp_callx_async(c->peer, c->uri, &c->opt, ignore, NULL, NULL, "VV", p->args, p->kwargs);
    return rc ? print_error(c->o, wamp_err(c->peer)) : 0;
}

static int dispatch(struct call *c)
{
    if (c->o->stream)
        return call_stream(c);
    return c->o->no_wait ? leave_it(c) : wait_for_it(c);
}

int command_call(struct options *o)
{
    int status;
    struct call c = {.o = o, .uri = options_take(o), .retry_until = clock_us() + o->wait * INT64_C(1000)};
    wamp_opt opt = {.nonblocking = o->stream};
    wamp_val *options = payload_options(o);
    status = payload_of_words(o, &c.payload);
    if (status < 0)
        c.peer = session_open(o, &opt, &status);
    c.opt = (wamp_callopt){.timeout_ms = o->timeout, .disclose_me = o->disclose, .options = options,
                           .on_progress = o->progress ? on_progress : NULL, .progress_arg = &c};
    if (c.peer)
        status = dispatch(&c);
    c.is_done = true;
    wamp_close(c.peer);
    wamp_drop(&options);
    payload_fini(&c.payload);
    return status;
}
