/* A peer from inside. Each part has its own header; this one puts them together, and has the life of a peer.
 *
 *   phase       means                                       leaves it when
 *   NEW         nothing has begun                           wamp_peer_connect
 *   CONNECTING  the link is being opened                    it is open: HELLO is sent
 *   HELLO       the router is asked to let us in            WELCOME: all offers are sent
 *   OFFERING    the session is there, offers outstanding    the last is confirmed
 *   JOINED                                                  either side leaves, or the link breaks
 *   LEAVING     GOODBYE was sent                            the router's GOODBYE, or the time is over
 *   WAITING     lost, comes back when the timer is due      wamp_peer_connect
 *   ENDED       lost or left for good
 */
#ifndef WAMP_CLIENT_PEER_H
#define WAMP_CLIENT_PEER_H

#include "client/auth.h"
#include "client/callee.h"
#include "client/config.h"
#include "client/failure.h"
#include "client/link.h"
#include "client/mailbox.h"
#include "client/offer.h"
#include "client/request.h"
#include "client/timer.h"
#include "client/tls.h"
#include "client/worker.h"
#include "common/roles.h"

enum { WAMP_STEP_BUDGET = 256 };  /* messages read of one peer before others have their turn */

enum phase {
    PHASE_NEW,
    PHASE_CONNECTING,
    PHASE_HELLO,
    PHASE_OFFERING,
    PHASE_JOINED,
    PHASE_LEAVING,
    PHASE_WAITING,
    PHASE_ENDED,
};

/* The world of a peer: the system's, or a test's. */
struct peer_env {
    struct link *(*open_link)(struct wamp_peer *p);  /* NULL: out of memory */
    int64_t (*clock)(void);                          /* milliseconds, monotonic */
    void (*random)(void *out, size_t len);
};
extern const struct peer_env wamp_real_env;

/* What belongs to one session; the rest of the peer outlives it. */
struct session {
    uint64_t id, last_request;
    struct tree *tree;        /* holds `welcome` */
    const wamp_val *welcome;  /* WELCOME.Details */
    struct wamp_roles router;
    bool flow;  /* the router sends FLOW */
    struct auth auth;
};

/* wamp_after */
struct after {
    UT_hash_handle hh;
    struct timer timer;
    uint64_t id;
    wamp_fn fn;
    void *arg;
};

/* Leaving without one failed call. */
struct drain {
    bool on;                    /* what arrives is given back to the router */
    struct waiter withdrawals;  /* of the procedures */
    wamp_chan *asked;           /* the call of wamp_retire: answered when nothing else runs; or NULL */
    struct timer limit;         /* of it */
};

struct wamp_peer {
    struct config config;
    const struct peer_env *env;
    pthread_t owner;
    bool has_thread;         /* wamp_start */
    struct list by_thread;   /* the owner's peers (client/sync.c) */
    bool is_due;             /* its descriptor reported something */
    pthread_t thread;        /* of wamp_start */
    unsigned pins;           /* operations going on; freed only at 0 */
    bool closing;            /* wamp_close was called inside one */
    bool retired;            /* it does not come back */
    bool quiet;              /* wamp_open is waiting: its return value tells how that went, not a hook */
    bool joined_once;
    unsigned waits;   /* blocking waits going on */
    unsigned choked;  /* channels whose queue is full: then nothing is read */

    enum phase phase;
    int64_t now;  /* as of the current operation */
    struct list timers;
    struct timer phase_timer;  /* the limit of the phase; back-off */
    unsigned attempts;         /* since the last session that lasted */
    int64_t joined_at, retry_until;
    struct link *link;
    struct tls_context *tls;  /* for all its links; made when needed */
    struct session session;

    struct wamp_arena in, out;  /* of the message being received; of the one being made */
    struct wamp_buf head, tail;
    struct request *requests;
    struct offers offers;
    struct callee callee;
    struct drain drain;
    struct list hungry;  /* channels that wait for room in the connection */
    struct list outcalls;  /* the caller's channels */
    struct after *afters;
    uint64_t last_after;
    struct mailbox mailbox;
    struct pool pool;

    struct failure error;  /* wamp_err */
    struct failure lost;   /* why the last session ended */
    void *user;
};

/* --- life: client/peer.c ------------------------------------------------------------------------------------- */

/* NULL: `failure` says why. Nothing is begun. */
struct wamp_peer *wamp_peer_new(const wamp_opt *opt, const struct peer_env *env, struct failure *failure);
/* At once, whatever it is doing. */
void wamp_peer_free(struct wamp_peer *p);

void wamp_peer_connect(struct wamp_peer *p);

