/* Subscriptions and publications. */
#include "tests/model/expect.h"
#include "tests/model/move.h"

#include <stdarg.h>
#include <stdio.h>

/* spec: A-SMA-03 */
bool is_hidden(const char *uri)
{
    return wamp_uri_is_reserved(str_z(uri));
}

/* --- who gets what ----------------------------------------------------------------------------------- */

static bool has_id(const struct id_entries *list, uint64_t id)
{
    for (unsigned i = 0; i < list->count; i++)
        if (list->ids[i] == id)
            return true;
    return false;
}

static bool has_name(const struct name_entries *list, const char *name)
{
    for (unsigned i = 0; i < list->count; i++)
        if (strcmp(list->names[i], name) == 0)
            return true;
    return false;
}

/* spec: A-BWL-01..A-BWL-03, B-066, B-067 */
bool may_get(const struct event *e, const struct player *p)
{
    const struct lists *l = &e->lists;
    return p->id != e->excluded && (!l->eligible.given || has_id(&l->eligible, p->id)) &&
           (!l->eligible_authid.given || has_name(&l->eligible_authid, p->authid)) &&
           (!l->eligible_authrole.given || has_name(&l->eligible_authrole, p->authrole)) &&
           !has_id(&l->exclude, p->id) && !has_name(&l->exclude_authid, p->authid) &&
           !has_name(&l->exclude_authrole, p->authrole);
}

/* spec: A-PID-03, A-PTL-01, A-PBS-03, A-RET-06, A-PPT-04, T-18 */
const char *details_of_event(const struct event *e, const struct pattern_of *sub, bool is_late)
{
    const char *d = "";
    if (e->disclosed)
        d = text("\"publisher\": %" PRIu64 ", \"publisher_authid\": \"%s\", \"publisher_authrole\": \"%s\", ",
                 e->publisher, e->authid, e->authrole);
    if (e->trust)
        d = text("%s\"trustlevel\": %u, ", d, e->trust->level);
    if (sub->match != WAMP_MATCH_EXACT)
        d = text("%s\"topic\": \"%s\", ", d, e->topic);
    if (is_late)
        d = text("%s\"retained\": true, ", d);
    if (e->ppt)
        d = text("%s\"ppt_scheme\": \"x_a\", \"ppt_keyid\": \"k\", ", d);
    return dict_text(d);
}

/* To one player for one subscription, if he may. False: he may not. spec: B-075, table 0.8 */
static bool give(struct model *m, const struct event *e, const struct pattern_of *sub, struct player *p,
                 bool is_late)
{
    if (!may_get(e, p))
        return false;
    if (can_express(p, &e->payload))
        tell(m, p, "[36, %s, %s, %s%s]", id_text('s', sub->number, sub->id), id_text('p', e->number, e->id),
             details_of_event(e, sub, is_late), e->payload.tail);
    return true;
}

/* Meta events are for those who named the name space of the protocol. spec: R-14 */
static bool covers_meta(const struct pattern_of *sub)
{
    struct str uri = str_z(sub->uri);
    return sub->match == WAMP_MATCH_WILDCARD ? wamp_uri_is_reserved(uri) : str_starts(uri, STR("wamp"));
}

static bool matches(const struct pattern_of *sub, const struct event *e)
{
    return sub->number && wamp_uri_matches(str_z(e->topic), str_z(sub->uri), sub->match) &&
           (!is_hidden(e->topic) || covers_meta(sub));
}

/* To the members of all subscriptions of that kind and length; SIZE_MAX: of any length. */
static void give_matching(struct model *m, const struct event *e, enum wamp_match match, size_t len)
{
    for (unsigned i = 0; i < TOPICS; i++) {
        struct pattern_of *sub = &m->topics[i];
        if (sub->match != match || !matches(sub, e) || (len != SIZE_MAX && strlen(sub->uri) != len))
            continue;
        for (unsigned j = 0; j < sub->count; j++)
            give(m, e, sub, sub->members[j].player, false);
    }
}

/* Exact, then prefixes from short to long, then wildcards in any order. spec: A-PBS-02, A-PBS-05, B-069 */
static void dispatch(struct model *m, const struct event *e)
{
    give_matching(m, e, WAMP_MATCH_EXACT, SIZE_MAX);
    for (size_t len = 0; len <= strlen(e->topic); len++)
        give_matching(m, e, WAMP_MATCH_PREFIX, len);
    any_order_begin();
    give_matching(m, e, WAMP_MATCH_WILDCARD, SIZE_MAX);
    any_order_end();
}

