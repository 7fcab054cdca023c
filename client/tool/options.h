/* The command line: one command, its words, the options.
 *
 * Options may stand anywhere; after -- everything is a word. -5 and -.5 are words, too: negative numbers. What
 * is not on the command line comes from the environment, where the option has a variable. */
#ifndef TOOL_OPTIONS_H
#define TOOL_OPTIONS_H

#include "common/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <wamp.h>

/* Which options a command takes. */
enum option_set {
    ALWAYS = 1 << 0,
    CONNECT = 1 << 1,
    PAYLOAD = 1 << 2,
    OUTPUT = 1 << 3,
    CALL = 1 << 4,
    PUBLISH = 1 << 5,
    MATCH = 1 << 6,
    SUBSCRIBE = 1 << 7,
    COUNTED = 1 << 8,
    REGISTER = 1 << 9,
    RUN = 1 << 10,
    LS = 1 << 11,
    KILL = 1 << 12,
    INTERVAL = 1 << 13,
    TOP = 1 << 14,
    BENCH = 1 << 15,
    REPLAY = 1 << 16,
    RECORD = 1 << 17,
    MANUAL = 1 << 18,
    DRAIN = 1 << 19,
};

enum option_kind {
    KIND_FLAG,
    KIND_TEXT,
    KIND_SECRET,
    KIND_COUNT,
    KIND_REAL,
    KIND_MS,
    KIND_SECONDS,
    KIND_CHOICE,
    KIND_WORD,
    KIND_PAIR,
};

/* A row of options.def. */
struct option_row {
    const char *name;
    int letter;            /* 0: none */
    const char *argument;  /* NULL: a flag */
    enum option_kind kind;
    size_t offset;         /* of its field in struct options */
    unsigned sets;
    const char *env;       /* NULL: none */
    const char *help;
};

enum option_id {
#define OPTION(field, name, letter, argument, kind, sets, env, help) OPTION_##field,
#include "client/tool/options.def"
#undef OPTION
    OPTION_COUNT
};

extern const struct option_row option_rows[OPTION_COUNT];

struct options;

/* A row of commands.def. */
struct command {
    const char *name, *arguments;
    size_t least, most;
    unsigned sets;
    const char *brief, *text, *examples;
    int (*run)(struct options *o);  /* returns the exit status */
};

enum command_id {
#define COMMAND(name, arguments, least, most, sets, brief, text, examples) COMMAND_##name,
#include "client/tool/commands.def"
#undef COMMAND
    COMMAND_COUNT
};

enum { MANY = 1 << 20 };

extern const struct command command_rows[COMMAND_COUNT];

/* A word that is not an option, or what --bin and --hex add. */
struct word {
    enum word_kind { WORD_PLAIN, WORD_BIN, WORD_HEX } kind;
    const char *text;
};

#define FIELD_FLAG bool
#define FIELD_TEXT const char *
#define FIELD_SECRET const char *
#define FIELD_COUNT int
#define FIELD_REAL double
#define FIELD_MS int
#define FIELD_SECONDS int
#define FIELD_CHOICE int
#define FIELD_WORD enum word_kind
#define FIELD_PAIR bool

/* Texts are borrowed from the command line and the environment, except secrets. */
struct options {
#define OPTION(field, name, letter, argument, kind, sets, env, help) FIELD_##kind field;
#include "client/tool/options.def"
#undef OPTION
    bool given[OPTION_COUNT];       /* on the command line */
    const struct command *command;  /* NULL: none was named */
    struct word *words;             /* what follows the command */
    size_t word_count;
    struct wamp_buf pairs;          /* --opt, as the inside of a JSON object */
};

/* Reads the command line. -1: go on with o->command (NULL after --version, --help without one), else the exit
 * status: a mistake was told. Secrets in argv are overwritten. */
int options_parse(struct options *o, int argc, char **argv);
void options_fini(struct options *o);  /* wipes the secrets */

/* Takes the first plain word away. NULL: there is none. */
const char *options_take(struct options *o);

/* A mistake of the user: "wamp: ..." on standard error. Returns 2, the exit status for it. */
int misused(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