/* Says GOODBYE and does not wait for the answer: all ends now. */
void wamp_peer_abandon(struct wamp_peer *p);

/* Ends the session: p->lost says why (its rc is WAMP_E_LOST, _REFUSED, _TIMEOUT, or WAMP_OK after a farewell).
 * Everything that is pending ends; then back-off or the end. close_code as struct link_ops.close. */
void wamp_peer_down(struct wamp_peer *p, unsigned close_code);

/* The offers are confirmed. */
void wamp_peer_offered(struct wamp_peer *p);

/* Does what can be done without waiting, and reads at most `budget` messages. */
void wamp_peer_step(struct wamp_peer *p, unsigned budget);

/* When wamp_peer_step is due though nothing arrives. */
int64_t wamp_peer_deadline(const struct wamp_peer *p);

/* WAMP_OK while it lives or may come back; else how it ended, in p->error too. */
wamp_rc wamp_peer_health(struct wamp_peer *p);

/* Around each public operation: WAMP_E_STATE from another thread (then no leave). Leaving frees a peer that was
 * closed meanwhile. */
wamp_rc wamp_peer_enter(struct wamp_peer *p);
void wamp_peer_leave(struct wamp_peer *p);

/* Queued output goes to the system. Never ends the session: a broken link shows in the next step. */
void wamp_peer_flush(struct wamp_peer *p);

/* After `choked` or `waits` changed. */
void wamp_peer_reading(struct wamp_peer *p);

/* A session is there: messages may be sent. */
static inline bool wamp_peer_is_on(const struct wamp_peer *p)
{
    return p->phase == PHASE_OFFERING || p->phase == PHASE_JOINED;
}

static inline void wamp_peer_timer(struct wamp_peer *p, struct timer *t, int64_t ms,
                                   void (*fn)(struct wamp_peer *p, struct timer *t))
{
    wamp_timer_set(&p->timers, t, p->now + ms, fn);
}

void wamp_outcalls_fini(struct wamp_peer *p);  /* client/outcall.c: its channels, when the peer is freed */

/* --- session: client/session.c ------------------------------------------------------------------------------- */

void wamp_session_hello(struct wamp_peer *p);
void wamp_session_receive(struct wamp_peer *p, struct str octets);
void wamp_session_goodbye(struct wamp_peer *p, const char *reason);  /* phase LEAVING */
void wamp_session_quit(struct wamp_peer *p);  /* GOODBYE, and down without waiting: p->lost says why */
void wamp_session_reset(struct session *s);

/* The router broke the rules: ABORT, and the session is lost. spec: B-031 .. B-034 */
__attribute__((format(printf, 2, 3))) void wamp_session_violation(struct wamp_peer *p, const char *fmt, ...);

/* --- retiring: client/drain.c -------------------------------------------------------------------------------- */

void wamp_drain_begin(struct wamp_peer *p);  /* nothing where it has begun, or where there is no session */
bool wamp_drain_is_over(const struct wamp_peer *p);  /* nothing is registered or runs; or no session is there */
void wamp_drain_step(struct wamp_peer *p);  /* tells who asked for it by a call, when it is over */

/* --- timers: client/loop.c ----------------------------------------------------------------------------------- */

void wamp_afters_fini(struct wamp_peer *p);

/* --- waiting: client/sync.c ---------------------------------------------------------------------------------- */

/* The thread's peers. A peer is in the list of the thread that owns it, from opening to closing. */
void wamp_thread_adopt(struct wamp_peer *p);
void wamp_thread_disown(struct wamp_peer *p);

/* All of them retire. */
void wamp_thread_drain(void);
bool wamp_thread_is_drained(void);

bool wamp_may_wait(void);  /* waits of this thread are not nested too deeply: a bound on its stack */

/* The same as a return code: WAMP_OK, or WAMP_E_STATE, and p->error says why. */
wamp_rc wamp_peer_may_wait(struct wamp_peer *p);

/* Whether a blocking operation may begin: waits are not nested too deeply, and there is a session, if need be
 * after connect_wait_ms. WAMP_OK, WAMP_E_STATE, WAMP_E_LOST; p->error says why. */
wamp_rc wamp_peer_ready(struct wamp_peer *p);
wamp_rc wamp_peer_ready_now(struct wamp_peer *p);  /* the same without waiting */

/* Serves all peers of the thread until `done` says so or the deadline is there. WAMP_OK or WAMP_E_TIMEOUT.
 * The peer is pinned by the caller, who has asked wamp_may_wait before. */
wamp_rc wamp_wait(struct wamp_peer *p, bool (*done)(void *arg), void *arg, int64_t deadline);

#endif
