/* WebSocket, all that comes from a stranger: whatever the cuts, the same events as a naive decoder finds in the
 * whole stream; a verdict on a request or a response never changes when more octets come.
 *
 *     what (client, server; frames, request, response)  cuts  limit  octets..
 *
 * spec: B-047, B-098 */
#include "tests/fuzz/fuzz.h"

#include "common/base64.h"
#include "common/utf8.h"
#include "common/websocket.h"

#include <stdlib.h>

enum { IS_SERVER = 1, SKIP_UTF8 = 2, UPGRADE = 4 };

/* --- octets in memory of exactly their size, so that a read beyond them is seen ------------------------- */

static char *copy_of(struct str octets)
{
    char *copy = malloc(octets.len ? octets.len : 1);
    if (octets.len)
        memcpy(copy, octets.ptr, octets.len);
    return copy;
}

/* --- frames --------------------------------------------------------------------------------------------- */

static void note(struct wamp_buf *log, enum wamp_frame_event event, const struct wamp_frame_in *f)
{
    wamp_buf_addf(log, "%d %u %d %zu ", event, f->code, f->text, f->octets.len);
    wamp_buf_add_str(log, f->octets);
}

static bool note_error(struct wamp_buf *log, unsigned code)
{
    note(log, WAMP_FRAME_ERROR, &(struct wamp_frame_in){.code = code});
    return false;
}

/* The naive decoder: its state, and one frame a step, all of it there. */
struct naive {
    const struct wamp_ws *settings;
    struct wamp_buf message, log;
    bool in_message, text;
};

struct frame {
    unsigned first, second;
    uint64_t len;
    struct str payload;
};

static unsigned frame_error(const struct naive *n, const struct frame *f)
{
    unsigned opcode = f->first & 15, short_len = f->second & 127;
    bool control = opcode >= 8, masked = f->second >= 128, fin = f->first >= 128;
    bool is_longer_than_needed = (short_len == 126 && f->len < 126) || (short_len == 127 && f->len < 65536);
    if (f->first & 0x70 || masked != n->settings->is_server || is_longer_than_needed || f->len >> 63)
        return 1002;
    if ((opcode > 2 && opcode < 8) || opcode > 10 || (control && (!fin || short_len > 125)))
        return 1002;
    if (!control && n->in_message != (opcode == 0))
        return 1002;
    bool too_big = f->len > n->settings->max_message || n->message.len + f->len > n->settings->max_message;
    return !control && too_big ? 1009 : 0;
}

static bool naive_close(struct naive *n, struct str payload)
{
    unsigned code = payload.len < 2 ? 1005 : (unsigned)(uint8_t)payload.ptr[0] << 8 | (uint8_t)payload.ptr[1];
    struct wamp_frame_in f = {.octets = payload.len < 2 ? payload : str_from(payload, 2), .code = code};
    bool known = code >= 1000 && code < 1015 && code != 1004 && code != 1006;
    if (payload.len == 1 || (payload.len && (!(known || (code >= 3000 && code < 5000)) || code == 1005)))
        return note_error(&n->log, 1002);
    if (!wamp_utf8_ok(f.octets))
        return note_error(&n->log, 1007);
    note(&n->log, WAMP_FRAME_CLOSE, &f);
    return true;
}

static bool naive_data(struct naive *n, const struct frame *f)
{
    n->text = f->first & 15 ? (f->first & 15) == 1 : n->text;
    n->in_message = f->first < 128;
    wamp_buf_add_str(&n->message, f->payload);
    if (n->in_message)
        return true;
    struct wamp_frame_in whole = {.octets = wamp_buf_str(&n->message), .text = n->text};
    if (n->text && !n->settings->skip_utf8 && !wamp_utf8_ok(whole.octets))
        return note_error(&n->log, 1007);
    note(&n->log, WAMP_FRAME_MESSAGE, &whole);
    wamp_buf_reset(&n->message);
    return true;
}

static bool naive_take(struct naive *n, const struct frame *f)
{
    unsigned opcode = f->first & 15;
    if (opcode < 8)
        return naive_data(n, f);
    if (opcode == 8)
        return naive_close(n, f->payload);
    note(&n->log, opcode == 9 ? WAMP_FRAME_PING : WAMP_FRAME_PONG, &(struct wamp_frame_in){.octets = f->payload});
    return true;
}

/* Takes a frame off the front, unmasked in place; false when there is none, or it ends the connection. */
static bool naive_step(struct naive *n, struct str *in)
{
    const uint8_t *p = (const uint8_t *)in->ptr;
    struct frame f;
    size_t size = 2;
    if (in->len < 2)
        return false;
    f.first = p[0];
    f.second = p[1];
    f.len = f.second & 127;
    unsigned more = f.len == 126 ? 2 : f.len == 127 ? 8 : 0, mask = f.second & 128 ? 4 : 0;
    if (in->len < size + more + mask)
        return false;
    for (f.len = more ? 0 : f.len; more; more--)
        f.len = f.len * 256 + p[size++];
    unsigned error = frame_error(n, &f);
    if (error)
        return note_error(&n->log, error);
    if (in->len - size - mask < f.len)
        return false;
    f.payload = str_of(in->ptr + size + mask, (size_t)f.len);
    for (size_t i = 0; mask && i < f.payload.len; i++)
        ((char *)f.payload.ptr)[i] ^= (char)p[size + i % 4];
    *in = str_from(*in, size + mask + (size_t)f.len);
    return naive_take(n, &f);
}

