/* Logging in: what is offered, how challenges are answered, what is not believed. Checklist 2.27. */
#include "client/peer.h"

#include "common/authcalc.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/fake_router.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
    wamp_rc rc;
    char uri[64], message[128];
} seen;

static void on_lost(void *arg, wamp_peer *p, const wamp_error *why, bool again)
{
    (void)arg;
    (void)p;
    (void)again;
    seen.rc = why->rc;
    snprintf(seen.uri, sizeof seen.uri, "%s", why->uri ? why->uri : "");
    snprintf(seen.message, sizeof seen.message, "%s", why->message);
}

static const wamp_hooks hooks = {.on_lost = on_lost};

static int setup(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fake_end();
    return 0;
}

static void begin(wamp_opt opt)
{
    opt.hooks = &hooks;
    fake_begin(&opt);
}

#define SEED "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510"
#define FFS "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* --- offering ------------------------------------------------------------------------------------------------ */

/* spec: A-AUTH-01, A-TIC-01, A-CRA-01, A-SCR-01 */
TEST(a_password_offers_what_it_is_good_for)
{
    begin((wamp_opt){.authid = "peter", .secret = "secret1", .authrole = "user"});
    fake_heard(
        "[1, \"realm1\", {\"authmethods\": [\"wamp-scram\", \"wampcra\", \"ticket\"], \"authid\": \"peter\","
        " \"authrole\": \"user\", \"authextra\": {\"nonce\": \"q6urq6urq6urq6urq6urqw==\","
        " \"channel_binding\": null}, ...}]");
}

/* spec: A-TIC-03 */
TEST(a_ticket_is_not_told_to_the_world)
{
    begin((wamp_opt){.authid = "peter", .secret = "secret1", .url = "ws://router.example"});
    fake_heard("[1, _, {\"authmethods\": [\"wamp-scram\", \"wampcra\"], ...}]");
    fake_end();
    begin(
        (wamp_opt){.authid = "peter", .secret = "secret1", .url = "ws://router.example", .authmethods = "ticket"});
    fake_heard("[1, _, {\"authmethods\": [\"ticket\"], ...}]");
}

/* spec: A-CSG-01, X-19 */
TEST(a_key_offers_its_public_half)
{
    wamp_val *extra = wamp_build("{x_mine:i}", 1);
    begin((wamp_opt){.signkey = SEED, .authextra = extra});
    fake_heard("[1, _, {\"authmethods\": [\"cryptosign\"], \"authextra\": {\"x_mine\": 1, \"pubkey\": <str>,"
               " \"channel_binding\": null}, ...}]");
    wamp_drop(&extra);
}

TEST(methods_are_offered_as_listed)
{
    begin((wamp_opt){.authid = "a", .secret = "b", .authmethods = "scram, wampcra anonymous wampcra"});
    fake_heard("[1, _, {\"authmethods\": [\"scram\", \"wampcra\", \"anonymous\"], ...}]");
    fake_end();
    begin((wamp_opt){.authmethods = "magic"});
    assert_int_equal(seen.rc, WAMP_E_ARGS);
    assert_string_equal(seen.message, "no authentication method 'magic'");
    fake_end();
    begin((wamp_opt){.signkey = "not hex"});
    assert_int_equal(seen.rc, WAMP_E_ARGS);
}

/* --- answering ----------------------------------------------------------------------------------------------- */

/* spec: A-TIC-03 */
TEST(a_ticket_is_sent_as_it_is)
{
    begin((wamp_opt){.authid = "martin", .secret = "t1ck3t", .authmethods = "ticket"});
    fake_forget();
    fake_says("[4, \"ticket\", {}]");
    fake_heard("[5, \"t1ck3t\", {}]");
    fake_says("[2, 5, " FAKE_DETAILS "]");
    assert_true(wamp_is_joined(fake.peer));
}

