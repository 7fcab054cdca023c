/* Looking into a YAML document, and making one. Errors are remembered: after the first, `failed` is true, what follows
 * is without effect, and node 0 stands for the missing. */
#ifndef CROSSBAR_COMPAT_DOCUMENT_H
#define CROSSBAR_COMPAT_DOCUMENT_H

#include "crossbar-compat/crossbar.h"

struct translation {
    yaml_document_t *in, *out;
    const struct crossbar_world *world;
    bool failed;
    size_t line;  /* of the first error */
    char why[CROSSBAR_WHY_MAX];
};

/* --- the old --------------------------------------------------------------------------------------------------------- */

/* NULL where `map` is none, or has no such key, or its value is null. */
const yaml_node_t *cb_get(struct translation *t, const yaml_node_t *map, const char *key);

/* Whether it has the key, be the value null. */
bool cb_has(struct translation *t, const yaml_node_t *map, const char *key);

/* The text of the scalar there, or NULL. */
const char *cb_text(struct translation *t, const yaml_node_t *map, const char *key);
bool cb_is(struct translation *t, const yaml_node_t *map, const char *key, const char *text);

/* The elements of the list there; none where there is no list: for (i = 0; (node = cb_at(t, list, i)); i++) */
const yaml_node_t *cb_at(struct translation *t, const yaml_node_t *list, size_t i);

/* The pairs of a mapping, likewise. */
const yaml_node_t *cb_pair(struct translation *t, const yaml_node_t *map, size_t i, const char **key);

/* --- the new: a node's number; its place is that of `like` ------------------------------------------------------------- */

int cb_map(struct translation *t, const yaml_node_t *like);
int cb_list(struct translation *t, const yaml_node_t *like);
int cb_string(struct translation *t, const yaml_node_t *like, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int cb_word(struct translation *t, const yaml_node_t *like, const char *text);  /* true, 12, 5 s */
int cb_copy(struct translation *t, const yaml_node_t *node);                    /* with all that is in it */

void cb_put(struct translation *t, int map, const char *key, int value);
void cb_add(struct translation *t, int list, int value);
bool cb_is_empty(struct translation *t, int list);

/* Copies what of `keys`, separated by spaces, is in `from`. "old=new" renames. */
void cb_put_keys(struct translation *t, int map, const yaml_node_t *from, const char *keys);

/* --- what is to be said ------------------------------------------------------------------------------------------------ */

void cb_note(struct translation *t, const yaml_node_t *node, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void cb_fail(struct translation *t, const yaml_node_t *node, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Notes every key of `map` that is not among `keys`, which are separated by spaces: it is left out. */
void cb_note_others(struct translation *t, const yaml_node_t *map, const char *what, const char *keys);

#endif
