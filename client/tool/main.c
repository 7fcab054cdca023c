/* wamp: a WAMP session in a shell. Every command is a file of its own, named after it. */
#include "client/tool/commands.h"
#include "client/tool/help.h"
#include "client/tool/session.h"

#include <stdio.h>

/* --help and --version go before everything else. */
static int run(struct options *o)
{
    if (o->version) {
        printf("wamp %s\n", wamp_version());
        return 0;
    }
    if (o->help) {
        help_print(o->command);
        return 0;
    }
    return o->command ? o->command->run(o) : misused("a command is missing; 'wamp help' lists them");
}

int main(int argc, char **argv)
{
    struct options o;
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    session_catch_signals();
    int status = options_parse(&o, argc, argv);
    if (status < 0)
        status = run(&o);
    options_fini(&o);
    return status;
}
