/* The session of a command: opened as the options say, served until it is over. */
#ifndef TOOL_SESSION_H
#define TOOL_SESSION_H

#include "client/tool/options.h"

enum { EXIT_INTERRUPTED = 130 };

/* Opens a peer; the members of `opt` about router, login and TLS are filled in, the others are the command's.
 * NULL: the reason was told, and *status is the exit status. */
wamp_peer *session_open(const struct options *o, wamp_opt *opt, int *status);

/* Serves until wamp_stop, or a signal: then EXIT_INTERRUPTED; or until the session is lost for good: then that
 * was told and the exit status is returned. -1 after wamp_stop: *is_done is true. */
int session_serve(const struct options *o, wamp_peer *peer, const bool *is_done);

/* Ctrl-C and SIGTERM outside of session_serve end the program with EXIT_INTERRUPTED. */
void session_catch_signals(void);

#endif
