/* Sockets of connections, in the hands of libwebsockets: it polls, reads, and closes them (its raw-skt role). What
 * goes over them is ours: router/framing.h. */
#ifndef ROUTER_LWS_SOCKET_H
#define ROUTER_LWS_SOCKET_H

#include "router/conn.h"

#include <libwebsockets.h>

/* The protocols of our one virtual host. */
extern const struct lws_protocols lws_socket_protocols[];

struct tls;

/* Takes fd, which is c's from here on; closed when c is. tls is put between the two; NULL: nothing is. False:
 * fd was closed, c has no socket, and tls is still the caller's. */
bool lws_socket_adopt(struct lws_vhost *host, int fd, struct conn *c, struct tls *tls);

#endif
