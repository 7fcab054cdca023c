/* RawSocket, all that comes from a stranger: whatever the cuts, the same events as a naive decoder finds in the
 * whole stream.
 *
 *     cuts  L  handshake (4 octets)  frames..
 *
 * spec: A-RAW-01, T-57 */
#include "tests/fuzz/fuzz.h"

#include "common/rawsocket.h"

#include <stdlib.h>

/* --- handshake ------------------------------------------------------------------------------------------ */

/* The sides agree on what is one, and an answer of ours is taken. */
static void check_handshake(const uint8_t octets[4])
{
    enum wamp_ser ser = WAMP_JSON;
    size_t max = 0, again = 0;
    uint8_t answer[4];
    int error = wamp_rs_read_hello(octets, &ser, &max);
    if (!error) {
        demand(max >= 512 && max <= 1 << 24 && (max & (max - 1)) == 0);
        demand(wamp_rs_read_answer(octets, ser, &again) == 0 && again == max);
        wamp_rs_hello(answer, ser, max);
        demand(memcmp(answer, octets, 4) == 0);
    } else if (error > 0) {
        wamp_rs_refuse(answer, (enum wamp_rs_error)error);
        demand(wamp_rs_read_answer(answer, WAMP_JSON, &again) == error);
    } else {
        demand(octets[0] != 0x7f);
    }
    int result = wamp_rs_read_answer(octets, WAMP_CBOR, &again);
    demand(result >= -1 && result <= 15);
}

/* --- frames --------------------------------------------------------------------------------------------- */

static void note(struct wamp_buf *log, enum wamp_frame_event event, unsigned code, struct str octets)
{
    wamp_buf_addf(log, "%d %u %zu ", event, code, octets.len);
    wamp_buf_add_str(log, octets);
}

/* The naive decoder: takes a frame off the front; false when there is none, or it ends the connection. */
static bool naive_step(size_t max_message, struct str *in, struct wamp_buf *log)
{
    static const enum wamp_frame_event events[] = {WAMP_FRAME_MESSAGE, WAMP_FRAME_PING, WAMP_FRAME_PONG};
    const uint8_t *p = (const uint8_t *)in->ptr;
    if (in->len < 4)
        return false;
    size_t len = ((size_t)p[1] << 16) + ((size_t)p[2] << 8) + p[3];
    bool x = p[0] & 8, ok = p[0] < 16 && (p[0] & 7) < 3 && !(x && len);
    len = x ? 1 << 24 : len;
    if (!ok || len > max_message) {
        note(log, WAMP_FRAME_ERROR, ok ? 1009 : 1002, str_of(NULL, 0));
        return false;
    }
    if (in->len - 4 < len)
        return false;
    note(log, events[p[0] & 7], 0, str_of(in->ptr + 4, len));
    *in = str_from(*in, 4 + len);
    return true;
}

/* Feeds one piece, in memory of exactly its size; false after an error. */
static bool feed(struct wamp_rs *rs, struct str piece, struct wamp_buf *log)
{
    char *copy = malloc(piece.len);
    struct wamp_frame_in f;
    enum wamp_frame_event event;
    memcpy(copy, piece.ptr, piece.len);
    struct str in = str_of(copy, piece.len);
    while ((event = wamp_rs_next(rs, &in, &f)) != WAMP_FRAME_NONE) {
        note(log, event, f.code, f.octets);
        if (event == WAMP_FRAME_ERROR)
            break;
    }
    demand(event == WAMP_FRAME_ERROR || (in.len == 0 && !rs->lent));
    demand(rs->part.cap <= 64 + 2 * rs->part.len);
    free(copy);
    return event == WAMP_FRAME_NONE;
}

static void check_frames(size_t max_message, unsigned cuts, struct str stream)
{
    struct wamp_rs rs = {.max_message = max_message};
    struct wamp_buf log = {0}, expected = {0};
    bool ok = true;
    for (struct str rest = stream; naive_step(max_message, &rest, &expected);)
        ;
    for (struct str rest = stream; ok && rest.len;) {
        cuts = cuts * 1103515245 + 12345;
        size_t n = 1 + (cuts >> 16) % (cuts & 256 ? 8 : 300);
        n = n < rest.len ? n : rest.len;
        ok = feed(&rs, str_of(rest.ptr, n), &log);
        rest = str_from(rest, n);
    }
    demand(str_eq(wamp_buf_str(&log), wamp_buf_str(&expected)));
    wamp_rs_fini(&rs);
    wamp_buf_fini(&log);
    wamp_buf_fini(&expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, data + size};
    unsigned cuts = fuzz_byte(&in), length_code = fuzz_byte(&in) & 15;
    uint8_t handshake[4];
    for (int i = 0; i < 4; i++)
        handshake[i] = fuzz_byte(&in);
    check_handshake(handshake);
    check_frames((size_t)512 << length_code, cuts, fuzz_octets(&in, size));
    return 0;
}
