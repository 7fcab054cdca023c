#include "realms/authorization.h"

#include "common/mem.h"
#include "common/uri.h"
#include "realms/held.h"
#include "realms/inner.h"
#include "realms/send.h"

/* --- roles ---------------------------------------------------------------------------------------------- */

static bool copy_permissions(struct wamp_arena *memory, struct role *role, const struct realm_role *from)
{
    size_t size = from->permission_count * sizeof *from->permissions;
    struct realm_permission *rows = wamp_arena_alloc(memory, size + 1);
    if (!rows)
        return false;
    if (size)
        memcpy(rows, from->permissions, size);
    for (size_t i = 0; i < from->permission_count; i++)
        if (!wamp_arena_keep(memory, &rows[i].uri))
            return false;
    return permissions_init(&role->permissions, rows, from->permission_count);
}

static bool add_role(struct roles *roles, const struct realm_role *from)
{
    struct role *role = wamp_arena_alloc(&roles->memory, sizeof *role);
    if (!role)
        return false;
    *role = (struct role){
        .name = from->name,
        .authorizer = from->authorizer,
        .allow_by_default = from->allow_by_default,
        .is_link = from->is_link,
    };
    if (!wamp_arena_keep(&roles->memory, &role->name) || !wamp_arena_keep(&roles->memory, &role->authorizer))
        return false;
    HASH_ADD_KEYPTR(hh, roles->by_name, role->name.ptr, role->name.len, role);
    return wamp_map_added(role) && copy_permissions(&roles->memory, role, from);
}

struct roles *roles_new(const struct realm_role *from, size_t count)
{
    struct roles *roles = wamp_zalloc(sizeof *roles);
    if (!roles)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (!roles_find(roles, from[i].name) && !add_role(roles, &from[i])) {
            roles_free(roles);
            return NULL;
        }
    return roles;
}

void roles_free(struct roles *roles)
{
    struct role *role, *tmp;
    if (!roles)
        return;
    HASH_ITER(hh, roles->by_name, role, tmp)
    {
        HASH_DEL(roles->by_name, role);
        permissions_fini(&role->permissions);
        decisions_fini(&role->decisions);
    }
    wamp_arena_fini(&roles->memory);
    wamp_free(roles);
}

struct role *roles_find(const struct roles *roles, struct str name)
{
    struct role *role = NULL;
    if (roles)
        HASH_FIND(hh, roles->by_name, name.ptr, name.len, role);
    return role;
}

bool roles_give(const struct roles *roles, struct session *s)
{
    s->role = roles_find(roles, s->authrole);
    s->is_link = s->role && s->role->is_link;
    return !roles || s->role;
}

/* --- decisions ------------------------------------------------------------------------------------------ */

/* "wamp.session." of "wamp.session.kill" */
static struct str kind_of(struct str uri)
{
    size_t len = 0;
    for (int dots = 0; len < uri.len && dots < 2; len++)
        dots += uri.ptr[len] == '.';
    return str_of(uri.ptr, len);
}

/* spec: R-20 */
static bool names_explicitly(const struct realm_permission *row, struct str uri)
{
    return row->match == WAMP_MATCH_EXACT || str_starts(row->uri, kind_of(uri));
}

static bool decide_by_permissions(struct role *role, const struct wish *wish, struct grant *out)
{
    if (!role->permissions.count) {
        *out = (struct grant){0};
        return role->allow_by_default;
    }
    const struct realm_permission *row =
        permissions_find(&role->permissions, wish->action, wish->uri, wish->match);
    if (!row)
        return false;
    out->discloses = wish->action == ACTION_CALL ? row->disclose_caller : row->disclose_publisher;
    out->is_explicit = wamp_uri_is_reserved(wish->uri) && names_explicitly(row, wish->uri);
    return true;
}

/* An error about a publication is told only to those who asked for an answer. spec: A-AZN-02 */
#define refuse(s, m, ...)                                                                                    \
    do {                                                                                                     \
        if ((m)->type != WAMP_PUBLISH || (m)->opt.acknowledge)                                               \
            send_error(s, (m)->type, (m)->request, __VA_ARGS__);                                             \
    } while (0)

static void refuse_denied(struct session *s, const struct wamp_msg *m, const struct wish *wish)
{
    static const char *const verbs[] = {
        [ACTION_CALL] = "call",
        [ACTION_REGISTER] = "register",
        [ACTION_PUBLISH] = "publish to",
        [ACTION_SUBSCRIBE] = "subscribe to",
    };
    s->realm->counters.denied++;
    refuse(s, m, "wamp.error.not_authorized", "session not authorized to %s '%.*s'", verbs[wish->action],
           STR_ARG(wish->uri));
}

