/* Logins by SCRAM. The numbers are those of RFC 7677: user, pencil, salt and 4096 rounds. */
#include "common/authcalc.h"
#include "common/base64.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/login.h"
#include "tests/lib/test.h"

#include <stdio.h>

#define KEYS                                                                                                      \
    "stored-key: WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=, server-key: "                                      \
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

static const char config[] =
    "auth:\n"
    "  scram:\n"
    "    users:\n"
    "      user: {kdf: pbkdf2, salt: W22ZaJ0SNY7soEsUEjb6gQ==, iterations: 4096, role: backend, " KEYS "}\n";

static const char argon2_config[] = "auth:\n"
                                    "  scram:\n"
                                    "    users:\n"
                                    "      user: {kdf: argon2id-13, salt: W22ZaJ0SNY7soEsUEjb6gQ==, iterations: "
                                    "2, memory: 64, role: backend, " KEYS "}\n";

#define HELLO(method, authid, extra)                                                                         \
    "\"authmethods\":[\"" method "\"],\"authid\":\"" authid "\",\"authextra\":{" extra "}"
#define NONCE "\"nonce\":\"rOprNGfwEbeRWgbNEkqO\""

static const char hello[] = HELLO("wamp-scram", "user", NONCE ",\"channel_binding\":null");

/* What the client works out of a CHALLENGE. */
struct answer {
    char nonce[300], proof[60], verifier[60], cbind[100];
};

static void copy(char *out, size_t size, struct str text)
{
    snprintf(out, size, "%.*s", STR_ARG(text));
}

/* The answer to the CHALLENGE that p has just got; x has the client's view of it. */
static struct answer prove(struct plug *p, const char *password, struct wamp_scram_exchange x)
{
    struct answer a = {0};
    char salt[60];
    struct wamp_scram_keys keys;
    struct wamp_buf message = {0}, text = {0};
    fail_pause();
    copy(salt, sizeof salt, login_detail(p, "salt"));
    copy(a.nonce, sizeof a.nonce, login_detail(p, "nonce"));
    x.salt = str_z(salt);
    x.nonce = str_z(a.nonce);
    x.iterations = login_value(p, "iterations")->uint;
    struct wamp_scram_cost cost = {.kdf = WAMP_SCRAM_PBKDF2, .salt = x.salt, .iterations = x.iterations};
    expect_ok(wamp_scram_derive(str_z(password), &cost, &keys));
    expect_ok(wamp_scram_auth_message(&x, &message));
    expect_ok(wamp_scram_proof(&keys, wamp_buf_str(&message), &text));
    copy(a.proof, sizeof a.proof, wamp_buf_str(&text));
    wamp_buf_reset(&text);
    expect_ok(wamp_scram_verifier(keys.server, wamp_buf_str(&message), &text));
    copy(a.verifier, sizeof a.verifier, wamp_buf_str(&text));
    wamp_buf_reset(&text);
    wamp_base64_encode(&text, x.cbind_data);
    copy(a.cbind, sizeof a.cbind, wamp_buf_str(&text));
    wamp_buf_fini(&message);
    wamp_buf_fini(&text);
    fail_resume();
    return a;
}

static const struct wamp_scram_exchange user = {.authid = {"user", 4},
                                                .client_nonce = {"rOprNGfwEbeRWgbNEkqO", 20}};

static void say_proof(struct plug *p, const struct answer *a)
{
    char extra[400];
    snprintf(extra, sizeof extra, "{\"nonce\":\"%s\",\"channel_binding\":null,\"cbind_data\":null}", a->nonce);
    login_answer(p, a->proof, extra);
}

TEST(the_challenge_has_the_cost_and_a_nonce_that_begins_with_the_clients)  /* spec: A-SCR-03 */
{
    struct rig rig;
    rig_init_with(&rig, config);
    struct plug *p = login_hello(&rig, hello), *q = login_hello(&rig, hello);
    expect_heard(p, "[4,\"wamp-scram\",");
    expect_heard(q, "[4,\"wamp-scram\",");
    expect_str(login_detail(p, "salt"), "W22ZaJ0SNY7soEsUEjb6gQ==");
    expect_str(login_detail(p, "kdf"), "pbkdf2");
    assert_int_equal(login_value(p, "iterations")->uint, 4096);
    assert_int_equal(login_value(p, "memory")->kind, WAMP_NULL);
    struct str nonce = login_detail(p, "nonce");
    assert_int_equal(nonce.len, 20 + 24);
    assert_true(str_starts(nonce, STR("rOprNGfwEbeRWgbNEkqO")));
    char first[60];
    copy(first, sizeof first, nonce);
    assert_false(str_eq(login_detail(q, "nonce"), str_z(first)));
    rig_fini(&rig);
}

