#include "router/cli.h"

#include "router/credentials.h"
#include "router/tls_context.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct option_row {
    const char *name;
    int letter;
    const char *argument;
    const char *help;
};

static const struct option_row rows[] = {
#define OPTION(name, letter, argument, help) {name, letter, argument, help},
#include "router/options.def"
#undef OPTION
};
enum { ROW_COUNT = sizeof rows / sizeof *rows };

struct limit_help {
    const char *section, *key, *help, *unit;
    int64_t value;
};

static const struct limit_help limits[] = {
#define LIMIT(field, section, key, value, min, max, unit, help) {#section, key, help, #unit, value},
#include "router/config.def"
#undef LIMIT
};
enum { LIMIT_COUNT = sizeof limits / sizeof *limits };

/* --- what it says about itself ---------------------------------------------------------------------------------------------- */

static void print_help(void)
{
    puts("wampd, a WAMP router\n\nusage: wampd [options]\n");
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct option_row *o = &rows[i];
        char name[40];
        snprintf(name, sizeof name, "--%s%s%s", o->name, o->argument ? " " : "", o->argument ? o->argument : "");
        if (o->letter)
            printf("  -%c, %-18s %s\n", o->letter, name, o->help);
        else
            printf("      %-18s %s\n", name, o->help);
    }
    puts("\nThe configuration file has the sections listen, auth, realms, limits, timeouts and log; see wampd(1).");
}

/* man reads - as a hyphen and a dot at the start of a line as a request. */
static void put_man(const char *text)
{
    for (; *text; text++) {
        if (*text == '-')
            putchar('\\');
        putchar(*text);
    }
    putchar('\n');
}

static void print_man(void)
{
    puts(".TH WAMPD 1 \"\" \"wampd " WAMP_VERSION "\" \"User Commands\"\n.SH NAME\nwampd \\- a WAMP router\n.SH SYNOPSIS\n"
         ".B wampd\n[options]\n.SH DESCRIPTION\nRoutes remote procedure calls and events between WAMP v2 sessions over\n"
         "WebSocket and RawSocket, with or without TLS, and Unix sockets. When it serves it prints one line:\n.PP\n"
         ".EX\nwampd ready realm1 ws://127.0.0.1:8080\n.EE\n.SH OPTIONS");
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct option_row *o = &rows[i];
        puts(".TP");
        const char *space = o->argument ? " " : "", *argument = o->argument ? o->argument : "";
        if (o->letter)
            printf(".BR \\-%c \", \" \\-\\-%s \"%s%s\"\n", o->letter, o->name, space, argument);
        else
            printf(".BR \\-\\-%s \"%s%s\"\n", o->name, space, argument);
        put_man(o->help);
    }
    puts(".SH CONFIGURATION\nSections\n.B listen\n(a list of URLs, or of mappings with url, mode, tls, auth, longpoll),\n.B auth\n(anonymous, ticket, wampcra, scram, cryptosign, tls, cookie),\n.B realms\n(a list of names, or of mappings with name, preset,"
         " uri_check, disclosure,\nmeta_api, kill, history, trust, forward_keys, rules),\n.B log\n(level), and these:");
    for (size_t i = 0; i < LIMIT_COUNT; i++) {
        printf(".TP\n.B %s.%s\n", limits[i].section, limits[i].key);
        put_man(limits[i].help);
        printf("(default %" PRId64 "%s)\n", limits[i].value, !strcmp(limits[i].unit, "MS") ? " ms" : "");
    }
    puts(".SH SIGNALS\nSIGTERM and SIGINT say GOODBYE to every session and end the router within a second; a second one ends\n"
         "it at once. SIGUSR1 writes the counters to stderr. SIGHUP reads the configuration and\n"
         "certificates again: a mistake in them is logged, and all stays as it was; else sessions go on, and a line\n"
         "beginning with \\(lqwampd reloaded\\(rq is printed.\n.SH EXIT STATUS\n"
         "0 after a stop by signal; 1 for a mistake in the configuration or when an address cannot be used;\n"
         "2 for a mistake in the command line.");
}

static int print_check(const struct config *c, const char *file)
{
    printf("%s: ok\n", file ? file : "defaults");
    for (size_t i = 0; i < c->realm_count; i++)
        printf("realm %s\n", c->realms[i].name);
    for (size_t i = 0; i < c->listener_count; i++) {
        const struct listen_config *l = &c->listeners[i];
        if (l->scheme == LISTEN_UNIX)
            printf("listen unix:%s\n", l->path);
        else
            printf("listen %s://%s%s%s:%u\n", listen_scheme_name(l->scheme), strchr(l->host, ':') ? "[" : "", l->host,
                   strchr(l->host, ':') ? "]" : "", l->port);
    }
    return 0;
}

/* --- reading it ----------------------------------------------------------------------------------------------------------------- */

static int misused(const char *text, const char *word)
{
    const char *names[ROW_COUNT];
    for (size_t i = 0; i < ROW_COUNT; i++)
        names[i] = rows[i].name;
    const char *nearest = !strncmp(word, "--", 2) ? config_nearest(word + 2, names, ROW_COUNT) : NULL;
    fprintf(stderr, "wampd: %s %s", text, word);
    if (nearest)
        fprintf(stderr, ", did you mean --%s?\n", nearest);
    else
        fputs("; wampd --help lists the options\n", stderr);
    return 2;
}

