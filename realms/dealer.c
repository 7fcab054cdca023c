#include "realms/dealer.h"

#include "common/mem.h"
#include "realms/authorization.h"
#include "realms/calls.h"
#include "realms/forward.h"
#include "realms/inner.h"
#include "realms/meta.h"
#include "realms/send.h"

enum { DOC_MAX = 1024 };  /* octets said of a procedure; more is not kept. Strangers may say it */

/* --- registrations -------------------------------------------------------------------------------------- */

struct registration *dealer_find(struct realm *r, uint64_t id)
{
    struct registration *reg = NULL;
    HASH_FIND(hh, r->dealer.by_id, &id, sizeof id, reg);
    return reg;
}

struct callee *dealer_find_callee(struct realm *r, uint64_t registration, uint64_t session)
{
    struct callee *callee = NULL;
    uint64_t key[2] = {registration, session};
    HASH_FIND(hh, r->dealer.callees, key, sizeof key, callee);
    return callee;
}

/* What the callee says of the procedure, to be shown by wamp.registration.get: where the realm names _doc among its
 * private keys. spec: B-043 */
static struct str doc_of(struct realm *r, const struct wamp_msg *m)
{
    const struct str key = STR("_doc");
    struct wamp_item value;
    struct str text;
    bool said = forwards(r, key) && wamp_dict_find(m->ser, &m->dict, key, &value) && value.kind == WAMP_STR &&
                !wamp_item_text(m->ser, &value, &r->arena, &text);
    return said && text.len <= DOC_MAX ? text : STR("");
}

static struct registration *registration_add(struct realm *r, const struct wamp_msg *m)
{
    struct dealer *d = &r->dealer;
    struct str uri = m->uri, doc = doc_of(r, m);
    enum wamp_match match = m->opt.match;
    struct registration *reg = wamp_zalloc(sizeof *reg + uri.len + doc.len);
    if (!reg)
        return NULL;
    reg->id = ++d->last_id;
    reg->match = match;
    reg->invoke = m->opt.invoke;
    reg->created = realm_wall(r);
    reg->uri_len = uri.len;
    reg->doc_len = doc.len;
    list_init(&reg->waiting);
    if (uri.len)
        memcpy(reg->uri, uri.ptr, uri.len);
    if (doc.len)
        memcpy(reg->uri + uri.len, doc.ptr, doc.len);
    HASH_ADD(hh, d->by_id, id, sizeof reg->id, reg);
    if (!wamp_map_added(reg))
        goto free_registration;
    if (!uri_index_add(&d->procedures, match, uri, reg))
        goto delete_from_map;
    return reg;
delete_from_map:
    HASH_DEL(d->by_id, reg);
free_registration:
    wamp_free(reg);
    return NULL;
}

static void registration_free(struct dealer *d, struct registration *reg)
{
    uri_index_remove(&d->procedures, reg->match, registration_uri(reg));
    HASH_DEL(d->by_id, reg);
    wamp_free(reg->callees);
    wamp_free(reg);
}

/* --- callees -------------------------------------------------------------------------------------------- */

static bool callees_reserve(struct registration *reg)
{
    if (reg->count < reg->room)
        return true;
    uint32_t room = reg->room ? 2 * reg->room : 1;
    struct callee **grown = wamp_realloc(reg->callees, room * sizeof(struct callee *));
    if (!grown)
        return false;
    reg->callees = grown;
    reg->room = room;
    return true;
}

static struct callee *callee_add(struct realm *r, struct registration *reg, struct session *s)
{
    struct callee *callee = callees_reserve(reg) ? wamp_zalloc(sizeof *callee) : NULL;
    if (!callee)
        return NULL;
    callee->key.registration = reg->id;
    callee->key.session = s->id;
    callee->registration = reg;
    callee->session = s;
    callee->number = ++r->dealer.last_number;
    HASH_ADD(hh, r->dealer.callees, key, sizeof callee->key, callee);
    if (!wamp_map_added(callee)) {
        wamp_free(callee);
        return NULL;
    }
    reg->callees[reg->count++] = callee;
    list_add_tail(&s->callees, &callee->by_session);
    s->callee_count++;
    return callee;
}

