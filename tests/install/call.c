/* The smallest program that does something: one call. tests/install/install_test.py weighs it. */
#include <stdio.h>
#include <stdlib.h>
#include <wamp.h>

int main(void)
{
    wamp_val *count = NULL;
    WAMP_WITH(client, .url = getenv("WAMP_URL"))
    {
        if (wamp_call(client, "wamp.session.count", &count, ""))
            return 1;
        printf("%lld\n", (long long)wamp_int(count));
        wamp_drop(&count);
        fflush(stdout);
        getchar();  /* until it has been weighed */
        return 0;
    }
    fprintf(stderr, "error: %s\n", wamp_open_error());
    return 1;
}
