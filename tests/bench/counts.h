/* Counters that count.so keeps inside the measured process, in a file both map. */
#ifndef TESTS_BENCH_COUNTS_H
#define TESTS_BENCH_COUNTS_H

#include <stdint.h>

#define COUNTS_VARIABLE "BENCH_COUNTS"  /* environment: path of the file */

struct counts {
    uint64_t calls;        /* of the system, as far as they go through libc */
    uint64_t allocations;  /* malloc, calloc, realloc */
};

#endif
