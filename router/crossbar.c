#include "router/crossbar.h"

#include "common/buf.h"
#include "common/ser.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
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
    const char *cbdir, *config, *log_level, *wanted;  /* as given; NULL: not */
    bool help;
    char folder[PATH_MAX];
};

enum { OPT_CBDIR = 256, OPT_CONFIG, OPT_LOGLEVEL, OPT_ASSERT, OPT_HELP, OPT_IGNORED };

static const struct option options[] = {
    {"cbdir", required_argument, NULL, OPT_CBDIR},       {"config", required_argument, NULL, OPT_CONFIG},
    {"loglevel", required_argument, NULL, OPT_LOGLEVEL}, {"assert", required_argument, NULL, OPT_ASSERT},
    {"logformat", required_argument, NULL, OPT_IGNORED}, {"logdir", required_argument, NULL, OPT_IGNORED},
    {"color", required_argument, NULL, OPT_IGNORED},     {"logtofile", no_argument, NULL, OPT_IGNORED},
    {"debug-lifecycle", no_argument, NULL, OPT_IGNORED}, {"debug-programflow", no_argument, NULL, OPT_IGNORED},
    {"help", no_argument, NULL, OPT_HELP},               {NULL, 0, NULL, 0},
};

static const char help[] =
    "crossbar, as wampd has it\n"
    "\n"
    "usage: crossbar [standalone] COMMAND [options]\n"
    "\n"
    "  start      serve what the configuration says, in the foreground\n"
    "  stop       end the node of a folder\n"
    "  status     running or stopped (--assert running|stopped: exit status 69 if not)\n"
    "  check      check the configuration, and say what of it is left out\n"
    "  version    print the version\n"
    "\n"
    "      --cbdir DIR        folder of the node; without it $CROSSBAR_DIR, .crossbar, or the current one\n"
    "      --config FILE      in that folder; without it config.yaml or config.json\n"
    "      --loglevel LEVEL   none, error, warn, info, debug or trace\n"
    "      --logformat, --logdir, --logtofile and --color are taken, and without effect\n";

static bool read_options(struct node *n)
{
    int code;
    while ((code = getopt_long(n->argc, n->argv, "", options, NULL)) != -1) {
        if (code == '?')
            return false;  /* getopt has told */
        if (code == OPT_CBDIR)
            n->cbdir = optarg;
        else if (code == OPT_CONFIG)
            n->config = optarg;
        else if (code == OPT_LOGLEVEL)
            n->log_level = optarg;
        else if (code == OPT_ASSERT)
            n->wanted = optarg;
        else if (code == OPT_HELP)
            n->help = true;
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
} commands[] = {{"start", start}, {"stop", stop}, {"status", status}, {"check", check}, {"version", version}};

int crossbar_main(int argc, char **argv, int (*serve_wampd)(int argc, char **argv))
{
    struct node n = {.argc = argc, .argv = argv, .serve = serve_wampd};
    if (!read_options(&n))
        return 2;
    int word = optind + (optind < argc && !strcmp(argv[optind], "standalone"));
    if (word >= argc || n.help) {
        fputs(help, stdout);
        return 0;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (!strcmp(argv[word], commands[i].name))
            return find_folder(&n) ? commands[i].run(&n) : 1;
    fprintf(stderr, "crossbar: unknown command %s; crossbar without one lists them\n", argv[word]);
    return 2;
}
