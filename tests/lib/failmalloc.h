/* Allocations that fail on demand, and a count of the blocks that are alive.
 *
 * A program that links this (by calling anything here) gets its own common/mem.h functions from failmalloc.c
 * instead of common/mem.c. What allocates behind their back is not seen.
 *
 *     for_each_failure {
 *         run the whole scenario, from nothing to nothing; results may differ, nothing may crash or leak
 *     }
 */
#ifndef TESTS_LIB_FAILMALLOC_H
#define TESTS_LIB_FAILMALLOC_H

#include "common/mem.h"

#include <stdbool.h>

/* The n-th allocation from now on fails, counted from 1, and only that one; 0: none. */
void fail_nth(unsigned long n);

/* Whether the allocation that was to fail has been asked for since fail_nth. */
bool fail_happened(void);

/* Between pause and resume allocations succeed and are not counted: for what the test itself allocates. Nests. */
void fail_pause(void);
void fail_resume(void);

/* Blocks handed out and not yet freed. */
size_t mem_live_blocks(void);

/* Runs its body once for each n with the n-th allocation failing, and a last time with none failing. A run that
 * leaves more blocks alive than it found ends the program with a message. No break or return out of it. */
#define for_each_failure for (struct fail_run fail_run_ = {0}; fail_run_next(&fail_run_);)

struct fail_run {
    unsigned long n;
    size_t live;
};
bool fail_run_next(struct fail_run *run);

#endif
