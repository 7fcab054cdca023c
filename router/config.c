#include "router/config.h"

#include "common/mem.h"
#include "crossbar-compat/crossbar.h"
#include "router/auth.h"
#include "router/config_inner.h"

#include <stdarg.h>
#include <stdio.h>

void config_init(struct config *c)
{
    *c = (struct config){.references = 1, .log_level = WAMP_LOG_INFO};
#define LIMIT(field, section, key, value, min, max, unit, help) c->field = (value);
#include "router/config.def"
#undef LIMIT
}

void config_fini(struct config *c)
{
    auth_free(c->auth);
    for (size_t i = 0; i < c->listener_count; i++)
        auth_free(c->listeners[i].auth);
    wamp_arena_fini(&c->memory);
    *c = (struct config){0};
}

struct config *config_new(void)
{
    struct config *c = wamp_alloc(sizeof *c);
    if (!c)
        return NULL;
    config_init(c);
    return c;
}

struct config *config_ref(struct config *c)
{
    if (c)
        c->references++;
    return c;
}

void config_unref(struct config *c)
{
    if (!c || --c->references)
        return;
    config_fini(c);
    wamp_free(c);
}

bool config_tell(struct config_error *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, args);
    va_end(args);
    return false;
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

static bool read_auth(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target)
{
    (void)key;
    return config_read_auth(r, node, &((struct config *)target)->auth);
}

static const struct config_key top_keys[] = {
    {"listen", config_read_listeners, 0}, {"auth", read_auth, 0}, {"realms", config_read_realms, 0}, {"limits", read_section, 0},
    {"timeouts", read_section, 0}, {"log", read_log, 0},
};

/* --- the whole ------------------------------------------------------------------------------------------------------------------- */

bool config_load(struct config *c, const char *path, struct config_error *err)
{
    struct config_reader r;
    if (!config_reader_open(&r, path, &c->memory, err))
        return false;
    bool ok = !crossbar_is(&r.doc) || config_translate(&r, c->folder);
    const yaml_node_t *root = ok ? yaml_document_get_root_node(&r.doc) : NULL;
    if (root)
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
    if (!config_finish_listeners(c, err))
        return false;
    if (c->queue_soft > c->queue_hard)
        return config_tell(err, "limits.queue_soft (%lld) is larger than limits.queue (%lld)", (long long)c->queue_soft,
                    (long long)c->queue_hard);
    if (c->max_message > c->queue_hard)
        return config_tell(err, "limits.message_size (%lld) is larger than limits.queue (%lld)", (long long)c->max_message,
                    (long long)c->queue_hard);
    return true;
}
