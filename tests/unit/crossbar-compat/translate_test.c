/* What becomes of a Crossbar.io configuration: each case a document in, and the one that comes out, or what is said. */
#include "crossbar-compat/crossbar.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- a document as text: {key: value, ..}, [element, ..] --------------------------------------------------------------- */

static void show(yaml_document_t *doc, int id, FILE *out)
{
    const yaml_node_t *node = yaml_document_get_node(doc, id);
    if (node->type == YAML_SCALAR_NODE) {
        bool quoted = node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        fprintf(out, quoted ? "'%s'" : "%s", (const char *)node->data.scalar.value);
    } else if (node->type == YAML_SEQUENCE_NODE) {
        fputc('[', out);
        for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++) {
            fputs(i > node->data.sequence.items.start ? ", " : "", out);
            show(doc, *i, out);
        }
        fputc(']', out);
    } else {
        fputc('{', out);
        for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
            fputs(p > node->data.mapping.pairs.start ? ", " : "", out);
            show(doc, p->key, out);
            fputs(": ", out);
            show(doc, p->value, out);
        }
        fputc('}', out);
    }
}

/* --- a translation ------------------------------------------------------------------------------------------------------- */

static char notes[2000], result[8000];

static void note(void *user, size_t line, const char *text)
{
    size_t len = strlen(notes);
    (void)user;
    snprintf(notes + len, sizeof notes - len, "%zu: %s\n", line, text);
}

static const char *variable(const char *name)
{
    return strcmp(name, "PORT") ? NULL : "9000";
}

static void parse(const char *text, yaml_document_t *doc)
{
    yaml_parser_t parser;
    assert_true(yaml_parser_initialize(&parser));
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
    assert_true(yaml_parser_load(&parser, doc));
    yaml_parser_delete(&parser);
}

/* Into `result`: the new document, or "line: what is wrong". */
static const char *translate(const char *text)
{
    yaml_document_t in, out;
    struct crossbar_world world = {.folder = "/node", .variable = variable, .note = note};
    char why[CROSSBAR_WHY_MAX];
    size_t line;
    parse(text, &in);
    notes[0] = '\0';
    if (crossbar_translate(&in, &out, &world, &line, why)) {
        FILE *f = fmemopen(result, sizeof result, "w");
        show(&out, 1, f);
        fclose(f);
        yaml_document_delete(&out);
    } else {
        snprintf(result, sizeof result, "%zu: %s", line, why);
    }
    yaml_document_delete(&in);
    return result;
}

#define LIMITS ", limits: {message_size: 16777216, queue: 16777216}, timeouts: {}}"

/* One worker with a realm and this transport; what is made of the transport. */
static const char *transport(const char *text)
{
    char whole[2000];
    static char listener[2000];
    snprintf(whole, sizeof whole, "{version: 2, workers: [{type: router, realms: [{name: r}], transports: [%s]}]}", text);
    const char *made = translate(whole), *begin = strstr(made, "listen: "), *end = strstr(made, ", limits: ");
    if (!begin || !end)
        return made;
    snprintf(listener, sizeof listener, "%.*s", (int)(end - begin - 8), begin + 8);
    return listener;
}

/* What is made of the auth. */
static const char *auth(const char *text)
{
    char whole[2000];
    snprintf(whole, sizeof whole, "{type: rawsocket, endpoint: {type: tcp, port: 1}, auth: %s}", text);
    const char *made = transport(whole), *begin = strstr(made, "auth: ");
    static char found[2000];
    if (!begin)
        return made;
    snprintf(found, sizeof found, "%.*s", (int)strlen(begin) - 8, begin + 6);
    return found;
}

/* --- which configurations are Crossbar.io's ------------------------------------------------------------------------------ */

