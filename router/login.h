/* A login: from a HELLO for a realm that exists to WELCOME or ABORT. One method proves who the peer is.
 *
 *     start --> the first method of the client's that is configured and feasible
 *                 |--> nothing to prove (anonymous, tls, cookie): join
 *                 |--> CHALLENGE --> AUTHENTICATE: verified? --> join, or refuse
 *                 |--> an authenticator is asked --> CHALLENGE, or join, or refuse
 *
 * All that a login needs lies in its own memory, which goes with it: it depends neither on the message that began
 * it nor on the configuration. Section 2.27 of the checklist. */
#ifndef ROUTER_LOGIN_H
#define ROUTER_LOGIN_H

#include "common/roles.h"
#include "common/value.h"
#include "router/auth.h"
#include "router/conn.h"

/* Why nobody was let in: LOGIN_REFUSAL_MAP has the words. */
enum login_refusal {
    LOGIN_NO_METHOD,   /* nothing that the client offers is configured */
    LOGIN_REQUIRED,    /* it wants in without credentials */
    LOGIN_UNFIT,       /* the method needs something that HELLO does not have */
    LOGIN_DENIED,      /* the credentials were not accepted */
    LOGIN_LATE,
    LOGIN_FAILED,      /* an authenticator does not answer, or not as it should */
    LOGIN_NO_ROLE,
    LOGIN_REFUSALS
};

struct login_method;

struct login {
    struct conn *conn;
    struct wamp_arena arena;
    struct realm *realm;
    uint64_t session;                   /* the id that it will have. spec: A-AUTH-09 */
    struct wamp_hello hello;
    const struct login_method *method;
    struct str method_name;             /* as the client spells it */
    bool challenged;                    /* CHALLENGE was sent, AUTHENTICATE is awaited */
    bool answered;                      /* AUTHENTICATE came */
    struct principal principal;         /* who it is, once that is proved */
    bool known;                         /* false: there is no such principal, and no proof will do */
    struct str authprovider;
    struct str welcome_extra;           /* WELCOME.Details.authextra, in form conn.ser; empty: none */
    void *state;                        /* the method's own, in the arena */
    struct str authenticator, authenticator_realm;  /* who decides; empty: the configuration. See auth_source */
    struct realm *call_realm;           /* where he was asked .. */
    uint64_t call;                      /* .. by which call; 0: no answer is awaited */
};

/* What a method says to a HELLO. */
enum login_step {
    LOGIN_SKIP,       /* it does not fit: the next one of the client's */
    LOGIN_JOIN,       /* that is him */
    LOGIN_CHALLENGE,  /* let him prove it */
    LOGIN_ASK,        /* let the authenticator say who that is */
    LOGIN_NOMEM,
};

/* What a method says to AUTHENTICATE. */
enum login_proof {
    LOGIN_DISPROVED,
    LOGIN_PROVED,  /* if l->principal is right */
    LOGIN_UNCLEAR, /* only the authenticator can tell */
};

struct login_method {
    struct str name;
    enum auth_way way;

    /* Looks at HELLO and finds the principal. */
    enum login_step (*start)(struct login *l, const struct auth *a);

    /* Writes CHALLENGE.Extra; a failure shows in w->out. NULL: there is never one. */
    void (*challenge)(struct login *l, struct wamp_wr *w);

    enum login_proof (*verify)(struct login *l, struct str signature, const struct wamp_item *extra);

    /* Takes from an authenticator's answer what proves the principal. False: it is not there. NULL: nothing is
     * needed. */
    bool (*take)(struct login *l, const struct wamp_value *answer);

    /* Crossbar.io's words where it is not. spec: W-26 */
    const char *crossbar_text;
};

extern const struct login_method login_anonymous, login_ticket, login_wampcra, login_wamp_scram, login_scram,
    login_cryptosign, login_tls, login_cookie;

/* The method of that name, if it is configured and lets in to the realm; NULL: none. */
const struct login_method *login_find_method(struct str name, const struct auth *a, struct str realm);

/* --- for methods ---------------------------------------------------------------------------------------- */

/* For those whose principals are found by authid. */
enum login_step login_find_principal(struct login *l, const struct auth *a);

/* The text of a key of a dict that the client sent; empty when it is absent, null, or no text. Lives as long as
 * l. */
struct str login_text(struct login *l, const struct wamp_item *dict, struct str key);

/* A channel binding of the connection: its length, 0 when there is none of that type. */
size_t login_binding(const struct login *l, struct str type, uint8_t out[WIRE_BINDING_MAX]);

/* The SHA-256 of the client's certificate. False: it has none. */
bool login_certificate(const struct login *l, struct auth_key *sha256);

/* A pair of a dict whose value is a text. */
void login_write(struct wamp_wr *w, struct str key, struct str value);

/* --- for auth_dynamic.c: each may end the login, and with it l ------------------------------------------ */

/* The principal is found: CHALLENGE, or where there is nothing to prove, WELCOME. */
void login_go_on(struct login *l);
void login_refuse(struct login *l, enum login_refusal why);
void login_refuse_with(struct login *l, const char *uri, const char *text);

/* --- for the connection --------------------------------------------------------------------------------- */

/* Reads HELLO.Details. NULL: *why says what is wrong with them, or that memory is short. */
struct login *login_new(struct conn *c, const struct wamp_item *details, struct wamp_fault *why);
void login_free(struct login *l);  /* NULL is fine */

/* Each may end the login, and with it l: conn.login tells. */
void login_start(struct login *l, struct realm *realm);  /* l is conn.login */

void login_on_authenticate(struct login *l, const struct wamp_msg *m);
void login_is_due(struct login *l);

/* What logins at c go by: what its listener has, or all. NULL: everybody is let in as anonymous. */
const struct auth *login_auth(const struct conn *c);

#endif
