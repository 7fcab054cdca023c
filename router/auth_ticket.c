/* ticket: a password as it is. Only for connections that nobody can listen to. spec: A-TIC */
#include "router/login.h"

static bool enabled(const struct auth *a, struct str realm)
{
    (void)realm;
    return a->sources[AUTH_TICKET].enabled;
}

static enum login_step start(struct login *l, const struct auth *a)
{
    return login_find_principal(l, a, AUTH_TICKET);
}

static void challenge(struct login *l, struct wamp_wr *w)
{
    (void)l;
    wamp_wr_map(w, 0);
    wamp_wr_map_end(w);
}

static bool verify(struct login *l, struct str signature, const struct wamp_item *extra)
{
    (void)extra;
    return wamp_secret_equal(signature, l->principal.secret);
}

const struct login_method login_ticket = {
    .name = {"ticket", 6},
    .enabled = enabled,
    .start = start,
    .challenge = challenge,
    .verify = verify,
    .crossbar_text = "ticket in static WAMP-Ticket authentication is invalid",
};
