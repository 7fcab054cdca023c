/* The daemon: wampd as a process of its own, over one of its transports.
 *
 * One process serves script after script as long as they want the same configuration and leave nothing behind. */
#ifndef TESTS_SCRIPT_DAEMON_H
#define TESTS_SCRIPT_DAEMON_H

#include "tests/script/driver.h"

#include <sys/types.h>

struct certificates;
struct conn;

#define DAEMON_TICKET "wtc"  /* of everybody who logs in */

enum transport {
    TRANSPORT_WEBSOCKET,
    TRANSPORT_RAWSOCKET,
    TRANSPORT_UNIX,
    TRANSPORT_LONGPOLL,
    TRANSPORT_SECURE_WEBSOCKET,
    TRANSPORT_SECURE_RAWSOCKET,
    TRANSPORT_COUNT
};

struct daemon {
    struct driver driver;  /* first: a driver is cast to its daemon */
    enum transport transport;
    const char *wampd;     /* the program; NULL: another router, which somebody else started */
    pid_t pid;             /* 0: not running */
    int out;               /* what it says on stdout */
    unsigned port;
    struct certificates *certificates;  /* NULL: no TLS */
    char dir[32];          /* its configuration, its Unix socket, what it says on stderr */
    char settings[1024];   /* of the scripts that it can serve */
    bool stained;          /* something was left behind: the next script gets another process */
    struct conn *conns;    /* of the script under way, in the order of their opening */
    struct conn *last_speaker;
};

/* False: no directory for it. */
bool daemon_init(struct daemon *d, enum transport transport, const char *wampd);

/* Another router than ours, with realm1 at ws://127.0.0.1:PORT. What it is configured to is taken as it is: it gets the
 * scripts that want nothing of a configuration, or preset=crossbar. */
bool daemon_init_other(struct daemon *d, unsigned port);

/* Stops the process. False: it did not end well, *t says how. */
bool daemon_fini(struct daemon *d, struct trouble *t);

#endif
