/* S-39: a name that begins with _ is private. Whoever declares it by mistake is told, instead of offering it. */
#include "example.h"

static wamp_rc _x(void *self, wamp_chan *ch)
{
    (void)self;
    return wamp_reply(ch, "");
}
WAMP_SERVICE(Private, WAMP_RPC(_x));

int main(void)
{
    wamp_peer *peer = wamp_open(&(wamp_opt){.service = &Private, .url = EXAMPLE_URL});
    puts(peer ? "offered" : wamp_open_error());
    wamp_close(peer);
    return peer != NULL;
}
