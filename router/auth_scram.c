/* wamp-scram: both sides prove that they know the password, which the router does not have. spec: A-SCR, RFC 5802
 *
 * Autobahn and Crossbar.io call it scram, and differ from the specification in three things that cost nothing to
 * take: the name of the key derivation, an empty "c=" in the AuthMessage, no nonce in AUTHENTICATE.Extra. */
#include "common/base64.h"
#include "router/auth_dynamic.h"
#include "router/random.h"

enum { NONCE_MAX = 256, NONCE_OCTETS = 18 };

struct scram {
    struct wamp_scram_exchange exchange;
    uint8_t binding[WIRE_BINDING_MAX];
};

static bool is_draft(const struct login *l)
{
    return l->method == &login_scram;
}

/* Printable, and nothing that would end an element of the AuthMessage. */
static bool nonce_ok(struct str nonce)
{
    for (size_t i = 0; i < nonce.len; i++)
        if (nonce.ptr[i] <= ' ' || nonce.ptr[i] > '~' || nonce.ptr[i] == ',')
            return false;
    return nonce.len > 0 && nonce.len <= NONCE_MAX;
}

/* spec: A-SCR-02 */
static enum login_step start(struct login *l, const struct auth *a)
{
    struct scram *s = wamp_arena_alloc(&l->arena, sizeof *s);
    if (!s)
        return LOGIN_NOMEM;
    *s = (struct scram){0};
    struct wamp_scram_exchange *x = &s->exchange;
    x->authid = l->hello.authid;
    x->client_nonce = login_text(l, &l->hello.authextra, STR("nonce"));
    x->channel_binding = login_text(l, &l->hello.authextra, STR("channel_binding"));
    if (x->channel_binding.len)
        x->cbind_data = str_of((const char *)s->binding, login_binding(l, x->channel_binding, s->binding));
    if (!nonce_ok(x->client_nonce) || (x->channel_binding.len && !x->cbind_data.len))
        return LOGIN_SKIP;
    l->state = s;
    return login_find_principal(l, a);
}

/* The client's nonce and, behind it, ours. */
static struct str make_nonce(struct login *l, struct str client_nonce)
{
    struct wamp_buf text = {0};
    char octets[NONCE_OCTETS];
    struct str out = {0};
    random_octets(octets, sizeof octets);
    wamp_buf_add_str(&text, client_nonce);
    wamp_base64_encode(&text, str_of(octets, sizeof octets));
    if (!text.failed)
        out = wamp_arena_copy(&l->arena, wamp_buf_str(&text));
    wamp_buf_fini(&text);
    return out;
}

static struct str kdf_name(const struct login *l)
{
    if (l->principal.kdf == WAMP_SCRAM_PBKDF2)
        return STR("pbkdf2");
    return is_draft(l) ? STR("argon2id-13") : STR("argon2id13");
}

/* Autobahn takes a number or no memory at all. */
static void write_memory(const struct login *l, struct wamp_wr *w)
{
    bool is_argon2 = l->principal.kdf == WAMP_SCRAM_ARGON2ID13;
    if (is_draft(l) && !is_argon2)
        return;
    wamp_wr_key(w, STR("memory"));
    if (is_argon2)
        wamp_wr_int(w, l->principal.memory);
    else
        wamp_wr_null(w);
}

/* spec: A-SCR-03 */
static void challenge(struct login *l, struct wamp_wr *w)
{
    struct scram *s = l->state;
    struct wamp_scram_exchange *x = &s->exchange;
    x->nonce = make_nonce(l, x->client_nonce);
    x->salt = l->principal.salt;
    x->iterations = (uint64_t)l->principal.iterations;
    if (!x->nonce.ptr)
        w->out->failed = true;
    wamp_wr_map(w, is_draft(l) && l->principal.kdf == WAMP_SCRAM_PBKDF2 ? 4 : 5);
    login_write(w, STR("nonce"), x->nonce);
    login_write(w, STR("salt"), x->salt);
    login_write(w, STR("kdf"), kdf_name(l));
    wamp_wr_key(w, STR("iterations"));
    wamp_wr_int(w, l->principal.iterations);
    write_memory(l, w);
    wamp_wr_map_end(w);
}

