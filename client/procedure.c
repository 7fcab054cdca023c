/* What a procedure does with its channel: takes arguments and chunks, answers, asks who called. client/callee.c
 * has the life of the invocation behind it. */
#include "client/callee.h"
#include "client/peer.h"

#include <stdarg.h>
#include <stdio.h>

static struct invocation *invocation_of(struct wamp_chan *ch)
{
    return (struct invocation *)ch;
}

static bool is_invocation(const struct wamp_chan *ch)
{
    return ch->ops == &wamp_invocation_ops;
}

/* --- the channel's side -------------------------------------------------------------------------------------- */

static wamp_rc writable(struct wamp_chan *ch)
{
    static const char *const words[] = {"", "canceled by the caller", "canceled by the caller",
                                        "the session is lost"};
    struct invocation *inv = invocation_of(ch);
    wamp_rc rc = wamp_invocation_may(inv, ANSWER_MORE);
    int how = inv->canceled;  /* as a subscript gcc 12 reads it non-atomically */
    return rc ? wamp_failure_set(&ch->peer->error, rc, "%s", inv->replied ? "answered already" : words[how])
              : WAMP_OK;
}

static bool readable(struct wamp_chan *ch)
{
    struct invocation *inv = invocation_of(ch);
    return !inv->current_taken || !list_is_empty(&ch->queue) || inv->canceled || !inv->open;
}

static wamp_rc take(struct wamp_chan *ch, struct parts *out)
{
    struct invocation *inv = invocation_of(ch);
    if (inv->canceled)
        return writable(ch);
    if (wamp_invocation_take_current(inv, out))
        return inv->current_last ? WAMP_OK : WAMP_MORE;
    wamp_rc rc = wamp_chan_take(ch, out);
    if (rc != WAMP_E_AGAIN || (inv->open && !ch->last_taken))
        return rc;
    return wamp_failure_set(&ch->peer->error, WAMP_E_STATE, "the last value was taken");
}

static bool is_open(const struct wamp_chan *ch)
{
    return ((const struct invocation *)ch)->active;
}

/* Format, in the session's form, in p->tail. */
static wamp_rc format_tail(struct wamp_peer *p, enum answer kind, const char *fmt, wamp_argv argv,
                           struct tail *tail)
{
    struct payload payload;
    struct why why = {"out of memory"};
    wamp_arena_reset(&p->out);
    wamp_rc rc = wamp_format(&p->out, fmt, argv, &payload, &why);
    if (!rc)
        rc = wamp_tail_write(p->config.ser, &payload, kind != ANSWER_ERROR, &p->tail, tail, &why);
    return rc ? wamp_failure_set(&p->error, rc, "%s", why.text) : WAMP_OK;
}

/* One value or the answer, from the peer's own thread. */
static wamp_rc answer(struct invocation *inv, enum answer kind, const char *uri, const char *fmt, wamp_argv argv)
{
    struct wamp_peer *p = inv->chan.peer;
    struct tail tail;
    wamp_rc rc = inv->replied ? wamp_failure_set(&p->error, WAMP_E_STATE, "answered already")
                              : format_tail(p, kind, fmt, argv, &tail);
    return rc ? rc : wamp_invocation_answer(inv, kind, uri, &tail);
}

static wamp_rc send_value(struct wamp_chan *ch, bool more, const char *fmt, wamp_argv argv)
{
    struct invocation *inv = invocation_of(ch);
    if (!more)
        return wamp_reply_v(ch, fmt, argv);
    return ch->by_worker ? wamp_worker_answer(inv, ANSWER_MORE, NULL, fmt, argv)
                         : answer(inv, ANSWER_MORE, NULL, fmt, argv);
}

const struct chan_ops wamp_invocation_ops = {
    .send = send_value,
    .writable = writable,
    .take = take,
    .readable = readable,
    .overflow = wamp_invocation_overflow,
    .is_open = is_open,
};

/* --- public: the answer -------------------------------------------------------------------------------------- */

static wamp_rc final_answer(wamp_chan *ch, enum answer kind, const char *uri, const char *fmt, wamp_argv args)
{
    struct wamp_peer *p = ch->peer;
    struct invocation *inv = invocation_of(ch);
    if (!is_invocation(ch))
        return WAMP_E_STATE;
    if (ch->by_worker)
        return wamp_worker_answer(inv, kind, uri, fmt, args);
    wamp_rc rc = wamp_peer_enter(p);
    if (rc)
        return rc;
    rc = answer(inv, kind, uri, fmt, args);
    if (inv->replied && !inv->running && rc != WAMP_E_STATE)
        wamp_invocation_free(inv);
    wamp_peer_leave(p);
    return rc;
}

wamp_rc wamp_reply_v(wamp_chan *ch, const char *fmt, wamp_argv args)
{
    return final_answer(ch, ANSWER_RESULT, NULL, fmt, args);
}

wamp_rc wamp_failx_v(wamp_chan *ch, const char *uri, const char *fmt, wamp_argv args)
{
    return final_answer(ch, ANSWER_ERROR, uri ? uri : "wamp.error.runtime_error", fmt, args);
}

