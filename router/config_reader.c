#include "router/config_reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* --- errors ------------------------------------------------------------------------------------------------------------ */

bool config_fail(struct config_reader *r, const yaml_node_t *node, const char *fmt, ...)
{
    char what[280];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    snprintf(r->err->text, sizeof r->err->text, "%s:%zu: %s%s%s", r->path, node ? node->start_mark.line + 1 : 1, r->key,
             r->key[0] ? ": " : "", what);
    return false;
}

size_t config_push(struct config_reader *r, const char *name)
{
    size_t mark = strlen(r->key);
    snprintf(r->key + mark, sizeof r->key - mark, "%s%s", mark ? "." : "", name);
    return mark;
}

size_t config_push_index(struct config_reader *r, size_t index)
{
    size_t mark = strlen(r->key);
    snprintf(r->key + mark, sizeof r->key - mark, "[%zu]", index);
    return mark;
}

void config_pop(struct config_reader *r, size_t mark)
{
    r->key[mark] = '\0';
}

enum { WORD_MAX = 40 };

/* Levenshtein's distance, case folded by nobody; long words are far from everything. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[WORD_MAX + 1];
    size_t n = strlen(a), m = strlen(b);
    if (n > WORD_MAX || m > WORD_MAX)
        return WORD_MAX;
    for (size_t j = 0; j <= m; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[m];
}

const char *config_nearest(const char *word, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    unsigned least = (unsigned)strlen(word) / 2 + 1;
    for (size_t i = 0; i < count; i++) {
        unsigned d = distance(word, names[i]);
        if (d < least) {
            least = d;
            nearest = names[i];
        }
    }
    return nearest;
}

/* --- the file ----------------------------------------------------------------------------------------------------------- */

static bool parse(struct config_reader *r, yaml_parser_t *parser)
{
    yaml_document_t second;
    if (!yaml_parser_load(parser, &r->doc))
        goto syntax;
    if (!yaml_parser_load(parser, &second)) {
        yaml_document_delete(&r->doc);
        goto syntax;
    }
    bool one = yaml_document_get_root_node(&second) == NULL;
    yaml_document_delete(&second);
    if (one)
        return true;
    yaml_document_delete(&r->doc);
    snprintf(r->err->text, sizeof r->err->text, "%s: expected one document, there are several", r->path);
    return false;
syntax:
    snprintf(r->err->text, sizeof r->err->text, "%s:%zu: not well-formed: %s", r->path,
             (parser->problem_mark.line ? parser->problem_mark.line : parser->context_mark.line) + 1,
             parser->problem ? parser->problem : "out of memory");
    return false;
}

/* At most CONFIG_FILE_MAX octets, in malloc'ed memory; NULL with the error told. */
static char *read_file(struct config_reader *r, size_t *len)
{
    FILE *f = fopen(r->path, "rb");
    char *text = f ? malloc(CONFIG_FILE_MAX + 1) : NULL;
    if (!text) {
        snprintf(r->err->text, sizeof r->err->text, "%s: %s", r->path, strerror(errno));
    } else {
        *len = fread(text, 1, CONFIG_FILE_MAX + 1, f);
        const char *why = ferror(f) ? strerror(errno) : *len > CONFIG_FILE_MAX ? "larger than 1 MiB" : NULL;
        if (why) {
            snprintf(r->err->text, sizeof r->err->text, "%s: %s", r->path, why);
            free(text);
            text = NULL;
        }
    }
    if (f)
        fclose(f);
    return text;
}

bool config_reader_open(struct config_reader *r, const char *path, struct wamp_arena *memory, struct config_error *err)
{
    yaml_parser_t parser;
    size_t len;
    *r = (struct config_reader){.path = path, .memory = memory, .err = err};
    char *text = read_file(r, &len);
    if (!text)
        return false;
    bool ok = yaml_parser_initialize(&parser);
    if (ok) {
        yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
        ok = parse(r, &parser);
        yaml_parser_delete(&parser);
    } else {
        snprintf(err->text, sizeof err->text, "%s: out of memory", path);
    }
    free(text);
    return ok;
}

