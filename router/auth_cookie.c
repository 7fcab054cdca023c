/* cookie: the login that an earlier connection of the same browser has made, remembered by router/cookie.h. spec:
 * A-COO */
#include "router/login.h"

#include "router/cookie.h"

/* A login outlives the configuration that it was made by, and is known at listeners with other principals: whoever
 * would not be let in here and now has to prove again who he is. An authenticator is not asked again. */
static bool still_fits(const struct cookie *k, const struct auth *a)
{
    const struct login_method *method = login_find_method(k->authmethod, a, k->realm);
    if (!method)
        return false;
    if (a->sources[method->way].authenticator.len)
        return str_eq(k->authprovider, STR("dynamic"));
    return auth_has(a, method->way, k->authid, k->authrole, k->realm);
}

/* Who it was then, in the same realm. spec: A-COO-01 */
static enum login_step start(struct login *l, const struct auth *a)
{
    const struct cookie *k = cookie_login(l->conn);
    struct str asked = l->hello.authid;
    if (!k || !str_eq(k->realm, realm_name(l->realm)) || (asked.len && !str_eq(asked, k->authid)) ||
        !still_fits(k, a))
        return LOGIN_SKIP;
    l->authprovider = STR("cookie");
    l->principal.authid = wamp_arena_copy(&l->arena, k->authid);
    l->principal.role = wamp_arena_copy(&l->arena, k->authrole);
    l->method_name = wamp_arena_copy(&l->arena, k->authmethod);
    return l->principal.authid.ptr && l->principal.role.ptr && l->method_name.ptr ? LOGIN_JOIN : LOGIN_NOMEM;
}

const struct login_method login_cookie = {.name = {"cookie", 6}, .start = start};
