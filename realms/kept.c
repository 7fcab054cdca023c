#include "realms/kept.h"

#include "common/mem.h"

static bool copy(struct wamp_arena *arena, struct str *s)
{
    *s = wamp_arena_copy(arena, *s);
    return s->ptr != NULL;
}

static bool copy_passthru(struct kept *k, const struct wamp_options *o)
{
    k->ppt.has = o->has & (UINT64_C(1) << WAMP_OPT_ppt_scheme | UINT64_C(1) << WAMP_OPT_ppt_serializer |
                           UINT64_C(1) << WAMP_OPT_ppt_cipher | UINT64_C(1) << WAMP_OPT_ppt_keyid);
    k->ppt.ppt_scheme = o->ppt_scheme;
    k->ppt.ppt_serializer = o->ppt_serializer;
    k->ppt.ppt_cipher = o->ppt_cipher;
    k->ppt.ppt_keyid = o->ppt_keyid;
    return !k->ppt.has || (copy(&k->arena, &k->ppt.ppt_scheme) && copy(&k->arena, &k->ppt.ppt_serializer) &&
                           copy(&k->arena, &k->ppt.ppt_cipher) && copy(&k->arena, &k->ppt.ppt_keyid));
}

struct kept *kept_new(const struct wamp_msg *m)
{
    struct kept *k = wamp_zalloc(sizeof *k);
    if (!k)
        return NULL;
    list_init(&k->chunks);
    k->uri = m->uri;
    if (copy(&k->arena, &k->uri) && copy_passthru(k, &m->opt))
        return k;
    kept_free(k);
    return NULL;
}

void kept_free(struct kept *k)
{
    if (!k)
        return;
    wamp_arena_fini(&k->arena);
    wamp_free(k->tried);
    wamp_free(k);
}

enum wamp_err kept_add(struct kept *k, const struct wamp_msg *m)
{
    size_t bytes = m->payload.tail.len;
    if (k->chunk_count && (k->chunk_count >= KEPT_CHUNKS_MAX || k->bytes + bytes > KEPT_BYTES_MAX))
        return WAMP_ERR_TOOBIG;
    struct kept_chunk *chunk = wamp_arena_alloc(&k->arena, sizeof *chunk);
    if (!chunk)
        return WAMP_ERR_NOMEM;
    *chunk = (struct kept_chunk){.progress = m->opt.progress, .payload = m->payload};
    if (!copy(&k->arena, &chunk->payload.tail) || !copy(&k->arena, &chunk->payload.args) ||
        !copy(&k->arena, &chunk->payload.kwargs))
        return WAMP_ERR_NOMEM;
    list_add_tail(&k->chunks, &chunk->link);
    k->chunk_count++;
    k->bytes += bytes;
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
