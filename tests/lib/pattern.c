#include "tests/lib/pattern.h"

#include "realms/timefmt.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEPTH_MAX = 100 };

__attribute__((format(printf, 2, 3))) static bool refuse(struct pattern_fault *why, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(why->text, sizeof why->text, fmt, args);
    va_end(args);
    return false;
}

static void *must_alloc(struct wamp_arena *arena, size_t size)
{
    void *block = wamp_arena_alloc(arena, size ? size : 1);
    if (!block) {
        fputs("out of memory in a test pattern\n", stderr);
        abort();
    }
    return block;
}

/* --- parsing -------------------------------------------------------------------------------------------- */

struct parser {
    struct str left;
    struct wamp_arena *arena;
    struct pattern_fault *why;
    unsigned depth;
};

static void skip_space(struct parser *in)
{
    while (in->left.len && isspace((unsigned char)in->left.ptr[0]))
        in->left = str_from(in->left, 1);
}

/* Whether `token` comes next; then it is taken. */
static bool accept(struct parser *in, const char *token)
{
    skip_space(in);
    if (!str_starts(in->left, str_z(token)))
        return false;
    in->left = str_from(in->left, strlen(token));
    return true;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '+' || c == '.';
}

static struct str take(struct parser *in, size_t len)
{
    struct str token = str_of(in->left.ptr, len);
    in->left = str_from(in->left, len);
    return token;
}

static struct str take_word(struct parser *in)
{
    size_t len = 0;
    while (len < in->left.len && is_word(in->left.ptr[len]))
        len++;
    return take(in, len);
}

/* A JSON string with its quotes; what is wrong inside shows when it is read. */
static struct str take_quoted(struct parser *in)
{
    size_t len = 1;
    while (len < in->left.len && in->left.ptr[len] != '"')
        len += in->left.ptr[len] == '\\' ? 2 : 1;
    return take(in, len < in->left.len ? len + 1 : in->left.len);
}

static bool read_json(struct parser *in, struct str token, struct wamp_value *out)
{
    enum wamp_err err = token.len ? wamp_value_read(WAMP_JSON, token, in->arena, out) : WAMP_ERR_SYNTAX;
    if (err)
        return refuse(in->why, "\"%.*s\": %s", (int)(token.len < 40 ? token.len : 40), token.ptr,
                      wamp_err_text(err));
    return true;
}

static bool parse_any(struct parser *in, struct pattern *out);

static bool parse_string(struct parser *in, struct pattern *out)
{
    if (!read_json(in, take_quoted(in), &out->value))
        return false;
    bool tilde = out->value.kind == WAMP_STR && out->value.text.len && out->value.text.ptr[0] == '~';
    out->kind = tilde ? PATTERN_CONTAINS : PATTERN_VALUE;
    if (tilde)
        out->text = str_from(out->value.text, 1);
    return true;
}

static bool parse_variable(struct parser *in, struct pattern *out)
{
    take(in, 1);
    size_t len = 0;
    while (len < in->left.len && (isalnum((unsigned char)in->left.ptr[len]) || in->left.ptr[len] == '_'))
        len++;
    out->kind = PATTERN_VAR;
    out->text = take(in, len);
    return len > 0 || refuse(in->why, "a variable is $name");
}

static bool parse_class(struct parser *in, struct pattern *out)
{
    static const char *const names[] = {"int", "str", "id", "time"};
    take(in, 1);
    out->kind = PATTERN_CLASS;
    out->text = take_word(in);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq(out->text, str_z(names[i])))
            return accept(in, ">") || refuse(in->why, "'>' expected after <%s", names[i]);
    return refuse(in->why, "<int>, <str>, <id> or <time> expected");
}

/* Elements gathered before their number is known. */
struct gathered {
    struct pattern_pair *list;
    unsigned count, room;
};

static struct pattern_pair *gathered_add(struct gathered *all, struct wamp_arena *arena)
{
    if (all->count == all->room) {
        all->room = all->room ? 2 * all->room : 8;
        struct pattern_pair *list = must_alloc(arena, all->room * sizeof *list);
        if (all->count)
            memcpy(list, all->list, all->count * sizeof *list);
        all->list = list;
    }
    return &all->list[all->count++];
}

static bool parse_element(struct parser *in, bool is_dict, struct pattern_pair *out)
{
    if (!is_dict)
        return parse_any(in, &out->value);
    skip_space(in);
    struct wamp_value key;
    if (!in->left.len || in->left.ptr[0] != '"')
        return refuse(in->why, "a key is a string");
    if (!read_json(in, take_quoted(in), &key))
        return false;
    out->key = key.text;
    return accept(in, ":") ? parse_any(in, &out->value) : refuse(in->why, "':' expected after a key");
}

