/* The configuration as a value: read from a file and the command line, checked, then only looked at.
 *
 * Zero rows of tables are filled with defaults by config_init. All strings are owned by the configuration. */
#ifndef ROUTER_CONFIG_H
#define ROUTER_CONFIG_H

#include "common/log.h"
#include "common/str.h"
#include "common/uri.h"
#include "realms/rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ws and rs name what clients are told to use; both kinds of listener take WebSocket and RawSocket, told apart by
 * the first octet. */
enum listen_scheme { LISTEN_WS, LISTEN_RS, LISTEN_UNIX };

struct listen_config {
    enum listen_scheme scheme;
    char *host;      /* "127.0.0.1", "::1", "localhost", "0.0.0.0"; NULL for LISTEN_UNIX */
    uint16_t port;   /* 0: any free one */
    char *path;      /* LISTEN_UNIX: of the socket; "@name" is abstract */
};

struct realm_config_row {
    char *name;
    enum realm_preset preset;
    enum wamp_uri_rule uri_rule;
    bool meta_api_denied;
    bool kill_allowed;
};

struct config {
    struct listen_config *listeners;
    size_t listener_count;
    struct realm_config_row *realms;
    size_t realm_count;
    enum wamp_log_level log_level;
#define LIMIT(field, section, key, value, min, max, unit, help) int64_t field;
#include "router/config.def"
#undef LIMIT
};

/* ws://127.0.0.1:8080 with realm1 are added by config_finish where no listener or realm was given. */
void config_init(struct config *c);
void config_fini(struct config *c);

/* What is wrong, for a person: "wampd.yaml:12: limits.mesage_size: unknown key, did you mean message_size?" */
struct config_error {
    char text[400];
};

/* Reads a JSON or YAML file into c, over what is there. False: *err says file, line, key, what was expected and the
 * nearest valid key; c is then only good for config_fini. */
bool config_load(struct config *c, const char *path, struct config_error *err);

/* ws://host:port, rs://host:port, unix:/path (also tcp:// as rs://). */
bool config_add_listener(struct config *c, const char *url, struct config_error *err);
bool config_add_realm(struct config *c, const char *name, struct config_error *err);
bool config_finish(struct config *c, struct config_error *err);

#endif
