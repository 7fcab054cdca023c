/* The protocol of one session: opening, closing, and who handles which message in which phase. Table 0.3 of the
 * checklist, the rows of C. */
#include "client/build.h"
#include "client/call.h"
#include "client/peer.h"

#include <stdarg.h>
#include <stdio.h>

void wamp_session_reset(struct session *s)
{
    wamp_auth_fini(&s->auth);
    wamp_tree_drop(s->tree);
    *s = (struct session){0};
}

/* --- ending -------------------------------------------------------------------------------------------------- */

static void send_abort(struct wamp_peer *p, const char *reason, const char *message)
{
    struct dict_build details = {.arena = &p->out};
    wamp_arena_reset(&p->out);
    wamp_dict_put_str(&details, "message", message);
    struct wamp_value dict = wamp_dict_done(&details);
    wamp_emit(p, &(struct outgoing){.type = WAMP_ABORT, .dict = &dict, .text = str_z(reason)});
}

void wamp_session_violation(struct wamp_peer *p, const char *fmt, ...)
{
    char text[160];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    send_abort(p, "wamp.error.protocol_violation", text);
    wamp_failure_set(&p->lost, WAMP_E_LOST, "the router broke the protocol: %s", text);
    wamp_peer_down(p, 1002);
}

/* We cannot or will not go on; p->lost says why. */
static void give_up(struct wamp_peer *p, const char *reason)
{
    send_abort(p, reason, p->lost.e.message);
    wamp_peer_down(p, 1000);
}

static void out_of_memory(struct wamp_peer *p)
{
    wamp_failure_set(&p->lost, WAMP_E_LOST, "out of memory");
    wamp_peer_down(p, 1011);
}

static void leave_late(struct wamp_peer *p, struct timer *t)
{
    (void)t;
    wamp_failure_set(&p->lost, WAMP_E_LOST, "the router did not answer GOODBYE");
    wamp_peer_down(p, 1000);
}

void wamp_session_goodbye(struct wamp_peer *p, const char *reason)
{
    if (!wamp_peer_is_on(p))
        return;
    p->phase = PHASE_LEAVING;
    wamp_emit(p, &(struct outgoing){.type = WAMP_GOODBYE, .text = str_z(reason)});
    wamp_peer_timer(p, &p->phase_timer, p->config.opt.close_timeout_ms, leave_late);
    wamp_peer_flush(p);
}

void wamp_session_quit(struct wamp_peer *p)
{
    if (wamp_peer_is_on(p))
        wamp_emit(p, &(struct outgoing){.type = WAMP_GOODBYE, .text = STR("wamp.close.close_realm")});
    wamp_peer_down(p, 1000);
}

/* --- opening ------------------------------------------------------------------------------------------------- */

enum { CLIENT_ROLES = 1u << WAMP_CALLER | 1u << WAMP_CALLEE | 1u << WAMP_PUBLISHER | 1u << WAMP_SUBSCRIBER };

/* Everything that roles.def has for clients is implemented here. */
static const uint64_t client_features = 0
#define CLIENT_FEATURE_CALLER(key) | WAMP_FEATURE_BIT(CALLER, key)
#define CLIENT_FEATURE_CALLEE(key) | WAMP_FEATURE_BIT(CALLEE, key)
#define CLIENT_FEATURE_PUBLISHER(key) | WAMP_FEATURE_BIT(PUBLISHER, key)
#define CLIENT_FEATURE_SUBSCRIBER(key) | WAMP_FEATURE_BIT(SUBSCRIBER, key)
#define CLIENT_FEATURE_DEALER(key)
#define CLIENT_FEATURE_BROKER(key)
#define FEATURE(role, key) CLIENT_FEATURE_##role(key)
#include "common/roles.def"
#undef FEATURE
    ;

/* The roles as a value: written, and read back. */
static bool roles_value(struct wamp_arena *arena, struct wamp_value *out)
{
    const struct wamp_roles roles = {.roles = CLIENT_ROLES, .features = client_features};
    struct wamp_buf text = {0};
    struct wamp_wr w = wamp_wr(WAMP_MSGPACK, &text);
    wamp_roles_write(&w, &roles);
    bool ok = !text.failed && !wamp_value_read(WAMP_MSGPACK, wamp_buf_str(&text), arena, out);
    wamp_buf_fini(&text);
    return ok;
}

