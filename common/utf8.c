#include "common/utf8.h"

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* An automaton without branches: steps[octet] holds the next state for each state. A state is a number of bits,
 * the place of its entry in such a row. What a row does not mention leads to REJECT; nothing leads out of it. */
enum {
    STATE_BITS = 6,
    STATE_MASK = 63,
    REJECT = 0,
    ACCEPT = 1 * STATE_BITS,
    TAIL1 = 2 * STATE_BITS,  /* so many continuation octets are due */
    TAIL2 = 3 * STATE_BITS,
    TAIL3 = 4 * STATE_BITS,
    AFTER_E0 = 5 * STATE_BITS,  /* TAIL2 and TAIL3 whose first octet has narrower bounds */
    AFTER_ED = 6 * STATE_BITS,
    AFTER_F0 = 7 * STATE_BITS,
    AFTER_F4 = 8 * STATE_BITS,
};

#define STEP(from, to) ((uint64_t)(to) << (from))
#define TAIL (STEP(TAIL1, ACCEPT) | STEP(TAIL2, TAIL1) | STEP(TAIL3, TAIL2))

/* Table 3-7 of the Unicode standard. */
static const uint64_t steps[256] = {
    [0x00 ... 0x7f] = STEP(ACCEPT, ACCEPT),
    [0x80 ... 0x8f] = TAIL | STEP(AFTER_ED, TAIL1) | STEP(AFTER_F4, TAIL2),
    [0x90 ... 0x9f] = TAIL | STEP(AFTER_ED, TAIL1) | STEP(AFTER_F0, TAIL2),
    [0xa0 ... 0xbf] = TAIL | STEP(AFTER_E0, TAIL1) | STEP(AFTER_F0, TAIL2),
    [0xc2 ... 0xdf] = STEP(ACCEPT, TAIL1),
    [0xe0] = STEP(ACCEPT, AFTER_E0),
    [0xe1 ... 0xec] = STEP(ACCEPT, TAIL2),
    [0xed] = STEP(ACCEPT, AFTER_ED),
    [0xee ... 0xef] = STEP(ACCEPT, TAIL2),
    [0xf0] = STEP(ACCEPT, AFTER_F0),
    [0xf1 ... 0xf3] = STEP(ACCEPT, TAIL3),
    [0xf4] = STEP(ACCEPT, AFTER_F4),
};

enum { STRIDE = 16 };

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* STRIDE octets. */
static bool is_ascii(const uint8_t *p)
{
#ifdef __SSE2__
    return !_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)p));
#else
    uint64_t words[2];
    memcpy(words, p, sizeof words);
    return !((words[0] | words[1]) & HIGH_BITS);
#endif
}

/* Fewer than STRIDE. */
static bool rest_is_ascii(const uint8_t *p, size_t len)
{
    uint64_t bits = 0;
    if (len >= sizeof bits) {
        memcpy(&bits, p, sizeof bits);
        p += sizeof bits;
        len -= sizeof bits;
    }
    while (len > 0)
        bits |= p[--len];
    return !(bits & HIGH_BITS);
}

bool wamp_utf8_ok(struct str text)
{
    const uint8_t *p = (const uint8_t *)text.ptr;
    uint64_t state = ACCEPT;
    size_t i = 0;
    while (text.len - i >= STRIDE) {
        size_t stop = i + STRIDE;
        if ((state & STATE_MASK) == ACCEPT && is_ascii(p + i))
            i = stop;
        for (; i < stop; i++)
            state = steps[p[i]] >> (state & STATE_MASK);
    }
    if ((state & STATE_MASK) == ACCEPT && (i == text.len || rest_is_ascii(p + i, text.len - i)))
        return true;
    for (; i < text.len; i++)
        state = steps[p[i]] >> (state & STATE_MASK);
    return (state & STATE_MASK) == ACCEPT;
}
