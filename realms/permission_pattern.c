#include "realms/permission_pattern.h"

#include "common/uri.h"

/* --- components ----------------------------------------------------------------------------------------- */

/* The components of a URI from left to right. */
struct components {
    struct str rest;
    bool more;  /* a component is left, be it an empty one */
};

static struct components components_of(struct str uri)
{
    return (struct components){.rest = uri, .more = true};
}

static bool next(struct components *c, struct str *out)
{
    if (!c->more)
        return false;
    const char *dot = c->rest.len ? memchr(c->rest.ptr, '.', c->rest.len) : NULL;
    *out = str_of(c->rest.ptr, dot ? (size_t)(dot - c->rest.ptr) : c->rest.len);
    c->more = dot != NULL;
    if (dot)
        c->rest = str_from(c->rest, out->len + 1);
    return true;
}

/* The octets that all URIs of a wildcard begin with: up to its first empty component. *single: it has none, and
 * matches one URI alone. */
static struct str fixed_part(struct str wildcard, bool *single)
{
    struct components c = components_of(wildcard);
    struct str component;
    size_t len = 0;
    *single = false;
    while (next(&c, &component)) {
        if (!component.len)
            return str_of(wildcard.ptr, len);
        len += component.len + c.more;
    }
    *single = true;
    return wildcard;
}

static bool is_single(const struct uri_pattern *p)
{
    bool single = p->match == WAMP_MATCH_EXACT;
    if (p->match == WAMP_MATCH_WILDCARD)
        fixed_part(p->uri, &single);
    return single;
}

/* Whether for each component fits(a's, b's), and there are as many of both. */
static bool all_fit(struct str a, struct str b, bool (*fits)(struct str, struct str))
{
    struct components x = components_of(a), y = components_of(b);
    struct str p, q;
    for (;;) {
        bool has_a = next(&x, &p), has_b = next(&y, &q);
        if (!has_a || !has_b)
            return has_a == has_b;
        if (!fits(p, q))
            return false;
    }
}

static bool component_covers(struct str outer, struct str inner)
{
    return !outer.len || str_eq(outer, inner);
}

static bool component_overlaps(struct str a, struct str b)
{
    return !a.len || !b.len || str_eq(a, b);
}

/* --- relations ------------------------------------------------------------------------------------------ */

bool uri_pattern_covers(const struct uri_pattern *outer, const struct uri_pattern *inner)
{
    bool single;
    if (is_single(inner))
        return wamp_uri_matches(inner->uri, outer->uri, outer->match);
    if (outer->match == WAMP_MATCH_PREFIX)
        return str_starts(inner->match == WAMP_MATCH_WILDCARD ? fixed_part(inner->uri, &single) : inner->uri,
                          outer->uri);
    return outer->match == WAMP_MATCH_WILDCARD && inner->match == WAMP_MATCH_WILDCARD &&
           all_fit(outer->uri, inner->uri, component_covers);
}

/* The last component of the prefix may be the beginning of one. */
static bool prefix_overlaps_wildcard(struct str prefix, struct str wildcard)
{
    struct components x = components_of(prefix), y = components_of(wildcard);
    struct str p, w;
    while (next(&x, &p)) {
        if (!next(&y, &w))
            return false;
        if (w.len && !(x.more ? str_eq(w, p) : str_starts(w, p)))
            return false;
    }
    return true;
}

bool uri_pattern_overlaps(const struct uri_pattern *a, const struct uri_pattern *b)
{
    if (is_single(a))
        return wamp_uri_matches(a->uri, b->uri, b->match);
    if (is_single(b))
        return wamp_uri_matches(b->uri, a->uri, a->match);
    if (a->match == WAMP_MATCH_WILDCARD && b->match == WAMP_MATCH_WILDCARD)
        return all_fit(a->uri, b->uri, component_overlaps);
    if (a->match == WAMP_MATCH_PREFIX && b->match == WAMP_MATCH_PREFIX)
        return str_starts(a->uri, b->uri) || str_starts(b->uri, a->uri);
    return a->match == WAMP_MATCH_PREFIX ? prefix_overlaps_wildcard(a->uri, b->uri)
                                         : prefix_overlaps_wildcard(b->uri, a->uri);
}

static bool wildcard_beats(struct str a, struct str b)
{
    struct components x = components_of(a), y = components_of(b);
    struct str p, q;
    while (next(&x, &p) && next(&y, &q))
        if (!p.len != !q.len)
            return p.len;
    return false;
}

bool uri_pattern_beats(const struct uri_pattern *a, const struct uri_pattern *b)
{
    if (a->match != b->match)
        return a->match < b->match;
    return a->match == WAMP_MATCH_PREFIX ? a->uri.len > b->uri.len
                                         : a->match == WAMP_MATCH_WILDCARD && wildcard_beats(a->uri, b->uri);
}
