/* Octets that wait to be sent on one connection, and the pool that lends the memory for them.
 *
 *     char *to = outbox_room(&c->out, pool, len);   write len octets there, then
 *     outbox_add(&c->out, pool, len);
 *     struct str next = outbox_next(&c->out);       hand them to the kernel, then
 *     outbox_sent(&c->out, pool, taken);
 *
 * An empty outbox holds no memory: an idle session costs none. What is added in one piece, a frame, lies in one
 * block. A block that is full is exchanged for one four times as large, from 1 KiB to 256 KiB; then a second one
 * is begun. Blocks return to the pool and are lent again, so that the steady state allocates nothing. */
#ifndef ROUTER_OUTBOX_H
#define ROUTER_OUTBOX_H

#include "common/str.h"

#include <stddef.h>

enum {
    OUTBOX_CLASSES = 5,
    OUTBOX_BLOCK_MAX = 256 << 10,  /* the largest class, and the most that goes out in one system call */
    OUTBOX_SPARE_MAX = 8 << 20,    /* octets a pool keeps for later */
};

struct outbox_block {
    struct outbox_block *next;
    size_t room;        /* of octets */
    size_t start, end;  /* of what waits */
    char octets[];
};

struct outbox {
    struct outbox_block *first, *last;
    size_t waiting;  /* octets */
};

struct outbox_pool {
    struct outbox_block *spare[OUTBOX_CLASSES];
    size_t spare_octets;
    size_t waiting;  /* octets in all outboxes */
};

void outbox_pool_fini(struct outbox_pool *pool);

/* Slow path of outbox_room. */
char *outbox_grow(struct outbox *o, struct outbox_pool *pool, size_t len);

/* Where len octets may be written; NULL when memory is short. */
static inline char *outbox_room(struct outbox *o, struct outbox_pool *pool, size_t len)
{
    struct outbox_block *last = o->last;
    if (last && last->room - last->end >= len)
        return last->octets + last->end;
    return outbox_grow(o, pool, len);
}

/* The octets written into the room belong to the outbox now. */
static inline void outbox_add(struct outbox *o, struct outbox_pool *pool, size_t len)
{
    o->last->end += len;
    o->waiting += len;
    pool->waiting += len;
}

/* What is to be sent next, at most OUTBOX_BLOCK_MAX octets; empty when nothing waits. */
struct str outbox_next(const struct outbox *o);
void outbox_sent(struct outbox *o, struct outbox_pool *pool, size_t len);

/* Forgets everything but the block that is being sent: what stays ends with a whole frame. */
void outbox_cut(struct outbox *o, struct outbox_pool *pool);
void outbox_clear(struct outbox *o, struct outbox_pool *pool);

#endif
