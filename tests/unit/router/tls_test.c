/* TLS between a connection and its socket; the other end is OpenSSL's own client. */
#include "tests/lib/certificate.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/rig.h"
#include "tests/lib/test.h"

#include "router/tls.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

static struct certificates *files;

/* --- a router with TLS ---------------------------------------------------------------------------------- */

struct site {
    struct rig rig;
    struct tls_pool pool;
    struct tls_context *context;
    struct end *ends;
    bool is_crowded;  /* the time that a turn has for handshakes is over; else it never is */
};

/* One client, and the socket between it and the router. */
struct end {
    struct site *site;
    struct end *next;
    struct conn *conn;      /* NULL: the router closed it */
    SSL *ssl;
    size_t step;            /* octets that reach the router at once */
    size_t room;            /* octets that the kernel takes from the router */
    unsigned writes;        /* system calls that sent something */
    bool wants_write, hears, finished, dead;
    bool is_lost;           /* the client gave up */
    struct wamp_buf plain;  /* what the router said */
    size_t heard;           /* of plain */
};

static const struct tls_config no_client_certificate = {.certificate = "", .key = ""};

static void site_init(struct site *s, struct tls_config config)
{
    struct config_error err = {""};
    memset(s, 0, sizeof *s);
    rig_init(&s->rig);
    config.certificate = files->server;
    config.key = files->server_key;
    fail_pause();
    s->context = tls_context_new(&config, &err);
    fail_resume();
    if (!s->context)
        fail_msg("%s", err.text);
}

static void site_fini(struct site *s)
{
    rig_fini(&s->rig);
    tls_pool_fini(&s->pool);
    fail_pause();
    tls_context_free(s->context);
    while (s->ends) {
        struct end *next = s->ends->next;
        SSL_free(s->ends->ssl);
        wamp_buf_fini(&s->ends->plain);
        free(s->ends);
        s->ends = next;
    }
    fail_resume();
}

/* --- the socket ----------------------------------------------------------------------------------------- */

static ssize_t socket_write(void *socket, struct str octets)
{
    struct end *e = socket;
    if (e->dead)
        return -1;
    size_t n = octets.len < e->room ? octets.len : e->room;
    if (e->room != SIZE_MAX)
        e->room -= n;
    BIO_write(SSL_get_rbio(e->ssl), octets.ptr, (int)n);
    e->writes += n > 0;
    return (ssize_t)n;
}

static void socket_want_write(void *socket)
{
    ((struct end *)socket)->wants_write = true;
}

static void socket_hear(void *socket, bool enable)
{
    ((struct end *)socket)->hears = enable;
}

static void socket_finish(void *socket)
{
    ((struct end *)socket)->finished = true;
}

static void socket_close(void *socket)
{
    struct end *e = socket;
    struct conn *c = e->conn;
    e->conn = NULL;
    tls_on_gone(c);
}

static const struct wire socket_wire = {
    .write = socket_write,
    .want_write = socket_want_write,
    .hear = socket_hear,
    .finish = socket_finish,
    .close = socket_close,
};

/* --- the client ----------------------------------------------------------------------------------------- */

struct client {
    int version;                   /* 0: any */
    const char *certificate, *key; /* NULL: none */
    SSL_SESSION *session;          /* to resume; NULL: none */
};

static SSL *client_new(const struct client *how)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_load_verify_file(ctx, files->ca);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    if (how->certificate) {
        SSL_CTX_use_certificate_file(ctx, how->certificate, SSL_FILETYPE_PEM);
        SSL_CTX_use_PrivateKey_file(ctx, how->key, SSL_FILETYPE_PEM);
    }
    SSL *ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);
    if (how->version) {
        SSL_set_security_level(ssl, 0);
        SSL_set_min_proto_version(ssl, how->version);
        SSL_set_max_proto_version(ssl, how->version);
    }
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(ssl, in, out);
    SSL_set_connect_state(ssl);
    if (how->session)
        SSL_set_session(ssl, how->session);
    return ssl;
}

static struct end *end_new(struct site *s, const struct client *how)
{
    fail_pause();
    struct end *e = calloc(1, sizeof *e);
    *e = (struct end){.site = s, .next = s->ends, .step = SIZE_MAX, .room = SIZE_MAX, .hears = true};
    e->ssl = client_new(how);
    s->ends = e;
    fail_resume();
    struct tls *tls = tls_new(s->context, &s->pool);
    e->conn = tls ? conn_new(&s->rig.hub, NULL, false) : NULL;
    if (!e->conn) {
        tls_free(tls);
        return e;
    }
    e->conn->wire = &socket_wire;
    e->conn->socket = e;
    conn_came_in(e->conn, &s->rig.config, &s->rig.config.listeners[0]);
    tls_attach(tls, e->conn);
    return e;
}

