/* Doubles as decimal text, as JSON writes them; the same whatever the locale of the program. */
#ifndef WAMP_COMMON_REAL_H
#define WAMP_COMMON_REAL_H

#include "common/str.h"

#include <stddef.h>

enum { WAMP_REAL_TEXT_MAX = 32 };  /* what wamp_real_write needs at most */

/* The double nearest to a number that is well-formed JSON, ties to even; infinite when none is large enough.
 * Takes time linear in the length. */
double wamp_real_read(struct str number);

/* The shortest digits that are read back as the same double, with a fraction or an exponent in every case: "1.0",
 * "0.1", "1e22". `value` is finite. Returns the length; what follows it in `out` is undefined. */
size_t wamp_real_write(double value, char out[WAMP_REAL_TEXT_MAX]);

#endif
