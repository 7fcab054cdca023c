/* Calls, from the caller's side: what wamp_call, wamp_call_async and a caller's channel have in common. */
#ifndef WAMP_CLIENT_CALL_H
#define WAMP_CLIENT_CALL_H

#include "client/include/wamp/call.h"
#include "client/message.h"
#include "client/request.h"
#include "client/value.h"

struct call;

/* Who gets what comes back. `end` runs once; the call may be freed in it. */
struct call_sink {
    void (*progress)(struct wamp_peer *p, struct call *c, struct parts *value, size_t octets);  /* takes value */
    void (*end)(struct wamp_peer *p, struct call *c, wamp_rc rc, struct parts *result, struct failure *failure);
    void (*flow)(struct wamp_peer *p, struct call *c, bool stop);  /* NULL: does not stream */
};

struct call {
    struct request request;
    const struct call_sink *sink;
    int timeout_ms;  /* 0: none */
    bool open;       /* chunks follow. spec: A-PCI-01 */
    bool canceling;
};

/* What a CALL is made of, beside its payload. */
struct call_head {
    const char *uri;
    const wamp_callopt *opt;  /* never NULL */
    bool progress;            /* ask for progressive results */
    bool more;                /* this is not the last chunk */
};

/* Sends the first (or only) CALL. The call is zeroed but for its sink. On an error it has not begun. */
wamp_rc wamp_call_begin(struct wamp_peer *p, struct call *c, const struct call_head *head, const char *fmt,
                        wamp_argv argv);

/* Sends one more chunk of an open one. */
wamp_rc wamp_call_chunk(struct wamp_peer *p, struct call *c, const struct call_head *head, const char *fmt,
                        wamp_argv argv);

/* Sends CANCEL, or where the router knows none ends the call here. It ends through the sink, perhaps at once. */
wamp_rc wamp_call_cancel(struct wamp_peer *p, struct call *c, wamp_mode mode);

/* Incoming RESULT and FLOW. False: a violation. */
bool wamp_call_result(struct wamp_peer *p, const struct wamp_msg *m);
bool wamp_call_flow(struct wamp_peer *p, const struct wamp_msg *m);

#endif
