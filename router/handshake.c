#include "router/handshake.h"

#include "router/login.h"
#include "router/router.h"

#include <stdio.h>

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

/* --- messages ------------------------------------------------------------------------------------------- */

/* [HELLO, Realm|uri, Details|dict] */
static void on_hello(struct conn *c, const struct wamp_msg *m)
{
    struct wamp_fault why = {0};
    struct login *l = login_new(c, &m->dict, &why);
    if (!l) {
        handshake_on_fault(c, str_of("", 0), &why);
        return;
    }
    conn_login(c, l);
    struct realm *realm = router_find(c->hub->router, m->uri);
    if (m->uri.len && !wamp_uri_ok(m->uri, WAMP_URI_LOOSE))  /* spec: X-07 */
        refuse(c, "wamp.error.invalid_uri", "not a valid name of a realm");
    else if (!realm)
        refuse(c, "wamp.error.no_such_realm", "no such realm");
    else
        login_start(l, realm);
}

/* What may come while a login is under way. spec: A-AUTH-04, B-012, B-035 */
static bool is_expected(const struct conn *c, enum wamp_type type)
{
    if (c->state == CONN_LOGIN)
        return type == WAMP_AUTHENTICATE && c->login->challenged;
    return type == WAMP_HELLO;
}

void handshake_on_message(struct conn *c, const struct wamp_msg *m)
{
    char text[80];
    if (m->type == WAMP_ABORT) {
        conn_close(c, 1000, "");
    } else if (!is_expected(c, m->type)) {
        const char *when = c->state != CONN_LOGIN ? "before HELLO"
                           : c->login->challenged ? "after CHALLENGE"
                                                  : "unasked";
        snprintf(text, sizeof text, "%s %s", wamp_type_name(m->type), when);
        violation(c, text);
    } else if (m->type == WAMP_HELLO) {
        on_hello(c, m);
    } else {
        login_on_authenticate(c->login, m);
    }
}
