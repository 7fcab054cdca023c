#include "client/tool/help.h"

#include "client/tool/commands.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int status;
    const char *meaning;
} exits[] = {
    {0, "a result; or the end that was asked for"},
    {1, "an ERROR of the callee or the router"},
    {2, "a mistake in the command line"},
    {3, "cannot connect, or the connection was lost"},
    {4, "the router refused the session, or what a service declares"},
    {124, "a call took longer than --timeout"},
    {130, "interrupted by Ctrl-C or SIGTERM"},
};
enum { EXITS = sizeof exits / sizeof *exits };

static const char about_values[] =
    "A VALUE is JSON where it can be read as JSON, else a text; NAME=VALUE is a keyword argument, its value read "
    "by the same rule. Results are printed as JSON, one a line; errors go to standard error as "
    "error: <uri>: <message>.";

static const char about_secrets[] =
    "Secrets are better kept in a file (@FILE) or the environment than on the command line: there they are "
    "overwritten as soon as they have been read, but the shell's history keeps them.";

bool help_is_choice(const struct option_row *row)
{
    return row->argument && strchr(row->argument, '|') && islower((unsigned char)*row->argument);
}

/* --- for --help ---------------------------------------------------------------------------------------------- */

enum { WIDTH = 100, OPTION_COLUMN = 34, COMMAND_COLUMN = 14 };

/* The text in lines that fit, all indented; \n begins a new one. */
static void put_wrapped(const char *text, int indent)
{
    while (*text) {
        size_t paragraph = strcspn(text, "\n"), room = (size_t)(WIDTH - indent), n = paragraph;
        if (n > room)
            for (n = room; n && text[n] != ' ';)
                n--;
        if (!n)
            n = paragraph;
        printf("%.*s\n", (int)n, text);
        text += n;
        if (*text)
            text++;
        if (*text)
            printf("%*s", indent, "");
    }
}

static void put_left(const char *text, int column)
{
    printf("%-*s", column, text);
    if ((int)strlen(text) >= column)
        printf("\n%*s", column, "");
}

static void put_option(const struct option_row *row)
{
    char left[100], env[60] = "";
    int n = row->letter ? snprintf(left, sizeof left, "  -%c, --%s", row->letter, row->name)
                        : snprintf(left, sizeof left, "      --%s", row->name);
    if (row->argument)
        snprintf(left + n, sizeof left - (size_t)n, " %s", row->argument);
    put_left(left, OPTION_COLUMN);
    if (row->env)
        snprintf(env, sizeof env, " [%s]", row->env);
    char all[400];
    snprintf(all, sizeof all, "%s%s", row->help, env);
    put_wrapped(all, OPTION_COLUMN);
}

static void put_options(const char *title, unsigned sets)
{
    bool first = true;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (!(option_rows[i].sets & sets))
            continue;
        if (first)
            printf("\n%s:\n", title);
        first = false;
        put_option(&option_rows[i]);
    }
}

static void print_command(const struct command *c)
{
    printf("usage: wamp %s %s\n\n", c->name, c->arguments);
    put_wrapped(c->text, 0);
    puts("\nexamples:");
    fputs("  ", stdout);
    put_wrapped(c->examples, 2);
    put_options("options", c->sets & ~(unsigned)CONNECT);
    put_options("connection", c->sets & CONNECT);
    put_options("always", ALWAYS);
}

static void print_all(void)
{
    puts("wamp, a WAMP client\n\nusage: wamp COMMAND [ARGUMENTS] [OPTIONS]\n\ncommands:");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-*s%s\n", COMMAND_COLUMN, command_rows[i].name, command_rows[i].brief);
    putchar('\n');
    put_wrapped(about_values, 0);
    put_options("connection", CONNECT);
    put_options("always", ALWAYS);
    puts("\nexit status:");
    for (size_t i = 0; i < EXITS; i++)
        printf("  %3d  %s\n", exits[i].status, exits[i].meaning);
    puts("\n'wamp help COMMAND' explains a command.");
}

void help_print(const struct command *c)
{
    if (c)
        print_command(c);
    else
        print_all();
}

/* --- for man ------------------------------------------------------------------------------------------------- */

/* man reads - as a hyphen, a backslash as an escape, and a dot or quote at the start of a line as a request. */
static void put_man_inline(const char *text)
{
    bool at_start = true;
    for (; *text; text++) {
        if (at_start && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        if (*text == '-' || *text == '\\')
            putchar('\\');
        at_start = *text == '\n';
        if (at_start)
            fputs("\n.br", stdout);
        putchar(*text == '\\' ? 'e' : *text);
    }
}

static void put_man(const char *text)
{
    put_man_inline(text);
    putchar('\n');
}

static void put_man_options(unsigned sets)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_rows[i];
        if (!(row->sets & sets))
            continue;
        puts(".TP");
        if (row->letter)
            printf("\\fB\\-%c\\fR, ", row->letter);
        fputs("\\fB\\-\\-", stdout);
        put_man_inline(row->name);
        printf("\\fR \\fI%s\\fR\n", row->argument ? row->argument : "");
        put_man(row->help);
        if (row->env)
            printf("Environment: %s.\n", row->env);
    }
}

static void put_man_examples(const char *text)
{
    puts(".PP\n.EX");
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
        char line[200];
        snprintf(line, sizeof line, "  %.*s", (int)strcspn(text, "\n"), text);
        put_man(line);
    }
    puts(".EE");
}

static void put_man_command(const struct command *c)
{
    printf(".SS wamp %s ", c->name);
    put_man(c->arguments);
    put_man(c->text);
    put_man_options(c->sets & ~(unsigned)CONNECT);
    put_man_examples(c->examples);
}

void help_print_man(void)
{
    printf(".TH WAMP 1 \"\" \"wampd %s\" \"User Commands\"\n", wamp_version());
    puts(".SH NAME\nwamp \\- a WAMP client for the shell\n.SH SYNOPSIS\n"
         ".B wamp\n.I command\n[arguments] [options]\n.SH DESCRIPTION\n"
         "Calls and offers procedures, publishes and receives events, and shows what is going on in a realm.\n"
         ".PP");
    put_man(about_values);
    puts(".SH COMMANDS");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        put_man_command(&command_rows[i]);
    puts(".SH CONNECTION\nOptions of every command that joins a realm.");
    put_man_options(CONNECT);
    puts(".PP");
    put_man(about_secrets);
    puts(".SH ALWAYS");
    put_man_options(ALWAYS);
    puts(".SH EXIT STATUS");
    for (size_t i = 0; i < EXITS; i++)
        printf(".TP\n.B %d\n%s\n", exits[i].status, exits[i].meaning);
    puts(".SH SEE ALSO\nwampd(1)");
}

/* --- the command --------------------------------------------------------------------------------------------- */

int command_help(struct options *o)
{
    const char *name = options_take(o);
    if (o->man) {
        help_print_man();
        return 0;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (name && strcmp(name, command_rows[i].name) != 0)
            continue;
        help_print(name ? &command_rows[i] : NULL);
        return 0;
    }
    return misused("no command '%s'; 'wamp help' lists them", name);
}
