/* S-48, S-51: what a lost connection looks like: every call ends, once, and the peer comes back by itself.
 *
 *     lost example.sleep 5                   and kill the router meanwhile: "Connection lost :(" */
#include "example.h"

static void on_done(void *arg, wamp_rc rc, const wamp_result *result, const wamp_error *error)
{
    int *left = arg;
    (void)result;
    (void)error;
    puts(rc == WAMP_E_LOST ? "Connection lost :(" : rc ? "failed" : "answered");
    fflush(stdout);
    --*left;
}

static void on_joined(void *arg, wamp_peer *peer)
{
    (void)arg;
    printf("back as %llu\n", (unsigned long long)wamp_session_id(peer));
    fflush(stdout);
    wamp_stop(peer);
}

int main(int argc, char **argv)
{
    const wamp_hooks hooks = {.on_joined = on_joined};
    int left = 3;
    if (argc < 3)
        return 2;
    WAMP_WITH(client, .url = EXAMPLE_URL, .reconnect = true, .hooks = &hooks)
    {
        for (int i = 0; i < 3; i++)
            if (wamp_call_async(client, argv[1], on_done, &left, "i", atoi(argv[2])))
                return 1;
        puts("called");
        fflush(stdout);
        return wamp_run(client) != WAMP_OK || left;
    }
    return could_not_join();
}
