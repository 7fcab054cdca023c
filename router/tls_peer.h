/* What TLS knows about the peer of a connection: struct wire has what it is good for. */
#ifndef ROUTER_TLS_PEER_H
#define ROUTER_TLS_PEER_H

#include "router/wire.h"

#include <openssl/ssl.h>

/* The handshake is done. */
bool tls_peer_certificate(SSL *ssl, uint8_t sha256[32]);
size_t tls_channel_binding(SSL *ssl, struct str type, uint8_t out[WIRE_BINDING_MAX]);

#endif
