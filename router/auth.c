#include "router/auth.h"

#include "common/base64.h"
#include "router/random.h"

/* --- coming and going ----------------------------------------------------------------------------------- */

struct auth *auth_new(void)
{
    return wamp_zalloc(sizeof(struct auth));
}

static void fini_source(struct auth_source *source)
{
    HASH_CLEAR(hh, source->principals);
    HASH_CLEAR(hh, source->owners);
}

void auth_free(struct auth *a)
{
    if (!a)
        return;
    for (int way = 0; way < AUTH_WAYS; way++)
        fini_source(&a->sources[way]);
    wamp_arena_fini(&a->memory);
    wamp_secret_wipe(a, sizeof *a);
    wamp_free(a);
}

/* --- keys ----------------------------------------------------------------------------------------------- */

bool auth_key_read(struct str text, struct auth_key *out)
{
    if (wamp_hex_read(text, out->octets, sizeof *out))
        return true;
    bool ok = wamp_base64_ok(text) && wamp_base64_decoded_len(text) == sizeof *out;
    if (ok)
        wamp_base64_decode(text, (char *)out->octets);
    return ok;
}

bool auth_salt_read(struct str text, struct wamp_arena *arena, struct str *out)
{
    uint8_t octets[16];
    struct wamp_buf base64 = {0};
    *out = wamp_base64_ok(text) && text.len <= AUTH_SALT_MAX ? text : STR("");
    if (!wamp_hex_read(text, octets, sizeof octets))
        return true;
    wamp_base64_encode(&base64, str_of((const char *)octets, sizeof octets));
    *out = wamp_buf_str(&base64);
    bool ok = !base64.failed && wamp_arena_keep(arena, out);
    wamp_buf_fini(&base64);
    return ok;
}

/* --- principals ----------------------------------------------------------------------------------------- */

static struct principal *find(const struct auth_source *source, struct str authid)
{
    struct principal *p = NULL;
    HASH_FIND(hh, source->principals, authid.ptr, authid.len, p);
    return p;
}

struct principal *auth_add(struct auth *a, enum auth_way way, struct str authid, bool *twice)
{
    struct auth_source *source = &a->sources[way];
    *twice = find(source, authid) != NULL;
    struct principal *p = *twice ? NULL : wamp_arena_alloc(&a->memory, sizeof *p);
    if (!p)
        return NULL;
    *p = (struct principal){.authid = authid};
    if (!wamp_arena_keep(&a->memory, &p->authid))
        return NULL;
    HASH_ADD_KEYPTR(hh, source->principals, p->authid.ptr, p->authid.len, p);
    return wamp_map_added(p) ? p : NULL;
}

static bool add_owner(struct auth *a, struct auth_source *source, const struct auth_key *key,
                      const struct principal *p)
{
    struct auth_owner *o = NULL;
    HASH_FIND(hh, source->owners, key, sizeof *key, o);
    if (o) {
        if (o->principal != p)
            o->principal = NULL;
        return true;
    }
    o = wamp_arena_alloc(&a->memory, sizeof *o);
    if (!o)
        return false;
    *o = (struct auth_owner){.key = *key, .principal = p};
    HASH_ADD(hh, source->owners, key, sizeof o->key, o);
    return wamp_map_added(o);
}

bool auth_add_keys(struct auth *a, enum auth_way way, const struct principal *p)
{
    bool ok = true;
    for (size_t i = 0; ok && i < p->key_count; i++)
        ok = add_owner(a, &a->sources[way], &p->keys[i], p);
    return ok;
}

bool principal_may_enter(const struct principal *p, struct str realm)
{
    for (size_t i = 0; i < p->realm_count; i++)
        if (str_eq(p->realms[i], realm))
            return true;
    return p->realm_count == 0;
}

/* --- those who do not exist ------------------------------------------------------------------------------ */

enum {
    BLOCK_CHARS = 40,  /* of the 44 characters of an HMAC in base64: a multiple of 4 without padding */
    MODELS_MAX = 16,   /* of those who exist, the first: a stranger is not worth a walk along all of them */
};

/* One for the process: what is made of it must not change when the configuration is read again. */
static struct str fake_key(void)
{
    static uint8_t key[32];
    static bool made;
    if (!made)
        random_octets(key, sizeof key);
    made = true;
    return str_of((const char *)key, sizeof key);
}

/* len characters of base64 that look random and depend on the authid and `what` alone. False: no memory. */
static bool fake_text(char what, struct str authid, size_t len, struct wamp_arena *arena, struct str *out)
{
    struct wamp_buf seed = {0}, text = {0};
    for (unsigned char block = 0; text.len < len && !seed.failed && !text.failed; block++) {
        wamp_buf_reset(&seed);
        wamp_buf_add_char(&seed, what);
        wamp_buf_add_char(&seed, (char)block);
        wamp_buf_add_str(&seed, authid);
        size_t start = text.len;
        if (seed.failed || wamp_cra_sign(fake_key(), wamp_buf_str(&seed), &text))
            text.failed = true;
        else
            text.len = start + BLOCK_CHARS;
    }
    bool ok = !text.failed && !seed.failed;
    *out = str_of(text.ptr, len);
    ok = ok && wamp_arena_keep(arena, out);
    wamp_buf_fini(&seed);
    wamp_buf_fini(&text);
    return ok;
}