TEST(version_and_workers_tell)
{
    static const struct {
        const char *text;
        bool is;
    } rows[] = {{"{version: 2, workers: []}", true}, {"{version: 2}", false}, {"{workers: []}", false}, {"[]", false}, {"", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        yaml_document_t doc;
        parse(rows[i].text, &doc);
        assert_int_equal(crossbar_is(&doc), rows[i].is);
        yaml_document_delete(&doc);
    }
}

TEST(another_version_is_refused)
{
    assert_string_equal(translate("{version: 1,\nworkers: []}"),
                        "1: version: expected 2; crossbar upgrade of Crossbar.io converts older ones");
}

TEST(something_must_be_left_to_serve)
{
    assert_string_equal(translate("{version: 2,\nworkers: [{type: container}]}"), "2: no router worker has a realm");
    assert_string_equal(notes, "2: worker (container) is not started: run what is in it as clients of the router\n");
    assert_string_equal(translate("{version: 2, workers: [{type: router, realms: [{name: a}]}]}"),
                        "1: no router worker has a transport that wampd serves");
}

/* --- realms --------------------------------------------------------------------------------------------------------------- */

TEST(a_realm_keeps_its_roles_and_gets_the_preset)
{
    assert_string_equal(
        translate("{version: 2, workers: [{type: router, realms: [{id: x, name: realm1, options: {uri_check: strict,"
                  " enable_meta_api: false}, roles: [{name: a, permissions: [{uri: com., match: prefix, allow: {call: true},"
                  " disclose: {caller: true}, cache: true, validate: {}}]}, {name: b, authorizer: com.check},"
                  " {name: c, allow-by-default: true}]}],"
                  " transports: [{type: websocket, endpoint: {type: tcp, port: 8080}}]}]}"),
        "{realms: [{name: realm1, preset: crossbar, uri_check: strict, meta_api: false, roles: [{name: a, permissions:"
        " [{uri: com., match: prefix, allow: {call: true}, disclose: {caller: true}, cache: true}]},"
        " {name: b, authorizer: com.check}, {name: c, allow-by-default: true}]}],"
        " listen: [{url: 'ws://0.0.0.0:8080'}]" LIMITS);
    assert_string_equal(notes, "1: permission: \"validate\" is left out\n");
}

TEST(a_realm_without_roles_lets_nobody_do_anything)
{
    transport("{type: websocket, endpoint: {type: tcp, port: 1}}");
    assert_non_null(strstr(result, "roles: [{name: 'anonymous'}]"));
    assert_string_equal(notes, "1: realm without roles: nobody may do anything there\n");
}

TEST(event_history_is_kept_in_memory)
{
    translate("{version: 2, workers: [{type: router, realms: [{name: r, roles: [{name: a}], store: {type: cfxdb, limit: 50,"
              " event-history: [{uri: a.b, match: exact, limit: 5}, {uri: c}]}}],"
              " transports: [{type: websocket, endpoint: {type: tcp, port: 1}}]}]}");
    assert_non_null(strstr(result, "history: [{topic: a.b, match: exact, events: 5}, {topic: c, events: 50}]"));
    assert_string_equal(notes, "1: realm: events are kept in memory, not in a store of that type\n");
}

/* --- transports ------------------------------------------------------------------------------------------------------------- */

TEST(endpoints_become_urls)
{
    static const struct {
        const char *endpoint, *url;
    } rows[] = {
        {"{type: tcp, port: 8080}", "'ws://0.0.0.0:8080'"},
        {"{type: tcp, port: 8080, interface: localhost, version: 4}", "'ws://localhost:8080'"},
        {"{type: tcp, port: 8080, version: 6}", "'ws://[::]:8080'"},
        {"{type: tcp, port: 8080, interface: '::1'}", "'ws://[::1]:8080'"},
        {"{type: tcp, port: $PORT}", "'ws://0.0.0.0:9000'"},
        {"{type: unix, path: sock}", "'unix:/node/sock'"},
        {"{type: unix, path: /run/sock}", "'unix:/run/sock'"},
    };
    char text[300], wanted[300];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(text, sizeof text, "{type: websocket, endpoint: %s}", rows[i].endpoint);
        snprintf(wanted, sizeof wanted, "[{url: %s}]", rows[i].url);
        assert_string_equal(transport(text), wanted);
    }
    assert_string_equal(transport("{type: websocket, endpoint: {type: tcp, port: $NONE}}"),
                        "1: endpoint: the environment has no $NONE");
}

