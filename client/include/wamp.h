/** libwamp: WAMP v2 for C. One include for a program; each part can be included alone.
 *
 *     #include <stdio.h>
 *     #include <wamp.h>
 *
 *     static wamp_rc add(void *self, wamp_chan *ch)
 *     {
 *         int64_t a, b;
 *         (void)self;
 *         if (wamp_args(ch, "a:i b:i", &a, &b))
 *             return WAMP_E_ARGS;                         // the ERROR is already on its way
 *         return wamp_reply(ch, "i", a + b);
 *     }
 *     WAMP_SERVICE(Adder, WAMP_RPC(add));
 *
 *     int main(void)
 *     {
 *         WAMP_WITH(service, .service = &Adder)           // joined and registered, or the block is skipped
 *             return wamp_run(service) != WAMP_OK;
 *         fprintf(stderr, "%s\n", wamp_open_error());
 *         return 1;
 *     }
 *
 * Rules that hold everywhere, unless a function says otherwise:
 *   Thread   a peer belongs to the thread that opened it. Other threads reach it through wamp_post alone
 *            (wamp/loop.h); calling anything else returns WAMP_E_STATE.
 *   Waiting  a call that blocks goes on serving the invocations and events of every peer of its thread. So a
 *            handler may run inside wamp_call, and may call back.
 *   Owner    what comes back through a `wamp_val **` is the caller's, until wamp_drop. What is reached from a
 *            value, event, error or channel lives as long as that; wamp_keep makes it last. Arguments are copied.
 *   Errors   the return code alone says whether it worked; wamp_err(peer) says more. No errno, no abort, nothing
 *            printed.
 *   Options  structs whose zero value is the default. Units are in the names.
 */
#ifndef WAMP_H
#define WAMP_H

#include "wamp/args.h"
#include "wamp/base.h"
#include "wamp/call.h"
#include "wamp/channel.h"
#include "wamp/loop.h"
#include "wamp/peer.h"
#include "wamp/pubsub.h"
#include "wamp/service.h"
#include "wamp/value.h"

#endif
