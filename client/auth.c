#include "client/auth.h"

#include "client/peer.h"
#include "common/base64.h"

#include <stdio.h>

enum { SECRET_MAX = 4096 };

/* What a method works on while it answers. */
struct challenge {
    struct wamp_peer *p;
    const struct wamp_value *extra;  /* CHALLENGE.Extra */
    struct wamp_buf *signature;      /* the answer */
    struct dict_build *answer;       /* AUTHENTICATE.Extra */
};

static wamp_rc refuse(struct wamp_peer *p, const char *text)
{
    return wamp_failure_set(&p->lost, WAMP_E_REFUSED, "%s", text);
}

/* What an error of the arithmetic means here. */
static wamp_rc judge(struct wamp_peer *p, enum wamp_err err, const char *method)
{
    if (!err)
        return WAMP_OK;
    if (err == WAMP_ERR_NOMEM)
        return WAMP_E_NOMEM;
    return wamp_failure_set(&p->lost, WAMP_E_REFUSED, "%s: the challenge cannot be answered: %s", method,
                            wamp_err_text(err));
}

/* --- secrets ------------------------------------------------------------------------------------------------- */

static void wipe(struct wamp_buf *b)
{
    if (b->ptr)
        wamp_secret_wipe(b->ptr, b->cap);
    wamp_buf_fini(b);
}

static bool read_file(const char *path, struct wamp_buf *out)
{
    char *room = wamp_buf_room(out, SECRET_MAX);
    FILE *f = room ? fopen(path, "re") : NULL;
    if (!f)
        return false;
    setvbuf(f, NULL, _IONBF, 0);  /* no copy of it elsewhere */
    out->len = fread(room, 1, SECRET_MAX, f);
    fclose(f);
    if (out->len && out->ptr[out->len - 1] == '\n')
        out->len--;
    return true;
}

/* A secret for the method, from memory, a file or the program. False: there is none. */
static bool get_secret(struct wamp_peer *p, const char *method, const char *text, const char *file,
                       struct wamp_buf *out)
{
    const wamp_opt *opt = &p->config.opt;
    size_t len = 0;
    if (text) {
        wamp_buf_add_str(out, str_z(text));
        return !out->failed;
    }
    if (file)
        return read_file(file, out);
    char *room = opt->secret_fn ? wamp_buf_room(out, SECRET_MAX) : NULL;
    bool ok = room && opt->secret_fn(opt->secret_arg, method, room, SECRET_MAX, &len) && len <= SECRET_MAX;
    out->len = ok ? len : 0;
    return ok;
}

static bool get_password(struct wamp_peer *p, const char *method, struct wamp_buf *out)
{
    bool ok = get_secret(p, method, p->config.opt.secret, p->config.opt.secret_file, out);
    if (!ok)
        wamp_failure_set(&p->lost, WAMP_E_REFUSED, "%s: there is no secret, or it cannot be read", method);
    return ok;
}

static bool get_seed(struct wamp_peer *p, uint8_t seed[32])
{
    struct wamp_buf hex = {0};
    bool ok = get_secret(p, "cryptosign", p->config.opt.signkey, p->config.opt.signkey_file, &hex) &&
              wamp_hex_read(wamp_buf_str(&hex), seed, 32);
    wipe(&hex);
    return ok;
}

static bool has_password(const wamp_opt *opt)
{
    return opt->authid && (opt->secret || opt->secret_file || opt->secret_fn);
}

/* --- the challenge's extra ----------------------------------------------------------------------------------- */

static struct str text_of(const struct challenge *c, const char *key)
{
    const struct wamp_value *v = wamp_value_get(c->extra, str_z(key));
    return v && v->kind == WAMP_STR ? v->text : str_of(NULL, 0);
}

static uint64_t number_of(const struct challenge *c, const char *key, uint64_t standard)
{
    const struct wamp_value *v = wamp_value_get(c->extra, str_z(key));
    return v && v->kind == WAMP_UINT ? v->uint : standard;
}

/* --- ticket, WAMP-CRA ---------------------------------------------------------------------------------------- */

static wamp_rc answer_ticket(struct challenge *c)
{
    return get_password(c->p, "ticket", c->signature) ? WAMP_OK : WAMP_E_REFUSED;
}

