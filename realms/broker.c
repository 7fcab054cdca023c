/* Subscribing, publishing, and the fan-out.
 *
 * An EVENT differs between the receivers of one publication only by the subscription it is sent for and by the
 * receiver's serializer. So its head is written once per (subscription, serializer), its payload once per serializer,
 * and the connection gets both to copy. */
#include "realms/broker.h"

#include "common/mem.h"
#include "realms/authorization.h"
#include "realms/forward.h"
#include "realms/history.h"
#include "realms/inner.h"
#include "realms/meta.h"
#include "realms/retained.h"
#include "realms/send.h"

/* --- subscriptions -------------------------------------------------------------------------------------- */

struct subscription *broker_find(struct realm *r, uint64_t id)
{
    struct subscription *sub = NULL;
    HASH_FIND(hh, r->broker.by_id, &id, sizeof id, sub);
    return sub;
}

struct subscriber *broker_find_member(struct realm *r, uint64_t subscription, uint64_t session)
{
    struct subscriber *member = NULL;
    uint64_t key[2] = {subscription, session};
    HASH_FIND(hh, r->broker.members, key, sizeof key, member);
    return member;
}

struct subscription *broker_find_or_add(struct realm *r, struct str uri, enum wamp_match match, bool *created)
{
    struct broker *b = &r->broker;
    *created = false;
    struct subscription *sub = uri_index_find(&b->topics, match, uri);
    if (sub)
        return sub;
    sub = wamp_zalloc(sizeof *sub + uri.len);
    if (!sub)
        return NULL;
    sub->id = ++b->last_id;
    sub->match = match;
    sub->created = realm_wall(r);
    sub->uri_len = uri.len;
    if (uri.len)
        memcpy(sub->uri, uri.ptr, uri.len);
    HASH_ADD(hh, b->by_id, id, sizeof sub->id, sub);
    if (!wamp_map_added(sub))
        goto free_subscription;
    if (!uri_index_add(&b->topics, match, uri, sub))
        goto delete_from_map;
    *created = true;
    return sub;
delete_from_map:
    HASH_DEL(b->by_id, sub);
free_subscription:
    wamp_free(sub);
    return NULL;
}

static void subscription_free(struct broker *b, struct subscription *sub)
{
    uri_index_remove(&b->topics, sub->match, subscription_uri(sub));
    HASH_DEL(b->by_id, sub);
    event_log_free(sub->log);
    wamp_free(sub->members);
    wamp_free(sub);
}

/* A subscription that nobody holds and nothing needs is deleted. */
static bool subscription_release(struct broker *b, struct subscription *sub)
{
    if (sub->count || sub->log)
        return false;
    subscription_free(b, sub);
    return true;
}

static bool members_reserve(struct subscription *sub)
{
    if (sub->count < sub->room)
        return true;
    uint32_t room = sub->room ? 2 * sub->room : 4;
    struct subscriber **grown = wamp_realloc(sub->members, room * sizeof(struct subscriber *));
    if (!grown)
        return false;
    sub->members = grown;
    sub->room = room;
    return true;
}

static struct subscriber *member_add(struct realm *r, struct subscription *sub, struct session *s)
{
    struct subscriber *member = members_reserve(sub) ? wamp_zalloc(sizeof *member) : NULL;
    if (!member)
        return NULL;
    member->key.subscription = sub->id;
    member->key.session = s->id;
    member->subscription = sub;
    member->session = s;
    HASH_ADD(hh, r->broker.members, key, sizeof member->key, member);
    if (!wamp_map_added(member)) {
        wamp_free(member);
        return NULL;
    }
    member->place = sub->count;
    sub->members[sub->count++] = member;
    list_add_tail(&s->subscribers, &member->by_session);
    s->subscriber_count++;
    return member;
}

static void member_free(struct realm *r, struct subscriber *member)
{
    struct subscription *sub = member->subscription;
    struct subscriber *last = sub->members[--sub->count];
    sub->members[member->place] = last;
    last->place = member->place;
    list_remove(&member->by_session);
    member->session->subscriber_count--;
    HASH_DEL(r->broker.members, member);
    wamp_free(member);
}

