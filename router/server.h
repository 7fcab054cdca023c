/* wampd as a whole: realms, loop, listeners, signals; from the configuration to the exit status. */
#ifndef ROUTER_SERVER_H
#define ROUTER_SERVER_H

#include "router/config.h"

/* Serves until SIGTERM or SIGINT. Prints "wampd ready REALM.. URL.." on stdout when connections are accepted, and
 * "wampd reloaded REALM.. URL.." whenever the configuration has been replaced (SIGHUP: argv and its file are read
 * again) and somebody reads that. Takes config. Returns the exit status: 0; 1 when it could not start. */
int server_run(struct config *config, int argc, char **argv);

#endif