/* spec: A-CRA-03, A-CRA-04, T-45, T-46 */
static wamp_rc answer_cra(struct challenge *c)
{
    struct wamp_buf secret = {0}, key = {0};
    struct str salt = text_of(c, "salt"), challenge = text_of(c, "challenge");
    wamp_rc rc = WAMP_E_REFUSED;
    if (!get_password(c->p, "wampcra", &secret))
        goto wipe_secret;
    if (!challenge.len) {
        refuse(c->p, "wampcra: the challenge is missing");
        goto wipe_secret;
    }
    enum wamp_err err = WAMP_ERR_NONE;
    if (salt.ptr)
        err = wamp_cra_derive(wamp_buf_str(&secret), salt, number_of(c, "iterations", WAMP_CRA_ITERATIONS),
                              number_of(c, "keylen", WAMP_CRA_KEYLEN), &key);
    if (!err)
        err = wamp_cra_sign(wamp_buf_str(salt.ptr ? &key : &secret), challenge, c->signature);
    rc = judge(c->p, err, "wampcra");
wipe_secret:
    wipe(&secret);
    wipe(&key);
    return rc;
}

/* --- SCRAM --------------------------------------------------------------------------------------------------- */

static const char channel_binding[] = "tls-exporter";

/* Once, for all methods that want it. */
static void put_binding(struct wamp_peer *p, struct dict_build *extra)
{
    const struct wamp_value key = wamp_of_str(STR("channel_binding")), none = {.kind = WAMP_NULL};
    if (!wamp_dict_has(extra, &key))
        wamp_dict_put(extra, key.text, p->config.opt.bind_channel ? wamp_of_str(str_z(channel_binding)) : none);
}

static wamp_rc hello_scram(struct wamp_peer *p, struct dict_build *extra)
{
    struct auth *a = &p->session.auth;
    struct wamp_buf text = {0};
    char random[16];
    if (*a->nonce)
        return WAMP_OK;  /* offered under both of its names */
    p->env->random(random, sizeof random);
    wamp_base64_encode(&text, str_of(random, sizeof random));
    if (!text.failed)
        snprintf(a->nonce, sizeof a->nonce, "%.*s", (int)text.len, text.ptr);
    bool ok = !text.failed;
    wamp_buf_fini(&text);
    wamp_dict_put_str(extra, "nonce", a->nonce);
    put_binding(p, extra);
    return ok ? WAMP_OK : WAMP_E_NOMEM;
}

/* What is sent beside the proof. spec: A-SCR-05 */
static wamp_rc put_scram_answer(struct challenge *c, const struct wamp_scram_exchange *x)
{
    struct wamp_arena *arena = c->answer->arena;
    struct wamp_value none = {.kind = WAMP_NULL};
    struct wamp_buf base64 = {0};
    struct str data = {0};
    wamp_dict_put(c->answer, STR("nonce"), wamp_of_str(x->nonce));
    if (!x->channel_binding.len) {
        wamp_dict_put(c->answer, STR("channel_binding"), none);
        wamp_dict_put(c->answer, STR("cbind_data"), none);
        return WAMP_OK;
    }
    wamp_base64_encode(&base64, x->cbind_data);
    if (!base64.failed)
        data = wamp_arena_copy(arena, wamp_buf_str(&base64));
    wamp_buf_fini(&base64);
    wamp_dict_put(c->answer, STR("channel_binding"), wamp_of_str(x->channel_binding));
    wamp_dict_put(c->answer, STR("cbind_data"), wamp_of_str(data));
    return data.ptr ? WAMP_OK : WAMP_E_NOMEM;
}

/* Proof, and what WELCOME is checked with. */
static enum wamp_err prove(struct challenge *c, const struct wamp_scram_cost *cost,
                           const struct wamp_scram_exchange *x, struct str password)
{
    struct auth *a = &c->p->session.auth;
    struct wamp_scram_keys keys;
    wamp_buf_reset(&a->auth_message);
    enum wamp_err err = wamp_scram_derive(password, cost, &keys);
    if (!err)
        err = wamp_scram_auth_message(x, &a->auth_message);
    if (!err)
        err = wamp_scram_proof(&keys, wamp_buf_str(&a->auth_message), c->signature);
    memcpy(a->server_key, keys.server, sizeof a->server_key);
    a->expects_verifier = !err;
    wamp_secret_wipe(&keys, sizeof keys);
    return err;
}

