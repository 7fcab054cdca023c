/* Logins that a cookie remembers. */
#include "tests/lib/failmalloc.h"
#include "tests/lib/login.h"
#include "tests/lib/test.h"

#include <stdio.h>

static const char config[] =
    "listen: [{url: ws://127.0.0.1:0, origins: [https://app.example, \"*\"]}]\n"
    "auth:\n"
    "  cookie: {name: sid, max_age: 1 h}\n"
    "  anonymous: {role: guest}\n"
    "  ticket: {principals: {joe: {ticket: x, role: backend}, ann: {ticket: y, role: frontend}}}\n"
    "realms: [realm1, realm2]\n";

static const char by_cookie[] = "\"authmethods\":[\"cookie\",\"anonymous\"]";
static const char joe[] = "\"authmethods\":[\"cookie\",\"ticket\"],\"authid\":\"joe\"";

/* A browser that connects, with a cookie ("" : none) and more headers. */
static struct plug *browser(struct rig *rig, const char *cookie, const char *headers)
{
    char request[600];
    struct plug *p = rig_connect(rig);
    if (!p->conn)
        return p;
    p->conn->listener = &rig->config.listeners[0];
    snprintf(request, sizeof request,
             "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s%s%s%s"
             "Sec-WebSocket-Protocol: wamp.2.json\r\n\r\n",
             cookie[0] ? "Cookie: a=b; " : "", cookie, cookie[0] ? "; c=d\r\n" : "", headers);
    plug_octets(p, request, strlen(request));
    p->taken = p->octets.len;
    return p;
}

/* The Set-Cookie of the answer, up to the first semicolon; "": there is none. */
static void cookie_of(struct plug *p, char out[80])
{
    static const char name[] = "Set-Cookie: ";
    const char *at = p->octets.len ? memmem(p->octets.ptr, p->octets.len, name, strlen(name)) : NULL;
    out[0] = '\0';
    if (at)
        snprintf(out, 80, "%.*s", (int)strcspn(at + strlen(name), ";"), at + strlen(name));
}

/* Logs joe in; his cookie. */
static struct plug *log_in(struct rig *rig, char cookie[80])
{
    struct plug *p = browser(rig, "", "");
    cookie_of(p, cookie);
    login_say_hello(p, joe);
    expect_heard(p, "[4,\"ticket\"");
    login_answer(p, "x", "{}");
    expect_heard(p, "[2,");
    return p;
}

static void expect_role(struct plug *p, const char *role)
{
    expect_heard(p, "[2,");
    assert_true(str_eq(login_detail(p, "authrole"), str_z(role)));
}

TEST(a_login_is_remembered)  /* spec: A-COO-01, A-AUTH-07 */
{
    struct rig rig;
    char cookie[80];
    rig_init_with(&rig, config);
    struct plug *first = log_in(&rig, cookie), *p = browser(&rig, cookie, "");
    login_say_hello(p, by_cookie);
    expect_heard(p, "[2,");
    expect_str(login_detail(p, "authid"), "joe");
    expect_str(login_detail(p, "authrole"), "backend");
    expect_str(login_detail(p, "authmethod"), "ticket");
    expect_str(login_detail(p, "authprovider"), "cookie");
    plug_hang_up(first);
    plug_hang_up(p);
    p = browser(&rig, cookie, "");
    login_say_hello(p, joe);
    expect_role(p, "backend");
    rig_fini(&rig);
}

TEST(the_cookie_has_the_properties_that_protect_it)  /* spec: A-COO-02 */
{
    struct rig rig;
    char cookie[80], other[80];
    rig_init_with(&rig, config);
    struct plug *p = browser(&rig, "", "");
    cookie_of(p, cookie);
    assert_int_equal(strlen(cookie), strlen("sid=") + 32);  /* letters of 5 bits each */
    assert_non_null(
        memmem(p->octets.ptr, p->octets.len, "; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax\r\n", 48));
    cookie_of(browser(&rig, "", ""), other);
    assert_string_not_equal(cookie, other);
    rig.config.listeners[0].tls.certificate = "x";
    p = browser(&rig, "", "");
    assert_non_null(memmem(p->octets.ptr, p->octets.len, "; SameSite=Lax; Secure\r\n", 24));
    rig_fini(&rig);
}

