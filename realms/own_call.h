/* Calls that the router itself makes: to the authorizers of its roles, and for the daemon (realm_call).
 *
 * They go the way of all calls, as CALLs of a session that is in no list and has no peer: what would be sent to
 * it is the outcome of a call, and is kept until the realm is at rest. */
#ifndef REALMS_OWN_CALL_H
#define REALMS_OWN_CALL_H

#include "common/list.h"
#include "realms/realm.h"

struct own_call;

struct own_calls {
    struct session *session;  /* its id is 0: no message shows it, no client can name it */
    struct own_call *by_id;
    struct list over;         /* own_call.over: `done` is due, in the order in which they ended */
    uint64_t last_id;
    bool is_finishing;        /* own_calls_finish is at work */
};

bool own_calls_init(struct realm *r);  /* false: no memory */
void own_calls_fini(struct realm *r);  /* when all sessions are gone, and the calls have ended with them */

/* As realm_call and realm_call_forget, from within a call into the realm; `done` is not called before it
 * returns. 0: no memory, and `done` will not be called. */
uint64_t own_call_start(struct realm *r, const struct realm_request *request, realm_done *done, void *user);
void own_call_forget(struct realm *r, uint64_t id);

/* A message to the router's own session, which is an outcome. */
void own_call_take(struct realm *r, const struct wamp_frame *frame);

/* The call with that CALL.Request is no more. */
void own_call_over(struct realm *r, uint64_t request);

/* Calls `done` for all that are over, those included that come to be over by that. The realm is at rest. */
void own_calls_finish(struct realm *r);

#endif
