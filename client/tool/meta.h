/* What the router tells about its realm, gathered with many questions under way at once. */
#ifndef TOOL_META_H
#define TOOL_META_H

#include <wamp.h>

enum meta_kind { META_PROCEDURE, META_TOPIC, META_SESSION };

struct meta_row {
    enum meta_kind kind;
    uint64_t id;
    wamp_val *details;  /* of wamp.*.get */
    uint64_t count;     /* callees or subscribers */
};

struct meta_table {
    struct meta_row *rows;
    size_t count, cap;
};

/* Adds everything of a kind, in the order of the URIs or ids. What vanishes meanwhile is left out. WAMP_OK, or
 * the first failure (wamp_err). Blocks: yes. Not from a callback of the peer: it takes steps. */
wamp_rc meta_read(wamp_peer *peer, enum meta_kind kind, struct meta_table *table);
void meta_fini(struct meta_table *table);

/* A text of the details, "" where there is none. */
const char *meta_text(const struct meta_row *row, const char *key);

/* Runs fn for each id that wamp.registration.list and the others answer: lists by match policy, or one list. */
void meta_each_id(const wamp_val *answer, void (*fn)(void *arg, uint64_t id), void *arg);

#endif