/* spec: A-SCR-04 */
static wamp_rc answer_scram(struct challenge *c)
{
    struct wamp_peer *p = c->p;
    uint8_t id[32];
    struct wamp_scram_cost cost = {.salt = text_of(c, "salt"),
                                   .iterations = number_of(c, "iterations", 0),
                                   .memory = number_of(c, "memory", 0)};
    struct wamp_scram_exchange x = {.authid = str_z(p->config.opt.authid ? p->config.opt.authid : ""),
                                    .client_nonce = str_z(p->session.auth.nonce),
                                    .nonce = text_of(c, "nonce"),
                                    .salt = cost.salt,
                                    .iterations = cost.iterations};
    if (!str_starts(x.nonce, x.client_nonce) || x.nonce.len == x.client_nonce.len)
        return refuse(p, "wamp-scram: the nonce is not ours and the router's");
    if (!wamp_scram_kdf_by_name(text_of(c, "kdf"), &cost.kdf))
        return refuse(p, "wamp-scram: unknown key derivation");
    if (p->config.opt.bind_channel) {
        if (!p->link->ops->channel_id(p->link, channel_binding, id))
            return refuse(p, "wamp-scram: this connection cannot be bound to");
        x.channel_binding = str_z(channel_binding);
        x.cbind_data = str_of((const char *)id, sizeof id);
    }
    struct wamp_buf password = {0};
    if (!get_password(p, "wamp-scram", &password)) {
        wipe(&password);
        return WAMP_E_REFUSED;
    }
    enum wamp_err err = prove(c, &cost, &x, wamp_buf_str(&password));
    wipe(&password);
    return err ? judge(p, err, "wamp-scram") : put_scram_answer(c, &x);
}

/* --- cryptosign ---------------------------------------------------------------------------------------------- */

static wamp_rc hello_cryptosign(struct wamp_peer *p, struct dict_build *extra)
{
    uint8_t seed[32], public_key[32];
    struct wamp_buf hex = {0};
    if (!get_seed(p, seed))
        return wamp_failure_set(&p->lost, WAMP_E_ARGS, "cryptosign: the key is missing, or not 64 hex digits");
    enum wamp_err err = wamp_cryptosign_public(seed, public_key);
    wamp_secret_wipe(seed, sizeof seed);
    wamp_hex_write(&hex, str_of((const char *)public_key, sizeof public_key));
    struct str text = hex.failed ? str_of(NULL, 0) : wamp_arena_copy(extra->arena, wamp_buf_str(&hex));
    wamp_buf_fini(&hex);
    wamp_dict_put(extra, STR("pubkey"), wamp_of_str(text));
    put_binding(p, extra);
    return !err && text.ptr ? WAMP_OK : WAMP_E_NOMEM;
}

/* spec: A-CSG-04, A-CSG-07 */
static wamp_rc answer_cryptosign(struct challenge *c)
{
    struct wamp_peer *p = c->p;
    uint8_t seed[32], challenge[32], id[32];
    bool bind = p->config.opt.bind_channel;
    struct str binding = text_of(c, "channel_binding");
    if (!wamp_hex_read(text_of(c, "challenge"), challenge, sizeof challenge))
        return refuse(p, "cryptosign: the challenge is not 64 hex digits");
    if (!str_eq(binding, bind ? str_z(channel_binding) : str_of(NULL, 0)))
        return refuse(p, "cryptosign: the router does not bind the login to the connection as asked");
    if (bind && !p->link->ops->channel_id(p->link, channel_binding, id))
        return refuse(p, "cryptosign: this connection cannot be bound to");
    if (!get_seed(p, seed))
        return refuse(p, "cryptosign: the key cannot be read");
    enum wamp_err err = wamp_cryptosign_sign(seed, challenge, bind ? id : NULL, c->signature);
    wamp_secret_wipe(seed, sizeof seed);
    return judge(p, err, "cryptosign");
}

/* --- the table ----------------------------------------------------------------------------------------------- */

static bool can_sign(const struct config *c)
{
    return c->opt.signkey || c->opt.signkey_file;
}

static bool can_prove(const struct config *c)
{
    return has_password(&c->opt);
}

/* The secret itself travels: not for everyone to hear. spec: A-TIC-03 */
static bool can_tell(const struct config *c)
{
    return has_password(&c->opt) && wamp_url_is_private(&c->url);
}

static bool has_certificate(const struct config *c)
{
    return c->opt.cert != NULL;
}

/* By preference. `fits`: offered where the program names no methods; NULL: only by name. */
static const struct method {
    const char *name;
    bool (*fits)(const struct config *c);
    wamp_rc (*hello)(struct wamp_peer *p, struct dict_build *extra);
    wamp_rc (*answer)(struct challenge *c);
} methods[] = {
    {"cryptosign", can_sign, hello_cryptosign, answer_cryptosign},
    {"wamp-scram", can_prove, hello_scram, answer_scram},
    {"scram", NULL, hello_scram, answer_scram},  /* its name in Crossbar and Autobahn */
    {"wampcra", can_prove, NULL, answer_cra},
    {"ticket", can_tell, NULL, answer_ticket},
    {"tls", has_certificate, NULL, NULL},
    {"anonymous", NULL, NULL, NULL},
};

enum { METHODS = sizeof methods / sizeof *methods, ANONYMOUS = METHODS - 1 };
_Static_assert((int)METHODS <= (int)AUTH_METHODS_MAX, "a login has room for each method once");

