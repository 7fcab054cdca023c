/* S-53: a handler that knows who calls it. The router says so, who knows it from the login, not the caller.
 *
 *     whoami &
 *     wamp call example.whoami --authid ann --secret @/run/secrets/ann
 *     -> {"authid":"ann","authrole":"frontend"} */
#include "example.h"

static wamp_rc whoami(void *self, wamp_chan *ch)
{
    wamp_caller_t caller = wamp_caller(ch);
    (void)self;
    if (!caller.session)
        return wamp_fail(ch, "wamp.error.not_authorized", "this realm does not tell who calls");
    return wamp_reply(ch, "{authid:s authrole:s}", caller.authid, caller.authrole);
}
WAMP_SERVICE(Whoami, WAMP_RPC_AS("example.whoami", whoami, .sig = "", .disclose_caller = true));

int main(void)
{
    WAMP_WITH(service, .service = &Whoami, .url = EXAMPLE_URL)
    return wamp_run(service) != WAMP_OK;
    return could_not_join();
}
