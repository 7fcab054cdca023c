#include "router/listener.h"

#include "common/log.h"
#include "common/mem.h"
#include "router/loop.h"
#include "router/tls_context.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BACKLOG = 1024,
    ACCEPT_BATCH = 64,         /* connections accepted in one turn: others have their turn, too */
    REST_MS = 100,             /* nothing is accepted for so long where not even the spare descriptor helps */
    NOTSENT_LOWAT = 64 << 10,  /* octets the kernel takes ahead: else it hides a slow peer behind MiBs */
    URL_ROOM = 160,
};

struct listener {
    struct listener *next;
    struct loop *loop;
    const struct listen_config *row;
    struct tls_context *tls;  /* NULL: none */
    int fd;
    int spare_fd;    /* closed to make room for a connection, so that this can be taken off the queue and closed */
    bool owns_path;  /* a file to be removed at the end */
    bool started;
    uv_poll_t poll;
    uv_timer_t rest;
    struct sockaddr_storage address;
    socklen_t address_len;
    char url[URL_ROOM];
};

/* --- binding -------------------------------------------------------------------------------------------- */

static struct listener *listener_new(const struct listen_config *row, const struct sockaddr *address,
                                     socklen_t len)
{
    struct listener *l = wamp_zalloc(sizeof *l);
    if (!l)
        return NULL;
    l->row = row;
    l->fd = -1;
    l->spare_fd = -1;
    memcpy(&l->address, address, len);
    l->address_len = len;
    return l;
}

static bool failed(const struct listener *l, const char *what)
{
    log_error("LISTEN", "%s: %s: %s", l->row->host ? l->row->host : l->row->path, what, strerror(errno));
    return false;
}

/* A path is in the way when nobody answers there any more. */
static void remove_stale_path(const struct listener *l)
{
    const struct sockaddr_un *un = (const void *)&l->address;
    struct stat st;
    if (lstat(un->sun_path, &st) || !S_ISSOCK(st.st_mode))
        return;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const void *)un, l->address_len) && errno == ECONNREFUSED)
        unlink(un->sun_path);
    if (fd >= 0)
        close(fd);
}

static void set_option(const struct listener *l, int level, int name, int64_t value)
{
    int number = (int)value;
    setsockopt(l->fd, level, name, &number, sizeof number);
}

/* Options of a listening socket are those of the connections it accepts: no system call for each. RawSocket has no
 * PING that all clients survive (T-61), so TCP itself looks for dead peers, as often as WebSocket does. */
static void set_tcp_options(const struct listener *l, const struct config *config)
{
    enum { KEEPALIVE_TRIES = 3 };
    int64_t idle_s = (config->ping_interval_ms + 999) / 1000, timeout_s = (config->ping_timeout_ms + 999) / 1000;
    set_option(l, SOL_SOCKET, SO_REUSEADDR, 1);
    set_option(l, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(l, IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOTSENT_LOWAT);
    if (!idle_s)
        return;
    set_option(l, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(l, IPPROTO_TCP, TCP_KEEPIDLE, idle_s);
    set_option(l, IPPROTO_TCP, TCP_KEEPINTVL, (timeout_s + KEEPALIVE_TRIES - 1) / KEEPALIVE_TRIES);
    set_option(l, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_TRIES);
}

/* "::" takes IPv4, too; any other address of IPv6 only what is sent to itself. */
static void set_v6_option(const struct listener *l)
{
    const struct sockaddr_in6 *in6 = (const void *)&l->address;
    set_option(l, IPPROTO_IPV6, IPV6_V6ONLY, !IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr));
}

static bool has_path(const struct listener *l)
{
    return l->address.ss_family == AF_UNIX && ((const struct sockaddr_un *)(const void *)&l->address)->sun_path[0];
}

/* From here on the file is ours to remove. */
static bool own_path(struct listener *l)
{
    const char *path = ((const struct sockaddr_un *)(const void *)&l->address)->sun_path;
    l->owns_path = true;
    return !l->row->mode || !chmod(path, (mode_t)l->row->mode);
}

static void write_url(struct listener *l)
{
    char host[64], port[8];
    if (l->row->scheme == LISTEN_UNIX) {
        snprintf(l->url, sizeof l->url, "unix:%s", l->row->path);
        return;
    }
    if (getnameinfo((const void *)&l->address, l->address_len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV))
        return;
    bool is_v6 = l->address.ss_family == AF_INET6;
    const char *scheme = listen_scheme_name(l->row->scheme);
    snprintf(l->url, sizeof l->url, "%s://%s%s%s:%s", scheme, is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
}

/* Certificates are read anew; where they are no good, those from before stay. */
static bool load_tls(struct listener *l)
{
    struct config_error err;
    struct tls_context *tls = l->row->tls.certificate ? tls_context_new(&l->row->tls, &err) : NULL;
    if (l->row->tls.certificate && !tls) {
        log_error("LISTEN", "%s: %s", l->row->host, err.text);
        return l->tls != NULL;
    }
    tls_context_free(l->tls);
    l->tls = tls;
    return true;
}

static bool bind_socket(struct listener *l, const struct config *config)
{
    l->fd = socket(l->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd < 0)
        return failed(l, "no socket");
    if (l->address.ss_family != AF_UNIX)
        set_tcp_options(l, config);
    if (l->address.ss_family == AF_INET6)
        set_v6_option(l);
    if (has_path(l))
        remove_stale_path(l);
    if (bind(l->fd, (const void *)&l->address, l->address_len))
        return failed(l, "cannot bind");
    if (has_path(l) && !own_path(l))
        return failed(l, "cannot set the mode");
    if (listen(l->fd, BACKLOG))
        return failed(l, "cannot listen");
    if (l->address.ss_family != AF_UNIX)
        getsockname(l->fd, (void *)&l->address, &l->address_len);
    write_url(l);
    return true;
}

/* --- addresses ------------------------------------------------------------------------------------------ */

static uint16_t port_of(const struct listener *l)
{
    return l->address.ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)(const void *)&l->address)->sin6_port
                                            : ((const struct sockaddr_in *)(const void *)&l->address)->sin_port;
}

