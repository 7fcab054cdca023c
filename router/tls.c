#include "router/tls.h"

#include "common/log.h"
#include "common/mem.h"
#include "router/tls_peer.h"

#include <openssl/err.h>
#include <time.h>

enum { PLAIN_ROOM = 64 << 10 };  /* octets that the connection is given at once */

/* Encrypted octets that the kernel has not taken yet. `plain` octets of the connection are in them; as many of
 * these count as taken as there are encrypted ones sent, in proportion, and the last one when all are. */
struct rest {
    struct wamp_buf octets;
    size_t sent;
    size_t plain, taken;
};

struct tls {
    struct conn *conn;
    const struct wire *below;
    void *socket;           /* of the wire below */
    struct tls_pool *pool;
    SSL *ssl;
    struct str in;          /* what OpenSSL has yet to read: nothing when a call returns */
    struct rest rest;
    struct wamp_buf early;  /* what has come while the handshake waits */
    struct list waiting;    /* tls_pool.waiting */
    bool shaken;            /* the handshake is done */
    bool broken;            /* nothing can be said any more */
    bool finishing;         /* the wire below is to be finished when the rest is sent */
};

/* --- what OpenSSL takes for a socket -------------------------------------------------------------------- */

static int bio_read(BIO *bio, char *to, size_t size, size_t *out)
{
    struct tls *t = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *out = t->in.len < size ? t->in.len : size;
    if (!*out) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(to, t->in.ptr, *out);
    t->in = str_from(t->in, *out);
    return 1;
}

static int bio_write(BIO *bio, const char *octets, size_t len, size_t *out)
{
    struct tls *t = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    wamp_buf_add(&t->pool->out, octets, len);
    *out = len;
    return !t->pool->out.failed;
}

static long bio_ctrl(BIO *bio, int what, long number, void *arg)
{
    (void)bio, (void)number, (void)arg;
    return what == BIO_CTRL_FLUSH;
}

/* With the first connection. */
static bool fill_pool(struct tls_pool *pool)
{
    if (pool->plain)
        return true;
    pool->plain = wamp_alloc(PLAIN_ROOM);
    pool->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wampd");
    if (pool->plain && pool->method && BIO_meth_set_read_ex(pool->method, bio_read) &&
        BIO_meth_set_write_ex(pool->method, bio_write) && BIO_meth_set_ctrl(pool->method, bio_ctrl))
        return true;
    tls_pool_fini(pool);
    return false;
}

void tls_pool_fini(struct tls_pool *pool)
{
    BIO_meth_free(pool->method);
    wamp_free(pool->plain);
    wamp_buf_fini(&pool->out);
    *pool = (struct tls_pool){0};
}

/* --- the way out ---------------------------------------------------------------------------------------- */

static bool is_waiting(const struct rest *r)
{
    return r->sent < r->octets.len;
}

static bool fail(struct tls *t)
{
    t->broken = true;
    return false;
}

/* As far as the kernel takes it. False: the socket is dead. */
static bool send_rest(struct tls *t)
{
    struct rest *r = &t->rest;
    if (!is_waiting(r))
        return true;
    ssize_t taken = t->below->write(t->socket, str_from(wamp_buf_str(&r->octets), r->sent));
    if (taken < 0)
        return fail(t);
    r->sent += (size_t)taken;
    if (is_waiting(r))
        return true;
    if (t->pool->out.ptr)
        wamp_buf_fini(&r->octets);
    else
        t->pool->out = r->octets;  /* the memory is for the next one */
    wamp_buf_reset(&t->pool->out);
    r->octets = (struct wamp_buf){0};
    r->sent = 0;
    return true;
}

/* Sends what OpenSSL has written just now; `plain` octets of the connection are in it. */
static bool push(struct tls *t, size_t plain)
{
    struct rest *r = &t->rest;
    struct wamp_buf *out = &t->pool->out;
    bool ok = !out->failed && !t->broken;
    if (ok && out->len && is_waiting(r)) {
        wamp_buf_add_str(&r->octets, wamp_buf_str(out));
        ok = !r->octets.failed && r->octets.len - r->sent <= TLS_REST_MAX;
    } else if (ok && out->len) {
        *r = (struct rest){.octets = *out, .plain = plain};
        *out = (struct wamp_buf){0};
    }
    wamp_buf_reset(out);
    return ok ? send_rest(t) : fail(t);
}

/* Octets of the connection that count as taken since it was asked last. */
static size_t credit(struct rest *r)
{
    size_t all = is_waiting(r) ? r->plain * r->sent / r->octets.len : r->plain, before = r->taken;
    if (all <= before)
        return 0;  /* TLS has added something of its own meanwhile */
    r->taken = all;
    return all - before;
}

