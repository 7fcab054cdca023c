/* A configuration file as a tree whose nodes know their place, and readers of single values that say what is wrong.
 * YAML through libyaml; JSON is read as the YAML that it is, so that both know their lines. */
#ifndef ROUTER_CONFIG_READER_H
#define ROUTER_CONFIG_READER_H

#include "common/arena.h"
#include "router/config.h"

#include <yaml.h>

enum { CONFIG_FILE_MAX = 1 << 20, CONFIG_PATH_MAX = 128 };

struct config_reader {
    const char *path;
    struct wamp_arena *memory;  /* of the configuration: strings go there */
    struct config_error *err;
    yaml_document_t doc;
    char key[CONFIG_PATH_MAX];  /* where we are: "realms[1].history" */
};

/* Reads the file; false with the error told. */
bool config_reader_open(struct config_reader *r, const char *path, struct wamp_arena *memory, struct config_error *err);
void config_reader_close(struct config_reader *r);

/* Tells an error at `node`: "path:line: key: text". Always false. */
bool config_fail(struct config_reader *r, const yaml_node_t *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends ".name" or "[index]" to the key; returns what config_pop needs to take it off. */
size_t config_push(struct config_reader *r, const char *name);
size_t config_push_index(struct config_reader *r, size_t index);
void config_pop(struct config_reader *r, size_t mark);

/* One known key of a mapping. */
struct config_key {
    const char *name;
    bool (*read)(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target);
    int64_t offset;  /* for `read` */
};

/* Reads a mapping: each key by its row, `target` handed on. Unknown keys and keys that occur twice are errors. */
bool config_read_map(struct config_reader *r, const yaml_node_t *node, const struct config_key *keys, size_t count,
                     void *target);

/* Calls read for every element of a list. */
bool config_read_list(struct config_reader *r, const yaml_node_t *node,
                      bool (*read)(struct config_reader *, const yaml_node_t *, void *), void *target);

/* Calls read for every pair of a mapping whose keys are names of the writer's own. */
bool config_read_entries(struct config_reader *r, const yaml_node_t *node,
                         bool (*read)(struct config_reader *, const char *name, const yaml_node_t *, void *),
                         void *target);

bool config_read_string(struct config_reader *r, const yaml_node_t *node, const char **out);  /* copied */
bool config_read_bool(struct config_reader *r, const yaml_node_t *node, bool *out);
bool config_read_choice(struct config_reader *r, const yaml_node_t *node, const char *const *names, size_t count, int *out);

enum config_unit { COUNT, BYTES, MS, PERCENT };
bool config_read_number(struct config_reader *r, const yaml_node_t *node, enum config_unit unit, int64_t min, int64_t max,
                        int64_t *out);

/* list[count++] in memory; NULL: none left. */
void *config_grow(struct wamp_arena *memory, void *list, size_t *count, size_t size);

#endif
