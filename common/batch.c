#include "common/batch.h"

#include <stdint.h>
#include <string.h>

enum { LEGACY_SEPARATOR = 0x18 };

bool wamp_batch_by_subprotocol(struct str name, enum wamp_ser *ser, bool *batched)
{
    const struct str suffix = STR(".batched");
    *batched = name.len > suffix.len && str_eq(str_from(name, name.len - suffix.len), suffix);
    if (*batched)
        name.len -= suffix.len;
    return wamp_ser_by_subprotocol(name, ser);
}

static bool next_text(struct str *rest, struct str *message)
{
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] != WAMP_BATCH_SEPARATOR && rest->ptr[len] != LEGACY_SEPARATOR)
        len++;
    if (len == rest->len)
        return false;
    *message = str_of(rest->ptr, len);
    *rest = str_from(*rest, len + 1);
    return true;
}

static bool next_binary(struct str *rest, struct str *message)
{
    const uint8_t *p = (const uint8_t *)rest->ptr;
    if (rest->len < WAMP_BATCH_PREFIX)
        return false;
    size_t len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    *rest = str_from(*rest, WAMP_BATCH_PREFIX);
    if (len > rest->len)
        return false;
    *message = str_of(rest->ptr, len);
    *rest = str_from(*rest, len);
    return true;
}

bool wamp_batch_next(enum wamp_ser ser, struct str *rest, struct str *message)
{
    return wamp_ser_is_text(ser) ? next_text(rest, message) : next_binary(rest, message);
}

size_t wamp_batch_prefix(char *to, enum wamp_ser ser, size_t len)
{
    if (wamp_ser_is_text(ser))
        return 0;
    for (unsigned i = 0; i < WAMP_BATCH_PREFIX; i++)
        to[i] = (char)(len >> 8 * (WAMP_BATCH_PREFIX - 1 - i));
    return WAMP_BATCH_PREFIX;
}
