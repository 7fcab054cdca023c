#include "router/lws_socket.h"

#include "router/loop.h"
#include "router/tls.h"

#include <errno.h>
#include <sys/socket.h>

/* --- struct wire ---------------------------------------------------------------------------------------- */

/* Straight to the kernel. lws_write would keep what the kernel does not take, and as long as it does,
 * libwebsockets reads nothing from that peer (and spins: its raw-skt role polls for input all the same). A client
 * that sends many requests before it reads the first answer would wait for us, and we for it. What is not taken
 * stays in the outbox, where it is counted. */
static ssize_t wire_write(void *socket, struct str octets)
{
    ssize_t taken = send(lws_get_socket_fd(socket), octets.ptr, octets.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken >= 0)
        return taken;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOBUFS ? 0 : -1;
}

static void wire_want_write(void *socket)
{
    lws_callback_on_writable(socket);
}

static void wire_hear(void *socket, bool enable)
{
    lws_rx_flow_control(socket, enable);
}

static void wire_finish(void *socket)
{
    shutdown(lws_get_socket_fd(socket), SHUT_WR);
}

static void wire_close(void *socket)
{
    lws_set_timeout(socket, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_SYNC);
}

static const struct wire wire = {
    .write = wire_write,
    .want_write = wire_want_write,
    .hear = wire_hear,
    .finish = wire_finish,
    .close = wire_close,
};

/* --- what libwebsockets reports ------------------------------------------------------------------------- */

/* Who is told: the connection, or the TLS in between. */
static const struct reactions {
    void (*octets)(struct conn *c, struct str octets);
    void (*writable)(struct conn *c);
    void (*gone)(struct conn *c);
} reactions[] = {
    {conn_on_octets, conn_on_writable, conn_on_gone},
    {tls_on_octets, tls_on_writable, tls_on_gone},
};

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct conn *c = lws_get_opaque_user_data(wsi);
    (void)user;
    if (!c || !c->socket)
        return 0;  /* not one of ours, or not adopted yet */
    const struct reactions *tell = &reactions[lws_get_protocol(wsi)->id];
    switch (reason) {
    case LWS_CALLBACK_RAW_RX:
        loop_wake(c->hub);
        tell->octets(c, str_of(in, len));
        break;
    case LWS_CALLBACK_RAW_WRITEABLE:
        loop_wake(c->hub);
        tell->writable(c);
        break;
    case LWS_CALLBACK_RAW_CLOSE:
        loop_wake(c->hub);
        lws_set_opaque_user_data(wsi, NULL);  /* there are callbacks yet to come */
        tell->gone(c);
        break;
    default:
        break;
    }
    return 0;
}

/* id: of reactions. */
const struct lws_protocols lws_socket_protocols[] = {
    {.name = "plain", .callback = on_event, .rx_buffer_size = LOOP_READ_OCTETS, .id = 0},
    {.name = "tls", .callback = on_event, .rx_buffer_size = LOOP_READ_OCTETS, .id = 1},
    {.name = NULL},
};

bool lws_socket_adopt(struct lws_vhost *host, int fd, struct conn *c, struct tls *tls)
{
    lws_adopt_desc_t adoption = {
        .vh = host,
        .type = LWS_ADOPT_SOCKET,
        .fd.sockfd = fd,
        .vh_prot_name = lws_socket_protocols[tls ? 1 : 0].name,
        .opaque = c,
    };
    struct lws *wsi = lws_adopt_descriptor_vhost_via_info(&adoption);
    if (!wsi)
        return false;
    c->wire = &wire;
    c->socket = wsi;
    if (tls)
        tls_attach(tls, c);
    return true;
}
