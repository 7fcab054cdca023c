/* S-48: a connection that goes in the middle of a call is no remote error: whether the callee did it is unknown.
 *
 *     lost_call example.cut                  -> Connection lost :( */
#include "example.h"

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    WAMP_WITH(client, .url = EXAMPLE_URL)
    {
        wamp_rc rc = wamp_call(client, argv[1], NULL, "");
        puts(rc == WAMP_E_LOST ? "Connection lost :(" : rc ? wamp_err(client)->message : "answered");
        return rc != WAMP_E_LOST;
    }
    return could_not_join();
}
