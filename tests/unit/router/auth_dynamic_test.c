/* Logins that an authenticator decides. */
#include "common/authcalc.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/login.h"
#include "tests/lib/test.h"

#include <inttypes.h>
#include <stdio.h>

static const char config[] =
    "auth:\n"
    "  anonymous: {role: trusted, realm: staff}\n"
    "  ticket: {authenticator: com.auth, authenticator-realm: staff}\n"
    "  wampcra: {authenticator: com.auth, authenticator-realm: staff}\n"
    "  scram: {authenticator: com.auth, authenticator-realm: staff}\n"
    "  cryptosign: {authenticator: com.auth, authenticator-realm: staff}\n"
    "realms: [realm1, realm2, staff]\n";

#define JOE(method) "\"authmethods\":[\"" method "\"],\"authid\":\"joe\",\"authextra\":{\"x\":[1]}"
#define KEY "22e38436d797cda3962cd2bf259acc44b200d6e0a4b721899841e8fa396326a5"
#define OTHER_KEY "22e38436d797cda3962cd2bf259acc44b200d6e0a4b721899841e8fa396326a6"

/* Somebody who offers com.auth. */
static struct plug *authenticator(struct rig *rig)
{
    struct plug *p = rig_websocket(rig);
    plug_say(p, "[1,\"staff\",{\"roles\":{\"callee\":{\"features\":{\"call_canceling\":true}}}}]");
    plug_say(p, "[64,1,{},\"com.auth\"]");
    p->taken = p->octets.len;
    return p;
}

/* The INVOCATION that has just come to him, and his answer to it: what follows its id in YIELD or ERROR. */
static uint64_t heard_id(struct plug *p)
{
    uint64_t id = 0;
    assert_int_equal(sscanf(p->text.ptr, "[68,%" SCNu64 ",", &id), 1);
    return id;
}

static void yield(struct plug *p, const char *result)
{
    char message[1000];
    expect_heard(p, "[68,");
    snprintf(message, sizeof message, "[70,%" PRIu64 ",{},[%s]]", heard_id(p), result);
    plug_say(p, message);
}

static void error(struct plug *p, const char *rest)
{
    char message[600];
    expect_heard(p, "[68,");
    snprintf(message, sizeof message, "[8,68,%" PRIu64 ",{},%s]", heard_id(p), rest);
    plug_say(p, message);
}

static void expect_in(struct str text, const char *part)
{
    if (!memmem(text.ptr, text.len, part, strlen(part)))
        fail_msg("no %s in %.*s", part, STR_ARG(text));
}

#define WITH_RIG(rig, a)                                                                                     \
    struct rig rig;                                                                                          \
    rig_init_with(&rig, config);                                                                             \
    struct plug *a = authenticator(&rig)

TEST(a_ticket_is_shown_to_the_authenticator_who_names_a_role)  /* spec: A-DYN-01, A-TIC-04, A-AUTH-07 */
{
    WITH_RIG(rig, a);
    struct plug *p = login_hello(&rig, JOE("ticket"));
    expect_heard(p, "[4,\"ticket\",{}]");
    expect_silence(a);
    login_answer(p, "s3cret", "{}");
    expect_silence(p);
    yield(a, "\"backend\"");
    expect_in(a->text, "[\"realm1\",\"joe\",{\"session\":");
    expect_in(a->text, "\"transport\":{\"type\":\"websocket\"");
    expect_in(a->text, "\"authmethod\":\"ticket\"");
    expect_in(a->text, "\"authextra\":{\"x\":[1]}");
    expect_in(a->text, "\"ticket\":\"s3cret\"");
    expect_heard(p, "[2,");
    expect_str(login_detail(p, "authid"), "joe");
    expect_str(login_detail(p, "authrole"), "backend");
    expect_str(login_detail(p, "authprovider"), "dynamic");
    expect_str(login_detail(p, "authmethod"), "ticket");
    rig_fini(&rig);
}

