/* Messages: whatever can be parsed can be built again and is then parsed as the same, in its own serializer with
 * the payload passed through untouched, in the others with the payload transcoded. First octet: the serializer.
 * spec: B-040, B-046 */
#include "tests/fuzz/fuzz.h"

#include "common/msg.h"

#include <string.h>

static const struct {
    unsigned code;
    const char *letters;
} layouts[] = {
#define MSG(code, name, letters, tail, sender) {code, letters},
#include "common/msg.def"
#undef MSG
};

static const char *letters_of(enum wamp_type type)
{
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (layouts[i].code == (unsigned)type)
            return layouts[i].letters;
    fuzz_broken("a type of msg.def", __FILE__, __LINE__);
}

static void write_element(struct wamp_wr *w, char letter, const struct wamp_msg *m, struct str dict)
{
    switch (letter) {
    case 'r':
        wamp_wr_uint(w, m->request);
        return;
    case 'i':
        wamp_wr_uint(w, m->id);
        return;
    case 'j':
        wamp_wr_uint(w, m->publication);
        return;
    case 't':
        wamp_wr_uint(w, m->request_type);
        return;
    case 'u':
        wamp_wr_str(w, m->uri);
        return;
    case 's':
        wamp_wr_str(w, m->text);
        return;
    default:
        wamp_wr_raw(w, dict);
    }
}

static bool same_raw(enum wamp_ser a, struct str left, enum wamp_ser b, struct str right, struct wamp_arena *arena)
{
    struct wamp_value x, y;
    if (!left.len || !right.len)
        return !left.len && !right.len;
    return wamp_value_read(a, left, arena, &x) == WAMP_ERR_NONE &&
           wamp_value_read(b, right, arena, &y) == WAMP_ERR_NONE && wamp_value_equal(&x, &y);
}

static void check_same(const struct wamp_msg *a, const struct wamp_msg *b, struct wamp_arena *arena)
{
    demand(a->type == b->type && a->request == b->request && a->id == b->id && a->publication == b->publication);
    demand(a->request_type == b->request_type && str_eq(a->uri, b->uri) && str_eq(a->text, b->text));
    demand(a->opt.has == b->opt.has && a->payload.arity == b->payload.arity);
    demand(same_raw(a->ser, a->payload.args, b->ser, b->payload.args, arena));
    demand(same_raw(a->ser, a->payload.kwargs, b->ser, b->payload.kwargs, arena));
}

/* m in form `to`; false: that form cannot hold it. */
static bool build(const struct wamp_msg *m, enum wamp_ser to, struct wamp_buf *out)
{
    struct wamp_buf head = {0}, tail_buf = {0}, dict = {0};
    const char *letters = letters_of(m->type);
    bool has_dict = m->dict.kind != WAMP_ABSENT;
    bool trailing = has_dict && !strchr(letters, 'd');  /* UNSUBSCRIBE and its like */
    struct str tail = {0};
    bool ok = (!has_dict || wamp_transcode(m->ser, m->dict.raw, to, &dict) == WAMP_ERR_NONE) &&
              wamp_payload_tail(&m->payload, to, &tail_buf, &tail) == WAMP_ERR_NONE;
    struct str raw = m->ser == to ? m->dict.raw : wamp_buf_str(&dict);
    unsigned elements = 1 + (unsigned)strlen(letters) + (trailing ? 1 : 0);
    struct wamp_wr w = wamp_head_begin(&head, to, m->type, elements, m->payload.arity);
    for (size_t i = 0; letters[i]; i++)
        write_element(&w, letters[i], m, raw);
    if (trailing)
        wamp_wr_raw(&w, raw);
    struct wamp_frame f = wamp_head_end(&w, m->type, m->payload.arity, tail);
    wamp_buf_add_str(out, f.head);
    wamp_buf_add_str(out, f.tail);
    wamp_buf_fini(&head);
    wamp_buf_fini(&tail_buf);
    wamp_buf_fini(&dict);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, data + size};
    enum wamp_ser ser = (enum wamp_ser)(1 + fuzz_byte(&in) % 3);
    struct str octets = fuzz_octets(&in, size);
    struct wamp_arena arena = {0};
    struct wamp_msg m, again;
    struct wamp_fault why;
    bool readable = wamp_msg_parse(ser, octets, &arena, &m, &why) == WAMP_ERR_NONE;
    demand(readable || why.text[0]);
    struct wamp_value whole;
    bool exact_in_json =
        readable && wamp_value_read(ser, octets, &arena, &whole) == WAMP_ERR_NONE && !fuzz_is_ambiguous(&whole);
    for (enum wamp_ser to = WAMP_JSON; readable && to <= WAMP_CBOR; to++) {
        if (to == WAMP_JSON && !exact_in_json)
            continue;
        struct wamp_buf built = {0};
        if (build(&m, to, &built)) {
            demand(wamp_msg_parse(to, wamp_buf_str(&built), &arena, &again, &why) == WAMP_ERR_NONE);
            check_same(&m, &again, &arena);
        } else {
            demand(to != ser);
        }
        wamp_buf_fini(&built);
    }
    wamp_arena_fini(&arena);
    return 0;
}
