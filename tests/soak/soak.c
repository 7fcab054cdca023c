/* libwamp over a router that dies again and again: `make soak`.
 *
 *     soak WAMPD SECONDS
 *
 * One callee on a thread of its own with a pool of workers, one caller with calls and events always under way, one
 * caller that blocks, on a third thread, which also posts to the callee. The router gets SIGKILL every two seconds
 * and a successor at the same address. At the end: each call ended exactly once, each answer was the right one,
 * the caller came back each time, each post ran once and in order, memory was flat after the warm-up, and nothing
 * is left when the peers are closed. spec: T-L2 */
#include "tests/lib/failmalloc.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <wamp.h>

enum {
    UNDER_WAY = 64,            /* asynchronous calls */
    PACE_MS = 5,               /* between two rounds of them: leaves the machine to others */
    KILL_EVERY_MS = 2000,
    ANSWER_WITHIN_MS = 5000,   /* the calls' own timeout */
    OUTCOMES = 13,
};

/* Of the resident set, after the warm-up: what malloc may take more or less. Sanitizers keep what was freed. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { GROWTH_MAX_KIB = 1 << 20 };
#else
enum { GROWTH_MAX_KIB = 2048 };
#endif

extern char **environ;

struct slot {
    int64_t number;
    bool open;
};

/* What happened; the blocking caller's under its own name, because it runs on its own thread. */
struct tally {
    uint64_t begun, ended[OUTCOMES];
};

static struct {
    const char *wampd;
    char dir[64], url[96];
    pid_t router;
    unsigned kills;
    struct slot slots[UNDER_WAY];
    int64_t last;
    struct tally async, blocking;
    uint64_t published, events, posted;
    wamp_peer *callee;
    atomic_uint_fast64_t ran;  /* of what was posted */
    unsigned joined;
    long warm_kib, most_kib;  /* resident set at its largest: in the first fifth of the time, and later */
    atomic_bool over;
    atomic_uint faults;
} soak;

