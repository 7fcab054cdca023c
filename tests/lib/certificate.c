#include "tests/lib/certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct pair {
    X509 *certificate;
    EVP_PKEY *key;
};

static void must(int ok)
{
    if (ok)
        return;
    perror("certificates");
    exit(1);
}

static void add_extension(X509 *x, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    must(e && X509_add_ext(x, e, -1));
    X509_EXTENSION_free(e);
}

/* issuer NULL: by itself. */
static struct pair issue(const char *name, const struct pair *issuer, int nid, const char *extension)
{
    static long serial;
    struct pair p = {X509_new(), EVP_EC_gen("P-256")};
    must(p.certificate && p.key);
    X509 *x = p.certificate;
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 24 * 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8, (const void *)name, -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer->certificate : x));
    X509_set_pubkey(x, p.key);
    add_extension(x, nid, extension);
    must(X509_sign(x, issuer ? issuer->key : p.key, EVP_sha256()));
    return p;
}

static FILE *create(const char *path)
{
    FILE *f = fopen(path, "w");
    must(f && !chmod(path, 0600));
    return f;
}

static void store(struct certificates *all, const char *name, struct pair p, char *certificate, char *key)
{
    snprintf(certificate, sizeof all->ca, "%s/%s.pem", all->directory, name);
    snprintf(key, sizeof all->ca, "%s/%s.key", all->directory, name);
    FILE *f = create(certificate), *secret = create(key);
    bool written = PEM_write_X509(f, p.certificate) == 1;
    written = PEM_write_PrivateKey(secret, p.key, NULL, NULL, 0, NULL, NULL) == 1 && written;
    bool closed = !fclose(f);
    must(!fclose(secret) && closed && written);
}

static void free_pair(struct pair p)
{
    X509_free(p.certificate);
    EVP_PKEY_free(p.key);
}

struct certificates *certificates_new(void)
{
    struct certificates *all = calloc(1, sizeof *all);
    must(all != NULL);
    snprintf(all->directory, sizeof all->directory, "/tmp/wampd-certificates-XXXXXX");
    must(mkdtemp(all->directory) != NULL);
    struct pair ca = issue("Test CA", NULL, NID_basic_constraints, "critical,CA:TRUE");
    struct pair server = issue("localhost", &ca, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    struct pair client = issue("client", &ca, NID_ext_key_usage, "clientAuth");
    struct pair stranger = issue("stranger", NULL, NID_ext_key_usage, "clientAuth");
    store(all, "ca", ca, all->ca, all->ca_key);
    store(all, "server", server, all->server, all->server_key);
    store(all, "client", client, all->client, all->client_key);
    store(all, "stranger", stranger, all->stranger, all->stranger_key);
    free_pair(ca);
    free_pair(server);
    free_pair(client);
    free_pair(stranger);
    return all;
}

void certificates_free(struct certificates *all)
{
    const char *const files[] = {all->ca,     all->ca_key,     all->server,   all->server_key,
                                 all->client, all->client_key, all->stranger, all->stranger_key};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlink(files[i]);
    rmdir(all->directory);
    free(all);
}
