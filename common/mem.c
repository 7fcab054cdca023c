#include "common/mem.h"

#include <stdlib.h>

int (*wamp_mem_fail)(size_t size);

static int fails(size_t size)
{
    return wamp_mem_fail && wamp_mem_fail(size);
}

void *wamp_alloc(size_t size)
{
    return fails(size) ? NULL : malloc(size);
}

void *wamp_zalloc(size_t size)
{
    return fails(size) ? NULL : calloc(1, size);
}

void *wamp_realloc(void *old, size_t size)
{
    return fails(size) ? NULL : realloc(old, size);
}

void wamp_free(void *block)
{
    free(block);
}
