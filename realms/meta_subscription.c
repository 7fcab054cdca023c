/* wamp.subscription.*, but for the history: which topics are subscribed to, and who gets their events. */
#include "realms/meta_call.h"

/* Zero for none, and for what nobody is shown. spec: R-19, A-SMA-03 */
static uint64_t shown_id(const struct subscription *sub)
{
    return sub && !meta_hides_topic(subscription_uri(sub)) ? sub->id : 0;
}

struct subscription *meta_subscription_arg(struct meta_call *c)
{
    struct subscription *sub = broker_find(c->s->realm, c->args[0].uint);
    if (shown_id(sub))
        return sub;
    meta_refuse(c, "wamp.error.no_such_subscription", "no subscription %llu", (unsigned long long)c->args[0].uint);
    return NULL;
}

void meta_subscription_list(struct meta_call *c)
{
    struct realm *r = c->s->realm;
    struct subscription *sub, *tmp;
    struct id_groups groups;
    if (!id_groups_init(&groups, &r->arena, HASH_COUNT(r->broker.by_id))) {
        meta_refuse_nomem(c);
        return;
    }
    HASH_ITER(hh, r->broker.by_id, sub, tmp)
    {
        if (shown_id(sub))
            id_groups_add(&groups, sub->match, sub->id);
    }
    meta_result_groups(c, &groups);
}

void meta_subscription_lookup(struct meta_call *c)
{
    struct str topic;
    enum wamp_match match;
    if (meta_text_arg(c, 0, &topic) && meta_match_arg(c, 1, &match))
        meta_result_id(c, shown_id(uri_index_find(&c->s->realm->broker.topics, match, topic)));
}

/* --- match --------------------------------------------------------------------------------------------------- */

/* Ids on their way into a list: counted first, then written. */
struct matching {
    struct wamp_wr *w;  /* NULL: only count */
    uint32_t count;
};

static void add_matching(void *value, void *arg)
{
    const struct subscription *sub = value;
    struct matching *m = arg;
    if (!shown_id(sub))
        return;
    m->count++;
    if (m->w)
        wamp_wr_uint(m->w, sub->id);
}

/* Whom a publication would reach; those of the router itself reach only what is hidden. spec: R-14 */
void meta_subscription_match(struct meta_call *c)
{
    const struct uri_index *topics = &c->s->realm->broker.topics;
    struct matching found = {0};
    struct str topic;
    if (!meta_text_arg(c, 0, &topic))
        return;
    if (!meta_hides_topic(topic))
        uri_index_each(topics, topic, add_matching, &found);
    if (!found.count) {
        meta_result_id(c, 0);
        return;
    }
    struct wamp_wr w = meta_result_begin(c, 1);
    wamp_wr_list(&w, found.count);
    uri_index_each(topics, topic, add_matching, &(struct matching){.w = &w});
    wamp_wr_list_end(&w);
    meta_result_end(c, &w);
}

/* --- one subscription --------------------------------------------------------------------------------------- */

void meta_subscription_get(struct meta_call *c)
{
    const struct subscription *sub = meta_subscription_arg(c);
    if (!sub)
        return;
    struct wamp_wr w = meta_result_begin(c, 1);
    meta_write_subscription(&w, sub);
    meta_result_end(c, &w);
}

void meta_subscription_list_subscribers(struct meta_call *c)
{
    const struct subscription *sub = meta_subscription_arg(c);
    if (!sub)
        return;
    struct wamp_wr w = meta_result_begin(c, 1);
    wamp_wr_list(&w, sub->count);
    for (uint32_t i = 0; i < sub->count; i++)
        wamp_wr_uint(&w, sub->members[i]->session->id);
    wamp_wr_list_end(&w);
    meta_result_end(c, &w);
}

void meta_subscription_count_subscribers(struct meta_call *c)
{
    const struct subscription *sub = meta_subscription_arg(c);
    if (sub)
        meta_result_uint(c, sub->count);
}

void meta_subscription_remove_subscriber(struct meta_call *c)
{
    struct realm *r = c->s->realm;
    struct str reason;
    if (!meta_reason_kwarg(c, &reason))
        return;
    struct subscription *sub = meta_subscription_arg(c);
    struct subscriber *member = sub ? broker_find_member(r, sub->id, c->args[1].uint) : NULL;
    if (sub && !member) {
        meta_refuse(c, "wamp.error.no_such_session", "session %llu does not hold this subscription",
                    (unsigned long long)c->args[1].uint);
    } else if (member) {
        meta_result_none(c);
        broker_revoke(r, member, reason);
    }
}
