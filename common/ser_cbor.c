/* CBOR (RFC 8949), passed over without a tree, definite and indefinite lengths alike.
 *
 * The tag 55799 ("this is CBOR") in front of a value is passed over. Integers beyond 64 bits are BIGNUM: tags 2 and 3
 * over a definite byte string, and major type 1 below -2^63; `text` is the magnitude, big-endian, and `count` 1 where the
 * value is -1 - magnitude. All other tags are EXT, and so are simple values that have no name. spec: B-047, table 0.8 */
#include "common/ser_impl.h"
#include "common/utf8.h"

#include <math.h>

enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, OTHER };
enum { INDEFINITE = 31, SELF_DESCRIBED = 55799, POSITIVE_BIGNUM = 2, NEGATIVE_BIGNUM = 3 };

/* --- heads ------------------------------------------------------------------------------------------------------------- */

struct head {
    enum major major;
    unsigned info;     /* 0 .. 31 */
    uint64_t number;
};

static enum wamp_err read_head(const uint8_t **pp, const uint8_t *end, struct head *h)
{
    const uint8_t *p = *pp;
    if (p == end)
        return WAMP_ERR_TRUNCATED;
    h->major = (enum major)(*p >> 5);
    h->info = *p++ & 31;
    h->number = h->info;
    if (h->info >= 24 && h->info <= 27) {
        size_t size = (size_t)1 << (h->info - 24);
        if ((size_t)(end - p) < size)
            return WAMP_ERR_TRUNCATED;
        h->number = 0;
        for (size_t i = 0; i < size; i++)
            h->number = h->number << 8 | *p++;
    } else if (h->info > 27 && h->info < INDEFINITE) {
        return WAMP_ERR_SYNTAX;
    } else if (h->info == INDEFINITE && (h->major < BYTES || h->major == TAG)) {
        return WAMP_ERR_SYNTAX;
    }
    *pp = p;
    return WAMP_ERR_NONE;
}

static bool is_break(const struct head *h)
{
    return h->major == OTHER && h->info == INDEFINITE;
}

/* --- scalars -------------------------------------------------------------------------------------------------------------- */

static enum wamp_err take_octets(const uint8_t **pp, const uint8_t *end, const struct head *h, struct str *out)
{
    if (h->number > (size_t)(end - *pp))
        return WAMP_ERR_TRUNCATED;
    *out = str_of((const char *)*pp, (size_t)h->number);
    *pp += h->number;
    return h->major != TEXT || wamp_utf8_ok(*out) ? WAMP_ERR_NONE : WAMP_ERR_UTF8;
}

/* Chunks of the same kind, each of definite length, up to a break; text is all of them with their heads. */
static enum wamp_err take_chunks(const uint8_t **pp, const uint8_t *end, enum major major, struct str *out)
{
    const uint8_t *start = *pp;
    struct head h;
    struct str chunk;
    for (;;) {
        const uint8_t *before = *pp;
        enum wamp_err err = read_head(pp, end, &h);
        if (!err && is_break(&h)) {
            *out = str_of((const char *)start, (size_t)(before - start));
            return WAMP_ERR_NONE;
        }
        if (!err && (h.major != major || h.info == INDEFINITE))
            err = WAMP_ERR_SYNTAX;
        if (!err)
            err = take_octets(pp, end, &h, &chunk);
        if (err)
            return err;
    }
}

static enum wamp_err take_string(const uint8_t **pp, const uint8_t *end, const struct head *h, struct wamp_item *out)
{
    out->kind = h->major == TEXT ? WAMP_STR : WAMP_BIN;
    out->escaped = h->info == INDEFINITE;
    return out->escaped ? take_chunks(pp, end, h->major, &out->text) : take_octets(pp, end, h, &out->text);
}

static void take_negative(const uint8_t *after, const struct head *h, struct wamp_item *out)
{
    if (h->number <= INT64_MAX) {
        out->kind = WAMP_NINT;
        out->nint = -1 - (int64_t)h->number;
        return;
    }
    out->kind = WAMP_BIGNUM;
    out->text = str_of((const char *)after - 8, 8);
    out->count = 1;
}

static double half(uint16_t bits)
{
    int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    double value = exponent == 0    ? ldexp(mantissa, -24)
                   : exponent != 31 ? ldexp(mantissa + 1024, exponent - 25)
                   : mantissa       ? (double)NAN
                                    : (double)INFINITY;
    return bits & 0x8000 ? -value : value;
}

static double real_of(const struct head *h)
{
    uint32_t low = (uint32_t)h->number;
    float single;
    double real;
    if (h->info == 25)
        return half((uint16_t)h->number);
    if (h->info == 27) {
        memcpy(&real, &h->number, sizeof real);
        return real;
    }
    memcpy(&single, &low, sizeof single);
    return (double)single;
}

