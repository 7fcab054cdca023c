/* S-06, S-07: calls its caller back. The handler answers at once; a timer makes the call later, without waiting.
 *
 *     alarm_service &
 *     alarm_client 3                         -> true, and three seconds later ALARM */
#include "example.h"

#include <string.h>

struct alarm {
    char callback[128];
};

static void on_answer(void *arg, wamp_rc rc, const wamp_result *result, const wamp_error *error)
{
    (void)arg;
    if (rc == WAMP_OK)
        printf("cb returned %lld\n", (long long)wamp_int(wamp_at(result->args, 0)));
    else
        printf("alarm: callback gone (%s)\n", error->uri ? error->uri : wamp_rc_name(rc));
    fflush(stdout);
}

static void ring(void *arg, wamp_peer *peer)
{
    struct alarm *alarm = arg;
    wamp_call_async(peer, alarm->callback, on_answer, NULL, "");
    free(alarm);
}

static wamp_rc set_alarm(void *self, wamp_chan *ch)
{
    const char *callback;
    int seconds;
    (void)self;
    if (wamp_args(ch, "sec:i cb:s", &seconds, &callback))
        return WAMP_E_ARGS;
    struct alarm *alarm = malloc(sizeof *alarm);
    if (!alarm)
        return WAMP_E_NOMEM;
    snprintf(alarm->callback, sizeof alarm->callback, "%s", callback);
    wamp_rc rc = wamp_after(wamp_chan_peer(ch), seconds * 1000, ring, alarm, NULL);
    if (rc) {
        free(alarm);
        return rc;
    }
    return wamp_reply(ch, "b", true);
}
WAMP_SERVICE(AlarmService, WAMP_RPC_AS("example.alarm", set_alarm));

int main(void)
{
    WAMP_WITH(service, .service = &AlarmService, .url = EXAMPLE_URL)
    return wamp_run(service) != WAMP_OK;
    return could_not_join();
}
