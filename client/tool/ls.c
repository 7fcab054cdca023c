/* wamp ls. */
#include "client/tool/columns.h"
#include "client/tool/commands.h"
#include "client/tool/meta.h"
#include "client/tool/print.h"
#include "client/tool/session.h"

#include <inttypes.h>
#include <string.h>

static const char *const offer_titles[] = {"URI", "KIND", "MATCH", "INVOKE", "COUNT", "DOC"};
static const char *const session_titles[] = {"SESSION", "AUTHID", "AUTHROLE", "AUTHMETHOD"};
enum { OFFER_COLUMNS = 6, SESSION_COLUMNS = 4, NUMBER_TEXT = 24 };

/* --- rows as cells ------------------------------------------------------------------------------------------- */

struct cells {
    const char *texts[COLUMNS_MAX];
    char number[NUMBER_TEXT];
};

static void fill_offer(struct cells *c, const struct meta_row *row)
{
    bool is_topic = row->kind == META_TOPIC;
    snprintf(c->number, sizeof c->number, "%" PRIu64, row->count);
    c->texts[0] = meta_text(row, "uri");
    c->texts[1] = is_topic ? "topic" : "procedure";
    c->texts[2] = meta_text(row, "match");
    c->texts[3] = is_topic ? "-" : meta_text(row, "invoke");
    c->texts[4] = c->number;
    c->texts[5] = meta_text(row, "_doc");
}

static void fill_session(struct cells *c, const struct meta_row *row)
{
    snprintf(c->number, sizeof c->number, "%" PRIu64, row->id);
    c->texts[0] = c->number;
    c->texts[1] = meta_text(row, "authid");
    c->texts[2] = meta_text(row, "authrole");
    c->texts[3] = meta_text(row, "authmethod");
}

static void fill(struct cells *c, const struct meta_row *row)
{
    if (row->kind == META_SESSION)
        fill_session(c, row);
    else
        fill_offer(c, row);
}

/* --- the command --------------------------------------------------------------------------------------------- */

static bool is_wanted(const struct meta_row *row, const char *prefix)
{
    return !prefix || !strncmp(meta_text(row, "uri"), prefix, strlen(prefix));
}

static void print(const struct meta_table *t, const char *prefix, bool sessions)
{
    struct columns columns;
    struct cells cells;
    columns_init(&columns, sessions ? session_titles : offer_titles, sessions ? SESSION_COLUMNS : OFFER_COLUMNS);
    for (int pass = 0; pass < 2; pass++) {
        if (pass)
            columns_print_titles(&columns);
        for (size_t i = 0; i < t->count; i++) {
            if (!is_wanted(&t->rows[i], prefix))
                continue;
            fill(&cells, &t->rows[i]);
            if (pass)
                columns_print(&columns, cells.texts);
            else
                columns_measure(&columns, cells.texts);
        }
    }
}

static wamp_rc read_wanted(const struct options *o, wamp_peer *peer, struct meta_table *t)
{
    if (o->sessions)
        return meta_read(peer, META_SESSION, t);
    wamp_rc rc = o->topics && !o->procedures ? WAMP_OK : meta_read(peer, META_PROCEDURE, t);
    return rc || (o->procedures && !o->topics) ? rc : meta_read(peer, META_TOPIC, t);
}

int command_ls(struct options *o)
{
    struct meta_table table = {0};
    const char *prefix = options_take(o);
    int status = 0;
    wamp_peer *peer = session_open(o, &(wamp_opt){0}, &status);
    if (!peer)
        return status;
    if (read_wanted(o, peer, &table))
        status = print_error(o, wamp_err(peer));
    else
        print(&table, o->sessions ? NULL : prefix, o->sessions);
    meta_fini(&table);
    wamp_close(peer);
    return status;
}
