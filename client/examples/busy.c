/* S-06: called back while it waits for something else. A call that blocks goes on serving, so the alarm rings
 * in the middle of wamp_call.
 *
 *     alarm_service &  sleep &
 *     busy                                   -> true, ALARM, slept */
#include "example.h"

static wamp_rc on_alarm(void *self, wamp_chan *ch)
{
    (void)self;
    puts("ALARM");
    fflush(stdout);
    return wamp_reply(ch, "i", 42);
}

int main(void)
{
    WAMP_WITH(client, .url = EXAMPLE_URL)
    {
        const char *callback = wamp_callback(client, on_alarm, NULL);
        if (!callback || wamp_call(client, "example.alarm", NULL, "sec:i cb:s", 1, callback))
            return 1;
        puts("true");
        if (wamp_call(client, "example.sleep", NULL, "i", 2))
            return 1;
        puts("slept");
        return 0;
    }
    return could_not_join();
}
