/* The dealer's registrations: who offers which procedure, and who of them gets the next call. Calls themselves:
 * realms/calls.h. */
#ifndef REALMS_DEALER_H
#define REALMS_DEALER_H

#include "common/list.h"
#include "common/map.h"
#include "realms/kept.h"
#include "realms/realm.h"
#include "realms/uri_index.h"

struct call;

/* A (procedure, match) with its callees, in the order in which they registered. spec: B-076, A-SHR */
struct registration {
    uint64_t id;
    enum wamp_match match;
    enum wamp_invoke invoke;
    wamp_ms created;          /* wall clock */
    struct callee **callees;  /* sorted by callee.number */
    uint32_t count, room;
    uint32_t cursor;          /* roundrobin: the place that is due */
    struct list waiting;      /* call.waiting: no callee has room. spec: R-12 */
    unsigned waiting_count;
    bool serving;             /* calls_serve_waiting is at work */
    UT_hash_handle hh;        /* dealer.by_id */
    size_t uri_len, doc_len;
    char uri[];  /* and behind it what is said of it */
};

/* One session's membership in one registration. */
struct callee {
    struct {
        uint64_t registration, session;
    } key;
    struct registration *registration;
    struct session *session;
    uint64_t number;         /* counts all callees of the realm: orders them */
    bool disclose_caller;    /* spec: A-CID-04, A-SHR-09 */
    bool forward_timeout;    /* spec: A-TMO-04 */
    uint32_t concurrency;    /* 0: no limit. spec: R-12 */
    uint32_t busy;           /* invocations under way, counted where concurrency limits them */
    struct list by_session;  /* session.callees */
    UT_hash_handle hh;       /* dealer.callees, by key */
};

struct dealer {
    struct uri_index procedures;
    struct registration *by_id;
    struct callee *callees;
    uint64_t last_id, last_number;
    struct call *calls;        /* by caller_key */
    struct call *invocations;  /* by callee_key */
    struct call *anchor;       /* in both, of nobody: a map that becomes empty would be freed, and made anew */
    struct list spare;         /* call.by_caller: calls to be used again */
    unsigned spare_count;
    struct kept_pool kept;
};

static inline struct str registration_uri(const struct registration *reg)
{
    return str_of(reg->uri, reg->uri_len);
}

static inline struct str registration_doc(const struct registration *reg)
{
    return str_of(reg->uri + reg->uri_len, reg->doc_len);
}

bool dealer_init(struct realm *r);  /* false: no memory */
void dealer_fini(struct realm *r);  /* when all sessions are gone, and everything they registered with them */

void dealer_on_register(struct session *s, const struct wamp_msg *m);
void dealer_on_unregister(struct session *s, const struct wamp_msg *m);
void dealer_leave(struct session *s);  /* ends all registrations of s, with their meta events */

struct registration *dealer_find(struct realm *r, uint64_t id);
struct callee *dealer_find_callee(struct realm *r, uint64_t registration, uint64_t session);

/* Ends a membership: on_unregister, and on_delete when it was the last. Calls under way go on. spec: B-080 */
void dealer_remove(struct realm *r, struct callee *callee);

/* The same, told to the callee if it announced registration_revocation. spec: A-RRV */
void dealer_revoke(struct realm *r, struct callee *callee, struct str reason);

/* The callee that the policy gives the next call of reg, among those that have room and for whom `skip` is false; NULL
 * when there is none. Moves the roundrobin cursor. spec: A-SHR-06, A-SHR-07, R-10, R-12 */
struct callee *dealer_pick(struct realm *r, struct registration *reg, bool (*skip)(const struct callee *, const void *),
                           const void *arg);

#endif
