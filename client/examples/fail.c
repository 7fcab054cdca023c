/* S-09, S-24, S-46: errors. With a message for people and, in a debug build, the line; and, in the middle of a
 * stream, with whatever arguments a program on the other side needs.
 *
 *     fail &
 *     wamp call -v bad                       -> error: com.ex.bad: no 7, Traceback: client/examples/fail.c:16
 *     wamp call --progress example.fail      -> 1, 2, error: example.error.app: boom code=1000 data={"k":1} */
#define WAMP_TRACEBACK
#include "example.h"

static wamp_rc bad(void *self, wamp_chan *ch)
{
    (void)self;
    return wamp_fail(ch, "com.ex.bad", "no %d", 7);
}

static wamp_rc fail(void *self, wamp_chan *ch)
{
    wamp_rc rc = WAMP_OK;
    (void)self;
    for (int i = 1; !rc && i <= 2; i++)
        rc = wamp_send(ch, WAMP_MORE, "i", i);
    return rc ? rc : wamp_failx(ch, "example.error.app", "s code:i data:{k:i}", "boom", 1000, 1);
}
WAMP_SERVICE(Fail, WAMP_RPC(bad), WAMP_RPC_AS("example.fail", fail));

int main(void)
{
    WAMP_WITH(service, .service = &Fail, .url = EXAMPLE_URL)
    return wamp_run(service) != WAMP_OK;
    return could_not_join();
}
