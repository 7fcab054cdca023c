/* Lines of a file descriptor, one at a time, without waiting for more than is there. */
#ifndef TOOL_LINES_H
#define TOOL_LINES_H

#include "common/buf.h"

struct lines {
    int fd;
    struct wamp_buf buf;
    size_t at;    /* how much of buf was taken */
    bool at_end;  /* of the input; or memory was short: buf.failed */
};

/* Reads what is there; waits when nothing is. The line that lines_next returned last is gone. */
void lines_read(struct lines *l);

/* The next whole line without its end, or at the end of the input the rest. False: none yet, or no more. */
bool lines_next(struct lines *l, struct str *out);

/* lines_next, reading as often as it takes. False: no more. */
bool lines_wait(struct lines *l, struct str *out);

void lines_fini(struct lines *l);

#endif
