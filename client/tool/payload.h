/* Words of the command line as WAMP arguments.
 *
 * A word that is JSON is that value; else name=value is a keyword argument, its value read by the same rule;
 * else it is a text. So 5 is a number, '"5"' a text, a=b a keyword argument, '"a=b"' a text. */
#ifndef TOOL_PAYLOAD_H
#define TOOL_PAYLOAD_H

#include "client/tool/options.h"

struct payload {
    wamp_val *args, *kwargs;  /* list, dict */
};

/* What is left of o->words. -1, or the exit status: a word cannot be sent, which was told. */
int payload_of_words(const struct options *o, struct payload *out);
void payload_fini(struct payload *p);

/* One word, or one line of input, that is no keyword argument: as JSON, else as a text. NULL: no UTF-8, or no
 * memory. */
wamp_val *payload_value(const char *text, size_t len);

/* Adds "KEY":VALUE to the inside of a JSON object. False: the word is not KEY=VALUE. */
bool payload_add_pair(struct wamp_buf *object, const char *word);

/* The dict of --opt. NULL: none was given, or out of memory. */
wamp_val *payload_options(const struct options *o);

#endif
