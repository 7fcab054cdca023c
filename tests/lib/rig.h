/* The connections of a router in process: sockets that are buffers, a clock that the test turns.
 *
 *     struct rig rig;
 *     rig_init(&rig);
 *     struct plug *a = rig_websocket(&rig);      connected and upgraded
 *     plug_say(a, "[1, \"realm1\", {\"roles\": {\"caller\": {}}}]");
 *     expect_heard(a, "[2,");
 *     rig_advance(&rig, 30000);
 *     rig_fini(&rig);
 *
 * Everything that is said is followed by the end of a turn. */
#ifndef TESTS_LIB_RIG_H
#define TESTS_LIB_RIG_H

#include "common/buf.h"
#include "router/conn.h"
#include "router/router.h"

#include <stdbool.h>

/* The other end of a connection. */
struct plug {
    struct rig *rig;
    struct plug *next;
    struct conn *conn;        /* NULL: the router closed it */
    struct wamp_buf octets;   /* what the router sent, as far as it was not taken */
    size_t taken;             /* of octets */
    size_t room;              /* octets that the kernel takes before it is choked; SIZE_MAX at first */
    unsigned writes;          /* system calls that sent something */
    bool dead;                /* writing fails */
    bool wants_write, hears, finished;
    bool is_rawsocket;
    struct str text;          /* of the message last taken */
    unsigned opcode;
};

struct rig {
    struct config config;
    struct router router;
    struct hub hub;
    struct plug *plugs;
    bool ok;                  /* everything could be allocated */
};

void rig_init(struct rig *rig);  /* realm1, everything by default; the test may change rig.config afterwards */
void rig_init_with(struct rig *rig, const char *yaml);  /* as this configuration says */
void rig_fini(struct rig *rig);

/* Another configuration, as after SIGHUP; rig.config is not it. */
void rig_reload(struct rig *rig, const char *yaml);

struct plug *rig_connect(struct rig *rig);                      /* not a word yet */
struct plug *rig_connect_from(struct rig *rig, const char *ip, bool refused);
struct plug *rig_websocket(struct rig *rig);                    /* upgraded, JSON */
struct plug *rig_rawsocket(struct rig *rig, unsigned limit);    /* 2^(9 + limit) octets, JSON */
struct plug *rig_session(struct rig *rig, const char *details); /* WebSocket; details: after "roles", or "" */

void rig_turn(struct rig *rig);
void rig_advance(struct rig *rig, wamp_ms ms);  /* stops at each deadline on the way */

void plug_octets(struct plug *p, const void *octets, size_t len);
void plug_frame(struct plug *p, unsigned opcode, struct str payload);  /* WebSocket, masked; no end of turn */
void plug_say(struct plug *p, const char *json);                       /* one message */
void plug_hang_up(struct plug *p);

/* The kernel takes `room` more octets now. */
void plug_drain(struct plug *p, size_t room);

/* The next frame; false: nothing more was sent. For a WebSocket text is the payload, opcode that of the frame. */
bool plug_take(struct plug *p);

/* The next frame is a message that begins so, or a close frame with that code. */
void expect_heard(struct plug *p, const char *start);
void expect_closing(struct plug *p, unsigned code);
void expect_silence(struct plug *p);

extern const char rig_upgrade_request[];

#endif
