/* The client library against a hostile router, and a program that does odd things at odd moments.
 *
 * The input is a play in lines, each one act:
 *     <TEXT   the router says TEXT        c  an asynchronous call        x  cancel it
 *     p       publish                     o  a chunk of a stream         O  its last chunk
 *     r       take a value of the stream  R  release the stream          h  answer what is held
 *     H       progress on what is held    e  fail what is held           a  turn the clock (aN: 10^N ms)
 *     b       the connection breaks       q  it takes nothing for now    Q  it does again
 *     f       the next allocation fails (fN: the N-th)
 * Whatever happens: nothing is used after its end, each call ends once, nothing leaks. spec: F15, T-L1, T-L2 */
#include "tests/fuzz/fuzz.h"

#include "client/peer.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/fake_router.h"

#include <string.h>

enum { HELD_MAX = 16 };

static struct {
    unsigned begun, ended;
    wamp_chan *held[HELD_MAX], *stream;
    uint64_t last_call;
} play;

/* --- the program ---------------------------------------------------------------------------------------------- */

static void on_done(void *arg, wamp_rc rc, const wamp_result *result, const wamp_error *error)
{
    (void)arg;
    play.ended++;
    demand((rc == WAMP_OK) == (result != NULL) && (rc == WAMP_OK) == (error == NULL));
    demand(!error || (error->message && error->origin && error->traceback && error->args && error->kwargs));
}

static void on_progress(void *arg, const wamp_result *result)
{
    (void)arg;
    demand(result->args && result->kwargs && result->details);
}

static wamp_rc echo(void *self, wamp_chan *ch)
{
    (void)self;
    return wamp_reply(ch, "V V", wamp_chan_args(ch), wamp_chan_kwargs(ch));
}

static wamp_rc hold(void *self, wamp_chan *ch)
{
    (void)self;
    for (int i = 0; i < HELD_MAX; i++) {
        if (play.held[i])
            continue;
        play.held[i] = ch;
        return wamp_hold(ch);
    }
    return WAMP_E_STATE;
}

static wamp_rc per_chunk(void *self, wamp_chan *ch)
{
    int64_t n;
    (void)self;
    if (wamp_canceled(ch))
        return WAMP_E_CANCELED;
    if (wamp_args(ch, "n:i s:s?", &n, &(const char *){NULL}))
        return WAMP_E_ARGS;
    return n == 0 ? wamp_reply(ch, "i", n) : n == 1 ? WAMP_MORE : n == 2 ? WAMP_OK : WAMP_E_NOMEM;
}

static void on_event(void *self, const wamp_event *ev)
{
    (void)self;
    if (!wamp_call_async(ev->peer, "com.from.event", on_done, NULL, "s", ev->topic))
        play.begun++;
}

/* Closes the peer, of all places here. What the program holds is gone with it. */
static void on_fatal(void *self, const wamp_event *ev)
{
    (void)self;
    wamp_close(ev->peer);
    memset(play.held, 0, sizeof play.held);
    play.stream = NULL;
    fake.peer = NULL;
}

static const wamp_member members[] = {
    {.kind = WAMP_MEMBER_RPC, .uri = "echo", .proc = echo},
    {.kind = WAMP_MEMBER_RPC, .uri = "hold", .proc = hold, .sig = "*"},
    {.kind = WAMP_MEMBER_RPC, .uri = "chunk", .proc = per_chunk},
    {.kind = WAMP_MEMBER_SUBSCRIBE, .uri = "quiet", .on_event = on_event},
    {.kind = WAMP_MEMBER_SUBSCRIBE, .uri = "fatal", .on_event = on_fatal},
    {0},
};
static const wamp_service service = {.name = "S", .members = members};

/* --- acts ---------------------------------------------------------------------------------------------------------- */

