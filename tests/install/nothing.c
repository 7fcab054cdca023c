/* What a program weighs that has libc and OpenSSL and does nothing with them: tests/install/install_test.py. */
#include <openssl/ssl.h>
#include <stdio.h>

int main(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    puts("ready");
    fflush(stdout);
    getchar();
    SSL_CTX_free(context);
    return 0;
}
