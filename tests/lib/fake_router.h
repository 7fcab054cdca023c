/* A router in memory for tests of libwamp: the test says what it says, looks at what it heard, and turns the
 * clock.
 *
 *     fake_join(&(wamp_opt){.service = &Adder});
 *     fake_heard("[64, 1, {}, \"add\"]");
 *     fake_says("[65, 1, 77]");
 *     fake_says("[68, 5, 77, {}, [3, 4]]");
 *     fake_heard("[70, 5, {}, [7]]");
 *     fake_end();
 *
 * Everything is JSON; patterns are those of tests/scripts/README.md. One peer at a time, in fake.peer. Memory for
 * the harness comes from malloc, so that allocations can be made to fail in the library alone. */
#ifndef TESTS_LIB_FAKE_ROUTER_H
#define TESTS_LIB_FAKE_ROUTER_H

#include "client/include/wamp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake {
    wamp_peer *peer;
    int64_t now;           /* milliseconds; starts at 1000 */
    bool refuses;          /* nobody answers connection attempts */
    bool broken;           /* the connection is lost when it is looked at next */
    bool polite;           /* answers GOODBYE, UNREGISTER and UNSUBSCRIBE by itself */
    bool congested;        /* the socket takes nothing: what is sent stays queued */
    size_t takes;          /* octets of one message that the router takes; 0: any number */
    unsigned connections;  /* attempts made */
    unsigned closed_with;  /* close code of the last link; 0: none was closed */
};
extern struct fake fake;

/* WELCOME.Details of a router that can do everything. */
#define FAKE_DETAILS                                                                                      \
    "{\"roles\": {\"dealer\": {\"features\": {\"progressive_call_results\": true,"                        \
    " \"progressive_call_invocations\": true, \"call_timeout\": true, \"call_canceling\": true,"          \
    " \"payload_passthru_mode\": true}}, \"broker\": {\"features\": {\"payload_passthru_mode\": true}}}," \
    " \"_wampd_flow\": true}"

/* A peer whose HELLO is on its way; serializer and clock are set, the rest of opt (may be NULL) is taken as it is.
 * False: it could not be made, fake.peer is NULL. */
bool fake_begin(const wamp_opt *opt);
/* The same, and the HELLO was heard, and WELCOME 1234 said. */
bool fake_join(const wamp_opt *opt);
/* Frees the peer, and forgets everything. */
void fake_end(void);

void fake_queue(const char *message);    /* lies there until the peer looks */
wamp_rc fake_says(const char *message);  /* and makes it look; what wamp_step said */
wamp_rc fake_advance(int ms);            /* turns the clock, and steps */

const char *fake_take(void);  /* the next message that the peer sent, until the next call; NULL when there is none */

/* The next message that the peer sent is this one; or there is none. Failures are cmocka's. */
#define fake_heard(pattern) fake_heard_at((pattern), __FILE__, __LINE__)
#define fake_silent() fake_silent_at(__FILE__, __LINE__)
void fake_heard_at(const char *pattern, const char *file, int line);
void fake_silent_at(const char *file, int line);
void fake_forget(void);  /* what was heard */

#endif
