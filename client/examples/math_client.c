/* S-42, S-43: a prefix read like an object. */
#include "example.h"

int main(void)
{
    WAMP_WITH(client, .url = EXAMPLE_URL)
    {
        wamp_remote_t math = wamp_remote(client, "math");
        wamp_val *v = NULL;
        if (wamp_rcall(math, "addition.add", &v, "ii", 3, 4)) {
            fprintf(stderr, "error: %s\n", wamp_err(client)->message);
            return 1;
        }
        printf("What's 3 + 4? %lld\n", (long long)wamp_int(v));
        wamp_drop(&v);
        return 0;
    }
    return could_not_join();
}