static void set_port(struct sockaddr *address, uint16_t port)
{
    if (address->sa_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)address)->sin6_port = port;
    else
        ((struct sockaddr_in *)(void *)address)->sin_port = port;
}

static bool open_one(struct listener **all, const struct config *config, const struct listen_config *row,
                     const struct sockaddr *address, socklen_t len)
{
    struct listener *l = listener_new(row, address, len);
    if (!l)
        return false;
    l->next = *all;
    *all = l;
    return load_tls(l) && bind_socket(l, config);
}

static bool open_unix(struct listener **all, const struct config *config, const struct listen_config *row)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    size_t len = strnlen(row->path, sizeof un.sun_path - 1);
    memcpy(un.sun_path, row->path, len);
    if (un.sun_path[0] == '@')  /* abstract: the length ends the name, not a NUL */
        un.sun_path[0] = '\0';
    else
        len++;
    len += offsetof(struct sockaddr_un, sun_path);
    return open_one(all, config, row, (const void *)&un, (socklen_t)len);
}

/* Names often have addresses that the machine has not: ::1 of localhost, where IPv6 is off. */
static bool is_ours(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ours = fd >= 0 && (!bind(fd, a->ai_addr, a->ai_addrlen) || errno != EADDRNOTAVAIL);
    if (fd >= 0)
        close(fd);
    return ours;
}

/* Every address of the host, on one port: where the kernel chooses that, it is the one of the first address. */
static bool open_tcp(struct listener **all, const struct config *config, const struct listen_config *row)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    int error = getaddrinfo(row->host, NULL, &hints, &found);
    uint16_t port = htons(row->port);
    bool ok = !error;
    if (error)
        log_error("LISTEN", "%s: %s", row->host, gai_strerror(error));
    for (const struct addrinfo *a = found; ok && a; a = a->ai_next) {
        if (found->ai_next && !is_ours(a))
            continue;
        set_port(a->ai_addr, port);
        ok = open_one(all, config, row, a->ai_addr, a->ai_addrlen);
        if (ok)
            port = port_of(*all);
    }
    if (found)
        freeaddrinfo(found);
    return ok;
}

bool listener_open(struct listener **all, const struct config *config, const struct listen_config *row)
{
    return row->scheme == LISTEN_UNIX ? open_unix(all, config, row) : open_tcp(all, config, row);
}

void listener_urls(const struct listener *all, struct wamp_buf *out)
{
    if (!all)
        return;
    listener_urls(all->next, out);  /* the list has the newest first */
    wamp_buf_addf(out, " %s", all->url);
}

/* --- accepting ------------------------------------------------------------------------------------------ */

static void on_readable(uv_poll_t *poll, int status, int events);

static void on_rested(uv_timer_t *rest)
{
    struct listener *l = rest->data;
    uv_poll_start(&l->poll, UV_READABLE, on_readable);
}

/* What waits would make the loop spin, and nothing can be done about it now. */
static void take_rest(struct listener *l)
{
    uv_poll_stop(&l->poll);
    uv_timer_start(&l->rest, on_rested, REST_MS, 0);
}

/* No descriptor is left: with the spare one's the connection is taken off the queue, so that its peer knows at
 * once. False: that is not possible, either. */
static bool shed_one(struct listener *l)
{
    if (l->spare_fd < 0)
        return false;
    close(l->spare_fd);
    int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    l->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    log_warn("ACCEPT-FULL", "%s: a connection was closed: no file descriptor is left", l->url);
    return fd >= 0;
}

/* Whether to go on accepting. */
static bool after_error(struct listener *l, int error)
{
    if (error == EAGAIN || error == EWOULDBLOCK)
        return false;
    if (error == EINTR || error == ECONNABORTED || error == EPROTO)
        return true;  /* the peer went away before it was its turn. spec: W-05 */
    l->loop->hub.metrics.accept_failed++;
    if ((error == EMFILE || error == ENFILE) && shed_one(l))
        return true;
    log_warn("ACCEPT", "%s: %s", l->url, strerror(error));
    take_rest(l);
    return false;
}

