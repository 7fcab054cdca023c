/* CBOR: see fuzz_value. And what we take for CBOR, libcbor takes for it, too, apart from simple values that have
 * no meaning. (The other way round it cannot be asked: it allocates what a count claims.) spec: B-047 */
#include "tests/fuzz/fuzz.h"

#include <cbor.h>

/* Whether there is a simple value in it that stands for nothing known, or may be one inside a tagged item. */
static bool has_simple(const struct wamp_item *item)
{
    struct wamp_item key = {.kind = WAMP_NULL}, value;
    bool is_map = item->kind == WAMP_MAP, found = item->kind == WAMP_EXT;
    if (item->kind != WAMP_LIST && !is_map)
        return found;
    struct wamp_iter it = wamp_iter(WAMP_CBOR, item);
    while (!found && (is_map ? wamp_iter_pair(&it, &key, &value) : wamp_iter_next(&it, &value)))
        found = has_simple(&key) || has_simple(&value);
    return found;
}

static bool libcbor_reads(const uint8_t *data, size_t size)
{
    struct cbor_load_result result;
    cbor_item_t *tree = cbor_load(data, size, &result);
    bool whole = tree && result.read == size;
    if (tree)
        cbor_decref(&tree);
    return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str octets = str_of((const char *)data, size);
    struct wamp_item item;
    fuzz_value(WAMP_CBOR, octets);
    if (wamp_item_parse(WAMP_CBOR, octets, &item) == WAMP_ERR_NONE)
        demand(has_simple(&item) || libcbor_reads(data, size));
    return 0;
}
