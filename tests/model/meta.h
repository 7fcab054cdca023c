/* The procedures of the router, as far as the game calls them. */
#ifndef TESTS_MODEL_META_H
#define TESTS_MODEL_META_H

#include "tests/model/model.h"

struct move;

/* The letters of `arguments`: S session id, R registration id, T subscription id, a authid, o authrole, f nothing
 * or a list of authroles, u URI, m nothing or a match policy, t what a testament needs. `keywords`: k of the kill
 * procedures, r reason, s scope, t of a testament, h of the history. */
struct procedure {
    const char *uri;
    const char *arguments, *keywords;
    bool kills;
    void (*serve)(struct model *m, const struct move *mv);
};

const struct procedure *procedure_numbered(unsigned i);  /* NULL: there are no more */
const struct procedure *procedure_named(const char *uri);

#endif
