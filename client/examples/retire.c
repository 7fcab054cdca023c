/* A service that can be replaced under load (seeds, section 5): start the next one beside it, then send this one SIGTERM.
 * It takes no new calls, finishes those it has, and leaves; nobody's call fails.
 *
 *     retire v1 &  retire v2 &  kill %1 */
#include "example.h"

static void answer(void *arg, wamp_peer *peer)
{
    wamp_chan *ch = arg;
    const char *name = wamp_user(peer);
    wamp_reply(ch, "s", name);
}

/* Each call takes 20 ms, so that there is always one to finish. */
static wamp_rc version(void *self, wamp_chan *ch)
{
    (void)self;
    wamp_rc rc = wamp_after(wamp_chan_peer(ch), 20, answer, ch, NULL);
    return rc ? rc : wamp_hold(ch);
}
WAMP_SERVICE(Version, WAMP_RPC_AS("example.version", version, .invoke = WAMP_ROUNDROBIN));

int main(int argc, char **argv)
{
    char *name = argc > 1 ? argv[1] : "v1";
    WAMP_WITH(service, .service = &Version, .name = name, .url = EXAMPLE_URL) {
        wamp_set_user(service, name);
        if (wamp_run(service) != WAMP_OK)
            return 1;
        return wamp_drain(service, 5000) != WAMP_OK;
    }
    return could_not_join();
}