static bool parse_elements(struct parser *in, struct gathered *all, bool is_dict, bool *open)
{
    const char *end = is_dict ? "}" : "]";
    *open = false;
    if (accept(in, end))
        return true;
    do {
        if (accept(in, "...")) {
            *open = true;
            break;
        }
        if (!parse_element(in, is_dict, gathered_add(all, in->arena)))
            return false;
    } while (accept(in, ","));
    return accept(in, end) || refuse(in->why, "',' or '%s' expected", end);
}

static void keep_elements(struct parser *in, const struct gathered *all, struct pattern *out)
{
    out->count = all->count;
    if (out->kind == PATTERN_DICT) {
        out->dict = all->list;
        return;
    }
    struct pattern *list = must_alloc(in->arena, all->count * sizeof *list);
    for (unsigned i = 0; i < all->count; i++)
        list[i] = all->list[i].value;
    out->list = list;
}

static bool parse_container(struct parser *in, enum pattern_kind kind, struct pattern *out)
{
    if (++in->depth > DEPTH_MAX)
        return refuse(in->why, "nested too deeply");
    take(in, 1);
    struct gathered all = {0};
    out->kind = kind;
    if (!parse_elements(in, &all, kind == PATTERN_DICT, &out->open))
        return false;
    keep_elements(in, &all, out);
    in->depth--;
    return true;
}

static bool parse_any(struct parser *in, struct pattern *out)
{
    memset(out, 0, sizeof *out);
    skip_space(in);
    switch (in->left.len ? in->left.ptr[0] : '\0') {
    case '[':
        return parse_container(in, PATTERN_LIST, out);
    case '{':
        return parse_container(in, PATTERN_DICT, out);
    case '"':
        return parse_string(in, out);
    case '$':
        return parse_variable(in, out);
    case '<':
        return parse_class(in, out);
    default:
        break;
    }
    struct str word = take_word(in);
    out->kind = str_eq(word, STR("_")) ? PATTERN_ANY : PATTERN_VALUE;
    return out->kind == PATTERN_ANY || read_json(in, word, &out->value);
}

bool pattern_parse(struct str text, struct wamp_arena *arena, struct pattern *out, struct str *rest,
                   struct pattern_fault *why)
{
    struct parser in = {.left = text, .arena = arena, .why = why};
    if (!parse_any(&in, out))
        return false;
    skip_space(&in);
    *rest = in.left;
    return true;
}

/* --- variables ------------------------------------------------------------------------------------------ */

const struct wamp_value *vars_find(const struct vars *vars, struct str name)
{
    for (const struct var *v = vars->first; v; v = v->next)
        if (str_eq(v->name, name))
            return &v->value;
    return NULL;
}

void vars_set(struct vars *vars, struct str name, const struct wamp_value *value)
{
    struct var *v = must_alloc(vars->arena, sizeof *v);
    *v = (struct var){.name = name, .value = *value, .next = vars->first};
    vars->first = v;
}

void vars_set_uint(struct vars *vars, struct str name, uint64_t value)
{
    vars_set(vars, name, &(struct wamp_value){.kind = WAMP_UINT, .uint = value});
}

/* --- matching ------------------------------------------------------------------------------------------- */

struct matcher {
    struct vars *vars;
    struct pattern_fault *why;
    char path[120];  /* where in the message: "[3].topic" */
};

static const char *where(const struct matcher *m)
{
    return m->path[0] ? m->path : "the message";
}

static bool match(struct matcher *m, const struct pattern *p, const struct wamp_value *v);

/* Matches an element, with its step appended to the path meanwhile. */
static bool match_at(struct matcher *m, const struct pattern *p, const struct wamp_value *v, const char *step)
{
    size_t len = strlen(m->path);
    snprintf(m->path + len, sizeof m->path - len, "%s", step);
    bool ok = match(m, p, v);
    if (ok)
        m->path[len] = '\0';
    return ok;
}

static bool match_list(struct matcher *m, const struct pattern *p, const struct wamp_value *v)
{
    if (v->kind != WAMP_LIST)
        return refuse(m->why, "%s is no list", where(m));
    if (v->count < p->count || (v->count > p->count && !p->open))
        return refuse(m->why, "%s has %" PRIu32 " elements, %u expected", where(m), v->count, p->count);
    for (unsigned i = 0; i < p->count; i++) {
        char step[16];
        snprintf(step, sizeof step, "[%u]", i);
        if (!match_at(m, &p->list[i], &v->list[i], step))
            return false;
    }
    return true;
}

static bool match_dict(struct matcher *m, const struct pattern *p, const struct wamp_value *v)
{
    if (v->kind != WAMP_MAP)
        return refuse(m->why, "%s is no dict", where(m));
    for (unsigned i = 0; i < p->count; i++) {
        char step[60];
        snprintf(step, sizeof step, ".%.*s", STR_ARG(p->dict[i].key));
        const struct wamp_value *found = wamp_value_get(v, p->dict[i].key);
        if (!found)
            return refuse(m->why, "%s%s is missing", m->path, step);
        if (!match_at(m, &p->dict[i].value, found, step))
            return false;
    }
    if (v->count > p->count && !p->open)
        return refuse(m->why, "%s has %" PRIu32 " keys, %u expected", where(m), v->count, p->count);
    return true;
}

