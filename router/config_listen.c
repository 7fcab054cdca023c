/* listen: where clients come in. */
#include "router/config.h"

#include "router/config_inner.h"

#include <stdlib.h>

static const struct {
    const char *prefix;
    enum listen_scheme scheme;
} schemes[] = {{"ws://", LISTEN_WS}, {"rs://", LISTEN_RS}, {"tcp://", LISTEN_RS}, {"unix:", LISTEN_UNIX}};

static bool parse_port(const char *text, uint16_t *out)
{
    char *end;
    long port = strtol(text, &end, 10);
    if (end == text || *end || port < 0 || port > 65535)
        return false;
    *out = (uint16_t)port;
    return true;
}

/* host:port, [::1]:port; a trailing slash is what people paste. */
static bool parse_address(struct config *c, struct str address, struct listen_config *l)
{
    if (address.len && address.ptr[address.len - 1] == '/')
        address.len--;
    const char *colon = address.len ? memrchr(address.ptr, ':', address.len) : NULL;
    if (!colon)
        return false;
    struct str host = str_of(address.ptr, (size_t)(colon - address.ptr));
    struct str port = wamp_arena_copy(&c->memory, str_from(address, host.len + 1));
    bool bracketed = host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
    if (bracketed)
        host = str_of(host.ptr + 1, host.len - 2);
    else if (memchr(host.ptr, ':', host.len))
        return false;
    l->host = wamp_arena_copy(&c->memory, host).ptr;
    return host.len && l->host && port.ptr && parse_port(port.ptr, &l->port);
}

static bool parse_listener(struct config *c, const char *url, struct listen_config *l, struct config_error *err)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (!str_starts(str_z(url), str_z(schemes[i].prefix)))
            continue;
        struct str rest = str_from(str_z(url), strlen(schemes[i].prefix));
        l->scheme = schemes[i].scheme;
        if (l->scheme != LISTEN_UNIX)
            return parse_address(c, rest, l) ||
                   config_tell(err, "\"%.100s\": expected %shost:port, the port a number up to 65535", url, schemes[i].prefix);
        if (rest.len < 1 || rest.len > 100)
            return config_tell(err, "\"%.100s\": expected unix:/path/of/socket, at most 100 octets", url);
        l->path = wamp_arena_copy(&c->memory, rest).ptr;
        return l->path || config_tell(err, "out of memory");
    }
    return config_tell(err, "\"%.100s\": expected ws://host:port, rs://host:port or unix:/path", url);
}

static struct listen_config *add_listener(struct config *c)
{
    struct listen_config *grown = config_grow(&c->memory, c->listeners, &c->listener_count, sizeof *grown);
    if (!grown)
        return NULL;
    c->listeners = grown;
    return &grown[c->listener_count - 1];
}

bool config_add_listener(struct config *c, const char *url, struct config_error *err)
{
    struct listen_config *l = add_listener(c);
    return l ? parse_listener(c, url, l, err) : config_tell(err, "out of memory");
}

static bool read_url(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    struct config *c = (struct config *)target;
    struct config_error err;
    const char *url;
    (void)key;
    return config_read_string(r, node, &url) &&
           (parse_listener(c, url, &c->listeners[c->listener_count - 1], &err) || config_fail(r, node, "%.250s", err.text));
}

static bool read_mode(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    struct config *c = (struct config *)target;
    const char *text;
    char *end;
    (void)key;
    if (!config_read_string(r, node, &text))
        return false;
    long mode = strtol(text, &end, 8);
    if (*end || mode < 1 || mode > 0777)
        return config_fail(r, node, "expected an octal mode such as \"0660\", got \"%.20s\"", text);
    c->listeners[c->listener_count - 1].mode = (int)mode;
    return true;
}

static const struct config_key listener_keys[] = {{"url", read_url, 0}, {"mode", read_mode, 0}};

static bool read_listener(struct config_reader *r, const yaml_node_t *node, void *target)
{
    struct config *c = target;
    struct listen_config *l = add_listener(c);
    if (!l)
        return config_fail(r, node, "out of memory");
    if (node->type == YAML_SCALAR_NODE)
        return read_url(r, node, NULL, c);
    if (!config_read_map(r, node, listener_keys, COUNT_OF(listener_keys), c))
        return false;
    l = &c->listeners[c->listener_count - 1];
    return l->host || l->path || config_fail(r, node, "url is missing");
}

bool config_read_listeners(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    (void)key;
    return config_read_list(r, node, read_listener, target);
}
