#include "realms/ended.h"

#include "common/mem.h"
#include "realms/inner.h"

enum {
    ENDED_MAX = 1000,  /* calls remembered per session */
    ENDED_MS = 60000,  /* and for how long */
};

struct ended_call {
    struct list link;  /* session.ended_calls, oldest first */
    uint64_t request, procedure_hash;
    wamp_ms until;
};

static void forget(struct session *s, struct ended_call *e)
{
    list_remove(&e->link);
    s->ended_call_count--;
    wamp_free(e);
}

static struct ended_call *oldest(const struct session *s)
{
    struct list *n = list_first(&s->ended_calls);
    return n ? list_entry(n, struct ended_call, link) : NULL;
}

void ended_free(struct session *s)
{
    for (struct ended_call *e; (e = oldest(s));)
        forget(s, e);
}

/* Time is up for the oldest ones first, since all of them have the same. */
static void forget_expired(struct session *s)
{
    for (struct ended_call *e; (e = oldest(s)) && e->until <= s->realm->now;)
        forget(s, e);
}

void ended_add(struct session *s, uint64_t request, uint64_t procedure_hash)
{
    struct ended_call *e = wamp_zalloc(sizeof *e);
    if (!e) {
        session_doom(s, CLOSE_NOMEM);  /* a late chunk would make a new call, with a second answer */
        return;
    }
    e->request = request;
    e->procedure_hash = procedure_hash;
    e->until = s->realm->now + ENDED_MS;
    list_add_tail(&s->ended_calls, &e->link);
    s->ended_call_count++;
    forget_expired(s);
    if (s->ended_call_count > ENDED_MAX)
        forget(s, oldest(s));
}

static struct ended_call *find(const struct session *s, uint64_t request, uint64_t procedure_hash)
{
    for (struct list *n = list_first(&s->ended_calls); n; n = list_next(&s->ended_calls, n)) {
        struct ended_call *e = list_entry(n, struct ended_call, link);
        if (e->request == request && e->procedure_hash == procedure_hash && e->until > s->realm->now)
            return e;
    }
    return NULL;
}

bool ended_knows(const struct session *s, uint64_t request, uint64_t procedure_hash)
{
    return find(s, request, procedure_hash) != NULL;
}

bool ended_takes(struct session *s, const struct wamp_msg *m, uint64_t procedure_hash)
{
    forget_expired(s);
    struct ended_call *e = find(s, m->request, procedure_hash);
    if (e && !m->opt.progress)
        forget(s, e);
    return e != NULL;
}
