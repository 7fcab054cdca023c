/* S-44: two peers that call one another ten levels deep, on one thread: whoever waits serves. */
#include "example.h"

static wamp_rc ping(void *self, wamp_chan *ch)
{
    wamp_peer **other = self;
    wamp_val *v = NULL;
    int64_t depth;
    if (wamp_args(ch, "i", &depth))
        return WAMP_E_ARGS;
    if (depth == 0)
        return wamp_reply(ch, "i", 0);
    const char *there = wamp_procedure(ch)[8] == 'a' ? "example.b" : "example.a";
    wamp_rc rc = wamp_call(*other, there, &v, "i", depth - 1);
    int64_t levels = wamp_int(v) + 1;
    wamp_drop(&v);
    return rc ? rc : wamp_reply(ch, "i", levels);
}

int main(void)
{
    WAMP_WITH(a, .url = EXAMPLE_URL)
    WAMP_WITH(b, .url = EXAMPLE_URL)
    {
        wamp_val *v = NULL;
        if (wamp_register(a, "example.a", ping, &a) || wamp_register(b, "example.b", ping, &b) ||
            wamp_call(a, "example.b", &v, "i", 10))
            return 1;
        printf("%lld levels\n", (long long)wamp_int(v));
        wamp_drop(&v);
        return 0;
    }
    return could_not_join();
}
