#include "common/authcalc.h"

#include "common/base64.h"
#include "common/mem.h"

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stringprep.h>

enum { SHA256_LEN = 32, SIGNATURE_LEN = 64, SECRET_MAX = 1 << 16 };

/* --- octets ------------------------------------------------------------------------------------------------------------ */

bool wamp_secret_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}

void wamp_secret_wipe(void *secret, size_t len)
{
    OPENSSL_cleanse(secret, len);
}

static void buf_wipe(struct wamp_buf *b)
{
    if (b->ptr)
        OPENSSL_cleanse(b->ptr, b->cap);
    wamp_buf_fini(b);
}

static struct str octets(const uint8_t *ptr, size_t len)
{
    return str_of((const char *)ptr, len);
}

static enum wamp_err done(const struct wamp_buf *out)
{
    return out->failed ? WAMP_ERR_NOMEM : WAMP_ERR_NONE;
}

void wamp_hex_write(struct wamp_buf *out, struct str s)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < s.len; i++) {
        wamp_buf_add_char(out, digits[(uint8_t)s.ptr[i] >> 4]);
        wamp_buf_add_char(out, digits[s.ptr[i] & 15]);
    }
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool wamp_hex_read(struct str text, uint8_t *out, size_t len)
{
    if (text.len != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        int high = hex_digit(text.ptr[2 * i]), low = hex_digit(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool hmac(struct str key, struct str text, uint8_t out[SHA256_LEN])
{
    return key.len <= INT32_MAX && HMAC(EVP_sha256(), key.len ? key.ptr : "", (int)key.len, (const unsigned char *)text.ptr,
                                        text.len, out, NULL);
}

static bool sha256(const uint8_t in[SHA256_LEN], uint8_t out[SHA256_LEN])
{
    return EVP_Digest(in, SHA256_LEN, out, NULL, EVP_sha256(), NULL);
}

static bool pbkdf2(struct str secret, struct str salt, uint64_t iterations, uint8_t *out, size_t len)
{
    return secret.len <= SECRET_MAX && salt.len <= SECRET_MAX &&
           PKCS5_PBKDF2_HMAC(secret.ptr, (int)secret.len, (const unsigned char *)salt.ptr, (int)salt.len, (int)iterations,
                             EVP_sha256(), (int)len, out);
}

/* --- WAMP-CRA ------------------------------------------------------------------------------------------------------------ */

enum wamp_err wamp_cra_derive(struct str secret, struct str salt, uint64_t iterations, uint64_t keylen,
                              struct wamp_buf *out)
{
    uint8_t key[WAMP_CRA_KEYLEN_MAX];
    if (iterations < 1 || iterations > WAMP_CRA_ITERATIONS_MAX || keylen < 1 || keylen > WAMP_CRA_KEYLEN_MAX ||
        secret.len > SECRET_MAX || salt.len > SECRET_MAX)
        return WAMP_ERR_RANGE;
    bool ok = pbkdf2(secret, salt, iterations, key, keylen);
    if (ok)
        wamp_base64_encode(out, octets(key, keylen));
    OPENSSL_cleanse(key, sizeof key);
    return ok ? done(out) : WAMP_ERR_NOMEM;
}

enum wamp_err wamp_cra_sign(struct str key, struct str challenge, struct wamp_buf *out)
{
    uint8_t mac[SHA256_LEN];
    if (!hmac(key, challenge, mac))
        return WAMP_ERR_NOMEM;
    wamp_base64_encode(out, octets(mac, sizeof mac));
    return done(out);
}

bool wamp_cra_verify(struct str key, struct str challenge, struct str signature)
{
    struct wamp_buf expected = {0};
    bool ok = !wamp_cra_sign(key, challenge, &expected) && wamp_secret_equal(wamp_buf_str(&expected), signature);
    buf_wipe(&expected);
    return ok;
}

/* --- SCRAM: keys ------------------------------------------------------------------------------------------------------------ */

bool wamp_scram_kdf_by_name(struct str name, enum wamp_scram_kdf *out)
{
    *out = str_eq(name, STR("pbkdf2")) ? WAMP_SCRAM_PBKDF2 : WAMP_SCRAM_ARGON2ID13;
    return *out == WAMP_SCRAM_PBKDF2 || str_eq(name, STR("argon2id13")) || str_eq(name, STR("argon2id-13"));
}

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < 0x20 || s.ptr[i] > 0x7e)
            return false;
    return true;
}

/* SASLprep (RFC 4013) into out; printable ASCII stays as it is. spec: A-SCR-10 */
static enum wamp_err prepare(struct str text, struct wamp_buf *out)
{
    if (text.len > SECRET_MAX || (text.len && memchr(text.ptr, '\0', text.len)))
        return WAMP_ERR_SYNTAX;
    wamp_buf_add_str(out, text);
    wamp_buf_add_char(out, '\0');
    if (out->failed)
        return WAMP_ERR_NOMEM;
    if (!is_ascii(text)) {
        char *room = wamp_buf_room(out, 4 * text.len + 64);
        if (!room)
            return WAMP_ERR_NOMEM;
        if (stringprep(out->ptr, out->cap, 0, stringprep_saslprep) != STRINGPREP_OK)
            return WAMP_ERR_SYNTAX;
    }
    out->len = strlen(out->ptr);
    return WAMP_ERR_NONE;
}

/* base64 text into at most `size` octets. */
static bool unbase64(struct str text, uint8_t *out, size_t size, size_t *len)
{
    if (!wamp_base64_ok(text) || wamp_base64_decoded_len(text) > size)
        return false;
    *len = wamp_base64_decoded_len(text);
    wamp_base64_decode(text, (char *)out);
    return true;
}

static enum wamp_err salted_password(struct str password, const struct wamp_scram_cost *cost, uint8_t out[SHA256_LEN])
{
    uint8_t salt[256];
    size_t salt_len;
    if (!unbase64(cost->salt, salt, sizeof salt, &salt_len))
        return WAMP_ERR_SYNTAX;
    if (cost->kdf == WAMP_SCRAM_PBKDF2) {
        if (cost->iterations < WAMP_SCRAM_PBKDF2_MIN || cost->iterations > WAMP_SCRAM_PBKDF2_MAX)
            return WAMP_ERR_RANGE;
        return pbkdf2(password, octets(salt, salt_len), cost->iterations, out, SHA256_LEN) ? WAMP_ERR_NONE : WAMP_ERR_NOMEM;
    }
    if (cost->iterations < 1 || cost->iterations > WAMP_SCRAM_ARGON2_TIME_MAX || cost->memory < 8 ||
        cost->memory > WAMP_SCRAM_ARGON2_MEMORY_MAX)
        return WAMP_ERR_RANGE;
    int rc = argon2id_hash_raw((uint32_t)cost->iterations, (uint32_t)cost->memory, 1, password.ptr, password.len, salt,
                               salt_len, out, SHA256_LEN);
    return rc == ARGON2_OK ? WAMP_ERR_NONE : rc == ARGON2_MEMORY_ALLOCATION_ERROR ? WAMP_ERR_NOMEM : WAMP_ERR_RANGE;
}

enum wamp_err wamp_scram_derive(struct str password, const struct wamp_scram_cost *cost, struct wamp_scram_keys *out)
{
    uint8_t salted[SHA256_LEN];
    struct wamp_buf prepared = {0};
    enum wamp_err err = prepare(password, &prepared);
    if (!err)
        err = salted_password(wamp_buf_str(&prepared), cost, salted);
    if (!err && !(hmac(octets(salted, sizeof salted), STR("Client Key"), out->client) && sha256(out->client, out->stored) &&
                  hmac(octets(salted, sizeof salted), STR("Server Key"), out->server)))
        err = WAMP_ERR_NOMEM;
    OPENSSL_cleanse(salted, sizeof salted);
    buf_wipe(&prepared);
    return err;
}

/* --- SCRAM: messages ----------------------------------------------------------------------------------------------------------- */

static void add_escaped(struct wamp_buf *out, struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == ',')
            wamp_buf_add_str(out, STR("=2C"));
        else if (name.ptr[i] == '=')
            wamp_buf_add_str(out, STR("=3D"));
        else
            wamp_buf_add_char(out, name.ptr[i]);
    }
}

