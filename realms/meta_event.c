/* Meta events: what the router publishes about sessions, registrations and subscriptions. */
#include "realms/meta.h"

#include "common/uri.h"
#include "realms/meta_call.h"

bool meta_hides_topic(struct str uri)
{
    return wamp_uri_is_reserved(uri);
}

bool meta_hides_procedure(struct str uri)
{
    size_t digits = 0;
    if (!str_starts(uri, STR("cb.")))
        return wamp_uri_is_reserved(uri);
    struct str rest = str_from(uri, 3);
    while (digits < rest.len && rest.ptr[digits] >= '0' && rest.ptr[digits] <= '9')
        digits++;
    return digits > 0 && digits < rest.len && rest.ptr[digits] == '.';
}

/* --- making and publishing ----------------------------------------------------------------------------------- */

/* Whether somebody would get the event; then its arguments, `count` of them, are to be written with *w: once, in
 * one form, whatever the receivers' are. */
static bool event_begin(struct realm *r, struct str topic, uint32_t count, struct wamp_wr *w)
{
    if (r->config.meta_api_denied || !broker_has_audience(r, topic))
        return false;
    *w = wamp_payload_begin(&r->reply, WAMP_MSGPACK);
    wamp_wr_list(w, count);
    return true;
}

/* The publisher is the router: not shown, and not excluded. spec: A-RMA-09, A-RMA-10, T-14, T-15 */
static void event_publish(struct realm *r, struct str topic, struct wamp_wr *w)
{
    struct wamp_payload payload;
    wamp_wr_list_end(w);
    wamp_payload_end(w, 1, &payload);
    payload.args = payload.tail;
    struct event e = {.publication = realm_random_id(r), .topic = topic, .payload = &payload, .trust = NO_TRUST,
                      .is_meta = true};
    broker_dispatch(r, &e);
}

void meta_publish_pair(struct realm *r, struct str topic, uint64_t session, uint64_t id)
{
    struct wamp_wr w;
    if (!event_begin(r, topic, 2, &w))
        return;
    wamp_wr_uint(&w, session);
    wamp_wr_uint(&w, id);
    event_publish(r, topic, &w);
}

/* --- the events -------------------------------------------------------------------------------------------- */

void meta_on_subscribe(struct realm *r, struct session *s, const struct subscription *sub, bool created)
{
    struct str topic = STR("wamp.subscription.on_create");
    struct wamp_wr w;
    if (created && event_begin(r, topic, 2, &w)) {
        wamp_wr_uint(&w, s->id);
        meta_write_subscription(&w, sub);
        event_publish(r, topic, &w);
    }
    meta_publish_pair(r, STR("wamp.subscription.on_subscribe"), s->id, sub->id);
}

void meta_on_register(struct realm *r, struct session *s, const struct registration *reg, bool created)
{
    struct str topic = STR("wamp.registration.on_create");
    struct wamp_wr w;
    if (meta_hides_procedure(registration_uri(reg)) || s->is_link)
        return;
    if (created && event_begin(r, topic, 2, &w)) {
        wamp_wr_uint(&w, s->id);
        meta_write_registration(&w, reg);
        event_publish(r, topic, &w);
    }
    meta_publish_pair(r, STR("wamp.registration.on_register"), s->id, reg->id);
}

void meta_on_join(struct session *s)
{
    struct str topic = STR("wamp.session.on_join");
    struct wamp_wr w;
    if (s->is_link || !event_begin(s->realm, topic, 1, &w))
        return;
    meta_write_session(&w, s);
    event_publish(s->realm, topic, &w);
}

void meta_on_leave(struct session *s)
{
    bool id_only = s->realm->rules->on_leave_is_id_only;
    struct str topic = STR("wamp.session.on_leave");
    struct wamp_wr w;
    if (s->is_link || !event_begin(s->realm, topic, id_only ? 1 : 3, &w))
        return;
    wamp_wr_uint(&w, s->id);
    if (!id_only) {
        wamp_wr_str(&w, s->authid);
        wamp_wr_str(&w, s->authrole);
    }
    event_publish(s->realm, topic, &w);
}
