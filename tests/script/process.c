#include "tests/script/process.h"

#include "tests/lib/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_MS = 10000, STOP_MS = 5000 };

void process_socket_path(const struct daemon *d, char *out, size_t size)
{
    snprintf(out, size, "%s/socket", d->dir);
}

static void path_in(const struct daemon *d, const char *name, char out[64])
{
    snprintf(out, 64, "%s/%s", d->dir, name);
}

/* --- the configuration file ----------------------------------------------------------------------------- */

static const char *const presets[] = {
    [PRESET_SPEC] = "spec", [PRESET_STRICT] = "strict", [PRESET_CROSSBAR] = "crossbar"};
static const char *const uri_rules[] = {[WAMP_URI_LOOSE] = "loose", [WAMP_URI_STRICT] = "strict"};
static const char *const disclosures[] = {
    [DISCLOSE_ON_REQUEST] = "request", [DISCLOSE_ALWAYS] = "always", [DISCLOSE_NEVER] = "never"};

static const char *yes(bool value)
{
    return value ? "true" : "false";
}

static void write_history(struct wamp_buf *out, const struct realm_config *c)
{
    wamp_buf_addf(out, ", \"history\": [");
    for (size_t i = 0; i < c->history_count; i++)
        wamp_buf_addf(out, "%s{\"topic\": \"%.*s\", \"match\": \"%s\", \"events\": %u}", i ? ", " : "",
                      STR_ARG(c->history[i].uri), wamp_match_name(c->history[i].match), c->history[i].max_events);
    wamp_buf_addf(out, "]");
}

static void write_trust(struct wamp_buf *out, const struct realm_config *c)
{
    wamp_buf_addf(out, ", \"trust\": [");
    for (size_t i = 0; i < c->trust_count; i++) {
        const struct realm_trust *t = &c->trust[i];
        wamp_buf_addf(out, "%s{\"uri\": \"%.*s\", \"match\": \"%s\", \"level\": %u", i ? ", " : "",
                      STR_ARG(t->uri), wamp_match_name(t->match), t->level);
        if (t->authrole.len)
            wamp_buf_addf(out, ", \"authrole\": \"%.*s\"", STR_ARG(t->authrole));
        wamp_buf_addf(out, "}");
    }
    wamp_buf_addf(out, "]");
}

static void write_permission(struct wamp_buf *out, const struct realm_permission *p)
{
    static const char *const actions[] = {"call", "register", "publish", "subscribe"};
    const char *comma = "";
    wamp_buf_addf(out, "{\"uri\": \"%.*s\", \"match\": \"%s\", \"allow\": [", STR_ARG(p->uri),
                  wamp_match_name(p->match));
    for (unsigned i = 0; i < 4; i++) {
        if (!(p->allow >> i & 1))
            continue;
        wamp_buf_addf(out, "%s\"%s\"", comma, actions[i]);
        comma = ", ";
    }
    wamp_buf_addf(out, "], \"disclose\": {\"caller\": %s, \"publisher\": %s}}", yes(p->disclose_caller),
                  yes(p->disclose_publisher));
}

static void write_permissions(struct wamp_buf *out, const struct realm_role *role)
{
    wamp_buf_addf(out, ", \"permissions\": [");
    for (size_t i = 0; i < role->permission_count; i++) {
        wamp_buf_addf(out, "%s", i ? ", " : "");
        write_permission(out, &role->permissions[i]);
    }
    wamp_buf_addf(out, "]");
}

/* A list of permissions, though it be empty, is all that a role may do. */
static void write_role(struct wamp_buf *out, const struct realm_role *role)
{
    wamp_buf_addf(out, "{\"name\": \"%.*s\", \"allow-by-default\": %s, \"link\": %s", STR_ARG(role->name),
                  yes(role->allow_by_default), yes(role->is_link));
    if (role->authorizer.len)
        wamp_buf_addf(out, ", \"authorizer\": \"%.*s\"", STR_ARG(role->authorizer));
    if (role->permission_count)
        write_permissions(out, role);
    wamp_buf_addf(out, "}");
}

