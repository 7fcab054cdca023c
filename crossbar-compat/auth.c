#include "crossbar-compat/parts.h"

#include <string.h>

/* One row a method: where its principals stand here and there, and what of each is taken over. */
struct method {
    const char *name;
    const char *principals;  /* "old=new" where they differ; NULL: it has none */
    const char *keys;
};

static const struct method methods[] = {
    {"anonymous", NULL, NULL},
    {"ticket", "principals", "ticket role realm"},
    {"wampcra", "users", "secret role realm"},
    {"cryptosign", "principals", "authorized_keys role realm"},
    {"scram", "principals=users", "kdf iterations memory salt stored-key server-key role realm"},
    {"tls", "principals", "certificate-sha256 role realm"},
    {"cookie", NULL, NULL},
};

static const struct method *find_method(const char *name)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (!strcmp(methods[i].name, name))
            return &methods[i];
    return NULL;
}

/* A secret is salted only when all three say how. */
static void put_salt(struct translation *t, int map, const yaml_node_t *user)
{
    if (cb_get(t, user, "salt") && cb_get(t, user, "iterations") && cb_get(t, user, "keylen"))
        cb_put_keys(t, map, user, "salt iterations keylen");
}

static int principal(struct translation *t, const struct method *m, const yaml_node_t *node, const yaml_node_t *method)
{
    int map = cb_map(t, node);
    cb_put_keys(t, map, node, m->keys);
    if (!strcmp(m->name, "wampcra"))
        put_salt(t, map, node);
    if (!cb_get(t, node, "role"))
        cb_put_keys(t, map, method, "default-role=role");
    if (cb_get(t, node, "certificate-sha1"))
        cb_fail(t, node, "certificate-sha1: wampd knows certificates by certificate-sha256 alone");
    return map;
}

static void put_principals(struct translation *t, int map, const struct method *m, const yaml_node_t *method)
{
    const char *renamed = strchr(m->principals, '='), *authid;
    char old[16];
    size_t len = strcspn(m->principals, "=");
    memcpy(old, m->principals, len);
    old[len] = '\0';
    const yaml_node_t *all = cb_get(t, method, old), *each;
    if (!all)
        return;
    int made = cb_map(t, all);
    for (size_t i = 0; (each = cb_pair(t, all, i, &authid)); i++)
        cb_put(t, made, authid, principal(t, m, each, method));
    cb_put(t, map, renamed ? renamed + 1 : old, made);
}

static int method(struct translation *t, const struct method *m, const yaml_node_t *node)
{
    int map = cb_map(t, node);
    if (cb_is(t, node, "type", "function"))
        cb_fail(t, node, "%s: type function is Python code, which wampd cannot run; use type dynamic", m->name);
    if (cb_get(t, node, "trustroots"))
        cb_fail(t, node, "%s: wampd has no trustroots", m->name);
    cb_put_keys(t, map, node, "authenticator authenticator-realm");
    if (m->principals)
        put_principals(t, map, m, node);
    else if (!strcmp(m->name, "anonymous") && !cb_get(t, node, "authenticator"))
        cb_put_keys(t, map, node, "role");
    return map;
}

/* How cookies look is said of the transport there, and of the method here. */
static int cookie_method(struct translation *t, const yaml_node_t *node, const yaml_node_t *cookie)
{
    const char *seconds = cb_text(t, cookie, "max_age");
    int map = cb_map(t, node);
    cb_put_keys(t, map, cookie, "name");
    if (seconds)
        cb_put(t, map, "max_age", cb_string(t, cookie, "%s s", seconds));
    return map;
}

int cb_auth(struct translation *t, const yaml_node_t *auth, const yaml_node_t *cookie)
{
    int map = cb_map(t, auth);
    const char *name;
    const yaml_node_t *node;
    for (size_t i = 0; (node = cb_pair(t, auth, i, &name)); i++) {
        const struct method *m = find_method(name);
        if (m && !strcmp(name, "cookie"))
            cb_put(t, map, name, cookie_method(t, node, cookie));
        else if (m)
            cb_put(t, map, name, method(t, m, node));
        else
            cb_note(t, node, "auth: method \"%s\" is left out: nobody logs in by it", name);
    }
    return map;
}
