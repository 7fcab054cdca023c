/* The client's end of a long-poll transport, blocking. Two connections take turns with `receive`: the second one
 * ends the first, which tells that nothing waits any more; that is what stands for PING and PONG. A third one
 * sends. */
#ifndef TESTS_SCRIPT_LONGPOLL_H
#define TESTS_SCRIPT_LONGPOLL_H

#include "common/buf.h"
#include "common/ser.h"

#include <stdbool.h>

enum { LONGPOLL_RECEIVERS = 2, LONGPOLL_SENDER = LONGPOLL_RECEIVERS, LONGPOLL_CONNECTIONS };

struct longpoll {
    enum wamp_ser ser;
    bool batched;
    char id[64];
    struct longpoll_http {
        int fd;
        struct wamp_buf in;
        bool waits;  /* for an answer */
    } http[LONGPOLL_CONNECTIONS];
};

/* What came of a receive. */
enum longpoll_event { LONGPOLL_NOTHING, LONGPOLL_MESSAGES, LONGPOLL_EMPTY, LONGPOLL_ENDED };

/* Opens a transport and its first receive. False: *broken says why; longpoll_close is due either way. */
bool longpoll_open(struct longpoll *lp, enum wamp_ser ser, bool batched, const int fds[LONGPOLL_CONNECTIONS],
                   const char **broken);
void longpoll_close(struct longpoll *lp);

/* Posts, and waits for the answer: its status, 0 where there was none. */
int longpoll_send(struct longpoll *lp, struct str message);
int longpoll_say_close(struct longpoll *lp);

/* Receives on the connection that does not wait. False: both do. */
bool longpoll_receive(struct longpoll *lp);

/* Waits up to `ms` for an answer to a receive. *body: of MESSAGES, one or a batch, until the next call. A receive
 * is to be posted anew where none waits. */
enum longpoll_event longpoll_read(struct longpoll *lp, int ms, struct str *body);
bool longpoll_waits(const struct longpoll *lp);

#endif
