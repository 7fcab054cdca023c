/* The commands: int command_call(struct options *o) and so on. Each returns the exit status. */
#ifndef TOOL_COMMANDS_H
#define TOOL_COMMANDS_H

#include "client/tool/options.h"

#define COMMAND(name, arguments, least, most, sets, brief, text, examples) int command_##name(struct options *o);
#include "client/tool/commands.def"
#undef COMMAND

#endif
