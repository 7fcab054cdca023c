/* S-10: metadata beside the arguments. The callee prints what came and sends it back.
 *
 *     ext &
 *     wamp call --opt _ext='{"trace":"t1"}' example.ext -v */
#include "example.h"

static wamp_rc ext(void *self, wamp_chan *ch)
{
    const wamp_val *extension = wamp_key(wamp_chan_details(ch), "_ext");
    (void)self;
    if (extension) {
        wamp_val *text = wamp_to_json(extension), *options = wamp_build("{_ext:v}", extension);
        printf("ext %s\n", wamp_str(text));
        fflush(stdout);
        wamp_set_options(ch, options);
        wamp_drop(&text);
        wamp_drop(&options);
    }
    return wamp_reply(ch, "");
}
WAMP_SERVICE(Ext, WAMP_RPC_AS("example.ext", ext));

int main(void)
{
    WAMP_WITH(service, .service = &Ext, .url = EXAMPLE_URL)
    return wamp_run(service) != WAMP_OK;
    return could_not_join();
}
