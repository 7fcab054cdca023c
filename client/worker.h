/* Procedures that may block: a few threads a peer, made when the first such invocation arrives.
 *
 * A worker never touches the peer. What it sends it writes down in a letter, which the peer's thread posts for it,
 * and waits for the outcome; what it receives it takes from the channel's queue under the mailbox's lock. */
#ifndef WAMP_CLIENT_WORKER_H
#define WAMP_CLIENT_WORKER_H

#include "client/callee.h"

#include <pthread.h>

enum { WORKER_JOBS_MAX = 1000 };  /* waiting for a thread; more are answered wamp.error.unavailable */

struct pool {
    pthread_t *threads;
    int count;
    int alive, idle;   /* threads; under the mailbox's lock, as all below */
    struct list jobs;  /* struct invocation */
    unsigned waiting;
    struct list letters;  /* struct letter */
    bool ending;
};

/* Gives it to a thread. False: too many wait already, or no thread can be made. */
bool wamp_pool_take(struct wamp_peer *p, struct invocation *inv);

/* Takes it back if no thread has begun it. */
bool wamp_pool_remove(struct wamp_peer *p, struct invocation *inv);

/* Workers shall look again whether they were canceled. */
void wamp_pool_wake(struct wamp_peer *p);

/* Takes back what no thread has begun, for `refuse`. */
void wamp_pool_recall(struct wamp_peer *p, void (*refuse)(struct invocation *inv));

/* Does what the workers' letters say, as far as the streams may be sent to. */
void wamp_pool_serve(struct wamp_peer *p);

/* Waits for all threads: the channels were canceled before. */
void wamp_pool_fini(struct wamp_peer *p);

/* The channel functions, called by the worker. */
static inline bool wamp_is_worker(const struct wamp_chan *ch)
{
    return ch->by_worker;
}
wamp_rc wamp_worker_answer(struct invocation *inv, enum answer kind, const char *uri, const char *fmt,
                           wamp_argv argv);
/* Waits until the queue has something or the invocation is canceled, at most so long. Takes it. */
wamp_rc wamp_worker_recv(struct wamp_chan *ch, struct parts *out, int timeout_ms);
wamp_rc wamp_worker_pause(struct wamp_chan *ch, int ms);

#endif
