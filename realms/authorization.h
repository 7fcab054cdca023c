/* Who may do what: the roles of a realm, and the decision about one message.
 *
 * A realm without roles lets every session do everything. With roles, every session has one, found by its
 * authrole when it joins, and every CALL, REGISTER, PUBLISH and SUBSCRIBE is decided here: after the message
 * was found to be well formed, and before anything is said about what exists. Where a procedure decides, the
 * message waits (authorizer.h, held.h). spec: A-AZN-01..A-AZN-08 */
#ifndef REALMS_AUTHORIZATION_H
#define REALMS_AUTHORIZATION_H

#include "common/map.h"
#include "realms/authorizer.h"
#include "realms/permission.h"
#include "realms/session.h"

struct role {
    struct str name, authorizer;      /* authorizer: empty where the permissions decide */
    struct permissions permissions;
    bool allow_by_default;            /* where there are no permissions either */
    bool is_link;
    struct decisions decisions;       /* of the authorizer, which said that they may be remembered */
    UT_hash_handle hh;                /* roles.by_name */
};

/* Made once, never changed: another set takes its place. */
struct roles {
    struct role *by_name;
    struct wamp_arena memory;         /* roles and their permissions */
};

struct roles *roles_new(const struct realm_role *roles, size_t count);  /* NULL: no memory */
void roles_free(struct roles *roles);                                   /* NULL is fine */
struct role *roles_find(const struct roles *roles, struct str name);    /* NULL: no such role, or roles is NULL */

/* Gives s the role of its authrole. False: there is none. */
bool roles_give(const struct roles *roles, struct session *s);

/* What is asked for. */
struct wish {
    enum realm_action action;
    struct str uri;
    enum wamp_match match;
    struct str options;  /* for the authorizer: a dict, raw in the session's serializer; empty: none */
};

/* How it was granted. */
struct grant {
    bool discloses;      /* peers are shown who calls or publishes, asked or not. spec: A-CID-03 */
    bool is_explicit;    /* it names the procedure of the router that is called, or its kind. spec: R-20 */
};

enum access { ACCESS_GRANTED, ACCESS_REFUSED, ACCESS_AWAITED };

/* Whether s, which sent m, may do that. REFUSED: it was told, if it wants to know. AWAITED: an authorizer was
 * asked; m is kept and will be served again from its beginning, so that nothing may have been done about it
 * yet. */
enum access authorize(struct session *s, const struct wamp_msg *m, const struct wish *wish, struct grant *out);

/* The same for what m itself asks for. */
enum access authorize_message(struct session *s, const struct wamp_msg *m, enum realm_action action,
                              struct grant *out);

/* Whether what was granted before is granted still: by the permissions, since an authorizer is not asked again.
 * *grant is what was granted, and what is now. */
bool authorization_stands(const struct session *s, const struct wish *wish, struct grant *grant);

#endif
