/* Logins by cryptosign. Alice's key is the first of the specification's vectors. */
#include "common/authcalc.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/login.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <unistd.h>

#define ALICE_SEED "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510"
#define OTHER_SEED "d511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd"

/* Texts of a configuration: alice has the key of ALICE_SEED, bob and carol share that of OTHER_SEED. */
struct setting {
    char alice[65], other[65], yaml[1000];
};

static void public_of(const char *seed_hex, char out[65])
{
    uint8_t seed[32], public_key[32];
    assert_true(wamp_hex_read(str_z(seed_hex), seed, sizeof seed));
    expect_ok(wamp_cryptosign_public(seed, public_key));
    for (int i = 0; i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", public_key[i]);
}

static void begin(struct rig *rig, struct setting *s)
{
    public_of(ALICE_SEED, s->alice);
    public_of(OTHER_SEED, s->other);
    snprintf(s->yaml, sizeof s->yaml,
             "auth:\n  anonymous: {role: guest, realm: realm2}\n  cryptosign:\n    principals:\n"
             "      alice: {authorized_keys: [%s], role: backend}\n"
             "      bob: {authorized_keys: [%s], role: backend}\n"
             "      carol: {authorized_keys: [%s], role: frontend}\n",
             s->alice, s->other, s->other);
    rig_init_with(rig, s->yaml);
}

static struct plug *hello(struct rig *rig, const char *authid, const char *key, const char *more)
{
    char details[500];
    snprintf(details, sizeof details, "\"authmethods\":[\"cryptosign\"],%s\"authextra\":{\"pubkey\":\"%s\"%s}",
             authid, key, more);
    return login_hello(rig, details);
}

/* AUTHENTICATE for the CHALLENGE that p has just got. */
static void sign(struct plug *p, const char *seed_hex, const uint8_t *channel_id)
{
    uint8_t seed[32], challenge[32];
    struct wamp_buf signature = {0};
    fail_pause();
    assert_true(wamp_hex_read(str_z(seed_hex), seed, sizeof seed));
    assert_true(wamp_hex_read(login_detail(p, "challenge"), challenge, sizeof challenge));
    expect_ok(wamp_cryptosign_sign(seed, challenge, channel_id, &signature));
    wamp_buf_add_char(&signature, '\0');
    fail_resume();
    login_answer(p, signature.ptr, "{}");
    wamp_buf_fini(&signature);
}

TEST(a_signature_of_the_challenge_lets_in)  /* spec: A-CSG-03, A-CSG-05, A-CSG-12, A-AUTH-07 */
{
    struct rig rig;
    struct setting s;
    begin(&rig, &s);
    struct plug *p = hello(&rig, "\"authid\":\"alice\",", s.alice, ",\"channel_binding\":null");
    expect_heard(p, "[4,\"cryptosign\",");
    assert_int_equal(login_detail(p, "challenge").len, 64);
    assert_int_equal(login_value(p, "channel_binding")->kind, WAMP_NULL);
    assert_null(login_value(p, "pubkey"));
    assert_null(login_value(p, "attest"));  /* spec: A-CSG-11 */
    sign(p, ALICE_SEED, NULL);
    expect_heard(p, "[2,");
    expect_str(login_detail(p, "authid"), "alice");
    expect_str(login_detail(p, "authrole"), "backend");
    expect_str(login_detail(p, "authmethod"), "cryptosign");
    rig_fini(&rig);
}

TEST(without_an_authid_it_is_the_owner_of_the_key)  /* spec: A-CSG-02 */
{
    struct rig rig;
    struct setting s;
    begin(&rig, &s);
    struct plug *p = hello(&rig, "", s.alice, "");
    expect_heard(p, "[4,");
    sign(p, ALICE_SEED, NULL);
    expect_heard(p, "[2,");
    expect_str(login_detail(p, "authid"), "alice");
    expect_abort(hello(&rig, "", s.other, ""), "wamp.error.authentication_denied", 1000);  /* two have it */
    p = hello(&rig, "\"authid\":\"carol\",", s.other, "");
    expect_heard(p, "[4,");
    sign(p, OTHER_SEED, NULL);
    expect_heard(p, "[2,");
    expect_str(login_detail(p, "authrole"), "frontend");
    rig_fini(&rig);
}

TEST(a_key_that_is_not_his_is_denied)  /* spec: A-CSG-01, A-CSG-02 */
{
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    struct rig rig;
    struct setting s;
    begin(&rig, &s);
    expect_abort(hello(&rig, "", zeros, ""), "wamp.error.authentication_denied", 1000);
    expect_abort(hello(&rig, "\"authid\":\"alice\",", s.other, ""), "wamp.error.authentication_denied", 1000);
    expect_abort(hello(&rig, "\"authid\":\"jim\",", s.alice, ""), "wamp.error.authentication_denied", 1000);
    expect_abort(hello(&rig, "", "abc", ""), "wamp.error.authentication_denied", 1000);
    expect_abort(login_hello(&rig, "\"authmethods\":[\"cryptosign\"],\"authid\":\"alice\""),
                 "wamp.error.authentication_denied", 1000);
    rig_fini(&rig);
}

TEST(an_unknown_key_leaves_the_next_method)  /* spec: A-CSG-02, A-AUTH-02 */
{
    struct rig rig;
    rig_init_with(
        &rig, "auth:\n  anonymous: {role: guest}\n  cryptosign: {principals: {alice: {role: x, authorized_keys: "
              "\"0000000000000000000000000000000000000000000000000000000000000001\"}}}\n");
    struct plug *p = login_hello(&rig, "\"authmethods\":[\"cryptosign\",\"anonymous\"],\"authextra\":{\"pubkey\":"
                                       "\"0000000000000000000000000000000000000000000000000000000000000002\"}");
    expect_heard(p, "[2,");
    expect_str(login_detail(p, "authrole"), "guest");
    rig_fini(&rig);
}

TEST(a_wrong_signature_is_denied)  /* spec: A-CSG-05, T-48 */
{
    struct rig rig;
    struct setting s;
    uint8_t id[32] = {1};
    begin(&rig, &s);
    struct plug *p = hello(&rig, "", s.alice, "");
    expect_heard(p, "[4,");
    sign(p, OTHER_SEED, NULL);
    expect_abort(p, "wamp.error.authentication_denied", 1000);
    p = hello(&rig, "", s.alice, "");
    expect_heard(p, "[4,");
    sign(p, ALICE_SEED, id);  /* a good signature of another message */
    expect_abort(p, "wamp.error.authentication_denied", 1000);
    p = hello(&rig, "", s.alice, "");
    login_answer(p, "00", "{}");
    expect_heard(p, "[4,");
    expect_abort(p, "wamp.error.authentication_denied", 1000);
    rig_fini(&rig);
}

TEST(certificates_do_not_stand_in_for_a_key_that_is_known)  /* spec: A-CSG-10 */
{
    static const char certificates[] = ",\"trustroot\":\"0xf766Dc789CF04CD18aE75af2c5fAf2DA6650Ff57\","
                                       "\"certificates\":[[{\"domain\":{}},\"0x00\"]]";
    struct rig rig;
    struct setting s;
    begin(&rig, &s);
    expect_abort(hello(&rig, "", "0000000000000000000000000000000000000000000000000000000000000000", certificates),
                 "wamp.error.authentication_denied", 1000);
    struct plug *p = hello(&rig, "", s.alice, certificates);
    expect_heard(p, "[4,");
    sign(p, ALICE_SEED, NULL);
    expect_heard(p, "[2,");
    rig_fini(&rig);
}

static size_t fake_binding(void *socket, struct str type, uint8_t out[WIRE_BINDING_MAX])
{
    (void)socket;
    memset(out, 0x5a, 32);
    return str_eq(type, STR("tls-exporter")) ? 32 : 0;
}

/* A peer over TLS, as it were. */
static struct plug *bound_hello(struct rig *rig, const struct setting *s, const char *type, struct wire *wire)
{
    char details[300];
    struct plug *p = rig_websocket(rig);
    *wire = *p->conn->wire;
    wire->channel_binding = fake_binding;
    p->conn->wire = wire;
    snprintf(details, sizeof details,
             "\"authmethods\":[\"cryptosign\"],\"authextra\":{\"pubkey\":\"%s\",\"channel_binding\":\"%s\"}",
             s->alice, type);
    login_say_hello(p, details);
    expect_heard(p, "[4,");
    return p;
}

TEST(a_login_is_bound_to_its_connection_where_that_can_be)  /* spec: A-CSG-06, A-CSG-08 */
{
    struct rig rig;
    struct setting s;
    struct wire wire;
    uint8_t id[32];
    memset(id, 0x5a, sizeof id);
    begin(&rig, &s);
    struct plug *p = bound_hello(&rig, &s, "tls-exporter", &wire);
    expect_str(login_detail(p, "channel_binding"), "tls-exporter");
    sign(p, ALICE_SEED, id);
    expect_heard(p, "[2,");
    p = bound_hello(&rig, &s, "tls-exporter", &wire);
    sign(p, ALICE_SEED, NULL);
    expect_abort(p, "wamp.error.authentication_denied", 1000);
    p = bound_hello(&rig, &s, "tls-unique", &wire);
    assert_int_equal(login_value(p, "channel_binding")->kind, WAMP_NULL);
    sign(p, ALICE_SEED, NULL);
    expect_heard(p, "[2,");
    rig_fini(&rig);
}

TEST(the_router_proves_itself_when_asked)  /* spec: A-CSG-09 */
{
    static const char asked[] =
        ",\"challenge\":\"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\"";
    char path[] = "/tmp/auth-XXXXXX", yaml[400], router_key[65];
    uint8_t key[32], challenge[32];
    struct setting s;
    struct rig rig;
    int fd = mkstemp(path);
    assert_int_equal(write(fd, OTHER_SEED "\n", 65), 65);
    close(fd);
    public_of(ALICE_SEED, s.alice);
    public_of(OTHER_SEED, router_key);
    snprintf(yaml, sizeof yaml,
             "auth: {cryptosign: {key: %s, principals: {alice: {authorized_keys: %s, role: r}}}}\n", path,
             s.alice);
    rig_init_with(&rig, yaml);
    unlink(path);
    struct plug *p = hello(&rig, "", s.alice, asked);
    expect_heard(p, "[4,");
    assert_true(str_eq(login_detail(p, "pubkey"), str_z(router_key)));
    assert_true(wamp_hex_read(login_detail(p, "pubkey"), key, sizeof key));
    memset(challenge, 0xff, sizeof challenge);
    assert_true(wamp_cryptosign_verify(key, challenge, NULL, login_detail(p, "signature")));
    sign(p, ALICE_SEED, NULL);
    expect_heard(p, "[2,");
    p = hello(&rig, "", s.alice, ",\"challenge\":\"xyz\"");
    expect_heard(p, "[4,");
    assert_null(login_value(p, "signature"));
    rig_fini(&rig);
}

TEST(whatever_allocation_fails_nothing_leaks)
{
    struct setting s;
    for_each_failure {
        struct rig rig;
        fail_pause();
        public_of(ALICE_SEED, s.alice);
        fail_resume();
        begin(&rig, &s);
        struct plug *p = rig.ok ? hello(&rig, "", s.alice, "") : NULL;
        if (p && plug_take(p) && str_starts(p->text, STR("[4,")))
            sign(p, ALICE_SEED, NULL);
        rig_fini(&rig);
    }
}

RUN_TESTS(cmocka_unit_test(a_signature_of_the_challenge_lets_in),
          cmocka_unit_test(without_an_authid_it_is_the_owner_of_the_key),
          cmocka_unit_test(a_key_that_is_not_his_is_denied),
          cmocka_unit_test(an_unknown_key_leaves_the_next_method),
          cmocka_unit_test(a_wrong_signature_is_denied),
          cmocka_unit_test(certificates_do_not_stand_in_for_a_key_that_is_known),
          cmocka_unit_test(a_login_is_bound_to_its_connection_where_that_can_be),
          cmocka_unit_test(the_router_proves_itself_when_asked),
          cmocka_unit_test(whatever_allocation_fails_nothing_leaks))