void broker_remove(struct realm *r, struct subscriber *member)
{
    struct subscription *sub = member->subscription;
    uint64_t session = member->session->id, id = sub->id;
    bool hidden = wamp_uri_is_reserved(subscription_uri(sub)) || member->session->is_link;  /* spec: A-SMA-03 */
    member_free(r, member);
    if (!hidden)
        meta_publish_pair(r, STR("wamp.subscription.on_unsubscribe"), session, id);
    if (subscription_release(&r->broker, sub) && !hidden)
        meta_publish_pair(r, STR("wamp.subscription.on_delete"), session, id);
}

void broker_revoke(struct realm *r, struct subscriber *member, struct str reason)
{
    struct session *s = member->session;
    if (wamp_announced(&s->roles, SUBSCRIBER, subscription_revocation))
        send_revocation(s, WAMP_UNSUBSCRIBED, "subscription", member->key.subscription, reason);
    broker_remove(r, member);
}

static bool subscription_ok(struct session *s, const struct wamp_msg *m)
{
    enum wamp_match match = m->opt.match;
    struct grant grant;
    if (wamp_uri_pattern_ok(m->uri, match, s->realm->config.uri_rule) &&
        (match != WAMP_MATCH_WILDCARD || wamp_uri_components(m->uri) <= URI_COMPONENTS_MAX))
        return authorize_message(s, m, ACTION_SUBSCRIBE, &grant) == ACCESS_GRANTED;
    send_error(s, WAMP_SUBSCRIBE, m->request, "wamp.error.invalid_uri", "not a valid topic for match %s",
               wamp_match_name(match));
    return false;
}

/* [SUBSCRIBE, Request|id, Options|dict, Topic|uri]   spec: B-057..B-060 */
void broker_on_subscribe(struct session *s, const struct wamp_msg *m)
{
    struct realm *r = s->realm;
    bool created, joined = false;
    if (!subscription_ok(s, m))
        return;
    struct subscription *sub = broker_find_or_add(r, m->uri, m->opt.match, &created);
    struct subscriber *member = sub && !created ? broker_find_member(r, sub->id, s->id) : NULL;
    if (sub && !member) {
        if (s->subscriber_count >= r->config.max_subscriptions) {
            subscription_release(&r->broker, sub);
            send_error(s, WAMP_SUBSCRIBE, m->request, "wampd.error.limit_exceeded",
                       "a session may hold %u subscriptions", r->config.max_subscriptions);
            return;
        }
        member = member_add(r, sub, s);
        joined = true;
    }
    if (!member) {
        if (sub)
            subscription_release(&r->broker, sub);
        session_doom(s, CLOSE_NOMEM);
        return;
    }
    /* SUBSCRIBED goes out first: before retained events, and before the subscriber reads about itself. */
    send_answer(s, WAMP_SUBSCRIBED, m->request, sub->id);
    if (m->opt.get_retained)
        retained_send(r, sub, s);
    if (joined && !wamp_uri_is_reserved(m->uri) && !s->is_link)
        meta_on_subscribe(r, s, sub, created);
}

/* [UNSUBSCRIBE, Request|id, SUBSCRIBED.Subscription|id]   spec: B-061, B-062 */
void broker_on_unsubscribe(struct session *s, const struct wamp_msg *m)
{
    struct subscriber *member = broker_find_member(s->realm, m->id, s->id);
    if (!member) {
        send_error(s, WAMP_UNSUBSCRIBE, m->request, "wamp.error.no_such_subscription",
                   "this session does not hold subscription %llu", (unsigned long long)m->id);
        return;
    }
    send_done(s, WAMP_UNSUBSCRIBED, m->request);
    broker_remove(s->realm, member);
}

void broker_leave(struct session *s)
{
    for (struct list *n; (n = list_first(&s->subscribers));)
        broker_remove(s->realm, list_entry(n, struct subscriber, by_session));
}

/* --- fan-out -------------------------------------------------------------------------------------------- */

void event_details(struct realm *r, const struct event *e, const struct subscription *sub, enum wamp_ser ser,
                   struct details *d)
{
    d->count = 0;
    if (e->disclosed) {
        details_add_uint(d, STR("publisher"), e->publisher);
        details_add_str(d, STR("publisher_authid"), e->publisher_authid);
        details_add_str(d, STR("publisher_authrole"), e->publisher_authrole);
    }
    if (e->trust != NO_TRUST)
        details_add_uint(d, STR("trustlevel"), (uint64_t)e->trust);
    if (sub->match != WAMP_MATCH_EXACT)
        details_add_str(d, STR("topic"), e->topic);  /* spec: A-PBS-03, T-18 */
    if (e->is_retained)
        details_add_bool(d, STR("retained"), true);
    details_add_passthru(d, &e->passthru);
    if (e->forward_for.len)
        forward_add_value(r, STR("forward_for"), e->payload->ser, e->forward_for, ser, d);
}

