#include "tests/script/settings.h"

#include "tests/script/words.h"

/* --- peers ---------------------------------------------------------------------------------------------- */

static const char *const role_names[] = {[WAMP_CALLER] = "caller",
                                         [WAMP_CALLEE] = "callee",
                                         [WAMP_PUBLISHER] = "publisher",
                                         [WAMP_SUBSCRIBER] = "subscriber"};
enum { CLIENT_ROLES = sizeof role_names / sizeof *role_names };

static const struct {
    enum wamp_role role;
    const char *name;
    uint64_t bit;
} features[] = {
#define FEATURE(role, key) {WAMP_##role, #key, WAMP_FEATURE_BIT(role, key)},
#include "common/roles.def"
#undef FEATURE
};
enum { FEATURE_COUNT = sizeof features / sizeof *features };

static unsigned role_bit(struct str name)
{
    for (unsigned i = 0; i < CLIENT_ROLES; i++)
        if (word_is(name, role_names[i]))
            return 1u << i;
    return 0;
}

/* All features of the roles in a set of bits. */
static uint64_t features_of(unsigned roles)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < FEATURE_COUNT; i++)
        bits |= roles >> features[i].role & 1 ? features[i].bit : 0;
    return bits;
}

/* The bits of "call_canceling" (in every role of clients that has it) or "callee.call_canceling". */
static uint64_t feature_bits(struct str name)
{
    struct str role, key;
    uint64_t bits = 0;
    unsigned among = (1u << CLIENT_ROLES) - 1;
    if (word_split(name, '.', &role, &key))
        among = role_bit(role);
    else
        key = name;
    for (unsigned i = 0; i < FEATURE_COUNT; i++)
        if (among >> features[i].role & 1 && word_is(key, features[i].name))
            bits |= features[i].bit;
    return bits;
}

static bool read_features(struct str list, uint64_t *out, struct script_error *why)
{
    *out = 0;
    if (word_is(list, "none"))
        return true;
    for (struct str name; list.len;) {
        word_split(list, ',', &name, &list);
        if (!feature_bits(name))
            return script_refuse(why, "no feature of a client: %.*s", STR_ARG(name));
        *out |= feature_bits(name);
    }
    return true;
}

static bool set_ser(struct peer_options *o, struct str value, struct script_error *why)
{
    return wamp_ser_by_name(value, &o->ser) || script_refuse(why, "no serializer: %.*s", STR_ARG(value));
}

static bool set_roles(struct peer_options *o, struct str list, struct script_error *why)
{
    o->roles.roles = 0;
    for (struct str name; list.len;) {
        word_split(list, ',', &name, &list);
        if (!role_bit(name))
            return script_refuse(why, "no role of a client: %.*s", STR_ARG(name));
        o->roles.roles |= role_bit(name);
    }
    return true;
}

static bool set_features(struct peer_options *o, struct str list, struct script_error *why)
{
    return read_features(list, &o->roles.features, why);
}

static bool set_without(struct peer_options *o, struct str list, struct script_error *why)
{
    uint64_t bits;
    bool ok = read_features(list, &bits, why);
    o->roles.features &= ~bits;
    return ok;
}

static bool set_max_message(struct peer_options *o, struct str value, struct script_error *why)
{
    uint64_t number;
    bool ok = word_uint(value, &number) && number > 0;
    o->max_message = number;
    return ok || script_refuse(why, "max_message is a number of octets");
}

static bool set_authid(struct peer_options *o, struct str value, struct script_error *why)
{
    (void)why;
    o->authid = value;
    return true;
}

static bool set_authrole(struct peer_options *o, struct str value, struct script_error *why)
{
    (void)why;
    o->authrole = value;
    return true;
}

static const struct {
    const char *key;
    bool (*set)(struct peer_options *o, struct str value, struct script_error *why);
} peer_keys[] = {
    {"ser", set_ser},
    {"roles", set_roles},
    {"features", set_features},
    {"without", set_without},
    {"max_message", set_max_message},
    {"authid", set_authid},
    {"authrole", set_authrole},
};

void peer_options_init(struct peer_options *o)
{
    memset(o, 0, sizeof *o);
    o->roles.roles = (1u << CLIENT_ROLES) - 1;
    o->roles.features = features_of(o->roles.roles);
}

bool peer_options_set(struct peer_options *o, struct str word, struct script_error *why)
{
    struct str key, value;
    if (!word_split(word, '=', &key, &value))
        return script_refuse(why, "KEY=VALUE expected: %.*s", STR_ARG(word));
    for (size_t i = 0; i < sizeof peer_keys / sizeof *peer_keys; i++)
        if (word_is(key, peer_keys[i].key))
            return peer_keys[i].set(o, value, why);
    return script_refuse(why, "unknown option of a peer: %.*s", STR_ARG(key));
}

