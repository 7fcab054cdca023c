#include "router/login.h"

#include "common/log.h"
#include "common/mem.h"
#include "router/auth_dynamic.h"
#include "router/cookie.h"
#include "router/random.h"
#include "router/router.h"

#include <stdio.h>

/* Methods by name. */
static const struct login_method *const methods[] = {
    &login_anonymous, &login_ticket, &login_wampcra, &login_wamp_scram, &login_scram, &login_cryptosign,
    &login_tls, &login_cookie,
};

/* --- coming and going ----------------------------------------------------------------------------------- */

/* Reads a copy of the details: what is found in them lives as long as the login. */
struct login *login_new(struct conn *c, const struct wamp_item *details, struct wamp_fault *why)
{
    struct login *l = wamp_zalloc(sizeof *l);
    struct wamp_item copy;
    why->err = WAMP_ERR_NOMEM;
    if (!l)
        return NULL;
    *l = (struct login){.conn = c, .authprovider = STR("static"), .known = true};
    struct str octets = wamp_arena_copy(&l->arena, details->raw);
    if (octets.ptr && !wamp_item_parse(c->ser, octets, &copy) &&
        !wamp_hello_parse(c->ser, &copy, &l->arena, &l->hello, why))
        return l;
    login_free(l);
    return NULL;
}

void login_free(struct login *l)
{
    if (!l)
        return;
    auth_dynamic_forget(l);
    wamp_arena_fini(&l->arena);
    wamp_free(l);
}

/* --- refusals ------------------------------------------------------------------------------------------- */

static const struct {
    const char *uri, *text;
    size_t counter;
} refusals[LOGIN_REFUSALS] = {
#define COUNTER(name) offsetof(struct metrics, name)
    [LOGIN_NO_METHOD] = {"wamp.error.no_matching_auth_method", "none of the authmethods is available",
                         COUNTER(logins_unsuitable)},
    [LOGIN_REQUIRED] = {"wamp.error.authentication_required", "nobody enters this realm without credentials",
                        COUNTER(logins_unsuitable)},
    [LOGIN_UNFIT] = {"wamp.error.authentication_denied", "nothing in HELLO lets you in by these authmethods",
                     COUNTER(logins_denied)},
    [LOGIN_DENIED] = {"wamp.error.authentication_denied", "the credentials were not accepted",
                      COUNTER(logins_denied)},
    [LOGIN_LATE] = {"wamp.error.authentication_denied", "the CHALLENGE was not answered in time",
                    COUNTER(logins_late)},
    [LOGIN_FAILED] = {"wamp.error.authentication_failed", "who that is could not be found out",
                      COUNTER(logins_failed)},
    [LOGIN_NO_ROLE] = {"wamp.error.no_such_role", "the role does not exist in this realm",
                       COUNTER(logins_roleless)},
#undef COUNTER
};

/* The address stands before all that the peer chose: programs that lock out addresses read these lines. */
static void log_refusal(const struct login *l, const char *why)
{
    char authid[80], address[ADDRESS_TEXT];
    log_info("LOGIN-REFUSED", "from %s: %s for \"%s\" of %.*s: %s", address_text(l->conn->address, address),
             l->method ? l->method->name.ptr : "no method", wamp_log_quote(l->hello.authid, authid, sizeof authid),
             STR_ARG(realm_name(l->realm)), why);
}

/* Ends the login with ABORT, and the connection with it: l is gone. spec: A-AUTH-06, B-018 */
void login_refuse(struct login *l, enum login_refusal why)
{
    struct metrics *metrics = &l->conn->hub->metrics;
    metrics->hello_refused++;
    ++*(uint64_t *)((char *)metrics + refusals[why].counter);
    log_refusal(l, refusals[why].text);
    conn_abort(l->conn, refusals[why].uri, refusals[why].text, 1000);
}

void login_refuse_with(struct login *l, const char *uri, const char *text)
{
    l->conn->hub->metrics.hello_refused++;
    l->conn->hub->metrics.logins_denied++;
    log_refusal(l, text);
    conn_abort(l->conn, uri, text, 1000);
}

/* What tells who exists. spec: W-26 */
static void refuse_as_crossbar(struct login *l, const char *text)
{
    login_refuse_with(l, "wamp.error.not_authorized", text);
}

static void fail(struct login *l)
{
    conn_close(l->conn, 1011, "out of memory");
}

/* --- joining -------------------------------------------------------------------------------------------- */

static void set_up_conn(const struct login *l)
{
    struct conn *c = l->conn;
    c->is_wampy = l->hello.is_wampy && c->ser == WAMP_JSON;
    c->takes_flow = l->hello.flow;
    c->out_limit = (size_t)c->hub->config->queue_hard;
}

