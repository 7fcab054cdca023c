#include "common/buf.h"

#include "common/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

void wamp_buf_fini(struct wamp_buf *b)
{
    wamp_free(b->ptr);
    *b = (struct wamp_buf){0};
}

bool wamp_buf_grow(struct wamp_buf *b, size_t more)
{
    if (b->failed)
        return false;
    if (more > SIZE_MAX / 4 || b->len > SIZE_MAX / 4) {
        b->failed = true;
        return false;
    }
    size_t need = b->len + more;
    size_t cap = b->cap + b->cap / 2;
    if (cap < 64)
        cap = 64;
    if (cap < need)
        cap = need;
    char *grown = wamp_realloc(b->ptr, cap);
    if (!grown) {
        b->failed = true;
        return false;
    }
    b->ptr = grown;
    b->cap = cap;
    return true;
}

void wamp_buf_addf(struct wamp_buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *to = wamp_buf_room(b, (size_t)len + 1);
    if (!to)
        return;
    va_start(args, fmt);
    vsnprintf(to, (size_t)len + 1, fmt, args);
    va_end(args);
    b->len += (size_t)len;
}
