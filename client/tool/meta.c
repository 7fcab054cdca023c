#include "client/tool/meta.h"

#include "common/mem.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 200 };  /* questions at once; routers limit the calls of one session */

static const struct kind_row {
    const char *list, *get, *count;  /* count NULL: nothing is counted */
} kinds[] = {
    [META_PROCEDURE] = {"wamp.registration.list", "wamp.registration.get", "wamp.registration.count_callees"},
    [META_TOPIC] = {"wamp.subscription.list", "wamp.subscription.get", "wamp.subscription.count_subscribers"},
    [META_SESSION] = {"wamp.session.list", "wamp.session.get", NULL},
};

/* --- ids ----------------------------------------------------------------------------------------------------- */

void meta_each_id(const wamp_val *answer, void (*fn)(void *arg, uint64_t id), void *arg)
{
    for (size_t i = 0; i < wamp_len(answer); i++) {
        const wamp_val *v = wamp_at(answer, i);
        if (wamp_type(v) == WAMP_T_LIST)
            meta_each_id(v, fn, arg);
        else
            fn(arg, wamp_uint(v));
    }
}

struct adder {
    struct meta_table *table;
    enum meta_kind kind;
    bool failed;
};

static void add_row(void *arg, uint64_t id)
{
    struct adder *a = arg;
    struct meta_table *t = a->table;
    if (t->count == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 64;
        struct meta_row *rows = wamp_realloc(t->rows, cap * sizeof *rows);
        a->failed |= !rows;
        if (!rows)
            return;
        t->rows = rows;
        t->cap = cap;
    }
    t->rows[t->count++] = (struct meta_row){.kind = a->kind, .id = id};
}

/* --- questions ----------------------------------------------------------------------------------------------- */

struct inquiry {
    wamp_peer *peer;
    const struct kind_row *kind;
    size_t pending;
};

/* One row's two questions. */
struct question {
    struct inquiry *inquiry;
    struct meta_row *row;
};

static void on_details(void *arg, wamp_rc rc, const wamp_result *r, const wamp_error *e)
{
    struct question *q = arg;
    (void)e;
    q->inquiry->pending--;
    if (!rc)
        q->row->details = wamp_keep(wamp_at(r->args, 0));
}

static void on_count(void *arg, wamp_rc rc, const wamp_result *r, const wamp_error *e)
{
    struct question *q = arg;
    (void)e;
    q->inquiry->pending--;
    if (!rc)
        q->row->count = wamp_uint(wamp_at(r->args, 0));
}

/* Waits until at most so many are under way. */
static wamp_rc wait_for_answers(struct inquiry *in, size_t most)
{
    wamp_rc rc = WAMP_OK;
    while (!rc && in->pending > most) {
        struct pollfd fd = {.fd = wamp_fd(in->peer), .events = wamp_events(in->peer)};
        poll(&fd, 1, wamp_next_deadline(in->peer));
        rc = wamp_step(in->peer);
    }
    return rc;
}

static wamp_rc ask(struct inquiry *in, struct question *q)
{
    wamp_rc rc = wait_for_answers(in, WINDOW);
    if (!rc)
        rc = wamp_call_async(in->peer, in->kind->get, on_details, q, "u", q->row->id);
    in->pending += !rc;
    if (!rc && in->kind->count) {
        rc = wamp_call_async(in->peer, in->kind->count, on_count, q, "u", q->row->id);
        in->pending += !rc;
    }
    return rc;
}

/* Answers arrive as long as anything is pending, even after a failure: questions live until then. */
static wamp_rc ask_all(struct inquiry *in, struct meta_row *rows, size_t count)
{
    struct question *questions = wamp_zalloc((count + 1) * sizeof *questions);
    wamp_rc rc = questions ? WAMP_OK : WAMP_E_NOMEM, ended;
    for (size_t i = 0; i < count && !rc; i++) {
        questions[i] = (struct question){in, &rows[i]};
        rc = ask(in, &questions[i]);
    }
    ended = wait_for_answers(in, 0);
    wamp_free(questions);
    return rc ? rc : ended;
}

/* --- the table ----------------------------------------------------------------------------------------------- */

const char *meta_text(const struct meta_row *row, const char *key)
{
    return wamp_str(wamp_key(row->details, key));
}

static int compare(const void *a, const void *b)
{
    const struct meta_row *x = a, *y = b;
    int by_uri = strcmp(meta_text(x, "uri"), meta_text(y, "uri"));
    return by_uri ? by_uri : (x->id > y->id) - (x->id < y->id);
}

/* Rows without details have vanished. */
static void compact(struct meta_table *t, size_t from)
{
    size_t to = from;
    for (size_t i = from; i < t->count; i++)
        if (t->rows[i].details)
            t->rows[to++] = t->rows[i];
    t->count = to;
}

wamp_rc meta_read(wamp_peer *peer, enum meta_kind kind, struct meta_table *table)
{
    struct inquiry in = {.peer = peer, .kind = &kinds[kind]};
    struct adder adder = {table, kind, false};
    size_t from = table->count;
    wamp_val *ids = NULL;
    wamp_rc rc = wamp_call(peer, in.kind->list, &ids, "");
    if (!rc)
        meta_each_id(ids, add_row, &adder);
    wamp_drop(&ids);
    if (!rc)
        rc = adder.failed ? WAMP_E_NOMEM : ask_all(&in, table->rows + from, table->count - from);
    compact(table, from);
    if (table->count > from)
        qsort(table->rows + from, table->count - from, sizeof *table->rows, compare);
    return rc;
}

void meta_fini(struct meta_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        wamp_drop(&table->rows[i].details);
    wamp_free(table->rows);
    *table = (struct meta_table){0};
}
