/* Logins that a browser's cookie remembers: whoever has logged in over a WebSocket may come in again by the method
 * `cookie`, as long as the cookie is good.
 *
 * A cookie is made when a browser connects without one that we know; ids are never taken from the client. It lives
 * as long as a connection has it or a login is remembered. Only pages of the same host, and those that the
 * listener names, may use it: anything that a browser sends along without being asked must not be worth anything
 * to others. In memory alone; a router that starts again knows nobody. spec: A-COO, reliability threat 11 */
#ifndef ROUTER_COOKIE_H
#define ROUTER_COOKIE_H

#include "common/buf.h"
#include "common/list.h"
#include "common/map.h"
#include "common/websocket.h"
#include "realms/realm.h"

struct conn;
struct hub;

enum { COOKIE_ID_LEN = 32 };  /* letters of 5 random bits each: 160. spec: A-COO-02 */

struct cookie {
    char id[COOKIE_ID_LEN + 1];
    struct list conns;       /* conn.by_cookie */
    struct list remembered;  /* cookies.remembered; linked: somebody has logged in */
    wamp_ms until;           /* of the login */
    char *text;              /* what the following borrow */
    struct str realm, authid, authrole, authmethod, authprovider;
    UT_hash_handle hh;       /* cookies.by_id */
};

/* Zero: none. */
struct cookies {
    struct cookie *by_id;
    struct list remembered;  /* the oldest login first */
    unsigned remembered_count;
};

/* A browser asks for a WebSocket: gives c the cookie that it has brought, or a new one, which is appended as a
 * header of the answer. Nothing where the listener has no cookies, or the page may not use them. */
void cookie_meet(struct conn *c, const struct wamp_ws_request *request, struct wamp_buf *headers);

/* c has logged in. */
void cookie_remember(struct conn *c, const struct session_info *info, struct str realm);

/* The login that c's cookie remembers; NULL: none. */
const struct cookie *cookie_login(const struct conn *c);

/* c said GOODBYE: with wamp.close.logout its login is forgotten, and the other connections of the cookie are
 * closed. */
void cookie_on_goodbye(struct conn *c, struct str reason);

void cookie_leave(struct conn *c);  /* c is gone */
void cookies_fini(struct cookies *cookies);  /* no connection is left */

#endif