enum { FIRST_LONG = 256 };  /* what getopt returns for row i: FIRST_LONG + i */

static void make_tables(struct option long_options[ROW_COUNT + 1], char letters[2 * ROW_COUNT + 2])
{
    char *p = letters;
    *p++ = ':';
    for (size_t i = 0; i < ROW_COUNT; i++) {
        long_options[i] = (struct option){rows[i].name, rows[i].argument ? required_argument : no_argument, NULL,
                                          FIRST_LONG + (int)i};
        if (rows[i].letter)
            *p++ = (char)rows[i].letter;
        if (rows[i].letter && rows[i].argument)
            *p++ = ':';
    }
    long_options[ROW_COUNT] = (struct option){0};
    *p = '\0';
}

static const struct option_row *row_of(int code)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (code == FIRST_LONG + (int)i || (code < FIRST_LONG && code == rows[i].letter))
            return &rows[i];
    return NULL;
}

/* What the options say, before anything is done about it: the file comes first, whatever its place on the line. */
struct command {
    const char *file, *folder;
    bool check;
    int status;  /* -1: go on */
};

static bool is_option(const struct option_row *row, const char *name)
{
    return !strcmp(row->name, name);
}

static void first_pass(struct command *cmd, const struct option_row *row)
{
    if (is_option(row, "config"))
        cmd->file = optarg;
    else if (is_option(row, "folder"))
        cmd->folder = optarg;
    else if (is_option(row, "check"))
        cmd->check = true;
    else if (is_option(row, "credentials"))
        cmd->status = credentials_print(optarg, stdin, stdout);
    else if (is_option(row, "help"))
        print_help(), cmd->status = 0;
    else if (is_option(row, "help-man"))
        print_man(), cmd->status = 0;
    else if (is_option(row, "version"))
        puts("wampd " WAMP_VERSION), cmd->status = 0;
}

static bool second_pass(struct config *c, const struct option_row *row, struct config_error *err)
{
    if (is_option(row, "listen"))
        return config_add_listener(c, optarg, err);
    if (is_option(row, "tls-certificate"))
        c->tls_certificate = optarg;
    if (is_option(row, "tls-key"))
        c->tls_key = optarg;
    if (is_option(row, "realm"))
        return config_add_realm(c, optarg, err);
    if (is_option(row, "log-level") && !wamp_log_level_by_name(str_z(optarg), &c->log_level)) {
        snprintf(err->text, sizeof err->text, "\"%.60s\": expected error, warn, info or debug", optarg);
        return false;
    }
    return true;
}

static int read_first(int argc, char **argv, struct command *cmd, const struct option *long_options, const char *letters)
{
    int code;
    opterr = 0;
    optind = 1;
    while (cmd->status < 0 && (code = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
        if (code == '?')
            return misused("unknown option", argv[optind - 1]);
        if (code == ':')
            return misused("a value is missing after", argv[optind - 1]);
        first_pass(cmd, row_of(code));
    }
    if (cmd->status < 0 && optind < argc)
        return misused("unexpected argument", argv[optind]);
    return cmd->status;
}

static int read_second(int argc, char **argv, struct config *c, struct config_error *err, const struct option *long_options,
                       const char *letters)
{
    struct config_error why;
    int code;
    optind = 1;
    while ((code = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
        const struct option_row *row = row_of(code);
        if (!second_pass(c, row, &why)) {
            snprintf(err->text, sizeof err->text, "--%s %.700s", row->name, why.text);
            return 2;
        }
    }
    return -1;
}

/* Returns -1, or the exit status; err is empty where all has been said. */
static int read_all(int argc, char **argv, struct config *c, struct command *cmd, struct config_error *err)
{
    struct option long_options[ROW_COUNT + 1];
    char letters[2 * ROW_COUNT + 2];
    err->text[0] = '\0';
    make_tables(long_options, letters);
    int status = read_first(argc, argv, cmd, long_options, letters);
    if (status >= 0)
        return status;
    c->folder = cmd->folder;
    if (cmd->file && !config_load(c, cmd->file, err))
        return 1;
    status = read_second(argc, argv, c, err, long_options, letters);
    return status < 0 && !config_finish(c, err) ? 1 : status;
}

int cli_parse(int argc, char **argv, struct config *c)
{
    struct command cmd = {.status = -1};
    struct config_error err;
    int status = read_all(argc, argv, c, &cmd, &err);
    if (status < 0 && cmd.check && !tls_check(c, &err))
        status = 1;
    if (status > 0 && err.text[0])
        fprintf(stderr, "wampd: %s\n", err.text);
    return status < 0 && cmd.check ? print_check(c, cmd.file) : status;
}

bool cli_reread(int argc, char **argv, struct config *c, struct config_error *err)
{
    struct command cmd = {.status = -1};
    return read_all(argc, argv, c, &cmd, err) < 0 && tls_check(c, err);
}
