/* Conversations in unit tests: what a peer says, and what it must hear. For what a script cannot say; everything else
 * belongs into tests/scripts.
 *
 *     WORLD(w, .preset = PRESET_SPEC);
 *     struct peer *alice = join(&w, WAMP_JSON), *bob = join(&w, WAMP_CBOR);
 *     say(alice, "[32, 1, {}, \"com.t\"]");
 *     hear(alice, "[33, 1, %" PRIu64 "]", id);
 *     hear_nothing(bob);
 *     world_end(&w);
 *
 * The patterns are those of tests/scripts/README.md, without variables. A test fails where a pattern does not match. */
#ifndef TESTS_LIB_TALK_H
#define TESTS_LIB_TALK_H

#include "tests/lib/world.h"

/* Declares a world whose realm has this configuration: WORLD(w, .preset = PRESET_SPEC); */
#define WORLD(name, ...)                                                                                              \
    struct world name = {0};                                                                                          \
    world_begin(&name, &(struct realm_config){__VA_ARGS__})
void world_begin(struct world *w, const struct realm_config *config);

/* Nobody broke a rule; frees the world. */
void world_end(struct world *w);

/* A peer joins with everything announced; its WELCOME is taken off its inbox. */
struct peer *join(struct world *w, enum wamp_ser ser);
struct peer *join_with(struct world *w, const struct session_info *info);

#define say(peer, ...) talk_say(peer, __FILE__, __LINE__, __VA_ARGS__)
#define hear(peer, ...) talk_hear(peer, __FILE__, __LINE__, __VA_ARGS__)
#define hear_nothing(peer) talk_hear_nothing(peer, __FILE__, __LINE__)

/* The session has been ended for that reason, and nothing is left to hear. */
#define hear_end(peer, reason) talk_hear_end(peer, reason, __FILE__, __LINE__)

void talk_say(struct peer *p, const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void talk_hear(struct peer *p, const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void talk_hear_nothing(struct peer *p, const char *file, int line);
void talk_hear_end(struct peer *p, enum close_reason reason, const char *file, int line);

#endif
