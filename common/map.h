/* uthash with a keyed hash: SipHash-1-3, so that nobody who chooses keys can choose collisions, and with
 * allocation failures reported instead of fatal.
 *
 * Include this, never <uthash.h>. HASH_ADD* leaves the element's handle with tbl == NULL when memory is short;
 * wamp_map_added(elem) tells. Iteration is in insertion order, whatever the key: deterministic. */
#ifndef WAMP_COMMON_MAP_H
#define WAMP_COMMON_MAP_H

#include "common/mem.h"

#include <stddef.h>
#include <stdint.h>

/* Sets the hash key of this process. Call once, before the first map, with random octets; without it the key is
 * zero (deterministic tests). */
void wamp_map_seed(const uint8_t key[16]);

uint64_t wamp_siphash(const void *data, size_t len);

#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION(keyptr, keylen, hashv) ((hashv) = (unsigned)wamp_siphash(keyptr, keylen))
#define uthash_malloc(size) wamp_alloc(size)
#define uthash_free(ptr, size) wamp_free(ptr)
#include <uthash.h>

#define wamp_map_added(elem) ((elem)->hh.tbl != NULL)

#endif
