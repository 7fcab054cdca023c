#include "realms/permission.h"

#include "realms/permission_pattern.h"

bool permissions_init(struct permissions *p, const struct realm_permission *rows, size_t count)
{
    *p = (struct permissions){.rows = rows, .count = count};
    for (size_t i = 0; i < count; i++)
        if (!uri_index_find(&p->index, rows[i].match, rows[i].uri) &&
            !uri_index_add(&p->index, rows[i].match, rows[i].uri, (void *)&rows[i]))
            return false;
    return true;
}

void permissions_fini(struct permissions *p)
{
    uri_index_fini(&p->index);
}

static bool grants(const struct realm_permission *row, enum realm_action action)
{
    return row->allow >> action & 1;
}

static struct uri_pattern pattern_of(const struct realm_permission *row)
{
    return (struct uri_pattern){row->uri, row->match};
}

/* --- patterns ------------------------------------------------------------------------------------------- */

/* The best of those that cover all of the pattern. */
static const struct realm_permission *best_cover(const struct permissions *p, const struct uri_pattern *wanted)
{
    const struct realm_permission *best = NULL;
    for (size_t i = 0; i < p->count; i++) {
        struct uri_pattern row = pattern_of(&p->rows[i]);
        if (uri_pattern_covers(&row, wanted) &&
            (!best || uri_pattern_beats(&row, &(struct uri_pattern){best->uri, best->match})))
            best = &p->rows[i];
    }
    return best;
}

/* Some part of the pattern is denied by a permission that counts more than `cover` there. */
static bool is_denied_in_part(const struct permissions *p, enum realm_action action,
                              const struct uri_pattern *wanted, const struct realm_permission *cover)
{
    struct uri_pattern covering = pattern_of(cover);
    for (size_t i = 0; i < p->count; i++) {
        struct uri_pattern row = pattern_of(&p->rows[i]);
        if (!grants(&p->rows[i], action) && uri_pattern_beats(&row, &covering) &&
            uri_pattern_overlaps(&row, wanted))
            return true;
    }
    return false;
}

/* --- one URI -------------------------------------------------------------------------------------------- */

/* Where a URI would be remembered; NULL: it is too long, or empty. */
static struct recent_permission *recent_place(struct permissions *p, struct str uri)
{
    if (uri.len < 1 || uri.len > RECENT_URI_MAX)
        return NULL;
    size_t mixed = uri.len + 5 * (unsigned char)uri.ptr[uri.len - 1] + 3 * (unsigned char)uri.ptr[uri.len / 2];
    return &p->recent[mixed % RECENT_PERMISSIONS];
}

/* The one that counts for the URI. */
static const struct realm_permission *best_for(struct permissions *p, struct str uri)
{
    struct recent_permission *recent = recent_place(p, uri);
    if (recent && recent->is_known && str_eq(str_of(recent->uri, recent->len), uri))
        return recent->row;
    const struct realm_permission *row = uri_index_best(&p->index, uri);
    if (recent) {
        *recent = (struct recent_permission){.row = row, .is_known = true, .len = (unsigned char)uri.len};
        memcpy(recent->uri, uri.ptr, uri.len);
    }
    return row;
}

const struct realm_permission *permissions_find(struct permissions *p, enum realm_action action, struct str uri,
                                                enum wamp_match match)
{
    struct uri_pattern wanted = {uri, match};
    const struct realm_permission *row = match == WAMP_MATCH_EXACT ? best_for(p, uri) : best_cover(p, &wanted);
    if (!row || !grants(row, action))
        return NULL;
    return match == WAMP_MATCH_EXACT || !is_denied_in_part(p, action, &wanted, row) ? row : NULL;
}