TEST(a_dict_says_more_than_the_role)  /* spec: A-DYN-01, A-AUTH-07 */
{
    WITH_RIG(rig, a);
    struct plug *p = login_hello(&rig, JOE("ticket"));
    login_answer(p, "x", "{}");
    expect_heard(p, "[4,");
    yield(a, "{\"role\":\"admin\",\"authid\":\"Joe Doe\",\"realm\":\"realm2\",\"extra\":{\"n\":[1,null]}}");
    expect_heard(p, "[2,");
    expect_str(login_detail(p, "authid"), "Joe Doe");
    expect_str(login_detail(p, "authrole"), "admin");
    expect_str(login_detail(p, "realm"), "realm2");
    expect_in(p->text, "\"authextra\":{\"n\":[1,null]}");
    rig_fini(&rig);
}

TEST(others_are_served_while_the_authenticator_thinks)  /* spec: A-DYN-01 */
{
    WITH_RIG(rig, a);
    struct plug *p = login_hello(&rig, JOE("ticket")), *q = login_hello(&rig, JOE("ticket"));
    login_answer(p, "1", "{}");
    login_answer(q, "2", "{}");
    expect_heard(p, "[4,");
    expect_heard(q, "[4,");
    expect_heard(a, "[68,");
    uint64_t first = heard_id(a);
    yield(a, "\"second\"");
    expect_heard(q, "[2,");
    expect_silence(p);
    char message[80];
    snprintf(message, sizeof message, "[70,%" PRIu64 ",{},[\"first\"]]", first);
    plug_say(a, message);
    expect_heard(p, "[2,");
    expect_str(login_detail(p, "authrole"), "first");
    rig_fini(&rig);
}

TEST(an_error_of_the_authenticator_is_handed_on)  /* spec: A-DYN-02, A-AUTH-06 */
{
    static const struct {
        const char *said, *heard;
    } cases[] = {
        {"\"com.banned\",[\"until Friday\"]", "[3,{\"message\":\"until Friday\"},\"com.banned\"]"},
        {"\"wamp.error.authentication_denied\"", "[3,{\"message\":\"the authenticator does not let you in\"},"
                                                 "\"wamp.error.authentication_denied\"]"},
        {"\"wamp.error.no_such_principal\",[7]", "[3,{\"message\":\"the authenticator does not let you in\"},"
                                                 "\"wamp.error.no_such_principal\"]"},
        {"\"com.banned\",[\"a\\nb\"]", "[3,{\"message\":\"a\\\\x0ab\"},\"com.banned\"]"},
    };
    WITH_RIG(rig, a);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plug *p = login_hello(&rig, JOE("ticket"));
        login_answer(p, "x", "{}");
        expect_heard(p, "[4,");
        error(a, cases[i].said);
        expect_heard(p, cases[i].heard);
        expect_closing(p, 1000);
    }
    rig_fini(&rig);
}

TEST(an_authenticator_that_went_wrong_says_nothing_to_the_client)  /* spec: A-DYN-02, A-AUTH-06 */
{
    const char *errors[] = {"\"wamp.error.runtime_error\",[\"division by zero in auth.py\"]",
                            "\"wamp.error.canceled\"", "\"wamp.error.invalid_argument\",[\"x\"]"};
    const char *results[] = {"",
                             "7",
                             "null",
                             "{}",
                             "{\"role\":7}",
                             "{\"role\":\"\"}",
                             "{\"role\":\"x\",\"authid\":1}",
                             "{\"role\":\"x\",\"extra\":[]}"};
    WITH_RIG(rig, a);
    wamp_log_limit = WAMP_LOG_ERROR;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        struct plug *p = login_hello(&rig, JOE("ticket"));
        login_answer(p, "x", "{}");
        expect_heard(p, "[4,");
        error(a, errors[i]);
        expect_abort(p, "wamp.error.authentication_failed", 1000);
    }
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        struct plug *p = login_hello(&rig, JOE("ticket"));
        login_answer(p, "x", "{}");
        expect_heard(p, "[4,");
        yield(a, results[i]);
        expect_abort(p, "wamp.error.authentication_failed", 1000);
    }
    assert_int_equal(rig.hub.metrics.logins_failed, 11);
    rig_fini(&rig);
}

