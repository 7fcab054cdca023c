/* wamp call --stream: lines go out while values come in, neither waiting for the other.
 *
 * A line is held until it is known whether another one follows, because the last chunk ends the call and shall
 * carry a value where it can. Who types is not kept waiting: after HOLD_MS the line leaves as one of many. */
#include "client/tool/call.h"
#include "client/tool/clock.h"
#include "client/tool/lines.h"
#include "client/tool/print.h"
#include "client/tool/session.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

enum { HOLD_MS = 20 };

struct stream {
    struct call *c;
    wamp_chan *ch;
    struct lines in;
    wamp_val *held;      /* the last line that was read, a list of arguments */
    int64_t held_until;  /* a moment of clock_us */
    bool is_full;        /* the way out is: not before on_ready */
    bool has_ended;      /* the last chunk was sent */
    bool has_begun;      /* the first one was */
};

/* --- out ----------------------------------------------------------------------------------------------------- */

/* Sends a chunk, args NULL for an empty one. The words of the command line belong to the first. False: not now. */
static bool send_chunk(struct stream *s, int more, const wamp_val *args)
{
    const struct payload *words = &s->c->payload;
    wamp_rc rc;
    if (s->has_begun)
        rc = args ? wamp_send(s->ch, more, "V", args) : wamp_send(s->ch, more, "");
    else
        rc = args ? wamp_send(s->ch, more, "VVV", words->args, args, words->kwargs)
                  : wamp_send(s->ch, more, "VV", words->args, words->kwargs);
    s->is_full = rc == WAMP_E_AGAIN;
    if (rc == WAMP_OK)
        s->has_begun = true;
    else if (rc != WAMP_E_AGAIN && rc != WAMP_E_CANCELED && rc != WAMP_E_STATE)  /* canceled, ended: see receive */
        call_failed(s->c, wamp_err(s->c->peer));
    return rc == WAMP_OK;
}

static bool send_held(struct stream *s, int more)
{
    if (!send_chunk(s, more, s->held))
        return false;
    wamp_drop(&s->held);
    return true;
}

static void hold(struct stream *s, struct str line)
{
    wamp_val *v = payload_value(line.ptr, line.len);
    s->held = v ? wamp_build("[v]", v) : NULL;
    s->held_until = clock_us() + HOLD_MS * 1000;
    wamp_drop(&v);
    if (!s->held) {
        s->c->status = misused("a line cannot be sent: no valid UTF-8, nested too deeply, or out of memory");
        s->c->is_done = true;
    }
}

/* Another line is there, or nobody waits for one any more. */
static bool is_one_of_many(const struct stream *s)
{
    return s->in.at < s->in.buf.len || (!s->in.at_end && clock_us() >= s->held_until);
}

static void send_lines(struct stream *s)
{
    struct str line;
    while (!s->c->is_done && !s->is_full && !s->has_ended) {
        if (s->held && is_one_of_many(s)) {
            if (!send_held(s, WAMP_MORE))
                return;
        } else if (!s->held && lines_next(&s->in, &line)) {
            hold(s, line);
        } else if (s->in.at_end) {
            s->has_ended = send_held(s, WAMP_OK);
            return;
        } else {
            return;
        }
    }
}

/* --- in ------------------------------------------------------------------------------------------------------ */

static void receive(struct stream *s)
{
    wamp_rc rc = WAMP_MORE;
    while (rc == WAMP_MORE && !s->c->is_done) {
        wamp_val *args = NULL, *kwargs = NULL, *details = NULL;
        rc = wamp_recvx(s->ch, &args, &kwargs, &details, 0);
        wamp_result r = {args, kwargs, details};
        if (rc == WAMP_MORE && s->c->o->progress)
            call_value(s->c, &r);
        else if (rc == WAMP_OK)
            call_result(s->c, &r);
        else if (rc < 0 && (rc != WAMP_E_TIMEOUT || !wamp_is_open(s->ch)) && rc != WAMP_E_STATE)
            call_failed(s->c, wamp_err(s->c->peer));
        wamp_drop(&args);
        wamp_drop(&kwargs);
        wamp_drop(&details);
    }
}

static void on_ready(void *arg, wamp_chan *ch)
{
    struct stream *s = arg;
    (void)ch;
    s->is_full = false;
}

/* --- both ---------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

/* Signals arrive in ppoll alone: none is missed between a look at the flag and the wait. */
static void hold_signals(sigset_t *before)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, before);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* Milliseconds; -1: for ever. */
static int patience(const struct stream *s)
{
    int ms = wamp_next_deadline(s->c->peer);
    int64_t left_us = s->held_until - clock_us(), left = left_us > 0 ? left_us / 1000 + 1 : 0;
    bool is_held = s->held && !s->in.at_end && !s->is_full;
    return is_held && (ms < 0 || ms > left) ? (int)left : ms;
}

static void wait_for_either(struct stream *s, const sigset_t *mask)
{
    int ms = patience(s);
    bool reads = !s->in.at_end && !s->is_full;
    struct timespec timeout = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    struct pollfd fds[] = {{.fd = wamp_fd(s->c->peer), .events = wamp_events(s->c->peer)},
                           {.fd = reads ? s->in.fd : -1, .events = POLLIN}};
    if (ppoll(fds, 2, ms < 0 ? NULL : &timeout, mask) > 0 && fds[1].revents)
        lines_read(&s->in);
}

static void pump(struct stream *s)
{
    sigset_t before;
    hold_signals(&before);
    while (!s->c->is_done && !interrupted) {
        send_lines(s);
        wait_for_either(s, &before);
        wamp_step(s->c->peer);
        receive(s);
    }
}

static void on_cancel_due(void *arg, wamp_peer *peer)
{
    struct stream *s = arg;
    (void)peer;
    wamp_cancel(s->ch, (wamp_mode)s->c->o->mode);
}

int call_stream(struct call *c)
{
    struct stream s = {.c = c, .in.fd = STDIN_FILENO, .ch = wamp_channel(c->peer, c->uri, &c->opt)};
    if (!s.ch)
        return print_error(c->o, wamp_err(c->peer));
    wamp_on_ready(s.ch, on_ready, &s);
    if (c->o->given[OPTION_cancel_after])
        wamp_after(c->peer, c->o->cancel_after, on_cancel_due, &s, NULL);
    pump(&s);
    wamp_release(&s.ch);
    wamp_drop(&s.held);
    lines_fini(&s.in);
    return c->is_done ? c->status : EXIT_INTERRUPTED;
}