/* c=base64(flag ",," data): "biws" without a binding. */
static void add_channel(struct wamp_buf *out, const struct wamp_scram_exchange *x)
{
    struct wamp_buf plain = {0};
    if (x->bare_channel)
        return;
    if (x->channel_binding.len) {
        wamp_buf_add_str(&plain, STR("p="));
        wamp_buf_add_str(&plain, x->channel_binding);
    } else {
        wamp_buf_add_char(&plain, 'n');
    }
    wamp_buf_add_str(&plain, STR(",,"));
    if (x->channel_binding.len)
        wamp_buf_add_str(&plain, x->cbind_data);
    wamp_base64_encode(out, wamp_buf_str(&plain));
    out->failed |= plain.failed;
    wamp_buf_fini(&plain);
}

enum wamp_err wamp_scram_auth_message(const struct wamp_scram_exchange *x, struct wamp_buf *out)
{
    struct wamp_buf authid = {0};
    enum wamp_err err = prepare(x->authid, &authid);
    if (!err) {
        wamp_buf_add_str(out, STR("n="));
        add_escaped(out, wamp_buf_str(&authid));
        wamp_buf_addf(out, ",r=%.*s,r=%.*s,s=%.*s,i=%llu,c=", STR_ARG(x->client_nonce), STR_ARG(x->nonce), STR_ARG(x->salt),
                      (unsigned long long)x->iterations);
        add_channel(out, x);
        wamp_buf_addf(out, ",r=%.*s", STR_ARG(x->nonce));
        err = done(out);
    }
    wamp_buf_fini(&authid);
    return err;
}

