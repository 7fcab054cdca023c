/* The client's side of authentication: what HELLO offers, the answer to a CHALLENGE, the check of WELCOME. The
 * arithmetic is common/authcalc.h; the table of methods is in auth.c. Section 2.27 of the checklist. */
#ifndef WAMP_CLIENT_AUTH_H
#define WAMP_CLIENT_AUTH_H

#include "client/build.h"
#include "client/include/wamp/base.h"
#include "common/authcalc.h"
#include "common/buf.h"
#include "common/msg.h"

struct wamp_peer;

enum { AUTH_METHODS_MAX = 8, AUTH_ROUNDS_MAX = 4 };

/* One login. */
struct auth {
    unsigned char methods[AUTH_METHODS_MAX];  /* rows of the table, by preference */
    unsigned count;
    unsigned rounds;        /* CHALLENGEs so far: a router may want a second factor, not endless ones */
    char nonce[32];         /* SCRAM: ours, base64 */
    bool expects_verifier;  /* SCRAM: WELCOME must prove that the router knows the password, too */
    uint8_t server_key[32];
    struct wamp_buf auth_message;
};

/* Adds authmethods, authid, authrole, authextra. WAMP_E_ARGS: a credential cannot be used, peer.lost says why;
 * WAMP_E_NOMEM. */
wamp_rc wamp_auth_hello(struct wamp_peer *p, struct dict_build *details);

/* The answer to a CHALLENGE, in `signature` and `extra`. WAMP_E_REFUSED: it cannot or must not be answered,
 * peer.lost says why; *uri is the reason for the ABORT. WAMP_E_NOMEM. */
wamp_rc wamp_auth_challenge(struct wamp_peer *p, const struct wamp_msg *m, struct wamp_buf *signature,
                            struct dict_build *extra, const char **uri);

/* Whether WELCOME may be believed. spec: A-SCR-08 */
bool wamp_auth_welcome(struct wamp_peer *p, const wamp_val *details);

void wamp_auth_fini(struct auth *a);  /* wipes */

#endif
