/* Receivers that cannot keep up, and what is done about those who send to them.
 *
 * A receiver is congested while its kernel takes no more and more than CONGESTED octets wait in its outbox. When
 * all that a message caused went to congested receivers, its sender is held until the queue has fallen to
 * RELIEVED:
 *
 *   the sender of a stream (progressive YIELDs, or CALLs) that takes FLOW is asked to stop that one stream;
 *   of any other sender nothing is read, for at most HOLD_MS, for others depend on it. Then it goes on, and the
 *   bounds of the queue decide, until the receiver is relieved.
 *
 * A stream whose receiver accepts nothing for timeouts.stall, or whose queue fills to half of limits.queue
 * although its sender was held, ends: "receiver too slow". spec; S-40 */
#ifndef ROUTER_CONGESTION_H
#define ROUTER_CONGESTION_H

#include "router/conn.h"

enum { CONGESTED = 256 << 10, RELIEVED = 64 << 10, HOLD_MS = 1000 };

/* A message was queued for c. */
static inline void congestion_count(struct conn *c)
{
    struct delivery *d = &c->hub->delivery;
    d->sent++;
    if (c->choked && c->out.waiting > CONGESTED) {
        d->congested++;
        d->receiver = c;
    }
}

/* m from `sender` was delivered, and hub->delivery says what became of it. */
void congestion_on_delivered(struct conn *sender, const struct wamp_msg *m);

/* The kernel took octets of c, which holds senders. */
void congestion_on_progress(struct conn *c);

/* c sends and receives nothing more in this session: lets go whom it holds, and forgets who holds it. */
void congestion_leave(struct conn *c);

/* Of the wait kinds RELIEF and STALL. */
void congestion_on_due(struct wait *w, enum wait_kind kind);

#endif
