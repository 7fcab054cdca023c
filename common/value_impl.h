/* Shared by common/value.c and common/transcode.c alone. */
#ifndef WAMP_COMMON_VALUE_IMPL_H
#define WAMP_COMMON_VALUE_IMPL_H

#include "common/value.h"

/* What is no LIST and no MAP, as a value. Text is borrowed from the message where it needs no decoding, unless `copy`. */
enum wamp_err wamp_scalar_read(enum wamp_ser ser, const struct wamp_item *item, struct wamp_arena *arena, bool copy,
                               struct wamp_value *out);

/* wamp_value_put for a key. */
enum wamp_err wamp_value_put_key(struct wamp_wr *w, const struct wamp_value *key);

#endif
