/* The head of an HTTP/1.1 request or response: its first line and its headers, read in place. RFC 9112, strict
 * where leniency has been abused: lines end in CRLF, no folded lines, no white space before a colon, bounds on
 * everything.
 *
 * A head is read once for its form and then asked for what is wanted:
 *
 *     struct wamp_http_head head;
 *     int status = wamp_http_read_head(octets, &head, &used, &why);
 *     if (status == WAMP_HTTP_WHOLE && wamp_http_headers_ok(&head))
 *         host = wamp_http_find(&head, STR("host"));
 *
 * Names of headers are compared without regard to case. Everything borrows the octets. */
#ifndef WAMP_COMMON_HTTP_H
#define WAMP_COMMON_HTTP_H

#include "common/str.h"

#include <stdbool.h>

enum {
    WAMP_HTTP_WHOLE = 200,
    WAMP_HTTP_HEAD_MAX = 8192,  /* octets of a request or response head: stops header floods */
    WAMP_HTTP_LINE_MAX = 4096,  /* octets of its first line, without its end */
    WAMP_HTTP_HEADERS_MAX = 64,
};

struct wamp_http_head {
    struct str first;    /* line, without its end */
    struct str headers;  /* lines, with their ends */
};

/* Reads the head that `in` begins with: WAMP_HTTP_WHOLE, and its octets in *used; 0 when more are needed; else the
 * status to refuse it with (400, 414, 431), *why a static text. */
int wamp_http_read_head(struct str in, struct wamp_http_head *out, size_t *used, const char **why);

/* Each is name ":" value, without control characters; WAMP_HTTP_HEADERS_MAX at most. */
bool wamp_http_headers_ok(const struct wamp_http_head *h);
bool wamp_http_headers_are_few(const struct wamp_http_head *h);

/* The value of the first header of that name; ptr is NULL where there is none. */
struct str wamp_http_find(const struct wamp_http_head *h, struct str name);
unsigned wamp_http_count(const struct wamp_http_head *h, struct str name);

/* Walks the values of that name: *headers is what is left of head.headers. */
bool wamp_http_next(struct str *headers, struct str name, struct str *value);

/* Whether the word is in a comma-separated list of that name, wherever the list is continued. */
bool wamp_http_has_word(const struct wamp_http_head *h, struct str name, struct str word);

/* --- words ---------------------------------------------------------------------------------------------- */

/* Takes what comes before the first separator off *rest, and the separator; all of it where there is none. */
struct str wamp_http_take(struct str *rest, char separator);
struct str wamp_http_trim(struct str s);        /* spaces and tabs around it */
bool wamp_http_is_token(struct str s);          /* not empty: method, name of a header */
bool wamp_http_is_visible(struct str s);        /* not empty: a target */
bool wamp_http_same_word(struct str a, struct str b);
bool wamp_http_number(struct str s, size_t *out);  /* digits, and nothing else; at most 15 of them */

#endif
