/* S-20, S-21: wampy's quickstart. A service and its caller in one program; `wamp run
 * build/ex/binary.so:BinaryNumberService` serves it alone. */
#include "example.h"

static wamp_rc get_binary_number(void *self, wamp_chan *ch)
{
    int64_t n;
    char b[72], *p = b + sizeof b;
    (void)self;
    if (wamp_args(ch, "number:i", &n))
        return WAMP_E_ARGS;  /* the ERROR is already on its way */
    uint64_t u = n < 0 ? -(uint64_t)n : (uint64_t)n;
    *--p = '\0';
    do
        *--p = (char)('0' + (u & 1));
    while (u >>= 1);
    *--p = 'b';
    *--p = '0';
    if (n < 0)
        *--p = '-';
    return wamp_reply(ch, "s", p);
}
WAMP_SERVICE(BinaryNumberService, WAMP_RPC(get_binary_number));

int main(void)
{
    WAMP_WITH(service, .service = &BinaryNumberService, .url = EXAMPLE_URL)
    WAMP_WITH(client, .name = "Binary Number Caller", .url = EXAMPLE_URL)
    {
        wamp_val *v = NULL;
        printf("%llu\n", (unsigned long long)wamp_session_id(service));
        if (wamp_rpc(client, get_binary_number, &v, "number:i", 100) == WAMP_OK)
            puts(wamp_str(v));  /* 0b1100100 */
        wamp_drop(&v);
        return 0;
    }
    return could_not_join();
}
