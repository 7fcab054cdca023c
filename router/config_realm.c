/* realms: what is served, and by which rules. */
#include "router/config.h"

#include "router/config_inner.h"

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

static bool read_roles(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    (void)key;
    return config_read_roles(r, node, ((struct realm_target *)target)->row);
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
        return config_tell(err, "\"%.100s\" is not a URI: components without spaces and #, joined by dots", name);
    struct realm_config_row *row = add_realm(c);
    if (!row || !(row->name = wamp_arena_copy(&c->memory, str_z(name)).ptr))
        return config_tell(err, "out of memory");
    return is_new(c, name) || config_tell(err, "realm %.100s is given twice", name);
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
    {"roles", read_roles, 0},
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

bool config_read_realms(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
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
        .roles = row->roles,
        .role_count = row->role_count,
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
