/* wamp_test.h: the router is a child process, its address is what its ready line says; waiting is a loop that
 * serves the peer for a moment and looks again. */
#include "client/include/wamp_test.h"

#include "common/mem.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum {
    STOP_MS = 2000,
    STEP_MS = 10,
    URL_TEXT = 64,
};

struct wamp_test_router {
    pid_t pid;
    FILE *output; /* stays open: a router that cannot write would end */
    char url[URL_TEXT];
};

/* --- a router ------------------------------------------------------------------------------------------------ */

/* With standard output on `output`. */
static bool spawn_router(pid_t *pid, const char *config, int output)
{
    const char *program = getenv("WAMPD");
    char *argv[] = {"wampd", "--log-level", "error", "--listen", "ws://127.0.0.1:0", config ? "--config" : NULL,
                    (char *)config, NULL};
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions))
        return false;
    bool ok = !posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) &&
              !posix_spawnp(pid, program ? program : "wampd", &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return ok;
}

/* "wampd ready realm1 ws://127.0.0.1:40123" */
static bool read_ready(struct wamp_test_router *r)
{
    char line[512];
    const char *url = fgets(line, sizeof line, r->output) ? strstr(line, "ws://") : NULL;
    if (!url)
        return false;
    snprintf(r->url, sizeof r->url, "%.*s", (int)strcspn(url, " \n"), url);
    return true;
}

static bool start(struct wamp_test_router *r, const char *config)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return false;
    bool ok = spawn_router(&r->pid, config, ends[1]);
    close(ends[1]);
    r->output = fdopen(ends[0], "r");
    if (!r->output)
        close(ends[0]);
    return ok && r->output && read_ready(r);
}

static void end(wamp_test_router *r)
{
    if (r->output)
        fclose(r->output);
    wamp_free(r);
}

void wamp_test_router_kill(wamp_test_router **router)
{
    wamp_test_router *r = *router;
    *router = NULL;
    if (!r)
        return;
    if (r->pid > 0) {
        kill(r->pid, SIGKILL);
        waitpid(r->pid, NULL, 0);
    }
    end(r);
}

wamp_test_router *wamp_test_router_start(const char *config)
{
    wamp_test_router *r = wamp_zalloc(sizeof *r);
    if (r && !start(r, config))
        wamp_test_router_kill(&r);
    return r;
}

const char *wamp_test_url(const wamp_test_router *router)
{
    return router->url;
}

int wamp_test_router_stop(wamp_test_router **router)
{
    wamp_test_router *r = *router;
    int status;
    if (!r)
        return 0;
    kill(r->pid, SIGTERM);
    for (int ms = 0; ms < STOP_MS; ms += STEP_MS) {
        if (waitpid(r->pid, &status, WNOHANG) == r->pid) {
            *router = NULL;
            end(r);
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        }
        poll(NULL, 0, STEP_MS);
    }
    wamp_test_router_kill(router);
    return -1;
}

/* --- waiting ------------------------------------------------------------------------------------------------- */

wamp_rc wamp_test_wait_session(wamp_peer *peer, int ms)
{
    return wamp_wait_joined(peer, ms);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until the meta procedure answers with anything but null. */
static wamp_rc wait_known(wamp_peer *peer, const char *meta, const char *uri, int ms)
{
    int64_t until = now_ms() + ms;
    wamp_rc rc = WAMP_OK;
    while (!rc) {
        wamp_val *id = NULL;
        rc = wamp_call(peer, meta, &id, "s", uri);
        bool known = wamp_type(id) != WAMP_T_NULL;
        wamp_drop(&id);
        if (known)
            return WAMP_OK;
        if (!rc)
            rc = now_ms() < until ? wamp_serve(peer, STEP_MS) : WAMP_E_TIMEOUT;
    }
    return rc;
}

wamp_rc wamp_test_wait_registration(wamp_peer *peer, const char *procedure, int ms)
{
    return wait_known(peer, "wamp.registration.match", procedure, ms);
}

wamp_rc wamp_test_wait_subscription(wamp_peer *peer, const char *topic, int ms)
{
    return wait_known(peer, "wamp.subscription.lookup", topic, ms);
}

/* --- messages ------------------------------------------------------------------------------------------------ */

/* Out of memory: the message is missing, and the test that waits for it says so. */
static void collect(void *arg, wamp_peer *peer, bool outgoing, const void *octets, size_t len)
{
    wamp_test_messages *to = arg;
    (void)peer;
    char *text = wamp_alloc(len + 1);
    wamp_test_message *v = text ? wamp_realloc(to->v, (to->count + 1) * sizeof *v) : NULL;
    if (!v) {
        wamp_free(text);
        return;
    }
    memcpy(text, octets, len);
    text[len] = '\0';
    to->v = v;
    v[to->count++] = (wamp_test_message){.outgoing = outgoing, .text = text, .len = len};
}

wamp_hooks wamp_test_collect(wamp_test_messages *to)
{
    return (wamp_hooks){.arg = to, .on_message = collect};
}

wamp_rc wamp_test_wait_messages(wamp_peer *peer, const wamp_test_messages *messages, size_t count, int ms)
{
    int64_t until = now_ms() + ms;
    wamp_rc rc = WAMP_OK;
    while (!rc && messages->count < count)
        rc = now_ms() < until ? wamp_serve(peer, STEP_MS) : WAMP_E_TIMEOUT;
    return rc;
}

void wamp_test_forget(wamp_test_messages *messages)
{
    for (size_t i = 0; i < messages->count; i++)
        wamp_free(messages->v[i].text);
    wamp_free(messages->v);
    *messages = (wamp_test_messages){0};
}
