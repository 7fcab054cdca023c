/* The client's side of TLS on a blocking socket. Nothing is verified: others test that. */
#ifndef TESTS_SCRIPT_SECURE_H
#define TESTS_SCRIPT_SECURE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct secure;

struct secure *secure_connect(int fd);  /* NULL: it does not come about */
void secure_free(struct secure *s);     /* NULL is fine */

/* As send and recv; secure_read: 0 is the end, -1 with errno EAGAIN: there was no octet of ours in what came. */
ssize_t secure_write(struct secure *s, const void *octets, size_t len);
ssize_t secure_read(struct secure *s, void *to, size_t room);
bool secure_has_more(const struct secure *s);  /* read already, and not taken */

#endif