/* Octets as they are, in steps. */
static void end_octets(struct end *e, const char *octets, size_t len)
{
    while (len && e->conn) {
        size_t n = len < e->step ? len : e->step;
        e->site->pool.spent_us = e->site->is_crowded ? TLS_TURN_US : 0;
        tls_on_octets(e->conn, str_of(octets, n));
        rig_turn(&e->site->rig);
        octets += n;
        len -= n;
    }
}

/* What the client has to send goes to the router. True: there was something. */
static bool carry(struct end *e)
{
    char *octets;
    long len = BIO_get_mem_data(SSL_get_wbio(e->ssl), &octets);
    if (len <= 0)
        return false;
    fail_pause();
    char *copy = malloc((size_t)len);
    memcpy(copy, octets, (size_t)len);
    BIO_reset(SSL_get_wbio(e->ssl));
    fail_resume();
    end_octets(e, copy, (size_t)len);
    free(copy);
    return true;
}

static void end_read(struct end *e)
{
    char octets[20000];
    size_t len;
    fail_pause();
    ERR_clear_error();
    int result;
    while ((result = SSL_read_ex(e->ssl, octets, sizeof octets, &len)) == 1)
        wamp_buf_add(&e->plain, octets, len);
    int error = SSL_get_error(e->ssl, result);
    e->is_lost |= error != SSL_ERROR_WANT_READ && error != SSL_ERROR_ZERO_RETURN;
    fail_resume();
}

/* Both talk until neither has anything to say. */
static void talk(struct end *e)
{
    do
        end_read(e);
    while (carry(e));
}

static void say(struct end *e, const void *octets, size_t len)
{
    size_t done;
    fail_pause();
    if (SSL_is_init_finished(e->ssl))
        SSL_write_ex(e->ssl, octets, len, &done);
    fail_resume();
    talk(e);
}

static void say_json(struct end *e, const char *json)
{
    size_t len = strlen(json);
    char *frame = malloc(4 + len);
    wamp_rs_header((uint8_t *)frame, 0, len);
    memcpy(frame + 4, json, len);
    say(e, frame, 4 + len);
    free(frame);
}

