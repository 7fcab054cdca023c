/* What a call keeps of its CALLs: messages that wait for a callee or may have to be sent to another one, options
 * that stay as the first CALL set them, callees that refused. Most calls keep nothing. */
#ifndef REALMS_KEPT_H
#define REALMS_KEPT_H

#include "common/list.h"
#include "common/msg.h"

enum {
    KEPT_CHUNKS_MAX = 64,         /* of one call that waits */
    KEPT_BYTES_MAX = 1 << 20,     /* likewise: stops progressive calls that fill memory while they wait */
};

struct kept_chunk {
    struct list link;
    bool progress;
    struct wamp_payload payload;
};

struct kept {
    struct str uri;
    struct wamp_options ppt;     /* of the first CALL. spec: A-PCI-06 */
    struct list chunks;
    unsigned chunk_count;
    size_t bytes;
    uint64_t *tried;             /* sessions that answered wamp.error.unavailable. spec: A-RRT-05 */
    unsigned tried_count;
    struct wamp_arena arena;     /* holds all of it but `tried` */
};

struct kept *kept_new(const struct wamp_msg *m);  /* uri and ppt; no chunk yet. NULL: no memory */
void kept_free(struct kept *k);                   /* NULL is fine */

enum wamp_err kept_add(struct kept *k, const struct wamp_msg *m);  /* TOOBIG, NOMEM */
bool kept_add_tried(struct kept *k, uint64_t session);
bool kept_has_tried(const struct kept *k, uint64_t session);

#endif
