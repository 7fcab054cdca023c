#include "crossbar-compat/parts.h"

#include <stdlib.h>
#include <string.h>

/* What of a transport becomes a listener. */
struct service {
    const yaml_node_t *websocket, *rawsocket;
    const yaml_node_t *auth; /* of one of the services */
    unsigned count;          /* of services; long-poll is one if it has an auth of its own */
    char longpoll[100];      /* its path, or empty */
};

/* --- where it listens ---------------------------------------------------------------------------------------------------- */

/* Relative paths are from the folder of the node. */
static int path_of(struct translation *t, const yaml_node_t *node, const char *path, const char *prefix)
{
    bool relative = path[0] != '/' && t->world->folder;
    return cb_string(t, node, "%s%s%s%s", prefix, relative ? t->world->folder : "", relative ? "/" : "", path);
}

/* The number, or what the variable "$NAME" says. */
static const char *port_of(struct translation *t, const yaml_node_t *endpoint)
{
    const yaml_node_t *node = cb_get(t, endpoint, "port");
    const char *port = cb_text(t, endpoint, "port");
    if (!port) {
        cb_fail(t, node ? node : endpoint, "endpoint: expected a port");
        return "0";
    }
    if (port[0] != '$')
        return port;
    const char *value = t->world->variable(port + 1);
    if (!value)
        cb_fail(t, node, "endpoint: the environment has no %.60s", port);
    return value ? value : "0";
}

static int url_of(struct translation *t, const yaml_node_t *endpoint, const char *scheme)
{
    const char *interface = cb_text(t, endpoint, "interface");
    bool six = cb_is(t, endpoint, "version", "6") || (interface && strchr(interface, ':'));
    if (!interface || !*interface)
        interface = six ? "::" : "0.0.0.0";
    return cb_string(t, endpoint, "%s%s://%s%s%s:%s", scheme, cb_get(t, endpoint, "tls") ? "s" : "", six ? "[" : "",
                     interface, six ? "]" : "", port_of(t, endpoint));
}

static void put_path(struct translation *t, int map, const yaml_node_t *tls, const char *key)
{
    const char *path = cb_text(t, tls, key);
    if (path)
        cb_put(t, map, key, path_of(t, cb_get(t, tls, key), path, ""));
}

static void put_paths(struct translation *t, int map, const yaml_node_t *tls, const char *key)
{
    const yaml_node_t *paths = cb_get(t, tls, key), *path;
    if (!paths)
        return;
    int list = cb_list(t, paths);
    for (size_t i = 0; (path = cb_at(t, paths, i)); i++)
        if (path->type == YAML_SCALAR_NODE)
            cb_add(t, list, path_of(t, path, (const char *)path->data.scalar.value, ""));
    cb_put(t, map, key, list);
}

static int tls_of(struct translation *t, const yaml_node_t *tls)
{
    int map = cb_map(t, tls);
    put_path(t, map, tls, "certificate");
    put_path(t, map, tls, "key");
    put_paths(t, map, tls, "chain_certificates");
    put_paths(t, map, tls, "ca_certificates");
    cb_put_keys(t, map, tls, "ciphers");
    cb_note_others(t, tls, "tls", "certificate key chain_certificates ca_certificates ciphers");
    return map;
}

static bool put_endpoint(struct translation *t, int listener, const yaml_node_t *transport, const char *scheme)
{
    const yaml_node_t *endpoint = cb_get(t, transport, "endpoint");
    if (cb_is(t, endpoint, "type", "tcp")) {
        cb_put(t, listener, "url", url_of(t, endpoint, scheme));
        if (cb_get(t, endpoint, "tls"))
            cb_put(t, listener, "tls", tls_of(t, cb_get(t, endpoint, "tls")));
    } else if (cb_is(t, endpoint, "type", "unix") && cb_text(t, endpoint, "path")) {
        cb_put(t, listener, "url", path_of(t, endpoint, cb_text(t, endpoint, "path"), "unix:"));
    } else {
        cb_note(t, endpoint ? endpoint : transport, "transport is left out: its endpoint is neither tcp nor unix");
        return false;
    }
    return true;
}

/* --- what it serves -------------------------------------------------------------------------------------------------------- */

static void find_services(struct translation *t, const yaml_node_t *paths, const char *base, struct service *s);

/* Without auth everybody is let in, with one that is null nobody meant that. */
static void add_service(struct translation *t, const yaml_node_t *node, struct service *s)
{
    const yaml_node_t *auth = cb_get(t, node, "auth");
    if (cb_has(t, node, "auth") && !(auth && auth->type == YAML_MAPPING_NODE))
        cb_fail(t, node, "auth: expected a mapping");
    s->auth = auth ? auth : s->auth;
    s->count++;
}

static const yaml_node_t *origin_at(struct translation *t, const yaml_node_t *websocket, size_t i)
{
    return cb_at(t, cb_get(t, cb_get(t, websocket, "options"), "allowed_origins"), i);
}

static bool same_origins(struct translation *t, const yaml_node_t *a, const yaml_node_t *b)
{
    for (size_t i = 0;; i++) {
        const yaml_node_t *x = origin_at(t, a, i), *y = origin_at(t, b, i);
        if (!x || !y)
            return x == y;
        if (x->type != YAML_SCALAR_NODE || y->type != YAML_SCALAR_NODE ||
            strcmp((const char *)x->data.scalar.value, (const char *)y->data.scalar.value))
            return false;
    }
}

static void add_websocket(struct translation *t, const yaml_node_t *node, struct service *s)
{
    if (s->websocket && !same_origins(t, s->websocket, node))
        cb_fail(t, node, "paths with other allowed_origins at one endpoint: give each an endpoint of its own");
    s->websocket = s->websocket ? s->websocket : node;
    add_service(t, node, s);
}

