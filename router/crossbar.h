/* The command line of Crossbar.io, for the program when it is called `crossbar`: start, stop, status, check, version,
 * with the options, the files in the folder of the node and the exit statuses that scripts rely on. */
#ifndef ROUTER_CROSSBAR_H
#define ROUTER_CROSSBAR_H

#include <stdbool.h>

/* Whether the program was called by that name. */
bool crossbar_named(const char *program);

/* serve: what wampd does with its own command line; returns the exit status. */
int crossbar_main(int argc, char **argv, int (*serve)(int argc, char **argv));

#endif