static bool encrypt(struct tls *t, struct str octets)
{
    size_t done;
    size_t len = octets.len < TLS_PIECE ? octets.len : TLS_PIECE;
    ERR_clear_error();
    return (SSL_write_ex(t->ssl, octets.ptr, len, &done) == 1 || fail(t)) && push(t, len);
}

/* TLS says that no more comes from here. */
static void say_goodbye(struct tls *t)
{
    if (!t->shaken || t->broken || SSL_get_shutdown(t->ssl) & SSL_SENT_SHUTDOWN)
        return;
    ERR_clear_error();
    SSL_shutdown(t->ssl);
    push(t, 0);
}

/* What waits is sent some day, and the wire below finished after it. */
static void settle(struct tls *t)
{
    if (is_waiting(&t->rest) && !t->broken) {
        t->below->want_write(t->socket);
    } else if (t->finishing) {
        t->finishing = false;
        t->below->finish(t->socket);
    }
}

/* --- struct wire ---------------------------------------------------------------------------------------- */

/* The first octets may be those that were encrypted before: the connection keeps what was not taken. */
static ssize_t wire_write(void *socket, struct str octets)
{
    struct tls *t = socket;
    if (!t->shaken || t->broken || !send_rest(t))
        return -1;
    size_t taken = credit(&t->rest);
    while (!is_waiting(&t->rest) && taken < octets.len) {
        if (!encrypt(t, str_from(octets, taken)))
            return -1;
        taken += credit(&t->rest);
    }
    return (ssize_t)taken;
}

static void wire_want_write(void *socket)
{
    struct tls *t = socket;
    t->below->want_write(t->socket);
}

static void wire_hear(void *socket, bool enable)
{
    struct tls *t = socket;
    t->below->hear(t->socket, enable);
}

static void wire_finish(void *socket)
{
    struct tls *t = socket;
    say_goodbye(t);
    t->finishing = true;
    settle(t);
}

static void wire_close(void *socket)
{
    struct tls *t = socket;
    if (!is_waiting(&t->rest))
        say_goodbye(t);
    t->below->close(t->socket);
}

/* --- who the peer is ------------------------------------------------------------------------------------ */

static bool wire_peer_certificate(void *socket, uint8_t sha256[32])
{
    struct tls *t = socket;
    return t->shaken && tls_peer_certificate(t->ssl, sha256);
}

static size_t wire_channel_binding(void *socket, struct str type, uint8_t out[WIRE_BINDING_MAX])
{
    struct tls *t = socket;
    return t->shaken ? tls_channel_binding(t->ssl, type, out) : 0;
}

static const struct wire tls_wire = {
    .write = wire_write,
    .want_write = wire_want_write,
    .hear = wire_hear,
    .finish = wire_finish,
    .close = wire_close,
    .peer_certificate = wire_peer_certificate,
    .channel_binding = wire_channel_binding,
};

/* --- the way in ----------------------------------------------------------------------------------------- */

enum outcome { OUTCOME_MORE, OUTCOME_ALL, OUTCOME_END, OUTCOME_ERROR };

static enum outcome judge(const struct tls *t, int result)
{
    int error = SSL_get_error(t->ssl, result);
    if (error == SSL_ERROR_WANT_READ)
        return OUTCOME_ALL;
    return error == SSL_ERROR_ZERO_RETURN ? OUTCOME_END : OUTCOME_ERROR;
}

/* As much as there is room for. */
static enum outcome decrypt(struct tls *t, size_t *len)
{
    size_t more;
    for (*len = 0; *len < PLAIN_ROOM; *len += more) {
        ERR_clear_error();
        int result = SSL_read_ex(t->ssl, t->pool->plain + *len, PLAIN_ROOM - *len, &more);
        if (result != 1)
            return judge(t, result);
    }
    return OUTCOME_MORE;
}

static void note_handshake(struct tls *t)
{
    if (t->shaken || !SSL_is_init_finished(t->ssl))
        return;
    t->shaken = true;
    t->conn->hub->metrics.tls_handshakes++;
    t->conn->hub->metrics.tls_resumed += SSL_session_reused(t->ssl) == 1;
    log_debug("TLS", "%s, %s", SSL_get_version(t->ssl), SSL_get_cipher_name(t->ssl));
}

/* The peer ends it: what it asked for before has been answered, as far as it takes that. */
static void on_end(struct tls *t)
{
    conn_flush(t->conn);
    conn_drop(t->conn);
}

