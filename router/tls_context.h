/* Certificates and rules of TLS for one listener: made from its configuration, then only looked at. TLS 1.2 and
 * 1.3, no renegotiation, no compression, no session kept in memory (tickets resume them). */
#ifndef ROUTER_TLS_CONTEXT_H
#define ROUTER_TLS_CONTEXT_H

#include "router/config.h"

#include <openssl/ssl.h>

struct tls_context {
    SSL_CTX *ssl;
};

/* Reads the files. NULL: *err says which one is wrong and why. */
struct tls_context *tls_context_new(const struct tls_config *config, struct config_error *err);
void tls_context_free(struct tls_context *tls);  /* its connections go on; NULL is fine */

/* Whether the files of all listeners are good. */
bool tls_check(const struct config *config, struct config_error *err);

#endif
