/* MessagePack with str and bin (specification v5), passed over without a tree.
 *
 * One table says what each first octet means; the code below does what its row tells. spec: B-047, B-100 */
#include "common/ser_impl.h"
#include "common/utf8.h"

#include <assert.h>
#include <endian.h>

/* --- heads --------------------------------------------------------------------------------------------------- */

enum body { NOTHING, TEXT, OCTETS, VALUES, EXTENSION, INVALID };

/* What the first octet of a value says. The number that goes with it stands in its lower bits, those of `mask`,
 * or, big-endian, in the `size` octets behind it. */
struct form {
    uint8_t kind;  /* enum wamp_kind; NINT: the number is signed */
    uint8_t body;  /* enum body: what follows the number */
    uint8_t mask, size;
};

static const struct form forms[256] = {
    [0x00 ... 0x7f] = {WAMP_UINT, NOTHING, .mask = 0x7f},
    [0x80 ... 0x8f] = {WAMP_MAP, VALUES, .mask = 0x0f},
    [0x90 ... 0x9f] = {WAMP_LIST, VALUES, .mask = 0x0f},
    [0xa0 ... 0xbf] = {WAMP_STR, TEXT, .mask = 0x1f},
    [0xc0] = {WAMP_NULL, NOTHING},
    [0xc1] = {WAMP_NULL, INVALID},
    [0xc2 ... 0xc3] = {WAMP_BOOL, NOTHING, .mask = 0x01},
    [0xc4] = {WAMP_BIN, OCTETS, .size = 1},
    [0xc5] = {WAMP_BIN, OCTETS, .size = 2},
    [0xc6] = {WAMP_BIN, OCTETS, .size = 4},
    [0xc7] = {WAMP_EXT, EXTENSION, .size = 1},
    [0xc8] = {WAMP_EXT, EXTENSION, .size = 2},
    [0xc9] = {WAMP_EXT, EXTENSION, .size = 4},
    [0xca] = {WAMP_REAL, NOTHING, .size = 4},
    [0xcb] = {WAMP_REAL, NOTHING, .size = 8},
    [0xcc] = {WAMP_UINT, NOTHING, .size = 1},
    [0xcd] = {WAMP_UINT, NOTHING, .size = 2},
    [0xce] = {WAMP_UINT, NOTHING, .size = 4},
    [0xcf] = {WAMP_UINT, NOTHING, .size = 8},
    [0xd0] = {WAMP_NINT, NOTHING, .size = 1},
    [0xd1] = {WAMP_NINT, NOTHING, .size = 2},
    [0xd2] = {WAMP_NINT, NOTHING, .size = 4},
    [0xd3] = {WAMP_NINT, NOTHING, .size = 8},
    [0xd4 ... 0xd8] = {WAMP_EXT, EXTENSION, .mask = 0x0f},  /* 4 .. 8: 1, 2, 4, 8, 16 octets */
    [0xd9] = {WAMP_STR, TEXT, .size = 1},
    [0xda] = {WAMP_STR, TEXT, .size = 2},
    [0xdb] = {WAMP_STR, TEXT, .size = 4},
    [0xdc] = {WAMP_LIST, VALUES, .size = 2},
    [0xdd] = {WAMP_LIST, VALUES, .size = 4},
    [0xde] = {WAMP_MAP, VALUES, .size = 2},
    [0xdf] = {WAMP_MAP, VALUES, .size = 4},
    [0xe0 ... 0xff] = {WAMP_NINT, NOTHING, .mask = 0xff},
};

struct head {
    const struct form *form;
    uint64_t number;  /* of a scalar its value; else octets, elements of a list, pairs of a map */
};

/* size: 1 .. 8. One load where that stays before end, as it mostly does. */
static inline uint64_t big_endian(const uint8_t *p, const uint8_t *end, unsigned size)
{
    uint64_t number = 0;
    if (end - p >= 8) {
        memcpy(&number, p, 8);
        return be64toh(number) >> (64 - 8 * size);
    }
    for (unsigned i = 0; i < size; i++)
        number = number << 8 | p[i];
    return number;
}

