/* Making common/value.h values piece by piece, in an arena: lists and dicts that grow.
 *
 * A failed allocation marks the list or dict; what is added later is lost. One check at the end, as with struct
 * buf. */
#ifndef WAMP_CLIENT_BUILD_H
#define WAMP_CLIENT_BUILD_H

#include "common/arena.h"
#include "common/value.h"

struct list_build {
    struct wamp_arena *arena;
    struct wamp_value *items;
    uint32_t count, cap;
    bool failed;
};

struct dict_build {
    struct wamp_arena *arena;
    struct wamp_pair *pairs;
    uint32_t count, cap;
    bool failed;
};

void wamp_list_put(struct list_build *b, struct wamp_value v);
void wamp_dict_put(struct dict_build *b, struct str key, struct wamp_value v);
void wamp_dict_put_pair(struct dict_build *b, const struct wamp_pair *pair);
bool wamp_dict_has(const struct dict_build *b, const struct wamp_value *key);

/* The finished value borrows the arena. */
struct wamp_value wamp_list_done(const struct list_build *b);
struct wamp_value wamp_dict_done(const struct dict_build *b);

/* Values and the common kinds of entry. */
struct wamp_value wamp_of_int(int64_t number);
struct wamp_value wamp_of_str(struct str text);

void wamp_dict_put_str(struct dict_build *b, const char *key, const char *text);  /* NULL: nothing */
void wamp_dict_put_uint(struct dict_build *b, const char *key, uint64_t number);
void wamp_dict_put_true(struct dict_build *b, const char *key, bool flag);  /* false: nothing */

#endif
