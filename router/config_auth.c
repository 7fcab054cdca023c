/* auth: who may log in, and by what. */
#include "router/auth.h"

#include "common/base64.h"
#include "common/http.h"
#include "router/config.h"
#include "router/config_inner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { SECRET_MAX = 4096 };

#define COOKIE_AGE INT64_C(604800000)       /* ms: a week */
#define COOKIE_AGE_MAX INT64_C(34560000000) /* 400 days: no browser keeps one for longer */

/* --- secrets -------------------------------------------------------------------------------------------- */

static bool keep(struct config_reader *r, const yaml_node_t *node, struct str text, struct str *out)
{
    if (!text.len)
        return config_fail(r, node, "must not be empty");
    *out = wamp_arena_copy(r->memory, text);
    return out->ptr || config_fail(r, node, "out of memory");
}

/* The text of a file, without the end of its line. */
static bool read_secret_file(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                             void *target)
{
    char text[SECRET_MAX + 1];
    const char *path;
    (void)key;
    if (!config_read_string(r, node, &path))
        return false;
    FILE *f = fopen(path, "re");
    if (!f)
        return config_fail(r, node, "\"%.100s\": %s", path, strerror(errno));
    size_t len = fread(text, 1, sizeof text, f);
    fclose(f);
    if (len > SECRET_MAX)
        return config_fail(r, node, "\"%.100s\": larger than %d octets", path, SECRET_MAX);
    if (len && text[len - 1] == '\n')
        len--;
    bool ok = keep(r, node, str_of(text, len), target);
    wamp_secret_wipe(text, sizeof text);
    return ok;
}

/* ${NAME} */
static bool is_variable(struct str text)
{
    return str_starts(text, STR("${")) && text.ptr[text.len - 1] == '}';
}

static bool read_variable(struct config_reader *r, const yaml_node_t *node, struct str text, struct str *out)
{
    struct str name = wamp_arena_copy(r->memory, str_of(text.ptr + 2, text.len - 3));
    const char *value = name.ptr ? getenv(name.ptr) : NULL;
    if (!value)
        return config_fail(r, node, "the environment has no %.100s", name.ptr ? name.ptr : "memory left");
    return keep(r, node, str_z(value), out);
}

/* The text itself, ${NAME}, or {file: PATH}. */
static bool read_secret_text(struct config_reader *r, const yaml_node_t *node, struct str *out)
{
    static const struct config_key keys[] = {{"file", read_secret_file, 0}};
    const char *text;
    if (node->type == YAML_MAPPING_NODE)
        return config_read_map(r, node, keys, COUNT_OF(keys), out) &&
               (out->len || config_fail(r, node, "file is missing"));
    if (!config_read_string(r, node, &text))
        return false;
    return is_variable(str_z(text)) ? read_variable(r, node, str_z(text), out) : keep(r, node, str_z(text), out);
}

/* --- what a principal has ------------------------------------------------------------------------------- */

static void *field(void *target, const struct config_key *key)
{
    return (char *)target + key->offset;
}

static bool read_secret(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                        void *target)
{
    return read_secret_text(r, node, field(target, key));
}

static bool read_text(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    const char *text;
    return config_read_string(r, node, &text) && keep(r, node, str_z(text), field(target, key));
}

static bool read_iterations(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                            void *target)
{
    return config_read_number(r, node, COUNT, 1, WAMP_CRA_ITERATIONS_MAX, field(target, key));
}

static bool read_keylen(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                        void *target)
{
    return config_read_number(r, node, COUNT, 1, WAMP_CRA_KEYLEN_MAX, field(target, key));
}

static bool read_memory(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                        void *target)
{
    return config_read_number(r, node, COUNT, 8, WAMP_SCRAM_ARGON2_MEMORY_MAX, field(target, key));
}

static bool read_salt(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    struct str *salt = field(target, key);
    if (!read_text(r, node, key, target))
        return false;
    if (!auth_salt_read(*salt, r->memory, salt))
        return config_fail(r, node, "out of memory");
    return salt->len || config_fail(r, node, "expected base64, at most %d characters", AUTH_SALT_MAX);
}

