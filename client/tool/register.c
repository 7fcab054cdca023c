/* wamp register. */
#include "client/tool/commands.h"
#include "client/tool/exec.h"
#include "client/tool/payload.h"
#include "client/tool/print.h"
#include "client/tool/session.h"

#include <stdatomic.h>

enum { COMMANDS_AT_ONCE = 16, DRAIN_MS = 5000 };

struct callee {
    const struct options *o;
    wamp_val *value;          /* --value */
    atomic_int calls;         /* answered */
    bool is_done;
};

/* --- answering ----------------------------------------------------------------------------------------------- */

static void tell(wamp_chan *ch)
{
    wamp_val *args = wamp_to_json(wamp_chan_args(ch)), *kwargs = wamp_to_json(wamp_chan_kwargs(ch));
    fputs("call ", stderr);
    print_text(stderr, wamp_procedure(ch), "");
    fprintf(stderr, " %s %s\n", wamp_str(args), wamp_str(kwargs));
    wamp_drop(&args);
    wamp_drop(&kwargs);
}

static wamp_rc answer(struct callee *c, wamp_chan *ch)
{
    if (c->o->exec)
        return exec_answer(ch, c->o->exec);
    if (c->value)
        return wamp_reply(ch, "v", c->value);
    return wamp_reply(ch, "VV", wamp_chan_args(ch), wamp_chan_kwargs(ch));
}

/* On a thread of the pool where a command runs, else on the peer's. */
static wamp_rc on_call(void *self, wamp_chan *ch)
{
    struct callee *c = self;
    wamp_peer *peer = wamp_chan_peer(ch);
    if (c->o->verbose)
        tell(ch);
    wamp_rc rc = answer(c, ch);
    int calls = atomic_fetch_add(&c->calls, 1) + 1;
    if (c->o->count && calls == c->o->count)
        wamp_stop(peer);
    return rc;
}

static void on_lost(void *arg, wamp_peer *peer, const wamp_error *why, bool again)
{
    struct callee *c = arg;
    (void)peer;
    if (again)
        print_note(c->o, "%s; connecting again", why->message);
}

/* --- the command --------------------------------------------------------------------------------------------- */

static int serve(struct callee *c, wamp_peer *peer, const char *uri)
{
    const struct options *o = c->o;
    wamp_member m = {.kind = WAMP_MEMBER_RPC, .uri = uri, .proc = on_call, .doc = o->doc,
                     .match = (wamp_match_policy)o->match, .invoke = (wamp_invoke_policy)o->invoke,
                     .concurrency = o->concurrency, .force = o->force, .worker = o->exec != NULL};
    if (wamp_offer(peer, &m, c))
        return print_error(o, wamp_err(peer));
    print_note(o, "registered %s", uri);
    int status = session_serve(o, peer, &c->is_done);
    if (status == EXIT_INTERRUPTED)
        status = 0;
    if (!status)
        wamp_drain(peer, DRAIN_MS);
    return status;
}

static int check(const struct options *o)
{
    if (o->echo + (o->value != NULL) + (o->exec != NULL) > 1)
        return misused("--echo, --value and --exec exclude one another");
    return -1;
}

int command_register(struct options *o)
{
    struct callee c = {.o = o};
    wamp_hooks hooks = {.arg = &c, .on_lost = on_lost};
    const char *uri = options_take(o);
    int status = check(o);
    if (status < 0 && o->value && !(c.value = payload_value(o->value, strlen(o->value))))
        status = misused("--value: no valid UTF-8");
    wamp_opt opt = {.reconnect = true, .hooks = &hooks, .workers = COMMANDS_AT_ONCE};
    wamp_peer *peer = status < 0 ? session_open(o, &opt, &status) : NULL;
    if (peer)
        status = serve(&c, peer, uri);
    wamp_close(peer);
    wamp_drop(&c.value);
    return status;
}
