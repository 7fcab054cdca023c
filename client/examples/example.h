/* Where the examples look for their router: WAMP_URL, or ws://127.0.0.1:8080. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <wamp.h>

#define EXAMPLE_URL getenv("WAMP_URL")

/* For the end of a main: the block of WAMP_WITH was skipped. */
static inline int could_not_join(void)
{
    fprintf(stderr, "error: %s\n", wamp_open_error());
    return 1;
}

#endif