static void write_roles(struct wamp_buf *out, const struct realm_config *c)
{
    wamp_buf_addf(out, ", \"roles\": [");
    for (size_t i = 0; i < c->role_count; i++) {
        wamp_buf_addf(out, "%s", i ? ", " : "");
        write_role(out, &c->roles[i]);
    }
    wamp_buf_addf(out, "]");
}

static void write_forward_keys(struct wamp_buf *out, const struct realm_config *c)
{
    wamp_buf_addf(out, ", \"forward_keys\": [");
    for (size_t i = 0; i < c->forward_key_count; i++)
        wamp_buf_addf(out, "%s\"%.*s\"", i ? ", " : "", STR_ARG(c->forward_keys[i]));
    wamp_buf_addf(out, "]");
}

static void write_rules(struct wamp_buf *out, const struct rules *rules)
{
    const char *comma = "";
    wamp_buf_addf(out, ", \"rules\": {");
#define RULE(field, spec, strict, crossbar, why)                                                             \
    wamp_buf_addf(out, "%s\"%s\": %s", comma, #field, yes(rules->field != 0));                               \
    comma = ", ";
#include "realms/rules.def"
#undef RULE
    wamp_buf_addf(out, "}");
}

static void write_limits(struct wamp_buf *out, const struct realm_config *c)
{
    const struct {
        const char *key;
        unsigned value;
    } limits[] = {
        {"calls", c->max_calls_per_session},
        {"subscriptions", c->max_subscriptions},
        {"registrations", c->max_registrations},
        {"waiting_calls", c->max_waiting_calls},
    };
    const char *comma = "";
    wamp_buf_addf(out, "\"limits\": {");
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        if (!limits[i].value)
            continue;
        wamp_buf_addf(out, "%s\"%s\": %u", comma, limits[i].key, limits[i].value);
        comma = ", ";
    }
    wamp_buf_addf(out, "}");
}

/* Anonymous peers, and those of the script that are somebody. */
static void write_auth(struct wamp_buf *out, const struct script *s)
{
    wamp_buf_addf(out, "\"auth\": {\"anonymous\": true, \"ticket\": {\"principals\": {");
    for (unsigned i = 0; i < s->login_count; i++)
        wamp_buf_addf(out, "%s\"%.*s\": {\"ticket\": \"%s\", \"role\": \"%.*s\"}", i ? ", " : "",
                      STR_ARG(s->logins[i].authid), DAEMON_TICKET, STR_ARG(s->logins[i].authrole));
    wamp_buf_addf(out, "}}},\n");
}

static void write_listen(struct wamp_buf *out, const struct daemon *d)
{
    const struct certificates *c = d->certificates;
    wamp_buf_addf(out, "{\"listen\": [");
    if (c)
        wamp_buf_addf(out, "{\"url\": \"wss://127.0.0.1:0\", \"tls\": {\"certificate\": \"%s\", \"key\": \"%s\"}}",
                      c->server, c->server_key);
    else
        wamp_buf_addf(out, "{\"url\": \"ws://127.0.0.1:0\", \"longpoll\": \"/lp\"}, \"unix:%s/socket\"", d->dir);
    wamp_buf_addf(out, "],\n");
}

static void write_config(struct wamp_buf *out, const struct daemon *d, const struct script *s)
{
    const struct realm_config *c = &s->config;
    write_listen(out, d);
    wamp_buf_addf(out, "\"log\": {\"level\": \"warn\"},\n");
    if (s->login_count)
        write_auth(out, s);
    write_limits(out, c);
    wamp_buf_addf(out, ",\n\"realms\": [{\"name\": \"realm1\", \"preset\": \"%s\", \"uri_check\": \"%s\"",
                  presets[c->preset], uri_rules[c->uri_rule]);
    wamp_buf_addf(out, ", \"disclosure\": \"%s\", \"meta_api\": %s, \"kill\": %s", disclosures[c->disclosure],
                  yes(!c->meta_api_denied), yes(c->kill_allowed));
    write_history(out, c);
    write_trust(out, c);
    write_forward_keys(out, c);
    if (c->role_count)
        write_roles(out, c);
    if (c->rules)
        write_rules(out, c->rules);
    wamp_buf_addf(out, "}]}\n");
}

