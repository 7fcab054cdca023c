/* S-52: a service that is replaced under load without one failed call. Start the next one beside it, then retire
 * this one: with a signal where it runs, or from anywhere with the right to call its drain procedure.
 *
 *     retire v1 &  retire v2 &
 *     kill %1                                  or: wamp drain --keep 1 example.version */
#include "example.h"

static void answer(void *arg, wamp_peer *peer)
{
    wamp_chan *ch = arg;
    wamp_reply(ch, "s", wamp_name(peer));
}

/* Each call takes 20 ms, so that there is always one to finish. */
static wamp_rc version(void *self, wamp_chan *ch)
{
    (void)self;
    wamp_rc rc = wamp_after(wamp_chan_peer(ch), 20, answer, ch, NULL);
    return rc ? rc : wamp_hold(ch);
}
WAMP_SERVICE(Version, WAMP_RPC_AS("example.version", version, .invoke = WAMP_ROUNDROBIN),
             WAMP_RETIRE("example.version.drain"));

int main(int argc, char **argv)
{
    WAMP_WITH(service, .service = &Version, .name = argc > 1 ? argv[1] : "v1", .url = EXAMPLE_URL)
    return wamp_run(service) != WAMP_OK;
    return could_not_join();
}
