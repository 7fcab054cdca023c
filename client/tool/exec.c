#include "client/tool/exec.h"

#include "client/tool/lines.h"
#include "client/tool/payload.h"
#include "common/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LOOK_MS = 100,          /* how often a silent command's caller is asked whether he still waits */
    OUTPUT_MAX = 16 << 20,  /* octets of an answer: no router takes a larger message */
    ERROR_TEXT_MAX = 4096,  /* of standard error; its last line is the message */
};

static const char runtime_error[] = "wamp.error.runtime_error";

/* A command that runs. Input and errors are files in memory, so that only its output has to be watched. */
struct child {
    wamp_chan *ch;
    pid_t pid;
    int input, errors;
    int pipe[2];
    struct lines output;
};

/* --- what the command gets ----------------------------------------------------------------------------------- */

struct vector {
    char **v;
    size_t n;
};

static bool push(struct vector *to, const char *text)
{
    char **more = wamp_realloc(to->v, (to->n + 2) * sizeof *more);
    size_t size = strlen(text) + 1;
    if (more)
        to->v = more;
    char *copy = more ? wamp_alloc(size) : NULL;
    if (!copy)
        return false;
    memcpy(copy, text, size);
    to->v[to->n++] = copy;
    to->v[to->n] = NULL;
    return true;
}

static void vector_fini(struct vector *v)
{
    while (v->n)
        wamp_free(v->v[--v->n]);
    wamp_free(v->v);
}

static bool push_value(struct vector *to, const wamp_val *v)
{
    if (wamp_type(v) == WAMP_T_STR)
        return push(to, wamp_str(v));
    wamp_val *json = wamp_to_json(v);
    bool ok = push(to, wamp_str(json));
    wamp_drop(&json);
    return ok;
}

static bool make_argv(struct vector *argv, const wamp_chan *ch, const char *command)
{
    const wamp_val *args = wamp_chan_args(ch);
    bool ok = push(argv, "sh") && push(argv, "-c") && push(argv, command) && push(argv, "wamp");
    for (size_t i = 0; ok && i < wamp_len(args); i++)
        ok = push_value(argv, wamp_at(args, i));
    return ok;
}

static bool make_environment(struct vector *env, const wamp_chan *ch)
{
    struct wamp_buf procedure = {0};
    bool ok = true;
    for (char **e = environ; ok && *e; e++)
        ok = !strncmp(*e, "WAMP_PROCEDURE=", 15) || push(env, *e);
    wamp_buf_addf(&procedure, "WAMP_PROCEDURE=%s%c", wamp_procedure(ch), '\0');
    ok = ok && !procedure.failed && push(env, procedure.ptr);
    wamp_buf_fini(&procedure);
    return ok;
}

static bool write_input(int fd, const wamp_chan *ch)
{
    wamp_val *both = wamp_build("{args:v kwargs:v}", wamp_chan_args(ch), wamp_chan_kwargs(ch));
    wamp_val *json = wamp_to_json(both);
    bool ok = json && dprintf(fd, "%s\n", wamp_str(json)) > 0 && lseek(fd, 0, SEEK_SET) == 0;
    wamp_drop(&json);
    wamp_drop(&both);
    return ok;
}

/* --- starting it --------------------------------------------------------------------------------------------- */

static void close_all(struct child *c)
{
    const int fds[] = {c->input, c->errors, c->pipe[0], c->pipe[1]};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    lines_fini(&c->output);
}

/* The thread has its signals blocked; a command starts as from a shell, in a process group of its own. */
static bool spawn(struct child *c, char **argv, char **env)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGINT);
    sigaddset(&usual, SIGTERM);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, c->input, 0);
    posix_spawn_file_actions_adddup2(&files, c->pipe[1], 1);
    posix_spawn_file_actions_adddup2(&files, c->errors, 2);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &usual);
    int err = posix_spawn(&c->pid, "/bin/sh", &files, &attr, argv, env);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attr);
    return !err;
}

static bool start(struct child *c, const char *command)
{
    struct vector argv = {0}, env = {0};
    c->input = memfd_create("input", MFD_CLOEXEC);
    c->errors = memfd_create("errors", MFD_CLOEXEC);
    bool ok = c->input >= 0 && c->errors >= 0 && !pipe2(c->pipe, O_CLOEXEC) && write_input(c->input, c->ch) &&
              make_argv(&argv, c->ch, command) && make_environment(&env, c->ch) && spawn(c, argv.v, env.v);
    vector_fini(&argv);
    vector_fini(&env);
    if (ok) {
        close(c->pipe[1]);
        c->pipe[1] = -1;
        c->output.fd = c->pipe[0];
    }
    return ok;
}