/* spec: A-CRA-03, A-CRA-04, T-45, T-46 */
TEST(cra_signs_the_challenge)
{
    static const char challenge[] =
        "{ \\\"nonce\\\":\\\"LHRTC9zeOIrt_9U3\\\", \\\"authprovider\\\":\\\"userdb\\\", "
        "\\\"authid\\\":\\\"peter\\\","
        " \\\"timestamp\\\":\\\"2014-06-22T16:36:25.448Z\\\", \\\"authrole\\\":\\\"user\\\","
        " \\\"authmethod\\\":\\\"wampcra\\\", \\\"session\\\":3251278072152162 }";
    char text[600];
    begin((wamp_opt){.authid = "peter", .secret = "secret"});
    fake_forget();
    snprintf(text, sizeof text, "[4, \"wampcra\", {\"challenge\": \"%s\"}]", challenge);
    fake_says(text);
    fake_heard("[5, \"NWktSrMd4ItBSAKYEwvu1bTY7G/sSyjKbz+pNP9c04A=\", {}]");
    fake_end();
    begin((wamp_opt){.authid = "peter", .secret = "password"});
    fake_forget();
    snprintf(
        text, sizeof text,
        "[4, \"wampcra\", {\"challenge\": \"%s\", \"salt\": \"salt123\", \"keylen\": 32, \"iterations\": 1000}]",
        challenge);
    fake_says(text);
    fake_heard("[5, \"hk/2riA2JqydfL5wLoicrYfAt8uNeP6nikk9kqDhsnM=\", {}]");
}

/* spec: A-CRA-06 */
TEST(absurd_costs_are_refused)
{
    begin((wamp_opt){.authid = "peter", .secret = "password"});
    fake_forget();
    fake_says("[4, \"wampcra\", {\"challenge\": \"x\", \"salt\": \"s\", \"iterations\": 4000000000}]");
    fake_heard("[3, {\"message\": _}, \"wamp.error.authentication_failed\"]");
    assert_int_equal(seen.rc, WAMP_E_REFUSED);
}

/* spec: A-AUTH-10 */
TEST(an_unasked_challenge_is_a_violation)
{
    begin((wamp_opt){.authid = "peter", .secret = "password", .authmethods = "wampcra"});
    fake_forget();
    fake_says("[4, \"ticket\", {}]");
    fake_heard("[3, {\"message\": _}, \"wamp.error.protocol_violation\"]");
    fake_silent();
    fake_end();
    begin((wamp_opt){0});
    fake_forget();
    fake_says("[4, \"anonymous\", {}]");
    fake_heard("[3, _, \"wamp.error.protocol_violation\"]");
}

TEST(challenges_do_not_go_on_for_ever)
{
    begin((wamp_opt){.authid = "peter", .secret = "password", .authmethods = "ticket"});
    fake_forget();
    for (int i = 0; i < 4; i++) {
        fake_says("[4, \"ticket\", {}]");
        fake_heard("[5, \"password\", {}]");
    }
    fake_says("[4, \"ticket\", {}]");
    fake_heard("[3, _, \"wamp.error.authentication_failed\"]");
}

/* spec: A-CSG-04 */
TEST(cryptosign_signs_the_challenge)
{
    begin((wamp_opt){.signkey = SEED});
    fake_forget();
    fake_says("[4, \"cryptosign\", {\"challenge\": \"" FFS "\", \"channel_binding\": null}]");
    fake_heard(
        "[5, \"b32675b221f08593213737bef8240e7c15228b07028e19595294678c90d11c0cae80a357331bfc5cc9fb71081464e6e7501"
        "3517c2cf067ad566a6b7b728e5d03" FFS "\", {}]");
}

/* spec: A-CSG-07 */
TEST(a_downgraded_binding_is_refused)
{
    begin((wamp_opt){.signkey = SEED, .bind_channel = true});
    fake_heard("[1, _, {\"authextra\": {\"channel_binding\": \"tls-exporter\", ...}, ...}]");
    fake_says("[4, \"cryptosign\", {\"challenge\": \"" FFS "\"}]");
    fake_heard("[3, _, \"wamp.error.authentication_failed\"]");
    fake_end();
    begin((wamp_opt){.signkey = SEED, .bind_channel = true});
    fake_forget();
    fake_says("[4, \"cryptosign\", {\"challenge\": \"" FFS "\", \"channel_binding\": \"tls-exporter\"}]");
    fake_heard("[5, <str>, {}]");
    fake_end();
    begin((wamp_opt){.signkey = SEED, .bind_channel = true, .authmethods = "cryptosign anonymous"});
    fake_forget();
    fake_says("[2, 5, " FAKE_DETAILS "]");
    fake_heard("[3, _, \"wamp.error.authentication_failed\"]");
}

