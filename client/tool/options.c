#include "client/tool/options.h"

#include "client/tool/commands.h"
#include "client/tool/nearest.h"
#include "client/tool/payload.h"
#include "common/mem.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct option_row option_rows[OPTION_COUNT] = {
#define OPTION(field, name, letter, argument, kind, sets, env, help) \
    {name, letter, argument, KIND_##kind, offsetof(struct options, field), sets, env, help},
#include "client/tool/options.def"
#undef OPTION
};

const struct command command_rows[COMMAND_COUNT] = {
#define COMMAND(name, arguments, least, most, sets, brief, text, examples) \
    {#name, arguments, least, most, sets, brief, text, examples, command_##name},
#include "client/tool/commands.def"
#undef COMMAND
};

int misused(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("wamp: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    return 2;
}

/* --- values of options, one reader a kind -------------------------------------------------------------------- */

struct reader {
    struct options *o;
    const struct option_row *row;
    char *text;
    bool is_seen;  /* by ps: the text lies on the command line */
};

static void *field_of(const struct reader *r)
{
    return (char *)r->o + r->row->offset;
}

static int wrong(const struct reader *r, const char *expected)
{
    return misused("--%s '%s': expected %s", r->row->name, r->text, expected);
}

static int read_flag(struct reader *r)
{
    *(bool *)field_of(r) = true;
    return -1;
}

static int read_text(struct reader *r)
{
    *(const char **)field_of(r) = r->text;
    return -1;
}

/* What was given before is wiped, too. */
static void forget(const char **secret)
{
    char *text = (char *)*secret;
    if (text)
        explicit_bzero(text, strlen(text));
    wamp_free(text);
    *secret = NULL;
}

/* The word is overwritten where ps reads it; a file name may stay. */
static int read_secret(struct reader *r)
{
    size_t len = strlen(r->text);
    char *copy = wamp_alloc(len + 1);
    if (!copy)
        return misused("out of memory");
    memcpy(copy, r->text, len + 1);
    forget(field_of(r));
    *(const char **)field_of(r) = copy;
    if (r->is_seen && *copy != '@')
        memset(r->text, 'x', len);
    return -1;
}

static int read_count(struct reader *r)
{
    char *end;
    long n = strtol(r->text, &end, 10);
    if (*end || end == r->text || n < 0 || n > INT_MAX)
        return wrong(r, "a number");
    *(int *)field_of(r) = (int)n;
    return -1;
}

static int read_real(struct reader *r)
{
    char *end;
    double x = strtod(r->text, &end);
    if (*end || end == r->text || !isfinite(x) || x < 0)
        return wrong(r, "a number");
    *(double *)field_of(r) = x;
    return -1;
}

static const struct unit {
    const char *name;
    double ms;
} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};

static int read_time(struct reader *r)
{
    char *end;
    double x = strtod(r->text, &end), ms = -1;
    if (!*end)
        ms = x * (r->row->kind == KIND_MS ? 1 : 1000);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (!strcmp(end, units[i].name))
            ms = x * units[i].ms;
    if (end == r->text || !(ms >= 0 && ms <= INT_MAX))
        return wrong(r, "a time such as 500ms, 5s or 2m");
    *(int *)field_of(r) = (int)ceil(ms);
    return -1;
}

static int read_choice(struct reader *r)
{
    size_t len = strlen(r->text);
    int position = 0;
    for (const char *p = r->row->argument; *p; position++) {
        size_t n = strcspn(p, "|");
        if (len == n && !strncmp(p, r->text, n)) {
            *(int *)field_of(r) = position;
            return -1;
        }
        p += n + (p[n] == '|');
    }
    return wrong(r, r->row->argument);
}

static int add_word(struct options *o, enum word_kind kind, const char *text)
{
    o->words[o->word_count++] = (struct word){kind, text};
    return -1;
}

static int read_word(struct reader *r)
{
    return add_word(r->o, r->row == &option_rows[OPTION_hex] ? WORD_HEX : WORD_BIN, r->text);
}

static int read_pair(struct reader *r)
{
    if (!payload_add_pair(&r->o->pairs, r->text))
        return wrong(r, "KEY=VALUE");
    return -1;
}

static int (*const readers[])(struct reader *r) = {
    [KIND_FLAG] = read_flag, [KIND_TEXT] = read_text,    [KIND_SECRET] = read_secret, [KIND_COUNT] = read_count,
    [KIND_REAL] = read_real, [KIND_MS] = read_time,      [KIND_SECONDS] = read_time,  [KIND_CHOICE] = read_choice,
    [KIND_WORD] = read_word, [KIND_PAIR] = read_pair,
};

/* --- the line ------------------------------------------------------------------------------------------------ */

struct line {
    struct options *o;
    char **next;  /* the rest; ends with NULL */
};

static int set(struct line *l, const struct option_row *row, char *text)
{
    struct reader r = {l->o, row, text, true};
    l->o->given[row - option_rows] = true;
    return readers[row->kind](&r);
}

/* The value of an option: what is joined to it, else the next word. */
static int set_with(struct line *l, const struct option_row *row, char *joined)
{
    if (!joined && *l->next)
        joined = *l->next++;
    return joined ? set(l, row, joined) : misused("--%s needs %s", row->name, row->argument);
}

static const struct option_row *find_long(const char *name, size_t len)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strlen(option_rows[i].name) == len && !strncmp(option_rows[i].name, name, len))
            return &option_rows[i];
    return NULL;
}