static bool accept_one(struct listener *l)
{
    struct sockaddr_storage from = {.ss_family = AF_UNIX};
    socklen_t len = sizeof from;
    int fd = accept4(l->fd, (void *)&from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return after_error(l, errno);
    loop_accept(l->loop, fd, (const void *)&from, l->row, l->tls);
    return true;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct listener *l = poll->data;
    (void)status, (void)events;
    for (int i = 0; i < ACCEPT_BATCH && accept_one(l); i++)
        ;
}

bool listener_start(struct listener *all, struct loop *loop)
{
    for (struct listener *l = all; l; l = l->next) {
        l->loop = loop;
        l->poll.data = l->rest.data = l;
        l->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (uv_timer_init(&loop->uv, &l->rest) || uv_poll_init(&loop->uv, &l->poll, l->fd))
            return failed(l, "no watcher");
        l->started = true;
        uv_poll_start(&l->poll, UV_READABLE, on_readable);
    }
    return true;
}

/* --- stopping ------------------------------------------------------------------------------------------- */

static void stop_one(struct listener *l)
{
    if (l->started) {
        uv_close((uv_handle_t *)&l->poll, NULL);
        uv_close((uv_handle_t *)&l->rest, NULL);
        l->started = false;
    }
    if (l->fd >= 0)
        close(l->fd);
    if (l->spare_fd >= 0)
        close(l->spare_fd);
    if (l->owns_path)
        unlink(((const struct sockaddr_un *)(const void *)&l->address)->sun_path);
    l->fd = l->spare_fd = -1;
    l->owns_path = false;
}

void listener_stop(struct listener *all)
{
    for (struct listener *l = all; l; l = l->next)
        stop_one(l);
}

void listener_free(struct listener *all)
{
    while (all) {
        struct listener *next = all->next;
        tls_context_free(all->tls);
        wamp_free(all);
        all = next;
    }
}

/* --- another configuration ------------------------------------------------------------------------------ */

static bool is_same_place(const struct listen_config *a, const struct listen_config *b)
{
    if (a->path || b->path)
        return a->path && b->path && !strcmp(a->path, b->path);
    return !strcmp(a->host, b->host) && a->port == b->port;
}

static bool is_of(const struct listener *l, const struct config *config)
{
    return l->row >= config->listeners && l->row < config->listeners + config->listener_count;
}

/* Those of one row of before, which is in the same place, are of this row now, with who came in there: what he may
 * do next is for the new configuration to say. Port 0 is many places: `scheme`, if it has to be the same, too. */
static void take_over(struct listener *all, struct hub *hub, struct config *config,
                      const struct listen_config *row, bool scheme)
{
    const struct listen_config *before = NULL;
    for (struct listener *l = all; l; l = l->next) {
        bool fits = is_same_place(l->row, row) && (!scheme || l->row->scheme == row->scheme);
        if (!before && !is_of(l, config) && fits)
            before = l->row;
        if (l->row == before)
            l->row = row;
    }
    if (before)
        hub_move_listener(hub, before, config, row);
}

/* False: it cannot go on. */
static bool refresh(struct listener *l, const struct config *config)
{
    if (!is_of(l, config) || !load_tls(l))
        return false;
    if (l->address.ss_family != AF_UNIX)
        set_tcp_options(l, config);
    else if (l->owns_path && !own_path(l))
        failed(l, "cannot set the mode");
    write_url(l);
    return true;
}

static void move(struct listener **from, struct listener **to)
{
    struct listener *l = *from;
    *from = l->next;
    l->next = *to;
    *to = l;
}

static void open_new(struct listener **all, struct listener **closed, struct loop *loop,
                     const struct config *config, const struct listen_config *row)
{
    struct listener *opened = NULL;
    bool ok = listener_open(&opened, config, row) && listener_start(opened, loop);
    if (!ok)
        listener_stop(opened);
    while (opened) {
        if (ok)
            log_info("LISTEN-OPENED", "%s", opened->url);
        move(&opened, ok ? all : closed);
    }
}

static bool is_open(const struct listener *all, const struct listen_config *row)
{
    while (all && all->row != row)
        all = all->next;
    return all != NULL;
}

void listener_set_config(struct listener **all, struct listener **closed, struct loop *loop,
                         struct config *config)
{
    for (size_t i = 0; i < config->listener_count; i++)
        take_over(*all, &loop->hub, config, &config->listeners[i], true);
    for (size_t i = 0; i < config->listener_count; i++)
        if (!is_open(*all, &config->listeners[i]))
            take_over(*all, &loop->hub, config, &config->listeners[i], false);
    for (struct listener **l = all; *l;) {
        if (refresh(*l, config)) {
            l = &(*l)->next;
        } else {
            log_info("LISTEN-CLOSED", "%s", (*l)->url);
            stop_one(*l);
            move(l, closed);
        }
    }
    for (size_t i = 0; i < config->listener_count; i++)
        if (!is_open(*all, &config->listeners[i]))
            open_new(all, closed, loop, config, &config->listeners[i]);
}
