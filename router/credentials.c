#include "router/credentials.h"

#include "common/authcalc.h"
#include "common/base64.h"
#include "router/random.h"

#include <inttypes.h>

enum {
    PASSWORD_MAX = 1024,
    SALT_LEN = 16,
    KEY_LEN = 32,
    ARGON2_TIME = 3,           /* the second choice of RFC 9106, 4: .. */
    ARGON2_MEMORY = 64 << 10,  /* .. 64 MiB, in KiB */
    PBKDF2_ROUNDS = 100000,    /* clients written in scripts have to compute them, too */
};

static struct str octets(const uint8_t *ptr, size_t len)
{
    return str_of((const char *)ptr, len);
}

/* Base64 of random octets. */
static void make_salt(struct wamp_buf *out)
{
    uint8_t salt[SALT_LEN];
    random_octets(salt, sizeof salt);
    wamp_base64_encode(out, octets(salt, sizeof salt));
}

static void print_key(const char *name, const uint8_t key[KEY_LEN], FILE *out)
{
    fprintf(out, "%s: ", name);
    for (int i = 0; i < KEY_LEN; i++)
        fprintf(out, "%02x", key[i]);
    fputc('\n', out);
}

static enum wamp_err print_scram(struct str password, enum wamp_scram_kdf kdf, FILE *out)
{
    struct wamp_buf salt = {0};
    struct wamp_scram_keys keys;
    bool is_argon2 = kdf == WAMP_SCRAM_ARGON2ID13;
    make_salt(&salt);
    struct wamp_scram_cost cost = {.kdf = kdf, .salt = wamp_buf_str(&salt),
                                   .iterations = is_argon2 ? ARGON2_TIME : PBKDF2_ROUNDS,
                                   .memory = is_argon2 ? ARGON2_MEMORY : 0};
    enum wamp_err err = salt.failed ? WAMP_ERR_NOMEM : wamp_scram_derive(password, &cost, &keys);
    if (!err) {
        fprintf(out, "kdf: %s\nsalt: %.*s\niterations: %" PRIu64 "\n", is_argon2 ? "argon2id-13" : "pbkdf2",
                STR_ARG(cost.salt), cost.iterations);
        if (is_argon2)
            fprintf(out, "memory: %" PRIu64 "\n", cost.memory);
        print_key("stored-key", keys.stored, out);
        print_key("server-key", keys.server, out);
        wamp_secret_wipe(&keys, sizeof keys);
    }
    wamp_buf_fini(&salt);
    return err;
}

static enum wamp_err print_argon2(struct str password, FILE *out)
{
    return print_scram(password, WAMP_SCRAM_ARGON2ID13, out);
}

static enum wamp_err print_pbkdf2(struct str password, FILE *out)
{
    return print_scram(password, WAMP_SCRAM_PBKDF2, out);
}

static enum wamp_err print_wampcra(struct str password, FILE *out)
{
    struct wamp_buf salt = {0}, key = {0};
    make_salt(&salt);
    enum wamp_err err = salt.failed
                            ? WAMP_ERR_NOMEM
                            : wamp_cra_derive(password, wamp_buf_str(&salt), PBKDF2_ROUNDS, KEY_LEN, &key);
    if (!err)
        fprintf(out, "secret: %.*s\nsalt: %.*s\niterations: %d\nkeylen: %d\n", STR_ARG(wamp_buf_str(&key)),
                STR_ARG(wamp_buf_str(&salt)), PBKDF2_ROUNDS, KEY_LEN);
    wamp_buf_fini(&salt);
    wamp_buf_fini(&key);
    return err;
}

/* The first line is the client's (wamp --key), the second belongs into authorized_keys. */
static enum wamp_err print_cryptosign(struct str password, FILE *out)
{
    uint8_t seed[KEY_LEN], public_key[KEY_LEN];
    (void)password;
    random_octets(seed, sizeof seed);
    enum wamp_err err = wamp_cryptosign_public(seed, public_key);
    if (!err) {
        print_key("private", seed, out);
        print_key("public", public_key, out);
    }
    wamp_secret_wipe(seed, sizeof seed);
    return err;
}

static const struct {
    const char *name;
    bool has_password;
    enum wamp_err (*print)(struct str password, FILE *out);
} kinds[] = {
    {"scram", true, print_argon2},
    {"scram-pbkdf2", true, print_pbkdf2},
    {"wampcra", true, print_wampcra},
    {"cryptosign", false, print_cryptosign},
};

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "wampd: --credentials: %s%s\n", what, why);
    return 1;
}

static int print_with_password(enum wamp_err (*print)(struct str, FILE *), FILE *in, FILE *out)
{
    char line[PASSWORD_MAX + 2];
    if (!fgets(line, sizeof line, in))
        return fail("the password is read from standard input, and there is none", "");
    size_t len = strcspn(line, "\n");
    enum wamp_err err = len && len <= PASSWORD_MAX ? print(str_of(line, len), out) : WAMP_ERR_RANGE;
    wamp_secret_wipe(line, sizeof line);
    return err ? fail("no good password: ", wamp_err_text(err)) : 0;
}

int credentials_print(const char *kind, FILE *in, FILE *out)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, kind))
            continue;
        if (kinds[i].has_password)
            return print_with_password(kinds[i].print, in, out);
        return kinds[i].print(STR(""), out) ? fail("out of memory", "") : 0;
    }
    return fail("expected scram, scram-pbkdf2, wampcra or cryptosign, got ", kind);
}