static bool save_config(const struct daemon *d, const struct script *s)
{
    char path[64];
    struct wamp_buf text = {0};
    path_in(d, "wampd.json", path);
    write_config(&text, d, s);
    FILE *out = fopen(path, "w");
    bool ok = out && !text.failed && fwrite(text.ptr, 1, text.len, out) == text.len;
    if (out)
        ok = fclose(out) == 0 && ok;
    wamp_buf_fini(&text);
    return ok;
}

/* --- the process ---------------------------------------------------------------------------------------- */

/* In the child: becomes wampd, which goes when we go. */
static void become_wampd(const struct daemon *d, int out)
{
    char config[64], log[64];
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    path_in(d, "wampd.json", config);
    path_in(d, "log", log);
    int err = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0)
        execl(d->wampd, d->wampd, "--config", config, (char *)NULL);
    fprintf(stderr, "%s: %s\n", d->wampd, strerror(errno));
    _exit(127);
}

/* Reads up to the end of the first line. */
static bool read_line(int fd, char *line, size_t size)
{
    size_t len = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (len + 1 < size && poll(&p, 1, START_MS) > 0 && read(fd, line + len, 1) == 1 && line[len] != '\n')
        len++;
    bool whole = line[len] == '\n';
    line[len] = '\0';
    return whole;
}

bool process_trouble(const struct daemon *d, const char *what, struct trouble *t)
{
    char path[64], log[200] = "";
    path_in(d, "log", path);
    FILE *in = fopen(path, "r");
    if (in) {
        fseek(in, -(long)sizeof log + 1, SEEK_END);
        log[fread(log, 1, sizeof log - 1, in)] = '\0';
        fclose(in);
    }
    return trouble_is(t, "%s: %s", what, log);
}

static bool await_ready(struct daemon *d, struct trouble *t)
{
    static const char address[] = "://127.0.0.1:";
    char line[1024] = "";
    bool ready = read_line(d->out, line, sizeof line) && strncmp(line, "wampd ready", 11) == 0;
    const char *where = ready ? strstr(line, address) : NULL;
    if (!where)
        return process_trouble(d, "wampd did not become ready", t);
    d->port = (unsigned)strtoul(where + strlen(address), NULL, 10);
    return true;
}

static bool spawn(struct daemon *d, struct trouble *t)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return trouble_is(t, "pipe: %s", strerror(errno));
    d->pid = fork();
    if (d->pid == 0)
        become_wampd(d, ends[1]);
    close(ends[1]);
    d->out = ends[0];
    return d->pid > 0 || trouble_is(t, "fork: %s", strerror(errno));
}

bool process_start(struct daemon *d, const struct script *s, struct trouble *t)
{
    if (!save_config(d, s))
        return trouble_is(t, "cannot write %s/wampd.json", d->dir);
    snprintf(d->settings, sizeof d->settings, "%.*s", STR_ARG(s->settings));
    return spawn(d, t) && await_ready(d, t);
}

bool process_alive(struct daemon *d)
{
    int status;
    if (d->pid > 0 && waitpid(d->pid, &status, WNOHANG) == d->pid) {
        close(d->out);
        d->pid = 0;
    }
    return d->pid > 0;
}

/* Waits for the end of the process; false: it did not come in time. */
static bool await_end(pid_t pid, int *status)
{
    for (int ms = 0; ms < STOP_MS; ms++) {
        if (waitpid(pid, status, WNOHANG) == pid)
            return true;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    kill(pid, SIGKILL);
    waitpid(pid, status, 0);
    return false;
}

bool process_stop(struct daemon *d, struct trouble *t)
{
    int status = 0;
    if (d->pid <= 0)
        return true;
    kill(d->pid, SIGTERM);
    bool in_time = await_end(d->pid, &status);
    close(d->out);
    d->pid = 0;
    if (!in_time)
        return process_trouble(d, "wampd did not end after SIGTERM", t);
    return status == 0 || process_trouble(d, "wampd did not end well", t);
}
