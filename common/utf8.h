/* Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef WAMP_COMMON_UTF8_H
#define WAMP_COMMON_UTF8_H

#include "common/str.h"

#include <stdbool.h>

/* Fast on ASCII (16 octets a step where the machine has SSE2). */
bool wamp_utf8_ok(struct str text);

#endif