enum wamp_err wamp_scram_proof(const struct wamp_scram_keys *keys, struct str auth_message, struct wamp_buf *out)
{
    uint8_t proof[SHA256_LEN];
    if (!hmac(octets(keys->stored, SHA256_LEN), auth_message, proof))
        return WAMP_ERR_NOMEM;
    for (size_t i = 0; i < sizeof proof; i++)
        proof[i] ^= keys->client[i];
    wamp_base64_encode(out, octets(proof, sizeof proof));
    OPENSSL_cleanse(proof, sizeof proof);
    return done(out);
}

/* The proof gives the client key, whose hash is what was stored. */
bool wamp_scram_proof_ok(const uint8_t stored[32], struct str auth_message, struct str proof)
{
    uint8_t signature[SHA256_LEN], key[SHA256_LEN], hash[SHA256_LEN];
    size_t len;
    bool ok = unbase64(proof, key, sizeof key, &len) && len == sizeof key &&
              hmac(octets(stored, SHA256_LEN), auth_message, signature);
    if (ok) {
        for (size_t i = 0; i < sizeof key; i++)
            key[i] ^= signature[i];
        ok = sha256(key, hash) && CRYPTO_memcmp(hash, stored, sizeof hash) == 0;
    }
    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_cleanse(signature, sizeof signature);
    return ok;
}

enum wamp_err wamp_scram_verifier(const uint8_t server[32], struct str auth_message, struct wamp_buf *out)
{
    uint8_t signature[SHA256_LEN];
    if (!hmac(octets(server, SHA256_LEN), auth_message, signature))
        return WAMP_ERR_NOMEM;
    wamp_base64_encode(out, octets(signature, sizeof signature));
    return done(out);
}

bool wamp_scram_verifier_ok(const uint8_t server[32], struct str auth_message, struct str verifier)
{
    struct wamp_buf expected = {0};
    if (str_starts(verifier, STR("v=")))  /* as the specification's example shows it. spec: A-SCR-07 */
        verifier = str_from(verifier, 2);
    bool ok = !wamp_scram_verifier(server, auth_message, &expected) && wamp_secret_equal(wamp_buf_str(&expected), verifier);
    buf_wipe(&expected);
    return ok;
}

/* --- cryptosign ------------------------------------------------------------------------------------------------------------------ */

enum wamp_err wamp_cryptosign_public(const uint8_t seed[32], uint8_t public_key[32])
{
    size_t len = 32;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    bool ok = key && EVP_PKEY_get_raw_public_key(key, public_key, &len) && len == 32;
    EVP_PKEY_free(key);
    return ok ? WAMP_ERR_NONE : WAMP_ERR_NOMEM;
}

static void message_of(const uint8_t challenge[32], const uint8_t *channel_id, uint8_t out[32])
{
    for (int i = 0; i < 32; i++)
        out[i] = challenge[i] ^ (channel_id ? channel_id[i] : 0);
}

static bool ed25519_sign(const uint8_t seed[32], const uint8_t message[32], uint8_t out[SIGNATURE_LEN])
{
    size_t len = SIGNATURE_LEN;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = key && md && EVP_DigestSignInit(md, NULL, NULL, NULL, key) == 1 &&
              EVP_DigestSign(md, out, &len, message, 32) == 1;
    EVP_MD_CTX_free(md);
    EVP_PKEY_free(key);
    return ok;
}

enum wamp_err wamp_cryptosign_sign(const uint8_t seed[32], const uint8_t challenge[32], const uint8_t *channel_id,
                                   struct wamp_buf *out)
{
    uint8_t signature[SIGNATURE_LEN], message[32];
    message_of(challenge, channel_id, message);
    if (!ed25519_sign(seed, message, signature))
        return WAMP_ERR_NOMEM;
    wamp_hex_write(out, octets(signature, sizeof signature));
    wamp_hex_write(out, octets(message, sizeof message));
    return done(out);
}

bool wamp_cryptosign_verify(const uint8_t public_key[32], const uint8_t challenge[32], const uint8_t *channel_id,
                            struct str signature)
{
    uint8_t given[SIGNATURE_LEN + 32], message[32];
    message_of(challenge, channel_id, message);
    if (!wamp_hex_read(signature, given, sizeof given) || CRYPTO_memcmp(given + SIGNATURE_LEN, message, sizeof message))
        return false;
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, 32);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = key && md && EVP_DigestVerifyInit(md, NULL, NULL, NULL, key) == 1 &&
              EVP_DigestVerify(md, given, SIGNATURE_LEN, message, sizeof message) == 1;
    EVP_MD_CTX_free(md);
    EVP_PKEY_free(key);
    return ok;
}
