/* CBOR (RFC 8949), passed over without a tree, definite and indefinite lengths alike.
 *
 * The tag 55799 ("this is CBOR") in front of a value is passed over. Integers beyond 64 bits are BIGNUM: tags 2, 3
 * over a definite byte string, and major type 1 below -2^63; `text` is the magnitude, big-endian, and `count` 1
 * where the value is -1 - magnitude. Tag 64 over a definite byte string, an array of uint8 (RFC 8746), is BIN. All
 * other tags are EXT, and so are simple values that have no name. Every tag is a level of nesting.
 * spec: B-047, R-26, table 0.8 */
#include "common/ser_impl.h"
#include "common/utf8.h"

#include <math.h>

/* --- heads --------------------------------------------------------------------------------------------------- */

enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, OTHER };
enum { SIMPLE = 24, HALF, SINGLE, DOUBLE, RESERVED, INDEFINITE = 31 };  /* some infos */
enum { POSITIVE_BIGNUM = 2, NEGATIVE_BIGNUM = 3, UINT8_ARRAY = 64, SELF_DESCRIBED = 55799 };

struct head {
    enum major major;
    unsigned info;        /* 0 .. 31: the number itself, or how many octets of it follow, or INDEFINITE */
    uint64_t number;
    const uint8_t *body;  /* what follows the number */
};

static bool is_indefinite(const struct head *h)
{
    return h->info == INDEFINITE;
}

static bool is_break(const struct head *h)
{
    return h->major == OTHER && is_indefinite(h);
}

/* Whether there are values inside: those of a list or map, or the one that is tagged. */
static bool opens_level(const struct head *h)
{
    return h->major == ARRAY || h->major == MAP || h->major == TAG;
}

static enum wamp_err check_info(const struct head *h)
{
    bool may_be_indefinite = h->major != UNSIGNED && h->major != NEGATIVE && h->major != TAG;
    return h->info < RESERVED || (is_indefinite(h) && may_be_indefinite) ? WAMP_ERR_NONE : WAMP_ERR_SYNTAX;
}

static enum wamp_err read_head(const uint8_t **pp, const uint8_t *end, struct head *h)
{
    const uint8_t *p = *pp;
    if (p == end)
        return WAMP_ERR_TRUNCATED;
    h->major = (enum major)(*p >> 5);
    h->info = *p++ & 31;
    h->number = h->info;
    if (h->info >= 24 && h->info < RESERVED) {
        size_t size = (size_t)1 << (h->info - 24);
        if ((size_t)(end - p) < size)
            return WAMP_ERR_TRUNCATED;
        h->number = 0;
        for (size_t i = 0; i < size; i++)
            h->number = h->number << 8 | *p++;
    }
    *pp = h->body = p;
    return check_info(h);
}

/* The head of a value itself: "this is CBOR" is passed over, and counted to the levels around. */
static enum wamp_err read_first_head(const uint8_t **pp, const uint8_t *end, unsigned *base, struct head *h)
{
    for (;;) {
        enum wamp_err err = read_head(pp, end, h);
        if (err || h->major != TAG || h->number != SELF_DESCRIBED)
            return err;
        if (++*base > WAMP_DEPTH_MAX)
            return WAMP_ERR_DEPTH;
    }
}

/* --- passing over -------------------------------------------------------------------------------------------- */

static enum wamp_err skip_octets(const uint8_t **pp, const uint8_t *end, const struct head *h)
{
    if (h->number > (size_t)(end - *pp))
        return WAMP_ERR_TRUNCATED;
    *pp += h->number;
    if (h->major == TEXT && !wamp_utf8_ok(str_of((const char *)h->body, (size_t)h->number)))
        return WAMP_ERR_UTF8;
    return WAMP_ERR_NONE;
}

/* Chunks of the same kind, each of definite length, up to a break. */
static enum wamp_err skip_chunks(const uint8_t **pp, const uint8_t *end, enum major major)
{
    for (;;) {
        struct head chunk;
        enum wamp_err err = read_head(pp, end, &chunk);
        if (err || is_break(&chunk))
            return err;
        if (chunk.major != major || is_indefinite(&chunk))
            return WAMP_ERR_SYNTAX;
        err = skip_octets(pp, end, &chunk);
        if (err)
            return err;
    }
}

