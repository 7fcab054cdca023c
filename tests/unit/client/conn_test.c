/* The real link, over real sockets: the test is the server, on the same thread, and takes its steps between those
 * of the peer. What arrives at the peer arrives in any cut. */
#include "client/include/wamp.h"
#include "client/peer.h"

#include "common/rawsocket.h"
#include "common/websocket.h"
#include "tests/lib/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WELCOME                                                                                               \
    "[2, 1234, {\"roles\": {\"broker\": {\"features\": {}}, \"dealer\": {\"features\": {\"call_canceling\": " \
    "true}}}}]"

enum { STEPS_MAX = 5000 };  /* of about a millisecond, where nothing happens */

static struct {
    int listener, fd;
    char url[128], path[64];
    SSL_CTX *context;
    SSL *ssl;
    struct wamp_buf in;  /* octets from the client, decrypted */
    bool drip;           /* sends octet by octet */
} server;

static wamp_peer *peer;
static wamp_rc lost_rc;
static char lost_why[256];

static void on_lost(void *arg, wamp_peer *p, const wamp_error *why, bool again)
{
    (void)arg;
    (void)p;
    (void)again;
    lost_rc = why->rc;
    snprintf(lost_why, sizeof lost_why, "%s", why->message);
}

static const wamp_hooks hooks = {.on_lost = on_lost};

/* --- the server ---------------------------------------------------------------------------------------------- */

static void listen_unix(const char *scheme)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(server.path, sizeof server.path, "/tmp/wamp-conn-%d.sock", (int)getpid());
    unlink(server.path);
    snprintf(a.sun_path, sizeof a.sun_path, "%s", server.path);
    snprintf(server.url, sizeof server.url, "%s%s", scheme, server.path);
    server.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(server.listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(server.listener, 8), 0);
}

static void listen_tcp(const char *scheme, const char *host)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    server.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(server.listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(server.listener, 8), 0);
    getsockname(server.listener, (struct sockaddr *)&a, &len);
    snprintf(server.url, sizeof server.url, "%s%s:%d", scheme, host, ntohs(a.sin_port));
}

static void server_step(void)
{
    char octets[65536];
    if (server.fd < 0) {
        server.fd = accept4(server.listener, NULL, NULL, SOCK_NONBLOCK);
        if (server.fd < 0)
            return;
        if (server.context) {
            server.ssl = SSL_new(server.context);
            SSL_set_fd(server.ssl, server.fd);
            SSL_set_accept_state(server.ssl);
        }
    }
    ssize_t n =
        server.ssl ? SSL_read(server.ssl, octets, sizeof octets) : recv(server.fd, octets, sizeof octets, 0);
    if (n > 0)
        wamp_buf_add(&server.in, octets, (size_t)n);
}

static void both_step(void)
{
    struct pollfd fds[] = {{.fd = peer ? wamp_fd(peer) : -1, .events = POLLIN},
                           {.fd = server.fd >= 0 ? server.fd : server.listener, .events = POLLIN}};
    poll(fds, 2, peer && wamp_next_deadline(peer) == 0 ? 0 : 1);
    if (peer)
        wamp_step(peer);
    server_step();
}

static void send_octets(const void *octets, size_t len)
{
    const char *p = octets;
    while (len) {
        size_t piece = server.drip ? 1 : len;
        ssize_t n = server.ssl ? SSL_write(server.ssl, p, (int)piece) : send(server.fd, p, piece, MSG_NOSIGNAL);
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
        if (n < 0 || server.drip)
            both_step();
    }
}

static void send_frame(unsigned opcode, struct str payload)
{
    uint8_t header[WAMP_WS_HEADER_ROOM];
    send_octets(header, wamp_ws_header(header, opcode, payload.len, NULL));
    send_octets(payload.ptr, payload.len);
}

static void send_text(const char *message)
{
    send_frame(WAMP_WS_TEXT, str_z(message));
}

static void send_rs(unsigned type, struct str payload)
{
    uint8_t header[4];
    wamp_rs_header(header, type, payload.len);
    send_octets(header, 4);
    send_octets(payload.ptr, payload.len);
}

