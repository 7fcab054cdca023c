/* wamp.subscription.get_events: what was published under a subscription whose events are remembered.
 *
 * The log is walked in the order of the broker, or backwards; conditions narrow the range of positions and times
 * before. A page ends at a number of events and of octets; the caller goes on behind the last event it got
 * (after_publication, or before_publication when it goes backwards). spec: A-HIS, R-16, T-40, T-41 */
#include "realms/meta_call.h"

#include "common/uri.h"
#include "realms/authorization.h"
#include "realms/history.h"
#include "realms/timefmt.h"

enum {
    PAGE_EVENTS_MAX = 1000,
    PAGE_BYTES_MAX = 16 << 20,  /* also where the caller takes messages of any size */
    RESULT_OVERHEAD = 64,       /* of a RESULT, more than what is around the events */
};

/* --- what is asked for ------------------------------------------------------------------------------------- */

struct range {
    int64_t first, last;
};

struct query {
    bool reverse;
    uint64_t limit;
    struct range times;      /* wall clock, ms */
    struct range positions;  /* in the log; empty where a publication that is named is not there. spec: A-HIS-07 */
    struct str topic;        /* ptr NULL: any */
};

/* The conditions on times and on publications are the same four. */
static const struct bound {
    const char *time_key, *publication_key;
    bool is_upper;
    int shift;
} bounds[] = {
    {"from_time", "from_publication", false, 0},
    {"after_time", "after_publication", false, +1},
    {"before_time", "before_publication", true, -1},
    {"until_time", "until_publication", true, 0},
};
enum { BOUNDS = sizeof bounds / sizeof *bounds };

static void narrow(struct range *range, const struct bound *b, int64_t value)
{
    value += b->shift;
    if (b->is_upper && value < range->last)
        range->last = value;
    if (!b->is_upper && value > range->first)
        range->first = value;
}

/* False: the call was refused. */
static bool read_time(struct meta_call *c, const struct bound *b, struct query *q)
{
    struct str text;
    wamp_ms time;
    if (!meta_text_kwarg(c, b->time_key, &text))
        return false;
    if (!text.ptr)
        return true;
    if (!time_read(text, &time)) {
        meta_refuse(c, "wamp.error.invalid_argument", "%s must be a time as in RFC 3339", b->time_key);
        return false;
    }
    narrow(&q->times, b, time);
    return true;
}

static int64_t find_position(const struct event_log *log, uint64_t publication)
{
    for (unsigned i = 0; i < log->count; i++)
        if (event_log_at(log, i)->event.publication == publication)
            return i;
    return -1;
}

/* An integer from 1 to `most`; *out stays as it was where none is given. False: the call was refused. */
static bool read_number(struct meta_call *c, const char *key, uint64_t most, uint64_t *out)
{
    struct wamp_item item;
    if (!meta_kwarg(c, key, WAMP_UINT, &item))
        return false;
    if (wamp_item_absent(&item))
        return true;
    *out = item.uint;
    if (item.uint >= 1 && item.uint <= most)
        return true;
    meta_refuse(c, "wamp.error.invalid_argument", "%s is out of range", key);
    return false;
}

/* False: the call was refused. spec: A-HIS-05 */
static bool read_publication(struct meta_call *c, const struct bound *b, const struct event_log *log,
                             struct query *q)
{
    uint64_t publication = 0;
    if (!read_number(c, b->publication_key, WAMP_ID_MAX, &publication))
        return false;
    if (!publication || !log)
        return true;
    int64_t position = find_position(log, publication);
    if (position < 0)
        q->positions = (struct range){0, -1};
    else
        narrow(&q->positions, b, position);
    return true;
}

/* log NULL: none is kept, and the conditions are only judged. False: the call was refused. */
static bool read_query(struct meta_call *c, const struct event_log *log, struct query *q)
{
    struct wamp_item reverse;
    *q = (struct query){
        .limit = PAGE_EVENTS_MAX,
        .times = {INT64_MIN, INT64_MAX},
        .positions = {0, log ? (int64_t)log->count - 1 : -1},
    };
    if (!meta_kwarg(c, "reverse", WAMP_BOOL, &reverse) || !read_number(c, "limit", UINT64_MAX, &q->limit) ||
        !meta_text_kwarg(c, "topic", &q->topic))
        return false;
    if (q->topic.ptr && !wamp_uri_ok(q->topic, c->s->realm->config.uri_rule)) {
        meta_refuse(c, "wamp.error.invalid_argument", "topic must be a URI");
        return false;
    }
    q->reverse = !wamp_item_absent(&reverse) && reverse.boolean;
    if (q->limit > PAGE_EVENTS_MAX)
        q->limit = PAGE_EVENTS_MAX;
    for (int i = 0; i < BOUNDS; i++)
        if (!read_time(c, &bounds[i], q) || !read_publication(c, &bounds[i], log, q))
            return false;
    return true;
}

/* Lists of authids and authroles are held against whoever reads. spec: A-HIS-03, A-HIS-08 */
static bool is_wanted(const struct query *q, const struct stored_event *e, const struct session *reader)
{
    return e->time >= q->times.first && e->time <= q->times.last &&
           (!q->topic.ptr || str_eq(q->topic, e->event.topic)) &&
           (!e->event.filter || filter_allows(e->event.filter, reader));
}

/* --- what is given ------------------------------------------------------------------------------------------ */

