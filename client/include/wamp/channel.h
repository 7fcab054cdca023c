/** A channel is one call, seen from either end, and a stream in both directions where both ends can.
 *
 * The caller makes it, the callee gets it as the argument of its procedure:
 *
 *     wamp_chan *ch = wamp_channel(peer, "uppercase", NULL);          // caller
 *     wamp_send(ch, WAMP_MORE, "s", "hello");                         // a chunk; the first one opens the call
 *     wamp_recv(ch, &v, -1) == WAMP_MORE                              // a progressive result
 *     wamp_send(ch, WAMP_OK, "s", "rpc");                             // the last chunk
 *     while ((rc = wamp_recv(ch, &v, -1)) == WAMP_MORE) ...           // then WAMP_OK: the result
 *     wamp_release(&ch);
 *
 * Values wait in a bounded queue. When it is full the peer stops reading from the router, and the router asks the
 * other end to pause: nothing is lost, nothing grows. A stream whose reader stays away while its peer has to read
 * on for something else is ended beyond 16 times that bound, with the reason "receiver too slow".
 *
 * Thread: the peer's; for the channel of a .worker procedure, its worker.
 */
#ifndef WAMP_CHANNEL_H
#define WAMP_CHANNEL_H

#include "args.h"
#include "base.h"
#include "call.h"
#include "value.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- both ends ----------------------------------------------------------------------------------------------- */

/** Sends a value. Caller: a chunk of the call, `more` WAMP_MORE, or its last one, WAMP_OK. Callee: WAMP_MORE is a
 *  progressive result (accepted and dropped where the caller did not ask for any), WAMP_OK is wamp_reply.
 *  Waits while the receiver or the connection is slow; WAMP_E_AGAIN instead on a nonblocking peer.
 *  WAMP_E_CANCELED: the other end does not want it any more. WAMP_E_STATE: the last one was sent, or the call has
 *  ended. WAMP_E_LOST, WAMP_E_ARGS, WAMP_E_TOOBIG, WAMP_E_NOMEM. */
#define wamp_send(ch, more, ...) wamp_send_v(ch, more, WAMP_FMT(__VA_ARGS__))
WAMP_API wamp_rc wamp_send_v(wamp_chan *ch, int more, const char *fmt, wamp_argv args);

/** The next value: its first positional argument (null when it has none), to be dropped. `out` may be NULL.
 *  WAMP_MORE: a value, more may follow. WAMP_OK: the last one (caller: the result; callee: the last chunk).
 *  WAMP_E_TIMEOUT: none within timeout_ms (-1: for ever; 0: do not wait). WAMP_E_STATE: after the last one.
 *  Caller: WAMP_E_REMOTE, WAMP_E_CANCELED, WAMP_E_LOST, and WAMP_E_TIMEOUT with wamp_is_open false: how the call
 *  ended. Callee: WAMP_E_CANCELED, WAMP_E_LOST. A value is taken once, by wamp_recv or by wamp_args. */
WAMP_API wamp_rc wamp_recv(wamp_chan *ch, wamp_val **out, int timeout_ms);
/** All of it: list, dict and Details, to be dropped; each may be NULL. */
WAMP_API wamp_rc wamp_recvx(wamp_chan *ch, wamp_val **args, wamp_val **kwargs, wamp_val **details, int timeout_ms);

/** Runs when wamp_recv would return at once, or wamp_send would go on after WAMP_E_AGAIN. NULL: no more. */
typedef void (*wamp_on_chan)(void *arg, wamp_chan *ch);
WAMP_API void wamp_on_ready(wamp_chan *ch, wamp_on_chan fn, void *arg);

WAMP_API wamp_peer *wamp_chan_peer(const wamp_chan *ch);
WAMP_API bool wamp_is_open(const wamp_chan *ch); /**< begun, not ended */
WAMP_API void wamp_chan_set_user(wamp_chan *ch, void *user);
WAMP_API void *wamp_chan_user(const wamp_chan *ch);

/* --- the caller's -------------------------------------------------------------------------------------------- */

/** A channel to a procedure; nothing is sent before the first wamp_send. `opt` may be NULL; its on_progress is not
 *  used: progressive results are always asked for, and come from wamp_recv. NULL: see wamp_err. Blocks: no. */
WAMP_API WAMP_MUST_CHECK wamp_chan *wamp_channel(wamp_peer *peer, const char *uri, const wamp_callopt *opt);

/** Asks for the end of the call; wamp_recv tells how it ended. WAMP_E_STATE: it has ended. Blocks: no. */
WAMP_API wamp_rc wamp_cancel(wamp_chan *ch, wamp_mode mode);

/** Frees the caller's channel and makes *ch NULL; a call still open is canceled. */
WAMP_API void wamp_release(wamp_chan **ch);

/* --- the callee's: arguments --------------------------------------------------------------------------------- */

/* A signature lists what the procedure takes:
 *     b i u d s y v     as in formats; v takes anything; d takes integers too; y goes to (const void **, size_t *)
 *     [] {}             a list, a dict, as const wamp_val *
 *     name:x            by position or by keyword       x?  may be missing: then nothing is stored
 *     *                 at the end: more arguments are fine */

