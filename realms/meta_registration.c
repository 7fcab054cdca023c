/* wamp.registration.*: which procedures there are, and who offers them. */
#include "realms/meta_call.h"

#include "common/uri.h"

/* Zero for none, and for what nobody is shown. spec: R-19, A-RMA-08, S-07 */
static uint64_t shown_id(const struct registration *reg)
{
    return reg && !meta_hides_procedure(registration_uri(reg)) ? reg->id : 0;
}

/* The registration whose id is the first argument. NULL: there is none, and the call was refused. */
static struct registration *registration_arg(struct meta_call *c)
{
    struct registration *reg = dealer_find(c->s->realm, c->args[0].uint);
    if (shown_id(reg))
        return reg;
    meta_refuse(c, "wamp.error.no_such_registration", "no registration %llu", (unsigned long long)c->args[0].uint);
    return NULL;
}

void meta_registration_list(struct meta_call *c)
{
    struct realm *r = c->s->realm;
    struct registration *reg, *tmp;
    struct id_groups groups;
    if (!id_groups_init(&groups, &r->arena, HASH_COUNT(r->dealer.by_id))) {
        meta_refuse_nomem(c);
        return;
    }
    HASH_ITER(hh, r->dealer.by_id, reg, tmp)
    {
        if (shown_id(reg))
            id_groups_add(&groups, reg->match, reg->id);
    }
    meta_result_groups(c, &groups);
}

void meta_registration_lookup(struct meta_call *c)
{
    struct str uri;
    enum wamp_match match;
    if (meta_text_arg(c, 0, &uri) && meta_match_arg(c, 1, &match))
        meta_result_id(c, shown_id(uri_index_find(&c->s->realm->dealer.procedures, match, uri)));
}

/* Whom a CALL would reach; no pattern takes one that is meant for the router. spec: R-07, T-33 */
void meta_registration_match(struct meta_call *c)
{
    struct str uri;
    if (meta_text_arg(c, 0, &uri))
        meta_result_id(c, wamp_uri_is_reserved(uri)
                              ? 0
                              : shown_id(uri_index_best(&c->s->realm->dealer.procedures, uri)));
}

void meta_registration_get(struct meta_call *c)
{
    const struct registration *reg = registration_arg(c);
    if (!reg)
        return;
    struct wamp_wr w = meta_result_begin(c, 1);
    meta_write_registration(&w, reg);
    meta_result_end(c, &w);
}

void meta_registration_list_callees(struct meta_call *c)
{
    const struct registration *reg = registration_arg(c);
    if (!reg)
        return;
    struct wamp_wr w = meta_result_begin(c, 1);
    wamp_wr_list(&w, reg->count);
    for (uint32_t i = 0; i < reg->count; i++)
        wamp_wr_uint(&w, reg->callees[i]->session->id);
    wamp_wr_list_end(&w);
    meta_result_end(c, &w);
}

void meta_registration_count_callees(struct meta_call *c)
{
    const struct registration *reg = registration_arg(c);
    if (reg)
        meta_result_uint(c, reg->count);
}

/* spec: A-RRV-01, A-RRV-02, T-36 */
void meta_registration_remove_callee(struct meta_call *c)
{
    struct realm *r = c->s->realm;
    struct str reason;
    if (!meta_reason_kwarg(c, &reason))
        return;
    struct registration *reg = registration_arg(c);
    struct callee *callee = reg ? dealer_find_callee(r, reg->id, c->args[1].uint) : NULL;
    if (reg && !callee) {
        meta_refuse(c, "wamp.error.no_such_session", "session %llu does not offer this procedure",
                    (unsigned long long)c->args[1].uint);
    } else if (callee) {
        meta_result_none(c);
        dealer_revoke(r, callee, reason);
    }
}
