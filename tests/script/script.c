#include "tests/script/script.h"

#include "tests/script/settings.h"
#include "tests/script/words.h"

#include <stdio.h>
#include <stdlib.h>

/* --- the file ------------------------------------------------------------------------------------------- */

static bool read_all(FILE *in, struct wamp_arena *arena, struct str *out)
{
    if (fseek(in, 0, SEEK_END))
        return false;
    long size = ftell(in);
    rewind(in);
    char *text = size >= 0 ? wamp_arena_alloc(arena, (size_t)size + 1) : NULL;
    if (!text || fread(text, 1, (size_t)size, in) != (size_t)size)
        return false;
    *out = str_of(text, (size_t)size);
    return true;
}

static bool read_file(struct script *s, struct script_error *why)
{
    FILE *in = fopen(s->path, "rb");
    if (!in)
        return script_refuse(why, "cannot be opened");
    bool ok = read_all(in, &s->arena, &s->text);
    fclose(in);
    return ok || script_refuse(why, "cannot be read");
}

/* --- lines ---------------------------------------------------------------------------------------------- */

/* A line being read: what is left of it, and the step it makes. */
struct line {
    struct script *script;
    struct str left;
    struct step step;
    bool is_step;
    struct script_error *why;
};

static bool take_end(struct line *l)
{
    struct str more = word_take(&l->left);
    return more.len == 0 || script_refuse(l->why, "not understood: %.*s", STR_ARG(more));
}

static bool is_name(struct str word)
{
    size_t len = 0;
    while (len < word.len && (word.ptr[len] == '_' || (word.ptr[len] >= 'a' && word.ptr[len] <= 'z') ||
                              (word.ptr[len] >= '0' && word.ptr[len] <= '9')))
        len++;
    return len > 0 && len == word.len;
}

static bool add_name(struct line *l, struct str name)
{
    if (!is_name(name))
        return script_refuse(l->why, "a peer's name is of a-z, 0-9 and _: %.*s", STR_ARG(name));
    if (l->step.name_count == NAMES_MAX)
        return script_refuse(l->why, "more than %d peers", NAMES_MAX);
    l->step.names[l->step.name_count++] = name;
    return true;
}

static bool make_step(struct line *l, enum step_kind kind)
{
    l->is_step = true;
    l->step.kind = kind;
    return true;
}

static bool take_pattern(struct line *l, struct pattern *out)
{
    struct pattern_fault fault;
    if (!pattern_parse(l->left, &l->script->arena, out, &l->left, &fault))
        return script_refuse(l->why, "%s", fault.text);
    return take_end(l);
}

static bool parse_only(struct line *l)
{
    struct str word;
    enum wamp_ser ser;
    while ((word = word_take(&l->left)).len) {
        if (word_is(word, "core"))
            l->script->only_core = true;
        else if (word_is(word, "daemon"))
            l->script->only_daemon = true;
        else if (word_is(word, "socket"))
            l->script->only_socket = true;
        else if (wamp_ser_by_name(word, &ser))
            l->script->only_sers |= 1u << ser;
        else
            return script_refuse(l->why, "only what? %.*s", STR_ARG(word));
    }
    return true;
}

static void add_setting(struct script *s, struct str word)
{
    struct wamp_buf all = {0};
    wamp_buf_add_str(&all, s->settings);
    wamp_buf_add_str(&all, word);
    wamp_buf_add_char(&all, ' ');
    s->settings = wamp_arena_copy(&s->arena, wamp_buf_str(&all));
    wamp_buf_fini(&all);
}

static bool parse_config(struct line *l)
{
    struct str word;
    bool ok = l->script->step_count == 0 || script_refuse(l->why, "config comes first");
    while (ok && (word = word_take(&l->left)).len) {
        ok = script_config_set(l->script, word, l->why);
        add_setting(l->script, word);
    }
    return ok;
}

/* The daemon has to know everybody who logs in. */
static bool note_login(struct line *l)
{
    struct script *s = l->script;
    const struct peer_options *o = &l->step.options;
    for (unsigned i = 0; i < s->login_count; i++)
        if (str_eq(s->logins[i].authid, o->authid))
            return str_eq(s->logins[i].authrole, o->authrole) ||
                   script_refuse(l->why, "%.*s has another authrole already", STR_ARG(o->authid));
    if (s->login_count == NAMES_MAX)
        return script_refuse(l->why, "more than %d authids", NAMES_MAX);
    s->logins[s->login_count++] = (struct script_login){o->authid, o->authrole};
    add_setting(s, STR("login"));
    add_setting(s, o->authid);
    add_setting(s, o->authrole);
    return true;
}

/* Names, then what they announce. */
static bool parse_peers(struct line *l, enum step_kind kind)
{
    struct str word, key, value;
    bool ok = true;
    peer_options_init(&l->step.options);
    while (ok && (word = word_take(&l->left)).len)
        ok = word_split(word, '=', &key, &value) ? peer_options_set(&l->step.options, word, l->why)
                                                 : add_name(l, word);
    if (!ok)
        return false;
    peer_options_finish(&l->step.options);
    if (l->step.options.authid.len && !note_login(l))
        return false;
    return l->step.name_count ? make_step(l, kind) : script_refuse(l->why, "who?");
}

static bool parse_join(struct line *l)
{
    return parse_peers(l, STEP_JOIN);
}

static bool parse_connect(struct line *l)
{
    l->script->only_daemon = true;
    return parse_peers(l, STEP_CONNECT);
}

static bool parse_quiet(struct line *l)
{
    struct str word;
    while ((word = word_take(&l->left)).len)
        if (!add_name(l, word))
            return false;
    return make_step(l, STEP_QUIET);
}