static bool read_kdf(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    enum wamp_scram_kdf *kdf = field(target, key);
    const char *text;
    return config_read_string(r, node, &text) &&
           (wamp_scram_kdf_by_name(str_z(text), kdf) ||
            config_fail(r, node, "expected pbkdf2 or argon2id-13, got \"%.60s\"", text));
}

static bool read_key(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    struct str text = {0};
    return read_secret_text(r, node, &text) &&
           (auth_key_read(text, field(target, key)) ||
            config_fail(r, node, "expected %d octets: %d hex digits or base64", AUTH_KEY_LEN, 2 * AUTH_KEY_LEN));
}

static bool read_public_key(struct config_reader *r, const yaml_node_t *node, void *target)
{
    struct principal *p = target;
    const char *text;
    struct auth_key *grown = config_grow(r->memory, (void *)p->keys, &p->key_count, sizeof *grown);
    if (!grown)
        return config_fail(r, node, "out of memory");
    p->keys = grown;
    return config_read_string(r, node, &text) &&
           (wamp_hex_read(str_z(text), grown[p->key_count - 1].octets, AUTH_KEY_LEN) ||
            config_fail(r, node, "expected %d hex digits", 2 * AUTH_KEY_LEN));
}

/* One, or a list. */
static bool read_keys(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    (void)key;
    return node->type == YAML_SCALAR_NODE ? read_public_key(r, node, target)
                                          : config_read_list(r, node, read_public_key, target);
}

static bool read_realm(struct config_reader *r, const yaml_node_t *node, void *target)
{
    struct principal *p = target;
    const char *text;
    struct str *grown = config_grow(r->memory, (void *)p->realms, &p->realm_count, sizeof *grown);
    if (!grown)
        return config_fail(r, node, "out of memory");
    p->realms = grown;
    return config_read_string(r, node, &text) && keep(r, node, str_z(text), &grown[p->realm_count - 1]);
}

static bool read_realms(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                        void *target)
{
    const struct principal *p = target;
    (void)key;
    if (node->type == YAML_SCALAR_NODE)
        return read_realm(r, node, target);
    return config_read_list(r, node, read_realm, target) &&
           (p->realm_count ||
            config_fail(r, node, "an empty list would be all realms; leave the key out for those"));
}

/* --- principals, by method ------------------------------------------------------------------------------ */

#define FIELD(name, read, member) {name, read, offsetof(struct principal, member)}
#define WHO FIELD("role", read_text, role), FIELD("realm", read_realms, realms)

static const struct config_key ticket_keys[] = {WHO, FIELD("ticket", read_secret, secret)};
static const struct config_key cra_keys[] = {
    WHO, FIELD("secret", read_secret, secret), FIELD("salt", read_text, salt),
    FIELD("iterations", read_iterations, iterations), FIELD("keylen", read_keylen, keylen)};
static const struct config_key scram_keys[] = {
    WHO, FIELD("salt", read_salt, salt), FIELD("kdf", read_kdf, kdf),
    FIELD("iterations", read_iterations, iterations), FIELD("memory", read_memory, memory),
    FIELD("stored-key", read_key, stored_key), FIELD("server-key", read_key, server_key)};
static const struct config_key cryptosign_keys[] = {WHO, FIELD("authorized_keys", read_keys, keys)};
static const struct config_key tls_keys[] = {WHO, FIELD("certificate-sha256", read_keys, keys)};

/* Each says what is missing, or NULL. */
static const char *ticket_lacks(const struct principal *p)
{
    return p->secret.len ? NULL : "ticket";
}

static const char *cra_lacks(const struct principal *p)
{
    bool salted = p->salt.len || p->iterations || p->keylen;
    if (!p->secret.len)
        return "secret";
    return !salted || p->salt.len ? NULL : "salt";
}

static const char *scram_lacks(const struct principal *p)
{
    static const struct auth_key none;
    if (!p->salt.len)
        return "salt";
    if (!p->iterations)
        return "iterations";
    if (p->kdf == WAMP_SCRAM_ARGON2ID13 && !p->memory)
        return "memory";
    if (!memcmp(&p->stored_key, &none, sizeof none))
        return "stored-key";
    return memcmp(&p->server_key, &none, sizeof none) ? NULL : "server-key";
}

