/* TLS between a socket and its connection, sans I/O: a wire on top of a wire. Encrypted octets come in through
 * tls_on_octets and leave through the wire below; the connection sees plain ones and does not know.
 *
 *     conn -- struct wire ----> tls -- struct wire ---> socket
 *     conn <- conn_on_octets -- tls <- tls_on_octets -- socket
 *
 * What the connection hands over is encrypted a piece at a time, and counts as taken when the kernel has taken
 * its encrypted form: the bounds of the outbox hold for TLS as they do without. An idle connection has no
 * buffers of its own; what one call needs is shared by all of a loop.
 *
 * A handshake costs as much as a thousand messages. All of one turn together get TLS_TURN_US; those that come
 * later wait for the next turn, in order, so that a flood of them delays itself and nobody else. */
#ifndef ROUTER_TLS_H
#define ROUTER_TLS_H

#include "common/buf.h"
#include "common/list.h"
#include "router/conn.h"
#include "router/tls_context.h"

enum {
    TLS_PIECE = 64 << 10,      /* plain octets: as many as the kernel takes ahead (router/listener.c) */
    TLS_REST_MAX = 128 << 10,  /* encrypted octets that wait: a piece, and what TLS itself has to say */
    TLS_EARLY_MAX = 16 << 10,  /* octets of a handshake that waits for its turn */
    TLS_TURN_US = 4000,        /* CPU for the handshakes of one turn */
};

struct tls;

/* What the TLS connections of one loop share. Zero it. */
struct tls_pool {
    BIO_METHOD *method;
    char *plain;           /* what was decrypted in this call */
    struct wamp_buf out;   /* what was encrypted in this call */
    struct list waiting;   /* tls.waiting: handshakes that go on in a later turn */
    uint64_t spent_us;     /* CPU for handshakes in this turn */
};

void tls_pool_fini(struct tls_pool *pool);

/* At the end of a turn: handshakes that wait go on, as far as the time of the next turn allows. True: some
 * still wait, and the loop must not sleep. */
bool tls_pool_run(struct tls_pool *pool);

/* NULL: no memory. */
struct tls *tls_new(const struct tls_context *context, struct tls_pool *pool);
void tls_free(struct tls *t);  /* only as long as it is not attached; NULL is fine */

/* Puts t between c and its wire, which are connected already. From here on it goes when c goes. */
void tls_attach(struct tls *t, struct conn *c);

/* --- what the socket reports, in place of the conn_on_ functions ---------------------------------------- */

void tls_on_octets(struct conn *c, struct str octets);
void tls_on_writable(struct conn *c);
void tls_on_gone(struct conn *c);  /* frees c */

#endif