static void on_error(struct tls *t)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    log_debug("TLS-FAIL", "%s", reason ? reason : "the socket is dead");
    t->conn->hub->metrics.frame_errors += t->shaken;
    t->broken = true;
    conn_drop(t->conn);
}

static void serve(struct tls *t, struct str octets)
{
    struct conn *c = t->conn;
    enum outcome outcome;
    size_t len;
    t->in = octets;
    do {
        outcome = decrypt(t, &len);
        note_handshake(t);
        if (!push(t, 0))
            outcome = OUTCOME_ERROR;
        if (len)
            conn_on_octets(c, str_of(t->pool->plain, len));
    } while (outcome == OUTCOME_MORE && c->state != CONN_DOOMED);
    t->in = str_of(NULL, 0);
    if (outcome == OUTCOME_END)
        on_end(t);
    else if (outcome == OUTCOME_ERROR)
        on_error(t);
    settle(t);
}

/* --- handshakes ----------------------------------------------------------------------------------------- */

static uint64_t cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void shake(struct tls *t, struct str octets)
{
    struct hub *hub = t->conn->hub;
    uint64_t begun = cpu_us();
    serve(t, octets);
    uint64_t spent = cpu_us() - begun;
    t->pool->spent_us += spent;
    hub->metrics.tls_handshake_us += spent;
}

/* Nothing is read meanwhile, and the deadline of the handshake goes on. */
static void defer(struct tls *t, struct str octets)
{
    wamp_buf_add_str(&t->early, octets);
    if (t->early.failed || t->early.len > TLS_EARLY_MAX) {
        conn_drop(t->conn);
        return;
    }
    if (list_is_linked(&t->waiting))
        return;
    t->conn->hub->metrics.tls_deferred++;
    t->below->hear(t->socket, false);
    list_add_tail(&t->pool->waiting, &t->waiting);
}

static void resume(struct tls *t)
{
    struct wamp_buf early = t->early;
    t->early = (struct wamp_buf){0};
    list_remove(&t->waiting);
    if (t->conn->state != CONN_DOOMED) {
        t->below->hear(t->socket, true);
        shake(t, wamp_buf_str(&early));
    }
    wamp_buf_fini(&early);
}

bool tls_pool_run(struct tls_pool *pool)
{
    struct list *first;
    pool->spent_us = 0;
    while (pool->spent_us < TLS_TURN_US && (first = list_first(&pool->waiting)))
        resume(list_entry(first, struct tls, waiting));
    return !list_is_empty(&pool->waiting);
}

/* --- what the socket reports ---------------------------------------------------------------------------- */

void tls_on_octets(struct conn *c, struct str octets)
{
    struct tls *t = c->socket;
    if (t->broken || c->state == CONN_DOOMED)
        return;
    if (t->shaken)
        serve(t, octets);
    else if (t->pool->spent_us < TLS_TURN_US && list_is_empty(&t->pool->waiting))
        shake(t, octets);
    else
        defer(t, octets);
}

void tls_on_writable(struct conn *c)
{
    struct tls *t = c->socket;
    if (c->choked) {
        conn_on_writable(c);
        return;
    }
    if (!send_rest(t))
        conn_drop(c);
    settle(t);
}

/* --- coming and going ----------------------------------------------------------------------------------- */

struct tls *tls_new(const struct tls_context *context, struct tls_pool *pool)
{
    struct tls *t = fill_pool(pool) ? wamp_zalloc(sizeof *t) : NULL;
    BIO *bio = t ? BIO_new(pool->method) : NULL;
    if (bio && (t->ssl = SSL_new(context->ssl))) {
        BIO_set_data(bio, t);
        BIO_set_init(bio, 1);
        SSL_set_bio(t->ssl, bio, bio);
        SSL_set_accept_state(t->ssl);
        t->pool = pool;
        return t;
    }
    BIO_free(bio);
    wamp_free(t);
    return NULL;
}

void tls_free(struct tls *t)
{
    if (!t)
        return;
    list_remove(&t->waiting);
    SSL_free(t->ssl);
    wamp_buf_fini(&t->rest.octets);
    wamp_buf_fini(&t->early);
    wamp_free(t);
}

void tls_attach(struct tls *t, struct conn *c)
{
    t->conn = c;
    t->below = c->wire;
    t->socket = c->socket;
    c->wire = &tls_wire;
    c->socket = t;
}

void tls_on_gone(struct conn *c)
{
    struct tls *t = c->socket;
    c->hub->metrics.tls_failed += !t->shaken;
    conn_on_gone(c);
    tls_free(t);
}