static struct session_info info_of(const struct login *l)
{
    struct conn *c = l->conn;
    return (struct session_info){
        .id = l->session,
        .ser = c->ser,
        .roles = l->hello.roles,
        .authid = l->principal.authid,
        .authrole = l->principal.role,
        .authmethod = l->method_name,
        .authprovider = l->authprovider,
        .authextra = l->welcome_extra,
        .max_message = c->peer_max,
        .agent = STR("wampd-" WAMP_VERSION),
        .transport = str_z(c->framing->name),
        .peer_agent = l->hello.agent,
        .flow_control = l->hello.flow,
        .peer = c,
    };
}

/* l is gone afterwards. */
static void join(struct login *l)
{
    struct conn *c = l->conn;
    struct realm *realm = l->realm;
    struct session_info info = info_of(l);
    if (!realm_has_role(realm, info.authrole)) {  /* spec: A-AUTH-11 */
        login_refuse(l, LOGIN_NO_ROLE);
        return;
    }
    set_up_conn(l);
    struct session *s = realm_join(realm, &info, c->hub->now);
    if (s) {
        if (l->method != &login_anonymous && l->method != &login_cookie)
            cookie_remember(c, &info, realm_name(realm));
        conn_welcome(c, realm, s);
    } else {
        c->hub->metrics.welcome_failed++;  /* spec: R-28 */
        conn_close(c, 1011, "WELCOME could not be sent");
    }
}

/* --- CHALLENGE and AUTHENTICATE ------------------------------------------------------------------------- */

/* [CHALLENGE, AuthMethod|string, Extra|dict] */
static void challenge(struct login *l)
{
    struct conn *c = l->conn;
    struct wamp_buf *buf = &c->hub->scratch;
    struct wamp_wr w = wamp_head_begin(buf, c->ser, WAMP_CHALLENGE, 3, 0);
    wamp_wr_str(&w, l->method_name);
    l->method->challenge(l, &w);
    struct wamp_frame frame = wamp_head_end(&w, WAMP_CHALLENGE, 0, STR(""));
    l->challenged = true;
    wait_start(&c->hub->waits, &c->wait, WAIT_LOGIN, c->hub->now);
    if (buf->failed)
        fail(l);
    else if (!conn_send(c, &frame))
        conn_close(c, 1008, "CHALLENGE could not be sent");
}

/* A ticket was judged by the authenticator: nothing is left to be proved. */
void login_go_on(struct login *l)
{
    if (l->method->challenge && !l->answered)
        challenge(l);
    else
        join(l);
}

static void refuse_proof(struct login *l)
{
    if (realm_rules(l->realm)->refusals_as_crossbar && l->method->crossbar_text)
        refuse_as_crossbar(l, l->method->crossbar_text);
    else
        login_refuse(l, LOGIN_DENIED);
}

/* [AUTHENTICATE, Signature|string, Extra|dict]: the one answer to the one CHALLENGE. spec: A-AUTH-04, A-AUTH-05 */
void login_on_authenticate(struct login *l, const struct wamp_msg *m)
{
    l->challenged = false;
    l->answered = true;
    wait_start(&l->conn->hub->waits, &l->conn->wait, WAIT_LOGIN, l->conn->hub->now);
    enum login_proof proof = l->method->verify(l, m->text, &m->dict);
    if (proof == LOGIN_UNCLEAR)
        auth_dynamic_ask(l, m->text);
    else if (proof == LOGIN_PROVED && l->known)
        join(l);
    else
        refuse_proof(l);
}

void login_is_due(struct login *l)
{
    login_refuse(l, l->call ? LOGIN_FAILED : LOGIN_LATE);
}

/* --- anonymous ------------------------------------------------------------------------------------------ */

/* Whatever authid was asked for, nobody has proved to be it. spec: A-ANO-01 */
static enum login_step anonymous_start(struct login *l, const struct auth *a)
{
    enum { AUTHID_LEN = 24 };
    char authid[AUTHID_LEN + 1];
    random_name(&l->conn->hub->router->random, authid, AUTHID_LEN);
    l->hello.authid = l->principal.authid = wamp_arena_copy(&l->arena, str_of(authid, AUTHID_LEN));
    if (a && a->guests.authenticator.len)
        return l->hello.authid.ptr && auth_dynamic_set(l, &a->guests) ? LOGIN_ASK : LOGIN_NOMEM;
    l->principal.role = wamp_arena_copy(&l->arena, a ? a->guest.role : STR("anonymous"));
    return l->principal.authid.ptr && l->principal.role.ptr ? LOGIN_JOIN : LOGIN_NOMEM;
}

const struct login_method login_anonymous = {.name = {"anonymous", 9}, .start = anonymous_start};

/* --- for methods ---------------------------------------------------------------------------------------- */

struct str login_text(struct login *l, const struct wamp_item *dict, struct str key)
{
    struct wamp_item item;
    struct str text;
    if (dict->kind == WAMP_MAP && wamp_dict_find(l->conn->ser, dict, key, &item) && item.kind == WAMP_STR &&
        !wamp_item_text(l->conn->ser, &item, &l->arena, &text))
        return text;
    return STR("");
}