static enum access decide_by_authorizer(struct session *s, const struct wamp_msg *m, const struct wish *wish,
                                        struct grant *out)
{
    struct answer answer;
    switch (authorizer_ask(s, m, wish, &answer)) {
    case VERDICT_GRANTED:
        *out = (struct grant){.discloses = answer.discloses, .is_explicit = true};
        return ACCESS_GRANTED;
    case VERDICT_DENIED:
        refuse_denied(s, m, wish);
        return ACCESS_REFUSED;
    case VERDICT_FAILED:
        s->realm->counters.authorizers_failed++;
        refuse(s, m, "wamp.error.authorization_failed", "%s", answer.why);
        return ACCESS_REFUSED;
    case VERDICT_AWAITED:
        break;
    }
    return ACCESS_AWAITED;
}

enum access authorize(struct session *s, const struct wamp_msg *m, const struct wish *wish, struct grant *out)
{
    *out = (struct grant){0};
    if (!s->role)
        return ACCESS_GRANTED;
    if (s->role->authorizer.len)
        return decide_by_authorizer(s, m, wish, out);
    if (decide_by_permissions(s->role, wish, out))
        return ACCESS_GRANTED;
    refuse_denied(s, m, wish);
    return ACCESS_REFUSED;
}

enum access authorize_message(struct session *s, const struct wamp_msg *m, enum realm_action action,
                              struct grant *out)
{
    struct wish wish = {action, m->uri, m->opt.match, m->dict.raw};
    return authorize(s, m, &wish, out);
}

bool authorization_stands(const struct session *s, const struct wish *wish, struct grant *grant)
{
    return !s->role || s->role->authorizer.len || decide_by_permissions(s->role, wish, grant);
}

/* --- roles that change ---------------------------------------------------------------------------------- */

/* Ends what s may not have any more. */
static void revoke_subscriptions(struct session *s)
{
    struct list *next;
    for (struct list *n = list_first(&s->subscribers); n; n = next) {
        struct subscriber *member = list_entry(n, struct subscriber, by_session);
        next = list_next(&s->subscribers, n);
        const struct subscription *sub = member->subscription;
        struct wish wish = {ACTION_SUBSCRIBE, subscription_uri(sub), sub->match, STR("")};
        struct grant grant;
        if (!authorization_stands(s, &wish, &grant))
            broker_revoke(s->realm, member, STR("wamp.error.not_authorized"));
    }
}

static void revoke_registrations(struct session *s)
{
    struct list *next;
    for (struct list *n = list_first(&s->callees); n; n = next) {
        struct callee *callee = list_entry(n, struct callee, by_session);
        next = list_next(&s->callees, n);
        const struct registration *reg = callee->registration;
        struct wish wish = {ACTION_REGISTER, registration_uri(reg), reg->match, STR("")};
        struct grant grant;
        if (!authorization_stands(s, &wish, &grant))
            dealer_revoke(s->realm, callee, STR("wamp.error.not_authorized"));
    }
}

static void give_role(struct session *s)
{
    if (roles_give(s->realm->roles, s))
        return;
    send_goodbye(s, STR("wamp.close.killed"), STR("the role of this session is no more"));
    session_doom(s, CLOSE_KILLED);
}

/* What s is now, for what it has and for what waits. */
static void apply_role(struct session *s)
{
    if (session_is_doomed(s))
        return;
    revoke_subscriptions(s);
    revoke_registrations(s);
    if (s->held) {
        asking_stop(s->realm, &s->held->asking);
        held_serve(s);
    }
}

bool realm_set_roles(struct realm *r, const struct realm_role *roles, size_t count, wamp_ms now)
{
    struct roles *old = r->roles, *new = count ? roles_new(roles, count) : NULL;
    struct session *s, *tmp;
    if (count && !new)
        return false;
    r->now = now;
    r->roles = new;
    HASH_ITER(hh, r->sessions, s, tmp)
    {
        give_role(s);
    }
    HASH_ITER(hh, r->sessions, s, tmp)
    {
        apply_role(s);
    }
    roles_free(old);
    realm_rest(r);
    return true;
}

/* --- the realm's face ----------------------------------------------------------------------------------- */

bool realm_has_role(const struct realm *r, struct str role)
{
    return !r->roles || roles_find(r->roles, role);
}
