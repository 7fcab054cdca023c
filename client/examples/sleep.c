/* S-27, S-34: a slow procedure that can be interrupted; a hundred of them overlap (S-44): each holds its channel
 * and a timer, and no thread.
 *
 *     sleep &
 *     wamp call --cancel-after 1000 example.sleep 3 */
#include "example.h"

struct nap {
    wamp_chan *ch;
    uint64_t timer;
    int seconds;
};

static void wake(void *arg, wamp_peer *peer)
{
    struct nap *nap = arg;
    (void)peer;
    printf("slept %d\n", nap->seconds);
    fflush(stdout);
    wamp_reply(nap->ch, "i", nap->seconds);
    free(nap);
}

static void interrupt(void *arg, wamp_chan *ch)
{
    struct nap *nap = arg;
    printf("sleep: interrupted %s\n", wamp_canceled(ch));
    fflush(stdout);
    wamp_forget(wamp_chan_peer(ch), nap->timer);
    wamp_fail(ch, "wamp.error.canceled", "interrupted");  /* sent where somebody still waits for it: mode kill */
    free(nap);
}

static wamp_rc slumber(void *self, wamp_chan *ch)
{
    int seconds;
    (void)self;
    if (wamp_args(ch, "seconds:i", &seconds))
        return WAMP_E_ARGS;
    struct nap *nap = malloc(sizeof *nap);
    if (!nap)
        return WAMP_E_NOMEM;
    *nap = (struct nap){.ch = ch, .seconds = seconds};
    wamp_rc rc = wamp_after(wamp_chan_peer(ch), seconds * 1000, wake, nap, &nap->timer);
    if (rc) {
        free(nap);
        return rc;
    }
    wamp_on_cancel(ch, interrupt, nap);
    return wamp_hold(ch);
}
WAMP_SERVICE(Sleep, WAMP_RPC_AS("example.sleep", slumber));

int main(void)
{
    WAMP_WITH(service, .service = &Sleep, .url = EXAMPLE_URL)
    return wamp_run(service) != WAMP_OK;
    return could_not_join();
}
