/* What realms/ sends, and how it gets into the receiver's serializer and under its size limit. */
#ifndef REALMS_SEND_H
#define REALMS_SEND_H

#include "realms/session.h"

/* One payload in the serializers of all its receivers: transcoded at most once each, into realm.forms, so that there
 * can be only one of these at a time. spec: B-046, design 4.3 */
struct forms {
    const struct wamp_payload *payload;
    struct wamp_buf *bufs;
    bool known[WAMP_SER_COUNT];
    enum wamp_err err[WAMP_SER_COUNT];
    struct str tail[WAMP_SER_COUNT];
};

void forms_init(struct forms *f, struct realm *r, const struct wamp_payload *payload);
enum wamp_err forms_tail(struct forms *f, enum wamp_ser ser, struct str *tail);

/* Hands a frame to s. A session that is doomed gets nothing. One that is over its bound is doomed (CLOSE_SLOW), and so
 * is one whose frame could not be written (CLOSE_NOMEM) or is larger than it takes (CLOSE_TOO_BIG: R-28): better no
 * session than one with a gap. Where a gap is allowed, ask frame_too_big before. */
void send_frame(struct session *s, const struct wamp_frame *frame);

/* Whether the frame exceeds what the peer's transport takes. spec: B-101 */
static inline bool frame_too_big(const struct session *s, const struct wamp_frame *frame)
{
    return s->max_message && wamp_frame_len(frame) > s->max_message;
}

/* [type, request, id] and [type, request]: SUBSCRIBED, REGISTERED, PUBLISHED; UNSUBSCRIBED, UNREGISTERED */
void send_answer(struct session *s, enum wamp_type type, uint64_t request, uint64_t id);
void send_done(struct session *s, enum wamp_type type, uint64_t request);

/* [ERROR, of, request, {}, uri, [text]]. Details is empty and there is one argument: wampy's reader needs both
 * (W-32). spec: table 0.4.1 */
void send_error(struct session *s, enum wamp_type of, uint64_t request, const char *uri, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* [GOODBYE, {"message": message}, reason]; no message: {} */
void send_goodbye(struct session *s, struct str reason, struct str message);
/* [ABORT, {"message": message}, reason] */
void send_abort(struct session *s, const char *reason, const char *message);

/* Revocation: [type, 0, {key: id, "reason": reason}]. spec: A-RRV-01, A-SRV-01 */
void send_revocation(struct session *s, enum wamp_type type, const char *key, uint64_t id, struct str reason);

/* --- Details of messages that carry a payload ----------------------------------------------------------- */

/* A small dict being put together: what applies is added, then it is written. */
enum { DETAILS_MAX = 13 + REALM_FORWARD_KEYS_MAX };  /* 13: an INVOCATION with everything that there is */

enum detail_kind { DETAIL_BOOL, DETAIL_UINT, DETAIL_STR, DETAIL_RAW };

struct details {
    unsigned count;
    struct detail {
        struct str key;
        enum detail_kind kind;
        uint64_t number;
        struct str text;  /* RAW: one value in the serializer it will be written with */
    } list[DETAILS_MAX];
};

void details_add_bool(struct details *d, struct str key, bool value);
void details_add_uint(struct details *d, struct str key, uint64_t value);
void details_add_str(struct details *d, struct str key, struct str value);
void details_add_raw(struct details *d, struct str key, struct str value);
void details_write(struct wamp_wr *w, const struct details *d);

#endif
