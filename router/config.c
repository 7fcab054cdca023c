#include "router/config.h"

#include "router/config_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void config_init(struct config *c)
{
    *c = (struct config){.log_level = WAMP_LOG_INFO};
#define LIMIT(field, section, key, value, min, max, unit, help) c->field = (value);
#include "router/config.def"
#undef LIMIT
}

void config_fini(struct config *c)
{
    wamp_arena_fini(&c->memory);
    *c = (struct config){0};
}

static bool fail(struct config_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct config_error *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, args);
    va_end(args);
    return false;
}

/* --- listeners ------------------------------------------------------------------------------------------------------------ */

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
                   fail(err, "\"%.100s\": expected %shost:port, the port a number up to 65535", url, schemes[i].prefix);
        if (rest.len < 1 || rest.len > 100)
            return fail(err, "\"%.100s\": expected unix:/path/of/socket, at most 100 octets", url);
        l->path = wamp_arena_copy(&c->memory, rest).ptr;
        return l->path || fail(err, "out of memory");
    }
    return fail(err, "\"%.100s\": expected ws://host:port, rs://host:port or unix:/path", url);
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
    return l ? parse_listener(c, url, l, err) : fail(err, "out of memory");
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

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

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

static bool read_listeners(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    (void)key;
    return config_read_list(r, node, read_listener, target);
}

/* --- realms ----------------------------------------------------------------------------------------------------------------- */

/* What the readers of one realm's keys are handed. */
struct realm_target {
    struct config *config;
    struct realm_config_row *row;
};

static bool read_name(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    struct realm_target *t = target;
    (void)key;
    if (!config_read_string(r, node, &t->row->name))
        return false;
    return wamp_uri_ok(str_z(t->row->name), WAMP_URI_LOOSE) ||
           config_fail(r, node, "\"%.100s\" is not a URI: components without spaces and #, joined by dots", t->row->name);
}

static bool read_preset(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    static const char *const names[] = {[PRESET_SPEC] = "spec", [PRESET_STRICT] = "strict", [PRESET_CROSSBAR] = "crossbar"};
    struct realm_target *t = target;
    int preset;
    (void)key;
    if (!config_read_choice(r, node, names, COUNT_OF(names), &preset))
        return false;
    t->row->preset = (enum realm_preset)preset;
    t->row->rules = *rules_of(t->row->preset);
    return true;
}

static bool read_uri_check(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    static const char *const names[] = {[WAMP_URI_LOOSE] = "loose", [WAMP_URI_STRICT] = "strict"};
    struct realm_target *t = target;
    int rule;
    (void)key;
    if (!config_read_choice(r, node, names, COUNT_OF(names), &rule))
        return false;
    t->row->uri_rule = (enum wamp_uri_rule)rule;
    return true;
}

static bool read_disclosure(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    static const char *const names[] = {
        [DISCLOSE_ON_REQUEST] = "request", [DISCLOSE_ALWAYS] = "always", [DISCLOSE_NEVER] = "never"};
    struct realm_target *t = target;
    int disclosure;
    (void)key;
    if (!config_read_choice(r, node, names, COUNT_OF(names), &disclosure))
        return false;
    t->row->disclosure = (enum realm_disclosure)disclosure;
    return true;
}

static bool read_meta_api(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    struct realm_target *t = target;
    bool offered;
    (void)key;
    if (!config_read_bool(r, node, &offered))
        return false;
    t->row->meta_api_denied = !offered;
    return true;
}

static bool read_kill(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    (void)key;
    return config_read_bool(r, node, &((struct realm_target *)target)->row->kill_allowed);
}

/* --- realms: history and trust levels --- */

static bool read_pattern(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    const char *text;
    if (!config_read_string(r, node, &text))
        return false;
    *(struct str *)((char *)target + key->offset) = str_z(text);
    return true;
}

static bool read_match(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    static const char *const names[] = {"exact", "prefix", "wildcard"};
    return config_read_choice(r, node, names, COUNT_OF(names), (int *)((char *)target + key->offset));
}

