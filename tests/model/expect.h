/* What a move must cause: who gets which messages, in which order, and what is left open. */
#ifndef TESTS_MODEL_EXPECT_H
#define TESTS_MODEL_EXPECT_H

#include "tests/model/model.h"

#include <inttypes.h>

struct move;

/* p must get a message that matches this pattern, after all that it was told before. A player that is doomed gets
 * nothing; one that is full is doomed by it. */
__attribute__((format(printf, 3, 4))) void tell(struct model *m, struct player *p, const char *fmt, ...);

/* The same, [RESULT, request, {}, [ids]], with the ids in any order. */
void tell_ids(struct model *m, struct player *p, uint64_t request, const uint64_t *ids, unsigned count);

/* The same, with {"exact": ids, "prefix": ids, "wildcard": ids}. */
struct id_set {
    unsigned count;
    uint64_t ids[TOPICS];
};
void tell_groups(struct model *m, struct player *p, uint64_t request,
                 const struct id_set groups[WAMP_MATCH_COUNT]);

/* [ERROR, of, request, {}, uri, [a text]] */
void tell_error(struct model *m, struct player *p, enum wamp_type of, uint64_t request, const char *uri);

/* What is told between the two may come in any order. */
void any_order_begin(void);
void any_order_end(void);

/* One of 0 .. n - 1: the realm may do either. */
unsigned choose(unsigned n);

/* A text that lives until the next move. */
__attribute__((format(printf, 1, 2))) const char *text(const char *fmt, ...);

/* A dict of these pairs, each of which ends with ", ". */
const char *dict_text(const char *pairs);

/* An id that may not be known yet: the id, or the variable $kind<number>, which gets a value from what is seen. */
const char *id_text(char kind, unsigned number, uint64_t id);

/* Whether what was seen since the last time is what the model says about the move. If not, `why` tells. */
struct mismatch {
    char words[1000];
};
bool explain(struct model *m, const struct move *mv, struct mismatch *why);

void expect_fini(void);

#endif
