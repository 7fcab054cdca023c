#include "client/message.h"

#include "client/build.h"
#include "client/peer.h"

/* --- payloads ------------------------------------------------------------------------------------------------ */

wamp_rc wamp_tail_write(enum wamp_ser ser, const struct payload *p, bool result, struct wamp_buf *buf,
                        struct tail *out, struct why *why)
{
    static const struct wamp_value null = {.kind = WAMP_NULL};
    static const struct wamp_value null_result = {.kind = WAMP_LIST, .count = 1, .list = &null};
    bool has_kwargs = p->kwargs.count > 0;
    struct wamp_wr w = wamp_payload_begin(buf, ser);
    struct wamp_payload written;
    out->arity = has_kwargs ? 2 : p->args.count || result ? 1 : 0;
    enum wamp_err err = WAMP_ERR_NONE;
    if (out->arity)
        err = wamp_value_put(&w, result && !p->args.count ? &null_result : &p->args);
    if (!err && has_kwargs)
        err = wamp_value_put(&w, &p->kwargs);
    wamp_payload_end(&w, out->arity, &written);
    out->octets = written.tail;
    if (buf->failed)
        return WAMP_E_NOMEM;
    if (!err)
        return WAMP_OK;
    wamp_why(why, "a value cannot be expressed in %s", wamp_ser_name(ser));
    return WAMP_E_ARGS;
}

/* --- options ------------------------------------------------------------------------------------------------- */

wamp_rc wamp_more_options(struct dict_build *dict, const wamp_val *options, struct why *why)
{
    if (!options)
        return WAMP_OK;
    if (wamp_type(options) != WAMP_T_DICT) {
        wamp_why(why, "options must be a dict");
        return WAMP_E_ARGS;
    }
    for (uint32_t i = 0; i < options->v->count; i++) {
        const struct wamp_pair *pair = &options->v->map[i];
        if (pair->key.kind != WAMP_STR || wamp_dict_has(dict, &pair->key)) {
            wamp_why(why, "option '%.60s' is set already, or is no string", wamp_str(wamp_key_at(options, i)));
            return WAMP_E_ARGS;
        }
        wamp_dict_put_pair(dict, pair);
    }
    return WAMP_OK;
}

wamp_rc wamp_passthru(struct dict_build *dict, const struct passthru *ppt, bool announced,
                      const struct payload *payload, struct why *why)
{
    if (!ppt->scheme)
        return WAMP_OK;
    bool is_one_binary =
        payload->args.count == 1 && payload->args.list[0].kind == WAMP_BIN && !payload->kwargs.count;
    if (!announced || !is_one_binary) {
        wamp_why(why, announced ? "payload passthru carries one binary and nothing else: format \"y\""
                                : "the router does not know payload passthru");
        return WAMP_E_ARGS;
    }
    wamp_dict_put_str(dict, "ppt_scheme", ppt->scheme);
    wamp_dict_put_str(dict, "ppt_serializer", ppt->serializer);
    wamp_dict_put_str(dict, "ppt_cipher", ppt->cipher);
    wamp_dict_put_str(dict, "ppt_keyid", ppt->keyid);
    return WAMP_OK;
}

enum { KEPT_BYTES = 1 << 18 };  /* of the buffers that messages are made in */

/* --- messages ------------------------------------------------------------------------------------------------ */

static const char *letters_of(enum wamp_type type)
{
    switch (type) {
#define MSG(code, name, letters, tail, sender) \
    case WAMP_##name:                          \
        return letters;
#include "common/msg.def"
#undef MSG
    }
    return "";
}

static enum wamp_err put_element(struct wamp_wr *w, const struct outgoing *m, char letter)
{
    static const struct wamp_value empty = {.kind = WAMP_MAP};
    switch (letter) {
    case 't':
        wamp_wr_uint(w, m->request_type);
        break;
    case 'r':
        wamp_wr_uint(w, m->request);
        break;
    case 'd':
        return wamp_value_put(w, m->dict ? m->dict : &empty);
    case 'u':
    case 's':
        wamp_wr_str(w, m->text);
        break;
    default:
        wamp_wr_uint(w, m->id);
    }
    return WAMP_ERR_NONE;
}

/* For the hook: it wants one piece. */
static void show(struct wamp_peer *p, const struct wamp_frame *f)
{
    struct wamp_buf whole = {0};
    const wamp_hooks *hooks = &p->config.hooks;
    if (!hooks->on_message)
        return;
    wamp_buf_add_str(&whole, f->head);
    wamp_buf_add_str(&whole, f->tail);
    if (!whole.failed)
        hooks->on_message(hooks->arg, p, true, whole.ptr, whole.len);
    wamp_buf_fini(&whole);
}

/* One large message shall not cost memory for ever. */
static void trim(struct wamp_buf *b)
{
    if (b->cap > KEPT_BYTES)
        wamp_buf_fini(b);
}

wamp_rc wamp_emit(struct wamp_peer *p, const struct outgoing *m)
{
    if (!p->link)
        return WAMP_E_LOST;
    const char *letters = letters_of(m->type);
    unsigned arity = m->tail ? m->tail->arity : 0;
    struct wamp_wr w = wamp_head_begin(&p->head, p->config.ser, m->type, 1 + (unsigned)strlen(letters), arity);
    enum wamp_err err = WAMP_ERR_NONE;
    for (const char *letter = letters; !err && *letter; letter++)
        err = put_element(&w, m, *letter);
    struct wamp_frame f = wamp_head_end(&w, m->type, arity, arity ? m->tail->octets : str_of(NULL, 0));
    if (p->head.failed)
        return WAMP_E_NOMEM;
    if (err)
        return WAMP_E_ARGS;
    wamp_rc rc = p->link->ops->send(p->link, f.head, f.tail);
    if (!rc)
        show(p, &f);
    trim(&p->head);
    if (arity && m->tail->octets.ptr == p->tail.ptr && !rc)
        trim(&p->tail);
    return rc;
}