void wamp_session_hello(struct wamp_peer *p)
{
    struct dict_build details = {.arena = &p->out};
    struct wamp_value roles, dict;
    wamp_arena_reset(&p->out);
    if (!roles_value(&p->out, &roles)) {
        out_of_memory(p);
        return;
    }
    wamp_dict_put(&details, STR("roles"), roles);
    wamp_dict_put_str(&details, "agent", p->config.opt.name);
    wamp_dict_put_true(&details, "_wampd_flow", true);
    wamp_failure_set(&p->lost, WAMP_E_LOST, "out of memory");
    wamp_rc rc = wamp_auth_hello(p, &details);
    if (!rc && details.failed)
        rc = WAMP_E_NOMEM;
    dict = wamp_dict_done(&details);
    if (!rc)
        rc = wamp_emit(p,
                       &(struct outgoing){.type = WAMP_HELLO, .text = str_z(p->config.opt.realm), .dict = &dict});
    if (rc == WAMP_E_TOOBIG)
        wamp_failure_set(&p->lost, WAMP_E_LOST, "HELLO is larger than the router takes");
    if (rc)
        wamp_peer_down(p, 1000);
    else
        p->phase = PHASE_HELLO;
}

/* spec: B-106 */
static bool announces_flow(const struct wamp_msg *m)
{
    struct wamp_item flag;
    return wamp_dict_find(m->ser, &m->dict, STR("_wampd_flow"), &flag) && flag.kind == WAMP_BOOL && flag.boolean;
}

/* spec: B-007 */
static bool take_roles(struct wamp_peer *p, const struct wamp_msg *m)
{
    struct wamp_item roles;
    struct wamp_fault why = {.text = "WELCOME: Details.roles is missing"};
    bool ok = wamp_dict_find(m->ser, &m->dict, STR("roles"), &roles) &&
              !wamp_roles_parse(m->ser, &roles, &p->session.router, &why);
    if (ok && !(p->session.router.roles & (1u << WAMP_DEALER | 1u << WAMP_BROKER))) {
        snprintf(why.text, sizeof why.text, "WELCOME: Details.roles names no role of a router");
        ok = false;
    }
    if (!ok)
        wamp_session_violation(p, "%s", why.text);
    return ok;
}

static void on_welcome(struct wamp_peer *p, const struct wamp_msg *m)
{
    struct session *s = &p->session;
    if (!take_roles(p, m))
        return;
    s->tree = wamp_tree_new(m->dict.raw.len);
    if (!s->tree || wamp_tree_read(s->tree, m->ser, m->dict.raw, &s->welcome)) {
        out_of_memory(p);
        return;
    }
    if (!wamp_auth_welcome(p, s->welcome)) {
        give_up(p, "wamp.error.authentication_failed");
        return;
    }
    s->id = m->id;
    s->flow = announces_flow(m);
    p->phase = PHASE_OFFERING;
    if (wamp_offers_send(p)) {
        wamp_failure_copy(&p->lost, &p->error);
        wamp_session_quit(p);
    }
}

static void on_challenge(struct wamp_peer *p, const struct wamp_msg *m)
{
    struct wamp_buf signature = {0};
    const char *reason = "wamp.error.authentication_failed";
    wamp_arena_reset(&p->out);
    struct dict_build extra = {.arena = &p->out};
    wamp_rc rc = wamp_auth_challenge(p, m, &signature, &extra, &reason);
    struct wamp_value dict = wamp_dict_done(&extra);
    if (!rc && (extra.failed || signature.failed))
        rc = WAMP_E_NOMEM;
    if (!rc)
        rc = wamp_emit(
            p, &(struct outgoing){.type = WAMP_AUTHENTICATE, .text = wamp_buf_str(&signature), .dict = &dict});
    if (signature.ptr)
        wamp_secret_wipe(signature.ptr, signature.cap);
    wamp_buf_fini(&signature);
    if (rc == WAMP_E_REFUSED)
        give_up(p, reason);  /* spec: A-AUTH-10 */
    else if (rc)
        out_of_memory(p);
}

/* --- closing by the router ----------------------------------------------------------------------------------- */

/* Never answered. spec: B-017, B-019 */
static void on_abort(struct wamp_peer *p, const struct wamp_msg *m)
{
    wamp_failure_remote(&p->lost, p->phase == PHASE_HELLO ? WAMP_E_REFUSED : WAMP_E_LOST, m);
    wamp_peer_down(p, 1000);
}

/* spec: B-021, B-024 */
static void on_goodbye(struct wamp_peer *p, const struct wamp_msg *m)
{
    wamp_failure_remote(&p->lost, WAMP_E_LOST, m);
    if (p->phase != PHASE_LEAVING)
        wamp_emit(p, &(struct outgoing){.type = WAMP_GOODBYE, .text = STR("wamp.close.goodbye_and_out")});
    /* An administrator threw this session out: it does not come back by itself. */
    if (str_eq(m->uri, STR("wamp.close.killed")))
        p->retired = true;
    wamp_peer_down(p, 1000);
}

