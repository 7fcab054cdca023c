#include "client/tool/nearest.h"

#include <string.h>

enum { LENGTH_MAX = 40 };

static unsigned least_of(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Insertions, deletions and replacements that make b of a (Levenshtein), row by row. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[LENGTH_MAX + 1];
    size_t width = strlen(b);
    if (width > LENGTH_MAX || strlen(a) > LENGTH_MAX)
        return LENGTH_MAX;
    for (size_t j = 0; j <= width; j++)
        row[j] = (unsigned)j;
    for (unsigned i = 1; a[i - 1]; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            unsigned above = row[j];
            row[j] = least_of(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[width];
}

const char *nearest(const char *word, const void *names, size_t stride, size_t count)
{
    const char *found = NULL;
    unsigned least = (unsigned)strlen(word) / 2 + 1;
    for (size_t i = 0; i < count; i++) {
        const char *name = *(const char *const *)((const char *)names + i * stride);
        unsigned d = distance(word, name);
        if (d < least) {
            least = d;
            found = name;
        }
    }
    return found;
}
