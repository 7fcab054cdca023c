/* S-29: gives back the text it is given, of any size. */
#include "example.h"

static wamp_rc text(void *self, wamp_chan *ch)
{
    const char *message;
    (void)self;
    if (wamp_args(ch, "message:s", &message))
        return WAMP_E_ARGS;
    return wamp_reply(ch, "s", message);
}
WAMP_SERVICE(Text, WAMP_RPC(text));

int main(void)
{
    WAMP_WITH(service, .service = &Text, .url = EXAMPLE_URL)
    return wamp_run(service) != WAMP_OK;
    return could_not_join();
}
