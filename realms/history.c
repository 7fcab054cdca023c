#include "realms/history.h"

#include "common/mem.h"
#include "realms/inner.h"
#include "realms/nesting.h"

struct event_log *event_log_new(unsigned max_events, size_t max_bytes)
{
    struct event_log *log = wamp_zalloc(sizeof *log);
    if (!log)
        return NULL;
    log->room = max_events;
    log->max_bytes = max_bytes;
    log->ring = wamp_zalloc(max_events * sizeof(struct stored_event *));
    if (log->ring)
        return log;
    wamp_free(log);
    return NULL;
}

static void drop_oldest(struct event_log *log)
{
    struct stored_event *oldest = log->ring[log->first];
    log->bytes -= oldest->bytes;
    log->first = (log->first + 1) % log->room;
    log->count--;
    stored_unref(oldest);
}

void event_log_free(struct event_log *log)
{
    if (!log)
        return;
    while (log->count)
        drop_oldest(log);
    wamp_free(log->ring);
    wamp_free(log);
}

bool event_log_append(struct event_log *log, struct stored_event *e)
{
    if (e->bytes > log->max_bytes)
        return false;
    while (log->count && (log->count == log->room || log->bytes + e->bytes > log->max_bytes))
        drop_oldest(log);
    e->refs++;
    log->ring[(log->first + log->count++) % log->room] = e;
    log->bytes += e->bytes;
    return true;
}

const struct stored_event *event_log_at(const struct event_log *log, unsigned index)
{
    return log->ring[(log->first + index) % log->room];
}

bool history_init(struct realm *r)
{
    for (size_t i = 0; i < r->config.history_count; i++) {
        const struct realm_history *h = &r->config.history[i];
        bool created;
        struct subscription *sub = broker_find_or_add(r, h->uri, h->match, &created);
        if (!sub)
            return false;
        if (!sub->log)
            sub->log = event_log_new(h->max_events ? h->max_events : 1000, h->max_bytes ? h->max_bytes : 16 << 20);
        if (!sub->log)
            return false;
    }
    return true;
}

struct storing {
    struct realm *realm;
    const struct event *event;
    struct stored_event *stored;  /* made for the first log that wants it, shared by all */
};

/* [RESULT, id, {}, [{"args": .., "kwargs": ..}]] */
static bool may_be_shown(const struct event *event)
{
    enum { LEVELS = 3 };
    const struct wamp_payload *p = event->payload;
    return nesting_fits(p->ser, p->args, LEVELS) && nesting_fits(p->ser, p->kwargs, LEVELS);
}

static void store_in(void *value, void *arg)
{
    struct subscription *sub = value;
    struct storing *st = arg;
    if (!sub->log)
        return;
    if (!st->stored && may_be_shown(st->event))
        st->stored = stored_new(st->realm, st->event);
    if (st->stored)
        event_log_append(sub->log, st->stored);
}

void history_store(struct realm *r, const struct event *event)
{
    if (!r->config.history_count || event->is_meta || (event->filter && filter_names_sessions(event->filter)))
        return;
    struct storing st = {.realm = r, .event = event};
    uri_index_each(&r->broker.topics, event->topic, store_in, &st);
    stored_unref(st.stored);
}
