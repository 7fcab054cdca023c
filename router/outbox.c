#include "router/outbox.h"

#include "common/mem.h"

#include <stdint.h>

static const size_t class_room[OUTBOX_CLASSES] = {1 << 10, 4 << 10, 16 << 10, 64 << 10, OUTBOX_BLOCK_MAX};

/* --- the pool ------------------------------------------------------------------------------------------- */

/* The smallest class with that room; OUTBOX_CLASSES when there is none. */
static unsigned class_of(size_t room)
{
    unsigned c = 0;
    while (c < OUTBOX_CLASSES && class_room[c] < room)
        c++;
    return c;
}

static struct outbox_block *lend(struct outbox_pool *pool, size_t room)
{
    unsigned c = class_of(room);
    struct outbox_block *b = c < OUTBOX_CLASSES ? pool->spare[c] : NULL;
    if (b) {
        pool->spare[c] = b->next;
        pool->spare_octets -= b->room;
    } else {
        room = c < OUTBOX_CLASSES ? class_room[c] : room;
        b = wamp_alloc(sizeof *b + room);
        if (!b)
            return NULL;
        b->room = room;
    }
    b->next = NULL;
    b->start = b->end = 0;
    return b;
}

static void give_back(struct outbox_pool *pool, struct outbox_block *b)
{
    unsigned c = class_of(b->room);
    if (c == OUTBOX_CLASSES || pool->spare_octets + b->room > OUTBOX_SPARE_MAX) {
        wamp_free(b);
        return;
    }
    b->next = pool->spare[c];
    pool->spare[c] = b;
    pool->spare_octets += b->room;
}

void outbox_pool_fini(struct outbox_pool *pool)
{
    for (unsigned c = 0; c < OUTBOX_CLASSES; c++) {
        while (pool->spare[c]) {
            struct outbox_block *next = pool->spare[c]->next;
            wamp_free(pool->spare[c]);
            pool->spare[c] = next;
        }
    }
    *pool = (struct outbox_pool){0};
}

/* --- filling it ----------------------------------------------------------------------------------------- */

static char *append_block(struct outbox *o, struct outbox_pool *pool, size_t room)
{
    struct outbox_block *b = lend(pool, room);
    if (!b)
        return NULL;
    if (o->last)
        o->last->next = b;
    else
        o->first = b;
    o->last = b;
    return b->octets;
}

/* Exchanges the only block for one with that room. */
static char *exchange_block(struct outbox *o, struct outbox_pool *pool, size_t room)
{
    struct outbox_block *old = o->first;
    size_t waiting = old->end - old->start;
    struct outbox_block *b = lend(pool, room);
    if (!b)
        return NULL;
    memcpy(b->octets, old->octets + old->start, waiting);
    b->end = waiting;
    o->first = o->last = b;
    give_back(pool, old);
    return b->octets + b->end;
}

/* The room that the only block should have to take len more octets. One that is more than half full always gives
 * way to a larger one: octets are copied a bounded number of times, however little the peer takes at once. */
static size_t room_wanted(const struct outbox *o, size_t len)
{
    size_t need = o->waiting + len, have = o->first->room;
    return o->waiting > have / 2 && need <= have ? have + 1 : need;
}

char *outbox_grow(struct outbox *o, struct outbox_pool *pool, size_t len)
{
    if (!o->first)
        return append_block(o, pool, len);
    size_t wanted = o->first == o->last ? room_wanted(o, len) : SIZE_MAX;
    if (wanted <= OUTBOX_BLOCK_MAX)
        return exchange_block(o, pool, wanted);
    /* Whoever has that much waiting gets more of it. */
    return append_block(o, pool, len > OUTBOX_BLOCK_MAX ? len : OUTBOX_BLOCK_MAX);
}

/* --- emptying it ---------------------------------------------------------------------------------------- */

struct str outbox_next(const struct outbox *o)
{
    const struct outbox_block *b = o->first;
    if (!b)
        return str_of(NULL, 0);
    size_t len = b->end - b->start;
    return str_of(b->octets + b->start, len < OUTBOX_BLOCK_MAX ? len : OUTBOX_BLOCK_MAX);
}

static void drop_first(struct outbox *o, struct outbox_pool *pool)
{
    struct outbox_block *b = o->first;
    o->first = b->next;
    if (!o->first)
        o->last = NULL;
    give_back(pool, b);
}

void outbox_sent(struct outbox *o, struct outbox_pool *pool, size_t len)
{
    struct outbox_block *b = o->first;
    b->start += len;
    o->waiting -= len;
    pool->waiting -= len;
    if (b->start == b->end)
        drop_first(o, pool);
}

void outbox_cut(struct outbox *o, struct outbox_pool *pool)
{
    struct outbox_block *b = o->first;
    if (!b)
        return;
    while (b->next) {
        struct outbox_block *dead = b->next;
        b->next = dead->next;
        o->waiting -= dead->end - dead->start;
        pool->waiting -= dead->end - dead->start;
        give_back(pool, dead);
    }
    o->last = b;
}

void outbox_clear(struct outbox *o, struct outbox_pool *pool)
{
    pool->waiting -= o->waiting;
    o->waiting = 0;
    while (o->first)
        drop_first(o, pool);
}
