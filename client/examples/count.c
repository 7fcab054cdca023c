/* S-03, S-04: a stream of results, one a second, until its reader goes away. On a thread of the pool, so that
 * several readers are served at once. COUNT_MS sets another pace.
 *
 *     count &
 *     wamp call --progress example.count     -> 1, 2, 3, ... */
#include "example.h"

static wamp_rc count(void *self, wamp_chan *ch)
{
    const char *pace = getenv("COUNT_MS");
    wamp_rc rc = WAMP_OK;
    (void)self;
    for (int64_t n = 1; !rc; n++) {
        rc = wamp_send(ch, WAMP_MORE, "i", n);
        if (!rc)
            rc = wamp_pause(ch, pace ? atoi(pace) : 1000);
    }
    printf("count: canceled (%s)\n", wamp_canceled(ch) ? wamp_canceled(ch) : wamp_rc_name(rc));
    fflush(stdout);
    return rc;
}
WAMP_SERVICE(Count, WAMP_RPC_AS("example.count", count, .worker = true, .doc = "counts until told to stop"));

int main(void)
{
    WAMP_WITH(service, .service = &Count, .url = EXAMPLE_URL, .reconnect = true)
    return wamp_run(service) != WAMP_OK;
    return could_not_join();
}