/* A value is one octet at least: nothing claims what is not there. */
static enum wamp_err check_count(const struct head *h, const uint8_t *end)
{
    size_t most = (size_t)(end - h->body) / (h->major == MAP ? 2 : 1);
    return is_indefinite(h) || h->number <= most ? WAMP_ERR_NONE : WAMP_ERR_COUNT;
}

/* Below 32 the short form is the only one; and here is nothing to break off. */
static enum wamp_err check_other(const struct head *h)
{
    return (h->info == SIMPLE && h->number < 32) || is_break(h) ? WAMP_ERR_SYNTAX : WAMP_ERR_NONE;
}

/* Passes over what follows a head, but for the values inside. */
static enum wamp_err skip_body(const uint8_t **pp, const uint8_t *end, const struct head *h)
{
    switch (h->major) {
    case BYTES:
    case TEXT:
        return is_indefinite(h) ? skip_chunks(pp, end, h->major) : skip_octets(pp, end, h);
    case ARRAY:
    case MAP:
        return check_count(h, end);
    case OTHER:
        return check_other(h);
    case UNSIGNED:
    case NEGATIVE:
    case TAG:
        break;
    }
    return WAMP_ERR_NONE;
}

/* --- levels: lists, maps and tags ---------------------------------------------------------------------------- */

#define ENDLESS UINT64_MAX  /* more values than a message can have: a break ends them */

struct level {
    bool is_map;
    uint64_t seen, total;  /* values; of a map keys, too */
};

/* What is open around the next value. */
struct nest {
    struct level levels[WAMP_DEPTH_MAX];
    unsigned depth;
    unsigned base;  /* levels around the first one */
};

static enum wamp_err level_open(struct nest *n, const struct head *h)
{
    if (n->base + n->depth >= WAMP_DEPTH_MAX)
        return WAMP_ERR_DEPTH;
    struct level *l = &n->levels[n->depth++];
    l->is_map = h->major == MAP;
    l->seen = 0;
    if (h->major == TAG)
        l->total = 1;
    else
        l->total = is_indefinite(h) ? ENDLESS : h->number * (l->is_map ? 2 : 1);
    return WAMP_ERR_NONE;
}

static enum wamp_err level_break(struct nest *n)
{
    const struct level *l = &n->levels[n->depth - 1];
    bool is_half_pair = l->is_map && l->seen % 2;
    if (l->total != ENDLESS || is_half_pair)
        return WAMP_ERR_SYNTAX;
    n->depth--;
    return WAMP_ERR_NONE;
}

/* The next value of the innermost level; where it opens a level itself, what is inside comes next. */
static enum wamp_err level_step(struct nest *n, const uint8_t **pp, const uint8_t *end)
{
    struct head h;
    enum wamp_err err = read_head(pp, end, &h);
    if (err)
        return err;
    if (is_break(&h))
        return level_break(n);
    n->levels[n->depth - 1].seen++;
    err = skip_body(pp, end, &h);
    return !err && opens_level(&h) ? level_open(n, &h) : err;
}

/* Passes over what is inside the level that `first` opens; *count: elements or pairs in it. */
static enum wamp_err skip_levels(const uint8_t **pp, const uint8_t *end, unsigned base, const struct head *first,
                                 uint32_t *count)
{
    struct nest n;
    n.depth = 0;
    n.base = base;
    enum wamp_err err = level_open(&n, first);
    while (!err && n.depth) {
        const struct level *l = &n.levels[n.depth - 1];
        if (l->seen == l->total)
            n.depth--;
        else
            err = level_step(&n, pp, end);
    }
    if (!err)
        *count = (uint32_t)(n.levels[0].seen / (n.levels[0].is_map ? 2 : 1));
    return err;
}

/* --- taking -------------------------------------------------------------------------------------------------- */