void peer_options_finish(struct peer_options *o)
{
    o->roles.features &= features_of(o->roles.roles);
    if (o->authrole.len && !o->authid.len)
        o->authid = o->authrole;
    if (o->authid.len && !o->authrole.len)
        o->authrole = STR("anonymous");
}

/* --- the realm ------------------------------------------------------------------------------------------ */

/* The number of `value` in a list of names that ends with NULL, or -1. */
static int name_index(struct str value, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (word_is(value, names[i]))
            return i;
    return -1;
}

static bool config_preset(struct script *s, struct str value)
{
    static const char *const names[] = {"spec", "strict", "crossbar", NULL};
    int preset = name_index(value, names);
    s->config.preset = (enum realm_preset)preset;
    return preset >= 0;
}

static bool config_uri(struct script *s, struct str value)
{
    static const char *const names[] = {"loose", "strict", NULL};
    int rule = name_index(value, names);
    s->config.uri_rule = (enum wamp_uri_rule)rule;
    return rule >= 0;
}

static bool config_disclosure(struct script *s, struct str value)
{
    static const char *const names[] = {"request", "always", "never", NULL};
    int disclosure = name_index(value, names);
    s->config.disclosure = (enum realm_disclosure)disclosure;
    return disclosure >= 0;
}

static bool config_meta(struct script *s, struct str value)
{
    s->config.meta_api_denied = word_is(value, "no");
    return s->config.meta_api_denied || word_is(value, "yes");
}

static bool config_kill(struct script *s, struct str value)
{
    s->config.kill_allowed = word_is(value, "yes");
    return s->config.kill_allowed || word_is(value, "no");
}

static bool read_limit(struct str value, unsigned *out)
{
    uint64_t number;
    bool ok = word_uint(value, &number) && number > 0 && number < UINT32_MAX;
    *out = (unsigned)number;
    return ok;
}

static bool config_max_calls(struct script *s, struct str value)
{
    return read_limit(value, &s->config.max_calls_per_session);
}

static bool config_max_subscriptions(struct script *s, struct str value)
{
    return read_limit(value, &s->config.max_subscriptions);
}

static bool config_max_registrations(struct script *s, struct str value)
{
    return read_limit(value, &s->config.max_registrations);
}

static bool config_max_waiting(struct script *s, struct str value)
{
    return read_limit(value, &s->config.max_waiting_calls);
}

/* One more element behind a list that lies in the arena. NULL: no memory. */
static void *list_grown(struct wamp_arena *arena, const void *list, size_t count, size_t size)
{
    char *grown = wamp_arena_alloc(arena, (count + 1) * size);
    if (grown && count)
        memcpy(grown, list, count * size);
    if (grown)
        memset(grown + count * size, 0, size);
    return grown;
}

/* URI:MATCH:NUMBER, from the left of *value, which is left with what follows. */
static bool read_row(struct str *value, struct str *uri, enum wamp_match *match, unsigned *number)
{
    static const char *const names[] = {"exact", "prefix", "wildcard", NULL};
    struct str word;
    uint64_t n = 0;
    word_split(*value, ':', uri, value);
    word_split(*value, ':', &word, value);
    int policy = name_index(word, names);
    word_split(*value, ':', &word, value);
    bool ok = policy >= 0 && word_uint(word, &n) && n < UINT32_MAX;
    *match = ok ? (enum wamp_match)policy : WAMP_MATCH_EXACT;
    *number = (unsigned)n;
    return ok;
}

static bool config_history(struct script *s, struct str value)
{
    struct realm_config *c = &s->config;
    struct realm_history *rows = list_grown(&s->arena, c->history, c->history_count, sizeof *rows);
    if (!rows)
        return false;
    struct realm_history *row = &rows[c->history_count++];
    c->history = rows;
    return read_row(&value, &row->uri, &row->match, &row->max_events);
}

static bool config_trust(struct script *s, struct str value)
{
    struct realm_config *c = &s->config;
    struct realm_trust *rows = list_grown(&s->arena, c->trust, c->trust_count, sizeof *rows);
    if (!rows)
        return false;
    struct realm_trust *row = &rows[c->trust_count++];
    c->trust = rows;
    bool ok = read_row(&value, &row->uri, &row->match, &row->level);
    row->authrole = value;
    return ok;
}

/* The role of that name, made when there is none yet. NULL: no memory. */
static struct realm_role *config_role_of(struct script *s, struct str name)
{
    struct realm_config *c = &s->config;
    for (size_t i = 0; i < c->role_count; i++)
        if (str_eq(c->roles[i].name, name))
            return (struct realm_role *)&c->roles[i];
    struct realm_role *roles = list_grown(&s->arena, c->roles, c->role_count, sizeof *roles);
    if (!roles)
        return NULL;
    c->roles = roles;
    roles[c->role_count].name = name;
    return &roles[c->role_count++];
}

