/* Permissions that mean something else there: a wildcard counts more than a prefix, with us less. What it denies must not
 * become allowed. */
#include "crossbar-compat/parts.h"
#include "realms/permission_pattern.h"

#include <stdio.h>
#include <string.h>

/* A permission, as far as it counts against others. */
struct rule {
    struct uri_pattern pattern;
    char uri[256];
    unsigned allow;
};

/* Stars stand for components where there is no match policy. */
static enum wamp_match take_stars(char *uri)
{
    const char *star = strchr(uri, '*');
    enum wamp_match match = !star ? WAMP_MATCH_EXACT : star[1] ? WAMP_MATCH_WILDCARD : WAMP_MATCH_PREFIX;
    char *to = uri;
    for (const char *p = uri; *p; p++)
        if (*p != '*')
            *to++ = *p;
    *to = '\0';
    return match;
}

static enum wamp_match match_of(struct translation *t, const yaml_node_t *node, char *uri)
{
    if (!cb_get(t, node, "match"))
        return take_stars(uri);
    return cb_is(t, node, "match", "prefix")     ? WAMP_MATCH_PREFIX
           : cb_is(t, node, "match", "wildcard") ? WAMP_MATCH_WILDCARD
                                                 : WAMP_MATCH_EXACT;
}

static struct rule rule_of(struct translation *t, const yaml_node_t *node)
{
    static const char *const actions[] = {"call", "register", "publish", "subscribe"};
    const char *uri = cb_text(t, node, "uri");
    const yaml_node_t *allow = cb_get(t, node, "allow");
    struct rule rule = {0};
    snprintf(rule.uri, sizeof rule.uri, "%s", uri ? uri : "");
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        rule.allow |= (unsigned)cb_is(t, allow, actions[i], "true") << i;
    rule.pattern.match = match_of(t, node, rule.uri);
    return rule;
}

/* Only with an empty component in its middle it is matched as a wildcard there. */
static bool is_wildcard_there(const struct rule *rule)
{
    return rule->pattern.match == WAMP_MATCH_WILDCARD && rule->uri[0] != '.' && strstr(rule->uri, "..") &&
           rule->uri[strlen(rule->uri) - 1] != '.';
}

static void compare(struct translation *t, const yaml_node_t *node, struct rule *wildcard, struct rule *prefix)
{
    wildcard->pattern.uri = str_z(wildcard->uri);
    prefix->pattern.uri = str_z(prefix->uri);
    if (!uri_pattern_overlaps(&wildcard->pattern, &prefix->pattern))
        return;
    if (prefix->allow & ~wildcard->allow)
        cb_fail(t, node,
                "permissions: what the wildcard \"%.100s\" denies would be allowed by the prefix \"%.100s\", which counts "
                "more here: say it without the wildcard",
                wildcard->uri, prefix->uri);
    else if (wildcard->allow & ~prefix->allow)
        cb_note(t, node, "permissions: what the wildcard \"%.100s\" allows is denied where the prefix \"%.100s\" counts",
                wildcard->uri, prefix->uri);
}

void cb_compare_wildcards(struct translation *t, const yaml_node_t *rules)
{
    const yaml_node_t *a, *b;
    for (size_t i = 0; (a = cb_at(t, rules, i)); i++) {
        struct rule wildcard = rule_of(t, a);
        for (size_t k = 0; is_wildcard_there(&wildcard) && (b = cb_at(t, rules, k)); k++) {
            struct rule prefix = rule_of(t, b);
            if (prefix.pattern.match == WAMP_MATCH_PREFIX)
                compare(t, a, &wildcard, &prefix);
        }
    }
}
