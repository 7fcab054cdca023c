/* What subscribe and record have in common: topics from the command line, and an end after --count events. */
#ifndef TOOL_SUBSCRIBER_H
#define TOOL_SUBSCRIBER_H

#include "client/tool/options.h"

/* Subscribes to the words of o and runs on_event until it is over. Returns the exit status. */
int subscriber_run(const struct options *o, wamp_on_event on_event, void *arg);

#endif
