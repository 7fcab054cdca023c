/** What a peer offers: procedures and event handlers, as a declaration or at run time.
 *
 *     static wamp_rc add(void *self, wamp_chan *ch);
 *     static void on_news(void *self, const wamp_event *ev);
 *
 *     WAMP_SERVICE(Calculator,
 *                  WAMP_RPC(add, .sig = "a:i b:i", .doc = "adds two numbers"),
 *                  WAMP_RPC_AS("com.ex.slow", slow, .worker = true, .invoke = WAMP_ROUNDROBIN),
 *                  WAMP_SUBSCRIBE("news", on_news),
 *                  WAMP_MOUNT("more", &Other),
 *                  WAMP_STATE(sizeof(struct state), state_init, state_fini));
 *
 * The macros are for C. C++ fills wamp_member itself, or uses wamp_register and wamp_subscribe.
 */
#ifndef WAMP_SERVICE_H
#define WAMP_SERVICE_H

#include "base.h"
#include "value.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum wamp_match_policy { WAMP_EXACT, WAMP_PREFIX, WAMP_WILDCARD } wamp_match_policy;
typedef enum wamp_invoke_policy {
    WAMP_SINGLE,
    WAMP_ROUNDROBIN,
    WAMP_RANDOM,
    WAMP_FIRST,
    WAMP_LAST
} wamp_invoke_policy;

/** A procedure. Looks at its arguments with wamp_args, then either
 *    answers: wamp_reply or wamp_fail, and returns what that returned;
 *    keeps the channel to answer later: returns wamp_hold(ch);
 *    asks to be called again with the next chunk of a stream: returns WAMP_MORE. When the caller gives up
 *    meanwhile it is called a last time, with wamp_canceled(ch) set and no arguments, to clean up.
 *  WAMP_OK without an answer replies null. Another code without an answer becomes an ERROR: wamp.error.canceled
 *  after an interrupt, else wamp.error.runtime_error.
 *  `ch` is the procedure's while it runs. Thread: the peer's, or one of the pool's with .worker. */
typedef wamp_rc (*wamp_proc)(void *self, wamp_chan *ch);

typedef struct wamp_event {
    wamp_peer *peer;
    const char *topic; /**< of the publication; for an exact subscription that of the subscription */
    uint64_t subscription, publication;
    const wamp_val *args, *kwargs, *details; /**< list, dict, dict; empty, never NULL */
} wamp_event;

/** An event handler. `ev` is borrowed until it returns. Thread: the peer's. */
typedef void (*wamp_on_event)(void *self, const wamp_event *ev);

typedef enum wamp_member_kind {
    WAMP_MEMBER_END,
    WAMP_MEMBER_RPC,
    WAMP_MEMBER_SUBSCRIBE,
    WAMP_MEMBER_MOUNT,
    WAMP_MEMBER_STATE,
} wamp_member_kind;

typedef struct wamp_service wamp_service;

/** One line of a declaration. */
typedef struct wamp_member {
    wamp_member_kind kind;
    const char *uri; /**< of the procedure or topic; prefix of a mount */

    wamp_proc proc;          /* RPC */
    wamp_on_event on_event;  /* SUBSCRIBE */
    const wamp_service *mount; /* MOUNT */
    size_t state_size;       /* STATE */
    wamp_rc (*state_init)(void *self, wamp_peer *peer);
    void (*state_fini)(void *self);

    const char *sig;            /**< RPC: what it takes, checked before it runs: "a:i b:i" (wamp/channel.h) */
    const char *doc;            /**< RPC: one line for people; shown where wampd's realm forwards _doc */
    wamp_match_policy match;
    wamp_invoke_policy invoke;  /**< RPC */
    int concurrency;            /**< RPC: calls at a time that the router gives this peer; 0: any number */
    bool worker;                /**< RPC: runs on the pool, may block in wamp_recv and wamp_send */
    bool disclose_caller;       /**< RPC: ask the router who calls */
    bool forward_timeout;       /**< RPC: wamp_timeout_ms(ch) tells the caller's timeout; this side keeps it */
    bool per_session;           /**< RPC: ".<session id>" is put behind the URI: one of several instances */
    bool force;                 /**< RPC: take the URI from whoever has it (routers that know force_reregister) */
    bool get_retained;          /**< SUBSCRIBE: deliver the retained event first */
    void *reserved[4];
} wamp_member;

struct wamp_service {
    const char *name;
    const wamp_member *members; /**< ends with a zero one */
};

