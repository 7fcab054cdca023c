/* ticket: a password as it is. Only for connections that nobody can listen to. spec: A-TIC */
#include "router/login.h"

/* An authenticator is asked when there is a ticket to show to it. */
static enum login_step start(struct login *l, const struct auth *a)
{
    enum login_step step = login_find_principal(l, a);
    return step == LOGIN_ASK ? LOGIN_CHALLENGE : step;
}

static void challenge(struct login *l, struct wamp_wr *w)
{
    (void)l;
    wamp_wr_map(w, 0);
    wamp_wr_map_end(w);
}

static enum login_proof verify(struct login *l, struct str signature, const struct wamp_item *extra)
{
    (void)extra;
    if (l->authenticator.len)
        return LOGIN_UNCLEAR;
    return wamp_secret_equal(signature, l->principal.secret) ? LOGIN_PROVED : LOGIN_DISPROVED;
}

const struct login_method login_ticket = {
    .name = {"ticket", 6},
    .way = AUTH_TICKET,
    .start = start,
    .challenge = challenge,
    .verify = verify,
    .crossbar_text = "ticket in static WAMP-Ticket authentication is invalid",
};
