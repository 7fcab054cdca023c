#include "tests/lib/failmalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int (*wamp_mem_fail)(size_t size);

/* Workers of the client library allocate, too. */
static _Atomic size_t live;
static _Atomic unsigned long until;  /* allocations until the one that fails; 0: none fails */
static _Atomic bool happened;
static unsigned paused;

static bool fails(size_t size)
{
    if (paused)
        return false;
    if (wamp_mem_fail && wamp_mem_fail(size))
        return true;
    if (until == 0 || --until > 0)
        return false;
    happened = true;
    return true;
}

static void *counted(void *block)
{
    if (!block) {
        fputs("the machine itself is out of memory\n", stderr);
        abort();
    }
    live++;
    return block;
}

void *wamp_alloc(size_t size)
{
    return fails(size) ? NULL : counted(malloc(size ? size : 1));
}

void *wamp_zalloc(size_t size)
{
    return fails(size) ? NULL : counted(calloc(1, size ? size : 1));
}

void *wamp_realloc(void *old, size_t size)
{
    if (fails(size))
        return NULL;
    if (!old)
        return counted(malloc(size ? size : 1));
    return realloc(old, size ? size : 1);
}

void wamp_free(void *block)
{
    if (block)
        live--;
    free(block);
}

void fail_nth(unsigned long n)
{
    until = n;
    happened = false;
}

bool fail_happened(void)
{
    return happened;
}

void fail_pause(void)
{
    paused++;
}

void fail_resume(void)
{
    paused--;
}

size_t mem_live_blocks(void)
{
    return live;
}

bool fail_run_next(struct fail_run *run)
{
    if (run->n == 0)
        run->live = live;
    if (live > run->live) {
        fprintf(stderr, "%zu blocks leaked when allocation %lu failed\n", live - run->live, run->n);
        abort();
    }
    bool more = run->n == 0 || happened;
    fail_nth(more ? ++run->n : 0);
    return more;
}