static bool read_events(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    int64_t events;
    (void)key;
    if (!config_read_number(r, node, COUNT, 1, 1000000, &events))
        return false;
    ((struct realm_history *)target)->max_events = (unsigned)events;
    return true;
}

static bool read_bytes(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    int64_t bytes;
    (void)key;
    if (!config_read_number(r, node, BYTES, 1024, INT64_C(1) << 34, &bytes))
        return false;
    ((struct realm_history *)target)->max_bytes = (size_t)bytes;
    return true;
}

static bool read_level(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    int64_t level;
    (void)key;
    if (!config_read_number(r, node, COUNT, 0, 1000000, &level))
        return false;
    ((struct realm_trust *)target)->level = (unsigned)level;
    return true;
}

static const struct config_key history_keys[] = {
    {"topic", read_pattern, offsetof(struct realm_history, uri)},
    {"match", read_match, offsetof(struct realm_history, match)},
    {"events", read_events, 0},
    {"bytes", read_bytes, 0},
};

static const struct config_key trust_keys[] = {
    {"uri", read_pattern, offsetof(struct realm_trust, uri)},
    {"match", read_match, offsetof(struct realm_trust, match)},
    {"authrole", read_pattern, offsetof(struct realm_trust, authrole)},
    {"level", read_level, 0},
};

static bool pattern_given(struct config_reader *r, const yaml_node_t *node, struct str uri, enum wamp_match match,
                          const char *key)
{
    if (!uri.ptr)
        return config_fail(r, node, "%s is missing", key);
    return wamp_uri_pattern_ok(uri, match, WAMP_URI_LOOSE) ||
           config_fail(r, node, "%s: \"%.100s\" is not valid for match %s", key, uri.ptr, wamp_match_name(match));
}

static bool read_history_row(struct config_reader *r, const yaml_node_t *node, void *target)
{
    struct realm_config_row *row = ((struct realm_target *)target)->row;
    struct realm_history *grown = config_grow(r->memory, row->history, &row->history_count, sizeof *grown);
    if (!grown)
        return config_fail(r, node, "out of memory");
    row->history = grown;
    struct realm_history *h = &grown[row->history_count - 1];
    return config_read_map(r, node, history_keys, COUNT_OF(history_keys), h) &&
           pattern_given(r, node, h->uri, h->match, "topic");
}

static bool read_trust_row(struct config_reader *r, const yaml_node_t *node, void *target)
{
    struct realm_config_row *row = ((struct realm_target *)target)->row;
    struct realm_trust *grown = config_grow(r->memory, row->trust, &row->trust_count, sizeof *grown);
    if (!grown)
        return config_fail(r, node, "out of memory");
    row->trust = grown;
    struct realm_trust *t = &grown[row->trust_count - 1];
    return config_read_map(r, node, trust_keys, COUNT_OF(trust_keys), t) && pattern_given(r, node, t->uri, t->match, "uri");
}

