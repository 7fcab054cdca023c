#include "realms/session.h"

#include "common/mem.h"
#include "realms/authorization.h"
#include "realms/inner.h"
#include "realms/send.h"

/* --- coming and going ----------------------------------------------------------------------------------- */

/* Copies text to *at, and moves *at behind it. */
static struct str put_text(char **at, struct str text)
{
    struct str copy = str_of(*at, text.len);
    if (text.len)
        memcpy(*at, text.ptr, text.len);
    *at += text.len;
    return copy;
}

static void put_texts(struct session *s, const struct session_info *info)
{
    char *at = s->text;
    s->authid = put_text(&at, info->authid);
    s->authrole = put_text(&at, info->authrole);
    s->authmethod = put_text(&at, info->authmethod);
    s->authprovider = put_text(&at, info->authprovider);
    s->transport = put_text(&at, info->transport);
    s->peer_agent = put_text(&at, info->peer_agent);
}

static void init_lists(struct session *s)
{
    list_init(&s->subscribers);
    list_init(&s->callees);
    list_init(&s->calls);
    list_init(&s->invocations);
    list_init(&s->ended_calls);
    list_init(&s->testaments[0]);
    list_init(&s->testaments[1]);
}

#define AUTOBAHN_FEATURES(X)                                                                                 \
    X(SUBSCRIBER, publisher_identification) X(SUBSCRIBER, pattern_based_subscription)                        \
    X(SUBSCRIBER, subscription_revocation) X(PUBLISHER, publisher_identification)                            \
    X(PUBLISHER, subscriber_blackwhite_listing) X(PUBLISHER, publisher_exclusion)                            \
    X(CALLER, caller_identification) X(CALLER, progressive_call_results) X(CALLER, call_canceling)           \
    X(CALLEE, caller_identification) X(CALLEE, pattern_based_registration) X(CALLEE, shared_registration)    \
    X(CALLEE, progressive_call_results) X(CALLEE, registration_revocation) X(CALLEE, call_canceling)
#define FEATURE_BIT(role, key) | WAMP_FEATURE_BIT(role, key)

/* autobahn-python does not give its name. Of the features that we know it announces just these. */
static bool is_autobahn_python(const struct session_info *info)
{
    return !info->peer_agent.len && info->roles.features == (0 AUTOBAHN_FEATURES(FEATURE_BIT));
}

/* What s announced, but for what it is known not to bear. spec: T-37 */
static struct wamp_roles roles_of(const struct realm *r, const struct session_info *info)
{
    struct wamp_roles roles = info->roles;
    if (r->rules->revocation_spares_autobahn && is_autobahn_python(info))
        roles.features &= ~WAMP_FEATURE_BIT(SUBSCRIBER, subscription_revocation);
    return roles;
}

static struct session *session_alloc(struct realm *r, const struct session_info *info)
{
    size_t text = info->authid.len + info->authrole.len + info->authmethod.len + info->authprovider.len +
                  info->transport.len + info->peer_agent.len;
    struct session *s = wamp_zalloc(sizeof *s + text);
    if (!s)
        return NULL;
    s->id = info->id;
    s->ser = info->ser;
    s->roles = roles_of(r, info);
    s->max_message = info->max_message;
    s->peer = info->peer;
    s->realm = r;
    put_texts(s, info);
    init_lists(s);
    return s;
}

struct session *session_new(struct realm *r, const struct session_info *info)
{
    struct session *s = session_alloc(r, info);
    if (!s)
        return NULL;
    roles_give(r->roles, s);
    HASH_ADD(hh, r->sessions, id, sizeof s->id, s);
    if (wamp_map_added(s))
        return s;
    wamp_free(s);
    return NULL;
}

/* CBOR can hold what the others can, but for MessagePack's ext. */
struct session *session_new_own(struct realm *r)
{
    return session_alloc(r, &(struct session_info){.ser = WAMP_CBOR});
}

void session_free(struct session *s)
{
    if (!s)
        return;
    wamp_buf_fini(&s->extra);
    wamp_free(s);
}

struct session *session_find(struct realm *r, uint64_t id)
{
    struct session *s = NULL;
    HASH_FIND(hh, r->sessions, &id, sizeof id, s);
    return s;
}

void session_doom(struct session *s, enum close_reason why)
{
    if (session_is_doomed(s) || s == s->realm->own_calls.session)
        return;
    s->why = why;
    list_add_tail(&s->realm->doomed, &s->doomed);
}

void *session_peer(const struct session *s)
{
    return s->peer;
}

