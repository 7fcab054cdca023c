/* wamp ping. */
#include "client/tool/clock.h"
#include "client/tool/commands.h"
#include "client/tool/print.h"
#include "client/tool/session.h"

static const char procedure[] = "wamp.session.count";

enum { INTERVAL_MS = 1000 };

struct pinger {
    const struct options *o;
    wamp_peer *peer;
    int64_t sent_at;         /* microseconds */
    int sent, answered;
    double least, most, sum; /* milliseconds */
    bool is_done;
};

static void send_ping(void *arg, wamp_peer *peer);

static void count_answer(struct pinger *p, double ms)
{
    p->least = !p->answered || ms < p->least ? ms : p->least;
    p->most = ms > p->most ? ms : p->most;
    p->sum += ms;
    p->answered++;
    printf("%s: number=%d time=%.3f ms\n", procedure, p->sent, ms);
}

static void go_on(struct pinger *p)
{
    p->is_done = p->o->count && p->sent == p->o->count;
    if (p->is_done)
        wamp_stop(p->peer);
    else
        wamp_after(p->peer, p->o->given[OPTION_interval] ? p->o->interval : INTERVAL_MS, send_ping, p, NULL);
}

/* An ERROR has come all the way, too. */
static void on_answer(void *arg, wamp_rc rc, const wamp_result *r, const wamp_error *e)
{
    struct pinger *p = arg;
    (void)r;
    if (p->is_done)  /* interrupted: wamp_close completes what is under way */
        return;
    if (rc == WAMP_E_LOST)  /* session_serve tells */
        return;
    if (rc == WAMP_OK || rc == WAMP_E_REMOTE)
        count_answer(p, (double)(clock_us() - p->sent_at) / 1000);
    else
        print_error(p->o, e);
    go_on(p);
}

static void send_ping(void *arg, wamp_peer *peer)
{
    struct pinger *p = arg;
    p->sent_at = clock_us();
    p->sent++;
    if (!wamp_call_async(peer, procedure, on_answer, p, ""))
        return;
    print_error(p->o, wamp_err(peer));
    p->is_done = true;
    wamp_stop(peer);
}

static void sum_up(const struct pinger *p)
{
    printf("%d calls, %d answered", p->sent, p->answered);
    if (p->answered)
        printf(", min/avg/max %.3f/%.3f/%.3f ms", p->least, p->sum / p->answered, p->most);
    putchar('\n');
}

int command_ping(struct options *o)
{
    struct pinger p = {.o = o};
    int status;
    p.peer = session_open(o, &(wamp_opt){0}, &status);
    if (!p.peer)
        return status;
    send_ping(&p, p.peer);
    status = session_serve(o, p.peer, &p.is_done);
    sum_up(&p);
    p.is_done = true;
    wamp_close(p.peer);
    if (status < 0 || status == EXIT_INTERRUPTED)
        status = p.answered ? 0 : 1;
    return status;
}
