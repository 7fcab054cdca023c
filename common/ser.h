/* The three serializers behind one face: JSON, MessagePack, CBOR.
 *
 * Reading never builds a tree. wamp_split passes over one whole message, validates every octet of it (grammar,
 * UTF-8, depth, counts against the octets left) and says where its top-level elements lie. What is of interest
 * is then looked into item by item; the payload is not.
 *
 *     struct wamp_item items[WAMP_SPLIT_MAX];
 *     unsigned n;
 *     enum wamp_err err = wamp_split(WAMP_JSON, octets, items, &n);
 *
 * All readers are iterative and allocate nothing. Writing appends to a buf through struct wamp_wr.
 * spec: B-047, B-098, B-100; table 0.8 of the checklist. */
#ifndef WAMP_COMMON_SER_H
#define WAMP_COMMON_SER_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    WAMP_DEPTH_MAX = 64,  /* nesting of lists and maps, the message itself included: stops stack and CPU attacks */
    WAMP_SPLIT_MAX = 8,   /* top-level elements that wamp_split reports; no message has more than 7 */
};

/* The values are the RawSocket serializer ids. */
enum wamp_ser { WAMP_JSON = 1, WAMP_MSGPACK = 2, WAMP_CBOR = 3 };
enum { WAMP_SER_COUNT = 4 };  /* for arrays indexed by enum wamp_ser; slot 0 is unused */

const char *wamp_ser_name(enum wamp_ser ser);         /* "json", "msgpack", "cbor" */
const char *wamp_ser_subprotocol(enum wamp_ser ser);  /* "wamp.2.json", ... */
/* False when there is none of that name. Accepts "json" for _by_name and "wamp.2.json" for _by_subprotocol. */
bool wamp_ser_by_name(struct str name, enum wamp_ser *out);
bool wamp_ser_by_subprotocol(struct str name, enum wamp_ser *out);

/* JSON travels in text frames, the others in binary ones. */
static inline bool wamp_ser_is_text(enum wamp_ser ser)
{
    return ser == WAMP_JSON;
}

enum wamp_kind {
    WAMP_NULL,
    WAMP_BOOL,
    WAMP_UINT,    /* 0 .. 2^64-1 */
    WAMP_NINT,    /* -2^63 .. -1 */
    WAMP_REAL,    /* any number with a fraction or an exponent, 1.0 included */
    WAMP_STR,     /* text, valid UTF-8 */
    WAMP_BIN,     /* octets; in JSON a string that begins with \u0000 and continues with valid base64 */
    WAMP_LIST,
    WAMP_MAP,
    WAMP_BIGNUM,  /* an integer beyond the above: JSON digits, CBOR tags 2 and 3 and -2^64..-2^63-1 */
    WAMP_EXT,     /* MessagePack ext, other CBOR tags and simple values */
    WAMP_ABSENT,  /* no such element: the zero item is not this; see wamp_item_absent */
};

const char *wamp_kind_name(enum wamp_kind kind);  /* "string", "integer", "list", ... for messages to a person */

/* One value inside a message. Borrows the message's octets. */
struct wamp_item {
    enum wamp_kind kind;
    bool escaped;     /* JSON STR: `text` still holds backslash escapes (never for keys compared by the reader);
                         CBOR STR or BIN of indefinite length: `text` still holds the chunks. See wamp_item_text */
    uint32_t count;   /* LIST: elements; MAP: pairs; CBOR BIGNUM: 1 where the value is -1 - magnitude */
    struct str raw;   /* all octets of the value, exactly as received */
    union {
        bool boolean;
        uint64_t uint;
        int64_t nint;
        double real;
        struct str text;  /* STR and BIN: without quotes, headers; JSON BIN: the base64 text, prefix removed;
                             BIGNUM: the digits, in CBOR the magnitude, big-endian */
    };
};

static inline bool wamp_item_absent(const struct wamp_item *item)
{
    return item->kind == WAMP_ABSENT;
}

