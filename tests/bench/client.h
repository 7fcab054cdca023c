/* What both clients of `make bench-client` measure with: CPU time of the process and answers, after a warm-up. */
#ifndef TESTS_BENCH_CLIENT_H
#define TESTS_BENCH_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define PAYLOAD "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

enum { UNDER_WAY = 256, WARM_UP_MS = 200 };

struct measure {
    int64_t begin, end;   /* nanoseconds; begin is after the warm-up */
    bool warm;
    int64_t cpu, wall;    /* at the begin */
    uint64_t answers;
};

static inline int64_t nanoseconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static inline struct measure measure_begin(unsigned ms)
{
    int64_t begin = nanoseconds(CLOCK_MONOTONIC) + WARM_UP_MS * INT64_C(1000000);
    return (struct measure){.begin = begin, .end = begin + ms * INT64_C(1000000)};
}

/* False when the time is over; then the result has been printed. */
static inline bool measure_goes_on(struct measure *m, uint64_t answers)
{
    int64_t now = nanoseconds(CLOCK_MONOTONIC);
    if (!m->warm && now >= m->begin) {
        m->warm = true;
        m->cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
        m->wall = now;
        m->answers = answers;
    }
    if (now < m->end)
        return true;
    printf("{\"answers\": %llu, \"cpu_ns\": %lld, \"wall_ns\": %lld}\n",
           (unsigned long long)(answers - m->answers), (long long)(nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - m->cpu),
           (long long)(now - m->wall));
    return false;
}

#endif
