#include "client/tls.h"

#include "common/mem.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

struct tls_context {
    SSL_CTX *ssl;
};

struct tls {
    SSL *ssl;
    BIO *in, *out;  /* the SSL's own */
};

/* What OpenSSL has to say about the last failure, and forgets. */
static void openssl_why(struct why *why, const char *doing)
{
    unsigned long code = ERR_get_error();
    const char *reason = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
    wamp_why(why, "%s: %s", doing, reason ? reason : "unknown error");
    ERR_clear_error();
}

/* --- certificates -------------------------------------------------------------------------------------------- */

static bool load_trust(SSL_CTX *ssl, const wamp_opt *opt, struct why *why)
{
    SSL_CTX_set_verify(ssl, opt->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    bool ok = opt->ca ? SSL_CTX_load_verify_file(ssl, opt->ca) : SSL_CTX_set_default_verify_paths(ssl);
    if (!ok)
        openssl_why(why, opt->ca ? opt->ca : "system certificates");
    return ok;
}

static bool load_certificate(SSL_CTX *ssl, const wamp_opt *opt, struct why *why)
{
    const char *key = opt->key ? opt->key : opt->cert;
    if (!opt->cert)
        return true;
    if (SSL_CTX_use_certificate_chain_file(ssl, opt->cert) != 1) {
        openssl_why(why, opt->cert);
        return false;
    }
    if (SSL_CTX_use_PrivateKey_file(ssl, key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(ssl) != 1) {
        openssl_why(why, key);
        return false;
    }
    return true;
}

struct tls_context *wamp_tls_context_new(const struct config *c, struct why *why)
{
    struct tls_context *ctx = wamp_zalloc(sizeof *ctx);
    wamp_why(why, "out of memory");
    if (!ctx)
        return NULL;
    ERR_clear_error();
    ctx->ssl = SSL_CTX_new(TLS_client_method());
    if (ctx->ssl && SSL_CTX_set_min_proto_version(ctx->ssl, TLS1_2_VERSION) &&
        load_trust(ctx->ssl, &c->opt, why) && load_certificate(ctx->ssl, &c->opt, why)) {
        SSL_CTX_set_mode(ctx->ssl, SSL_MODE_RELEASE_BUFFERS);
        return ctx;
    }
    wamp_tls_context_free(ctx);
    return NULL;
}

void wamp_tls_context_free(struct tls_context *ctx)
{
    if (!ctx)
        return;
    SSL_CTX_free(ctx->ssl);
    wamp_free(ctx);
}

/* --- one connection ------------------------------------------------------------------------------------------ */

static bool is_address(const char *name)
{
    unsigned char octets[16];
    return inet_pton(AF_INET, name, octets) == 1 || inet_pton(AF_INET6, name, octets) == 1;
}

/* The certificate must be for this name. A Unix socket has none: then "localhost". */
static bool expect_name(SSL *ssl, const struct config *c)
{
    const char *name = c->opt.server_name ? c->opt.server_name : c->url.is_unix ? "localhost" : c->url.host;
    if (is_address(name))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name);
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name) && SSL_set_tlsext_host_name(ssl, name);
}

struct tls *wamp_tls_new(struct tls_context *ctx, const struct config *c, struct why *why)
{
    struct tls *t = wamp_zalloc(sizeof *t);
    wamp_why(why, "out of memory");
    if (!t)
        return NULL;
    t->ssl = SSL_new(ctx->ssl);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    if (!t->ssl || !in || !out || !expect_name(t->ssl, c)) {
        BIO_free(in);
        BIO_free(out);
        wamp_tls_free(t);
        return NULL;
    }
    BIO_set_mem_eof_return(in, -1);  /* "nothing yet", not "the end" */
    SSL_set_bio(t->ssl, in, out);
    SSL_set_connect_state(t->ssl);
    t->in = in;
    t->out = out;
    return t;
}

void wamp_tls_free(struct tls *t)
{
    if (!t)
        return;
    SSL_free(t->ssl);
    wamp_free(t);
}

/* What a return value of an SSL function means. */
static wamp_rc judge(struct tls *t, int ret, const char *doing, struct why *why)
{
    int err = SSL_get_error(t->ssl, ret);
    if (err == SSL_ERROR_WANT_READ || err == SSL_ERROR_WANT_WRITE)
        return WAMP_E_AGAIN;
    long verdict = SSL_get_verify_result(t->ssl);
    if (err == SSL_ERROR_ZERO_RETURN)
        wamp_why(why, "closed by the router");
    else if (verdict != X509_V_OK && !SSL_is_init_finished(t->ssl))
        wamp_why(why, "the router's certificate: %s", X509_verify_cert_error_string(verdict));
    else
        openssl_why(why, doing);
    ERR_clear_error();
    return WAMP_E_LOST;
}

wamp_rc wamp_tls_handshake(struct tls *t, struct why *why)
{
    ERR_clear_error();
    int ret = SSL_do_handshake(t->ssl);
    return ret == 1 ? WAMP_OK : judge(t, ret, "TLS handshake", why);
}

bool wamp_tls_feed(struct tls *t, const char *octets, size_t len)
{
    return BIO_write(t->in, octets, (int)len) == (int)len;
}

wamp_rc wamp_tls_read(struct tls *t, char *out, size_t size, size_t *len, struct why *why)
{
    ERR_clear_error();
    int ret = SSL_read_ex(t->ssl, out, size, len);
    return ret == 1 ? WAMP_OK : judge(t, ret, "TLS", why);
}

bool wamp_tls_write(struct tls *t, const char *octets, size_t len)
{
    size_t written;
    ERR_clear_error();
    bool ok = !len || (SSL_write_ex(t->ssl, octets, len, &written) == 1 && written == len);
    ERR_clear_error();
    return ok;
}

void wamp_tls_output(struct tls *t, struct wamp_buf *out)
{
    int pending = (int)BIO_pending(t->out);
    char *room = pending > 0 ? wamp_buf_room(out, (size_t)pending) : NULL;
    int moved = room ? BIO_read(t->out, room, pending) : 0;
    out->len += moved > 0 ? (size_t)moved : 0;
}

void wamp_tls_farewell(struct tls *t)
{
    if (SSL_is_init_finished(t->ssl))
        SSL_shutdown(t->ssl);
    ERR_clear_error();
}

/* spec: A-CSG-08: the exporter of RFC 9266. tls-unique does not exist in TLS 1.3 and is not offered. */
bool wamp_tls_channel_id(struct tls *t, const char *type, uint8_t out[32])
{
    static const char label[] = "EXPORTER-Channel-Binding";
    return !strcmp(type, "tls-exporter") &&
           SSL_export_keying_material(t->ssl, out, 32, label, sizeof label - 1, NULL, 0, 0) == 1;
}
