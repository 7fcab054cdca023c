/* From a message to who serves it. */
#ifndef REALMS_DISPATCH_H
#define REALMS_DISPATCH_H

#include "realms/session.h"

/* Serves one message from s, or ends s for having sent it. spec: B-013, B-015, B-035, R-01 */
void dispatch(struct session *s, const struct wamp_msg *m);

/* Serves it again, when it had to wait for an authorizer. */
void dispatch_accepted(struct session *s, const struct wamp_msg *m);

#endif