#ifndef __cplusplus
#define WAMP_SERVICE(name_, ...)                                                                                  \
    extern WAMP_API const wamp_service name_;                                                                     \
    WAMP_API const wamp_service name_ = {                                                                         \
        .name = #name_, .members = (const wamp_member[]){__VA_ARGS__, {.kind = WAMP_MEMBER_END}}}
#define WAMP_RPC(...) WAMP_RPC_(__VA_ARGS__, .kind = WAMP_MEMBER_RPC)
#define WAMP_RPC_(fn, ...) {.uri = #fn, .proc = fn, __VA_ARGS__}
#define WAMP_RPC_AS(uri_, ...) WAMP_RPC_AS_(uri_, __VA_ARGS__, .kind = WAMP_MEMBER_RPC)
#define WAMP_RPC_AS_(uri_, fn, ...) {.uri = uri_, .proc = fn, __VA_ARGS__}
#define WAMP_SUBSCRIBE(uri_, ...) WAMP_SUBSCRIBE_(uri_, __VA_ARGS__, .kind = WAMP_MEMBER_SUBSCRIBE)
#define WAMP_SUBSCRIBE_(uri_, fn, ...) {.uri = uri_, .on_event = fn, __VA_ARGS__}
/** Everything of another service, its URIs behind "prefix.". */
#define WAMP_MOUNT(prefix, service) {.kind = WAMP_MEMBER_MOUNT, .uri = prefix, .mount = service}
/** `self` of this service's functions: `size` zeroed octets per peer and mount. init and fini may be NULL; an init
 *  that does not return WAMP_OK makes wamp_open fail. */
#define WAMP_STATE(size, init, fini)                                                                              \
    {.kind = WAMP_MEMBER_STATE, .state_size = size, .state_init = init, .state_fini = fini}
#endif

/** A procedure of the library: whoever calls it retires this peer, as wamp_drain does, within drain_ms; then
 *  wamp_run returns (or hooks.on_drained is called). The answer comes when all that ran is finished: the number of
 *  calls that were cut off. Who may call it may end the service: its URI is the program's choice. Not with
 *  .worker. */
WAMP_API wamp_rc wamp_retire(void *self, wamp_chan *ch);

#ifndef __cplusplus
/** Offers it as "uri.<session id>". `wamp drain` finds those that end in "drain": for com.example.add it looks for
 *  com.example.add.drain.<session id>, com.example.drain.<session id>, .. */
#define WAMP_RETIRE(uri_)                                                                                         \
    WAMP_RPC_AS(uri_, wamp_retire, .per_session = true, .sig = "", .doc = "retires this instance")
#endif

/* --- a declaration made at run time -------------------------------------------------------------------------- */

/** An empty service to be filled with wamp_service_add. The caller's, until no peer uses it. NULL: out of memory.
 *  */
WAMP_API WAMP_MUST_CHECK wamp_service *wamp_service_new(const char *name);
/** Adds a copy of the line, texts included. Not while a peer uses the service. WAMP_E_ARGS, WAMP_E_NOMEM. */
WAMP_API wamp_rc wamp_service_add(wamp_service *service, const wamp_member *member);
/** Only for what wamp_service_new made. NULL is fine. */
WAMP_API void wamp_service_free(wamp_service *service);

/* --- a peer that is open ------------------------------------------------------------------------------------- */

/* Thread: the peer's. Block: until the router has answered. Errors: WAMP_E_REMOTE (the router's ERROR, in
 * wamp_err), WAMP_E_ARGS, WAMP_E_STATE, WAMP_E_LOST, WAMP_E_TIMEOUT, WAMP_E_NOMEM. What was added comes back after
 * a reconnect. */

/** Adds one line to what the peer offers: WAMP_MEMBER_RPC or WAMP_MEMBER_SUBSCRIBE. Texts are copied. */
WAMP_API wamp_rc wamp_offer(wamp_peer *peer, const wamp_member *member, void *self);

/** The common cases of wamp_offer. */
WAMP_API wamp_rc wamp_register(wamp_peer *peer, const char *uri, wamp_proc proc, void *self);
WAMP_API wamp_rc wamp_subscribe(wamp_peer *peer, const char *topic, wamp_on_event on_event, void *self);

/** Takes it back: every registration, every subscription of that URI and match policy. WAMP_E_STATE: there is
 *  none. */
WAMP_API wamp_rc wamp_unregister(wamp_peer *peer, const char *uri);
WAMP_API wamp_rc wamp_unsubscribe(wamp_peer *peer, const char *topic);

/** Offers all of a service behind "prefix." ("" for no prefix). All or nothing. WAMP_E_STATE: already mounted at
 *  that prefix, or mounted somewhere else in this peer. */
WAMP_API wamp_rc wamp_mount(wamp_peer *peer, const char *prefix, const wamp_service *service, void *self);
WAMP_API wamp_rc wamp_unmount(wamp_peer *peer, const char *prefix);

/** Registers a procedure under a name nobody can guess, "cb.<session id>.<32 hex digits>", to be handed to
 *  somebody in an argument. It lives as long as this session, or until wamp_unregister; it does not come back
 *  after a reconnect. The name is borrowed until then. NULL: see wamp_err. */
WAMP_API const char *wamp_callback(wamp_peer *peer, wamp_proc proc, void *self);

/** The same for a whole service: returns the prefix "svc.<session id>.<32 hex digits>"; ends with wamp_unmount. */
WAMP_API const char *wamp_export(wamp_peer *peer, const wamp_service *service, void *self);

/** A registration that the router has confirmed. Texts are borrowed until it ends. */
typedef struct wamp_registration {
    uint64_t id;
    const char *uri;
    const char *service; /**< name of the service it came from, "" for wamp_register */
} wamp_registration;

/** Fills at most `max` and returns how many there are. */
WAMP_API size_t wamp_registrations(const wamp_peer *peer, wamp_registration *out, size_t max);

#ifdef __cplusplus
}
#endif
#endif
