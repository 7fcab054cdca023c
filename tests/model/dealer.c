/* Registrations, and who of them gets the next call. */
#include "tests/model/expect.h"
#include "tests/model/move.h"

/* --- REGISTER ---------------------------------------------------------------------------------------- */

static const char *register_error(struct model *m, const struct move *mv)
{
    if (!wamp_uri_pattern_ok(str_z(mv->uri), mv->match, m->config->uri_rule) || is_hidden(mv->uri))
        return "wamp.error.invalid_uri";
    if (!right_to(m, mv->who, ACTION_REGISTER, mv->uri, mv->match).granted)
        return "wamp.error.not_authorized";
    if (mv->disclose_caller && refuses_disclosure(m))
        return "wamp.error.option_disallowed.disclose_me";
    if (mv->is_bad)  /* concurrency 0 */
        return "wamp.error.invalid_argument";
    if (memberships(m->procedures, PROCEDURES, mv->who) >= m->config->max_registrations)
        return "wampd.error.limit_exceeded";
    return NULL;
}

/* Why the session cannot join those who are there. spec: B-077, A-SHR-02..A-SHR-04, A-SHR-08 */
static const char *joining_error(struct model *m, const struct move *mv, struct pattern_of *reg)
{
    bool is_shared = reg->invoke != WAMP_INVOKE_SINGLE;
    if (is_shared && reg->invoke != mv->invoke && m->rules->policy_conflict_named)
        return "wamp.error.procedure_exists_with_different_invocation_policy";
    if (is_shared && reg->invoke == mv->invoke && !member_find(reg, mv->who))
        return NULL;
    return "wamp.error.procedure_already_exists";
}

/* force_reregister: everybody goes. spec: A-RRV-04 */
static void revoke_all(struct model *m, struct pattern_of *reg)
{
    bool renamed = m->rules->replaced_is_unregistered;
    const char *reason = renamed ? "wamp.error.unregistered" : "wampd.unregistered.replaced";
    while (reg->count)
        revoke(m, reg, reg->members[0].player, reason);
}

static void announce_registration(struct model *m, struct pattern_of *reg, const struct player *p, bool created)
{
    if (created)
        meta_event(m, "wamp.registration.on_create", "%" PRIu64 ", %s", p->id, pattern_text(reg, true));
    meta_event(m, "wamp.registration.on_register", "%" PRIu64 ", %s", p->id, id_text('r', reg->number, reg->id));
}

/* spec: B-076, B-078, A-RMA-01, A-RMA-02, A-RMA-09 */
void predict_register(struct model *m, const struct move *mv)
{
    const char *error = register_error(m, mv);
    struct pattern_of *reg = error ? NULL : procedure_find(m, mv->uri, mv->match);
    if (reg && mv->force && m->rules->force_reregister) {
        revoke_all(m, reg);
        reg = NULL;
    }
    if (reg)
        error = joining_error(m, mv, reg);
    if (error) {
        tell_error(m, mv->who, WAMP_REGISTER, mv->request, error);
        return;
    }
    bool created = !reg;
    if (created) {
        reg = pattern_add(m, m->procedures, PROCEDURES, &m->counted.procedures, mv->uri, mv->match);
        reg->invoke = mv->invoke;
    }
    struct member *member = member_add(m, reg, mv->who);
    member->disclose_caller = mv->disclose_caller;
    member->forward_timeout = mv->forward_timeout;
    member->concurrency = mv->concurrency;
    tell(m, mv->who, "[65, %" PRIu64 ", %s]", mv->request, id_text('r', reg->number, reg->id));
    announce_registration(m, reg, mv->who, created);
    serve_waiting(m, reg);
}

/* --- the end of a registration ----------------------------------------------------------------------- */

void registration_remove(struct model *m, struct pattern_of *reg, struct player *p)
{
    member_remove(reg, p);
    const char *id = id_text('r', reg->number, reg->id);
    meta_event(m, "wamp.registration.on_unregister", "%" PRIu64 ", %s", p->id, id);
    callee_is_gone(m, reg);
    if (reg->count)
        return;
    reg->number = 0;
    meta_event(m, "wamp.registration.on_delete", "%" PRIu64 ", %s", p->id, id);
}

