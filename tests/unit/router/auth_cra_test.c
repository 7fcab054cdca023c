/* Logins by WAMP-CRA. */
#include "common/authcalc.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/login.h"
#include "tests/lib/test.h"

#include <stdio.h>

/* peter's secret is the key that his password secret1 gives: PBKDF2-SHA256, salt123, 100 rounds, 16 octets. */
static const char config[] =
    "auth:\n"
    "  wampcra:\n"
    "    users:\n"
    "      joe: {secret: secret2, role: frontend}\n"
    "      peter: {secret: prq7+YkJ1/KlW1X0YczMHw==, role: backend, salt: salt123, iterations: 100, keylen: 16}\n"
    "realms: [{name: realm1}, {name: realm4, preset: crossbar}]\n";

static const char joe[] = "\"authmethods\":[\"wampcra\"],\"authid\":\"joe\"";
static const char peter[] = "\"authmethods\":[\"wampcra\"],\"authid\":\"peter\"";

/* AUTHENTICATE with the signature of the CHALLENGE that p has just got. */
static void sign(struct plug *p, struct str key)
{
    struct wamp_buf signature = {0};
    fail_pause();
    expect_ok(wamp_cra_sign(key, login_detail(p, "challenge"), &signature));
    wamp_buf_add_char(&signature, '\0');
    fail_resume();
    login_answer(p, signature.ptr, "{}");
    wamp_buf_fini(&signature);
}

static struct str text_in(const struct wamp_value *map, const char *key)
{
    const struct wamp_value *v = wamp_value_get(map, str_z(key));
    assert_non_null(v);
    assert_int_equal(v->kind, WAMP_STR);
    return v->text;
}

TEST(the_challenge_says_who_when_and_which_session)  /* spec: A-CRA-02, A-AUTH-09 */
{
    struct rig rig;
    struct wamp_arena arena = {0};
    struct wamp_value challenge;
    rig_init_with(&rig, config);
    struct plug *p = login_hello(&rig, joe);
    expect_heard(p, "[4,\"wampcra\",{\"challenge\":\"{");
    assert_null(login_value(p, "salt"));
    struct str text = wamp_arena_copy(&arena, login_detail(p, "challenge"));
    expect_ok(wamp_value_read(WAMP_JSON, text, &arena, &challenge));
    assert_int_equal(challenge.count, 7);
    expect_str(text_in(&challenge, "authid"), "joe");
    expect_str(text_in(&challenge, "authrole"), "frontend");
    expect_str(text_in(&challenge, "authmethod"), "wampcra");
    expect_str(text_in(&challenge, "authprovider"), "static");
    expect_str(text_in(&challenge, "timestamp"), "1970-01-01T00:00:01.000Z");
    assert_int_equal(text_in(&challenge, "nonce").len, 32);
    uint64_t session = wamp_value_get(&challenge, STR("session"))->uint;
    sign(p, STR("secret2"));
    expect_heard(p, "[2,");
    assert_true(login_session(p) == session);
    expect_str(login_detail(p, "authmethod"), "wampcra");
    expect_str(login_detail(p, "authrole"), "frontend");
    wamp_arena_fini(&arena);
    rig_fini(&rig);
}

TEST(what_an_authid_has_is_escaped_in_the_challenge)  /* spec: A-CRA-02 */
{
    struct rig rig;
    struct wamp_arena arena = {0};
    struct wamp_value challenge;
    rig_init_with(&rig, config);
    struct plug *p = login_hello(&rig, "\"authmethods\":[\"wampcra\"],\"authid\":\"a\\\"b\\\\c\\n\\u00e9\"");
    expect_heard(p, "[4,");
    struct str text = wamp_arena_copy(&arena, login_detail(p, "challenge"));
    expect_ok(wamp_value_read(WAMP_JSON, text, &arena, &challenge));
    expect_str(text_in(&challenge, "authid"), "a\"b\\c\n\xc3\xa9");
    wamp_arena_fini(&arena);
    rig_fini(&rig);
}

