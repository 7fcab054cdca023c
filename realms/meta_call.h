/* Inside the meta API: one call being served, and how it is answered. Included by realms/meta*.c alone.
 *
 * A handler gets arguments whose number and types are those of its row in meta.def. It judges the keyword
 * arguments, then whether what is named exists, then acts, and gives exactly one answer: a result, or a refusal.
 *
 *     void meta_session_get(struct meta_call *c)
 *     {
 *         struct session *target = meta_session_arg(c, 0);
 *         if (!target)
 *             return;
 *         struct wamp_wr w = meta_result_begin(c, 1);
 *         meta_write_session(&w, target);
 *         meta_result_end(c, &w);
 *     }
 */
#ifndef REALMS_META_CALL_H
#define REALMS_META_CALL_H

#include "realms/filter.h"
#include "realms/inner.h"
#include "realms/meta.h"
#include "realms/send.h"

enum { META_ARGUMENTS_MAX = 3 };

struct meta_call {
    struct session *s;
    const struct wamp_msg *m;
    struct wamp_item args[META_ARGUMENTS_MAX];  /* ABSENT where none was given */
    struct wamp_item kwargs;                    /* MAP, or ABSENT */
};

#define PROCEDURE(object, verb, right, arguments) void meta_##object##_##verb(struct meta_call *c);
#include "realms/meta.def"
#undef PROCEDURE

/* --- what is asked --------------------------------------------------------------------------------------- */

/* These refuse the call when they return false or NULL. */

/* The text of argument i, a string. */
bool meta_text_arg(struct meta_call *c, unsigned i, struct str *out);

/* The session whose id is argument i. */
struct session *meta_session_arg(struct meta_call *c, unsigned i);

/* The subscription whose id is the first argument, if it is shown (meta_subscription.c). */
struct subscription *meta_subscription_arg(struct meta_call *c);

/* The `match` of an options dict at argument i, exact without it. */
bool meta_match_arg(struct meta_call *c, unsigned i, enum wamp_match *out);

/* The keyword argument `key`, which has to be of that kind; ABSENT when it was not given. */
bool meta_kwarg(struct meta_call *c, const char *key, enum wamp_kind kind, struct wamp_item *out);

/* A string; its ptr is NULL when it was not given. */
bool meta_text_kwarg(struct meta_call *c, const char *key, struct str *out);

/* `reason`, which has to be a URI; its ptr is NULL when it was not given. spec: R-17, A-RRV-04 */
bool meta_reason_kwarg(struct meta_call *c, struct str *out);

/* --- what is answered -------------------------------------------------------------------------------------- */

/* [ERROR, CALL, Request|id, {}, uri, [text]] */
#define meta_refuse(c, ...) send_error((c)->s, WAMP_CALL, (c)->m->request, __VA_ARGS__)
void meta_refuse_nomem(struct meta_call *c);

/* A RESULT with `count` arguments. They are written in between, and no meta event is published meanwhile: it is
 * written in the same place. */
struct wamp_wr meta_result_begin(struct meta_call *c, uint32_t count);
void meta_result_end(struct meta_call *c, struct wamp_wr *w);

/* The same, where the end of Arguments and ArgumentsKw have been written, too: arity 2. */
void meta_result_send(struct meta_call *c, struct wamp_wr *w, unsigned arity);

void meta_result_none(struct meta_call *c);
void meta_result_uint(struct meta_call *c, uint64_t value);
void meta_result_id(struct meta_call *c, uint64_t id);  /* 0: null. spec: A-RMA-06 */
void meta_result_ids(struct meta_call *c, const uint64_t *ids, uint32_t count);

/* --- what is shown of things (meta_details.c) ------------------------------------------------------------- */

void meta_write_registration(struct wamp_wr *w, const struct registration *reg);
void meta_write_subscription(struct wamp_wr *w, const struct subscription *sub);
void meta_write_ids(struct wamp_wr *w, const uint64_t *ids, uint32_t count);

/* Ids by match policy, for {"exact": [ids], "prefix": [ids], "wildcard": [ids]}. */
struct id_groups {
    uint32_t counts[WAMP_MATCH_COUNT];
    uint64_t *ids[WAMP_MATCH_COUNT];  /* room for all of them each */
};
bool id_groups_init(struct id_groups *g, struct wamp_arena *arena, size_t room);
void id_groups_add(struct id_groups *g, enum wamp_match match, uint64_t id);
void meta_result_groups(struct meta_call *c, const struct id_groups *g);

#endif
