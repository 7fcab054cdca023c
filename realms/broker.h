/* The broker: subscriptions, publications, and how one becomes events for the others. */
#ifndef REALMS_BROKER_H
#define REALMS_BROKER_H

#include "common/list.h"
#include "common/map.h"
#include "realms/filter.h"
#include "realms/passthru.h"
#include "realms/realm.h"
#include "realms/uri_index.h"

#define NO_TRUST INT64_C(-1)  /* no trust level is configured */

struct retained_topic;
struct event_log;

/* A (topic, match) that somebody subscribed to, or whose events are logged. spec: B-058 */
struct subscription {
    uint64_t id;
    enum wamp_match match;
    wamp_ms created;              /* wall clock */
    struct subscriber **members;  /* in no order */
    uint32_t count, room;
    struct event_log *log;        /* event history; such a subscription stays without subscribers. spec: A-HIS-01 */
    UT_hash_handle hh;            /* broker.by_id */
    size_t uri_len;
    char uri[];
};

/* One session's membership in one subscription. */
struct subscriber {
    struct {
        uint64_t subscription, session;
    } key;
    struct subscription *subscription;
    struct session *session;
    uint32_t place;          /* in subscription->members */
    struct list by_session;  /* session.subscribers */
    UT_hash_handle hh;       /* broker.members, by key */
};

struct broker {
    struct uri_index topics;
    struct subscription *by_id;
    struct subscriber *members;
    struct retained_topic *retained;
    size_t retained_count, retained_bytes;
    uint64_t last_id;
};

/* One publication on its way. Everything is borrowed. */
struct event {
    uint64_t publication;
    struct str topic;
    const struct wamp_payload *payload;
    struct passthru passthru;
    const struct filter *filter;      /* NULL: open */
    int64_t trust;                    /* level, or NO_TRUST. spec: A-PTL-01 */
    uint64_t excluded;                /* session id that gets nothing, 0: none. spec: B-066, A-EXC */
    bool disclosed;                   /* publisher, publisher_authid and publisher_authrole are shown */
    uint64_t publisher;
    struct str publisher_authid, publisher_authrole;
    struct str forward_for;           /* raw in the payload's form; empty: none. spec: A-R2R-02 */
    bool is_meta;                     /* published by the router under wamp. spec: R-14 */
    bool is_retained;
};

static inline struct str subscription_uri(const struct subscription *sub)
{
    return str_of(sub->uri, sub->uri_len);
}

void broker_on_subscribe(struct session *s, const struct wamp_msg *m);
void broker_on_unsubscribe(struct session *s, const struct wamp_msg *m);
void broker_on_publish(struct session *s, const struct wamp_msg *m);
void broker_leave(struct session *s);  /* ends all subscriptions of s, with their meta events */
void broker_fini(struct realm *r);

/* What a PUBLISH does that was checked: the answer, the events, retention. discloses: the publisher is shown. */
void broker_publish(struct session *s, const struct wamp_msg *m, bool discloses);

/* Sends `event` to every subscriber of every matching subscription that may see it. */
void broker_dispatch(struct realm *r, const struct event *event);

/* Sends `event` to s alone, for one of its subscriptions, if s may see it. False: it may not. */
bool broker_send(const struct event *event, const struct subscription *sub, struct session *s);

/* The Details of the EVENT for one subscription, in form ser; *d is overwritten. */
struct details;
void event_details(struct realm *r, const struct event *e, const struct subscription *sub, enum wamp_ser ser,
                   struct details *d);

/* Whether anybody would get a meta event on that topic: cheap, so that none is made for nobody. */
bool broker_has_audience(struct realm *r, struct str topic);

struct subscription *broker_find(struct realm *r, uint64_t id);
struct subscriber *broker_find_member(struct realm *r, uint64_t subscription, uint64_t session);

/* Ends a membership: on_unsubscribe, and on_delete when it was the last. spec: A-SMA-01 */
void broker_remove(struct realm *r, struct subscriber *member);

/* The same, told to the subscriber if it announced subscription_revocation. spec: A-SRV-01, A-SRV-02, T-36 */
void broker_revoke(struct realm *r, struct subscriber *member, struct str reason);

/* The subscription for (uri, match), made when there is none; *created tells. NULL: no memory. */
struct subscription *broker_find_or_add(struct realm *r, struct str uri, enum wamp_match match, bool *created);

#endif
