#include "tests/script/wire.h"

#include "common/batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const uint8_t nonce[16] = "wtc wtc wtc wtc";
static const uint8_t mask[4] = {0x5a, 0xa5, 0x3c, 0xc3};

__attribute__((format(printf, 2, 3))) static bool broken(struct wire *w, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(w->broken, sizeof w->broken, fmt, args);
    va_end(args);
    w->ended = true;
    return false;
}

/* --- sending -------------------------------------------------------------------------------------------- */

static void write_all(struct wire *w, const char *octets, size_t len)
{
    while (len && !w->ended) {
        ssize_t n = w->secure ? secure_write(w->secure, octets, len) : send(w->fd, octets, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return;  /* the peer has gone: what it said before is still to be read */
        octets += n;
        len -= (size_t)n;
    }
}

static void add_header(struct wire *w, struct wamp_buf *to, unsigned opcode, unsigned type, size_t len)
{
    uint8_t header[WAMP_WS_HEADER_ROOM];
    size_t n = 4;
    if (w->framing == WIRE_WEBSOCKET)
        n = wamp_ws_header(header, opcode, len, mask);
    else
        wamp_rs_header(header, type, len);
    wamp_buf_add(to, header, n);
}

static void send_frame(struct wire *w, unsigned opcode, unsigned type, struct str body)
{
    struct wamp_buf out = {0};
    add_header(w, &out, opcode, type, body.len);
    size_t start = out.len;
    wamp_buf_add_str(&out, body);
    if (w->framing == WIRE_WEBSOCKET)
        wamp_ws_mask(out.ptr + start, body.len, mask, 0);
    write_all(w, out.ptr, out.len);
    wamp_buf_fini(&out);
}

void wire_send(struct wire *w, struct str message)
{
    if (w->framing == WIRE_LONGPOLL)
        longpoll_send(&w->poll, message);
    else
        send_frame(w, wamp_ser_is_text(w->ser) ? WAMP_WS_TEXT : WAMP_WS_BINARY, 0, message);
}

void wire_ping(struct wire *w)
{
    char number[4] = {'w', 't', 'c', (char)('0' + w->pings++ % 10)};
    if (w->framing == WIRE_LONGPOLL)
        longpoll_receive(&w->poll);
    else
        send_frame(w, WAMP_WS_PING, 1, str_of(number, sizeof number));
}

void wire_send_close(struct wire *w)
{
    if (w->framing == WIRE_WEBSOCKET)
        send_frame(w, WAMP_WS_CLOSE, 0, STR("\x03\xe8"));
    wire_end_output(w);
}

void wire_end_output(struct wire *w)
{
    if (w->framing == WIRE_LONGPOLL)
        longpoll_say_close(&w->poll);
    else if (w->fd >= 0)
        shutdown(w->fd, SHUT_WR);
}

/* --- receiving ------------------------------------------------------------------------------------------ */

static void inbox_add(struct wire *w, struct str octets)
{
    struct wire_inbox *in = &w->inbox;
    if (in->count == in->room) {
        in->room = in->room ? 2 * in->room : 8;
        in->list = realloc(in->list, in->room * sizeof *in->list);
    }
    char *copy = malloc(octets.len + 1);
    if (!copy || !in->list)
        abort();
    if (octets.len)
        memcpy(copy, octets.ptr, octets.len);
    in->list[in->count++] = str_of(copy, octets.len);
}

struct str wire_take(struct wire *w)
{
    struct wire_inbox *in = &w->inbox;
    return in->first < in->count ? in->list[in->first++] : (struct str){0};
}

static void on_frame(struct wire *w, enum wamp_frame_event event, const struct wamp_frame_in *f)
{
    switch (event) {
    case WAMP_FRAME_MESSAGE:
        if (w->framing == WIRE_WEBSOCKET && f->text != wamp_ser_is_text(w->ser))
            broken(w, "a message in the wrong kind of frame");
        inbox_add(w, f->octets);
        return;
    case WAMP_FRAME_PING:
        send_frame(w, WAMP_WS_PONG, 2, f->octets);
        return;
    case WAMP_FRAME_PONG:
        w->pongs++;
        return;
    case WAMP_FRAME_CLOSE:
        w->close_code = f->code;
        wire_send_close(w);
        return;
    default:
        broken(w, "frames: %s", f->why);
    }
}

static void feed(struct wire *w, struct str octets)
{
    struct wamp_frame_in f;
    enum wamp_frame_event event;
    do {
        event =
            w->framing == WIRE_WEBSOCKET ? wamp_ws_next(&w->ws, &octets, &f) : wamp_rs_next(&w->rs, &octets, &f);
        if (event != WAMP_FRAME_NONE)
            on_frame(w, event, &f);
    } while (event != WAMP_FRAME_NONE && !w->ended);
}

/* Up to `room` octets, waited for; 0: nothing came in time, or the end. */
static size_t read_some(struct wire *w, char *to, size_t room, int ms)
{
    struct pollfd p = {.fd = w->fd, .events = POLLIN};
    ssize_t n;
    do {
        bool has_more = w->secure && secure_has_more(w->secure);
        if (w->ended || (!has_more && poll(&p, 1, ms) <= 0))
            return 0;
        n = w->secure ? secure_read(w->secure, to, room) : recv(w->fd, to, room, 0);
    } while (n < 0 && w->secure);
    if (n <= 0)
        w->ended = true;
    return n > 0 ? (size_t)n : 0;
}

static void on_body(struct wire *w, struct str body)
{
    struct str message = body;
    while (body.len) {
        if (w->poll.batched && !wamp_batch_next(w->ser, &body, &message)) {
            broken(w, "a batch that is not whole");
            return;
        }
        inbox_add(w, message);
        if (!w->poll.batched)
            return;
    }
}

/* A receive that was ended by the next one is the answer to a PING. One that brought messages is none: then it is
 * asked again. */
static bool read_longpoll(struct wire *w, int ms)
{
    struct str body;
    enum longpoll_event event = w->ended ? LONGPOLL_NOTHING : longpoll_read(&w->poll, ms, &body);
    if (event == LONGPOLL_MESSAGES)
        on_body(w, body);
    if (event == LONGPOLL_EMPTY && longpoll_waits(&w->poll))
        w->pongs = w->pings;
    if (event == LONGPOLL_ENDED)
        w->ended = true;
    if (!w->ended && (!longpoll_waits(&w->poll) || w->pongs < w->pings))
        longpoll_receive(&w->poll);
    return event != LONGPOLL_NOTHING && event != LONGPOLL_ENDED;
}

bool wire_read(struct wire *w, int ms)
{
    char octets[65536];
    if (w->framing == WIRE_LONGPOLL)
        return read_longpoll(w, ms);
    size_t n = read_some(w, octets, sizeof octets, ms);
    if (n)
        feed(w, str_of(octets, n));
    return n > 0;
}

/* --- opening -------------------------------------------------------------------------------------------- */

static int connect_tcp(unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return -1;
}

static int connect_unix(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool open_websocket(struct wire *w)
{
    struct wamp_buf out = {0};
    wamp_ws_request(&out, STR("127.0.0.1"), STR("/"), w->ser, nonce);
    write_all(w, out.ptr, out.len);
    wamp_buf_fini(&out);
    char head[WAMP_HTTP_HEAD_MAX];
    size_t len = 0, used = 0;
    int status = 0, http = 0;
    const char *why = "it ends too early";
    while (status == 0 && len < sizeof head) {
        size_t n = read_some(w, head + len, sizeof head - len, WIRE_PATIENCE_MS);
        if (n == 0)
            break;
        len += n;
        status = wamp_ws_read_response(str_of(head, len), w->ser, nonce, &used, &http, &why);
    }
    if (status != 101)
        return broken(w, "the upgrade was refused with HTTP status %d: %s", http, why);
    feed(w, str_of(head + used, len - used));
    return true;
}

static bool open_rawsocket(struct wire *w, size_t max_message)
{
    uint8_t hello[4];
    char answer[4];
    size_t len = 0, peer_max;
    wamp_rs_hello(hello, w->ser, max_message);
    write_all(w, (char *)hello, sizeof hello);
    while (len < sizeof answer) {
        size_t n = read_some(w, answer + len, sizeof answer - len, WIRE_PATIENCE_MS);
        if (n == 0)
            return broken(w, "no answer to the handshake");
        len += n;
    }
    int error = wamp_rs_read_answer((uint8_t *)answer, w->ser, &peer_max);
    return error == 0 || broken(w, "the handshake was refused with error %d", error);
}

static bool open_longpoll(struct wire *w, unsigned port)
{
    const char *why = "";
    int fds[LONGPOLL_CONNECTIONS];
    for (unsigned i = 0; i < LONGPOLL_CONNECTIONS; i++)
        fds[i] = connect_tcp(port);
    return longpoll_open(&w->poll, w->ser, w->ser == WAMP_MSGPACK, fds, &why) || broken(w, "%s", why);
}

bool wire_open(struct wire *w, enum wire_framing framing, enum wamp_ser ser, unsigned port, const char *path,
               bool tls, size_t max_message)
{
    size_t most = max_message ? max_message : (size_t)1 << 24;
    *w = (struct wire){.framing = framing, .ser = ser};
    w->ws.max_message = w->rs.max_message = most;
    if (framing == WIRE_LONGPOLL) {
        w->fd = -1;
        return open_longpoll(w, port);
    }
    w->fd = port ? connect_tcp(port) : connect_unix(path);
    if (w->fd < 0)
        return broken(w, "cannot connect: %s", strerror(errno));
    if (tls && !(w->secure = secure_connect(w->fd)))
        return broken(w, "no TLS");
    return framing == WIRE_WEBSOCKET ? open_websocket(w) : open_rawsocket(w, most);
}

void wire_close(struct wire *w)
{
    secure_free(w->secure);
    if (w->fd >= 0)
        close(w->fd);
    if (w->framing == WIRE_LONGPOLL)
        longpoll_close(&w->poll);
    wamp_ws_fini(&w->ws);
    wamp_rs_fini(&w->rs);
    for (size_t i = 0; i < w->inbox.count; i++)
        free((char *)w->inbox.list[i].ptr);
    free(w->inbox.list);
    *w = (struct wire){.fd = -1, .ended = true};
}
