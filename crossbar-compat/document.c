#include "crossbar-compat/document.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 32, NODES_MAX = 100000, TEXT_MAX = 4096 };

/* --- what is to be said ------------------------------------------------------------------------------------------------ */

static size_t line_of(const yaml_node_t *node)
{
    return node ? node->start_mark.line + 1 : 1;
}

void cb_note(struct translation *t, const yaml_node_t *node, const char *fmt, ...)
{
    char text[CROSSBAR_WHY_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (!t->failed)
        t->world->note(t->world->user, line_of(node), text);
}

void cb_fail(struct translation *t, const yaml_node_t *node, const char *fmt, ...)
{
    if (t->failed)
        return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(t->why, sizeof t->why, fmt, args);
    va_end(args);
    t->failed = true;
    t->line = line_of(node);
}

/* Whether `word` is one of the words in `list`. */
static bool among(const char *word, const char *list)
{
    size_t len = strlen(word);
    for (const char *p = list; (p = strstr(p, word)); p += len)
        if ((p == list || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0'))
            return true;
    return false;
}

void cb_note_others(struct translation *t, const yaml_node_t *map, const char *what, const char *keys)
{
    const char *key;
    const yaml_node_t *value;
    for (size_t i = 0; (value = cb_pair(t, map, i, &key)); i++)
        if (!among(key, keys))
            cb_note(t, value, "%s: \"%s\" is left out", what, key);
}

/* --- the old ------------------------------------------------------------------------------------------------------------ */

static const char *scalar(const yaml_node_t *node)
{
    return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

static bool is_null(const yaml_node_t *node)
{
    const char *text = scalar(node);
    return text && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (!strcmp(text, "null") || !strcmp(text, "~") || !*text);
}

const yaml_node_t *cb_pair(struct translation *t, const yaml_node_t *map, size_t i, const char **key)
{
    if (!map || map->type != YAML_MAPPING_NODE || map->data.mapping.pairs.start + i >= map->data.mapping.pairs.top)
        return NULL;
    const yaml_node_pair_t *pair = map->data.mapping.pairs.start + i;
    const char *text = scalar(yaml_document_get_node(t->in, pair->key));
    *key = text ? text : "";
    return yaml_document_get_node(t->in, pair->value);
}

static const yaml_node_t *find(struct translation *t, const yaml_node_t *map, const char *key)
{
    const char *name;
    const yaml_node_t *value;
    for (size_t i = 0; (value = cb_pair(t, map, i, &name)); i++)
        if (!strcmp(name, key))
            return value;
    return NULL;
}

const yaml_node_t *cb_get(struct translation *t, const yaml_node_t *map, const char *key)
{
    const yaml_node_t *value = find(t, map, key);
    return is_null(value) ? NULL : value;
}

bool cb_has(struct translation *t, const yaml_node_t *map, const char *key)
{
    return find(t, map, key);
}

const char *cb_text(struct translation *t, const yaml_node_t *map, const char *key)
{
    return scalar(cb_get(t, map, key));
}

bool cb_is(struct translation *t, const yaml_node_t *map, const char *key, const char *text)
{
    const char *got = cb_text(t, map, key);
    return got && !strcmp(got, text);
}

const yaml_node_t *cb_at(struct translation *t, const yaml_node_t *list, size_t i)
{
    if (!list || list->type != YAML_SEQUENCE_NODE || list->data.sequence.items.start + i >= list->data.sequence.items.top)
        return NULL;
    return yaml_document_get_node(t->in, list->data.sequence.items.start[i]);
}

/* --- the new ------------------------------------------------------------------------------------------------------------- */

static int placed(struct translation *t, int node, const yaml_node_t *like)
{
    if (!node || node > NODES_MAX) {
        cb_fail(t, like, node ? "too much for a configuration" : "out of memory");
        return 0;
    }
    if (like) {
        yaml_node_t *made = yaml_document_get_node(t->out, node);
        made->start_mark = like->start_mark;
        made->end_mark = like->end_mark;
    }
    return node;
}

int cb_map(struct translation *t, const yaml_node_t *like)
{
    return t->failed ? 0 : placed(t, yaml_document_add_mapping(t->out, NULL, YAML_BLOCK_MAPPING_STYLE), like);
}

int cb_list(struct translation *t, const yaml_node_t *like)
{
    return t->failed ? 0 : placed(t, yaml_document_add_sequence(t->out, NULL, YAML_BLOCK_SEQUENCE_STYLE), like);
}

static int add_scalar(struct translation *t, const yaml_node_t *like, const char *text, size_t len, yaml_scalar_style_t style)
{
    if (t->failed)
        return 0;
    return placed(t, yaml_document_add_scalar(t->out, NULL, (const yaml_char_t *)text, (int)len, style), like);
}

int cb_string(struct translation *t, const yaml_node_t *like, const char *fmt, ...)
{
    char text[TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (len < 0 || len >= TEXT_MAX)
        cb_fail(t, like, "a text of more than %d octets", TEXT_MAX);
    return add_scalar(t, like, text, (size_t)len, YAML_DOUBLE_QUOTED_SCALAR_STYLE);
}

int cb_word(struct translation *t, const yaml_node_t *like, const char *text)
{
    return add_scalar(t, like, text, strlen(text), YAML_PLAIN_SCALAR_STYLE);
}

void cb_put(struct translation *t, int map, const char *key, int value)
{
    if (t->failed || !map || !value)
        return;
    const yaml_node_t like = *yaml_document_get_node(t->out, value);  /* nodes move when one is added */
    int name = cb_word(t, &like, key);
    if (name && !yaml_document_append_mapping_pair(t->out, map, name, value))
        cb_fail(t, NULL, "out of memory");
}

bool cb_is_empty(struct translation *t, int list)
{
    const yaml_node_t *node = t->failed ? NULL : yaml_document_get_node(t->out, list);
    return node && node->data.sequence.items.top == node->data.sequence.items.start;
}

void cb_add(struct translation *t, int list, int value)
{
    if (!t->failed && list && value && !yaml_document_append_sequence_item(t->out, list, value))
        cb_fail(t, NULL, "out of memory");
}

static int copy(struct translation *t, const yaml_node_t *node, unsigned depth);

static int copy_map(struct translation *t, const yaml_node_t *node, unsigned depth)
{
    int map = cb_map(t, node);
    const char *key;
    const yaml_node_t *value;
    for (size_t i = 0; (value = cb_pair(t, node, i, &key)); i++)
        cb_put(t, map, key, copy(t, value, depth));
    return map;
}

static int copy_list(struct translation *t, const yaml_node_t *node, unsigned depth)
{
    int list = cb_list(t, node);
    const yaml_node_t *element;
    for (size_t i = 0; (element = cb_at(t, node, i)); i++)
        cb_add(t, list, copy(t, element, depth));
    return list;
}

/* An alias may stand for what it is in: the depth ends that. */
static int copy(struct translation *t, const yaml_node_t *node, unsigned depth)
{
    if (t->failed || depth == DEPTH_MAX) {
        cb_fail(t, node, "nested too deep");
        return 0;
    }
    if (node->type == YAML_MAPPING_NODE)
        return copy_map(t, node, depth + 1);
    if (node->type == YAML_SEQUENCE_NODE)
        return copy_list(t, node, depth + 1);
    return add_scalar(t, node, (const char *)node->data.scalar.value, node->data.scalar.length, node->data.scalar.style);
}

int cb_copy(struct translation *t, const yaml_node_t *node)
{
    return copy(t, node, 0);
}

void cb_put_keys(struct translation *t, int map, const yaml_node_t *from, const char *keys)
{
    char word[64], *renamed;
    for (const char *p = keys; *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        snprintf(word, sizeof word, "%.*s", (int)len, p);
        p += len;
        if ((renamed = strchr(word, '=')))
            *renamed++ = '\0';
        const yaml_node_t *value = cb_get(t, from, word);
        if (value)
            cb_put(t, map, renamed ? renamed : word, cb_copy(t, value));
    }
}
