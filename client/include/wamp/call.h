/** Calling procedures.
 *
 * Every call ends exactly once: WAMP_OK, or WAMP_E_REMOTE, WAMP_E_TIMEOUT, WAMP_E_CANCELED, WAMP_E_LOST; or it was
 * never made: WAMP_E_ARGS, WAMP_E_STATE, WAMP_E_TOOBIG, WAMP_E_NOMEM, WAMP_E_LOST.
 * Thread: the peer's.
 */
#ifndef WAMP_CALL_H
#define WAMP_CALL_H

#include "args.h"
#include "base.h"
#include "value.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How a call that was canceled ends. */
typedef enum wamp_cancel_mode {
    WAMP_KILLNOWAIT, /**< the caller at once; the callee is interrupted */
    WAMP_KILL,       /**< when the interrupted callee has answered */
    WAMP_SKIP,       /**< the caller at once; the callee goes on */
} wamp_mode;

typedef struct wamp_result {
    const wamp_val *args, *kwargs, *details; /**< list, dict, dict; empty, never NULL */
} wamp_result;

/** A value of a progressive call, borrowed until it returns. */
typedef void (*wamp_progress)(void *arg, const wamp_result *result);

/** The end of an asynchronous call: rc is WAMP_OK and `result` is set, or another code and `error` is set; both
 *  borrowed. Runs exactly once, never inside wamp_call_async. */
typedef void (*wamp_done)(void *arg, wamp_rc rc, const wamp_result *result, const wamp_error *error);

typedef struct wamp_callopt {
    int timeout_ms;           /**< 0: the peer's call_timeout_ms; -1: none. With progress: between two values */
    bool disclose_me;         /**< let the callee know who calls, where the router allows it */
    wamp_progress on_progress; /**< ask for progressive results */
    void *progress_arg;
    const char *ppt_scheme, *ppt_serializer, *ppt_cipher, *ppt_keyid; /**< payload passthru: format "y" alone */
    const wamp_val *options;  /**< a dict: more keys for CALL.Options, such as {_ext: {..}} */
    wamp_val **details;       /**< blocking calls: RESULT.Details, to be dropped */
    void *reserved[4];
} wamp_callopt;

/** Calls and waits: wamp_call(p, "com.ex.add", &sum, "ii", 3, 4). `out` receives the first positional result (null
 *  when there is none), to be dropped; NULL: not wanted. On an error *out is NULL. */
#define wamp_call(peer, uri, out, ...) wamp_call_v(peer, uri, out, WAMP_FMT(__VA_ARGS__))
WAMP_API wamp_rc wamp_call_v(wamp_peer *peer, const char *uri, wamp_val **out, const char *fmt, wamp_argv args);

/** The procedure whose URI is the name of a function: wamp_rpc(p, get_binary_number, &v, "i", 100). */
#define wamp_rpc(peer, fn, out, ...) wamp_call(peer, #fn, out, __VA_ARGS__)

/** With options (may be NULL), and with all results: a list and a dict, to be dropped; either may be NULL. */
#define wamp_callx(peer, uri, opt, args, kwargs, ...)                                                             \
    wamp_callx_v(peer, uri, opt, args, kwargs, WAMP_FMT(__VA_ARGS__))
WAMP_API wamp_rc wamp_callx_v(wamp_peer *peer, const char *uri, const wamp_callopt *opt, wamp_val **args,
                              wamp_val **kwargs, const char *fmt, wamp_argv argv);

/** Calls without waiting: `done` runs later, from wamp_step or any blocking call. Not WAMP_OK: the call was not
 *  made and done will not run. The call leaves at the next step. Blocks: no. */
#define wamp_call_async(peer, uri, done, arg, ...) wamp_callx_async(peer, uri, NULL, done, arg, NULL, __VA_ARGS__)

/** With options, and with a number for wamp_cancel_call in *id (may be NULL). */
#define wamp_callx_async(peer, uri, opt, done, arg, id, ...)                                                      \
    wamp_call_async_v(peer, uri, opt, done, arg, id, WAMP_FMT(__VA_ARGS__))
WAMP_API wamp_rc wamp_call_async_v(wamp_peer *peer, const char *uri, const wamp_callopt *opt, wamp_done done,
                                   void *arg, uint64_t *id, const char *fmt, wamp_argv args);

/** Asks for the end of an asynchronous call; `done` still runs once, with WAMP_E_CANCELED or what came first.
 *  WAMP_E_STATE: it has ended. Blocks: no. */
WAMP_API wamp_rc wamp_cancel_call(wamp_peer *peer, uint64_t id, wamp_mode mode);

/** Calls and forgets: whatever comes back is dropped. Leave the peer open until the callee is done: leaving
 *  interrupts it. To fire and forget, publish. Blocks: no. */
#define wamp_call_nowait(peer, uri, ...) wamp_call_nowait_v(peer, uri, WAMP_FMT(__VA_ARGS__))
WAMP_API wamp_rc wamp_call_nowait_v(wamp_peer *peer, const char *uri, const char *fmt, wamp_argv args);

/* --- a tree of procedures, seen from the caller -------------------------------------------------------------- */

/** A prefix on a peer, by value. Both are borrowed. */
typedef struct wamp_remote_t {
    wamp_peer *peer;
    const char *prefix;
} wamp_remote_t;

static inline wamp_remote_t wamp_remote(wamp_peer *peer, const char *prefix)
{
    wamp_remote_t r = {peer, prefix};
    return r;
}

/** Calls "prefix.name": wamp_rcall(r, "add", &v, "ii", 3, 4). */
#define wamp_rcall(remote, name, out, ...) wamp_rcall_v(remote, name, out, WAMP_FMT(__VA_ARGS__))
WAMP_API wamp_rc wamp_rcall_v(wamp_remote_t remote, const char *name, wamp_val **out, const char *fmt,
                              wamp_argv args);

#ifdef __cplusplus
}
#endif
#endif
