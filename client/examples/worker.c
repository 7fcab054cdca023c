/* S-18: several processes behind one name.
 *
 *     worker w1 &  worker w2 &               calls go to w1, w2, w1, w2, ...
 *     worker w3 first                        -> error: wamp.error.procedure_already_exists */
#include "example.h"

#include <string.h>

static wamp_rc work(void *self, wamp_chan *ch)
{
    const char *name = self;
    int ms = 0;
    if (wamp_args(ch, "ms:i?", &ms))
        return WAMP_E_ARGS;
    wamp_rc rc = wamp_pause(ch, ms);
    return rc ? rc : wamp_reply(ch, "s", name);
}

int main(int argc, char **argv)
{
    char *name = argc > 1 ? argv[1] : "w";
    bool first = argc > 2 && !strcmp(argv[2], "first");
    const wamp_member members[] = {
        {.kind = WAMP_MEMBER_RPC,
         .uri = "example.work",
         .proc = work,
         .invoke = first ? WAMP_FIRST : WAMP_ROUNDROBIN},
        {.kind = WAMP_MEMBER_END},
    };
    const wamp_service worker = {.name = "Worker", .members = members};
    WAMP_WITH(service, .service = &worker, .self = name, .name = name, .url = EXAMPLE_URL)
    return wamp_run(service) != WAMP_OK;
    return could_not_join();
}
