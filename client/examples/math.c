/* S-33, S-42, S-43: a tree of services; one branch declared, one built at run time.
 *
 *     math &
 *     wamp call math.addition.add 3 4        -> 7
 *     wamp call div 1 0                      -> error: example.error.zero_division: division by zero */
#include "example.h"

static wamp_rc add(void *self, wamp_chan *ch)
{
    int64_t a, b;
    (void)self;
    if (wamp_args(ch, "a:i b:i", &a, &b))
        return WAMP_E_ARGS;
    return wamp_reply(ch, "i", a + b);
}

static wamp_rc sub(void *self, wamp_chan *ch)
{
    int64_t a, b;
    (void)self;
    if (wamp_args(ch, "a:i b:i", &a, &b))
        return WAMP_E_ARGS;
    return wamp_reply(ch, "i", a - b);
}

static wamp_rc divide(void *self, wamp_chan *ch)
{
    double a, b;
    (void)self;
    if (wamp_args(ch, "a:d b:d", &a, &b))
        return WAMP_E_ARGS;
    if (b == 0)
        return wamp_fail(ch, "example.error.zero_division", "division by zero");
    return wamp_reply(ch, "d", a / b);
}

WAMP_SERVICE(Addition, WAMP_RPC(add, .doc = "a + b"));
WAMP_SERVICE(MathServer, WAMP_MOUNT("math.addition", &Addition), WAMP_RPC_AS("div", divide, .doc = "a / b"));

static int serve(const wamp_service *subtraction)
{
    WAMP_WITH(service, .service = &MathServer, .url = EXAMPLE_URL)
    return wamp_mount(service, "math.subtraction", subtraction, NULL) || wamp_run(service);
    return could_not_join();
}

int main(void)
{
    wamp_service *subtraction = wamp_service_new("Subtraction");
    if (!subtraction)
        return 1;
    wamp_service_add(subtraction,
                     &(wamp_member){.kind = WAMP_MEMBER_RPC, .uri = "sub", .proc = sub, .doc = "a - b"});
    int code = serve(subtraction);
    wamp_service_free(subtraction);
    return code;
}
