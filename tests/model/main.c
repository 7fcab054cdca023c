/* The model-based test of the core: games with random moves, each compared with what the model says.
 *
 *     build/model --seeds 1000 [--from 1]      that many games
 *     build/model --seed 17                    one of them, told move by move; a failure is made small first */
#include "tests/model/game.h"

#include "tests/lib/failmalloc.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOVES = 200 };

/* One game, without the moves that are left out. Returns how many were made before it failed; -1: it did not. */
static int play(uint64_t seed, const bool left_out[MOVES], bool is_told, struct mismatch *why)
{
    static struct game g;
    size_t live = mem_live_blocks();
    why->words[0] = '\0';
    game_init(&g, seed);
    g.is_told = is_told;
    bool ok = game_begin(&g, why);
    int n = 0;
    for (; ok && n < MOVES; n++)
        ok = left_out[n] || game_move(&g, (unsigned)n + 1, why);
    ok = game_fini(&g, why) && ok;
    expect_fini();
    if (ok && mem_live_blocks() == live)
        return -1;
    if (ok)
        snprintf(why->words, sizeof why->words, "%zu blocks of memory are left", mem_live_blocks() - live);
    return n;
}

/* Leaves out whatever the failure does not need. */
static void make_small(uint64_t seed, bool left_out[MOVES])
{
    struct mismatch why;
    for (int size = MOVES / 2; size > 0; size /= 2) {
        for (int from = 0; from < MOVES; from += size) {
            bool before[MOVES];
            memcpy(before, left_out, sizeof before);
            for (int i = from; i < from + size && i < MOVES; i++)
                left_out[i] = true;
            if (play(seed, left_out, false, &why) < 0)
                memcpy(left_out, before, sizeof before);
        }
    }
}

/* The game again, move by move, as short as it still fails. */
static int replay(uint64_t seed)
{
    bool left_out[MOVES] = {false};
    struct mismatch why;
    int failed = play(seed, left_out, false, &why);
    if (failed >= 0)
        make_small(seed, left_out);
    play(seed, left_out, true, &why);
    if (failed >= 0)
        printf("seed %" PRIu64 ": %s\n", seed, why.words);
    return failed >= 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"seeds", required_argument, NULL, 'n'},
        {"from", required_argument, NULL, 'f'},
        {"seed", required_argument, NULL, 's'},
        {0},
    };
    static const bool nothing[MOVES];
    uint64_t seeds = 200, from = 1;
    struct mismatch why;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'n')
            seeds = strtoull(optarg, NULL, 10);
        else if (c == 'f')
            from = strtoull(optarg, NULL, 10);
        else if (c == 's')
            return replay(strtoull(optarg, NULL, 10));
        else
            return 2;
    }
    for (uint64_t seed = from; seed < from + seeds; seed++)
        if (play(seed, nothing, false, &why) >= 0)
            return replay(seed);
    printf("%" PRIu64 " games of %d moves: all as the model says\n", seeds, MOVES);
    return 0;
}
