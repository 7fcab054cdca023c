/* Logins by ticket, and what holds for a login by any method. */
#include "tests/lib/failmalloc.h"
#include "tests/lib/login.h"
#include "tests/lib/test.h"

#include <stdio.h>

static const char config[] =
    "auth:\n"
    "  ticket:\n"
    "    principals:\n"
    "      joe: {ticket: s3cret, role: backend}\n"
    "      ann: {ticket: other, role: frontend, realm: [realm2, realm3]}\n"
    "realms: [realm1, realm2, {name: realm4, preset: crossbar}]\n";

static const char joe[] = "\"authmethods\":[\"ticket\"],\"authid\":\"joe\"";

#define WITH_RIG(rig, yaml)                                                                                  \
    struct rig rig;                                                                                          \
    rig_init_with(&rig, yaml)

TEST(a_ticket_is_asked_for_and_taken_as_it_is)  /* spec: A-TIC-02, A-TIC-04, A-AUTH-07, W-22, W-25 */
{
    WITH_RIG(rig, config);
    struct plug *p = login_hello(&rig, joe);
    expect_heard(p, "[4,\"ticket\",{}]");
    expect_silence(p);
    login_answer(p, "s3cret", "{}");
    expect_heard(p, "[2,");
    expect_str(login_detail(p, "authid"), "joe");
    expect_str(login_detail(p, "authrole"), "backend");
    expect_str(login_detail(p, "authmethod"), "ticket");
    expect_str(login_detail(p, "authprovider"), "static");
    expect_str(login_detail(p, "realm"), "realm1");
    assert_int_equal(p->conn->state, CONN_SESSION);
    assert_null(p->conn->login);
    rig_fini(&rig);
}

TEST(a_wrong_ticket_is_denied)  /* spec: A-AUTH-06, B-018 */
{
    const char *wrong[] = {"", "s3cre", "s3cret ", "S3cret", "other"};
    WITH_RIG(rig, config);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct plug *p = login_hello(&rig, joe);
        expect_heard(p, "[4,");
        login_answer(p, wrong[i], "{}");
        expect_abort(p, "wamp.error.authentication_denied", 1000);
    }
    assert_int_equal(rig.hub.metrics.logins_denied, 5);
    rig_fini(&rig);
}

TEST(without_an_authid_there_is_no_challenge)  /* spec: A-TIC-01 */
{
    WITH_RIG(rig, config);
    expect_abort(login_hello(&rig, "\"authmethods\":[\"ticket\"]"), "wamp.error.authentication_denied", 1000);
    expect_abort(login_hello(&rig, "\"authmethods\":[\"ticket\"],\"authid\":null"),
                 "wamp.error.authentication_denied", 1000);
    rig_fini(&rig);
}

/* Everything that somebody who may not enter gets to hear after `answer`. */
static void hear_refusal(struct rig *rig, const char *details, const char *answer, char heard[300])
{
    struct plug *p = login_hello(rig, details);
    assert_true(plug_take(p));
    snprintf(heard, 300, "%.*s", STR_ARG(p->text));
    login_answer(p, answer, "{}");
    assert_true(plug_take(p));
    snprintf(heard + strlen(heard), 300 - strlen(heard), "%.*s", STR_ARG(p->text));
}

TEST(nobody_learns_who_exists)  /* spec: A-AUTH-08 */
{
    char known[300], unknown[300], elsewhere[300];
    WITH_RIG(rig, config);
    hear_refusal(&rig, joe, "wrong", known);
    hear_refusal(&rig, "\"authmethods\":[\"ticket\"],\"authid\":\"jim\"", "wrong", unknown);
    hear_refusal(&rig, "\"authmethods\":[\"ticket\"],\"authid\":\"ann\"", "other", elsewhere);
    assert_string_equal(known, unknown);
    assert_string_equal(known, elsewhere);
    rig_fini(&rig);
}

