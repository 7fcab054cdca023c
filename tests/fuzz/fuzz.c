#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

void fuzz_broken(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

uint8_t fuzz_byte(struct fuzz_input *in)
{
    return in->p < in->end ? *in->p++ : 0;
}

struct str fuzz_octets(struct fuzz_input *in, size_t len)
{
    size_t left = (size_t)(in->end - in->p);
    struct str s = str_of((const char *)in->p, len < left ? len : left);
    in->p += s.len;
    return s;
}
