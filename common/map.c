#include "common/map.h"

#include <string.h>

static uint64_t key0, key1;

/* Those of the key that is all zero, until there is another. */
uint64_t wamp_map_factors[3] = {0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu};

void wamp_map_seed(const uint8_t key[16])
{
    memcpy(&key0, key, 8);
    memcpy(&key1, key + 8, 8);
    for (uint64_t i = 0; i < sizeof wamp_map_factors / sizeof *wamp_map_factors; i++)
        wamp_map_factors[i] = wamp_siphash(&i, sizeof i) | 1;
}

#define ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = ROTL(v[1], 13) ^ v[0];
    v[0] = ROTL(v[0], 32);
    v[2] += v[3];
    v[3] = ROTL(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = ROTL(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = ROTL(v[1], 17) ^ v[2];
    v[2] = ROTL(v[2], 32);
}

/* SipHash-1-3 (Aumasson, Bernstein): one round a word, three at the end. Words are read in host order: the value
 * never leaves the process. */
uint64_t wamp_siphash(const void *data, size_t len)
{
    const uint8_t *p = data;
    uint64_t v[4] = {key0 ^ 0x736f6d6570736575u, key1 ^ 0x646f72616e646f6du, key0 ^ 0x6c7967656e657261u,
                     key1 ^ 0x7465646279746573u};
    for (size_t left = len; left >= 8; left -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    uint64_t last = (uint64_t)len << 56, rest = 0;
    memcpy(&rest, p, len & 7);
    last |= rest & 0x00ffffffffffffffu;
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