static const char *cryptosign_lacks(const struct principal *p)
{
    return p->key_count ? NULL : "authorized_keys";
}

static const char *tls_lacks(const struct principal *p)
{
    return p->key_count ? NULL : "certificate-sha256";
}

/* Crossbar.io took the derived key for the secret of a salted user, and since 2025 takes the password: what is no
 * base64 of keylen octets is a password, from which the key is derived here. False: no memory. */
static bool cra_prepare(struct principal *p, struct wamp_arena *memory)
{
    struct wamp_buf key = {0};
    int64_t keylen = p->keylen ? p->keylen : WAMP_CRA_KEYLEN;
    bool is_key = wamp_base64_ok(p->secret) && wamp_base64_decoded_len(p->secret) == (size_t)keylen;
    if (!p->salt.len || is_key)
        return true;
    int64_t iterations = p->iterations ? p->iterations : WAMP_CRA_ITERATIONS;
    bool ok = !wamp_cra_derive(p->secret, p->salt, (uint64_t)iterations, (uint64_t)keylen, &key);
    p->secret = wamp_buf_str(&key);
    ok = ok && wamp_arena_keep(memory, &p->secret);
    wamp_buf_fini(&key);
    return ok;
}

static const struct method_row {
    const char *name;
    const char *principals;  /* the key that holds them */
    const struct config_key *keys;
    size_t key_count;
    const char *(*lacks)(const struct principal *p);
    bool (*prepare)(struct principal *p, struct wamp_arena *memory);  /* NULL: nothing has to be done */
} methods[AUTH_WAYS] = {
    [AUTH_TICKET] = {"ticket", "principals", ticket_keys, COUNT_OF(ticket_keys), ticket_lacks},
    [AUTH_CRA] = {"wampcra", "users", cra_keys, COUNT_OF(cra_keys), cra_lacks, cra_prepare},
    [AUTH_SCRAM] = {"scram", "users", scram_keys, COUNT_OF(scram_keys), scram_lacks},
    [AUTH_CRYPTOSIGN] = {"cryptosign", "principals", cryptosign_keys, COUNT_OF(cryptosign_keys), cryptosign_lacks},
    [AUTH_TLS] = {"tls", "principals", tls_keys, COUNT_OF(tls_keys), tls_lacks},
};

/* A method whose principals are being read. */
struct method_target {
    struct auth *auth;
    enum auth_way way;
};

static bool read_principal(struct config_reader *r, const char *authid, const yaml_node_t *node, void *target)
{
    struct method_target *t = target;
    const struct method_row *method = &methods[t->way];
    bool twice;
    struct principal *p = auth_add(t->auth, t->way, str_z(authid), &twice);
    if (!p)
        return config_fail(r, node, twice ? "occurs twice" : "out of memory");
    if (!config_read_map(r, node, method->keys, method->key_count, p))
        return false;
    const char *lacking = p->role.len ? method->lacks(p) : "role";
    if (lacking)
        return config_fail(r, node, "%s is missing", lacking);
    bool ok = !method->prepare || method->prepare(p, r->memory);
    return (ok && auth_add_keys(t->auth, t->way, p)) || config_fail(r, node, "out of memory");
}

static bool read_principals(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                            void *target)
{
    (void)key;
    return config_read_entries(r, node, read_principal, target);
}

/* --- methods -------------------------------------------------------------------------------------------- */

/* The authenticator, or its realm. */
static bool read_procedure(struct config_reader *r, const yaml_node_t *node, struct str *out)
{
    const char *text;
    return config_read_string(r, node, &text) && keep(r, node, str_z(text), out) &&
           (wamp_uri_ok(*out, WAMP_URI_LOOSE) || config_fail(r, node, "\"%.100s\" is not a URI", text));
}

static bool read_authenticator(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                               void *target)
{
    struct method_target *t = target;
    return read_procedure(r, node, field(&t->auth->sources[t->way], key));
}

static bool read_router_key(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                            void *target)
{
    struct auth *a = ((struct method_target *)target)->auth;
    struct str hex = {0};
    (void)key;
    if (!read_secret_file(r, node, NULL, &hex))
        return false;
    a->has_key = wamp_hex_read(hex, a->key_seed, sizeof a->key_seed);
    return a->has_key || config_fail(r, node, "the file has to hold %d hex digits", 2 * AUTH_KEY_LEN);
}

