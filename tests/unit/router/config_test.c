/* Configuration files: each good one is read, each bad one is refused with the text beside it. A case is a pair of
 * files in tests/config. */
#include "router/config.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool load(struct config *c, const char *path, struct config_error *err)
{
    config_init(c);
    return config_load(c, path, err) && config_finish(c, err);
}

static void every_good_file_is_read(void **state)
{
    glob_t files;
    (void)state;
    assert_int_equal(glob("tests/config/good/*", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct config c;
        struct config_error err = {""};
        if (!load(&c, files.gl_pathv[i], &err))
            fail_msg("%s", err.text);
        config_fini(&c);
    }
    globfree(&files);
}

static void read_line(const char *path, char *line, size_t size)
{
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, (int)size, f));
    line[strcspn(line, "\n")] = '\0';
    fclose(f);
}

/* The error without the path in front. */
static const char *told(const char *path, const struct config_error *err)
{
    size_t len = strlen(path);
    return !strncmp(err->text, path, len) && err->text[len] == ':' ? err->text + len + 1 : err->text;
}

static void every_bad_file_is_refused_with_its_text(void **state)
{
    glob_t files;
    (void)state;
    assert_int_equal(glob("tests/config/bad/*.yaml", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct config c;
        struct config_error err = {""};
        char expected[400], name[200];
        snprintf(name, sizeof name, "%.*s.expected", (int)strlen(files.gl_pathv[i]) - 5, files.gl_pathv[i]);
        read_line(name, expected, sizeof expected);
        if (load(&c, files.gl_pathv[i], &err))
            fail_msg("%s was taken", files.gl_pathv[i]);
        const char *text = told(files.gl_pathv[i], &err);
        if (strcmp(text, expected))
            fail_msg("%s:\n  expected %s\n  got      %s", files.gl_pathv[i], expected, text);
        config_fini(&c);
    }
    globfree(&files);
}

static void values_arrive_where_they_belong(void **state)
{
    struct config c;
    struct config_error err;
    struct realm_config realm;
    (void)state;
    assert_true(load(&c, "tests/config/good/full.yaml", &err));
    assert_int_equal(c.listener_count, 3);
    assert_int_equal(c.listeners[1].scheme, LISTEN_RS);
    assert_string_equal(c.listeners[1].host, "::1");
    assert_int_equal(c.listeners[1].port, 8081);
    assert_int_equal(c.listeners[2].mode, 0660);
    assert_int_equal(c.max_message, 2 << 20);
    assert_int_equal(c.hello_ms, 30000);
    assert_int_equal(c.ping_interval_ms, 500);
    assert_int_equal(c.log_level, WAMP_LOG_WARN);
    realm_config_of(&c, 0, &realm);
    assert_true(str_eq(realm.name, STR("com.example")));
    assert_int_equal(realm.preset, PRESET_STRICT);
    assert_int_equal(realm.rules->request_ids_sequential, 0);  /* the single rule wins, wherever it stands */
    assert_int_equal(realm.rules->progress_needs_canceling, 1);
    assert_int_equal(realm.max_calls_per_session, 10);
    assert_int_equal(realm.history[0].match, WAMP_MATCH_PREFIX);
    assert_int_equal(realm.history[0].max_bytes, 4 << 20);
    assert_int_equal(realm.trust[0].level, 3);
    assert_true(str_eq(realm.trust[0].authrole, STR("backend")));
    assert_true(str_eq(realm.forward_keys[0], STR("_ext")));
    assert_true(realm.meta_api_denied && realm.kill_allowed);
    realm_config_of(&c, 1, &realm);
    assert_true(str_eq(realm.name, STR("second")));
    assert_int_equal(realm.rules->progress_needs_canceling, 0);
    config_fini(&c);
}

/* spec: B-103, B-104 */
static void keys_of_tls_arrive_where_they_belong(void **state)
{
    struct config c;
    struct config_error err;
    (void)state;
    assert_true(load(&c, "tests/config/good/tls.yaml", &err));
    const struct tls_config *tls = &c.listeners[0].tls;
    assert_int_equal(c.listeners[0].scheme, LISTEN_WSS);
    assert_string_equal(tls->certificate, "/etc/wampd/server.pem");
    assert_string_equal(tls->key, "/etc/wampd/server.key");
    assert_int_equal(tls->chain_certificates.count, 1);
    assert_int_equal(tls->ca_certificates.count, 2);
    assert_string_equal(tls->ca_certificates.names[1], "/etc/wampd/partners.pem");
    assert_string_equal(tls->ciphers, "ECDHE+AESGCM");
    assert_true(tls->client_optional && tls->only_tls13);
    assert_int_equal(c.listeners[1].scheme, LISTEN_RSS);
    assert_string_equal(c.listeners[1].tls.certificate, "both.pem");
    assert_null(c.listeners[1].tls.key);
    assert_false(c.listeners[1].tls.client_optional || c.listeners[1].tls.only_tls13);
    config_fini(&c);
}

static void the_certificate_of_the_command_line_is_for_listeners_without(void **state)
{
    struct config c;
    struct config_error err;
    (void)state;
    config_init(&c);
    c.tls_certificate = "line.pem";
    c.tls_key = "line.key";
    assert_true(config_load(&c, "tests/config/good/tls.yaml", &err));
    assert_true(config_add_listener(&c, "wss://127.0.0.1:0", &err));
    assert_true(config_finish(&c, &err));
    assert_string_equal(c.listeners[2].tls.certificate, "line.pem");
    assert_string_equal(c.listeners[2].tls.key, "line.key");
    assert_string_equal(c.listeners[1].tls.certificate, "both.pem");
    config_fini(&c);
}

static void without_anything_realm1_is_served_on_loopback(void **state)
{
    struct config c;
    struct config_error err;
    (void)state;
    config_init(&c);
    assert_true(config_finish(&c, &err));
    assert_int_equal(c.listener_count, 1);
    assert_string_equal(c.listeners[0].host, "127.0.0.1");
    assert_int_equal(c.listeners[0].port, 8080);
    assert_string_equal(c.realms[0].name, "realm1");
    config_fini(&c);
}

static void the_nearest_name_is_found_and_a_far_one_is_not(void **state)
{
    static const char *const names[] = {"message_size", "queue", "calls"};
    (void)state;
    assert_string_equal(config_nearest("mesage_size", names, 3), "message_size");
    assert_string_equal(config_nearest("quue", names, 3), "queue");
    assert_null(config_nearest("xyz", names, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_good_file_is_read),
        cmocka_unit_test(every_bad_file_is_refused_with_its_text),
        cmocka_unit_test(values_arrive_where_they_belong),
        cmocka_unit_test(keys_of_tls_arrive_where_they_belong),
        cmocka_unit_test(the_certificate_of_the_command_line_is_for_listeners_without),
        cmocka_unit_test(without_anything_realm1_is_served_on_loopback),
        cmocka_unit_test(the_nearest_name_is_found_and_a_far_one_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
