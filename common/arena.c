#include "common/arena.h"

#include "common/mem.h"

#include <stddef.h>
#include <stdint.h>

enum { CHUNK_BYTES = 4000, ALIGN = _Alignof(max_align_t) };

struct wamp_arena_chunk {
    struct wamp_arena_chunk *older;
    size_t size;
    _Alignas(max_align_t) char data[];
};

void wamp_arena_fini(struct wamp_arena *a)
{
    while (a->chunks) {
        struct wamp_arena_chunk *older = a->chunks->older;
        wamp_free(a->chunks);
        a->chunks = older;
    }
    a->used = 0;
}

void wamp_arena_reset(struct wamp_arena *a)
{
    while (a->chunks && a->chunks->older) {
        struct wamp_arena_chunk *older = a->chunks->older;
        wamp_free(a->chunks);
        a->chunks = older;
    }
    a->used = 0;
}

static bool add_chunk(struct wamp_arena *a, size_t size)
{
    struct wamp_arena_chunk *c = wamp_alloc(sizeof *c + size);
    if (!c)
        return false;
    c->older = a->chunks;
    c->size = size;
    a->chunks = c;
    a->used = 0;
    return true;
}

bool wamp_arena_reserve(struct wamp_arena *a, size_t size)
{
    return size <= SIZE_MAX / 2 && add_chunk(a, size);
}

size_t wamp_arena_bytes(const struct wamp_arena *a)
{
    size_t bytes = 0;
    for (const struct wamp_arena_chunk *c = a->chunks; c; c = c->older)
        bytes += sizeof *c + c->size;
    return bytes;
}

void *wamp_arena_alloc(struct wamp_arena *a, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (!a->chunks || a->chunks->size - a->used < size)
        if (!add_chunk(a, size > CHUNK_BYTES ? size : CHUNK_BYTES))
            return NULL;
    void *block = a->chunks->data + a->used;
    a->used += size;
    return block;
}

struct str wamp_arena_copy(struct wamp_arena *a, struct str s)
{
    char *copy = wamp_arena_alloc(a, s.len + 1);
    if (!copy)
        return (struct str){0};
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return str_of(copy, s.len);
}
