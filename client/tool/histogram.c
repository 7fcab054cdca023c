#include "client/tool/histogram.h"

/* Below 2 * STEPS each value has a bucket of its own; above, every doubling has STEPS of them. */
static unsigned bucket_of(int64_t us)
{
    unsigned shift = 0;
    while (us >> shift >= 2 * HISTOGRAM_STEPS)
        shift++;
    unsigned bucket = shift * HISTOGRAM_STEPS + (unsigned)(us >> shift);
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* The largest value of a bucket. */
static int64_t top_of(unsigned bucket)
{
    if (bucket < 2 * HISTOGRAM_STEPS)
        return bucket;
    unsigned shift = bucket / HISTOGRAM_STEPS - 1;
    return ((int64_t)(bucket - shift * HISTOGRAM_STEPS + 1) << shift) - 1;
}

void histogram_add(struct histogram *h, int64_t us)
{
    h->buckets[bucket_of(us < 0 ? 0 : us)]++;
    h->count++;
    if (us > h->most)
        h->most = us;
}

int64_t histogram_at(const struct histogram *h, double share)
{
    uint64_t wanted = (uint64_t)(share * (double)h->count), seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->buckets[i];
        if (seen > wanted)
            return top_of(i) < h->most ? top_of(i) : h->most;
    }
    return h->most;
}