/* One publication on its way, and what its EVENTs have in common. */
struct dispatch {
    struct realm *realm;
    const struct event *event;
    struct forms forms;
};

static struct dispatch dispatch_begin(struct realm *r, const struct event *event)
{
    struct dispatch d = {.realm = r, .event = event};
    forms_init(&d.forms, r, event->payload);
    return d;
}

/* The EVENT of one subscription for receivers with one serializer; a frame without a head where memory is short. */
struct event_form {
    bool made;
    bool unrepresentable;
    struct wamp_frame frame;
};

/* [EVENT, Subscription|id, Publication|id, Details|dict (, Arguments, ArgumentsKw)] */
static void make_form(struct dispatch *d, const struct subscription *sub, enum wamp_ser ser, struct event_form *form)
{
    const struct event *e = d->event;
    unsigned arity = e->payload->arity;
    struct details details;
    struct str tail;
    *form = (struct event_form){.made = true};
    enum wamp_err err = forms_tail(&d->forms, ser, &tail);
    form->unrepresentable = err && err != WAMP_ERR_NOMEM;
    if (err)
        return;
    event_details(d->realm, e, sub, ser, &details);
    struct wamp_wr w = wamp_head_begin(&d->realm->event[ser], ser, WAMP_EVENT, 4, arity);
    wamp_wr_uint(&w, sub->id);
    wamp_wr_uint(&w, e->publication);
    details_write(&w, &details);
    form->frame = wamp_head_end(&w, WAMP_EVENT, arity, tail);
}

/* What s cannot take is left out and counted; nothing else is ever left out. spec: B-101, table 0.8 */
static void send_form(struct session *s, const struct event_form *form)
{
    struct realm_counters *counters = &s->realm->counters;
    if (form->unrepresentable)
        counters->events_unrepresentable++;
    else if (form->frame.head.ptr && frame_too_big(s, &form->frame))
        counters->events_too_big++;
    else
        send_frame(s, &form->frame);
}

static bool may_get(const struct event *e, const struct session *s)
{
    return s->id != e->excluded && (!e->filter || filter_allows(e->filter, s));
}

bool broker_send(const struct event *event, const struct subscription *sub, struct session *s)
{
    struct event_form form;
    if (!may_get(event, s))
        return false;
    struct dispatch d = dispatch_begin(s->realm, event);
    make_form(&d, sub, s->ser, &form);
    send_form(s, &form);
    return true;
}

/* Meta events go only to those who asked for the name space of the protocol. spec: R-14 */
static bool covers_meta(const struct subscription *sub)
{
    struct str uri = subscription_uri(sub);
    return str_starts(uri, STR("wamp")) &&
           (sub->match != WAMP_MATCH_WILDCARD || uri.len == 4 || uri.ptr[4] == '.');
}

static void dispatch_to(void *value, void *arg)
{
    const struct subscription *sub = value;
    struct dispatch *d = arg;
    struct event_form forms[WAMP_SER_COUNT];
    for (int i = 0; i < WAMP_SER_COUNT; i++)
        forms[i].made = false;
    if (d->event->is_meta && !covers_meta(sub))
        return;
    for (uint32_t i = 0; i < sub->count; i++) {
        struct session *s = sub->members[i]->session;
        if (!may_get(d->event, s))
            continue;
        if (!forms[s->ser].made)
            make_form(d, sub, s->ser, &forms[s->ser]);
        send_form(s, &forms[s->ser]);
    }
}

void broker_dispatch(struct realm *r, const struct event *event)
{
    struct dispatch d = dispatch_begin(r, event);
    uri_index_each(&r->broker.topics, event->topic, dispatch_to, &d);
    history_store(r, event);
}

static void note_audience(void *value, void *arg)
{
    const struct subscription *sub = value;
    if (sub->count && covers_meta(sub))
        *(bool *)arg = true;
}

bool broker_has_audience(struct realm *r, struct str topic)
{
    bool has = false;
    uri_index_each(&r->broker.topics, topic, note_audience, &has);
    return has;
}

