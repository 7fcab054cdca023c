#include "realms/retained.h"

#include "common/mem.h"
#include "realms/inner.h"
#include "realms/stored.h"

/* Per topic: the last event for everybody, and the last one for some if it is newer. At least one of them is there.
 * spec: R-18 */
struct retained_topic {
    struct stored_event *general, *restricted;
    UT_hash_handle hh;  /* broker.retained, by uri */
    size_t uri_len;
    char uri[];
};

/* --- topics --------------------------------------------------------------------------------------------- */

static struct retained_topic *topic_find(const struct broker *b, struct str uri)
{
    struct retained_topic *t = NULL;
    HASH_FIND(hh, b->retained, uri.ptr, uri.len, t);
    return t;
}

static struct retained_topic *topic_add(struct broker *b, struct str uri)
{
    if (b->retained_count >= RETAINED_TOPICS_MAX)
        return NULL;
    struct retained_topic *t = wamp_zalloc(sizeof *t + uri.len);
    if (!t)
        return NULL;
    memcpy(t->uri, uri.ptr, uri.len);
    t->uri_len = uri.len;
    HASH_ADD_KEYPTR(hh, b->retained, t->uri, t->uri_len, t);
    if (!wamp_map_added(t)) {
        wamp_free(t);
        return NULL;
    }
    b->retained_count++;
    return t;
}

static void drop(struct broker *b, struct stored_event **slot)
{
    if (*slot)
        b->retained_bytes -= (*slot)->bytes;
    stored_unref(*slot);
    *slot = NULL;
}

static void topic_free(struct broker *b, struct retained_topic *t)
{
    drop(b, &t->general);
    drop(b, &t->restricted);
    HASH_DEL(b->retained, t);
    b->retained_count--;
    wamp_free(t);
}

/* --- retaining ------------------------------------------------------------------------------------------ */

/* What the new event replaces. It goes even if there is no room for the new one: who subscribes later had better get
 * nothing than what is out of date. */
static void drop_older(struct broker *b, struct retained_topic *t, bool open)
{
    drop(b, &t->restricted);
    if (open)
        drop(b, &t->general);
}

/* The event as it will be kept; NULL: no room. */
static struct stored_event *store(struct realm *r, const struct event *event)
{
    struct broker *b = &r->broker;
    if (event->payload->tail.len > RETAINED_EVENT_MAX)
        return NULL;
    struct stored_event *e = stored_new(r, event);
    if (e && b->retained_bytes + e->bytes > RETAINED_BYTES_MAX) {
        stored_unref(e);
        return NULL;
    }
    if (e) {
        e->event.is_retained = true;
        b->retained_bytes += e->bytes;
    }
    return e;
}

void retained_store(struct realm *r, const struct event *event)
{
    struct broker *b = &r->broker;
    bool open = !event->filter || filter_is_open(event->filter);
    struct retained_topic *t = topic_find(b, event->topic);
    if (t)
        drop_older(b, t, open);
    else
        t = topic_add(b, event->topic);
    struct stored_event *e = t ? store(r, event) : NULL;
    if (!e)
        r->counters.retained_refused++;  /* best effort. spec: A-RET-10 */
    else
        *(open ? &t->general : &t->restricted) = e;
    if (t && !t->general && !t->restricted)
        topic_free(b, t);
}

/* --- for a new subscriber ------------------------------------------------------------------------------- */

/* The restricted event is newer than the general one, else it would be gone. */
static void send_topic(const struct subscription *sub, struct session *s, const struct retained_topic *t)
{
    bool done = t->restricted && broker_send(&t->restricted->event, sub, s);
    if (!done && t->general)
        broker_send(&t->general->event, sub, s);
}

void retained_send(struct realm *r, const struct subscription *sub, struct session *s)
{
    struct retained_topic *t, *tmp;
    struct str pattern = subscription_uri(sub);
    if (sub->match == WAMP_MATCH_EXACT) {
        t = topic_find(&r->broker, pattern);
        if (t)
            send_topic(sub, s, t);
        return;
    }
    HASH_ITER(hh, r->broker.retained, t, tmp)
    {
        if (wamp_uri_matches(str_of(t->uri, t->uri_len), pattern, sub->match))
            send_topic(sub, s, t);
    }
}

void retained_fini(struct realm *r)
{
    struct retained_topic *t, *tmp;
    HASH_ITER(hh, r->broker.retained, t, tmp)
    {
        topic_free(&r->broker, t);
    }
}
