#include "router/crossbar.h"

#include "common/buf.h"
#include "common/ser.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { UNAVAILABLE = 69, PATIENCE_MS = 5000, LOOK_MS = 20 };

bool crossbar_named(const char *program)
{
    const char *slash = strrchr(program, '/');
    return !strcmp(slash ? slash + 1 : program, "crossbar");
}

/* --- options --------------------------------------------------------------------------------------------------------- */

struct node {
    int argc;
    char **argv;
    int (*serve)(int argc, char **argv);
    const char *cbdir, *config, *log_level, *wanted, *help, *man;  /* as given; NULL: not */
    char folder[PATH_MAX];
};

/* From these rows come the parser, --help and the manual page. */
static const struct option_row {
    const char *name, *argument;  /* NULL: it has none */
    int offset;                   /* in struct node, of the text that was given; -1: without effect */
    const char *help;
} option_rows[] = {
    {"cbdir", "DIR", offsetof(struct node, cbdir), "folder of the node; without it $CROSSBAR_DIR, .crossbar, or the current one"},
    {"config", "FILE", offsetof(struct node, config), "in that folder; without it config.yaml or config.json"},
    {"loglevel", "LEVEL", offsetof(struct node, log_level), "none, error, warn, info, debug or trace"},
    {"assert", "STATE", offsetof(struct node, wanted), "status: exit with 69 unless it is so: running or stopped"},
    {"logformat", "FORMAT", -1, "taken without effect, as the next ones: the log goes to stderr"},
    {"logdir", "DIR", -1, "without effect"},
    {"logtofile", NULL, -1, "without effect"},
    {"color", "WHEN", -1, "without effect"},
    {"debug-lifecycle", NULL, -1, "without effect"},
    {"debug-programflow", NULL, -1, "without effect"},
    {"help", NULL, offsetof(struct node, help), "print this text and exit"},
    {"help-man", NULL, offsetof(struct node, man), "print the manual page in man format and exit"},
};
enum { OPTION_COUNT = sizeof option_rows / sizeof *option_rows, FIRST_OPTION = 256 };

static bool read_options(struct node *n)
{
    struct option options[OPTION_COUNT + 1] = {0};
    int code;
    for (int i = 0; i < OPTION_COUNT; i++) {
        int has = option_rows[i].argument ? required_argument : no_argument;
        options[i] = (struct option){option_rows[i].name, has, NULL, FIRST_OPTION + i};
    }
    while ((code = getopt_long(n->argc, n->argv, "", options, NULL)) != -1) {
        if (code == '?')
            return false;  /* getopt has told */
        int offset = option_rows[code - FIRST_OPTION].offset;
        if (offset >= 0)
            *(const char **)((char *)n + offset) = optarg ? optarg : "";
    }
    return true;
}

/* --- the folder of the node ---------------------------------------------------------------------------------------------- */