/* Major type 7. */
static enum wamp_err take_other(const struct head *h, struct wamp_item *out)
{
    switch (h->info) {
    case 20:
    case 21:
        out->kind = WAMP_BOOL;
        out->boolean = h->info == 21;
        break;
    case 22:
    case 23:  /* undefined is as much as null */
        out->kind = WAMP_NULL;
        break;
    case 25:
    case 26:
    case 27:
        out->kind = WAMP_REAL;
        out->real = real_of(h);
        break;
    case 24:  /* below 32 the short form is the only one */
        out->kind = WAMP_EXT;
        return h->number >= 32 ? WAMP_ERR_NONE : WAMP_ERR_SYNTAX;
    case INDEFINITE:  /* a break where there is nothing to break off */
        return WAMP_ERR_SYNTAX;
    default:
        out->kind = WAMP_EXT;
    }
    return WAMP_ERR_NONE;
}

/* A head's own part of a value: all of a scalar, of a container or tag only what kind it is. */
static enum wamp_err take_head(const uint8_t **pp, const uint8_t *end, const struct head *h, struct wamp_item *out)
{
    out->escaped = false;
    out->count = 0;
    switch (h->major) {
    case UNSIGNED:
        out->kind = WAMP_UINT;
        out->uint = h->number;
        return WAMP_ERR_NONE;
    case NEGATIVE:
        take_negative(*pp, h, out);
        return WAMP_ERR_NONE;
    case BYTES:
    case TEXT:
        return take_string(pp, end, h, out);
    case ARRAY:
    case MAP:
        out->kind = h->major == MAP ? WAMP_MAP : WAMP_LIST;
        return WAMP_ERR_NONE;
    case TAG:
        out->kind = WAMP_EXT;
        return WAMP_ERR_NONE;
    case OTHER:
        break;
    }
    return take_other(h, out);
}

/* --- containers and tags ------------------------------------------------------------------------------------------------------ */

/* What is open around the next value: a list, a map (both keys and values count) or a tag, which holds one value. */
struct level {
    bool indefinite, is_map;
    uint64_t left, seen;
};

static bool opens_level(const struct head *h)
{
    return h->major == ARRAY || h->major == MAP || h->major == TAG;
}

/* A definite count is judged by the octets that are left. */
static enum wamp_err level_init(struct level *l, const struct head *h, size_t octets_left)
{
    *l = (struct level){.indefinite = h->info == INDEFINITE, .is_map = h->major == MAP};
    if (h->major == TAG)
        l->left = 1;
    else if (!l->indefinite && h->number > octets_left)
        return WAMP_ERR_COUNT;
    else if (!l->indefinite)
        l->left = h->number * (l->is_map ? 2 : 1);
    return l->left > octets_left && h->major != TAG ? WAMP_ERR_COUNT : WAMP_ERR_NONE;
}

static bool is_full(const struct level *l)
{
    return !l->indefinite && !l->left;
}

static enum wamp_err break_off(const struct level *l)
{
    return l->indefinite && !(l->is_map && l->seen % 2) ? WAMP_ERR_NONE : WAMP_ERR_SYNTAX;
}

/* Passes over what is inside the level that `first` opens; *count: elements or pairs in it. */
static enum wamp_err skip_level(const uint8_t **pp, const uint8_t *end, unsigned base, const struct head *first, uint32_t *count)
{
    struct level levels[WAMP_DEPTH_MAX];
    struct head h = *first;
    struct wamp_item item;
    unsigned depth = 0;
    for (bool opening = true;; opening = opens_level(&h)) {
        enum wamp_err err = WAMP_ERR_NONE;
        if (opening && base + depth >= WAMP_DEPTH_MAX)
            return WAMP_ERR_DEPTH;
        if (opening)
            err = level_init(&levels[depth++], &h, (size_t)(end - *pp));
        while (!err && is_full(&levels[depth - 1]))
            if (--depth == 0)
                goto done;
        for (;;) {
            if (!err)
                err = read_head(pp, end, &h);
            if (err)
                return err;
            if (!is_break(&h))
                break;
            err = break_off(&levels[depth - 1]);
            if (err)
                return err;
            do
                if (--depth == 0)
                    goto done;
            while (is_full(&levels[depth - 1]));
        }
        levels[depth - 1].seen++;
        levels[depth - 1].left -= !levels[depth - 1].indefinite;
        err = take_head(pp, end, &h, &item);
        if (err)
            return err;
    }
done:
    *count = (uint32_t)(levels[0].seen / (levels[0].is_map ? 2 : 1));
    return WAMP_ERR_NONE;
}

