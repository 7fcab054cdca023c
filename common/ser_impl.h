/* Inside the serializers: what one form has to provide. Included by common/ser*.c alone.
 *
 * ser.c turns the functions of common/ser.h into calls through one of these tables. The readers share one rule: `value`
 * checks every octet it passes over; `next` and `text` trust what was checked before and never read beyond `end`. */
#ifndef WAMP_COMMON_SER_IMPL_H
#define WAMP_COMMON_SER_IMPL_H

#include "common/ser.h"

struct wamp_ser_ops {
    const char *name, *subprotocol;
    struct str empty_map;

    /* See wamp_split. */
    enum wamp_err (*split)(struct str message, struct wamp_item items[WAMP_SPLIT_MAX], unsigned *count);

    /* Validates the one value that begins at octets.ptr (JSON: after white space) and may nest WAMP_DEPTH_MAX deep.
     * *used is where it ended (JSON: white space behind it included). */
    enum wamp_err (*value)(struct str octets, struct wamp_item *out, size_t *used);

    /* The octets between the brackets (JSON) or after the header of a LIST or MAP. */
    void (*enter)(const struct wamp_item *container, struct wamp_iter *it);
    /* The next value of a container that was validated; it->left is kept by ser.c. For a MAP called once a key and
     * once a value; JSON passes the comma or colon before it, CBOR the break at the end. */
    bool (*next)(struct wamp_iter *it, struct wamp_item *out);

    /* Of an item with `escaped` set, or a JSON BIN. */
    enum wamp_err (*text)(const struct wamp_item *item, struct wamp_arena *scratch, struct str *out);
    bool (*text_is)(const struct wamp_item *item, struct str wanted);  /* the same, compared without decoding it anywhere */

    void (*wr_list)(struct wamp_wr *w, uint32_t count);
    void (*wr_list_end)(struct wamp_wr *w);
    void (*wr_map)(struct wamp_wr *w, uint32_t count);
    void (*wr_map_end)(struct wamp_wr *w);
    void (*wr_key)(struct wamp_wr *w, struct str key);
    void (*wr_null)(struct wamp_wr *w);
    void (*wr_bool)(struct wamp_wr *w, bool value);
    void (*wr_uint)(struct wamp_wr *w, uint64_t value);
    void (*wr_int)(struct wamp_wr *w, int64_t value);
    void (*wr_real)(struct wamp_wr *w, double value);
    void (*wr_str)(struct wamp_wr *w, struct str text);
    void (*wr_bin)(struct wamp_wr *w, struct str octets);
    void (*wr_raw)(struct wamp_wr *w, struct str value);
};

extern const struct wamp_ser_ops wamp_json_ops, wamp_msgpack_ops, wamp_cbor_ops;

#endif