/* The events of one result, each written as soon as it was found. */
struct page {
    struct realm *realm;
    const struct subscription *sub;
    struct wamp_buf events;  /* one after the other, as they will stand in the list */
    struct wamp_wr w;        /* writes into it */
    size_t max_bytes;
    uint32_t count;
    bool is_limit_reached;   /* there is more */
};

static void page_init(struct page *p, struct session *s, const struct subscription *sub)
{
    size_t most = s->max_message && s->max_message < PAGE_BYTES_MAX ? s->max_message : PAGE_BYTES_MAX;
    *p = (struct page){.realm = s->realm, .sub = sub};
    p->w = wamp_wr(s->ser, &p->events);
    p->max_bytes = most > RESULT_OVERHEAD ? most - RESULT_OVERHEAD : 0;
}

/* A part of the payload in the reader's serializer. False: it cannot be expressed there. */
static bool write_part(struct page *p, const char *key, enum wamp_ser from, struct str raw)
{
    struct wamp_buf *scratch = &p->realm->tail;
    wamp_buf_reset(scratch);
    if (from != p->w.ser) {
        enum wamp_err err = wamp_transcode(from, raw, p->w.ser, scratch);
        if (err == WAMP_ERR_NOMEM)
            p->events.failed = true;
        if (err)
            return false;
        raw = wamp_buf_str(scratch);
    }
    wamp_wr_key(&p->w, str_z(key));
    wamp_wr_raw(&p->w, raw);
    return true;
}

/* {"timestamp", "subscription", "publication", "details" (, "args", "kwargs")}. False: it cannot be expressed. */
static bool write_event(struct page *p, const struct stored_event *e)
{
    const struct wamp_payload *payload = e->event.payload;
    struct wamp_wr *w = &p->w;
    struct details details;
    char time[TIME_TEXT];
    time_write(e->time, time);
    event_details(p->realm, &e->event, p->sub, w->ser, &details);
    wamp_wr_map(w, 4 + payload->arity);
    wamp_wr_key(w, STR("timestamp"));
    wamp_wr_str(w, str_z(time));
    wamp_wr_key(w, STR("subscription"));
    wamp_wr_uint(w, p->sub->id);
    wamp_wr_key(w, STR("publication"));
    wamp_wr_uint(w, e->event.publication);
    wamp_wr_key(w, STR("details"));
    details_write(w, &details);
    if ((payload->arity >= 1 && !write_part(p, "args", payload->ser, payload->args)) ||
        (payload->arity >= 2 && !write_part(p, "kwargs", payload->ser, payload->kwargs)))
        return false;
    wamp_wr_map_end(w);
    return true;
}

/* Adds the event. What the reader can never be given is left out and counted, as when it was published: what
 * cannot be expressed, or would be too large for a page of its own. False: the page is full. */
static bool page_add(struct page *p, const struct stored_event *e)
{
    struct realm_counters *counters = &p->realm->counters;
    struct wamp_wr before = p->w;
    size_t start = p->events.len;
    bool expressed = write_event(p, e);
    if (expressed && p->events.len <= p->max_bytes) {
        p->count++;
        return true;
    }
    p->events.len = start;
    p->w = before;
    if (!expressed)
        counters->events_unrepresentable++;
    else if (p->count == 0)
        counters->events_too_big++;
    return !expressed || p->count == 0;
}

static void page_fill(struct page *p, const struct query *q, const struct session *reader)
{
    const struct range *range = &q->positions;
    int64_t step = q->reverse ? -1 : +1;
    for (int64_t i = q->reverse ? range->last : range->first; i >= range->first && i <= range->last; i += step) {
        const struct stored_event *e = event_log_at(p->sub->log, (unsigned)i);
        if (!is_wanted(q, e, reader))
            continue;
        if (p->count == q->limit || !page_add(p, e)) {
            p->is_limit_reached = true;
            return;
        }
    }
}

static void page_send(struct page *p, struct meta_call *c)
{
    if (p->events.failed) {
        meta_refuse_nomem(c);
        return;
    }
    struct wamp_wr w = meta_result_begin(c, p->count);
    if (p->count)
        wamp_wr_raw(&w, wamp_buf_str(&p->events));
    wamp_wr_list_end(&w);
    wamp_wr_map(&w, 1);
    wamp_wr_key(&w, STR("is_limit_reached"));
    wamp_wr_bool(&w, p->is_limit_reached);
    wamp_wr_map_end(&w);
    meta_result_send(c, &w, 2);
}

/* As if the caller subscribed. spec: A-HIS-04 */
static bool may_read(struct meta_call *c, const struct subscription *sub)
{
    struct wish wish = {ACTION_SUBSCRIBE, subscription_uri(sub), sub->match, STR("")};
    struct grant grant;
    return authorize(c->s, c->m, &wish, &grant) == ACCESS_GRANTED;
}

void meta_subscription_get_events(struct meta_call *c)
{
    const struct subscription *sub = broker_find(c->s->realm, c->args[0].uint);
    struct query query;
    struct page page;
    if (!read_query(c, sub ? sub->log : NULL, &query))
        return;
    sub = meta_subscription_arg(c);
    if (!sub || !may_read(c, sub))
        return;
    page_init(&page, c->s, sub);
    page_fill(&page, &query, c->s);
    page_send(&page, c);
    wamp_buf_fini(&page.events);
}
