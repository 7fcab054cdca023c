/* listen: where clients come in. */
#include "router/config.h"

#include "common/http.h"
#include "router/config_inner.h"
#include "router/origin.h"

#include <stdlib.h>

/* --- URLs ----------------------------------------------------------------------------------------------- */

static const struct {
    const char *prefix;
    enum listen_scheme scheme;
} schemes[] = {
    {"ws://", LISTEN_WS},   {"wss://", LISTEN_WSS}, {"rs://", LISTEN_RS},
    {"rss://", LISTEN_RSS}, {"tcp://", LISTEN_RS},  {"unix:", LISTEN_UNIX},
};

const char *listen_scheme_name(enum listen_scheme scheme)
{
    static const char *const names[] = {
        [LISTEN_WS] = "ws", [LISTEN_RS] = "rs", [LISTEN_WSS] = "wss", [LISTEN_RSS] = "rss", [LISTEN_UNIX] = "unix",
    };
    return names[scheme];
}

static bool wants_tls(const struct listen_config *l)
{
    return l->scheme == LISTEN_WSS || l->scheme == LISTEN_RSS;
}

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
    return config_tell(err, "\"%.100s\": expected ws://host:port, rs://host:port, wss:// or rss:// for TLS, or "
                            "unix:/path",
                       url);
}

/* --- tls ------------------------------------------------------------------------------------------------ */

static bool read_text(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    return config_read_string(r, node, (const char **)((char *)target + key->offset));
}

static bool read_name(struct config_reader *r, const yaml_node_t *node, void *target)
{
    struct config_names *list = target;
    const char *name, **grown;
    if (!config_read_string(r, node, &name))
        return false;
    grown = config_grow(r->memory, list->names, &list->count, sizeof *grown);
    if (!grown)
        return config_fail(r, node, "out of memory");
    list->names = grown;
    grown[list->count - 1] = name;
    return true;
}

static bool read_names(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                       void *target)
{
    return config_read_list(r, node, read_name, (char *)target + key->offset);
}

static bool read_origin(struct config_reader *r, const yaml_node_t *node, void *target)
{
    struct config_names *list = target;
    if (!read_name(r, node, list))
        return false;
    const char *origin = list->names[list->count - 1];
    return origin_is_pattern(str_z(origin)) ||
           config_fail(r, node, "expected \"*\", \"null\" or scheme://host[:port] in lower case, got \"%.100s\"", origin);
}

static bool read_origins(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    struct config *c = target;
    struct config_names *origins = &c->listeners[c->listener_count - 1].origins;
    (void)key;
    return config_read_list(r, node, read_origin, origins) &&
           (origins->count ||
            config_fail(r, node, "an empty list would be all pages; leave the key out for those"));
}

static bool read_client_certificate(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                                    void *target)
{
    static const char *const names[] = {"required", "optional"};
    int choice;
    (void)key;
    if (!config_read_choice(r, node, names, COUNT_OF(names), &choice))
        return false;
    ((struct tls_config *)target)->client_optional = choice == 1;
    return true;
}

static bool read_min_version(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                             void *target)
{
    static const char *const names[] = {"1.2", "1.3"};
    int choice;
    (void)key;
    if (!config_read_choice(r, node, names, COUNT_OF(names), &choice))
        return false;
    ((struct tls_config *)target)->only_tls13 = choice == 1;
    return true;
}

static const struct config_key tls_keys[] = {
    {"certificate", read_text, offsetof(struct tls_config, certificate)},
    {"key", read_text, offsetof(struct tls_config, key)},
    {"chain_certificates", read_names, offsetof(struct tls_config, chain_certificates)},
    {"ca_certificates", read_names, offsetof(struct tls_config, ca_certificates)},
    {"client_certificate", read_client_certificate, 0},
    {"ciphers", read_text, offsetof(struct tls_config, ciphers)},
    {"min_version", read_min_version, 0},
};

static bool read_tls(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    struct config *c = target;
    struct tls_config *tls = &c->listeners[c->listener_count - 1].tls;
    (void)key;
    if (!config_read_map(r, node, tls_keys, COUNT_OF(tls_keys), tls))
        return false;
    if (!tls->certificate)
        return config_fail(r, node, "certificate is missing");
    if (tls->client_optional && !tls->ca_certificates.count)
        return config_fail(r, node, "client_certificate needs ca_certificates: who issues them");
    return true;
}

bool config_finish_listeners(struct config *c, struct config_error *err)
{
    for (size_t i = 0; i < c->listener_count; i++) {
        struct listen_config *l = &c->listeners[i];
        if (!wants_tls(l) || l->tls.certificate)
            continue;
        if (!c->tls_certificate)
            return config_tell(err, "%s://%.100s:%u has no certificate: give it tls.certificate, or wampd "
                                    "--tls-certificate",
                               listen_scheme_name(l->scheme), l->host, l->port);
        l->tls.certificate = c->tls_certificate;
        l->tls.key = c->tls_key;
    }
    return true;
}

/* --- one listener --------------------------------------------------------------------------------------- */

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

static bool read_auth(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    struct config *c = target;
    (void)key;
    return config_read_auth(r, node, &c->listeners[c->listener_count - 1].auth);
}

/* --- longpoll ------------------------------------------------------------------------------------------- */

/* Without a slash at its end: the base of /lp/open is /lp, that of /open is empty. */
static bool read_base(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    struct longpoll_config *longpoll = target;
    const char *text;
    (void)key;
    if (!config_read_string(r, node, &text))
        return false;
    struct str base = str_z(text);
    if (!base.len || base.len > 100 || text[0] != '/' || strcspn(text, "?#") < base.len || !wamp_http_is_visible(base))
        return config_fail(r, node, "expected a path such as \"/lp\", at most 100 characters, got \"%.120s\"", text);
    if (text[base.len - 1] == '/')
        base.len--;
    longpoll->base = wamp_arena_copy(r->memory, base).ptr;
    return longpoll->base || config_fail(r, node, "out of memory");
}

static bool read_longpoll_preset(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                                 void *target)
{
    static const char *const names[] = {"spec", "crossbar"};
    int choice;
    (void)key;
    if (!config_read_choice(r, node, names, COUNT_OF(names), &choice))
        return false;
    ((struct longpoll_config *)target)->answers_204 = choice == 1;
    return true;
}

static const struct config_key longpoll_keys[] = {{"path", read_base, 0}, {"preset", read_longpoll_preset, 0}};

static bool read_longpoll(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    struct config *c = target;
    struct longpoll_config *longpoll = &c->listeners[c->listener_count - 1].longpoll;
    if (node->type == YAML_SCALAR_NODE)
        return read_base(r, node, key, longpoll);
    return config_read_map(r, node, longpoll_keys, COUNT_OF(longpoll_keys), longpoll) &&
           (longpoll->base || config_fail(r, node, "path is missing"));
}

static const struct config_key listener_keys[] = {
    {"url", read_url, 0}, {"mode", read_mode, 0}, {"tls", read_tls, 0}, {"auth", read_auth, 0},
    {"longpoll", read_longpoll, 0}, {"origins", read_origins, 0},
};

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
    if (!l->host && !l->path)
        return config_fail(r, node, "url is missing");
    return !l->tls.certificate || wants_tls(l) || config_fail(r, node, "tls needs a url that begins with wss or rss");
}

bool config_read_listeners(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    (void)key;
    return config_read_list(r, node, read_listener, target);
}
