#include "realms/retained.h"

#include "common/mem.h"
#include "realms/inner.h"
#include "realms/send.h"
#include "realms/stored.h"

/* Per topic: the last event for everybody, and the last one for some if it is newer. spec: R-18 */
struct retained_topic {
    struct stored_event *general, *restricted;
    UT_hash_handle hh;  /* broker.retained, by uri */
    size_t uri_len;
    char uri[];
};

static struct retained_topic *topic_find_or_add(struct broker *b, struct str uri)
{
    struct retained_topic *t = NULL;
    HASH_FIND(hh, b->retained, uri.ptr, uri.len, t);
    if (t || b->retained_count >= RETAINED_TOPICS_MAX || !(t = wamp_zalloc(sizeof *t + uri.len)))
        return t;
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

void retained_store(struct realm *r, const struct event *event)
{
    struct broker *b = &r->broker;
    if (event->payload->tail.len > RETAINED_EVENT_MAX || b->retained_bytes > RETAINED_BYTES_MAX)
        return;
    struct retained_topic *t = topic_find_or_add(b, event->topic);
    struct stored_event *e = t ? stored_new(r, event) : NULL;
    if (!e)
        return;  /* retention is best effort. spec: A-RET-10 */
    e->event.is_retained = true;
    bool open = (!event->filter || filter_is_open(event->filter));
    drop(b, &t->restricted);
    if (open)
        drop(b, &t->general);
    *(open ? &t->general : &t->restricted) = e;
    b->retained_bytes += e->bytes;
}

static bool may_get(const struct stored_event *e, const struct session *s)
{
    return e && e->event.excluded != s->id && (!e->event.filter || filter_allows(e->event.filter, s));
}

/* [EVENT, Subscription|id, Publication|id, {"retained": true, ...}, ...] */
static void send_event(const struct subscription *sub, struct session *s, const struct stored_event *e)
{
    struct realm *r = s->realm;
    struct details details = {0};
    struct str tail;
    wamp_buf_reset(&r->args);
    if (wamp_payload_tail(&e->payload, s->ser, &r->args, &tail))
        return;
    event_details(&e->event, sub, &details);
    struct wamp_wr w = wamp_head_begin(&r->head, s->ser, WAMP_EVENT, 4, e->payload.arity);
    wamp_wr_uint(&w, sub->id);
    wamp_wr_uint(&w, e->event.publication);
    details_write(&w, &details);
    struct wamp_frame f = wamp_head_end(&w, WAMP_EVENT, e->payload.arity, tail);
    if (!w.out->failed && !frame_too_big(s, &f))
        send_frame(s, &f);
}

static void send_topic(const struct subscription *sub, struct session *s, const struct retained_topic *t)
{
    if (may_get(t->restricted, s))  /* it is newer than the general one, else it would be gone */
        send_event(sub, s, t->restricted);
    else if (may_get(t->general, s))
        send_event(sub, s, t->general);
}

void retained_send(struct realm *r, const struct subscription *sub, struct session *s)
{
    struct retained_topic *t = NULL, *tmp;
    struct str pattern = subscription_uri(sub);
    if (sub->match == WAMP_MATCH_EXACT) {
        HASH_FIND(hh, r->broker.retained, pattern.ptr, pattern.len, t);
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
        HASH_DEL(r->broker.retained, t);
        drop(&r->broker, &t->general);
        drop(&r->broker, &t->restricted);
        wamp_free(t);
    }
}
