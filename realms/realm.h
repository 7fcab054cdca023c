/* A realm: sessions, broker, dealer. The module's face; nothing else of realms/ is included from outside, except
 * env.h and rules.h.
 *
 * Sans I/O: messages come in, messages go out through struct realm_env, time comes in as `now`. The same inputs
 * with the same random numbers give the same outputs. A realm and everything in it belongs to one thread. */
#ifndef REALMS_REALM_H
#define REALMS_REALM_H

#include "common/msg.h"
#include "common/roles.h"
#include "common/str.h"
#include "common/uri.h"
#include "realms/env.h"
#include "realms/rules.h"

#include <stdbool.h>
#include <stdint.h>

typedef int64_t wamp_ms;  /* milliseconds of a clock that never jumps */
#define WAMP_MS_NEVER INT64_MAX

enum { REALM_FORWARD_KEYS_MAX = 8 };  /* of realm_config.forward_keys: what comes after is not looked at */

struct realm;
struct session;

/* Zero: peers are shown who calls or publishes when he asks for it (disclose_me) or a callee does
 * (disclose_caller). */
enum realm_disclosure { DISCLOSE_ON_REQUEST, DISCLOSE_ALWAYS, DISCLOSE_NEVER };

/* A topic or pattern whose events are remembered. spec: A-HIS-01 */
struct realm_history {
    struct str uri;
    enum wamp_match match;
    unsigned max_events;  /* 0: 1000 */
    size_t max_bytes;     /* 0: 16 MiB */
};

/* Calls of matching procedures, publications to matching topics: what callees and subscribers are told about
 * them, and for which role of the sender (empty: all). The first row that matches counts. spec: A-CTL, A-PTL */
struct realm_trust {
    struct str uri;
    enum wamp_match match;
    struct str authrole;
    unsigned level;       /* 0 is the lowest */
};

/* What a session does with a URI, or a pattern of URIs. spec: A-AZN-01 */
enum realm_action { ACTION_CALL, ACTION_REGISTER, ACTION_PUBLISH, ACTION_SUBSCRIBE };

/* spec: A-AZN-06 */
struct realm_permission {
    struct str uri;
    enum wamp_match match;
    unsigned allow;           /* bit 1u << enum realm_action: granted; the others are denied */
    bool disclose_caller;     /* callees are shown who calls, whether he asks for it or not */
    bool disclose_publisher;  /* likewise subscribers */
};

/* What the sessions with that authrole may do: what a procedure decides (authorizer), else what is written
 * here, else, where there is neither, everything or nothing. */
struct realm_role {
    struct str name;
    struct str authorizer;    /* empty: none */
    const struct realm_permission *permissions;
    size_t permission_count;
    bool allow_by_default;
    bool is_link;             /* to another router: it may say for whom it speaks, and no meta event tells of its
                                 sessions, subscriptions and registrations. spec: A-R2R-02, A-R2R-03 */
};

/* Zero is the default for every field. Strings and lists are copied by realm_new. */
struct realm_config {
    struct str name;
    enum realm_preset preset;         /* rules.def: spec, strict, crossbar */
    const struct rules *rules;        /* NULL: those of the preset */
    enum wamp_uri_rule uri_rule;
    wamp_ms epoch_ms;                 /* Unix time in ms when now is 0: for timestamps shown to people */
    wamp_ms now;                      /* when it is made */
    unsigned max_calls_per_session;   /* 0: 1024 calls open at once per caller */
    unsigned max_subscriptions;       /* 0: 1024 per session */
    unsigned max_registrations;       /* 0: 4096 per session */
    unsigned max_waiting_calls;       /* 0: 1000 per registration whose callees are all busy. spec: R-12 */
    enum realm_disclosure disclosure; /* who may see callers and publishers. spec: A-CID-03, A-PID-02 */
    const struct realm_history *history;
    size_t history_count;
    const struct realm_trust *trust;
    size_t trust_count;
    const struct str *forward_keys;   /* private keys ("_ext") that go with a call: from CALL.Options to */
    size_t forward_key_count;         /* INVOCATION.Details, from YIELD.Options to RESULT.Details. spec: B-043; S-10 */
    const struct realm_role *roles;   /* no role: every session may do everything, whatever its authrole */
    size_t role_count;
    bool meta_api_denied;             /* no meta procedures and no meta events for anyone */
    bool kill_allowed;                /* wamp.session.kill* and revocation procedures need no explicit grant. R-20 */
};

/* An authenticated session about to join. Copied. */
struct session_info {
    uint64_t id;                      /* from realm_new_session_id */
    enum wamp_ser ser;
    struct wamp_roles roles;
    struct str authid, authrole, authmethod, authprovider;
    struct str authextra;             /* of our WELCOME.Details: a dict, raw in form ser; empty: none. spec: A-AUTH-07 */
    size_t max_message;               /* largest message the peer's transport takes; 0: no limit. spec: B-101 */
    struct str agent;                 /* of our WELCOME.Details; may be empty */
    struct str transport;             /* "websocket", "rawsocket": shown by wamp.session.get; may be empty */
    struct str peer_agent;            /* HELLO.Details.agent, likewise */
    bool flow_control;                /* the peer takes FLOW: WELCOME.Details._wampd_flow says it will be sent */
    void *peer;                       /* the connection; see session_peer */
};

struct realm *realm_new(const struct realm_config *config, const struct realm_env *env);  /* NULL: no memory */