/** Checks the arguments of the call (of a stream: of the current chunk) against a signature, and stores them:
 *  wamp_args(ch, "a:i b:i name:s?", &a, &b, &name). What is stored is borrowed from the channel.
 *  WAMP_E_ARGS: they do not fit; wamp.error.invalid_argument was answered, "a: expected int, got str", and the
 *  procedure returns. */
#define wamp_args(ch, ...) wamp_args_v(ch, WAMP_FMT(__VA_ARGS__))
WAMP_API wamp_rc wamp_args_v(wamp_chan *ch, const char *sig, wamp_argv out);

/** The arguments as values: list, dict; empty, never NULL. Does not take the value from wamp_recv. */
WAMP_API const wamp_val *wamp_chan_args(const wamp_chan *ch);
WAMP_API const wamp_val *wamp_chan_kwargs(const wamp_chan *ch);
WAMP_API const wamp_val *wamp_chan_details(const wamp_chan *ch); /**< INVOCATION.Details */

/** The current chunk is the last one: so it is, too, where the call is no stream. */
WAMP_API bool wamp_is_last(const wamp_chan *ch);

/** The URI that was called: with a prefix or wildcard registration not the registered one. */
WAMP_API const char *wamp_procedure(const wamp_chan *ch);
WAMP_API bool wamp_wants_progress(const wamp_chan *ch); /**< the caller asked for progressive results */
WAMP_API int wamp_timeout_ms(const wamp_chan *ch);      /**< with .forward_timeout; 0: none */

/** Who calls, where the router tells: else 0 and "". Borrowed from the channel. */
typedef struct wamp_caller_t {
    uint64_t session;
    const char *authid, *authrole;
} wamp_caller_t;
WAMP_API wamp_caller_t wamp_caller(const wamp_chan *ch);

/* --- the callee's: the answer -------------------------------------------------------------------------------- */

/* Exactly one of wamp_reply, wamp_fail, wamp_failx. With it the channel ends: one that was kept is freed. */

/** The result: return wamp_reply(ch, "i", 42). WAMP_E_CANCELED: nobody waits for it any more, nothing was sent.
 *  Otherwise as wamp_send. Without a positional value null is sent. Blocks: no. */
#define wamp_reply(ch, ...) wamp_reply_v(ch, WAMP_FMT(__VA_ARGS__))
WAMP_API wamp_rc wamp_reply_v(wamp_chan *ch, const char *fmt, wamp_argv args);

/** An ERROR with a message for people, as printf makes it. Returns as wamp_reply: the procedure returns that.
 *  Where WAMP_TRACEBACK is defined before <wamp.h> is included, in debug builds, the caller is told the line, too:
 *  keyword argument traceback, "math.c:12". */
#define wamp_fail(ch, uri, ...) wamp_fail_at(ch, uri, WAMP_HERE, __VA_ARGS__)
WAMP_API wamp_rc wamp_fail_at(wamp_chan *ch, const char *uri, const char *where, const char *msgfmt, ...)
    __attribute__((format(printf, 4, 5)));
#ifdef WAMP_TRACEBACK
#define WAMP_HERE WAMP_HERE_(__FILE__, __LINE__)
#define WAMP_HERE_(file, line) WAMP_HERE__(file, line)
#define WAMP_HERE__(file, line) file ":" #line
#else
#define WAMP_HERE NULL
#endif

/** An ERROR with arguments: wamp_failx(ch, "com.ex.bad", "s code:i", "boom", 1000). */
#define wamp_failx(ch, uri, ...) wamp_failx_v(ch, uri, WAMP_FMT(__VA_ARGS__))
WAMP_API wamp_rc wamp_failx_v(wamp_chan *ch, const char *uri, const char *fmt, wamp_argv args);

/** Payload passthru and other keys for YIELD.Options of what is sent from now on: a dict, kept. NULL: none. */
WAMP_API wamp_rc wamp_set_options(wamp_chan *ch, const wamp_val *options);

/** Keeps the channel beyond the return of the procedure: return wamp_hold(ch). Returns WAMP_OK; WAMP_E_STATE on a
 *  worker's channel. From then on the channel is the program's until it answers. When the peer is closed the
 *  library answers wamp.error.canceled and frees it. */
WAMP_API wamp_rc wamp_hold(wamp_chan *ch);

/** Whether the caller gave up, and how: NULL while it did not, else "kill" or "killnowait" or "lost". */
WAMP_API const char *wamp_canceled(const wamp_chan *ch);
/** Runs when the caller gives up. Not on a worker's channel: a worker asks. */
WAMP_API void wamp_on_cancel(wamp_chan *ch, wamp_on_chan fn, void *arg);

/** Sleeps, and serves meanwhile. WAMP_OK after `ms`; WAMP_E_CANCELED or WAMP_E_LOST as soon as the caller gave up.
 *  */
WAMP_API wamp_rc wamp_pause(wamp_chan *ch, int ms);

#ifdef __cplusplus
}
#endif
#endif
