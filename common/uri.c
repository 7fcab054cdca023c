#include "common/uri.h"

#include <stdint.h>

/* --- characters ------------------------------------------------------------------------------------------------ */

/* The number of octets of the whitespace character at p, else 0. Whitespace as in Unicode: what autobahn's \s
 * rejects, so that no router along the way disagrees. Text is valid UTF-8 by now. */
static size_t space_at(const char *p, size_t left)
{
    const uint8_t *u = (const uint8_t *)p;
    if (u[0] < 0x80)
        return u[0] == 0x20 || (u[0] >= 0x09 && u[0] <= 0x0d);
    if (left >= 2 && u[0] == 0xc2)
        return u[1] == 0x85 || u[1] == 0xa0 ? 2 : 0;
    if (left < 3)
        return 0;
    uint32_t c = (uint32_t)(u[0] & 0x0f) << 12 | (uint32_t)(u[1] & 0x3f) << 6 | (u[2] & 0x3f);
    bool three = (u[0] & 0xf0) == 0xe0;
    return three && (c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
                     c == 0x205f || c == 0x3000)
               ? 3
               : 0;
}

enum octet_class {
    PLAIN,   /* may stand in a component */
    LOOSE,   /* in a loose one */
    NEVER,
    LOOK,    /* in a loose one, if it does not begin a whitespace character */
    DOT,
};

static const uint8_t classes[256] = {
    [0x00 ... 0x08] = LOOSE, [0x09 ... 0x0d] = NEVER, [0x0e ... 0x1f] = LOOSE, [' '] = NEVER,
    ['!' ... '"'] = LOOSE,   ['#'] = NEVER,           ['$' ... '-'] = LOOSE,   ['.'] = DOT,
    ['/'] = LOOSE,           ['0' ... '9'] = PLAIN,   [':' ... '^'] = LOOSE,   ['_'] = PLAIN,
    ['`'] = LOOSE,           ['a' ... 'z'] = PLAIN,   ['{' ... 0x7f] = LOOSE,  [0x80 ... 0xc1] = LOOSE,
    [0xc2] = LOOK,           [0xc3 ... 0xe0] = LOOSE, [0xe1 ... 0xe3] = LOOK,  [0xe4 ... 0xff] = LOOSE,
};

/* --- whole URIs ------------------------------------------------------------------------------------------------ */

enum empty { EMPTY_NEVER, EMPTY_LAST, EMPTY_ANY };

static inline const char *skip_plain(const char *p, const char *end)
{
    while (p < end && classes[(uint8_t)*p] == PLAIN)
        p++;
    return p;
}

/* Of octets that are neither plain nor a dot. */
static bool may_stand(enum octet_class octet, const char *p, const char *end, enum wamp_uri_rule rule)
{
    return rule == WAMP_URI_LOOSE && octet != NEVER && !(octet == LOOK && space_at(p, (size_t)(end - p)));
}

static bool components_ok(struct str uri, enum empty empty, enum wamp_uri_rule rule)
{
    const char *component = uri.ptr, *end = uri.ptr + uri.len;
    for (const char *p = component; (p = skip_plain(p, end)) < end; p++) {
        enum octet_class octet = classes[(uint8_t)*p];
        if (octet != DOT) {
            if (!may_stand(octet, p, end, rule))
                return false;
        } else if (p == component && empty != EMPTY_ANY) {
            return false;
        } else {
            component = p + 1;
        }
    }
    return component < end || empty != EMPTY_NEVER;
}

bool wamp_uri_ok(struct str uri, enum wamp_uri_rule rule)
{
    return components_ok(uri, EMPTY_NEVER, rule);
}

bool wamp_uri_pattern_ok(struct str uri, enum wamp_match match, enum wamp_uri_rule rule)
{
    static const enum empty empty[] = {
        [WAMP_MATCH_EXACT] = EMPTY_NEVER, [WAMP_MATCH_PREFIX] = EMPTY_LAST, [WAMP_MATCH_WILDCARD] = EMPTY_ANY};
    return components_ok(uri, empty[match], rule);
}

bool wamp_uri_is_reserved(struct str uri)
{
    return str_eq(uri, STR("wamp")) || str_starts(uri, STR("wamp."));
}

unsigned wamp_uri_components(struct str uri)
{
    unsigned n = 1;
    for (size_t i = 0; i < uri.len; i++)
        n += uri.ptr[i] == '.';
    return n;
}

/* --- matching -------------------------------------------------------------------------------------------------- */

/* Takes the component before the next dot off *rest; false when there is none left. */
static bool next_component(struct str *rest, bool *more, struct str *out)
{
    if (!*more)
        return false;
    const char *dot = rest->len ? memchr(rest->ptr, '.', rest->len) : NULL;
    *out = str_of(rest->ptr, dot ? (size_t)(dot - rest->ptr) : rest->len);
    *more = dot != NULL;
    if (dot)
        *rest = str_from(*rest, out->len + 1);
    return true;
}

static bool wildcard_matches(struct str uri, struct str pattern)
{
    bool more_uri = true, more_pattern = true;
    struct str a, b;
    for (;;) {
        bool has_uri = next_component(&uri, &more_uri, &a);
        bool has_pattern = next_component(&pattern, &more_pattern, &b);
        if (!has_uri || !has_pattern)
            return has_uri == has_pattern;
        if (b.len && !str_eq(a, b))
            return false;
    }
}

bool wamp_uri_matches(struct str uri, struct str pattern, enum wamp_match match)
{
    switch (match) {
    case WAMP_MATCH_EXACT:
        return str_eq(uri, pattern);
    case WAMP_MATCH_PREFIX:
        return str_starts(uri, pattern);
    case WAMP_MATCH_WILDCARD:
        return wildcard_matches(uri, pattern);
    }
    return false;
}
