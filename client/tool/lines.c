#include "client/tool/lines.h"

#include <errno.h>
#include <unistd.h>

enum { CHUNK = 65536 };

void lines_read(struct lines *l)
{
    if (l->at) {
        l->buf.len -= l->at;
        memmove(l->buf.ptr, l->buf.ptr + l->at, l->buf.len);
        l->at = 0;
    }
    char *to = wamp_buf_room(&l->buf, CHUNK);
    ssize_t n = to ? read(l->fd, to, CHUNK) : 0;
    if (n > 0)
        l->buf.len += (size_t)n;
    else if (n == 0 || errno != EINTR)
        l->at_end = true;
}

bool lines_next(struct lines *l, struct str *out)
{
    size_t left = l->buf.len - l->at;
    const char *from = left ? l->buf.ptr + l->at : NULL, *end = left ? memchr(from, '\n', left) : NULL;
    if (!left || (!end && !l->at_end))
        return false;
    *out = str_of(from, end ? (size_t)(end - from) : left);
    l->at += out->len + (end != NULL);
    return true;
}

bool lines_wait(struct lines *l, struct str *out)
{
    while (!lines_next(l, out)) {
        if (l->at_end)
            return false;
        lines_read(l);
    }
    return true;
}

void lines_fini(struct lines *l)
{
    wamp_buf_fini(&l->buf);
}
