/* realms: roles, who may do what. */
#include "router/config_inner.h"

/* --- permissions ---------------------------------------------------------------------------------------- */

/* What the readers of one permission's keys are handed. */
struct permission_target {
    struct realm_permission *row;
    const char *uri;  /* as written */
    bool has_match;
    unsigned disclose;
};

/* The names of what may be granted or shown; each is a bit of the result. */
static const char *const action_names[] = {
    [ACTION_CALL] = "call",
    [ACTION_REGISTER] = "register",
    [ACTION_PUBLISH] = "publish",
    [ACTION_SUBSCRIBE] = "subscribe",
};
enum { DISCLOSE_CALLER, DISCLOSE_PUBLISHER };
static const char *const disclose_names[] = {[DISCLOSE_CALLER] = "caller", [DISCLOSE_PUBLISHER] = "publisher"};

/* A list of names, being read. */
struct name_list {
    const char *const *names;
    size_t count;
    unsigned bits;
};

static bool read_listed(struct config_reader *r, const yaml_node_t *node, void *target)
{
    struct name_list *list = target;
    int name;
    if (!config_read_choice(r, node, list->names, list->count, &name))
        return false;
    list->bits |= 1u << name;
    return true;
}

static bool read_flag(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    bool on;
    if (!config_read_bool(r, node, &on))
        return false;
    *(unsigned *)target |= (unsigned)on << key->offset;
    return true;
}

/* {call: true, publish: false} or [call]. */
static bool read_bits(struct config_reader *r, const yaml_node_t *node, const char *const *names, size_t count,
                      unsigned *bits)
{
    struct name_list list = {.names = names, .count = count};
    struct config_key keys[COUNT_OF(action_names)];
    for (size_t i = 0; i < count; i++)
        keys[i] = (struct config_key){names[i], read_flag, (int64_t)i};
    if (node->type != YAML_SEQUENCE_NODE)
        return config_read_map(r, node, keys, count, bits);
    bool ok = config_read_list(r, node, read_listed, &list);
    *bits |= list.bits;
    return ok;
}

static bool read_uri(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    (void)key;
    return config_read_string(r, node, &((struct permission_target *)target)->uri);
}

static bool read_match(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                       void *target)
{
    static const char *const names[] = {"exact", "prefix", "wildcard"};
    struct permission_target *t = target;
    int match;
    (void)key;
    if (!config_read_choice(r, node, names, COUNT_OF(names), &match))
        return false;
    t->row->match = (enum wamp_match)match;
    t->has_match = true;
    return true;
}

static bool read_allow(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                       void *target)
{
    (void)key;
    return read_bits(r, node, action_names, COUNT_OF(action_names),
                     &((struct permission_target *)target)->row->allow);
}

static bool read_disclose(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                          void *target)
{
    (void)key;
    return read_bits(r, node, disclose_names, COUNT_OF(disclose_names),
                     &((struct permission_target *)target)->disclose);
}

/* What is written here is decided without a question, so that there is nothing to remember. */
static bool read_cache(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                       void *target)
{
    bool ignored;
    (void)key, (void)target;
    return config_read_bool(r, node, &ignored);
}

static const struct config_key permission_keys[] = {
    {"uri", read_uri, 0},           {"match", read_match, 0}, {"allow", read_allow, 0},
    {"disclose", read_disclose, 0}, {"cache", read_cache, 0},
};

/* Without a match policy stars tell it, as in Crossbar.io: none, one at the end, or one in the place of each
 * component that may be any. Writes the pattern without them over text. */
static enum wamp_match take_stars(char *text)
{
    char *star = strchr(text, '*'), *to = text;
    enum wamp_match match = !star     ? WAMP_MATCH_EXACT
                            : star[1] ? WAMP_MATCH_WILDCARD
                                      : WAMP_MATCH_PREFIX;
    for (const char *p = text; *p; p++)
        if (*p != '*')
            *to++ = *p;
    *to = '\0';
    return match;
}

/* A star that is only a part of a component would match more than it says. */
static bool stars_ok(const char *text)
{
    for (const char *star = strchr(text, '*'); star; star = strchr(star + 1, '*')) {
        bool begins = star == text || star[-1] == '.', ends = !star[1] || star[1] == '.';
        bool is_prefix = !star[1] && star == strchr(text, '*');
        if (!is_prefix && !(begins && ends))
            return false;
    }
    return true;
}

