/* HTTP requests and long-poll transports: four connections, and a WebSocket peer in session.
 *
 * An input that begins with '!' is a request for the reader of heads alone. Any other is a play in lines:
 *     0TEXT  connection 0 (.. 3) sends TEXT: a backtick for CRLF, @0 (.. @9) for the id of the n-th transport,
 *            ^ for the separator of batches
 *     <TEXT  the peer says TEXT           aN  turn the clock: 10^N ms      e   an event of 10,000 octets
 *     hN     connection N breaks          qN  it takes nothing for now     QN  it takes 1,000 octets more
 *     f      the next allocation fails (fN: the N-th)                      s   the router begins to shut down
 *     S      .. and closes all
 * Whatever happens: nothing is used after its end, nothing leaks, and what a client hears is one whole HTTP answer
 * after the other, up to where its connection ended. spec: F9, A-LP-01..10 */
#include "tests/fuzz/fuzz.h"

#include "common/http.h"
#include "router/http_request.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/web.h"

#include <stdlib.h>
#include <string.h>

enum { PLUGS = 4, LINES = 10, ID_LEN = 26, TEXT_MAX = 8192 };

static struct {
    struct rig rig;
    struct plug *plugs[PLUGS], *peer;
    struct line lines[LINES];
    unsigned line_count;
} play;

/* --- heads ---------------------------------------------------------------------------------------------- */

