/* URI patterns and what hangs on them: subscriptions in the broker, registrations in the dealer.
 *
 * Exact URIs lie in a hash table, prefixes in a byte trie with joined edges, wildcards in a trie of components. So
 * the cost of a match grows with the length of the URI, not with how many patterns there are.
 * spec: A-PBR-02, A-PBR-03, A-PBR-04, the precedence of section 2.8 */
#ifndef REALMS_URI_INDEX_H
#define REALMS_URI_INDEX_H

#include "common/options.h"
#include "common/str.h"

#include <stdbool.h>

struct exact_entry;
struct prefix_node;
struct wildcard_node;

struct uri_index {
    struct exact_entry *exact;
    struct prefix_node *prefixes;
    struct wildcard_node *wildcards;
};

enum { URI_COMPONENTS_MAX = 128 };  /* of a wildcard pattern: bounds the depth of the walk */

void uri_index_fini(struct uri_index *x);

/* What was added for exactly this pattern, or NULL. */
void *uri_index_find(const struct uri_index *x, enum wamp_match match, struct str pattern);

/* Adds a pattern that is not there yet. The pattern is copied; value is borrowed and not NULL. False: no memory. */
bool uri_index_add(struct uri_index *x, enum wamp_match match, struct str pattern, void *value);
void uri_index_remove(struct uri_index *x, enum wamp_match match, struct str pattern);

/* Calls each(value, arg) for every pattern that matches uri: exact, then prefixes from short to long, then wildcards.
 * The index must not change meanwhile. spec: A-PBS-02, A-PBS-05 */
void uri_index_each(const struct uri_index *x, struct str uri, void (*each)(void *value, void *arg), void *arg);

/* The one that serves a call: exact, else the longest prefix, else the wildcard whose literal comes first from the
 * left; NULL when none matches. spec: A-PBR-05 */
void *uri_index_best(const struct uri_index *x, struct str uri);

#endif
