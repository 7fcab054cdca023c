#include "client/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct scheme {
    const char *prefix;
    bool websocket, tls, is_unix;
    const char *port;
} schemes[] = {
    {"ws://", true, false, false, "80"},   {"wss://", true, true, false, "443"},
    {"rs://", false, false, false, NULL},  {"rss://", false, true, false, NULL},
    {"unix://", false, false, true, NULL}, {"unix:", false, false, true, NULL},
    {"ws+unix:", true, false, true, NULL},
};

static const struct scheme *find_scheme(const char *text)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (!strncmp(text, schemes[i].prefix, strlen(schemes[i].prefix)))
            return &schemes[i];
    return NULL;
}

/* Copies n octets that are printable ASCII. False when they are not, or too many. */
static bool take(const char *from, size_t n, char *to, size_t size)
{
    if (n >= size)
        return false;
    for (size_t i = 0; i < n; i++)
        if (from[i] <= ' ' || from[i] > '~')
            return false;
    memcpy(to, from, n);
    to[n] = '\0';
    return true;
}

static bool take_port(const char *from, size_t n, struct url *out)
{
    if (!n || n > 5 || strspn(from, "0123456789") < n)
        return false;
    memcpy(out->port, from, n);
    out->port[n] = '\0';
    long port = strtol(out->port, NULL, 10);
    return port >= 1 && port <= 65535;
}

/* host, host:port, [ipv6], [ipv6]:port. Returns what is wrong, or NULL. */
static const char *take_authority(const char *from, size_t n, struct url *out)
{
    const char *host = from, *end = from + n, *host_end;
    out->is_ipv6 = n && *from == '[';
    if (out->is_ipv6) {
        host++;
        host_end = memchr(host, ']', (size_t)(end - host));
        if (!host_end)
            return "']' is missing behind the address";
        from = host_end + 1;
    } else {
        host_end = memchr(from, ':', n);
        if (!host_end)
            host_end = end;
        from = host_end;
    }
    if (host == host_end || !take(host, (size_t)(host_end - host), out->host, sizeof out->host) ||
        strchr(out->host, '@'))
        return "the host is missing or wrong";
    if (from == end)
        return *out->port ? NULL : "the port is missing";
    return *from == ':' && take_port(from + 1, (size_t)(end - from - 1), out) ? NULL : "the port is wrong";
}

bool wamp_url_parse(const char *text, struct url *out, const char **why)
{
    const struct scheme *s = find_scheme(text);
    *why = "it must begin with ws://, wss://, rs://, rss:// or unix:";
    if (!s)
        return false;
    *out = (struct url){.websocket = s->websocket, .tls = s->tls, .is_unix = s->is_unix, .target = "/"};
    text += strlen(s->prefix);
    if (s->is_unix) {
        *why = "the path of the socket is missing or longer than 107 octets";
        size_t n = strlen(text);
        if (!n || n > 107)
            return false;
        memcpy(out->host, text, n + 1);
        return true;
    }
    if (s->port)
        memcpy(out->port, s->port, strlen(s->port) + 1);
    size_t n = strcspn(text, "/?#");
    *why = take_authority(text, n, out);
    if (*why)
        return false;
    size_t rest = strcspn(text + n, "#");
    bool slash = text[n] != '?';
    *why = "the path is wrong or too long";
    if (rest && !s->websocket && strcmp(text + n, "/") != 0)
        return false;
    return !rest || take(text + n, rest, out->target + !slash, sizeof out->target - !slash);
}

bool wamp_url_is_private(const struct url *url)
{
    return url->tls || url->is_unix || !strcmp(url->host, "localhost") || !strcmp(url->host, "::1") ||
           !strncmp(url->host, "127.", 4);
}
