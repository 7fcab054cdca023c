#include "common/roles.h"

#include "common/msg.h"

#include <stdio.h>

static const char *const role_names[WAMP_ROLE_COUNT] = {"caller", "callee", "publisher", "subscriber", "dealer", "broker"};

struct feature {
    enum wamp_role role;
    struct str key;
};

static const struct feature features[WAMP_FEATURE_COUNT] = {
#define FEATURE(owner, name) [WAMP_FEATURE_##owner##_##name] = {WAMP_##owner, {#name, sizeof(#name) - 1}},
#include "common/roles.def"
#undef FEATURE
};

static enum wamp_err fault(struct wamp_fault *why, enum wamp_err err, const char *what)
{
    why->err = err;
    snprintf(why->text, sizeof why->text, "%s", what);
    return err;
}

static int find_role(struct str name)
{
    for (int i = 0; i < WAMP_ROLE_COUNT; i++)
        if (str_eq(name, str_z(role_names[i])))
            return i;
    return -1;
}

static int find_feature(enum wamp_role role, struct str key)
{
    if (str_eq(key, STR("call_cancelling")))  /* the specification spells it both ways. spec: X-02 */
        key = STR("call_canceling");
    for (int i = 0; i < WAMP_FEATURE_COUNT; i++)
        if (features[i].role == role && str_eq(features[i].key, key))
            return i;
    return -1;
}

/* spec: A-FEAT-01, A-FEAT-05 */
static enum wamp_err parse_features(enum wamp_ser ser, enum wamp_role role, const struct wamp_item *dict,
                                    struct wamp_roles *out, struct wamp_fault *why)
{
    struct wamp_item list, key, value;
    if (!wamp_dict_find(ser, dict, STR("features"), &list) || list.kind == WAMP_NULL)
        return WAMP_ERR_NONE;
    if (list.kind != WAMP_MAP)
        return fault(why, WAMP_ERR_TYPE, "Details.roles: features must be a dict");
    struct wamp_iter it = wamp_iter(ser, &list);
    while (wamp_iter_pair(&it, &key, &value)) {
        int feature = key.kind == WAMP_STR ? find_feature(role, key.text) : -1;
        if (feature < 0)
            continue;
        if (value.kind != WAMP_BOOL)
            return fault(why, WAMP_ERR_TYPE, "Details.roles: a feature must be a boolean");
        if (value.boolean)
            out->features |= UINT64_C(1) << feature;
    }
    return WAMP_ERR_NONE;
}

enum wamp_err wamp_roles_parse(enum wamp_ser ser, const struct wamp_item *dict, struct wamp_roles *out,
                               struct wamp_fault *why)
{
    *out = (struct wamp_roles){0};
    if (dict->kind != WAMP_MAP)
        return fault(why, WAMP_ERR_TYPE, "Details.roles must be a dict");
    struct wamp_iter it = wamp_iter(ser, dict);
    struct wamp_item key, value;
    while (wamp_iter_pair(&it, &key, &value)) {
        int role = key.kind == WAMP_STR ? find_role(key.text) : -1;
        if (role < 0)
            continue;  /* spec: B-003 */
        if (value.kind != WAMP_MAP)
            return fault(why, WAMP_ERR_TYPE, "Details.roles: a role must be a dict");
        out->roles |= 1u << role;
        enum wamp_err err = parse_features(ser, (enum wamp_role)role, &value, out, why);
        if (err)
            return err;
    }
    return out->roles ? WAMP_ERR_NONE : fault(why, WAMP_ERR_MALFORMED, "Details.roles names no role of WAMP");
}

static unsigned count_features(const struct wamp_roles *r, enum wamp_role role)
{
    unsigned n = 0;
    for (int i = 0; i < WAMP_FEATURE_COUNT; i++)
        n += features[i].role == role && (r->features >> i & 1);
    return n;
}

void wamp_roles_write(struct wamp_wr *w, const struct wamp_roles *r)
{
    wamp_wr_map(w, (uint32_t)__builtin_popcount(r->roles));
    for (int role = 0; role < WAMP_ROLE_COUNT; role++) {
        if (!(r->roles >> role & 1))
            continue;
        wamp_wr_key(w, str_z(role_names[role]));
        wamp_wr_map(w, 1);
        wamp_wr_key(w, STR("features"));
        wamp_wr_map(w, count_features(r, (enum wamp_role)role));
        for (int i = 0; i < WAMP_FEATURE_COUNT; i++) {
            if ((int)features[i].role == role && (r->features >> i & 1)) {
                wamp_wr_key(w, features[i].key);
                wamp_wr_bool(w, true);
            }
        }
        wamp_wr_map_end(w);
        wamp_wr_map_end(w);
    }
    wamp_wr_map_end(w);
}

/* --- HELLO.Details ------------------------------------------------------------------------------------------- */

enum key { ROLES, AGENT, AUTHMETHODS, AUTHID, AUTHROLE, AUTHEXTRA, FLOW, KEY_COUNT };

