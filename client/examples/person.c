/* S-13, S-15: protobuf in, protobuf out, by hand: the procedure sets field 4 (id) to 42 and field 5 (label) to
 * "person". To the router it is just octets. With payload passthru the answer says what they are. */
#include "example.h"

#include <string.h>

static wamp_rc create_person(void *self, wamp_chan *ch)
{
    static const char fields[] = "\x20\x2a\x2a\x06person";
    const void *octets;
    size_t len;
    char person[1024];
    (void)self;
    if (wamp_args(ch, "person:y", &octets, &len))
        return WAMP_E_ARGS;
    if (len + sizeof fields > sizeof person)
        return wamp_fail(ch, "example.error.too_large", "a person of %zu octets", len);
    memcpy(person, octets, len);
    memcpy(person + len, fields, sizeof fields - 1);
    const char *scheme = wamp_str(wamp_key(wamp_chan_details(ch), "ppt_scheme"));
    if (*scheme) {
        wamp_val *options = wamp_build("{ppt_scheme:s ppt_serializer:s}", scheme, "protobuf");
        wamp_set_options(ch, options);
        wamp_drop(&options);
    }
    return wamp_reply(ch, "y", person, len + sizeof fields - 1);
}
WAMP_SERVICE(Person, WAMP_RPC_AS("zrpc.create_person", create_person));

int main(void)
{
    WAMP_WITH(service, .service = &Person, .url = EXAMPLE_URL)
    return wamp_run(service) != WAMP_OK;
    return could_not_join();
}
