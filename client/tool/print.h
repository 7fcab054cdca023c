/* What people and scripts read: results on standard output, one a line; errors and notes on standard error. */
#ifndef TOOL_PRINT_H
#define TOOL_PRINT_H

#include "client/tool/options.h"

#include <stdio.h>

/* Of --show. */
enum show { SHOW_JSON, SHOW_RAW, SHOW_HEX, SHOW_FULL };

/* What others say, as it is but for control characters, which a terminal would obey: they are shown as ?. Those in
 * `but` are harmless here. */
void print_text(FILE *to, const char *text, const char *but);

/* One value as JSON; what JSON cannot express is written null, and told. */
void print_json(FILE *to, const wamp_val *v);

/* A result: its value, as --show says. */
void print_result(const struct options *o, const wamp_result *r);

/* An event; the topic before it where `with_topic`. */
void print_event(const struct options *o, const wamp_event *ev, bool with_topic);

/* error: <uri>: <message> code=.. data=.. exc_type=..; the uri is "wamp" where the failure is local. Returns
 * the exit status: 1 ERROR, 2 usage, 3 cannot connect or lost, 4 refused at join, 124 timeout. */
int print_error(const struct options *o, const wamp_error *e);

/* One of this program's own: error: wamp: <message>. */
int print_own_error(const struct options *o, wamp_rc rc, const char *message);

/* For people who watch: on standard error, not with --quiet. */
void print_note(const struct options *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
