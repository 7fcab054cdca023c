#include "router/origin.h"

/* scheme://host:port, taken apart; browsers write it in lower case. The port is empty where it is the scheme's. */
struct origin {
    struct str scheme, host, port;
};

static bool only(struct str text, const char *letters)
{
    for (size_t i = 0; i < text.len; i++)
        if (!text.ptr[i] || !strchr(letters, text.ptr[i]))
            return false;
    return text.len > 0;
}

static struct str default_port(struct str scheme)
{
    if (str_eq(scheme, STR("https")))
        return STR("443");
    return str_eq(scheme, STR("http")) ? STR("80") : STR("");
}

/* The host of [::1]:80 or example.com:80, and what follows it. */
static bool split_host(struct str text, struct str *host, struct str *rest)
{
    bool bracketed = text.len && text.ptr[0] == '[';
    const char *end = text.len ? memchr(text.ptr, bracketed ? ']' : ':', text.len) : NULL;
    if (bracketed && !end)
        return false;
    size_t len = end ? (size_t)(end - text.ptr) + bracketed : text.len;
    *host = str_of(text.ptr, len);
    *rest = str_from(text, len);
    return only(*host, bracketed ? "[]0123456789abcdef:." : "abcdefghijklmnopqrstuvwxyz0123456789-._*");
}

static bool read_origin(struct str text, struct origin *out)
{
    const struct str mark = STR("://");
    const char *colon = text.len ? memchr(text.ptr, ':', text.len) : NULL;
    struct str rest;
    if (!colon)
        return false;
    out->scheme = str_of(text.ptr, (size_t)(colon - text.ptr));
    rest = str_from(text, out->scheme.len);
    if (!only(out->scheme, "abcdefghijklmnopqrstuvwxyz0123456789+-.") || !str_starts(rest, mark) ||
        !split_host(str_from(rest, mark.len), &out->host, &rest))
        return false;
    out->port = rest.len ? str_from(rest, 1) : STR("");
    if (rest.len && (rest.ptr[0] != ':' || !(only(out->port, "0123456789") || str_eq(out->port, STR("*")))))
        return false;
    if (str_eq(out->port, default_port(out->scheme)))
        out->port = STR("");
    return true;
}

bool origin_is_pattern(struct str pattern)
{
    struct origin o;
    if (str_eq(pattern, STR("*")) || str_eq(pattern, STR("null")))
        return true;
    if (!read_origin(pattern, &o))
        return false;
    struct str host = str_starts(o.host, STR("*.")) ? str_from(o.host, 2) : o.host;
    return host.len && !memchr(host.ptr, '*', host.len);
}

/* *.example.com: any host below it, itself not. */
static bool host_matches(struct str pattern, struct str host)
{
    if (!str_starts(pattern, STR("*.")))
        return str_eq(pattern, host);
    struct str below = str_from(pattern, 1);
    return host.len > below.len && str_eq(str_from(host, host.len - below.len), below);
}

static bool matches(struct str pattern, struct str origin, const struct origin *o)
{
    struct origin p;
    if (str_eq(pattern, STR("*")) || str_eq(pattern, STR("null")))
        return pattern.ptr[0] == '*' || str_eq(origin, pattern);
    return o && read_origin(pattern, &p) && str_eq(p.scheme, o->scheme) && host_matches(p.host, o->host) &&
           (str_eq(p.port, STR("*")) || str_eq(p.port, o->port));
}

/* A page's origin is never ws or wss: that is what programs say that mean well, wampy among them. */
static bool is_no_page(const struct origin *o)
{
    return str_eq(o->scheme, STR("ws")) || str_eq(o->scheme, STR("wss"));
}

bool origin_allowed(const char *const *list, size_t count, struct str origin)
{
    struct origin o;
    if (!count || !origin.len)
        return true;
    bool whole = read_origin(origin, &o) && !memchr(origin.ptr, '*', origin.len);
    if (whole && is_no_page(&o))
        return true;
    for (size_t i = 0; i < count; i++)
        if (matches(str_z(list[i]), origin, whole ? &o : NULL))
            return true;
    return false;
}