static const struct {
    struct str name;
    enum wamp_kind kind;
    const char *wrong;
} keys[KEY_COUNT] = {
    [ROLES] = {{"roles", 5}, WAMP_MAP, "HELLO: Details.roles must be a dict"},
    [AGENT] = {{"agent", 5}, WAMP_STR, "HELLO: Details.agent must be a string"},
    [AUTHMETHODS] = {{"authmethods", 11}, WAMP_LIST, "HELLO: Details.authmethods must be a list of strings"},
    [AUTHID] = {{"authid", 6}, WAMP_STR, "HELLO: Details.authid must be a string"},
    [AUTHROLE] = {{"authrole", 8}, WAMP_STR, "HELLO: Details.authrole must be a string"},
    [AUTHEXTRA] = {{"authextra", 9}, WAMP_MAP, "HELLO: Details.authextra must be a dict"},
    [FLOW] = {{"_wampd_flow", 11}, WAMP_BOOL, "HELLO: Details._wampd_flow must be a boolean"},
};

static int find_key(struct str name)
{
    for (int i = 0; i < KEY_COUNT; i++)
        if (str_eq(name, keys[i].name))
            return i;
    return -1;
}

/* The known keys of Details; null counts as absent (autobahn sends "authid": null). */
static enum wamp_err collect(enum wamp_ser ser, const struct wamp_item *details, struct wamp_item found[KEY_COUNT],
                             struct wamp_fault *why)
{
    bool seen[KEY_COUNT] = {false};
    struct wamp_iter it = wamp_iter(ser, details);
    struct wamp_item key, value;
    for (int i = 0; i < KEY_COUNT; i++)
        found[i] = (struct wamp_item){.kind = WAMP_ABSENT};
    while (wamp_iter_pair(&it, &key, &value)) {
        if (key.kind != WAMP_STR)
            return fault(why, WAMP_ERR_TYPE, "HELLO: keys of Details must be strings");
        int i = find_key(key.text);
        if (i < 0)
            continue;
        if (seen[i])
            return fault(why, WAMP_ERR_DUPLICATE, "HELLO: a key of Details occurs twice");
        seen[i] = true;
        if (value.kind == WAMP_NULL)
            continue;
        if (value.kind != keys[i].kind)
            return fault(why, WAMP_ERR_TYPE, keys[i].wrong);
        found[i] = value;
    }
    return WAMP_ERR_NONE;
}

static bool all_strings(enum wamp_ser ser, const struct wamp_item *list)
{
    struct wamp_iter it = wamp_iter(ser, list);
    struct wamp_item item;
    while (wamp_iter_next(&it, &item))
        if (item.kind != WAMP_STR)
            return false;
    return true;
}

static enum wamp_err take_text(enum wamp_ser ser, const struct wamp_item *item, struct wamp_arena *arena, struct str *out)
{
    return wamp_item_absent(item) ? WAMP_ERR_NONE : wamp_item_text(ser, item, arena, out);
}

/* wampy announces call_timeout under `subscriber`, where nobody else does, and no agent. spec: W-11 */
static bool looks_like_wampy(enum wamp_ser ser, const struct wamp_item *roles, bool has_agent)
{
    struct wamp_item role, list, flag;
    return !has_agent && wamp_dict_find(ser, roles, STR("subscriber"), &role) && role.kind == WAMP_MAP &&
           wamp_dict_find(ser, &role, STR("features"), &list) && list.kind == WAMP_MAP &&
           wamp_dict_find(ser, &list, STR("call_timeout"), &flag);
}

enum wamp_err wamp_hello_parse(enum wamp_ser ser, const struct wamp_item *details, struct wamp_arena *arena,
                               struct wamp_hello *out, struct wamp_fault *why)
{
    struct wamp_item found[KEY_COUNT];
    *out = (struct wamp_hello){0};
    enum wamp_err err = collect(ser, details, found, why);
    if (err)
        return err;
    if (wamp_item_absent(&found[ROLES]))
        return fault(why, WAMP_ERR_MALFORMED, "HELLO: Details.roles is missing");
    err = wamp_roles_parse(ser, &found[ROLES], &out->roles, why);
    if (err)
        return err;
    out->roles.roles &= 1u << WAMP_CALLER | 1u << WAMP_CALLEE | 1u << WAMP_PUBLISHER | 1u << WAMP_SUBSCRIBER;
    if (!out->roles.roles)
        return fault(why, WAMP_ERR_MALFORMED, "HELLO: Details.roles names no role of a client");
    out->authmethods = found[AUTHMETHODS];
    out->authextra = found[AUTHEXTRA];
    out->flow = found[FLOW].kind == WAMP_BOOL && found[FLOW].boolean;
    if (out->authmethods.kind == WAMP_LIST && !all_strings(ser, &out->authmethods))
        return fault(why, WAMP_ERR_TYPE, keys[AUTHMETHODS].wrong);
    out->is_wampy = looks_like_wampy(ser, &found[ROLES], !wamp_item_absent(&found[AGENT]));
    if (take_text(ser, &found[AGENT], arena, &out->agent) || take_text(ser, &found[AUTHID], arena, &out->authid) ||
        take_text(ser, &found[AUTHROLE], arena, &out->authrole))
        return fault(why, WAMP_ERR_NOMEM, "HELLO: out of memory");
    return WAMP_ERR_NONE;
}