TEST(without_an_authenticator_nobody_comes_in)  /* spec: A-DYN-02 */
{
    struct rig rig;
    rig_init_with(&rig, config);
    struct plug *p = login_hello(&rig, JOE("ticket"));
    login_answer(p, "x", "{}");
    expect_heard(p, "[4,");
    expect_abort(p, "wamp.error.authentication_failed", 1000);
    expect_abort(login_hello(&rig, JOE("wampcra")), "wamp.error.authentication_failed", 1000);
    struct plug *a = authenticator(&rig);
    p = login_hello(&rig, JOE("wampcra"));
    expect_heard(a, "[68,");
    plug_hang_up(a);
    expect_abort(p, "wamp.error.authentication_failed", 1000);
    rig_fini(&rig);
}

TEST(an_authenticator_has_ten_seconds)  /* spec: A-DYN-02, R-24 */
{
    WITH_RIG(rig, a);
    struct plug *p = login_hello(&rig, JOE("ticket"));
    rig_advance(&rig, 5000);
    login_answer(p, "x", "{}");
    expect_heard(p, "[4,");
    expect_heard(a, "[68,");
    rig_advance(&rig, 9999);
    expect_silence(p);
    rig_advance(&rig, 1);
    expect_abort(p, "wamp.error.authentication_failed", 1000);
    expect_heard(a, "[69,");  /* it is told */
    char late[80];
    snprintf(late, sizeof late, "[70,1,{},[\"backend\"]]");
    plug_say(a, late);
    expect_silence(a);
    rig_fini(&rig);
}

TEST(a_client_that_goes_meanwhile_is_forgotten)  /* spec: A-DYN-01 */
{
    WITH_RIG(rig, a);
    struct plug *p = login_hello(&rig, JOE("wampcra"));
    plug_hang_up(p);
    yield(a, "{\"role\":\"x\",\"secret\":\"y\"}");
    expect_heard(a, "[69,1,");
    p = login_hello(&rig, JOE("wampcra"));
    plug_say(p, "[5,\"signature\",{}]");  /* nobody asked yet. spec: A-AUTH-04 */
    expect_abort(p, "wamp.error.protocol_violation", 1002);
    expect_heard(a, "[68,2,");
    expect_heard(a, "[69,2,");
    p = login_hello(&rig, JOE("wampcra"));
    conn_drop(p->conn);  /* its socket dies, and before the turn is over the answer comes */
    yield(a, "{\"role\":\"x\",\"secret\":\"y\"}");
    assert_null(p->conn);
    expect_silence(a);
    rig_fini(&rig);
}

TEST(strangers_do_not_end_an_authenticator_that_is_slow)  /* spec: A-DYN-02; reliability threat 16 */
{
    struct rig rig;
    char whole[1000], hello[1400];
    snprintf(whole, sizeof whole,
             "limits: {message_size: 4 KiB, message_size_before_welcome: 4 KiB, queue: 8 KiB,"
             " queue_soft: 8 KiB}\n%s", config);
    rig_init_with(&rig, whole);
    struct plug *a = authenticator(&rig), *last = NULL;
    snprintf(hello, sizeof hello,
             "\"authmethods\":[\"wampcra\"],\"authid\":\"joe\",\"authextra\":{\"x\":\"%01000d\"}", 0);
    a->room = 0;
    for (int i = 0; i < 20; i++)
        last = login_hello(&rig, hello);
    expect_abort(last, "wamp.error.authentication_failed", 1000);
    assert_non_null(a->conn->session);
    plug_drain(a, SIZE_MAX);
    while (plug_take(a))
        continue;
    last = login_hello(&rig, JOE("wampcra"));
    yield(a, "{\"role\":\"x\",\"secret\":\"y\"}");
    expect_heard(last, "[4,");
    rig_fini(&rig);
}

static void sign_cra(struct plug *p, const char *secret)
{
    struct wamp_buf signature = {0};
    fail_pause();
    expect_ok(wamp_cra_sign(str_z(secret), login_detail(p, "challenge"), &signature));
    wamp_buf_add_char(&signature, '\0');
    fail_resume();
    login_answer(p, signature.ptr, "{}");
    wamp_buf_fini(&signature);
}