/* The magnitude behind tag 2 or 3. What an integer of 64 bits can hold is one. spec: R-26 */
static void take_bignum(struct str magnitude, bool negative, struct wamp_item *out)
{
    while (magnitude.len && magnitude.ptr[0] == '\0')
        magnitude = str_from(magnitude, 1);
    uint64_t number = 0;
    for (size_t i = 0; i < magnitude.len && i < 8; i++)
        number = number << 8 | (uint8_t)magnitude.ptr[i];
    bool fits = magnitude.len <= 8 && (!negative || number <= INT64_MAX);
    out->kind = !fits ? WAMP_BIGNUM : negative ? WAMP_NINT : WAMP_UINT;
    if (!fits) {
        out->text = magnitude;
        out->count = negative;
    } else if (negative) {
        out->nint = -1 - (int64_t)number;
    } else {
        out->uint = number;
    }
}

/* A tag was read: numbers are BIGNUM, the rest is EXT. */
static enum wamp_err read_tagged(const uint8_t **pp, const uint8_t *end, unsigned base, const struct head *tag,
                                 struct wamp_item *out)
{
    const uint8_t *inside = *pp;
    struct head h;
    uint32_t count;
    enum wamp_err err = skip_level(pp, end, base, tag, &count);
    if (err || (tag->number != POSITIVE_BIGNUM && tag->number != NEGATIVE_BIGNUM))
        return err;
    read_head(&inside, end, &h);
    if (h.major != BYTES || h.info == INDEFINITE)
        return WAMP_ERR_NONE;
    struct str magnitude;
    err = take_octets(&inside, end, &h, &magnitude);
    if (!err)
        take_bignum(magnitude, tag->number == NEGATIVE_BIGNUM, out);
    return err;
}

static enum wamp_err read_value(const uint8_t **pp, const uint8_t *end, unsigned base, struct wamp_item *out)
{
    const uint8_t *start = *pp;
    struct head h;
    enum wamp_err err;
    do
        err = read_head(pp, end, &h);
    while (!err && h.major == TAG && h.number == SELF_DESCRIBED);
    if (!err)
        err = take_head(pp, end, &h, out);
    if (!err && h.major == TAG)
        err = read_tagged(pp, end, base, &h, out);
    else if (!err && opens_level(&h))
        err = skip_level(pp, end, base, &h, &out->count);
    out->raw = str_of((const char *)start, (size_t)(*pp - start));
    return err;
}

static enum wamp_err cbor_value(struct str octets, struct wamp_item *out, size_t *used)
{
    const uint8_t *start = (const uint8_t *)octets.ptr, *p = start;
    enum wamp_err err = read_value(&p, start + octets.len, 0, out);
    *used = (size_t)(p - start);
    return err;
}

/* Behind the head of a container. */
static const uint8_t *behind_head(const uint8_t *p, const uint8_t *end, struct head *h)
{
    do
        if (read_head(&p, end, h))
            return NULL;
    while (h->major == TAG && h->number == SELF_DESCRIBED);
    return p;
}

static bool at_break(const uint8_t *p, const uint8_t *end)
{
    return p < end && *p == 0xff;
}

static enum wamp_err cbor_split(struct str message, struct wamp_item items[WAMP_SPLIT_MAX], unsigned *count)
{
    const uint8_t *end = (const uint8_t *)message.ptr + message.len;
    struct wamp_item list, spare;
    struct head h;
    size_t used;
    const uint8_t *p = behind_head((const uint8_t *)message.ptr, end, &h);
    if (!p || h.major != ARRAY) {
        enum wamp_err err = cbor_value(message, &list, &used);
        return err ? err : WAMP_ERR_TYPE;
    }
    struct level l;
    enum wamp_err err = level_init(&l, &h, (size_t)(end - p));
    if (err)
        return err;
    for (*count = 0; l.indefinite ? !at_break(p, end) : *count < l.left; ++*count) {
        err = read_value(&p, end, 1, *count < WAMP_SPLIT_MAX ? &items[*count] : &spare);
        if (err)
            return err;
    }
    p += l.indefinite;
    return p == end ? WAMP_ERR_NONE : WAMP_ERR_TRAILING;
}

static void cbor_enter(const struct wamp_item *container, struct wamp_iter *it)
{
    const uint8_t *start = (const uint8_t *)container->raw.ptr;
    struct head h;
    it->end = container->raw.ptr + container->raw.len;
    it->p = (const char *)behind_head(start, start + container->raw.len, &h);
}

static bool cbor_next(struct wamp_iter *it, struct wamp_item *out)
{
    const uint8_t *p = (const uint8_t *)it->p;
    enum wamp_err err = read_value(&p, (const uint8_t *)it->end, 0, out);
    it->p = (const char *)p;
    return !err;
}

/* --- chunked strings ----------------------------------------------------------------------------------------------------------- */

