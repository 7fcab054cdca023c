/* MessagePack: see fuzz_value. What we take for MessagePack, msgpack-c takes for it, too, as far as it can go
 * down. spec: B-047, B-100 */
#include "tests/fuzz/fuzz.h"

#include <msgpack.h>

enum { MSGPACK_C_DEPTH = 32 };

static unsigned depth_of(const struct wamp_item *item)
{
    struct wamp_item key, value;
    unsigned deepest = 0;
    if (item->kind != WAMP_LIST && item->kind != WAMP_MAP)
        return 0;
    struct wamp_iter it = wamp_iter(WAMP_MSGPACK, item);
    key.kind = WAMP_NULL;
    while (item->kind == WAMP_MAP ? wamp_iter_pair(&it, &key, &value) : wamp_iter_next(&it, &value)) {
        unsigned depth = depth_of(&value), key_depth = depth_of(&key);
        depth = depth > key_depth ? depth : key_depth;
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str octets = str_of((const char *)data, size);
    struct wamp_item item;
    fuzz_value(WAMP_MSGPACK, octets);
    if (wamp_item_parse(WAMP_MSGPACK, octets, &item) == WAMP_ERR_NONE && depth_of(&item) < MSGPACK_C_DEPTH) {
        msgpack_unpacked result;
        size_t used = 0;
        msgpack_unpacked_init(&result);
        demand(msgpack_unpack_next(&result, octets.ptr, size, &used) == MSGPACK_UNPACK_SUCCESS && used == size);
        msgpack_unpacked_destroy(&result);
    }
    return 0;
}
