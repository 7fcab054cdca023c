#include "realms/dispatch.h"

#include "realms/broker.h"
#include "realms/calls.h"
#include "realms/dealer.h"
#include "realms/held.h"
#include "realms/inner.h"

struct route {
    void (*serve)(struct session *s, const struct wamp_msg *m);
    unsigned role;   /* bit of the role that sends it; 0: any */
    bool counted;    /* its request id comes from the session's one counter. spec: B-048, B-049 */
    bool waits;      /* for what the session sent before and an authorizer decides about. spec: A-AZN-08 */
};

#define ROLE(name) (1u << WAMP_##name)

/* What a client may send in a session; everything else breaks the protocol. */
static const struct route routes[] = {
    [WAMP_ABORT] = {session_on_abort, 0, false, false},
    [WAMP_GOODBYE] = {session_on_goodbye, 0, false, true},
    [WAMP_ERROR] = {calls_on_error, ROLE(CALLEE), false, false},
    [WAMP_PUBLISH] = {broker_on_publish, ROLE(PUBLISHER), true, true},
    [WAMP_SUBSCRIBE] = {broker_on_subscribe, ROLE(SUBSCRIBER), true, true},
    [WAMP_UNSUBSCRIBE] = {broker_on_unsubscribe, ROLE(SUBSCRIBER), true, true},
    [WAMP_CALL] = {calls_on_call, ROLE(CALLER), true, true},
    [WAMP_CANCEL] = {calls_on_cancel, ROLE(CALLER), false, true},
    [WAMP_REGISTER] = {dealer_on_register, ROLE(CALLEE), true, true},
    [WAMP_UNREGISTER] = {dealer_on_unregister, ROLE(CALLEE), true, true},
    [WAMP_YIELD] = {calls_on_yield, ROLE(CALLEE), false, false},
};

static const struct route *find_route(enum wamp_type type)
{
    size_t i = (size_t)type;
    return i < sizeof routes / sizeof *routes && routes[i].serve ? &routes[i] : NULL;
}

/* Whether the id is the next one, which it then uses up, or that of a call that has begun: further chunks of it have
 * the same id. spec: R-01, A-PCI-10, A-PCI-12 */
static bool id_in_sequence(struct session *s, const struct wamp_msg *m)
{
    if (m->request == session_nth_id(s->request_count + 1)) {
        s->request_count++;
        return true;
    }
    return m->type == WAMP_CALL && calls_has_begun(s, m);
}

/* The call of a CANCEL may itself be one that waits; where it is under way already it can be canceled at once. */
static bool must_wait(const struct session *s, const struct wamp_msg *m, const struct route *route)
{
    return route->waits && session_is_held(s) &&
           !(m->type == WAMP_CANCEL && calls_is_under_way(s, m->request));
}

static void wait_in_line(struct session *s, const struct wamp_msg *m, const struct route *route)
{
    if (route->counted && !held_may_follow(s, m))
        realm_abort(s, "%s: request id is that of one under way", wamp_type_name(m->type));
    else
        held_add(s, m, false);
}

void dispatch(struct session *s, const struct wamp_msg *m)
{
    const struct rules *rules = s->realm->rules;
    const struct route *route = find_route(m->type);
    if (!route)
        realm_abort(s, "%s: not from a client in a session", wamp_type_name(m->type));
    else if (route->role && rules->roles_enforced && !(s->roles.roles & route->role))
        realm_abort(s, "%s: the role for it was not announced", wamp_type_name(m->type));
    else if (must_wait(s, m, route))
        wait_in_line(s, m, route);
    else if (route->counted && rules->request_ids_sequential && !id_in_sequence(s, m))
        realm_abort(s, "%s: request ids must be 1, 2, 3 ..", wamp_type_name(m->type));
    else
        route->serve(s, m);
}

void dispatch_accepted(struct session *s, const struct wamp_msg *m)
{
    find_route(m->type)->serve(s, m);
}
