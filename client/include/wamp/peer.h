/** Opening and closing a peer.
 *
 * A peer is one named session. Opening it joins the realm, registers and subscribes what its service declares, and
 * returns when the router has confirmed all of it.
 */
#ifndef WAMP_PEER_H
#define WAMP_PEER_H

#include "base.h"
#include "service.h"
#include "value.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Gives a secret when it is needed: writes at most `size` octets, sets *len, returns false for "none". `method`
 *  is "ticket", "wampcra", "wamp-scram" or "cryptosign" (then: 64 hex digits, the seed). Thread: the peer's; must
 *  not call into the library. The library wipes its copy after use. */
typedef bool (*wamp_secret_fn)(void *arg, const char *method, char *out, size_t size, size_t *len);

/** Told about the life of a peer. Every member may be NULL. All run on the peer's thread and may call anything,
 *  wamp_close included. */
typedef struct wamp_hooks {
    void *arg;
    /** Joined, everything registered and subscribed: after wamp_open_async, and after each reconnect. */
    void (*on_joined)(void *arg, wamp_peer *peer);
    /** The session ended without wamp_close: rc WAMP_E_LOST, or WAMP_E_REFUSED where the peer could not join.
     *  `why` is borrowed. `again` tells whether the peer will try to come back. Every pending call has been
     *  completed. */
    void (*on_lost)(void *arg, wamp_peer *peer, const wamp_error *why, bool again);
    /** The router took a registration (is_procedure) or subscription away. */
    void (*on_revoked)(void *arg, wamp_peer *peer, bool is_procedure, const char *uri, const char *reason);
    /** Sees every WAMP message, as it is on the wire, before it is acted on or after it was made. Must not call
     *  anything. */
    void (*on_message)(void *arg, wamp_peer *peer, bool outgoing, const void *octets, size_t len);
    /** wamp_retire was called, and all that ran is finished: close the peer, soon. NULL: wamp_stop, which ends
     *  wamp_run. */
    void (*on_drained)(void *arg, wamp_peer *peer);
    void *reserved[3];
} wamp_hooks;

/** How to open a peer. Zero is the default of every member. Everything is copied, except service, self, and what
 *  the hooks point to, which must outlive the peer. */
typedef struct wamp_opt {
    const char *name;      /**< shown to others as the session's agent; "libwamp" */
    const char *url;       /**< ws://host:port/path wss:// rs://host:port rss:// unix:PATH; ws://127.0.0.1:8080 */
    const char *realm;     /**< "realm1" */

    const char *authid;
    const char *secret;      /**< password or ticket */
    const char *secret_file; /**< read when needed, one trailing newline removed */
    wamp_secret_fn secret_fn;
    void *secret_arg;
    const char *signkey;      /**< Ed25519 seed for cryptosign, 64 hex digits */
    const char *signkey_file; /**< a file with the same */
    /** Methods to offer, by preference, separated by blanks: cryptosign wamp-scram wampcra ticket tls anonymous.
     *  NULL: what the credentials allow, strongest first; ticket, which sends the secret in clear, only where the
     *  connection is encrypted or local; anonymous without credentials. */
    const char *authmethods;
    const char *authrole;     /**< role to ask for */
    const wamp_val *authextra; /**< a dict, added to HELLO.Details.authextra */
    bool bind_channel;        /**< cryptosign, wamp-scram: tie the login to the TLS connection; a router that does
                                   not do it is refused */

    const char *ca;           /**< CA certificates (PEM file); the system's */
    const char *cert, *key;   /**< client certificate and key (PEM files; key NULL: in the same file) */
    const char *server_name;  /**< name the certificate must show; the URL's host */
    bool tls;                 /**< unix: URLs only: speak TLS on it */
    bool insecure;            /**< accept any certificate: for tests */

    const char *serializer;   /**< "json", "msgpack" or "cbor"; "msgpack" */
    const wamp_service *service;
    void *self;               /**< first argument of the service's functions, where it declares no WAMP_STATE */

    int open_timeout_ms;      /**< connect, TLS, join, register: each attempt; 10000 */
    int connect_wait_ms;      /**< wamp_open tries again for that long while nobody answers, and blocking calls
                                   wait that long for a lost connection to return; 0: they do not wait */
    int call_timeout_ms;      /**< of a call that names none; 0: none */
    int close_timeout_ms;     /**< wamp_close waits that long for the router's GOODBYE; 2000 */
    int drain_ms;             /**< wamp_run after a signal, and wamp_retire: running procedures have that long to
                                   finish; 5000; -1: as long as they take */
    int ping_ms;              /**< WebSocket PING after that long without traffic, lost after twice that; 0: off.
                                   TCP keep-alive is always on (dead after about a minute) */
    bool reconnect;           /**< come back after a loss: register and subscribe again, back-off 0.1 .. 30 s with
                                   full jitter */
    bool nonblocking;         /**< wamp_send and wamp_publish return WAMP_E_AGAIN where they would wait */

    int workers;              /**< threads for .worker procedures, made when needed; 4 */
    int max_message;          /**< octets of one message, received; 16777216 */
    int max_queue;            /**< octets waiting to be sent before wamp_send and wamp_publish wait; 1048576 */
    const wamp_hooks *hooks;
    void *reserved[8];
} wamp_opt;

