/* uthash with a keyed hash, so that nobody who chooses keys can choose collisions, and with allocation failures
 * reported instead of fatal: SipHash-1-3 for text; for ids and pairs of ids, of which there are several in every
 * message, multiplications with secret factors.
 *
 * Include this, never <uthash.h>. HASH_ADD* leaves the element's handle with tbl == NULL when memory is short;
 * wamp_map_added(elem) tells. Iteration is in insertion order, whatever the key: deterministic. */
#ifndef WAMP_COMMON_MAP_H
#define WAMP_COMMON_MAP_H

#include "common/mem.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Sets the hash key of this process. Call once, before the first map, with random octets; without it the key is
 * zero (deterministic tests). */
void wamp_map_seed(const uint8_t key[16]);

uint64_t wamp_siphash(const void *data, size_t len);

extern uint64_t wamp_map_factors[3];  /* of the seed; never 0 */

static inline uint64_t wamp_map_fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t wamp_map_hash(const void *key, size_t len)
{
    uint64_t words[2];
    if (len == sizeof words[0]) {
        memcpy(words, key, sizeof words[0]);
        return wamp_map_fold(words[0] ^ wamp_map_factors[0], wamp_map_factors[1]);
    }
    if (len == sizeof words) {
        memcpy(words, key, sizeof words);
        uint64_t first = wamp_map_fold(words[0] ^ wamp_map_factors[0], wamp_map_factors[1]);
        return wamp_map_fold(words[1] ^ first, wamp_map_factors[2]);
    }
    return wamp_siphash(key, len);
}

#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION(keyptr, keylen, hashv) ((hashv) = (unsigned)wamp_map_hash(keyptr, keylen))
#define uthash_malloc(size) wamp_alloc(size)
#define uthash_free(ptr, size) wamp_free(ptr)
#include <uthash.h>

#define wamp_map_added(elem) ((elem)->hh.tbl != NULL)

#endif
