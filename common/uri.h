/* URI syntax: loose and strict, concrete and patterns. Table 0.5 of the checklist. spec: B-053, B-054, T-55 */
#ifndef WAMP_COMMON_URI_H
#define WAMP_COMMON_URI_H

#include "common/options.h"
#include "common/str.h"

#include <stdbool.h>

enum wamp_uri_rule { WAMP_URI_LOOSE, WAMP_URI_STRICT };

/* A URI that names one thing: no empty component. */
bool wamp_uri_ok(struct str uri, enum wamp_uri_rule rule);

/* A URI to subscribe or register with the given match policy. */
bool wamp_uri_pattern_ok(struct str uri, enum wamp_match match, enum wamp_uri_rule rule);

/* "wamp" or "wamp." and anything: the name space of the protocol. spec: R-07 */
bool wamp_uri_is_reserved(struct str uri);

/* Whether `uri` falls under `pattern`. The plain definition, one pattern at a time; realms/uri_index.h is the fast
 * one. spec: A-PBR-02, A-PBR-03 */
bool wamp_uri_matches(struct str uri, struct str pattern, enum wamp_match match);

unsigned wamp_uri_components(struct str uri);

#endif
