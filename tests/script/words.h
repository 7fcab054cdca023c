/* Lines of a script taken apart. */
#ifndef TESTS_SCRIPT_WORDS_H
#define TESTS_SCRIPT_WORDS_H

#include "common/arena.h"
#include "tests/script/script.h"

/* The next word of *line, which is moved past it; empty at its end and at a comment (" #"). */
struct str word_take(struct str *line);

/* Splits at the first occurrence of `at`; false: there is none, and *before is all of it. */
bool word_split(struct str word, char at, struct str *before, struct str *after);

bool word_is(struct str word, const char *text);
bool word_uint(struct str word, uint64_t *out);
bool word_duration(struct str word, wamp_ms *out);  /* 200ms, 5s, 2min */

/* Octets written as a JSON string, \xNN added. */
bool word_octets(struct str quoted, struct wamp_arena *arena, struct str *out);

bool script_refuse(struct script_error *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