TEST(a_wrong_signature_is_denied)  /* spec: A-CRA-05, A-AUTH-06 */
{
    struct rig rig;
    rig_init_with(&rig, config);
    struct plug *p = login_hello(&rig, joe);
    expect_heard(p, "[4,");
    sign(p, STR("secret3"));
    expect_abort(p, "wamp.error.authentication_denied", 1000);
    p = login_hello(&rig, joe);
    login_answer(p, "", "{}");
    assert_true(plug_take(p));
    expect_abort(p, "wamp.error.authentication_denied", 1000);
    rig_fini(&rig);
}

TEST(a_signature_is_good_for_its_own_challenge_alone)  /* spec: A-CRA-05 */
{
    struct rig rig;
    char text[600];
    struct wamp_buf signature = {0};
    rig_init_with(&rig, config);
    struct plug *first = login_hello(&rig, joe), *second = login_hello(&rig, joe);
    expect_heard(first, "[4,");
    expect_heard(second, "[4,");
    expect_ok(wamp_cra_sign(STR("secret2"), login_detail(first, "challenge"), &signature));
    snprintf(text, sizeof text, "%.*s", STR_ARG(wamp_buf_str(&signature)));
    login_answer(second, text, "{}");
    expect_abort(second, "wamp.error.authentication_denied", 1000);
    login_answer(first, text, "{}");
    expect_heard(first, "[2,");
    wamp_buf_fini(&signature);
    rig_fini(&rig);
}

TEST(a_salted_user_signs_with_the_derived_key)  /* spec: A-CRA-04, W-24 */
{
    struct rig rig;
    struct wamp_buf key = {0};
    rig_init_with(&rig, config);
    struct plug *p = login_hello(&rig, peter);
    expect_heard(p, "[4,\"wampcra\",");
    expect_str(login_detail(p, "salt"), "salt123");
    assert_int_equal(login_value(p, "iterations")->uint, 100);
    assert_int_equal(login_value(p, "keylen")->uint, 16);
    expect_ok(wamp_cra_derive(STR("secret1"), STR("salt123"), 100, 16, &key));
    sign(p, wamp_buf_str(&key));
    expect_heard(p, "[2,");
    p = login_hello(&rig, peter);
    expect_heard(p, "[4,");
    sign(p, STR("secret1"));
    expect_abort(p, "wamp.error.authentication_denied", 1000);
    wamp_buf_fini(&key);
    rig_fini(&rig);
}

TEST(a_salted_user_may_have_his_password_in_the_configuration)  /* spec: A-CRA-04 */
{
    struct rig rig;
    struct wamp_buf key = {0};
    rig_init_with(&rig, "auth: {wampcra: {users: {peter: {secret: secret1, role: r, salt: salt123, iterations: "
                        "100, keylen: 16}}}}\n");
    struct plug *p = login_hello(&rig, peter);
    expect_heard(p, "[4,\"wampcra\",");
    expect_ok(wamp_cra_derive(STR("secret1"), STR("salt123"), 100, 16, &key));
    sign(p, wamp_buf_str(&key));
    expect_heard(p, "[2,");
    wamp_buf_fini(&key);
    rig_fini(&rig);
}

/* The salt that somebody is told, or "none". */
static void ask_salt(struct rig *rig, const char *authid, char salt[40])
{
    char details[100];
    snprintf(details, sizeof details, "\"authmethods\":[\"wampcra\"],\"authid\":\"%s\"", authid);
    struct plug *p = login_hello(rig, details);
    expect_heard(p, "[4,\"wampcra\",");
    snprintf(salt, 40, "%.*s", STR_ARG(login_value(p, "salt") ? login_detail(p, "salt") : STR("none")));
    plug_hang_up(p);
}

TEST(who_does_not_exist_has_a_salt_of_his_own_that_stays)  /* spec: A-AUTH-08 */
{
    struct rig rig;
    unsigned salted = 0, unsalted = 0, distinct = 0;
    char last[40] = "";
    rig_init_with(&rig, config);
    for (int i = 0; i < 40; i++) {
        char authid[20], first[40], again[40];
        snprintf(authid, sizeof authid, "jim%d", i);
        ask_salt(&rig, authid, first);
        ask_salt(&rig, authid, again);
        assert_string_equal(first, again);
        bool has_salt = strcmp(first, "none") != 0;
        salted += has_salt;
        unsalted += !has_salt;
        if (has_salt) {
            assert_int_equal(strlen(first), strlen("salt123"));
            distinct += strcmp(first, last) != 0;
            snprintf(last, sizeof last, "%s", first);
        }
    }
    assert_true(salted > 5 && unsalted > 5);  /* as those who exist: one with salt, one without */
    assert_int_equal(distinct, salted);
    rig_fini(&rig);
}

