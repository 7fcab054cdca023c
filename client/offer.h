/* What a peer offers: each procedure and each event handler is one struct offer. Where the router has confirmed
 * it, a struct route leads from its registration or subscription id to it. Offers outlive sessions. */
#ifndef WAMP_CLIENT_OFFER_H
#define WAMP_CLIENT_OFFER_H

#include "client/include/wamp/service.h"
#include "client/request.h"
#include "common/list.h"
#include "common/map.h"

enum { LEFT_SUBSCRIPTIONS = 64 };

/* A service in use. Lives as long as it is mounted, and until what runs in it has ended. */
struct mount {
    struct list link;  /* peer.offers.mounts */
    unsigned refs;
    const wamp_service *service;
    struct list states;  /* struct state */
    bool temporary;      /* ends with the session: wamp_export */
    char prefix[];       /* "" for the peer's own service */
};

/* Who waits for the router's word on some offers. */
struct waiter {
    unsigned left;
    wamp_rc rc;  /* the first that is not WAMP_OK; peer.error says what it was */
};

struct offer {
    struct list link;  /* peer.offers.all, in the order of declaration */
    struct list by_route;
    struct request request;  /* REGISTER or SUBSCRIBE; later UNREGISTER or UNSUBSCRIBE */
    struct route *route;     /* NULL while the router has not confirmed it */
    struct mount *mount;     /* NULL: offered by itself */
    struct waiter *waiter;
    wamp_member member;  /* `sig` and `doc` belong to the declaration, or to `own` */
    void *self;
    char *own;
    bool temporary;   /* ends with the session: wamp_callback */
    uint64_t serial;  /* never used twice: finds it again, or that it is gone */
    size_t stem;      /* octets of the URI before what .per_session adds */
    char uri[];       /* whole, prefix included */
};

/* The offers behind one id. */
struct route {
    UT_hash_handle hh;
    uint64_t id;
    struct list offers;
};

struct offers {
    struct list all;
    struct list mounts;
    struct route *registrations, *subscriptions;
    uint64_t left[LEFT_SUBSCRIPTIONS];  /* ended lately: their last events may still arrive. spec: B-039 */
    unsigned left_next;
    unsigned outstanding;  /* of those sent when joining */
    uint64_t last_serial;
};

/* --- life ---------------------------------------------------------------------------------------------------- */

/* Copies the texts. NULL: p->error says why (private name, no URI, no function, no memory). */
struct offer *wamp_offer_new(struct wamp_peer *p, const char *prefix, const wamp_member *member, void *self);
void wamp_offer_drop(struct wamp_peer *p, struct offer *o);  /* frees; nothing is sent */
struct offer *wamp_offer_find(struct wamp_peer *p, uint64_t serial);
void wamp_offers_fini(struct wamp_peer *p);

/* --- a session ----------------------------------------------------------------------------------------------- */

/* When joined: sends REGISTER and SUBSCRIBE for all, in order. wamp_peer_offered is called when the last was
 * confirmed; where one is refused the session ends. */
wamp_rc wamp_offers_send(struct wamp_peer *p);

/* Sends one, for a waiter. */
wamp_rc wamp_offer_send(struct wamp_peer *p, struct offer *o, struct waiter *w);
/* Sends UNREGISTER or UNSUBSCRIBE where it was the last on its route; then it is dropped. WAMP_OK also when
 * nothing had to be sent. */
wamp_rc wamp_offer_withdraw(struct wamp_peer *p, struct offer *o, struct waiter *w);
/* Waits for all; what does not come in time is no longer waited for. */
wamp_rc wamp_offers_wait(struct wamp_peer *p, struct waiter *w);

void wamp_offers_lost(struct wamp_peer *p);  /* the session is gone, and so are all ids */

struct offer *wamp_offer_of_registration(struct wamp_peer *p, uint64_t id);

/* Incoming EVENT; UNREGISTERED or UNSUBSCRIBED with request 0. False: a violation. */
bool wamp_offers_event(struct wamp_peer *p, const struct wamp_msg *m);
void wamp_offers_revoked(struct wamp_peer *p, const struct wamp_msg *m);

/* --- mounts: client/mount.c ---------------------------------------------------------------------------------- */

/* The peer's own service. WAMP_E_ARGS, WAMP_E_NOMEM, or what an init returned; p->error says what. */
wamp_rc wamp_mounts_init(struct wamp_peer *p);
struct mount *wamp_mount_ref(struct mount *m);  /* NULL is fine, as below */
void wamp_mount_unref(struct mount *m);

#endif
