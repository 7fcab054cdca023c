/* HTTP over a plug, and long-poll over that: for tests of router/http.h and router/longpoll.h.
 *
 *     struct plug *p = web_connect(&rig);
 *     struct line lp = web_open(p, "wamp.2.json");
 *     web_send(p, &lp, "[1,\"realm1\",{\"roles\":{\"caller\":{}}}]");
 *     expect_answer(p, 202, "");
 */
#ifndef TESTS_LIB_WEB_H
#define TESTS_LIB_WEB_H

#include "tests/lib/rig.h"

/* The id of a transport. */
struct line {
    char id[40];
};

struct plug *web_connect(struct rig *rig);  /* to a listener with long-poll at /lp */

/* A request without its answer. headers: lines with CRLF, or "". */
void web_request(struct plug *p, const char *method, const char *path, const char *headers, struct str body);
void web_post(struct plug *p, const char *path, const char *body);

/* Takes the next answer: its status, 0 where there is none that is whole. p->text is the body, `head` the rest. */
int web_answer(struct plug *p, struct str *head);

/* The next answer has that status and a body that begins so; "" wants an empty one. */
void expect_answer(struct plug *p, int status, const char *body);

struct line web_open(struct plug *p, const char *protocol);
void web_receive(struct plug *p, const struct line *l);
void web_send(struct plug *p, const struct line *l, const char *body);
void web_send_octets(struct plug *p, const struct line *l, struct str body);
void web_close(struct plug *p, const struct line *l);

/* In a session of realm1 with all roles, WELCOME taken; JSON. */
struct line web_session(struct plug *p);

/* The transport that was opened last and is still there; NULL: none. */
struct conn *web_conn(struct rig *rig);

#endif
