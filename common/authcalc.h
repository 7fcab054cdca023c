/* The arithmetic of authentication, for both ends: WAMP-CRA, SCRAM, cryptosign. Pure functions on octets; OpenSSL,
 * libargon2 and libidn behind them. Section 2.27 of the checklist.
 *
 * Secrets are compared in constant time, and every intermediate secret is wiped before a function returns. Errors:
 * NOMEM; RANGE for costs beyond the bounds below; SYNTAX for what is not base64, hex or preparable text. */
#ifndef WAMP_COMMON_AUTHCALC_H
#define WAMP_COMMON_AUTHCALC_H

#include "common/buf.h"
#include "common/err.h"
#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>

bool wamp_secret_equal(struct str a, struct str b);  /* the time tells the lengths, nothing else */
void wamp_secret_wipe(void *secret, size_t len);

void wamp_hex_write(struct wamp_buf *out, struct str octets);        /* appends, lower case */
bool wamp_hex_read(struct str text, uint8_t *out, size_t len);       /* exactly 2 * len digits */

/* --- WAMP-CRA ---------------------------------------------------------------------------------------------------- */

enum { WAMP_CRA_ITERATIONS = 1000, WAMP_CRA_KEYLEN = 32 };  /* where a CHALLENGE says nothing. A-CRA-04 */
enum { WAMP_CRA_ITERATIONS_MAX = 1000000, WAMP_CRA_KEYLEN_MAX = 1024 };  /* what a client does for a router. A-CRA-06 */

/* Appends the key of a salted user: base64 of PBKDF2-HMAC-SHA256. spec: A-CRA-04, T-45 */
enum wamp_err wamp_cra_derive(struct str secret, struct str salt, uint64_t iterations, uint64_t keylen,
                              struct wamp_buf *out);

/* Appends the signature of the exact octets of `challenge`. spec: A-CRA-03, T-46 */
enum wamp_err wamp_cra_sign(struct str key, struct str challenge, struct wamp_buf *out);
bool wamp_cra_verify(struct str key, struct str challenge, struct str signature);

/* --- SCRAM ------------------------------------------------------------------------------------------------------- */

enum wamp_scram_kdf { WAMP_SCRAM_PBKDF2, WAMP_SCRAM_ARGON2ID13 };
bool wamp_scram_kdf_by_name(struct str name, enum wamp_scram_kdf *out);  /* "pbkdf2", "argon2id13", "argon2id-13" */

enum {
    WAMP_SCRAM_PBKDF2_MIN = 1000,           /* fewer rounds are no protection: the client refuses. A-SCR-04 */
    WAMP_SCRAM_PBKDF2_MAX = 1000000,
    WAMP_SCRAM_ARGON2_TIME_MAX = 100,
    WAMP_SCRAM_ARGON2_MEMORY_MAX = 1 << 20, /* KiB */
};

/* How a password becomes keys. `salt` is base64, as in CHALLENGE.Extra. */
struct wamp_scram_cost {
    enum wamp_scram_kdf kdf;
    struct str salt;
    uint64_t iterations;
    uint64_t memory;  /* KiB, argon2id13 alone */
};

/* A server stores `stored` and `server`, never `client`. spec: A-SCR-12 */
struct wamp_scram_keys {
    uint8_t client[32], stored[32], server[32];
};

/* The password is prepared (SASLprep) here. spec: A-SCR-10, A-SCR-13 */
enum wamp_err wamp_scram_derive(struct str password, const struct wamp_scram_cost *cost, struct wamp_scram_keys *out);

/* What both sides know of one exchange. */
struct wamp_scram_exchange {
    struct str authid;           /* as in HELLO; prepared and escaped here */
    struct str client_nonce;     /* texts, as sent */
    struct str nonce;            /* client's and server's, joined */
    struct str salt;             /* base64 */
    uint64_t iterations;
    struct str channel_binding;  /* "tls-exporter", ...; empty: none */
    struct str cbind_data;       /* its octets */
    bool bare_channel;           /* without a binding "c=" stays empty: what autobahn and Crossbar.io do. A-SCR-13 */
};

/* Appends the AuthMessage. spec: T-47 */
enum wamp_err wamp_scram_auth_message(const struct wamp_scram_exchange *x, struct wamp_buf *out);

enum wamp_err wamp_scram_proof(const struct wamp_scram_keys *keys, struct str auth_message, struct wamp_buf *out);
bool wamp_scram_proof_ok(const uint8_t stored[32], struct str auth_message, struct str proof);
enum wamp_err wamp_scram_verifier(const uint8_t server[32], struct str auth_message, struct wamp_buf *out);
bool wamp_scram_verifier_ok(const uint8_t server[32], struct str auth_message, struct str verifier);  /* "v=" or not */

/* --- cryptosign ---------------------------------------------------------------------------------------------------- */

enum wamp_err wamp_cryptosign_public(const uint8_t seed[32], uint8_t public_key[32]);

/* Appends 192 hex digits: Ed25519 signature and message; message is the challenge, XORed with the channel id unless
 * that is NULL. spec: A-CSG-04 */
enum wamp_err wamp_cryptosign_sign(const uint8_t seed[32], const uint8_t challenge[32], const uint8_t *channel_id,
                                   struct wamp_buf *out);

/* Also that the embedded message is the expected one. spec: A-CSG-05, T-48 */
bool wamp_cryptosign_verify(const uint8_t public_key[32], const uint8_t challenge[32], const uint8_t *channel_id,
                            struct str signature);

#endif
