/* Integers beyond 64 bits: decimal digits, as JSON writes them, and big-endian magnitudes, as CBOR does. spec: R-26 */
#ifndef WAMP_COMMON_BIGNUM_H
#define WAMP_COMMON_BIGNUM_H

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

#include <stdbool.h>

/* Converting costs the square of the length: longer ones are not converted (UNREPRESENTABLE). */
enum { WAMP_BIGNUM_DIGITS_MAX = 1000, WAMP_BIGNUM_OCTETS_MAX = 416 };

/* Decimal text of a CBOR integer: `magnitude` when positive, -1 - magnitude when `negative`. UNREPRESENTABLE, NOMEM. */
enum wamp_err wamp_bignum_to_decimal(struct str magnitude, bool negative, struct wamp_arena *arena, struct str *out);

/* The other way round. Writes at most WAMP_BIGNUM_OCTETS_MAX octets to magnitude, none for zero. */
enum wamp_err wamp_bignum_from_decimal(struct str digits, char *magnitude, size_t *len, bool *negative);

#endif
