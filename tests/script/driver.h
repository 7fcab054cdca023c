/* Where a conversation takes place: the core in process, or the daemon over one of its transports. */
#ifndef TESTS_SCRIPT_DRIVER_H
#define TESTS_SCRIPT_DRIVER_H

#include "tests/script/script.h"

#include <stdbool.h>

/* Words for a person: what went wrong. */
struct trouble {
    char text[300];
};
bool trouble_is(struct trouble *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));  /* false */

/* One end of a connection, as its driver sees it. */
struct line_end;

/* Functions return false with *t filled when the router did what it must not, or the driver could not go on. */
struct driver {
    char name[24];  /* "core", "ws", "rs", "unix", "longpoll" */

    /* Whether the script can run here at all: `only` lines, time it takes, settings that cannot be made. */
    bool (*suits)(const struct driver *d, const struct script *s, enum wamp_ser ser);

    bool (*begin)(struct driver *d, const struct script *s, struct trouble *t);
    /* Ends every session of the script and forgets them; the router is ready for the next one. */
    bool (*end)(struct driver *d, struct trouble *t);

    /* join: the first message to be taken is WELCOME. connect: up to, not including, HELLO. NULL: *t. */
    struct line_end *(*join)(struct driver *d, const struct peer_options *o, struct trouble *t);
    struct line_end *(*connect)(struct driver *d, const struct peer_options *o, struct trouble *t);

    bool (*send)(struct driver *d, struct line_end *e, struct str octets, struct trouble *t);
    /* The next message; empty (ptr NULL): there is none. `wait`: gives the router time to send one. The octets
     * live until `end`. */
    bool (*take)(struct driver *d, struct line_end *e, bool wait, struct str *octets, struct trouble *t);
    /* All that was sent has been served, and all that this caused can be taken. */
    bool (*settle)(struct driver *d, struct trouble *t);
    bool (*advance)(struct driver *d, wamp_ms ms, struct trouble *t);
    void (*drop)(struct driver *d, struct line_end *e);
    void (*full)(struct driver *d, struct line_end *e);  /* NULL where nobody can tell */
    /* The router has ended the connection, for the reason of the step where it has one. */
    bool (*gone)(struct driver *d, struct line_end *e, const struct step *step, struct trouble *t);
};

#endif
