/* cryptosign: an Ed25519 signature of the router's challenge. On demand the router proves itself, too. spec: A-CSG
 *
 * Certificates (trustroots) and attestation are not offered: authextra.certificates is not looked at, and no
 * CHALLENGE asks for a quote. spec: A-CSG-10, A-CSG-11 */
#include "router/auth_dynamic.h"
#include "router/random.h"

struct cryptosign {
    struct auth_key public_key;
    uint8_t challenge[AUTH_KEY_LEN];
    uint8_t channel_id[WIRE_BINDING_MAX];
    struct str binding;                             /* its type; empty: not bound */
    struct str router_key, router_signature;        /* hex; empty: the router is not asked, or has no key */
};

static const uint8_t *channel_of(const struct cryptosign *s)
{
    return s->binding.len ? s->channel_id : NULL;
}

/* Bound where the client asks for it and the connection can. spec: A-CSG-06 */
static void bind_channel(struct login *l, struct cryptosign *s)
{
    struct str type = login_text(l, &l->hello.authextra, STR("channel_binding"));
    bool suits = str_eq(type, STR("tls-exporter")) || str_eq(type, STR("tls-unique"));
    if (suits && login_binding(l, type, s->channel_id) >= AUTH_KEY_LEN)
        s->binding = type;
}

static bool keep_hex(struct login *l, struct str octets, struct str *out)
{
    struct wamp_buf hex = {0};
    wamp_hex_write(&hex, octets);
    *out = wamp_buf_str(&hex);
    bool ok = !hex.failed && wamp_arena_keep(&l->arena, out);
    wamp_buf_fini(&hex);
    return ok;
}

/* The client's own challenge is answered with the router's key. False: no memory. spec: A-CSG-09 */
static bool prove_router(struct login *l, const struct auth *a, struct cryptosign *s)
{
    uint8_t challenge[AUTH_KEY_LEN], public_key[AUTH_KEY_LEN];
    struct wamp_buf signature = {0};
    struct str asked = login_text(l, &l->hello.authextra, STR("challenge"));
    if (!a->has_key || !wamp_hex_read(asked, challenge, sizeof challenge))
        return true;
    bool ok = !wamp_cryptosign_public(a->key_seed, public_key) &&
              !wamp_cryptosign_sign(a->key_seed, challenge, channel_of(s), &signature) &&
              keep_hex(l, str_of((const char *)public_key, sizeof public_key), &s->router_key);
    s->router_signature = wamp_buf_str(&signature);
    ok = ok && wamp_arena_keep(&l->arena, &s->router_signature);
    wamp_buf_fini(&signature);
    return ok;
}

/* spec: A-CSG-02 */
static enum login_step find_owner(struct login *l, const struct auth *a, const struct cryptosign *s)
{
    const struct auth_source *source = &a->sources[AUTH_CRYPTOSIGN];
    if (source->authenticator.len)
        return auth_dynamic_set(l, source) ? LOGIN_ASK : LOGIN_NOMEM;
    if (!auth_find_key(a, AUTH_CRYPTOSIGN, &s->public_key, l->hello.authid, realm_name(l->realm), &l->arena,
                       &l->principal, &l->known))
        return LOGIN_NOMEM;
    return l->known ? LOGIN_CHALLENGE : LOGIN_SKIP;
}

/* spec: A-CSG-01 */
static enum login_step start(struct login *l, const struct auth *a)
{
    struct cryptosign *s = wamp_arena_alloc(&l->arena, sizeof *s);
    if (!s)
        return LOGIN_NOMEM;
    *s = (struct cryptosign){0};
    l->state = s;
    if (!wamp_hex_read(login_text(l, &l->hello.authextra, STR("pubkey")), s->public_key.octets, AUTH_KEY_LEN))
        return LOGIN_SKIP;
    bind_channel(l, s);
    return prove_router(l, a, s) ? find_owner(l, a, s) : LOGIN_NOMEM;
}

/* spec: A-CSG-03 */
static void challenge(struct login *l, struct wamp_wr *w)
{
    struct cryptosign *s = l->state;
    struct str hex;
    random_octets(s->challenge, sizeof s->challenge);
    if (!keep_hex(l, str_of((const char *)s->challenge, sizeof s->challenge), &hex)) {
        w->out->failed = true;
        return;
    }
    wamp_wr_map(w, s->router_key.len ? 4 : 2);
    login_write(w, STR("challenge"), hex);
    wamp_wr_key(w, STR("channel_binding"));
    if (s->binding.len)
        wamp_wr_str(w, s->binding);
    else
        wamp_wr_null(w);
    if (s->router_key.len) {
        login_write(w, STR("pubkey"), s->router_key);
        login_write(w, STR("signature"), s->router_signature);
    }
    wamp_wr_map_end(w);
}

/* spec: A-CSG-05 */
static enum login_proof verify(struct login *l, struct str signature, const struct wamp_item *extra)
{
    const struct cryptosign *s = l->state;
    (void)extra;
    bool ok = wamp_cryptosign_verify(s->public_key.octets, s->challenge, channel_of(s), signature);
    return ok ? LOGIN_PROVED : LOGIN_DISPROVED;
}

/* The key is his who has it; an answer without authid leaves him the key's name. */
static bool take(struct login *l, const struct wamp_value *answer)
{
    const struct cryptosign *s = l->state;
    struct auth_key key;
    if (!auth_key_read(auth_dynamic_text(answer, STR("pubkey")), &key))
        return false;
    l->known = !memcmp(&key, &s->public_key, sizeof key);
    return l->principal.authid.len || keep_hex(l, str_of((const char *)&key, sizeof key), &l->principal.authid);
}

const struct login_method login_cryptosign = {
    .name = {"cryptosign", 10},
    .way = AUTH_CRYPTOSIGN,
    .start = start,
    .challenge = challenge,
    .verify = verify,
    .take = take,
};
