/* Text and octets as pointer and length, by value.
 *
 * A str borrows; it never owns. It may hold any octet, NUL included, and is not terminated: a NUL-terminated
 * string exists only at the edge of the program. The empty str may have a NULL pointer. */
#ifndef WAMP_COMMON_STR_H
#define WAMP_COMMON_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
    const char *ptr;
    size_t len;
};

/* STR("literal"): the terminating NUL is not part of it. */
#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})

/* For printf: "%.*s", STR_ARG(s) */
#define STR_ARG(s) (int)(s).len, (s).ptr

static inline struct str str_of(const char *ptr, size_t len)
{
    return (struct str){ptr, len};
}

static inline struct str str_z(const char *terminated)
{
    return (struct str){terminated, terminated ? strlen(terminated) : 0};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

/* The part of s from offset on; offset <= s.len. */
static inline struct str str_from(struct str s, size_t offset)
{
    return (struct str){s.ptr + offset, s.len - offset};
}

#endif
