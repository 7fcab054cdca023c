/* The command line of wampd. */
#ifndef ROUTER_CLI_H
#define ROUTER_CLI_H

#include "router/config.h"

/* Reads the command line and the file it names into c (initialised by this). Returns -1 when the router is to serve;
 * else the exit status: 0 after --help, --version, --check; 1 for a mistake in the configuration, 2 for one in the
 * command line, told on stderr. */
int cli_parse(int argc, char **argv, struct config *c);

#endif
