/* S-01: the smallest service.
 *
 *     sum &
 *     wamp call example.add '[1,2,3]'        -> 6 */
#include "example.h"

static wamp_rc add(void *self, wamp_chan *ch)
{
    const wamp_val *numbers;
    int64_t sum = 0;
    (void)self;
    if (wamp_args(ch, "numbers:[]", &numbers))
        return WAMP_E_ARGS;
    for (size_t i = 0; i < wamp_len(numbers); i++)
        sum += wamp_int(wamp_at(numbers, i));
    return wamp_reply(ch, "i", sum);
}
WAMP_SERVICE(Sum, WAMP_RPC_AS("example.add", add));

int main(void)
{
    WAMP_WITH(service, .service = &Sum, .url = EXAMPLE_URL)
    return wamp_run(service) != WAMP_OK;
    return could_not_join();
}