static bool read_method(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                        void *target)
{
    struct method_target t = {.auth = target, .way = (enum auth_way)key->offset};
    struct auth_source *source = &t.auth->sources[t.way];
    const struct config_key keys[] = {
        {methods[t.way].principals, read_principals, 0},
        {"authenticator", read_authenticator, offsetof(struct auth_source, authenticator)},
        {"authenticator-realm", read_authenticator, offsetof(struct auth_source, authenticator_realm)},
        {"key", read_router_key, 0},
    };
    source->enabled = true;
    if (!config_read_map(r, node, keys, COUNT_OF(keys) - (t.way != AUTH_CRYPTOSIGN), &t))
        return false;
    if (!source->principals == !source->authenticator.len)
        return config_fail(r, node, "expected %s or an authenticator", methods[t.way].principals);
    return true;
}

/* A token of HTTP: what may stand in a header as it is. */
static bool read_cookie_name(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                             void *target)
{
    struct auth *a = target;
    const char *text;
    (void)key;
    return config_read_string(r, node, &text) && keep(r, node, str_z(text), &a->cookie_name) &&
           (wamp_http_is_token(a->cookie_name) ||
            config_fail(r, node, "\"%.60s\" cannot be the name of a cookie", text));
}

static bool read_cookie_age(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                            void *target)
{
    (void)key;
    return config_read_number(r, node, MS, 1000, COOKIE_AGE_MAX, &((struct auth *)target)->cookie_ms);
}

static const struct config_key cookie_keys[] = {{"name", read_cookie_name, 0}, {"max_age", read_cookie_age, 0}};

static bool read_cookie(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                        void *target)
{
    struct auth *a = target;
    (void)key;
    a->cookie_name = STR("cbtid");  /* Crossbar.io's */
    a->cookie_ms = COOKIE_AGE;
    if (node->type == YAML_SCALAR_NODE)
        return config_read_bool(r, node, &a->has_cookies);
    a->has_cookies = true;
    return config_read_map(r, node, cookie_keys, COUNT_OF(cookie_keys), a);
}

static bool read_guest_authenticator(struct config_reader *r, const yaml_node_t *node,
                                     const struct config_key *key, void *target)
{
    return read_procedure(r, node, field(&((struct auth *)target)->guests, key));
}

static bool read_guest_role(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                            void *target)
{
    return read_text(r, node, key, &((struct auth *)target)->guest);
}

static bool read_guest_realms(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                              void *target)
{
    return read_realms(r, node, key, &((struct auth *)target)->guest);
}

static const struct config_key guest_keys[] = {
    FIELD("role", read_guest_role, role),
    FIELD("realm", read_guest_realms, realms),
    {"authenticator", read_guest_authenticator, offsetof(struct auth_source, authenticator)},
    {"authenticator-realm", read_guest_authenticator, offsetof(struct auth_source, authenticator_realm)},
};

static bool read_anonymous(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                           void *target)
{
    struct auth *a = target;
    (void)key;
    a->guest.role = STR("anonymous");
    if (node->type == YAML_SCALAR_NODE)
        return config_read_bool(r, node, &a->anonymous);
    a->anonymous = true;
    return config_read_map(r, node, guest_keys, COUNT_OF(guest_keys), a);
}

static bool read_section(struct config_reader *r, const yaml_node_t *node, struct auth *a)
{
    struct config_key keys[2 + AUTH_WAYS] = {{"anonymous", read_anonymous, 0}, {"cookie", read_cookie, 0}};
    for (int way = 0; way < AUTH_WAYS; way++)
        keys[2 + way] = (struct config_key){methods[way].name, read_method, way};
    return config_read_map(r, node, keys, COUNT_OF(keys), a);
}

/* What is read lives in the memory of what it becomes. */
bool config_read_auth(struct config_reader *r, const yaml_node_t *node, struct auth **out)
{
    struct wamp_arena *memory = r->memory;
    *out = auth_new();
    if (!*out)
        return config_fail(r, node, "out of memory");
    r->memory = &(*out)->memory;
    bool ok = read_section(r, node, *out);
    r->memory = memory;
    return ok;
}
