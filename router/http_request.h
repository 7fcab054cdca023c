/* One HTTP request, read from the front of what has come. Bodies have a Content-Length: chunked ones are refused
 * (411), so that there is one way only to tell where a request ends. */
#ifndef ROUTER_HTTP_REQUEST_H
#define ROUTER_HTTP_REQUEST_H

#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>

/* Strings borrow the input; ptr is NULL where a header is absent. */
struct http_request {
    struct str method;
    struct str path;          /* of the target, which may be a whole URL; without its query */
    struct str origin;
    size_t head_len, body_len;
    bool keep_alive;          /* the client may send another request after this one */
    bool expects_continue;    /* it waits to be told before it sends the body */
};

/* Reads the head at the start of `in`: 200, with *out; 0 when more octets are needed for it; else the status to
 * refuse the request with (400, 411, 414, 431, 505), *why a static text. The body may not have come yet. */
int http_read_request(struct str in, struct http_request *out, const char **why);

#endif