/* The next message of RawSocket begins so. */
static void expect_message(struct end *e, const char *start)
{
    const uint8_t *at = (const uint8_t *)e->plain.ptr + e->heard;
    size_t left = e->plain.len - e->heard;
    assert_true(left >= 4);
    size_t len = (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
    assert_true(left >= 4 + len);
    if (!str_starts(str_of((const char *)at + 4, len), str_z(start)))
        fail_msg("expected %s.., heard %.*s", start, (int)len, (const char *)at + 4);
    e->heard += 4 + len;
}

static void shake_hands(struct end *e)
{
    static const uint8_t hello[4] = {0x7F, 0xF0 | WAMP_JSON, 0, 0};
    talk(e);
    say(e, hello, sizeof hello);
    e->heard = 4;
}

/* In realm1, over RawSocket. */
static struct end *joined(struct site *s, const struct client *how)
{
    struct end *e = end_new(s, how);
    shake_hands(e);
    say_json(e, "[1,\"realm1\",{\"roles\":{\"caller\":{},\"callee\":{},\"publisher\":{},\"subscriber\":{}}}]");
    expect_message(e, "[2,");
    return e;
}

static const struct client anybody;
static const struct client old = {.version = TLS1_2_VERSION};

static void drain(struct end *e, size_t room)
{
    e->room = room;
    if (!e->wants_write || !e->conn)
        return;
    e->wants_write = false;
    tls_on_writable(e->conn);
    rig_turn(&e->site->rig);
}

static char *event_of(size_t size)
{
    char *json = malloc(size + 100);
    int len = sprintf(json, "[16,9,{\"exclude_me\":false},\"com.t\",[\"");
    memset(json + len, 'x', size);
    strcpy(json + len + size, "\"]]");
    return json;
}

static void publish(struct end *e, size_t size)
{
    char *json = event_of(size);
    say_json(e, json);
    free(json);
}

static void subscribe(struct end *e)
{
    say_json(e, "[32,1,{},\"com.t\"]");
    expect_message(e, "[33,1,");
}

/* --- going there and back ------------------------------------------------------------------------------- */

TEST(both_transports_are_served_over_both_versions)  /* spec: B-103 */
{
    const struct client *const clients[] = {&anybody, &old};
    struct site s;
    site_init(&s, no_client_certificate);
    for (size_t i = 0; i < 2; i++) {
        struct end *e = joined(&s, clients[i]), *web = end_new(&s, clients[i]);
        assert_int_equal(SSL_version(e->ssl), i ? TLS1_2_VERSION : TLS1_3_VERSION);
        talk(web);
        say(web, rig_upgrade_request, strlen(rig_upgrade_request));
        assert_true(str_starts(wamp_buf_str(&web->plain), STR("HTTP/1.1 101 ")));
    }
    assert_int_equal(s.rig.hub.metrics.tls_handshakes, 4);
    assert_int_equal(s.rig.hub.metrics.tls_failed, 0);
    site_fini(&s);
}

TEST(octets_may_come_one_by_one)  /* spec: reliability T-R8 */
{
    struct site s;
    site_init(&s, no_client_certificate);
    struct end *e = end_new(&s, &anybody);
    e->step = 1;
    shake_hands(e);
    say_json(e, "[1,\"realm1\",{\"roles\":{\"caller\":{}}}]");
    expect_message(e, "[2,");
    site_fini(&s);
}

TEST(octets_may_be_taken_one_by_one)
{
    struct site s;
    site_init(&s, no_client_certificate);
    struct end *e = joined(&s, &anybody);
    subscribe(e);
    drain(e, 0);
    publish(e, 5000);
    publish(e, 70000);
    for (int i = 0; i < 80000 && e->wants_write; i++)
        drain(e, 1);
    end_read(e);
    expect_message(e, "[36,");
    expect_message(e, "[36,");
    assert_int_equal(e->heard, e->plain.len);
    assert_int_equal(e->conn->out.waiting, 0);
    site_fini(&s);
}

TEST(all_that_is_queued_in_a_turn_leaves_in_one_write)  /* design 4.5 */
{
    struct site s;
    site_init(&s, no_client_certificate);
    struct end *e = joined(&s, &anybody);
    char calls[60 * 20];
    size_t len = 0;
    for (int i = 0; i < 20; i++) {
        int n = sprintf(calls + len + 4, "[48,%d,{},\"com.none\"]", i + 1);
        wamp_rs_header((uint8_t *)calls + len, 0, (size_t)n);
        len += 4 + (size_t)n;
    }
    unsigned writes = e->writes;
    say(e, calls, len);
    assert_int_equal(e->writes, writes + 1);
    for (int i = 0; i < 20; i++)
        expect_message(e, "[8,48,");
    site_fini(&s);
}

TEST(large_messages_go_both_ways)
{
    struct site s;
    site_init(&s, no_client_certificate);
    struct end *e = joined(&s, &anybody);
    subscribe(e);
    e->step = 65536;  /* as libwebsockets reads */
    publish(e, 2000000);
    for (int i = 0; i < 100 && e->wants_write; i++)
        drain(e, SIZE_MAX);
    talk(e);
    expect_message(e, "[36,");
    site_fini(&s);
}

TEST(an_idle_connection_holds_no_buffers)
{
    struct site s;
    site_init(&s, no_client_certificate);
    struct end *e = joined(&s, &anybody);
    subscribe(e);
    drain(e, 0);
    publish(e, 30000);
    drain(e, SIZE_MAX);
    size_t before = mem_live_blocks();
    publish(e, 30000);
    publish(e, 10);
    assert_int_equal(mem_live_blocks(), before);
    site_fini(&s);
}

/* --- bounds --------------------------------------------------------------------------------------------- */

TEST(what_is_not_taken_waits_in_the_outbox_and_is_bounded_there)  /* spec: reliability T-S1 */
{
    struct site s;
    site_init(&s, no_client_certificate);
    struct end *slow = joined(&s, &anybody), *publisher = joined(&s, &anybody);
    subscribe(slow);
    drain(slow, 1000);
    publish(publisher, 100000);
    assert_in_range(slow->conn->out.waiting, 98000, 101000);
    for (int i = 0; i < 60 && slow->conn->session; i++)
        publish(publisher, 100000);
    assert_null(slow->conn->session);
    rig_advance(&s.rig, 1000);
    assert_null(slow->conn);
    assert_non_null(publisher->conn->session);
    site_fini(&s);
}

TEST(updates_of_keys_that_are_not_read_are_cut_off)  /* spec: reliability 4 row 7 */
{
    struct site s;
    site_init(&s, no_client_certificate);
    struct end *e = joined(&s, &anybody);
    e->room = 0;
    for (int i = 0; i < 10000 && e->conn; i++) {
        SSL_key_update(e->ssl, SSL_KEY_UPDATE_REQUESTED);
        SSL_do_handshake(e->ssl);
        carry(e);
    }
    assert_null(e->conn);
    site_fini(&s);
}

TEST(a_handshake_that_does_not_end_is_over_at_its_deadline)  /* spec: reliability T-M1 */
{
    struct site s;
    site_init(&s, no_client_certificate);
    struct end *silent = end_new(&s, &anybody), *half = end_new(&s, &anybody);
    end_octets(half, "\x16\x03\x01\x02\x00\x01\x00", 7);
    rig_advance(&s.rig, 4000);
    end_octets(half, "\x01", 1);
    assert_non_null(silent->conn);
    rig_advance(&s.rig, 1000);
    assert_null(silent->conn);
    assert_null(half->conn);
    assert_int_equal(s.rig.hub.metrics.opening_timeouts, 2);
    assert_int_equal(s.rig.hub.metrics.tls_failed, 2);
    site_fini(&s);
}

TEST(what_is_no_tls_is_closed)  /* spec: reliability T-R8 */
{
    static const char others[][20] = {"GET / HTTP/1.1\r\n\r\n", "\x7f\xf1\0\0 and more",
                                      "\x16\x03\x01\xff\xff\xff", "\x15\x03\x01\x00\x02\x02\x28"};
    struct site s;
    site_init(&s, no_client_certificate);
    for (size_t i = 0; i < 4; i++) {
        struct end *e = end_new(&s, &anybody);
        end_octets(e, others[i], 16);
        assert_null(e->conn);
    }
    assert_int_equal(s.rig.hub.metrics.tls_failed, 4);
    site_fini(&s);
}

TEST(of_too_many_handshakes_in_a_turn_the_later_ones_wait)  /* spec: reliability 4 row 7 */
{
    struct site s;
    site_init(&s, no_client_certificate);
    struct end *other = joined(&s, &anybody), *a, *b, *c;
    s.is_crowded = true;
    a = end_new(&s, &anybody);
    b = end_new(&s, &anybody);
    c = end_new(&s, &anybody);
    talk(a);
    talk(b);
    talk(c);
    assert_false(a->hears || b->hears || SSL_is_init_finished(a->ssl));
    say_json(other, "[48,1,{},\"com.none\"]");  /* who is in does not wait */
    expect_message(other, "[8,48,1,");
    socket_close(b);  /* who goes meanwhile is forgotten */
    s.is_crowded = false;
    while (tls_pool_run(&s.pool))
        ;
    assert_true(a->hears && c->hears);
    shake_hands(a);
    assert_true(SSL_is_init_finished(a->ssl));
    assert_int_equal(s.rig.hub.metrics.tls_deferred, 3);
    site_fini(&s);
}

TEST(who_waits_for_its_handshake_is_not_listened_to_without_end)
{
    struct site s;
    char octets[1024] = "\x16\x03\x01";
    site_init(&s, no_client_certificate);
    struct end *e = end_new(&s, &anybody);
    s.is_crowded = true;
    for (int i = 0; i < 17 && e->conn; i++)
        end_octets(e, octets, sizeof octets);
    assert_null(e->conn);
    assert_false(tls_pool_run(&s.pool));
    site_fini(&s);
}

/* --- the end -------------------------------------------------------------------------------------------- */

TEST(what_was_asked_before_the_end_is_answered)
{
    struct site s;
    site_init(&s, no_client_certificate);
    struct end *e = joined(&s, &anybody);
    char call[40] = "\0\0\0\x14[48,1,{},\"com.none\"]";
    size_t done;
    SSL_write_ex(e->ssl, call, 24, &done);
    SSL_shutdown(e->ssl);
    talk(e);
    expect_message(e, "[8,48,1,");
    assert_null(e->conn);
    assert_true(SSL_get_shutdown(e->ssl) & SSL_RECEIVED_SHUTDOWN);
    site_fini(&s);
}

TEST(the_router_says_that_it_ends)
{
    struct site s;
    site_init(&s, no_client_certificate);
    struct end *e = joined(&s, &anybody);
    say_json(e, "[6,{},\"wamp.close.close_realm\"]");
    expect_message(e, "[6,");
    rig_advance(&s.rig, 5000);
    talk(e);
    assert_true(e->finished);
    assert_true(SSL_get_shutdown(e->ssl) & SSL_RECEIVED_SHUTDOWN);
    assert_false(e->is_lost);
    site_fini(&s);
}

TEST(the_end_waits_for_what_tls_has_to_say)
{
    struct site s;
    site_init(&s, no_client_certificate);
    struct end *e = end_new(&s, &anybody);
    end_read(e);
    carry(e);
    end_read(e);
    e->room = 0;  /* the ticket of the session is not taken */
    carry(e);
    assert_true(SSL_is_init_finished(e->ssl) && e->wants_write);
    assert_false(e->conn->choked);
    conn_finish(e->conn);
    rig_turn(&s.rig);
    assert_false(e->finished);
    drain(e, SIZE_MAX);
    assert_true(e->finished);
    end_read(e);
    assert_true(SSL_get_shutdown(e->ssl) & SSL_RECEIVED_SHUTDOWN);
    site_fini(&s);
}

TEST(a_record_that_was_tampered_with_ends_the_connection)
{
    struct site s;
    site_init(&s, no_client_certificate);
    struct end *e = joined(&s, &anybody);
    end_octets(e, "\x17\x03\x03\x00\x20 thirty-two octets that are wrong", 37);
    assert_null(e->conn);
    assert_int_equal(s.rig.hub.metrics.frame_errors, 1);
    site_fini(&s);
}

TEST(a_dead_socket_is_noticed)
{
    struct site s;
    site_init(&s, no_client_certificate);
    struct end *e = joined(&s, &anybody), *early = end_new(&s, &anybody);
    e->dead = early->dead = true;
    say_json(e, "[48,1,{},\"com.none\"]");
    assert_null(e->conn);
    talk(early);
    assert_null(early->conn);
    site_fini(&s);
}

/* --- versions ------------------------------------------------------------------------------------------- */

TEST(older_versions_are_refused)  /* spec: reliability T-R8 */
{
    struct client eleven = {.version = TLS1_1_VERSION};
    struct tls_config strict = {.only_tls13 = true};
    struct site s;
    site_init(&s, no_client_certificate);
    struct end *e = end_new(&s, &eleven);
    talk(e);
    assert_null(e->conn);
    site_fini(&s);
    site_init(&s, strict);
    e = end_new(&s, &old);
    talk(e);
    assert_null(e->conn);
    joined(&s, &anybody);
    site_fini(&s);
}

TEST(nobody_renegotiates)  /* spec: reliability T-R8 */
{
    struct site s;
    site_init(&s, no_client_certificate);
    struct end *e = joined(&s, &old);
    uint64_t before = s.rig.hub.metrics.tls_handshakes;
    SSL_renegotiate(e->ssl);
    SSL_do_handshake(e->ssl);
    talk(e);
    assert_true(e->is_lost);
    assert_int_equal(s.rig.hub.metrics.tls_handshakes, before);
    site_fini(&s);
}

/* --- who the peer is ------------------------------------------------------------------------------------ */

static bool certificate_of(struct end *e, uint8_t out[32])
{
    return e->conn->wire->peer_certificate(e->conn->socket, out);
}

static void expect_fingerprint(const char *path, const uint8_t got[32])
{
    uint8_t expected[32];
    FILE *f = fopen(path, "r");
    X509 *x = PEM_read_X509(f, NULL, NULL, NULL);
    fclose(f);
    X509_digest(x, EVP_sha256(), expected, NULL);
    X509_free(x);
    assert_memory_equal(got, expected, 32);
}

TEST(certificates_of_clients_are_verified)  /* spec: A-TLS-01, A-TLS-02, B-104 */
{
    const struct client ours = {.certificate = files->client, .key = files->client_key};
    const struct client stranger = {.certificate = files->stranger, .key = files->stranger_key};
    const char *ca[] = {files->ca};
    uint8_t sha256[32];
    for (int optional = 0; optional < 2; optional++) {
        struct tls_config config = {.ca_certificates = {ca, 1}, .client_optional = optional};
        struct site s;
        site_init(&s, config);
        assert_true(certificate_of(joined(&s, &ours), sha256));
        expect_fingerprint(files->client, sha256);
        struct end *bad = end_new(&s, &stranger), *none = end_new(&s, &anybody);
        talk(bad);
        assert_null(bad->conn);
        talk(none);
        if (optional)
            assert_false(certificate_of(none, sha256));
        else
            assert_null(none->conn);
        site_fini(&s);
    }
}

TEST(where_no_certificate_is_asked_for_there_is_none)  /* spec: A-TLS-01 */
{
    const struct client ours = {.certificate = files->client, .key = files->client_key};
    uint8_t sha256[32];
    struct site s;
    site_init(&s, no_client_certificate);
    assert_false(certificate_of(joined(&s, &ours), sha256));
    site_fini(&s);
}

static size_t binding_of(struct end *e, const char *type, uint8_t *out)
{
    return e->conn->wire->channel_binding(e->conn->socket, str_z(type), out);
}

TEST(both_ends_know_the_exporter)  /* spec: A-CSG-06, A-CSG-08 */
{
    static const char label[] = "EXPORTER-Channel-Binding";
    const struct client *const clients[] = {&anybody, &old};
    uint8_t ours[WIRE_BINDING_MAX], theirs[32];
    struct site s;
    site_init(&s, no_client_certificate);
    for (size_t i = 0; i < 2; i++) {
        struct end *e = joined(&s, clients[i]);
        assert_int_equal(binding_of(e, "tls-exporter", ours), 32);
        SSL_export_keying_material(e->ssl, theirs, 32, label, sizeof label - 1, NULL, 0, 0);
        assert_memory_equal(ours, theirs, 32);
        assert_int_equal(binding_of(e, "tls-something", ours), 0);
    }
    site_fini(&s);
}

/* As Autobahn does: the hash of the first Finished message, of whichever end. */
static void expect_unique(struct end *e, bool resumed)
{
    uint8_t finished[64], expected[32], got[WIRE_BINDING_MAX];
    size_t len = resumed ? SSL_get_peer_finished(e->ssl, finished, sizeof finished)
                         : SSL_get_finished(e->ssl, finished, sizeof finished);
    EVP_Digest(finished, len, expected, NULL, EVP_sha256(), NULL);
    assert_int_equal(SSL_session_reused(e->ssl), resumed);
    assert_int_equal(binding_of(e, "tls-unique", got), 32);
    assert_memory_equal(got, expected, 32);
}

TEST(tls_unique_is_the_first_finished_and_not_for_13)  /* spec: A-CSG-08, A-SCR-11 */
{
    uint8_t out[WIRE_BINDING_MAX];
    struct site s;
    site_init(&s, no_client_certificate);
    struct end *e = joined(&s, &old);
    expect_unique(e, false);
    struct client again = {.version = TLS1_2_VERSION, .session = SSL_get1_session(e->ssl)};
    expect_unique(joined(&s, &again), true);
    assert_int_equal(s.rig.hub.metrics.tls_resumed, 1);
    assert_int_equal(binding_of(joined(&s, &anybody), "tls-unique", out), 0);
    SSL_SESSION_free(again.session);
    site_fini(&s);
}

TEST(tls_server_end_point_is_the_hash_of_our_certificate)  /* spec: A-SCR-11 */
{
    uint8_t out[WIRE_BINDING_MAX];
    struct site s;
    site_init(&s, no_client_certificate);
    assert_int_equal(binding_of(joined(&s, &anybody), "tls-server-end-point", out), 32);
    expect_fingerprint(files->server, out);
    site_fini(&s);
}

TEST(before_the_handshake_there_is_no_binding)
{
    uint8_t out[WIRE_BINDING_MAX];
    struct site s;
    site_init(&s, no_client_certificate);
    struct end *e = end_new(&s, &anybody);
    assert_int_equal(binding_of(e, "tls-exporter", out), 0);
    assert_int_equal(binding_of(e, "tls-unique", out), 0);
    assert_false(certificate_of(e, out));
    site_fini(&s);
}

/* --- files ---------------------------------------------------------------------------------------------- */

TEST(files_that_do_not_do_are_named)
{
    const char *wrong[] = {files->server_key}, *absent[] = {"/nowhere.pem"};
    const struct {
        struct tls_config config;
        const char *key, *file;
    } cases[] = {
        {{.certificate = "/nowhere.pem"}, "tls.certificate", "/nowhere.pem"},
        {{.certificate = files->server_key}, "tls.certificate", files->server_key},
        {{.certificate = files->server}, "tls.key", files->server},
        {{.certificate = files->server, .key = files->client_key}, "tls.key", files->client_key},
        {{.certificate = files->server, .key = files->server_key, .chain_certificates = {wrong, 1}},
         "tls.chain_certificates", files->server_key},
        {{.certificate = files->server, .key = files->server_key, .ca_certificates = {absent, 1}},
         "tls.ca_certificates", "/nowhere.pem"},
        {{.certificate = files->server, .key = files->server_key, .ciphers = "NONSENSE"},
         "tls.ciphers", "NONSENSE"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config_error err = {""};
        assert_null(tls_context_new(&cases[i].config, &err));
        assert_true(str_starts(str_z(err.text), str_z(cases[i].key)));
        assert_non_null(strstr(err.text, cases[i].file));
    }
}

TEST(the_chain_is_sent)
{
    const char *chain[] = {files->ca};
    struct tls_config config = {.chain_certificates = {chain, 1}};
    struct site s;
    site_init(&s, config);
    struct end *e = joined(&s, &anybody);
    assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(e->ssl)), 2);
    site_fini(&s);
}

