#include "realms/uri_index.h"

#include "common/map.h"
#include "common/mem.h"
#include "common/uri.h"

/* --- exact: a hash table -------------------------------------------------------------------------------- */

struct exact_entry {
    void *value;
    UT_hash_handle hh;
    char uri[];
};

static struct exact_entry *exact_find(const struct uri_index *x, struct str uri)
{
    struct exact_entry *e = NULL;
    HASH_FIND(hh, x->exact, uri.ptr, uri.len, e);
    return e;
}

static bool exact_add(struct uri_index *x, struct str uri, void *value)
{
    struct exact_entry *e = wamp_zalloc(sizeof *e + uri.len);
    if (!e)
        return false;
    memcpy(e->uri, uri.ptr, uri.len);
    e->value = value;
    HASH_ADD_KEYPTR(hh, x->exact, e->uri, uri.len, e);
    if (wamp_map_added(e))
        return true;
    wamp_free(e);
    return false;
}

static void exact_remove(struct uri_index *x, struct str uri)
{
    struct exact_entry *e = exact_find(x, uri);
    if (e) {
        HASH_DEL(x->exact, e);
        wamp_free(e);
    }
}

/* --- prefixes: a byte trie with joined edges ------------------------------------------------------------ */

/* The root has an empty edge and exists as long as there is any prefix. Children are sorted by the first octet of
 * their edge, all different. A node other than the root has a value, or at least two children. */
struct prefix_node {
    void *value;
    struct prefix_node **children;
    uint32_t child_count;
    uint32_t edge_len;
    char edge[];
};

static struct prefix_node *prefix_node_new(struct str edge, void *value)
{
    struct prefix_node *n = wamp_zalloc(sizeof *n + edge.len);
    if (!n)
        return NULL;
    n->value = value;
    n->edge_len = (uint32_t)edge.len;
    if (edge.len)
        memcpy(n->edge, edge.ptr, edge.len);
    return n;
}

static void prefix_node_free(struct prefix_node *n)
{
    if (n)
        wamp_free(n->children);
    wamp_free(n);
}

