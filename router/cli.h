/* The command line of wampd. */
#ifndef ROUTER_CLI_H
#define ROUTER_CLI_H

#include "router/config.h"

/* Reads the command line and the file it names into c, which has the defaults. Returns -1 when the router is to
 * serve; else the exit status: 0 after --help, --version, --check; 1 for a mistake in the configuration, 2 for
 * one in the command line, told on stderr. */
int cli_parse(int argc, char **argv, struct config *c);

/* Reads the same again, later, and looks into the files of certificates. False: *err says what is wrong. */
bool cli_reread(int argc, char **argv, struct config *c, struct config_error *err);

#endif
