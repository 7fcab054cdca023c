/* wampcra: a signature of the router's challenge, with a secret or a key derived from it. spec: A-CRA */
#include "router/auth_dynamic.h"
#include "router/random.h"
#include "router/router.h"

#include <stdio.h>
#include <time.h>

enum { NONCE_LEN = 32, TIME_LEN = 32 };

/* ISO 8601, UTC, milliseconds. */
static void write_time(wamp_ms unix_ms, char out[TIME_LEN])
{
    struct tm tm;
    time_t seconds = (time_t)(unix_ms / 1000);
    gmtime_r(&seconds, &tm);
    size_t len = strftime(out, TIME_LEN, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + len, TIME_LEN - len, ".%03uZ", (unsigned)(unix_ms % 1000));
}

/* What is to be signed: JSON text, whatever the serializer. NULL: no memory. */
static struct str make_challenge(struct login *l)
{
    struct hub *hub = l->conn->hub;
    struct wamp_buf text = {0};
    struct wamp_wr w = wamp_wr(WAMP_JSON, &text);
    char nonce[NONCE_LEN + 1], time[TIME_LEN];
    random_name(&hub->router->random, nonce, NONCE_LEN);
    write_time(hub->router->epoch_ms + hub->now, time);
    wamp_wr_map(&w, 7);
    login_write(&w, STR("authid"), l->principal.authid);
    login_write(&w, STR("authrole"), l->principal.role);
    login_write(&w, STR("authmethod"), l->method_name);
    login_write(&w, STR("authprovider"), l->authprovider);
    login_write(&w, STR("nonce"), str_z(nonce));
    login_write(&w, STR("timestamp"), str_z(time));
    wamp_wr_key(&w, STR("session"));
    wamp_wr_uint(&w, l->session);
    wamp_wr_map_end(&w);
    struct str out = {0};
    if (!text.failed)
        out = wamp_arena_copy(&l->arena, wamp_buf_str(&text));
    wamp_buf_fini(&text);
    return out;
}

/* spec: A-CRA-04 */
static void write_salt(struct wamp_wr *w, const struct principal *p)
{
    login_write(w, STR("salt"), p->salt);
    wamp_wr_key(w, STR("iterations"));
    wamp_wr_int(w, p->iterations ? p->iterations : WAMP_CRA_ITERATIONS);
    wamp_wr_key(w, STR("keylen"));
    wamp_wr_int(w, p->keylen ? p->keylen : WAMP_CRA_KEYLEN);
}

static void challenge(struct login *l, struct wamp_wr *w)
{
    struct str *text = wamp_arena_alloc(&l->arena, sizeof *text);
    bool salted = l->principal.salt.len > 0;
    if (text)
        *text = make_challenge(l);
    if (!text || !text->ptr) {
        w->out->failed = true;
        return;
    }
    l->state = text;
    wamp_wr_map(w, salted ? 4 : 1);
    login_write(w, STR("challenge"), *text);
    if (salted)
        write_salt(w, &l->principal);
    wamp_wr_map_end(w);
}

static enum login_proof verify(struct login *l, struct str signature, const struct wamp_item *extra)
{
    const struct str *text = l->state;
    (void)extra;
    return wamp_cra_verify(l->principal.secret, *text, signature) ? LOGIN_PROVED : LOGIN_DISPROVED;
}

static bool take(struct login *l, const struct wamp_value *answer)
{
    struct principal *p = &l->principal;
    p->secret = auth_dynamic_text(answer, STR("secret"));
    p->salt = auth_dynamic_text(answer, STR("salt"));
    return p->secret.len &&
           auth_dynamic_number(answer, STR("iterations"), WAMP_CRA_ITERATIONS_MAX, &p->iterations) &&
           auth_dynamic_number(answer, STR("keylen"), WAMP_CRA_KEYLEN_MAX, &p->keylen);
}

const struct login_method login_wampcra = {
    .name = {"wampcra", 7},
    .way = AUTH_CRA,
    .start = login_find_principal,
    .challenge = challenge,
    .verify = verify,
    .take = take,
    .crossbar_text = "WAMP-CRA signature is invalid",
};
