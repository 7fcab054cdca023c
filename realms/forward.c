#include "realms/forward.h"

#include "realms/inner.h"
#include "realms/send.h"

static void add_pair(struct forward *f, struct str key, struct str value)
{
    f->pairs[f->count].key = key;
    f->pairs[f->count++].value = value;
}

struct str forward_for_of(const struct session *s, const struct wamp_msg *m)
{
    struct wamp_item value;
    bool is_given = s->is_link && wamp_dict_find(m->ser, &m->dict, STR("forward_for"), &value);
    return is_given && value.kind == WAMP_LIST ? value.raw : str_of("", 0);
}

void forward_pick_keys(const struct session *s, const struct wamp_msg *m, struct forward *f)
{
    const struct realm_config *config = &s->realm->config;
    struct str forward_for = forward_for_of(s, m);
    for (size_t i = 0; i < config->forward_key_count; i++) {
        struct wamp_item value;
        if (wamp_dict_find(m->ser, &m->dict, config->forward_keys[i], &value))
            add_pair(f, config->forward_keys[i], value.raw);
    }
    if (forward_for.len)
        add_pair(f, STR("forward_for"), forward_for);
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

void forward_add_value(struct realm *r, struct str key, enum wamp_ser from, struct str value, enum wamp_ser to,
                       struct details *d)
{
    if (to != from)
        value = transcoded(r, from, value, to);
    if (value.ptr)
        details_add_raw(d, key, value);
}