TEST(who_knows_the_password_comes_in_and_learns_that_the_router_knows_it)  /* spec: A-SCR-06, A-SCR-07, A-SCR-12 */
{
    struct rig rig;
    rig_init_with(&rig, config);
    struct plug *p = login_hello(&rig, hello);
    expect_heard(p, "[4,");
    struct answer a = prove(p, "pencil", user);
    say_proof(p, &a);
    expect_heard(p, "[2,");
    expect_str(login_detail(p, "authmethod"), "wamp-scram");
    expect_str(login_detail(p, "authid"), "user");
    expect_str(login_detail(p, "authrole"), "backend");
    const struct wamp_value *extra = login_value(p, "authextra");
    assert_int_equal(extra->count, 1);
    assert_true(str_eq(wamp_value_get(extra, STR("verifier"))->text, str_z(a.verifier)));
    rig_fini(&rig);
}

/* `extra` with %s for the nonce. */
static void denied(struct rig *rig, const char *details, const char *password, struct wamp_scram_exchange x,
                   const char *extra)
{
    char text[500];
    struct plug *p = login_hello(rig, details);
    expect_heard(p, "[4,");
    struct answer a = prove(p, password, x);
    snprintf(text, sizeof text, extra, a.nonce);
    login_answer(p, a.proof, text);
    expect_abort(p, "wamp.error.authentication_denied", 1000);
    assert_null(strstr(p->octets.ptr, "\"scram\""));  /* spec: A-SCR-09: the reason is nobody's business */
}

TEST(what_does_not_agree_is_denied)  /* spec: A-SCR-06, A-SCR-09, A-AUTH-06 */
{
    struct rig rig;
    struct wamp_scram_exchange other = user, bound = user;
    other.authid = STR("User");
    bound.channel_binding = STR("tls-exporter");
    bound.cbind_data = STR("12345678901234567890123456789012");
    rig_init_with(&rig, config);
    denied(&rig, hello, "Pencil", user, "{\"nonce\":\"%s\"}");
    denied(&rig, hello, "pencil", other, "{\"nonce\":\"%s\"}");
    denied(&rig, hello, "pencil", user, "{\"nonce\":\"%sx\"}");
    denied(&rig, hello, "pencil", user, "{}");
    denied(&rig, hello, "pencil", user, "{\"nonce\":\"%s\",\"channel_binding\":\"tls-unique\"}");
    denied(&rig, hello, "pencil", user, "{\"nonce\":\"%s\",\"cbind_data\":\"AAAA\"}");
    denied(&rig, hello, "pencil", bound, "{\"nonce\":\"%s\"}");
    rig_fini(&rig);
}

TEST(what_hello_must_have_for_it)  /* spec: A-SCR-01, A-SCR-02, A-SCR-11 */
{
    const char *bad[] = {
        HELLO("wamp-scram", "user", ""),
        HELLO("wamp-scram", "user", "\"nonce\":7"),
        HELLO("wamp-scram", "user", "\"nonce\":\"\""),
        HELLO("wamp-scram", "user", "\"nonce\":\"a,b\""),
        HELLO("wamp-scram", "user", "\"nonce\":\"\\u00e9\""),
        HELLO("wamp-scram", "user", NONCE ",\"channel_binding\":\"tls-exporter\""),  /* not over TCP alone */
        HELLO("wamp-scram", "user", NONCE ",\"channel_binding\":\"telepathy\""),
        "\"authmethods\":[\"wamp-scram\"],\"authextra\":{" NONCE "}",
        "\"authmethods\":[\"wamp-scram\"],\"authid\":\"user\"",
    };
    struct rig rig;
    rig_init_with(&rig, config);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_abort(login_hello(&rig, bad[i]), "wamp.error.authentication_denied", 1000);
    rig_fini(&rig);
}

static size_t fake_binding(void *socket, struct str type, uint8_t out[WIRE_BINDING_MAX])
{
    (void)socket;
    memset(out, 0x5a, 32);
    return str_eq(type, STR("tls-exporter")) ? 32 : 0;
}

TEST(a_login_is_bound_to_its_connection)  /* spec: A-SCR-06, A-SCR-11 */
{
    struct rig rig;
    struct wire wire;
    uint8_t id[32];
    struct wamp_scram_exchange x = user;
    char extra[500];
    rig_init_with(&rig, config);
    for (int same = 0; same < 2; same++) {
        struct plug *p = rig_websocket(&rig);
        wire = *p->conn->wire;
        wire.channel_binding = fake_binding;
        p->conn->wire = &wire;
        login_say_hello(p, HELLO("wamp-scram", "user", NONCE ",\"channel_binding\":\"tls-exporter\""));
        expect_heard(p, "[4,");
        memset(id, same ? 0x5a : 0x5b, sizeof id);
        x.channel_binding = STR("tls-exporter");
        x.cbind_data = str_of((const char *)id, sizeof id);
        struct answer a = prove(p, "pencil", x);
        snprintf(extra, sizeof extra,
                 "{\"nonce\":\"%s\",\"channel_binding\":\"tls-exporter\",\"cbind_data\":\"%s\"}", a.nonce,
                 a.cbind);
        login_answer(p, a.proof, extra);
        if (same)
            expect_heard(p, "[2,");
        else
            expect_abort(p, "wamp.error.authentication_denied", 1000);
    }
    rig_fini(&rig);
}