TEST(an_id_is_never_taken_from_the_client)  /* spec: A-COO-02 */
{
    struct rig rig;
    char cookie[80];
    rig_init_with(&rig, config);
    const char *bad[] = {"sid=abcdefghijkmnpqrstuvwxyz23456789", "sid=", "sid", "sid=x",
                         "SID=abcdefghijkmnpqrstuvwxyz23456789"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct plug *p = browser(&rig, bad[i], "");
        cookie_of(p, cookie);
        assert_int_equal(strlen(cookie), strlen("sid=") + 32);
        assert_string_not_equal(cookie, bad[i]);
        login_say_hello(p, by_cookie);
        expect_role(p, "guest");
    }
    rig_fini(&rig);
}

TEST(what_is_not_the_same_login_is_skipped)  /* spec: A-COO-01, A-AUTH-02 */
{
    struct rig rig;
    char cookie[80];
    rig_init_with(&rig, config);
    log_in(&rig, cookie);
    struct plug *p = browser(&rig, cookie, "");
    login_say_hello(p, "\"authmethods\":[\"cookie\"],\"authid\":\"ann\"");
    expect_abort(p, "wamp.error.authentication_denied", 1000);
    p = browser(&rig, cookie, "");
    plug_say(p, "[1,\"realm2\",{\"roles\":{\"caller\":{}},\"authmethods\":[\"cookie\"]}]");
    expect_abort(p, "wamp.error.authentication_denied", 1000);
    p = browser(&rig, "", "");
    login_say_hello(p, "\"authmethods\":[\"cookie\"]");
    expect_abort(p, "wamp.error.authentication_denied", 1000);
    rig_fini(&rig);
}

TEST(a_login_is_remembered_while_it_would_still_be_one)  /* spec: A-COO-01; reliability T-C1 */
{
    static const struct {
        const char *ticket, *role;  /* of the new configuration; of who comes again */
    } cases[] = {
        {"principals: {joe: {ticket: z, role: backend}}", "backend"},
        {"principals: {joe: {ticket: x, role: frontend}}", "guest"},
        {"principals: {joe: {ticket: x, role: backend, realm: realm2}}", "guest"},
        {"principals: {jim: {ticket: x, role: backend}}", "guest"},
        {"authenticator: com.authenticate", "guest"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;
        char cookie[80], changed[300];
        rig_init_with(&rig, config);
        log_in(&rig, cookie);
        snprintf(changed, sizeof changed,
                 "auth: {cookie: {name: sid}, anonymous: {role: guest}, ticket: {%s}}\nrealms: [realm1, realm2]\n",
                 cases[i].ticket);
        rig_reload(&rig, changed);
        struct plug *p = browser(&rig, cookie, "");
        login_say_hello(p, by_cookie);
        expect_role(p, cases[i].role);
        rig_fini(&rig);
    }
}

TEST(a_login_is_remembered_for_so_long)  /* spec: A-COO-02 */
{
    struct rig rig;
    char cookie[80];
    rig_init_with(&rig, config);
    plug_hang_up(log_in(&rig, cookie));
    rig.hub.now += 3599999;
    struct plug *p = browser(&rig, cookie, "");
    login_say_hello(p, by_cookie);
    expect_role(p, "backend");
    rig.hub.now += 1;
    p = browser(&rig, cookie, "");
    login_say_hello(p, by_cookie);
    expect_role(p, "guest");
    rig_fini(&rig);
}

TEST(another_login_takes_its_place)  /* spec: A-COO-01 */
{
    struct rig rig;
    char cookie[80];
    rig_init_with(&rig, config);
    log_in(&rig, cookie);
    struct plug *p = browser(&rig, cookie, "");
    login_say_hello(p, "\"authmethods\":[\"ticket\"],\"authid\":\"ann\"");
    expect_heard(p, "[4,");
    login_answer(p, "y", "{}");
    expect_role(p, "frontend");
    p = browser(&rig, cookie, "");
    login_say_hello(p, by_cookie);
    expect_role(p, "frontend");
    rig_fini(&rig);
}

TEST(logging_out_ends_it_for_all_connections_of_the_cookie)  /* spec: A-COO-02 */
{
    struct rig rig;
    char cookie[80];
    rig_init_with(&rig, config);
    struct plug *p = log_in(&rig, cookie), *q = browser(&rig, cookie, ""), *other = browser(&rig, "", "");
    login_say_hello(q, by_cookie);
    expect_role(q, "backend");
    login_say_hello(other, by_cookie);
    expect_role(other, "guest");
    plug_say(p, "[6,{},\"wamp.close.logout\"]");
    expect_heard(p, "[6,{},\"wamp.close.goodbye_and_out\"]");
    expect_closing(q, 1000);
    assert_int_equal(other->conn->state, CONN_SESSION);
    q = browser(&rig, cookie, "");
    login_say_hello(q, by_cookie);
    expect_role(q, "guest");
    rig_fini(&rig);
}

TEST(another_goodbye_leaves_the_cookie_as_it_is)  /* spec: A-COO-02 */
{
    struct rig rig;
    char cookie[80];
    rig_init_with(&rig, config);
    struct plug *p = log_in(&rig, cookie);
    plug_say(p, "[6,{},\"wamp.close.close_realm\"]");
    p = browser(&rig, cookie, "");
    login_say_hello(p, by_cookie);
    expect_role(p, "backend");
    rig_fini(&rig);
}

TEST(pages_of_others_have_no_use_of_it)  /* spec: A-COO-02; reliability threat 11 */
{
    static const struct {
        const char *origin, *role;
    } pages[] = {
        {"Origin: http://x\r\n", "backend"},            /* the host that it connects to */
        {"Origin: https://app.example\r\n", "backend"}, /* named */
        {"Origin: http://evil.example\r\n", "guest"},   /* let in by "*" alone */
        {"Origin: http://x.evil.example\r\n", "guest"},
        {"Origin: null\r\n", "guest"},
    };
    struct rig rig;
    char cookie[80], given[80];
    rig_init_with(&rig, config);
    log_in(&rig, cookie);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        struct plug *p = browser(&rig, cookie, pages[i].origin);
        cookie_of(p, given);
        assert_string_equal(given, "");
        login_say_hello(p, by_cookie);
        expect_role(p, pages[i].role);
    }
    rig_fini(&rig);
}

