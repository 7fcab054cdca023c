/* MessagePack with str and bin (specification v5), passed over without a tree. spec: B-047, B-100 */
#include "common/ser_impl.h"
#include "common/utf8.h"

/* --- heads ---------------------------------------------------------------------------------------------------------- */

/* What the first octet of a value says, by ranges of it: what it is, and how many octets of number follow. */
enum shape { FIXED, NUMBER, TEXT, OCTETS, EXTENSION, CONTAINER, UNUSED };

struct head {
    enum wamp_kind kind;
    uint8_t shape;
    uint8_t size;     /* octets of the number or length that follows */
    bool is_signed;
};

static const struct head heads[32] = {
    [0xc0 - 0xc0] = {WAMP_NULL, FIXED, 0, false},        [0xc1 - 0xc0] = {WAMP_NULL, UNUSED, 0, false},
    [0xc2 - 0xc0] = {WAMP_BOOL, FIXED, 0, false},        [0xc3 - 0xc0] = {WAMP_BOOL, FIXED, 0, false},
    [0xc4 - 0xc0] = {WAMP_BIN, OCTETS, 1, false},        [0xc5 - 0xc0] = {WAMP_BIN, OCTETS, 2, false},
    [0xc6 - 0xc0] = {WAMP_BIN, OCTETS, 4, false},        [0xc7 - 0xc0] = {WAMP_EXT, EXTENSION, 1, false},
    [0xc8 - 0xc0] = {WAMP_EXT, EXTENSION, 2, false},     [0xc9 - 0xc0] = {WAMP_EXT, EXTENSION, 4, false},
    [0xca - 0xc0] = {WAMP_REAL, NUMBER, 4, false},       [0xcb - 0xc0] = {WAMP_REAL, NUMBER, 8, false},
    [0xcc - 0xc0] = {WAMP_UINT, NUMBER, 1, false},       [0xcd - 0xc0] = {WAMP_UINT, NUMBER, 2, false},
    [0xce - 0xc0] = {WAMP_UINT, NUMBER, 4, false},       [0xcf - 0xc0] = {WAMP_UINT, NUMBER, 8, false},
    [0xd0 - 0xc0] = {WAMP_UINT, NUMBER, 1, true},        [0xd1 - 0xc0] = {WAMP_UINT, NUMBER, 2, true},
    [0xd2 - 0xc0] = {WAMP_UINT, NUMBER, 4, true},        [0xd3 - 0xc0] = {WAMP_UINT, NUMBER, 8, true},
    [0xd4 - 0xc0] = {WAMP_EXT, EXTENSION, 0, false},     [0xd5 - 0xc0] = {WAMP_EXT, EXTENSION, 0, false},
    [0xd6 - 0xc0] = {WAMP_EXT, EXTENSION, 0, false},     [0xd7 - 0xc0] = {WAMP_EXT, EXTENSION, 0, false},
    [0xd8 - 0xc0] = {WAMP_EXT, EXTENSION, 0, false},     [0xd9 - 0xc0] = {WAMP_STR, TEXT, 1, false},
    [0xda - 0xc0] = {WAMP_STR, TEXT, 2, false},          [0xdb - 0xc0] = {WAMP_STR, TEXT, 4, false},
    [0xdc - 0xc0] = {WAMP_LIST, CONTAINER, 2, false},    [0xdd - 0xc0] = {WAMP_LIST, CONTAINER, 4, false},
    [0xde - 0xc0] = {WAMP_MAP, CONTAINER, 2, false},     [0xdf - 0xc0] = {WAMP_MAP, CONTAINER, 4, false},
};

static inline uint64_t big_endian(const uint8_t *p, size_t octets)
{
    uint64_t number = 0;
    for (size_t i = 0; i < octets; i++)
        number = number << 8 | p[i];
    return number;
}

static void take_signed(uint64_t bits, unsigned octets, struct wamp_item *out)
{
    int64_t number = (int64_t)(bits << (64 - 8 * octets)) >> (64 - 8 * octets);
    out->kind = number < 0 ? WAMP_NINT : WAMP_UINT;
    if (number < 0)
        out->nint = number;
    else
        out->uint = (uint64_t)number;
}