static int unknown_option(const char *name, size_t len)
{
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)len, name);
    const char *near = nearest(word, option_rows, sizeof *option_rows, OPTION_COUNT);
    if (near)
        return misused("unknown option --%s, did you mean --%s?", word, near);
    return misused("unknown option --%s; 'wamp help' lists the options", word);
}

static int read_long(struct line *l, char *word)
{
    size_t len = strcspn(word, "=");
    const struct option_row *row = find_long(word, len);
    char *joined = word[len] ? word + len + 1 : NULL;
    if (!row)
        return unknown_option(word, len);
    if (row->argument)
        return set_with(l, row, joined);
    return joined ? misused("--%s takes no value", row->name) : set(l, row, NULL);
}

static const struct option_row *find_letter(char letter)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (option_rows[i].letter == letter)
            return &option_rows[i];
    return NULL;
}

/* -pv is -p -v; -uURL is -u URL. */
static int read_letters(struct line *l, char *word)
{
    int status = -1;
    for (; *word && status < 0; word++) {
        const struct option_row *row = find_letter(*word);
        if (!row)
            return misused("unknown option -%c; 'wamp help' lists the options", *word);
        if (row->argument)
            return set_with(l, row, word[1] ? word + 1 : NULL);
        status = set(l, row, NULL);
    }
    return status;
}

static int unknown_command(const char *word)
{
    const char *near = nearest(word, command_rows, sizeof *command_rows, COMMAND_COUNT);
    if (near)
        return misused("unknown command '%s', did you mean %s?", word, near);
    return misused("unknown command '%s'; 'wamp help' lists the commands", word);
}

static int read_plain(struct line *l, const char *word)
{
    if (l->o->command)
        return add_word(l->o, WORD_PLAIN, word);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (!strcmp(command_rows[i].name, word))
            l->o->command = &command_rows[i];
    return l->o->command ? -1 : unknown_command(word);
}

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] && word[1] != '.' && !isdigit((unsigned char)word[1]);
}

static int read_line(struct line *l)
{
    bool plain = false;
    int status = -1;
    while (*l->next && status < 0) {
        char *word = *l->next++;
        if (plain || !is_option(word))
            status = read_plain(l, word);
        else if (!strcmp(word, "--"))
            plain = true;
        else
            status = word[1] == '-' ? read_long(l, word + 2) : read_letters(l, word + 1);
    }
    return status;
}

/* --- what belongs together ----------------------------------------------------------------------------------- */

/* Other users cannot read the environment; and what a command of `wamp register --exec` inherits shall be
 * whole. */
static int read_environment(struct line *l)
{
    int status = -1;
    for (size_t i = 0; i < OPTION_COUNT && status < 0; i++) {
        const char *value = option_rows[i].env ? getenv(option_rows[i].env) : NULL;
        struct reader r = {l->o, &option_rows[i], (char *)value, false};
        if (value && *value && !l->o->given[i])
            status = readers[option_rows[i].kind](&r);
    }
    return status;
}

static size_t plain_words(const struct options *o)
{
    size_t count = 0;
    for (size_t i = 0; i < o->word_count; i++)
        count += o->words[i].kind == WORD_PLAIN;
    return count;
}

/* Of a command that was named: its options, its number of words. */
static int check(const struct options *o)
{
    const struct command *c = o->command;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_rows[i];
        if (o->given[i] && !(row->sets & (c->sets | ALWAYS)))
            return misused("--%s means nothing to '%s'; see 'wamp help %s'", row->name, c->name, c->name);
    }
    if (o->help)
        return -1;
    if (plain_words(o) < c->least)
        return misused("'%s' needs %s; see 'wamp help %s'", c->name, c->arguments, c->name);
    if (o->word_count > c->most)
        return misused("unexpected argument '%s'; see 'wamp help %s'", o->words[c->most].text, c->name);
    return -1;
}

int options_parse(struct options *o, int argc, char **argv)
{
    struct line l = {o, argv + 1};
    *o = (struct options){.speed = 1, .words = wamp_alloc((size_t)(argc + 1) * sizeof *o->words)};
    if (!o->words)
        return misused("out of memory");
    int status = read_line(&l);
    if (status < 0 && o->command)
        status = check(o);
    if (status < 0)
        status = read_environment(&l);
    return status;
}

void options_fini(struct options *o)
{
    forget(&o->secret);
    forget(&o->ticket);
    forget(&o->key);
    wamp_buf_fini(&o->pairs);
    wamp_free(o->words);
}

const char *options_take(struct options *o)
{
    for (size_t i = 0; i < o->word_count; i++) {
        const char *text = o->words[i].text;
        if (o->words[i].kind != WORD_PLAIN)
            continue;
        memmove(&o->words[i], &o->words[i + 1], (--o->word_count - i) * sizeof *o->words);
        return text;
    }
    return NULL;
}
