/* TLS for a connection, sans I/O: octets from the socket go in, octets for the socket come out. */
#ifndef WAMP_CLIENT_TLS_H
#define WAMP_CLIENT_TLS_H

#include "client/config.h"
#include "common/buf.h"

struct tls_context;  /* certificates and rules: one a peer, for all its connections */
struct tls;          /* one connection */

/* NULL: why. */
struct tls_context *wamp_tls_context_new(const struct config *c, struct why *why);
void wamp_tls_context_free(struct tls_context *ctx);  /* NULL is fine, also below */

struct tls *wamp_tls_new(struct tls_context *ctx, const struct config *c, struct why *why);
void wamp_tls_free(struct tls *t);

/* WAMP_OK: the other side is who it should be. WAMP_E_AGAIN: needs more input. WAMP_E_LOST: why. */
wamp_rc wamp_tls_handshake(struct tls *t, struct why *why);

/* Encrypted octets from the socket. False: out of memory. */
bool wamp_tls_feed(struct tls *t, const char *octets, size_t len);
/* Decrypted ones. WAMP_OK with *len > 0, WAMP_E_AGAIN, WAMP_E_LOST: why. */
wamp_rc wamp_tls_read(struct tls *t, char *out, size_t size, size_t *len, struct why *why);

/* Encrypts all of it. False: it cannot. */
bool wamp_tls_write(struct tls *t, const char *octets, size_t len);
/* Appends what is to go to the socket. */
void wamp_tls_output(struct tls *t, struct wamp_buf *out);
void wamp_tls_farewell(struct tls *t);

/* See struct link_ops. */
bool wamp_tls_channel_id(struct tls *t, const char *type, uint8_t out[32]);

#endif