TEST(a_principal_enters_only_the_realms_that_it_has)
{
    WITH_RIG(rig, config);
    struct plug *p = rig_websocket(&rig);
    plug_say(p, "[1,\"realm2\",{\"roles\":{\"caller\":{}},\"authmethods\":[\"ticket\"],\"authid\":\"ann\"}]");
    expect_heard(p, "[4,");
    login_answer(p, "other", "{}");
    expect_heard(p, "[2,");
    expect_str(login_detail(p, "realm"), "realm2");
    p = login_hello(&rig, "\"authmethods\":[\"ticket\"],\"authid\":\"ann\"");
    expect_heard(p, "[4,");
    login_answer(p, "other", "{}");
    expect_abort(p, "wamp.error.authentication_denied", 1000);
    rig_fini(&rig);
}

TEST(only_authenticate_answers_a_challenge)  /* spec: A-AUTH-04, B-012, B-027, B-047 */
{
    const char *wrong[] = {"[1,\"realm1\",{\"roles\":{\"caller\":{}}}]",
                           "[48,1,{},\"com.x\"]",
                           "[6,{},\"wamp.close.close_realm\"]",
                           "[4,\"ticket\",{}]",
                           "[5,7,{}]",
                           "[5,\"s3cret\"]",
                           "nonsense"};
    WITH_RIG(rig, config);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct plug *p = login_hello(&rig, joe);
        expect_heard(p, "[4,");
        plug_say(p, wrong[i]);
        expect_abort(p, "wamp.error.protocol_violation", 1002);
    }
    rig_fini(&rig);
}

TEST(a_challenge_is_good_for_one_answer)  /* spec: A-AUTH-04, A-AUTH-05, B-035 */
{
    WITH_RIG(rig, config);
    struct plug *p = login_hello(&rig, joe);
    expect_heard(p, "[4,");
    login_answer(p, "wrong", "{}");
    login_answer(p, "s3cret", "{}");
    expect_abort(p, "wamp.error.authentication_denied", 1000);
    p = login_hello(&rig, joe);
    expect_heard(p, "[4,");
    login_answer(p, "s3cret", "{}");
    expect_heard(p, "[2,");
    login_answer(p, "s3cret", "{}");
    expect_abort(p, "wamp.error.protocol_violation", 1002);
    rig_fini(&rig);
}

TEST(a_client_that_gives_up_is_not_answered)  /* spec: B-019, R-27 */
{
    WITH_RIG(rig, config);
    struct plug *p = login_hello(&rig, joe);
    expect_heard(p, "[4,");
    plug_say(p, "[3,{},\"wamp.error.cannot_authenticate\"]");
    expect_closing(p, 1000);
    p = login_hello(&rig, joe);
    plug_hang_up(p);
    rig_fini(&rig);
}

TEST(a_challenge_has_ten_seconds)  /* spec: A-AUTH-05, R-24 */
{
    WITH_RIG(rig, config);
    struct plug *p = login_hello(&rig, joe);
    expect_heard(p, "[4,");
    rig_advance(&rig, 9999);
    expect_silence(p);
    rig_advance(&rig, 1);
    expect_abort(p, "wamp.error.authentication_denied", 1000);
    assert_int_equal(rig.hub.metrics.logins_late, 1);
    rig_fini(&rig);
}

TEST(a_login_under_way_ends_with_the_router)  /* spec: B-030 */
{
    WITH_RIG(rig, config);
    struct plug *p = login_hello(&rig, joe);
    expect_heard(p, "[4,");
    hub_say_farewell(&rig.hub);
    rig_turn(&rig);
    expect_abort(p, "wamp.close.system_shutdown", 1001);
    rig_fini(&rig);
}

TEST(somebody_else_may_log_in_after_goodbye)  /* spec: B-028 */
{
    WITH_RIG(rig, config);
    struct plug *p = login_hello(&rig, joe);
    login_answer(p, "s3cret", "{}");
    plug_say(p, "[6,{},\"wamp.close.close_realm\"]");
    p->taken = p->octets.len;
    plug_say(p, "[1,\"realm2\",{\"roles\":{\"caller\":{}},\"authmethods\":[\"ticket\"],\"authid\":\"ann\"}]");
    expect_heard(p, "[4,\"ticket\",{}]");
    login_answer(p, "other", "{}");
    expect_heard(p, "[2,");
    expect_str(login_detail(p, "authid"), "ann");
    plug_say(p, "[6,{},\"wamp.close.close_realm\"]");
    p->taken = p->octets.len;
    login_say_hello(p, joe);
    expect_heard(p, "[4,\"ticket\",{}]");
    login_answer(p, "wrong", "{}");
    expect_abort(p, "wamp.error.authentication_denied", 1000);
    rig_fini(&rig);
}

