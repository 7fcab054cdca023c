/* The way in: octets become frames, frames become messages, messages go to whom the state says. */
#include "router/conn.h"

#include "common/batch.h"
#include "common/utf8.h"
#include "router/congestion.h"
#include "router/cookie.h"
#include "router/handshake.h"
#include "router/http.h"
#include "router/opening.h"

#include <stdio.h>

enum {
    PING_MS = 100,         /* a PING is answered every so often .. */
    PING_BURST_MS = 2000,  /* .. after a burst that makes up for so much silence. spec: R-31 */
};

/* --- messages ------------------------------------------------------------------------------------------- */

/* Text that is no text is no message of WAMP at all, whatever else is wrong with it. spec: T-51, 0.9 row 4 */
static bool is_broken_text(const struct conn *c, struct str octets)
{
    return c->framing->has_types && wamp_ser_is_text(c->ser) && !wamp_utf8_ok(octets);
}

/* Octets that are no message. spec: B-047 */
static void on_fault(struct conn *c, struct str octets, const struct wamp_fault *why)
{
    if (is_broken_text(c, octets))
        conn_close(c, 1007, "text that is not UTF-8");
    else if (c->state == CONN_SESSION)
        realm_violation(c->realm, c->session, why, c->hub->now);
    else if (c->state == CONN_HELLO || c->state == CONN_LOGIN)
        handshake_on_fault(c, octets, why);
}

static void hello_step(struct conn *c, struct str octets)
{
    struct wamp_msg m;
    struct wamp_fault why;
    if (wamp_msg_parse(c->ser, octets, &c->hub->arena, &m, &why))
        on_fault(c, octets, &why);
    else
        handshake_on_message(c, &m);
}

static void session_step(struct conn *c, struct str octets)
{
    struct hub *hub = c->hub;
    struct wamp_msg m;
    struct wamp_fault why;
    if (wamp_msg_parse(c->ser, octets, &hub->arena, &m, &why)) {
        on_fault(c, octets, &why);
        return;
    }
    hub->delivery = (struct delivery){0};
    realm_deliver(c->realm, c->session, &m, hub->now);
    if (m.type == WAMP_GOODBYE)
        cookie_on_goodbye(c, m.uri);
    if (hub->delivery.congested || !list_is_empty(&c->holds))
        congestion_on_delivered(c, &m);
}

/* For the states in which nearly everything is ignored, nonsense included. */
static bool read_quietly(struct conn *c, struct str octets, struct wamp_msg *m)
{
    struct wamp_fault why;
    return !wamp_msg_parse(c->ser, octets, &c->hub->arena, m, &why);
}

/* After the GOODBYE exchange only a new HELLO is taken. spec: B-028, R-25, W-27 */
static void parted_step(struct conn *c, struct str octets)
{
    struct wamp_msg m;
    if (read_quietly(c, octets, &m) && m.type == WAMP_HELLO)
        handshake_on_message(c, &m);
}

/* Between our GOODBYE and the answer everything else is ignored. spec: B-023 */
static void leaving_step(struct conn *c, struct str octets)
{
    struct wamp_msg m;
    if (read_quietly(c, octets, &m) && (m.type == WAMP_GOODBYE || m.type == WAMP_ABORT))
        conn_close(c, c->hub->stopping ? 1001 : 1000, "");
}

static void closing_step(struct conn *c, struct str octets)
{
    (void)c, (void)octets;
}

/* spec: 0.9 row 3 */
static void on_wrong_type(struct conn *c, const struct wamp_frame_in *frame)
{
    struct wamp_fault why = {.err = WAMP_ERR_TYPE};
    snprintf(why.text, sizeof why.text, "%s messages travel in %s frames", wamp_ser_name(c->ser),
             frame->text ? "binary" : "text");
    on_fault(c, STR(""), &why);
}

static void on_octets_of_message(struct conn *c, struct str octets)
{
    static void (*const steps[CONN_STATES])(struct conn *, struct str) = {
        [CONN_HELLO] = hello_step,   [CONN_LOGIN] = hello_step,     [CONN_SESSION] = session_step,
        [CONN_PARTED] = parted_step, [CONN_LEAVING] = leaving_step, [CONN_CLOSING] = closing_step,
    };
    c->hub->metrics.messages_in++;
    wamp_arena_reset(&c->hub->arena);
    if (c->state != CONN_DOOMED)
        steps[c->state](c, octets);
}

