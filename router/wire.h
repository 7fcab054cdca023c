/* What a connection can do to its socket. libwebsockets stands behind it (router/lws_socket.h); tests have their
 * own.
 *
 * None of these calls the connection back, except close. */
#ifndef ROUTER_WIRE_H
#define ROUTER_WIRE_H

#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { WIRE_BINDING_MAX = 64 };

struct wire {
    /* Hands octets to the kernel. Returns how many it took, which may be none, or -1: the socket is dead. */
    ssize_t (*write)(void *socket, struct str octets);
    void (*want_write)(void *socket);         /* conn_on_writable will be called, once */
    void (*hear)(void *socket, bool enable);  /* false: reads nothing until true */
    void (*finish)(void *socket);             /* no more octets will be written: tells the peer */
    void (*close)(void *socket);              /* conn_on_gone is called before this returns */

    /* --- TLS; NULL where there is none -------------------------------------------------------------------- */

    /* The SHA-256 of the certificate that the peer proved to have, whose issuer we trust. False: it has none. */
    bool (*peer_certificate)(void *socket, uint8_t sha256[32]);

    /* What the two ends of this very connection agree on and nobody between them: a channel binding. type:
     * tls-exporter, tls-unique, tls-server-end-point. Returns its length, at least 32; 0: this connection has none
     * of that type. spec: A-CSG-06, A-CSG-08, A-SCR-11 */
    size_t (*channel_binding)(void *socket, struct str type, uint8_t out[WIRE_BINDING_MAX]);
};

#endif
