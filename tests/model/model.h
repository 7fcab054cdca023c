/* The model: what a realm must do, said once more, as plainly as possible.
 *
 * Everything is a small array that is searched from end to end; URIs are matched one pattern at a time with
 * common/uri.h. A move (tests/model/move.h) is made in the realm first; then the model says what everybody must
 * have got by it, as patterns in the language of the conversation scripts. Where the specification leaves a choice
 * (the policy `random`), the model asks choose(), and the move is right if some choices explain what was seen.
 *
 * A struct model points at nothing but itself, text that is never freed, and peers: to copy it back is to undo. */
#ifndef TESTS_MODEL_MODEL_H
#define TESTS_MODEL_MODEL_H

#include "tests/lib/world.h"

enum {
    PLAYERS = 8,         /* at once */
    TOPICS = 48,
    PROCEDURES = 32,
    CALLS = 48,
    CHUNKS = 6,          /* of one call; the game sends no more */
    ENDED = 64,          /* calls of one session that ended before their last chunk */
    TESTAMENTS = 4,      /* of one session and scope */
    RETAINED = 64,
    LOG = 3,             /* events of one history */
    LISTED = 2,          /* entries of one list of receivers */
};

struct payload {
    const char *args, *kwargs;  /* in JSON; NULL: absent */
    const char *tail;           /* what follows the last element of the head: ", [7], {\"k\": 1}" */
    bool is_big;                /* holds an integer that MessagePack cannot express */
    bool is_opaque;             /* one binary argument and nothing else */
};

/* The six lists of PUBLISH.Options. */
struct lists {
    struct id_entries {
        bool given;
        unsigned count;
        uint64_t ids[LISTED];
    } exclude, eligible;
    struct name_entries {
        bool given;
        unsigned count;
        const char *names[LISTED];
    } exclude_authid, exclude_authrole, eligible_authid, eligible_authrole;
};

/* What the options of a PUBLISH say; a testament has them, too. */
struct publishing {
    const char *topic;
    struct payload payload;
    struct lists lists;
    bool acknowledge, disclose_me, retain, ppt;
    bool include_me;  /* exclude_me: false */
};

struct event {
    unsigned number;          /* counts publications: $p7 */
    uint64_t id;              /* 0: nobody has seen it yet */
    const char *topic;
    struct payload payload;
    struct lists lists;
    uint64_t excluded;        /* session id, or 0 */
    bool ppt, disclosed, retained;
    uint64_t publisher;
    const char *authid, *authrole;
    const struct realm_trust *trust;
    wamp_ms time;
};

struct ended {
    uint64_t request;
    const char *procedure;
    wamp_ms until;
};

/* A session. */
struct player {
    bool is_here;
    unsigned number;          /* counts joins */
    struct peer *peer;        /* of the last session in this place, here or not */
    uint64_t id;
    enum wamp_ser ser;
    struct wamp_roles roles;
    const char *authid, *authrole;
    bool full;                /* takes no more messages */
    unsigned doom;            /* counts dooms; 0: it lives */
    enum close_reason why;    /* when doomed */
    bool left, silent;
    uint64_t requests;        /* ids that it has used */
    uint64_t invocations;     /* that it has got */
    struct ended ended[ENDED];
    unsigned ended_count;
    struct publishing testaments[2][TESTAMENTS];  /* detached, destroyed */
    unsigned testament_count[2];
};

/* A player in a subscription or registration. */
struct member {
    struct player *player;
    unsigned number;          /* counts memberships of the realm */
    bool disclose_caller, forward_timeout;
    unsigned concurrency, busy;
};

/* A subscription, or a registration. */
struct pattern_of {
    unsigned number;          /* counts those of its kind, 0: this place is free */
    uint64_t id;              /* 0: nobody has seen it yet */
    const char *uri;
    enum wamp_match match;
    wamp_ms created;
    struct member members[PLAYERS];  /* in the order of their coming */
    unsigned count;
    enum wamp_invoke invoke;  /* registrations */
    unsigned last;            /* roundrobin: number of the member that was served last */
    bool serving;
    bool has_log;             /* subscriptions with a history */
    struct event log[LOG];    /* oldest first */
    unsigned logged, log_room;
};

struct chunk {
    struct payload payload;
    bool progress;
};

struct call {
    unsigned number;          /* counts calls, 0: this place is free */
    struct player *caller, *callee;
    uint64_t request, invocation;
    unsigned attached;        /* counts invocations of the realm: orders those of a callee */
    unsigned waiting;         /* counts arrivals in queues: orders those that wait; 0: it does not */
    unsigned registration;    /* pattern_of.number */
    uint64_t registration_id;
    bool is_pattern;
    unsigned counted_by;      /* member.number where it counts as busy */
    const char *procedure;
    wamp_ms timeout, deadline;
    bool is_watched;          /* the dealer watches the deadline */
    bool asks_disclosure, receive_progress, ppt, ext;
    bool is_disclosed;        /* by the permission to call */
    bool disclosed, forwards_timeout, forwards_progress;
    wamp_ms timeout_told;
    bool open, progressed, killing;
    const struct realm_trust *trust;
    struct chunk chunks[CHUNKS];  /* those that may be sent later, or once more */
    unsigned chunk_count;
    unsigned tried[PLAYERS], tried_count;  /* player.number */
};

struct counters {
    unsigned players, members, topics, procedures, calls, attached, waiting, dooms, publications;
};

struct model {
    const struct realm_config *config;
    const struct rules *rules;
    wamp_ms now;
    struct counters counted;
    struct player players[PLAYERS];
    struct pattern_of topics[TOPICS];
    struct pattern_of procedures[PROCEDURES];
    struct call calls[CALLS];
    struct event retained[RETAINED];
    unsigned retained_count;
};