static void consume(size_t n)
{
    memmove(server.in.ptr, server.in.ptr + n, server.in.len - n);
    server.in.len -= n;
}

static void wait_for_octets(size_t n)
{
    for (int i = 0; server.in.len < n && i < STEPS_MAX; i++)
        both_step();
    assert_true(server.in.len >= n);
}

/* The client's upgrade request, answered. */
static void accept_ws(void)
{
    struct wamp_ws_request request;
    struct wamp_buf answer = {0};
    const char *why;
    size_t used;
    int status = 0;
    for (int i = 0; !status && i < STEPS_MAX; i++) {
        both_step();
        status = wamp_ws_read_request(wamp_buf_str(&server.in), &request, &used, &why);
    }
    assert_int_equal(status, 101);
    wamp_ws_accept(&answer, &request, STR(""));
    consume(used);
    send_octets(answer.ptr, answer.len);
    wamp_buf_fini(&answer);
}

/* The next message that the client sent, in out; returns its opcode. */
static unsigned next_frame(struct wamp_buf *out)
{
    wait_for_octets(6);
    const uint8_t *h = (const uint8_t *)server.in.ptr;
    size_t len = h[1] & 0x7f, at = 2;
    assert_true(h[1] & 0x80);
    if (len == 126) {
        wait_for_octets(8);
        h = (const uint8_t *)server.in.ptr;
        len = (size_t)h[2] << 8 | h[3];
        at = 4;
    } else if (len == 127) {
        wait_for_octets(14);
        h = (const uint8_t *)server.in.ptr;
        len = 0;
        for (int i = 2; i < 10; i++)
            len = len << 8 | h[i];
        at = 10;
    }
    wait_for_octets(at + 4 + len);
    uint8_t mask[4];
    memcpy(mask, server.in.ptr + at, 4);
    unsigned opcode = (uint8_t)server.in.ptr[0] & 0x0f;
    wamp_buf_reset(out);
    wamp_buf_add(out, server.in.ptr + at + 4, len);
    wamp_ws_mask(out->ptr, len, mask, 0);
    wamp_buf_add_char(out, '\0');
    out->len--;
    consume(at + 4 + len);
    return opcode;
}

static void expect_frame(unsigned opcode, const char *beginning)
{
    struct wamp_buf frame = {0};
    assert_int_equal(next_frame(&frame), opcode);
    if (!str_starts(wamp_buf_str(&frame), str_z(beginning)))
        fail_msg("got %s", frame.ptr);
    wamp_buf_fini(&frame);
}

/* --- the client ---------------------------------------------------------------------------------------------- */

static void open_peer(wamp_opt opt)
{
    opt.url = server.url;
    opt.hooks = &hooks;
    if (!opt.serializer)
        opt.serializer = "json";
    peer = wamp_open_async(&opt);
    assert_non_null(peer);
}

static void wait_until_lost(const char *why)
{
    for (int i = 0; !lost_rc && i < STEPS_MAX; i++)
        both_step();
    assert_int_equal(lost_rc, WAMP_E_LOST);
    if (!strstr(lost_why, why))
        fail_msg("'%s' does not say '%s'", lost_why, why);
}

static void wait_until_joined(void)
{
    for (int i = 0; !wamp_is_joined(peer) && !lost_rc && i < STEPS_MAX; i++)
        both_step();
    if (!wamp_is_joined(peer))
        fail_msg("not joined: %s", lost_why);
}

static void join_ws(wamp_opt opt)
{
    open_peer(opt);
    accept_ws();
    expect_frame(WAMP_WS_TEXT, "[1,\"realm1\",");
    send_text(WELCOME);
    wait_until_joined();
}

static int setup(void **state)
{
    (void)state;
    server.listener = server.fd = -1;
    lost_rc = WAMP_OK;
    *lost_why = '\0';
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wamp_close(peer);
    peer = NULL;
    SSL_free(server.ssl);
    SSL_CTX_free(server.context);
    if (server.fd >= 0)
        close(server.fd);
    if (server.listener >= 0)
        close(server.listener);
    if (*server.path)
        unlink(server.path);
    wamp_buf_fini(&server.in);
    memset(&server, 0, sizeof server);
    return 0;
}

