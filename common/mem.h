/* The allocator: the one place that may be made to fail.
 *
 * Everything in common/, realms/ and client/ allocates through these four functions, so that a test can run a
 * scenario again and again with the n-th allocation failing (tests/lib/failmalloc.h). All of them may return
 * NULL; nothing here aborts. */
#ifndef WAMP_COMMON_MEM_H
#define WAMP_COMMON_MEM_H

#include <stddef.h>

void *wamp_alloc(size_t size);
void *wamp_zalloc(size_t size);              /* zeroed */
void *wamp_realloc(void *old, size_t size);  /* on NULL the old block is still the caller's */
void wamp_free(void *block);                 /* NULL is fine */

/* Test hook: called before each allocation; returning non-zero makes it fail. NULL (the default) never fails.
 * Set it while no other thread allocates. */
extern int (*wamp_mem_fail)(size_t size);

#endif
