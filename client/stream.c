#include "client/stream.h"

#include "client/resolve.h"
#include "client/timer.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    ATTEMPT_MS = 3000,     /* for one address, where there are more to try */
    KEPT_BYTES = 1 << 18,  /* of a buffer that once held much */
    TLS_READ_BYTES = 16384,
};

void wamp_stream_init(struct stream *s, const struct config *config, struct tls_context **context, int epoll_fd)
{
    *s = (struct stream){
        .config = config, .context = context, .epoll_fd = epoll_fd, .fd = -1, .attempt_until = WAMP_NEVER};
}

void wamp_stream_break(struct stream *s, const char *why)
{
    if (s->state == STREAM_BROKEN)
        return;
    s->state = STREAM_BROKEN;
    wamp_why(&s->why, "%s", why);
}

static void close_socket(struct stream *s)
{
    if (s->fd >= 0)
        close(s->fd);  /* and out of the epoll */
    s->fd = -1;
    s->watched = 0;
}

void wamp_stream_fini(struct stream *s)
{
    if (s->tls && s->state == STREAM_OPEN) {
        wamp_stream_flush(s);
        wamp_tls_farewell(s->tls);
    }
    wamp_stream_flush(s);
    close_socket(s);
    wamp_resolve_drop(s->resolve);
    if (s->addresses)
        freeaddrinfo(s->addresses);
    wamp_tls_free(s->tls);
    wamp_buf_fini(&s->out);
    wamp_buf_fini(&s->wire);
}

/* --- connecting ---------------------------------------------------------------------------------------------- */

/* A connection that died without a word is noticed within about a minute. */
static void set_options(int fd)
{
    static const struct {
        int level, name, value;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},    {SOL_SOCKET, SO_KEEPALIVE, 1}, {IPPROTO_TCP, TCP_KEEPIDLE, 30},
        {IPPROTO_TCP, TCP_KEEPINTVL, 10}, {IPPROTO_TCP, TCP_KEEPCNT, 3}, {IPPROTO_TCP, TCP_USER_TIMEOUT, 60000},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof options[i].value);
}

/* A connecting socket, watched. False: not even that. */
static bool start_connect(struct stream *s, int family, const struct sockaddr *address, socklen_t len)
{
    close_socket(s);
    s->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->fd < 0)
        return false;
    if (family != AF_UNIX)
        set_options(s->fd);
    s->watched = EPOLLOUT;
    struct epoll_event ev = {.events = s->watched};
    if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->fd, &ev))
        return false;
    return !connect(s->fd, address, len) || errno == EINPROGRESS;
}

static wamp_rc fail(struct stream *s, int err)
{
    char text[128];
    snprintf(text, sizeof text, "%s", strerror(err));
    wamp_stream_break(s, text);
    return WAMP_E_LOST;
}

/* Tries addresses until one begins to connect. */
static wamp_rc try_address(struct stream *s, int64_t now)
{
    int err = EADDRNOTAVAIL;
    for (; s->address; s->address = s->address->ai_next) {
        s->attempt_until = s->address->ai_next ? now + ATTEMPT_MS : WAMP_NEVER;
        if (start_connect(s, s->address->ai_family, s->address->ai_addr, s->address->ai_addrlen))
            return WAMP_OK;
        err = errno;
    }
    return fail(s, err);
}

static wamp_rc connect_unix(struct stream *s)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, s->config->url.host, strlen(s->config->url.host) + 1);  /* at most 107: url.c */
    bool ok = start_connect(s, AF_UNIX, (struct sockaddr *)&address, sizeof address);
    return ok ? WAMP_OK : fail(s, errno);
}

static wamp_rc step_resolving(struct stream *s, int64_t now)
{
    const struct url *url = &s->config->url;
    if (url->is_unix)
        return connect_unix(s);
    if (!s->resolve)
        s->resolve = wamp_resolve_start(url->host, url->port, s->epoll_fd);
    if (!s->resolve)
        return fail(s, ENOMEM);
    wamp_rc rc = wamp_resolve_poll(s->resolve, &s->addresses, &s->why);
    if (rc == WAMP_E_AGAIN)
        return rc;
    wamp_resolve_drop(s->resolve);
    s->resolve = NULL;
    if (rc) {
        s->state = STREAM_BROKEN;
        return rc;
    }
    s->address = s->addresses;
    return try_address(s, now);
}

static wamp_rc next_address(struct stream *s, int64_t now, int err)
{
    if (!s->address || !s->address->ai_next)
        return fail(s, err);
    s->address = s->address->ai_next;
    wamp_rc rc = try_address(s, now);
    return rc ? rc : WAMP_E_AGAIN;
}

static wamp_rc step_connecting(struct stream *s, int64_t now)
{
    struct sockaddr_storage peer;
    socklen_t peer_len = sizeof peer, err_len = sizeof(int);
    int err = 0;
    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &err_len);
    if (err)
        return next_address(s, now, err);
    if (getpeername(s->fd, (struct sockaddr *)&peer, &peer_len))
        return now >= s->attempt_until ? next_address(s, now, ETIMEDOUT) : WAMP_E_AGAIN;
    s->attempt_until = WAMP_NEVER;
    return WAMP_OK;
}

/* Encrypted octets into OpenSSL, as many as the socket has. */
static wamp_rc feed(struct stream *s)
{
    char octets[TLS_READ_BYTES];
    ssize_t n = recv(s->fd, octets, sizeof octets, 0);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? WAMP_E_AGAIN : fail(s, errno);
    if (n == 0) {
        wamp_stream_break(s, "closed by the router");
        return WAMP_E_LOST;
    }
    if (!wamp_tls_feed(s->tls, octets, (size_t)n))
        return fail(s, ENOMEM);
    return WAMP_OK;
}

