#include "crossbar-compat/parts.h"

#include <string.h>

bool crossbar_is(yaml_document_t *in)
{
    struct translation t = {.in = in};
    const yaml_node_t *root = yaml_document_get_root_node(in);
    return cb_get(&t, root, "version") && cb_get(&t, root, "workers");
}

static void router(struct translation *t, const yaml_node_t *worker, int realms, int listen, struct cb_totals *totals)
{
    const yaml_node_t *list = cb_get(t, worker, "realms"), *node;
    for (size_t i = 0; (node = cb_at(t, list, i)); i++)
        cb_add(t, realms, cb_realm(t, node));
    list = cb_get(t, worker, "transports");
    for (size_t i = 0; (node = cb_at(t, list, i)); i++)
        cb_add(t, listen, cb_transport(t, node, totals));
    if (cb_at(t, cb_get(t, worker, "components"), 0))
        cb_note(t, cb_get(t, worker, "components"), "components are not run: start them as clients of the router");
}

static void workers(struct translation *t, const yaml_node_t *list, int root)
{
    int realms = cb_list(t, list), listen = cb_list(t, list);
    struct cb_totals totals = {-1, -1, -1, -1, -1};
    const yaml_node_t *worker;
    cb_put(t, root, "realms", realms);
    cb_put(t, root, "listen", listen);
    for (size_t i = 0; (worker = cb_at(t, list, i)); i++) {
        const char *type = cb_text(t, worker, "type");
        if (type && !strcmp(type, "router"))
            router(t, worker, realms, listen, &totals);
        else
            cb_note(t, worker, "worker (%s) is not started: run what is in it as clients of the router", type ? type : "no type");
    }
    cb_put_totals(t, root, &totals);
    if (cb_is_empty(t, realms))
        cb_fail(t, list, "no router worker has a realm");
    else if (cb_is_empty(t, listen))
        cb_fail(t, list, "no router worker has a transport that wampd serves");
}

bool crossbar_translate(yaml_document_t *in, yaml_document_t *out, const struct crossbar_world *world, size_t *line,
                        char why[CROSSBAR_WHY_MAX])
{
    struct translation t = {.in = in, .out = out, .world = world};
    const yaml_node_t *old = yaml_document_get_root_node(in);
    if (!yaml_document_initialize(out, NULL, NULL, NULL, 1, 1)) {
        *line = 1;
        strcpy(why, "out of memory");
        return false;
    }
    int root = cb_map(&t, old);
    if (!cb_is(&t, old, "version", "2"))
        cb_fail(&t, old, "version: expected 2; crossbar upgrade of Crossbar.io converts older ones");
    cb_note_others(&t, old, "configuration", "$schema version controller workers");
    workers(&t, cb_get(&t, old, "workers"), root);
    if (t.failed) {
        yaml_document_delete(out);
        *line = t.line;
        strcpy(why, t.why);
    }
    return !t.failed;
}
