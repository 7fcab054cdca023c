/* A connection as the session sees it: whole messages in, whole messages out, nothing waits. client/conn.c is the
 * real one; tests have one in memory. */
#ifndef WAMP_CLIENT_LINK_H
#define WAMP_CLIENT_LINK_H

#include "client/format.h"
#include "common/str.h"

#include <stddef.h>
#include <stdint.h>

struct link;

struct link_ops {
    /* Goes on with connecting. WAMP_OK: open. WAMP_E_AGAIN: not yet. Else it failed, why says how. */
    wamp_rc (*advance)(struct link *l, int64_t now);

    /* The next whole message, which stays valid until the next call of any of these. WAMP_E_AGAIN: none now. Else
     * the connection is over. */
    wamp_rc (*next)(struct link *l, int64_t now, struct str *message);

    /* Queues head and tail as one message. WAMP_E_TOOBIG: the other side does not take that much. WAMP_E_NOMEM. */
    wamp_rc (*send)(struct link *l, struct str head, struct str tail);

    /* Hands what is queued to the system, as far as it takes it. A connection that broke shows in `next`. */
    void (*flush)(struct link *l);
    size_t (*queued)(const struct link *l);

    /* Makes the peer's descriptor report what is of interest: room for what is queued, and input if `read`. */
    void (*watch)(struct link *l, bool read);
    int64_t (*deadline)(const struct link *l);  /* when `next` or `advance` is due; WAMP_NEVER */

    /* 32 octets that tell this TLS connection from all others. False: not TLS, or not of that type
     * ("tls-exporter", "tls-unique"). */
    bool (*channel_id)(struct link *l, const char *type, uint8_t out[32]);

    /* Sends what is queued and a farewell (close code 1000, or 1002 after a violation) as far as that goes at
     * once; closes; frees. */
    void (*close)(struct link *l, unsigned code);
};

struct link {
    const struct link_ops *ops;
    struct why why;  /* after a failure */
};

#endif