TEST(the_first_of_the_clients_methods_that_fits_is_taken)  /* spec: A-AUTH-02, W-23 */
{
    WITH_RIG(rig, "auth: {anonymous: {role: guest}, ticket: {principals: {joe: {ticket: x, role: r}}}}\n");
    struct plug *p = login_hello(&rig, "\"authmethods\":[\"smoke\",\"ticket\",\"anonymous\"],\"authid\":\"joe\"");
    expect_heard(p, "[4,\"ticket\"");
    p = login_hello(&rig, "\"authmethods\":[\"anonymous\",\"ticket\"],\"authid\":\"joe\"");
    expect_heard(p, "[2,");
    p = login_hello(&rig, "\"authmethods\":[\"wampcra\",\"ticket\",\"anonymous\"]");
    expect_heard(p, "[2,");
    rig_fini(&rig);
}

TEST(who_needs_credentials_is_told_so)  /* spec: A-AUTH-03, B-016 */
{
    WITH_RIG(rig, config);
    expect_abort(login_hello(&rig, "\"authid\":\"joe\""), "wamp.error.authentication_required", 1000);
    expect_abort(login_hello(&rig, "\"authmethods\":[\"anonymous\"]"), "wamp.error.authentication_required", 1000);
    expect_abort(login_hello(&rig, "\"authmethods\":[\"wampcra\"],\"authid\":\"joe\""),
                   "wamp.error.no_matching_auth_method", 1000);
    expect_abort(login_hello(&rig, "\"authmethods\":[\"anonymous\",\"smoke\"]"),
                 "wamp.error.no_matching_auth_method", 1000);
    assert_int_equal(rig.hub.metrics.logins_unsuitable, 4);
    rig_fini(&rig);
}

TEST(anonymous_has_the_role_and_the_realms_that_are_configured)  /* spec: A-ANO-01 */
{
    WITH_RIG(rig, "auth: {anonymous: {role: guest, realm: realm1}}\nrealms: [realm1, realm2]\n");
    struct plug *p = login_hello(&rig, "\"authid\":\"joe\"");
    expect_heard(p, "[2,");
    expect_str(login_detail(p, "authrole"), "guest");
    expect_str(login_detail(p, "authmethod"), "anonymous");
    assert_int_equal(login_detail(p, "authid").len, 24);
    p = rig_websocket(&rig);
    plug_say(p, "[1,\"realm2\",{\"roles\":{\"caller\":{}}}]");
    expect_abort(p, "wamp.error.authentication_required", 1000);
    rig_fini(&rig);
}

TEST(a_role_that_the_realm_does_not_have_is_refused)  /* spec: A-AUTH-06, A-AUTH-11 */
{
    WITH_RIG(rig, "auth: {anonymous: true, ticket: {principals: {joe: {ticket: x, role: backend}, ann: {ticket: "
                  "x, role: r}}}}\n"
                  "realms: [{name: realm1, roles: [{name: backend}]}]\n");
    struct plug *p = login_hello(&rig, joe);
    expect_heard(p, "[4,");
    login_answer(p, "x", "{}");
    expect_heard(p, "[2,");
    p = login_hello(&rig, "\"authmethods\":[\"ticket\"],\"authid\":\"ann\"");
    expect_heard(p, "[4,");
    login_answer(p, "x", "{}");
    expect_abort(p, "wamp.error.no_such_role", 1000);
    expect_abort(login_hello(&rig, "\"authid\":\"joe\""), "wamp.error.no_such_role", 1000);
    assert_int_equal(rig.hub.metrics.logins_roleless, 2);
    rig_fini(&rig);
}

