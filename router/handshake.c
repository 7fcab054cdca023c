#include "router/handshake.h"

#include "common/roles.h"
#include "router/random.h"
#include "router/router.h"

#include <stdio.h>

/* A HELLO under way. Text borrows the message, its arena, or `authid_text`. */
struct attempt {
    struct conn *c;
    struct realm *realm;
    struct wamp_hello hello;
    struct str authid, authrole, authmethod, authprovider;  /* who the peer turned out to be */
    char authid_text[32];
};

/* --- refusals ------------------------------------------------------------------------------------------- */

/* spec: B-018: then the transport is closed */
static void refuse(struct conn *c, const char *uri, const char *text)
{
    c->hub->metrics.hello_refused++;
    conn_abort(c, uri, text, 1000);
}

static void violation(struct conn *c, const char *text)
{
    c->hub->metrics.hello_refused++;
    conn_abort(c, "wamp.error.protocol_violation", text, 1002);
}

/* [1, null, {...}]: a client that would have the router choose its realm. spec: B-010 */
static bool is_hello_without_realm(struct conn *c, struct str octets)
{
    struct wamp_item items[WAMP_SPLIT_MAX];
    unsigned count;
    return !wamp_split(c->ser, octets, items, &count) && count == 3 && items[1].kind == WAMP_NULL;
}

void handshake_on_fault(struct conn *c, struct str octets, const struct wamp_fault *why)
{
    if (why->err == WAMP_ERR_NOMEM)
        conn_close(c, 1011, "out of memory");
    else if (why->type == WAMP_ABORT)
        conn_close(c, 1000, "");  /* not answered, however malformed. spec: R-27 */
    else if (why->type == WAMP_HELLO && is_hello_without_realm(c, octets))
        refuse(c, "wamp.error.no_such_realm", "no realm was named");
    else
        violation(c, why->text);
}

/* --- joining -------------------------------------------------------------------------------------------- */

static void join(struct attempt *a)
{
    struct conn *c = a->c;
    struct session_info info = {
        .id = realm_new_session_id(a->realm),
        .ser = c->ser,
        .roles = a->hello.roles,
        .authid = a->authid,
        .authrole = a->authrole,
        .authmethod = a->authmethod,
        .authprovider = a->authprovider,
        .max_message = c->peer_max,
        .agent = STR("wampd-" WAMP_VERSION),
        .transport = str_z(c->framing->name),
        .peer_agent = a->hello.agent,
        .flow_control = a->hello.flow,
        .peer = c,
    };
    c->is_wampy = a->hello.is_wampy && c->ser == WAMP_JSON;
    c->takes_flow = a->hello.flow;
    c->out_limit = (size_t)c->hub->config->queue_hard;
    struct session *s = realm_join(a->realm, &info, c->hub->now);
    if (s) {
        conn_welcome(c, a->realm, s);
    } else {
        c->hub->metrics.welcome_failed++;  /* spec: R-28 */
        conn_close(c, 1011, "WELCOME could not be sent");
    }
}

/* --- authentication ------------------------------------------------------------------------------------- */

/* Whatever authid was asked for, nobody has proved to be it. */
static void start_anonymous(struct attempt *a)
{
    enum { AUTHID_LEN = 24 };
    random_name(&a->c->hub->router->random, a->authid_text, AUTHID_LEN);
    a->authid = str_of(a->authid_text, AUTHID_LEN);
    a->authrole = STR("anonymous");
    a->authprovider = STR("static");
    join(a);
}

/* How a peer may prove who he is. `start` decides at once, or sends a CHALLENGE. */
static const struct method {
    struct str name;
    void (*start)(struct attempt *a);
} methods[] = {
    {{"anonymous", 9}, start_anonymous},
};

static const struct method *find_method(struct str name)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (str_eq(methods[i].name, name))
            return &methods[i];
    return NULL;
}

/* The first of the client's that we have; none named: anonymous. spec: B-016, W-23 */
static const struct method *choose_method(const struct attempt *a)
{
    struct conn *c = a->c;
    const struct wamp_item *list = &a->hello.authmethods;
    const struct method *method = NULL;
    struct wamp_item item;
    struct str name;
    if (wamp_item_absent(list) || list->count == 0)
        return find_method(STR("anonymous"));
    struct wamp_iter it = wamp_iter(c->ser, list);
    while (!method && wamp_iter_next(&it, &item))
        if (!wamp_item_text(c->ser, &item, &c->hub->arena, &name))
            method = find_method(name);
    return method;
}

/* --- HELLO ---------------------------------------------------------------------------------------------- */

/* [HELLO, Realm|uri, Details|dict] */
static void on_hello(struct conn *c, const struct wamp_msg *m)
{
    struct attempt a = {.c = c};
    struct wamp_fault why = {0};
    if (wamp_hello_parse(c->ser, &m->dict, &c->hub->arena, &a.hello, &why)) {
        handshake_on_fault(c, str_of("", 0), &why);
        return;
    }
    a.realm = router_find(c->hub->router, m->uri);
    const struct method *method = choose_method(&a);
    if (m->uri.len && !wamp_uri_ok(m->uri, WAMP_URI_LOOSE)) {  /* spec: X-07 */
        refuse(c, "wamp.error.invalid_uri", "not a valid name of a realm");
    } else if (!a.realm) {
        refuse(c, "wamp.error.no_such_realm", "no such realm");
    } else if (!method) {
        refuse(c, "wamp.error.no_matching_auth_method", "none of the authmethods is available");
    } else {
        a.authmethod = method->name;
        method->start(&a);
    }
}

void handshake_on_message(struct conn *c, const struct wamp_msg *m)
{
    char text[80];
    if (m->type == WAMP_HELLO) {
        on_hello(c, m);
    } else if (m->type == WAMP_ABORT) {
        conn_close(c, 1000, "");
    } else {
        snprintf(text, sizeof text, "%s before HELLO", wamp_type_name(m->type));
        violation(c, text);
    }
}
