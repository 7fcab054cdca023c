/* S-36, S-37, S-40, S-41: streams to the callee, both ways, and more than a reader wants.
 *
 *     streams &
 *     printf '1\n2\n' | wamp call --stream sum                           -> 3
 *     printf '"hello"\n"rpc"\n' | wamp call --stream --progress uppercase -> "HELLO", "RPC"
 *     wamp call --progress repeat '"bla..."' 1000000 */
#include "example.h"

#include <ctype.h>

/* Called once a chunk; what it has so far lies in the channel. */
static wamp_rc sum(void *self, wamp_chan *ch)
{
    struct total {
        int64_t sum, items;
    } *total = wamp_chan_user(ch);
    int64_t n;
    (void)self;
    if (!total)
        wamp_chan_set_user(ch, total = calloc(1, sizeof *total));
    wamp_rc rc = !total ? WAMP_E_NOMEM : wamp_canceled(ch) ? WAMP_E_CANCELED : wamp_args(ch, "i", &n);
    if (rc == WAMP_E_CANCELED)
        printf("sum: canceled after %lld items\n", (long long)total->items);
    fflush(stdout);
    if (!rc) {
        total->sum += n;
        total->items++;
        rc = wamp_is_last(ch) ? wamp_reply(ch, "i", total->sum) : WAMP_MORE;
    }
    if (rc != WAMP_MORE)
        free(total);
    return rc;
}

/* Waits for each chunk and answers it; on a thread of the pool, so that many streams run side by side. */
static wamp_rc uppercase(void *self, wamp_chan *ch)
{
    wamp_val *v = NULL;
    wamp_rc rc, sent = WAMP_OK;
    (void)self;
    do {
        char text[256];
        size_t n = 0;
        rc = wamp_recv(ch, &v, -1);
        if (rc < 0)
            return rc;
        for (const char *s = wamp_str(v); *s && n < sizeof text - 1; s++)
            text[n++] = (char)toupper((unsigned char)*s);
        text[n] = '\0';
        wamp_drop(&v);
        sent = wamp_send(ch, WAMP_MORE, "s", text);
    } while (rc == WAMP_MORE && !sent);
    return sent ? sent : wamp_reply(ch, "n");
}

static wamp_rc repeat(void *self, wamp_chan *ch)
{
    const char *text;
    int64_t count;
    wamp_rc rc = WAMP_OK;
    (void)self;
    if (wamp_args(ch, "text:s count:i", &text, &count))
        return WAMP_E_ARGS;
    for (int64_t i = 0; !rc && i < count; i++)
        rc = wamp_send(ch, WAMP_MORE, "si", text, i);  /* waits while the reader is slow */
    printf("repeat: %s\n", rc ? wamp_rc_name(rc) : "done");
    fflush(stdout);
    return rc ? rc : wamp_reply(ch, "i", count);
}

WAMP_SERVICE(Streams, WAMP_RPC(sum), WAMP_RPC(uppercase, .worker = true), WAMP_RPC(repeat, .worker = true));

int main(void)
{
    WAMP_WITH(service, .service = &Streams, .url = EXAMPLE_URL)
    return wamp_run(service) != WAMP_OK;
    return could_not_join();
}