/* --- memory --------------------------------------------------------------------------------------------- */

TEST(whatever_allocation_fails_nothing_is_left)  /* spec: reliability T-R4 */
{
    for_each_failure {
        struct site s;
        site_init(&s, no_client_certificate);
        if (s.rig.ok) {
            struct end *e = end_new(&s, &anybody);
            shake_hands(e);
            say_json(e, "[1,\"realm1\",{\"roles\":{\"publisher\":{},\"subscriber\":{}}}]");
            say_json(e, "[32,1,{},\"com.t\"]");
            drain(e, 100);
            publish(e, 3000);
            publish(e, 3000);
            s.is_crowded = true;
            talk(end_new(&s, &anybody));
            tls_pool_run(&s.pool);
            drain(e, SIZE_MAX);
        }
        site_fini(&s);
    }
}

static int make_files(void **state)
{
    (void)state;
    files = certificates_new();
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    certificates_free(files);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_transports_are_served_over_both_versions),
        cmocka_unit_test(octets_may_come_one_by_one),
        cmocka_unit_test(octets_may_be_taken_one_by_one),
        cmocka_unit_test(all_that_is_queued_in_a_turn_leaves_in_one_write),
        cmocka_unit_test(large_messages_go_both_ways),
        cmocka_unit_test(an_idle_connection_holds_no_buffers),
        cmocka_unit_test(what_is_not_taken_waits_in_the_outbox_and_is_bounded_there),
        cmocka_unit_test(updates_of_keys_that_are_not_read_are_cut_off),
        cmocka_unit_test(a_handshake_that_does_not_end_is_over_at_its_deadline),
        cmocka_unit_test(what_is_no_tls_is_closed),
        cmocka_unit_test(of_too_many_handshakes_in_a_turn_the_later_ones_wait),
        cmocka_unit_test(who_waits_for_its_handshake_is_not_listened_to_without_end),
        cmocka_unit_test(what_was_asked_before_the_end_is_answered),
        cmocka_unit_test(the_router_says_that_it_ends),
        cmocka_unit_test(the_end_waits_for_what_tls_has_to_say),
        cmocka_unit_test(a_record_that_was_tampered_with_ends_the_connection),
        cmocka_unit_test(a_dead_socket_is_noticed),
        cmocka_unit_test(older_versions_are_refused),
        cmocka_unit_test(nobody_renegotiates),
        cmocka_unit_test(certificates_of_clients_are_verified),
        cmocka_unit_test(where_no_certificate_is_asked_for_there_is_none),
        cmocka_unit_test(both_ends_know_the_exporter),
        cmocka_unit_test(tls_unique_is_the_first_finished_and_not_for_13),
        cmocka_unit_test(tls_server_end_point_is_the_hash_of_our_certificate),
        cmocka_unit_test(before_the_handshake_there_is_no_binding),
        cmocka_unit_test(files_that_do_not_do_are_named),
        cmocka_unit_test(the_chain_is_sent),
        cmocka_unit_test(whatever_allocation_fails_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
