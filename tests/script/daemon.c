#include "tests/script/daemon.h"

#include "tests/lib/certificate.h"
#include "tests/script/process.h"
#include "tests/script/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* A connection of the script. */
struct conn {
    struct wire wire;
    struct conn *next;
    bool logs_in;        /* the CHALLENGE that comes is answered already */
    bool in_session;     /* WELCOME came, and no GOODBYE or ABORT since */
    bool got_goodbye, sent_goodbye;
    bool dropped;
};

static struct daemon *daemon_of(struct driver *d)
{
    return (struct daemon *)d;
}

static struct conn *conn_of(struct line_end *e)
{
    return (struct conn *)e;
}

static bool trouble_of(const struct conn *c, struct trouble *t)
{
    return !c->wire.broken[0] || trouble_is(t, "%s", c->wire.broken);
}

/* --- what can run here ------------------------------------------------------------------------------------------------------- */

/* RawSocket peers announce a power of two, others nothing. */
static bool size_suits(const struct daemon *d, size_t max_message)
{
    bool power = (max_message & (max_message - 1)) == 0;
    bool announces = d->transport == TRANSPORT_RAWSOCKET || d->transport == TRANSPORT_UNIX ||
                     d->transport == TRANSPORT_SECURE_RAWSOCKET;
    return max_message == 0 || (announces && power && max_message >= 512);
}

static bool other_suits(const struct script *s)
{
    return s->settings.len == 0 || str_eq(s->settings, STR("preset=crossbar "));
}

static bool daemon_suits(const struct driver *driver, const struct script *s, enum wamp_ser ser)
{
    const struct daemon *d = (const struct daemon *)driver;
    bool ser_suits = !s->only_sers || (s->only_sers >> ser & 1);
    if (s->only_socket && d->transport == TRANSPORT_LONGPOLL)
        return false;
    if (s->only_core || !ser_suits || s->waits_ms > 1000 || (!d->wampd && !other_suits(s)))
        return false;
    for (unsigned i = 0; i < s->step_count; i++)
        if (!size_suits(d, s->steps[i].options.max_message))
            return false;
    return true;
}

/* Whether what the script does outlives its sessions. */
static bool leaves_stains(const struct script *s)
{
    static const char retain[] = "\"retain\"";
    return s->config.history_count || memmem(s->text.ptr, s->text.len, retain, strlen(retain));
}

/* --- begin and end ------------------------------------------------------------------------------------------------------------ */

static bool daemon_begin(struct driver *driver, const struct script *s, struct trouble *t)
{
    struct daemon *d = daemon_of(driver);
    if (!d->wampd)
        return true;
    bool fits = process_alive(d) && !d->stained && str_eq(str_z(d->settings), s->settings);
    d->stained = leaves_stains(s);
    return fits || (process_stop(d, t) && process_start(d, s, t));
}

/* Looks into a message for what it does to the session. Returns its type; 0: it has none. */
static unsigned note_message(struct conn *c, struct str octets, bool sent)
{
    struct wamp_arena arena = {0};
    struct wamp_msg m;
    struct wamp_fault why;
    bool readable = wamp_msg_parse(c->wire.ser, octets, &arena, &m, &why) == WAMP_ERR_NONE;
    wamp_arena_fini(&arena);
    if (!readable)
        return 0;
    if (m.type == WAMP_GOODBYE && sent)
        c->sent_goodbye = true;
    if (m.type == WAMP_GOODBYE && !sent)
        c->got_goodbye = true;
    if (m.type == WAMP_WELCOME)
        c->in_session = true;
    if (m.type == WAMP_GOODBYE || m.type == WAMP_ABORT)
        c->in_session = false;
    return (unsigned)m.type;
}

/* The next message; waits up to `ms` for it. The script does not see the CHALLENGE of a login. */
static struct str next_message(struct conn *c, int ms)
{
    struct str octets = wire_take(&c->wire);
    while (!octets.ptr && ms > 0 && wire_read(&c->wire, ms))
        octets = wire_take(&c->wire);
    bool is_challenge = octets.ptr && note_message(c, octets, false) == WAMP_CHALLENGE;
    if (!is_challenge || !c->logs_in)
        return octets;
    c->logs_in = false;
    return next_message(c, ms);
}

static void say_goodbye(struct conn *c)
{
    struct wamp_buf buf = {0};
    struct wamp_wr w = wamp_head_begin(&buf, c->wire.ser, WAMP_GOODBYE, 3, 0);
    wamp_wr_map(&w, 0);
    wamp_wr_map_end(&w);
    wamp_wr_str(&w, c->got_goodbye ? STR("wamp.close.goodbye_and_out") : STR("wamp.close.close_realm"));
    struct str octets = wamp_head_end(&w, WAMP_GOODBYE, 0, STR("")).head;
    note_message(c, octets, true);
    wire_send(&c->wire, octets);
    wamp_buf_fini(&buf);
}

