/* An event that outlives its publication: retained, or in a history. A deep copy, counted. */
#ifndef REALMS_STORED_H
#define REALMS_STORED_H

#include "realms/broker.h"

struct stored_event {
    unsigned refs;
    wamp_ms time;  /* wall clock */
    size_t bytes;  /* what it occupies */
    struct wamp_payload payload;
    struct event event;       /* points at the above */
    struct wamp_arena arena;  /* holds what they borrow */
};

struct stored_event *stored_new(struct realm *r, const struct event *event);  /* NULL: no memory */
void stored_unref(struct stored_event *e);                                    /* NULL is fine */

#endif
