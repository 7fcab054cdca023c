/* Values that move deeper: one that nests as far as a message may, and is then shown inside of a list or a dict,
 * makes a message that its receiver must refuse, and end the session. */
#ifndef REALMS_NESTING_H
#define REALMS_NESTING_H

#include "common/ser.h"

#include <stdbool.h>

/* Whether `value` may stand inside of so many lists and dicts. An empty string may. False, too: no memory. */
bool nesting_fits(enum wamp_ser ser, struct str value, unsigned levels);

#endif