/* Reads until the router closes. Messages are passed over. */
static bool await_close(struct conn *c)
{
    while (!c->wire.ended && wire_read(&c->wire, WIRE_PATIENCE_MS))
        ;
    return c->wire.ended;
}

/* Leaves so that the router has forgotten the session when this returns. */
static bool leave(struct conn *c)
{
    if (c->in_session && !c->dropped) {
        say_goodbye(c);
        while (!c->got_goodbye && next_message(c, WIRE_PATIENCE_MS).ptr)
            ;
    }
    wire_end_output(&c->wire);
    return await_close(c);
}

static bool daemon_end(struct driver *driver, struct trouble *t)
{
    struct daemon *d = daemon_of(driver);
    bool ok = true, left = true;
    for (struct conn *c = d->conns, *next; c; c = next) {
        next = c->next;
        left = leave(c) && left;
        ok = ok && trouble_of(c, t);
        wire_close(&c->wire);
        free(c);
    }
    d->conns = NULL;
    d->last_speaker = NULL;
    if (!left)
        d->stained = true;
    if (d->wampd && !process_alive(d))
        return process_trouble(d, "wampd has died", t);
    return ok && (left || trouble_is(t, "a connection was not closed by the router"));
}

/* --- connections -------------------------------------------------------------------------------------------------------------- */

static struct conn *add_conn(struct daemon *d)
{
    struct conn *c = calloc(1, sizeof *c), **last = &d->conns;
    if (!c)
        abort();
    while (*last)
        last = &(*last)->next;
    *last = c;
    return c;
}

static struct line_end *daemon_connect(struct driver *driver, const struct peer_options *o, struct trouble *t)
{
    struct daemon *d = daemon_of(driver);
    struct conn *c = add_conn(d);
    char path[64];
    process_socket_path(d, path, sizeof path);
    static const enum wire_framing framings[TRANSPORT_COUNT] = {
        [TRANSPORT_WEBSOCKET] = WIRE_WEBSOCKET,
        [TRANSPORT_RAWSOCKET] = WIRE_RAWSOCKET,
        [TRANSPORT_UNIX] = WIRE_RAWSOCKET,
        [TRANSPORT_LONGPOLL] = WIRE_LONGPOLL,
        [TRANSPORT_SECURE_WEBSOCKET] = WIRE_WEBSOCKET,
        [TRANSPORT_SECURE_RAWSOCKET] = WIRE_RAWSOCKET,
    };
    unsigned port = d->transport == TRANSPORT_UNIX ? 0 : d->port;
    bool ok = wire_open(&c->wire, framings[d->transport], o->ser, port, path, d->certificates, o->max_message);
    return ok || trouble_of(c, t) ? (struct line_end *)c : NULL;
}

/* HELLO for realm1. */
static void say_hello(struct conn *c, const struct peer_options *o)
{
    struct wamp_buf buf = {0};
    struct wamp_wr w = wamp_head_begin(&buf, c->wire.ser, WAMP_HELLO, 3, 0);
    wamp_wr_str(&w, STR("realm1"));
    wamp_wr_map(&w, o->authid.len ? 3 : 1);
    if (o->authid.len) {
        wamp_wr_key(&w, STR("authid"));
        wamp_wr_str(&w, o->authid);
        wamp_wr_key(&w, STR("authmethods"));
        wamp_wr_list(&w, 1);
        wamp_wr_str(&w, STR("ticket"));
        wamp_wr_list_end(&w);
    }
    wamp_wr_key(&w, STR("roles"));
    wamp_roles_write(&w, &o->roles);
    wamp_wr_map_end(&w);
    wire_send(&c->wire, wamp_head_end(&w, WAMP_HELLO, 0, STR("")).head);
    wamp_buf_fini(&buf);
}

/* At once: the CHALLENGE has nothing that is needed for it. */
static void say_ticket(struct conn *c)
{
    struct wamp_buf buf = {0};
    struct wamp_wr w = wamp_head_begin(&buf, c->wire.ser, WAMP_AUTHENTICATE, 3, 0);
    wamp_wr_str(&w, STR(DAEMON_TICKET));
    wamp_wr_map(&w, 0);
    wamp_wr_map_end(&w);
    wire_send(&c->wire, wamp_head_end(&w, WAMP_AUTHENTICATE, 0, STR("")).head);
    wamp_buf_fini(&buf);
    c->logs_in = true;
}

static struct line_end *daemon_join(struct driver *driver, const struct peer_options *o, struct trouble *t)
{
    struct line_end *e = daemon_connect(driver, o, t);
    if (e)
        say_hello(conn_of(e), o);
    if (e && o->authid.len)
        say_ticket(conn_of(e));
    return e;
}

static bool daemon_take(struct driver *d, struct line_end *e, bool wait, struct str *octets, struct trouble *t)
{
    (void)d;
    struct conn *c = conn_of(e);
    *octets = next_message(c, wait ? WIRE_PATIENCE_MS : 0);
    return octets->ptr || trouble_of(c, t);
}

static void ping(struct conn *c)
{
    if (!c->dropped)
        wire_ping(&c->wire);
}