/* --- what it answers ----------------------------------------------------------------------------------------- */

/* False: the caller gave up. */
static bool wait_for_output(struct child *c)
{
    struct pollfd fd = {.fd = c->output.fd, .events = POLLIN};
    while (!wamp_canceled(c->ch))
        if (poll(&fd, 1, LOOK_MS) > 0)
            return true;
    return false;
}

static bool send_line(struct child *c, struct str line)
{
    wamp_val *v = payload_value(line.ptr, line.len);
    wamp_rc rc = v ? wamp_send(c->ch, WAMP_MORE, "v", v) : WAMP_OK;
    wamp_drop(&v);
    return rc != WAMP_E_CANCELED && rc != WAMP_E_LOST;
}

/* All lines but the last, which stays in the buffer: it may be the answer. False: the caller gave up. */
static bool send_progress(struct child *c)
{
    struct lines *l = &c->output;
    struct str line;
    while (l->buf.len > l->at) {
        const char *end = memchr(l->buf.ptr + l->at, '\n', l->buf.len - l->at);
        bool is_last = !end || end + 1 == l->buf.ptr + l->buf.len;
        if (is_last)
            return true;
        if (lines_next(l, &line) && !send_line(c, line))
            return false;
    }
    return true;
}

enum outcome { WHOLE, GIVEN_UP, TOO_MUCH };

static enum outcome read_output(struct child *c)
{
    struct lines *l = &c->output;
    while (!l->at_end) {
        if (!wait_for_output(c))
            return GIVEN_UP;
        lines_read(l);
        if (wamp_wants_progress(c->ch) && !send_progress(c))
            return GIVEN_UP;
        if (l->buf.failed || l->buf.len - l->at > OUTPUT_MAX)
            return TOO_MUCH;
    }
    return WHOLE;
}

static wamp_rc reply(struct child *c)
{
    struct lines *l = &c->output;
    struct str all = l->buf.len > l->at ? str_from(wamp_buf_str(&l->buf), l->at) : STR("");
    while (all.len && all.ptr[all.len - 1] == '\n')
        all.len--;
    if (!all.len)
        return wamp_reply(c->ch, "n");
    wamp_val *v = payload_value(all.ptr, all.len);
    wamp_rc rc = v ? wamp_reply(c->ch, "v", v) : wamp_reply(c->ch, "y", all.ptr, all.len);
    wamp_drop(&v);
    return rc;
}

/* The last line of standard error says why. */
static wamp_rc fail(struct child *c, int status)
{
    char text[ERROR_TEXT_MAX + 1], *last = text;
    off_t size = lseek(c->errors, 0, SEEK_END);
    ssize_t n = pread(c->errors, text, ERROR_TEXT_MAX, size > ERROR_TEXT_MAX ? size - ERROR_TEXT_MAX : 0);
    while (n > 0 && text[n - 1] == '\n')
        n--;
    text[n > 0 ? n : 0] = '\0';
    for (char *p = text; *p; p++)
        if (*p == '\n')
            last = p + 1;
    if (!*last)
        snprintf(text, sizeof text, "the command failed");
    /* as a shell has it */
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return wamp_failx(c->ch, runtime_error, "s code:i", last, code);
}

static wamp_rc finish(struct child *c)
{
    int status = 0;
    enum outcome outcome = read_output(c);
    if (outcome != WHOLE)
        kill(-c->pid, SIGTERM);
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (outcome == GIVEN_UP)
        return WAMP_E_CANCELED;
    if (outcome == TOO_MUCH)
        return wamp_fail(c->ch, runtime_error, "the command printed more than %d octets", OUTPUT_MAX);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? reply(c) : fail(c, status);
}

wamp_rc exec_answer(wamp_chan *ch, const char *command)
{
    struct child c = {.ch = ch, .input = -1, .errors = -1, .pipe = {-1, -1}};
    wamp_rc rc = start(&c, command) ? finish(&c) : wamp_fail(ch, runtime_error, "the command cannot be started");
    close_all(&c);
    return rc;
}
