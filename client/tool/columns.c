#include "client/tool/columns.h"

#include "client/tool/print.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How wide UTF-8 text is on a terminal, nearly: one column a character. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

void columns_init(struct columns *c, const char *const *titles, size_t count)
{
    *c = (struct columns){.titles = titles, .count = count, .is_aligned = isatty(STDOUT_FILENO)};
    columns_measure(c, titles);
}

void columns_measure(struct columns *c, const char *const *cells)
{
    for (size_t i = 0; i < c->count; i++)
        if (width_of(cells[i]) > c->widths[i])
            c->widths[i] = width_of(cells[i]);
}

void columns_print_titles(const struct columns *c)
{
    if (c->is_aligned)
        columns_print(c, c->titles);
}

void columns_print(const struct columns *c, const char *const *cells)
{
    for (size_t i = 0; i < c->count; i++) {
        bool is_last = i + 1 == c->count;
        int blanks = c->is_aligned && !is_last ? c->widths[i] - width_of(cells[i]) + 2 : 0;
        print_text(stdout, cells[i], "");
        printf("%*s%s", blanks, "", is_last ? "\n" : c->is_aligned ? "" : "\t");
    }
}
