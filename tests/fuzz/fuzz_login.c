/* Logins: four peers at a router that asks for credentials, and an authenticator for two of them.
 *
 * The input is a play in lines:
 *     0TEXT  peer 0 (.. 3) says TEXT          !N  peer N answers its CHALLENGE as one who knows the secret
 *     yTEXT  the authenticator answers its oldest question with the result TEXT
 *     eTEXT  .. with an ERROR: TEXT is what follows its Details
 *     hN     peer N hangs up                  oN  its socket dies     nN  it comes again
 *     aN     turn the clock: 10^N ms          fN  the N-th allocation fails     s  the router shuts down
 * Peers 0 and 1 are judged by the configuration, 2 and 3 by the authenticator. Whatever happens: nothing is used
 * after its end, nothing leaks, and nobody whom the configuration judges is welcomed by a method whose secret he
 * has not proved to know since. spec: F10, A-AUTH-04, A-AUTH-05 */
#include "tests/fuzz/fuzz.h"

#include "common/authcalc.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/login.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PEERS = 4, JUDGED = 2, TEXT_MAX = 4096, QUESTIONS = 8 };

#define SEED "a55d9b36c43c486ac43813718bd1b1dc145a6dfeb42a10271f6865464758e876"
#define KEY "22e38436d797cda3962cd2bf259acc44b200d6e0a4b721899841e8fa396326a5"

static const char config[] =
    "{listen: [ws://127.0.0.1:1, {url: ws://127.0.0.1:2, auth: {ticket: {authenticator: auth, "
    "authenticator-realm: staff},"
    " wampcra: {authenticator: auth, authenticator-realm: staff}, scram: {authenticator: auth, "
    "authenticator-realm: staff},"
    " cryptosign: {authenticator: auth, authenticator-realm: staff}}}],"
    " realms: [realm1, staff, {name: cb, preset: crossbar}, {name: roles, roles: [{name: r}]}],"
    " auth: {anonymous: {role: r, realm: staff}, cookie: true, ticket: {principals: {joe: {ticket: x, role: r}, "
    "ann: {ticket:"
    " x, role: q, realm: realm1}}}, wampcra: {users: {joe: {secret: x, role: r}, ann: {secret: x, role: r, salt: "
    "s}}},"
    " scram: {users: {joe: {kdf: pbkdf2, salt: AAAA, iterations: 1, role: r, stored-key: " KEY ", server-key: " KEY
    "}}},"
    " cryptosign: {principals: {joe: {authorized_keys: " KEY ", role: r}}}}}";

static struct {
    struct rig rig;
    struct plug *peers[PEERS], *authenticator;
    char challenge[PEERS][TEXT_MAX];  /* the CHALLENGE that is not answered yet; empty: none */
    bool proved[PEERS];
    uint64_t questions[QUESTIONS];    /* the authenticator's INVOCATIONs, the oldest first */
    unsigned question_count;
} play;

/* --- what is heard -------------------------------------------------------------------------------------- */

static bool contains(struct str text, const char *part)
{
    return text.len && memmem(text.ptr, text.len, part, strlen(part));
}

static void hear(unsigned i)
{
    struct plug *p = play.peers[i];
    while (plug_take(p)) {
        bool is_challenge = str_starts(p->text, STR("[4,"));
        snprintf(play.challenge[i], TEXT_MAX, "%.*s", is_challenge ? (int)p->text.len : 0, p->text.ptr);
        if (!str_starts(p->text, STR("[2,")))
            continue;
        demand(play.proved[i] || i >= JUDGED || contains(p->text, "\"authmethod\":\"anonymous\""));
        play.proved[i] = false;
    }
}

static void hear_questions(void)
{
    struct plug *a = play.authenticator;
    uint64_t id;
    while (plug_take(a)) {
        char text[64];
        snprintf(text, sizeof text, "%.*s", (int)(a->text.len < 60 ? a->text.len : 60), a->text.ptr);
        if (sscanf(text, "[68,%" SCNu64 ",", &id) == 1 && play.question_count < QUESTIONS)
            play.questions[play.question_count++] = id;
    }
}

static void hear_all(void)
{
    fail_pause();
    for (unsigned i = 0; i < PEERS; i++)
        hear(i);
    hear_questions();
    fail_resume();
}

/* --- acts ----------------------------------------------------------------------------------------------- */

static unsigned digit(struct str rest)
{
    return rest.len && rest.ptr[0] >= '0' && rest.ptr[0] <= '9' ? (unsigned)(rest.ptr[0] - '0') : 0;
}

static void say(struct plug *p, struct str text)
{
    char json[TEXT_MAX];
    size_t len = text.len < sizeof json ? text.len : sizeof json - 1;
    memcpy(json, text.ptr, len);
    json[len] = '\0';
    plug_say(p, json);
}

/* A text between quotes behind `key` in the CHALLENGE, escapes resolved. */
static struct str challenge_text(unsigned i, const char *key)
{
    struct plug shown = {.text = str_z(play.challenge[i])};
    const struct wamp_value *v = login_value(&shown, key);
    return v && v->kind == WAMP_STR ? v->text : STR("");
}

