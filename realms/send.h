/* What realms/ sends, and how it gets into the receiver's serializer and under its size limit. */
#ifndef REALMS_SEND_H
#define REALMS_SEND_H

#include "realms/session.h"

/* One payload in the serializers of all its receivers: transcoded at most once each. spec: B-046, design 4.3 */
struct forms {
    const struct wamp_payload *payload;
    struct {
        bool known;
        enum wamp_err err;
        struct str tail;
        struct wamp_buf buf;  /* the transcoded octets */
    } by_ser[WAMP_SER_COUNT];
};

void forms_init(struct forms *f, const struct wamp_payload *payload);
void forms_fini(struct forms *f);
enum wamp_err forms_tail(struct forms *f, enum wamp_ser ser, struct str *tail);

/* Hands a frame to s. A session that is doomed gets nothing; one that is over its bound is doomed (CLOSE_SLOW). */
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

/* --- Details of messages that carry a payload -------------------------------------------------------------------- */

/* A small dict being put together: what applies is added, then it is written. */
struct details {
    unsigned count;
    struct detail {
        struct str key;
        enum wamp_kind kind;  /* BOOL, UINT or STR */
        uint64_t number;
        struct str text;
    } list[16];
};

void details_add_bool(struct details *d, struct str key, bool value);
void details_add_uint(struct details *d, struct str key, uint64_t value);
void details_add_str(struct details *d, struct str key, struct str value);

/* Whether m, sent by s, uses payload passthru rightly or not at all; else s is aborted. spec: A-PPT-02, A-PPT-05, R-15 */
bool passthru_ok(struct session *s, const struct wamp_msg *m, bool announced);

/* The four keys of payload passthru, as far as they are there. spec: A-PPT-04 */
void details_add_ppt(struct details *d, const struct wamp_options *o);
void details_write(struct wamp_wr *w, const struct details *d);

#endif
