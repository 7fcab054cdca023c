/* Authentication arithmetic against the vectors of the specification and of RFC 7677. */
#include "common/authcalc.h"

#include "common/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define assert_text(buf, literal) assert_true(str_eq(wamp_buf_str(buf), STR(literal)))

static const struct { const char *ptr; } cra_challenge = {
    "{ \"nonce\":\"LHRTC9zeOIrt_9U3\", \"authprovider\":\"userdb\", \"authid\":\"peter\", "
    "\"timestamp\":\"2014-06-22T16:36:25.448Z\", \"authrole\":\"user\", \"authmethod\":\"wampcra\", "
    "\"session\":3251278072152162 }"};

/* spec: A-CRA-03, T-46 */
static void cra_signs_the_exact_octets_of_the_challenge(void **state)
{
    struct wamp_buf out = {0};
    (void)state;
    assert_int_equal(wamp_cra_sign(STR("secret"), str_z(cra_challenge.ptr), &out), WAMP_ERR_NONE);
    assert_text(&out, "NWktSrMd4ItBSAKYEwvu1bTY7G/sSyjKbz+pNP9c04A=");
    assert_true(wamp_cra_verify(STR("secret"), str_z(cra_challenge.ptr), wamp_buf_str(&out)));
    assert_false(wamp_cra_verify(STR("Secret"), str_z(cra_challenge.ptr), wamp_buf_str(&out)));
    assert_false(wamp_cra_verify(STR("secret"), str_z(cra_challenge.ptr + 1), wamp_buf_str(&out)));
    assert_false(wamp_cra_verify(STR("secret"), str_z(cra_challenge.ptr), STR("")));
    wamp_buf_fini(&out);
}

/* spec: A-CRA-04, T-45 */
static void cra_key_of_a_salted_user_is_base64_text(void **state)
{
    struct wamp_buf key = {0}, signature = {0};
    (void)state;
    assert_int_equal(wamp_cra_derive(STR("password"), STR("salt123"), 1000, 32, &key), WAMP_ERR_NONE);
    assert_text(&key, "XX9AIwVx2pYcnIAm+U69vjdUImcvNehHD5atN4rwDb0=");
    wamp_cra_sign(wamp_buf_str(&key), str_z(cra_challenge.ptr), &signature);
    assert_text(&signature, "hk/2riA2JqydfL5wLoicrYfAt8uNeP6nikk9kqDhsnM=");
    wamp_buf_reset(&key);
    wamp_cra_derive(STR("secret1"), STR("salt123"), 100, 16, &key);  /* wampy's peter. spec: W-24 */
    assert_text(&key, "prq7+YkJ1/KlW1X0YczMHw==");
    wamp_buf_fini(&key);
    wamp_buf_fini(&signature);
}

/* spec: A-CRA-06 */
static void cra_refuses_absurd_costs(void **state)
{
    struct wamp_buf key = {0};
    (void)state;
    assert_int_equal(wamp_cra_derive(STR("p"), STR("s"), 0, 32, &key), WAMP_ERR_RANGE);
    assert_int_equal(wamp_cra_derive(STR("p"), STR("s"), 1000001, 32, &key), WAMP_ERR_RANGE);
    assert_int_equal(wamp_cra_derive(STR("p"), STR("s"), 1000, 0, &key), WAMP_ERR_RANGE);
    assert_int_equal(wamp_cra_derive(STR("p"), STR("s"), 1000, 1025, &key), WAMP_ERR_RANGE);
    wamp_buf_fini(&key);
}

struct scram_case {
    struct wamp_scram_exchange x;
    struct str password;
    const char *proof, *verifier;
};

