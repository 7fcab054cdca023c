#include "router/random.h"

#include <assert.h>
#include <sys/random.h>

void random_octets(void *out, unsigned len)
{
    /* Once the kernel's pool is initialised up to 256 octets always come at once: getrandom(2). */
    ssize_t got = getrandom(out, len, 0);
    assert(got == (ssize_t)len);
    (void)got;
}

uint64_t random_next(struct random_pool *pool)
{
    if (pool->left == 0) {
        random_octets(pool->numbers, sizeof pool->numbers);
        pool->left = sizeof pool->numbers / sizeof *pool->numbers;
    }
    uint64_t number = pool->numbers[--pool->left];
    pool->numbers[pool->left] = 0;  /* what was given out may become a secret: keep no copy */
    return number;
}

void random_name(struct random_pool *pool, char *out, unsigned len)
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";  /* 32, without those that look alike */
    uint64_t bits = 0;
    for (unsigned i = 0; i < len; i++) {
        if (i % 12 == 0)
            bits = random_next(pool);
        out[i] = letters[bits & 31];
        bits >>= 5;
    }
    out[len] = '\0';
}
