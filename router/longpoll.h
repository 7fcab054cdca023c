/* WAMP over HTTP long-poll. A transport is a connection of its own (struct conn) whose wire is no socket: what is
 * queued for it leaves in the bodies of the answers to `receive`, what it says comes in the bodies of `send`.
 *
 *     POST <base>/open           {"protocols": ["wamp.2.json"]}   200 {"protocol": .., "transport": id}
 *     POST <base>/<id>/receive   200 with messages, 204 when none came in time
 *     POST <base>/<id>/send      202 when it was served
 *     POST <base>/<id>/close     202
 *
 * Between two receives the transport is what a socket is whose kernel takes no more: choked. So the bounds of
 * queues, slow consumers and congestion need not know of it. spec: A-LP-01..10; THREAT-MODEL */
#ifndef ROUTER_LONGPOLL_H
#define ROUTER_LONGPOLL_H

#include "router/conn.h"

/* What a request asks for. */
enum longpoll_action { LONGPOLL_OPEN, LONGPOLL_RECEIVE, LONGPOLL_SEND, LONGPOLL_CLOSE };

struct longpoll_request {
    enum longpoll_action action;
    struct longpoll *transport;  /* NULL for LONGPOLL_OPEN */
};

/* Which request it is by its path. False: there is no such thing, or no such transport, or no long-poll any
 * more. */
bool longpoll_route(const struct conn *http, struct str path, struct longpoll_request *out);

/* The largest body that it may have. */
size_t longpoll_body_max(const struct conn *http, const struct longpoll_request *r);

/* The body is larger. spec: 0.9 row 4 */
void longpoll_on_oversize(const struct longpoll_request *r);

/* Serves it: an answer is queued, or will be, or it waits (http.transport). False: it waits with its body, to be
 * served again. */
bool longpoll_serve(struct conn *http, const struct longpoll_request *r, struct str body);

/* The HTTP connection whose request the transport keeps: what was queued for the answer has been sent; it is no
 * more. */
void longpoll_on_sent(struct longpoll *lp, struct conn *http);
void longpoll_on_gone(struct longpoll *lp, struct conn *http);

/* Of the wait kinds POLL and POLL_IDLE. */
void longpoll_on_due(struct wait *w, enum wait_kind kind);

#endif