TEST(a_listener_may_have_rules_of_its_own)
{
    WITH_RIG(rig, "listen: [ws://127.0.0.1:1, {url: ws://127.0.0.1:2, auth: {anonymous: {role: local}}}]\n"
                  "auth: {ticket: {principals: {joe: {ticket: x, role: backend}}}}\n");
    struct plug *p = rig_websocket(&rig), *q = rig_websocket(&rig);
    p->conn->listener = &rig.config.listeners[0];
    q->conn->listener = &rig.config.listeners[1];
    login_say_hello(p, "\"x\":1");
    expect_abort(p, "wamp.error.authentication_required", 1000);
    login_say_hello(q, "\"x\":1");
    expect_heard(q, "[2,");
    expect_str(login_detail(q, "authrole"), "local");
    rig_fini(&rig);
}

TEST(refusals_as_crossbar_words_them)  /* spec: W-26 */
{
    WITH_RIG(rig, config);
    struct plug *p = rig_websocket(&rig);
    plug_say(p, "[1,\"realm4\",{\"roles\":{\"caller\":{}},\"authmethods\":[\"ticket\"],\"authid\":\"jim\"}]");
    expect_heard(
        p, "[3,{\"message\":\"no principal with authid \\\"jim\\\" exists\"},\"wamp.error.not_authorized\"]");
    p = rig_websocket(&rig);
    plug_say(p, "[1,\"realm4\",{\"roles\":{\"caller\":{}},\"authmethods\":[\"ticket\"],\"authid\":\"joe\"}]");
    expect_heard(p, "[4,");
    login_answer(p, "wrong", "{}");
    expect_heard(p,
                 "[3,{\"message\":\"ticket in static WAMP-Ticket authentication is invalid\"},\"wamp.error.not_a");
    rig_fini(&rig);
}

TEST(as_crossbar_does_it_a_login_under_way_ends_without_a_word)  /* spec: W-28 */
{
    WITH_RIG(rig, config);
    struct plug *p = rig_websocket(&rig);
    plug_say(p, "[1,\"realm4\",{\"roles\":{\"caller\":{}},\"authmethods\":[\"ticket\"],\"authid\":\"joe\"}]");
    expect_heard(p, "[4,");
    hub_say_farewell(&rig.hub);
    rig_turn(&rig);
    expect_closing(p, 1001);
    rig_fini(&rig);
}

TEST(whatever_allocation_fails_nothing_leaks)
{
    for_each_failure {
        WITH_RIG(rig, config);
        if (rig.ok) {
            struct plug *p = login_hello(&rig, joe);
            login_answer(p, "s3cret", "{}");
            p = login_hello(&rig, "\"authmethods\":[\"ticket\"],\"authid\":\"\\u0041\"");
            login_answer(p, "s3cret", "{}");
        }
        rig_fini(&rig);
    }
}

RUN_TESTS(cmocka_unit_test(a_ticket_is_asked_for_and_taken_as_it_is),
          cmocka_unit_test(a_wrong_ticket_is_denied),
          cmocka_unit_test(without_an_authid_there_is_no_challenge),
          cmocka_unit_test(nobody_learns_who_exists),
          cmocka_unit_test(a_principal_enters_only_the_realms_that_it_has),
          cmocka_unit_test(only_authenticate_answers_a_challenge),
          cmocka_unit_test(a_challenge_is_good_for_one_answer),
          cmocka_unit_test(a_client_that_gives_up_is_not_answered),
          cmocka_unit_test(a_challenge_has_ten_seconds),
          cmocka_unit_test(a_login_under_way_ends_with_the_router),
          cmocka_unit_test(somebody_else_may_log_in_after_goodbye),
          cmocka_unit_test(the_first_of_the_clients_methods_that_fits_is_taken),
          cmocka_unit_test(who_needs_credentials_is_told_so),
          cmocka_unit_test(anonymous_has_the_role_and_the_realms_that_are_configured),
          cmocka_unit_test(a_role_that_the_realm_does_not_have_is_refused),
          cmocka_unit_test(a_listener_may_have_rules_of_its_own),
          cmocka_unit_test(refusals_as_crossbar_words_them),
          cmocka_unit_test(as_crossbar_does_it_a_login_under_way_ends_without_a_word),
          cmocka_unit_test(whatever_allocation_fails_nothing_leaks))
