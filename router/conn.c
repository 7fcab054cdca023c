/* What a connection is, and how it comes and goes. */
#include "router/conn.h"

#include "common/log.h"
#include "common/mem.h"
#include "router/congestion.h"
#include "router/cookie.h"
#include "router/http.h"
#include "router/login.h"
#include "router/opening.h"

#include <inttypes.h>
#include <string.h>

/* The session in a line of the log; 0: none. */
static uint64_t log_id(const struct conn *c)
{
    return c->session ? session_id(c->session) : 0;
}

/* --- coming and going ----------------------------------------------------------------------------------- */

/* Not where the socket has died: that may be within a call of the realm that is asked about it. */
static void end_login(struct conn *c, enum conn_state state)
{
    if (state == CONN_DOOMED)
        return;
    login_free(c->login);
    c->login = NULL;
}

static void enter_state(struct conn *c, enum conn_state state, enum wait_kind kind)
{
    if (c->address && c->state == CONN_HELLO)
        c->address->waiting--;
    if (c->address && state == CONN_HELLO)
        c->address->waiting++;
    if (c->state == CONN_LOGIN)
        end_login(c, state);
    c->state = state;
    wait_start(&c->hub->waits, &c->wait, kind, c->hub->now);
}

struct conn *conn_new(struct hub *hub, struct address *address, bool refused)
{
    struct conn *c = wamp_zalloc(sizeof *c);
    if (!c)
        return NULL;
    c->hub = hub;
    c->address = address;
    c->refused = refused;
    c->out_limit = (size_t)hub->config->max_early_output;
    list_add_tail(&hub->conns, &c->all);
    hub->conn_count++;
    enter_state(c, CONN_OPENING, WAIT_OPENING);
    return c;
}

void conn_came_in(struct conn *c, struct config *config, const struct listen_config *listener)
{
    struct config *before = c->config;
    c->config = config_ref(config);
    c->listener = listener;
    config_unref(before);
}

void conn_hold(struct conn *c, enum hold_reason why, bool on)
{
    unsigned before = c->held;
    c->held = on ? before | why : before & ~(unsigned)why;
    if (!before != !c->held && c->state != CONN_DOOMED)
        c->wire->hear(c->socket, !c->held);
}

void conn_leave(struct conn *c)
{
    struct session *s = c->session;
    c->session = NULL;
    congestion_leave(c);
    if (s)
        realm_leave(c->realm, s, c->hub->now);
}

void conn_on_gone(struct conn *c)
{
    struct hub *hub = c->hub;
    enter_state(c, CONN_DOOMED, WAIT_NONE);
    conn_leave(c);
    wait_stop(&hub->waits, &c->drain);
    list_remove(&c->turn);
    list_remove(&c->all);
    hub->conn_count--;
    outbox_clear(&c->out, &hub->pool);
    if (c->framing)
        c->framing->fini(&c->in.framing);
    else
        wamp_buf_fini(&c->in.opening);
    if (c->http)
        http_on_gone(c);
    address_leave(&hub->addresses, c->address);
    login_free(c->login);
    cookie_leave(c);
    config_unref(c->config);
    wamp_free(c);
}

/* --- up the states -------------------------------------------------------------------------------------- */

void conn_open(struct conn *c, const struct framing *framing, enum wamp_ser ser)
{
    if (c->state == CONN_DOOMED)
        return;
    memset(&c->in, 0, sizeof c->in);
    c->framing = framing;
    c->ser = ser;
    framing->start(&c->in.framing, (size_t)c->hub->config->max_hello);
    enter_state(c, CONN_HELLO, WAIT_HELLO);
}

/* The deadline stays that of the first octet. What is queued is bounded by whom it is taken from. */
void conn_open_http(struct conn *c, struct http *h)
{
    c->http = h;
    c->out_limit = SIZE_MAX;
    c->state = CONN_HTTP;
}

void conn_login(struct conn *c, struct login *l)
{
    enter_state(c, CONN_LOGIN, WAIT_LOGIN);
    c->login = l;
}

