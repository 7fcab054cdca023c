/* Tables: aligned and with titles on a terminal, else tabs. */
#ifndef TOOL_COLUMNS_H
#define TOOL_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

enum { COLUMNS_MAX = 8 };

struct columns {
    const char *const *titles;
    size_t count;              /* of columns */
    bool is_aligned;
    int widths[COLUMNS_MAX];
};

/* Aligned where standard output is a terminal. */
void columns_init(struct columns *c, const char *const *titles, size_t count);
/* First for every row, so that the widths are known; then the titles and the rows again. */
void columns_measure(struct columns *c, const char *const *cells);
void columns_print_titles(const struct columns *c);
void columns_print(const struct columns *c, const char *const *cells);

#endif
