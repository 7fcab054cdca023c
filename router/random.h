/* Random numbers of the kernel, fetched in handfuls: ids and secrets are made of them, so nothing weaker will
 * do. */
#ifndef ROUTER_RANDOM_H
#define ROUTER_RANDOM_H

#include <stdint.h>

/* Zero it. */
struct random_pool {
    uint64_t numbers[32];
    unsigned left;
};

uint64_t random_next(struct random_pool *pool);

/* len lower-case letters and digits, 5 random bits each, and a NUL. */
void random_name(struct random_pool *pool, char *out, unsigned len);

/* Octets straight from the kernel, at most 256. */
void random_octets(void *out, unsigned len);

#endif