size_t login_binding(const struct login *l, struct str type, uint8_t out[WIRE_BINDING_MAX])
{
    const struct conn *c = l->conn;
    return c->wire->channel_binding ? c->wire->channel_binding(c->socket, type, out) : 0;
}

bool login_certificate(const struct login *l, struct auth_key *sha256)
{
    const struct conn *c = l->conn;
    return c->wire->peer_certificate && c->wire->peer_certificate(c->socket, sha256->octets);
}

void login_write(struct wamp_wr *w, struct str key, struct str value)
{
    wamp_wr_key(w, key);
    wamp_wr_str(w, value);
}

/* --- the choice of a method ----------------------------------------------------------------------------- */

/* spec: A-TIC-01, A-CRA-01, A-SCR-01 */
enum login_step login_find_principal(struct login *l, const struct auth *a)
{
    const struct auth_source *source = &a->sources[l->method->way];
    if (!l->hello.authid.len)
        return LOGIN_SKIP;
    if (source->authenticator.len)
        return auth_dynamic_set(l, source) ? LOGIN_ASK : LOGIN_NOMEM;
    bool ok =
        auth_find(a, l->method->way, l->hello.authid, realm_name(l->realm), &l->arena, &l->principal, &l->known);
    return ok ? LOGIN_CHALLENGE : LOGIN_NOMEM;
}

static bool is_enabled(const struct login_method *method, const struct auth *a, struct str realm)
{
    if (method == &login_anonymous)
        return !a || (a->anonymous && principal_may_enter(&a->guest, realm));
    if (method == &login_cookie)
        return a && a->has_cookies;
    return a && a->sources[method->way].enabled;
}

const struct login_method *login_find_method(struct str name, const struct auth *a, struct str realm)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (str_eq(methods[i]->name, name) && is_enabled(methods[i], a, realm))
            return methods[i];
    return NULL;
}

/* What the client offered, as far as we have looked. */
struct offer {
    bool credentials;  /* something other than anonymous */
    bool unfit;        /* something that is configured, but does not fit what HELLO says */
};

/* One method of the client's. LOGIN_SKIP: the next one. */
static enum login_step try_method(struct login *l, const struct auth *a, struct str name, struct offer *offer)
{
    const struct login_method *method = login_find_method(name, a, realm_name(l->realm));
    offer->credentials |= !str_eq(name, login_anonymous.name);
    if (!method)
        return LOGIN_SKIP;
    l->method = method;
    l->method_name = name;
    l->known = true;
    enum login_step step = method->start(l, a);
    offer->unfit |= step == LOGIN_SKIP;
    return step;
}

/* The first of the client's that is configured and feasible; none named: anonymous. spec: A-AUTH-02, B-016,
 * W-23 */
static enum login_step try_methods(struct login *l, const struct auth *a, struct offer *offer)
{
    const struct wamp_item *list = &l->hello.authmethods;
    enum login_step step = LOGIN_SKIP;
    struct wamp_item item;
    struct str name;
    if (wamp_item_absent(list) || list->count == 0)
        return try_method(l, a, login_anonymous.name, offer);
    struct wamp_iter it = wamp_iter(l->conn->ser, list);
    while (step == LOGIN_SKIP && wamp_iter_next(&it, &item))
        step = wamp_item_text(l->conn->ser, &item, &l->arena, &name) ? LOGIN_NOMEM : try_method(l, a, name, offer);
    return step;
}

/* spec: A-AUTH-03 */
static void refuse_offer(struct login *l, const struct offer *offer)
{
    login_refuse(l, offer->unfit ? LOGIN_UNFIT : offer->credentials ? LOGIN_NO_METHOD : LOGIN_REQUIRED);
}

const struct auth *login_auth(const struct conn *c)
{
    return c->listener && c->listener->auth ? c->listener->auth : c->hub->config->auth;
}

static void start_challenge(struct login *l)
{
    char text[160], authid[100];
    if (l->known || !realm_rules(l->realm)->refusals_as_crossbar) {
        challenge(l);
        return;
    }
    snprintf(text, sizeof text, "no principal with authid \"%s\" exists",
             wamp_log_quote(l->hello.authid, authid, sizeof authid));
    refuse_as_crossbar(l, text);
}

void login_start(struct login *l, struct realm *realm)
{
    struct offer offer = {0};
    l->realm = realm;
    l->session = realm_new_session_id(realm);
    switch (try_methods(l, login_auth(l->conn), &offer)) {
    case LOGIN_JOIN:
        join(l);
        return;
    case LOGIN_CHALLENGE:
        start_challenge(l);
        return;
    case LOGIN_ASK:
        auth_dynamic_ask(l, (struct str){0});
        return;
    case LOGIN_NOMEM:
        fail(l);
        return;
    case LOGIN_SKIP:
        refuse_offer(l, &offer);
    }
}