/* --- WebSocket ----------------------------------------------------------------------------------------------- */

TEST(a_peer_joins_over_tcp_and_unix)
{
    listen_tcp("ws://", "127.0.0.1");
    join_ws((wamp_opt){.close_timeout_ms = 1});
    teardown(NULL);
    setup(NULL);
    listen_tcp("ws://", "localhost");  /* ::1, too, where nobody listens */
    join_ws((wamp_opt){.close_timeout_ms = 1});
    teardown(NULL);
    setup(NULL);
    listen_unix("ws+unix:");
    join_ws((wamp_opt){.close_timeout_ms = 1});
}

TEST(what_arrives_in_pieces_is_put_together)
{
    listen_unix("ws+unix:");
    server.drip = true;
    join_ws((wamp_opt){.close_timeout_ms = 1});
    send_text("[6, {}, \"wamp.close.normal\"]");
    expect_frame(WAMP_WS_TEXT, "[6,{},\"wamp.close.goodbye_and_out\"");
    expect_frame(WAMP_WS_CLOSE, "\x03\xe8");
}

TEST(a_refused_upgrade_says_why)
{
    struct wamp_buf answer = {0};
    listen_unix("ws+unix:");
    open_peer((wamp_opt){0});
    wait_for_octets(1);
    wamp_ws_refuse(&answer, 400, "we speak wamp.2.json");
    send_octets(answer.ptr, answer.len);
    wamp_buf_fini(&answer);
    wait_until_lost("refused with HTTP status 400");
}

TEST(what_is_no_websocket_is_left)
{
    static const char *const bad[] = {
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\nSec-WebSocket-Protocol: wamp.2.json\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "\x7f\xf1 nonsense\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setup(NULL);
        listen_unix("ws+unix:");
        open_peer((wamp_opt){0});
        wait_for_octets(1);
        send_octets(bad[i], strlen(bad[i]));
        wait_until_lost("no WebSocket");
        teardown(NULL);
    }
    setup(NULL);
    listen_unix("ws+unix:");
    open_peer((wamp_opt){0});
    wait_for_octets(1);
    for (int i = 0; i < 2000 && !lost_rc; i++) {
        send(server.fd, "HTTP/1.1 101 X\r\nA: b\r\n", 22, MSG_NOSIGNAL);
        both_step();
    }
    wait_until_lost("");
}

TEST(a_server_that_hangs_up_is_noticed)
{
    listen_unix("ws+unix:");
    open_peer((wamp_opt){0});
    wait_for_octets(1);
    close(server.fd);
    server.fd = -1;
    close(server.listener);
    server.listener = -1;
    wait_until_lost("cannot connect to");
}

TEST(nobody_listening_is_said_so)
{
    listen_tcp("ws://", "127.0.0.1");
    close(server.listener);
    server.listener = -1;
    open_peer((wamp_opt){0});
    wait_until_lost("Connection refused");
    assert_null(wamp_open(&(wamp_opt){.url = server.url}));
    assert_int_equal(wamp_open_rc(), WAMP_E_LOST);
    assert_non_null(strstr(wamp_open_error(), "Connection refused"));
    assert_null(wamp_open(&(wamp_opt){.url = "ws://no-such-host.invalid:80"}));
    assert_int_equal(wamp_open_rc(), WAMP_E_LOST);
    assert_null(wamp_open(&(wamp_opt){.url = "unix:/nowhere/at.all"}));
    assert_non_null(strstr(wamp_open_error(), "No such file"));
}

