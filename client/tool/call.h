/* A call from the command line, as call.c and stream.c see it. */
#ifndef TOOL_CALL_H
#define TOOL_CALL_H

#include "client/tool/payload.h"

struct call {
    const struct options *o;
    wamp_peer *peer;
    const char *uri;
    struct payload payload;
    wamp_callopt opt;
    uint64_t id;         /* for wamp_cancel_call */
    int64_t retry_until; /* --wait: a moment of clock_us */
    size_t values;       /* printed so far */
    bool is_done;
    int status;          /* the exit status, once it is done */
};

void call_value(struct call *c, const wamp_result *r);  /* a progressive one */
/* The end. After progressive values an empty result is not shown: it only ends the stream. */
void call_result(struct call *c, const wamp_result *r);
void call_failed(struct call *c, const wamp_error *e);

/* --stream: standard input is what the callee gets. Returns the exit status. */
int call_stream(struct call *c);

#endif