static wamp_rc step_securing(struct stream *s, int64_t now)
{
    struct why why = {""};
    (void)now;
    if (!s->config->url.tls)
        return WAMP_OK;
    if (!*s->context)
        *s->context = wamp_tls_context_new(s->config, &why);
    if (*s->context && !s->tls)
        s->tls = wamp_tls_new(*s->context, s->config, &why);
    wamp_rc rc = s->tls ? wamp_tls_handshake(s->tls, &why) : WAMP_E_LOST;
    while (rc == WAMP_E_AGAIN && feed(s) == WAMP_OK)
        rc = wamp_tls_handshake(s->tls, &why);
    if (rc && rc != WAMP_E_AGAIN)
        wamp_stream_break(s, why.text);
    if (s->tls)
        wamp_stream_flush(s);
    return s->state == STREAM_BROKEN ? WAMP_E_LOST : rc;
}

static wamp_rc (*const steps[])(struct stream *s, int64_t now) = {
    [STREAM_RESOLVING] = step_resolving,
    [STREAM_CONNECTING] = step_connecting,
    [STREAM_SECURING] = step_securing,
};

wamp_rc wamp_stream_advance(struct stream *s, int64_t now)
{
    while (s->state < STREAM_OPEN) {
        wamp_rc rc = steps[s->state](s, now);
        if (rc)
            return rc;
        s->state++;
    }
    return s->state == STREAM_OPEN ? WAMP_OK : WAMP_E_LOST;
}

/* --- reading ------------------------------------------------------------------------------------------------- */

static wamp_rc read_plain(struct stream *s, char *to, size_t size, size_t *len)
{
    ssize_t n = recv(s->fd, to, size, 0);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? WAMP_E_AGAIN : fail(s, errno);
    if (n == 0) {
        wamp_stream_break(s, "closed by the router");
        return WAMP_E_LOST;
    }
    *len = (size_t)n;
    s->drained = (size_t)n < size;
    return WAMP_OK;
}

static wamp_rc read_tls(struct stream *s, char *to, size_t size, size_t *len)
{
    struct why why = {""};
    wamp_rc rc = wamp_tls_read(s->tls, to, size, len, &why);
    while (rc == WAMP_E_AGAIN) {
        wamp_rc fed = feed(s);
        if (fed) {
            rc = fed;
            break;
        }
        rc = wamp_tls_read(s->tls, to, size, len, &why);
    }
    s->tls_may_hold_more = rc == WAMP_OK;
    if (rc && rc != WAMP_E_AGAIN)
        wamp_stream_break(s, why.text);
    return rc;
}

wamp_rc wamp_stream_read(struct stream *s, char *to, size_t size, size_t *len)
{
    if (s->state != STREAM_OPEN)
        return WAMP_E_LOST;
    if (s->drained) {  /* asking again would be a system call for nothing */
        s->drained = false;
        return WAMP_E_AGAIN;
    }
    return s->tls ? read_tls(s, to, size, len) : read_plain(s, to, size, len);
}

/* --- writing ------------------------------------------------------------------------------------------------- */

static struct wamp_buf *wire_of(struct stream *s)
{
    return s->tls ? &s->wire : &s->out;
}

size_t wamp_stream_queued(const struct stream *s)
{
    return s->out.len + (s->tls ? s->wire.len : 0) - s->sent;
}

static void encrypt(struct stream *s)
{
    if (s->state == STREAM_OPEN && !wamp_tls_write(s->tls, s->out.ptr, s->out.len))
        wamp_stream_break(s, "TLS cannot encrypt");
    wamp_buf_reset(&s->out);
    wamp_tls_output(s->tls, &s->wire);
    if (s->wire.failed)
        wamp_stream_break(s, "out of memory");
}

/* Everything was sent: the buffer starts anew, and does not keep what a burst needed. */
static void empty(struct stream *s, struct wamp_buf *b)
{
    s->sent = 0;
    if (b->cap > KEPT_BYTES)
        wamp_buf_fini(b);
    else
        wamp_buf_reset(b);
}

void wamp_stream_flush(struct stream *s)
{
    if (s->fd < 0 || (s->state != STREAM_OPEN && s->state != STREAM_SECURING))
        return;
    if (s->tls)
        encrypt(s);
    struct wamp_buf *b = wire_of(s);
    while (s->sent < b->len) {
        ssize_t n = send(s->fd, b->ptr + s->sent, b->len - s->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            if (errno != EAGAIN)
                fail(s, errno);
            return;
        }
        s->sent += (size_t)n;
    }
    if (b->cap)
        empty(s, b);
}

/* --- waiting ------------------------------------------------------------------------------------------------- */

void wamp_stream_watch(struct stream *s, bool read)
{
    if (s->fd < 0)
        return;
    uint32_t wanted =
        s->state == STREAM_CONNECTING ? EPOLLOUT : (read ? EPOLLIN : 0) | (wamp_stream_queued(s) ? EPOLLOUT : 0);
    if (wanted == s->watched)
        return;
    struct epoll_event ev = {.events = wanted};
    epoll_ctl(s->epoll_fd, EPOLL_CTL_MOD, s->fd, &ev);
    s->watched = wanted;
}

int64_t wamp_stream_deadline(const struct stream *s)
{
    bool starts = s->state == STREAM_RESOLVING && !s->resolve;
    if (starts || s->state == STREAM_BROKEN || s->tls_may_hold_more)
        return 0;
    return s->attempt_until;
}
