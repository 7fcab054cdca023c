/* What a call keeps of its CALLs: messages that wait for a callee or may have to be sent to another one, options
 * that stay as the first CALL set them, callees that refused. Most calls keep nothing. */
#ifndef REALMS_KEPT_H
#define REALMS_KEPT_H

#include "common/list.h"
#include "common/msg.h"
#include "realms/forward.h"
#include "realms/passthru.h"

enum {
    KEPT_CHUNKS_MAX = 64,         /* of one call that waits */
    KEPT_BYTES_MAX = 1 << 20,     /* likewise: stops progressive calls that fill memory while they wait */
    KEPT_TOTAL_MAX = 64 << 20,    /* octets of payload of all calls of a realm: stops many large ones */
};

struct kept_chunk {
    struct list link;
    bool progress;
    struct wamp_payload payload;
};

struct kept {
    struct str uri;
    struct passthru passthru;    /* of the first CALL. spec: A-PCI-06 */
    struct forward forward;      /* likewise */
    struct list chunks;
    unsigned chunk_count;
    size_t bytes;
    uint64_t *tried;             /* sessions that answered wamp.error.unavailable. spec: A-RRT-05 */
    unsigned tried_count;
    struct wamp_arena arena;     /* holds all of it but `tried` */
    struct list spare;           /* kept_pool.spare */
};

/* Objects to be used again: calls to a shared registration, whose callees may refuse, keep their CALL each. The zero
 * value is an empty pool. */
struct kept_pool {
    struct list spare;
    unsigned spare_count;
    size_t bytes;  /* of the payloads that calls keep now */
};
void kept_pool_fini(struct kept_pool *pool);

/* uri, passthru and what is forwarded; no chunk yet. NULL: no memory */
struct kept *kept_new(struct kept_pool *pool, const struct wamp_msg *m, const struct forward *forward);
void kept_free(struct kept_pool *pool, struct kept *k);  /* NULL is fine */

/* Keeps one more chunk. TOOBIG, NOMEM: then it is not kept. */
enum wamp_err kept_add(struct kept_pool *pool, struct kept *k, const struct wamp_msg *m);
bool kept_add_tried(struct kept *k, uint64_t session);
bool kept_has_tried(const struct kept *k, uint64_t session);

#endif
