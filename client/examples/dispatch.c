/* S-17: one registration for a whole family of names; the procedure sees which one was called.
 *
 *     dispatch &
 *     wamp call zrpc.dispatch.create_person '"jon"'      -> ["create_person","jon"] */
#include "example.h"

#include <string.h>

static wamp_rc dispatch(void *self, wamp_chan *ch)
{
    const char *method = strrchr(wamp_procedure(ch), '.') + 1;
    const wamp_val *arg;
    (void)self;
    if (wamp_args(ch, "v", &arg))
        return WAMP_E_ARGS;
    return wamp_reply(ch, "[sv]", method, arg);
}
WAMP_SERVICE(Dispatch, WAMP_RPC_AS("zrpc.dispatch.", dispatch, .match = WAMP_PREFIX));

int main(void)
{
    WAMP_WITH(service, .service = &Dispatch, .url = EXAMPLE_URL)
    return wamp_run(service) != WAMP_OK;
    return could_not_join();
}