/* spec: RFC 6455 5.1, 7.4; 0.9 rows 3, 4 */
TEST(broken_framing_ends_the_connection)
{
    static const struct {
        struct str octets;
        unsigned code;
    } bad[] = {
        {{"\x81\x85\1\2\3\4abcde", 11}, 1002},     /* masked by a server */
        {{"\x82\x02[]", 4}, 1002},                 /* binary where JSON is spoken */
        {{"\xc1\x02[]", 4}, 1002},                 /* a reserved bit */
        {{"\x83\x00", 2}, 1002},                   /* a reserved opcode */
        {{"\x80\x02[]", 4}, 1002},                 /* a continuation of nothing */
        {{"\x89\x7e\x01\x00", 4}, 1002},           /* a PING too long */
        {{"\x81\x7f\0\0\0\1\0\0\0\0", 10}, 1009},  /* 4 GiB announced */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct wamp_buf frame = {0};
        setup(NULL);
        listen_unix("ws+unix:");
        join_ws((wamp_opt){.max_message = 1 << 20});
        send_octets(bad[i].octets.ptr, bad[i].octets.len);
        wait_until_lost("the router broke the framing");
        assert_int_equal(next_frame(&frame), WAMP_WS_CLOSE);
        assert_int_equal((uint8_t)frame.ptr[0] << 8 | (uint8_t)frame.ptr[1], bad[i].code);
        wamp_buf_fini(&frame);
        teardown(NULL);
    }
}

TEST(a_close_frame_is_answered)
{
    listen_unix("ws+unix:");
    join_ws((wamp_opt){0});
    send_frame(WAMP_WS_CLOSE, STR("\x03\xe9going away"));
    wait_until_lost("closed by the router (1001: going away)");
    expect_frame(WAMP_WS_CLOSE, "\x03\xe9");
}

TEST(pings_are_answered)
{
    listen_unix("ws+unix:");
    join_ws((wamp_opt){.close_timeout_ms = 1});
    send_frame(WAMP_WS_PING, STR("are you there"));
    expect_frame(WAMP_WS_PONG, "are you there");
}

/* spec: R-31: a flood of PINGs, whose answers nobody reads, does not eat memory */
TEST(a_flood_of_pings_is_not_answered_for_ever)
{
    char payload[125];
    memset(payload, 'x', sizeof payload);
    listen_unix("ws+unix:");
    join_ws((wamp_opt){.close_timeout_ms = 1});
    for (int i = 0; i < 20000; i++) {
        uint8_t header[WAMP_WS_HEADER_ROOM];
        size_t n = wamp_ws_header(header, WAMP_WS_PING, sizeof payload, NULL);
        while (send(server.fd, header, n, MSG_NOSIGNAL | MSG_MORE) < 0)
            wamp_step(peer);
        for (size_t sent = 0; sent < sizeof payload;) {
            ssize_t k = send(server.fd, payload + sent, sizeof payload - sent, MSG_NOSIGNAL);
            sent += k > 0 ? (size_t)k : 0;
            if (k < 0)
                wamp_step(peer);
        }
    }
    wamp_step(peer);
    assert_true(peer->link->ops->queued(peer->link) < (1 << 18) + 1000);
}

TEST(a_silent_router_is_asked_and_left)
{
    listen_unix("ws+unix:");
    join_ws((wamp_opt){.ping_ms = 20});
    assert_in_range(wamp_next_deadline(peer), 0, 20);
    while (!lost_rc)
        wamp_step(peer);
    assert_non_null(strstr(lost_why, "no sign of life"));
    expect_frame(WAMP_WS_PING, "libwamp");
}

static void on_joined_stop(void *arg, wamp_peer *p)
{
    (void)arg;
    wamp_stop(p);
}

TEST(large_messages_pass_both_ways)
{
    size_t n = 3 << 20;
    char *large = malloc(n + 64);
    struct wamp_buf frame = {0};
    listen_unix("ws+unix:");
    join_ws((wamp_opt){.nonblocking = true, .max_queue = 1 << 24, .close_timeout_ms = 1});
    memset(large, 'x', n);
    large[n] = '\0';
    assert_int_equal(wamp_publish(peer, "t", NULL, "s", large), WAMP_OK);
    assert_int_equal(wamp_publish(peer, "t", NULL, "s", "after"), WAMP_OK);
    assert_true(peer->link->ops->queued(peer->link) > 0);
    assert_int_equal(next_frame(&frame), WAMP_WS_TEXT);
    assert_true(frame.len > n);
    expect_frame(WAMP_WS_TEXT, "[16,2,{},\"t\",[\"after\"]]");
    assert_int_equal(peer->link->ops->queued(peer->link), 0);
    size_t head = (size_t)sprintf(large, "[8, 48, 1, {}, \"x\", [\"");
    memset(large + head, 'y', n - head);
    memcpy(large + n - 3, "\"]]", 3);
    peer->session.last_request = 5;
    send_frame(WAMP_WS_TEXT, str_of(large, n));
    for (int i = 0; i < 100; i++)
        both_step();
    assert_int_equal(lost_rc, WAMP_OK);
    wamp_buf_fini(&frame);
    free(large);
}