static void take_real(uint64_t bits, unsigned octets, struct wamp_item *out)
{
    uint32_t low = (uint32_t)bits;
    float single;
    if (octets == 8) {
        memcpy(&out->real, &bits, 8);
    } else {
        memcpy(&single, &low, 4);
        out->real = (double)single;
    }
}

static enum wamp_err take_text(struct wamp_item *out, const uint8_t *p, size_t left, uint64_t len, bool check)
{
    if (len > left)
        return WAMP_ERR_TRUNCATED;
    out->text = str_of((const char *)p, (size_t)len);
    return !check || wamp_utf8_ok(out->text) ? WAMP_ERR_NONE : WAMP_ERR_UTF8;
}

/* A list of n values is n octets at least, a map of n pairs 2n: nothing claims what is not there. */
static enum wamp_err take_count(struct wamp_item *out, size_t left, uint64_t count)
{
    if (count * (out->kind == WAMP_MAP ? 2 : 1) > left)
        return WAMP_ERR_COUNT;
    out->count = (uint32_t)count;
    return WAMP_ERR_NONE;
}

/* What begins with an octet outside 0xc0 .. 0xdf has its number in it. */
static enum wamp_err read_short(const uint8_t **pp, const uint8_t *end, struct wamp_item *out)
{
    uint8_t first = *(*pp)++;
    size_t left = (size_t)(end - *pp);
    if (first < 0x80) {
        out->kind = WAMP_UINT;
        out->uint = first;
    } else if (first >= 0xe0) {
        out->kind = WAMP_NINT;
        out->nint = (int8_t)first;
    } else if (first >= 0xa0) {
        out->kind = WAMP_STR;
        enum wamp_err err = take_text(out, *pp, left, first & 0x1f, true);
        *pp += err ? 0 : out->text.len;
        return err;
    } else {
        out->kind = first < 0x90 ? WAMP_MAP : WAMP_LIST;
        return take_count(out, left, first & 0x0f);
    }
    return WAMP_ERR_NONE;
}

/* Reads a head and what belongs to it, but for the elements of a container. */
static enum wamp_err read_head(const uint8_t **pp, const uint8_t *end, struct wamp_item *out)
{
    if (*pp == end)
        return WAMP_ERR_TRUNCATED;
    uint8_t first = **pp;
    out->escaped = false;
    out->count = 0;
    if (first < 0xc0 || first >= 0xe0)
        return read_short(pp, end, out);
    const struct head *h = &heads[first - 0xc0];
    const uint8_t *p = *pp + 1;
    if ((size_t)(end - p) < h->size)
        return WAMP_ERR_TRUNCATED;
    uint64_t number = big_endian(p, h->size);
    p += h->size;
    enum wamp_err err = WAMP_ERR_NONE;
    out->kind = h->kind;
    switch ((enum shape)h->shape) {
    case FIXED:
        out->boolean = first == 0xc3;
        break;
    case NUMBER:
        if (h->kind == WAMP_REAL)
            take_real(number, h->size, out);
        else if (h->is_signed)
            take_signed(number, h->size, out);
        else
            out->uint = number;
        break;
    case EXTENSION:  /* fixext 1, 2, 4, 8, 16 have no length; all have a type octet */
        number = 1 + (h->size ? number : UINT64_C(1) << (first - 0xd4));
        /* fall through */
    case OCTETS:
    case TEXT:
        err = take_text(out, p, (size_t)(end - p), number, h->shape == TEXT);
        p += err ? 0 : out->text.len;
        break;
    case CONTAINER:
        err = take_count(out, (size_t)(end - p), number);
        break;
    case UNUSED:
        err = WAMP_ERR_SYNTAX;
        break;
    }
    *pp = p;
    return err;
}

/* --- values ---------------------------------------------------------------------------------------------------------- */

static bool is_container(const struct wamp_item *item)
{
    return item->kind == WAMP_LIST || item->kind == WAMP_MAP;
}

