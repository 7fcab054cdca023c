/* The permissions of one role: which of them counts for a URI, and what it grants.
 *
 * One permission counts for a URI: the exact one, else the longest prefix, else the best wildcard, by the rule
 * that picks a registration (uri_index_best). What it does not allow is denied; so is what no permission
 * matches. spec: A-AZN-06 */
#ifndef REALMS_PERMISSION_H
#define REALMS_PERMISSION_H

#include "realms/realm.h"
#include "realms/uri_index.h"

/* What was found for a URI: calls and publications go to the same few again and again. */
enum { RECENT_PERMISSIONS = 32, RECENT_URI_MAX = 63 };

struct recent_permission {
    const struct realm_permission *row;   /* NULL: none matches */
    bool is_known;
    unsigned char len;
    char uri[RECENT_URI_MAX];
};

struct permissions {
    struct uri_index index;               /* of rows */
    const struct realm_permission *rows;  /* borrowed */
    size_t count;
    struct recent_permission recent[RECENT_PERMISSIONS];
};

/* Of two rows with one pattern the first counts. False: no memory; permissions_fini is due either way. */
bool permissions_init(struct permissions *p, const struct realm_permission *rows, size_t count);
void permissions_fini(struct permissions *p);

/* The permission that grants the action on all URIs that the pattern matches, or NULL. For a pattern that
 * matches more than one URI: the best permission that covers all of it grants it, and so does every other one
 * that counts for some of its URIs. spec: A-AZN-05 */
const struct realm_permission *permissions_find(struct permissions *p, enum realm_action action, struct str uri,
                                                enum wamp_match match);

#endif
