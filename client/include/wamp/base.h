/** Return codes, handles, errors. */
#ifndef WAMP_BASE_H
#define WAMP_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WAMP_API __attribute__((visibility("default")))
#define WAMP_MUST_CHECK __attribute__((warn_unused_result))

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wamp_peer wamp_peer; /**< one named session: caller, callee, publisher and subscriber at once */
typedef struct wamp_chan wamp_chan; /**< one call, seen from either end */
typedef struct wamp_val wamp_val;   /**< an immutable, counted value */

typedef enum wamp_rc {
    WAMP_OK = 0,
    WAMP_MORE = 1,        /**< this was one value of a stream; more may follow */
    WAMP_E_REMOTE = -1,   /**< the callee or the router answered ERROR: see wamp_err */
    WAMP_E_TIMEOUT = -2,  /**< the call's time was over (ERROR wamp.error.timeout, or the local clock) */
    WAMP_E_CANCELED = -3, /**< by this side's wamp_cancel, or by the caller where this side is the callee */
    WAMP_E_LOST = -4,     /**< no connection, or it is gone; the fate of the call is unknown */
    WAMP_E_REFUSED = -5,  /**< the router did not let the peer join, or refused what its service declares */
    WAMP_E_ARGS = -6,     /**< an argument is wrong: format, URI, option */
    WAMP_E_STATE = -7,    /**< not now: wrong thread, stream already ended, closed, nested too deeply */
    WAMP_E_AGAIN = -8,    /**< it would block */
    WAMP_E_NOMEM = -9,    /**< out of memory; nothing was done */
    WAMP_E_TOOBIG = -10,  /**< a limit: the message is larger than the other side takes, too many calls are open */
} wamp_rc;

/** The name of a code: "WAMP_E_LOST". Static, never NULL. Thread: any. */
WAMP_API const char *wamp_rc_name(wamp_rc rc);

/** What went wrong. Texts are never NULL except `uri`. Everything is borrowed. */
typedef struct wamp_error {
    wamp_rc rc;
    const char *uri;       /**< error URI of the router or the callee; NULL where the failure is local */
    const char *message;   /**< for a person: first argument of the ERROR, Details.message of an ABORT, or ours */
    const char *origin;    /**< session id of the callee where it was disclosed, else "undisclosed" */
    const char *traceback; /**< keyword argument `traceback` of the ERROR, else "" */
    const wamp_val *args, *kwargs, *details; /**< a list, a dict, a dict; empty, never NULL */
} wamp_error;

/** The last failure of an operation on the peer; with NULL, of the last wamp_open of this thread.
 *  Valid until the next operation that fails there. Never NULL: after no failure at all its rc is WAMP_OK. */
WAMP_API const wamp_error *wamp_err(const wamp_peer *peer);

/** Version of the library: "0.1.0". Thread: any. */
WAMP_API const char *wamp_version(void);

#ifdef __cplusplus
}
#endif
#endif
