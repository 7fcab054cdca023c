#include "router/loop.h"

#include "common/log.h"
#include "router/conn.h"
#include "router/lws_socket.h"
#include "router/router.h"

#include <unistd.h>

enum { OVERFLOW = 32 };  /* connections beyond the limit that are told so; further ones are just closed */

static struct loop *loop_of(struct hub *hub)
{
    return list_entry(hub, struct loop, hub);
}

/* --- turns ---------------------------------------------------------------------------------------------- */

void loop_wake(struct hub *hub)
{
    hub->now = (wamp_ms)uv_now(&loop_of(hub)->uv);
}

static void on_timer(uv_timer_t *timer)
{
    struct loop *loop = timer->data;
    loop->timer_at = WAMP_MS_NEVER;
    loop_wake(&loop->hub);
    router_expire(loop->hub.router, loop->hub.now);
    hub_expire(&loop->hub);
}

static void set_timer(struct loop *loop)
{
    wamp_ms next = hub_next_deadline(&loop->hub), realms = router_next_deadline(loop->hub.router);
    wamp_ms now = (wamp_ms)uv_now(&loop->uv);
    next = realms < next ? realms : next;
    if (next >= loop->timer_at)
        return;  /* too early does no harm: on_timer finds nothing due, and sets it again */
    loop->timer_at = next;
    uv_timer_start(&loop->timer, on_timer, next > now ? (uint64_t)(next - now) : 0, 0);
}

static void end_turn(struct loop *loop)
{
    hub_end_turn(&loop->hub);
    set_timer(loop);
}

static void on_idle(uv_idle_t *busy)
{
    (void)busy;
}

/* After what came in. */
static void on_check(uv_check_t *check)
{
    struct loop *loop = check->data;
    end_turn(loop);
    if (tls_pool_run(&loop->tls))
        uv_idle_start(&loop->busy, on_idle);
    else
        uv_idle_stop(&loop->busy);
}

/* After timers and before the loop may sleep. */
static void on_prepare(uv_prepare_t *prepare)
{
    end_turn(prepare->data);
}

/* --- connections ---------------------------------------------------------------------------------------- */

/* Takes the socket of c; tls, NULL: none. False: it was closed. */
static bool adopt(struct loop *loop, int fd, struct conn *c, const struct tls_context *context)
{
    struct tls *tls = context ? tls_new(context, &loop->tls) : NULL;
    if (context && !tls) {
        close(fd);
        return false;
    }
    if (lws_socket_adopt(loop->host, fd, c, tls))
        return true;
    tls_free(tls);
    return false;
}

/* A connection for fd; it is closed where there is no memory. Over TLS nobody is refused with a word: the
 * handshake for it would cost more than all the rest. */
static void add_conn(struct loop *loop, int fd, const struct sockaddr *from, const struct listen_config *row,
                     const struct tls_context *tls)
{
    struct hub *hub = &loop->hub;
    struct address *address;
    if (!address_enter(&hub->addresses, from, &address)) {
        hub->metrics.accept_failed++;
        close(fd);
        return;
    }
    bool refused = hub_refuses(hub, address);
    struct conn *c = refused && tls ? NULL : conn_new(hub, address, refused);
    if (c)
        conn_came_in(c, hub->config, row);
    if (c && adopt(loop, fd, c, tls)) {
        hub->metrics.accepted++;
        return;
    }
    hub->metrics.accept_failed += !refused;
    if (c) {
        conn_on_gone(c);
    } else {
        address_leave(&hub->addresses, address);
        close(fd);
    }
}

void loop_accept(struct loop *loop, int fd, const struct sockaddr *from, const struct listen_config *row,
                 const struct tls_context *tls)
{
    struct hub *hub = &loop->hub;
    loop_wake(hub);
    if (hub->conn_count < hub->max_connections + OVERFLOW) {
        add_conn(loop, fd, from, row, tls);
    } else {
        hub->metrics.refused_full++;
        close(fd);
    }
}

/* --- libwebsockets -------------------------------------------------------------------------------------- */

static void on_lws_log(int level, const char *line)
{
    struct str text = str_z(line);
    char quoted[256];
    if (text.len && text.ptr[text.len - 1] == '\n')
        text.len--;
    wamp_log_quote(text, quoted, sizeof quoted);
    wamp_log(level == LLL_ERR ? WAMP_LOG_ERROR : WAMP_LOG_WARN, "LWS", "%s", quoted);
}

static bool init_lws(struct loop *loop)
{
    static const lws_retry_bo_t no_retries;  /* no validity timer per connection */
    void *loops[] = {&loop->uv};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = lws_socket_protocols,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .foreign_loops = loops,
        .pt_serv_buf_size = LOOP_READ_OCTETS,
        .retry_and_idle_policy = &no_retries,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
        .vhost_name = "wampd",
    };
    lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);
    loop->lws = lws_create_context(&info);
    if (!loop->lws) {
        log_error("LOOP-LWS", "libwebsockets does not start; is libwebsockets-evlib-uv installed?");
        return false;
    }
    loop->host = lws_create_vhost(loop->lws, &info);
    if (!loop->host)
        log_error("LOOP-LWS", "libwebsockets makes no virtual host");
    return loop->host != NULL;
}

/* --- coming and going ----------------------------------------------------------------------------------- */

static bool init_handles(struct loop *loop)
{
    loop->before_poll.data = loop->after_poll.data = loop->busy.data = loop->timer.data = loop;
    return !uv_prepare_init(&loop->uv, &loop->before_poll) && !uv_prepare_start(&loop->before_poll, on_prepare) &&
           !uv_check_init(&loop->uv, &loop->after_poll) && !uv_check_start(&loop->after_poll, on_check) &&
           !uv_idle_init(&loop->uv, &loop->busy) && !uv_timer_init(&loop->uv, &loop->timer);
}

bool loop_init(struct loop *loop, struct router *router, struct config *config)
{
    *loop = (struct loop){.timer_at = WAMP_MS_NEVER};
    if (uv_loop_init(&loop->uv)) {
        log_error("LOOP-UV", "no event loop: out of memory or file descriptors");
        return false;
    }
    hub_init(&loop->hub, router, config);
    loop_wake(&loop->hub);
    if (init_handles(loop) && init_lws(loop))
        return true;
    loop_fini(loop);
    return false;
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

static void close_handle(void *handle)
{
    if (uv_handle_get_type(handle) != UV_UNKNOWN_HANDLE && !uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* Lets handles that were closed leave the loop. */
static void drain(struct loop *loop)
{
    for (int turns = 0; turns < 100 && uv_run(&loop->uv, UV_RUN_NOWAIT); turns++)
        ;
}

void loop_fini(struct loop *loop)
{
    hub_drop_all(&loop->hub);
    hub_end_turn(&loop->hub);
    close_handle(&loop->before_poll);
    close_handle(&loop->after_poll);
    close_handle(&loop->busy);
    close_handle(&loop->timer);
    /* Twice, with turns of the loop between: the first only starts closing what libwebsockets has in a foreign
     * loop. */
    lws_context_destroy(loop->lws);
    drain(loop);
    lws_context_destroy(loop->lws);
    drain(loop);
    uv_loop_close(&loop->uv);
    tls_pool_fini(&loop->tls);
    hub_fini(&loop->hub);
}
