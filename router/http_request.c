#include "router/http_request.h"

#include "common/http.h"

/* A request line and headers, with what is made of them. */
struct reading {
    struct wamp_http_head head;
    struct str version;
    struct http_request *out;
};

/* --- what a request has to be --------------------------------------------------------------------------- */

static bool is_request(const struct reading *r)
{
    return wamp_http_is_token(r->out->method) && wamp_http_is_visible(r->out->path) &&
           str_starts(r->version, STR("HTTP/"));
}

static bool is_http_1_0(const struct reading *r)
{
    return str_eq(r->version, STR("HTTP/1.0"));
}

static bool is_http_1(const struct reading *r)
{
    return is_http_1_0(r) || str_eq(r->version, STR("HTTP/1.1"));
}

static bool has_few_headers(const struct reading *r)
{
    return wamp_http_headers_are_few(&r->head);
}

static bool has_headers(const struct reading *r)
{
    return wamp_http_headers_ok(&r->head);
}

static bool has_no_twins(const struct reading *r)
{
    return wamp_http_count(&r->head, STR("host")) <= 1 && wamp_http_count(&r->head, STR("content-length")) <= 1 &&
           wamp_http_count(&r->head, STR("origin")) <= 1;
}

static bool has_host(const struct reading *r)
{
    return is_http_1_0(r) || wamp_http_count(&r->head, STR("host"));
}

static bool has_no_coding(const struct reading *r)
{
    return !wamp_http_count(&r->head, STR("transfer-encoding"));
}

/* None: there is no body. RFC 9112, 6.3 */
static bool has_length(const struct reading *r)
{
    struct str text = wamp_http_find(&r->head, STR("content-length"));
    return !text.ptr || wamp_http_number(text, &r->out->body_len);
}

/* In this order. */
static const struct {
    bool (*holds)(const struct reading *);
    int status;
    const char *why;
} rules[] = {
    {is_request, 400, "not an HTTP request line"},
    {is_http_1, 505, "only HTTP/1.1 and 1.0 are spoken here"},
    {has_few_headers, 431, "more than 64 headers"},
    {has_headers, 400, "a malformed header line"},
    {has_no_twins, 400, "a header that must stand once stands twice"},
    {has_host, 400, "Host is missing"},
    {has_no_coding, 411, "a body needs a Content-Length; Transfer-Encoding is not understood"},
    {has_length, 400, "Content-Length is not a number"},
};

/* --- reading -------------------------------------------------------------------------------------------- */

static bool is_kept_alive(const struct reading *r)
{
    return !is_http_1_0(r) && !wamp_http_has_word(&r->head, STR("connection"), STR("close"));
}

/* Of a whole URL, its path; whose URL it is does not matter to us. RFC 9112, 3.2.2 */
static struct str without_authority(struct str target)
{
    static const struct str schemes[] = {{"http://", 7}, {"https://", 8}};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        struct str scheme = schemes[i];
        if (target.len < scheme.len || !wamp_http_same_word(str_of(target.ptr, scheme.len), scheme))
            continue;
        target = str_from(target, scheme.len);
        wamp_http_take(&target, '/');
        return target.len ? str_of(target.ptr - 1, target.len + 1) : STR("/");
    }
    return target;
}

int http_read_request(struct str in, struct http_request *out, const char **why)
{
    struct reading r = {.out = out};
    *out = (struct http_request){0};
    int status = wamp_http_read_head(in, &r.head, &out->head_len, why);
    if (status != WAMP_HTTP_WHOLE)
        return status;
    struct str target;
    r.version = r.head.first;
    out->method = wamp_http_take(&r.version, ' ');
    target = wamp_http_take(&r.version, ' ');
    out->path = wamp_http_take(&target, '?');
    out->origin = wamp_http_find(&r.head, STR("origin"));
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (!rules[i].holds(&r)) {
            *why = rules[i].why;
            return rules[i].status;
        }
    }
    out->path = without_authority(out->path);
    out->keep_alive = is_kept_alive(&r);
    out->expects_continue = !is_http_1_0(&r) && wamp_http_has_word(&r.head, STR("expect"), STR("100-continue"));
    return status;
}
