#include "common/utf8.h"

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* How many octets from p on are ASCII. */
static size_t skip_ascii(const uint8_t *p, size_t len)
{
    size_t n = 0;
#ifdef __SSE2__
    while (len - n >= 16 && !_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + n))))
        n += 16;
#endif
    for (uint64_t word; len - n >= 8; n += 8) {
        memcpy(&word, p + n, 8);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (n < len && p[n] < 0x80)
        n++;
    return n;
}

static bool is_tail(uint8_t octet)
{
    return (octet & 0xc0) == 0x80;
}

/* The length of the well-formed character at p, or 0. The table 3-7 of the Unicode standard. */
static size_t character(const uint8_t *p, size_t left)
{
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xc2)
        return 0;
    if (p[0] < 0xe0)
        return left >= 2 && is_tail(p[1]) ? 2 : 0;
    if (p[0] < 0xf0) {
        uint8_t low = p[0] == 0xe0 ? 0xa0 : 0x80, high = p[0] == 0xed ? 0x9f : 0xbf;
        return left >= 3 && p[1] >= low && p[1] <= high && is_tail(p[2]) ? 3 : 0;
    }
    if (p[0] > 0xf4)
        return 0;
    uint8_t low = p[0] == 0xf0 ? 0x90 : 0x80, high = p[0] == 0xf4 ? 0x8f : 0xbf;
    return left >= 4 && p[1] >= low && p[1] <= high && is_tail(p[2]) && is_tail(p[3]) ? 4 : 0;
}

bool wamp_utf8_ok(struct str text)
{
    const uint8_t *p = (const uint8_t *)text.ptr, *end = p + text.len;
    while (p < end) {
        p += skip_ascii(p, (size_t)(end - p));
        if (p == end)
            return true;
        size_t len = character(p, (size_t)(end - p));
        if (!len)
            return false;
        p += len;
    }
    return true;
}
