#include "common/bignum.h"

#include <stdint.h>

enum { LIMBS_MAX = WAMP_BIGNUM_OCTETS_MAX / 4 };  /* 10^1000 needs 416 octets */

/* Little-endian limbs. */
struct big {
    uint32_t limbs[LIMBS_MAX];
    size_t count;
};

/* big = big * factor + add; false when it gets too long. */
static bool multiply_add(struct big *b, uint32_t factor, uint32_t add)
{
    uint64_t carry = add;
    for (size_t i = 0; i < b->count; i++) {
        carry += (uint64_t)b->limbs[i] * factor;
        b->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry && b->count == LIMBS_MAX)
        return false;
    if (carry)
        b->limbs[b->count++] = (uint32_t)carry;
    return true;
}

/* big = big / divisor; returns the rest. */
static uint32_t divide(struct big *b, uint32_t divisor)
{
    uint64_t rest = 0;
    for (size_t i = b->count; i-- > 0;) {
        rest = rest << 32 | b->limbs[i];
        b->limbs[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    while (b->count && !b->limbs[b->count - 1])
        b->count--;
    return (uint32_t)rest;
}

/* big = big - 1; it is not zero. */
static void decrement(struct big *b)
{
    size_t i = 0;
    while (b->limbs[i]-- == 0)
        i++;
    if (!b->limbs[b->count - 1])
        b->count--;
}

enum wamp_err wamp_bignum_to_decimal(struct str magnitude, bool negative, struct wamp_arena *arena, struct str *out)
{
    struct big b = {.count = 0};
    while (magnitude.len && !magnitude.ptr[0])
        magnitude = str_from(magnitude, 1);
    if (magnitude.len > WAMP_BIGNUM_OCTETS_MAX)
        return WAMP_ERR_UNREPRESENTABLE;
    for (size_t i = 0; i < magnitude.len; i++)
        multiply_add(&b, 256, (uint8_t)magnitude.ptr[i]);
    if (negative && b.count && !multiply_add(&b, 1, 1))
        return WAMP_ERR_UNREPRESENTABLE;
    if (negative && !b.count)
        b = (struct big){.limbs = {1}, .count = 1};
    char text[WAMP_BIGNUM_OCTETS_MAX * 5 / 2 + 2], *p = text + sizeof text;
    do
        *--p = (char)('0' + divide(&b, 10));
    while (b.count);
    if (negative)
        *--p = '-';
    *out = wamp_arena_copy(arena, str_of(p, (size_t)(text + sizeof text - p)));
    return out->ptr ? WAMP_ERR_NONE : WAMP_ERR_NOMEM;
}

enum wamp_err wamp_bignum_from_decimal(struct str digits, char *magnitude, size_t *len, bool *negative)
{
    struct big b = {.count = 0};
    *negative = digits.len && digits.ptr[0] == '-';
    if (*negative)
        digits = str_from(digits, 1);
    if (digits.len > WAMP_BIGNUM_DIGITS_MAX)
        return WAMP_ERR_UNREPRESENTABLE;
    for (size_t i = 0; i < digits.len; i++)
        if (!multiply_add(&b, 10, (uint32_t)(digits.ptr[i] - '0')))
            return WAMP_ERR_UNREPRESENTABLE;
    if (*negative && b.count)
        decrement(&b);
    *len = 0;
    for (size_t i = 4 * b.count; i-- > 0;) {
        char octet = (char)(b.limbs[i / 4] >> 8 * (i % 4));
        if (octet || *len)
            magnitude[(*len)++] = octet;
    }
    return WAMP_ERR_NONE;
}
