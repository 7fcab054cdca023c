/* The patterns that scripts and tests compare messages with. */
#include "tests/lib/pattern.h"

#include "tests/lib/test.h"

static struct wamp_arena arena;
static struct vars vars = {.arena = &arena};

static int reset(void **state)
{
    (void)state;
    wamp_arena_fini(&arena);
    vars.first = NULL;
    return 0;
}

static bool parses(const char *text)
{
    struct pattern p;
    struct str rest;
    struct pattern_fault why;
    return pattern_parse(str_z(text), &arena, &p, &rest, &why) && rest.len == 0;
}

/* Whether the pattern matches the JSON text; what it binds stays bound until the end of the test. */
static bool matches(const char *pattern, const char *json)
{
    struct pattern p;
    struct str rest;
    struct pattern_fault why;
    struct wamp_value v;
    assert_true(pattern_parse(str_z(pattern), &arena, &p, &rest, &why));
    expect_ok(wamp_value_read(WAMP_JSON, str_z(json), &arena, &v));
    return pattern_match(&p, &v, &vars, &why);
}

/* The JSON text of what the pattern stands for; empty: it stands for nothing. */
static struct str filled(const char *pattern)
{
    struct pattern p;
    struct str rest;
    struct pattern_fault why;
    struct wamp_value v;
    struct wamp_buf out = {0};
    assert_true(pattern_parse(str_z(pattern), &arena, &p, &rest, &why));
    if (!pattern_fill(&p, &vars, false, &v, &why))
        return STR("");
    expect_ok(wamp_value_write(WAMP_JSON, &v, &out));
    struct str copy = wamp_arena_copy(&arena, wamp_buf_str(&out));
    wamp_buf_fini(&out);
    return copy;
}

TEST(scalars_match_exactly)
{
    assert_true(matches("[1, -1, 1.5, true, null, \"a\"]", "[1, -1, 1.5, true, null, \"a\"]"));
    assert_false(matches("1", "2"));
    assert_false(matches("1", "1.0"));
    assert_false(matches("\"1\"", "1"));
}

TEST(dicts_match_regardless_of_order)
{
    assert_true(matches("{\"a\": 1, \"b\": 2}", "{\"b\": 2, \"a\": 1}"));
    assert_false(matches("{\"a\": 1}", "{\"a\": 1, \"b\": 2}"));
    assert_false(matches("{\"a\": 1, \"b\": 2}", "{\"a\": 1}"));
}

TEST(three_dots_allow_more)
{
    assert_true(matches("[1, ...]", "[1, 2, 3]"));
    assert_true(matches("[1, ...]", "[1]"));
    assert_false(matches("[1, 2, ...]", "[1]"));
    assert_true(matches("{\"a\": 1, ...}", "{\"a\": 1, \"b\": 2}"));
    assert_true(matches("{...}", "{}"));
}

TEST(holes_match_their_kind)
{
    assert_true(matches("[_, _]", "[null, {\"a\": []}]"));
    assert_true(matches("[<int>, <str>, <id>]", "[-5, \"\", 9007199254740992]"));
    assert_false(matches("<id>", "0"));
    assert_false(matches("<id>", "9007199254740993"));
    assert_true(matches("<time>", "\"2026-06-14T18:41:56.123Z\""));
    assert_false(matches("<time>", "\"yesterday\""));
    assert_true(matches("\"~ell\"", "\"hello\""));
    assert_false(matches("\"~hello\"", "\"ell\""));
}

TEST(variables_bind_once_and_compare_afterwards)
{
    assert_true(matches("[33, $sub, $sub]", "[33, 7, 7]"));
    assert_true(matches("$sub", "7"));
    assert_false(matches("$sub", "8"));
    expect_str(filled("[34, 2, $sub]"), "[34,2,7]");
}

TEST(a_failed_match_binds_nothing)
{
    assert_false(matches("[$x, 2]", "[1, 3]"));
    assert_true(matches("$x", "5"));
}

TEST(only_what_is_complete_can_be_sent)
{
    expect_str(filled("[1, {\"a\": [true, \"~text\"]}]"), "[1,{\"a\":[true,\"~text\"]}]");
    assert_int_equal(filled("[1, _]").len, 0);
    assert_int_equal(filled("[1, ...]").len, 0);
    assert_int_equal(filled("[$unknown]").len, 0);
}

TEST(octets_are_no_text)
{
    assert_true(matches("\"\\u0000AAEC\"", "\"\\u0000AAEC\""));
    assert_false(matches("<str>", "\"\\u0000AAEC\""));
}

TEST(malformed_patterns_are_refused)
{
    static const char *const bad[] = {"",        "[", "[1",       "[1,]", "{1: 2}", "{\"a\"}",
                                      "<float>", "$", "[..., 1]", "\"a",  "nul"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(parses(bad[i]));
}

RUN_TESTS(cmocka_unit_test_teardown(scalars_match_exactly, reset),
          cmocka_unit_test_teardown(dicts_match_regardless_of_order, reset),
          cmocka_unit_test_teardown(three_dots_allow_more, reset),
          cmocka_unit_test_teardown(holes_match_their_kind, reset),
          cmocka_unit_test_teardown(variables_bind_once_and_compare_afterwards, reset),
          cmocka_unit_test_teardown(a_failed_match_binds_nothing, reset),
          cmocka_unit_test_teardown(only_what_is_complete_can_be_sent, reset),
          cmocka_unit_test_teardown(octets_are_no_text, reset),
          cmocka_unit_test_teardown(malformed_patterns_are_refused, reset))
