/** Publishing. Subscribing is in wamp/service.h. Thread: the peer's. */
#ifndef WAMP_PUBSUB_H
#define WAMP_PUBSUB_H

#include "args.h"
#include "base.h"
#include "value.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wamp_pubopt {
    bool acknowledge;      /**< wait for the router's word; else nothing is ever answered, refusals included */
    bool include_me;       /**< deliver to this session too, where it is subscribed */
    bool disclose_me;      /**< let subscribers know who publishes, where the router allows it */
    bool retain;           /**< keep it for later subscribers */
    const wamp_val *exclude, *eligible;                 /**< lists of session ids; an empty `eligible` is nobody */
    const wamp_val *exclude_authid, *eligible_authid;   /**< lists of strings */
    const wamp_val *exclude_authrole, *eligible_authrole;
    const char *ppt_scheme, *ppt_serializer, *ppt_cipher, *ppt_keyid; /**< payload passthru: format "y" alone */
    const wamp_val *options; /**< a dict: more keys for PUBLISH.Options */
    uint64_t *publication;   /**< with acknowledge: receives the publication id */
    void *reserved[4];
} wamp_pubopt;

/** Publishes: wamp_publish(p, "news", NULL, "s urgent:b", "hello", true). `opt` may be NULL.
 *  Blocks: with acknowledge until the router answered (WAMP_E_REMOTE, WAMP_E_TIMEOUT); else only while max_queue
 *  octets wait to be sent (WAMP_E_AGAIN on a nonblocking peer). WAMP_E_ARGS, WAMP_E_LOST, WAMP_E_TOOBIG,
 *  WAMP_E_NOMEM. */
#define wamp_publish(peer, topic, opt, ...) wamp_publish_v(peer, topic, opt, WAMP_FMT(__VA_ARGS__))
WAMP_API wamp_rc wamp_publish_v(wamp_peer *peer, const char *topic, const wamp_pubopt *opt, const char *fmt,
                                wamp_argv args);

#ifdef __cplusplus
}
#endif
#endif
