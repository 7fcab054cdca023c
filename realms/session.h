/* A session as the realm sees it: who it is, what it announced, and everything it owns.
 *
 * A session is live, or doomed: its end is decided, nothing more is sent to it, and realm_settle will take it out
 * before the call into the realm returns. Code in realms/ may keep using a doomed session until then. */
#ifndef REALMS_SESSION_H
#define REALMS_SESSION_H

#include "common/list.h"
#include "common/map.h"
#include "realms/realm.h"

struct session {
    uint64_t id;
    enum wamp_ser ser;
    struct wamp_roles roles;
    struct str authid, authrole, authmethod, authprovider;  /* in text */
    char *text;
    size_t max_message;
    void *peer;
    struct realm *realm;

    struct list subscribers;    /* subscriber.by_session */
    struct list callees;        /* callee.by_session */
    struct list calls;          /* call.by_caller */
    struct list invocations;    /* call.by_callee */
    struct list ended_calls;    /* ended_call.link: progressive calls that ended before their last chunk. spec: R-02 */
    struct list testaments[2];  /* testament.link, by enum testament_scope */
    unsigned subscriber_count, callee_count, call_count, ended_call_count, testament_count;
    size_t testament_bytes;

    uint64_t last_request;      /* highest request id so far; counted in preset strict. spec: R-01 */
    uint64_t last_invocation;   /* the INVOCATION watermark. spec: B-036, B-051 */

    struct list doomed;         /* realm.doomed; linked: doomed */
    enum close_reason why;
    bool left;                  /* realm_leave: the caller knows already */
    bool silent;                /* wamp.session.kill_all: no on_leave, no testaments. spec: A-SES-08 */
    UT_hash_handle hh;          /* realm.sessions, by id */
};

static inline bool session_is_doomed(const struct session *s)
{
    return list_is_linked(&s->doomed);
}

struct session *session_new(struct realm *r, const struct session_info *info);
void session_free(struct session *s);  /* owns nothing any more */

/* Decides the end of s; the first reason stands. */
void session_doom(struct session *s, enum close_reason why);

#endif
