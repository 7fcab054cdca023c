/* What the program says about itself, all from commands.def and options.def. */
#ifndef TOOL_HELP_H
#define TOOL_HELP_H

#include "client/tool/options.h"

/* The list of commands, or all about one. */
void help_print(const struct command *c);
/* The manual page, in man format. */
void help_print_man(void);

/* For options that take one of some words ("exact|prefix|wildcard"): true, else the argument names a kind of
 * value. */
bool help_is_choice(const struct option_row *row);

#endif