static uint32_t callee_place(const struct callee *callee)
{
    const struct registration *reg = callee->registration;
    uint32_t low = 0, high = reg->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (reg->callees[middle]->number < callee->number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void callee_free(struct realm *r, struct callee *callee)
{
    struct registration *reg = callee->registration;
    uint32_t place = callee_place(callee);
    memmove(reg->callees + place, reg->callees + place + 1, (reg->count - place - 1) * sizeof(struct callee *));
    reg->count--;
    if (place < reg->cursor)
        reg->cursor--;  /* who was due stays due. spec: A-SHR-06, T-35 */
    list_remove(&callee->by_session);
    callee->session->callee_count--;
    HASH_DEL(r->dealer.callees, callee);
    wamp_free(callee);
}

void dealer_remove(struct realm *r, struct callee *callee)
{
    struct registration *reg = callee->registration;
    uint64_t session = callee->session->id, id = reg->id;
    bool hidden = meta_hides_procedure(registration_uri(reg)) || callee->session->is_link;  /* spec: S-07 */
    callee_free(r, callee);
    if (!hidden)
        meta_publish_pair(r, STR("wamp.registration.on_unregister"), session, id);
    calls_callee_gone(reg);
    if (reg->count)
        return;
    registration_free(&r->dealer, reg);
    if (!hidden)
        meta_publish_pair(r, STR("wamp.registration.on_delete"), session, id);
}

void dealer_revoke(struct realm *r, struct callee *callee, struct str reason)
{
    struct session *s = callee->session;
    if (wamp_announced(&s->roles, CALLEE, registration_revocation))
        send_revocation(s, WAMP_UNREGISTERED, "registration", callee->key.registration, reason);
    dealer_remove(r, callee);
}

void dealer_leave(struct session *s)
{
    for (struct list *n; (n = list_first(&s->callees));)
        dealer_remove(s->realm, list_entry(n, struct callee, by_session));
}

/* --- REGISTER and UNREGISTER ---------------------------------------------------------------------------- */

#define refuse(s, m, ...) send_error(s, WAMP_REGISTER, (m)->request, __VA_ARGS__)

/* spec: R-12 */
static bool concurrency_ok(const struct wamp_options *o, uint32_t *out)
{
    *out = 0;
    if (!wamp_has(o, concurrency))
        return true;
    if (o->concurrency.kind != WAMP_UINT || o->concurrency.uint < 1)
        return false;
    *out = o->concurrency.uint > UINT32_MAX ? UINT32_MAX : (uint32_t)o->concurrency.uint;
    return true;
}

static bool registration_ok(struct session *s, const struct wamp_msg *m, uint32_t *concurrency)
{
    struct realm *r = s->realm;
    enum wamp_match match = m->opt.match;
    struct grant grant;
    if (!wamp_uri_pattern_ok(m->uri, match, r->config.uri_rule) ||
        (match == WAMP_MATCH_WILDCARD && wamp_uri_components(m->uri) > URI_COMPONENTS_MAX))
        refuse(s, m, "wamp.error.invalid_uri", "not a valid procedure for match %s", wamp_match_name(match));
    else if (wamp_uri_is_reserved(m->uri))  /* spec: B-055, R-07 */
        refuse(s, m, "wamp.error.invalid_uri", "procedures under wamp. belong to the router");
    else if (authorize_message(s, m, ACTION_REGISTER, &grant) != ACCESS_GRANTED)
        return false;
    else if (m->opt.disclose_caller && r->config.disclosure == DISCLOSE_NEVER && !r->rules->disclose_me_never_refused)
        refuse(s, m, "wamp.error.option_disallowed.disclose_me", "this realm does not disclose callers");
    else if (!concurrency_ok(&m->opt, concurrency))
        refuse(s, m, "wamp.error.invalid_argument", "concurrency must be an integer >= 1");
    else if (s->callee_count >= r->config.max_registrations)
        refuse(s, m, "wampd.error.limit_exceeded", "a session may hold %u registrations", r->config.max_registrations);
    else
        return true;
    return false;
}

/* spec: B-077, A-SHR-02..A-SHR-04, A-SHR-08 */
static bool may_join(struct session *s, const struct wamp_msg *m, const struct registration *reg)
{
    bool shared = reg->invoke != WAMP_INVOKE_SINGLE, conflict = shared && reg->invoke != m->opt.invoke;
    if (shared && !conflict && !dealer_find_callee(s->realm, reg->id, s->id))
        return true;
    refuse(s, m,
           conflict && s->realm->rules->policy_conflict_named
               ? "wamp.error.procedure_exists_with_different_invocation_policy"
               : "wamp.error.procedure_already_exists",
           "procedure <%.*s> is registered already, with policy %s", STR_ARG(m->uri), wamp_invoke_name(reg->invoke));
    return false;
}

/* spec: A-RRV-04 */
static void revoke_all(struct realm *r, struct registration *reg)
{
    struct str reason = r->rules->replaced_is_unregistered ? STR("wamp.error.unregistered")
                                                           : STR("wampd.unregistered.replaced");
    for (uint64_t id = reg->id; reg; reg = dealer_find(r, id))
        dealer_revoke(r, reg->callees[0], reason);
}

/* [REGISTER, Request|id, Options|dict, Procedure|uri]   spec: B-076..B-078 */
void dealer_on_register(struct session *s, const struct wamp_msg *m)
{
    struct realm *r = s->realm;
    uint32_t concurrency;
    if (!registration_ok(s, m, &concurrency))
        return;
    struct registration *reg = uri_index_find(&r->dealer.procedures, m->opt.match, m->uri);
    if (reg && m->opt.force_reregister && r->rules->force_reregister) {
        revoke_all(r, reg);
        reg = NULL;
    }
    if (reg && !may_join(s, m, reg))
        return;
    bool created = !reg;
    if (created)
        reg = registration_add(r, m);
    struct callee *callee = reg ? callee_add(r, reg, s) : NULL;
    if (!callee) {
        if (created && reg)
            registration_free(&r->dealer, reg);
        session_doom(s, CLOSE_NOMEM);
        return;
    }
    callee->disclose_caller = m->opt.disclose_caller;
    callee->forward_timeout = m->opt.forward_timeout;
    callee->concurrency = concurrency;
    send_answer(s, WAMP_REGISTERED, m->request, reg->id);
    meta_on_register(r, s, reg, created);
    calls_serve_waiting(r, reg);
}

/* [UNREGISTER, Request|id, REGISTERED.Registration|id]   spec: B-079 */
void dealer_on_unregister(struct session *s, const struct wamp_msg *m)
{
    struct callee *callee = dealer_find_callee(s->realm, m->id, s->id);
    if (!callee) {
        send_error(s, WAMP_UNREGISTER, m->request, "wamp.error.no_such_registration",
                   "this session does not hold registration %llu", (unsigned long long)m->id);
        return;
    }
    send_done(s, WAMP_UNREGISTERED, m->request);
    dealer_remove(s->realm, callee);
}

/* --- the choice of a callee ----------------------------------------------------------------------------- */

struct choice {
    bool (*skip)(const struct callee *, const void *);
    const void *arg;
};

static bool can_take(const struct callee *callee, const struct choice *c)
{
    return !session_is_doomed(callee->session) && (!callee->concurrency || callee->busy < callee->concurrency) &&
           !(c->skip && c->skip(callee, c->arg));
}

/* The first of the callees that can, from `start` on, in direction step, around the end. */
static struct callee *scan(const struct registration *reg, uint32_t start, int step, const struct choice *c,
                           uint32_t *place)
{
    for (uint32_t i = 0, at = start; i < reg->count; i++) {
        if (can_take(reg->callees[at], c)) {
            *place = at;
            return reg->callees[at];
        }
        at = step > 0 ? (at + 1 == reg->count ? 0 : at + 1) : (at == 0 ? reg->count - 1 : at - 1);
    }
    return NULL;
}

/* Uniform over those that can: one draw where all of them can, else one more over the rest. spec: A-SHR-07 */
static struct callee *pick_random(struct realm *r, const struct registration *reg, const struct choice *c)
{
    struct callee *callee = reg->callees[r->env.random(r->env.ctx) % reg->count];
    if (can_take(callee, c))
        return callee;
    callee = NULL;
    for (uint32_t i = 0, n = 0; i < reg->count; i++)
        if (can_take(reg->callees[i], c) && r->env.random(r->env.ctx) % ++n == 0)
            callee = reg->callees[i];
    return callee;
}

struct callee *dealer_pick(struct realm *r, struct registration *reg, bool (*skip)(const struct callee *, const void *),
                           const void *arg)
{
    struct choice c = {skip, arg};
    struct callee *callee;
    uint32_t place;
    switch (reg->invoke) {
    case WAMP_INVOKE_ROUNDROBIN:
        callee = scan(reg, reg->cursor < reg->count ? reg->cursor : 0, +1, &c, &place);
        if (callee)
            reg->cursor = place + 1;
        return callee;
    case WAMP_INVOKE_RANDOM:
        return pick_random(r, reg, &c);
    case WAMP_INVOKE_LAST:
        return scan(reg, reg->count - 1, -1, &c, &place);
    case WAMP_INVOKE_SINGLE:
    case WAMP_INVOKE_FIRST:
        break;
    }
    return scan(reg, 0, +1, &c, &place);
}

bool dealer_init(struct realm *r)
{
    return calls_init(r);
}

void dealer_fini(struct realm *r)
{
    calls_fini(r);
    uri_index_fini(&r->dealer.procedures);
}
