/* What the files of the configuration share: config.c, and one file for each large section. */
#ifndef ROUTER_CONFIG_INNER_H
#define ROUTER_CONFIG_INNER_H

#include "router/config_reader.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* Writes the text of an error that has no place in a file. Always false. */
bool config_tell(struct config_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Each reads its section; target: the struct config. */
bool config_read_listeners(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target);
bool config_read_realms(struct config_reader *r, const yaml_node_t *node, const struct config_key *key, void *target);

/* The roles of one realm. */
bool config_read_roles(struct config_reader *r, const yaml_node_t *node, struct realm_config_row *row);

/* The section `auth`, of the whole or of a listener. *out is to be given up even where this fails (auth_free). */
bool config_read_auth(struct config_reader *r, const yaml_node_t *node, struct auth **out);

/* Gives listeners with TLS the certificate of the command line where they have none. */
bool config_finish_listeners(struct config *c, struct config_error *err);

/* Makes ours of the Crossbar.io configuration that was opened. folder: where its relative paths are from; NULL: from
 * where it is. */
bool config_translate(struct config_reader *r, const char *folder);

#endif
