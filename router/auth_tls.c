/* tls: the certificate that the client proved to have when the connection was made. Nothing is left to be proved.
 * By its SHA-256, so that a reissued certificate has to be made known. spec: A-TLS */
#include "router/auth_dynamic.h"

/* spec: A-TLS-01, A-TLS-02 */
static enum login_step start(struct login *l, const struct auth *a)
{
    const struct auth_source *source = &a->sources[AUTH_TLS];
    struct auth_key fingerprint;
    if (!login_certificate(l, &fingerprint))
        return LOGIN_SKIP;
    if (source->authenticator.len)
        return auth_dynamic_set(l, source) ? LOGIN_ASK : LOGIN_NOMEM;
    if (!auth_find_key(a, AUTH_TLS, &fingerprint, l->hello.authid, realm_name(l->realm), &l->arena, &l->principal,
                       &l->known))
        return LOGIN_NOMEM;
    return l->known ? LOGIN_JOIN : LOGIN_SKIP;
}

/* Who it is, the authenticator has to say where the client does not. */
static bool take(struct login *l, const struct wamp_value *answer)
{
    (void)answer;
    return l->principal.authid.len > 0;
}

const struct login_method login_tls = {.name = {"tls", 3}, .way = AUTH_TLS, .start = start, .take = take};
