/* wamp bench: calls, or events, as fast as a window of them allows, or at a rate.
 *
 * One thread drives both sessions, so that what is measured is the way through the router, not a race of
 * threads. Events arrive in the order they were published in; so when each was sent is known without looking
 * into it. */
#include "client/tool/clock.h"
#include "client/tool/commands.h"
#include "client/tool/histogram.h"
#include "client/tool/payload.h"
#include "client/tool/print.h"
#include "client/tool/session.h"
#include "common/mem.h"

#include <inttypes.h>
#include <string.h>

enum { WINDOW = 64, WINDOW_MAX = 1000, DURATION_MS = 5000, LINGER_MS = 2000 };

struct bench {
    const struct options *o;
    wamp_peer *peer, *other;  /* other: callee or subscriber; NULL: somebody else's */
    const char *uri;
    struct payload payload;
    wamp_val *options;
    bool is_call;
    int window;
    uint64_t sent, limit;     /* limit 0: the clock alone */
    uint64_t done, failed;
    int64_t *sent_at;         /* a ring: of the events under way */
    struct slot *idle;        /* for more calls at once */
    int64_t begun, ended;
    struct histogram times;
    bool is_over;             /* nothing new is sent */
    bool is_done;
};

/* --- the window ---------------------------------------------------------------------------------------------- */

static void refill(struct bench *b);

static void end_if_idle(struct bench *b)
{
    if (!b->is_over || b->done + b->failed < b->sent || b->is_done)
        return;
    b->is_done = true;
    wamp_stop(b->peer);
}

static void count_one(struct bench *b, int64_t sent_at)
{
    b->ended = clock_us();
    b->done++;
    histogram_add(&b->times, b->ended - sent_at);
}

/* How many may have been sent by now. */
static uint64_t due(const struct bench *b)
{
    return b->o->rate ? (uint64_t)((clock_us() - b->begun) * b->o->rate / 1000000) : UINT64_MAX;
}

/* --- calls --------------------------------------------------------------------------------------------------- */

/* One of the window: answers may overtake one another. */
struct slot {
    struct bench *b;
    struct slot *next;  /* idle, too */
    int64_t sent_at;
};

static void park(struct slot *s)
{
    s->next = s->b->idle;
    s->b->idle = s;
}

/* The first failure is told; the others are counted. */
static void on_answer(void *arg, wamp_rc rc, const wamp_result *r, const wamp_error *e)
{
    struct slot *s = arg;
    struct bench *b = s->b;
    (void)r;
    if (!rc) {
        count_one(b, s->sent_at);
    } else if (!b->is_done && !b->failed++) {
        print_error(b->o, e);
    }
    b->is_over |= rc == WAMP_E_LOST;
    park(s);
    refill(b);
    end_if_idle(b);
}

static void call_one(struct bench *b)
{
    struct slot *s = b->idle;
    wamp_callopt opt = {.timeout_ms = b->o->timeout, .options = b->options};
    b->idle = s->next;
    s->sent_at = clock_us();
    b->sent++;
    if (!wamp_callx_async(b->peer, b->uri, &opt, on_answer, s, NULL, "VV", b->payload.args, b->payload.kwargs))
        return;
    b->failed++;
    b->is_over = true;
    print_error(b->o, wamp_err(b->peer));
}

static wamp_rc echo(void *self, wamp_chan *ch)
{
    (void)self;
    return wamp_reply(ch, "VV", wamp_chan_args(ch), wamp_chan_kwargs(ch));
}

static bool is_offered(struct bench *b)
{
    const wamp_error *e = wamp_err(b->peer);
    wamp_rc rc = wamp_callx(b->peer, b->uri, NULL, NULL, NULL, "VV", b->payload.args, b->payload.kwargs);
    return rc != WAMP_E_REMOTE || strcmp(e->uri, "wamp.error.no_such_procedure") != 0;
}

/* --- events -------------------------------------------------------------------------------------------------- */

static void on_event(void *self, const wamp_event *ev)
{
    struct bench *b = self;
    (void)ev;
    if (b->done < b->sent)
        count_one(b, b->sent_at[b->done % (uint64_t)b->window]);
    refill(b);
    end_if_idle(b);
}

static void publish_one(struct bench *b)
{
    b->sent_at[b->sent++ % (uint64_t)b->window] = clock_us();
    wamp_pubopt opt = {.options = b->options};
    if (!wamp_publish(b->peer, b->uri, &opt, "VV", b->payload.args, b->payload.kwargs))
        return;
    b->failed++;
    b->is_over = true;
    print_error(b->o, wamp_err(b->peer));
}

/* --- both ---------------------------------------------------------------------------------------------------- */

static bool has_room(const struct bench *b)
{
    return b->is_call ? b->idle != NULL : b->sent - b->done < (uint64_t)b->window;
}

