/* Growable octets.
 *
 * A buf is in one of three states: empty (ptr NULL, the zero value), holding len octets of cap, or failed: an
 * allocation did not succeed, what was to be appended is lost, and every later append does nothing. So a run of
 * appends needs one check at its end: `if (buf.failed)`. wamp_buf_reset clears the failure and keeps the memory. */
#ifndef WAMP_COMMON_BUF_H
#define WAMP_COMMON_BUF_H

#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct wamp_buf {
    char *ptr;
    size_t len;
    size_t cap;
    bool failed;
};

void wamp_buf_fini(struct wamp_buf *b);  /* frees; the buf is empty again */

/* Slow path of wamp_buf_room: grows by at least half. False, with `failed` set, when memory is short. */
bool wamp_buf_grow(struct wamp_buf *b, size_t more);

/* Makes room for `more` octets and returns where they go, or NULL (failed). The caller adds to len. */
static inline char *wamp_buf_room(struct wamp_buf *b, size_t more)
{
    if (b->cap - b->len < more || b->failed || !b->ptr)
        if (!wamp_buf_grow(b, more))
            return NULL;
    return b->ptr + b->len;
}

static inline void wamp_buf_add(struct wamp_buf *b, const void *octets, size_t len)
{
    char *to = wamp_buf_room(b, len);
    if (to && len) {
        memcpy(to, octets, len);
        b->len += len;
    }
}

static inline void wamp_buf_add_str(struct wamp_buf *b, struct str s)
{
    wamp_buf_add(b, s.ptr, s.len);
}

static inline void wamp_buf_add_char(struct wamp_buf *b, char c)
{
    char *to = wamp_buf_room(b, 1);
    if (to) {
        *to = c;
        b->len++;
    }
}

static inline void wamp_buf_reset(struct wamp_buf *b)
{
    b->len = 0;
    b->failed = false;
}

static inline struct str wamp_buf_str(const struct wamp_buf *b)
{
    return str_of(b->ptr, b->len);
}

/* Appends as printf does. */
void wamp_buf_addf(struct wamp_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
