/* Batched WebSocket: several messages of WAMP in one of WebSocket. Section 0.10 of the checklist. spec: A-BWS-01, T-56
 *
 * JSON texts each end with octet 0x1E, after the last one too; autobahn and Crossbar use 0x18, which is taken as well:
 * neither can stand in a JSON text. Binary messages each begin with their length, 32 bits, big-endian. */
#ifndef WAMP_COMMON_BATCH_H
#define WAMP_COMMON_BATCH_H

#include "common/ser.h"
#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>

enum { WAMP_BATCH_SEPARATOR = 0x1E, WAMP_BATCH_PREFIX = 4 };

/* "wamp.2.json", or "wamp.2.json.batched". False: not one that we speak. */
bool wamp_batch_by_subprotocol(struct str name, enum wamp_ser *ser, bool *batched);

/* Takes the first message off *rest, which is not empty. False: it is not whole. */
bool wamp_batch_next(enum wamp_ser ser, struct str *rest, struct str *message);

/* Writes what stands before a message of len octets; returns its length, 0 or WAMP_BATCH_PREFIX. */
size_t wamp_batch_prefix(char *to, enum wamp_ser ser, size_t len);

#endif
