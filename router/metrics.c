#include "router/metrics.h"

#include <inttypes.h>

void metrics_introduce(struct wamp_buf *out, const char *name, const char *type, const char *help)
{
    wamp_buf_addf(out, "# HELP wampd_%s %s\n# TYPE wampd_%s %s\n", name, help, name, type);
}

/* Backslash, quote and newline are written as the format wants it. */
static void add_quoted(struct wamp_buf *out, struct str text)
{
    wamp_buf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '"' || c == '\\' || c == '\n')
            wamp_buf_add_char(out, '\\');
        wamp_buf_add_char(out, c == '\n' ? 'n' : c);
    }
    wamp_buf_add_char(out, '"');
}

void metrics_value(struct wamp_buf *out, const char *name, const char *label, struct str part, uint64_t value)
{
    wamp_buf_addf(out, "wampd_%s", name);
    if (label) {
        wamp_buf_addf(out, "{%s=", label);
        add_quoted(out, part);
        wamp_buf_add_char(out, '}');
    }
    wamp_buf_addf(out, " %" PRIu64 "\n", value);
}

void metrics_write(struct wamp_buf *out, const struct metrics *m)
{
    static const struct {
        const char *name, *help;
        size_t offset;
    } rows[] = {
#define METRIC(field, help) {#field "_total", help, offsetof(struct metrics, field)},
#include "router/metrics.def"
#undef METRIC
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t value;
        memcpy(&value, (const char *)m + rows[i].offset, sizeof value);
        metrics_introduce(out, rows[i].name, "counter", rows[i].help);
        metrics_value(out, rows[i].name, NULL, STR(""), value);
    }
}
