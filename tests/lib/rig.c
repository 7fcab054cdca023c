#include "tests/lib/rig.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/test.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char rig_upgrade_request[] = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                                   "Sec-WebSocket-Protocol: wamp.2.json\r\n\r\n";

/* --- sockets that are buffers --------------------------------------------------------------------------- */

static ssize_t fake_write(void *socket, struct str octets)
{
    struct plug *p = socket;
    if (p->dead)
        return -1;
    size_t n = octets.len < p->room ? octets.len : p->room;
    if (p->room != SIZE_MAX)
        p->room -= n;
    fail_pause();
    wamp_buf_add(&p->octets, octets.ptr, n);
    fail_resume();
    p->writes += n > 0;
    return (ssize_t)n;
}

static void fake_want_write(void *socket)
{
    ((struct plug *)socket)->wants_write = true;
}

static void fake_hear(void *socket, bool enable)
{
    ((struct plug *)socket)->hears = enable;
}

static void fake_finish(void *socket)
{
    ((struct plug *)socket)->finished = true;
}

static void fake_close(void *socket)
{
    struct plug *p = socket;
    struct conn *c = p->conn;
    p->conn = NULL;
    conn_on_gone(c);
}

static const struct wire fake_wire = {
    .write = fake_write,
    .want_write = fake_want_write,
    .hear = fake_hear,
    .finish = fake_finish,
    .close = fake_close,
};

/* --- the rig -------------------------------------------------------------------------------------------- */

static bool load_text(struct config *c, const char *yaml, struct config_error *err)
{
    char path[] = "/tmp/rig-XXXXXX";
    int fd = mkstemp(path);
    bool ok = fd >= 0 && write(fd, yaml, strlen(yaml)) == (ssize_t)strlen(yaml) && config_load(c, path, err);
    close(fd);
    unlink(path);
    return ok;
}

void rig_init_with(struct rig *rig, const char *yaml)
{
    struct config_error err = {"no file"};
    memset(rig, 0, sizeof *rig);
    wamp_log_limit = WAMP_LOG_ERROR;
    fail_pause();
    config_init(&rig->config);
    if ((yaml && !load_text(&rig->config, yaml, &err)) || !config_finish(&rig->config, &err))
        fail_msg("%s", err.text);
    fail_resume();
    hub_init(&rig->hub, &rig->router, &rig->config);
    rig->hub.now = 1000;
    rig->ok = router_init(&rig->router, &rig->config, 0, rig->hub.now);
}

void rig_init(struct rig *rig)
{
    rig_init_with(rig, NULL);
}

void rig_reload(struct rig *rig, const char *yaml)
{
    struct config_error err = {"no file"};
    fail_pause();
    struct config *config = config_new();
    if (!load_text(config, yaml, &err) || !config_finish(config, &err))
        fail_msg("%s", err.text);
    fail_resume();
    router_set_config(&rig->router, &rig->hub, config);
    hub_set_config(&rig->hub, config);
    config_unref(config);
    rig_turn(rig);
}

void rig_fini(struct rig *rig)
{
    hub_drop_all(&rig->hub);
    hub_end_turn(&rig->hub);
    assert_int_equal(rig->hub.conn_count, 0);
    assert_int_equal(rig->hub.pool.waiting, 0);
    assert_null(rig->hub.addresses.by_key);
    for (int kind = 0; kind < WAIT_KINDS; kind++)
        assert_int_equal(rig->hub.waits.count[kind], 0);
    hub_fini(&rig->hub);
    router_fini(&rig->router);
    config_fini(&rig->config);
    while (rig->plugs) {
        struct plug *next = rig->plugs->next;
        wamp_buf_fini(&rig->plugs->octets);
        free(rig->plugs);
        rig->plugs = next;
    }
}

void rig_turn(struct rig *rig)
{
    hub_end_turn(&rig->hub);
}

static wamp_ms next_deadline(const struct rig *rig)
{
    wamp_ms hub = hub_next_deadline(&rig->hub), realms = router_next_deadline(&rig->router);
    return hub < realms ? hub : realms;
}

void rig_advance(struct rig *rig, wamp_ms ms)
{
    wamp_ms end = rig->hub.now + ms;
    for (wamp_ms next; (next = next_deadline(rig)) <= end;) {
        rig->hub.now = next > rig->hub.now ? next : rig->hub.now;
        router_expire(&rig->router, rig->hub.now);
        hub_expire(&rig->hub);
        rig_turn(rig);
    }
    rig->hub.now = end;
}

/* --- plugs ---------------------------------------------------------------------------------------------- */

static struct plug *plug_new(struct rig *rig)
{
    struct plug *p = calloc(1, sizeof *p);
    p->rig = rig;
    p->next = rig->plugs;
    p->room = SIZE_MAX;
    p->hears = true;
    rig->plugs = p;
    return p;
}

struct plug *rig_connect_from(struct rig *rig, const char *ip, bool refused)
{
    struct plug *p = plug_new(rig);
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct address *address;
    inet_pton(AF_INET, ip, &in.sin_addr);
    if (!address_enter(&rig->hub.addresses, (const struct sockaddr *)&in, &address))
        return p;
    p->conn = conn_new(&rig->hub, address, refused);
    if (p->conn) {
        p->conn->wire = &fake_wire;
        p->conn->socket = p;
        p->conn->listener = &rig->config.listeners[0];
    } else {
        address_leave(&rig->hub.addresses, address);
    }
    return p;
}