static bool has_audience(const struct model *m, const struct event *e)
{
    for (unsigned i = 0; i < TOPICS; i++)
        if (matches(&m->topics[i], e))
            return true;
    return false;
}

void meta_event(struct model *m, const char *topic, const char *args, ...)
{
    char list[400];
    struct event e = {.number = ++m->counted.publications, .topic = topic};
    va_list ap;
    if (m->config->meta_api_denied || !has_audience(m, &e))
        return;
    va_start(ap, args);
    vsnprintf(list, sizeof list, args, ap);
    va_end(ap);
    e.payload.tail = text(", [%s]", list);
    dispatch(m, &e);
}

/* --- what is remembered ------------------------------------------------------------------------------ */

static bool is_open(const struct lists *l)
{
    return !l->eligible.given && !l->eligible_authid.given && !l->eligible_authrole.given && !l->exclude.count &&
           !l->exclude_authid.count && !l->exclude_authrole.count;
}

/* The newest for everybody replaces all, the newest for some the older ones of that kind. spec: R-18, A-RET-03 */
static void retain(struct model *m, const struct event *e)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < m->retained_count; i++) {
        const struct event *old = &m->retained[i];
        if (strcmp(old->topic, e->topic) != 0 || (!is_open(&e->lists) && is_open(&old->lists)))
            m->retained[kept++] = *old;
    }
    m->retained[kept++] = *e;
    m->retained_count = kept;
}

/* Of each matching topic the newest that p may see. spec: A-RET-05, A-RET-08, T-38, T-39 */
static void give_retained(struct model *m, const struct pattern_of *sub, struct player *p)
{
    any_order_begin();
    for (unsigned i = m->retained_count; i > 0; i--) {
        const struct event *e = &m->retained[i - 1];
        bool done = !matches(sub, e);
        for (unsigned j = i; j < m->retained_count && !done; j++)
            done = strcmp(m->retained[j].topic, e->topic) == 0 && may_get(&m->retained[j], p);
        if (!done)
            give(m, e, sub, p, true);
    }
    any_order_end();
}

/* spec: A-HIS-01, A-HIS-02 */
static void record(struct model *m, const struct event *e)
{
    if (e->lists.eligible.given || e->lists.exclude.count)
        return;
    for (unsigned i = 0; i < TOPICS; i++) {
        struct pattern_of *sub = &m->topics[i];
        if (!sub->has_log || !matches(sub, e))
            continue;
        if (sub->logged == sub->log_room)
            memmove(sub->log, sub->log + 1, --sub->logged * sizeof *sub->log);
        sub->log[sub->logged++] = *e;
    }
}

/* --- PUBLISH ----------------------------------------------------------------------------------------- */

const char *publishing_error(const struct model *m, const struct player *p, const struct publishing *what)
{
    struct right right = right_to(m, p, ACTION_PUBLISH, what->topic, WAMP_MATCH_EXACT);
    if (!wamp_uri_ok(str_z(what->topic), m->config->uri_rule) || is_hidden(what->topic))
        return "wamp.error.invalid_uri";
    if (!right.granted)
        return "wamp.error.not_authorized";
    if (what->disclose_me && !right.discloses && refuses_disclosure(m))
        return "wamp.error.option_disallowed.disclose_me";
    return NULL;
}

void publish(struct model *m, struct player *p, const struct publishing *what, bool is_testament, uint64_t request)
{
    enum realm_disclosure policy = m->config->disclosure;
    struct event e = {
        .number = ++m->counted.publications,
        .topic = what->topic,
        .payload = what->payload,
        .lists = what->lists,
        .excluded = what->include_me || is_testament ? 0 : p->id,
        .ppt = what->ppt,
        .disclosed = right_to(m, p, ACTION_PUBLISH, what->topic, WAMP_MATCH_EXACT).discloses ||
                     policy == DISCLOSE_ALWAYS || (policy == DISCLOSE_ON_REQUEST && what->disclose_me),
        .publisher = p->id,
        .authid = p->authid,
        .authrole = p->authrole,
        .trust = trust_of(m, what->topic, p->authrole),
        .time = m->now,
    };
    if (what->acknowledge && !is_testament)
        tell(m, p, "[17, %" PRIu64 ", %s]", request, id_text('p', e.number, 0));
    dispatch(m, &e);
    record(m, &e);
    if (what->retain)
        retain(m, &e);
}

