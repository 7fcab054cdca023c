/* S-03, S-38: the reader of `count`: takes a few values, then cancels.
 *
 *     counter 3                              -> 1, 2, 3, canceled */
#include "example.h"

int main(int argc, char **argv)
{
    int wanted = argc > 1 ? atoi(argv[1]) : 3;
    WAMP_WITH(client, .url = EXAMPLE_URL)
    {
        wamp_chan *ch = wamp_channel(client, "example.count", NULL);
        wamp_rc rc = wamp_send(ch, WAMP_OK, "");
        wamp_val *v = NULL;
        while (!rc && (rc = wamp_recv(ch, &v, -1)) == WAMP_MORE) {
            printf("%lld\n", (long long)wamp_int(v));
            wamp_drop(&v);
            rc = --wanted > 0 ? WAMP_OK : wamp_cancel(ch, WAMP_KILLNOWAIT);
            if (wanted <= 0)
                rc = wamp_recv(ch, &v, -1);
        }
        printf("%s\n", rc == WAMP_E_CANCELED ? "canceled" : wamp_err(client)->message);
        wamp_release(&ch);
        return rc != WAMP_E_CANCELED;
    }
    return could_not_join();
}
