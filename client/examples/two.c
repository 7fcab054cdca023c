/* S-05: two answers to one call: the first at once, as a progressive result. Who did not ask for progress
 * gets only the second.
 *
 *     two &
 *     wamp call --progress example.two       -> "first", "second" */
#include "example.h"

static wamp_rc two(void *self, wamp_chan *ch)
{
    (void)self;
    wamp_rc rc = wamp_send(ch, WAMP_MORE, "s", "first");
    return rc ? rc : wamp_reply(ch, "s", "second");
}
WAMP_SERVICE(Two, WAMP_RPC_AS("example.two", two));

int main(void)
{
    WAMP_WITH(service, .service = &Two, .url = EXAMPLE_URL)
    return wamp_run(service) != WAMP_OK;
    return could_not_join();
}
