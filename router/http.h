/* A connection that serves HTTP requests (CONN_HTTP): those of long-poll, router/longpoll.h.
 *
 * One request after the other: it is read whole, served, answered; the answer is sent; then comes the next one, at
 * the end of the turn. A receive is served for as long as it waits for messages. */
#ifndef ROUTER_HTTP_H
#define ROUTER_HTTP_H

#include "router/conn.h"

struct longpoll;

enum { HTTP_ORIGIN_MAX = 128 };  /* octets of an Origin that is allowed by name; longer ones get no CORS headers */

/* conn.http of a connection in CONN_HTTP. What has come and is not served yet lies in conn.in.opening. */
struct http {
    struct conn *conn;
    struct list ready;            /* hub.http_ready: the next request may have come */
    struct list parked;           /* longpoll.parked: a send that has to wait */
    struct longpoll *transport;   /* whose receive, or parked send, is being served */
    size_t served;                /* octets at the front of in.opening that are done with */
    size_t need;                  /* octets of the request at hand, once its head is known; 0: it is not */
    bool keep_alive;              /* after the answer under way */
    char origin[HTTP_ORIGIN_MAX]; /* of the request at hand; empty: none */
};

/* A connection whose first octets are not for WebSocket serves HTTP from here on. */
void http_open(struct conn *c);
void http_on_octets(struct conn *c, struct str octets);

/* All that was queued has been sent. */
void http_on_sent(struct conn *c);

/* The connection ends: after the request that is being served, or now. */
void http_close(struct conn *c);

/* conn_on_gone: frees conn.http. */
void http_on_gone(struct conn *c);

/* Serves one connection that is ready. False: none is. */
bool http_serve_one(struct hub *hub);

/* The request at hand may be served (again) at the end of the turn. */
void http_wake(struct conn *c);

/* --- answers -------------------------------------------------------------------------------------------- */

/* A whole answer to the request at hand. */
void http_answer(struct conn *c, int status, struct str type, struct str body);

/* The same with a text for a person, and the end of the connection: what comes after it is not looked at. */
void http_refuse(struct conn *c, int status, const char *why);

/* The head of an answer whose body follows in pieces, through conn_write; http_answered ends it. */
void http_begin_answer(struct conn *c, int status, struct str type, size_t body_len);
void http_answered(struct conn *c);

#endif
