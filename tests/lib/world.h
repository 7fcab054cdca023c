/* A realm in process: a clock that the test turns, and peers whose received messages lie there to be looked at.
 *
 *     struct world w = {0};
 *     world_init(&w, NULL);
 *     struct peer *alice = world_join(&w, &(struct session_info){.ser = WAMP_JSON});
 *     peer_send_json(alice, "[32, 1, {}, \"com.t\"]");
 *     world_advance(&w, 5000);
 *     struct str m;
 *     while (peer_take(alice, &m)) ...
 *     world_fini(&w);
 *
 * Everything that goes in or out is read by a judge (tests/lib/judge.h); the first rule that the realm breaks is
 * in world.fault. Nothing here allocates through common/mem.h, so that allocations can be made to fail in the
 * realm alone. */
#ifndef TESTS_LIB_WORLD_H
#define TESTS_LIB_WORLD_H

#include "realms/realm.h"
#include "tests/lib/judge.h"

#include <stdbool.h>

struct world;

struct peer {
    struct world *world;
    struct peer *next;        /* world.peers, in the order of their joining */
    struct session *session;  /* NULL once gone */
    uint64_t id;
    enum wamp_ser ser;
    enum close_reason why;    /* once gone, where told: has_why */
    bool has_why;
    bool held;                /* the realm does not want to hear more from it now */
    bool full;                /* set by the test: nothing more can be queued for this peer */
    struct judge judge;
    struct inbox {
        struct str *list;     /* each a block of its own */
        size_t first, count, room;
    } inbox;
};

struct world {
    struct realm *realm;      /* NULL: there was no memory for it */
    wamp_ms now;
    uint64_t seed;            /* of the random numbers */
    bool small_ids;           /* random numbers are 0, 1, 2 .. instead */
    struct peer *peers;
    char fault[240];          /* the first broken rule; empty: none */
};

#define WORLD_EPOCH_MS INT64_C(1780000000000)  /* 2026-05-28T20:26:40.000Z, when now is 0 */

/* config NULL: the default one. Its name and epoch_ms are set here where it has none. False: no memory. */
bool world_init(struct world *w, const struct realm_config *config);
void world_fini(struct world *w);

/* Roles and features of a peer that announces everything. */
struct wamp_roles world_all_roles(void);

/* A session joins: `info` says ser, and what differs from an anonymous peer that announces everything (a zero
 * field does not; roles that are none are all). The peer is gone at once where the realm refused. Its WELCOME is
 * in the inbox. */
struct peer *world_join(struct world *w, const struct session_info *info);

/* Turns the clock by ms, stopping at each deadline of the realm on the way. */
void world_advance(struct world *w, wamp_ms ms);

/* One message from the peer, in its serializer. Nothing happens when it is gone. */
void peer_send(struct peer *p, struct str octets);
void peer_send_json(struct peer *p, const char *json);  /* transcoded to the peer's serializer */

/* The transport is lost. */
void peer_drop(struct peer *p);

/* The oldest message that was not yet taken; false: there is none. The octets live as long as the peer. */
bool peer_take(struct peer *p, struct str *octets);

#endif
