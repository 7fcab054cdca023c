/* Authenticators: procedures that know the principals which the configuration does not. Crossbar.io's contract:
 *
 *     authenticator(realm, authid, details) -> role, or {role, authid, realm, extra, and what proves it}
 *
 * details: session, transport, authmethod, authextra, authid, authrole, and for tickets the ticket, which the
 * authenticator judges itself. An ERROR of its own is handed on to the client. spec: A-DYN-01, A-DYN-02 */
#include "router/auth_dynamic.h"

#include "common/log.h"
#include "router/router.h"

#include <stdio.h>

/* --- the question --------------------------------------------------------------------------------------- */

/* What HELLO leaves out is null, as it is there. */
static void write_asked(struct wamp_wr *w, struct str text)
{
    if (text.len)
        wamp_wr_str(w, text);
    else
        wamp_wr_null(w);
}

static void write_certificate(struct wamp_wr *w, const struct auth_key *sha256)
{
    char hex[2 * AUTH_KEY_LEN + 1];
    for (int i = 0; i < AUTH_KEY_LEN; i++)
        snprintf(hex + 2 * i, 3, "%02x", sha256->octets[i]);
    login_write(w, STR("certificate-sha256"), str_z(hex));
}

static void write_transport(struct wamp_wr *w, const struct login *l)
{
    struct auth_key sha256;
    bool has_certificate = login_certificate(l, &sha256);
    wamp_wr_key(w, STR("transport"));
    wamp_wr_map(w, 2 + has_certificate);
    login_write(w, STR("type"), str_z(l->conn->framing->name));
    login_write(w, STR("serializer"), str_z(wamp_ser_name(l->conn->ser)));
    if (has_certificate)
        write_certificate(w, &sha256);
    wamp_wr_map_end(w);
}

static void write_details(struct wamp_wr *w, const struct login *l, struct str ticket)
{
    bool has_extra = l->hello.authextra.kind == WAMP_MAP;
    wamp_wr_map(w, 5 + has_extra + (ticket.ptr != NULL));
    wamp_wr_key(w, STR("session"));
    wamp_wr_uint(w, l->session);
    write_transport(w, l);
    login_write(w, STR("authmethod"), l->method_name);
    wamp_wr_key(w, STR("authid"));
    write_asked(w, l->hello.authid);
    wamp_wr_key(w, STR("authrole"));
    write_asked(w, l->hello.authrole);
    if (has_extra) {
        wamp_wr_key(w, STR("authextra"));
        wamp_wr_raw(w, l->hello.authextra.raw);
    }
    if (ticket.ptr)
        login_write(w, STR("ticket"), ticket);
    wamp_wr_map_end(w);
}

static void write_question(struct wamp_wr *w, const struct login *l, struct str ticket)
{
    wamp_wr_list(w, 3);
    wamp_wr_str(w, realm_name(l->realm));
    write_asked(w, l->hello.authid);
    write_details(w, l, ticket);
    wamp_wr_list_end(w);
}

/* --- the answer ----------------------------------------------------------------------------------------- */

static void fail(struct login *l, const char *what)
{
    log_warn("AUTHENTICATOR", "%.*s: %s", STR_ARG(l->authenticator), what);
    login_refuse(l, LOGIN_FAILED);
}

/* Errors that an authenticator means for the client. All others of wamp.error are those of a call that went
 * wrong. */
static bool is_verdict(struct str uri)
{
    static const char *const verdicts[] = {
        "wamp.error.authentication_denied",
        "wamp.error.authentication_failed",
        "wamp.error.authentication_required",
        "wamp.error.authorization_denied",
        "wamp.error.authorization_failed",
        "wamp.error.not_authorized",
        "wamp.error.no_such_principal",
        "wamp.error.no_such_realm",
        "wamp.error.no_such_role",
    };
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (str_eq(uri, str_z(verdicts[i])))
            return true;
    return !str_starts(uri, STR("wamp.error."));
}

/* The first of the arguments; NULL: there is none, or no memory. */
static const struct wamp_value *first_argument(struct login *l, const struct realm_outcome *outcome)
{
    struct wamp_value *args = wamp_arena_alloc(&l->arena, sizeof *args);
    if (!args || !outcome->args.len || wamp_value_read(outcome->ser, outcome->args, &l->arena, args) ||
        !args->count)
        return NULL;
    return &args->list[0];
}

static void on_error(struct login *l, const struct realm_outcome *outcome)
{
    char text[160] = "the authenticator does not let you in", uri[160], quoted[160];
    const struct wamp_value *said = first_argument(l, outcome);
    snprintf(uri, sizeof uri, "%.*s", STR_ARG(outcome->error));
    if (!is_verdict(outcome->error) || outcome->error.len >= sizeof uri) {
        fail(l, wamp_log_quote(outcome->error, quoted, sizeof quoted));
        return;
    }
    if (said && said->kind == WAMP_STR)
        wamp_log_quote(said->text, text, sizeof text);
    login_refuse_with(l, uri, text);
}

