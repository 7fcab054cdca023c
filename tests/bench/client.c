/* What an answer costs a program that uses libwamp, in CPU time of its own.
 *
 *     client URL CASE MS
 *
 * blocking: one call after another. async: 256 under way. events: as fast as somebody else publishes. Those print
 * one JSON object: answers in the measured time, CPU and wall-clock nanoseconds of this process. serve and feed
 * are the other ends, until they are killed. 64 octets each way. See tests/bench/client.py. */
#include "tests/bench/client.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <wamp.h>

static struct {
    wamp_peer *peer;
    uint64_t answers;
} bench;

static void check(wamp_rc rc)
{
    if (!rc)
        return;
    fprintf(stderr, "client: %s: %s\n", wamp_rc_name(rc), wamp_err(bench.peer)->message);
    exit(1);
}

/* --- the other ends --------------------------------------------------------------------------------------- */

static wamp_rc echo(void *self, wamp_chan *ch)
{
    const char *text;
    (void)self;
    return wamp_args(ch, "s", &text) ? WAMP_E_ARGS : wamp_reply(ch, "s", text);
}

static void serve(unsigned ms)
{
    (void)ms;
    check(wamp_register(bench.peer, "bench.echo", echo, NULL));
    puts("ready");
    fflush(stdout);
    wamp_run(bench.peer);
}

/* Acknowledged now and then, so that the router is never far behind. */
static void feed(unsigned ms)
{
    (void)ms;
    puts("ready");
    fflush(stdout);
    for (unsigned n = 0;; n++)
        check(wamp_publish(bench.peer, "bench.topic", &(wamp_pubopt){.acknowledge = n % 64 == 0}, "s", PAYLOAD));
}

/* --- what is measured -------------------------------------------------------------------------------------- */

static void call_once(void)
{
    wamp_val *v;
    check(wamp_call(bench.peer, "bench.echo", &v, "s", PAYLOAD));
    bench.answers += wamp_len(v) == sizeof PAYLOAD - 1;
    wamp_drop(&v);
}

static void blocking(unsigned ms)
{
    struct measure m = measure_begin(ms);
    while (measure_goes_on(&m, bench.answers))
        call_once();
}

static void on_done(void *arg, wamp_rc rc, const wamp_result *result, const wamp_error *error)
{
    (void)arg;
    (void)error;
    check(rc);
    bench.answers += wamp_len(wamp_at(result->args, 0)) == sizeof PAYLOAD - 1;
    check(wamp_call_async(bench.peer, "bench.echo", on_done, NULL, "s", PAYLOAD));
}

static void drive(unsigned ms)
{
    struct measure m = measure_begin(ms);
    while (measure_goes_on(&m, bench.answers)) {
        struct pollfd fd = {.fd = wamp_fd(bench.peer), .events = wamp_events(bench.peer)};
        poll(&fd, 1, wamp_next_deadline(bench.peer));
        check(wamp_step(bench.peer));
    }
}

static void async(unsigned ms)
{
    for (unsigned i = 0; i < UNDER_WAY; i++)
        check(wamp_call_async(bench.peer, "bench.echo", on_done, NULL, "s", PAYLOAD));
    drive(ms);
}

static void on_event(void *self, const wamp_event *ev)
{
    (void)self;
    bench.answers += wamp_len(wamp_at(ev->args, 0)) == sizeof PAYLOAD - 1;
}

static void events(unsigned ms)
{
    check(wamp_subscribe(bench.peer, "bench.topic", on_event, NULL));
    drive(ms);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(unsigned ms);
    } cases[] = {{"serve", serve}, {"feed", feed}, {"blocking", blocking}, {"async", async}, {"events", events}};
    bench.peer = argc == 4 ? wamp_open(&(wamp_opt){.url = argv[1]}) : NULL;
    if (!bench.peer) {
        fprintf(stderr, "client: %s\n", argc == 4 ? wamp_open_error() : "client URL CASE MS");
        return 2;
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!strcmp(cases[i].name, argv[2]))
            cases[i].run((unsigned)atoi(argv[3]));
    return 0;
}
