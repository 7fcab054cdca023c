/* wamp.session.add_testament and flush_testaments: what the caller wants published when it is gone. spec: A-TST */
#include "realms/meta_call.h"

#include "common/uri.h"
#include "realms/authorization.h"
#include "realms/testament.h"

/* False: the call was refused. spec: A-TST-05 */
static bool read_scope(struct meta_call *c, enum testament_scope *out)
{
    struct str scope;
    *out = TESTAMENT_DESTROYED;
    if (!meta_text_kwarg(c, "scope", &scope))
        return false;
    if (!scope.ptr || str_eq(scope, STR("destroyed")))
        return true;
    *out = TESTAMENT_DETACHED;
    if (str_eq(scope, STR("detached")))
        return true;
    meta_refuse(c, "wamp.error.invalid_argument", "scope must be \"destroyed\" or \"detached\"");
    return false;
}

/* As in a PUBLISH. False: the call was refused. spec: B-055, A-TST-05 */
static bool topic_ok(struct meta_call *c, struct str topic)
{
    if (!wamp_uri_ok(topic, c->s->realm->config.uri_rule))
        meta_refuse(c, "wamp.error.invalid_uri", "not a valid topic");
    else if (wamp_uri_is_reserved(topic))
        meta_refuse(c, "wamp.error.invalid_uri", "topics under wamp. belong to the router");
    else
        return true;
    return false;
}

/* Judges the options as those of a PUBLISH, so that nothing is wrong with them when they are needed. False: the
 * call was refused. spec: A-TST-04..A-TST-06 */
static bool options_ok(struct meta_call *c, const struct wamp_item *dict, const struct grant *grant)
{
    const struct realm *r = c->s->realm;
    struct wamp_options o;
    struct wamp_fault why;
    struct filter filter;
    enum wamp_err err = wamp_options_parse(c->m->ser, WAMP_PUBLISH, dict, &c->s->realm->arena, &o, &why);
    if (!err)
        err = filter_parse(&filter, c->m->ser, &o, &c->s->realm->arena);
    if (err == WAMP_ERR_NOMEM)
        meta_refuse_nomem(c);
    else if (err == WAMP_ERR_TOOBIG)
        meta_refuse(c, "wamp.error.invalid_argument", "a list of receivers may have %d entries", FILTER_LIST_MAX);
    else if (err)
        meta_refuse(c, "wamp.error.invalid_argument", "publish_options: %s", why.text);
    else if (o.ppt_scheme.len)
        meta_refuse(c, "wamp.error.invalid_argument", "publish_options: no payload passthru mode for testaments");
    else if (o.disclose_me && !grant->discloses && r->config.disclosure == DISCLOSE_NEVER &&
             !r->rules->disclose_me_never_refused)
        meta_refuse(c, "wamp.error.option_disallowed.disclose_me", "this realm does not disclose publishers");
    else
        return true;
    return false;
}

/* As in a PUBLISH. spec: A-AZN-02 */
static bool may_publish(struct meta_call *c, struct str topic, struct str options, struct grant *grant)
{
    struct wish wish = {ACTION_PUBLISH, topic, WAMP_MATCH_EXACT, options};
    return authorize(c->s, c->m, &wish, grant) == ACCESS_GRANTED;
}

void meta_session_add_testament(struct meta_call *c)
{
    enum testament_scope scope;
    struct wamp_item options;
    struct str topic;
    struct grant grant;
    if (!meta_text_arg(c, 0, &topic) || !read_scope(c, &scope) || !topic_ok(c, topic) ||
        !meta_kwarg(c, "publish_options", WAMP_MAP, &options))
        return;
    struct str raw = wamp_item_absent(&options) ? STR("") : options.raw;
    if (!may_publish(c, topic, raw, &grant) || (raw.len && !options_ok(c, &options, &grant)))
        return;
    enum wamp_err err = testament_add(c->s, scope, topic, c->args[1].raw, c->args[2].raw, raw, grant.discloses);
    if (err == WAMP_ERR_TOOBIG)
        meta_refuse(c, "wampd.error.limit_exceeded", "a session may have %d testaments of %d octets in all",
                    TESTAMENTS_MAX, TESTAMENT_BYTES_MAX);
    else if (err)
        meta_refuse_nomem(c);
    else
        meta_result_none(c);
}

/* spec: A-TST-02 */
void meta_session_flush_testaments(struct meta_call *c)
{
    enum testament_scope scope;
    if (!read_scope(c, &scope))
        return;
    testaments_flush(c->s, scope);
    meta_result_none(c);
}
