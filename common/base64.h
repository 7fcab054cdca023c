/* Base64 of RFC 4648, section 4: standard alphabet, padding required. */
#ifndef WAMP_COMMON_BASE64_H
#define WAMP_COMMON_BASE64_H

#include "common/buf.h"
#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>

bool wamp_base64_ok(struct str text);  /* canonical length, alphabet and padding; the empty string is fine */

size_t wamp_base64_decoded_len(struct str text);            /* of a text that is ok */
void wamp_base64_decode(struct str text, char *out);        /* of a text that is ok; writes that many octets */
void wamp_base64_encode(struct wamp_buf *out, struct str octets);  /* appends */

#endif
