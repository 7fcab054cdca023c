/* What somebody may have meant. */
#ifndef TOOL_NEAREST_H
#define TOOL_NEAREST_H

#include <stddef.h>

/* The name at the smallest edit distance from the word, NULL where none is near. names[i] begins at `names + i
 * * stride` (so that it can be the first member of a table's row). */
const char *nearest(const char *word, const void *names, size_t stride, size_t count);

#endif