static int find_method(struct str name)
{
    for (int i = 0; i < METHODS; i++)
        if (str_eq(name, str_z(methods[i].name)))
            return i;
    return -1;
}

static bool is_offered(const struct auth *a, int row)
{
    for (unsigned i = 0; i < a->count; i++)
        if (a->methods[i] == row)
            return true;
    return false;
}

static void offer(struct auth *a, int row)
{
    if (!is_offered(a, row))
        a->methods[a->count++] = (unsigned char)row;
}

/* From the program's list, or from what the credentials allow. */
static wamp_rc choose(struct wamp_peer *p)
{
    struct auth *a = &p->session.auth;
    const char *names = p->config.opt.authmethods;
    for (int i = 0; !names && i < METHODS; i++)
        if (methods[i].fits && methods[i].fits(&p->config))
            offer(a, i);
    if (!names && !a->count)
        offer(a, ANONYMOUS);
    for (size_t n; names && *names; names += n) {
        names += strspn(names, " ,");
        n = strcspn(names, " ,");
        int row = find_method(str_of(names, n));
        if (n && row < 0)
            return wamp_failure_set(&p->lost, WAMP_E_ARGS, "no authentication method '%.*s'", (int)n, names);
        if (n)
            offer(a, row);
    }
    return WAMP_OK;
}

/* --- for the session ----------------------------------------------------------------------------------------- */

static wamp_rc put_extra(struct wamp_peer *p, struct dict_build *details)
{
    struct auth *a = &p->session.auth;
    struct dict_build extra = {.arena = details->arena};
    struct why why = {""};
    wamp_rc rc = wamp_more_options(&extra, p->config.opt.authextra, &why);
    for (unsigned i = 0; !rc && i < a->count; i++)
        if (methods[a->methods[i]].hello)
            rc = methods[a->methods[i]].hello(p, &extra);
    if (extra.count)
        wamp_dict_put(details, STR("authextra"), wamp_dict_done(&extra));
    return rc ? rc : extra.failed ? WAMP_E_NOMEM : WAMP_OK;
}

wamp_rc wamp_auth_hello(struct wamp_peer *p, struct dict_build *details)
{
    struct auth *a = &p->session.auth;
    struct list_build names = {.arena = details->arena};
    wamp_rc rc = choose(p);
    if (rc)
        return rc;
    for (unsigned i = 0; i < a->count; i++)
        wamp_list_put(&names, wamp_of_str(str_z(methods[a->methods[i]].name)));
    wamp_dict_put(details, STR("authmethods"), wamp_list_done(&names));
    wamp_dict_put_str(details, "authid", p->config.opt.authid);
    wamp_dict_put_str(details, "authrole", p->config.opt.authrole);
    rc = put_extra(p, details);
    return !rc && names.failed ? WAMP_E_NOMEM : rc;
}

wamp_rc wamp_auth_challenge(struct wamp_peer *p, const struct wamp_msg *m, struct wamp_buf *signature,
                            struct dict_build *extra, const char **uri)
{
    struct auth *a = &p->session.auth;
    struct wamp_value map;
    int row = find_method(m->text);
    if (row < 0 || !is_offered(a, row) || !methods[row].answer) {
        *uri = "wamp.error.protocol_violation";
        return refuse(p, "CHALLENGE for a method that was not offered");
    }
    if (++a->rounds > AUTH_ROUNDS_MAX)
        return refuse(p, "too many challenges");
    if (wamp_value_read(m->ser, m->dict.raw, extra->arena, &map))
        return WAMP_E_NOMEM;
    struct challenge c = {.p = p, .extra = &map, .signature = signature, .answer = extra};
    return methods[row].answer(&c);
}

/* spec: A-SCR-07, A-SCR-08; autobahn and Crossbar name it otherwise */
bool wamp_auth_welcome(struct wamp_peer *p, const wamp_val *details)
{
    struct auth *a = &p->session.auth;
    const wamp_val *extra = wamp_key(details, "authextra"), *verifier = wamp_key(extra, "verifier");
    if (!verifier)
        verifier = wamp_key(extra, "scram_server_signature");
    if (a->expects_verifier) {
        bool ok = wamp_scram_verifier_ok(a->server_key, wamp_buf_str(&a->auth_message),
                                         str_of(wamp_str(verifier), wamp_len(verifier)));
        if (!ok)
            refuse(p, "wamp-scram: the router does not prove that it knows the password");
        return ok;
    }
    if (p->config.opt.bind_channel && !a->rounds) {
        refuse(p, "the router lets us in without the login that was to be bound to the connection");
        return false;
    }
    return true;
}

void wamp_auth_fini(struct auth *a)
{
    wipe(&a->auth_message);
    wamp_secret_wipe(a, sizeof *a);
}