TEST(the_salt_of_who_does_not_exist_is_spelled_like_those_of_others)  /* spec: A-AUTH-08 */
{
    static const struct {
        const char *salt;
        size_t padding;
        const char *alphabet;
    } cases[] = {
        {"hB0Sr2Nz8zY012SIi5jDqg==", 2, NULL},  /* as wampd --credentials makes them */
        {"hB0Sr2Nz8zY012SIi5jDqtY=", 1, NULL},
        {"8f1e60c32d0b4a57", 0, "0123456789abcdef"},
        {"8f1e60c32d0b4", 0, "0123456789abcdef"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;
        char yaml[200], salt[40];
        snprintf(yaml, sizeof yaml, "auth: {wampcra: {users: {joe: {secret: x, role: r, salt: \"%s\"}}}}\n",
                 cases[i].salt);
        rig_init_with(&rig, yaml);
        ask_salt(&rig, "jim", salt);
        assert_int_equal(strlen(salt), strlen(cases[i].salt));
        assert_int_equal(strcspn(salt, "="), strlen(salt) - cases[i].padding);
        assert_true(!cases[i].alphabet || strspn(salt, cases[i].alphabet) == strlen(salt));
        assert_string_not_equal(salt, cases[i].salt);
        rig_fini(&rig);
    }
}

TEST(no_signature_lets_in_who_does_not_exist)  /* spec: A-AUTH-08 */
{
    const char *keys[] = {"", "secret2", "prq7+YkJ1/KlW1X0YczMHw=="};
    struct rig rig;
    rig_init_with(&rig, config);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct plug *p = login_hello(&rig, "\"authmethods\":[\"wampcra\"],\"authid\":\"jim\"");
        expect_heard(p, "[4,");
        sign(p, str_z(keys[i]));
        expect_abort(p, "wamp.error.authentication_denied", 1000);
    }
    rig_fini(&rig);
}

TEST(refusals_as_crossbar_words_them)  /* spec: W-26 */
{
    struct rig rig;
    rig_init_with(&rig, config);
    struct plug *p = rig_websocket(&rig);
    plug_say(p, "[1,\"realm4\",{\"roles\":{\"caller\":{}},\"authmethods\":[\"wampcra\"],\"authid\":\"joe\"}]");
    expect_heard(p, "[4,");
    sign(p, STR("wrong"));
    expect_heard(p, "[3,{\"message\":\"WAMP-CRA signature is invalid\"},\"wamp.error.not_authorized\"]");
    rig_fini(&rig);
}

TEST(whatever_allocation_fails_nothing_leaks)
{
    for_each_failure {
        struct rig rig;
        rig_init_with(&rig, config);
        struct plug *p = rig.ok ? login_hello(&rig, peter) : NULL;
        if (p && plug_take(p) && str_starts(p->text, STR("[4,")))
            sign(p, STR("prq7+YkJ1/KlW1X0YczMHw=="));
        if (rig.ok)
            login_hello(&rig, "\"authmethods\":[\"wampcra\"],\"authid\":\"jim\"");
        rig_fini(&rig);
    }
}

RUN_TESTS(cmocka_unit_test(the_challenge_says_who_when_and_which_session),
          cmocka_unit_test(what_an_authid_has_is_escaped_in_the_challenge),
          cmocka_unit_test(a_wrong_signature_is_denied),
          cmocka_unit_test(a_signature_is_good_for_its_own_challenge_alone),
          cmocka_unit_test(a_salted_user_signs_with_the_derived_key),
          cmocka_unit_test(a_salted_user_may_have_his_password_in_the_configuration),
          cmocka_unit_test(who_does_not_exist_has_a_salt_of_his_own_that_stays),
          cmocka_unit_test(the_salt_of_who_does_not_exist_is_spelled_like_those_of_others),
          cmocka_unit_test(no_signature_lets_in_who_does_not_exist),
          cmocka_unit_test(refusals_as_crossbar_words_them),
          cmocka_unit_test(whatever_allocation_fails_nothing_leaks))
