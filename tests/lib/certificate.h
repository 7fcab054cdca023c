/* Certificates for tests, made when they are needed, in files of a directory of their own.
 *
 *     struct certificates *all = certificates_new();
 *     tls_context_new(&(struct tls_config){.certificate = all->server, .key = all->server_key}, &err);
 *     certificates_free(all);
 *
 * ECDSA with P-256; server and client are issued by the CA, the stranger by itself. */
#ifndef TESTS_LIB_CERTIFICATE_H
#define TESTS_LIB_CERTIFICATE_H

struct certificates {
    char directory[40];
    char ca[60], ca_key[60], server[60], server_key[60];
    char client[60], client_key[60], stranger[60], stranger_key[60];
};

struct certificates *certificates_new(void);  /* ends the program where that is not possible */
void certificates_free(struct certificates *all);

#endif