TEST(tls_keeps_its_files)
{
    assert_string_equal(
        transport("{type: rawsocket, endpoint: {type: tcp, port: 1, tls: {key: k.pem, certificate: /c.pem,"
                  " chain_certificates: [a.pem], ca_certificates: [b.pem], dhparam: d.pem, ciphers: X}}}"),
        "[{url: 'rss://0.0.0.0:1', tls: {certificate: '/c.pem', key: '/node/k.pem', chain_certificates: ['/node/a.pem'],"
        " ca_certificates: ['/node/b.pem'], ciphers: X}}]");
    assert_non_null(strstr(notes, "tls: \"dhparam\" is left out"));
}

TEST(paths_are_looked_through_for_what_wampd_serves)
{
    assert_string_equal(transport("{type: web, endpoint: {type: tcp, port: 1}, paths: {/: {type: static}, ws: {type: websocket,"
                                  " auth: {anonymous: {type: static, role: a}}}, deep: {type: path, paths: {lp: {type: longpoll}}}}}"),
                        "[{url: 'ws://0.0.0.0:1', auth: {anonymous: {role: a}}, longpoll: {path: '/deep/lp', preset: crossbar}}]");
    assert_non_null(strstr(notes, "path / (static) is left out: leave it to a web server"));
    assert_string_equal(transport("{type: universal, endpoint: {type: tcp, port: 1}, rawsocket: {}, websocket: {ws: {type: websocket}},"
                                  " web: {paths: {}}}"),
                        "[{url: 'ws://0.0.0.0:1'}]");
}

TEST(cookies_are_a_method)
{
    assert_string_equal(transport("{type: websocket, endpoint: {type: tcp, port: 1}, cookie: {name: c, max_age: 60, secure: true},"
                                  " auth: {cookie: {}}}"),
                        "[{url: 'ws://0.0.0.0:1', auth: {cookie: {name: c, max_age: '60 s'}}}]");
}

TEST(nobody_comes_in_by_a_path_that_asks_less)
{
    const char *refusal = "1: several services with auth at one endpoint: give each an endpoint of its own";
    assert_string_equal(transport("{type: universal, endpoint: {type: tcp, port: 1}, rawsocket: {}, websocket: {ws: {auth: {}}}}"),
                        refusal);
    assert_string_equal(transport("{type: web, endpoint: {type: tcp, port: 1}, paths: {a: {type: websocket, auth: {}},"
                                  " b: {type: websocket}}}"),
                        refusal);
    assert_string_equal(transport("{type: web, endpoint: {type: tcp, port: 1}, paths: {a: {type: websocket},"
                                  " b: {type: path, paths: {c: {type: websocket, auth: {}}}}}}"),
                        refusal);
    assert_string_equal(transport("{type: web, endpoint: {type: tcp, port: 1}, paths: {a: {type: websocket},"
                                  " b: {type: longpoll, auth: {}}}}"),
                        refusal);
    assert_string_equal(transport("{type: web, endpoint: {type: tcp, port: 1}, paths: {b: {type: longpoll, auth: {}}}}"),
                        "[{url: 'ws://0.0.0.0:1', auth: {}, longpoll: {path: '/b', preset: crossbar}}]");
}

#define ORIGINS(list) "{type: websocket, options: {allowed_origins: [" list "]}}"