static bool await_pong(struct conn *c, struct trouble *t)
{
    while (c->wire.pongs < c->wire.pings && !c->wire.ended)
        if (!wire_read(&c->wire, WIRE_PATIENCE_MS) && !c->wire.ended)
            return trouble_is(t, "no PONG came");
    return trouble_of(c, t);
}

/* A PING and its PONG on every connection: then the router has served what was sent on it before. */
static bool ping_all(struct daemon *d, struct trouble *t)
{
    for (struct conn *c = d->conns; c; c = c->next)
        ping(c);
    for (struct conn *c = d->conns; c; c = c->next)
        if (!await_pong(c, t))
            return false;
    return true;
}

/* The second round brings what the first one's messages caused for connections that had answered already. */
static bool daemon_settle(struct driver *d, struct trouble *t)
{
    return ping_all(daemon_of(d), t) && ping_all(daemon_of(d), t);
}

/* The lines of a script happen one after the other: what one peer says has been served before another one speaks. */
static bool daemon_send(struct driver *driver, struct line_end *e, struct str octets, struct trouble *t)
{
    struct daemon *d = daemon_of(driver);
    struct conn *c = conn_of(e), *last = d->last_speaker;
    d->last_speaker = c;
    if (last && last != c) {
        ping(last);
        if (!await_pong(last, t))
            return false;
    }
    note_message(c, octets, true);
    wire_send(&c->wire, octets);
    return trouble_of(c, t);
}

static bool daemon_advance(struct driver *d, wamp_ms ms, struct trouble *t)
{
    (void)d;
    (void)t;
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&time, NULL);
    return true;
}

/* The router has seen it when it closes its own end. */
static void daemon_drop(struct driver *d, struct line_end *e)
{
    (void)d;
    conn_of(e)->dropped = true;
    wire_end_output(&conn_of(e)->wire);
    await_close(conn_of(e));
}

/* The close code that goes with a reason where the router closes on its own. */
static unsigned code_of(enum close_reason why)
{
    static const unsigned codes[] = {
        [CLOSE_GOODBYE] = 1000,  [CLOSE_KILLED] = 1000,   [CLOSE_ABORTED] = 1000, [CLOSE_PROTOCOL] = 1002,
        [CLOSE_SLOW] = 1008,     [CLOSE_TOO_BIG] = 1009,  [CLOSE_NOMEM] = 1011,
    };
    return codes[why];
}

/* After a GOODBYE it is for us to close. */
static void close_politely(struct conn *c)
{
    if (!c->sent_goodbye)
        say_goodbye(c);
    wire_send_close(&c->wire);
}

static bool daemon_gone(struct driver *d, struct line_end *e, const struct step *step, struct trouble *t)
{
    (void)d;
    struct conn *c = conn_of(e);
    bool polite = c->got_goodbye;
    if (polite)
        close_politely(c);
    if (next_message(c, WIRE_PATIENCE_MS).ptr)
        return trouble_is(t, "a message is left");
    if (!await_close(c))
        return trouble_is(t, "the connection is still there");
    bool has_code = c->wire.framing == WIRE_WEBSOCKET && step->has_why && !polite;
    unsigned code = c->wire.close_code;
    return trouble_of(c, t) && (!has_code || code == code_of(step->why) || trouble_is(t, "closed with code %u", code));
}

/* --- the driver --------------------------------------------------------------------------------------------------------------- */

bool daemon_init(struct daemon *d, enum transport transport, const char *wampd)
{
    static const char *const names[] = {"ws", "rs", "unix", "longpoll", "wss", "rss"};
    *d = (struct daemon){.transport = transport,
                         .wampd = wampd,
                         .driver = {
                             .suits = daemon_suits,
                             .begin = daemon_begin,
                             .end = daemon_end,
                             .join = daemon_join,
                             .connect = daemon_connect,
                             .send = daemon_send,
                             .take = daemon_take,
                             .settle = daemon_settle,
                             .advance = daemon_advance,
                             .drop = daemon_drop,
                             .gone = daemon_gone,
                         }};
    snprintf(d->driver.name, sizeof d->driver.name, "%s", names[transport]);
    if (transport == TRANSPORT_SECURE_WEBSOCKET || transport == TRANSPORT_SECURE_RAWSOCKET)
        d->certificates = certificates_new();
    snprintf(d->dir, sizeof d->dir, "/tmp/wtc-XXXXXX");
    return mkdtemp(d->dir) != NULL;
}

bool daemon_init_other(struct daemon *d, unsigned port)
{
    if (!daemon_init(d, TRANSPORT_WEBSOCKET, NULL))
        return false;
    d->port = port;
    return true;
}

bool daemon_fini(struct daemon *d, struct trouble *t)
{
    static const char *const files[] = {"wampd.json", "socket", "log"};
    char path[64];
    bool ok = process_stop(d, t);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", d->dir, files[i]);
        unlink(path);
    }
    rmdir(d->dir);
    if (d->certificates)
        certificates_free(d->certificates);
    return ok;
}
