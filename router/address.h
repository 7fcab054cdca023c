/* How many connections come from where: the limits per address. An IPv6 network of /64 counts as one address;
 * loopback and Unix sockets are never counted. spec: R-24, reliability 5 */
#ifndef ROUTER_ADDRESS_H
#define ROUTER_ADDRESS_H

#include "common/map.h"

#include <stdbool.h>
#include <sys/socket.h>

enum { ADDRESS_TEXT = 50 };

struct address {
    uint8_t key[16];      /* IPv6, or IPv4 mapped into it */
    unsigned connections;
    unsigned waiting;     /* of them, those that have not sent HELLO yet */
    UT_hash_handle hh;
};

struct addresses {
    struct address *by_key;
};

/* Counts one connection from `from`. *out is NULL where it is not counted. False: no memory. */
bool address_enter(struct addresses *all, const struct sockaddr *from, struct address **out);
struct address *address_again(struct address *a);  /* one more connection from there; NULL is fine */
/* "192.0.2.1", "2001:db8::/64"; NULL: "here", which nobody counts. Returns out. */
const char *address_text(const struct address *a, char out[ADDRESS_TEXT]);
void address_leave(struct addresses *all, struct address *a);  /* NULL is fine */

#endif