static bool is_of_class(struct str name, const struct wamp_value *v)
{
    wamp_ms ms;
    if (str_eq(name, STR("int")))
        return v->kind == WAMP_UINT || v->kind == WAMP_NINT;
    if (str_eq(name, STR("id")))
        return v->kind == WAMP_UINT && v->uint >= 1 && v->uint <= UINT64_C(1) << 53;
    if (str_eq(name, STR("time")))
        return v->kind == WAMP_STR && time_read(v->text, &ms);
    return v->kind == WAMP_STR;
}

static bool match_variable(struct matcher *m, struct str name, const struct wamp_value *v)
{
    const struct wamp_value *bound = vars_find(m->vars, name);
    if (!bound)
        vars_set(m->vars, name, v);
    else if (!wamp_value_equal(bound, v))
        return refuse(m->why, "%s is not $%.*s", where(m), STR_ARG(name));
    return true;
}

static bool contains(struct str text, struct str part)
{
    return part.len == 0 || (text.len && memmem(text.ptr, text.len, part.ptr, part.len) != NULL);
}

static bool match(struct matcher *m, const struct pattern *p, const struct wamp_value *v)
{
    switch (p->kind) {
    case PATTERN_ANY:
        return true;
    case PATTERN_VAR:
        return match_variable(m, p->text, v);
    case PATTERN_LIST:
        return match_list(m, p, v);
    case PATTERN_DICT:
        return match_dict(m, p, v);
    case PATTERN_CLASS:
        return is_of_class(p->text, v) || refuse(m->why, "%s is no <%.*s>", where(m), STR_ARG(p->text));
    case PATTERN_CONTAINS:
        return (v->kind == WAMP_STR && contains(v->text, p->text)) ||
               refuse(m->why, "%s does not contain \"%.*s\"", where(m), STR_ARG(p->text));
    case PATTERN_VALUE:
        break;
    }
    return wamp_value_equal(&p->value, v) || refuse(m->why, "%s differs", where(m));
}

bool pattern_match(const struct pattern *p, const struct wamp_value *v, struct vars *vars,
                   struct pattern_fault *why)
{
    struct matcher m = {.vars = vars, .why = why};
    struct var *before = vars->first;
    bool ok = match(&m, p, v);
    if (!ok)
        vars->first = before;
    return ok;
}

/* --- building ------------------------------------------------------------------------------------------- */

static bool fill_list(const struct pattern *p, const struct vars *vars, bool lenient, struct wamp_value *out,
                      struct pattern_fault *why)
{
    struct wamp_value *list = must_alloc(vars->arena, p->count * sizeof *list);
    for (unsigned i = 0; i < p->count; i++)
        if (!pattern_fill(&p->list[i], vars, lenient, &list[i], why))
            return false;
    *out = (struct wamp_value){.kind = WAMP_LIST, .count = p->count, .list = list};
    return true;
}

static bool fill_dict(const struct pattern *p, const struct vars *vars, bool lenient, struct wamp_value *out,
                      struct pattern_fault *why)
{
    struct wamp_pair *pairs = must_alloc(vars->arena, p->count * sizeof *pairs);
    for (unsigned i = 0; i < p->count; i++) {
        pairs[i].key = (struct wamp_value){.kind = WAMP_STR, .text = p->dict[i].key};
        if (!pattern_fill(&p->dict[i].value, vars, lenient, &pairs[i].value, why))
            return false;
    }
    *out = (struct wamp_value){.kind = WAMP_MAP, .count = p->count, .map = pairs};
    return true;
}

static bool fill_variable(struct str name, const struct vars *vars, bool lenient, struct wamp_value *out,
                          struct pattern_fault *why)
{
    const struct wamp_value *bound = vars_find(vars, name);
    if (bound)
        *out = *bound;
    else if (lenient)
        *out = (struct wamp_value){.kind = WAMP_UINT, .uint = 1};
    else
        return refuse(why, "$%.*s has no value", STR_ARG(name));
    return true;
}

bool pattern_fill(const struct pattern *p, const struct vars *vars, bool lenient, struct wamp_value *out,
                  struct pattern_fault *why)
{
    if (p->open)
        return refuse(why, "... in what is sent");
    switch (p->kind) {
    case PATTERN_LIST:
        return fill_list(p, vars, lenient, out, why);
    case PATTERN_DICT:
        return fill_dict(p, vars, lenient, out, why);
    case PATTERN_VAR:
        return fill_variable(p->text, vars, lenient, out, why);
    case PATTERN_CONTAINS:  /* a text that begins with ~ */
    case PATTERN_VALUE:
        *out = p->value;
        return true;
    default:
        return refuse(why, "a hole in what is sent");
    }
}