static bool is_folder(const char *path)
{
    struct stat st;
    return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* A configuration given as the folder counts as the folder that it is in. */
static bool find_folder(struct node *n)
{
    const char *dir = n->cbdir ? n->cbdir : getenv("CROSSBAR_DIR");
    if (!dir)
        dir = is_folder(".crossbar") ? ".crossbar" : ".";
    snprintf(n->folder, sizeof n->folder, "%s", dir);
    if (mkdir(dir, 0777) && errno != EEXIST) {
        fprintf(stderr, "crossbar: %s: %s\n", dir, strerror(errno));
        return false;
    }
    if (!is_folder(dir)) {
        char *slash = strrchr(n->folder, '/');
        snprintf(slash ? slash : n->folder, 2, "%s", slash ? "" : ".");
    }
    return true;
}

static bool in_folder(const struct node *n, const char *name, char path[PATH_MAX])
{
    int len = name[0] == '/' ? snprintf(path, PATH_MAX, "%s", name) : snprintf(path, PATH_MAX, "%s/%s", n->folder, name);
    return len > 0 && len < PATH_MAX && access(path, R_OK) == 0;
}

static bool find_config(const struct node *n, char path[PATH_MAX])
{
    if (n->config ? in_folder(n, n->config, path) : in_folder(n, "config.yaml", path) || in_folder(n, "config.json", path))
        return true;
    fprintf(stderr, "crossbar: no configuration %s in %s\n", n->config ? n->config : "config.yaml or config.json", n->folder);
    return false;
}

/* --- node.pid ---------------------------------------------------------------------------------------------------------------- */

/* Whether that process is a node: not what came to have its number since, and not dead already. */
static bool is_node(long pid)
{
    char path[40], name[24] = "", state = 'Z';
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    bool read = fscanf(f, "%*d (%23[^)]) %c", name, &state) == 2;
    fclose(f);
    return read && state != 'Z' && (!strcmp(name, "crossbar") || !strcmp(name, "wampd"));
}

/* The process that node.pid names; 0 where there is none. */
static long running(const struct node *n)
{
    char path[PATH_MAX], text[512] = "";
    long pid = 0;
    FILE *f = in_folder(n, "node.pid", path) ? fopen(path, "r") : NULL;
    if (!f)
        return 0;
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    const char *key = strstr(text, "\"pid\":");
    if (key)
        pid = strtol(key + strlen("\"pid\":"), NULL, 10);
    return pid > 0 && is_node(pid) ? pid : 0;
}

static bool write_pid(const struct node *n, const char *path)
{
    struct wamp_buf out = {0};
    struct wamp_wr w = wamp_wr(WAMP_JSON, &out);
    wamp_wr_map(&w, 3);
    wamp_wr_key(&w, STR("pid"));
    wamp_wr_uint(&w, (uint64_t)getpid());
    wamp_wr_key(&w, STR("argv"));
    wamp_wr_list(&w, (unsigned)n->argc);
    for (int i = 0; i < n->argc; i++)
        wamp_wr_str(&w, str_z(n->argv[i]));
    wamp_wr_list_end(&w);
    wamp_wr_key(&w, STR("options"));
    wamp_wr_map(&w, 1);
    wamp_wr_key(&w, STR("cbdir"));
    wamp_wr_str(&w, str_z(n->folder));
    wamp_wr_map_end(&w);
    wamp_wr_map_end(&w);
    FILE *f = out.failed ? NULL : fopen(path, "w");
    bool ok = f && fwrite(out.ptr, 1, out.len, f) == out.len;
    ok = f && !fclose(f) && ok;
    if (!ok)
        fprintf(stderr, "crossbar: %s: %s\n", path, strerror(errno));
    wamp_buf_fini(&out);
    return ok;
}

/* --- commands ------------------------------------------------------------------------------------------------------------------ */

/* The level of wampd's log that shows at least as much. */
static const char *level_of(const char *level)
{
    static const char *const levels[][2] = {{"none", "error"}, {"trace", "debug"}, {"critical", "error"}};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (!strcmp(level, levels[i][0]))
            return levels[i][1];
    return level;
}

static int serve(struct node *n, const char *extra)
{
    char config[PATH_MAX];
    if (!find_config(n, config))
        return 1;
    char *argv[] = {"crossbar",    "--config", config, "--folder", n->folder, "--log-level",
                    (char *)level_of(n->log_level ? n->log_level : "info"), (char *)extra, NULL};
    return n->serve(extra ? 8 : 7, argv);
}

static int start(struct node *n)
{
    char path[PATH_MAX];
    long pid = running(n);
    if (pid) {
        fprintf(stderr, "crossbar: a node is already running in %s (PID %ld)\n", n->folder, pid);
        return 1;
    }
    in_folder(n, "node.pid", path);
    if (!write_pid(n, path))
        return 1;
    int status = serve(n, NULL);
    unlink(path);
    return status ? 1 : 0;
}

static int check(struct node *n)
{
    return serve(n, "--check") ? 1 : 0;
}

static bool ends_after(long pid, int number)
{
    kill((pid_t)pid, number);
    for (int waited = 0; waited < PATIENCE_MS && is_node(pid); waited += LOOK_MS)
        nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
    return !is_node(pid);
}

static int stop(struct node *n)
{
    long pid = running(n);
    if (!pid) {
        printf("no node is running in %s\n", n->folder);
        return UNAVAILABLE;
    }
    return ends_after(pid, SIGINT) || ends_after(pid, SIGTERM) || ends_after(pid, SIGKILL) ? 0 : 1;
}

static int status(struct node *n)
{
    const char *is = running(n) ? "running" : "stopped";
    puts(is);
    return n->wanted && strcmp(n->wanted, is) ? UNAVAILABLE : 0;
}

static int version(struct node *n)
{
    (void)n;
    puts("wampd " WAMP_VERSION ", called as crossbar");
    return 0;
}

static const struct {
    const char *name;
    int (*run)(struct node *n);
    const char *help;
} commands[] = {
    {"start", start, "serve what the configuration says, in the foreground, until SIGTERM or SIGINT"},
    {"stop", stop, "end the node of a folder; 69 when none runs there"},
    {"status", status, "print running or stopped"},
    {"check", check, "check the configuration, and say what of it is left out"},
    {"version", version, "print the version"},
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static void print_help(void)
{
    puts("crossbar, as wampd has it\n\nusage: crossbar [standalone] COMMAND [options]\n");
    for (int i = 0; i < COMMAND_COUNT; i++)
        printf("  %-24s %s\n", commands[i].name, commands[i].help);
    puts("");
    for (int i = 0; i < OPTION_COUNT; i++) {
        char name[32];
        const struct option_row *o = &option_rows[i];
        snprintf(name, sizeof name, "--%s %s", o->name, o->argument ? o->argument : "");
        printf("  %-24s %s\n", name, o->help);
    }
}

static void print_man(void)
{
    puts(".TH CROSSBAR 1 \"\" \"wampd " WAMP_VERSION "\" \"User Commands\"\n.SH NAME\ncrossbar \\- serve a Crossbar.io "
         "configuration with wampd\n.SH SYNOPSIS\n.B crossbar\n[standalone] COMMAND [options]\n.SH DESCRIPTION\n"
         ".BR wampd (1)\nby another name: the commands, the files and the exit statuses that scripts of Crossbar.io rely on,\n"
         "as far as they start and stop a node. A configuration of version 2 is read as it is; what has no\n"
         "counterpart is told and left out. SIGHUP reads it again.\n.SH COMMANDS");
    for (int i = 0; i < COMMAND_COUNT; i++)
        printf(".TP\n.B %s\n%s\n", commands[i].name, commands[i].help);
    puts(".SH OPTIONS");
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *o = &option_rows[i];
        printf(".TP\n.BR \\-\\-%s \" %s\"\n\\&%s\n", o->name, o->argument ? o->argument : "", o->help);
    }
    puts(".SH EXIT STATUS\n0; 1 when it could not start, or the configuration is wrong; 2 for a mistake in the command line;\n"
         "69 where a node should run, or not, and it is not so.\n.SH FILES\n.TP\n.B node.pid\nin the folder of the node, while it "
         "runs: process and command line, as JSON\n.SH SEE ALSO\n.BR wampd (1)");
}

int crossbar_main(int argc, char **argv, int (*serve_wampd)(int argc, char **argv))
{
    struct node n = {.argc = argc, .argv = argv, .serve = serve_wampd};
    if (!read_options(&n))
        return 2;
    int word = optind + (optind < argc && !strcmp(argv[optind], "standalone"));
    if (n.man || n.help || word >= argc) {
        n.man ? print_man() : print_help();
        return 0;
    }
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (!strcmp(argv[word], commands[i].name))
            return find_folder(&n) ? commands[i].run(&n) : 1;
    fprintf(stderr, "crossbar: unknown command %s; crossbar without one lists them\n", argv[word]);
    return 2;
}