/* Words with commas in between, each one of the names, as bits. */
static bool read_bits(struct str list, const char *const *names, unsigned *out)
{
    *out = 0;
    for (struct str word; list.len;) {
        word_split(list, ',', &word, &list);
        int name = name_index(word, names);
        if (name < 0)
            return false;
        *out |= 1u << name;
    }
    return true;
}

/* NAME, or NAME:URI:MATCH:ACTIONS, or NAME:URI:MATCH:ACTIONS:DISCLOSED */
static bool config_role(struct script *s, struct str value)
{
    static const char *const matches[] = {"exact", "prefix", "wildcard", NULL};
    static const char *const actions[] = {"call", "register", "publish", "subscribe", NULL};
    static const char *const disclosed[] = {"caller", "publisher", NULL};
    struct str name, match, allow;
    bool has_permission = word_split(value, ':', &name, &value);
    struct realm_role *role = config_role_of(s, name);
    if (!role || !has_permission)
        return role && name.len;
    struct realm_permission *rows =
        list_grown(&s->arena, role->permissions, role->permission_count, sizeof *rows);
    if (!rows)
        return false;
    struct realm_permission *row = &rows[role->permission_count++];
    role->permissions = rows;
    word_split(value, ':', &row->uri, &value);
    word_split(value, ':', &match, &value);
    word_split(value, ':', &allow, &value);
    unsigned shown;
    int policy = name_index(match, matches);
    bool ok = policy >= 0 && read_bits(allow, actions, &row->allow) && read_bits(value, disclosed, &shown);
    row->match = ok ? (enum wamp_match)policy : WAMP_MATCH_EXACT;
    row->disclose_caller = ok && (shown & 1);
    row->disclose_publisher = ok && (shown & 2);
    return ok;
}

static bool config_authorizer(struct script *s, struct str value)
{
    struct str name, uri;
    struct realm_role *role = word_split(value, ':', &name, &uri) ? config_role_of(s, name) : NULL;
    if (role)
        role->authorizer = uri;
    return role && uri.len;
}

static bool config_allow_by_default(struct script *s, struct str value)
{
    struct realm_role *role = config_role_of(s, value);
    if (role)
        role->allow_by_default = true;
    return role && value.len;
}

static bool config_link(struct script *s, struct str value)
{
    struct realm_role *role = config_role_of(s, value);
    if (role)
        role->is_link = true;
    return role && value.len;
}

static bool config_forward(struct script *s, struct str value)
{
    struct realm_config *c = &s->config;
    struct str *keys = list_grown(&s->arena, c->forward_keys, c->forward_key_count, sizeof *keys);
    if (!keys)
        return false;
    keys[c->forward_key_count++] = value;
    c->forward_keys = keys;
    return value.len > 0;
}

/* NAME:0 or NAME:1, over the preset chosen so far. */
static bool config_rule(struct script *s, struct str value)
{
    static const struct {
        const char *name;
        size_t offset;
    } rows[] = {
#define RULE(field, spec, strict, crossbar, why) {#field, offsetof(struct rules, field)},
#include "realms/rules.def"
#undef RULE
    };
    struct str name, number;
    word_split(value, ':', &name, &number);
    if (!s->config.rules)
        s->rules = *rules_of(s->config.preset);
    s->config.rules = &s->rules;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!word_is(name, rows[i].name))
            continue;
        *(int *)((char *)&s->rules + rows[i].offset) = word_is(number, "1");
        return word_is(number, "0") || word_is(number, "1");
    }
    return false;
}

static const struct {
    const char *key;
    bool (*set)(struct script *s, struct str value);
} config_keys[] = {
    {"preset", config_preset},
    {"uri", config_uri},
    {"disclosure", config_disclosure},
    {"meta", config_meta},
    {"kill", config_kill},
    {"max_calls", config_max_calls},
    {"max_subscriptions", config_max_subscriptions},
    {"max_registrations", config_max_registrations},
    {"max_waiting", config_max_waiting},
    {"history", config_history},
    {"trust", config_trust},
    {"role", config_role},
    {"authorizer", config_authorizer},
    {"allow_by_default", config_allow_by_default},
    {"link", config_link},
    {"forward", config_forward},
    {"rule", config_rule},
};

bool script_config_set(struct script *s, struct str word, struct script_error *why)
{
    struct str key, value;
    word_split(word, '=', &key, &value);
    for (size_t i = 0; i < sizeof config_keys / sizeof *config_keys; i++)
        if (word_is(key, config_keys[i].key))
            return config_keys[i].set(s, value) || script_refuse(why, "no good value: %.*s", STR_ARG(word));
    return script_refuse(why, "unknown key: %.*s", STR_ARG(key));
}