static bool read_forward_key(struct config_reader *r, const yaml_node_t *node, void *target)
{
    struct realm_config_row *row = ((struct realm_target *)target)->row;
    const char *text;
    if (!config_read_string(r, node, &text))
        return false;
    size_t tail = strspn(text + (text[0] == '_'), "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (text[0] != '_' || tail < 3 || text[1 + tail])
        return config_fail(r, node, "expected a private key such as _ext: _ and three or more of a-z, 0-9, _");
    if (row->forward_key_count == REALM_FORWARD_KEYS_MAX)
        return config_fail(r, node, "at most %d keys are forwarded", REALM_FORWARD_KEYS_MAX);
    struct str *grown = config_grow(r->memory, row->forward_keys, &row->forward_key_count, sizeof *grown);
    if (!grown)
        return config_fail(r, node, "out of memory");
    row->forward_keys = grown;
    grown[row->forward_key_count - 1] = str_z(text);
    return true;
}

static bool read_history(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    (void)key;
    return config_read_list(r, node, read_history_row, target);
}

static bool read_trust(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    (void)key;
    return config_read_list(r, node, read_trust_row, target);
}

static bool read_forward_keys(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    (void)key;
    return config_read_list(r, node, read_forward_key, target);
}

/* --- realms: single rules --- */

static bool read_rule(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    bool on;
    if (!config_read_bool(r, node, &on))
        return false;
    *(int *)((char *)target + key->offset) = on;
    return true;
}

static const struct config_key rule_keys[] = {
#define RULE(field, spec, strict, crossbar, why) {#field, read_rule, offsetof(struct rules, field)},
#include "realms/rules.def"
#undef RULE
};

static bool read_rules(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    (void)key;
    return config_read_map(r, node, rule_keys, COUNT_OF(rule_keys), &((struct realm_target *)target)->row->rules);
}

static struct realm_config_row *add_realm(struct config *c)
{
    struct realm_config_row *grown = config_grow(&c->memory, c->realms, &c->realm_count, sizeof *grown);
    if (!grown)
        return NULL;
    c->realms = grown;
    struct realm_config_row *row = &grown[c->realm_count - 1];
    row->rules = *rules_of(PRESET_SPEC);
    return row;
}

static bool is_new(const struct config *c, const char *name)
{
    for (size_t i = 0; i + 1 < c->realm_count; i++)
        if (!strcmp(c->realms[i].name, name))
            return false;
    return true;
}

bool config_add_realm(struct config *c, const char *name, struct config_error *err)
{
    if (!wamp_uri_ok(str_z(name), WAMP_URI_LOOSE))
        return fail(err, "\"%.100s\" is not a URI: components without spaces and #, joined by dots", name);
    struct realm_config_row *row = add_realm(c);
    if (!row || !(row->name = wamp_arena_copy(&c->memory, str_z(name)).ptr))
        return fail(err, "out of memory");
    return is_new(c, name) || fail(err, "realm %.100s is given twice", name);
}

/* The preset sets all rules, so it is read before them, wherever it stands in the file. */
static bool read_preset_first(struct config_reader *r, const yaml_node_t *realm, struct realm_target *t)
{
    for (const yaml_node_pair_t *p = realm->data.mapping.pairs.start; p < realm->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = yaml_document_get_node(&r->doc, p->key);
        if (key->type != YAML_SCALAR_NODE || strcmp((const char *)key->data.scalar.value, "preset"))
            continue;
        size_t mark = config_push(r, "preset");
        if (!read_preset(r, yaml_document_get_node(&r->doc, p->value), NULL, t))
            return false;
        config_pop(r, mark);
    }
    return true;
}

/* The rest of the keys; the preset is there already. */
static bool pass_over(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    (void)r, (void)node, (void)key, (void)target;
    return true;
}

static const struct config_key realm_keys[] = {
    {"name", read_name, 0},
    {"preset", pass_over, 0},
    {"uri_check", read_uri_check, 0},
    {"disclosure", read_disclosure, 0},
    {"meta_api", read_meta_api, 0},
    {"kill", read_kill, 0},
    {"history", read_history, 0},
    {"trust", read_trust, 0},
    {"forward_keys", read_forward_keys, 0},
    {"rules", read_rules, 0},
};

static bool read_realm(struct config_reader *r, const yaml_node_t *node, void *target)
{
    struct config *c = target;
    struct realm_config_row *row = add_realm(c);
    struct realm_target t = {c, row};
    if (!row)
        return config_fail(r, node, "out of memory");
    bool ok = node->type == YAML_SCALAR_NODE
                  ? read_name(r, node, NULL, &t)
                  : (node->type != YAML_MAPPING_NODE || read_preset_first(r, node, &t)) &&
                        config_read_map(r, node, realm_keys, COUNT_OF(realm_keys), &t);
    if (!ok)
        return false;
    if (!row->name)
        return config_fail(r, node, "name is missing");
    return is_new(c, row->name) || config_fail(r, node, "realm %.100s occurs twice", row->name);
}

static bool read_realms(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    (void)key;
    return config_read_list(r, node, read_realm, target);
}

void realm_config_of(const struct config *c, size_t realm, struct realm_config *out)
{
    const struct realm_config_row *row = &c->realms[realm];
    *out = (struct realm_config){
        .name = str_z(row->name),
        .preset = row->preset,
        .rules = &row->rules,
        .uri_rule = row->uri_rule,
        .max_calls_per_session = (unsigned)c->max_calls,
        .max_subscriptions = (unsigned)c->max_subscriptions,
        .max_registrations = (unsigned)c->max_registrations,
        .max_waiting_calls = (unsigned)c->max_waiting_calls,
        .disclosure = row->disclosure,
        .history = row->history,
        .history_count = row->history_count,
        .trust = row->trust,
        .trust_count = row->trust_count,
        .forward_keys = row->forward_keys,
        .forward_key_count = row->forward_key_count,
        .meta_api_denied = row->meta_api_denied,
        .kill_allowed = row->kill_allowed,
    };
}

/* --- limits, timeouts, log ----------------------------------------------------------------------------------------------------- */

struct limit_row {
    const char *section, *key;
    int64_t min, max;
    enum config_unit unit;
    size_t offset;
};

static const struct limit_row limit_rows[] = {
#define LIMIT(field, section, key, value, min, max, unit, help)                                              \
    {#section, key, min, max, unit, offsetof(struct config, field)},
#include "router/config.def"
#undef LIMIT
};

static bool read_limit(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    const struct limit_row *row = &limit_rows[key->offset];
    return config_read_number(r, node, row->unit, row->min, row->max, (int64_t *)((char *)target + row->offset));
}

static bool read_section(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    struct config_key keys[COUNT_OF(limit_rows)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(limit_rows); i++)
        if (!strcmp(limit_rows[i].section, key->name))
            keys[count++] = (struct config_key){limit_rows[i].key, read_limit, (int64_t)i};
    return config_read_map(r, node, keys, count, target);
}

static bool read_log_level(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    struct config *c = target;
    int level;
    (void)key;
    if (!config_read_choice(r, node, names, COUNT_OF(names), &level))
        return false;
    c->log_level = (enum wamp_log_level)level;
    return true;
}

static const struct config_key log_keys[] = {{"level", read_log_level, 0}};

static bool read_log(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    (void)key;
    return config_read_map(r, node, log_keys, COUNT_OF(log_keys), target);
}

static const struct config_key top_keys[] = {
    {"listen", read_listeners, 0}, {"realms", read_realms, 0}, {"limits", read_section, 0},
    {"timeouts", read_section, 0}, {"log", read_log, 0},
};

/* --- the whole ------------------------------------------------------------------------------------------------------------------- */

/* "version": 2 and "workers". */
static bool is_crossbar(struct config_reader *r, const yaml_node_t *root)
{
    bool version = false, workers = false;
    for (const yaml_node_pair_t *p = root->data.mapping.pairs.start; p < root->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = yaml_document_get_node(&r->doc, p->key);
        const char *name = key->type == YAML_SCALAR_NODE ? (const char *)key->data.scalar.value : "";
        version |= !strcmp(name, "version");
        workers |= !strcmp(name, "workers");
    }
    return version && workers;
}

bool config_load(struct config *c, const char *path, struct config_error *err)
{
    struct config_reader r;
    if (!config_reader_open(&r, path, &c->memory, err))
        return false;
    const yaml_node_t *root = yaml_document_get_root_node(&r.doc);
    bool ok = true;
    if (root && root->type == YAML_MAPPING_NODE && is_crossbar(&r, root))
        ok = config_fail(&r, root, "this is a Crossbar.io configuration; wampd does not read these yet");
    else if (root)
        ok = config_read_map(&r, root, top_keys, COUNT_OF(top_keys), c);
    config_reader_close(&r);
    return ok;
}

bool config_finish(struct config *c, struct config_error *err)
{
    if (!c->listener_count && !config_add_listener(c, "ws://127.0.0.1:8080", err))
        return false;
    if (!c->realm_count && !config_add_realm(c, "realm1", err))
        return false;
    if (c->queue_soft > c->queue_hard)
        return fail(err, "limits.queue_soft (%lld) is larger than limits.queue (%lld)", (long long)c->queue_soft,
                    (long long)c->queue_hard);
    if (c->max_message > c->queue_hard)
        return fail(err, "limits.message_size (%lld) is larger than limits.queue (%lld)", (long long)c->max_message,
                    (long long)c->queue_hard);
    return true;
}
