/* Publishing. */
#include "client/include/wamp/pubsub.h"

#include "client/build.h"
#include "client/message.h"
#include "client/peer.h"
#include "common/uri.h"

static const wamp_pubopt no_options;

struct publication {
    struct request request;
    bool done;
    wamp_rc rc;
    uint64_t id;
};

static void published(struct wamp_peer *p, struct request *r, wamp_rc rc, const struct wamp_msg *m)
{
    struct publication *pub = (struct publication *)r;
    pub->done = true;
    pub->rc = rc;
    if (rc)
        wamp_request_failure(p, rc, m, &p->error);
    else
        pub->id = m->id;
}

/* --- the message --------------------------------------------------------------------------------------------- */

/* Who shall get it: lists, each of one type. */
static wamp_rc put_list(struct dict_build *dict, const char *key, const wamp_val *list, wamp_val_type type,
                        struct why *why)
{
    if (!list)
        return WAMP_OK;
    bool ok = wamp_type(list) == WAMP_T_LIST;
    for (size_t i = 0; ok && i < wamp_len(list); i++)
        ok = wamp_type(wamp_at(list, i)) == type;
    if (!ok) {
        wamp_why(why, "option %s must be a list of %s", key, type == WAMP_T_INT ? "session ids" : "strings");
        return WAMP_E_ARGS;
    }
    wamp_dict_put(dict, str_z(key), *list->v);
    return WAMP_OK;
}

static wamp_rc put_options(struct wamp_peer *p, const wamp_pubopt *opt, const struct payload *payload,
                           struct dict_build *dict, struct why *why)
{
    const struct {
        const char *key;
        const wamp_val *list;
        wamp_val_type type;
    } lists[] = {
        {"exclude", opt->exclude, WAMP_T_INT},
        {"eligible", opt->eligible, WAMP_T_INT},
        {"exclude_authid", opt->exclude_authid, WAMP_T_STR},
        {"eligible_authid", opt->eligible_authid, WAMP_T_STR},
        {"exclude_authrole", opt->exclude_authrole, WAMP_T_STR},
        {"eligible_authrole", opt->eligible_authrole, WAMP_T_STR},
    };
    const struct passthru ppt = {opt->ppt_scheme, opt->ppt_serializer, opt->ppt_cipher, opt->ppt_keyid};
    wamp_dict_put_true(dict, "acknowledge", opt->acknowledge);
    wamp_dict_put_true(dict, "disclose_me", opt->disclose_me);
    wamp_dict_put_true(dict, "retain", opt->retain);
    if (opt->include_me)
        wamp_dict_put(dict, STR("exclude_me"), (struct wamp_value){.kind = WAMP_BOOL, .boolean = false});
    wamp_rc rc = WAMP_OK;
    for (size_t i = 0; !rc && i < sizeof lists / sizeof *lists; i++)
        rc = put_list(dict, lists[i].key, lists[i].list, lists[i].type, why);
    if (!rc)
        rc = wamp_passthru(dict, &ppt, wamp_announced(&p->session.router, BROKER, payload_passthru_mode), payload,
                           why);
    if (!rc)
        rc = wamp_more_options(dict, opt->options, why);
    return !rc && dict->failed ? WAMP_E_NOMEM : rc;
}

/* Options and payload in the peer's arena and buffers. */
static wamp_rc make(struct wamp_peer *p, const char *topic, const wamp_pubopt *opt, const char *fmt,
                    wamp_argv argv, struct wamp_value *options, struct tail *tail, struct why *why)
{
    struct dict_build dict = {.arena = &p->out};
    struct payload payload;
    wamp_arena_reset(&p->out);
    if (!wamp_uri_ok(str_z(topic), WAMP_URI_LOOSE)) {
        wamp_why(why, "'%.100s' is no URI", topic);
        return WAMP_E_ARGS;
    }
    wamp_rc rc = wamp_format(&p->out, fmt, argv, &payload, why);
    if (!rc)
        rc = put_options(p, opt, &payload, &dict, why);
    if (!rc)
        rc = wamp_tail_write(p->config.ser, &payload, false, &p->tail, tail, why);
    *options = wamp_dict_done(&dict);
    return rc;
}

/* An id is taken for each, but only an acknowledged one is waited for. spec: B-048, B-074 */
static wamp_rc send_publish(struct wamp_peer *p, struct publication *pub, const char *topic,
                            const struct wamp_value *options, const struct tail *tail)
{
    wamp_rc rc = wamp_request_open(p, &pub->request, WAMP_PUBLISH, published);
    if (rc)
        return rc;
    rc = wamp_emit(p, &(struct outgoing){.type = WAMP_PUBLISH,
                                         .request = pub->request.id,
                                         .dict = options,
                                         .text = str_z(topic),
                                         .tail = tail});
    if (!rc)
        return WAMP_OK;
    wamp_request_unsent(p, &pub->request);
    return wamp_failure_set(&p->error, rc, "PUBLISH %s: %s", topic,
                            rc == WAMP_E_TOOBIG ? "larger than the router takes" : wamp_rc_name(rc));
}

/* --- waiting ------------------------------------------------------------------------------------------------- */

static bool has_room(void *arg)
{
    struct wamp_peer *p = arg;
    return !p->link || p->link->ops->queued(p->link) < (size_t)p->config.opt.max_queue;
}

static wamp_rc wait_for_room(struct wamp_peer *p)
{
    if (has_room(p))
        return WAMP_OK;
    if (p->config.opt.nonblocking)
        return wamp_failure_set(&p->error, WAMP_E_AGAIN, "max_queue octets wait to be sent");
    wamp_wait(p, has_room, p, WAMP_NEVER);
    return wamp_peer_ready(p);
}

static bool is_done(void *arg)
{
    return ((struct publication *)arg)->done;
}

static wamp_rc publish(struct wamp_peer *p, const char *topic, const wamp_pubopt *opt, const char *fmt,
                       wamp_argv argv)
{
    struct why why = {"out of memory"};
    struct publication pub = {0};
    struct wamp_value options;
    struct tail tail;
    wamp_rc rc = make(p, topic, opt, fmt, argv, &options, &tail, &why);
    if (rc)
        return wamp_failure_set(&p->error, rc, "%s", why.text);
    rc = send_publish(p, &pub, topic, &options, &tail);
    if (rc)
        return rc;
    if (!opt->acknowledge) {
        wamp_request_close(p, &pub.request);
        wamp_peer_flush(p);
        return WAMP_OK;
    }
    int ms = p->config.opt.call_timeout_ms ? p->config.opt.call_timeout_ms : p->config.opt.open_timeout_ms;
    wamp_request_expire(p, &pub.request, ms);
    wamp_wait(p, is_done, &pub, WAMP_NEVER);
    if (opt->publication)
        *opt->publication = pub.id;
    return pub.rc;
}

wamp_rc wamp_publish_v(wamp_peer *p, const char *topic, const wamp_pubopt *opt, const char *fmt, wamp_argv args)
{
    wamp_rc rc = wamp_peer_enter(p);
    if (rc)
        return rc;
    opt = opt ? opt : &no_options;
    rc = p->config.opt.nonblocking && !opt->acknowledge ? wamp_peer_ready_now(p) : wamp_peer_ready(p);
    if (!rc)
        rc = wait_for_room(p);
    if (!rc)
        rc = publish(p, topic ? topic : "", opt, fmt, args);
    wamp_peer_leave(p);
    return rc;
}
