#include "realms/testament.h"

#include "common/mem.h"
#include "realms/authorization.h"
#include "realms/inner.h"

struct testament {
    struct list link;  /* session.testaments[scope] */
    size_t bytes;
    bool discloses;
    struct str uri;
    struct str options;            /* PUBLISH.Options, raw; checked when it was added */
    struct wamp_payload payload;
    struct wamp_arena arena;       /* holds the above */
};

static void testament_free(struct session *s, struct testament *t)
{
    list_remove(&t->link);
    s->testament_count--;
    s->testament_bytes -= t->bytes;
    wamp_arena_fini(&t->arena);
    wamp_free(t);
}

static bool is_empty(enum wamp_ser ser, struct str value)
{
    struct wamp_item item;
    return wamp_item_parse(ser, value, &item) || item.count == 0;
}

/* Arguments and ArgumentsKw as a payload; what is empty at its end is left out. spec: B-045 */
static bool make_payload(struct testament *t, enum wamp_ser ser, struct str args, struct str kwargs)
{
    struct wamp_buf buf = {0};
    struct wamp_wr w = wamp_payload_begin(&buf, ser);
    unsigned arity = !is_empty(ser, kwargs) ? 2 : !is_empty(ser, args) ? 1 : 0;
    if (arity > 0)
        wamp_wr_raw(&w, args);
    if (arity > 1)
        wamp_wr_raw(&w, kwargs);
    wamp_payload_end(&w, arity, &t->payload);
    t->payload.args = args;
    t->payload.kwargs = kwargs;
    bool ok = !buf.failed && wamp_payload_keep(&t->payload, &t->arena);
    wamp_buf_fini(&buf);
    return ok;
}

enum wamp_err testament_add(struct session *s, enum testament_scope scope, struct str uri, struct str args,
                            struct str kwargs, struct str publish_options, bool discloses)
{
    size_t bytes = uri.len + args.len + kwargs.len + publish_options.len;
    if (s->testament_count >= TESTAMENTS_MAX || s->testament_bytes + bytes > TESTAMENT_BYTES_MAX)
        return WAMP_ERR_TOOBIG;
    struct testament *t = wamp_zalloc(sizeof *t);
    if (!t)
        return WAMP_ERR_NOMEM;
    t->bytes = bytes;
    t->discloses = discloses;
    list_add_tail(&s->testaments[scope], &t->link);
    s->testament_count++;
    s->testament_bytes += bytes;
    t->uri = uri;
    t->options = publish_options;
    if (wamp_arena_keep(&t->arena, &t->uri) && wamp_arena_keep(&t->arena, &t->options) &&
        make_payload(t, s->ser, args, kwargs))
        return WAMP_ERR_NONE;
    testament_free(s, t);
    return WAMP_ERR_NOMEM;
}

void testaments_flush(struct session *s, enum testament_scope scope)
{
    for (struct list *n; (n = list_first(&s->testaments[scope]));)
        testament_free(s, list_entry(n, struct testament, link));
}

/* As if s, which is gone, had sent PUBLISH: nobody is excluded as the publisher. spec: A-TST-04, A-TST-06 */
static void publish(struct session *s, const struct testament *t)
{
    struct wamp_msg m = {.type = WAMP_PUBLISH, .ser = s->ser, .uri = t->uri, .payload = t->payload};
    struct wish wish = {ACTION_PUBLISH, t->uri, WAMP_MATCH_EXACT, t->options};
    struct grant grant = {.discloses = t->discloses};
    struct wamp_fault why;
    if (!authorization_stands(s, &wish, &grant))
        return;
    if (t->options.len && (wamp_item_parse(s->ser, t->options, &m.dict) ||
                           wamp_options_parse(s->ser, WAMP_PUBLISH, &m.dict, &s->realm->arena, &m.opt, &why)))
        return;
    m.opt.acknowledge = false;
    m.opt.has |= UINT64_C(1) << WAMP_OPT_exclude_me;
    m.opt.exclude_me = false;
    broker_publish(s, &m, grant.discloses);
}

void testaments_publish(struct session *s)
{
    for (int scope = TESTAMENT_DETACHED; scope <= TESTAMENT_DESTROYED; scope++)
        for (struct list *n = list_first(&s->testaments[scope]); n; n = list_next(&s->testaments[scope], n))
            publish(s, list_entry(n, struct testament, link));
}