static uint64_t values_in(const struct wamp_item *container)
{
    return (uint64_t)container->count * (container->kind == WAMP_MAP ? 2 : 1);
}

/* Passes over the values of a container whose head was read; `base` levels are open around it. */
static enum wamp_err skip_values(const uint8_t **pp, const uint8_t *end, unsigned base, const struct wamp_item *container)
{
    uint64_t left[WAMP_DEPTH_MAX];
    unsigned depth = 0;
    if (base >= WAMP_DEPTH_MAX)
        return WAMP_ERR_DEPTH;
    left[0] = values_in(container);
    for (;;) {
        while (!left[depth])
            if (depth-- == 0)
                return WAMP_ERR_NONE;
        struct wamp_item item;
        left[depth]--;
        enum wamp_err err = read_head(pp, end, &item);
        if (err)
            return err;
        if (!is_container(&item))
            continue;
        if (base + ++depth >= WAMP_DEPTH_MAX)
            return WAMP_ERR_DEPTH;
        left[depth] = values_in(&item);
    }
}

static enum wamp_err read_value(const uint8_t **pp, const uint8_t *end, unsigned base, struct wamp_item *out)
{
    const uint8_t *start = *pp;
    enum wamp_err err = read_head(pp, end, out);
    if (!err && is_container(out))
        err = skip_values(pp, end, base, out);
    out->raw = str_of((const char *)start, (size_t)(*pp - start));
    return err;
}

static enum wamp_err msgpack_value(struct str octets, struct wamp_item *out, size_t *used)
{
    const uint8_t *start = (const uint8_t *)octets.ptr, *p = start;
    enum wamp_err err = read_value(&p, start + octets.len, 0, out);
    *used = (size_t)(p - start);
    return err;
}

static enum wamp_err msgpack_split(struct str message, struct wamp_item items[WAMP_SPLIT_MAX], unsigned *count)
{
    const uint8_t *p = (const uint8_t *)message.ptr, *end = p + message.len;
    struct wamp_item list, spare;
    enum wamp_err err = read_head(&p, end, &list);
    if (err)
        return err;
    if (list.kind != WAMP_LIST)
        return WAMP_ERR_TYPE;
    *count = list.count;
    for (uint32_t i = 0; i < list.count; i++) {
        err = read_value(&p, end, 1, i < WAMP_SPLIT_MAX ? &items[i] : &spare);
        if (err)
            return err;
    }
    return p == end ? WAMP_ERR_NONE : WAMP_ERR_TRAILING;
}

static void msgpack_enter(const struct wamp_item *container, struct wamp_iter *it)
{
    static const uint8_t sizes[] = {3, 5};  /* of the heads 0xdc, 0xdd and 0xde, 0xdf */
    uint8_t first = (uint8_t)container->raw.ptr[0];
    it->p = container->raw.ptr + (first < 0xc0 ? 1 : sizes[first & 1]);
    it->end = container->raw.ptr + container->raw.len;
}

static bool msgpack_next(struct wamp_iter *it, struct wamp_item *out)
{
    const uint8_t *p = (const uint8_t *)it->p;
    enum wamp_err err = read_value(&p, (const uint8_t *)it->end, 0, out);
    it->p = (const char *)p;
    return !err;
}

/* Nothing is ever escaped here. */
static enum wamp_err msgpack_text(const struct wamp_item *item, struct wamp_arena *scratch, struct str *out)
{
    (void)scratch;
    *out = item->text;
    return WAMP_ERR_NONE;
}

static bool msgpack_text_is(const struct wamp_item *item, struct str wanted)
{
    return str_eq(item->text, wanted);
}

/* --- writing ----------------------------------------------------------------------------------------------------------- */

static void put_number(struct wamp_buf *out, uint8_t head, uint64_t number, unsigned octets)
{
    char *to = wamp_buf_room(out, 9);
    if (!to)
        return;
    to[0] = (char)head;
    for (unsigned i = 0; i < octets; i++)
        to[1 + i] = (char)(number >> 8 * (octets - 1 - i));
    out->len += 1 + octets;
}