/* A text that was cut off after len octets shall not end in the middle of a character. */
static void cut_character(char *text, size_t len)
{
    while (len && (text[len - 1] & 0xc0) == 0x80)
        len--;
    if (len && (text[len - 1] & 0x80))
        len--;
    text[len] = '\0';
}

wamp_rc wamp_fail_at(wamp_chan *ch, const char *uri, const char *where, const char *msgfmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, msgfmt);
    size_t len = (size_t)vsnprintf(text, sizeof text, msgfmt, args);
    va_end(args);
    if (len >= sizeof text)
        cut_character(text, sizeof text - 1);
    return where ? wamp_failx(ch, uri, "s traceback:s", text, where) : wamp_failx(ch, uri, "s", text);
}

wamp_rc wamp_set_options(wamp_chan *ch, const wamp_val *options)
{
    if (!is_invocation(ch))
        return WAMP_E_STATE;
    if (options && wamp_type(options) != WAMP_T_DICT)
        return WAMP_E_ARGS;
    wamp_drop(&invocation_of(ch)->options);
    invocation_of(ch)->options = wamp_keep(options);
    return WAMP_OK;
}

wamp_rc wamp_hold(wamp_chan *ch)
{
    if (!is_invocation(ch) || ch->by_worker)
        return WAMP_E_STATE;
    invocation_of(ch)->held = true;
    return WAMP_OK;
}

void wamp_on_cancel(wamp_chan *ch, wamp_on_chan fn, void *arg)
{
    if (!is_invocation(ch))
        return;
    invocation_of(ch)->on_cancel = fn;
    invocation_of(ch)->cancel_arg = arg;
}

static bool gave_up(void *arg)
{
    return invocation_of(arg)->canceled != NOT_CANCELED;
}

wamp_rc wamp_pause(wamp_chan *ch, int ms)
{
    struct wamp_peer *p = ch->peer;
    if (!is_invocation(ch))
        return WAMP_E_STATE;
    if (ch->by_worker)
        return wamp_worker_pause(ch, ms);
    wamp_rc rc = wamp_peer_enter(p);
    if (rc)
        return rc;
    rc = wamp_peer_may_wait(p);
    if (!rc && !wamp_wait(p, gave_up, ch, p->now + ms))
        rc = writable(ch);
    wamp_peer_leave(p);
    return rc;
}

/* --- public: arguments --------------------------------------------------------------------------------------- */

wamp_rc wamp_args_v(wamp_chan *ch, const char *sig, wamp_argv out)
{
    struct invocation *inv = invocation_of(ch);
    struct why why;
    if (!is_invocation(ch))
        return WAMP_E_STATE;
    if (inv->canceled)
        return inv->canceled == CANCELED_LOST ? WAMP_E_LOST : WAMP_E_CANCELED;
    inv->current_taken = true;
    if (!wamp_match_args(inv->current.args, inv->current.kwargs, sig ? sig : "", out, &why))
        return WAMP_OK;
    wamp_failx(ch, "wamp.error.invalid_argument", "s", why.text);
    return WAMP_E_ARGS;
}

const wamp_val *wamp_chan_args(const wamp_chan *ch)
{
    return is_invocation(ch) ? ((const struct invocation *)ch)->current.args : &wamp_empty_list;
}

const wamp_val *wamp_chan_kwargs(const wamp_chan *ch)
{
    return is_invocation(ch) ? ((const struct invocation *)ch)->current.kwargs : &wamp_empty_dict;
}

const wamp_val *wamp_chan_details(const wamp_chan *ch)
{
    return is_invocation(ch) ? ((const struct invocation *)ch)->first.details : &wamp_empty_dict;
}

bool wamp_is_last(const wamp_chan *ch)
{
    return !is_invocation(ch) || ((const struct invocation *)ch)->current_last;
}

const char *wamp_procedure(const wamp_chan *ch)
{
    return is_invocation(ch) ? ((const struct invocation *)ch)->procedure : "";
}

bool wamp_wants_progress(const wamp_chan *ch)
{
    return is_invocation(ch) && ((const struct invocation *)ch)->wants_progress;
}

int wamp_timeout_ms(const wamp_chan *ch)
{
    uint64_t ms = wamp_uint(wamp_key(wamp_chan_details(ch), "timeout"));
    return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

wamp_caller_t wamp_caller(const wamp_chan *ch)
{
    const wamp_val *details = wamp_chan_details(ch);
    return (wamp_caller_t){
        .session = wamp_uint(wamp_key(details, "caller")),
        .authid = wamp_str(wamp_key(details, "caller_authid")),
        .authrole = wamp_str(wamp_key(details, "caller_authrole")),
    };
}

const char *wamp_canceled(const wamp_chan *ch)
{
    static const char *const names[] = {NULL, "kill", "killnowait", "lost"};
    int how = NOT_CANCELED;
    if (is_invocation(ch))
        how = ((const struct invocation *)ch)->canceled;  /* not as a subscript: see writable */
    return names[how];
}