uint64_t session_id(const struct session *s)
{
    return s->id;
}

enum wamp_ser session_ser(const struct session *s)
{
    return s->ser;
}

/* --- WELCOME -------------------------------------------------------------------------------------------- */

#define DEALER_FEATURES(X)                                                                                   \
    X(progressive_call_results) X(progressive_call_invocations) X(call_timeout) X(call_canceling)            \
    X(caller_identification) X(call_trustlevels) X(call_reroute) X(pattern_based_registration)               \
    X(shared_registration) X(registration_revocation) X(payload_passthru_mode)
#define DEALER_META(X) X(registration_meta_api) X(session_meta_api) X(testament_meta_api)
#define BROKER_FEATURES(X)                                                                                   \
    X(subscriber_blackwhite_listing) X(publisher_exclusion) X(publisher_identification)                      \
    X(publication_trustlevels) X(pattern_based_subscription) X(subscription_revocation) X(event_retention)   \
    X(payload_passthru_mode)
#define BROKER_META(X) X(subscription_meta_api) X(session_meta_api)

#define DEALER_BIT(key) | WAMP_FEATURE_BIT(DEALER, key)
#define BROKER_BIT(key) | WAMP_FEATURE_BIT(BROKER, key)

/* Exactly what works in this realm. spec: A-FEAT-01, B-007 */
static struct wamp_roles our_roles(const struct realm_config *config)
{
    struct wamp_roles roles = {
        .roles = 1u << WAMP_DEALER | 1u << WAMP_BROKER,
        .features = 0 DEALER_FEATURES(DEALER_BIT) BROKER_FEATURES(BROKER_BIT),
    };
    if (config->meta_api_denied)
        return roles;
    roles.features |= 0 DEALER_META(DEALER_BIT) BROKER_META(BROKER_BIT);
    if (config->history_count)
        roles.features |= WAMP_FEATURE_BIT(DEALER, event_history) | WAMP_FEATURE_BIT(BROKER, event_history);
    return roles;
}

static void write_text(struct wamp_wr *w, struct str key, struct str text)
{
    wamp_wr_key(w, key);
    wamp_wr_str(w, text);
}

void session_welcome(struct session *s, const struct session_info *info)
{
    const struct realm_config *config = &s->realm->config;
    struct wamp_roles roles = our_roles(config);
    struct wamp_wr w = wamp_head_begin(&s->realm->head, s->ser, WAMP_WELCOME, 3, 0);
    wamp_wr_uint(&w, s->id);
    wamp_wr_map(&w, 6 + (info->agent.len > 0) + (info->authextra.len > 0) + info->flow_control);
    write_text(&w, STR("realm"), config->name);
    write_text(&w, STR("authid"), s->authid);
    write_text(&w, STR("authrole"), s->authrole);
    write_text(&w, STR("authmethod"), s->authmethod);
    write_text(&w, STR("authprovider"), s->authprovider);
    if (info->agent.len)
        write_text(&w, STR("agent"), info->agent);
    if (info->authextra.len) {
        wamp_wr_key(&w, STR("authextra"));
        wamp_wr_raw(&w, info->authextra);
    }
    if (info->flow_control) {
        wamp_wr_key(&w, STR("_wampd_flow"));
        wamp_wr_bool(&w, true);
    }
    wamp_wr_key(&w, STR("roles"));
    wamp_roles_write(&w, &roles);
    wamp_wr_map_end(&w);
    struct wamp_frame f = wamp_head_end(&w, WAMP_WELCOME, 0, str_of("", 0));
    send_frame(s, &f);
}

/* --- GOODBYE and ABORT ---------------------------------------------------------------------------------- */

static struct str goodbye_reason(const struct rules *rules, struct str theirs)
{
    struct str normal = STR("wamp.close.normal");
    if (rules->goodbye_is_normal || (rules->goodbye_echoes_normal && str_eq(theirs, normal)))
        return normal;
    return STR("wamp.close.goodbye_and_out");
}

/* [GOODBYE, Details|dict, Reason|uri] */
void session_on_goodbye(struct session *s, const struct wamp_msg *m)
{
    send_goodbye(s, goodbye_reason(s->realm->rules, m->uri), STR(""));
    session_doom(s, CLOSE_GOODBYE);
}

/* [ABORT, Details|dict, Reason|uri (, Arguments, ArgumentsKw)] */
void session_on_abort(struct session *s, const struct wamp_msg *m)
{
    (void)m;
    session_doom(s, CLOSE_ABORTED);
}
