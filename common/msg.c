#include "common/msg.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum tail { NONE, PAYLOAD, DICT };

/* How a message begins in JSON. Its room is copied whole: that is a single move. */
struct opening {
    char octets[8];
    size_t len;
};

struct layout {
    const char *name;
    const char *elements;  /* letters of msg.def */
    unsigned head;         /* elements before the tail, the code included */
    enum tail tail;
    enum wamp_sender sender;
    struct opening json;
};

enum { CODE_MAX = 320 };

static const struct layout layouts[CODE_MAX + 1] = {
#define MSG(code, name, letters, rest, from)                                                                 \
    [code] = {#name, letters, sizeof(letters), rest, WAMP_FROM_##from, {"[" #code, sizeof("[" #code) - 1}},
#include "common/msg.def"
#undef MSG
};

static const struct layout *layout_of(uint64_t code)
{
    return code <= CODE_MAX && layouts[code].name ? &layouts[code] : NULL;
}

const char *wamp_type_name(unsigned code)
{
    const struct layout *l = layout_of(code);
    return l ? l->name : NULL;
}

enum wamp_sender wamp_type_sender(enum wamp_type type)
{
    return layouts[type].sender;
}

__attribute__((format(printf, 3, 4))) static enum wamp_err refuse(struct wamp_fault *why, enum wamp_err err,
                                                                  const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(why->text, sizeof why->text, fmt, args);
    va_end(args);
    why->err = err;
    return err;
}

/* --- reading the head -------------------------------------------------------------------------------------- */

static const char *letter_means(char letter)
{
    switch (letter) {
    case 'r':
    case 'i':
    case 'j':
        return "an id (integer 1..2^53)";
    case 't':
        return "a message type (integer)";
    case 'd':
        return "a dict";
    default:
        return "a string";
    }
}

static bool is_id(const struct wamp_item *item)
{
    return item->kind == WAMP_UINT && item->uint >= 1 && item->uint <= WAMP_ID_MAX;
}

/* Revocation: [35, 0, Details] and [67, 0, Details]. spec: A-RRV-01, A-SRV-01 */
static bool may_be_zero(enum wamp_type type)
{
    return type == WAMP_UNSUBSCRIBED || type == WAMP_UNREGISTERED;
}

/* False when the item is not what the letter asks for. */
static inline bool take_element(struct wamp_msg *m, char letter, const struct wamp_item *item)
{
    switch (letter) {
    case 'r':
        m->request = item->uint;
        return is_id(item) || (item->kind == WAMP_UINT && item->uint == 0 && may_be_zero(m->type));
    case 'i':
        m->id = item->uint;
        return is_id(item);
    case 'j':
        m->publication = item->uint;
        return is_id(item);
    case 't':
        m->request_type = (unsigned)item->uint;
        return item->kind == WAMP_UINT && item->uint <= CODE_MAX;
    case 'd':
        m->dict = *item;
        return item->kind == WAMP_MAP;
    default:
        return item->kind == WAMP_STR;
    }
}

static enum wamp_err take_text(struct wamp_msg *m, char letter, const struct wamp_item *item, struct wamp_arena *arena)
{
    if (letter == 'u')
        return wamp_item_text(m->ser, item, arena, &m->uri);
    if (letter == 's')
        return wamp_item_text(m->ser, item, arena, &m->text);
    return WAMP_ERR_NONE;
}

/* --- the payload ------------------------------------------------------------------------------------------- */

static struct str span(struct str first, struct str last)
{
    return str_of(first.ptr, (size_t)(last.ptr + last.len - first.ptr));
}

/* The payload as its sender should have sent it, where he put null for "absent" (table 0.1). */
static enum wamp_err rewrite_payload(struct wamp_payload *p, struct wamp_arena *arena)
{
    struct wamp_buf buf = {0};
    struct wamp_wr w = wamp_payload_begin(&buf, p->ser);
    unsigned arity = p->arity;
    if (p->args.len) {
        wamp_wr_raw(&w, p->args);
    } else {
        wamp_wr_list(&w, 0);
        wamp_wr_list_end(&w);
    }
    if (p->kwargs.len)
        wamp_wr_raw(&w, p->kwargs);
    struct wamp_payload written;
    wamp_payload_end(&w, arity, &written);
    struct str copy = {0};
    if (!buf.failed)
        copy = wamp_arena_copy(arena, wamp_buf_str(&buf));
    bool args_given = p->args.len > 0;
    if (copy.ptr) {
        p->tail = copy;
        if (!args_given)
            p->args = p->ser == WAMP_JSON ? STR("[]") : p->ser == WAMP_MSGPACK ? STR("\x90") : STR("\x80");
    }
    wamp_buf_fini(&buf);
    return copy.ptr ? WAMP_ERR_NONE : WAMP_ERR_NOMEM;
}

/* What stands between the last element of the head and the end of the message. */
static struct str tail_of(enum wamp_ser ser, struct str octets, const struct wamp_item *items, unsigned head, unsigned n)
{
    if (ser == WAMP_JSON) {
        struct str last = items[head - 1].raw;
        return str_from(octets, (size_t)(last.ptr + last.len - octets.ptr));
    }
    return n > head ? span(items[head].raw, items[n - 1].raw) : str_of("", 0);
}

static enum wamp_err take_payload(struct wamp_msg *m, struct str octets, const struct wamp_item *items, unsigned head,
                                  unsigned n, struct wamp_arena *arena, struct wamp_fault *why)
{
    struct wamp_payload *p = &m->payload;
    const struct wamp_item *args = n > head ? &items[head] : NULL;
    const struct wamp_item *kwargs = n > head + 1 ? &items[head + 1] : NULL;
    if (args && args->kind != WAMP_LIST && args->kind != WAMP_NULL)
        return refuse(why, WAMP_ERR_TYPE, "%s: Arguments must be a list, got %s", layouts[m->type].name,
                      wamp_kind_name(args->kind));
    if (kwargs && kwargs->kind != WAMP_MAP && kwargs->kind != WAMP_NULL)
        return refuse(why, WAMP_ERR_TYPE, "%s: ArgumentsKw must be a dict, got %s", layouts[m->type].name,
                      wamp_kind_name(kwargs->kind));
    bool has_null = (args && args->kind == WAMP_NULL) || (kwargs && kwargs->kind == WAMP_NULL);
    if (args && args->kind == WAMP_LIST)
        p->args = args->raw;
    if (kwargs && kwargs->kind == WAMP_MAP)
        p->kwargs = kwargs->raw;
    p->arity = p->kwargs.len ? 2 : p->args.len ? 1 : 0;
    if (p->arity == 0)
        p->tail = m->ser == WAMP_JSON ? STR("]") : str_of("", 0);
    else if (has_null)
        return rewrite_payload(p, arena);
    else
        p->tail = tail_of(m->ser, octets, items, head, n);
    return WAMP_ERR_NONE;
}

/* A part of a payload whose tail was copied: the same part of the copy, or where it lay elsewhere, a copy of its own. */
static bool keep_part(struct str *part, struct str tail, struct str copy, struct wamp_arena *arena)
{
    uintptr_t at = (uintptr_t)part->ptr, start = (uintptr_t)tail.ptr;
    if (!part->len || at < start || at + part->len > start + tail.len)
        return wamp_arena_keep(arena, part);
    part->ptr = copy.ptr + (at - start);
    return true;
}

bool wamp_payload_keep(struct wamp_payload *p, struct wamp_arena *arena)
{
    struct str tail = p->tail;
    return wamp_arena_keep(arena, &p->tail) && keep_part(&p->args, tail, p->tail, arena) &&
           keep_part(&p->kwargs, tail, p->tail, arena);
}

/* --- a whole message ---------------------------------------------------------------------------------------- */

static enum wamp_err take_type(const struct wamp_item *items, unsigned n, struct wamp_msg *m, struct wamp_fault *why)
{
    if (n == 0)
        return refuse(why, WAMP_ERR_MALFORMED, "a message is a list that begins with its type, got an empty list");
    if (items[0].kind != WAMP_UINT)
        return refuse(why, WAMP_ERR_TYPE, "element 0 must be a message type (integer), got %s",
                      wamp_kind_name(items[0].kind));
    if (!layout_of(items[0].uint))
        return refuse(why, WAMP_ERR_MALFORMED, "unknown message type %" PRIu64, items[0].uint);
    m->type = (enum wamp_type)items[0].uint;
    why->type = (unsigned)m->type;
    return WAMP_ERR_NONE;
}

static enum wamp_err check_count(const struct layout *l, unsigned head, unsigned n, struct wamp_fault *why)
{
    static const unsigned optional[] = {[NONE] = 0, [PAYLOAD] = 2, [DICT] = 1};
    unsigned most = head + optional[l->tail];
    if (n >= head && n <= most)
        return WAMP_ERR_NONE;
    if (head == most)
        return refuse(why, WAMP_ERR_MALFORMED, "%s has %u elements, got %u", l->name, head, n);
    return refuse(why, WAMP_ERR_MALFORMED, "%s has %u to %u elements, got %u", l->name, head, most, n);
}

/* Details of the opening handshake have parsers of their own (common/roles.h, authentication). */
static bool has_options(enum wamp_type type)
{
    return type != WAMP_HELLO && type != WAMP_WELCOME && type != WAMP_CHALLENGE && type != WAMP_AUTHENTICATE;
}

static enum wamp_err take_head(struct wamp_msg *m, const struct layout *l, const struct wamp_item *items,
                               struct wamp_arena *arena, struct wamp_fault *why)
{
    for (unsigned i = 0; l->elements[i]; i++) {
        const struct wamp_item *item = &items[i + 1];
        if (!take_element(m, l->elements[i], item))
            return refuse(why, WAMP_ERR_TYPE, "%s: element %u must be %s, got %s", l->name, i + 1,
                          letter_means(l->elements[i]),
                          item->kind == WAMP_UINT ? "an integer out of range" : wamp_kind_name(item->kind));
        if (take_text(m, l->elements[i], item, arena))
            return refuse(why, WAMP_ERR_NOMEM, "%s: out of memory", l->name);
    }
    return WAMP_ERR_NONE;
}

enum wamp_err wamp_msg_parse(enum wamp_ser ser, struct str octets, struct wamp_arena *arena, struct wamp_msg *out,
                             struct wamp_fault *why)
{
    struct wamp_item items[WAMP_SPLIT_MAX];
    unsigned n;
    why->err = WAMP_ERR_NONE, why->type = 0, why->text[0] = '\0';
    enum wamp_err err = wamp_split(ser, octets, items, &n);
    if (err)
        return refuse(why, err, "not a %s message: %s", wamp_ser_name(ser), wamp_err_text(err));
    memset(out, 0, offsetof(struct wamp_msg, dict));
    out->ser = ser;
    out->dict = (struct wamp_item){.kind = WAMP_ABSENT};
    out->payload = (struct wamp_payload){.ser = ser};
    err = take_type(items, n, out, why);
    if (err)
        return err;
    const struct layout *l = &layouts[out->type];
    unsigned head = l->head;
    err = check_count(l, head, n, why);
    if (err)
        return err;
    err = take_head(out, l, items, arena, why);
    if (err)
        return err;
    if (l->tail == DICT && n > head) {
        if (items[head].kind != WAMP_MAP)
            return refuse(why, WAMP_ERR_TYPE, "%s: element %u must be a dict, got %s", l->name, head,
                          wamp_kind_name(items[head].kind));
        out->dict = items[head];
    }
    if (out->dict.count && has_options(out->type)) {
        err = wamp_options_parse(ser, (unsigned)out->type, &out->dict, arena, &out->opt, why);
        if (err)
            return err;
    } else {
        wamp_options_clear(&out->opt);
    }
    return l->tail == PAYLOAD ? take_payload(out, octets, items, head, n, arena, why) : WAMP_ERR_NONE;
}

/* --- making messages ----------------------------------------------------------------------------------------- */

static void add_opening(struct wamp_buf *buf, const struct opening *o)
{
    char *to = wamp_buf_room(buf, sizeof o->octets);
    if (!to)
        return;
    memcpy(to, o->octets, sizeof o->octets);
    buf->len += o->len;
}

struct wamp_wr wamp_head_begin(struct wamp_buf *buf, enum wamp_ser ser, enum wamp_type type, unsigned elements,
                               unsigned arity)
{
    wamp_buf_reset(buf);
    if (ser == WAMP_JSON) {
        add_opening(buf, &layouts[type].json);
        return (struct wamp_wr){.ser = ser, .comma = true, .out = buf};
    }
    struct wamp_wr w = wamp_wr(ser, buf);
    wamp_wr_list(&w, elements + arity);
    wamp_wr_uint(&w, (uint64_t)type);
    return w;
}

struct wamp_frame wamp_head_end(struct wamp_wr *w, enum wamp_type type, unsigned arity, struct str tail)
{
    if (arity == 0) {
        wamp_wr_list_end(w);
        tail = (struct str){0};
    }
    struct str head = w->out->failed ? (struct str){0} : wamp_buf_str(w->out);
    return (struct wamp_frame){.type = type, .ser = w->ser, .head = head, .tail = tail};
}

enum wamp_err wamp_payload_transcode(const struct wamp_payload *p, enum wamp_ser to, struct wamp_buf *out,
                                     struct str *tail)
{
    size_t start = out->len;
    if (to == WAMP_JSON)
        wamp_buf_add_char(out, ',');
    enum wamp_err err = wamp_transcode(p->ser, p->args, to, out);
    if (!err && p->arity == 2) {
        if (to == WAMP_JSON)
            wamp_buf_add_char(out, ',');
        err = wamp_transcode(p->ser, p->kwargs, to, out);
    }
    if (to == WAMP_JSON)
        wamp_buf_add_char(out, ']');
    if (!err && out->failed)
        err = WAMP_ERR_NOMEM;
    if (err) {
        out->len = start;
        return err;
    }
    *tail = str_of(out->ptr + start, out->len - start);
    return WAMP_ERR_NONE;
}

struct wamp_wr wamp_payload_begin(struct wamp_buf *buf, enum wamp_ser ser)
{
    wamp_buf_reset(buf);
    struct wamp_wr w = wamp_wr(ser, buf);
    w.comma = true;  /* JSON: the tail begins with the comma after the head */
    return w;
}

void wamp_payload_end(struct wamp_wr *w, unsigned arity, struct wamp_payload *out)
{
    if (w->ser == WAMP_JSON)
        wamp_buf_add_char(w->out, ']');
    struct str tail = w->out->failed ? (struct str){0} : wamp_buf_str(w->out);
    *out = (struct wamp_payload){.ser = w->ser, .arity = arity, .tail = tail};
}
