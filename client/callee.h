/* Invocations: what the router wants of this peer's procedures.
 *
 * An invocation is "active" from the INVOCATION until its final answer, or until nobody waits for one any more;
 * then its id is free. Its memory lives on while the procedure runs, and while the program holds the channel. */
#ifndef WAMP_CLIENT_CALLEE_H
#define WAMP_CLIENT_CALLEE_H

#include "client/channel.h"
#include "client/include/wamp/service.h"
#include "client/message.h"
#include "common/map.h"

#include <stdatomic.h>

struct mount;
struct offer;

enum {
    WAMP_INVOCATIONS_MAX = 10000,  /* at a time; more are answered wamp.error.unavailable */
    ENDED_STREAMS = 256,           /* remembered, to know their late chunks by. spec: A-PCI-09 */
};

enum canceled { NOT_CANCELED, CANCELED_KILL, CANCELED_KILLNOWAIT, CANCELED_LOST };

struct invocation {
    struct wamp_chan chan;
    UT_hash_handle hh;  /* peer.callee.active, by id */
    struct list link;   /* peer.callee.all */
    struct list job;    /* peer.pool.jobs: waits for a thread */
    uint64_t id;
    wamp_proc proc;
    void *self;
    struct mount *mount;   /* keeps self alive; or NULL */
    struct parts first;    /* of the first chunk: Details are its */
    struct parts current;  /* the chunk that the procedure was called with */
    bool current_last, current_taken;
    bool active;
    _Atomic bool open;  /* chunks follow; a worker reads it */
    bool wants_progress;
    bool running;          /* the procedure is being executed */
    bool held;             /* the program keeps the channel */
    bool replied;          /* the program gave its one answer */
    bool untold;           /* canceled, and the program has not been told yet */
    _Atomic int canceled;  /* enum canceled; a worker reads it */
    wamp_on_chan on_cancel;
    void *cancel_arg;
    wamp_val *options;  /* for YIELD.Options */
    char procedure[];
};

struct callee {
    struct invocation *active;
    struct list all;
    uint64_t ended[ENDED_STREAMS];
    unsigned ended_next;
};

/* Incoming. False: a violation. */
bool wamp_callee_invoke(struct wamp_peer *p, const struct wamp_msg *m);
void wamp_callee_interrupt(struct wamp_peer *p, const struct wamp_msg *m);
void wamp_callee_flow(struct wamp_peer *p, const struct wamp_msg *m);

unsigned wamp_callee_running(const struct wamp_peer *p);  /* active ones */

void wamp_callee_lost(struct wamp_peer *p);   /* the session is gone: nobody waits for answers */
void wamp_callee_drain(struct wamp_peer *p);  /* what has not started is given back to the router */
void wamp_callee_fini(struct wamp_peer *p);   /* frees every channel that the program still holds */

/* --- for client/procedure.c ---------------------------------------------------------------------------------- */

extern const struct chan_ops wamp_invocation_ops;
void wamp_invocation_free(struct invocation *inv);
void wamp_invocation_overflow(struct wamp_chan *ch);  /* its reader is too slow: the stream ends */

/* --- for the workers, on the peer's thread ------------------------------------------------------------------- */

enum answer { ANSWER_MORE, ANSWER_RESULT, ANSWER_ERROR };

/* Whether that may be sent at all: WAMP_OK, WAMP_E_CANCELED, WAMP_E_LOST, WAMP_E_STATE after the one answer. */
wamp_rc wamp_invocation_may(const struct invocation *inv, enum answer kind);

/* Sends an answer; `tail` is in the session's form. What is too large for the router becomes an ERROR. B-102 */
wamp_rc wamp_invocation_answer(struct invocation *inv, enum answer kind, const char *uri, const struct tail *tail);

/* The procedure returned rc and is not called again: answers for it where it did not, and frees. */
void wamp_invocation_settle(struct invocation *inv, wamp_rc rc);

/* --- for the workers, on any thread -------------------------------------------------------------------------- */

/* The current chunk, if nobody took it. */
bool wamp_invocation_take_current(struct invocation *inv, struct parts *out);
/* Makes *value the current chunk. */
void wamp_invocation_set_current(struct invocation *inv, struct parts *value, bool last);

#endif
