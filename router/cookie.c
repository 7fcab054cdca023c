#include "router/cookie.h"

#include "common/http.h"
#include "common/mem.h"
#include "router/auth.h"
#include "router/conn.h"
#include "router/login.h"
#include "router/origin.h"
#include "router/random.h"
#include "router/router.h"

#include <inttypes.h>

enum {
    REMEMBERED_MAX = 65536
}; /* logins: a client that comes without its cookie each time makes no more of them */

/* --- coming and going ----------------------------------------------------------------------------------- */

static struct cookie *cookie_new(struct hub *hub)
{
    struct cookie *k = wamp_zalloc(sizeof *k);
    if (!k)
        return NULL;
    list_init(&k->conns);
    random_name(&hub->router->random, k->id, COOKIE_ID_LEN);
    HASH_ADD(hh, hub->cookies.by_id, id, COOKIE_ID_LEN, k);
    if (wamp_map_added(k))
        return k;
    wamp_free(k);
    return NULL;
}

/* Nobody has it, and nobody is remembered. */
static void free_unused(struct cookies *cookies, struct cookie *k)
{
    if (!list_is_empty(&k->conns) || list_is_linked(&k->remembered))
        return;
    HASH_DEL(cookies->by_id, k);
    wamp_free(k);
}

static void forget_login(struct cookies *cookies, struct cookie *k)
{
    if (!list_is_linked(&k->remembered))
        return;
    list_remove(&k->remembered);
    cookies->remembered_count--;
    wamp_free(k->text);
    k->text = NULL;
    free_unused(cookies, k);
}

static struct cookie *oldest(const struct cookies *cookies)
{
    struct list *n = list_first(&cookies->remembered);
    return n ? list_entry(n, struct cookie, remembered) : NULL;
}

void cookies_fini(struct cookies *cookies)
{
    for (struct cookie *k; (k = oldest(cookies));)
        forget_login(cookies, k);
}

static void attach(struct conn *c, struct cookie *k)
{
    c->cookie = k;
    list_add_tail(&k->conns, &c->by_cookie);
}

void cookie_leave(struct conn *c)
{
    struct cookie *k = c->cookie;
    c->cookie = NULL;
    list_remove(&c->by_cookie);
    if (k)
        free_unused(&c->hub->cookies, k);
}

/* --- at the upgrade ------------------------------------------------------------------------------------- */

/* A page of the host that it connects to. */
static bool is_same_site(const struct wamp_ws_request *request)
{
    const struct str mark = STR("://");
    const char *at = memmem(request->origin.ptr, request->origin.len, mark.ptr, mark.len);
    if (!at)
        return false;
    struct str authority = str_from(request->origin, (size_t)(at + mark.len - request->origin.ptr));
    return wamp_http_same_word(authority, request->host);
}

/* Pages that are named one by one; "*" names none. */
static bool is_named(const struct conn *c, struct str origin)
{
    const struct config_names *list = &c->listener->origins;
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->names[i], "*") && origin_allowed(&list->names[i], 1, origin))
            return true;
    return false;
}

/* Programs that are no browsers send no origin. */
static bool may_use(const struct conn *c, const struct wamp_ws_request *request)
{
    return !request->origin.len || is_same_site(request) || is_named(c, request->origin);
}

/* The value of that name in a Cookie header: a=b; c=d. */
static struct str value_of(struct str header, struct str name)
{
    while (header.len) {
        struct str value = wamp_http_trim(wamp_http_take(&header, ';'));
        struct str key = wamp_http_take(&value, '=');
        if (str_eq(key, name))
            return value;
    }
    return STR("");
}

static struct cookie *find(const struct cookies *cookies, struct str id)
{
    struct cookie *k = NULL;
    if (id.len == COOKIE_ID_LEN)
        HASH_FIND(hh, cookies->by_id, id.ptr, COOKIE_ID_LEN, k);
    return k;
}

void cookie_meet(struct conn *c, const struct wamp_ws_request *request, struct wamp_buf *headers)
{
    const struct auth *a = login_auth(c);
    if (!a || !a->has_cookies || !c->listener || !may_use(c, request))
        return;
    struct cookie *known = find(&c->hub->cookies, value_of(request->cookie, a->cookie_name));
    struct cookie *k = known ? known : cookie_new(c->hub);
    if (!k)
        return;
    attach(c, k);
    if (known)
        return;
    wamp_buf_addf(headers, "Set-Cookie: %.*s=%s; Path=/; Max-Age=%" PRId64 "; HttpOnly; SameSite=Lax%s\r\n",
                  STR_ARG(a->cookie_name), k->id, a->cookie_ms / 1000,
                  c->listener->tls.certificate ? "; Secure" : "");
}

/* --- logins --------------------------------------------------------------------------------------------- */

static struct str put_text(char **at, struct str text)
{
    struct str copy = str_of(*at, text.len);
    if (text.len)
        memcpy(*at, text.ptr, text.len);
    *at += text.len;
    return copy;
}

/* What cannot be remembered for want of memory has to be proved again. */
void cookie_remember(struct conn *c, const struct session_info *info, struct str realm)
{
    struct cookies *cookies = &c->hub->cookies;
    struct cookie *k = c->cookie;
    const struct auth *a = login_auth(c);
    size_t len = realm.len + info->authid.len + info->authrole.len + info->authmethod.len + info->authprovider.len;
    char *text = k && a && a->has_cookies ? wamp_alloc(len + 1) : NULL;
    if (!text)
        return;
    forget_login(cookies, k);
    while (cookies->remembered_count >= REMEMBERED_MAX)
        forget_login(cookies, oldest(cookies));
    k->text = text;
    k->realm = put_text(&text, realm);
    k->authid = put_text(&text, info->authid);
    k->authrole = put_text(&text, info->authrole);
    k->authmethod = put_text(&text, info->authmethod);
    k->authprovider = put_text(&text, info->authprovider);
    k->until = c->hub->now + a->cookie_ms;
    list_add_tail(&cookies->remembered, &k->remembered);
    cookies->remembered_count++;
}

const struct cookie *cookie_login(const struct conn *c)
{
    const struct cookie *k = c->cookie;
    return k && list_is_linked(&k->remembered) && k->until > c->hub->now ? k : NULL;
}

void cookie_on_goodbye(struct conn *c, struct str reason)
{
    struct cookie *k = c->cookie;
    struct list *next;
    if (!k || !str_eq(reason, STR("wamp.close.logout")))
        return;
    forget_login(&c->hub->cookies, k);
    for (struct list *n = list_first(&k->conns); n; n = next) {
        struct conn *other = list_entry(n, struct conn, by_cookie);
        next = list_next(&k->conns, n);
        if (other != c)
            conn_close(other, 1000, "wamp.close.logout");
    }
}