/* Feeds one piece; false after an error. */
static bool feed(struct wamp_ws *ws, struct str piece, struct wamp_buf *log)
{
    char *copy = copy_of(piece);
    struct str in = str_of(copy, piece.len);
    struct wamp_frame_in f;
    enum wamp_frame_event event;
    while ((event = wamp_ws_next(ws, &in, &f)) != WAMP_FRAME_NONE) {
        note(log, event, &f);
        if (event == WAMP_FRAME_ERROR)
            break;
    }
    demand(event == WAMP_FRAME_ERROR || (in.len == 0 && !ws->lent));
    demand(ws->part.cap <= 64 + 2 * ws->part.len && ws->message.cap <= 64 + 2 * ws->message.len);
    free(copy);
    return event == WAMP_FRAME_NONE;
}

static void check_frames(const struct wamp_ws *settings, unsigned cuts, struct str stream)
{
    struct naive naive = {.settings = settings};
    struct wamp_ws ws = *settings;
    struct wamp_buf log = {0};
    char *copy = copy_of(stream);
    struct str rest = str_of(copy, stream.len);
    while (naive_step(&naive, &rest))
        ;
    bool ok = true;
    for (rest = stream; ok && rest.len;) {
        cuts = cuts * 1103515245 + 12345;
        size_t n = 1 + (cuts >> 16) % (cuts & 256 ? 8 : 300);
        n = n < rest.len ? n : rest.len;
        ok = feed(&ws, str_of(rest.ptr, n), &log);
        rest = str_from(rest, n);
    }
    demand(str_eq(wamp_buf_str(&log), wamp_buf_str(&naive.log)));
    wamp_ws_fini(&ws);
    wamp_buf_fini(&log);
    wamp_buf_fini(&naive.log);
    wamp_buf_fini(&naive.message);
    free(copy);
}

/* --- the upgrade ---------------------------------------------------------------------------------------- */

static bool lies_in(struct str part, struct str whole)
{
    return !part.ptr || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

/* What was accepted is answered so that a client with that key is content. */
static void check_accept(const struct wamp_ws_request *r)
{
    struct wamp_buf out = {0}, again = {0};
    char nonce[18];
    size_t used;
    int status;
    const char *why;
    wamp_base64_decode(r->key, nonce);
    wamp_base64_encode(&again, str_of(nonce, 16));
    wamp_ws_accept(&out, r, STR(""));
    if (str_eq(wamp_buf_str(&again), r->key)) {  /* else it has bits that stand for nothing */
        struct str answer = wamp_buf_str(&out);
        demand(wamp_ws_read_response(answer, r->ser, (const uint8_t *)nonce, &used, &status, &why) == 101);
        demand(used == out.len);
    }
    wamp_buf_fini(&out);
    wamp_buf_fini(&again);
}

static void check_refusal(int status, const char *why)
{
    static const uint8_t nonce[16];
    struct wamp_buf out = {0};
    size_t used;
    int seen;
    const char *ignored;
    demand(why && *why);
    wamp_ws_refuse(&out, status, why);
    demand(wamp_ws_read_response(wamp_buf_str(&out), WAMP_JSON, nonce, &used, &seen, &ignored) == -1);
    demand(seen == status && used + strlen(why) + 1 == out.len);
    wamp_buf_fini(&out);
}

static int read_request(struct str in, size_t *used)
{
    char *copy = copy_of(in);
    struct str whole = str_of(copy, in.len);
    struct wamp_ws_request r;
    const char *why = NULL;
    int status = wamp_ws_read_request(whole, &r, used, &why);
    demand(status == 0 || status == 101 || (status >= 400 && status <= 431) || status == 501);
    demand(*used <= in.len);
    if (status == 101) {
        const struct str strings[] = {r.target, r.host, r.origin, r.key, r.user_agent, r.protocols};
        for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
            demand(lies_in(strings[i], str_of(copy, *used)));
        check_accept(&r);
    } else if (status) {
        check_refusal(status, why);
    }
    free(copy);
    return status;
}

static int read_response(struct str in, size_t *used)
{
    static const uint8_t *const nonce = (const uint8_t *)"the sample nonce";
    char *copy = copy_of(in);
    const char *why = NULL;
    int status, result = wamp_ws_read_response(str_of(copy, in.len), WAMP_JSON, nonce, used, &status, &why);
    demand(result == 0 || result == 101 || (result == -1 && why && *why));
    demand(status >= 0 && status <= 999 && *used <= in.len);
    free(copy);
    return result;
}

static void check_head(int (*read)(struct str, size_t *), unsigned cuts, struct str octets)
{
    size_t used, less;
    int whole = read(octets, &used);
    if (whole == 101) {
        demand(read(str_of(octets.ptr, used), &less) == 101 && less == used);
        demand(read(str_of(octets.ptr, used - 1), &less) == 0);
    }
    for (int i = 0; octets.len && i < 8; i++) {
        cuts = cuts * 1103515245 + 12345;
        int part = read(str_of(octets.ptr, (cuts >> 8) % octets.len), &less);
        demand(part == 0 || part == whole);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, data + size};
    unsigned what = fuzz_byte(&in), cuts = fuzz_byte(&in), limit = fuzz_byte(&in);
    struct wamp_ws settings = {
        .is_server = what & IS_SERVER,
        .skip_utf8 = what & SKIP_UTF8,
        .max_message = limit * limit,
    };
    struct str octets = fuzz_octets(&in, size);
    if (what & UPGRADE)
        check_head(what & IS_SERVER ? read_request : read_response, cuts, octets);
    else
        check_frames(&settings, cuts, octets);
    return 0;
}
