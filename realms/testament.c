#include "realms/testament.h"

#include "common/mem.h"
#include "realms/inner.h"
#include "realms/retained.h"

struct testament {
    struct list link;  /* session.testaments[scope] */
    size_t bytes;
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

static bool copy(struct wamp_arena *arena, struct str from, struct str *to)
{
    *to = wamp_arena_copy(arena, from);
    return to->ptr != NULL;
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
    bool ok = !buf.failed && copy(&t->arena, t->payload.tail, &t->payload.tail) &&
              copy(&t->arena, args, &t->payload.args) && copy(&t->arena, kwargs, &t->payload.kwargs);
    wamp_buf_fini(&buf);
    return ok;
}

enum wamp_err testament_add(struct session *s, enum testament_scope scope, struct str uri, struct str args,
                            struct str kwargs, struct str publish_options)
{
    size_t bytes = uri.len + args.len + kwargs.len + publish_options.len;
    if (s->testament_count >= TESTAMENTS_MAX || s->testament_bytes + bytes > TESTAMENT_BYTES_MAX)
        return WAMP_ERR_TOOBIG;
    struct testament *t = wamp_zalloc(sizeof *t);
    if (!t)
        return WAMP_ERR_NOMEM;
    t->bytes = bytes;
    list_add_tail(&s->testaments[scope], &t->link);
    s->testament_count++;
    s->testament_bytes += bytes;
    if (copy(&t->arena, uri, &t->uri) && copy(&t->arena, publish_options, &t->options) &&
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

/* Like a PUBLISH of the session that is gone: nobody is excluded as the publisher. spec: A-TST-04, A-TST-06 */
static void publish(struct session *s, const struct testament *t)
{
    struct realm *r = s->realm;
    struct wamp_options options = {0};
    struct wamp_fault why;
    struct wamp_item dict;
    struct filter filter;
    if (t->options.len && (wamp_item_parse(s->ser, t->options, &dict) ||
                           wamp_options_parse(s->ser, WAMP_PUBLISH, &dict, &r->arena, &options, &why)))
        return;
    if (filter_parse(&filter, s->ser, &options, &r->arena, false))
        return;
    struct event e = {
        .publication = realm_random_id(r),
        .topic = t->uri,
        .payload = &t->payload,
        .options = &options,
        .filter = &filter,
        .disclosed = (options.disclose_me && r->config.disclosure != DISCLOSE_NEVER) ||
                     r->config.disclosure == DISCLOSE_ALWAYS,
        .publisher = s->id,
        .publisher_authid = s->authid,
        .publisher_authrole = s->authrole,
    };
    broker_dispatch(r, &e);
    if (options.retain)
        retained_store(r, &e);
}

void testaments_publish(struct session *s)
{
    for (int scope = TESTAMENT_DETACHED; scope <= TESTAMENT_DESTROYED; scope++)
        for (struct list *n = list_first(&s->testaments[scope]); n; n = list_next(&s->testaments[scope], n))
            publish(s, list_entry(n, struct testament, link));
}
