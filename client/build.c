#include "client/build.h"

#include <string.h>

enum { FIRST_CAP = 8 };

/* Room for one more of `size` octets each; the old block stays in the arena. */
static void *grow(struct wamp_arena *arena, void *old, uint32_t count, uint32_t *cap, size_t size)
{
    if (count < *cap)
        return old;
    uint32_t more = *cap ? *cap * 2 : FIRST_CAP;
    void *block = wamp_arena_alloc(arena, more * size);
    if (!block)
        return NULL;
    if (count)
        memcpy(block, old, count * size);
    *cap = more;
    return block;
}

void wamp_list_put(struct list_build *b, struct wamp_value v)
{
    struct wamp_value *items = grow(b->arena, b->items, b->count, &b->cap, sizeof *items);
    if (!items || b->failed) {
        b->failed = true;
        return;
    }
    b->items = items;
    items[b->count++] = v;
}

void wamp_dict_put_pair(struct dict_build *b, const struct wamp_pair *pair)
{
    struct wamp_pair *pairs = grow(b->arena, b->pairs, b->count, &b->cap, sizeof *pairs);
    if (!pairs || b->failed) {
        b->failed = true;
        return;
    }
    b->pairs = pairs;
    pairs[b->count++] = *pair;
}

void wamp_dict_put(struct dict_build *b, struct str key, struct wamp_value v)
{
    struct wamp_pair pair = {.key = wamp_of_str(key), .value = v};
    wamp_dict_put_pair(b, &pair);
}

bool wamp_dict_has(const struct dict_build *b, const struct wamp_value *key)
{
    for (uint32_t i = 0; i < b->count; i++)
        if (wamp_value_equal(&b->pairs[i].key, key))
            return true;
    return false;
}

struct wamp_value wamp_list_done(const struct list_build *b)
{
    return (struct wamp_value){.kind = WAMP_LIST, .count = b->count, .list = b->items};
}

struct wamp_value wamp_dict_done(const struct dict_build *b)
{
    return (struct wamp_value){.kind = WAMP_MAP, .count = b->count, .map = b->pairs};
}

struct wamp_value wamp_of_int(int64_t number)
{
    if (number < 0)
        return (struct wamp_value){.kind = WAMP_NINT, .nint = number};
    return (struct wamp_value){.kind = WAMP_UINT, .uint = (uint64_t)number};
}

struct wamp_value wamp_of_str(struct str text)
{
    return (struct wamp_value){.kind = WAMP_STR, .text = text};
}

void wamp_dict_put_str(struct dict_build *b, const char *key, const char *text)
{
    if (text)
        wamp_dict_put(b, str_z(key), wamp_of_str(str_z(text)));
}

void wamp_dict_put_uint(struct dict_build *b, const char *key, uint64_t number)
{
    wamp_dict_put(b, str_z(key), (struct wamp_value){.kind = WAMP_UINT, .uint = number});
}

void wamp_dict_put_true(struct dict_build *b, const char *key, bool flag)
{
    if (flag)
        wamp_dict_put(b, str_z(key), (struct wamp_value){.kind = WAMP_BOOL, .boolean = true});
}
