/** Driving peers: blocking, from an event loop of the program's own, from a thread of the library's.
 *
 * In a foreign loop:
 *     wait until wamp_fd(peer) is readable, or wamp_next_deadline(peer) milliseconds have passed;
 *     call wamp_step(peer).
 * The descriptor is one for the life of the peer, reconnects included (an epoll descriptor: it can be polled, and
 * put into another epoll, a libuv uv_poll_t, a GSource). Ask wamp_next_deadline again after every call into the
 * library.
 */
#ifndef WAMP_LOOP_H
#define WAMP_LOOP_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- blocking ------------------------------------------------------------------------------------------------ */

/** Serves until SIGINT or SIGTERM, or wamp_stop. WAMP_OK then; WAMP_E_LOST or WAMP_E_REFUSED when the session
 *  ended and the peer does not come back. After a signal all peers of the thread retire: they take no new calls
 *  and finish those they have (see wamp_drain), at most drain_ms or until the next signal; wamp_close leaves. The
 *  two signals are blocked in the calling thread meanwhile and read from a descriptor: no handler is installed.
 *  In a program with other threads, block them there. Blocks: yes. */
WAMP_API wamp_rc wamp_run(wamp_peer *peer);

/** Makes wamp_run return, and the thread of wamp_start end. Thread: any. */
WAMP_API void wamp_stop(wamp_peer *peer);

/** Serves for ms milliseconds (-1: for ever). WAMP_OK; WAMP_E_LOST, WAMP_E_REFUSED as wamp_run. Blocks: yes. */
WAMP_API wamp_rc wamp_serve(wamp_peer *peer, int ms);

/* --- a foreign loop, thread: the peer's ---------------------------------------------------------------------- */

WAMP_API int wamp_fd(const wamp_peer *peer);
/** What to wait for on it, as for poll(): POLLIN, always. */
WAMP_API short wamp_events(const wamp_peer *peer);
/** Milliseconds until wamp_step is due even if the descriptor is quiet; 0: now; -1: never. Fits poll(). */
WAMP_API int wamp_next_deadline(const wamp_peer *peer);
/** Does what can be done without waiting: reads, runs handlers, sends. At most some hundred messages; what is left
 *  is due at once. WAMP_OK; WAMP_E_LOST, WAMP_E_REFUSED: the session ended and the peer does not come back.
 *  Blocks: no. */
WAMP_API wamp_rc wamp_step(wamp_peer *peer);

/* --- timers -------------------------------------------------------------------------------------------------- */

typedef void (*wamp_fn)(void *arg, wamp_peer *peer);

/** Runs fn once after `ms`, on the peer's thread. *id (may be NULL) is for wamp_forget. WAMP_E_NOMEM. */
WAMP_API wamp_rc wamp_after(wamp_peer *peer, int ms, wamp_fn fn, void *arg, uint64_t *id);
/** Takes it back. WAMP_E_STATE: it has run. */
WAMP_API wamp_rc wamp_forget(wamp_peer *peer, uint64_t id);

/* --- other threads ------------------------------------------------------------------------------------------- */

/** Runs fn on the peer's thread, soon. Posts of one thread run in order. The peer must not be freed meanwhile.
 *  WAMP_E_NOMEM; WAMP_E_STATE: it is closing, fn will not run. Thread: any. Blocks: no. */
WAMP_API wamp_rc wamp_post(wamp_peer *peer, wamp_fn fn, void *arg);

/** Gives the peer to a thread of its own, which serves it until wamp_stop or wamp_close. From then on this thread
 *  may use wamp_post, wamp_stop and wamp_close on it. WAMP_E_STATE, WAMP_E_NOMEM. */
WAMP_API wamp_rc wamp_start(wamp_peer *peer);

#ifdef __cplusplus
}
#endif
#endif
