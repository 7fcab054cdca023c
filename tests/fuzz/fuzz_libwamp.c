/* The client library against a router that says every message in every state, with right and wrong ids, cut off,
 * or far too large. Where fuzz_peer.c takes what the router says as text, here the octets choose among messages
 * that are nearly right: few octets reach far.
 *
 * The first octet is how far the session gets before the router turns hostile; then each octet is an act, with
 * what it needs from those behind it. Whatever happens: each call ends once, nothing crashes, nothing leaks.
 * spec: F15, T-L1 */
#include "tests/fuzz/fuzz.h"

#include "client/peer.h"
#include "common/msg.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/fake_router.h"

#include <stdio.h>
#include <string.h>

enum { MESSAGE_MAX = 1 << 15, ACTS_MAX = 64 };

static struct {
    unsigned begun, ended;
    uint64_t last_call;
    wamp_chan *stream, *held;
} play;

/* --- the program ------------------------------------------------------------------------------------------ */

static void on_done(void *arg, wamp_rc rc, const wamp_result *result, const wamp_error *error)
{
    (void)arg;
    play.ended++;
    demand((rc == WAMP_OK) == (result != NULL) && (rc == WAMP_OK) == (error == NULL));
}

static void on_progress(void *arg, const wamp_result *result)
{
    (void)arg;
    demand(result->args && result->kwargs && result->details);
}

static wamp_rc answer(void *self, wamp_chan *ch)
{
    (void)self;
    return wamp_reply(ch, "V V", wamp_chan_args(ch), wamp_chan_kwargs(ch));
}

static wamp_rc hold(void *self, wamp_chan *ch)
{
    (void)self;
    if (play.held)
        return WAMP_E_STATE;
    play.held = ch;
    return wamp_hold(ch);
}

static void on_event(void *self, const wamp_event *ev)
{
    (void)self;
    demand(ev->topic && ev->args && ev->kwargs && ev->details);
}

static const wamp_member members[] = {
    {.kind = WAMP_MEMBER_RPC, .uri = "answer", .proc = answer, .sig = "*"},
    {.kind = WAMP_MEMBER_RPC, .uri = "hold", .proc = hold},
    {.kind = WAMP_MEMBER_SUBSCRIBE, .uri = "topic", .on_event = on_event, .match = WAMP_PREFIX},
    {.kind = WAMP_MEMBER_RPC, .uri = "drain", .proc = wamp_retire, .per_session = true},
    {0},
};
static const wamp_service service = {.name = "S", .members = members};

static void call(struct fuzz_input *in)
{
    const wamp_callopt opt = {.timeout_ms = 5000, .on_progress = fuzz_byte(in) & 1 ? on_progress : NULL};
    if (!wamp_callx_async(fake.peer, "com.x", &opt, on_done, NULL, &play.last_call, "i", 1))
        play.begun++;
}

static void cancel(struct fuzz_input *in)
{
    wamp_cancel_call(fake.peer, play.last_call, (wamp_mode)(fuzz_byte(in) % 3));
}

static void publish(struct fuzz_input *in)
{
    (void)in;
    wamp_publish(fake.peer, "com.t", NULL, "s", "x");
}

static void stream(struct fuzz_input *in)
{
    uint8_t what = fuzz_byte(in);
    wamp_val *v = NULL;
    if (!play.stream)
        play.stream = wamp_channel(fake.peer, "com.stream", NULL);
    if (!play.stream)
        return;
    if (what % 4 == 0)
        wamp_release(&play.stream);
    else if (what % 4 == 1)
        wamp_recv(play.stream, &v, 0);
    else
        wamp_send(play.stream, what % 4 == 2 ? WAMP_MORE : WAMP_OK, "i", 1);
    wamp_drop(&v);
}

static void answer_held(struct fuzz_input *in)
{
    wamp_chan *ch = play.held;
    bool last = fuzz_byte(in) & 1;
    if (!ch)
        return;
    if (!last) {
        wamp_send(ch, WAMP_MORE, "i", 1);
        return;
    }
    wamp_rc rc = wamp_reply(ch, "i", 2);
    if (rc != WAMP_E_NOMEM && rc != WAMP_E_ARGS)
        play.held = NULL;  /* else nothing was sent: it is still ours */
}

static void turn_clock(struct fuzz_input *in)
{
    fake_advance(fuzz_byte(in) * 40);
}

static void retire(struct fuzz_input *in)
{
    (void)in;
    wamp_drain_begin(fake.peer);
}

static void break_connection(struct fuzz_input *in)
{
    (void)in;
    fake.broken = true;
}

static void stall(struct fuzz_input *in)
{
    fake.congested = fuzz_byte(in) & 1;
}

static void fail_allocation(struct fuzz_input *in)
{
    fail_nth(fuzz_byte(in) % 32 + 1);
}

/* --- the router -------------------------------------------------------------------------------------------- */

struct row {
    unsigned code;
    const char *layout;
    bool payload;
};

enum { NONE, DICT, PAYLOAD };
static const struct row rows[] = {
#define MSG(code, name, layout, tail, sender) {code, layout, tail == PAYLOAD},
#include "common/msg.def"
#undef MSG
};
enum { ROWS = sizeof rows / sizeof *rows };