static const enum wamp_kind kinds[] = {
    [UNSIGNED] = WAMP_UINT, [NEGATIVE] = WAMP_NINT, [BYTES] = WAMP_BIN, [TEXT] = WAMP_STR,
    [ARRAY] = WAMP_LIST,    [MAP] = WAMP_MAP,       [TAG] = WAMP_EXT,   [OTHER] = WAMP_EXT,
};

/* Of major type OTHER, by info. Undefined is as much as null. */
static const enum wamp_kind kinds_of_other[] = {
    [0 ... 19] = WAMP_EXT, [20 ... 21] = WAMP_BOOL, [22 ... 23] = WAMP_NULL,
    [SIMPLE] = WAMP_EXT,   [HALF] = WAMP_REAL,      [SINGLE] = WAMP_REAL,    [DOUBLE] = WAMP_REAL,
};

static void take_negative(const struct head *h, struct wamp_item *out)
{
    if (h->number <= INT64_MAX) {
        out->nint = -1 - (int64_t)h->number;
        return;
    }
    out->kind = WAMP_BIGNUM;
    out->text = str_of((const char *)h->body - 8, 8);
    out->count = 1;
}

/* Of chunks the break at the end is left out. */
static void take_string(const struct head *h, const uint8_t *end, struct wamp_item *out)
{
    out->escaped = is_indefinite(h);
    out->text = str_of((const char *)h->body, (size_t)(end - h->body) - out->escaped);
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
    if (h->info == HALF)
        return half((uint16_t)h->number);
    if (h->info == DOUBLE) {
        memcpy(&real, &h->number, sizeof real);
        return real;
    }
    memcpy(&single, &low, sizeof single);
    return (double)single;
}

