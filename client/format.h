/* The format language: C arguments in, values out. client/include/wamp/args.h says what the letters mean. */
#ifndef WAMP_CLIENT_FORMAT_H
#define WAMP_CLIENT_FORMAT_H

#include "client/include/wamp/args.h"
#include "client/include/wamp/value.h"
#include "common/arena.h"
#include "common/value.h"

enum { WAMP_PAYLOAD_DEPTH_MAX = WAMP_DEPTH_MAX - 1 };  /* of Arguments: the message is one level. B-047 */

/* A reason in words, for wamp_error.message. */
struct why {
    char text[160];
};
__attribute__((format(printf, 2, 3))) void wamp_why(struct why *why, const char *fmt, ...);

/* What a call, an event or an answer carries. */
struct payload {
    struct wamp_value args;    /* LIST */
    struct wamp_value kwargs;  /* MAP */
};

/* Reads fmt. The payload lives in the arena and borrows the texts, octets and values among argv. WAMP_E_ARGS with
 * `why` filled; WAMP_E_NOMEM. fmt NULL counts as "". */
wamp_rc wamp_format(struct wamp_arena *arena, const char *fmt, wamp_argv argv, struct payload *out,
                    struct why *why);

/* Checks values against a signature and stores them; without `out` (n == 0) only checks. WAMP_E_ARGS, why. */
wamp_rc wamp_match_args(const wamp_val *args, const wamp_val *kwargs, const char *sig, wamp_argv out,
                        struct why *why);

#endif
