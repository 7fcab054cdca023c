/* Requests that wait for their answer: one table, one counter for all kinds. spec: B-048
 *
 * Each ends exactly once, by `end`: answered, refused, timed out, or lost with the session. By then it is out of
 * the table. */
#ifndef WAMP_CLIENT_REQUEST_H
#define WAMP_CLIENT_REQUEST_H

#include "client/failure.h"
#include "client/timer.h"
#include "common/map.h"
#include "common/msg.h"

enum { WAMP_REQUESTS_MAX = 65536 };  /* open at a time: a bound on what a program can pile up by mistake */

struct request {
    UT_hash_handle hh;
    uint64_t id;
    enum wamp_type type;  /* of what was sent */
    struct timer timer;
    /* rc WAMP_OK: m is the answer. Otherwise m is the ERROR, or NULL where the reason is local
     * (wamp_request_failure). */
    void (*end)(struct wamp_peer *p, struct request *r, wamp_rc rc, const struct wamp_msg *m);
};

/* Gives it the next id. WAMP_E_TOOBIG: too many are open; WAMP_E_NOMEM. */
wamp_rc wamp_request_open(struct wamp_peer *p, struct request *r, enum wamp_type type,
                          void (*end)(struct wamp_peer *p, struct request *r, wamp_rc rc,
                                      const struct wamp_msg *m));

/* Takes it out without ending it. A request whose message could not be sent gives its id back. */
void wamp_request_close(struct wamp_peer *p, struct request *r);
void wamp_request_unsent(struct wamp_peer *p, struct request *r);

/* Ends it with WAMP_E_TIMEOUT when there is no answer by then. */
void wamp_request_expire(struct wamp_peer *p, struct request *r, int ms);

struct request *wamp_request_find(struct wamp_peer *p, uint64_t id);
bool wamp_request_is_open(const struct request *r);

/* Ends it from this side. */
void wamp_request_end(struct wamp_peer *p, struct request *r, wamp_rc rc);
void wamp_requests_lost(struct wamp_peer *p);  /* all of them, WAMP_E_LOST */

/* What an end with that rc and message means, in words. */
void wamp_request_failure(struct wamp_peer *p, wamp_rc rc, const struct wamp_msg *m, struct failure *out);

/* Incoming SUBSCRIBED, REGISTERED, ... and ERROR. False: it answers nothing that was ever asked, a violation. */
bool wamp_request_answered(struct wamp_peer *p, const struct wamp_msg *m);
bool wamp_request_refused(struct wamp_peer *p, const struct wamp_msg *m);

#endif
