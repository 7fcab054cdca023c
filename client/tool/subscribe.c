/* wamp subscribe. */
#include "client/tool/commands.h"
#include "client/tool/print.h"
#include "client/tool/subscriber.h"

struct printer {
    const struct options *o;
    bool with_topic;
};

static void print(void *arg, const wamp_event *ev)
{
    struct printer *p = arg;
    print_event(p->o, ev, p->with_topic);
}

int command_subscribe(struct options *o)
{
    struct printer printer = {o, o->word_count > 1 || o->match != WAMP_EXACT || o->verbose};
    return subscriber_run(o, print, &printer);
}