static const struct scram_case scram_cases[] = {
    {{.authid = {"user", 4},
      .client_nonce = {"rOprNGfwEbeRWgbNEkqO", 20},
      .nonce = {"rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", 51},
      .salt = {"W22ZaJ0SNY7soEsUEjb6gQ==", 24},
      .iterations = 4096},
     {"pencil", 6},
     "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
     "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
    {{.authid = {"user", 4},
      .client_nonce = {"egVDf3DMJh0=", 12},
      .nonce = {"egVDf3DMJh0=SBmkFIh7sSo=", 24},
      .salt = {"aBc+fx0NAVA=", 12},
      .iterations = 4096},
     {"pencil", 6},
     "L1uwjEEL7BdbtlWMKxNcQ1A/CmNjct+7xdAguB/rpnA=",
     "AyTAljdPHv74Zx+gn+6DqiFnl4XOZUXpC7k/pSkjBOg="},
};

/* spec: A-SCR-05, A-SCR-06, A-SCR-07, A-SCR-08, A-SCR-13, T-47 */
static void scram_follows_rfc_7677_and_the_nonces_of_the_specification(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scram_cases / sizeof *scram_cases; i++) {
        const struct scram_case *c = &scram_cases[i];
        struct wamp_scram_cost cost = {WAMP_SCRAM_PBKDF2, c->x.salt, c->x.iterations, 0};
        struct wamp_scram_keys keys;
        struct wamp_buf message = {0}, proof = {0}, verifier = {0}, prefixed = {0};
        assert_int_equal(wamp_scram_derive(c->password, &cost, &keys), WAMP_ERR_NONE);
        assert_int_equal(wamp_scram_auth_message(&c->x, &message), WAMP_ERR_NONE);
        assert_int_equal(wamp_scram_proof(&keys, wamp_buf_str(&message), &proof), WAMP_ERR_NONE);
        assert_true(str_eq(wamp_buf_str(&proof), str_z(c->proof)));
        assert_true(wamp_scram_proof_ok(keys.stored, wamp_buf_str(&message), wamp_buf_str(&proof)));
        assert_int_equal(wamp_scram_verifier(keys.server, wamp_buf_str(&message), &verifier), WAMP_ERR_NONE);
        assert_true(str_eq(wamp_buf_str(&verifier), str_z(c->verifier)));
        wamp_buf_addf(&prefixed, "v=%s", c->verifier);
        assert_true(wamp_scram_verifier_ok(keys.server, wamp_buf_str(&message), wamp_buf_str(&prefixed)));
        assert_false(wamp_scram_verifier_ok(keys.stored, wamp_buf_str(&message), wamp_buf_str(&prefixed)));
        proof.ptr[0] ^= 1;
        assert_false(wamp_scram_proof_ok(keys.stored, wamp_buf_str(&message), wamp_buf_str(&proof)));
        assert_false(wamp_scram_proof_ok(keys.stored, wamp_buf_str(&message), STR("no base64")));
        wamp_buf_fini(&message);
        wamp_buf_fini(&proof);
        wamp_buf_fini(&verifier);
        wamp_buf_fini(&prefixed);
    }
}

/* spec: A-SCR-10, A-SCR-11 */
static void scram_escapes_the_name_and_names_the_channel(void **state)
{
    struct wamp_scram_exchange x = {.authid = STR("a,b=c"), .client_nonce = STR("n"), .nonce = STR("nm"), .salt = STR("AAAA"),
                                    .iterations = 4096};
    struct wamp_buf out = {0};
    (void)state;
    wamp_scram_auth_message(&x, &out);
    assert_text(&out, "n=a=2Cb=3Dc,r=n,r=nm,s=AAAA,i=4096,c=biws,r=nm");
    wamp_buf_reset(&out);
    x.channel_binding = STR("tls-exporter");
    x.cbind_data = STR("xyz");
    wamp_scram_auth_message(&x, &out);
    assert_text(&out, "n=a=2Cb=3Dc,r=n,r=nm,s=AAAA,i=4096,c=cD10bHMtZXhwb3J0ZXIsLHh5eg==,r=nm");
    wamp_buf_reset(&out);
    x.authid = STR("a\xc2\xad""b\xe2\x85\xa8");  /* soft hyphen goes, roman nine becomes IX: SASLprep */
    x.channel_binding = STR("");
    assert_int_equal(wamp_scram_auth_message(&x, &out), WAMP_ERR_NONE);
    assert_true(str_starts(wamp_buf_str(&out), STR("n=abIX,")));
    x.authid = STR("a\x07\xc2\xad");  /* a control character is prohibited */
    assert_int_equal(wamp_scram_auth_message(&x, &out), WAMP_ERR_SYNTAX);
    wamp_buf_fini(&out);
}

/* spec: A-SCR-04, A-SCR-13 */
static void scram_bounds_costs_and_knows_argon2(void **state)
{
    struct wamp_scram_cost cost = {WAMP_SCRAM_PBKDF2, STR("W22ZaJ0SNY7soEsUEjb6gQ=="), 999, 0};
    struct wamp_scram_keys keys, again;
    enum wamp_scram_kdf kdf;
    (void)state;
    assert_int_equal(wamp_scram_derive(STR("p"), &cost, &keys), WAMP_ERR_RANGE);
    cost.iterations = 1000001;
    assert_int_equal(wamp_scram_derive(STR("p"), &cost, &keys), WAMP_ERR_RANGE);
    cost.salt = STR("not base64!");
    assert_int_equal(wamp_scram_derive(STR("p"), &cost, &keys), WAMP_ERR_SYNTAX);
    cost = (struct wamp_scram_cost){WAMP_SCRAM_ARGON2ID13, STR("W22ZaJ0SNY7soEsUEjb6gQ=="), 1, 64};
    assert_int_equal(wamp_scram_derive(STR("pencil"), &cost, &keys), WAMP_ERR_NONE);
    assert_int_equal(wamp_scram_derive(STR("pencil"), &cost, &again), WAMP_ERR_NONE);
    assert_memory_equal(&keys, &again, sizeof keys);
    assert_int_equal(wamp_scram_derive(STR("Pencil"), &cost, &again), WAMP_ERR_NONE);
    assert_memory_not_equal(&keys, &again, sizeof keys);
    cost.memory = 1 << 21;
    assert_int_equal(wamp_scram_derive(STR("p"), &cost, &keys), WAMP_ERR_RANGE);
    assert_true(wamp_scram_kdf_by_name(STR("argon2id-13"), &kdf) && kdf == WAMP_SCRAM_ARGON2ID13);
    assert_true(wamp_scram_kdf_by_name(STR("pbkdf2"), &kdf) && kdf == WAMP_SCRAM_PBKDF2);
    assert_false(wamp_scram_kdf_by_name(STR("md5"), &kdf));
}