void config_reader_close(struct config_reader *r)
{
    yaml_document_delete(&r->doc);
}

/* --- values -------------------------------------------------------------------------------------------------------------- */

static const char *kind_of(const yaml_node_t *node)
{
    return node->type == YAML_MAPPING_NODE ? "a mapping" : node->type == YAML_SEQUENCE_NODE ? "a list" : "a scalar";
}

static const char *text_of(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

static bool is_plain(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

bool config_read_string(struct config_reader *r, const yaml_node_t *node, const char **out)
{
    if (node->type != YAML_SCALAR_NODE)
        return config_fail(r, node, "expected a string, got %s", kind_of(node));
    struct str text = str_of(text_of(node), node->data.scalar.length);
    if (text.len && memchr(text.ptr, '\0', text.len))
        return config_fail(r, node, "a NUL cannot be part of it");
    *out = wamp_arena_copy(r->memory, text).ptr;
    return *out || config_fail(r, node, "out of memory");
}

bool config_read_bool(struct config_reader *r, const yaml_node_t *node, bool *out)
{
    if (!is_plain(node) || (strcmp(text_of(node), "true") && strcmp(text_of(node), "false")))
        return config_fail(r, node, "expected true or false, got %s%s%s", node->type == YAML_SCALAR_NODE ? "\"" : "",
                           node->type == YAML_SCALAR_NODE ? text_of(node) : kind_of(node),
                           node->type == YAML_SCALAR_NODE ? "\"" : "");
    *out = text_of(node)[0] == 't';
    return true;
}

static void join_names(char *out, size_t size, const char *const *names, size_t count)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", names[i]);
}

bool config_read_choice(struct config_reader *r, const yaml_node_t *node, const char *const *names, size_t count, int *out)
{
    char all[160];
    join_names(all, sizeof all, names, count);
    if (node->type != YAML_SCALAR_NODE)
        return config_fail(r, node, "expected one of %s, got %s", all, kind_of(node));
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(names[i], text_of(node))) {
            *out = (int)i;
            return true;
        }
    }
    return config_fail(r, node, "expected one of %s, got \"%.60s\"", all, text_of(node));
}

static const struct {
    enum config_unit unit;
    const char *name;
    int64_t factor;
} units[] = {
    {BYTES, "B", 1},          {BYTES, "KiB", 1 << 10}, {BYTES, "MiB", 1 << 20}, {BYTES, "GiB", 1 << 30},
    {BYTES, "kB", 1000},      {BYTES, "MB", 1000000},  {MS, "ms", 1},           {MS, "s", 1000},
    {MS, "min", 60000},       {MS, "h", 3600000},      {PERCENT, "%", 1},
};

static const char *const unit_examples[] = {
    [COUNT] = "a number", [BYTES] = "octets such as 65536 or \"64 KiB\"", [MS] = "a time such as \"10 s\" (plain numbers are ms)",
    [PERCENT] = "percent such as 50"};

static int64_t factor_of(enum config_unit unit, const char *suffix)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (units[i].unit == unit && !strcmp(units[i].name, suffix))
            return units[i].factor;
    return *suffix ? 0 : 1;
}

bool config_read_number(struct config_reader *r, const yaml_node_t *node, enum config_unit unit, int64_t min, int64_t max,
                        int64_t *out)
{
    if (node->type != YAML_SCALAR_NODE)
        return config_fail(r, node, "expected %s, got %s", unit_examples[unit], kind_of(node));
    char *end;
    errno = 0;
    long long number = strtoll(text_of(node), &end, 10);
    bool is_number = end != text_of(node) && !errno;
    while (*end == ' ')
        end++;
    int64_t factor = factor_of(unit, end);
    if (!is_number || !factor)
        return config_fail(r, node, "expected %s, got \"%.60s\"", unit_examples[unit], text_of(node));
    if (__builtin_mul_overflow(number, factor, out) || *out < min || *out > max)
        return config_fail(r, node, "must be between %" PRId64 " and %" PRId64 ", got %.60s", min, max, text_of(node));
    return true;
}

/* --- mappings and lists ---------------------------------------------------------------------------------------------------- */