static inline enum wamp_err read_head(const uint8_t **pp, const uint8_t *end, struct head *h)
{
    const uint8_t *p = *pp;
    if (p == end)
        return WAMP_ERR_TRUNCATED;
    const struct form *f = &forms[*p];
    h->form = f;
    h->number = *p++ & f->mask;
    if (f->size) {
        if (end - p < f->size)
            return WAMP_ERR_TRUNCATED;
        h->number = big_endian(p, end, f->size);
        p += f->size;
    }
    *pp = p;
    return WAMP_ERR_NONE;
}

static uint64_t values_in(const struct head *container)
{
    return container->number * (container->form->kind == WAMP_MAP ? 2 : 1);
}

/* A value is one octet at least: nothing claims what is not there. */
static enum wamp_err check_count(const struct head *container, const uint8_t *p, const uint8_t *end)
{
    return values_in(container) > (size_t)(end - p) ? WAMP_ERR_COUNT : WAMP_ERR_NONE;
}

/* The data of an ext and, before them, its type. */
static uint64_t extension_size(const struct head *h)
{
    return 1 + (h->form->size ? h->number : UINT64_C(1) << (h->number - 4));
}

static inline enum wamp_err skip_octets(const uint8_t **pp, const uint8_t *end, uint64_t count)
{
    if (count > (size_t)(end - *pp))
        return WAMP_ERR_TRUNCATED;
    *pp += count;
    return WAMP_ERR_NONE;
}

/* Passes over what follows a head, but for the values in a container. Most values are scalars: that they pass by
 * the switch is worth a tenth of a split. */
static inline enum wamp_err skip_body(const uint8_t **pp, const uint8_t *end, const struct head *h)
{
    const uint8_t *text = *pp;
    if (h->form->body == NOTHING)
        return WAMP_ERR_NONE;
    switch ((enum body)h->form->body) {
    case TEXT:
        if (skip_octets(pp, end, h->number))
            return WAMP_ERR_TRUNCATED;
        return wamp_utf8_ok(str_of((const char *)text, h->number)) ? WAMP_ERR_NONE : WAMP_ERR_UTF8;
    case OCTETS:
        return skip_octets(pp, end, h->number);
    case EXTENSION:
        return skip_octets(pp, end, extension_size(h));
    case VALUES:
        return check_count(h, *pp, end);
    case NOTHING:
    case INVALID:
        break;
    }
    return WAMP_ERR_SYNTAX;
}

/* --- values -------------------------------------------------------------------------------------------------- */

/* The number fills the lower octets, at least one. */
static void take_signed(const struct head *h, struct wamp_item *out)
{
    unsigned unused = 64 - 8 * (h->form->size ? h->form->size : 1);
    int64_t number = (int64_t)(h->number << unused) >> unused;
    out->kind = number < 0 ? WAMP_NINT : WAMP_UINT;
    out->nint = number;
}

static void take_real(const struct head *h, struct wamp_item *out)
{
    uint32_t bits = (uint32_t)h->number;
    float single;
    memcpy(&single, &bits, sizeof single);
    if (h->form->size == sizeof single)
        out->real = (double)single;
    else
        memcpy(&out->real, &h->number, sizeof out->real);
}

static inline void take_scalar(const struct head *h, struct wamp_item *out)
{
    switch (h->form->kind) {
    case WAMP_BOOL:
        out->boolean = h->number;
        break;
    case WAMP_NINT:
        take_signed(h, out);
        break;
    case WAMP_REAL:
        take_real(h, out);
        break;
    default:
        out->uint = h->number;
    }
}

/* `end` is where the value ends. */
static inline void take(const struct head *h, const uint8_t *body, const uint8_t *end, struct wamp_item *out)
{
    out->kind = (enum wamp_kind)h->form->kind;
    out->escaped = false;
    out->count = h->form->body == VALUES ? (uint32_t)h->number : 0;
    if (h->form->body == NOTHING)
        take_scalar(h, out);
    else
        out->text = str_of((const char *)body, (size_t)(end - body));
}

