/* memset(octets, 0, len), and always as a call: where len is known and a few hundred the compiler prefers `rep stos`,
 * which takes longer to begin than the call takes for all of it. */
#ifndef WAMP_COMMON_CLEAR_H
#define WAMP_COMMON_CLEAR_H

#include <stddef.h>

void wamp_clear(void *octets, size_t len);

#endif