void conn_welcome(struct conn *c, struct realm *realm, struct session *s)
{
    c->realm = realm;
    c->session = s;
    if (c->state == CONN_DOOMED)
        return;  /* its socket died meanwhile: it leaves again at the end of the turn */
    c->framing->set_limit(&c->in.framing, (size_t)c->hub->config->max_message);
    enter_state(c, CONN_SESSION, c->framing->ping ? WAIT_TRAFFIC : WAIT_NONE);
    log_debug("SESSION-JOIN", "session %" PRIu64 " joined %.*s over %s, %s", log_id(c), STR_ARG(realm_name(realm)),
              c->framing->name, wamp_ser_name(c->ser));
}

/* --- down the states ------------------------------------------------------------------------------------ */

/* What waits is sent, or there is nothing and so it has been. */
static void send_rest(struct conn *c)
{
    if (!c->choked && !list_is_linked(&c->turn))
        list_add_tail(&c->hub->dirty, &c->turn);
}

void conn_drop(struct conn *c)
{
    if (c->state == CONN_DOOMED)
        return;
    enter_state(c, CONN_DOOMED, WAIT_NONE);
    wait_stop(&c->hub->waits, &c->drain);
    outbox_clear(&c->out, &c->hub->pool);
    list_remove(&c->turn);
    list_add_tail(&c->hub->doomed, &c->turn);
}

void conn_finish(struct conn *c)
{
    if (c->state == CONN_DOOMED)
        return;
    c->deaf = true;
    enter_state(c, CONN_CLOSING, WAIT_PARTING);
    send_rest(c);
}

/* The close frame, or what stands for it, and no way back. */
static void start_closing(struct conn *c, unsigned code, const char *reason, enum wait_kind kind)
{
    if (!c->framing->close(c, code, reason))
        c->deaf = true;
    if (c->state == CONN_DOOMED)
        return;
    enter_state(c, CONN_CLOSING, kind);
    wait_stop(&c->hub->waits, &c->drain);
    send_rest(c);
}

void conn_close(struct conn *c, unsigned code, const char *reason)
{
    conn_leave(c);
    if (c->state == CONN_OPENING)
        conn_drop(c);
    else if (c->state == CONN_HTTP)
        http_close(c);
    else if (c->state < CONN_CLOSING)
        start_closing(c, code, reason, WAIT_PARTING);
}

void conn_evict(struct conn *c, const char *reason)
{
    conn_leave(c);
    if (c->state == CONN_DOOMED)
        return;
    outbox_cut(&c->out, &c->hub->pool);
    if (!c->framing)
        conn_drop(c);
    else if (c->state < CONN_CLOSING)
        start_closing(c, 1008, reason, WAIT_LEAVING);
}

static void write_abort(struct conn *c, const char *uri, const char *text)
{
    struct wamp_buf *buf = &c->hub->scratch;
    struct wamp_wr w = wamp_head_begin(buf, c->ser, WAMP_ABORT, 3, 0);  /* three elements: W-22, T-59 */
    wamp_wr_map(&w, 1);
    wamp_wr_key(&w, STR("message"));
    wamp_wr_str(&w, str_z(text));
    wamp_wr_map_end(&w);
    wamp_wr_str(&w, str_z(uri));
    struct wamp_frame frame = wamp_head_end(&w, WAMP_ABORT, 0, STR(""));
    if (!buf->failed)
        conn_send(c, &frame);
}

void conn_abort(struct conn *c, const char *uri, const char *text, unsigned code)
{
    log_debug("CONN-ABORT", "%s: %s", uri, text);
    conn_leave(c);
    if (c->state == CONN_HELLO || c->state == CONN_LOGIN || c->state == CONN_SESSION)
        write_abort(c, uri, text);
    conn_close(c, code, uri);
}

/* --- the realm ended the session ------------------------------------------------------------------------ */

/* A long-poll transport ends with its session. spec: A-LP-08 */
static void on_goodbye(struct conn *c)
{
    if (c->framing->over_http)
        conn_close(c, 1000, "");
    else
        enter_state(c, CONN_PARTED, WAIT_PARTING);
}