static bool settle_pattern(struct config_reader *r, const yaml_node_t *node, struct permission_target *t)
{
    struct realm_permission *row = t->row;
    if (!t->uri)
        return config_fail(r, node, "uri is missing");
    if (!t->has_match && !stars_ok(t->uri))
        return config_fail(r, node, "uri: in \"%.100s\" a star is only a part of a component", t->uri);
    row->uri = str_z(t->uri);
    if (!t->has_match) {
        char *text = wamp_arena_alloc(r->memory, row->uri.len + 1);
        if (!text)
            return config_fail(r, node, "out of memory");
        row->match = take_stars(memcpy(text, t->uri, row->uri.len + 1));
        row->uri = str_z(text);
    }
    return wamp_uri_pattern_ok(row->uri, row->match, WAMP_URI_LOOSE) ||
           config_fail(r, node, "uri: \"%.100s\" is not valid for match %s", t->uri, wamp_match_name(row->match));
}

static bool is_new_pattern(const struct realm_role *role)
{
    const struct realm_permission *last = &role->permissions[role->permission_count - 1];
    for (const struct realm_permission *row = role->permissions; row < last; row++)
        if (row->match == last->match && str_eq(row->uri, last->uri))
            return false;
    return true;
}

static bool read_permission(struct config_reader *r, const yaml_node_t *node, void *target)
{
    struct realm_role *role = target;
    struct realm_permission *grown =
        config_grow(r->memory, (void *)role->permissions, &role->permission_count, sizeof *grown);
    if (!grown)
        return config_fail(r, node, "out of memory");
    role->permissions = grown;
    struct permission_target t = {.row = &grown[role->permission_count - 1]};
    if (!config_read_map(r, node, permission_keys, COUNT_OF(permission_keys), &t) || !settle_pattern(r, node, &t))
        return false;
    t.row->disclose_caller = t.disclose >> DISCLOSE_CALLER & 1;
    t.row->disclose_publisher = t.disclose >> DISCLOSE_PUBLISHER & 1;
    return is_new_pattern(role) || config_fail(r, node, "uri: \"%.100s\" has a permission already", t.uri);
}

/* --- roles ---------------------------------------------------------------------------------------------- */

/* A role, being read. */
struct role_target {
    struct realm_role *role;
    bool has_permissions;  /* the key is there, if only with an empty list */
};

static struct realm_role *role_of(void *target)
{
    return ((struct role_target *)target)->role;
}

static bool read_name(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    const char *name;
    (void)key;
    if (!config_read_string(r, node, &name))
        return false;
    role_of(target)->name = str_z(name);
    return *name || config_fail(r, node, "a role has a name");
}

static bool read_permissions(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                             void *target)
{
    (void)key;
    ((struct role_target *)target)->has_permissions = true;
    return config_read_list(r, node, read_permission, role_of(target));
}

static bool read_authorizer(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                            void *target)
{
    const char *uri;
    (void)key;
    if (!config_read_string(r, node, &uri))
        return false;
    role_of(target)->authorizer = str_z(uri);
    return (wamp_uri_ok(str_z(uri), WAMP_URI_LOOSE) && !wamp_uri_is_reserved(str_z(uri))) ||
           config_fail(r, node, "\"%.100s\" is not the URI of a procedure", uri);
}

static bool read_default(struct config_reader *r, const yaml_node_t *node, const struct config_key *key,
                         void *target)
{
    (void)key;
    return config_read_bool(r, node, &role_of(target)->allow_by_default);
}

static bool read_link(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    (void)key;
    return config_read_bool(r, node, &role_of(target)->is_link);
}

static const struct config_key role_keys[] = {
    {"name", read_name, 0},
    {"permissions", read_permissions, 0},
    {"authorizer", read_authorizer, 0},
    {"allow-by-default", read_default, 0},
    {"link", read_link, 0},
};

static bool is_new_role(const struct realm_config_row *row)
{
    const struct realm_role *last = &row->roles[row->role_count - 1];
    for (const struct realm_role *role = row->roles; role < last; role++)
        if (str_eq(role->name, last->name))
            return false;
    return true;
}

static bool read_role(struct config_reader *r, const yaml_node_t *node, void *target)
{
    struct realm_config_row *row = target;
    struct realm_role *grown = config_grow(r->memory, row->roles, &row->role_count, sizeof *grown);
    if (!grown)
        return config_fail(r, node, "out of memory");
    row->roles = grown;
    struct realm_role *role = &grown[row->role_count - 1];
    struct role_target t = {.role = role};
    if (!config_read_map(r, node, role_keys, COUNT_OF(role_keys), &t))
        return false;
    role->allow_by_default &= !t.has_permissions;
    if (!role->name.len)
        return config_fail(r, node, "name is missing");
    if (role->authorizer.len && role->permission_count)
        return config_fail(r, node, "a role has permissions or an authorizer, not both");
    return is_new_role(row) || config_fail(r, node, "role %.100s occurs twice", role->name.ptr);
}

bool config_read_roles(struct config_reader *r, const yaml_node_t *node, struct realm_config_row *row)
{
    return config_read_list(r, node, read_role, row) &&
           (row->role_count ||
            config_fail(r, node, "without a role nobody could join; leave the key out for no rules"));
}
