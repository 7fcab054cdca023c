/* S-08: calls, and does not wait for the answer; stays joined while the callee is at it.
 *
 *     nowait 2                               -> sent */
#include "example.h"

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 2;
    WAMP_WITH(client, .url = EXAMPLE_URL)
    {
        if (wamp_call_nowait(client, "example.sleep", "i", seconds))
            return 1;
        puts("sent");
        fflush(stdout);
        return wamp_serve(client, seconds * 1000 + 1000) != WAMP_OK;
    }
    return could_not_join();
}