/* spec: B-064, B-065, B-071 */
void predict_publish(struct model *m, const struct move *mv)
{
    const struct publishing *what = &mv->publishing;
    bool is_announced = announced(mv->who, PUBLISHER, payload_passthru_mode);
    if (!may_pass(m, mv->who, what->ppt, is_announced, &what->payload))
        return;
    const char *error = publishing_error(m, mv->who, what);
    if (!error)
        publish(m, mv->who, what, false, mv->request);
    else if (what->acknowledge)
        tell_error(m, mv->who, WAMP_PUBLISH, mv->request, error);
}

/* --- SUBSCRIBE, UNSUBSCRIBE -------------------------------------------------------------------------- */

static void announce_subscription(struct model *m, struct pattern_of *sub, const struct player *p, bool created)
{
    if (is_hidden(sub->uri))
        return;
    if (created)
        meta_event(m, "wamp.subscription.on_create", "%" PRIu64 ", %s", p->id, pattern_text(sub, false));
    meta_event(m, "wamp.subscription.on_subscribe", "%" PRIu64 ", %s", p->id, id_text('s', sub->number, sub->id));
}

/* spec: B-057..B-060, A-SMA-01, A-SMA-02, A-RET-09 */
void predict_subscribe(struct model *m, const struct move *mv)
{
    struct player *p = mv->who;
    if (!wamp_uri_pattern_ok(str_z(mv->uri), mv->match, m->config->uri_rule)) {
        tell_error(m, p, WAMP_SUBSCRIBE, mv->request, "wamp.error.invalid_uri");
        return;
    }
    if (!right_to(m, p, ACTION_SUBSCRIBE, mv->uri, mv->match).granted) {
        tell_error(m, p, WAMP_SUBSCRIBE, mv->request, "wamp.error.not_authorized");
        return;
    }
    struct pattern_of *sub = topic_find(m, mv->uri, mv->match);
    bool created = !sub, joins = !sub || !member_find(sub, p);
    if (joins && memberships(m->topics, TOPICS, p) >= m->config->max_subscriptions) {
        tell_error(m, p, WAMP_SUBSCRIBE, mv->request, "wampd.error.limit_exceeded");
        return;
    }
    if (created)
        sub = pattern_add(m, m->topics, TOPICS, &m->counted.topics, mv->uri, mv->match);
    if (joins)
        member_add(m, sub, p);
    tell(m, p, "[33, %" PRIu64 ", %s]", mv->request, id_text('s', sub->number, sub->id));
    if (mv->get_retained)
        give_retained(m, sub, p);
    if (joins)
        announce_subscription(m, sub, p, created);
}

void subscription_remove(struct model *m, struct pattern_of *sub, const struct player *p)
{
    const char *id = id_text('s', sub->number, sub->id);
    bool last = sub->count == 1 && !sub->has_log, hidden = is_hidden(sub->uri);
    member_remove(sub, p);
    if (last)
        sub->number = 0;
    if (!hidden)
        meta_event(m, "wamp.subscription.on_unsubscribe", "%" PRIu64 ", %s", p->id, id);
    if (!hidden && last)
        meta_event(m, "wamp.subscription.on_delete", "%" PRIu64 ", %s", p->id, id);
}

/* spec: B-061, B-062, T-11 */
void predict_unsubscribe(struct model *m, const struct move *mv)
{
    struct pattern_of *sub = NULL;
    for (unsigned i = 0; i < TOPICS; i++)
        if (m->topics[i].number && m->topics[i].id == mv->id && member_find(&m->topics[i], mv->who))
            sub = &m->topics[i];
    if (!sub) {
        tell_error(m, mv->who, WAMP_UNSUBSCRIBE, mv->request, "wamp.error.no_such_subscription");
        return;
    }
    tell(m, mv->who, "[35, %" PRIu64 "]", mv->request);
    subscription_remove(m, sub, mv->who);
}