/* config takes the place of the one there is, for sessions that are there, too; name, epoch_ms and history
 * stay, and roles are not looked at. False: no memory; nothing has changed. */
bool realm_set_config(struct realm *r, const struct realm_config *config);

/* Forgets every session without a word (see realm_shutdown) and frees. NULL is fine. */
void realm_free(struct realm *r);

struct str realm_name(const struct realm *r);

/* Whether a session with that authrole may join. True for all where no roles are configured. spec: A-AUTH-11 */
bool realm_has_role(const struct realm *r, struct str role);

size_t realm_session_count(const struct realm *r);
size_t realm_call_count(const struct realm *r);  /* under way */
const struct rules *realm_rules(const struct realm *r);

/* Other roles from now on. Sessions whose role is no more get GOODBYE wamp.close.killed; of the others
 * subscriptions and registrations end that they may not have any more (the reason is
 * wamp.error.not_authorized), as far as permissions tell: an authorizer is not asked again for what it granted.
 * What authorizers said before is forgotten. False: no memory; nothing has changed. spec: A-CLO-06 */
bool realm_set_roles(struct realm *r, const struct realm_role *roles, size_t count, wamp_ms now);

/* A random id that no live session has. */
uint64_t realm_new_session_id(struct realm *r);

/* The session exists from here on: WELCOME is queued first, then whatever its coming causes. NULL: the realm
 * has no such role, no memory, or env.send did not take WELCOME, or it is larger than max_message; env.close is
 * not called for it then. spec: R-28, A-AUTH-11 */
struct session *realm_join(struct realm *r, const struct session_info *info, wamp_ms now);

/* One message from s. Takes nothing: `m` is borrowed. Any session, s included, may be gone afterwards: env.close
 * told. */
void realm_deliver(struct realm *r, struct session *s, const struct wamp_msg *m, wamp_ms now);

/* s sent octets that are no message, as wamp_msg_parse says: ABORT protocol_violation and
 * env.close(CLOSE_PROTOCOL). A malformed ABORT is an ABORT all the same (R-27: CLOSE_ABORTED), and for
 * WAMP_ERR_NOMEM the peer is not to blame (CLOSE_NOMEM): neither is answered. */
void realm_violation(struct realm *r, struct session *s, const struct wamp_fault *why, wamp_ms now);

/* The transport of s is gone. No env.close for s; s is invalid afterwards. */
void realm_leave(struct realm *r, struct session *s, wamp_ms now);

/* Ends the call of a stream that its receiver does not take: ERROR wamp.error.canceled to the caller, INTERRUPT
 * to the callee. s sends the stream; WAMP_INVOCATION: its YIELDs for that INVOCATION, WAMP_CALL: its CALLs of
 * that request. A call that is over is fine. spec: R-29, S-40 */
void realm_end_stream(struct realm *r, struct session *s, enum wamp_type stream, uint64_t request, wamp_ms now);

/* --- calls of the router itself ------------------------------------------------------------------------- */

/* What is called; borrowed for the call of realm_call. */
struct realm_request {
    struct str procedure;
    enum wamp_ser ser;
    struct str args, kwargs;  /* a list and a dict, raw in form ser; empty: none. No kwargs without args */
    wamp_ms timeout;          /* 0: none */
};

/* How it ended; borrowed for the call of `done`. */
struct realm_outcome {
    struct str error;         /* the URI of an ERROR; empty: it is a RESULT */
    enum wamp_ser ser;
    struct str args, kwargs;  /* raw, in form ser; empty: none */
};

/* Calls a procedure as no session does: nobody is shown as the caller, no meta procedure or event tells of it,
 * no limit of a session applies and nobody has to permit it. All else is as for any call: policy, concurrency,
 * re-routing, timeout, a callee that leaves. Without a callee the outcome is wamp.error.no_such_procedure.
 *
 * done(user, outcome) is called exactly once, when the realm is at rest: as the last step of the outermost call
 * into the realm, this one included. So it may call into the realm, but not free it. It is not called any more
 * after realm_call_forget, realm_free included.
 *
 * Returns what realm_call_forget takes; 0: done was called already. */
typedef void realm_done(void *user, const struct realm_outcome *outcome);
uint64_t realm_call(struct realm *r, const struct realm_request *request, realm_done *done, void *user,
                    wamp_ms now);

/* Nobody waits for that call any more: its callee is told, and `done` is not called. A call that is over is
 * fine. */
void realm_call_forget(struct realm *r, uint64_t id, wamp_ms now);

/* --- the end of all, and deadlines ---------------------------------------------------------------------- */

/* GOODBYE wamp.close.system_shutdown to every session; each is closed with CLOSE_KILLED. */
void realm_shutdown(struct realm *r, wamp_ms now);

/* The same with wamp.close.killed: the realm is to be no more, others go on. spec: A-CLO-06 */
void realm_close(struct realm *r, wamp_ms now);

wamp_ms realm_next_deadline(const struct realm *r);  /* WAMP_MS_NEVER when nothing is due */
void realm_expire(struct realm *r, wamp_ms now);

/* What happened in a realm since it was made: counters.def. */
struct realm_counters {
#define COUNTER(name, help) uint64_t name;
#include "realms/counters.def"
#undef COUNTER
};
const struct realm_counters *realm_counters(const struct realm *r);

void *session_peer(const struct session *s);
uint64_t session_id(const struct session *s);
enum wamp_ser session_ser(const struct session *s);

#endif
