/* MessagePack: see fuzz_value. What we take for MessagePack, msgpack-c takes for it, too. spec: B-047, B-100 */
#include "tests/fuzz/fuzz.h"

#include <msgpack.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str octets = str_of((const char *)data, size);
    struct wamp_item item;
    fuzz_value(WAMP_MSGPACK, octets);
    if (wamp_item_parse(WAMP_MSGPACK, octets, &item) == WAMP_ERR_NONE) {
        msgpack_unpacked result;
        size_t used = 0;
        msgpack_unpacked_init(&result);
        demand(msgpack_unpack_next(&result, octets.ptr, size, &used) == MSGPACK_UNPACK_SUCCESS && used == size);
        msgpack_unpacked_destroy(&result);
    }
    return 0;
}
