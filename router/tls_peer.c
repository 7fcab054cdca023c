#include "router/tls_peer.h"

bool tls_peer_certificate(SSL *ssl, uint8_t sha256[32])
{
    X509 *x = SSL_get0_peer_certificate(ssl);
    return x && SSL_get_verify_result(ssl) == X509_V_OK && X509_digest(x, EVP_sha256(), sha256, NULL) == 1;
}

/* In TLS 1.2 only where the two ends have made their keys from the whole handshake. */
static bool binds_handshake(SSL *ssl)
{
    return SSL_version(ssl) >= TLS1_3_VERSION || SSL_get_extms_support(ssl) == 1;
}

/* RFC 9266. spec: A-CSG-08 */
static size_t bind_exporter(SSL *ssl, uint8_t *out)
{
    enum { LEN = 32 };
    static const char label[] = "EXPORTER-Channel-Binding";
    bool ok = binds_handshake(ssl) &&
              SSL_export_keying_material(ssl, out, LEN, label, sizeof label - 1, NULL, 0, 0) == 1;
    return ok ? LEN : 0;
}

/* RFC 5929 has the first Finished message, of 12 octets; here, as Autobahn does, it is the hash of it. The
 * first one is the client's, but in a resumed session ours. In TLS 1.3 there is no such binding.
 * spec: A-CSG-08, A-SCR-11 */
static size_t bind_unique(SSL *ssl, uint8_t *out)
{
    uint8_t finished[EVP_MAX_MD_SIZE];
    unsigned hashed = 0;
    bool resumed = SSL_session_reused(ssl) == 1;
    if (SSL_version(ssl) >= TLS1_3_VERSION || (resumed && !binds_handshake(ssl)))
        return 0;
    size_t len = resumed ? SSL_get_finished(ssl, finished, sizeof finished)
                         : SSL_get_peer_finished(ssl, finished, sizeof finished);
    bool ok = len && len <= sizeof finished && EVP_Digest(finished, len, out, &hashed, EVP_sha256(), NULL) == 1;
    return ok ? hashed : 0;
}

/* The hash of our certificate, by the hash function of its signature, but none weaker than SHA-256.
 * spec: A-SCR-11 */
static size_t bind_end_point(SSL *ssl, uint8_t *out)
{
    X509 *x = SSL_get_certificate(ssl);
    int nid = NID_undef;
    unsigned len = 0;
    if (!x || !X509_get_signature_info(x, &nid, NULL, NULL, NULL) || nid == NID_undef)
        return 0;
    if (nid == NID_md5 || nid == NID_sha1)
        nid = NID_sha256;
    const EVP_MD *hash = EVP_get_digestbynid(nid);
    return hash && X509_digest(x, hash, out, &len) == 1 ? len : 0;
}

size_t tls_channel_binding(SSL *ssl, struct str type, uint8_t out[WIRE_BINDING_MAX])
{
    static const struct {
        const char *name;
        size_t (*bind)(SSL *ssl, uint8_t *out);
    } types[] = {
        {"tls-exporter", bind_exporter},
        {"tls-unique", bind_unique},
        {"tls-server-end-point", bind_end_point},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_eq(type, str_z(types[i].name)))
            return types[i].bind(ssl, out);
    return 0;
}
