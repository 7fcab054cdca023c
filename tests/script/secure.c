#include "tests/script/secure.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdlib.h>

struct secure {
    SSL *ssl;
};

static SSL *ssl_new(int fd)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *ssl = ctx ? SSL_new(ctx) : NULL;
    SSL_CTX_free(ctx);
    if (ssl && SSL_set_fd(ssl, fd) == 1) {
        SSL_clear_mode(ssl, SSL_MODE_AUTO_RETRY);  /* a session ticket is nothing to wait behind */
        return ssl;
    }
    SSL_free(ssl);
    return NULL;
}

struct secure *secure_connect(int fd)
{
    struct secure *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    signal(SIGPIPE, SIG_IGN);  /* OpenSSL just writes */
    s->ssl = ssl_new(fd);
    if (s->ssl && SSL_connect(s->ssl) == 1)
        return s;
    secure_free(s);
    return NULL;
}

void secure_free(struct secure *s)
{
    if (!s)
        return;
    SSL_free(s->ssl);
    free(s);
}

ssize_t secure_write(struct secure *s, const void *octets, size_t len)
{
    ERR_clear_error();
    int n = SSL_write(s->ssl, octets, (int)len);
    errno = EPIPE;
    return n > 0 ? n : -1;
}

ssize_t secure_read(struct secure *s, void *to, size_t room)
{
    ERR_clear_error();
    int n = SSL_read(s->ssl, to, (int)room);
    if (n > 0)
        return n;
    errno = EAGAIN;
    return SSL_get_error(s->ssl, n) == SSL_ERROR_WANT_READ ? -1 : 0;
}

bool secure_has_more(const struct secure *s)
{
    return SSL_pending(s->ssl) > 0;
}
