/* JSON: see fuzz_value. And jansson takes the same texts for JSON, apart from its own bounds. (It takes "0\0" for
 * 0.) spec: B-047 */
#include "tests/fuzz/fuzz.h"

#include <jansson.h>

/* json_error_unknown: it is JSON. */
static enum json_error_code jansson_says(struct str octets)
{
    json_error_t error;
    json_t *tree = json_loadb(octets.ptr, octets.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    enum json_error_code code = tree ? json_error_unknown : json_error_code(&error);
    json_decref(tree);
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str octets = str_of((const char *)data, size);
    struct wamp_item item;
    fuzz_value(WAMP_JSON, octets);
    enum wamp_err err = wamp_item_parse(WAMP_JSON, octets, &item);
    enum json_error_code code = jansson_says(octets);
    bool has_nul = size && memchr(data, '\0', size);
    if (code == json_error_unknown && !has_nul)
        demand(err == WAMP_ERR_NONE || err == WAMP_ERR_DEPTH);
    if (err == WAMP_ERR_NONE)
        demand(code == json_error_unknown || code == json_error_numeric_overflow ||
               code == json_error_null_byte_in_key);
    return 0;
}
