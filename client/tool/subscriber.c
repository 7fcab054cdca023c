#include "client/tool/subscriber.h"

#include "client/tool/print.h"
#include "client/tool/session.h"

struct subscriber {
    const struct options *o;
    wamp_on_event on_event;
    void *arg;
    int count;
    bool is_done;
};

static void on_event(void *self, const wamp_event *ev)
{
    struct subscriber *s = self;
    if (s->is_done)
        return;
    s->on_event(s->arg, ev);
    s->is_done = s->o->count && ++s->count == s->o->count;
    if (s->is_done)
        wamp_stop(ev->peer);
}

static void on_lost(void *arg, wamp_peer *peer, const wamp_error *why, bool again)
{
    struct subscriber *s = arg;
    (void)peer;
    if (again)
        print_note(s->o, "%s; connecting again", why->message);
}

/* The exit status; -1: all topics are subscribed. */
static int subscribe_all(struct subscriber *s, wamp_peer *peer)
{
    for (size_t i = 0; i < s->o->word_count; i++) {
        wamp_member m = {.kind = WAMP_MEMBER_SUBSCRIBE, .uri = s->o->words[i].text, .on_event = on_event,
                         .match = (wamp_match_policy)s->o->match, .get_retained = s->o->retained};
        if (wamp_offer(peer, &m, s))
            return print_error(s->o, wamp_err(peer));
        print_note(s->o, "subscribed to %s", m.uri);
    }
    return -1;
}

int subscriber_run(const struct options *o, wamp_on_event fn, void *arg)
{
    struct subscriber s = {.o = o, .on_event = fn, .arg = arg};
    wamp_hooks hooks = {.arg = &s, .on_lost = on_lost};
    int status;
    wamp_peer *peer = session_open(o, &(wamp_opt){.reconnect = true, .hooks = &hooks}, &status);
    if (!peer)
        return status;
    status = subscribe_all(&s, peer);
    if (status < 0)
        status = session_serve(o, peer, &s.is_done);
    wamp_close(peer);
    return status < 0 ? 0 : status;
}
