#include "tests/lib/judge.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* --- sets of ids ---------------------------------------------------------------------------------------- */

static struct pair *ids_find(const struct ids *set, uint64_t id)
{
    for (size_t i = set->count; i > 0; i--)
        if (set->list[i - 1].id == id)
            return &set->list[i - 1];
    return NULL;
}

static void ids_add(struct ids *set, uint64_t id, uint64_t of)
{
    struct pair *known = ids_find(set, id);
    if (known) {
        known->of = of;
        return;
    }
    if (set->count == set->room) {
        set->room = set->room ? 2 * set->room : 8;
        set->list = realloc(set->list, set->room * sizeof *set->list);
        if (!set->list)
            abort();
    }
    set->list[set->count++] = (struct pair){id, of};
}

static bool ids_remove(struct ids *set, uint64_t id, uint64_t *of)
{
    struct pair *found = ids_find(set, id);
    if (!found)
        return false;
    if (of)
        *of = found->of;
    *found = set->list[--set->count];
    return true;
}

void judge_fini(struct judge *j)
{
    struct ids *const sets[] = {&j->publish,       &j->subscribe,     &j->unsubscribe,
                                &j->call,          &j->register_,     &j->unregister,
                                &j->subscriptions, &j->registrations, &j->invocations};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        free(sets[i]->list);
    memset(j, 0, sizeof *j);
}

/* The requests of one kind, or NULL: messages of that type are not answered. */
static struct ids *requests_of(struct judge *j, unsigned type)
{
    switch (type) {
    case WAMP_PUBLISH:
        return &j->publish;
    case WAMP_SUBSCRIBE:
        return &j->subscribe;
    case WAMP_UNSUBSCRIBE:
        return &j->unsubscribe;
    case WAMP_CALL:
        return &j->call;
    case WAMP_REGISTER:
        return &j->register_;
    case WAMP_UNREGISTER:
        return &j->unregister;
    default:
        return NULL;
    }
}

/* --- what the session sends ----------------------------------------------------------------------------- */

void judge_sent(struct judge *j, const struct wamp_msg *m)
{
    struct ids *requests = requests_of(j, (unsigned)m->type);
    if (requests && (m->type != WAMP_PUBLISH || m->opt.acknowledge))
        ids_add(requests, m->request, m->id);
    bool final_yield = m->type == WAMP_YIELD && !m->opt.progress;
    bool final_error = m->type == WAMP_ERROR && m->request_type == WAMP_INVOCATION;
    if (final_yield || final_error)
        ids_remove(&j->invocations, m->request, NULL);
}

/* --- what the router sends ------------------------------------------------------------------------------ */

__attribute__((format(printf, 2, 3))) static bool refuse(struct judge *j, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(j->verdict, sizeof j->verdict, fmt, args);
    va_end(args);
    return false;
}

/* An answer to request m->request; *of is what the request named. */
static bool answers(struct judge *j, const struct wamp_msg *m, unsigned type, uint64_t *of)
{
    struct ids *requests = requests_of(j, type);
    if (!requests)
        return refuse(j, "an ERROR for a message of type %u", type);
    return ids_remove(requests, m->request, of) ||
           refuse(j, "%s for a %s %" PRIu64 " that waits for no answer", wamp_type_name((unsigned)m->type),
                  wamp_type_name(type), m->request);
}

static bool got_result(struct judge *j, const struct wamp_msg *m)
{
    if (!m->opt.progress)
        return answers(j, m, WAMP_CALL, NULL);
    return ids_find(&j->call, m->request) || refuse(j, "a progressive RESULT for no CALL: %" PRIu64, m->request);
}

static bool got_invocation(struct judge *j, const struct wamp_msg *m)
{
    if (ids_find(&j->invocations, m->request))
        return true;
    if (m->request != j->last_invocation + 1)
        return refuse(j, "INVOCATION %" PRIu64 " after %" PRIu64, m->request, j->last_invocation);
    j->last_invocation = m->request;
    ids_add(&j->invocations, m->request, 0);
    return ids_find(&j->registrations, m->id) || refuse(j, "INVOCATION of no registration: %" PRIu64, m->id);
}

static bool got_interrupt(struct judge *j, const struct wamp_msg *m)
{
    if (!ids_find(&j->invocations, m->request))
        return refuse(j, "INTERRUPT of no invocation: %" PRIu64, m->request);
    if (m->opt.mode != WAMP_MODE_KILL)  /* the callee owes no answer */
        ids_remove(&j->invocations, m->request, NULL);
    return true;
}

/* SUBSCRIBED, REGISTERED: from here on the session holds m->id. */
static bool got_member(struct judge *j, const struct wamp_msg *m, unsigned type, struct ids *held)
{
    if (!answers(j, m, type, NULL))
        return false;
    ids_add(held, m->id, 0);
    return true;
}

/* UNSUBSCRIBED, UNREGISTERED: the answer to a request, or a revocation (request 0). */
static bool got_end(struct judge *j, const struct wamp_msg *m, unsigned type, struct ids *held, uint64_t revoked)
{
    uint64_t of = revoked;
    if (m->request != 0 && !answers(j, m, type, &of))
        return false;
    return ids_remove(held, of, NULL) ||
           refuse(j, "%s of what is not held: %" PRIu64, wamp_type_name((unsigned)m->type), of);
}

static bool judge_type(struct judge *j, const struct wamp_msg *m)
{
    switch (m->type) {
    case WAMP_PUBLISHED:
        return answers(j, m, WAMP_PUBLISH, NULL);
    case WAMP_ERROR:
        return answers(j, m, m->request_type, NULL);
    case WAMP_RESULT:
        return got_result(j, m);
    case WAMP_SUBSCRIBED:
        return got_member(j, m, WAMP_SUBSCRIBE, &j->subscriptions);
    case WAMP_REGISTERED:
        return got_member(j, m, WAMP_REGISTER, &j->registrations);
    case WAMP_UNSUBSCRIBED:
        return got_end(j, m, WAMP_UNSUBSCRIBE, &j->subscriptions, m->opt.subscription);
    case WAMP_UNREGISTERED:
        return got_end(j, m, WAMP_UNREGISTER, &j->registrations, m->opt.registration);
    case WAMP_INVOCATION:
        return got_invocation(j, m);
    case WAMP_INTERRUPT:
        return got_interrupt(j, m);
    case WAMP_EVENT:
        return ids_find(&j->subscriptions, m->id) || refuse(j, "EVENT of no subscription: %" PRIu64, m->id);
    case WAMP_ABORT:
    case WAMP_GOODBYE:
        j->over = true;
        return true;
    case WAMP_FLOW:
        return true;
    default:
        return refuse(j, "%s is not for a session", wamp_type_name((unsigned)m->type));
    }
}

bool judge_got(struct judge *j, const struct wamp_msg *m)
{
    if (j->over)
        return refuse(j, "%s after the end of the session", wamp_type_name((unsigned)m->type));
    if (m->type == WAMP_WELCOME && !j->welcomed) {
        j->welcomed = true;
        return true;
    }
    if (!j->welcomed)
        return refuse(j, "%s before WELCOME", wamp_type_name((unsigned)m->type));
    return judge_type(j, m);
}
