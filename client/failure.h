/* What went wrong, as the program sees it (wamp_error), with what it points to. */
#ifndef WAMP_CLIENT_FAILURE_H
#define WAMP_CLIENT_FAILURE_H

#include "client/include/wamp/base.h"
#include "client/value.h"

struct wamp_msg;

/* Zero is "no failure", but e's texts are only set by the functions below. Does not move: e points into it. */
struct failure {
    wamp_error e;
    struct tree *tree;  /* holds what e shows of a remote error; NULL otherwise */
    char text[256];     /* message of a local one */
    char uri[128];      /* of a local one that stands for a remote one */
};

void wamp_failure_clear(struct failure *f);  /* frees; e is WAMP_OK with empty texts */

/* A local failure. Returns rc. */
__attribute__((format(printf, 3, 4))) wamp_rc wamp_failure_set(struct failure *f, wamp_rc rc, const char *fmt,
                                                               ...);

/* From an ERROR, ABORT or GOODBYE. Returns rc. Where memory is short, uri and message are cut off, rc stays. */
wamp_rc wamp_failure_remote(struct failure *f, wamp_rc rc, const struct wamp_msg *m);

void wamp_failure_copy(struct failure *to, const struct failure *from);

#endif
