#include "router/server.h"

#include "common/log.h"
#include "router/cli.h"
#include "router/listener.h"
#include "router/loop.h"
#include "router/router.h"

#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum {
    FD_RESERVE = 64,       /* file descriptors that are not for connections */
    FD_MAX = 1 << 20,      /* libwebsockets allocates 16 octets for each that is allowed */
    RELOAD_PAUSE_MS = 50,  /* from one reload to the next: a storm of signals is a few of them */
    STOP_STEP_MS = 10,
    CLOSE_AFTER_MS = 400,  /* a shutdown sends close frames to those who have not answered GOODBYE by then .. */
    DROP_AFTER_MS = 800,   /* .. and is over whatever happens: wampy's tests wait a second. spec: seeds 3.3 */
};

struct server;

/* One signal and what it does. */
struct signal_row {
    int number;
    void (*act)(struct server *server);
};

enum { SIGNAL_COUNT = 4 };

struct server {
    struct router router;
    struct loop loop;
    struct listener *listeners, *closed;
    int argc;
    char **argv;                  /* where the configuration comes from */
    int signal_fd;                /* signals are read like anything else that comes in */
    uv_poll_t signal_poll;
    uv_timer_t stop_timer, reload_timer;
    wamp_ms reloaded_at;          /* when that was tried last */
    wamp_ms stopping_since;       /* 0: serving */
};

/* --- stopping ------------------------------------------------------------------------------------------- */

static void on_stop_step(uv_timer_t *timer)
{
    struct server *server = timer->data;
    struct hub *hub = &server->loop.hub;
    loop_wake(hub);
    wamp_ms elapsed = hub->now - server->stopping_since;
    if (hub->conn_count == 0 || elapsed >= DROP_AFTER_MS)
        loop_stop(&server->loop);  /* loop_fini drops who is left */
    else if (elapsed >= CLOSE_AFTER_MS)
        hub_close_all(hub);
}

/* The second time: at once. */
static void stop(struct server *server)
{
    struct hub *hub = &server->loop.hub;
    if (server->stopping_since) {
        loop_stop(&server->loop);
        return;
    }
    log_info("STOP", "shutting down: %zu connections", hub->conn_count);
    loop_wake(hub);
    server->stopping_since = hub->now;
    uv_timer_stop(&server->reload_timer);
    listener_stop(server->listeners);
    hub_say_farewell(hub);  /* first: who waits for an authenticator's answer learns of us, not of its end */
    router_say_goodbye(&server->router, hub->now);
    uv_timer_start(&server->stop_timer, on_stop_step, 0, STOP_STEP_MS);
}

/* --- what is served ------------------------------------------------------------------------------------- */

/* As many descriptors as we may have, and no more connections than they are good for. */
static size_t connection_limit(const struct config *config)
{
    struct rlimit limit = {.rlim_cur = 1024, .rlim_max = 1024};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < FD_MAX ? limit.rlim_max : FD_MAX;
    if (setrlimit(RLIMIT_NOFILE, &limit))
        getrlimit(RLIMIT_NOFILE, &limit);
    int64_t most = (int64_t)limit.rlim_cur - FD_RESERVE;
    if (most >= config->max_connections)
        return (size_t)config->max_connections;
    log_info("LIMIT", "%" PRId64 " connections at most: the limit of open files is %" PRIu64, most > 0 ? most : 1,
             (uint64_t)limit.rlim_cur);
    return most > 0 ? (size_t)most : 1;
}

/* What is served, for scripts that wait for it; cut at `max` octets. */
static bool print_line(const struct server *server, const char *what, const struct config *config, size_t max)
{
    struct wamp_buf line = {0};
    wamp_buf_addf(&line, "wampd %s", what);
    for (size_t i = 0; i < config->realm_count; i++)
        wamp_buf_addf(&line, " %s", config->realms[i].name);
    listener_urls(server->listeners, &line);
    bool ok = !line.failed;
    if (line.len > max)
        line.len = max;
    if (ok)
        printf("%.*s\n", STR_ARG(wamp_buf_str(&line)));
    fflush(stdout);
    wamp_buf_fini(&line);
    return ok;
}

/* --- reloading ------------------------------------------------------------------------------------------ */

/* Who waited for the first line, or asked for metrics, may not read on; the router does not wait for that. A pipe
 * that can be written to takes PIPE_BUF octets. */
static bool is_read(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    return poll(&p, 1, 0) == 1 && p.revents == POLLOUT;
}

/* The hub goes last: until then the listeners look at the configuration that it has. */
static void use(struct server *server, struct config *config)
{
    struct hub *hub = &server->loop.hub;
    wamp_log_limit = config->log_level;
    listener_free(server->closed);
    server->closed = NULL;
    listener_set_config(&server->listeners, &server->closed, &server->loop, config);
    router_set_config(&server->router, hub, config);
    hub_set_config(hub, config);
    hub->max_connections = connection_limit(config);
}

