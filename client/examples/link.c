/* Two routers as one, for exact procedures and topics: what somebody offers or awaits at one is offered and awaited at
 * the other, too. spec: A-R2R-01
 *
 *     link ws://one:8080 ws://two:8080
 *
 * A session at each, and no more protocol than WAMP: the meta events tell what to pass on. What the link itself offers
 * is not passed back, because the events name the session they are about; and no event runs in circles, because a
 * router gives a publisher none of his own. */
#include "example.h"

#include <string.h>

/* Something of one side that is offered or awaited at the other. */
struct mirror {
    struct mirror *next;
    struct side *side;
    uint64_t id;
    bool is_procedure;
    char uri[];
};

struct side {
    wamp_peer *peer;
    struct side *other;
    struct mirror *mirrors;
};

/* --- passing on ------------------------------------------------------------------------------------------------ */

static void on_answer(void *arg, wamp_rc rc, const wamp_result *result, const wamp_error *error)
{
    wamp_chan *ch = arg;
    if (rc == WAMP_OK)
        wamp_reply(ch, "VV", result->args, result->kwargs);
    else if (rc == WAMP_E_REMOTE)
        wamp_failx(ch, error->uri, "VV", error->args, error->kwargs);
    else
        wamp_fail(ch, "wamp.error.network_failure", "%s", error->message);
}

static wamp_rc on_call(void *self, wamp_chan *ch)
{
    struct mirror *m = self;
    wamp_rc rc = wamp_call_async(m->side->peer, m->uri, on_answer, ch, "VV", wamp_chan_args(ch), wamp_chan_kwargs(ch));
    return rc ? rc : wamp_hold(ch);
}

static void on_event(void *self, const wamp_event *ev)
{
    struct mirror *m = self;
    wamp_publish(m->side->peer, m->uri, NULL, "VV", ev->args, ev->kwargs);
}

/* --- what there is ----------------------------------------------------------------------------------------------- */

/* Whether it is there for the sake of the other side. */
static bool is_mirrored(const struct side *side, bool is_procedure, const char *uri)
{
    for (const struct mirror *m = side->other->mirrors; m; m = m->next)
        if (m->is_procedure == is_procedure && !strcmp(m->uri, uri))
            return true;
    return false;
}

static void add(struct side *side, bool is_procedure, const wamp_val *details)
{
    const char *uri = wamp_str(wamp_key(details, "uri"));
    if (strcmp(wamp_str(wamp_key(details, "match")), "exact") != 0 || !strncmp(uri, "wamp.", 5) ||
        is_mirrored(side, is_procedure, uri))
        return;
    struct mirror *m = malloc(sizeof *m + strlen(uri) + 1);
    if (!m)
        return;
    *m = (struct mirror){side->mirrors, side, wamp_uint(wamp_key(details, "id")), is_procedure};
    strcpy(m->uri, uri);
    wamp_peer *there = side->other->peer;
    if (is_procedure ? wamp_register(there, uri, on_call, m) : wamp_subscribe(there, uri, on_event, m)) {
        fprintf(stderr, "%s: %s\n", uri, wamp_err(there)->message);
        free(m);
        return;
    }
    side->mirrors = m;
    printf("%s %s\n", is_procedure ? "procedure" : "topic", uri);
    fflush(stdout);
}

static void take_away(struct side *side, bool is_procedure, uint64_t id)
{
    for (struct mirror **at = &side->mirrors, *m; (m = *at); at = &m->next) {
        if (m->id != id || m->is_procedure != is_procedure)
            continue;
        *at = m->next;
        if (is_procedure)
            wamp_unregister(side->other->peer, m->uri);
        else
            wamp_unsubscribe(side->other->peer, m->uri);
        free(m);
        return;
    }
}

/* --- what comes and goes: [session, details] and [session, id] ------------------------------------------------------ */

static bool is_ours(const struct side *side, const wamp_event *ev)
{
    return wamp_uint(wamp_at(ev->args, 0)) == wamp_session_id(side->peer);
}

static void on_change(void *self, const wamp_event *ev)
{
    bool is_procedure = strstr(ev->topic, ".registration.") != NULL;
    if (is_ours(self, ev))
        return;
    if (strstr(ev->topic, ".on_create"))
        add(self, is_procedure, wamp_at(ev->args, 1));
    else
        take_away(self, is_procedure, wamp_uint(wamp_at(ev->args, 1)));
}

/* What was there before the link. */
static wamp_rc add_all(struct side *side, const char *list, const char *get, bool is_procedure)
{
    wamp_val *all = NULL, *details = NULL;
    wamp_rc rc = wamp_call(side->peer, list, &all, "");
    const wamp_val *exact = wamp_key(all, "exact");
    for (size_t i = 0; !rc && i < wamp_len(exact); i++) {
        if (!wamp_call(side->peer, get, &details, "v", wamp_at(exact, i)))
            add(side, is_procedure, details);
        wamp_drop(&details);
    }
    wamp_drop(&all);
    return rc;
}

static bool join(struct side *side)
{
    static const char *const topics[] = {"wamp.registration.on_create", "wamp.registration.on_delete",
                                         "wamp.subscription.on_create", "wamp.subscription.on_delete"};
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (wamp_subscribe(side->peer, topics[i], on_change, side))
            return false;
    return true;
}

static bool look(struct side *side)
{
    return !add_all(side, "wamp.registration.list", "wamp.registration.get", true) &&
           !add_all(side, "wamp.subscription.list", "wamp.subscription.get", false);
}

static void forget_all(struct side *side)
{
    for (struct mirror *m = side->mirrors, *next; m; m = next) {
        next = m->next;
        free(m);
    }
}

int main(int argc, char **argv)
{
    struct side one = {0}, two = {0};
    one.other = &two, two.other = &one;
    if (argc != 3)
        return fprintf(stderr, "usage: link URL URL\n"), 2;
    one.peer = wamp_open(&(wamp_opt){.url = argv[1]});
    two.peer = one.peer ? wamp_open(&(wamp_opt){.url = argv[2]}) : NULL;
    if (!two.peer)
        return could_not_join();
    bool ok = join(&one) && join(&two) && look(&one) && look(&two);
    if (ok)
        printf("linked\n"), fflush(stdout), wamp_run(one.peer);
    wamp_close(two.peer);
    wamp_close(one.peer);
    forget_all(&two);
    forget_all(&one);
    return !ok;
}
