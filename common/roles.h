/* Roles and features, as announced in HELLO.Details.roles and WELCOME.Details.roles. spec: A-FEAT, B-002, B-003 */
#ifndef WAMP_COMMON_ROLES_H
#define WAMP_COMMON_ROLES_H

#include "common/arena.h"
#include "common/err.h"
#include "common/ser.h"
#include "common/str.h"

#include <stdint.h>

enum wamp_role { WAMP_CALLER, WAMP_CALLEE, WAMP_PUBLISHER, WAMP_SUBSCRIBER, WAMP_DEALER, WAMP_BROKER, WAMP_ROLE_COUNT };

enum wamp_feature {
#define FEATURE(role, key) WAMP_FEATURE_##role##_##key,
#include "common/roles.def"
#undef FEATURE
    WAMP_FEATURE_COUNT
};
_Static_assert(WAMP_FEATURE_COUNT <= 64, "a feature set is one word");

/* What one peer announced: bit per role, bit per feature. */
struct wamp_roles {
    unsigned roles;      /* 1u << WAMP_CALLER, ... */
    uint64_t features;   /* UINT64_C(1) << WAMP_FEATURE_CALLEE_call_canceling, ... */
};

#define WAMP_FEATURE_BIT(role, key) (UINT64_C(1) << WAMP_FEATURE_##role##_##key)
#define wamp_announced(roles, role, key) (((roles)->features & WAMP_FEATURE_BIT(role, key)) != 0)

struct wamp_fault;

/* Reads a `roles` dict. Unknown roles and features are ignored; "call_cancelling" counts as call_canceling;
 * a known feature that is not a boolean, a role that is not a dict: TYPE. No known role left: MALFORMED. */
enum wamp_err wamp_roles_parse(enum wamp_ser ser, const struct wamp_item *dict, struct wamp_roles *out,
                               struct wamp_fault *why);

/* Writes {"dealer": {"features": {...}}, ...} for the roles and features of r. */
void wamp_roles_write(struct wamp_wr *w, const struct wamp_roles *r);

/* HELLO.Details, decoded. Text borrows the message or its arena. */
struct wamp_hello {
    struct wamp_roles roles;
    struct str agent;              /* empty when absent */
    struct str authid, authrole;   /* empty when absent */
    struct wamp_item authmethods;  /* LIST of strings, or ABSENT */
    struct wamp_item authextra;    /* MAP, or ABSENT */
    bool flow;      /* _wampd_flow: the client takes FLOW. spec: R-29 */
    bool is_wampy;  /* no agent and call_timeout announced by subscriber: wampy, whose frame reader needs care (W-11) */
};

/* spec: B-002, B-003, B-008, B-016. Errors as wamp_roles_parse, DUPLICATE and wrong types of known keys included. */
enum wamp_err wamp_hello_parse(enum wamp_ser ser, const struct wamp_item *details, struct wamp_arena *arena,
                               struct wamp_hello *out, struct wamp_fault *why);

#endif
