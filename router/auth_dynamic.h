/* Logins that an authenticator decides: a procedure that somebody has registered. The call runs while others are
 * served; it is forgotten with the login. */
#ifndef ROUTER_AUTH_DYNAMIC_H
#define ROUTER_AUTH_DYNAMIC_H

#include "common/value.h"
#include "router/login.h"

/* l will be decided by the authenticator of `source`. False: no memory. */
bool auth_dynamic_set(struct login *l, const struct auth_source *source);

/* Asks. ticket.ptr NULL: there is none. Goes on with login_go_on, or refuses; perhaps before it returns, so that l
 * may be gone then. */
void auth_dynamic_ask(struct login *l, struct str ticket);
void auth_dynamic_forget(struct login *l);

/* For login_method.take: a text, empty where there is none; a number of 1 .. most, 0 where there is none, false
 * where it is something else. */
struct str auth_dynamic_text(const struct wamp_value *answer, struct str key);
bool auth_dynamic_number(const struct wamp_value *answer, struct str key, int64_t most, int64_t *out);

#endif