/* The place of the child that begins with octet c, or where it would be inserted. */
static uint32_t child_place(const struct prefix_node *n, char c)
{
    uint32_t low = 0, high = n->child_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if ((unsigned char)n->children[middle]->edge[0] < (unsigned char)c)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct prefix_node **child_slot(const struct prefix_node *n, char c)
{
    uint32_t place = child_place(n, c);
    return place < n->child_count && n->children[place]->edge[0] == c ? &n->children[place] : NULL;
}

static bool child_insert(struct prefix_node *n, struct prefix_node *child)
{
    uint32_t place = child_place(n, child->edge[0]);
    struct prefix_node **grown = wamp_realloc(n->children, (n->child_count + 1) * sizeof(struct prefix_node *));
    if (!grown)
        return false;
    n->children = grown;
    memmove(grown + place + 1, grown + place, (n->child_count - place) * sizeof(struct prefix_node *));
    grown[place] = child;
    n->child_count++;
    return true;
}

static void child_delete(struct prefix_node *n, struct prefix_node **slot)
{
    size_t after = (size_t)(n->children + n->child_count - (slot + 1));
    memmove(slot, slot + 1, after * sizeof(struct prefix_node *));
    n->child_count--;
}

static size_t common_length(struct str a, const char *b, size_t b_len)
{
    size_t n = 0, most = a.len < b_len ? a.len : b_len;
    while (n < most && a.ptr[n] == b[n])
        n++;
    return n;
}

/* Cuts the edge of the node at *slot after `at` octets: a new node takes its place and gets it as the only child. */
static bool split_edge(struct prefix_node **slot, size_t at)
{
    struct prefix_node *lower = *slot;
    struct prefix_node *upper = prefix_node_new(str_of(lower->edge, at), NULL);
    if (!upper)
        return false;
    upper->children = wamp_alloc(sizeof(struct prefix_node *));
    if (!upper->children) {
        wamp_free(upper);
        return false;
    }
    upper->children[0] = lower;
    upper->child_count = 1;
    memmove(lower->edge, lower->edge + at, lower->edge_len - at);
    lower->edge_len -= (uint32_t)at;
    *slot = upper;
    return true;
}

/* Joins a node that has no value and one child with that child. Not being able to (no memory) does no harm. */
static void join_edge(struct prefix_node **slot)
{
    struct prefix_node *n = *slot;
    if (n->value || n->child_count != 1)
        return;
    struct prefix_node *child = n->children[0];
    size_t len = n->edge_len + child->edge_len;
    struct prefix_node *joined = wamp_realloc(child, sizeof *child + len);
    if (!joined)
        return;
    memmove(joined->edge + n->edge_len, joined->edge, joined->edge_len);
    memcpy(joined->edge, n->edge, n->edge_len);
    joined->edge_len = (uint32_t)len;
    *slot = joined;
    prefix_node_free(n);
}

static bool prefix_add(struct uri_index *x, struct str rest, void *value)
{
    if (!x->prefixes && !(x->prefixes = prefix_node_new(str_of("", 0), NULL)))
        return false;
    struct prefix_node *n = x->prefixes;
    while (rest.len) {
        struct prefix_node **slot = child_slot(n, rest.ptr[0]);
        if (!slot) {
            struct prefix_node *leaf = prefix_node_new(rest, value);
            if (leaf && child_insert(n, leaf))
                return true;
            prefix_node_free(leaf);
            return false;
        }
        size_t same = common_length(rest, (*slot)->edge, (*slot)->edge_len);
        if (same < (*slot)->edge_len && !split_edge(slot, same))
            return false;
        n = *slot;
        rest = str_from(rest, same);
    }
    n->value = value;
    return true;
}

/* The slot of the node that ends exactly at pattern, and the slot of its parent; NULL when there is none. */
static struct prefix_node **prefix_slot(const struct uri_index *x, struct str rest, struct prefix_node ***parent)
{
    struct prefix_node **slot = (struct prefix_node **)&x->prefixes;
    *parent = NULL;
    while (*slot && rest.len) {
        struct prefix_node **next = child_slot(*slot, rest.ptr[0]);
        if (!next || !str_starts(rest, str_of((*next)->edge, (*next)->edge_len)))
            return NULL;
        rest = str_from(rest, (*next)->edge_len);
        *parent = slot;
        slot = next;
    }
    return *slot ? slot : NULL;
}

static void prefix_remove(struct uri_index *x, struct str pattern)
{
    struct prefix_node **parent, **slot = prefix_slot(x, pattern, &parent);
    if (!slot)
        return;
    struct prefix_node *n = *slot;
    n->value = NULL;
    if (parent && n->child_count == 0) {
        child_delete(*parent, slot);
        prefix_node_free(n);
        if (parent != &x->prefixes)
            join_edge(parent);
    } else if (parent) {
        join_edge(slot);
    }
    if (!x->prefixes->value && x->prefixes->child_count == 0) {
        prefix_node_free(x->prefixes);
        x->prefixes = NULL;
    }
}

/* Calls each for the prefixes of uri from short to long, and returns the longest one's value. */
static void *prefix_walk(const struct uri_index *x, struct str uri, void (*each)(void *, void *), void *arg)
{
    void *longest = NULL;
    const struct prefix_node *n = x->prefixes;
    while (n) {
        if (n->value) {
            longest = n->value;
            if (each)
                each(n->value, arg);
        }
        struct prefix_node **next = uri.len ? child_slot(n, uri.ptr[0]) : NULL;
        if (!next || !str_starts(uri, str_of((*next)->edge, (*next)->edge_len)))
            break;
        n = *next;
        uri = str_from(uri, n->edge_len);
    }
    return longest;
}

static void prefix_fini(struct prefix_node *n)
{
    if (!n)
        return;
    for (uint32_t i = 0; i < n->child_count; i++)
        prefix_fini(n->children[i]);
    prefix_node_free(n);
}

/* --- wildcards: a trie of components -------------------------------------------------------------------- */

/* The root stands for nothing; each node below for one component. An empty component of the pattern is `any`. */
struct wildcard_node {
    void *value;
    struct wildcard_node *parent;
    struct wildcard_node *literals;  /* by component */
    struct wildcard_node *any;
    UT_hash_handle hh;               /* in parent->literals */
    size_t component_len;
    char component[];
};

/* Takes the component before the next dot off *rest. False when it was the last one. */
static bool take_component(struct str *rest, struct str *component)
{
    const char *dot = rest->len ? memchr(rest->ptr, '.', rest->len) : NULL;
    *component = str_of(rest->ptr, dot ? (size_t)(dot - rest->ptr) : rest->len);
    if (dot)
        *rest = str_from(*rest, component->len + 1);
    return dot != NULL;
}

static struct wildcard_node *wildcard_child(const struct wildcard_node *n, struct str component)
{
    struct wildcard_node *child = NULL;
    if (component.len == 0)
        return n->any;
    HASH_FIND(hh, n->literals, component.ptr, component.len, child);
    return child;
}

static struct wildcard_node *wildcard_node_new(struct wildcard_node *parent, struct str component)
{
    struct wildcard_node *n = wamp_zalloc(sizeof *n + component.len);
    if (!n)
        return NULL;
    n->parent = parent;
    n->component_len = component.len;
    if (component.len)
        memcpy(n->component, component.ptr, component.len);
    if (parent && component.len) {
        HASH_ADD_KEYPTR(hh, parent->literals, n->component, component.len, n);
        if (!wamp_map_added(n)) {
            wamp_free(n);
            return NULL;
        }
    } else if (parent) {
        parent->any = n;
    }
    return n;
}

/* Frees n and its ancestors as far as nothing hangs on them. */
static void wildcard_prune(struct uri_index *x, struct wildcard_node *n)
{
    while (n && !n->value && !n->literals && !n->any) {
        struct wildcard_node *parent = n->parent;
        if (!parent)
            x->wildcards = NULL;
        else if (n == parent->any)
            parent->any = NULL;
        else
            HASH_DEL(parent->literals, n);
        wamp_free(n);
        n = parent;
    }
}

static bool wildcard_add(struct uri_index *x, struct str pattern, void *value)
{
    if (!x->wildcards && !(x->wildcards = wildcard_node_new(NULL, STR(""))))
        return false;
    struct wildcard_node *n = x->wildcards;
    struct str component;
    bool more;
    do {
        more = take_component(&pattern, &component);
        struct wildcard_node *next = wildcard_child(n, component);
        if (!next)
            next = wildcard_node_new(n, component);
        if (!next) {
            wildcard_prune(x, n);
            return false;
        }
        n = next;
    } while (more);
    n->value = value;
    return true;
}

static struct wildcard_node *wildcard_find(const struct uri_index *x, struct str pattern)
{
    struct wildcard_node *n = x->wildcards;
    struct str component;
    for (bool more = n != NULL; more && n;) {
        more = take_component(&pattern, &component);
        n = wildcard_child(n, component);
    }
    return n;
}

/* Depth first, literal before any: the first value found is the best. With `each`, all are visited. The depth is
 * bounded by URI_COMPONENTS_MAX, since no pattern is longer. */
static void *wildcard_walk(const struct wildcard_node *n, struct str rest, void (*each)(void *, void *), void *arg)
{
    struct str component;
    bool more = take_component(&rest, &component);
    const struct wildcard_node *next[] = {component.len ? wildcard_child(n, component) : NULL, n->any};
    for (int i = 0; i < 2; i++) {
        if (!next[i])
            continue;
        void *found = more ? wildcard_walk(next[i], rest, each, arg) : next[i]->value;
        if (found && !more && each)
            each(found, arg);
        if (found && !each)
            return found;
    }
    return NULL;
}

static void wildcard_fini(struct wildcard_node *n)
{
    struct wildcard_node *child, *tmp;
    if (!n)
        return;
    HASH_ITER(hh, n->literals, child, tmp)
    {
        HASH_DEL(n->literals, child);
        wildcard_fini(child);
    }
    wildcard_fini(n->any);
    wamp_free(n);
}

/* --- the three together --------------------------------------------------------------------------------- */

void uri_index_fini(struct uri_index *x)
{
    struct exact_entry *e, *tmp;
    HASH_ITER(hh, x->exact, e, tmp)
    {
        HASH_DEL(x->exact, e);
        wamp_free(e);
    }
    prefix_fini(x->prefixes);
    wildcard_fini(x->wildcards);
    *x = (struct uri_index){0};
}

void *uri_index_find(const struct uri_index *x, enum wamp_match match, struct str pattern)
{
    if (match == WAMP_MATCH_EXACT) {
        struct exact_entry *e = exact_find(x, pattern);
        return e ? e->value : NULL;
    }
    if (match == WAMP_MATCH_PREFIX) {
        struct prefix_node **parent, **slot = prefix_slot(x, pattern, &parent);
        return slot ? (*slot)->value : NULL;
    }
    struct wildcard_node *n = wildcard_find(x, pattern);
    return n ? n->value : NULL;
}

bool uri_index_add(struct uri_index *x, enum wamp_match match, struct str pattern, void *value)
{
    switch (match) {
    case WAMP_MATCH_EXACT:
        return exact_add(x, pattern, value);
    case WAMP_MATCH_PREFIX:
        return prefix_add(x, pattern, value);
    case WAMP_MATCH_WILDCARD:
        return wildcard_add(x, pattern, value);
    }
    return false;
}

void uri_index_remove(struct uri_index *x, enum wamp_match match, struct str pattern)
{
    if (match == WAMP_MATCH_EXACT) {
        exact_remove(x, pattern);
    } else if (match == WAMP_MATCH_PREFIX) {
        prefix_remove(x, pattern);
    } else {
        struct wildcard_node *n = wildcard_find(x, pattern);
        if (n) {
            n->value = NULL;
            wildcard_prune(x, n);
        }
    }
}

void uri_index_each(const struct uri_index *x, struct str uri, void (*each)(void *value, void *arg), void *arg)
{
    struct exact_entry *e = x->exact ? exact_find(x, uri) : NULL;
    if (e)
        each(e->value, arg);
    prefix_walk(x, uri, each, arg);
    if (x->wildcards)
        wildcard_walk(x->wildcards, uri, each, arg);
}

void *uri_index_best(const struct uri_index *x, struct str uri)
{
    struct exact_entry *e = exact_find(x, uri);
    if (e)
        return e->value;
    void *best = prefix_walk(x, uri, NULL, NULL);
    if (!best && x->wildcards)
        best = wildcard_walk(x->wildcards, uri, NULL, NULL);
    return best;
}
