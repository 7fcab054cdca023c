/* Times, counted in buckets whose width grows with the time: any percentile within 1/32 of its value. */
#ifndef TOOL_HISTOGRAM_H
#define TOOL_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_STEPS = 32, HISTOGRAM_BUCKETS = HISTOGRAM_STEPS * 32 };

/* Zero is an empty one. */
struct histogram {
    uint64_t buckets[HISTOGRAM_BUCKETS], count;
    int64_t most;
};

void histogram_add(struct histogram *h, int64_t us);
/* The time that this share of all, 0 .. 1, did not exceed. */
int64_t histogram_at(const struct histogram *h, double share);

#endif
