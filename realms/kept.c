#include "realms/kept.h"

#include "common/mem.h"

enum {
    SPARE_MAX = 64,                /* objects kept for reuse */
    SPARE_BYTES_MAX = 16 << 10,    /* those that grew larger are freed */
};

/* --- objects to be used again --------------------------------------------------------------------------- */

static void destroy(struct kept *k)
{
    wamp_arena_fini(&k->arena);
    wamp_free(k);
}

void kept_pool_fini(struct kept_pool *pool)
{
    for (struct list *n; (n = list_first(&pool->spare));) {
        list_remove(n);
        destroy(list_entry(n, struct kept, spare));
    }
    pool->spare_count = 0;
}

static struct kept *pool_take(struct kept_pool *pool)
{
    struct list *n = list_first(&pool->spare);
    if (!n)
        return wamp_zalloc(sizeof(struct kept));
    list_remove(n);
    pool->spare_count--;
    return list_entry(n, struct kept, spare);
}

void kept_free(struct kept_pool *pool, struct kept *k)
{
    if (!k)
        return;
    pool->bytes -= k->bytes;
    wamp_free(k->tried);
    wamp_arena_reset(&k->arena);
    if (pool->spare_count >= SPARE_MAX || wamp_arena_bytes(&k->arena) > SPARE_BYTES_MAX) {
        destroy(k);
        return;
    }
    *k = (struct kept){.arena = k->arena};
    list_add_tail(&pool->spare, &k->spare);
    pool->spare_count++;
}

/* --- what is kept --------------------------------------------------------------------------------------- */

struct kept *kept_new(struct kept_pool *pool, const struct wamp_msg *m, const struct forward *forward)
{
    struct kept *k = pool_take(pool);
    if (!k)
        return NULL;
    list_init(&k->chunks);
    k->uri = m->uri;
    k->passthru = passthru_of(&m->opt);
    k->forward = *forward;
    if (wamp_arena_keep(&k->arena, &k->uri) && passthru_keep(&k->passthru, &k->arena) &&
        forward_keep(&k->forward, &k->arena))
        return k;
    kept_free(pool, k);
    return NULL;
}

static bool has_room(const struct kept_pool *pool, const struct kept *k, size_t bytes)
{
    bool first = k->chunk_count == 0;
    return pool->bytes + bytes <= KEPT_TOTAL_MAX &&
           (first || (k->chunk_count < KEPT_CHUNKS_MAX && k->bytes + bytes <= KEPT_BYTES_MAX));
}

enum wamp_err kept_add(struct kept_pool *pool, struct kept *k, const struct wamp_msg *m)
{
    size_t bytes = m->payload.tail.len;
    if (!has_room(pool, k, bytes))
        return WAMP_ERR_TOOBIG;
    struct kept_chunk *chunk = wamp_arena_alloc(&k->arena, sizeof *chunk);
    if (!chunk)
        return WAMP_ERR_NOMEM;
    *chunk = (struct kept_chunk){.progress = m->opt.progress, .payload = m->payload};
    if (!wamp_payload_keep(&chunk->payload, &k->arena))
        return WAMP_ERR_NOMEM;
    list_add_tail(&k->chunks, &chunk->link);
    k->chunk_count++;
    k->bytes += bytes;
    pool->bytes += bytes;
    return WAMP_ERR_NONE;
}

bool kept_add_tried(struct kept *k, uint64_t session)
{
    uint64_t *grown = wamp_realloc(k->tried, (k->tried_count + 1) * sizeof *grown);
    if (!grown)
        return false;
    k->tried = grown;
    k->tried[k->tried_count++] = session;
    return true;
}

bool kept_has_tried(const struct kept *k, uint64_t session)
{
    for (unsigned i = 0; i < k->tried_count; i++)
        if (k->tried[i] == session)
            return true;
    return false;
}
