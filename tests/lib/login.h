/* Logging in at a rig: HELLO with what proves somebody, and a look into the answers.
 *
 *     struct plug *p = login_hello(&rig, "\"authmethods\":[\"ticket\"],\"authid\":\"joe\"");
 *     expect_heard(p, "[4,\"ticket\",");
 *     login_answer(p, "s3cret", "{}");
 *     expect_heard(p, "[2,");
 *     expect_str(login_detail(p, "authrole"), "backend");
 */
#ifndef TESTS_LIB_LOGIN_H
#define TESTS_LIB_LOGIN_H

#include "common/value.h"
#include "tests/lib/rig.h"

/* A WebSocket that has said HELLO for realm1 with these details beside its roles. */
struct plug *login_hello(struct rig *rig, const char *details);
void login_say_hello(struct plug *p, const char *details);

/* AUTHENTICATE. */
void login_answer(struct plug *p, const char *signature, const char *extra);

/* A value of the dict in the message last taken: CHALLENGE.Extra, WELCOME.Details, ABORT.Details; NULL: there is
 * none. It and the text live until the next call. */
const struct wamp_value *login_value(struct plug *p, const char *key);
struct str login_detail(struct plug *p, const char *key);  /* of a string */
uint64_t login_session(struct plug *p);                    /* WELCOME.Session */

/* The next message is ABORT with that reason, and then the connection is closed. */
void expect_abort(struct plug *p, const char *uri, unsigned code);

#endif
