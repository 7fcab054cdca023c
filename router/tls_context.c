#include "router/tls_context.h"

#include "common/mem.h"
#include "router/config_inner.h"

#include <openssl/err.h>
#include <sys/stat.h>

enum { VERIFY_DEPTH = 8 };  /* certificates between a client's and one that we trust */

/* Forward secrecy and authenticated encryption alone, with either kind of key. TLS 1.3 has nothing else. */
static const char default_ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

/* --- errors --------------------------------------------------------------------------------------------- */

/* What OpenSSL says about a failure: the first is the cause, the others are where it was noticed. Always false. */
static bool failed(struct config_error *err, const char *key, const char *what, const char *expected)
{
    unsigned long code = ERR_peek_error();
    const char *reason = ERR_reason_error_string(code);
    if (ERR_GET_LIB(code) == ERR_LIB_SYS)
        config_tell(err, "tls.%s: %s: %s", key, what, strerror(ERR_GET_REASON(code)));
    else
        config_tell(err, "tls.%s: %s: expected %s (%s)", key, what, expected, reason ? reason : "out of memory");
    ERR_clear_error();
    return false;
}

/* --- our certificate ------------------------------------------------------------------------------------ */

/* Else OpenSSL would ask at the terminal. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
    (void)buf, (void)size, (void)writing, (void)arg;
    return -1;
}

/* Every user of the machine could take the router's place. */
static void warn_if_readable(const char *key)
{
    struct stat st;
    if (!stat(key, &st) && st.st_mode & S_IROTH)
        log_warn("TLS-KEY", "%s can be read by everybody on this machine", key);
}

static bool load_certificate(SSL_CTX *ctx, const struct tls_config *c, struct config_error *err)
{
    const char *key = c->key ? c->key : c->certificate;
    if (SSL_CTX_use_certificate_chain_file(ctx, c->certificate) != 1)
        return failed(err, "certificate", c->certificate, "a certificate in PEM");
    if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(ctx) != 1)
        return failed(err, "key", key, "the private key of the certificate in PEM, without passphrase");
    warn_if_readable(key);
    return true;
}

/* A file may have several, in the order in which they are sent. */
static bool load_chain_file(SSL_CTX *ctx, const char *file)
{
    BIO *in = BIO_new_file(file, "r");
    bool ok = in != NULL;
    size_t count = 0;
    X509 *x;
    while (ok && (x = PEM_read_bio_X509(in, NULL, no_passphrase, NULL))) {
        ok = SSL_CTX_add0_chain_cert(ctx, x) == 1;
        count++;
        if (!ok)
            X509_free(x);
    }
    BIO_free(in);
    /* The last attempt finds no further one, which is no error. */
    if (!ok || !count || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return false;
    ERR_clear_error();
    return true;
}

static bool load_chain(SSL_CTX *ctx, const struct tls_config *c, struct config_error *err)
{
    for (size_t i = 0; i < c->chain_certificates.count; i++)
        if (!load_chain_file(ctx, c->chain_certificates.names[i]))
            return failed(err, "chain_certificates", c->chain_certificates.names[i], "certificates in PEM");
    return true;
}

/* --- the clients' --------------------------------------------------------------------------------------- */

static bool load_trust(SSL_CTX *ctx, const struct tls_config *c, struct config_error *err)
{
    STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();  /* told to clients: they choose a certificate by it */
    bool ok = names != NULL;
    for (size_t i = 0; ok && i < c->ca_certificates.count; i++) {
        const char *file = c->ca_certificates.names[i];
        ok = SSL_CTX_load_verify_file(ctx, file) == 1 && SSL_add_file_cert_subjects_to_stack(names, file) == 1;
        if (!ok)
            failed(err, "ca_certificates", file, "certificates in PEM");
    }
    if (!ok) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return false;
    }
    SSL_CTX_set_client_CA_list(ctx, names);
    int absence = c->client_optional ? 0 : SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    if (c->ca_certificates.count)
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | absence, NULL);
    SSL_CTX_set_verify_depth(ctx, VERIFY_DEPTH);
    return true;
}

/* --- rules ---------------------------------------------------------------------------------------------- */

static bool set_rules(SSL_CTX *ctx, const struct tls_config *c, struct config_error *err)
{
    static const unsigned char id[] = "wampd";  /* sessions with client certificates are not resumed without one */
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                 SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);  /* idle connections hold no buffers */
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(ctx, id, sizeof id - 1);
    SSL_CTX_set_num_tickets(ctx, 1);
    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    SSL_CTX_set_dh_auto(ctx, 1);
    SSL_CTX_set_min_proto_version(ctx, c->only_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    /* TLS 1.3 has its own. */
    const char *ciphers = c->ciphers ? c->ciphers : default_ciphers;
    return SSL_CTX_set_cipher_list(ctx, ciphers) == 1 ||
           failed(err, "ciphers", ciphers, "ciphers as OpenSSL names them");
}

/* --- the whole ------------------------------------------------------------------------------------------ */

struct tls_context *tls_context_new(const struct tls_config *config, struct config_error *err)
{
    struct tls_context *tls = wamp_zalloc(sizeof *tls);
    config_tell(err, "tls: out of memory");
    if (!tls)
        return NULL;
    ERR_clear_error();
    tls->ssl = SSL_CTX_new(TLS_server_method());
    if (tls->ssl && set_rules(tls->ssl, config, err) && load_certificate(tls->ssl, config, err) &&
        load_chain(tls->ssl, config, err) && load_trust(tls->ssl, config, err))
        return tls;
    tls_context_free(tls);
    return NULL;
}

void tls_context_free(struct tls_context *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->ssl);
    wamp_free(tls);
}

bool tls_check(const struct config *config, struct config_error *err)
{
    for (size_t i = 0; i < config->listener_count; i++) {
        const struct tls_config *row = &config->listeners[i].tls;
        struct tls_context *tls = row->certificate ? tls_context_new(row, err) : NULL;
        if (row->certificate && !tls)
            return false;
        tls_context_free(tls);
    }
    return true;
}