static void read_hex(const char *text, uint8_t out[32])
{
    assert_true(wamp_hex_read(str_z(text), out, 32));
}

/* spec: A-CSG-04, A-CSG-05, A-CSG-06, T-48 */
static void cryptosign_signs_and_checks_the_embedded_message(void **state)
{
    uint8_t seed[32], public_key[32], challenge[32], other[32] = {0}, channel[32];
    struct wamp_buf plain = {0}, bound = {0};
    (void)state;
    read_hex("4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510", seed);
    read_hex("62e935ae755f3d48f80d4d59f6121358c435722a67e859cc0caa8b539027f2ff", channel);
    memset(challenge, 0xff, 32);
    assert_int_equal(wamp_cryptosign_sign(seed, challenge, NULL, &plain), WAMP_ERR_NONE);
    assert_text(&plain, "b32675b221f08593213737bef8240e7c15228b07028e19595294678c90d11c0cae80a357331bfc5cc9fb71081464e6e7"
                        "5013517c2cf067ad566a6b7b728e5d03"
                        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
    assert_int_equal(wamp_cryptosign_sign(seed, challenge, channel, &bound), WAMP_ERR_NONE);
    assert_text(&bound, "9b6f41540c9b95b4b7b281c3042fa9c54cef43c842d62ea3fd6030fcb66e70b3e80d49d44c29d1635da9348d02ec93f3"
                        "ed1ef227dfb59a07b580095c2b82f80f9d16ca518aa0c2b707f2b2a609edeca73bca8dd59817a633f35574ac6fd80d00");
    assert_int_equal(wamp_cryptosign_public(seed, public_key), WAMP_ERR_NONE);
    assert_true(wamp_cryptosign_verify(public_key, challenge, NULL, wamp_buf_str(&plain)));
    assert_true(wamp_cryptosign_verify(public_key, challenge, channel, wamp_buf_str(&bound)));
    assert_false(wamp_cryptosign_verify(public_key, challenge, channel, wamp_buf_str(&plain)));
    assert_false(wamp_cryptosign_verify(public_key, other, NULL, wamp_buf_str(&plain)));  /* a replay */
    assert_false(wamp_cryptosign_verify(seed, challenge, NULL, wamp_buf_str(&plain)));
    assert_false(wamp_cryptosign_verify(public_key, challenge, NULL, STR("00")));
    wamp_buf_fini(&plain);
    wamp_buf_fini(&bound);
}

static int fail_after;
static int fail_now(size_t size)
{
    (void)size;
    return fail_after-- == 0;
}

static void short_memory_is_an_error_and_leaks_nothing(void **state)
{
    const struct scram_case *c = &scram_cases[0];
    (void)state;
    for (int n = 0; n < 8; n++) {
        struct wamp_buf out = {0};
        fail_after = n;
        wamp_mem_fail = fail_now;
        enum wamp_err err = wamp_scram_auth_message(&c->x, &out);
        wamp_mem_fail = NULL;
        assert_true(err == WAMP_ERR_NONE || err == WAMP_ERR_NOMEM);
        wamp_buf_fini(&out);
    }
}

static void hex_takes_exactly_what_was_asked_for(void **state)
{
    uint8_t out[2];
    (void)state;
    assert_true(wamp_hex_read(STR("aF09"), out, 2));
    assert_int_equal(out[0], 0xaf);
    assert_int_equal(out[1], 0x09);
    assert_false(wamp_hex_read(STR("aF0"), out, 2));
    assert_false(wamp_hex_read(STR("aF0g"), out, 2));
    assert_false(wamp_hex_read(STR("aF0900"), out, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cra_signs_the_exact_octets_of_the_challenge),
        cmocka_unit_test(cra_key_of_a_salted_user_is_base64_text),
        cmocka_unit_test(cra_refuses_absurd_costs),
        cmocka_unit_test(scram_follows_rfc_7677_and_the_nonces_of_the_specification),
        cmocka_unit_test(scram_escapes_the_name_and_names_the_channel),
        cmocka_unit_test(scram_bounds_costs_and_knows_argon2),
        cmocka_unit_test(cryptosign_signs_and_checks_the_embedded_message),
        cmocka_unit_test(short_memory_is_an_error_and_leaks_nothing),
        cmocka_unit_test(hex_takes_exactly_what_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
