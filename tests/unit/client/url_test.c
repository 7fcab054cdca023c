/* URLs of routers, and the options of a peer. */
#include "client/config.h"
#include "client/url.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/test.h"

TEST(each_scheme_is_understood)
{
    static const struct {
        const char *text, *host, *port, *target;
        bool websocket, tls, is_unix, is_private;
    } cases[] = {
        {"ws://localhost:8080", "localhost", "8080", "/", true, false, false, true},
        {"ws://router.example", "router.example", "80", "/", true, false, false, false},
        {"wss://router.example/ws?x=1#frag", "router.example", "443", "/ws?x=1", true, true, false, true},
        {"wss://router.example?x=1", "router.example", "443", "/?x=1", true, true, false, true},
        {"ws://[::1]:9000/", "::1", "9000", "/", true, false, false, true},
        {"rs://127.0.0.1:8081", "127.0.0.1", "8081", "/", false, false, false, true},
        {"rss://[2001:db8::1]:8443", "2001:db8::1", "8443", "/", false, true, false, true},
        {"unix:/run/wampd.sock", "/run/wampd.sock", "", "/", false, false, true, true},
        {"unix://wampd.sock", "wampd.sock", "", "/", false, false, true, true},
        {"ws+unix:/run/w.sock", "/run/w.sock", "", "/", true, false, true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct url url;
        const char *why;
        if (!wamp_url_parse(cases[i].text, &url, &why))
            fail_msg("%s: %s", cases[i].text, why);
        assert_string_equal(url.host, cases[i].host);
        assert_string_equal(url.port, cases[i].port);
        assert_string_equal(url.target, cases[i].target);
        assert_true(url.websocket == cases[i].websocket && url.tls == cases[i].tls &&
                    url.is_unix == cases[i].is_unix);
        assert_true(wamp_url_is_private(&url) == cases[i].is_private);
    }
}

TEST(what_is_no_url_is_refused)
{
    static const char *const bad[] = {
        "",
        "localhost:8080",
        "http://x",
        "ws://",
        "ws://:80",
        "ws://x:0",
        "ws://x:65536",
        "ws://x:80a",
        "ws://[::1",
        "ws://[::1]x",
        "rs://x",
        "rs://x:1/path",
        "unix:",
        "ws://user@x",
        "ws://x y",
        "ws://x/\r\nHost: y",
        "ws://x/ y",
        "unix:01234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "01234567890123456789012345678"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct url url;
        const char *why = NULL;
        if (wamp_url_parse(bad[i], &url, &why))
            fail_msg("%s was taken", bad[i]);
        assert_non_null(why);
    }
}

TEST(options_have_defaults)
{
    struct config c;
    struct why why;
    assert_int_equal(wamp_config_init(&c, NULL, &why), WAMP_OK);
    assert_string_equal(c.opt.url, "ws://127.0.0.1:8080");
    assert_string_equal(c.opt.realm, "realm1");
    assert_int_equal(c.ser, WAMP_MSGPACK);
    assert_int_equal(c.opt.open_timeout_ms, 10000);
    assert_int_equal(c.opt.max_message, 1 << 24);
    wamp_config_fini(&c);
}

TEST(wrong_options_are_named)
{
    static const struct {
        wamp_opt opt;
        const char *reason;
    } cases[] = {
        {{.url = "gopher://x"}, "url 'gopher://x'"},
        {{.realm = "not a realm"}, "realm 'not a realm'"},
        {{.serializer = "ubjson"}, "no serializer 'ubjson'"},
        {{.workers = -1}, "option workers must be 1 .. 1024"},
        {{.open_timeout_ms = -5}, "option open_timeout_ms"},
        {{.name = "\xff"}, "option name is not valid UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config c;
        struct why why = {""};
        assert_int_equal(wamp_config_init(&c, &cases[i].opt, &why), WAMP_E_ARGS);
        if (!strstr(why.text, cases[i].reason))
            fail_msg("'%s' does not say '%s'", why.text, cases[i].reason);
    }
}

TEST(options_are_copied_or_nothing_is)
{
    char secret[] = "secret1";
    for_each_failure
    {
        struct config c;
        struct why why;
        wamp_rc rc = wamp_config_init(&c, &(wamp_opt){.secret = secret, .authid = "peter", .ca = "x"}, &why);
        assert_true(rc == WAMP_OK || rc == WAMP_E_NOMEM);
        if (!rc) {
            assert_ptr_not_equal(c.opt.secret, secret);
            wamp_config_fini(&c);
        }
        assert_string_equal(secret, "secret1");  /* the program's own is not wiped */
    }
}

RUN_TESTS(cmocka_unit_test(each_scheme_is_understood), cmocka_unit_test(what_is_no_url_is_refused),
          cmocka_unit_test(options_have_defaults), cmocka_unit_test(wrong_options_are_named),
          cmocka_unit_test(options_are_copied_or_nothing_is))
