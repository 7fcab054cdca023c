/* What a connection can do to its socket. libwebsockets stands behind it (router/lws_socket.h); tests have their
 * own.
 *
 * None of these calls the connection back, except close. */
#ifndef ROUTER_WIRE_H
#define ROUTER_WIRE_H

#include "common/str.h"

#include <sys/types.h>

struct wire {
    /* Hands octets to the kernel. Returns how many it took, which may be none, or -1: the socket is dead. */
    ssize_t (*write)(void *socket, struct str octets);
    void (*want_write)(void *socket);         /* conn_on_writable will be called, once */
    void (*hear)(void *socket, bool enable);  /* false: reads nothing until true */
    void (*finish)(void *socket);             /* no more octets will be written: tells the peer */
    void (*close)(void *socket);              /* conn_on_gone is called before this returns */
};

#endif