/* Absent and null leave *out. */
static bool take_text(const struct wamp_value *dict, struct str key, struct str *out)
{
    const struct wamp_value *v = wamp_value_get(dict, key);
    if (v && v->kind != WAMP_STR && v->kind != WAMP_NULL)
        return false;
    if (v && v->kind == WAMP_STR)
        *out = v->text;
    return true;
}

/* spec: A-AUTH-07 */
static bool take_extra(struct login *l, const struct wamp_value *dict)
{
    const struct wamp_value *v = wamp_value_get(dict, STR("extra"));
    struct wamp_buf text = {0};
    if (!v || v->kind == WAMP_NULL)
        return true;
    bool ok = v->kind == WAMP_MAP && !wamp_value_write(l->conn->ser, v, &text) && !text.failed;
    l->welcome_extra = wamp_buf_str(&text);
    ok = ok && wamp_arena_keep(&l->arena, &l->welcome_extra);
    wamp_buf_fini(&text);
    return ok;
}

/* A text is the role; a dict has it, and more. */
static bool take_answer(struct login *l, const struct wamp_value *answer, struct str *realm)
{
    struct principal *p = &l->principal;
    *p = (struct principal){.authid = l->hello.authid};
    if (answer->kind == WAMP_STR)
        p->role = answer->text;
    else if (answer->kind != WAMP_MAP || !take_text(answer, STR("role"), &p->role) ||
             !take_text(answer, STR("authid"), &p->authid) || !take_text(answer, STR("realm"), realm) ||
             !take_extra(l, answer))
        return false;
    return p->role.len && (!l->method->take || l->method->take(l, answer)) && p->authid.len;
}

/* The authenticator may send him elsewhere. */
static void enter(struct login *l, struct str realm)
{
    struct realm *other = router_find(l->conn->hub->router, realm);
    if (other == l->realm) {
        login_go_on(l);
    } else if (other) {
        l->realm = other;
        l->session = realm_new_session_id(other);
        login_go_on(l);
    } else {
        login_refuse_with(l, "wamp.error.no_such_realm", "no such realm");
    }
}

static void on_result(struct login *l, const struct realm_outcome *outcome)
{
    const struct wamp_value *answer = first_argument(l, outcome);
    struct str realm = realm_name(l->realm);
    l->known = true;
    if (answer && take_answer(l, answer, &realm))
        enter(l, realm);
    else
        fail(l, "its result is neither a role nor a dict with role and what the method needs");
}

static void on_outcome(void *user, const struct realm_outcome *outcome)
{
    struct login *l = user;
    l->call = 0;
    if (l->conn->state != CONN_LOGIN)
        return;  /* its socket died: it goes at the end of the turn */
    if (outcome->error.len)
        on_error(l, outcome);
    else
        on_result(l, outcome);
}

/* --- asking --------------------------------------------------------------------------------------------- */

bool auth_dynamic_set(struct login *l, const struct auth_source *source)
{
    l->authprovider = STR("dynamic");
    l->authenticator = wamp_arena_copy(&l->arena, source->authenticator);
    l->authenticator_realm = wamp_arena_copy(&l->arena, source->authenticator_realm);
    return l->authenticator.ptr && l->authenticator_realm.ptr;
}

/* The last thing to be done with l: the answer may come at once, and be the end of it. */
void auth_dynamic_ask(struct login *l, struct str ticket)
{
    struct hub *hub = l->conn->hub;
    struct wamp_buf args = {0};
    struct wamp_wr w = wamp_wr(l->conn->ser, &args);
    struct str where = l->authenticator_realm.len ? l->authenticator_realm : realm_name(l->realm);
    l->call_realm = router_find(hub->router, where);
    write_question(&w, l, ticket);
    struct realm_request request = {
        .procedure = l->authenticator, .ser = l->conn->ser, .args = wamp_buf_str(&args)};
    uint64_t call = 0;
    if (args.failed || !l->call_realm)
        fail(l, args.failed ? "out of memory" : "its realm does not exist");
    else
        call = realm_call(l->call_realm, &request, on_outcome, l, hub->now);
    if (call)
        l->call = call;
    wamp_secret_wipe(args.ptr, args.len);
    wamp_buf_fini(&args);
}

void auth_dynamic_forget(struct login *l)
{
    if (l->call)
        realm_call_forget(l->call_realm, l->call, l->conn->hub->now);
    l->call = 0;
}

/* --- what methods find in an answer --------------------------------------------------------------------- */

struct str auth_dynamic_text(const struct wamp_value *answer, struct str key)
{
    const struct wamp_value *v = wamp_value_get(answer, key);
    return v && v->kind == WAMP_STR ? v->text : STR("");
}

bool auth_dynamic_number(const struct wamp_value *answer, struct str key, int64_t most, int64_t *out)
{
    const struct wamp_value *v = wamp_value_get(answer, key);
    *out = 0;
    if (!v || v->kind == WAMP_NULL)
        return true;
    bool ok = v->kind == WAMP_UINT && v->uint >= 1 && v->uint <= (uint64_t)most;
    *out = ok ? (int64_t)v->uint : 0;
    return ok;
}