static bool next_chunk(struct str *rest, struct str *chunk)
{
    const uint8_t *p = (const uint8_t *)rest->ptr, *end = p + rest->len;
    struct head h;
    if (p == end || read_head(&p, end, &h) || take_octets(&p, end, &h, chunk))
        return false;
    *rest = str_of((const char *)p, (size_t)(end - p));
    return true;
}

static enum wamp_err cbor_text(const struct wamp_item *item, struct wamp_arena *scratch, struct str *out)
{
    struct str rest = item->text, chunk;
    char *joined = wamp_arena_alloc(scratch, rest.len + 1);
    size_t len = 0;
    if (!joined)
        return WAMP_ERR_NOMEM;
    while (next_chunk(&rest, &chunk)) {
        if (chunk.len)
            memcpy(joined + len, chunk.ptr, chunk.len);
        len += chunk.len;
    }
    *out = str_of(joined, len);
    return WAMP_ERR_NONE;
}

static bool cbor_text_is(const struct wamp_item *item, struct str wanted)
{
    struct str rest = item->text, chunk;
    while (next_chunk(&rest, &chunk)) {
        if (!str_starts(wanted, chunk))
            return false;
        wanted = str_from(wanted, chunk.len);
    }
    return wanted.len == 0;
}

/* --- writing --------------------------------------------------------------------------------------------------------------------- */

static void put_head(struct wamp_buf *out, enum major major, uint64_t number)
{
    unsigned octets = number < 24 ? 0 : number <= UINT8_MAX ? 1 : number <= UINT16_MAX ? 2 : number <= UINT32_MAX ? 4 : 8;
    char *to = wamp_buf_room(out, 9);
    if (!to)
        return;
    to[0] = (char)(major << 5 | (octets ? 24 + (unsigned)__builtin_ctz(octets) : (unsigned)number));
    for (unsigned i = 0; i < octets; i++)
        to[1 + i] = (char)(number >> 8 * (octets - 1 - i));
    out->len += 1 + octets;
}

static void cbor_wr_list(struct wamp_wr *w, uint32_t count)
{
    put_head(w->out, ARRAY, count);
}

static void cbor_wr_map(struct wamp_wr *w, uint32_t count)
{
    put_head(w->out, MAP, count);
}

static void cbor_wr_end(struct wamp_wr *w)
{
    (void)w;
}

static void cbor_wr_null(struct wamp_wr *w)
{
    put_head(w->out, OTHER, 22);
}

static void cbor_wr_bool(struct wamp_wr *w, bool value)
{
    put_head(w->out, OTHER, value ? 21 : 20);
}

static void cbor_wr_uint(struct wamp_wr *w, uint64_t value)
{
    put_head(w->out, UNSIGNED, value);
}

static void cbor_wr_int(struct wamp_wr *w, int64_t value)
{
    if (value >= 0)
        put_head(w->out, UNSIGNED, (uint64_t)value);
    else
        put_head(w->out, NEGATIVE, ~(uint64_t)value);
}

/* Always 64 bits: what was a float stays one, exactly. */
static void cbor_wr_real(struct wamp_wr *w, double value)
{
    uint64_t bits;
    char text[9] = {(char)(OTHER << 5 | 27)};
    memcpy(&bits, &value, sizeof bits);
    for (unsigned i = 0; i < 8; i++)
        text[1 + i] = (char)(bits >> 8 * (7 - i));
    wamp_buf_add(w->out, text, sizeof text);
}

static void cbor_wr_str(struct wamp_wr *w, struct str text)
{
    put_head(w->out, TEXT, text.len);
    wamp_buf_add_str(w->out, text);
}

static void cbor_wr_bin(struct wamp_wr *w, struct str octets)
{
    put_head(w->out, BYTES, octets.len);
    wamp_buf_add_str(w->out, octets);
}

static void cbor_wr_raw(struct wamp_wr *w, struct str value)
{
    wamp_buf_add_str(w->out, value);
}

const struct wamp_ser_ops wamp_cbor_ops = {
    .name = "cbor",
    .subprotocol = "wamp.2.cbor",
    .split = cbor_split,
    .value = cbor_value,
    .enter = cbor_enter,
    .next = cbor_next,
    .text = cbor_text,
    .text_is = cbor_text_is,
    .wr_list = cbor_wr_list,
    .wr_list_end = cbor_wr_end,
    .wr_map = cbor_wr_map,
    .wr_map_end = cbor_wr_end,
    .wr_key = cbor_wr_str,
    .wr_null = cbor_wr_null,
    .wr_bool = cbor_wr_bool,
    .wr_uint = cbor_wr_uint,
    .wr_int = cbor_wr_int,
    .wr_real = cbor_wr_real,
    .wr_str = cbor_wr_str,
    .wr_bin = cbor_wr_bin,
    .wr_raw = cbor_wr_raw,
};