static void take_other(const struct head *h, struct wamp_item *out)
{
    out->kind = kinds_of_other[h->info];
    if (out->kind == WAMP_BOOL)
        out->boolean = h->info == 21;
    else if (out->kind == WAMP_REAL)
        out->real = real_of(h);
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

/* Some tags over definite byte strings have a meaning here; the rest is EXT. */
static void take_tagged(const struct head *tag, const uint8_t *end, struct wamp_item *out)
{
    const uint8_t *p = tag->body;
    struct head h;
    out->count = 0;  /* the value inside was counted */
    if (read_head(&p, end, &h) || h.major != BYTES || is_indefinite(&h))
        return;
    if (tag->number == POSITIVE_BIGNUM || tag->number == NEGATIVE_BIGNUM) {
        take_bignum(str_of((const char *)p, (size_t)h.number), tag->number == NEGATIVE_BIGNUM, out);
    } else if (tag->number == UINT8_ARRAY) {
        out->kind = WAMP_BIN;
        out->text = str_of((const char *)p, (size_t)h.number);
    }
}

/* The value, which ends at `end`; of a list or map the count is there already. */
static void take(const struct head *h, const uint8_t *end, struct wamp_item *out)
{
    out->escaped = false;
    out->kind = kinds[h->major];
    switch (h->major) {
    case UNSIGNED:
        out->uint = h->number;
        break;
    case NEGATIVE:
        take_negative(h, out);
        break;
    case BYTES:
    case TEXT:
        take_string(h, end, out);
        break;
    case TAG:
        take_tagged(h, end, out);
        break;
    case OTHER:
        take_other(h, out);
        break;
    case ARRAY:
    case MAP:
        break;
    }
}

/* --- values -------------------------------------------------------------------------------------------------- */

static enum wamp_err read_value(const uint8_t **pp, const uint8_t *end, unsigned base, struct wamp_item *out)
{
    const uint8_t *start = *pp;
    struct head h;
    enum wamp_err err = read_first_head(pp, end, &base, &h);
    out->count = 0;
    if (!err)
        err = skip_body(pp, end, &h);
    if (!err && opens_level(&h))
        err = skip_levels(pp, end, base, &h, &out->count);
    if (err)
        return err;
    take(&h, *pp, out);
    out->raw = str_of((const char *)start, (size_t)(*pp - start));
    return WAMP_ERR_NONE;
}

static enum wamp_err cbor_value(struct str octets, struct wamp_item *out, size_t *used)
{
    const uint8_t *start = (const uint8_t *)octets.ptr, *p = start;
    enum wamp_err err = read_value(&p, start + octets.len, 0, out);
    *used = (size_t)(p - start);
    return err;
}

static enum wamp_err open_message(const uint8_t **pp, const uint8_t *end, unsigned *base, struct head *list)
{
    enum wamp_err err = read_first_head(pp, end, base, list);
    if (err)
        return err;
    if (list->major != ARRAY)
        return WAMP_ERR_TYPE;
    return *base < WAMP_DEPTH_MAX ? check_count(list, end) : WAMP_ERR_DEPTH;
}

static bool at_break(const uint8_t *p, const uint8_t *end)
{
    return p < end && *p == 0xff;
}

static enum wamp_err cbor_split(struct str message, struct wamp_item items[WAMP_SPLIT_MAX], unsigned *count)
{
    const uint8_t *p = (const uint8_t *)message.ptr, *end = p + message.len;
    unsigned base = 0;
    struct head list;
    struct wamp_item spare;
    enum wamp_err err = open_message(&p, end, &base, &list);
    if (err)
        return err;
    for (*count = 0; is_indefinite(&list) ? !at_break(p, end) : *count < list.number; ++*count) {
        err = read_value(&p, end, base + 1, *count < WAMP_SPLIT_MAX ? &items[*count] : &spare);
        if (err)
            return err;
    }
    p += is_indefinite(&list);
    return p == end ? WAMP_ERR_NONE : WAMP_ERR_TRAILING;
}

static void cbor_enter(const struct wamp_item *container, struct wamp_iter *it)
{
    const uint8_t *p = (const uint8_t *)container->raw.ptr;
    unsigned base = 0;
    struct head h;
    it->end = container->raw.ptr + container->raw.len;
    read_first_head(&p, (const uint8_t *)it->end, &base, &h);
    it->p = (const char *)p;
}

static bool cbor_next(struct wamp_iter *it, struct wamp_item *out)
{
    const uint8_t *p = (const uint8_t *)it->p;
    enum wamp_err err = read_value(&p, (const uint8_t *)it->end, 0, out);
    it->p = (const char *)p;
    return !err;
}

/* --- chunked strings ----------------------------------------------------------------------------------------- */

static bool next_chunk(struct str *rest, struct str *chunk)
{
    const uint8_t *p = (const uint8_t *)rest->ptr;
    struct head h;
    if (!rest->len || read_head(&p, p + rest->len, &h))
        return false;
    *chunk = str_of((const char *)p, (size_t)h.number);
    *rest = str_from(*rest, (size_t)(chunk->ptr - rest->ptr) + chunk->len);
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

/* --- writing ------------------------------------------------------------------------------------------------- */

/* A head of 1 + octets octets; 0, 1, 2, 4, 8 octets of number. */
static void put_sized(struct wamp_buf *out, enum major major, unsigned info, uint64_t number, unsigned octets)
{
    char *to = wamp_buf_room(out, 9);
    if (!to)
        return;
    to[0] = (char)(major << 5 | info);
    for (unsigned i = 0; i < octets; i++)
        to[1 + i] = (char)(number >> 8 * (octets - 1 - i));
    out->len += 1 + octets;
}

/* The shortest form of the number. */
static void put_head(struct wamp_buf *out, enum major major, uint64_t number)
{
    if (number < 24)
        put_sized(out, major, (unsigned)number, 0, 0);
    else if (number <= UINT8_MAX)
        put_sized(out, major, 24, number, 1);
    else if (number <= UINT16_MAX)
        put_sized(out, major, 25, number, 2);
    else if (number <= UINT32_MAX)
        put_sized(out, major, 26, number, 4);
    else
        put_sized(out, major, 27, number, 8);
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
    memcpy(&bits, &value, sizeof bits);
    put_sized(w->out, OTHER, DOUBLE, bits, sizeof bits);
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
    .empty_map = {"\xa0", 1},
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
