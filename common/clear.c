#include "common/clear.h"

#include <string.h>

void wamp_clear(void *octets, size_t len)
{
    memset(octets, 0, len);
}
