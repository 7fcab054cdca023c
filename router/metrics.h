/* The counters of one loop, from their table. Plain numbers: each loop has its own, and whoever shows them adds
 * up. */
#ifndef ROUTER_METRICS_H
#define ROUTER_METRICS_H

#include "common/buf.h"

#include <stdint.h>

struct metrics {
#define METRIC(name, help) uint64_t name;
#include "router/metrics.def"
#undef METRIC
};

/* Appends them in the text form of Prometheus. */
void metrics_write(struct wamp_buf *out, const struct metrics *m);

/* The two lines that introduce a metric ("counter" or "gauge"), and one value of it; label NULL: it has no parts.
 *
 *     # HELP wampd_calls_total calls accepted
 *     # TYPE wampd_calls_total counter
 *     wampd_calls_total{realm="realm1"} 7
 */
void metrics_introduce(struct wamp_buf *out, const char *name, const char *type, const char *help);
void metrics_value(struct wamp_buf *out, const char *name, const char *label, struct str part, uint64_t value);

#endif
