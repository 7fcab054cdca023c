/* Answering a call by running a shell command. */
#ifndef TOOL_EXEC_H
#define TOOL_EXEC_H

#include <wamp.h>

/* Runs `/bin/sh -c command wamp ARG..`: texts as they are, other positional arguments as JSON;
 * {"args":[..],"kwargs":{..}} on its standard input, the URI in WAMP_PROCEDURE. What it prints is the answer:
 * JSON, else text. To a caller who wants progress each line but the last is a progressive result. A status that
 * is not 0 answers wamp.error.runtime_error. A caller who gives up ends the command and its children with
 * SIGTERM. Blocks: for a worker's channel. */
wamp_rc exec_answer(wamp_chan *ch, const char *command);

#endif