/** Opens a peer: joined, all REGISTERED and SUBSCRIBED. `opt` may be NULL.
 *  NULL: wamp_open_error() says why in words, wamp_open_rc() as a code, wamp_err(NULL) in detail:
 *    WAMP_E_LOST     nobody answers, the connection broke, TLS or the upgrade failed
 *    WAMP_E_TIMEOUT  open_timeout_ms is over
 *    WAMP_E_REFUSED  ABORT by the router, or ERROR for something declared; the URI is in wamp_err(NULL)->uri
 *    WAMP_E_ARGS     an option, the URL or the service is wrong: "private name: _x"
 *    WAMP_E_NOMEM
 *  Blocks: yes. Thread: any; the peer belongs to it. */
WAMP_API WAMP_MUST_CHECK wamp_peer *wamp_open(const wamp_opt *opt);
WAMP_API const char *wamp_open_error(void); /**< "" after success; this thread's */
WAMP_API wamp_rc wamp_open_rc(void);

/** The same without waiting: returns a peer that joins while it is driven (wamp_step, or any blocking call) and
 *  then calls hooks.on_joined, or hooks.on_lost. NULL: WAMP_E_ARGS, WAMP_E_NOMEM. Blocks: no. */
WAMP_API WAMP_MUST_CHECK wamp_peer *wamp_open_async(const wamp_opt *opt);

/** Leaves: GOODBYE, waits for the reply (close_timeout_ms), completes what is pending with WAMP_E_LOST, answers
 *  what is still running here, frees. NULL is fine. May be called from any callback of the peer; then it takes
 *  effect when the callback has returned. Blocks: yes, except from a callback. */
WAMP_API void wamp_close(wamp_peer *peer);

/** Opens, runs the block, closes on every way out of it. Where opening failed the block is skipped. C with gcc or
 *  clang.
 *
 *     WAMP_WITH(client, .url = "unix:wampd.sock", .name = "me") {
 *         wamp_publish(client, "hello", NULL, "s", "world");
 *     } */
#define WAMP_WITH(...) WAMP_WITH_(__VA_ARGS__, .reserved = {NULL})
#define WAMP_WITH_(var, ...)                                                                                      \
    for (wamp_peer * var __attribute__((cleanup(wamp_with_close))) = wamp_open(&(const wamp_opt){__VA_ARGS__}),   \
                         *var##_once = var;                                                                       \
         var##_once; var##_once = NULL)

static inline void wamp_with_close(wamp_peer **peer)
{
    wamp_close(*peer);
}

/** Retires a peer without one failed call: unregisters everything, answers invocations that have not started with
 *  wamp.error.unavailable (the router gives them to another callee), lets the running ones finish, then leaves.
 *  The peer stays open for wamp_close, and does not reconnect. wamp_run does the same after a signal, but for the
 *  leaving. It takes a second callee, and a shared registration (.invoke).
 *  ms -1: as long as it takes. WAMP_E_TIMEOUT: after `ms` some were still running; they were cut off. WAMP_E_LOST.
 *  Blocks: yes. */
WAMP_API wamp_rc wamp_drain(wamp_peer *peer, int ms);

/** Waits until the peer is joined. WAMP_OK; WAMP_E_TIMEOUT; WAMP_E_LOST or WAMP_E_REFUSED when it will not be. */
WAMP_API wamp_rc wamp_wait_joined(wamp_peer *peer, int ms);

/* --- asking -------------------------------------------------------------------------------------------------- */

WAMP_API bool wamp_is_joined(const wamp_peer *peer);
WAMP_API uint64_t wamp_session_id(const wamp_peer *peer); /**< 0 while not joined */
WAMP_API const char *wamp_name(const wamp_peer *peer);
WAMP_API const char *wamp_realm(const wamp_peer *peer);
/** WELCOME.Details: roles, authid, authrole, ... NULL while not joined. Borrowed until the session ends. */
WAMP_API const wamp_val *wamp_welcome(const wamp_peer *peer);
/** Whether the router announced a feature: wamp_router_has(p, "dealer", "call_canceling"). */
WAMP_API bool wamp_router_has(const wamp_peer *peer, const char *role, const char *feature);

/** A pointer of the program's own. */
WAMP_API void wamp_set_user(wamp_peer *peer, void *user);
WAMP_API void *wamp_user(const wamp_peer *peer);

#ifdef __cplusplus
}
#endif
#endif
