/** Values: immutable, counted, shared freely.
 *
 * A value that arrived or was built is a tree with one counter. wamp_keep on any node keeps the whole tree;
 * wamp_drop gives that up. Readers never fail and take NULL: what is not there, or is of another type, reads as 0,
 * "", false or NULL. So wamp_str(wamp_at(wamp_key(v, "names"), 3)) is always safe.
 *
 * Thread: any. A value may be used by several threads at once. Blocks: no.
 */
#ifndef WAMP_VALUE_H
#define WAMP_VALUE_H

#include "args.h"
#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum wamp_val_type {
    WAMP_T_NULL, /**< also the type of NULL, that is of what is not there */
    WAMP_T_BOOL,
    WAMP_T_INT, /**< -2^63 .. 2^64-1 */
    WAMP_T_REAL,
    WAMP_T_STR, /**< UTF-8 */
    WAMP_T_BIN,
    WAMP_T_LIST,
    WAMP_T_DICT,
    WAMP_T_OTHER, /**< an integer beyond 64 bits, a MessagePack ext, a CBOR tag: kept and passed on, not read */
} wamp_val_type;

/* --- reading ------------------------------------------------------------------------------------------------- */

WAMP_API wamp_val_type wamp_type(const wamp_val *v);
WAMP_API const char *wamp_typename(wamp_val_type type); /**< "null", "bool", "int", "real", "str", .. */

WAMP_API bool wamp_bool(const wamp_val *v);
WAMP_API int64_t wamp_int(const wamp_val *v);    /**< above 2^63-1: 2^63-1 */
WAMP_API uint64_t wamp_uint(const wamp_val *v);  /**< negative: 0 */
WAMP_API double wamp_real(const wamp_val *v);    /**< also of an int */
WAMP_API const char *wamp_str(const wamp_val *v); /**< NUL-terminated; wamp_len counts the octets without it */
WAMP_API const void *wamp_bin(const wamp_val *v, size_t *len); /**< octets of a STR or BIN, else NULL and 0 */

/** Elements of a list, pairs of a dict, octets of a string or binary; else 0. */
WAMP_API size_t wamp_len(const wamp_val *v);
/** Element i of a list, value of pair i of a dict (in the order of arrival), or NULL. */
WAMP_API const wamp_val *wamp_at(const wamp_val *v, size_t i);
/** The value of that key of a dict, or NULL. */
WAMP_API const wamp_val *wamp_key(const wamp_val *v, const char *key);
/** The key of pair i of a dict, or NULL. A string except where a MessagePack or CBOR peer sent something else. */
WAMP_API const wamp_val *wamp_key_at(const wamp_val *v, size_t i);

/** Same type and content; dicts regardless of order. NULL equals null. */
WAMP_API bool wamp_equal(const wamp_val *a, const wamp_val *b);

/** Checks values against a signature and stores them: wamp_unpack(ev->args, ev->kwargs, "title:s n:i?", &title,
 *  &n). `args` (list) and `kwargs` (dict) may be NULL. Same rules as wamp_args (wamp/channel.h). WAMP_E_ARGS:
 *  `why`, when not NULL, receives the reason in words, at most `size` octets. What is stored is borrowed from args
 *  and kwargs. */
#define wamp_unpack(args, kwargs, why, size, ...) wamp_unpack_v(args, kwargs, why, size, WAMP_FMT(__VA_ARGS__))
WAMP_API wamp_rc wamp_unpack_v(const wamp_val *args, const wamp_val *kwargs, char *why, size_t size,
                               const char *sig, wamp_argv out);

/* --- owning -------------------------------------------------------------------------------------------------- */

/** The same value once more, to be dropped once more. NULL for NULL. */
WAMP_API WAMP_MUST_CHECK wamp_val *wamp_keep(const wamp_val *v);
/** Gives up one reference and makes *v NULL. *v may be NULL. */
WAMP_API void wamp_drop(wamp_val **v);

/* --- building ------------------------------------------------------------------------------------------------ */

/** One value from a format (wamp/args.h): wamp_build("{id:i tags:[ss]}", 7, "a", "b"). The caller's. NULL: the
 *  format or its arguments are wrong, or out of memory. */
#define wamp_build(...) wamp_build_v(WAMP_FMT(__VA_ARGS__))
WAMP_API WAMP_MUST_CHECK wamp_val *wamp_build_v(const char *fmt, wamp_argv args);

/** The value of a JSON text of len octets (any value, not only list and object). The caller's. NULL: not JSON,
 *  nested deeper than 64, or out of memory. A string that begins with \u0000 and continues as base64 is a BIN. */
WAMP_API WAMP_MUST_CHECK wamp_val *wamp_from_json(const char *text, size_t len);

/** The value as JSON, in a new STR value of the caller. NULL: it cannot be expressed in JSON (NaN, ext, keys that
 *  are no strings), or out of memory. Read it with wamp_str and wamp_len. */
WAMP_API WAMP_MUST_CHECK wamp_val *wamp_to_json(const wamp_val *v);

#ifdef __cplusplus
}
#endif
#endif