struct move;

/* --- players (session.c) ----------------------------------------------------------------------------- */

/* In the order of their joining: the first, the one after p; NULL at the end. */
struct player *next_player(struct model *m, const struct player *p);
struct player *find_player(struct model *m, uint64_t id);

#define announced(p, role, key) wamp_announced(&(p)->roles, role, key)

void doom(struct model *m, struct player *p, enum close_reason why);
void abort_player(struct model *m, struct player *p);  /* it broke the protocol */
void settle(struct model *m);                          /* takes out whoever is doomed */

/* What the move causes, whatever it is. */
void predict(struct model *m, const struct move *mv);

void predict_join(struct model *m, const struct move *mv);
void predict_drop(struct model *m, const struct move *mv);
void predict_goodbye(struct model *m, const struct move *mv);
void predict_abort(struct model *m, const struct move *mv);
void predict_violation(struct model *m, const struct move *mv);
void predict_shutdown(struct model *m, const struct move *mv);

/* Whether the message of p may have the payload; else p was aborted. */
bool may_pass(struct model *m, struct player *p, bool ppt, bool is_announced, const struct payload *payload);

/* Whether asking to be shown, or to see who calls, is an error. spec: A-CID-03, A-PID-02, T-60 */
static inline bool refuses_disclosure(const struct model *m)
{
    return m->config->disclosure == DISCLOSE_NEVER && !m->rules->disclose_me_never_refused;
}

static inline bool can_express(const struct player *p, const struct payload *payload)
{
    return !payload->is_big || p->ser != WAMP_MSGPACK;
}

/* --- rights (rights.c) ------------------------------------------------------------------------------- */

struct right {
    bool granted, discloses, is_explicit;
};
struct right right_to(const struct model *m, const struct player *p, enum realm_action action, const char *uri,
                      enum wamp_match match);

const struct realm_trust *trust_of(const struct model *m, const char *uri, const char *authrole);

/* --- subscriptions and registrations (table.c) ------------------------------------------------------- */

struct pattern_of *pattern_find(struct pattern_of *table, unsigned size, const char *uri, enum wamp_match match);
struct pattern_of *pattern_numbered(struct pattern_of *table, unsigned size, unsigned number);
struct pattern_of *pattern_add(struct model *m, struct pattern_of *table, unsigned size, unsigned *counter,
                               const char *uri, enum wamp_match match);
struct member *member_find(struct pattern_of *of, const struct player *p);
struct member *member_add(struct model *m, struct pattern_of *of, struct player *p);
void member_remove(struct pattern_of *of, const struct player *p);

/* The oldest membership of p; NULL: it has none. */
struct pattern_of *oldest_of(struct pattern_of *table, unsigned size, const struct player *p);
unsigned memberships(struct pattern_of *table, unsigned size, const struct player *p);

#define topic_find(m, uri, match) pattern_find((m)->topics, TOPICS, uri, match)
#define procedure_find(m, uri, match) pattern_find((m)->procedures, PROCEDURES, uri, match)

/* --- broker.c ---------------------------------------------------------------------------------------- */

void predict_subscribe(struct model *m, const struct move *mv);
void predict_unsubscribe(struct model *m, const struct move *mv);
void predict_publish(struct model *m, const struct move *mv);
void subscription_remove(struct model *m, struct pattern_of *sub, const struct player *p);
const char *publishing_error(const struct model *m, const struct player *p, const struct publishing *what);
void publish(struct model *m, struct player *p, const struct publishing *what, bool is_testament,
             uint64_t request);
bool may_get(const struct event *e, const struct player *p);
const char *details_of_event(const struct event *e, const struct pattern_of *sub, bool is_late);

/* A meta event; args: what its list holds, in JSON. */
__attribute__((format(printf, 3, 4))) void meta_event(struct model *m, const char *topic, const char *args, ...);

/* Topics that nobody is shown. */
bool is_hidden(const char *uri);

/* --- dealer.c, calls.c ------------------------------------------------------------------------------- */

void predict_register(struct model *m, const struct move *mv);
void predict_unregister(struct model *m, const struct move *mv);
void registration_remove(struct model *m, struct pattern_of *reg, struct player *p);
void revoke(struct model *m, struct pattern_of *reg, struct player *p, const char *reason);
struct pattern_of *best_procedure(struct model *m, const char *uri);

/* The member that the policy gives the next call, which may be that call; NULL: nobody has room. */
struct member *pick(struct pattern_of *reg, const struct call *call);
bool was_tried(const struct call *call, const struct player *p);

void predict_call(struct model *m, const struct move *mv);
void predict_cancel(struct model *m, const struct move *mv);
void predict_yield(struct model *m, const struct move *mv);
void predict_error(struct model *m, const struct move *mv);
void predict_end_stream(struct model *m, const struct move *mv);
struct call *call_find(struct model *m, const struct player *caller, uint64_t request);
bool has_begun(struct model *m, struct player *p, const struct move *mv);
void calls_end_with(struct model *m, struct player *p);
void serve_waiting(struct model *m, struct pattern_of *reg);
void callee_is_gone(struct model *m, struct pattern_of *reg);
void predict_time(struct model *m, const struct move *mv);

/* --- meta.c ------------------------------------------------------------------------------------------ */

void predict_meta_call(struct model *m, const struct move *mv);
const char *session_text(const struct player *p);
const char *pattern_text(struct pattern_of *of, bool is_registration);

#endif
