/* A child process that is started again when it fails. */
#ifndef TOOL_SUPERVISOR_H
#define TOOL_SUPERVISOR_H

#include "client/tool/options.h"

/* Runs fn(o) in a child process, again whenever it ended by a signal or with an exit status that another try
 * may change: not 0, and no mistake of the user. Pauses 1 s before, twice as long after each short life, at
 * most 30 s. Ctrl-C and SIGTERM end the child, and then this. Returns the exit status. */
int supervise(const struct options *o, int (*fn)(const struct options *o));

#endif