/* len octets. */
static bool fake_octets(char what, struct str authid, size_t len, struct wamp_arena *arena, char *out)
{
    struct str text;
    size_t chars = (len + 2) / 3 * 4;
    char *octets = fake_text(what, authid, chars, arena, &text) ? wamp_arena_alloc(arena, chars) : NULL;
    if (!octets)
        return false;
    wamp_base64_decode(text, octets);
    memcpy(out, octets, len);
    return true;
}

static bool is_hex(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!memchr("0123456789abcdef", text.ptr[i], 16))
            return false;
    return true;
}

/* As long as the salt of the one that the fake is modelled on, as random, and spelled alike: padding and alphabet
 * would tell them apart. */
static bool fake_salt(struct str authid, struct str model, struct wamp_arena *arena, struct str *out)
{
    struct wamp_buf text = {0};
    bool hex = is_hex(model);
    if (!hex && !wamp_base64_ok(model))
        return fake_text('s', authid, model.len, arena, out);
    size_t len = hex ? (model.len + 1) / 2 : wamp_base64_decoded_len(model);
    char *octets = wamp_arena_alloc(arena, len);
    bool ok = octets && fake_octets('s', authid, len, arena, octets);
    if (ok)
        (hex ? wamp_hex_write : wamp_base64_encode)(&text, str_of(octets, len));
    *out = str_of(text.ptr, text.len < model.len ? text.len : model.len);
    ok = ok && !text.failed && wamp_arena_keep(arena, out);
    wamp_buf_fini(&text);
    return ok;
}

/* One of those who exist, always the same for an authid. NULL: there are none. */
static const struct principal *model_of(const struct auth_source *source, uint32_t draw)
{
    const struct principal *p = source->principals;
    unsigned count = HASH_COUNT(source->principals);
    count = count > MODELS_MAX ? MODELS_MAX : count;
    for (unsigned n = count ? draw % count : 0; n; n--)
        p = p->hh.next;
    return p;
}

static bool make_fake(const struct auth_source *source, struct str authid, struct wamp_arena *arena,
                      struct principal *out)
{
    uint32_t draw;
    if (!fake_octets('m', authid, sizeof draw, arena, (char *)&draw))
        return false;
    const struct principal *model = model_of(source, draw);
    *out = model ? *model : (struct principal){.role = STR("anonymous")};
    out->authid = authid;
    return fake_text('t', authid, BLOCK_CHARS, arena, &out->secret) &&
           fake_octets('k', authid, AUTH_KEY_LEN, arena, (char *)&out->stored_key) &&
           fake_octets('K', authid, AUTH_KEY_LEN, arena, (char *)&out->server_key) &&
           (!out->salt.len || fake_salt(authid, out->salt, arena, &out->salt));
}

/* --- looking up ----------------------------------------------------------------------------------------- */

/* Nothing of the copy depends on its source. */
static bool keep(struct principal *p, struct wamp_arena *arena)
{
    p->keys = NULL;
    p->key_count = 0;
    p->realms = NULL;
    p->realm_count = 0;
    return wamp_arena_keep(arena, &p->authid) && wamp_arena_keep(arena, &p->role) &&
           wamp_arena_keep(arena, &p->secret) && wamp_arena_keep(arena, &p->salt);
}

bool auth_find(const struct auth *a, enum auth_way way, struct str authid, struct str realm,
               struct wamp_arena *arena, struct principal *out, bool *known)
{
    const struct auth_source *source = &a->sources[way];
    struct principal fake;
    if (!make_fake(source, authid, arena, &fake))
        return false;
    const struct principal *p = find(source, authid);
    *known = p && principal_may_enter(p, realm);
    *out = *known ? *p : fake;
    return keep(out, arena);
}

bool auth_has(const struct auth *a, enum auth_way way, struct str authid, struct str role, struct str realm)
{
    const struct principal *p = find(&a->sources[way], authid);
    return p && str_eq(p->role, role) && principal_may_enter(p, realm);
}

static bool has_key(const struct principal *p, const struct auth_key *key)
{
    for (size_t i = 0; i < p->key_count; i++)
        if (!memcmp(&p->keys[i], key, sizeof *key))
            return true;
    return false;
}

bool auth_find_key(const struct auth *a, enum auth_way way, const struct auth_key *key, struct str authid,
                   struct str realm, struct wamp_arena *arena, struct principal *out, bool *known)
{
    const struct auth_source *source = &a->sources[way];
    struct auth_owner *o = NULL;
    const struct principal *p = NULL;
    HASH_FIND(hh, source->owners, key, sizeof *key, o);
    if (authid.len)
        p = find(source, authid);
    else if (o)
        p = o->principal;
    *known = p && has_key(p, key) && principal_may_enter(p, realm);
    *out = *known ? *p : (struct principal){0};
    return keep(out, arena);
}
