#include "realms/held.h"

#include "common/mem.h"
#include "realms/calls.h"
#include "realms/dispatch.h"
#include "realms/inner.h"
#include "realms/send.h"

struct held_message {
    struct list link;
    bool is_accepted;
    size_t bytes;
    struct wamp_msg msg;
    struct wamp_arena arena;  /* holds what it borrows */
};

/* --- one message ---------------------------------------------------------------------------------------- */

static size_t bytes_of(const struct wamp_msg *m)
{
    return m->uri.len + (m->dict.kind == WAMP_MAP ? m->dict.raw.len : 0) + m->payload.tail.len;
}

/* Makes *m a copy of itself in the arena. False: no memory. */
static bool keep(struct wamp_msg *m, struct wamp_arena *arena)
{
    struct wamp_fault why;
    if (!wamp_arena_keep(arena, &m->uri) || !wamp_payload_keep(&m->payload, arena))
        return false;
    if (m->dict.kind != WAMP_MAP)
        return true;
    struct str raw = wamp_arena_copy(arena, m->dict.raw);
    return raw.ptr && !wamp_item_parse(m->ser, raw, &m->dict) &&
           !wamp_options_parse(m->ser, m->type, &m->dict, arena, &m->opt, &why);
}

static struct held_message *message_new(const struct wamp_msg *m, bool is_accepted)
{
    struct held_message *message = wamp_zalloc(sizeof *message);
    if (!message)
        return NULL;
    message->is_accepted = is_accepted;
    message->bytes = bytes_of(m);
    message->msg = *m;
    if (keep(&message->msg, &message->arena))
        return message;
    wamp_arena_fini(&message->arena);
    wamp_free(message);
    return NULL;
}

static void message_free(struct session *s, struct held_message *message)
{
    struct held *h = s->held;
    list_remove(&message->link);
    h->count--;
    h->bytes -= message->bytes;
    s->realm->held_bytes -= message->bytes;
    wamp_arena_fini(&message->arena);
    wamp_free(message);
}

static struct held_message *first(const struct held *h)
{
    struct list *n = list_first(&h->messages);
    return n ? list_entry(n, struct held_message, link) : NULL;
}

/* --- what waits ----------------------------------------------------------------------------------------- */

bool held_begin(struct session *s)
{
    if (s->held)
        return true;
    s->held = wamp_zalloc(sizeof *s->held);
    if (s->held)
        list_init(&s->held->messages);
    return s->held;
}

/* The last one that waits, is of the same kind, and is owed an answer with the same id. */
static const struct wamp_msg *find_like(const struct held *h, const struct wamp_msg *m)
{
    const struct wamp_msg *found = NULL;
    for (struct list *n = list_first(&h->messages); n; n = list_next(&h->messages, n)) {
        const struct wamp_msg *other = &list_entry(n, struct held_message, link)->msg;
        if (other->type == m->type && other->request == m->request &&
            (other->type != WAMP_PUBLISH || other->opt.acknowledge))
            found = other;
    }
    return found;
}

bool held_may_follow(const struct session *s, const struct wamp_msg *m)
{
    const struct wamp_msg *like = find_like(s->held, m);
    if (m->type == WAMP_PUBLISH)
        return !like || !m->opt.acknowledge;
    if (m->type != WAMP_CALL)
        return !like;
    return like ? like->opt.progress && str_eq(like->uri, m->uri) : calls_may_follow(s, m);
}

static bool has_room(const struct session *s, size_t bytes)
{
    const struct held *h = s->held;
    return s->realm->held_bytes + bytes <= HELD_TOTAL_MAX &&
           h->count < HELD_MESSAGES_MAX && h->bytes < HELD_BYTES_MAX;
}

/* Tells whoever reads from s when it becomes much, and when nothing is left of it. */
static void tell_much(struct session *s, bool is_much)
{
    const struct realm_env *env = &s->realm->env;
    if (s->held->is_much == is_much || !env->hold)
        return;
    s->held->is_much = is_much;
    env->hold(env->ctx, s, is_much);
}

void held_add(struct session *s, const struct wamp_msg *m, bool is_accepted)
{
    struct held *h = s->held;
    if (!has_room(s, bytes_of(m))) {
        s->realm->counters.held_refused++;
        send_abort(s, "wampd.error.limit_exceeded", "too much was sent while an authorizer decides");
        session_doom(s, CLOSE_PROTOCOL);
        return;
    }
    struct held_message *message = message_new(m, is_accepted);
    if (!message) {
        session_doom(s, CLOSE_NOMEM);
        return;
    }
    list_add_tail(&h->messages, &message->link);
    h->count++;
    h->bytes += message->bytes;
    s->realm->held_bytes += message->bytes;
    if (h->count >= HELD_MESSAGES_MUCH || h->bytes >= HELD_BYTES_MUCH)
        tell_much(s, true);
}

void held_serve(struct session *s)
{
    struct held *h = s->held;
    for (struct held_message *message; !h->asking.call && !session_is_doomed(s) && (message = first(h));) {
        bool is_accepted = message->is_accepted;
        message->is_accepted = true;
        h->is_serving = true;
        if (is_accepted)
            dispatch_accepted(s, &message->msg);
        else
            dispatch(s, &message->msg);
        h->is_serving = false;
        if (h->asking.call)
            break;
        asking_stop(s->realm, &h->asking);
        message_free(s, message);
    }
    if (!h->count)
        held_free(s);
}

void held_free(struct session *s)
{
    struct held *h = s->held;
    if (!h)
        return;
    asking_stop(s->realm, &h->asking);
    for (struct held_message *message; (message = first(h));)
        message_free(s, message);
    tell_much(s, false);
    s->held = NULL;
    wamp_free(h);
}
