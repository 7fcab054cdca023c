#include "realms/forward.h"

#include "realms/inner.h"
#include "realms/send.h"

void forward_pick(const struct realm *r, const struct wamp_msg *m, struct forward *f)
{
    f->ser = m->ser;
    f->count = 0;
    for (size_t i = 0; i < r->config.forward_key_count; i++) {
        struct str key = r->config.forward_keys[i];
        struct wamp_item value;
        if (wamp_dict_find(m->ser, &m->dict, key, &value)) {
            f->pairs[f->count].key = key;
            f->pairs[f->count++].value = value.raw;
        }
    }
}

bool forwards(const struct realm *r, struct str key)
{
    for (size_t i = 0; i < r->config.forward_key_count; i++)
        if (str_eq(r->config.forward_keys[i], key))
            return true;
    return false;
}

bool forward_keep(struct forward *f, struct wamp_arena *arena)
{
    for (unsigned i = 0; i < f->count; i++)
        if (!wamp_arena_keep(arena, &f->pairs[i].key) || !wamp_arena_keep(arena, &f->pairs[i].value))
            return false;
    return true;
}

static struct str transcoded(struct realm *r, enum wamp_ser from, struct str value, enum wamp_ser to)
{
    wamp_buf_reset(&r->reply);
    if (wamp_transcode(from, value, to, &r->reply))
        return (struct str){0};
    return wamp_arena_copy(&r->arena, wamp_buf_str(&r->reply));
}

void forward_add(struct realm *r, const struct forward *f, enum wamp_ser to, struct details *d)
{
    for (unsigned i = 0; i < f->count; i++) {
        struct str value = f->pairs[i].value;
        if (to != f->ser)
            value = transcoded(r, f->ser, value, to);
        if (value.ptr)
            details_add_raw(d, f->pairs[i].key, value);
    }
}