static bool prove(unsigned i, struct wamp_buf *signature)
{
    uint8_t seed[32], challenge[32];
    if (str_starts(str_z(play.challenge[i]), STR("[4,\"ticket\"")))
        wamp_buf_add_str(signature, STR("x"));
    else if (str_starts(str_z(play.challenge[i]), STR("[4,\"wampcra\"")))
        return !wamp_cra_sign(STR("x"), challenge_text(i, "challenge"), signature);
    else if (str_starts(str_z(play.challenge[i]), STR("[4,\"cryptosign\"")))
        return wamp_hex_read(STR(SEED), seed, sizeof seed) &&
               wamp_hex_read(challenge_text(i, "challenge"), challenge, sizeof challenge) &&
               !wamp_cryptosign_sign(seed, challenge, NULL, signature);
    return signature->len > 0;
}

static void answer(unsigned i)
{
    struct wamp_buf signature = {0};
    char text[TEXT_MAX];
    fail_pause();
    bool ok = play.challenge[i][0] && prove(i, &signature);
    snprintf(text, sizeof text, "%.*s", ok ? (int)signature.len : 0, ok ? signature.ptr : "");
    wamp_buf_fini(&signature);
    fail_resume();
    play.challenge[i][0] = '\0';
    play.proved[i] = ok;
    if (ok)
        login_answer(play.peers[i], text, "{}");
}

static void judge(const char *form, struct str text)
{
    char message[TEXT_MAX + 64];
    if (!play.question_count)
        return;
    snprintf(message, sizeof message, form, play.questions[0], (int)(text.len < TEXT_MAX ? text.len : TEXT_MAX),
             text.ptr);
    memmove(play.questions, play.questions + 1, --play.question_count * sizeof *play.questions);
    plug_say(play.authenticator, message);
}

static void come(unsigned i)
{
    struct plug *p = rig_connect(&play.rig);
    play.peers[i] = p;
    play.challenge[i][0] = '\0';
    play.proved[i] = false;
    if (!p->conn)
        return;
    p->conn->listener = &play.rig.config.listeners[i >= JUDGED];
    plug_octets(p, rig_upgrade_request, strlen(rig_upgrade_request));
    p->taken = p->octets.len;
}

static void turn_clock(unsigned magnitude)
{
    wamp_ms ms = 1;
    while (magnitude--)
        ms *= 10;
    rig_advance(&play.rig, ms > 100000 ? 100000 : ms);
}

static void act(char what, struct str rest)
{
    unsigned i = digit(rest) % PEERS;
    struct plug *p = play.peers[i];
    switch (what) {
    case '!':
        answer(i);
        break;
    case 'y':
        judge("[70,%" PRIu64 ",{},[%.*s]]", rest);
        break;
    case 'e':
        judge("[8,68,%" PRIu64 ",{},%.*s]", rest);
        break;
    case 'h':
        if (p->conn)
            plug_hang_up(p);
        break;
    case 'o':
        if (p->conn)
            conn_drop(p->conn);
        break;
    case 'n':
        come(i);
        break;
    case 'a':
        turn_clock(digit(rest));
        break;
    case 'f':
        fail_nth(digit(rest) + 1);
        break;
    case 's':
        router_say_goodbye(&play.rig.router, play.rig.hub.now);
        hub_say_farewell(&play.rig.hub);
        break;
    }
}

static void perform(struct str line)
{
    if (!line.len)
        return;
    if (line.ptr[0] >= '0' && line.ptr[0] < '0' + PEERS)
        say(play.peers[line.ptr[0] - '0'], str_from(line, 1));
    else
        act(line.ptr[0], str_from(line, 1));
    hear_all();
}

/* --- the play ------------------------------------------------------------------------------------------- */

static void begin(void)
{
    memset(&play, 0, sizeof play);
    rig_init_with(&play.rig, config);
    for (unsigned i = 0; i < PEERS; i++)
        come(i);
    play.authenticator = rig_websocket(&play.rig);
    plug_say(play.authenticator,
             "[1,\"staff\",{\"roles\":{\"callee\":{\"features\":{\"call_canceling\":true}}}}]");
    plug_say(play.authenticator, "[64,1,{},\"auth\"]");
    play.authenticator->taken = play.authenticator->octets.len;
}

/* What login_value keeps until its next call. */
static void forget_values(void)
{
    login_value(&(struct plug){.text = STR("[]")}, "");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_of((const char *)data, size);
    forget_values();
    size_t before = mem_live_blocks();
    begin();
    while (rest.len) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        struct str line = str_of(rest.ptr, end ? (size_t)(end - rest.ptr) : rest.len);
        rest = str_from(rest, line.len + (end != NULL));
        perform(line);
    }
    fail_nth(0);
    rig_fini(&play.rig);
    forget_values();
    demand(mem_live_blocks() == before);
    return 0;
}