/* Passes over the values in a container whose head was read; around it is a message (base 1) or nothing (0). */
static enum wamp_err skip_values(const uint8_t **pp, const uint8_t *end, unsigned base,
                                 const struct head *container)
{
    uint64_t outer[WAMP_DEPTH_MAX], left = values_in(container);  /* values to come: further out, and here */
    const uint8_t *p = *pp;
    unsigned depth = 0;
    for (;;) {
        while (!left) {
            *pp = p;
            if (!depth)
                return WAMP_ERR_NONE;
            left = outer[--depth];
        }
        struct head h;
        enum wamp_err err = read_head(&p, end, &h);
        if (!err)
            err = skip_body(&p, end, &h);
        if (err)
            return err;
        left--;
        if (h.form->body != VALUES)
            continue;
        if (base + depth + 1 >= WAMP_DEPTH_MAX)
            return WAMP_ERR_DEPTH;
        outer[depth++] = left;
        left = values_in(&h);
    }
}

static enum wamp_err read_value(const uint8_t **pp, const uint8_t *end, unsigned base, struct wamp_item *out)
{
    const uint8_t *start = *pp, *p = start;
    struct head h;
    enum wamp_err err = read_head(&p, end, &h);
    const uint8_t *body = p;
    if (!err)
        err = skip_body(&p, end, &h);
    if (!err && h.form->body == VALUES)
        err = skip_values(&p, end, base, &h);
    if (err)
        return err;
    take(&h, body, p, out);
    out->raw = str_of((const char *)start, (size_t)(p - start));
    *pp = p;
    return WAMP_ERR_NONE;
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
    struct head list;
    struct wamp_item spare;
    enum wamp_err err = read_head(&p, end, &list);
    if (!err && list.form->kind != WAMP_LIST)
        err = WAMP_ERR_TYPE;
    if (!err)
        err = check_count(&list, p, end);
    if (err)
        return err;
    *count = (unsigned)list.number;
    for (unsigned i = 0; i < *count; i++) {
        err = read_value(&p, end, 1, i < WAMP_SPLIT_MAX ? &items[i] : &spare);
        if (err)
            return err;
    }
    return p == end ? WAMP_ERR_NONE : WAMP_ERR_TRAILING;
}

static void msgpack_enter(const struct wamp_item *container, struct wamp_iter *it)
{
    it->p = container->raw.ptr + 1 + forms[(uint8_t)container->raw.ptr[0]].size;
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

/* --- writing ------------------------------------------------------------------------------------------------- */

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

/* The heads of what has a length. Below `in_head` it is part of the head `bare`; one, two, four octets of length
 * have heads of their own. 0: there is no such head. */
struct heads {
    uint8_t in_head, bare, one, two, four;
};

static const struct heads list_heads = {16, 0x90, 0, 0xdc, 0xdd};
static const struct heads map_heads = {16, 0x80, 0, 0xde, 0xdf};
static const struct heads str_heads = {32, 0xa0, 0xd9, 0xda, 0xdb};
static const struct heads bin_heads = {0, 0, 0xc4, 0xc5, 0xc6};

static void put_length(struct wamp_buf *out, const struct heads *heads, uint64_t len)
{
    assert(len <= UINT32_MAX);  /* messages are bounded far below; beyond it there is no form */
    if (len < heads->in_head)
        put_number(out, (uint8_t)(heads->bare | len), 0, 0);
    else if (len <= UINT8_MAX && heads->one)
        put_number(out, heads->one, len, 1);
    else if (len <= UINT16_MAX)
        put_number(out, heads->two, len, 2);
    else
        put_number(out, heads->four, len, 4);
}

static void msgpack_wr_list(struct wamp_wr *w, uint32_t count)
{
    put_length(w->out, &list_heads, count);
}

static void msgpack_wr_map(struct wamp_wr *w, uint32_t count)
{
    put_length(w->out, &map_heads, count);
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
    put_length(w->out, &str_heads, text.len);
    wamp_buf_add_str(w->out, text);
}

static void msgpack_wr_bin(struct wamp_wr *w, struct str octets)
{
    put_length(w->out, &bin_heads, octets.len);
    wamp_buf_add_str(w->out, octets);
}

static void msgpack_wr_raw(struct wamp_wr *w, struct str value)
{
    wamp_buf_add_str(w->out, value);
}

const struct wamp_ser_ops wamp_msgpack_ops = {
    .name = "msgpack",
    .subprotocol = "wamp.2.msgpack",
    .empty_map = {"\x80", 1},
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
