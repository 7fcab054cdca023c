/* The judge of one session: reads along in both directions and says when the router breaks a rule that holds in
 * every conversation, whatever it is about.
 *
 *   - WELCOME comes first and once; nothing comes after ABORT or GOODBYE
 *   - a request is answered at most once, by a message of its kind          B-057, B-065, B-076, B-085
 *   - an EVENT names a subscription that the session holds                  B-060, B-061, T-19, T-20
 *   - an INVOCATION names a registration that it holds, or continues one    B-078, B-079
 *   - INVOCATION ids count 1, 2, 3 ..                                       B-051
 *   - an INTERRUPT names an invocation that is under way                    A-CAN-15
 *
 * For a router whose effects are immediate (realms/): messages must be shown in the order in which they come. */
#ifndef TESTS_LIB_JUDGE_H
#define TESTS_LIB_JUDGE_H

#include "common/msg.h"

#include <stdbool.h>

struct ids {
    struct pair {
        uint64_t id, of;  /* of: what the request names: the subscription of an UNSUBSCRIBE */
    } *list;
    size_t count, room;
};

struct judge {
    bool welcomed, over;
    struct ids publish, subscribe, unsubscribe, call, register_, unregister;  /* requests that may be answered */
    struct ids subscriptions, registrations, invocations;                     /* held; under way */
    uint64_t last_invocation;
    char verdict[160];  /* of judge_got */
};

void judge_fini(struct judge *j);

/* The session sends m. */
void judge_sent(struct judge *j, const struct wamp_msg *m);

/* The router sends m. False: it must not; j->verdict says why. */
bool judge_got(struct judge *j, const struct wamp_msg *m);

#endif
