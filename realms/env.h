/* What a realm needs from outside, and all it can do to the outside.
 *
 * These functions are called from within realm_* calls and never re-enter the realm. */
#ifndef REALMS_ENV_H
#define REALMS_ENV_H

#include "common/msg.h"

#include <stdbool.h>
#include <stdint.h>

struct session;

enum close_reason {
    CLOSE_GOODBYE,    /* the peer said GOODBYE and was answered: the transport may stay for a moment */
    CLOSE_KILLED,     /* we said GOODBYE (kill, shutdown): wait for the answer, then close */
    CLOSE_ABORTED,    /* the peer said ABORT: close */
    CLOSE_PROTOCOL,   /* we sent ABORT protocol_violation: flush, then close (WebSocket 1002) */
    CLOSE_SLOW,       /* the session did not drain: close (WebSocket 1008) */
    CLOSE_TOO_BIG,    /* a message that may not be left out exceeds what the peer takes: close (1009). spec: R-28 */
    CLOSE_NOMEM,      /* memory ran out while serving this session: close (WebSocket 1011) */
};

struct realm_env {
    /* Queues one message for s: head, then tail, both borrowed for the call. Never blocks. False when s is over
     * its bound: nothing was queued, and the realm ends the session (CLOSE_SLOW). spec: B-072, B-088 */
    bool (*send)(void *ctx, struct session *s, const struct wamp_frame *frame);

    /* s is gone: the realm has forgotten it, and the pointer is invalid when this returns. The messages queued
     * before still have to be delivered. Not called for realm_leave, which the caller began himself. */
    void (*close)(void *ctx, struct session *s, enum close_reason why);

    /* on: had better read nothing more from s, since much waits already; false: may again. What still comes is
     * taken, up to a bound. NULL is fine. spec: A-AZN-08 */
    void (*hold)(void *ctx, struct session *s, bool on);

    /* Whether so much waits for s that the router adds no questions of its own, behind which strangers stand: they
     * could fill its queue, and end it. NULL is fine. */
    bool (*is_full)(void *ctx, const struct session *s);

    /* 64 random bits: ids, and the invocation policy 'random'. */
    uint64_t (*random)(void *ctx);

    void *ctx;
};

#endif
