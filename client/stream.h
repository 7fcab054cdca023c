/* Octets to and from a router: name, socket, TLS. Nothing here blocks.
 *
 * What is written goes into `out` and leaves when flushed, in one system call where the socket takes it all. */
#ifndef WAMP_CLIENT_STREAM_H
#define WAMP_CLIENT_STREAM_H

#include "client/config.h"
#include "client/tls.h"
#include "common/buf.h"

#include <stdint.h>

struct addrinfo;
struct resolve;

enum stream_state { STREAM_RESOLVING, STREAM_CONNECTING, STREAM_SECURING, STREAM_OPEN, STREAM_BROKEN };

struct stream {
    const struct config *config;
    struct tls_context **context;  /* the peer's, made when first needed */
    int epoll_fd, fd;
    uint32_t watched;  /* what epoll reports for fd */
    enum stream_state state;
    struct resolve *resolve;
    struct addrinfo *addresses, *address;  /* the list, and the one being tried */
    int64_t attempt_until;                 /* then the next address is tried */
    struct tls *tls;
    bool tls_may_hold_more;  /* octets inside OpenSSL, of which epoll knows nothing */
    bool drained;            /* the last read found less than it had room for */
    struct wamp_buf out;     /* not yet encrypted, where there is TLS */
    struct wamp_buf wire;    /* encrypted */
    size_t sent;             /* of what goes to the socket: wire, or out */
    struct why why;          /* how it broke */
};

void wamp_stream_init(struct stream *s, const struct config *config, struct tls_context **context, int epoll_fd);
/* Sends what is queued as far as it goes at once, and closes. */
void wamp_stream_fini(struct stream *s);

/* Goes on with connecting. WAMP_OK: open. WAMP_E_AGAIN. WAMP_E_LOST: s->why. */
wamp_rc wamp_stream_advance(struct stream *s, int64_t now);

/* WAMP_OK with *len > 0; WAMP_E_AGAIN; WAMP_E_LOST: s->why. */
wamp_rc wamp_stream_read(struct stream *s, char *to, size_t size, size_t *len);

void wamp_stream_flush(struct stream *s);
size_t wamp_stream_queued(const struct stream *s);
void wamp_stream_watch(struct stream *s, bool read);
int64_t wamp_stream_deadline(const struct stream *s);
void wamp_stream_break(struct stream *s, const char *why);

#endif