static void fault(const char *what)
{
    soak.faults++;
    fprintf(stderr, "soak: %s\n", what);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

/* --- the router ---------------------------------------------------------------------------------------------- */

static void router_start(void)
{
    char *argv[] = {(char *)soak.wampd, "--listen", soak.url, "--log-level", "error", NULL};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    int error = posix_spawn(&soak.router, soak.wampd, &files, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    if (error) {
        fprintf(stderr, "soak: %s: %s\n", soak.wampd, strerror(error));
        exit(2);
    }
}

static void router_kill(void)
{
    kill(soak.router, SIGKILL);
    waitpid(soak.router, NULL, 0);
}

/* --- the callee: on a thread of its own ---------------------------------------------------------------------- */

static wamp_rc echo(void *self, wamp_chan *ch)
{
    int64_t n;
    (void)self;
    return wamp_args(ch, "i", &n) ? WAMP_E_ARGS : wamp_reply(ch, "i", n);
}

static wamp_rc slow_echo(void *self, wamp_chan *ch)
{
    usleep(2000);
    return echo(self, ch);
}

static const wamp_member members[] = {
    {.kind = WAMP_MEMBER_RPC, .uri = "soak.echo", .proc = echo},
    {.kind = WAMP_MEMBER_RPC, .uri = "soak.work", .proc = slow_echo, .worker = true},
    {0},
};
static const wamp_service service = {.name = "Soak", .members = members};

/* --- the caller that never waits ----------------------------------------------------------------------------- */

static void on_done(void *arg, wamp_rc rc, const wamp_result *result, const wamp_error *error)
{
    struct slot *slot = arg;
    (void)error;
    if (!slot->open)
        fault("a call ended twice");
    if (rc == WAMP_OK && wamp_int(wamp_at(result->args, 0)) != slot->number)
        fault("the answer belongs to another call");
    slot->open = false;
    soak.async.ended[-rc]++;
}

static void on_event(void *self, const wamp_event *ev)
{
    (void)self;
    (void)ev;
    soak.events++;
}

static void on_joined(void *arg, wamp_peer *peer)
{
    (void)arg;
    (void)peer;
    soak.joined++;
}

static void begin_calls(wamp_peer *peer)
{
    for (struct slot *s = soak.slots; s < soak.slots + UNDER_WAY; s++) {
        if (s->open)
            continue;
        s->number = ++soak.last;
        s->open = true;
        if (wamp_call_async(peer, s->number % 8 ? "soak.echo" : "soak.work", on_done, s, "i", s->number))
            s->open = false;  /* not made: on_done will not run */
        else
            soak.async.begun++;
    }
    if (!wamp_publish(peer, "soak.event", &(wamp_pubopt){.include_me = true}, "i", soak.last))
        soak.published++;
}

static void serve(wamp_peer *peer, int ms)
{
    struct pollfd fd = {.fd = wamp_fd(peer), .events = wamp_events(peer)};
    int due = wamp_next_deadline(peer);
    poll(&fd, 1, due < 0 || due > ms ? ms : due);
    wamp_step(peer);
}

/* --- the caller that waits, and posts ------------------------------------------------------------------------ */

/* On the callee's thread: each post once, in order. */
static void on_post(void *arg, wamp_peer *peer)
{
    (void)peer;
    if ((uintptr_t)arg != ++soak.ran)
        fault("a post ran out of order");
}

static void post(void)
{
    if (wamp_post(soak.callee, on_post, (void *)(uintptr_t)(soak.posted + 1)))
        fault("a post was not taken");
    else
        soak.posted++;
}

static void wait_for_posts(void)
{
    for (int i = 0; i < 1000 && soak.ran < soak.posted; i++)
        usleep(1000);
    if (soak.ran != soak.posted)
        fault("a post did not run");
}

static void *call_and_wait(void *arg)
{
    wamp_peer *peer = wamp_open(&(wamp_opt){.url = soak.url, .reconnect = true, .connect_wait_ms = 5000,
                                            .call_timeout_ms = ANSWER_WITHIN_MS});
    (void)arg;
    if (!peer)
        fault(wamp_open_error());
    for (int64_t n = 1; peer && !soak.over; n++) {
        wamp_val *v = NULL;
        wamp_rc rc = wamp_call(peer, "soak.echo", &v, "i", n);
        if (rc == WAMP_OK && wamp_int(v) != n)
            fault("a blocking call got the answer of another");
        wamp_drop(&v);
        soak.blocking.begun++;
        soak.blocking.ended[-rc]++;
        post();
        usleep(1000);
    }
    wait_for_posts();
    wamp_close(peer);
    return NULL;
}

/* --- judgement ----------------------------------------------------------------------------------------------- */

static long resident_kib(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%*d %ld", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static uint64_t ended_in_all(const struct tally *t)
{
    uint64_t sum = 0;
    for (int i = 0; i < OUTCOMES; i++)
        sum += t->ended[i];
    return sum;
}

static void report(const char *who, const struct tally *t)
{
    printf("%s: %llu begun", who, (unsigned long long)t->begun);
    for (int i = 0; i < OUTCOMES; i++)
        if (t->ended[i])
            printf(", %llu %s", (unsigned long long)t->ended[i], wamp_rc_name((wamp_rc)-i));
    putchar('\n');
}

static void judge(void)
{
    report("calls", &soak.async);
    report("blocking calls", &soak.blocking);
    printf("posts: %llu\n", (unsigned long long)soak.posted);
    printf("events: %llu of %llu published; %u kills, joined %u times; resident %ld KiB warm, %ld KiB later\n",
           (unsigned long long)soak.events, (unsigned long long)soak.published, soak.kills, soak.joined,
           soak.warm_kib, soak.most_kib);
    for (int i = 0; i < UNDER_WAY; i++)
        if (soak.slots[i].open)
            fault("a call never ended");
    if (soak.async.begun != ended_in_all(&soak.async))
        fault("calls begun and calls ended differ");
    if (!soak.async.ended[0] || !soak.blocking.ended[0] || !soak.events)
        fault("nothing was answered");
    if (soak.joined + 1 < soak.kills)
        fault("the caller did not come back");
    if (soak.most_kib - soak.warm_kib > GROWTH_MAX_KIB)
        fault("memory grew");
    if (mem_live_blocks())
        fault("blocks are left when all peers are closed");
}

/* --- the run ------------------------------------------------------------------------------------------------- */

static void weigh(bool warm)
{
    long kib = resident_kib(), *most = warm ? &soak.most_kib : &soak.warm_kib;
    if (kib > *most)
        *most = kib;
}

static void replace_router(bool warm)
{
    router_kill();
    router_start();
    soak.kills++;
    weigh(warm);
}

static void disturb(wamp_peer *caller, int64_t duration_ms)
{
    int64_t begun = now_ms(), kill_at = begun + KILL_EVERY_MS;
    for (int64_t now = begun; now < begun + duration_ms; now = now_ms()) {
        if (now >= kill_at) {
            replace_router(soak.kills > 0 && now - begun > duration_ms / 5);
            kill_at = now + KILL_EVERY_MS;
        }
        begin_calls(caller);
        serve(caller, PACE_MS);
        usleep(PACE_MS * 1000);
    }
}

static wamp_peer *open_peer(const wamp_service *offers, const wamp_hooks *hooks)
{
    wamp_peer *peer = wamp_open(&(wamp_opt){.url = soak.url, .service = offers, .hooks = hooks, .reconnect = true,
                                            .connect_wait_ms = 5000, .call_timeout_ms = ANSWER_WITHIN_MS,
                                            .nonblocking = offers == NULL});
    if (!peer)
        fault(wamp_open_error());
    return peer;
}

static void run(int64_t duration_ms)
{
    static const wamp_hooks hooks = {.on_joined = on_joined};
    wamp_peer *callee = open_peer(&service, NULL), *caller = open_peer(NULL, &hooks);
    pthread_t blocking;
    soak.callee = callee;
    if (callee && caller && !wamp_subscribe(caller, "soak.event", on_event, NULL) && !wamp_start(callee)) {
        pthread_create(&blocking, NULL, call_and_wait, NULL);
        disturb(caller, duration_ms);
        soak.over = true;
        pthread_join(blocking, NULL);
    }
    wamp_close(caller);
    wamp_close(callee);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: soak WAMPD SECONDS\n", stderr);
        return 2;
    }
    soak.wampd = argv[1];
    snprintf(soak.dir, sizeof soak.dir, "/tmp/soak.XXXXXX");
    if (!mkdtemp(soak.dir))
        return 2;
    snprintf(soak.url, sizeof soak.url, "unix:%s/router", soak.dir);
    router_start();
    run(atoi(argv[2]) * INT64_C(1000));
    router_kill();
    unlink(soak.url + strlen("unix:"));
    rmdir(soak.dir);
    judge();
    printf("%d passed, %u failed\n", soak.faults == 0, soak.faults);
    return soak.faults != 0;
}