TEST(as_autobahn_and_crossbar_do_it)  /* spec: A-SCR-01, A-SCR-03, A-SCR-07 */
{
    struct rig rig;
    struct wamp_scram_exchange bare = user;
    bare.bare_channel = true;
    rig_init_with(&rig, config);
    for (int is_bare = 0; is_bare < 2; is_bare++) {
        struct plug *p = login_hello(&rig, HELLO("scram", "user", NONCE));
        expect_heard(p, "[4,\"scram\",");
        assert_null(login_value(p, "memory"));  /* autobahn makes a number of it, whatever it is */
        struct answer a = prove(p, "pencil", is_bare ? bare : user);
        login_answer(p, a.proof, "{}");
        expect_heard(p, "[2,");
        expect_str(login_detail(p, "authmethod"), "scram");
        struct str signature = wamp_value_get(login_value(p, "authextra"), STR("scram_server_signature"))->text;
        assert_true(str_eq(signature, str_z(a.verifier)));
    }
    rig_fini(&rig);
}

TEST(argon2_has_two_names_and_a_memory)  /* spec: A-SCR-03, A-SCR-13 */
{
    struct rig rig;
    rig_init_with(&rig, argon2_config);
    struct plug *p = login_hello(&rig, hello);
    expect_heard(p, "[4,");
    expect_str(login_detail(p, "kdf"), "argon2id13");
    assert_int_equal(login_value(p, "memory")->uint, 64);
    p = login_hello(&rig, HELLO("scram", "user", NONCE));
    expect_heard(p, "[4,");
    expect_str(login_detail(p, "kdf"), "argon2id-13");
    assert_int_equal(login_value(p, "memory")->uint, 64);
    rig_fini(&rig);
}

TEST(a_salt_may_stand_in_hex_as_crossbar_writes_it)  /* spec: A-SCR-03 */
{
    struct rig rig;
    rig_init_with(
        &rig,
        "auth: {scram: {users: {user: {kdf: pbkdf2, salt: 5b6d99689d12358eec0a4b141236fa81, iterations: 4096,"
        " role: backend, " KEYS "}}}}\n");
    struct plug *p = login_hello(&rig, hello);
    expect_heard(p, "[4,");
    expect_str(login_detail(p, "salt"), "W22ZaJ0SNY7sCksUEjb6gQ==");
    rig_fini(&rig);
}

TEST(who_does_not_exist_is_challenged_with_a_salt_of_his_own_that_stays)  /* spec: A-SCR-02, A-AUTH-08 */
{
    char salts[3][60];
    const char *who[] = {HELLO("wamp-scram", "jim", NONCE), HELLO("wamp-scram", "jim", NONCE),
                         HELLO("wamp-scram", "jane", NONCE)};
    struct rig rig;
    rig_init_with(&rig, config);
    for (int i = 0; i < 3; i++) {
        struct plug *p = login_hello(&rig, who[i]);
        expect_heard(p, "[4,");
        copy(salts[i], sizeof salts[i], login_detail(p, "salt"));
        assert_int_equal(strlen(salts[i]), 24);
        assert_true(wamp_base64_ok(str_z(salts[i])));
        assert_int_equal(login_value(p, "iterations")->uint, 4096);
        struct answer a = prove(p, "pencil", user);
        say_proof(p, &a);
        expect_abort(p, "wamp.error.authentication_denied", 1000);
    }
    assert_string_equal(salts[0], salts[1]);
    assert_string_not_equal(salts[0], salts[2]);
    rig_fini(&rig);
}

TEST(whatever_allocation_fails_nothing_leaks)
{
    for_each_failure {
        struct rig rig;
        rig_init_with(&rig, config);
        struct plug *p = rig.ok ? login_hello(&rig, hello) : NULL;
        if (p && plug_take(p) && str_starts(p->text, STR("[4,"))) {
            struct answer a = prove(p, "pencil", user);
            say_proof(p, &a);
        }
        rig_fini(&rig);
    }
}

RUN_TESTS(cmocka_unit_test(the_challenge_has_the_cost_and_a_nonce_that_begins_with_the_clients),
          cmocka_unit_test(who_knows_the_password_comes_in_and_learns_that_the_router_knows_it),
          cmocka_unit_test(what_does_not_agree_is_denied),
          cmocka_unit_test(what_hello_must_have_for_it),
          cmocka_unit_test(a_login_is_bound_to_its_connection),
          cmocka_unit_test(as_autobahn_and_crossbar_do_it),
          cmocka_unit_test(argon2_has_two_names_and_a_memory),
          cmocka_unit_test(a_salt_may_stand_in_hex_as_crossbar_writes_it),
          cmocka_unit_test(who_does_not_exist_is_challenged_with_a_salt_of_his_own_that_stays),
          cmocka_unit_test(whatever_allocation_fails_nothing_leaks))
