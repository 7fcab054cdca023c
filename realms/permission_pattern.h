/* URI patterns as sets of URIs: which one lies in which, and which one counts where both match.
 *
 *     prefix "com.a." covers wildcard "com.a..x", overlaps wildcard "com..x", and beats it
 *
 * A prefix ends anywhere: "com.app" covers "com.apple", too. spec: A-AZN-05, A-PBR-05 */
#ifndef REALMS_PERMISSION_PATTERN_H
#define REALMS_PERMISSION_PATTERN_H

#include "common/options.h"
#include "common/str.h"

#include <stdbool.h>

struct uri_pattern {
    struct str uri;
    enum wamp_match match;
};

/* Every URI that `inner` matches, `outer` matches too. */
bool uri_pattern_covers(const struct uri_pattern *outer, const struct uri_pattern *inner);

/* Some URI is matched by both. */
bool uri_pattern_overlaps(const struct uri_pattern *a, const struct uri_pattern *b);

/* Where both match, a is the more specific one: exact before prefix before wildcard, the longer prefix, the
 * wildcard whose literal comes first from the left. As uri_index_best chooses. */
bool uri_pattern_beats(const struct uri_pattern *a, const struct uri_pattern *b);

#endif