/* A length: in the head up to `short_max`, else behind one of three heads, of which head8 0 is missing. */
static void put_length(struct wamp_buf *out, uint64_t len, uint8_t short_head, uint64_t short_max, uint8_t head8, uint8_t head16)
{
    if (len <= short_max && short_head)
        put_number(out, (uint8_t)(short_head | len), 0, 0);
    else if (len < 256 && head8)
        put_number(out, head8, len, 1);
    else if (len < 65536)
        put_number(out, head16, len, 2);
    else
        put_number(out, (uint8_t)(head16 + 1), len, 4);
}

static void msgpack_wr_list(struct wamp_wr *w, uint32_t count)
{
    put_length(w->out, count, 0x90, 15, 0, 0xdc);
}

static void msgpack_wr_map(struct wamp_wr *w, uint32_t count)
{
    put_length(w->out, count, 0x80, 15, 0, 0xde);
}

static void msgpack_wr_end(struct wamp_wr *w)
{
    (void)w;
}

static void msgpack_wr_null(struct wamp_wr *w)
{
    wamp_buf_add_char(w->out, (char)0xc0);
}

static void msgpack_wr_bool(struct wamp_wr *w, bool value)
{
    wamp_buf_add_char(w->out, value ? (char)0xc3 : (char)0xc2);
}

static void msgpack_wr_uint(struct wamp_wr *w, uint64_t value)
{
    if (value < 0x80)
        put_number(w->out, (uint8_t)value, 0, 0);
    else if (value <= UINT8_MAX)
        put_number(w->out, 0xcc, value, 1);
    else if (value <= UINT16_MAX)
        put_number(w->out, 0xcd, value, 2);
    else if (value <= UINT32_MAX)
        put_number(w->out, 0xce, value, 4);
    else
        put_number(w->out, 0xcf, value, 8);
}

static void msgpack_wr_int(struct wamp_wr *w, int64_t value)
{
    if (value >= 0)
        msgpack_wr_uint(w, (uint64_t)value);
    else if (value >= -32)
        put_number(w->out, (uint8_t)value, 0, 0);
    else if (value >= INT8_MIN)
        put_number(w->out, 0xd0, (uint64_t)value, 1);
    else if (value >= INT16_MIN)
        put_number(w->out, 0xd1, (uint64_t)value, 2);
    else if (value >= INT32_MIN)
        put_number(w->out, 0xd2, (uint64_t)value, 4);
    else
        put_number(w->out, 0xd3, (uint64_t)value, 8);
}

static void msgpack_wr_real(struct wamp_wr *w, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_number(w->out, 0xcb, bits, 8);
}

static void msgpack_wr_str(struct wamp_wr *w, struct str text)
{
    put_length(w->out, text.len, 0xa0, 31, 0xd9, 0xda);
    wamp_buf_add_str(w->out, text);
}

static void msgpack_wr_bin(struct wamp_wr *w, struct str octets)
{
    put_length(w->out, octets.len, 0, 0, 0xc4, 0xc5);
    wamp_buf_add_str(w->out, octets);
}

static void msgpack_wr_raw(struct wamp_wr *w, struct str value)
{
    wamp_buf_add_str(w->out, value);
}

const struct wamp_ser_ops wamp_msgpack_ops = {
    .name = "msgpack",
    .subprotocol = "wamp.2.msgpack",
    .split = msgpack_split,
    .value = msgpack_value,
    .enter = msgpack_enter,
    .next = msgpack_next,
    .text = msgpack_text,
    .text_is = msgpack_text_is,
    .wr_list = msgpack_wr_list,
    .wr_list_end = msgpack_wr_end,
    .wr_map = msgpack_wr_map,
    .wr_map_end = msgpack_wr_end,
    .wr_key = msgpack_wr_str,
    .wr_null = msgpack_wr_null,
    .wr_bool = msgpack_wr_bool,
    .wr_uint = msgpack_wr_uint,
    .wr_int = msgpack_wr_int,
    .wr_real = msgpack_wr_real,
    .wr_str = msgpack_wr_str,
    .wr_bin = msgpack_wr_bin,
    .wr_raw = msgpack_wr_raw,
};
