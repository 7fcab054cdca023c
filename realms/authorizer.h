/* Roles whose rights a procedure decides: it is called for every message that needs a right, as
 *
 *     authorize(session details, uri, action, options) -> bool, or {allow, disclose, cache, validate}
 *
 * and what it says may be remembered, if it says so. While it runs, what the session sends waits (held.h).
 * Whatever is not clearly a yes is no: a wrong result, an ERROR, no answer in time, nobody who offers the
 * procedure. spec: A-AZN-07 */
#ifndef REALMS_AUTHORIZER_H
#define REALMS_AUTHORIZER_H

#include "common/msg.h"
#include "realms/realm.h"

struct decision;
struct session;
struct wish;

enum {
    AUTHORIZER_TIMEOUT_MS = 10000,
    DECISIONS_MAX = 1024,  /* remembered for one role; the oldest go */
};

enum verdict { VERDICT_AWAITED, VERDICT_GRANTED, VERDICT_DENIED, VERDICT_FAILED };

struct answer {
    enum verdict verdict;  /* AWAITED: none yet */
    bool discloses;
    char why[120];         /* FAILED: for a person */
};

/* Decisions that may be remembered, by action, match policy and URI: they hold for all sessions of the role.
 * The zero value is empty. */
struct decisions {
    struct decision *by_key;
};
void decisions_fini(struct decisions *d);

/* What is being asked for the message that a session sent; part of struct held. The zero value is idle. */
struct asking {
    uint64_t call;              /* see own_call.h; 0: none is under way */
    struct decision *decision;  /* about what it is */
    struct answer answers[4];   /* by enum realm_action: a message needs one of a kind, and at most two */
};
/* Nobody waits for the answer any more, and what was answered is forgotten. */
void asking_stop(struct realm *r, struct asking *a);

/* What the authorizer of s says about the wish that is in m. AWAITED: it has been asked, and m is held. */
enum verdict authorizer_ask(struct session *s, const struct wamp_msg *m, const struct wish *wish,
                            struct answer *out);

#endif