TEST(a_loop_of_the_programs_own_is_woken)
{
    const wamp_hooks joined = {.on_joined = on_joined_stop};
    listen_unix("ws+unix:");
    peer = wamp_open_async(
        &(wamp_opt){.url = server.url, .serializer = "json", .hooks = &joined, .close_timeout_ms = 1});
    int fd = wamp_fd(peer);
    accept_ws();
    expect_frame(WAMP_WS_TEXT, "[1,");
    send_text(WELCOME);
    struct pollfd p = {.fd = fd, .events = wamp_events(peer)};
    assert_int_equal(poll(&p, 1, 1000), 1);
    while (!wamp_is_joined(peer))
        wamp_step(peer);
    assert_int_equal(poll(&p, 1, 0), 1);  /* wamp_stop rang */
    wamp_step(peer);
    assert_int_equal(poll(&p, 1, 0), 0);
    assert_int_equal(wamp_call_async(peer, "x", NULL, NULL, ""), WAMP_OK);
    assert_int_equal(poll(&p, 1, 0), 1);  /* it wants to send */
    wamp_step(peer);
    assert_int_equal(poll(&p, 1, 0), 0);
    expect_frame(WAMP_WS_TEXT, "[48,1,{},\"x\"]");
    assert_int_equal(wamp_fd(peer), fd);
}

static void close_it(void *arg, wamp_peer *p)
{
    (void)arg;
    wamp_close(p);
}

TEST(a_peer_may_be_closed_on_a_thread_of_its_own)
{
    char octet;
    listen_unix("ws+unix:");
    join_ws((wamp_opt){0});
    wamp_peer *p = peer;
    peer = NULL;
    assert_int_equal(wamp_start(p), WAMP_OK);
    assert_int_equal(wamp_step(p), WAMP_E_STATE);
    assert_int_equal(wamp_post(p, close_it, NULL), WAMP_OK);
    expect_frame(WAMP_WS_TEXT, "[6,{},\"wamp.close.close_realm\"]");
    expect_frame(WAMP_WS_CLOSE, "\x03\xe8");
    fcntl(server.fd, F_SETFL, 0);
    assert_int_equal(recv(server.fd, &octet, 1, 0), 0);
}

