/** A test kit for programs that use libwamp: a fresh router, and waiting without guessing.
 *
 *     #include <wamp_test.h>
 *
 *     wamp_test_router *router = wamp_test_router_start(NULL);
 *     WAMP_WITH(service, .service = &Calculator, .url = wamp_test_url(router))
 *     WAMP_WITH(client, .url = wamp_test_url(router)) {
 *         assert(!wamp_call(client, "add", &sum, "ii", 3, 4) && wamp_int(sum) == 7);
 *     }
 *     assert(!wamp_test_router_stop(&router));
 *
 * The router is the program wampd: the one that WAMPD names, else that of PATH. It listens on a free port of
 * 127.0.0.1, so tests run side by side.
 *
 * What waits serves the peer meanwhile, and gives up after `ms`: WAMP_OK, or WAMP_E_TIMEOUT, or what became of the
 * session. Thread: the peer's.
 */
#ifndef WAMP_TEST_H
#define WAMP_TEST_H

#include <wamp.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- a router ------------------------------------------------------------------------------------------------ */

typedef struct wamp_test_router wamp_test_router;

/** Starts a router and returns when it is ready. `config`: a configuration file of wampd, NULL for none; it
 *  listens on a port of its own all the same. NULL: it did not start; what it had to say is on standard error.
 *  Blocks: until it is ready. */
WAMP_API WAMP_MUST_CHECK wamp_test_router *wamp_test_router_start(const char *config);
WAMP_API const char *wamp_test_url(const wamp_test_router *router); /**< "ws://127.0.0.1:40123" */

/** Ends it, frees it and makes *router NULL. Returns its exit status, 0 when all was well; -1 when it did not end
 *  within 2 s and was killed. *router may be NULL. */
WAMP_API int wamp_test_router_stop(wamp_test_router **router);
/** Ends it as a crash would. */
WAMP_API void wamp_test_router_kill(wamp_test_router **router);

/* --- waiting ------------------------------------------------------------------------------------------------- */

/** Until the peer is joined. */
WAMP_API wamp_rc wamp_test_wait_session(wamp_peer *peer, int ms);
/** Until anybody in the realm offers the procedure; subscribes to the topic. Asks the router. */
WAMP_API wamp_rc wamp_test_wait_registration(wamp_peer *peer, const char *procedure, int ms);
WAMP_API wamp_rc wamp_test_wait_subscription(wamp_peer *peer, const char *topic, int ms);

/** Serves the peer until the expression is true, at most `ms`; its value is whether it became true. */
#define WAMP_TEST_EVENTUALLY(peer, expr, ms)                                                                      \
    ({                                                                                                            \
        int wamp_test_left = (ms);                                                                                \
        while (!(expr) && wamp_test_left > 0 && !wamp_serve(peer, 10))                                            \
            wamp_test_left -= 10;                                                                                 \
        (bool)(expr);                                                                                             \
    })

/* --- messages ------------------------------------------------------------------------------------------------ */

/** All WAMP messages of a peer, as they were on the wire. Zero is an empty one. */
typedef struct wamp_test_message {
    bool outgoing;
    char *text; /**< ends with a NUL, which is not part of it */
    size_t len;
} wamp_test_message;

typedef struct wamp_test_messages {
    wamp_test_message *v;
    size_t count;
} wamp_test_messages;

/** Hooks that collect into `to`: wamp_hooks hooks = wamp_test_collect(&messages), then .hooks = &hooks. With
 *  .serializer = "json" the messages can be read. */
WAMP_API wamp_hooks wamp_test_collect(wamp_test_messages *to);
/** Until so many were collected. */
WAMP_API wamp_rc wamp_test_wait_messages(wamp_peer *peer, const wamp_test_messages *messages, size_t count,
                                         int ms);
/** Frees what was collected. */
WAMP_API void wamp_test_forget(wamp_test_messages *messages);

#ifdef __cplusplus
}
#endif
#endif