static void on_killed(struct conn *c)
{
    enter_state(c, CONN_LEAVING, WAIT_PARTING);
}

static void on_aborted(struct conn *c)
{
    conn_close(c, 1000, "");
}

static void on_protocol(struct conn *c)
{
    conn_close(c, 1002, "wamp.error.protocol_violation");
}

static void on_slow(struct conn *c)
{
    conn_evict(c, "slow consumer");
}

static void on_too_big(struct conn *c)
{
    c->hub->metrics.oversize_out++;
    conn_close(c, 1009, "a message is larger than what you take");
}

static void on_nomem(struct conn *c)
{
    conn_close(c, 1011, "out of memory");
}

void conn_on_session_end(struct conn *c, enum close_reason why)
{
    static const struct {
        const char *name;
        void (*act)(struct conn *c);
    } ends[] = {
        [CLOSE_GOODBYE] = {"it said GOODBYE", on_goodbye},
        [CLOSE_KILLED] = {"it was told GOODBYE", on_killed},
        [CLOSE_ABORTED] = {"it sent ABORT", on_aborted},
        [CLOSE_PROTOCOL] = {"it broke the protocol", on_protocol},
        [CLOSE_SLOW] = {"its queue is full", on_slow},
        [CLOSE_TOO_BIG] = {"it takes no message of that size", on_too_big},
        [CLOSE_NOMEM] = {"out of memory", on_nomem},
    };
    log_debug("SESSION-END", "session %" PRIu64 ": %s", log_id(c), ends[why].name);
    c->session = NULL;
    congestion_leave(c);
    if (c->state != CONN_DOOMED)
        ends[why].act(c);
}

/* --- deadlines ------------------------------------------------------------------------------------------ */

static void opening_is_due(struct conn *c)
{
    c->hub->metrics.opening_timeouts++;
    opening_refuse(c, 408, "the request was not complete in time");
}

/* Between two requests the silence means nothing. */
static void request_is_due(struct conn *c)
{
    if (c->in.opening.len)
        opening_is_due(c);
    else
        conn_drop(c);
}

/* No ABORT: there is nobody yet to be told why. spec: B-011 */
static void hello_is_due(struct conn *c)
{
    c->hub->metrics.hello_timeouts++;
    conn_close(c, 1008, "no HELLO in time");
}

static void login_due(struct conn *c)
{
    login_is_due(c->login);
}

static void traffic_is_due(struct conn *c)
{
    c->framing->ping(c, STR("wampd"));  /* text, and never one octet: W-12 */
    if (c->state == CONN_SESSION)
        wait_start(&c->hub->waits, &c->wait, WAIT_PONG, c->hub->now);
}

static void pong_is_due(struct conn *c)
{
    c->hub->metrics.ping_timeouts++;
    conn_evict(c, "no answer to a PING");
}

static void parting_is_due(struct conn *c)
{
    if (c->state == CONN_CLOSING)
        conn_drop(c);
    else
        conn_close(c, c->hub->stopping ? 1001 : 1000, "");
}

void conn_on_due(struct conn *c, enum wait_kind kind)
{
    static void (*const dues[WAIT_KINDS])(struct conn *) = {
        [WAIT_OPENING] = opening_is_due,   [WAIT_HELLO] = hello_is_due, [WAIT_LOGIN] = login_due,
        [WAIT_REQUEST] = request_is_due,   [WAIT_TRAFFIC] = traffic_is_due,   [WAIT_PONG] = pong_is_due,
        [WAIT_PARTING] = parting_is_due,   [WAIT_LEAVING] = conn_drop,
    };
    dues[kind](c);
}

void conn_on_slow(struct conn *c)
{
    c->hub->metrics.slow_closed++;
    log_warn("CONN-SLOW", "session %" PRIu64 " closed: %zu octets queued for %" PRId64 " ms",
             log_id(c), c->out.waiting, c->hub->config->slow_ms);
    conn_evict(c, "slow consumer");
}
