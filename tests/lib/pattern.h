/* Patterns: JSON with holes, to compare messages with and to build them from. The language:
 * tests/scripts/README.md.
 *
 *     struct pattern p;
 *     pattern_parse(str_z("[36, $sub, _, {}, [\"hi\"]]"), &arena, &p, &rest, &why)
 *     pattern_match(&p, &value, &vars, &why)
 *
 * Patterns and variables live in the arena they were made in, and borrow the text they were parsed from. */
#ifndef TESTS_LIB_PATTERN_H
#define TESTS_LIB_PATTERN_H

#include "common/value.h"

#include <stdbool.h>

struct pattern_pair;

struct pattern {
    enum pattern_kind {
        PATTERN_VALUE,     /* exactly this scalar */
        PATTERN_ANY,       /* _ */
        PATTERN_VAR,       /* $name */
        PATTERN_CONTAINS,  /* "~text" */
        PATTERN_CLASS,     /* <int>, <str>, <id>, <time> */
        PATTERN_LIST,
        PATTERN_DICT,
    } kind;
    bool open;                        /* LIST, DICT: ends with ... */
    unsigned count;
    struct wamp_value value;          /* VALUE */
    struct str text;                  /* VAR: the name; CONTAINS: the text; CLASS: its name */
    const struct pattern *list;       /* LIST */
    const struct pattern_pair *dict;  /* DICT */
};

struct pattern_pair {
    struct str key;
    struct pattern value;
};

/* Why a pattern was not parsed, matched or filled: words for a person. */
struct pattern_fault {
    char text[200];
};

/* Reads one pattern from the start of `text`; *rest is what follows it. */
bool pattern_parse(struct str text, struct wamp_arena *arena, struct pattern *out, struct str *rest,
                   struct pattern_fault *why);

/* --- variables ------------------------------------------------------------------------------------------ */

struct var {
    struct str name;
    struct wamp_value value;
    struct var *next;
};

struct vars {
    struct wamp_arena *arena;
    struct var *first;
};

const struct wamp_value *vars_find(const struct vars *vars, struct str name);
void vars_set(struct vars *vars, struct str name, const struct wamp_value *value);  /* the value is not copied */
void vars_set_uint(struct vars *vars, struct str name, uint64_t value);

/* --- use ------------------------------------------------------------------------------------------------ */

/* Variables without a value get one from `v`, which must live as long as vars; only when all of it matches. */
bool pattern_match(const struct pattern *p, const struct wamp_value *v, struct vars *vars,
                   struct pattern_fault *why);

/* The value that the pattern stands for. False when it has a hole that is no variable, or one without a value.
 * With `lenient`, a variable without a value is 1. */
bool pattern_fill(const struct pattern *p, const struct vars *vars, bool lenient, struct wamp_value *out,
                  struct pattern_fault *why);

#endif