/* What is wrong with the new configuration is said, and the one there is stays, untouched. */
static void on_reload(uv_timer_t *timer)
{
    struct server *server = timer->data;
    struct hub *hub = &server->loop.hub;
    struct config *config = config_new();
    struct config_error err = {"out of memory"};
    loop_wake(hub);
    server->reloaded_at = hub->now;
    if (config && cli_reread(server->argc, server->argv, config, &err)) {
        use(server, config);
        hub->reloads.ok++;
        if (is_read(STDOUT_FILENO))
            print_line(server, "reloaded", config, PIPE_BUF - 1);
    } else {
        hub->reloads.failed++;
        log_error("RELOAD", "the configuration stays as it was: %s", err.text);
    }
    config_unref(config);
}

static void ask_for_reload(struct server *server)
{
    wamp_ms pause = server->reloaded_at + RELOAD_PAUSE_MS - (wamp_ms)uv_now(&server->loop.uv);
    if (!server->stopping_since && !uv_is_active((uv_handle_t *)&server->reload_timer))
        uv_timer_start(&server->reload_timer, on_reload, pause > 0 ? (uint64_t)pause : 0, 0);
}

/* --- signals -------------------------------------------------------------------------------------------- */

/* As far as somebody reads it: the router waits for nobody. */
static void write_to_stderr(struct str text)
{
    while (text.len && is_read(STDERR_FILENO)) {
        ssize_t written = write(STDERR_FILENO, text.ptr, text.len < PIPE_BUF ? text.len : PIPE_BUF);
        if (written <= 0)
            return;
        text = str_from(text, (size_t)written);
    }
}

static void print_metrics(struct server *server)
{
    struct wamp_buf out = {0};
    router_write_metrics(&server->router, &server->loop.hub, &out);
    if (!out.failed)
        write_to_stderr(wamp_buf_str(&out));
    wamp_buf_fini(&out);
}

static const struct signal_row signal_rows[SIGNAL_COUNT] = {
    {SIGTERM, stop},
    {SIGINT, stop},
    {SIGHUP, ask_for_reload},
    {SIGUSR1, print_metrics},
};

static void on_signals(uv_poll_t *poll, int status, int events)
{
    struct server *server = poll->data;
    struct signalfd_siginfo info;
    (void)status, (void)events;
    while (read(server->signal_fd, &info, sizeof info) == sizeof info)
        for (int i = 0; i < SIGNAL_COUNT; i++)
            if (signal_rows[i].number == (int)info.ssi_signo)
                signal_rows[i].act(server);
}

/* They stay blocked to the end, so that none of them ends us halfway. */
static bool start_signals(struct server *server)
{
    sigset_t set;
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    for (int i = 0; i < SIGNAL_COUNT; i++)
        sigaddset(&set, signal_rows[i].number);
    sigprocmask(SIG_BLOCK, &set, NULL);
    server->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (server->signal_fd < 0 || uv_poll_init(&server->loop.uv, &server->signal_poll, server->signal_fd))
        return false;
    server->signal_poll.data = server;
    return !uv_poll_start(&server->signal_poll, UV_READABLE, on_signals);
}

/* --- starting ------------------------------------------------------------------------------------------- */

/* The loop's clock. */
static wamp_ms clock_ms(void)
{
    return (wamp_ms)(uv_hrtime() / 1000000);
}

/* The Unix time when it was 0. */
static wamp_ms clock_epoch_ms(void)
{
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    return (wamp_ms)wall.tv_sec * 1000 + wall.tv_nsec / 1000000 - clock_ms();
}

static bool open_listeners(struct server *server, const struct config *config)
{
    for (size_t i = 0; i < config->listener_count; i++)
        if (!listener_open(&server->listeners, config, &config->listeners[i]))
            return false;
    return listener_start(server->listeners, &server->loop);
}

static void close_handles(struct server *server)
{
    if (server->signal_poll.data)
        uv_close((uv_handle_t *)&server->signal_poll, NULL);
    uv_close((uv_handle_t *)&server->stop_timer, NULL);
    uv_close((uv_handle_t *)&server->reload_timer, NULL);
}

static int serve(struct server *server, const struct config *config)
{
    int status = 1;
    uv_timer_init(&server->loop.uv, &server->stop_timer);
    uv_timer_init(&server->loop.uv, &server->reload_timer);
    server->stop_timer.data = server->reload_timer.data = server;
    if (start_signals(server) && open_listeners(server, config) && print_line(server, "ready", config, SIZE_MAX)) {
        loop_run(&server->loop);
        status = 0;
    }
    listener_stop(server->listeners);
    close_handles(server);
    return status;
}

int server_run(struct config *config, int argc, char **argv)
{
    struct server server = {.argc = argc, .argv = argv, .signal_fd = -1};
    int status = 1;
    wamp_log_limit = config->log_level;
    size_t max_connections = connection_limit(config);  /* before libwebsockets looks at it */
    if (!router_init(&server.router, config, clock_epoch_ms(), clock_ms())) {
        log_error("START", "out of memory");
    } else if (loop_init(&server.loop, &server.router, config)) {
        server.loop.hub.max_connections = max_connections;
        status = serve(&server, config);
        loop_fini(&server.loop);
    }
    if (server.signal_fd >= 0)
        close(server.signal_fd);
    config_unref(config);
    listener_free(server.listeners);
    listener_free(server.closed);
    router_fini(&server.router);
    return status;
}
