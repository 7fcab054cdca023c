/* The known keys of a message's Options or Details, decoded and checked once, from the table options.def. */
#ifndef WAMP_COMMON_OPTIONS_H
#define WAMP_COMMON_OPTIONS_H

#include "common/arena.h"
#include "common/clear.h"
#include "common/err.h"
#include "common/ser.h"
#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>

enum wamp_match { WAMP_MATCH_EXACT, WAMP_MATCH_PREFIX, WAMP_MATCH_WILDCARD };
enum { WAMP_MATCH_COUNT = 3 };
enum wamp_invoke { WAMP_INVOKE_SINGLE, WAMP_INVOKE_ROUNDROBIN, WAMP_INVOKE_RANDOM, WAMP_INVOKE_FIRST, WAMP_INVOKE_LAST };
enum wamp_mode { WAMP_MODE_KILLNOWAIT, WAMP_MODE_KILL, WAMP_MODE_SKIP };  /* zero is the default. spec: A-CAN-02 */

const char *wamp_match_name(enum wamp_match match);
const char *wamp_invoke_name(enum wamp_invoke invoke);
const char *wamp_mode_name(enum wamp_mode mode);

enum wamp_option {
#define OPT(field, key, type, messages) WAMP_OPT_##field,
#include "common/options.def"
#undef OPT
    WAMP_OPT_COUNT
};

#define WAMP_OPT_C_BOOL bool
#define WAMP_OPT_C_INT uint64_t
#define WAMP_OPT_C_ID uint64_t
#define WAMP_OPT_C_STR struct str
#define WAMP_OPT_C_MATCH enum wamp_match
#define WAMP_OPT_C_INVOKE enum wamp_invoke
#define WAMP_OPT_C_MODE enum wamp_mode
#define WAMP_OPT_C_IDS struct wamp_item   /* a LIST, every element checked */
#define WAMP_OPT_C_STRS struct wamp_item
#define WAMP_OPT_C_ANY struct wamp_item

/* A field is meaningful only where wamp_has(opt, field); the others are zero, items undefined. Text is decoded
 * (arena). */
struct wamp_options {
    uint64_t has;  /* bit WAMP_OPT_x: the key was present */
#define OPT(field, key, type, messages) WAMP_OPT_C_##type field;
#include "common/options.def"
#undef OPT
};

#define wamp_has(opt, field) (((opt)->has >> WAMP_OPT_##field) & 1)

static inline void wamp_options_clear(struct wamp_options *o)
{
    wamp_clear(o, offsetof(struct wamp_options, exclude));  /* the first of the items */
}

struct wamp_fault;

/* Decodes the keys of `dict` (a MAP) that messages of type `code` know into *out, which is overwritten. TYPE,
 * RANGE, DUPLICATE (any key twice, or a key that is no string) with `why` filled; NOMEM. */
enum wamp_err wamp_options_parse(enum wamp_ser ser, unsigned code, const struct wamp_item *dict,
                                 struct wamp_arena *arena, struct wamp_options *out, struct wamp_fault *why);

#endif