static int open_fds(void)
{
    int count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void hang_up(void)
{
    while (peer->phase != PHASE_WAITING) {
        if (server.fd >= 0)
            close(server.fd);
        server.fd = -1;
        both_step();
    }
    wamp_buf_reset(&server.in);
}

/* spec: T-L2 */
TEST(a_router_that_comes_and_goes_leaves_nothing_behind)
{
    int before = 0;
    listen_tcp("ws://", "localhost");
    join_ws((wamp_opt){.reconnect = true, .close_timeout_ms = 1});
    for (int i = 0; i < 300; i++) {
        hang_up();
        if (i == 50)
            before = open_fds();
        peer->now = peer->env->clock();
        wamp_peer_connect(peer);  /* without the back-off */
        if (i % 3 == 0)
            accept_ws();
    }
    hang_up();
    for (int i = 0; open_fds() > before && i < STEPS_MAX; i++)
        both_step();  /* a thread that looked up the name may be about to end */
    assert_true(open_fds() <= before);
}

/* --- RawSocket ----------------------------------------------------------------------------------------------- */

static void join_rs(const char *answer, wamp_opt opt)
{
    uint8_t hello[4];
    open_peer(opt);
    wait_for_octets(4);
    memcpy(hello, server.in.ptr, 4);
    assert_int_equal(hello[0], 0x7f);
    consume(4);
    send_octets(answer, 4);
}

/* spec: A-RAW-01, T-57, T-58, T-61 */
TEST(a_peer_joins_over_rawsocket)
{
    listen_unix("unix:");
    server.drip = true;
    join_rs("\x7f\x01\0\0", (wamp_opt){.close_timeout_ms = 1});  /* the router takes 512 octets */
    wait_until_lost("HELLO is larger than the router takes");
    teardown(NULL);
    setup(NULL);
    listen_unix("unix:");
    join_rs("\x7f\x21\0\0", (wamp_opt){.close_timeout_ms = 1});  /* 2048 */
    wait_for_octets(4);
    size_t len = (size_t)(uint8_t)server.in.ptr[2] << 8 | (uint8_t)server.in.ptr[3];
    wait_for_octets(4 + len);
    assert_memory_equal(server.in.ptr + 4, "[1,\"realm1\"", 11);
    consume(4 + len);
    send_rs(0, str_z(WELCOME));
    wait_until_joined();
    send_rs(1, STR("ping"));
    wait_for_octets(8);
    assert_memory_equal(server.in.ptr, "\2\0\0\4ping", 8);
    consume(8);
    char large[3000];
    memset(large, 'x', sizeof large);
    large[sizeof large - 1] = '\0';
    assert_int_equal(wamp_publish(peer, "t", NULL, "s", large), WAMP_E_TOOBIG);
    assert_int_equal(wamp_publish(peer, "t", NULL, ""), WAMP_OK);
    wait_for_octets(4 + 13);
    assert_memory_equal(server.in.ptr + 4, "[16,1,{},\"t\"]", 13);
}

TEST(a_refused_rawsocket_handshake_says_why)
{
    static const struct {
        const char *answer, *why;
    } cases[] = {
        {"\x7f\x10\0\0", "does not speak the serializer"},
        {"\x7f\x20\0\0", "message length"},
        {"\x7f\x40\0\0", "too many connections"},
        {"\x7f\xf3\0\0", "no RawSocket"},
        {"HTTP", "no RawSocket"},
        {"\x7f\xf1\0\1", "no RawSocket"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        setup(NULL);
        listen_unix("unix:");
        join_rs(cases[i].answer, (wamp_opt){0});
        wait_until_lost(cases[i].why);
        teardown(NULL);
    }
}

/* --- TLS ----------------------------------------------------------------------------------------------------- */

static char cert_path[64], key_path[64];

/* A certificate of its own for `name`, which also serves as the CA. */
static void make_certificate(const char *name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    X509V3_CTX ctx;
    char san[80];
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_set_version(x, 2);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1,
                               0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    snprintf(san, sizeof san, "DNS:%s,IP:127.0.0.1", name);
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_alt_name, san);
    X509_add_ext(x, ext, -1);
    X509_EXTENSION_free(ext);
    X509_sign(x, key, EVP_sha256());
    snprintf(cert_path, sizeof cert_path, "/tmp/wamp-cert-%d.pem", (int)getpid());
    snprintf(key_path, sizeof key_path, "/tmp/wamp-key-%d.pem", (int)getpid());
    FILE *f = fopen(cert_path, "w");
    PEM_write_X509(f, x);
    fclose(f);
    f = fopen(key_path, "w");
    PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
    server.context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(server.context, x);
    SSL_CTX_use_PrivateKey(server.context, key);
    X509_free(x);
    EVP_PKEY_free(key);
}

static int tls_teardown(void **state)
{
    unlink(cert_path);
    unlink(key_path);
    return teardown(state);
}

/* spec: B-103, A-CSG-08 */
TEST(a_trusted_router_is_joined_over_tls)
{
    make_certificate("localhost");
    listen_tcp("wss://", "localhost");
    join_ws((wamp_opt){.ca = cert_path, .close_timeout_ms = 1});
    uint8_t id[32], again[32];
    assert_true(peer->link->ops->channel_id(peer->link, "tls-exporter", id));
    assert_int_equal(SSL_export_keying_material(server.ssl, again, 32, "EXPORTER-Channel-Binding", 24, NULL, 0, 0),
                     1);
    assert_memory_equal(id, again, 32);
    assert_false(peer->link->ops->channel_id(peer->link, "tls-unique", id));
    tls_teardown(NULL);
    setup(NULL);
    make_certificate("localhost");
    listen_tcp("wss://", "127.0.0.1");
    server.drip = true;
    join_ws((wamp_opt){.ca = cert_path, .close_timeout_ms = 1});
    tls_teardown(NULL);
    setup(NULL);
    make_certificate("router.example");
    listen_unix("ws+unix:");
    join_ws((wamp_opt){.ca = cert_path, .tls = true, .server_name = "router.example", .close_timeout_ms = 1});
}

TEST(large_messages_pass_over_tls)
{
    size_t n = 1 << 20;
    char *large = malloc(n + 1);
    struct wamp_buf frame = {0};
    memset(large, 'x', n);
    large[n] = '\0';
    make_certificate("localhost");
    listen_tcp("wss://", "localhost");
    join_ws((wamp_opt){.ca = cert_path, .close_timeout_ms = 1, .max_queue = 1 << 23});
    assert_int_equal(wamp_publish(peer, "t", NULL, "s", large), WAMP_OK);
    assert_int_equal(next_frame(&frame), WAMP_WS_TEXT);
    assert_true(frame.len > n);
    wamp_buf_fini(&frame);
    free(large);
}

TEST(a_router_that_cannot_be_trusted_is_not_joined)
{
    static const struct {
        const char *name, *why;
        bool trusted;
    } cases[] = {
        {"localhost", "certificate", false},
        {"other.example", "ostname mismatch", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        setup(NULL);
        make_certificate(cases[i].name);
        listen_tcp("wss://", "localhost");
        open_peer((wamp_opt){.ca = cases[i].trusted ? cert_path : NULL});
        wait_until_lost(cases[i].why);
        tls_teardown(NULL);
    }
    setup(NULL);
    make_certificate("other.example");
    listen_tcp("wss://", "localhost");
    join_ws((wamp_opt){.insecure = true, .close_timeout_ms = 1});
}

TEST(wrong_certificate_files_are_named)
{
    listen_tcp("wss://", "localhost");
    open_peer((wamp_opt){.ca = "/nowhere/ca.pem"});
    wait_until_lost("/nowhere/ca.pem: No such file or directory");
}

/* spec: B-104 */
TEST(a_client_may_show_a_certificate)
{
    make_certificate("localhost");
    SSL_CTX_set_verify(server.context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_load_verify_file(server.context, cert_path);
    listen_tcp("wss://", "localhost");
    join_ws((wamp_opt){.ca = cert_path, .cert = cert_path, .key = key_path, .close_timeout_ms = 1});
    X509 *shown = SSL_get0_peer_certificate(server.ssl);
    assert_non_null(shown);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TLS(name) cmocka_unit_test_setup_teardown(name, setup, tls_teardown)
RUN_TESTS(T(a_peer_joins_over_tcp_and_unix), T(what_arrives_in_pieces_is_put_together),
          T(a_refused_upgrade_says_why), T(what_is_no_websocket_is_left), T(a_server_that_hangs_up_is_noticed),
          T(nobody_listening_is_said_so), T(broken_framing_ends_the_connection), T(a_close_frame_is_answered),
          T(pings_are_answered), T(a_flood_of_pings_is_not_answered_for_ever),
          T(a_silent_router_is_asked_and_left), T(large_messages_pass_both_ways),
          T(a_loop_of_the_programs_own_is_woken), T(a_peer_may_be_closed_on_a_thread_of_its_own),
          T(a_router_that_comes_and_goes_leaves_nothing_behind), T(a_peer_joins_over_rawsocket),
          T(a_refused_rawsocket_handshake_says_why), TLS(a_trusted_router_is_joined_over_tls),
          TLS(large_messages_pass_over_tls), TLS(a_router_that_cannot_be_trusted_is_not_joined),
          TLS(wrong_certificate_files_are_named), TLS(a_client_may_show_a_certificate))
