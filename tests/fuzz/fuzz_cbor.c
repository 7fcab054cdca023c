/* CBOR: see fuzz_value. What we take for CBOR, libcbor takes for it, too. spec: B-047 */
#include "tests/fuzz/fuzz.h"

#include <cbor.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str octets = str_of((const char *)data, size);
    struct wamp_item item;
    fuzz_value(WAMP_CBOR, octets);
    if (wamp_item_parse(WAMP_CBOR, octets, &item) == WAMP_ERR_NONE) {
        struct cbor_load_result result;
        cbor_item_t *tree = cbor_load(data, size, &result);
        demand(tree && result.read == size);
        cbor_decref(&tree);
    }
    return 0;
}
