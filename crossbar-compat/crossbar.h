/* Crossbar.io's configuration, version 2, as one of wampd's: a document in, a document out, nothing else read or
 * written. docs/CROSSBAR.md has the table of what becomes what.
 *
 * Nodes of the new document have the places of the old, so that what wampd finds wrong is told with the line of the
 * user's own file. What has no counterpart is left out and told; what would let more people in, or fewer, than
 * Crossbar.io does is an error. */
#ifndef CROSSBAR_COMPAT_CROSSBAR_H
#define CROSSBAR_COMPAT_CROSSBAR_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

/* What the translation asks and tells. */
struct crossbar_world {
    const char *folder;                       /* of the node: relative paths are from there; NULL: as they are */
    const char *(*variable)(const char *name); /* of the environment; NULL: not set */
    void (*note)(void *user, size_t line, const char *text);  /* something is left out, or to be known */
    void *user;
};

enum { CROSSBAR_WHY_MAX = 200 };

/* Whether a configuration is Crossbar.io's: it has "version" and "workers". */
bool crossbar_is(yaml_document_t *in);

/* Makes `out`, to be freed with yaml_document_delete, of `in`, which must stay as long. False: *line and why say what
 * is wrong, and there is no `out`. */
bool crossbar_translate(yaml_document_t *in, yaml_document_t *out, const struct crossbar_world *world, size_t *line,
                        char why[CROSSBAR_WHY_MAX]);

#endif
