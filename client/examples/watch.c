/* S-47, S-49: who comes and goes, from the router's own events.
 *
 *     watch                                  -> Client connected: 4711 me ... Client disconnected: 4711 */
#include "example.h"

/* What a peer calls itself, where it does. */
static void on_join(void *self, const wamp_event *ev)
{
    const wamp_val *details = wamp_at(ev->args, 0);
    const char *agent = wamp_str(wamp_key(wamp_key(details, "transport"), "agent"));
    (void)self;
    printf("Client connected: %llu %s\n", (unsigned long long)wamp_uint(wamp_key(details, "session")),
           *agent ? agent : wamp_str(wamp_key(details, "authid")));
    fflush(stdout);
}

static void on_leave(void *self, const wamp_event *ev)
{
    (void)self;
    printf("Client disconnected: %llu\n", (unsigned long long)wamp_uint(wamp_at(ev->args, 0)));
    fflush(stdout);
}
WAMP_SERVICE(Watch, WAMP_SUBSCRIBE("wamp.session.on_join", on_join),
             WAMP_SUBSCRIBE("wamp.session.on_leave", on_leave));

/* The end of this session itself: killed by an administrator, or lost. */
static void on_lost(void *arg, wamp_peer *peer, const wamp_error *why, bool again)
{
    (void)arg;
    (void)peer;
    printf("closed: %s%s\n", why->uri ? why->uri : why->message, again ? ", coming back" : "");
    fflush(stdout);
}

int main(void)
{
    const wamp_hooks hooks = {.on_lost = on_lost};
    WAMP_WITH(service, .service = &Watch, .hooks = &hooks, .url = EXAMPLE_URL)
    return wamp_run(service) != WAMP_OK;
    return could_not_join();
}
