#include "realms/passthru.h"

#include "realms/inner.h"
#include "realms/send.h"

/* Exactly one binary argument and no ArgumentsKw. */
static bool is_opaque(const struct wamp_payload *p)
{
    struct wamp_item args, kwargs, first;
    if (p->arity == 0 || wamp_item_parse(p->ser, p->args, &args) || args.kind != WAMP_LIST || args.count != 1)
        return false;
    struct wamp_iter it = wamp_iter(p->ser, &args);
    if (!wamp_iter_next(&it, &first) || first.kind != WAMP_BIN)
        return false;
    return p->arity == 1 || (!wamp_item_parse(p->ser, p->kwargs, &kwargs) && kwargs.count == 0);
}

bool passthru_judge(struct session *s, const struct wamp_msg *m, bool announced)
{
    if (!announced)
        realm_abort(s, "%s: ppt_scheme without having announced payload_passthru_mode", wamp_type_name(m->type));
    else if (!is_opaque(&m->payload))
        realm_abort(s, "%s: with ppt_scheme the payload is one binary argument", wamp_type_name(m->type));
    else
        return true;
    return false;
}

void details_add_active_passthru(struct details *d, const struct passthru *p)
{
    details_add_str(d, STR("ppt_scheme"), p->scheme);
    if (p->serializer.ptr)
        details_add_str(d, STR("ppt_serializer"), p->serializer);
    if (p->cipher.ptr)
        details_add_str(d, STR("ppt_cipher"), p->cipher);
    if (p->keyid.ptr)
        details_add_str(d, STR("ppt_keyid"), p->keyid);
}

bool passthru_keep(struct passthru *p, struct wamp_arena *arena)
{
    if (!passthru_is_active(p)) {
        *p = (struct passthru){0};
        return true;
    }
    return wamp_arena_keep(arena, &p->scheme) && (!p->serializer.ptr || wamp_arena_keep(arena, &p->serializer)) &&
           (!p->cipher.ptr || wamp_arena_keep(arena, &p->cipher)) &&
           (!p->keyid.ptr || wamp_arena_keep(arena, &p->keyid));
}
