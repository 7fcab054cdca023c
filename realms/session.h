/* A session as the realm sees it: who it is, what it announced, and everything it owns.
 *
 * A session is live, or doomed: its end is decided, nothing more is sent to it, and it is taken out
 * before the call into the realm returns. Code in realms/ may keep using a doomed session until then. */
#ifndef REALMS_SESSION_H
#define REALMS_SESSION_H

#include "common/buf.h"
#include "common/list.h"
#include "common/map.h"
#include "realms/realm.h"

struct session {
    uint64_t id;
    enum wamp_ser ser;
    struct wamp_roles roles;
    struct str authid, authrole, authmethod, authprovider, transport, peer_agent;  /* in text */
    struct wamp_buf extra;      /* what wamp.session.modify_details added: meta's, freed with the session */
    size_t max_message;
    void *peer;
    struct realm *realm;
    struct role *role;          /* NULL: the realm has no roles */
    bool is_link;               /* of a role that links to another router. spec: A-R2R-02 */
    struct held *held;          /* NULL: nothing waits for an authorizer */

    struct list subscribers;    /* subscriber.by_session */
    struct list callees;        /* callee.by_session */
    struct list calls;          /* call.by_caller */
    struct list invocations;    /* call.by_callee */
    struct list ended_calls;    /* ended_call.link: progressive calls that ended before their last chunk. spec: R-02 */
    struct list testaments[2];  /* testament.link, by enum testament_scope */
    unsigned subscriber_count, callee_count, call_count, ended_call_count, testament_count;
    size_t testament_bytes;

    uint64_t request_count;     /* requests so far, where their ids must be sequential. spec: R-01, T-23 */
    uint64_t invocation_count;  /* INVOCATIONs so far: the watermark. spec: B-036, B-051, T-23 */

    struct list doomed;         /* realm.doomed; linked: doomed */
    enum close_reason why;
    bool left;                  /* realm_leave: the caller knows already */
    bool silent;                /* wamp.session.kill_all: no on_leave, no testaments. spec: A-SES-08 */
    UT_hash_handle hh;          /* realm.sessions, by id */
    char text[];
};

static inline bool session_is_doomed(const struct session *s)
{
    return list_is_linked(&s->doomed);
}

/* The id of the n-th message that counts (n >= 1): 1, 2, 3 .. 2^53, then 1 again. spec: B-051, T-23 */
static inline uint64_t session_nth_id(uint64_t n)
{
    return (n - 1) % WAMP_ID_MAX + 1;
}

/* NULL: no memory. The first is in realm.sessions; the second is the router's own, in no list: see own_call.h. */
struct session *session_new(struct realm *r, const struct session_info *info);
struct session *session_new_own(struct realm *r);
void session_free(struct session *s);  /* owns nothing any more; NULL is fine */

struct session *session_find(struct realm *r, uint64_t id);

/* [WELCOME, Session|id, Details|dict] */
void session_welcome(struct session *s, const struct session_info *info);

/* What s said about its end. spec: B-019, B-021, B-025 */
void session_on_goodbye(struct session *s, const struct wamp_msg *m);
void session_on_abort(struct session *s, const struct wamp_msg *m);

/* Decides the end of s; the first reason stands. The router's own session has none. */
void session_doom(struct session *s, enum close_reason why);

#endif