static bool lies_in(struct str part, struct str whole)
{
    return !part.ptr || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static int read_head(struct str in)
{
    struct http_request r;
    const char *why = NULL;
    char *copy = malloc(in.len ? in.len : 1);
    if (in.len)
        memcpy(copy, in.ptr, in.len);
    struct str whole = str_of(copy, in.len);
    int status = http_read_request(whole, &r, &why);
    demand(status == 0 || status == 200 || (status >= 400 && status <= 505 && why && *why));
    demand(r.head_len <= in.len);
    demand(status != 200 || (lies_in(r.method, whole) && lies_in(r.path, whole) && lies_in(r.origin, whole)));
    demand(status != 200 || (r.method.len && r.path.len && !memchr(r.path.ptr, '?', r.path.len)));
    free(copy);
    return status;
}

/* What a part of it is refused for, the whole is refused for, too. */
static void check_heads(struct str in)
{
    int whole = read_head(in);
    for (size_t len = in.len; len > 0; len -= 1 + len / 8) {
        int part = read_head(str_of(in.ptr, len - 1));
        demand(part == 0 || part == whole);
    }
}

/* --- answers -------------------------------------------------------------------------------------------- */

static void note_transport(struct str body)
{
    static const char key[] = "\"transport\": \"";
    const char *at = body.len ? memmem(body.ptr, body.len, key, sizeof key - 1) : NULL;
    if (!at || play.line_count == LINES)
        return;
    at += sizeof key - 1;
    demand((size_t)(body.ptr + body.len - at) > ID_LEN && at[ID_LEN] == '"');
    memcpy(play.lines[play.line_count++].id, at, ID_LEN);
}

/* RawSocket or WebSocket: there anything may look like an answer. */
static bool speaks_wamp(const struct plug *p)
{
    struct str all = wamp_buf_str(&p->octets);
    return str_starts(all, STR("\x7f")) || (all.len && memmem(all.ptr, all.len, "HTTP/1.1 101 ", 13));
}

/* Takes the answers that are whole. */
static void take_answers(struct plug *p)
{
    struct str head;
    int status;
    if (speaks_wamp(p))
        return;
    while ((status = web_answer(p, &head))) {
        demand(str_starts(head, STR("HTTP/1.1 ")) && status >= 100 && status <= 505);
        struct wamp_http_head parts;
        size_t used;
        const char *why;
        demand(wamp_http_read_head(head, &parts, &used, &why) == WAMP_HTTP_WHOLE && wamp_http_headers_ok(&parts));
        demand(status != 204 || p->text.len == 0);
        note_transport(p->text);
    }
    char next = p->octets.len > p->taken ? p->octets.ptr[p->taken] : 'H';
    demand(p->conn || next == 'H');
}

/* --- acts ----------------------------------------------------------------------------------------------- */

static unsigned digit(struct str s)
{
    return s.len && s.ptr[0] >= '0' && s.ptr[0] <= '9' ? (unsigned)(s.ptr[0] - '0') : 0;
}

static void say(struct plug *p, struct str text)
{
    struct wamp_buf out = {0};
    fail_pause();
    for (size_t i = 0; i < text.len && out.len < TEXT_MAX; i++) {
        char c = text.ptr[i];
        if (c == '`')
            wamp_buf_add_str(&out, STR("\r\n"));
        else if (c == '^')
            wamp_buf_add_char(&out, 0x1e);
        else if (c == '@' && i + 1 < text.len)
            wamp_buf_add_str(&out, str_z(play.lines[digit(str_from(text, ++i))].id));
        else
            wamp_buf_add_char(&out, c);
    }
    fail_resume();
    if (out.len)
        plug_octets(p, out.ptr, out.len);
    fail_pause();
    wamp_buf_fini(&out);
    fail_resume();
}

static void peer_says(struct str text)
{
    char json[TEXT_MAX];
    size_t len = text.len < sizeof json ? text.len : sizeof json - 1;
    memcpy(json, text.ptr, len);
    json[len] = '\0';
    plug_say(play.peer, json);
}

static void publish(void)
{
    enum { SIZE = 10000 };
    static char json[SIZE];
    memset(json, 'x', sizeof json);
    memcpy(json, "[16,1,{},\"t\",[\"", 15);
    memcpy(json + SIZE - 4, "\"]]", 4);
    plug_say(play.peer, json);
}

static void turn_clock(unsigned magnitude)
{
    wamp_ms ms = 1;
    while (magnitude--)
        ms *= 10;
    rig_advance(&play.rig, ms > 100000 ? 100000 : ms);
}

static void shut_down(bool entirely)
{
    struct rig *rig = &play.rig;
    router_say_goodbye(&rig->router, rig->hub.now);
    hub_say_farewell(&rig->hub);
    if (entirely)
        hub_close_all(&rig->hub);
    rig_turn(rig);
}

static void act(char what, struct str rest)
{
    struct plug *p = play.plugs[digit(rest) % PLUGS];
    switch (what) {
    case 'a':
        turn_clock(digit(rest));
        break;
    case 'e':
        publish();
        break;
    case 'h':
        if (p->conn)
            plug_hang_up(p);
        break;
    case 'q':
        p->room = 0;
        break;
    case 'Q':
        plug_drain(p, p->room == SIZE_MAX ? SIZE_MAX : 1000);
        break;
    case 'f':
        fail_nth(digit(rest) + 1);
        break;
    case 's':
    case 'S':
        shut_down(what == 'S');
        break;
    }
}

static void perform(struct str line)
{
    if (!line.len)
        return;
    if (line.ptr[0] == '<')
        peer_says(str_from(line, 1));
    else if (line.ptr[0] >= '0' && line.ptr[0] < '0' + PLUGS)
        say(play.plugs[line.ptr[0] - '0'], str_from(line, 1));
    else
        act(line.ptr[0], str_from(line, 1));
    fail_pause();
    for (int i = 0; i < PLUGS; i++)
        take_answers(play.plugs[i]);
    fail_resume();
}

static void run_play(struct str rest)
{
    size_t before = mem_live_blocks();
    memset(&play, 0, sizeof play);
    rig_init(&play.rig);
    for (int i = 0; i < PLUGS; i++)
        play.plugs[i] = web_connect(&play.rig);
    play.peer = rig_session(&play.rig, "");
    while (rest.len) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        struct str line = str_of(rest.ptr, end ? (size_t)(end - rest.ptr) : rest.len);
        rest = str_from(rest, line.len + (end != NULL));
        perform(line);
    }
    fail_nth(0);
    rig_fini(&play.rig);
    demand(mem_live_blocks() == before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_of((const char *)data, size);
    if (in.len && in.ptr[0] == '!')
        check_heads(str_from(in, 1));
    else
        run_play(in);
    return 0;
}