static void answer_held(char act)
{
    for (int i = 0; i < HELD_MAX; i++) {
        wamp_chan *ch = play.held[i];
        if (!ch)
            continue;
        if (act == 'H') {
            wamp_send(ch, WAMP_MORE, "i", i);
            continue;
        }
        play.held[i] = NULL;
        wamp_rc rc = act == 'h' ? wamp_reply(ch, "si", "x", i) : wamp_fail(ch, "com.x", "%d", i);
        if (rc == WAMP_E_NOMEM || rc == WAMP_E_ARGS)
            play.held[i] = ch;  /* nothing was sent: it is still ours */
        return;
    }
}

static void stream(char act)
{
    wamp_val *v = NULL;
    if (act == 'R') {
        wamp_release(&play.stream);
        return;
    }
    if (!play.stream)
        play.stream = wamp_channel(fake.peer, "com.stream", NULL);
    if (!play.stream)
        return;
    if (act == 'r')
        wamp_recv(play.stream, &v, 0);
    else
        wamp_send(play.stream, act == 'o' ? WAMP_MORE : WAMP_OK, "is", 1, "x");
    wamp_drop(&v);
}

static void call(void)
{
    const wamp_callopt opt = {.timeout_ms = 5000, .on_progress = on_progress};
    if (!wamp_callx_async(fake.peer, "com.x", &opt, on_done, NULL, &play.last_call, "i", 1))
        play.begun++;
}

static unsigned digit(struct str rest)
{
    return rest.len && rest.ptr[0] >= '0' && rest.ptr[0] <= '9' ? (unsigned)(rest.ptr[0] - '0') : 0;
}

static void turn_clock(unsigned magnitude)
{
    int ms = 1;
    while (magnitude--)
        ms *= 10;
    fake_advance(ms > 100000 ? 100000 : ms);
}

static void act(char what, struct str rest)
{
    switch (what) {
    case 'c':
        call();
        break;
    case 'x':
        wamp_cancel_call(fake.peer, play.last_call, (wamp_mode)(digit(rest) % 3));
        break;
    case 'p':
        wamp_publish(fake.peer, "com.t", NULL, "s", "x");
        break;
    case 'o':
    case 'O':
    case 'r':
    case 'R':
        stream(what);
        break;
    case 'h':
    case 'H':
    case 'e':
        answer_held(what);
        break;
    case 'a':
        turn_clock(digit(rest));
        break;
    case 'b':
        fake.broken = true;
        break;
    case 'q':
    case 'Q':
        fake.congested = what == 'q';
        break;
    case 'f':
        fail_nth(digit(rest) + 1);
        break;
    }
}

static void perform(struct str line)
{
    char said[4096];
    if (!line.len)
        return;
    if (line.ptr[0] == '<' && line.len < sizeof said) {
        memcpy(said, line.ptr + 1, line.len - 1);
        said[line.len - 1] = '\0';
        fake_queue(said);
    } else {
        act(line.ptr[0], str_from(line, 1));
    }
    if (fake.peer)
        wamp_step(fake.peer);
    fake_forget();
}

/* A router that is as it should be, up to the point where the play begins. */
static void open_session(void)
{
    static const char *const opening[] = {"[2, 1234, " FAKE_DETAILS "]", "[65, 1, 11]", "[65, 2, 12]", "[65, 3, 13]",
                                          "[33, 4, 14]", "[33, 5, 15]"};
    for (size_t i = 0; i < sizeof opening / sizeof *opening; i++)
        fake_says(opening[i]);
    fake_forget();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_of((const char *)data, size);
    size_t before = mem_live_blocks();
    const wamp_opt opt = {.service = &service, .nonblocking = true, .reconnect = true, .max_queue = 4096,
                          .authid = "a", .secret = "b"};
    memset(&play, 0, sizeof play);
    demand(fake_begin(&opt));
    if (rest.len && rest.ptr[0] != '!')
        open_session();
    while (rest.len && fake.peer) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        struct str line = str_of(rest.ptr, end ? (size_t)(end - rest.ptr) : rest.len);
        rest = str_from(rest, line.len + (end != NULL));
        perform(line);
    }
    fail_nth(0);
    fake_end();
    demand(play.begun == play.ended);
    demand(mem_live_blocks() == before);
    return 0;
}
