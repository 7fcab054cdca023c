/* wamp drain. */
#include "client/tool/commands.h"
#include "client/tool/meta.h"
#include "client/tool/print.h"
#include "client/tool/session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { URI_TEXT = 512 };

struct drain {
    const struct options *o;
    wamp_peer *peer;
    const char *word;
    uint64_t session;  /* 0: the word is a procedure */
    size_t retired, removed;
    int status;
};

/* One registration, and where its callees end. */
struct candidate {
    struct drain *drain;
    uint64_t registration;
    char uri[URI_TEXT];
    size_t left;  /* callees not yet looked at */
};

/* A mistake is told once. A registration that is gone is no mistake. */
static void fail(struct drain *d)
{
    const wamp_error *e = wamp_err(d->peer);
    if (!d->status && !(e->uri && !strcmp(e->uri, "wamp.error.no_such_registration")))
        d->status = print_error(d->o, e);
}

/* --- what ends a callee -------------------------------------------------------------------------------------- */

/* The id of a registration; 0 where there is none. */
static uint64_t look_up(struct drain *d, const char *uri, const char *policy)
{
    wamp_val *id = NULL;
    if (wamp_call(d->peer, "wamp.registration.lookup", &id, "s {match:s}", uri, policy))
        fail(d);
    uint64_t found = wamp_uint(id);
    wamp_drop(&id);
    return found;
}

/* The procedure that retires the callee, by the convention of WAMP_RETIRE: of com.ex.add it is
 * com.ex.add.drain.SESSION, or com.ex.drain.SESSION, .. */
static bool find_retire(const struct candidate *c, uint64_t session, char *out, size_t size)
{
    size_t stem = strlen(c->uri);
    while (!c->drain->status) {
        snprintf(out, size, "%.*s%sdrain.%" PRIu64, (int)stem, c->uri, stem ? "." : "", session);
        if (look_up(c->drain, out, "exact"))
            return true;
        if (!stem)
            return false;
        while (stem && c->uri[--stem] != '.')
            ;
    }
    return false;
}

static void retire(struct drain *d, const char *procedure)
{
    wamp_val *cut = NULL;
    if (wamp_call(d->peer, procedure, &cut, ""))
        fail(d);
    else
        d->retired++;
    if (wamp_uint(cut))
        print_note(d->o, "%s: %" PRIu64 " calls did not finish in time", procedure, wamp_uint(cut));
    wamp_drop(&cut);
}

static void remove_callee(struct drain *d, uint64_t registration, uint64_t session)
{
    const char *remove = "wamp.registration.remove_callee", *reason = d->o->reason;
    wamp_rc rc = reason ? wamp_call(d->peer, remove, NULL, "uu reason:s", registration, session, reason)
                        : wamp_call(d->peer, remove, NULL, "uu", registration, session);
    if (rc)
        fail(d);
    else
        d->removed++;
}

/* Callees come in the order of their registration: the last ones may be kept. */
static void end_callee(void *arg, uint64_t session)
{
    struct candidate *c = arg;
    struct drain *d = c->drain;
    char procedure[URI_TEXT + 64];
    if (d->status || c->left-- <= (size_t)d->o->keep || (d->session && session != d->session))
        return;
    if (find_retire(c, session, procedure, sizeof procedure))
        retire(d, procedure);
    else if (!d->status)
        remove_callee(d, c->registration, session);
}

/* --- whose callees ------------------------------------------------------------------------------------------- */

static void look_at(void *arg, uint64_t registration)
{
    struct candidate c = {.drain = arg, .registration = registration};
    wamp_peer *peer = c.drain->peer;
    wamp_val *details = NULL, *callees = NULL;
    if (c.drain->status)
        return;
    if (wamp_call(peer, "wamp.registration.get", &details, "u", registration) ||
        wamp_call(peer, "wamp.registration.list_callees", &callees, "u", registration))
        fail(c.drain);
    snprintf(c.uri, sizeof c.uri, "%s", wamp_str(wamp_key(details, "uri")));
    c.left = wamp_len(callees);
    meta_each_id(callees, end_callee, &c);
    wamp_drop(&details);
    wamp_drop(&callees);
}

/* A procedure may be registered once for each match policy. */
static void drain_procedure(struct drain *d)
{
    static const char *const policies[] = {"exact", "prefix", "wildcard"};
    for (size_t i = 0; i < sizeof policies / sizeof *policies && !d->status; i++) {
        uint64_t registration = look_up(d, d->word, policies[i]);
        if (registration)
            look_at(d, registration);
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

/* --- the command --------------------------------------------------------------------------------------------- */

static void tell(const struct drain *d)
{
    if (d->retired)
        print_note(d->o, "%s: %zu callee%s retired", d->word, d->retired, d->retired == 1 ? "" : "s");
    if (d->removed)
        print_note(d->o, "%s: %zu registration%s ended", d->word, d->removed, d->removed == 1 ? "" : "s");
}

static int drain_word(const struct options *o, wamp_peer *peer, const char *word)
{
    bool is_session = word[strspn(word, "0123456789")] == '\0';
    struct drain d = {.o = o, .peer = peer, .word = word, .session = is_session ? strtoull(word, NULL, 10) : 0};
    if (is_session)
        drain_session(&d);
    else
        drain_procedure(&d);
    tell(&d);
    if (d.status || d.retired || d.removed || o->keep)
        return d.status;
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
