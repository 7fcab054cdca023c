#include "crossbar-compat/parts.h"

#include <string.h>

/* --- roles --------------------------------------------------------------------------------------------------------------- */

static int permission(struct translation *t, const yaml_node_t *node)
{
    const char *known = "uri match allow disclose cache";
    int map = cb_map(t, node);
    cb_put_keys(t, map, node, known);
    cb_note_others(t, node, "permission", known);
    return map;
}

static int role(struct translation *t, const yaml_node_t *node)
{
    const yaml_node_t *rules = cb_get(t, node, "permissions"), *rule;
    int map = cb_map(t, node), list = 0;
    cb_put_keys(t, map, node, "name authorizer");
    if (!cb_has(t, node, "permissions") && !cb_has(t, node, "authorizer"))
        cb_put_keys(t, map, node, "allow-by-default");
    cb_compare_wildcards(t, rules);
    if (rules && cb_get(t, node, "authorizer"))
        cb_fail(t, node, "a role has either permissions or an authorizer");
    if (cb_at(t, rules, 0))
        list = cb_list(t, rules);
    for (size_t i = 0; (rule = cb_at(t, rules, i)); i++)
        cb_add(t, list, permission(t, rule));
    cb_put(t, map, "permissions", list);
    return map;
}

/* Without roles nobody may do anything there; with us everybody may. */
static int roles(struct translation *t, const yaml_node_t *realm)
{
    const yaml_node_t *old = cb_get(t, realm, "roles"), *each;
    int list = cb_list(t, old ? old : realm);
    for (size_t i = 0; (each = cb_at(t, old, i)); i++)
        cb_add(t, list, role(t, each));
    if (!cb_at(t, old, 0)) {
        int nobody = cb_map(t, realm);
        cb_put(t, nobody, "name", cb_string(t, realm, "anonymous"));
        cb_add(t, list, nobody);
        cb_note(t, realm, "realm without roles: nobody may do anything there");
    }
    return list;
}

/* --- event history ------------------------------------------------------------------------------------------------------- */

static int history(struct translation *t, const yaml_node_t *store)
{
    const yaml_node_t *topics = cb_get(t, store, "event-history"), *topic;
    if (!topics)
        return 0;
    int list = cb_list(t, topics);
    for (size_t i = 0; (topic = cb_at(t, topics, i)); i++) {
        int map = cb_map(t, topic);
        cb_put_keys(t, map, topic, "uri=topic match limit=events");
        if (!cb_get(t, topic, "limit"))
            cb_put_keys(t, map, store, "limit=events");
        cb_add(t, list, map);
    }
    return list;
}

/* --- realms -------------------------------------------------------------------------------------------------------------- */

int cb_realm(struct translation *t, const yaml_node_t *realm)
{
    const yaml_node_t *options = cb_get(t, realm, "options"), *store = cb_get(t, realm, "store");
    int map = cb_map(t, realm);
    cb_put_keys(t, map, realm, "name");
    cb_put(t, map, "preset", cb_word(t, realm, "crossbar"));
    cb_put_keys(t, map, options, "uri_check enable_meta_api=meta_api");
    cb_put(t, map, "roles", roles(t, realm));
    if (store && !cb_is(t, store, "type", "memory"))
        cb_note(t, store, "realm: events are kept in memory, not in a store of that type");
    cb_put(t, map, "history", history(t, store));
    cb_note_others(t, realm, "realm", "id name options roles store trace stats");
    return map;
}
