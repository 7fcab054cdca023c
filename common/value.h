/* A value as a tree, for those who look inside: transcoding, configuration, the client API, tests.
 *
 * A tree lives in the arena it was made in, is immutable once made, and borrows nothing else unless said. */
#ifndef WAMP_COMMON_VALUE_H
#define WAMP_COMMON_VALUE_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/ser.h"
#include "common/str.h"

struct wamp_pair;

struct wamp_value {
    enum wamp_kind kind;  /* never ABSENT */
    uint32_t count;       /* LIST: elements; MAP: pairs */
    union {
        bool boolean;
        uint64_t uint;
        int64_t nint;
        double real;
        struct str text;                /* STR, BIN, BIGNUM (decimal digits, optional '-'); NUL follows, not counted */
        const struct wamp_value *list;  /* count of them, in one block */
        const struct wamp_pair *map;
        struct { struct str data; int64_t type; enum wamp_ser ser; } ext;  /* EXT: MessagePack type and data, or
                                                                              the whole tagged item in CBOR form */
    };
};

struct wamp_pair {
    struct wamp_value key;  /* a STR except in maps that came from MessagePack or CBOR */
    struct wamp_value value;
};

/* Reads one whole value. Same errors as wamp_split, and NOMEM. Duplicate keys: the last one wins, in the place
 * of the first. */
enum wamp_err wamp_value_read(enum wamp_ser ser, struct str octets, struct wamp_arena *arena, struct wamp_value *out);

/* Appends v in form ser. UNREPRESENTABLE, NOMEM; then out is as before the call. */
enum wamp_err wamp_value_write(enum wamp_ser ser, const struct wamp_value *v, struct wamp_buf *out);

/* For a message that is read or written item by item: the value of one item of a validated message; v as the next value
 * that w writes (UNREPRESENTABLE: then what was written before stays). */
enum wamp_err wamp_value_of_item(enum wamp_ser ser, const struct wamp_item *item, struct wamp_arena *arena,
                                 struct wamp_value *out);
enum wamp_err wamp_value_put(struct wamp_wr *w, const struct wamp_value *v);

/* The value of a string key, or NULL. */
const struct wamp_value *wamp_value_get(const struct wamp_value *map, struct str key);

/* Same kind and content; maps regardless of order; UINT, NINT and REAL are different kinds; NaN equals NaN. */
bool wamp_value_equal(const struct wamp_value *a, const struct wamp_value *b);

#endif
