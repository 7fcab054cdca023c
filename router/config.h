/* The configuration as a value: read from a file and the command line, checked, then only looked at.
 *
 * Everything in it lives in its own arena: config_fini frees it all. The one that is served has references: those who
 * came while it was current may look at it after another has taken its place: SIGHUP. */
#ifndef ROUTER_CONFIG_H
#define ROUTER_CONFIG_H

#include "common/arena.h"
#include "common/log.h"
#include "common/str.h"
#include "realms/realm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ws and rs name what clients are told to use; all kinds of listener take WebSocket and RawSocket, told apart by the
 * first octet. wss and rss are the same over TLS. */
enum listen_scheme { LISTEN_WS, LISTEN_RS, LISTEN_WSS, LISTEN_RSS, LISTEN_UNIX };

struct config_names {
    const char **names;
    size_t count;
};

/* Files are in PEM. */
struct tls_config {
    const char *certificate;                 /* ours, leaf first; NULL: no TLS */
    const char *key;                         /* NULL: it is in the same file */
    struct config_names chain_certificates;  /* sent after our own */
    struct config_names ca_certificates;     /* who issues those of clients; none: clients are not asked */
    const char *ciphers;                     /* of TLS 1.2, as OpenSSL writes them; NULL: ours */
    bool client_optional;                    /* clients without certificate are let in */
    bool only_tls13;
};

struct auth;

struct longpoll_config {
    const char *base;  /* "/lp", "" for the root; NULL: there is none */
    bool answers_204;  /* to send and close, as Crossbar.io does; else 202 */
};

struct listen_config {
    enum listen_scheme scheme;
    const char *host;  /* "127.0.0.1", "::1", "localhost", "0.0.0.0"; NULL for LISTEN_UNIX */
    uint16_t port;     /* 0: any free one */
    const char *path;  /* LISTEN_UNIX: of the socket; "@name" is abstract */
    int mode;          /* LISTEN_UNIX: of the socket file, 0: as the umask says */
    struct auth *auth; /* NULL: that of the configuration */
    struct tls_config tls;
    struct longpoll_config longpoll;
    struct config_names origins;  /* web pages that may connect, see origin.h; none: all */
};

/* One realm as configured; realm_config_of makes the realm's own struct of it. */
struct realm_config_row {
    const char *name;
    enum realm_preset preset;
    struct rules rules;
    enum wamp_uri_rule uri_rule;
    enum realm_disclosure disclosure;
    bool meta_api_denied;
    bool kill_allowed;
    struct realm_role *roles;
    size_t role_count;
    struct realm_history *history;
    size_t history_count;
    struct realm_trust *trust;
    size_t trust_count;
    struct str *forward_keys;
    size_t forward_key_count;
};

struct config {
    struct wamp_arena memory;
    unsigned references;  /* see config_new */
    struct auth *auth;  /* of listeners that have none of their own; NULL: everybody is let in as anonymous */
    const char *folder;  /* relative paths of a Crossbar.io configuration are from here; NULL: from where it is */
    struct listen_config *listeners;
    size_t listener_count;
    struct realm_config_row *realms;
    size_t realm_count;
    const char *tls_certificate, *tls_key;  /* of listeners that name none; may be NULL */
    enum wamp_log_level log_level;
#define LIMIT(field, section, key, value, min, max, unit, help) int64_t field;
#include "router/config.def"
#undef LIMIT
};

/* The defaults; no listener and no realm yet. For one that nobody keeps longer than its owner. */
void config_init(struct config *c);
void config_fini(struct config *c);

struct config *config_new(void);  /* of one reference; NULL: no memory */
struct config *config_ref(struct config *c);  /* NULL is fine, also below */
void config_unref(struct config *c);  /* frees it with the last one */

/* What is wrong, for a person: "wampd.yaml:12: limits.mesage_size: unknown key, did you mean message_size?" */
struct config_error {
    char text[800];
};

/* Reads a JSON or YAML file into c, over what is there. False: *err says file, line, key, what was expected and the
 * nearest valid key; c is then only good for config_fini. */
bool config_load(struct config *c, const char *path, struct config_error *err);

/* ws://host:port, rs://host:port, wss:// and rss:// the same over TLS, unix:/path (also tcp:// as rs://). */
bool config_add_listener(struct config *c, const char *url, struct config_error *err);
bool config_add_realm(struct config *c, const char *name, struct config_error *err);
const char *listen_scheme_name(enum listen_scheme scheme);  /* "ws" */

/* Adds ws://127.0.0.1:8080 and realm1 where none was given, and checks what only the whole can tell. */
bool config_finish(struct config *c, struct config_error *err);

/* Borrows from c. */
void realm_config_of(const struct config *c, size_t realm, struct realm_config *out);

/* The one of `names` that `word` was probably meant to be, or NULL. */
const char *config_nearest(const char *word, const char *const *names, size_t count);

#endif
