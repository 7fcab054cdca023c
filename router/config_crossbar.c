/* A configuration of Crossbar.io's is translated before it is read: crossbar-compat/ does that. */
#include "common/log.h"
#include "crossbar-compat/crossbar.h"
#include "router/config_inner.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static const char *variable(const char *name)
{
    return getenv(name);
}

static void note(void *user, size_t line, const char *text)
{
    log_warn("CROSSBAR", "%s:%zu: %s", (const char *)user, line, text);
}

/* The folder of the file, which its relative paths are from. */
static void folder_of(const char *path, char folder[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    snprintf(folder, PATH_MAX, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
}

bool config_translate(struct config_reader *r, const char *folder)
{
    char own[PATH_MAX], why[CROSSBAR_WHY_MAX];
    size_t line;
    folder_of(r->path, own);
    struct crossbar_world world = {
        .folder = folder ? folder : own, .variable = variable, .note = note, .user = (void *)r->path};
    yaml_document_t made;
    if (!crossbar_translate(&r->doc, &made, &world, &line, why)) {
        snprintf(r->err->text, sizeof r->err->text, "%s:%zu: %s", r->path, line, why);
        return false;
    }
    yaml_document_delete(&r->doc);
    r->doc = made;
    return true;
}