static const struct config_key *find_key(const struct config_key *keys, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(keys[i].name, name))
            return &keys[i];
    return NULL;
}

enum { KEYS_MAX = 64 };

static bool fail_unknown(struct config_reader *r, const yaml_node_t *node, const struct config_key *keys, size_t count)
{
    const char *names[KEYS_MAX];
    for (size_t i = 0; i < count; i++)
        names[i] = keys[i].name;
    const char *nearest = config_nearest(text_of(node), names, count);
    char all[200];
    join_names(all, sizeof all, names, count);
    config_push(r, text_of(node));
    if (nearest)
        return config_fail(r, node, "unknown key, did you mean %s?", nearest);
    return config_fail(r, node, "unknown key, expected one of %s", all);
}

static bool occurred(struct config_reader *r, const yaml_node_t *map, const yaml_node_pair_t *pair, const char *name)
{
    for (const yaml_node_pair_t *p = map->data.mapping.pairs.start; p < pair; p++)
        if (!strcmp(text_of(yaml_document_get_node(&r->doc, p->key)), name))
            return true;
    return false;
}

static bool read_pair(struct config_reader *r, const yaml_node_t *map, const yaml_node_pair_t *pair,
                      const struct config_key *keys, size_t count, void *target)
{
    const yaml_node_t *name = yaml_document_get_node(&r->doc, pair->key);
    const yaml_node_t *value = yaml_document_get_node(&r->doc, pair->value);
    if (name->type != YAML_SCALAR_NODE)
        return config_fail(r, name, "a key must be a string, got %s", kind_of(name));
    const struct config_key *key = find_key(keys, count, text_of(name));
    if (!key)
        return fail_unknown(r, name, keys, count);
    size_t mark = config_push(r, key->name);
    if (occurred(r, map, pair, key->name))
        return config_fail(r, name, "occurs twice");
    if (!key->read(r, value, key, target))
        return false;
    config_pop(r, mark);
    return true;
}

bool config_read_map(struct config_reader *r, const yaml_node_t *node, const struct config_key *keys, size_t count,
                     void *target)
{
    if (node->type != YAML_MAPPING_NODE)
        return config_fail(r, node, "expected a mapping, got %s", kind_of(node));
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++)
        if (!read_pair(r, node, p, keys, count, target))
            return false;
    return true;
}

bool config_read_entries(struct config_reader *r, const yaml_node_t *node,
                         bool (*read)(struct config_reader *, const char *name, const yaml_node_t *, void *),
                         void *target)
{
    if (node->type != YAML_MAPPING_NODE)
        return config_fail(r, node, "expected a mapping, got %s", kind_of(node));
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        const char *name;
        if (!config_read_string(r, yaml_document_get_node(&r->doc, p->key), &name))
            return false;
        size_t mark = config_push(r, name);
        if (!read(r, name, yaml_document_get_node(&r->doc, p->value), target))
            return false;
        config_pop(r, mark);
    }
    return true;
}

bool config_read_list(struct config_reader *r, const yaml_node_t *node,
                      bool (*read)(struct config_reader *, const yaml_node_t *, void *), void *target)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return config_fail(r, node, "expected a list, got %s", kind_of(node));
    const yaml_node_item_t *start = node->data.sequence.items.start;
    for (const yaml_node_item_t *item = start; item < node->data.sequence.items.top; item++) {
        size_t mark = config_push_index(r, (size_t)(item - start));
        if (!read(r, yaml_document_get_node(&r->doc, *item), target))
            return false;
        config_pop(r, mark);
    }
    return true;
}

void *config_grow(struct wamp_arena *memory, void *list, size_t *count, size_t size)
{
    /* Doubling, in an arena: what is left behind goes with the configuration. */
    if ((*count & (*count - 1)) == 0) {
        void *grown = wamp_arena_alloc(memory, (*count ? 2 * *count : 1) * size);
        if (!grown)
            return NULL;
        if (*count)
            memcpy(grown, list, *count * size);
        list = grown;
    }
    memset((char *)list + *count * size, 0, size);
    ++*count;
    return list;
}
