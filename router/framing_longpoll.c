/* How messages of a long-poll transport lie in its outbox. Batched: as in the body of an answer. Else each begins
 * with its length, which longpoll.c takes off again: an answer has exactly one. spec: A-LP-02 */
#include "router/framing.h"

#include "common/batch.h"
#include "router/conn.h"

static void set_limit(union framing_in *in, size_t max_message)
{
    in->max_body = max_message;
}

static void fini(union framing_in *in)
{
    (void)in;
}

static size_t header(char *to, enum wamp_ser ser, size_t len)
{
    (void)ser;
    return wamp_batch_prefix(to, WAMP_MSGPACK, len);
}

static size_t batch_header(char *to, enum wamp_ser ser, size_t len)
{
    return wamp_batch_prefix(to, ser, len);
}

static bool close_quietly(struct conn *c, unsigned code, const char *reason)
{
    (void)c, (void)code, (void)reason;
    return false;
}

/* No ping: who does not ask for messages is lost soon enough. */
const struct framing framing_longpoll = {
    .name = "longpoll",
    .over_http = true,
    .start = set_limit,
    .set_limit = set_limit,
    .fini = fini,
    .header = header,
    .close = close_quietly,
};

const struct framing framing_longpoll_batched = {
    .name = "longpoll",
    .batched = true,
    .over_http = true,
    .start = set_limit,
    .set_limit = set_limit,
    .fini = fini,
    .header = batch_header,
    .close = close_quietly,
};