TEST(the_secret_of_wampcra_comes_from_the_authenticator)  /* spec: A-DYN-01, A-CRA-02, A-CRA-04 */
{
    WITH_RIG(rig, a);
    struct plug *p = login_hello(&rig, JOE("wampcra"));
    expect_silence(p);
    yield(a, "{\"role\":\"backend\",\"secret\":\"k3y\",\"salt\":\"pepper\",\"iterations\":50,\"keylen\":16}");
    expect_heard(p, "[4,\"wampcra\",");
    expect_str(login_detail(p, "salt"), "pepper");
    assert_int_equal(login_value(p, "iterations")->uint, 50);
    expect_in(login_detail(p, "challenge"), "\"authprovider\":\"dynamic\"");
    sign_cra(p, "k3y");
    expect_heard(p, "[2,");
    expect_str(login_detail(p, "authrole"), "backend");
    p = login_hello(&rig, JOE("wampcra"));
    yield(a, "{\"role\":\"backend\",\"secret\":\"k3y\"}");
    expect_heard(p, "[4,\"wampcra\",");
    sign_cra(p, "key");
    expect_abort(p, "wamp.error.authentication_denied", 1000);
    rig_fini(&rig);
}

TEST(what_a_method_needs_must_be_there)  /* spec: A-DYN-01, A-DYN-02 */
{
    static const struct {
        const char *hello, *answer;
    } cases[] = {
        {JOE("wampcra"), "\"backend\""},
        {JOE("wampcra"), "{\"role\":\"x\",\"secret\":\"y\",\"authid\":\"\"}"},
        {JOE("wampcra"), "{\"role\":\"x\",\"secret\":\"y\",\"iterations\":0}"},
        {JOE("wampcra"), "{\"role\":\"x\",\"secret\":\"y\",\"keylen\":\"32\"}"},
        {"\"authmethods\":[\"cryptosign\"],\"authextra\":{\"pubkey\":\"" KEY "\"}", "{\"role\":\"x\"}"},
        {"\"authmethods\":[\"wamp-scram\"],\"authid\":\"joe\",\"authextra\":{\"nonce\":\"abc\"}",
         "{\"role\":\"x\",\"kdf\":\"pbkdf2\",\"salt\":\"AAAA\",\"iterations\":9,\"stored-key\":\"" KEY "\"}"},
    };
    WITH_RIG(rig, a);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plug *p = login_hello(&rig, cases[i].hello);
        yield(a, cases[i].answer);
        expect_abort(p, "wamp.error.authentication_failed", 1000);
    }
    rig_fini(&rig);
}

TEST(keys_of_scram_come_from_the_authenticator)  /* spec: A-DYN-01, A-SCR-03 */
{
    WITH_RIG(rig, a);
    struct plug *p =
        login_hello(&rig, "\"authmethods\":[\"wamp-scram\"],\"authid\":\"joe\",\"authextra\":{\"nonce\":\"abc\"}");
    yield(a, "{\"role\":\"x\",\"kdf\":\"argon2id-13\",\"salt\":\"AAAA\",\"iterations\":3,\"memory\":64,\"stored-"
             "key\":\"" KEY "\",\"server-key\":\"" KEY "\"}");
    expect_heard(p, "[4,\"wamp-scram\",");
    expect_str(login_detail(p, "kdf"), "argon2id13");
    assert_int_equal(login_value(p, "memory")->uint, 64);
    rig_fini(&rig);
}

TEST(a_key_of_cryptosign_comes_from_the_authenticator)  /* spec: A-DYN-01, A-CSG-02 */
{
    WITH_RIG(rig, a);
    const char *answers[] = {"{\"role\":\"x\",\"pubkey\":\"" KEY "\"}",
                             "{\"role\":\"x\",\"pubkey\":\"" OTHER_KEY "\"}"};
    for (int i = 0; i < 2; i++) {
        struct plug *p =
            login_hello(&rig, "\"authmethods\":[\"cryptosign\"],\"authextra\":{\"pubkey\":\"" KEY "\"}");
        yield(a, answers[i]);
        expect_in(a->text, "[\"realm1\",null,{");
        expect_in(a->text, "\"authid\":null,\"authrole\":null");
        expect_in(a->text, "\"authextra\":{\"pubkey\":\"" KEY "\"}");
        expect_heard(p, "[4,\"cryptosign\",");
        login_answer(p, "00", "{}");
        expect_abort(p, "wamp.error.authentication_denied", 1000);
    }
    rig_fini(&rig);
}