TEST(pages_come_in_by_no_path_that_asks_less)
{
    const char *refusal = "1: paths with other allowed_origins at one endpoint: give each an endpoint of its own";
    assert_string_equal(transport("{type: web, endpoint: {type: tcp, port: 1}, paths: {a: {type: websocket}, b: "
                                  ORIGINS("'https://x.y'") "}}"), refusal);
    assert_string_equal(transport("{type: web, endpoint: {type: tcp, port: 1}, paths: {a: " ORIGINS("'https://x.y'")
                                  ", b: " ORIGINS("'https://x.z'") "}}"), refusal);
    assert_string_equal(transport("{type: web, endpoint: {type: tcp, port: 1}, paths: {a: " ORIGINS("'https://x.y'")
                                  ", b: " ORIGINS("'https://x.y'") "}}"),
                        "[{url: 'ws://0.0.0.0:1', origins: ['https://x.y']}]");
}

TEST(auth_with_nothing_in_it_lets_nobody_in)
{
    const char *nulls[] = {"", "null", "~", "[]"};
    assert_string_equal(transport("{type: websocket, endpoint: {type: tcp, port: 1}, auth: {}}"),
                        "[{url: 'ws://0.0.0.0:1', auth: {}}]");
    for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++) {
        char text[100];
        snprintf(text, sizeof text, "{type: rawsocket, endpoint: {type: tcp, port: 1}, auth: %s}", nulls[i]);
        assert_string_equal(transport(text), "1: auth: expected a mapping");
    }
}

/* What a role becomes. */
static const char *role(const char *text)
{
    char whole[1000];
    snprintf(whole, sizeof whole,
             "{version: 2, workers: [{type: router, realms: [{name: a, roles: [{name: r, %s}]}],"
             " transports: [{type: websocket, endpoint: {type: tcp, port: 1}}]}]}",
             text);
    return translate(whole);
}

TEST(allow_by_default_counts_where_there_is_nothing_else)
{
    assert_non_null(strstr(role("allow-by-default: true"), "roles: [{name: r, allow-by-default: true}]"));
    assert_non_null(strstr(role("permissions: [], allow-by-default: true"), "roles: [{name: r}]"));
    assert_non_null(strstr(role("permissions: , allow-by-default: true"), "roles: [{name: r}]"));
    assert_non_null(strstr(role("allow-by-default: true, authorizer: ~"), "roles: [{name: r}]"));
}

#define PREFIX "{uri: com., match: prefix, allow: {call: true, publish: true}}"

/* There a wildcard counts more than a prefix, here less. */
TEST(what_a_wildcard_denies_does_not_become_allowed)
{
    const char *refusal = "1: permissions: what the wildcard \"com..secret\" denies would be allowed by the prefix \"com.\", "
                          "which counts more here: say it without the wildcard";
    assert_string_equal(role("permissions: [" PREFIX ", {uri: com..secret, match: wildcard, allow: {call: true}}]"), refusal);
    assert_string_equal(role("permissions: [{uri: com..secret, match: wildcard}, {uri: 'com.*', allow: {publish: true}}]"), refusal);
    assert_string_equal(role("permissions: [{uri: 'com.*.secret'}, " PREFIX "]"), refusal);
    const char *good[] = {
        PREFIX ", {uri: com..secret, match: wildcard, allow: {call: true, publish: true}}",
        PREFIX ", {uri: org..secret, match: wildcard}",
        PREFIX ", {uri: com.x.secret, match: exact}, {uri: com.x., match: prefix}",
        PREFIX ", {uri: com.x., match: wildcard}",  /* never matched as a wildcard there */
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char text[300];
        snprintf(text, sizeof text, "permissions: [%s]", good[i]);
        assert_non_null(strstr(role(text), "roles: [{name: r, permissions: [{uri: com."));
    }
    role("permissions: [" PREFIX ", {uri: com..log, match: wildcard, allow: {call: true, publish: true, subscribe: true}}]");
    assert_non_null(strstr(notes, "1: permissions: what the wildcard \"com..log\" allows is denied where the prefix \"com.\" counts"));
}

TEST(the_most_generous_option_counts)
{
    transport("{type: websocket, endpoint: {type: tcp, port: 1}, options: {max_message_size: 1048576, auto_ping_interval: 10000,"
              " auto_ping_timeout: 5000}}, {type: rawsocket, endpoint: {type: tcp, port: 2}, options: {max_message_size: 65536}}");
    assert_non_null(strstr(result, "limits: {message_size: 1048576, queue: 4194304}, timeouts: {ping_interval: 10000,"
                                   " ping_timeout: 5000}}"));
}