/* --- dispatch ------------------------------------------------------------------------------------------------ */

static void on_answer(struct wamp_peer *p, const struct wamp_msg *m)
{
    bool is_revocation = (m->type == WAMP_UNREGISTERED || m->type == WAMP_UNSUBSCRIBED) && m->request == 0;
    if (is_revocation)
        wamp_offers_revoked(p, m);
    else if (!wamp_request_answered(p, m))
        wamp_session_violation(p, "%s for a request that was never made", wamp_type_name(m->type));
}

/* spec: B-034: an ERROR for what clients never ask. T-07 */
static void on_error(struct wamp_peer *p, const struct wamp_msg *m)
{
    if (!wamp_request_refused(p, m))
        wamp_session_violation(p, "ERROR for a request that was never made");
}

static void on_result(struct wamp_peer *p, const struct wamp_msg *m)
{
    if (!wamp_call_result(p, m))
        wamp_session_violation(p, "RESULT for a call that was never made");
}

static void on_flow(struct wamp_peer *p, const struct wamp_msg *m)
{
    if (!p->session.flow)
        wamp_session_violation(p, "FLOW without agreement");
    else if (m->request_type == WAMP_INVOCATION)
        wamp_callee_flow(p, m);
    else if (!wamp_call_flow(p, m))
        wamp_session_violation(p, "FLOW for a call that was never made");
}

static void on_event(struct wamp_peer *p, const struct wamp_msg *m)
{
    if (!wamp_offers_event(p, m))
        wamp_session_violation(p, "EVENT for a subscription that was never made");
}

static void on_invocation(struct wamp_peer *p, const struct wamp_msg *m)
{
    if (!wamp_callee_invoke(p, m))
        wamp_session_violation(p, "INVOCATION with the id of one that is still running");
}

enum {
    IN_HELLO = 1 << PHASE_HELLO,
    IN_SESSION = 1 << PHASE_OFFERING | 1 << PHASE_JOINED,
    IN_LEAVING = 1 << PHASE_LEAVING
};

static const struct handler {
    enum wamp_type type;
    unsigned phases;
    void (*fn)(struct wamp_peer *p, const struct wamp_msg *m);
} handlers[] = {
    {WAMP_RESULT, IN_SESSION, on_result},
    {WAMP_EVENT, IN_SESSION, on_event},
    {WAMP_INVOCATION, IN_SESSION, on_invocation},
    {WAMP_PUBLISHED, IN_SESSION, on_answer},
    {WAMP_ERROR, IN_SESSION, on_error},
    {WAMP_SUBSCRIBED, IN_SESSION, on_answer},
    {WAMP_UNSUBSCRIBED, IN_SESSION, on_answer},
    {WAMP_REGISTERED, IN_SESSION, on_answer},
    {WAMP_UNREGISTERED, IN_SESSION, on_answer},
    {WAMP_INTERRUPT, IN_SESSION, wamp_callee_interrupt},
    {WAMP_FLOW, IN_SESSION, on_flow},
    {WAMP_GOODBYE, IN_SESSION | IN_LEAVING, on_goodbye},
    {WAMP_ABORT, IN_HELLO | IN_SESSION | IN_LEAVING, on_abort},
    {WAMP_WELCOME, IN_HELLO, on_welcome},
    {WAMP_CHALLENGE, IN_HELLO, on_challenge},
};

static const struct handler *find_handler(enum wamp_type type)
{
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
        if (handlers[i].type == type)
            return &handlers[i];
    return NULL;
}

void wamp_session_receive(struct wamp_peer *p, struct str octets)
{
    struct wamp_msg m;
    struct wamp_fault why;
    const wamp_hooks *hooks = &p->config.hooks;
    if (hooks->on_message)
        hooks->on_message(hooks->arg, p, false, octets.ptr, octets.len);
    wamp_arena_reset(&p->in);
    enum wamp_err err = wamp_msg_parse(p->config.ser, octets, &p->in, &m, &why);
    const struct handler *h = err ? NULL : find_handler(m.type);
    bool is_due = h && (h->phases & (1u << p->phase));
    if (is_due)
        h->fn(p, &m);
    else if (p->phase == PHASE_LEAVING)
        return;  /* after our GOODBYE nothing else matters. spec: B-023 */
    else if (err == WAMP_ERR_NOMEM)
        out_of_memory(p);
    else if (err)
        wamp_session_violation(p, "%s", why.text);
    else
        wamp_session_violation(p, "%s is not expected %s", wamp_type_name(m.type),
                               !h                        ? "from a router"
                               : p->phase == PHASE_HELLO ? "before WELCOME"
                                                         : "after WELCOME");
}
