/* The game: a realm, its model, and dice that decide which move comes next.
 *
 * The dice of a move depend on the seed and on the number of the move alone. So a move can be left out, and the
 * others stay what they were as far as they can: that is how a failure is made small. */
#ifndef TESTS_MODEL_GAME_H
#define TESTS_MODEL_GAME_H

#include "tests/model/expect.h"
#include "tests/model/model.h"
#include "tests/model/move.h"

enum { POOL = 1 << 18 };

struct game {
    struct world world;
    struct model model;
    struct realm_config config;
    uint64_t seed, dice;
    unsigned tokens;       /* marks payloads: no two are the same */
    unsigned timeouts;
    enum theme theme;
    enum wamp_invoke usual_policy;
    char pool[POOL];       /* texts that live as long as the game */
    size_t pool_len;
    bool is_told;          /* the game is written to stdout */
};

void game_init(struct game *g, uint64_t seed);

/* These return false when the realm did something that the model does not explain. */
bool game_begin(struct game *g, struct mismatch *why);
bool game_move(struct game *g, unsigned n, struct mismatch *why);  /* move number n */
bool game_fini(struct game *g, struct mismatch *why);              /* everybody leaves, unless it failed */

/* --- for the drawing of moves (draw.c) --------------------------------------------------------------- */

unsigned roll(struct game *g, unsigned n);    /* 0 .. n - 1 */
static inline bool one_in(struct game *g, unsigned n)
{
    return roll(g, n) == 0;
}

/* A text that lives as long as the game. */
__attribute__((format(printf, 2, 3))) const char *keep(struct game *g, const char *fmt, ...);

const struct kind *kind_numbered(unsigned i);  /* NULL: there are no more */

void perform_join(struct game *g, const struct move *mv);
void perform_drop(struct game *g, const struct move *mv);

#endif
