/* Making and sending one message. */
#ifndef WAMP_CLIENT_MESSAGE_H
#define WAMP_CLIENT_MESSAGE_H

#include "client/format.h"
#include "common/buf.h"
#include "common/msg.h"

struct wamp_peer;
struct dict_build;

/* Arguments in the form of the session: what stands behind the head of a message (struct wamp_payload.tail). */
struct tail {
    unsigned arity;
    struct str octets;
};

/* Writes a payload into buf, which is reset. A `result` always has a positional argument, null if need be: clients
 * exist that cannot do without. spec: W-37, B-045. WAMP_E_ARGS: not expressible in ser; WAMP_E_NOMEM. */
wamp_rc wamp_tail_write(enum wamp_ser ser, const struct payload *p, bool result, struct wamp_buf *buf,
                        struct tail *out, struct why *why);

/* More keys for Options, from the program: a dict or NULL. WAMP_E_ARGS: no dict, or a key is there already. */
wamp_rc wamp_more_options(struct dict_build *dict, const wamp_val *options, struct why *why);

/* Payload passthru. */
struct passthru {
    const char *scheme, *serializer, *cipher, *keyid;  /* scheme NULL: not used */
};
/* Adds its keys. `announced`: the router knows it. WAMP_E_ARGS: it does not (to use it would be a violation), or
 * the payload is not one binary alone. spec: A-PPT-02, A-FEAT-04 */
wamp_rc wamp_passthru(struct dict_build *dict, const struct passthru *ppt, bool announced,
                      const struct payload *payload, struct why *why);

/* The elements of a message, by the letters of common/msg.def. What its type has no letter for is ignored. */
struct outgoing {
    enum wamp_type type;
    unsigned request_type;          /* t */
    uint64_t request, id;           /* r, i */
    const struct wamp_value *dict;  /* d; NULL: {} */
    struct str text;                /* u or s */
    const struct tail *tail;        /* NULL: no payload */
};

/* Queues it on the peer's link. WAMP_E_LOST without one; WAMP_E_TOOBIG; WAMP_E_ARGS: the dict is not expressible
 * in the session's serializer; WAMP_E_NOMEM. Nothing was queued then. */
wamp_rc wamp_emit(struct wamp_peer *p, const struct outgoing *m);

#endif