/* --- publishing ----------------------------------------------------------------------------------------- */

/* An error about a publication is told only to those who asked for an answer. spec: B-064, T-13 */
#define refuse(s, m, ...)                                                                                    \
    do {                                                                                                     \
        if ((m)->opt.acknowledge)                                                                            \
            send_error(s, WAMP_PUBLISH, (m)->request, __VA_ARGS__);                                          \
    } while (0)

/* Whether the event may be published as its options say; else the publisher was told, if he wants to know, or waits. */
static bool publication_ok(struct session *s, const struct wamp_msg *m, struct grant *grant)
{
    struct realm *r = s->realm;
    if (!wamp_uri_ok(m->uri, r->config.uri_rule)) {
        refuse(s, m, "wamp.error.invalid_uri", "not a valid topic");
        return false;
    }
    if (wamp_uri_is_reserved(m->uri)) {  /* spec: B-055, R-07 */
        refuse(s, m, "wamp.error.invalid_uri", "topics under wamp. belong to the router");
        return false;
    }
    if (authorize_message(s, m, ACTION_PUBLISH, grant) != ACCESS_GRANTED)
        return false;
    if (m->opt.disclose_me && !grant->discloses && r->config.disclosure == DISCLOSE_NEVER &&
        !r->rules->disclose_me_never_refused) {
        /* spec: A-PID-02, T-60 */
        refuse(s, m, "wamp.error.option_disallowed.disclose_me", "this realm does not disclose publishers");
        return false;
    }
    return true;
}

static bool is_disclosed(const struct realm *r, const struct wamp_options *o)
{
    enum realm_disclosure policy = r->config.disclosure;
    return policy == DISCLOSE_ALWAYS || (policy == DISCLOSE_ON_REQUEST && o->disclose_me);
}

static void publish(struct session *s, const struct wamp_msg *m, const struct filter *filter, bool discloses)
{
    struct realm *r = s->realm;
    bool exclude_me = !wamp_has(&m->opt, exclude_me) || m->opt.exclude_me;
    struct event e = {
        .publication = realm_random_id(r),
        .topic = m->uri,
        .payload = &m->payload,
        .passthru = passthru_of(&m->opt),
        .filter = filter,
        .trust = realm_trust_of(r, m->uri, s->authrole),
        .excluded = exclude_me ? s->id : 0,
        .disclosed = discloses || is_disclosed(r, &m->opt),
        .publisher = s->id,
        .publisher_authid = s->authid,
        .publisher_authrole = s->authrole,
        .forward_for = forward_for_of(s, m),
    };
    if (m->opt.acknowledge)
        send_answer(s, WAMP_PUBLISHED, m->request, e.publication);  /* before the events. spec: B-071 */
    broker_dispatch(r, &e);
    if (m->opt.retain)
        retained_store(r, &e);
}

void broker_publish(struct session *s, const struct wamp_msg *m, bool discloses)
{
    struct realm *r = s->realm;
    struct filter filter;
    if (!(m->opt.has & FILTER_OPTIONS)) {
        publish(s, m, NULL, discloses);
        return;
    }
    enum wamp_err err = filter_parse(&filter, m->ser, &m->opt, &r->arena);
    if (err == WAMP_ERR_TOOBIG) {
        refuse(s, m, "wamp.error.invalid_argument", "a list of receivers may have %d entries", FILTER_LIST_MAX);
    } else if (err) {
        session_doom(s, CLOSE_NOMEM);
    } else {
        if (r->rules->empty_eligible_is_absent)
            filter_ignore_empty(&filter);
        publish(s, m, &filter, discloses);
    }
}

/* [PUBLISH, Request|id, Options|dict, Topic|uri (, Arguments, ArgumentsKw)]   spec: B-064..B-071 */
void broker_on_publish(struct session *s, const struct wamp_msg *m)
{
    struct grant grant;
    if (passthru_ok(s, m, wamp_announced(&s->roles, PUBLISHER, payload_passthru_mode)) &&
        publication_ok(s, m, &grant))
        broker_publish(s, m, grant.discloses);
}

void broker_fini(struct realm *r)
{
    struct broker *b = &r->broker;
    struct subscription *sub, *tmp;
    retained_fini(r);
    HASH_ITER(hh, b->by_id, sub, tmp)
    {
        subscription_free(b, sub);
    }
    uri_index_fini(&b->topics);
}