/* --- auth --------------------------------------------------------------------------------------------------------------------- */

TEST(methods_keep_what_they_need)
{
    static const char *const rows[][2] = {
        {"{anonymous: {type: static, role: a, realm: x}}", "{anonymous: {role: a}}"},
        {"{ticket: {type: static, principals: {joe: {ticket: t, role: b}}}}", "{ticket: {principals: {joe: {ticket: t, role: b}}}}"},
        {"{ticket: {type: static, default-role: d, principals: {joe: {ticket: t}}}}",
         "{ticket: {principals: {joe: {ticket: t, role: d}}}}"},
        {"{ticket: {type: dynamic, authenticator: com.a, authenticator-realm: r}}",
         "{ticket: {authenticator: com.a, authenticator-realm: r}}"},
        {"{wampcra: {type: static, role: x, users: {p: {secret: s, role: r, salt: a, iterations: 100, keylen: 16}}}}",
         "{wampcra: {users: {p: {secret: s, role: r, salt: a, iterations: 100, keylen: 16}}}}"},
        {"{wampcra: {users: {p: {secret: s, role: r, salt: a}}}}", "{wampcra: {users: {p: {secret: s, role: r}}}}"},
        {"{cryptosign: {principals: {c: {authorized_keys: [ab], role: r, realm: x}}}}",
         "{cryptosign: {principals: {c: {authorized_keys: [ab], role: r, realm: x}}}}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(auth(rows[i][0]), rows[i][1]);
}

TEST(methods_of_its_own_let_nobody_in)
{
    assert_string_equal(auth("{anonymous-proxy: {}}"), "{}");
    assert_non_null(strstr(notes, "auth: method \"anonymous-proxy\" is left out: nobody logs in by it"));
    assert_string_equal(auth("{ticket: {type: function, create: a.b}}"),
                        "1: ticket: type function is Python code, which wampd cannot run; use type dynamic");
    assert_string_equal(auth("{tls: {principals: {a: {certificate-sha1: 'aa:bb', role: r}}}}"),
                        "1: certificate-sha1: wampd knows certificates by certificate-sha256 alone");
}

/* --- hostile documents ---------------------------------------------------------------------------------------------------------- */

TEST(what_contains_itself_has_an_end)
{
    assert_string_equal(translate("{version: 2, workers: [{type: router, realms: [{name: &a [*a]}], transports: []}]}"),
                        "1: nested too deep");
}

RUN_TESTS(cmocka_unit_test(version_and_workers_tell),
          cmocka_unit_test(another_version_is_refused),
          cmocka_unit_test(something_must_be_left_to_serve),
          cmocka_unit_test(a_realm_keeps_its_roles_and_gets_the_preset),
          cmocka_unit_test(a_realm_without_roles_lets_nobody_do_anything),
          cmocka_unit_test(event_history_is_kept_in_memory),
          cmocka_unit_test(endpoints_become_urls),
          cmocka_unit_test(tls_keeps_its_files),
          cmocka_unit_test(paths_are_looked_through_for_what_wampd_serves),
          cmocka_unit_test(cookies_are_a_method),
          cmocka_unit_test(nobody_comes_in_by_a_path_that_asks_less),
          cmocka_unit_test(pages_come_in_by_no_path_that_asks_less),
          cmocka_unit_test(auth_with_nothing_in_it_lets_nobody_in),
          cmocka_unit_test(allow_by_default_counts_where_there_is_nothing_else),
          cmocka_unit_test(what_a_wildcard_denies_does_not_become_allowed),
          cmocka_unit_test(the_most_generous_option_counts),
          cmocka_unit_test(methods_keep_what_they_need),
          cmocka_unit_test(methods_of_its_own_let_nobody_in),
          cmocka_unit_test(what_contains_itself_has_an_end))
