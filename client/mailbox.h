/* What other threads tell a peer, and how it wakes up: the only part of a peer that several threads touch.
 *
 * One lock and one condition a peer: for posted functions, and for what workers share with the peer's thread
 * (client/worker.h). The descriptors: an epoll that the program may wait on, and in it an eventfd that is written
 * when something was put in. */
#ifndef WAMP_CLIENT_MAILBOX_H
#define WAMP_CLIENT_MAILBOX_H

#include "client/include/wamp/loop.h"
#include "common/list.h"

#include <pthread.h>
#include <stdatomic.h>

struct mailbox {
    pthread_mutex_t lock;
    pthread_cond_t changed;  /* workers wait on it */
    struct list posts;
    bool closed;  /* nothing is taken any more */
    int epoll_fd, wake_fd;
    _Atomic bool rung;  /* wake_fd was written and not yet read */
    _Atomic bool stop;  /* wamp_stop */
};

/* WAMP_E_NOMEM: no descriptors, no memory. */
wamp_rc wamp_mailbox_init(struct mailbox *m);
void wamp_mailbox_fini(struct mailbox *m);

void wamp_mailbox_ring(struct mailbox *m);  /* thread: any */

/* Runs what was posted. Thread: the peer's. */
void wamp_mailbox_run(struct wamp_peer *p);
void wamp_mailbox_close(struct mailbox *m);  /* drops the posts, refuses more */

#endif