static bool parse_advance(struct line *l)
{
    struct str word = word_take(&l->left);
    if (!word_duration(word, &l->step.ms))
        return script_refuse(l->why, "a time is 200ms, 5s, 2min: %.*s", STR_ARG(word));
    l->script->waits_ms += l->step.ms;
    return make_step(l, STEP_ADVANCE) && take_end(l);
}

static bool parse_let(struct line *l)
{
    struct str word = word_take(&l->left);
    if (word.len < 2 || word.ptr[0] != '$' || !word_is(word_take(&l->left), "="))
        return script_refuse(l->why, "let $name = VALUE");
    l->step.variable = str_from(word, 1);
    return make_step(l, STEP_LET) && take_pattern(l, &l->step.pattern);
}

/* --- what a peer does or gets --------------------------------------------------------------------------- */

static bool parse_send(struct line *l)
{
    return make_step(l, STEP_SEND) && take_pattern(l, &l->step.pattern);
}

static bool parse_expect(struct line *l)
{
    return make_step(l, STEP_EXPECT) && take_pattern(l, &l->step.pattern);
}

static bool parse_expect_any(struct line *l)
{
    return make_step(l, STEP_EXPECT_ANY) && take_pattern(l, &l->step.pattern);
}

/* The quoted text ends at the last quote of the line: nothing in it needs to be understood to find its end. */
static bool parse_octets(struct line *l)
{
    struct str quoted = l->left;
    while (quoted.len && quoted.ptr[0] != '"')
        quoted = str_from(quoted, 1);
    const char *last = quoted.len ? memrchr(quoted.ptr, '"', quoted.len) : NULL;
    if (last)
        quoted.len = (size_t)(last - quoted.ptr) + 1;
    if (!word_octets(quoted, &l->script->arena, &l->step.octets))
        return script_refuse(l->why, "octets are \"text with \\xNN\"");
    return make_step(l, STEP_OCTETS);
}

static bool parse_drop(struct line *l)
{
    return make_step(l, STEP_DROP) && take_end(l);
}

static bool parse_full(struct line *l)
{
    l->script->only_core = true;
    return make_step(l, STEP_FULL) && take_end(l);
}

static const char *const reasons[] = {
    [CLOSE_GOODBYE] = "goodbye",   [CLOSE_KILLED] = "killed", [CLOSE_ABORTED] = "aborted",
    [CLOSE_PROTOCOL] = "protocol", [CLOSE_SLOW] = "slow",     [CLOSE_TOO_BIG] = "toobig",
    [CLOSE_NOMEM] = "nomem",
};

const char *close_reason_name(enum close_reason why)
{
    return reasons[why];
}

static bool parse_gone(struct line *l)
{
    struct str word = word_take(&l->left);
    l->step.has_why = word.len > 0;
    bool known = word.len == 0;
    for (unsigned i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (word_is(word, reasons[i])) {
            l->step.why = (enum close_reason)i;
            known = true;
        }
    }
    if (!known)
        return script_refuse(l->why, "gone why? %.*s", STR_ARG(word));
    return make_step(l, STEP_GONE) && take_end(l);
}

static const struct form {
    const char *word;
    bool (*parse)(struct line *l);
} line_forms[] = {
    {"only", parse_only},   {"config", parse_config},   {"join", parse_join}, {"connect", parse_connect},
    {"quiet", parse_quiet}, {"advance", parse_advance}, {"let", parse_let},
}, peer_forms[] = {
    {">", parse_send}, {">octets", parse_octets}, {"<", parse_expect}, {"<*", parse_expect_any},
    {"drop", parse_drop}, {"full", parse_full}, {"gone", parse_gone},
};

static const struct form *find_form(const struct form *forms, size_t count, struct str word)
{
    for (size_t i = 0; i < count; i++)
        if (word_is(word, forms[i].word))
            return &forms[i];
    return NULL;
}

static bool parse_line(struct line *l)
{
    struct str first = word_take(&l->left);
    if (first.len == 0)
        return true;
    const struct form *form = find_form(line_forms, sizeof line_forms / sizeof *line_forms, first);
    if (form)
        return form->parse(l);
    struct str second = word_take(&l->left);
    form = find_form(peer_forms, sizeof peer_forms / sizeof *peer_forms, second);
    if (!form)
        return script_refuse(l->why, "not understood: %.*s %.*s", STR_ARG(first), STR_ARG(second));
    return add_name(l, first) && form->parse(l);
}

/* --- the whole ------------------------------------------------------------------------------------------ */

static struct str trimmed(struct str line)
{
    while (line.len && (line.ptr[line.len - 1] == ' ' || line.ptr[line.len - 1] == '\r'))
        line.len--;
    return line;
}

static unsigned count_lines(struct str text)
{
    unsigned n = 1;
    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == '\n';
    return n;
}

bool script_read(struct script *s, const char *path, struct script_error *why)
{
    memset(s, 0, sizeof *s);
    s->path = path;
    why->line = 0;
    if (!read_file(s, why))
        return false;
    s->steps = wamp_arena_alloc(&s->arena, count_lines(s->text) * sizeof *s->steps);
    if (!s->steps)
        return script_refuse(why, "out of memory");
    struct str rest = s->text, text;
    while (rest.len) {
        why->line++;
        word_split(rest, '\n', &text, &rest);
        text = trimmed(text);
        struct line l = {.script = s, .left = text, .why = why, .step = {.line = why->line, .text = text}};
        if (!parse_line(&l))
            return false;
        if (l.is_step)
            s->steps[s->step_count++] = l.step;
    }
    return true;
}

void script_fini(struct script *s)
{
    wamp_arena_fini(&s->arena);
}
