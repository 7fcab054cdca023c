/* What a session sent and is not served yet: a message whose right is being asked for, and all that came behind.
 *
 * So the order of a session's events and calls is kept (B-070, B-086). Only what needs no right and may be what
 * the authorizer itself waits for goes ahead: answers to INVOCATIONs, ABORT, and the
 * CANCEL of a call that does not wait itself. spec: A-AZN-08 */
#ifndef REALMS_HELD_H
#define REALMS_HELD_H

#include "common/list.h"
#include "realms/authorizer.h"
#include "realms/session.h"

enum {
    HELD_MESSAGES_MUCH = 64,       /* of one session: nothing more is read from it */
    HELD_BYTES_MUCH = 64 << 10,    /* likewise */
    HELD_MESSAGES_MAX = 4096,      /* beyond what was read before, it is ended */
    HELD_BYTES_MAX = 1 << 20,      /* likewise; one more message may exceed it */
    HELD_TOTAL_MAX = 64 << 20,     /* octets, of all sessions of a realm */
};

struct held {
    struct list messages;  /* held_message.link, in order; the first is the one that is being asked for */
    unsigned count;
    size_t bytes;
    bool is_serving;       /* the first is being served again */
    bool is_much;          /* env.hold was told */
    struct asking asking;
};

/* What s sent waits. */
static inline bool session_is_held(const struct session *s)
{
    return s->held && s->held->count && !s->held->is_serving;
}

/* Makes room for what will be asked for s: s->held. False: no memory. */
bool held_begin(struct session *s);

/* Whether m, a request, may have its id: not that of one of its kind that waits, or of a call under way, unless it is a
 * further chunk of that call. Later that could not be told, since the other may have ended. spec */
bool held_may_follow(const struct session *s, const struct wamp_msg *m);

/* m waits, behind all that waits already. is_accepted: dispatch has judged it. s is doomed when there is no
 * room for it. */
void held_add(struct session *s, const struct wamp_msg *m, bool is_accepted);

/* There is an answer: serves what waits, in order, until another one is needed. s may be doomed afterwards. */
void held_serve(struct session *s);

void held_free(struct session *s);  /* all that waits, and forgets what was asked; nothing is fine */

#endif