/* WELCOME.Details.authextra: that the router knows the password, too. spec: A-SCR-07 */
static bool make_verifier(struct login *l, struct str auth_message)
{
    struct wamp_buf verifier = {0}, extra = {0};
    struct wamp_wr w = wamp_wr(l->conn->ser, &extra);
    bool ok = !wamp_scram_verifier(l->principal.server_key.octets, auth_message, &verifier);
    wamp_wr_map(&w, is_draft(l) ? 2 : 1);
    login_write(&w, STR("verifier"), wamp_buf_str(&verifier));
    if (is_draft(l))
        login_write(&w, STR("scram_server_signature"), wamp_buf_str(&verifier));
    wamp_wr_map_end(&w);
    l->welcome_extra = wamp_buf_str(&extra);
    ok = ok && !extra.failed && wamp_arena_keep(&l->arena, &l->welcome_extra);
    wamp_buf_fini(&verifier);
    wamp_buf_fini(&extra);
    return ok;
}

static bool proof_ok(struct login *l, const struct wamp_scram_exchange *x, struct str proof)
{
    struct wamp_buf message = {0};
    bool ok = !wamp_scram_auth_message(x, &message) &&
              wamp_scram_proof_ok(l->principal.stored_key.octets, wamp_buf_str(&message), proof) &&
              make_verifier(l, wamp_buf_str(&message));
    wamp_buf_fini(&message);
    return ok;
}

/* What was to be bound is bound, and to this connection. */
static bool binding_ok(struct login *l, const struct wamp_scram_exchange *x, const struct wamp_item *extra)
{
    struct wamp_buf expected = {0};
    if (!str_eq(login_text(l, extra, STR("channel_binding")), x->channel_binding))
        return false;
    wamp_base64_encode(&expected, x->cbind_data);
    bool ok =
        !expected.failed && wamp_secret_equal(login_text(l, extra, STR("cbind_data")), wamp_buf_str(&expected));
    wamp_buf_fini(&expected);
    return ok;
}

/* spec: A-SCR-06 */
static enum login_proof verify(struct login *l, struct str signature, const struct wamp_item *extra)
{
    struct scram *s = l->state;
    struct wamp_scram_exchange *x = &s->exchange;
    struct str nonce = login_text(l, extra, STR("nonce"));
    bool nonce_is_ours = str_eq(nonce, x->nonce) || (is_draft(l) && !nonce.len);
    if (!nonce_is_ours || !binding_ok(l, x, extra))
        return LOGIN_DISPROVED;
    if (proof_ok(l, x, signature))
        return LOGIN_PROVED;
    x->bare_channel = true;
    bool ok = is_draft(l) && !x->channel_binding.len && proof_ok(l, x, signature);
    return ok ? LOGIN_PROVED : LOGIN_DISPROVED;
}

static bool take_key(const struct wamp_value *answer, struct str key, struct auth_key *out)
{
    return auth_key_read(auth_dynamic_text(answer, key), out);
}

static bool take(struct login *l, const struct wamp_value *answer)
{
    struct principal *p = &l->principal;
    return auth_salt_read(auth_dynamic_text(answer, STR("salt")), &l->arena, &p->salt) && p->salt.len &&
           wamp_scram_kdf_by_name(auth_dynamic_text(answer, STR("kdf")), &p->kdf) &&
           auth_dynamic_number(answer, STR("iterations"), WAMP_SCRAM_PBKDF2_MAX, &p->iterations) &&
           p->iterations && auth_dynamic_number(answer, STR("memory"), WAMP_SCRAM_ARGON2_MEMORY_MAX, &p->memory) &&
           (p->memory || p->kdf == WAMP_SCRAM_PBKDF2) && take_key(answer, STR("stored-key"), &p->stored_key) &&
           take_key(answer, STR("server-key"), &p->server_key);
}

const struct login_method login_wamp_scram = {
    .name = {"wamp-scram", 10},
    .way = AUTH_SCRAM,
    .start = start,
    .challenge = challenge,
    .verify = verify,
    .take = take,
};

const struct login_method login_scram = {
    .name = {"scram", 5},
    .way = AUTH_SCRAM,
    .start = start,
    .challenge = challenge,
    .verify = verify,
    .take = take,
};
