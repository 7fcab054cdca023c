/* A channel: what both ends of a streamed call share. The caller's is a struct outcall (client/outcall.c), the
 * callee's a struct invocation (client/callee.c). */
#ifndef WAMP_CLIENT_CHANNEL_H
#define WAMP_CLIENT_CHANNEL_H

#include "client/include/wamp/channel.h"
#include "client/timer.h"
#include "client/value.h"
#include "common/list.h"

enum {
    CHANNEL_VALUES_MAX = 64,  /* waiting to be taken, before the peer stops reading */
    CHANNEL_OCTETS_MAX = 1 << 20,
    CHANNEL_OVERFLOW = 16,     /* times that, and the stream ends: its reader is too slow */
    CHANNEL_STALL_MS = 30000,  /* so long may a full queue hold back everything else of its peer */
};

struct chan_ops;

struct wamp_chan {
    const struct chan_ops *ops;
    struct wamp_peer *peer;
    bool by_worker;     /* a worker's: the queue is under the mailbox's lock */
    bool paused;        /* the router asked to stop for a while (FLOW) */
    _Atomic bool full;  /* counted in peer.choked; a worker reads it */
    bool last_taken;    /* the incoming stream is over */
    struct list queue;  /* struct chunk */
    unsigned values;
    size_t octets;
    struct list hungry;  /* peer.hungry: was told WAMP_E_AGAIN because the connection was behind */
    struct timer stall;
    wamp_on_chan on_ready;
    void *ready_arg;
    void *user;
};

struct chunk {
    struct list link;
    struct parts parts;
    size_t octets;
    bool last;
};

/* How the two ends differ. */
struct chan_ops {
    /* Sends now, without waiting for room. A worker's waits. */
    wamp_rc (*send)(struct wamp_chan *ch, bool more, const char *fmt, wamp_argv argv);
    /* WAMP_OK: the stream may be sent to; else why not. */
    wamp_rc (*writable)(struct wamp_chan *ch);
    /* The next value (WAMP_MORE, WAMP_OK and *out is the caller's), WAMP_E_AGAIN while there is none, or how it
     * ended. */
    wamp_rc (*take)(struct wamp_chan *ch, struct parts *out);
    bool (*readable)(struct wamp_chan *ch);  /* take would not say WAMP_E_AGAIN */
    void (*overflow)(struct wamp_chan *ch);  /* the reader is too slow: ends the stream */
    bool (*is_open)(const struct wamp_chan *ch);
};

void wamp_chan_init(struct wamp_chan *ch, const struct chan_ops *ops, struct wamp_peer *p);

/* Appends a value, which is taken over. False: memory is short, the value is dropped. */
bool wamp_chan_push(struct wamp_chan *ch, struct parts *value, size_t octets, bool last);

/* Takes the next value off the queue: WAMP_MORE, WAMP_OK for the last, WAMP_E_AGAIN when there is none. */
wamp_rc wamp_chan_take(struct wamp_chan *ch, struct parts *out);

/* Far more waits than is allowed: the stream has to end. */
bool wamp_chan_is_flooded(struct wamp_chan *ch);

bool wamp_chan_is_half(const struct wamp_chan *ch);  /* few enough wait for reading to go on */
void wamp_chan_relieve(struct wamp_chan *ch);        /* after some were taken: reading goes on where it may */
void wamp_chan_drain(struct wamp_chan *ch);          /* drops what waits, and no longer holds anything back */
void wamp_chan_ready(struct wamp_chan *ch);          /* calls on_ready */
void wamp_chan_flow(struct wamp_chan *ch, bool stop);

/* Tells those whose wamp_send said WAMP_E_AGAIN that there is room again, while there is. */
void wamp_chans_feed(struct wamp_peer *p);

/* Whether a value may leave now: the receiver wants more, and the connection is not behind. */
bool wamp_chan_has_room(const struct wamp_chan *ch);

#endif
