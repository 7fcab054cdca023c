/* Retained events: the last event of a topic, for those who subscribe later. spec: A-RET */
#ifndef REALMS_RETAINED_H
#define REALMS_RETAINED_H

#include "realms/broker.h"

enum {
    RETAINED_EVENT_MAX = 64 << 10,   /* octets of one retained payload */
    RETAINED_TOPICS_MAX = 10000,     /* per realm */
    RETAINED_BYTES_MAX = 64 << 20,   /* per realm */
};

/* Makes a published event the retained one of its topic, if the bounds allow. spec: A-RET-02, A-RET-03 */
void retained_store(struct realm *r, const struct event *event);

/* Sends s, a new subscriber of sub, what is retained for it. spec: A-RET-05..A-RET-08, R-18 */
void retained_send(struct realm *r, const struct subscription *sub, struct session *s);

void retained_fini(struct realm *r);

#endif
