/* Testaments: what a session wants published when it is gone. spec: A-TST */
#ifndef REALMS_TESTAMENT_H
#define REALMS_TESTAMENT_H

#include "realms/session.h"

enum testament_scope { TESTAMENT_DETACHED, TESTAMENT_DESTROYED };

enum {
    TESTAMENTS_MAX = 16,               /* of one session */
    TESTAMENT_BYTES_MAX = 64 << 10,    /* likewise: stops testaments that fill memory */
};

/* The values are borrowed, raw in the session's serializer. discloses: the publisher will be shown. TOOBIG, NOMEM. */
enum wamp_err testament_add(struct session *s, enum testament_scope scope, struct str uri, struct str args,
                            struct str kwargs, struct str publish_options, bool discloses);
void testaments_flush(struct session *s, enum testament_scope scope);

/* Publishes all of s: detached before destroyed, in order. spec: A-TST-03, T-44 */
void testaments_publish(struct session *s);

#endif