struct plug *rig_connect(struct rig *rig)
{
    return rig_connect_from(rig, "127.0.0.1", false);
}

void plug_octets(struct plug *p, const void *octets, size_t len)
{
    if (!p->conn)
        return;
    char *copy = malloc(len);  /* writable, and its end is known to sanitizers */
    memcpy(copy, octets, len);
    conn_on_octets(p->conn, str_of(copy, len));
    rig_turn(p->rig);
    free(copy);
}

void plug_frame(struct plug *p, unsigned opcode, struct str payload)
{
    static const uint8_t mask[4] = {1, 2, 3, 4};
    char *frame = malloc(WAMP_WS_HEADER_ROOM + payload.len);
    size_t header = wamp_ws_header((uint8_t *)frame, opcode, payload.len, mask);
    if (payload.len)
        memcpy(frame + header, payload.ptr, payload.len);
    wamp_ws_mask(frame + header, payload.len, mask, 0);
    if (p->conn)
        conn_on_octets(p->conn, str_of(frame, header + payload.len));
    free(frame);
}

void plug_say(struct plug *p, const char *json)
{
    if (!p->is_rawsocket) {
        plug_frame(p, WAMP_WS_TEXT, str_z(json));
        rig_turn(p->rig);
        return;
    }
    size_t len = strlen(json);
    char *frame = malloc(4 + len);
    wamp_rs_header((uint8_t *)frame, 0, len);
    memcpy(frame + 4, json, len);
    plug_octets(p, frame, 4 + len);
    free(frame);
}

void plug_hang_up(struct plug *p)
{
    fake_close(p);
    rig_turn(p->rig);
}

void plug_drain(struct plug *p, size_t room)
{
    p->room = room;
    if (!p->conn || !p->wants_write)
        return;
    p->wants_write = false;
    conn_on_writable(p->conn);
    rig_turn(p->rig);
}

struct plug *rig_websocket(struct rig *rig)
{
    struct plug *p = rig_connect(rig);
    plug_octets(p, rig_upgrade_request, strlen(rig_upgrade_request));
    p->taken = p->octets.len;
    return p;
}

struct plug *rig_rawsocket(struct rig *rig, unsigned limit)
{
    uint8_t hello[4] = {0x7F, (uint8_t)(limit << 4 | WAMP_JSON), 0, 0};
    struct plug *p = rig_connect(rig);
    p->is_rawsocket = true;
    plug_octets(p, hello, sizeof hello);
    p->taken = p->octets.len;
    return p;
}

struct plug *rig_session(struct rig *rig, const char *details)
{
    char hello[300];
    struct plug *p = rig_websocket(rig);
    snprintf(hello, sizeof hello,
             "[1,\"realm1\",{\"roles\":{\"caller\":{\"features\":{\"progressive_call_results\":true,"
             "\"call_canceling\":true}},\"callee\":{\"features\":{\"progressive_call_results\":true,"
             "\"call_canceling\":true}},\"publisher\":{},\"subscriber\":{}}%s}]",
             details);
    plug_say(p, hello);
    p->taken = p->octets.len;
    return p;
}

/* --- what was heard ------------------------------------------------------------------------------------- */

/* The length of the header at `at`, 0 when it is not complete; *len is that of the payload. */
static size_t read_header(struct plug *p, const uint8_t *at, size_t left, size_t *len)
{
    if (p->is_rawsocket) {
        if (left < 4)
            return 0;
        p->opcode = at[0];
        *len = (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
        return 4;
    }
    size_t extra = left < 2 ? 0 : at[1] == 126 ? 2 : at[1] == 127 ? 8 : 0;
    if (left < 2 + extra)
        return 0;
    p->opcode = at[0] & 0x0F;
    *len = extra ? 0 : at[1];
    for (size_t i = 0; i < extra; i++)
        *len = *len << 8 | at[2 + i];
    return 2 + extra;
}

bool plug_take(struct plug *p)
{
    if (!p->octets.ptr)
        return false;
    const char *at = p->octets.ptr + p->taken;
    size_t left = p->octets.len - p->taken, len = 0;
    size_t header = left ? read_header(p, (const uint8_t *)at, left, &len) : 0;
    if (!header || left - header < len)
        return false;
    p->text = str_of(at + header, len);
    p->taken += header + len;
    return true;
}

void expect_heard(struct plug *p, const char *start)
{
    if (!plug_take(p))
        p->text = STR("nothing");
    if (!str_starts(p->text, str_z(start)))
        fail_msg("expected %s.., heard %.*s", start, STR_ARG(p->text));
}

void expect_closing(struct plug *p, unsigned code)
{
    assert_true(plug_take(p));
    assert_int_equal(p->opcode, WAMP_WS_CLOSE);
    assert_true(p->text.len >= 2);
    assert_int_equal((uint8_t)p->text.ptr[0] << 8 | (uint8_t)p->text.ptr[1], code);
}

void expect_silence(struct plug *p)
{
    if (plug_take(p))
        fail_msg("expected silence, heard %.*s", STR_ARG(p->text));
}
