/* S-12: the same octets ten times, then CLOSE; octets are binary in every serializer. ECHO_MS sets another pace.
 *
 *     echo &
 *     wamp call --progress --bin world zrpc.echo */
#include "example.h"

static wamp_rc echo(void *self, wamp_chan *ch)
{
    const char *pace = getenv("ECHO_MS");
    const void *octets;
    size_t len;
    (void)self;
    if (wamp_args(ch, "data:y", &octets, &len))
        return WAMP_E_ARGS;
    wamp_rc rc = WAMP_OK;
    for (int i = 0; !rc && i < 10; i++) {
        rc = wamp_send(ch, WAMP_MORE, "y", octets, len);
        if (!rc)
            rc = wamp_pause(ch, pace ? atoi(pace) : 500);
    }
    return rc ? rc : wamp_reply(ch, "s", "CLOSE");
}
WAMP_SERVICE(Echo, WAMP_RPC_AS("zrpc.echo", echo, .worker = true));

int main(void)
{
    WAMP_WITH(service, .service = &Echo, .url = EXAMPLE_URL)
    return wamp_run(service) != WAMP_OK;
    return could_not_join();
}