static const char *const dicts[] = {
    "{}",
    "{\"progress\": true}",
    "{\"receive_progress\": true}",
    "{\"mode\": \"killnowait\"}",
    "{\"stop\": true}",
    "{\"stop\": false}",
    "{\"topic\": \"topic.a\", \"publisher\": 7}",
    "{\"procedure\": \"answer\", \"timeout\": 9}",
    "{\"registration\": 11, \"reason\": \"x\"}",
    "{\"subscription\": 13}",
    "{\"reason\": 3, \"message\": []}",
    "{\"ppt_scheme\": \"wamp\", \"ppt_serializer\": \"cbor\"}",
    "{\"caller\": -1, \"progress\": 1}",
    "{\"challenge\": \"{}\", \"salt\": \"s\", \"iterations\": 10, \"keylen\": 32}",
    FAKE_DETAILS,
    "[]",
};
static const char *const uris[] = {
    "\"wamp.close.normal\"", "\"wamp.close.goodbye_and_out\"", "\"com.x\"", "\"\"", "\"a..b c#\"",
    "\"wamp.error.canceled\"", "\"wamp.error.timeout\"", "null",
};
static const char *const texts[] = {"\"wampcra\"", "\"wamp-scram\"", "\"cryptosign\"", "\"ticket\"", "\"\"", "1"};
static const char *const payloads[] = {
    "", ", []", ", [1, \"x\"]", ", [null], {\"k\": [1]}", ", [], {}", ", {}", ", [\"\\u0000AAE=\"]", ", [1], []",
    ", [1e999, -0.0, 18446744073709551616]",
};
#define PICK(in, table) (table)[fuzz_byte(in) % (sizeof(table) / sizeof *(table))]

/* Ids that are in use, have been, or never can be. */
static uint64_t some_id(uint8_t choice)
{
    static const uint64_t odd[] = {0, 1, 2, 11, 12, 13, 14, WAMP_ID_MAX, WAMP_ID_MAX + 1, UINT64_MAX};
    uint64_t last = fake.peer->session.last_request, back = choice % 8;
    return choice < 128 ? (last > back ? last - back : last) : odd[choice % (sizeof odd / sizeof *odd)];
}

static void add(char *out, const char *text)
{
    size_t len = strlen(out);
    snprintf(out + len, MESSAGE_MAX - len, "%s", text);
}

static void add_element(struct fuzz_input *in, char letter, char *out)
{
    char number[24];
    add(out, ", ");
    switch (letter) {
    case 'd':
        add(out, PICK(in, dicts));
        return;
    case 'u':
        add(out, PICK(in, uris));
        return;
    case 's':
        add(out, PICK(in, texts));
        return;
    case 't':
        snprintf(number, sizeof number, "%u", PICK(in, rows).code);
        break;
    default:
        snprintf(number, sizeof number, "%llu", (unsigned long long)some_id(fuzz_byte(in)));
    }
    add(out, number);
}

static void add_payload(struct fuzz_input *in, char *out)
{
    uint8_t how = fuzz_byte(in);
    if (how < 240) {
        add(out, payloads[how % (sizeof payloads / sizeof *payloads)]);
        return;
    }
    add(out, ", ");  /* one that is far too deep, or has far too much */
    for (unsigned i = 0; i < 100u * (how - 239); i++)
        add(out, how & 1 ? "[" : i ? ", []" : "[[]");
    for (unsigned i = 0; i < 100u * (how - 239) && how & 1; i++)
        add(out, "]");
    add(out, how & 1 ? "" : "]");
}

/* As it should be; or cut off, with elements too many, or of a type nobody knows. */
static void say(struct fuzz_input *in)
{
    static char message[MESSAGE_MAX];
    const struct row *row = &PICK(in, rows);
    uint8_t twist = fuzz_byte(in);
    snprintf(message, sizeof message, "[%u", twist == 1 ? 99 : row->code);
    for (const char *letter = row->layout; *letter; letter++)
        add_element(in, *letter, message);
    if (row->payload)
        add_payload(in, message);
    add(message, twist == 2 ? ", 1, 2, 3]" : "]");
    if (twist >= 240)
        message[fuzz_byte(in) % strlen(message)] = '\0';
    fake_queue(message);
}

/* --- the play ---------------------------------------------------------------------------------------------- */

/* What is named twice or more happens so much more often. */
static void (*const acts[])(struct fuzz_input *in) = {
    say,     say,    say,    say,         say,        say,              say,   say,           call, call, cancel,
    publish, stream, stream, answer_held, turn_clock, break_connection, stall, fail_allocation, retire,
};

/* A router that is as it should be, for `steps` messages. */
static void open_session(unsigned steps)
{
    static const char *const opening[] = {"[2, 1234, " FAKE_DETAILS "]", "[65, 1, 11]", "[65, 2, 12]",
                                          "[33, 3, 13]", "[65, 4, 14]"};
    for (size_t i = 0; i < steps && i < sizeof opening / sizeof *opening; i++)
        fake_says(opening[i]);
    fake_forget();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, data + size};
    size_t before = mem_live_blocks();
    uint8_t begin = fuzz_byte(&in);
    const wamp_opt opt = {.service = &service, .nonblocking = true, .reconnect = begin & 8, .max_queue = 4096,
                          .authid = "a", .secret = "b"};
    memset(&play, 0, sizeof play);
    demand(fake_begin(&opt));
    open_session(begin & 7);
    for (unsigned i = 0; i < ACTS_MAX && in.p < in.end && fake.peer; i++) {
        PICK(&in, acts)(&in);
        wamp_step(fake.peer);
        fake_forget();
    }
    fail_nth(0);
    fake_end();
    demand(play.begun == play.ended);
    demand(mem_live_blocks() == before);
    return 0;
}