/* In order; what follows a message that ends the session is not looked at. An empty batch is none. spec: A-BWS-01 */
static void on_batch(struct conn *c, struct str rest)
{
    struct wamp_fault why = {.err = WAMP_ERR_TRUNCATED, .text = "a batch that is empty or not whole"};
    struct str message;
    do {
        if (!rest.len || !wamp_batch_next(c->ser, &rest, &message)) {
            on_fault(c, rest, &why);
            return;
        }
        on_octets_of_message(c, message);
    } while (rest.len && c->state < CONN_CLOSING);
}

static void on_message(struct conn *c, const struct wamp_frame_in *frame)
{
    if (c->framing->has_types && frame->text != wamp_ser_is_text(c->ser))
        on_wrong_type(c, frame);
    else if (c->framing->batched)
        on_batch(c, frame->octets);
    else
        on_octets_of_message(c, frame->octets);
}

void conn_on_message(struct conn *c, struct str octets)
{
    const struct wamp_frame_in frame = {.octets = octets};
    if (!c->deaf)
        on_message(c, &frame);
}

/* --- other frames --------------------------------------------------------------------------------------- */

/* Answered in order, like anything else that is sent; under a flood some are not. spec */
static void on_ping(struct conn *c, const struct wamp_frame_in *frame)
{
    struct hub *hub = c->hub;
    wamp_ms paid = c->pings_paid > hub->now ? c->pings_paid : hub->now;
    if (paid + PING_MS > hub->now + PING_BURST_MS || (c->peer_max && frame->octets.len > c->peer_max)) {
        hub->metrics.pings_skipped++;
        return;
    }
    c->pings_paid = paid + PING_MS;
    c->framing->pong(c, frame->octets);
}

static void on_pong(struct conn *c, const struct wamp_frame_in *frame)
{
    (void)c, (void)frame;
}

/* The peer closes: without GOODBYE its session is lost. The answer carries its own code. spec: 0.9 row 6 */
static void on_close(struct conn *c, const struct wamp_frame_in *frame)
{
    enum { NO_CODE = 1005 };
    conn_close(c, frame->code == NO_CODE ? 1000 : frame->code, "");
    c->was_told = true;
    conn_finish(c);
}

static void on_error(struct conn *c, const struct wamp_frame_in *frame)
{
    struct hub *hub = c->hub;
    if (frame->code == 1009) {
        hub->metrics.oversize_in++;
        conn_abort(c, "wamp.error.payload_size_exceeded", frame->why, frame->code);
    } else {
        hub->metrics.frame_errors++;
        conn_close(c, frame->code, frame->why);
    }
    c->deaf = true;
}

/* --- octets --------------------------------------------------------------------------------------------- */

static void parse(struct conn *c, struct str octets)
{
    static void (*const events[])(struct conn *, const struct wamp_frame_in *) = {
        [WAMP_FRAME_MESSAGE] = on_message, [WAMP_FRAME_PING] = on_ping,   [WAMP_FRAME_PONG] = on_pong,
        [WAMP_FRAME_CLOSE] = on_close,     [WAMP_FRAME_ERROR] = on_error,
    };
    struct wamp_frame_in frame;
    enum wamp_frame_event event;
    while (!c->deaf && c->state != CONN_DOOMED &&
           (event = c->framing->next(&c->in.framing, &octets, &frame)) != WAMP_FRAME_NONE)
        events[event](c, &frame);
}

void conn_on_octets(struct conn *c, struct str octets)
{
    c->hub->metrics.octets_in += octets.len;
    if (c->state == CONN_OPENING) {
        opening_on_octets(c, octets);
        return;
    }
    if (c->state == CONN_HTTP) {
        http_on_octets(c, octets);
        return;
    }
    if (c->wait.kind == WAIT_TRAFFIC || c->wait.kind == WAIT_PONG)
        wait_start(&c->hub->waits, &c->wait, WAIT_TRAFFIC, c->hub->now);
    parse(c, octets);
}
