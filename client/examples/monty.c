/* S-45: passing a service to a service. `monty serve` is the one that calls back into what it is given.
 *
 *     monty serve &
 *     monty                                  -> Server reply: Client name is "Monty" */
#include "example.h"

#include <string.h>

static wamp_rc get_client_name(void *self, wamp_chan *ch)
{
    (void)self;
    return wamp_reply(ch, "s", "Monty");
}
WAMP_SERVICE(Client, WAMP_RPC(get_client_name));

/* Calls its caller while it is being called: waiting serves. */
static wamp_rc server_method(void *self, wamp_chan *ch)
{
    const char *prefix;
    wamp_val *name = NULL;
    char text[128];
    (void)self;
    if (wamp_args(ch, "client:s", &prefix))
        return WAMP_E_ARGS;
    wamp_rc rc = wamp_rcall(wamp_remote(wamp_chan_peer(ch), prefix), "get_client_name", &name, "");
    if (rc)
        return wamp_fail(ch, "example.error.no_client", "%s", wamp_err(wamp_chan_peer(ch))->message);
    snprintf(text, sizeof text, "Client name is \"%s\"", wamp_str(name));
    wamp_drop(&name);
    return wamp_reply(ch, "s", text);
}
WAMP_SERVICE(Server, WAMP_RPC_AS("example.server_method", server_method));

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "serve"))
        WAMP_WITH(service, .service = &Server, .url = EXAMPLE_URL)
    return wamp_run(service) != WAMP_OK;
    else WAMP_WITH(client, .url = EXAMPLE_URL)
    {
        wamp_val *reply = NULL;
        const char *self = wamp_export(client, &Client, NULL);
        if (!self || wamp_call(client, "example.server_method", &reply, "s", self)) {
            fprintf(stderr, "error: %s\n", wamp_err(client)->message);
            return 1;
        }
        printf("Server reply: %s\n", wamp_str(reply));
        wamp_drop(&reply);
        return 0;
    }
    return could_not_join();
}