/* spec: A-RRV-01, A-RRV-02, T-36 */
void revoke(struct model *m, struct pattern_of *reg, struct player *p, const char *reason)
{
    if (announced(p, CALLEE, registration_revocation))
        tell(m, p, "[67, 0, {\"registration\": %s%s}]", id_text('r', reg->number, reg->id),
             reason ? text(", \"reason\": \"%s\"", reason) : "");
    registration_remove(m, reg, p);
}

/* spec: B-079, B-080, T-10, T-11 */
void predict_unregister(struct model *m, const struct move *mv)
{
    struct pattern_of *reg = NULL;
    for (unsigned i = 0; i < PROCEDURES; i++)
        if (m->procedures[i].number && m->procedures[i].id == mv->id && member_find(&m->procedures[i], mv->who))
            reg = &m->procedures[i];
    if (!reg) {
        tell_error(m, mv->who, WAMP_UNREGISTER, mv->request, "wamp.error.no_such_registration");
        return;
    }
    tell(m, mv->who, "[67, %" PRIu64 "]", mv->request);
    registration_remove(m, reg, mv->who);
}

/* --- who serves a call ------------------------------------------------------------------------------- */

/* Whether wildcard a comes before b, where both match the same URI: at the first component where only one has a
 * literal, that one wins. spec: section 2.8 */
static bool comes_first(const char *a, const char *b)
{
    for (;;) {
        size_t la = strcspn(a, "."), lb = strcspn(b, ".");
        if (!la != !lb)
            return la > 0;
        if (!a[la])
            return false;
        a += la + 1;
        b += lb + 1;
    }
}

/* spec: A-PBR-05 */
static bool is_better(const struct pattern_of *a, const struct pattern_of *b)
{
    if (a->match != b->match)
        return a->match < b->match;
    return a->match == WAMP_MATCH_PREFIX ? strlen(a->uri) > strlen(b->uri) : comes_first(a->uri, b->uri);
}

struct pattern_of *best_procedure(struct model *m, const char *uri)
{
    struct pattern_of *best = NULL;
    for (unsigned i = 0; i < PROCEDURES; i++) {
        struct pattern_of *reg = &m->procedures[i];
        bool matches = reg->number && wamp_uri_matches(str_z(uri), str_z(reg->uri), reg->match);
        if (matches && (!best || is_better(reg, best)))
            best = reg;
    }
    return best;
}

bool was_tried(const struct call *call, const struct player *p)
{
    for (unsigned i = 0; call && i < call->tried_count; i++)
        if (call->tried[i] == p->number)
            return true;
    return false;
}

/* Those who can take a call now, in the order of their coming. spec */
static unsigned list_ready(struct pattern_of *reg, const struct call *call, struct member *ready[PLAYERS])
{
    unsigned count = 0;
    for (unsigned i = 0; i < reg->count; i++) {
        struct member *member = &reg->members[i];
        bool has_room = !member->concurrency || member->busy < member->concurrency;
        if (has_room && !member->player->doom && !was_tried(call, member->player))
            ready[count++] = member;
    }
    return count;
}

/* spec: A-SHR-06, A-SHR-07, T-35 */
struct member *pick(struct pattern_of *reg, const struct call *call)
{
    struct member *ready[PLAYERS];
    unsigned count = list_ready(reg, call, ready), i = 0;
    if (!count)
        return NULL;
    switch (reg->invoke) {
    case WAMP_INVOKE_ROUNDROBIN:
        while (i < count && ready[i]->number <= reg->last)
            i++;
        i %= count;
        reg->last = ready[i]->number;
        break;
    case WAMP_INVOKE_RANDOM:
        i = choose(count);
        break;
    case WAMP_INVOKE_LAST:
        i = count - 1;
        break;
    case WAMP_INVOKE_SINGLE:
    case WAMP_INVOKE_FIRST:
        break;
    }
    return ready[i];
}