/* Validates `message`, which must be one list and nothing else, and reports its first WAMP_SPLIT_MAX elements;
 * *count is the true number of elements. Errors: TRUNCATED, TRAILING, SYNTAX, DEPTH, UTF8, COUNT, TYPE (not a
 * list). Octets are never read beyond message. */
enum wamp_err wamp_split(enum wamp_ser ser, struct str message, struct wamp_item items[WAMP_SPLIT_MAX],
                         unsigned *count);

/* Validates `octets`, which must be one value of any kind and nothing else. */
enum wamp_err wamp_item_parse(enum wamp_ser ser, struct str octets, struct wamp_item *out);

/* Walks the elements of a LIST or the pairs of a MAP of a message that was validated.
 *
 *     struct wamp_iter it = wamp_iter(ser, &dict);
 *     while (wamp_iter_pair(&it, &key, &value)) ...
 */
struct wamp_iter {
    enum wamp_ser ser;
    uint32_t left;
    const char *p, *end;
};
struct wamp_iter wamp_iter(enum wamp_ser ser, const struct wamp_item *container);
bool wamp_iter_next(struct wamp_iter *it, struct wamp_item *value);
bool wamp_iter_pair(struct wamp_iter *it, struct wamp_item *key, struct wamp_item *value);

/* The text of a STR, or the octets of a BIN, ready for use: borrowed where no decoding is needed, else decoded
 * into the arena. NOMEM, or TYPE for another kind. */
enum wamp_err wamp_item_text(enum wamp_ser ser, const struct wamp_item *item, struct wamp_arena *scratch,
                             struct str *out);

/* The value of `key` in a MAP, first occurrence; false when there is none or dict is no MAP. */
bool wamp_dict_find(enum wamp_ser ser, const struct wamp_item *dict, struct str key, struct wamp_item *out);

/* --- writing --------------------------------------------------------------------------------------------- */

/* Appends values to out in the form of ser. Counts are given up front; every list and map is ended. A failed
 * allocation shows in out->failed. Text must be valid UTF-8. */
struct wamp_wr {
    enum wamp_ser ser;
    bool comma;  /* JSON: a comma is due before the next value */
    struct wamp_buf *out;
};

static inline struct wamp_wr wamp_wr(enum wamp_ser ser, struct wamp_buf *out)
{
    return (struct wamp_wr){.ser = ser, .out = out};
}

void wamp_wr_list(struct wamp_wr *w, uint32_t count);
void wamp_wr_list_end(struct wamp_wr *w);
void wamp_wr_map(struct wamp_wr *w, uint32_t count);
void wamp_wr_map_end(struct wamp_wr *w);
void wamp_wr_empty_map(struct wamp_wr *w);            /* begun and ended */
void wamp_wr_key(struct wamp_wr *w, struct str key);  /* then its value */
void wamp_wr_null(struct wamp_wr *w);
void wamp_wr_bool(struct wamp_wr *w, bool value);
void wamp_wr_uint(struct wamp_wr *w, uint64_t value);
void wamp_wr_int(struct wamp_wr *w, int64_t value);
void wamp_wr_real(struct wamp_wr *w, double value);  /* JSON has no NaN or infinity: written as null */
void wamp_wr_str(struct wamp_wr *w, struct str text);
void wamp_wr_bin(struct wamp_wr *w, struct str octets);
void wamp_wr_raw(struct wamp_wr *w, struct str value);  /* one value already in this serializer's form */

/* --- transcoding ------------------------------------------------------------------------------------------ */

/* Appends to out the value `octets` (one whole, validated value in form `from`) in form `to`. Keys that occur
 * twice: the last one wins. UNREPRESENTABLE by table 0.8 (NaN in JSON, integers beyond 64 bits in MessagePack,
 * ext, non-string keys in JSON); NOMEM. On error out is as before the call. spec: B-046, R-26 */
enum wamp_err wamp_transcode(enum wamp_ser from, struct str octets, enum wamp_ser to, struct wamp_buf *out);

#endif
