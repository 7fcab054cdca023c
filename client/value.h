/* Inside a wamp_val: a node of a common/value.h tree, and the tree it belongs to.
 *
 * One tree has one counter and one arena; every node points to it, so that keeping a child keeps the whole. Nodes
 * are made once, next to the values they show, and never change: threads may share them. A node without a tree is
 * static. */
#ifndef WAMP_CLIENT_VALUE_H
#define WAMP_CLIENT_VALUE_H

#include "client/include/wamp/value.h"
#include "common/err.h"
#include "common/ser.h"
#include "common/value.h"

struct tree;

struct wamp_val {
    struct tree *tree;  /* NULL: static */
    const struct wamp_value *v;
    const struct wamp_val *kids;  /* LIST: the elements; MAP: key, value, key, value, .. */
};

extern const struct wamp_val wamp_null_val, wamp_empty_list, wamp_empty_dict;

/* For out-parameters: v for the program to keep, null where there is none; nothing when `out` is NULL. */
void wamp_val_give(wamp_val **out, const wamp_val *v);

/* One reference. `octets` is how much text it is going to hold, about. NULL when memory is short. */
struct tree *wamp_tree_new(size_t octets);
struct tree *wamp_tree_ref(struct tree *t);
void wamp_tree_drop(struct tree *t);                 /* NULL is fine */
struct wamp_arena *wamp_tree_arena(struct tree *t);  /* for what shall live as long */

/* Adds a root to the tree: read from octets (one valid value), copied from v, or showing v, which must live in the
 * tree's arena. NOMEM and the errors of wamp_value_read. *out is borrowed from the tree. */
enum wamp_err wamp_tree_read(struct tree *t, enum wamp_ser ser, struct str octets, const struct wamp_val **out);
enum wamp_err wamp_tree_copy(struct tree *t, const struct wamp_value *v, const struct wamp_val **out);
enum wamp_err wamp_tree_show(struct tree *t, const struct wamp_value *v, const struct wamp_val **out);

/* The payload or a dict of a message: arguments, keyword arguments and details in one tree. */
struct parts {
    struct tree *tree;                               /* NULL: all three are static */
    const struct wamp_val *args, *kwargs, *details;  /* never NULL once read */
};

struct wamp_msg;

/* NOMEM; then `out` holds the empty ones. */
enum wamp_err wamp_parts_read(const struct wamp_msg *m, struct parts *out);
void wamp_parts_clear(struct parts *p);  /* drops; the empty ones are left */

#endif
