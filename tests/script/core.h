/* The core in process: realms/ with a fake clock. */
#ifndef TESTS_SCRIPT_CORE_H
#define TESTS_SCRIPT_CORE_H

#include "tests/lib/world.h"
#include "tests/script/driver.h"

struct core {
    struct driver driver;  /* first: a driver is cast to its core */
    struct world world;
    bool has_world;
};

void core_init(struct core *c);

#endif
