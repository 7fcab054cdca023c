/* Who may log in, and by what: one section `auth` of the configuration. Made by its reader (config_auth.c), then
 * only looked at; a login copies what it needs.
 *
 * A method has principals of its own, by authid; cryptosign and tls find them by key, too. Who asks for an authid
 * that does not exist gets a fake, the same each time and after the same work: nobody learns who exists. spec:
 * A-AUTH-08 */
#ifndef ROUTER_AUTH_H
#define ROUTER_AUTH_H

#include "common/arena.h"
#include "common/authcalc.h"
#include "common/map.h"
#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>

enum auth_way { AUTH_TICKET, AUTH_CRA, AUTH_SCRAM, AUTH_CRYPTOSIGN, AUTH_TLS, AUTH_WAYS };

enum { AUTH_SALT_MAX = 1024 };  /* characters of a SCRAM salt */

enum { AUTH_KEY_LEN = 32 };  /* Ed25519 public keys, SHA-256 of certificates, SCRAM's keys */

struct auth_key {
    uint8_t octets[AUTH_KEY_LEN];
};

/* From 64 hex digits or base64. False: it is neither. */
bool auth_key_read(struct str text, struct auth_key *out);

/* A salt of SCRAM: base64, or 32 hex digits as Crossbar.io writes it, which become base64 in the arena. *out is
 * empty where it is neither. False: no memory. */
bool auth_salt_read(struct str text, struct wamp_arena *arena, struct str *out);

/* One who may log in by one method, and what proves it. Text that a method does not have is empty. */
struct principal {
    struct str authid, role;
    const struct str *realms;              /* he may enter; none: all */
    size_t realm_count;
    struct str secret;                     /* ticket: as it is; wampcra: the key of the HMAC. spec: W-24, W-25 */
    struct str salt;                       /* wampcra: text; scram: base64 */
    int64_t iterations, keylen;
    int64_t memory;                        /* KiB */
    enum wamp_scram_kdf kdf;
    struct auth_key stored_key, server_key;  /* scram: never the password. spec: A-SCR-12 */
    const struct auth_key *keys;           /* cryptosign: public keys; tls: SHA-256 of certificates */
    size_t key_count;
    UT_hash_handle hh;                     /* auth_source.principals, by authid */
};

/* A key, and whose it is. */
struct auth_owner {
    struct auth_key key;
    const struct principal *principal;     /* NULL: several have it */
    UT_hash_handle hh;                     /* auth_source.owners */
};

/* Where the principals of one method come from. */
struct auth_source {
    bool enabled;
    struct principal *principals;          /* by authid */
    struct auth_owner *owners;             /* by key */
    struct str authenticator;              /* a procedure that knows them instead; empty: none. spec: A-DYN-01 */
    struct str authenticator_realm;        /* where it is called; empty: in the realm that is to be entered */
};

struct auth {
    struct wamp_arena memory;
    bool anonymous;
    struct principal guest;                /* anonymous: role and realms .. */
    struct auth_source guests;             /* .. or an authenticator */
    struct auth_source sources[AUTH_WAYS];
    bool has_cookies;
    struct str cookie_name;
    int64_t cookie_ms;                     /* how long a login is remembered */
    bool has_key;
    uint8_t key_seed[AUTH_KEY_LEN];        /* cryptosign: what the router proves itself with. spec: A-CSG-09 */
};

struct auth *auth_new(void);  /* lets nobody in yet. NULL: no memory */
void auth_free(struct auth *a);  /* NULL is fine */

/* Adds an empty principal to the method. NULL: no memory, or (*twice) the authid is taken. */
struct principal *auth_add(struct auth *a, enum auth_way way, struct str authid, bool *twice);

/* Makes a principal found by his keys. False: no memory. */
bool auth_add_keys(struct auth *a, enum auth_way way, const struct principal *p);

bool principal_may_enter(const struct principal *p, struct str realm);

/* Copies the principal `authid` of the method, or a fake where there is none who may enter the realm, into *out
 * and the arena: nothing there depends on `a` any more, but for the keys, which are left out. False: no memory. */
bool auth_find(const struct auth *a, enum auth_way way, struct str authid, struct str realm,
               struct wamp_arena *arena, struct principal *out, bool *known);

/* Likewise, whose key this is; there are no fakes. authid: asked for, may be empty: whoever it belongs to, unless
 * it belongs to several. *known is false when nobody fits. spec: A-CSG-02 */
bool auth_find_key(const struct auth *a, enum auth_way way, const struct auth_key *key, struct str authid,
                   struct str realm, struct wamp_arena *arena, struct principal *out, bool *known);

/* Whether there is such a principal, with that role. */
bool auth_has(const struct auth *a, enum auth_way way, struct str authid, struct str role, struct str realm);

#endif