TEST(an_authenticator_may_name_a_realm_that_does_not_exist)  /* spec: A-AUTH-06 */
{
    WITH_RIG(rig, a);
    struct plug *p = login_hello(&rig, JOE("ticket"));
    login_answer(p, "x", "{}");
    expect_heard(p, "[4,");
    yield(a, "{\"role\":\"x\",\"realm\":\"realm9\"}");
    expect_abort(p, "wamp.error.no_such_realm", 1000);
    rig_fini(&rig);
}

TEST(an_authenticator_may_name_the_role_of_who_proves_nothing)  /* spec: A-DYN-01, A-ANO-01 */
{
    struct rig rig;
    rig_init_with(&rig,
                  "listen: [ws://127.0.0.1:1, {url: ws://127.0.0.1:2, auth: {anonymous: {authenticator: com.auth,"
                  " authenticator-realm: staff}}}]\nrealms: [realm1, staff]\n");
    struct plug *a = authenticator(&rig), *p = rig_websocket(&rig);
    p->conn->listener = &rig.config.listeners[1];
    login_say_hello(p, "\"authid\":\"root\"");
    yield(a, "\"guest\"");
    expect_in(a->text, "\"authmethod\":\"anonymous\"");
    assert_null(memmem(a->text.ptr, a->text.len, "root", 4));
    expect_heard(p, "[2,");
    expect_str(login_detail(p, "authrole"), "guest");
    expect_str(login_detail(p, "authprovider"), "dynamic");
    assert_int_equal(login_detail(p, "authid").len, 24);
    rig_fini(&rig);
}

TEST(whatever_allocation_fails_nothing_leaks)
{
    for_each_failure {
        struct rig rig;
        rig_init_with(&rig, config);
        if (rig.ok) {
            struct plug *a = authenticator(&rig), *p = login_hello(&rig, JOE("ticket"));
            login_answer(p, "x", "{}");
            plug_say(a, "[70,1,{},[{\"role\":\"x\",\"authid\":\"y\",\"extra\":{\"n\":1}}]]");
            p = login_hello(&rig, JOE("wampcra"));
            plug_say(a, "[70,2,{},[{\"role\":\"x\",\"secret\":\"y\",\"salt\":\"z\"}]]");
            p = login_hello(&rig, JOE("wampcra"));
            plug_say(a, "[8,68,3,{},\"com.no\",[\"no\"]]");
        }
        rig_fini(&rig);
    }
}

RUN_TESTS(cmocka_unit_test(a_ticket_is_shown_to_the_authenticator_who_names_a_role),
          cmocka_unit_test(a_dict_says_more_than_the_role),
          cmocka_unit_test(others_are_served_while_the_authenticator_thinks),
          cmocka_unit_test(an_error_of_the_authenticator_is_handed_on),
          cmocka_unit_test(an_authenticator_that_went_wrong_says_nothing_to_the_client),
          cmocka_unit_test(without_an_authenticator_nobody_comes_in),
          cmocka_unit_test(an_authenticator_has_ten_seconds),
          cmocka_unit_test(a_client_that_goes_meanwhile_is_forgotten),
          cmocka_unit_test(strangers_do_not_end_an_authenticator_that_is_slow),
          cmocka_unit_test(the_secret_of_wampcra_comes_from_the_authenticator),
          cmocka_unit_test(what_a_method_needs_must_be_there),
          cmocka_unit_test(keys_of_scram_come_from_the_authenticator),
          cmocka_unit_test(a_key_of_cryptosign_comes_from_the_authenticator),
          cmocka_unit_test(an_authenticator_may_name_a_realm_that_does_not_exist),
          cmocka_unit_test(an_authenticator_may_name_the_role_of_who_proves_nothing),
          cmocka_unit_test(whatever_allocation_fails_nothing_leaks))
