/* S-06: hands a function of its own to a service, as a name nobody can guess. */
#include "example.h"

static wamp_rc on_alarm(void *self, wamp_chan *ch)
{
    puts("ALARM");
    wamp_stop(self);
    return wamp_reply(ch, "i", 42);
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 3;
    WAMP_WITH(client, .url = EXAMPLE_URL)
    {
        const char *callback = wamp_callback(client, on_alarm, client);
        wamp_val *v = NULL;
        if (!callback || wamp_call(client, "example.alarm", &v, "sec:i cb:s", seconds, callback)) {
            fprintf(stderr, "error: %s\n", wamp_err(client)->message);
            return 1;
        }
        puts(wamp_bool(v) ? "true" : "false");
        fflush(stdout);
        wamp_drop(&v);
        return wamp_run(client) != WAMP_OK;
    }
    return could_not_join();
}
