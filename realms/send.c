#include "realms/send.h"

#include "realms/inner.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

/* --- payloads ------------------------------------------------------------------------------------------- */

void forms_init(struct forms *f, struct realm *r, const struct wamp_payload *payload)
{
    f->payload = payload;
    f->bufs = r->forms;
    memset(f->known, 0, sizeof f->known);
}

enum wamp_err forms_tail(struct forms *f, enum wamp_ser ser, struct str *tail)
{
    if (!f->known[ser]) {
        wamp_buf_reset(&f->bufs[ser]);
        f->known[ser] = true;
        f->err[ser] = wamp_payload_tail(f->payload, ser, &f->bufs[ser], &f->tail[ser]);
    }
    *tail = f->tail[ser];
    return f->err[ser];
}

/* --- sending -------------------------------------------------------------------------------------------- */

void send_frame(struct session *s, const struct wamp_frame *frame)
{
    struct realm *r = s->realm;
    if (session_is_doomed(s))
        return;
    if (s == r->own_calls.session)
        own_call_take(r, frame);
    else if (!frame->head.ptr)
        session_doom(s, CLOSE_NOMEM);
    else if (frame_too_big(s, frame))
        session_doom(s, CLOSE_TOO_BIG);
    else if (!r->env.send(r->env.ctx, s, frame))
        session_doom(s, CLOSE_SLOW);
}

/* Ends a head that has no payload and sends it. */
static void finish(struct session *s, struct wamp_wr *w, enum wamp_type type)
{
    struct wamp_frame f = wamp_head_end(w, type, 0, str_of("", 0));
    send_frame(s, &f);
}

void send_answer(struct session *s, enum wamp_type type, uint64_t request, uint64_t id)
{
    struct wamp_wr w = wamp_head_begin(&s->realm->head, s->ser, type, 3, 0);
    wamp_wr_uint(&w, request);
    wamp_wr_uint(&w, id);
    finish(s, &w, type);
}

void send_done(struct session *s, enum wamp_type type, uint64_t request)
{
    struct wamp_wr w = wamp_head_begin(&s->realm->head, s->ser, type, 2, 0);
    wamp_wr_uint(&w, request);
    finish(s, &w, type);
}

/* Text that did not fit was cut at any octet: take the last character off, so that it stays UTF-8. */
static void cut_text(char *text, size_t len)
{
    while (len > 0 && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
        len--;
    text[len > 0 ? len - 1 : 0] = '\0';
}

void send_error(struct session *s, enum wamp_type of, uint64_t request, const char *uri, const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (len >= (int)sizeof text)
        cut_text(text, sizeof text - 1);
    struct wamp_wr w = wamp_head_begin(&s->realm->head, s->ser, WAMP_ERROR, 6, 0);
    wamp_wr_uint(&w, (uint64_t)of);
    wamp_wr_uint(&w, request);
    wamp_wr_empty_map(&w);
    wamp_wr_str(&w, str_z(uri));
    wamp_wr_list(&w, 1);
    wamp_wr_str(&w, str_z(text));
    wamp_wr_list_end(&w);
    finish(s, &w, WAMP_ERROR);
}

static void write_message(struct wamp_wr *w, struct str message)
{
    wamp_wr_map(w, message.len ? 1 : 0);
    if (message.len) {
        wamp_wr_key(w, STR("message"));
        wamp_wr_str(w, message);
    }
    wamp_wr_map_end(w);
}

void send_goodbye(struct session *s, struct str reason, struct str message)
{
    struct wamp_wr w = wamp_head_begin(&s->realm->head, s->ser, WAMP_GOODBYE, 3, 0);
    write_message(&w, message);
    wamp_wr_str(&w, reason);
    finish(s, &w, WAMP_GOODBYE);
}

void send_abort(struct session *s, const char *reason, const char *message)
{
    struct wamp_wr w = wamp_head_begin(&s->realm->head, s->ser, WAMP_ABORT, 3, 0);
    write_message(&w, str_z(message));
    wamp_wr_str(&w, str_z(reason));
    finish(s, &w, WAMP_ABORT);
}

void send_revocation(struct session *s, enum wamp_type type, const char *key, uint64_t id, struct str reason)
{
    struct wamp_wr w = wamp_head_begin(&s->realm->head, s->ser, type, 3, 0);
    wamp_wr_uint(&w, 0);
    wamp_wr_map(&w, reason.len ? 2 : 1);
    wamp_wr_key(&w, str_z(key));
    wamp_wr_uint(&w, id);
    if (reason.len) {
        wamp_wr_key(&w, STR("reason"));
        wamp_wr_str(&w, reason);
    }
    wamp_wr_map_end(&w);
    finish(s, &w, type);
}

/* --- details -------------------------------------------------------------------------------------------- */

static struct detail *add(struct details *d, struct str key, enum detail_kind kind)
{
    assert(d->count < DETAILS_MAX);
    struct detail *detail = &d->list[d->count++];
    detail->key = key;
    detail->kind = kind;
    return detail;
}

void details_add_bool(struct details *d, struct str key, bool value)
{
    add(d, key, DETAIL_BOOL)->number = value;
}

void details_add_uint(struct details *d, struct str key, uint64_t value)
{
    add(d, key, DETAIL_UINT)->number = value;
}

void details_add_str(struct details *d, struct str key, struct str value)
{
    add(d, key, DETAIL_STR)->text = value;
}

void details_add_raw(struct details *d, struct str key, struct str value)
{
    add(d, key, DETAIL_RAW)->text = value;
}

static void write_detail(struct wamp_wr *w, const struct detail *detail)
{
    wamp_wr_key(w, detail->key);
    switch (detail->kind) {
    case DETAIL_BOOL:
        wamp_wr_bool(w, detail->number);
        break;
    case DETAIL_UINT:
        wamp_wr_uint(w, detail->number);
        break;
    case DETAIL_STR:
        wamp_wr_str(w, detail->text);
        break;
    case DETAIL_RAW:
        wamp_wr_raw(w, detail->text);
        break;
    }
}

void details_write(struct wamp_wr *w, const struct details *d)
{
    if (!d->count) {
        wamp_wr_empty_map(w);
        return;
    }
    wamp_wr_map(w, d->count);
    for (unsigned i = 0; i < d->count; i++)
        write_detail(w, &d->list[i]);
    wamp_wr_map_end(w);
}
