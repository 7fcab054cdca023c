/* wamp drain. */
#include "client/tool/commands.h"
#include "client/tool/meta.h"
#include "client/tool/print.h"
#include "client/tool/session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct drain {
    const struct options *o;
    wamp_peer *peer;
    const char *word;
    uint64_t session;  /* 0: the word is a procedure */
    size_t removed;
    int status;
};

struct candidate {
    struct drain *drain;
    uint64_t registration;
};

/* A mistake is told once. A registration that is gone is no mistake. */
static void fail(struct drain *d)
{
    const wamp_error *e = wamp_err(d->peer);
    if (!d->status && !(e->uri && !strcmp(e->uri, "wamp.error.no_such_registration")))
        d->status = print_error(d->o, e);
}

static void remove_callee(void *arg, uint64_t session)
{
    struct candidate *c = arg;
    struct drain *d = c->drain;
    if (d->status || (d->session && session != d->session))
        return;
    const char *remove = "wamp.registration.remove_callee", *reason = d->o->reason;
    wamp_rc rc = reason ? wamp_call(d->peer, remove, NULL, "uu reason:s", c->registration, session, reason)
                        : wamp_call(d->peer, remove, NULL, "uu", c->registration, session);
    if (rc)
        fail(d);
    else
        d->removed++;
}

static void look_at(void *arg, uint64_t registration)
{
    struct candidate c = {arg, registration};
    wamp_val *callees = NULL;
    if (c.drain->status)
        return;
    if (wamp_call(c.drain->peer, "wamp.registration.list_callees", &callees, "u", registration))
        fail(c.drain);
    meta_each_id(callees, remove_callee, &c);
    wamp_drop(&callees);
}

/* A procedure may be registered once for each match policy. */
static void drain_procedure(struct drain *d)
{
    static const char *const policies[] = {"exact", "prefix", "wildcard"};
    for (size_t i = 0; i < sizeof policies / sizeof *policies && !d->status; i++) {
        wamp_val *id = NULL;
        if (wamp_call(d->peer, "wamp.registration.lookup", &id, "s {match:s}", d->word, policies[i]))
            fail(d);
        else if (wamp_uint(id))
            look_at(d, wamp_uint(id));
        wamp_drop(&id);
    }
}

static void drain_session(struct drain *d)
{
    wamp_val *ids = NULL;
    if (wamp_call(d->peer, "wamp.registration.list", &ids, ""))
        fail(d);
    meta_each_id(ids, look_at, d);
    wamp_drop(&ids);
}

static int drain_word(const struct options *o, wamp_peer *peer, const char *word)
{
    bool is_session = word[strspn(word, "0123456789")] == '\0';
    struct drain d = {.o = o, .peer = peer, .word = word, .session = is_session ? strtoull(word, NULL, 10) : 0};
    if (is_session)
        drain_session(&d);
    else
        drain_procedure(&d);
    if (d.status)
        return d.status;
    if (d.removed) {
        print_note(o, "%s: %zu registration%s ended", word, d.removed, d.removed == 1 ? "" : "s");
        return 0;
    }
    char why[200];
    snprintf(why, sizeof why, is_session ? "session %.100s offers nothing" : "nobody offers %.100s", word);
    return print_own_error(o, WAMP_E_REMOTE, why);
}

int command_drain(struct options *o)
{
    int status = 0;
    wamp_peer *peer = session_open(o, &(wamp_opt){0}, &status);
    for (size_t i = 0; peer && i < o->word_count && !status; i++)
        status = drain_word(o, peer, o->words[i].text);
    wamp_close(peer);
    return status;
}
