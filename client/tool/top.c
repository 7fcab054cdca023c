/* wamp top. */
#include "client/tool/columns.h"
#include "client/tool/commands.h"
#include "client/tool/meta.h"
#include "client/tool/print.h"
#include "client/tool/session.h"
#include "common/mem.h"

#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { INTERVAL_MS = 1000, ROWS = 24, HEAD_ROWS = 4, RATES_MAX = 4096 };

/* Events of a topic since the last table. */
struct rate {
    char *topic;
    uint64_t events;
};

struct top {
    const struct options *o;
    wamp_peer *peer;
    struct rate *rates;
    size_t rate_count;
};

/* --- events a second ----------------------------------------------------------------------------------------- */

static struct rate *find_rate(struct top *t, const char *topic)
{
    for (size_t i = 0; i < t->rate_count; i++)
        if (!strcmp(t->rates[i].topic, topic))
            return &t->rates[i];
    return NULL;
}

/* NULL: no memory, or more topics than a table can tell. */
static struct rate *add_rate(struct top *t, const char *topic)
{
    size_t size = strlen(topic) + 1;
    char *copy = t->rate_count < RATES_MAX ? wamp_alloc(size) : NULL;
    struct rate *more = copy ? wamp_realloc(t->rates, (t->rate_count + 1) * sizeof *more) : NULL;
    if (more)
        t->rates = more;
    if (!more) {
        wamp_free(copy);
        return NULL;
    }
    t->rates[t->rate_count] = (struct rate){.topic = memcpy(copy, topic, size)};
    return &t->rates[t->rate_count++];
}

static void on_event(void *self, const wamp_event *ev)
{
    struct rate *r = find_rate(self, ev->topic);
    if (!r)
        r = add_rate(self, ev->topic);
    if (r)
        r->events++;
}

static void clear_rates(struct top *t)
{
    while (t->rate_count)
        wamp_free(t->rates[--t->rate_count].topic);
}

/* --- the table ----------------------------------------------------------------------------------------------- */

static const char *const titles[] = {"URI", "KIND", "MATCH", "INVOKE", "COUNT", "EVENTS/S"};
enum { COLUMNS = sizeof titles / sizeof *titles };

static int interval_ms(const struct top *t)
{
    return t->o->given[OPTION_interval] && t->o->interval ? t->o->interval : INTERVAL_MS;
}

static size_t rows_that_fit(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO))
        return SIZE_MAX;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_row <= HEAD_ROWS)
        return ROWS - HEAD_ROWS;
    return size.ws_row - (size_t)HEAD_ROWS;
}

struct row {
    const char *cells[COLUMNS];
    char count[24], rate[24];
};

static void fill(struct top *t, struct row *row, const struct meta_row *m)
{
    bool is_topic = m->kind == META_TOPIC;
    const char *uri = meta_text(m, "uri");
    struct rate *rate = is_topic ? find_rate(t, uri) : NULL;
    snprintf(row->count, sizeof row->count, "%" PRIu64, m->count);
    snprintf(row->rate, sizeof row->rate, "%.1f", rate ? (double)rate->events * 1000 / interval_ms(t) : 0.0);
    row->cells[0] = *uri ? uri : "\"\"";
    row->cells[1] = is_topic ? "topic" : "procedure";
    row->cells[2] = meta_text(m, "match");
    row->cells[3] = is_topic ? "-" : meta_text(m, "invoke");
    row->cells[4] = row->count;
    row->cells[5] = is_topic && t->o->events ? row->rate : "";
}

static void print_rows(struct top *t, const struct meta_table *table)
{
    struct columns columns;
    struct row row;
    size_t room = rows_that_fit();
    columns_init(&columns, titles, t->o->events ? COLUMNS : COLUMNS - 1);
    for (size_t i = 0; i < table->count && i < room; i++) {
        fill(t, &row, &table->rows[i]);
        columns_measure(&columns, row.cells);
    }
    columns_print_titles(&columns);
    for (size_t i = 0; i < table->count && i < room; i++) {
        fill(t, &row, &table->rows[i]);
        columns_print(&columns, row.cells);
    }
}

static void print_table(struct top *t, const struct meta_table *table, uint64_t sessions, size_t procedures)
{
    uint64_t events = 0;
    for (size_t i = 0; i < t->rate_count; i++)
        events += t->rates[i].events;
    if (isatty(STDOUT_FILENO))
        fputs("\033[H\033[J", stdout);
    printf("realm %s: sessions %" PRIu64 ", procedures %zu, topics %zu", wamp_realm(t->peer), sessions, procedures,
           table->count - procedures);
    if (t->o->events)
        printf(", events/s %.1f", (double)events * 1000 / interval_ms(t));
    fputs("\n\n", stdout);
    print_rows(t, table);
    putchar('\n');
}

/* --- again and again ----------------------------------------------------------------------------------------- */

static wamp_rc read_and_print(struct top *t)
{
    struct meta_table table = {0};
    wamp_val *sessions = NULL;
    wamp_rc rc = wamp_call(t->peer, "wamp.session.count", &sessions, "");
    if (!rc)
        rc = meta_read(t->peer, META_PROCEDURE, &table);
    size_t procedures = table.count;
    if (!rc)
        rc = meta_read(t->peer, META_TOPIC, &table);
    if (!rc)
        print_table(t, &table, wamp_uint(sessions), procedures);
    meta_fini(&table);
    wamp_drop(&sessions);
    return rc;
}

/* Not in a callback: meta_read steps the peer. Ctrl-C ends the program, see session_catch_signals. */
static int watch(struct top *t)
{
    wamp_member all = {.kind = WAMP_MEMBER_SUBSCRIBE, .uri = "", .match = WAMP_PREFIX, .on_event = on_event};
    wamp_rc rc = t->o->events ? wamp_offer(t->peer, &all, t) : WAMP_OK;
    for (int shown = 1; !rc; shown++) {
        rc = read_and_print(t);
        clear_rates(t);
        if (rc || shown == t->o->count)
            break;
        rc = wamp_serve(t->peer, interval_ms(t));
    }
    return rc ? print_error(t->o, wamp_err(t->peer)) : 0;
}

int command_top(struct options *o)
{
    struct top t = {.o = o};
    int status;
    t.peer = session_open(o, &(wamp_opt){0}, &status);
    if (t.peer)
        status = watch(&t);
    wamp_close(t.peer);
    clear_rates(&t);
    wamp_free(t.rates);
    return status;
}
