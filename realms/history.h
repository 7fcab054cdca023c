/* Event history: what was published under a configured topic or pattern, for those who ask later. spec: A-HIS
 *
 * The event log is all that a durable store would have to replace: append, and walk in the order of the broker. */
#ifndef REALMS_HISTORY_H
#define REALMS_HISTORY_H

#include "realms/broker.h"
#include "realms/stored.h"

/* Oldest first. Bounded by count and octets: the oldest go. */
struct event_log {
    struct stored_event **ring;
    unsigned first, count, room;  /* room: the bound on the count */
    size_t bytes, max_bytes;
};

struct event_log *event_log_new(unsigned max_events, size_t max_bytes);
void event_log_free(struct event_log *log);  /* NULL is fine */
bool event_log_append(struct event_log *log, struct stored_event *e);  /* takes a reference of its own */
const struct stored_event *event_log_at(const struct event_log *log, unsigned index);  /* 0: oldest */

/* Makes the subscriptions of the configured histories. */
bool history_init(struct realm *r);

/* Records the event under every matching subscription that has a log. spec: A-HIS-01, A-HIS-02 */
void history_store(struct realm *r, const struct event *event);

#endif
