/* Runs one script at one place. */
#ifndef TESTS_SCRIPT_RUN_H
#define TESTS_SCRIPT_RUN_H

#include "tests/script/driver.h"

#include <stdio.h>

#define SER_MIXED ((enum wamp_ser)0)  /* peers take turns with json, msgpack, cbor */

const char *run_ser_name(enum wamp_ser ser);  /* "mixed", "json", ... */

struct run_options {
    enum wamp_ser ser;
    bool lenient;  /* what peers get is not compared: memory is made to fail, and anything may be refused */
    bool brief;    /* the conversation is left out of what is told */
    FILE *out;     /* what failed, with the whole conversation */
};

/* False: it failed, and `out` says how. */
bool run_script(const struct script *s, struct driver *d, const struct run_options *o);

#endif
