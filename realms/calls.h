/* Calls: from CALL to the one final RESULT or ERROR.
 *
 * A call exists from the moment its CALL was accepted until its caller has been given the final answer, or is owed
 * none. It is under way at one callee, or waits for one with room. What a callee still sends for a call that ended
 * is dropped by the watermark rule. spec: B-036, B-085 */
#ifndef REALMS_CALLS_H
#define REALMS_CALLS_H

#include "common/list.h"
#include "common/map.h"
#include "realms/dealer.h"
#include "realms/timers.h"

struct kept;

struct call {
    struct {
        uint64_t session, request;
    } caller_key;  /* CALL.Request */
    struct {
        uint64_t session, invocation;
    } callee_key;  /* INVOCATION.Request */
    struct session *caller;
    struct session *callee;      /* NULL while the call waits */
    uint64_t registration;
    uint64_t procedure_hash;     /* tells whether a later chunk names the same procedure. spec: R-02 */
    struct timer timer;
    wamp_ms timeout;             /* 0: none */
    wamp_ms deadline;            /* of the call, whoever watches over it */
    wamp_ms timeout_told;        /* what the callee is told, when it watches over the deadline itself */
    int64_t trust;               /* level, or NO_TRUST */
    uint64_t counted_by;         /* callee.number of the callee where it counts as busy; 0: it does not count */
    bool receive_progress;       /* the caller asked for progressive results */
    bool open;                   /* the caller may send further chunks */
    bool asks_disclosure;        /* the caller asked to be shown */
    bool is_disclosed;           /* the caller is shown, as it is configured for that procedure */
    /* what the callee is told: settled when it gets the call */
    bool disclosed, forwards_timeout, forwards_progress;
    bool invoked;                /* the callee was sent an INVOCATION */
    bool patterned;              /* the registration is a prefix or wildcard: INVOCATION names the procedure */
    bool killing;                /* INTERRUPT kill was sent; the callee's answer is awaited */
    bool progressed;             /* chunks or results went both ways: no other callee can take over. spec: A-RRT-05 */
    bool is_waiting;
    struct kept *kept;           /* copies for later: where the call waits, may be re-routed, or froze options */
    struct list by_caller, by_callee, waiting;
    UT_hash_handle hh;           /* dealer.calls */
    UT_hash_handle by_invocation;
};

bool calls_init(struct realm *r);  /* false: no memory */
void calls_fini(struct realm *r);

void calls_on_call(struct session *s, const struct wamp_msg *m);
void calls_on_cancel(struct session *s, const struct wamp_msg *m);
void calls_on_yield(struct session *s, const struct wamp_msg *m);
void calls_on_error(struct session *s, const struct wamp_msg *m);

/* Whether s has made a call with that id that has not ended. */
bool calls_is_under_way(const struct session *s, uint64_t request);

/* Whether m, a CALL, is a further one of a call that expects it, or of none that is under way. spec: R-02,
 * A-PCI-11 */
bool calls_may_follow(const struct session *s, const struct wamp_msg *m);

/* Whether m is a further CALL of a call that s made: one under way, or one that ended early. spec: A-PCI-10 */
bool calls_has_begun(struct session *s, const struct wamp_msg *m);

void calls_leave(struct session *s);  /* as caller and as callee. spec: B-092..B-096 */
void calls_expire(struct realm *r, struct timer *timer);

/* See realm_end_stream. */
void calls_end_stream(struct session *s, enum wamp_type stream, uint64_t request);

/* Callees may have room again: gives them what waits. */
void calls_serve_waiting(struct realm *r, struct registration *reg);

/* A callee has left reg. What waits for reg ends, as far as nobody is left who could take it. */
void calls_callee_gone(struct registration *reg);

#endif
