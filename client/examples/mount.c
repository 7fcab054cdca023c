/* S-43: a branch of services, grown and cut while the peer is open. */
#include "example.h"

static wamp_rc add(void *self, wamp_chan *ch)
{
    int64_t a, b;
    (void)self;
    if (wamp_args(ch, "a:i b:i", &a, &b))
        return WAMP_E_ARGS;
    return wamp_reply(ch, "i", a + b);
}
WAMP_SERVICE(Addition, WAMP_RPC(add));

int main(void)
{
    WAMP_WITH(peer, .url = EXAMPLE_URL)
    {
        wamp_val *sum = NULL;
        wamp_remote_t math = wamp_remote(peer, "math");
        if (wamp_mount(peer, "math.addition", &Addition, NULL) ||
            wamp_rcall(math, "addition.add", &sum, "ii", 3, 4))
            return 1;
        printf("%lld\n", (long long)wamp_int(sum));
        wamp_drop(&sum);
        printf("mounted twice: %s\n", wamp_rc_name(wamp_mount(peer, "math.addition", &Addition, NULL)));
        if (wamp_unmount(peer, "math.addition") ||
            wamp_rcall(math, "addition.add", &sum, "ii", 3, 4) != WAMP_E_REMOTE)
            return 1;
        printf("unmounted: %s\n", wamp_err(peer)->uri);
        return 0;
    }
    return could_not_join();
}
