/* Who may do what: said URI by URI, where realms/ compares patterns. */
#include "tests/model/model.h"

#include <stdio.h>

/* --- one URI ----------------------------------------------------------------------------------------- */

/* Which of its components a wildcard names: "com..a" is "yny", and the greater text counts more. */
static void literals(const char *pattern, char out[16])
{
    size_t n = 0;
    const char *at = pattern;
    for (bool more = true; more && n < 15; n++) {
        size_t len = strcspn(at, ".");
        out[n] = len ? 'y' : 'n';
        more = at[len] == '.';
        at += len + more;
    }
    out[n] = '\0';
}

/* Both match the same URI. spec: A-AZN-06 */
static bool counts_more(const struct realm_permission *a, const struct realm_permission *b)
{
    char x[16], y[16];
    if (a->match != b->match)
        return a->match < b->match;
    if (a->match == WAMP_MATCH_PREFIX)
        return a->uri.len > b->uri.len;
    literals(a->uri.ptr, x);
    literals(b->uri.ptr, y);
    return strcmp(x, y) > 0;
}

static const struct realm_permission *permission_for(const struct realm_role *role, const char *uri)
{
    const struct realm_permission *best = NULL;
    for (size_t i = 0; i < role->permission_count; i++) {
        const struct realm_permission *p = &role->permissions[i];
        if (wamp_uri_matches(str_z(uri), p->uri, p->match) && (!best || counts_more(p, best)))
            best = p;
    }
    return best;
}

/* spec: R-20 */
static bool is_explicit(const struct realm_permission *p, const char *uri)
{
    static const char *const kinds[] = {"wamp.session.", "wamp.registration.", "wamp.subscription."};
    bool is_kind = false;
    for (unsigned i = 0; i < 3; i++)
        is_kind |= strncmp(uri, kinds[i], strlen(kinds[i])) == 0 && str_starts(p->uri, str_z(kinds[i]));
    return is_kind || p->match == WAMP_MATCH_EXACT;
}

static struct right right_to_one(const struct realm_role *role, enum realm_action action, const char *uri)
{
    const struct realm_permission *p = permission_for(role, uri);
    if (!role->permission_count)
        return (struct right){.granted = role->allow_by_default};
    if (!p || !(p->allow >> action & 1))
        return (struct right){0};
    return (struct right){
        .granted = true,
        .discloses = action == ACTION_CALL ? p->disclose_caller : p->disclose_publisher,
        .is_explicit = is_explicit(p, uri),
    };
}

/* --- patterns ---------------------------------------------------------------------------------------- */

/* All URIs of up to three of these words: those of the permissions, and two that nobody thought of. */
static const char *const words[] = {"com", "t", "h", "p", "q", "a", "b", "c", "wamp", "session", "subscription",
                                    "kill", "A", "x", "bad", "uri", "zz", "hzz"};
enum { WORDS = sizeof words / sizeof *words };

static bool may_all_words(const struct realm_role *role, enum realm_action action, const char *start, int left,
                          struct str pattern, enum wamp_match match)
{
    char uri[64];
    for (int i = 0; i < WORDS; i++) {
        snprintf(uri, sizeof uri, "%s%s%s", start, *start ? "." : "", words[i]);
        if (wamp_uri_matches(str_z(uri), pattern, match) && !right_to_one(role, action, uri).granted)
            return false;
        if (left > 1 && !may_all_words(role, action, uri, left - 1, pattern, match))
            return false;
    }
    return true;
}

/* And what begins with the text of the pattern. */
static bool may_all_of(const struct realm_role *role, enum realm_action action, const char *pattern,
                       enum wamp_match match)
{
    static const char *const ends[] = {"", "zz", ".zz"};
    for (int i = 0; i < 3; i++) {
        char uri[128];
        snprintf(uri, sizeof uri, "%s%s", pattern, ends[i]);
        if (wamp_uri_ok(str_z(uri), WAMP_URI_LOOSE) && wamp_uri_matches(str_z(uri), str_z(pattern), match) &&
            !right_to_one(role, action, uri).granted)
            return false;
    }
    return may_all_words(role, action, "", 3, str_z(pattern), match);
}

/* --- any right ----------------------------------------------------------------------------------------- */

/* spec: A-AZN-01, A-AZN-05 */
struct right right_to(const struct model *m, const struct player *p, enum realm_action action, const char *uri,
                      enum wamp_match match)
{
    const struct realm_role *role = NULL;
    for (size_t i = 0; i < m->config->role_count; i++)
        if (str_eq(m->config->roles[i].name, str_z(p->authrole)))
            role = &m->config->roles[i];
    if (!role)
        return (struct right){.granted = true};
    if (match == WAMP_MATCH_EXACT)
        return right_to_one(role, action, uri);
    bool all = role->permission_count ? may_all_of(role, action, uri, match) : role->allow_by_default;
    return (struct right){.granted = all};
}