static void add_rawsocket(struct translation *t, const yaml_node_t *node, struct service *s)
{
    s->rawsocket = node;
    add_service(t, node, s);
}

static void add_longpoll(struct translation *t, const yaml_node_t *node, const char *path, struct service *s)
{
    strcpy(s->longpoll, path);
    if (cb_has(t, node, "auth"))
        add_service(t, node, s);
}

static void find_service(struct translation *t, const yaml_node_t *node, const char *base, const char *name, struct service *s)
{
    const char *type = cb_text(t, node, "type");
    char path[sizeof s->longpoll];
    int len = snprintf(path, sizeof path, "%s/%s", base, strcmp(name, "/") ? name : "");
    if (len < 0 || (size_t)len >= sizeof path) {
        cb_fail(t, node, "a path of more than %zu characters", sizeof path - 1);
    } else if (!type) {
        cb_fail(t, node, "path %s: expected a type", path);
    } else if (!strcmp(type, "websocket")) {
        add_websocket(t, node, s);
    } else if (!strcmp(type, "longpoll")) {
        add_longpoll(t, node, path, s);
    } else if (!strcmp(type, "path")) {
        find_services(t, cb_get(t, node, "paths"), path, s);
    } else {
        cb_note(t, node, "path %s (%s) is left out: leave it to a web server", path, type);
    }
}

static void find_services(struct translation *t, const yaml_node_t *paths, const char *base, struct service *s)
{
    const char *name;
    const yaml_node_t *node;
    for (size_t i = 0; (node = cb_pair(t, paths, i, &name)); i++)
        find_service(t, node, base, name, s);
}

static void find_universal(struct translation *t, const yaml_node_t *transport, struct service *s)
{
    const yaml_node_t *all = cb_get(t, transport, "websocket"), *web = cb_get(t, transport, "web"), *one;
    const char *path;
    if (cb_get(t, transport, "rawsocket"))
        add_rawsocket(t, cb_get(t, transport, "rawsocket"), s);
    for (size_t i = 0; (one = cb_pair(t, all, i, &path)); i++)
        add_websocket(t, one, s);
    find_services(t, cb_get(t, web, "paths"), "", s);
    if (cb_get(t, transport, "mqtt"))
        cb_note(t, transport, "mqtt is left out: wampd does not speak it");
}

/* False for a type that wampd does not have. */
static bool find_all(struct translation *t, const yaml_node_t *transport, struct service *s)
{
    if (cb_is(t, transport, "type", "websocket"))
        add_websocket(t, transport, s);
    else if (cb_is(t, transport, "type", "rawsocket"))
        add_rawsocket(t, transport, s);
    else if (cb_is(t, transport, "type", "universal"))
        find_universal(t, transport, s);
    else if (cb_is(t, transport, "type", "web"))
        find_services(t, cb_get(t, transport, "paths"), "", s);
    return s->websocket || s->rawsocket || s->longpoll[0];
}

/* A listener takes all its clients in the same way, so nobody may come in by a path that asks less. */
static const yaml_node_t *auth_of(struct translation *t, const yaml_node_t *transport, const struct service *s)
{
    if (s->auth && s->count > 1)
        cb_fail(t, transport, "several services with auth at one endpoint: give each an endpoint of its own");
    return s->auth;
}

/* --- options ----------------------------------------------------------------------------------------------------------------- */

/* The most generous counts; 0 is none at all. */
static void total(struct translation *t, const yaml_node_t *options, const char *key, long *most)
{
    const char *text = cb_text(t, options, key);
    long value = text ? strtol(text, NULL, 10) : -1;
    if (value > 0 && value > *most)
        *most = value;
}

static void count_options(struct translation *t, const yaml_node_t *service, struct cb_totals *totals)
{
    const yaml_node_t *options = cb_get(t, service, "options");
    total(t, options, "max_message_size", &totals->message_size);
    total(t, options, "auto_ping_interval", &totals->ping_interval);
    total(t, options, "auto_ping_timeout", &totals->ping_timeout);
    total(t, options, "open_handshake_timeout", &totals->handshake);
    total(t, options, "close_handshake_timeout", &totals->close);
}

static int longpoll_of(struct translation *t, const yaml_node_t *transport, const char *path)
{
    int map = cb_map(t, transport);
    cb_put(t, map, "path", cb_string(t, transport, "%s", path));
    cb_put(t, map, "preset", cb_word(t, transport, "crossbar"));
    return map;
}

/* --- the whole ----------------------------------------------------------------------------------------------------------------- */

int cb_transport(struct translation *t, const yaml_node_t *transport, struct cb_totals *totals)
{
    struct service s = {0};
    if (!find_all(t, transport, &s)) {
        const char *type = cb_text(t, transport, "type");
        cb_note(t, transport, "transport (%s) is left out: it has nothing that wampd serves", type ? type : "no type");
        return 0;
    }
    int listener = cb_map(t, transport);
    if (!put_endpoint(t, listener, transport, s.websocket || s.longpoll[0] ? "ws" : "rs"))
        return 0;
    const yaml_node_t *auth = auth_of(t, transport, &s), *origins = cb_get(t, cb_get(t, s.websocket, "options"), "allowed_origins");
    if (auth)
        cb_put(t, listener, "auth", cb_auth(t, auth, cb_get(t, s.websocket, "cookie")));
    if (origins)
        cb_put(t, listener, "origins", cb_copy(t, origins));
    if (s.longpoll[0])
        cb_put(t, listener, "longpoll", longpoll_of(t, transport, s.longpoll));
    count_options(t, s.websocket, totals);
    count_options(t, s.rawsocket, totals);
    return listener;
}