/* --- SCRAM --------------------------------------------------------------------------------------------------- */

#define NONCE "q6urq6urq6urq6urq6urqw=="
#define SALT "aBc+fx0NAVA="

/* What the router would compute. */
static void scram_values(char *proof, char *verifier, size_t size, struct str binding, struct str data)
{
    struct wamp_scram_keys keys;
    struct wamp_buf message = {0}, p = {0}, v = {0};
    const struct wamp_scram_cost cost = {.kdf = WAMP_SCRAM_PBKDF2, .salt = STR(SALT), .iterations = 4096};
    const struct wamp_scram_exchange x = {.authid = STR("user"),
                                          .client_nonce = STR(NONCE),
                                          .nonce = STR(NONCE "server"),
                                          .salt = cost.salt,
                                          .iterations = cost.iterations,
                                          .channel_binding = binding,
                                          .cbind_data = data};
    expect_ok(wamp_scram_derive(STR("pencil"), &cost, &keys));
    expect_ok(wamp_scram_auth_message(&x, &message));
    expect_ok(wamp_scram_proof(&keys, wamp_buf_str(&message), &p));
    expect_ok(wamp_scram_verifier(keys.server, wamp_buf_str(&message), &v));
    snprintf(proof, size, "%.*s", (int)p.len, p.ptr);
    snprintf(verifier, size, "%.*s", (int)v.len, v.ptr);
    wamp_buf_fini(&message);
    wamp_buf_fini(&p);
    wamp_buf_fini(&v);
}

static void challenge_scram(void)
{
    fake_forget();
    fake_says("[4, \"wamp-scram\", {\"nonce\": \"" NONCE "server\", \"salt\": \"" SALT "\", \"kdf\": \"pbkdf2\","
              " \"iterations\": 4096, \"memory\": null}]");
}

static void welcome_with(const char *key, const char *verifier)
{
    char text[300];
    snprintf(text, sizeof text, "[2, 5, {\"roles\": {\"broker\": {}}, \"authextra\": {\"%s\": \"%s\"}}]", key,
             verifier);
    fake_says(text);
}

/* spec: A-SCR-05, A-SCR-07, A-SCR-08, X-13 */
TEST(scram_proves_both_sides)
{
    char proof[64], verifier[64], expected[300];
    scram_values(proof, verifier, sizeof proof, str_of(NULL, 0), str_of(NULL, 0));
    snprintf(expected, sizeof expected,
             "[5, \"%s\", {\"nonce\": \"" NONCE "server\", \"channel_binding\": null, \"cbind_data\": null}]",
             proof);
    begin((wamp_opt){.authid = "user", .secret = "pencil"});
    challenge_scram();
    fake_heard(expected);
    welcome_with("verifier", verifier);
    assert_true(wamp_is_joined(fake.peer));
    fake_end();
    begin((wamp_opt){.authid = "user", .secret = "pencil"});
    challenge_scram();
    fake_forget();
    welcome_with("scram_server_signature", verifier);
    assert_true(wamp_is_joined(fake.peer));
}

/* spec: A-SCR-08 */
TEST(a_router_that_does_not_know_the_password_is_left)
{
    static const char *const bad[] = {"", "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "nonsense"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        begin((wamp_opt){.authid = "user", .secret = "pencil"});
        challenge_scram();
        fake_forget();
        welcome_with("verifier", bad[i]);
        fake_heard("[3, _, \"wamp.error.authentication_failed\"]");
        assert_int_equal(seen.rc, WAMP_E_REFUSED);
        fake_end();
    }
}

/* spec: A-SCR-04 */
TEST(a_bad_scram_challenge_is_refused)
{
    static const char *const bad[] = {
        "{\"nonce\": \"other\", \"salt\": \"" SALT "\", \"kdf\": \"pbkdf2\", \"iterations\": 4096}",
        "{\"nonce\": \"" NONCE "\", \"salt\": \"" SALT "\", \"kdf\": \"pbkdf2\", \"iterations\": 4096}",
        "{\"nonce\": \"" NONCE "s\", \"salt\": \"" SALT "\", \"kdf\": \"md5\", \"iterations\": 4096}",
        "{\"nonce\": \"" NONCE "s\", \"salt\": \"" SALT "\", \"kdf\": \"pbkdf2\", \"iterations\": 1}",
        "{\"nonce\": \"" NONCE "s\", \"salt\": \"!\", \"kdf\": \"pbkdf2\", \"iterations\": 4096}",
        "{\"nonce\": 5, \"salt\": 5, \"kdf\": 5, \"iterations\": \"x\"}",
        "{}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[300];
        begin((wamp_opt){.authid = "user", .secret = "pencil"});
        fake_forget();
        snprintf(text, sizeof text, "[4, \"wamp-scram\", %s]", bad[i]);
        fake_says(text);
        fake_heard("[3, {\"message\": _}, \"wamp.error.authentication_failed\"]");
        fake_end();
    }
}

