/* Logins by the certificate of the client. */
#include "tests/lib/login.h"
#include "tests/lib/test.h"

#include <stdio.h>

static const char config[] = "auth:\n"
                             "  anonymous: {role: guest}\n"
                             "  tls:\n"
                             "    principals:\n"
                             "      alice: {certificate-sha256: "
                             "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a, role: backend}\n"
                             "      bob: {certificate-sha256: "
                             "5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b, role: backend,\n"
                             "            realm: realm2}\n";

static const char dynamic_config[] =
    "auth:\n"
    "  anonymous: true\n"
    "  tls: {authenticator: com.auth}\n";

static uint8_t certificate;  /* every octet of the fingerprint that a connection shows; 0: it has none */

static bool show_certificate(void *socket, uint8_t sha256[32])
{
    (void)socket;
    memset(sha256, certificate, 32);
    return certificate != 0;
}

/* HELLO over TLS with that certificate. */
static struct plug *hello(struct rig *rig, uint8_t octet, const char *details)
{
    static struct wire wire;
    struct plug *p = rig_websocket(rig);
    wire = *p->conn->wire;
    wire.peer_certificate = show_certificate;
    p->conn->wire = &wire;
    certificate = octet;
    login_say_hello(p, details);
    return p;
}

TEST(a_known_certificate_lets_in_at_once)  /* spec: A-TLS-01, A-TLS-02, A-AUTH-07, B-104 */
{
    struct rig rig;
    rig_init_with(&rig, config);
    struct plug *p = hello(&rig, 0x5a, "\"authmethods\":[\"tls\"]");
    expect_heard(p, "[2,");
    expect_str(login_detail(p, "authid"), "alice");
    expect_str(login_detail(p, "authrole"), "backend");
    expect_str(login_detail(p, "authmethod"), "tls");
    p = hello(&rig, 0x5a, "\"authmethods\":[\"tls\"],\"authid\":\"alice\"");
    expect_heard(p, "[2,");
    rig_fini(&rig);
}

TEST(any_other_leaves_the_next_method)  /* spec: A-TLS-01, A-AUTH-02 */
{
    const uint8_t others[] = {0, 0x5c, 0x5b};  /* none, unknown, known elsewhere */
    struct rig rig;
    rig_init_with(&rig, config);
    for (size_t i = 0; i < sizeof others; i++) {
        struct plug *p = hello(&rig, others[i], "\"authmethods\":[\"tls\",\"anonymous\"]");
        expect_heard(p, "[2,");
        expect_str(login_detail(p, "authrole"), "guest");
        expect_abort(hello(&rig, others[i], "\"authmethods\":[\"tls\"]"), "wamp.error.authentication_denied",
                     1000);
    }
    expect_abort(hello(&rig, 0x5a, "\"authmethods\":[\"tls\"],\"authid\":\"bob\""),
                 "wamp.error.authentication_denied", 1000);
    expect_abort(login_hello(&rig, "\"authmethods\":[\"tls\"]"), "wamp.error.authentication_denied", 1000);
    rig_fini(&rig);
}

TEST(an_authenticator_is_shown_the_certificate)  /* spec: A-TLS-01, A-DYN-01 */
{
    struct rig rig;
    rig_init_with(&rig, dynamic_config);
    struct plug *a = rig_session(&rig, "");
    plug_say(a, "[64,1,{},\"com.auth\"]");
    expect_heard(a, "[65,");
    struct plug *p = hello(&rig, 0x5a, "\"authmethods\":[\"tls\"]");
    expect_heard(a, "[68,1,");
    assert_non_null(memmem(a->text.ptr, a->text.len, "\"certificate-sha256\":\"5a5a", 26));
    plug_say(a, "[70,1,{},[{\"role\":\"x\",\"authid\":\"ann\"}]]");
    expect_heard(p, "[2,");
    expect_str(login_detail(p, "authid"), "ann");
    p = hello(&rig, 0x5a, "\"authmethods\":[\"tls\"]");
    expect_heard(a, "[68,2,");
    plug_say(a, "[70,2,{},[\"x\"]]");
    expect_abort(p, "wamp.error.authentication_failed", 1000);
    rig_fini(&rig);
}

RUN_TESTS(cmocka_unit_test(a_known_certificate_lets_in_at_once),
          cmocka_unit_test(any_other_leaves_the_next_method),
          cmocka_unit_test(an_authenticator_is_shown_the_certificate))
