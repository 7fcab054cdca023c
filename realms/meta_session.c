/* wamp.session.*: who is here, and how the others are ended. */
#include "realms/meta_call.h"

#include "common/uri.h"

/* --- sessions by what they are ------------------------------------------------------------------------------ */

/* The filter of the first argument: authroles, or everybody. False: the call was refused. spec: A-SES-11 */
static bool read_filter(struct meta_call *c, struct filter *out)
{
    const struct wamp_item *roles = &c->args[0];
    struct wamp_options o = {.has = UINT64_C(1) << WAMP_OPT_eligible_authrole, .eligible_authrole = *roles};
    struct wamp_item role;
    *out = (struct filter){0};
    if (roles->kind != WAMP_LIST)
        return true;
    struct wamp_iter it = wamp_iter(c->m->ser, roles);
    while (wamp_iter_next(&it, &role)) {
        if (role.kind == WAMP_STR)
            continue;
        meta_refuse(c, "wamp.error.invalid_argument", "an authrole must be a string, got %s",
                    wamp_kind_name(role.kind));
        return false;
    }
    enum wamp_err err = filter_parse(out, c->m->ser, &o, &c->s->realm->arena);
    if (err == WAMP_ERR_TOOBIG)
        meta_refuse(c, "wamp.error.invalid_argument", "a list of authroles may have %d entries", FILTER_LIST_MAX);
    else if (err)
        meta_refuse_nomem(c);
    return !err;
}

/* The ids of those that the filter lets through, in the order of their joining. False: the call was refused. */
static bool select_sessions(struct meta_call *c, const struct filter *f, struct id_list *out)
{
    struct realm *r = c->s->realm;
    struct session *s, *tmp;
    *out = (struct id_list){.ids = wamp_arena_alloc(&r->arena, HASH_COUNT(r->sessions) * sizeof(uint64_t))};
    if (!out->ids) {
        meta_refuse_nomem(c);
        return false;
    }
    HASH_ITER(hh, r->sessions, s, tmp)
    {
        if (filter_allows(f, s))
            out->ids[out->count++] = s->id;
    }
    return true;
}

/* --- count, list, get ---------------------------------------------------------------------------------------- */

void meta_session_count(struct meta_call *c)
{
    struct filter filter;
    struct id_list found;
    if (!read_filter(c, &filter))
        return;
    if (filter_is_open(&filter))
        meta_result_uint(c, realm_session_count(c->s->realm));
    else if (select_sessions(c, &filter, &found))
        meta_result_uint(c, found.count);
}

void meta_session_list(struct meta_call *c)
{
    struct filter filter;
    struct id_list found;
    if (read_filter(c, &filter) && select_sessions(c, &filter, &found))
        meta_result_ids(c, found.ids, found.count);
}

void meta_session_get(struct meta_call *c)
{
    struct session *target = meta_session_arg(c, 0);
    if (!target)
        return;
    struct wamp_wr w = meta_result_begin(c, 1);
    meta_write_session(&w, target);
    meta_result_end(c, &w);
}

/* --- the kill procedures ------------------------------------------------------------------------------------ */

/* What the killed are told. */
struct farewell {
    struct str reason, message;
};

/* False: the call was refused. spec: A-SES-04, A-SES-06, R-17 */
static bool read_farewell(struct meta_call *c, struct farewell *out)
{
    if (!meta_reason_kwarg(c, &out->reason) || !meta_text_kwarg(c, "message", &out->message))
        return false;
    if (!out->reason.ptr)
        out->reason =
            c->s->realm->rules->kill_reason_is_normal ? STR("wamp.close.normal") : STR("wamp.close.killed");
    return true;
}

/* The session is taken out when the call has been served. spec: A-SES-09 */
static void kill_session(struct session *s, const struct farewell *f)
{
    send_goodbye(s, f->reason, f->message);
    session_doom(s, CLOSE_KILLED);
}

/* Kills all that the filter lets through but the caller. False: the call was refused. spec: A-SES-05 */
static bool kill_selected(struct meta_call *c, struct filter whom, bool silent, struct id_list *killed)
{
    struct farewell farewell;
    whom.exclude = (struct id_list){.given = true, .count = 1, .ids = &c->s->id};
    if (!read_farewell(c, &farewell) || !select_sessions(c, &whom, killed))
        return false;
    for (uint32_t i = 0; i < killed->count; i++) {
        struct session *s = session_find(c->s->realm, killed->ids[i]);
        s->silent = silent;
        kill_session(s, &farewell);
    }
    return true;
}

void meta_session_kill(struct meta_call *c)
{
    struct farewell farewell;
    if (!read_farewell(c, &farewell))
        return;
    struct session *target = meta_session_arg(c, 0);
    if (target == c->s) {
        meta_refuse(c, "wamp.error.no_such_session", "a session does not kill itself");
    } else if (target) {
        kill_session(target, &farewell);
        meta_result_none(c);
    }
}

/* spec: A-SES-07 */
void meta_session_kill_by_authid(struct meta_call *c)
{
    struct str authid;
    struct id_list killed;
    struct filter whom = {.eligible_authid = {.given = true, .count = 1, .names = &authid}};
    if (meta_text_arg(c, 0, &authid) && kill_selected(c, whom, false, &killed))
        meta_result_ids(c, killed.ids, killed.count);
}

void meta_session_kill_by_authrole(struct meta_call *c)
{
    struct str authrole;
    struct id_list killed;
    struct filter whom = {.eligible_authrole = {.given = true, .count = 1, .names = &authrole}};
    if (!meta_text_arg(c, 0, &authrole) || !kill_selected(c, whom, false, &killed))
        return;
    if (c->s->realm->rules->kill_by_authrole_lists)
        meta_result_ids(c, killed.ids, killed.count);
    else
        meta_result_uint(c, killed.count);
}

/* spec: A-SES-08, T-43 */
void meta_session_kill_all(struct meta_call *c)
{
    struct id_list killed;
    if (kill_selected(c, (struct filter){0}, true, &killed))
        meta_result_uint(c, killed.count);
}
