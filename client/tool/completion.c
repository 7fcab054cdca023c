/* wamp completion: scripts for shells, from commands.def and options.def. */
#include "client/tool/commands.h"
#include "client/tool/help.h"

#include <stdio.h>
#include <string.h>

static unsigned sets_of(const struct command *c)
{
    return c->sets | ALWAYS;
}

static bool takes_file(const struct option_row *row)
{
    return row->argument && (!strcmp(row->argument, "FILE") || strstr(row->argument, "@FILE"));
}

/* exact|prefix|wildcard with blanks between. */
static void put_choices(const char *argument)
{
    for (; *argument; argument++)
        putchar(*argument == '|' ? ' ' : *argument);
}

static void put_commands(void)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("%s%s", i ? " " : "", command_rows[i].name);
}

static void put_options(unsigned sets)
{
    const char *blank = "";
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (!(option_rows[i].sets & sets))
            continue;
        printf("%s--%s", blank, option_rows[i].name);
        blank = " ";
    }
}

/* What may follow a command instead of options: the words of its arguments, where they are words. */
static const struct {
    enum command_id command;
    const char *bash;
} words[] = {
    {COMMAND_completion, "-W 'bash zsh fish'"},
    {COMMAND_bench, "-W 'call publish'"},
    {COMMAND_run, "-f"},
    {COMMAND_replay, "-f"},
};

/* --- bash ---------------------------------------------------------------------------------------------------- */

/* An option that takes a value: what that may be. */
static void put_bash_values(void)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_rows[i];
        if (!row->argument)
            continue;
        printf("    --%s", row->name);
        if (row->letter)
            printf("|-%c", row->letter);
        if (help_is_choice(row)) {
            printf(") COMPREPLY=($(compgen -W '");
            put_choices(row->argument);
            puts("' -- \"$word\")); return ;;");
        } else {
            puts(takes_file(row) ? ") COMPREPLY=($(compgen -f -- \"$word\")); return ;;" : ") return ;;");
        }
    }
}

static void put_bash_commands(void)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        printf("    %s) options='", command_rows[i].name);
        put_options(sets_of(&command_rows[i]));
        putchar('\'');
        for (size_t j = 0; j < sizeof words / sizeof *words; j++)
            if (words[j].command == i)
                printf("; others=\"%s\"", words[j].bash);
        if (i == COMMAND_help)
            fputs("; others=\"-W '$commands'\"", stdout);
        puts(" ;;");
    }
}

static void print_bash(void)
{
    fputs("_wamp() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    local command= commands options others= i\n"
          "    commands='",
          stdout);
    put_commands();
    puts("'\n"
         "    COMPREPLY=()\n"
         "    case $before in");
    put_bash_values();
    puts("    esac\n"
         "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "        if [[ \" $commands \" == *\" ${COMP_WORDS[i]} \"* ]]; then command=${COMP_WORDS[i]}; break; fi\n"
         "    done\n"
         "    case $command in");
    put_bash_commands();
    fputs("    *) options='", stdout);
    put_options(CONNECT | ALWAYS);
    puts("'; others=\"-W '$commands'\" ;;\n"
         "    esac\n"
         "    if [[ $word == -* ]]; then\n"
         "        COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
         "    elif [[ -n $others ]]; then\n"
         "        eval \"COMPREPLY=(\\$(compgen $others -- \\\"\\$word\\\"))\"\n"
         "    fi\n"
         "}\n"
         "complete -F _wamp wamp");
}

/* --- zsh ----------------------------------------------------------------------------------------------------- */

/* Inside of '...' with zsh's own marks [ ] : escaped. */
static void put_zsh(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\'", stdout);
        else if (strchr("[]:\\", *text))
            putchar('\\');
        putchar(*text);
    }
}

static void put_zsh_action(const struct option_row *row)
{
    if (!row->argument)
        return;
    fputs(":value:", stdout);
    if (help_is_choice(row)) {
        putchar('(');
        put_choices(row->argument);
        putchar(')');
    } else if (takes_file(row)) {
        fputs("_files", stdout);
    }
}

static void put_zsh_options(unsigned sets)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_rows[i];
        if (!(row->sets & sets))
            continue;
        printf(" \\\n            '*--%s[", row->name);
        put_zsh(row->help);
        putchar(']');
        put_zsh_action(row);
        putchar('\'');
    }
}

static void print_zsh(void)
{
    puts("#compdef wamp\n_wamp() {\n    local -a commands\n    commands=(");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        printf("        '%s:", command_rows[i].name);
        put_zsh(command_rows[i].brief);
        puts("'");
    }
    puts("    )\n"
         "    if (( CURRENT == 2 )); then\n"
         "        _describe command commands\n"
         "        return\n"
         "    fi\n"
         "    case $words[2] in");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        printf("    %s)\n        _arguments", command_rows[i].name);
        put_zsh_options(sets_of(&command_rows[i]));
        puts(" \\\n            '*:argument:_files' ;;");
    }
    puts("    esac\n}\nif [[ $funcstack[1] == _wamp ]]; then _wamp \"$@\"; else compdef _wamp wamp; fi");
}

/* --- fish ---------------------------------------------------------------------------------------------------- */

static void put_fish(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
}

static void put_fish_option(const struct command *c, const struct option_row *row)
{
    printf("complete -c wamp -n '__fish_seen_subcommand_from %s' -l %s", c->name, row->name);
    if (row->letter)
        printf(" -s %c", row->letter);
    if (help_is_choice(row)) {
        fputs(" -x -a '", stdout);
        put_choices(row->argument);
        putchar('\'');
    } else if (row->argument) {
        fputs(takes_file(row) ? " -r -F" : " -x", stdout);
    }
    fputs(" -d '", stdout);
    put_fish(row->help);
    puts("'");
}

static void print_fish(void)
{
    puts("complete -c wamp -f");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        printf("complete -c wamp -n __fish_use_subcommand -a %s -d '", command_rows[i].name);
        put_fish(command_rows[i].brief);
        puts("'");
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        for (size_t j = 0; j < OPTION_COUNT; j++)
            if (option_rows[j].sets & sets_of(&command_rows[i]))
                put_fish_option(&command_rows[i], &option_rows[j]);
    puts("complete -c wamp -n '__fish_seen_subcommand_from run replay' -F");
}

/* --- the command --------------------------------------------------------------------------------------------- */

static const struct {
    const char *shell;
    void (*print)(void);
} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

int command_completion(struct options *o)
{
    const char *shell = options_take(o);
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(shells[i].shell, shell) != 0)
            continue;
        shells[i].print();
        return 0;
    }
    return misused("no completion for '%s': expected bash, zsh or fish", shell);
}
