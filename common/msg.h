/* One WAMP message: its head decoded, its payload untouched.
 *
 * A message borrows the octets it was parsed from, and the arena given to wamp_msg_parse for what needed
 * decoding (a JSON URI with escapes). Both must outlive it. */
#ifndef WAMP_COMMON_MSG_H
#define WAMP_COMMON_MSG_H

#include "common/arena.h"
#include "common/err.h"
#include "common/options.h"
#include "common/ser.h"
#include "common/str.h"

#include <stdint.h>

#define WAMP_ID_MAX (UINT64_C(1) << 53)  /* ids are 1 .. 2^53. spec: B-052 */

enum wamp_type {
#define MSG(code, name, layout, tail, sender) WAMP_##name = code,
#include "common/msg.def"
#undef MSG
};

const char *wamp_type_name(unsigned code);  /* "CALL"; "message 99" is not this one's job: NULL when unknown */

/* Arguments and ArgumentsKw as they came.
 *
 * `tail` is what follows the last element of the head on the wire, exactly: in JSON from the comma (or the
 * closing bracket) to the end of the message, in the binary forms the elements alone. So a message for a
 * receiver with the same serializer is a new head, then tail. */
struct wamp_payload {
    enum wamp_ser ser;
    unsigned arity;  /* 0: none, 1: Arguments, 2: Arguments and ArgumentsKw */
    struct str tail;
    struct str args, kwargs;  /* raw values, empty when absent */
};

/* Makes *p a copy of itself in the arena. False when memory is short. */
bool wamp_payload_keep(struct wamp_payload *p, struct wamp_arena *arena);

struct wamp_msg {
    enum wamp_type type;
    enum wamp_ser ser;
    uint64_t request;          /* r */
    uint64_t id;               /* i */
    uint64_t publication;      /* j: EVENT only */
    unsigned request_type;     /* t: ERROR only */
    struct str uri;            /* u, decoded */
    struct str text;           /* s, decoded: AuthMethod, Signature */
    struct wamp_item dict;     /* d, raw: ABSENT when the message has none */
    struct wamp_payload payload;
    struct wamp_options opt;   /* the known keys of dict, types checked. Last: it is cleared by itself */
};

/* Why a message was refused, for ABORT.Details.message and the log. Never holds octets of the peer. */
struct wamp_fault {
    enum wamp_err err;
    unsigned type;   /* code of the message as far as it could be read, else 0 */
    char text[120];  /* "CALL: element 2 (Options) must be a dict, got string" */
};

/* Parses one message. On any error `why` is filled: for a router that is a protocol violation, except
 * WAMP_ERR_NOMEM. URIs are checked to be strings, not for syntax (common/uri.h does that). Whether the sender may
 * send that type is not checked either: see wamp_type_sender. `out` is all set or undefined. */
enum wamp_err wamp_msg_parse(enum wamp_ser ser, struct str octets, struct wamp_arena *arena, struct wamp_msg *out,
                             struct wamp_fault *why);

enum wamp_sender { WAMP_FROM_CLIENT = 1, WAMP_FROM_ROUTER = 2, WAMP_FROM_BOTH = 3 };
enum wamp_sender wamp_type_sender(enum wamp_type type);

/* --- making messages -------------------------------------------------------------------------------------- */

/* A message ready to send to one receiver: head and tail, one after the other, are its octets. Both are borrowed
 * by whoever is handed a frame, for the duration of that call. */
struct wamp_frame {
    enum wamp_type type;
    enum wamp_ser ser;
    struct str head, tail;  /* head.ptr is NULL when memory was too short for it */
};

static inline size_t wamp_frame_len(const struct wamp_frame *f)
{
    return f->head.len + f->tail.len;
}

/* A head is begun with the code and the number of elements before the payload (code included), continues with
 * wamp_wr_* calls for those elements, and ends with wamp_head_end, which closes the list when arity is 0.
 *
 *     struct wamp_wr w = wamp_head_begin(buf, ser, WAMP_RESULT, 3, payload.arity);
 *     wamp_wr_uint(&w, call->request);
 *     wamp_wr_map(&w, 0);
 *     wamp_wr_map_end(&w);
 *     struct wamp_frame f = wamp_head_end(&w, WAMP_RESULT, tail);
 *
 * buf is reset by wamp_head_begin. `tail` must be in form ser; for arity 0 it is ignored. */
struct wamp_wr wamp_head_begin(struct wamp_buf *buf, enum wamp_ser ser, enum wamp_type type, unsigned elements,
                               unsigned arity);
struct wamp_frame wamp_head_end(struct wamp_wr *w, enum wamp_type type, unsigned arity, struct str tail);

/* The slow path of wamp_payload_tail. */
enum wamp_err wamp_payload_transcode(const struct wamp_payload *p, enum wamp_ser to, struct wamp_buf *out,
                                     struct str *tail);

/* The tail of p in form `to`: p->tail itself when that is its form, else transcoded into out (appended; *tail
 * points into it). Errors as wamp_transcode. */
static inline enum wamp_err wamp_payload_tail(const struct wamp_payload *p, enum wamp_ser to, struct wamp_buf *out,
                                              struct str *tail)
{
    *tail = p->arity ? p->tail : (struct str){0};
    if (p->arity && !p->tail.ptr)
        return WAMP_ERR_NOMEM;
    return p->ser == to || p->arity == 0 ? WAMP_ERR_NONE : wamp_payload_transcode(p, to, out, tail);
}

/* Closes a payload being written by hand: for JSON appends the closing bracket of the message. `w` wrote
 * Arguments (and ArgumentsKw) into its buf after wamp_payload_begin. Where memory was too short for it, tail.ptr is NULL,
 * and wamp_payload_tail says so. */
struct wamp_wr wamp_payload_begin(struct wamp_buf *buf, enum wamp_ser ser);
void wamp_payload_end(struct wamp_wr *w, unsigned arity, struct wamp_payload *out);

#endif
