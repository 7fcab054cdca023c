/* From a CALL under wamp. to its handler: the table of procedures, who may call them, what arguments they take,
 * and how they answer. */
#include "realms/meta.h"

#include "common/uri.h"
#include "realms/authorization.h"
#include "realms/meta_call.h"

/* --- procedures ------------------------------------------------------------------------------------------ */

enum right { ANYONE, KILL };

struct procedure {
    const char *uri;
    void (*serve)(struct meta_call *c);
    enum right right;
    const char *arguments;  /* letters of meta.def */
};

static const struct procedure procedures[] = {
#define PROCEDURE(object, verb, right, arguments)                                                            \
    {"wamp." #object "." #verb, meta_##object##_##verb, right, arguments},
#include "realms/meta.def"
#undef PROCEDURE
};

static const struct procedure *find_procedure(struct str uri)
{
    for (size_t i = 0; i < sizeof procedures / sizeof *procedures; i++)
        if (str_eq(uri, str_z(procedures[i].uri)))
            return &procedures[i];
    return NULL;
}

/* --- arguments ------------------------------------------------------------------------------------------- */

static const struct argument_type {
    char letter;
    enum wamp_kind kind;
    bool or_null;
    const char *words;
} argument_types[] = {  /* every letter of meta.def */
    {'i', WAMP_UINT, false, "an id (an integer from 1 to 2^53)"},
    {'s', WAMP_STR, false, "a string"},
    {'r', WAMP_LIST, true, "a list of authroles, or null"},
    {'l', WAMP_LIST, false, "a list"},
    {'d', WAMP_MAP, false, "a dict"},
};

static const struct argument_type *argument_type(char letter)
{
    const struct argument_type *type = argument_types;
    while (type->letter != letter)
        type++;
    return type;
}

static bool fits(const struct argument_type *type, const struct wamp_item *item)
{
    if (item->kind != type->kind)
        return type->or_null && item->kind == WAMP_NULL;
    return type->letter != 'i' || (item->uint >= 1 && item->uint <= WAMP_ID_MAX);
}

static bool refuse_count(struct meta_call *c, const struct procedure *p, unsigned least, unsigned most,
                         unsigned got)
{
    if (least == most)
        meta_refuse(c, "wamp.error.invalid_argument", "%s takes %u argument%s, got %u", p->uri, most,
                    most == 1 ? "" : "s", got);
    else
        meta_refuse(c, "wamp.error.invalid_argument", "%s takes %u to %u arguments, got %u", p->uri, least, most,
                    got);
    return false;
}

/* Takes the arguments apart. False: they do not fit, and the call was refused. */
static bool take_arguments(struct meta_call *c, const struct procedure *p, const struct wamp_item *list)
{
    size_t least = strcspn(p->arguments, "|"), optional = strlen(p->arguments + least);
    size_t most = least + (optional ? optional - 1 : 0);
    if (list->count < least || list->count > most)
        return refuse_count(c, p, (unsigned)least, (unsigned)most, list->count);
    if (!list->count)
        return true;
    struct wamp_iter it = wamp_iter(c->m->ser, list);
    for (size_t i = 0; wamp_iter_next(&it, &c->args[i]); i++) {
        const struct argument_type *type = argument_type(p->arguments[i < least ? i : i + 1]);
        if (fits(type, &c->args[i]))
            continue;
        enum wamp_kind got = c->args[i].kind;
        meta_refuse(c, "wamp.error.invalid_argument", "%s: argument %u must be %s, got %s", p->uri,
                    (unsigned)i + 1, type->words, got == type->kind ? "one out of range" : wamp_kind_name(got));
        return false;
    }
    return true;
}

bool meta_text_arg(struct meta_call *c, unsigned i, struct str *out)
{
    if (!wamp_item_text(c->m->ser, &c->args[i], &c->s->realm->arena, out))
        return true;
    meta_refuse_nomem(c);
    return false;
}

struct session *meta_session_arg(struct meta_call *c, unsigned i)
{
    struct session *s = session_find(c->s->realm, c->args[i].uint);
    if (!s)
        meta_refuse(c, "wamp.error.no_such_session", "no session %llu", (unsigned long long)c->args[i].uint);
    return s;
}

bool meta_match_arg(struct meta_call *c, unsigned i, enum wamp_match *out)
{
    struct wamp_item match;
    struct str name = {0};
    *out = WAMP_MATCH_EXACT;
    if (wamp_item_absent(&c->args[i]) || !wamp_dict_find(c->m->ser, &c->args[i], STR("match"), &match))
        return true;
    if (match.kind == WAMP_STR && wamp_item_text(c->m->ser, &match, &c->s->realm->arena, &name)) {
        meta_refuse_nomem(c);
        return false;
    }
    for (int policy = 0; policy < WAMP_MATCH_COUNT; policy++) {
        *out = (enum wamp_match)policy;
        if (str_eq(name, str_z(wamp_match_name(*out))))
            return true;
    }
    meta_refuse(c, "wamp.error.invalid_argument", "match must be \"exact\", \"prefix\" or \"wildcard\"");
    return false;
}

bool meta_kwarg(struct meta_call *c, const char *key, enum wamp_kind kind, struct wamp_item *out)
{
    if (!wamp_dict_find(c->m->ser, &c->kwargs, str_z(key), out)) {
        out->kind = WAMP_ABSENT;
        return true;
    }
    if (out->kind == kind)
        return true;
    meta_refuse(c, "wamp.error.invalid_argument", "%s must be of type %s, got %s", key, wamp_kind_name(kind),
                wamp_kind_name(out->kind));
    return false;
}

bool meta_text_kwarg(struct meta_call *c, const char *key, struct str *out)
{
    struct wamp_item item;
    *out = (struct str){0};
    if (!meta_kwarg(c, key, WAMP_STR, &item))
        return false;
    if (wamp_item_absent(&item) || !wamp_item_text(c->m->ser, &item, &c->s->realm->arena, out))
        return true;
    meta_refuse_nomem(c);
    return false;
}

bool meta_reason_kwarg(struct meta_call *c, struct str *out)
{
    if (!meta_text_kwarg(c, "reason", out))
        return false;
    if (!out->ptr || wamp_uri_ok(*out, c->s->realm->config.uri_rule))
        return true;
    meta_refuse(c, "wamp.error.invalid_argument", "reason must be a URI");
    return false;
}

/* --- answers --------------------------------------------------------------------------------------------- */

void meta_refuse_nomem(struct meta_call *c)
{
    meta_refuse(c, "wamp.error.network_failure", "out of memory");
}

struct wamp_wr meta_result_begin(struct meta_call *c, uint32_t count)
{
    struct wamp_wr w = wamp_payload_begin(&c->s->realm->reply, c->s->ser);
    wamp_wr_list(&w, count);
    return w;
}

/* [RESULT, CALL.Request|id, {} (, Arguments, ArgumentsKw)]   spec: B-101 */
static void send_result(struct meta_call *c, unsigned arity, struct str tail)
{
    struct session *s = c->s;
    struct wamp_wr w = wamp_head_begin(&s->realm->head, s->ser, WAMP_RESULT, 3, arity);
    wamp_wr_uint(&w, c->m->request);
    wamp_wr_map(&w, 0);
    wamp_wr_map_end(&w);
    struct wamp_frame f = wamp_head_end(&w, WAMP_RESULT, arity, tail);
    if (frame_too_big(s, &f))
        meta_refuse(c, "wamp.error.payload_size_exceeded", "the result has %zu octets, and the caller takes %zu",
                    wamp_frame_len(&f), s->max_message);
    else
        send_frame(s, &f);
}

void meta_result_send(struct meta_call *c, struct wamp_wr *w, unsigned arity)
{
    struct wamp_payload p;
    wamp_payload_end(w, arity, &p);
    if (w->out->failed)
        meta_refuse_nomem(c);
    else
        send_result(c, arity, p.tail);
}

void meta_result_end(struct meta_call *c, struct wamp_wr *w)
{
    wamp_wr_list_end(w);
    meta_result_send(c, w, 1);
}

void meta_result_none(struct meta_call *c)
{
    send_result(c, 0, STR(""));
}

void meta_result_uint(struct meta_call *c, uint64_t value)
{
    struct wamp_wr w = meta_result_begin(c, 1);
    wamp_wr_uint(&w, value);
    meta_result_end(c, &w);
}

void meta_result_id(struct meta_call *c, uint64_t id)
{
    struct wamp_wr w = meta_result_begin(c, 1);
    if (id)
        wamp_wr_uint(&w, id);
    else
        wamp_wr_null(&w);
    meta_result_end(c, &w);
}

void meta_result_ids(struct meta_call *c, const uint64_t *ids, uint32_t count)
{
    struct wamp_wr w = meta_result_begin(c, 1);
    meta_write_ids(&w, ids, count);
    meta_result_end(c, &w);
}

/* --- calls ----------------------------------------------------------------------------------------------- */

/* Arguments or ArgumentsKw of the message. */
static struct wamp_item part_of(const struct wamp_msg *m, struct str raw)
{
    struct wamp_item item;
    if (!raw.len || wamp_item_parse(m->ser, raw, &item))
        item = (struct wamp_item){.kind = WAMP_ABSENT};
    return item;
}

static void serve(struct session *s, const struct wamp_msg *m, const struct procedure *p)
{
    struct wamp_item list = part_of(m, m->payload.args);
    struct meta_call c = {.s = s, .m = m, .kwargs = part_of(m, m->payload.kwargs)};
    for (unsigned i = 0; i < META_ARGUMENTS_MAX; i++)
        c.args[i].kind = WAMP_ABSENT;
    if (take_arguments(&c, p, &list))
        p->serve(&c);
}

/* spec: A-SES-13, R-20 */
static bool may_call(const struct realm *r, const struct procedure *p, const struct grant *grant)
{
    return p->right == ANYONE || r->config.kill_allowed || r->rules->kill_by_catch_all || grant->is_explicit;
}

/* Rights come before anything that tells what exists. spec: A-AZN-03 */
void meta_on_call(struct session *s, const struct wamp_msg *m, const struct grant *grant)
{
    const struct realm_config *config = &s->realm->config;
    const struct procedure *p = find_procedure(m->uri);
    if (config->meta_api_denied)
        send_error(s, WAMP_CALL, m->request, "wamp.error.not_authorized",
                   "this realm does not offer its meta API");
    else if (!p)
        send_error(s, WAMP_CALL, m->request, "wamp.error.no_such_procedure",
                   "no callee registered for procedure <%.*s>", STR_ARG(m->uri));
    else if (!may_call(s->realm, p, grant))
        send_error(s, WAMP_CALL, m->request, "wamp.error.not_authorized", "%s needs to be granted explicitly",
                   p->uri);
    else
        serve(s, m, p);
}
