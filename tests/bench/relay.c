/* The yardstick of `make bench`: a WebSocket relay that knows nothing of WAMP.
 *
 * It moves the same frames over the same two hops as a router does, with the same batching: everything readable in a
 * turn is read, forwarded into the receivers' buffers, and every receiver gets one send at the end of the turn. Who gets
 * a frame is told by the path in the upgrade request and, for answers to callers, by a number at a fixed place of the
 * frame (see load.c). So what it costs is what the sockets cost.
 *
 *     relay        prints "relay ready PORT"; ends with its standard input */
#include "common/websocket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PEERS_MAX = 4096, READ_SIZE = 65536 };

enum role { NEW, CALLER, CALLEE, PUBLISHER, SUBSCRIBER, BROADCASTER, LISTENER, ROLE_COUNT };
static const char *const paths[ROLE_COUNT] = {
    [CALLER] = "/caller/", [CALLEE] = "/callee/",       [PUBLISHER] = "/pub/", [SUBSCRIBER] = "/sub/",
    [BROADCASTER] = "/broadcast/", [LISTENER] = "/listen/"};

struct peer {
    int fd;
    enum role role;
    bool upgraded, dirty, blocked;
    struct wamp_buf head;  /* of the upgrade request so far */
    struct wamp_ws ws;
    struct wamp_buf out;
};

static int epoll_fd;
static struct peer *by_role[ROLE_COUNT][PEERS_MAX];
static unsigned listeners;
static struct peer *dirty[PEERS_MAX];
static unsigned dirty_count;

static void mark_dirty(struct peer *p)
{
    if (!p->dirty)
        dirty[dirty_count++] = p;
    p->dirty = true;
}

static void forward(struct peer *to, struct str frame, bool text)
{
    uint8_t header[WAMP_WS_HEADER_ROOM];
    if (!to)
        return;
    size_t n = wamp_ws_header(header, text ? WAMP_WS_TEXT : WAMP_WS_BINARY, frame.len, NULL);
    wamp_buf_add(&to->out, header, n);
    wamp_buf_add_str(&to->out, frame);
    mark_dirty(to);
}

/* JSON: [70,1CCCssssss,..: ten digits from the fifth octet; MessagePack: 32 bits behind 0xce. */
static unsigned caller_of(struct str frame, bool text)
{
    const uint8_t *p = (const uint8_t *)frame.ptr;
    if (text)
        return (unsigned)((p[5] - '0') * 100 + (p[6] - '0') * 10 + (p[7] - '0'));
    return (unsigned)(p[3] & 0x0f) << 8 | p[4];
}

static void route(struct peer *from, unsigned index, struct str frame, bool text)
{
    switch (from->role) {
    case CALLER:
        forward(by_role[CALLEE][0], frame, text);
        break;
    case CALLEE:
        forward(by_role[CALLER][caller_of(frame, text)], frame, text);
        break;
    case PUBLISHER:
        forward(by_role[SUBSCRIBER][index], frame, text);
        break;
    case BROADCASTER:
        for (unsigned i = 0; i < listeners; i++)
            forward(by_role[LISTENER][i], frame, text);
        break;
    default:
        break;
    }
}

static void send_out(struct peer *p)
{
    size_t sent = 0;
    while (sent < p->out.len) {
        ssize_t n = send(p->fd, p->out.ptr + sent, p->out.len - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0)
            sent = p->out.len;
        else
            sent += (size_t)n;
    }
    memmove(p->out.ptr, p->out.ptr + sent, p->out.len - sent);
    p->out.len -= sent;
    if (p->blocked == (p->out.len > 0))
        return;
    p->blocked = !p->blocked;
    struct epoll_event e = {.events = EPOLLIN | (p->blocked ? EPOLLOUT : 0), .data.ptr = p};
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, p->fd, &e);
}

static unsigned index_of[PEERS_MAX * 4];  /* by fd */

static bool upgrade(struct peer *p, struct str *in)
{
    struct wamp_ws_request request;
    const char *why;
    size_t used;
    size_t before = p->head.len;
    wamp_buf_add_str(&p->head, *in);
    if (wamp_ws_read_request(wamp_buf_str(&p->head), &request, &used, &why) != 101)
        return false;
    for (int role = CALLER; role < ROLE_COUNT; role++) {
        if (!str_starts(request.target, str_z(paths[role])))
            continue;
        p->role = (enum role)role;
        index_of[p->fd] = (unsigned)atoi(request.target.ptr + strlen(paths[role]));
        by_role[role][index_of[p->fd]] = p;
        listeners += role == LISTENER;
    }
    wamp_ws_accept(&p->out, &request, STR(""));
    p->upgraded = true;
    mark_dirty(p);
    *in = str_from(*in, used - before);
    return true;
}

static void peer_close(struct peer *p)
{
    by_role[p->role][index_of[p->fd]] = NULL;
    listeners -= p->role == LISTENER;
    for (unsigned i = 0; i < dirty_count; i++)
        if (dirty[i] == p)
            dirty[i] = dirty[--dirty_count];
    close(p->fd);
    wamp_ws_fini(&p->ws);
    wamp_buf_fini(&p->out);
    wamp_buf_fini(&p->head);
    free(p);
}

static void on_readable(struct peer *p)
{
    static char octets[READ_SIZE];
    struct wamp_frame_in frame;
    ssize_t n = recv(p->fd, octets, sizeof octets, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        peer_close(p);
        return;
    }
    if (n < 0)
        return;
    struct str in = str_of(octets, (size_t)n);
    if (!p->upgraded && !upgrade(p, &in))
        return;
    while (wamp_ws_next(&p->ws, &in, &frame) == WAMP_FRAME_MESSAGE)
        route(p, index_of[p->fd], frame.octets, frame.text);
}

static void on_connect(int listen_fd)
{
    int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    struct peer *p = calloc(1, sizeof *p);
    p->fd = fd;
    p->ws.is_server = p->ws.skip_utf8 = true;
    p->ws.max_message = 1 << 24;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = p};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e);
}

static int listen_any(unsigned *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 1024) || getsockname(fd, (struct sockaddr *)&a, &len))
        return -1;
    *port = ntohs(a.sin_port);
    return fd;
}

int main(void)
{
    unsigned port;
    struct epoll_event events[256];
    int listen_fd = listen_any(&port);
    if (listen_fd < 0)
        return 1;
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listen_fd, &(struct epoll_event){.events = EPOLLIN, .data.ptr = &listen_fd});
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &(struct epoll_event){.events = EPOLLIN, .data.ptr = NULL});
    printf("relay ready %u\n", port);
    fflush(stdout);
    for (;;) {
        int n = epoll_wait(epoll_fd, events, 256, -1);
        for (int i = 0; i < n; i++) {
            if (!events[i].data.ptr)
                return 0;
            if (events[i].data.ptr == &listen_fd)
                on_connect(listen_fd);
            else if (events[i].events & EPOLLOUT)
                mark_dirty(events[i].data.ptr);
            else
                on_readable(events[i].data.ptr);
        }
        for (unsigned i = 0; i < dirty_count; i++) {
            dirty[i]->dirty = false;
            send_out(dirty[i]);
        }
        dirty_count = 0;
    }
}