TEST(cookies_that_nobody_needs_are_gone)
{
    struct rig rig;
    char cookie[80];
    rig_init_with(&rig, config);
    for (int i = 0; i < 10; i++)
        plug_hang_up(browser(&rig, "", ""));
    assert_null(rig.hub.cookies.by_id);
    plug_hang_up(log_in(&rig, cookie));
    assert_int_equal(HASH_COUNT(rig.hub.cookies.by_id), 1);
    assert_int_equal(rig.hub.cookies.remembered_count, 1);
    rig_fini(&rig);
}

TEST(whatever_allocation_fails_nothing_leaks)
{
    for_each_failure {
        struct rig rig;
        char cookie[80];
        rig_init_with(&rig, config);
        if (rig.ok) {
            struct plug *p = browser(&rig, "", "");
            cookie_of(p, cookie);
            if (p->conn) {
                login_say_hello(p, joe);
                login_answer(p, "x", "{}");
            }
            p = browser(&rig, cookie, "");
            if (p->conn)
                login_say_hello(p, by_cookie);
        }
        rig_fini(&rig);
    }
}

RUN_TESTS(cmocka_unit_test(a_login_is_remembered), cmocka_unit_test(the_cookie_has_the_properties_that_protect_it),
          cmocka_unit_test(an_id_is_never_taken_from_the_client),
          cmocka_unit_test(what_is_not_the_same_login_is_skipped),
          cmocka_unit_test(a_login_is_remembered_while_it_would_still_be_one),
          cmocka_unit_test(a_login_is_remembered_for_so_long), cmocka_unit_test(another_login_takes_its_place),
          cmocka_unit_test(logging_out_ends_it_for_all_connections_of_the_cookie),
          cmocka_unit_test(another_goodbye_leaves_the_cookie_as_it_is),
          cmocka_unit_test(pages_of_others_have_no_use_of_it),
          cmocka_unit_test(cookies_that_nobody_needs_are_gone),
          cmocka_unit_test(whatever_allocation_fails_nothing_leaks))