static void refill(struct bench *b)
{
    for (uint64_t most = due(b);; b->is_call ? call_one(b) : publish_one(b)) {
        b->is_over |= b->limit && b->sent >= b->limit;
        if (b->is_over || b->sent >= most || !has_room(b))
            return;
    }
}

static void pace(void *arg, wamp_peer *peer)
{
    struct bench *b = arg;
    refill(b);
    if (!b->is_over)
        wamp_after(peer, 1, pace, b, NULL);
    end_if_idle(b);
}

/* --- from the beginning to the end --------------------------------------------------------------------------- */

static void on_patience_over(void *arg, wamp_peer *peer)
{
    struct bench *b = arg;
    b->is_done = true;
    wamp_stop(peer);
}

/* What is under way is waited for, but not for ever. */
static void on_time_over(void *arg, wamp_peer *peer)
{
    struct bench *b = arg;
    b->is_over = true;
    wamp_after(peer, LINGER_MS, on_patience_over, b, NULL);
    end_if_idle(b);
}

static void begin(struct bench *b, struct slot *slots)
{
    b->begun = b->ended = clock_us();
    for (int i = 0; i < b->window; i++) {
        slots[i].b = b;
        park(&slots[i]);
    }
    if (b->o->rate)
        pace(b, b->peer);
    else
        refill(b);
    if (!b->limit || b->o->given[OPTION_duration])
        wamp_after(b->peer, b->o->given[OPTION_duration] ? b->o->duration : DURATION_MS, on_time_over, b, NULL);
    end_if_idle(b);
}

static double ms_at(const struct bench *b, double share)
{
    return (double)histogram_at(&b->times, share) / 1000;
}

static int report(const struct bench *b)
{
    const char *what = b->is_call ? "calls" : "events";
    double seconds = (double)(b->ended - b->begun) / 1e6, rate = seconds > 0 ? (double)b->done / seconds : 0;
    printf("%" PRIu64 " %s in %.2f s: %.0f a second, %d at once\n", b->done, what, seconds, rate, b->window);
    if (b->done)
        printf("time ms: median %.3f, 99%% %.3f, 99.9%% %.3f, most %.3f\n", ms_at(b, 0.5), ms_at(b, 0.99),
               ms_at(b, 0.999), (double)b->times.most / 1000);
    if (b->sent > b->done)
        printf("%" PRIu64 " of %" PRIu64 " failed\n", b->sent - b->done, b->sent);
    return b->sent > b->done;
}

/* The other end, on a session of its own. -1: fine. */
static int open_other(struct bench *b)
{
    int status = 0;
    if (b->is_call && is_offered(b))
        return -1;
    b->other = session_open(b->o, &(wamp_opt){0}, &status);
    if (!b->other)
        return status;
    wamp_rc rc = b->is_call ? wamp_register(b->other, b->uri, echo, b)
                            : wamp_subscribe(b->other, b->uri, on_event, b);
    return rc ? print_error(b->o, wamp_err(b->other)) : -1;
}

static int measure(struct bench *b)
{
    struct slot *slots = wamp_zalloc((size_t)b->window * sizeof *slots);
    b->sent_at = wamp_zalloc((size_t)b->window * sizeof *b->sent_at);
    int status = slots && b->sent_at ? open_other(b) : misused("out of memory");
    if (status < 0) {
        begin(b, slots);
        status = session_serve(b->o, b->peer, &b->is_done);
        b->is_over = b->is_done = true;
        int failed = report(b);
        status = status < 0 ? failed : status;
    }
    wamp_close(b->peer);  /* answers of calls still under way find their slots */
    b->peer = NULL;
    wamp_free(b->sent_at);
    wamp_free(slots);
    return status;
}

static int read_line(struct bench *b, struct options *o)
{
    const char *what = options_take(o);
    b->is_call = !strcmp(what, "call");
    b->uri = options_take(o);
    b->window = o->given[OPTION_window] ? o->window : WINDOW;
    b->limit = (uint64_t)o->count;
    if (!b->is_call && strcmp(what, "publish") != 0)
        return misused("'%s': expected call or publish", what);
    if (b->window < 1 || b->window > WINDOW_MAX)
        return misused("--window: expected 1 .. %d", WINDOW_MAX);
    return payload_of_words(o, &b->payload);
}

int command_bench(struct options *o)
{
    struct bench b = {.o = o, .options = payload_options(o)};
    int status = read_line(&b, o);
    if (status < 0)
        b.peer = session_open(o, &(wamp_opt){0}, &status);
    if (b.peer)
        status = measure(&b);
    wamp_close(b.other);
    wamp_close(b.peer);
    wamp_drop(&b.options);
    payload_fini(&b.payload);
    return status;
}