/* spec: A-SCR-11 */
TEST(scram_can_be_bound_to_the_connection)
{
    char id[32], proof[64], verifier[64], expected[400];
    memset(id, 0x55, sizeof id);
    scram_values(proof, verifier, sizeof proof, STR("tls-exporter"), str_of(id, sizeof id));
    snprintf(expected, sizeof expected,
             "[5, \"%s\", {\"nonce\": \"" NONCE "server\", \"channel_binding\": \"tls-exporter\","
             " \"cbind_data\": \"VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVU=\"}]",
             proof);
    begin((wamp_opt){.authid = "user", .secret = "pencil", .bind_channel = true});
    challenge_scram();
    fake_heard(expected);
    welcome_with("verifier", verifier);
    assert_true(wamp_is_joined(fake.peer));
}

/* --- where secrets come from --------------------------------------------------------------------------------- */

static bool give_secret(void *arg, const char *method, char *out, size_t size, size_t *len)
{
    assert_string_equal(method, "ticket");
    assert_true(size > 10);
    memcpy(out, "from a fn", 9);
    *len = 9;
    return arg != NULL;
}

TEST(a_secret_may_come_from_a_file_or_a_function)
{
    char path[] = "/tmp/wamp-secret-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "from a file\n", 12), 12);
    close(fd);
    begin((wamp_opt){.authid = "a", .secret_file = path, .authmethods = "ticket"});
    fake_forget();
    fake_says("[4, \"ticket\", {}]");
    fake_heard("[5, \"from a file\", {}]");
    unlink(path);
    fake_says("[4, \"ticket\", {}]");
    fake_heard("[3, _, \"wamp.error.authentication_failed\"]");
    fake_end();
    begin((wamp_opt){.authid = "a", .secret_fn = give_secret, .secret_arg = path, .authmethods = "ticket"});
    fake_forget();
    fake_says("[4, \"ticket\", {}]");
    fake_heard("[5, \"from a fn\", {}]");
    fake_end();
    begin((wamp_opt){.authid = "a", .secret_fn = give_secret, .authmethods = "ticket"});
    fake_forget();
    fake_says("[4, \"ticket\", {}]");
    fake_heard("[3, _, \"wamp.error.authentication_failed\"]");
}

TEST(short_memory_ends_the_login)
{
    for_each_failure
    {
        if (fake_begin(&(wamp_opt){
                .hooks = &hooks, .authid = "user", .secret = "pencil", .signkey = SEED, .bind_channel = true})) {
            if (fake.peer->phase == PHASE_HELLO)
                challenge_scram();
            if (fake.peer->phase == PHASE_HELLO)
                fake_says("[4, \"cryptosign\", {\"challenge\": \"" FFS
                          "\", \"channel_binding\": \"tls-exporter\"}]");
        }
        fake_end();
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
RUN_TESTS(T(a_password_offers_what_it_is_good_for), T(a_ticket_is_not_told_to_the_world),
          T(a_key_offers_its_public_half), T(methods_are_offered_as_listed), T(a_ticket_is_sent_as_it_is),
          T(cra_signs_the_challenge), T(absurd_costs_are_refused), T(an_unasked_challenge_is_a_violation),
          T(challenges_do_not_go_on_for_ever), T(cryptosign_signs_the_challenge),
          T(a_downgraded_binding_is_refused), T(scram_proves_both_sides),
          T(a_router_that_does_not_know_the_password_is_left), T(a_bad_scram_challenge_is_refused),
          T(scram_can_be_bound_to_the_connection), T(a_secret_may_come_from_a_file_or_a_function),
          T(short_memory_ends_the_login))
