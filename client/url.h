/* Where a router is: ws://host:port/path, wss://, rs://host:port, rss://, unix:PATH, ws+unix:PATH. */
#ifndef WAMP_CLIENT_URL_H
#define WAMP_CLIENT_URL_H

#include <stdbool.h>

enum { URL_HOST_MAX = 256, URL_TARGET_MAX = 1024 };

struct url {
    bool websocket;  /* else RawSocket */
    bool tls;
    bool is_unix;  /* then `host` is the path of the socket */
    bool is_ipv6;  /* host is an IPv6 address, without brackets */
    char host[URL_HOST_MAX];
    char port[8];
    char target[URL_TARGET_MAX];  /* WebSocket: path and query, "/" at least */
};

/* False: it is none of these; *why says what is wrong, a literal. */
bool wamp_url_parse(const char *text, struct url *out, const char **why);

/* Whether what is sent stays on this machine or is encrypted: a secret may travel in clear. */
bool wamp_url_is_private(const struct url *url);

#endif
