/* Who may get an event: the six lists of PUBLISH.Options. */
#include "realms/filter.h"

#include "common/msg.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/test.h"

#include <stdio.h>

/* The filter of a PUBLISH with these options; what it borrows lies in the arena. */
static enum wamp_err parse(const char *options, struct wamp_arena *arena, struct filter *f)
{
    char text[60000];
    struct wamp_msg m;
    struct wamp_fault why;
    snprintf(text, sizeof text, "[16, 1, {%s}, \"com.t\"]", options);
    struct str octets = wamp_arena_copy(arena, str_z(text));
    if (!octets.ptr)
        return WAMP_ERR_NOMEM;
    enum wamp_err err = wamp_msg_parse(WAMP_JSON, octets, arena, &m, &why);
    return err ? err : filter_parse(f, WAMP_JSON, &m.opt, arena);
}

static struct session session_of(uint64_t id, struct str authid, struct str authrole)
{
    return (struct session){.id = id, .authid = authid, .authrole = authrole};
}

static bool allows(const char *options, uint64_t id, const char *authid, const char *authrole)
{
    struct wamp_arena arena = {0};
    struct filter f;
    struct session s = session_of(id, str_z(authid), str_z(authrole));
    expect_ok(parse(options, &arena, &f));
    bool allowed = filter_allows(&f, &s);
    wamp_arena_fini(&arena);
    return allowed;
}

TEST(every_list_that_is_given_must_allow)  /* spec: A-BWL-01 */
{
    assert_true(allows("", 1, "a", "r"));
    assert_true(allows("\"eligible\": [3, 1, 2]", 1, "a", "r"));
    assert_false(allows("\"eligible\": [3, 2]", 1, "a", "r"));
    assert_true(allows("\"eligible_authid\": [\"b\", \"a\"]", 1, "a", "r"));
    assert_false(allows("\"eligible_authid\": [\"b\"]", 1, "a", "r"));
    assert_true(allows("\"eligible_authrole\": [\"r\"]", 1, "a", "r"));
    assert_false(allows("\"eligible_authrole\": [\"a\"]", 1, "a", "r"));
    assert_false(allows("\"exclude\": [9, 1]", 1, "a", "r"));
    assert_true(allows("\"exclude\": [9, 8]", 1, "a", "r"));
    assert_false(allows("\"exclude_authid\": [\"a\"]", 1, "a", "r"));
    assert_false(allows("\"exclude_authrole\": [\"q\", \"r\"]", 1, "a", "r"));
    assert_false(allows("\"eligible\": [1], \"eligible_authid\": [\"b\"]", 1, "a", "r"));
    assert_false(allows("\"eligible\": [1], \"exclude_authrole\": [\"r\"]", 1, "a", "r"));
    assert_true(allows("\"eligible\": [1], \"eligible_authid\": [\"a\"], \"eligible_authrole\": [\"r\"], "
                       "\"exclude\": [2], \"exclude_authid\": [\"b\"], \"exclude_authrole\": [\"q\"]",
                       1, "a", "r"));
}

TEST(empty_eligible_lists_let_nobody_through)  /* spec: A-BWL-02, T-17 */
{
    assert_false(allows("\"eligible\": []", 1, "a", "r"));
    assert_false(allows("\"eligible_authid\": []", 1, "a", "r"));
    assert_false(allows("\"eligible_authrole\": []", 1, "a", "r"));
    assert_true(allows("\"exclude\": [], \"exclude_authid\": [], \"exclude_authrole\": []", 1, "a", "r"));
}

TEST(empty_eligible_lists_may_be_taken_as_absent)  /* spec: A-BWL-02 */
{
    struct wamp_arena arena = {0};
    struct filter f;
    struct session s = session_of(1, STR("a"), STR("r"));
    expect_ok(parse("\"eligible\": [], \"eligible_authid\": [], \"eligible_authrole\": []", &arena, &f));
    filter_ignore_empty(&f);
    assert_true(filter_allows(&f, &s));
    expect_ok(parse("\"eligible\": [2], \"eligible_authid\": []", &arena, &f));
    filter_ignore_empty(&f);
    assert_false(filter_allows(&f, &s));
    wamp_arena_fini(&arena);
}

TEST(names_are_compared_octet_by_octet)  /* spec: A-BWL-07 */
{
    assert_false(allows("\"eligible_authid\": [\"Ab\"]", 1, "ab", "r"));
    assert_false(allows("\"eligible_authid\": [\"a\", \"abc\", \"\"]", 1, "ab", "r"));
    assert_true(allows("\"eligible_authid\": [\"\\u00e4\\n\"]", 1, "\xc3\xa4\n", "r"));
    assert_true(allows("\"eligible_authid\": [\"\"]", 1, "", "r"));
}

TEST(lists_are_found_in_at_any_place)
{
    char list[20000];
    size_t n = (size_t)snprintf(list, sizeof list, "\"eligible\": [2");
    for (int i = 1000; i >= 2; i--)
        n += (size_t)snprintf(list + n, sizeof list - n, ", %d", 2 * i);
    snprintf(list + n, sizeof list - n, "]");
    for (uint64_t id = 1; id <= 2001; id++)
        assert_int_equal(allows(list, id, "a", "r"), id % 2 == 0 && id <= 2000);
}

TEST(a_list_may_have_1024_entries)
{
    for (int entries = FILTER_LIST_MAX; entries <= FILTER_LIST_MAX + 1; entries++) {
        char ids[20000] = "\"exclude\": [1", names[20000] = "\"exclude_authid\": [\"x\"";
        struct wamp_arena arena = {0};
        struct filter f;
        for (int i = 1; i < entries; i++) {
            strcat(ids, ",7");
            strcat(names, ",\"y\"");
        }
        strcat(ids, "]");
        strcat(names, "]");
        enum wamp_err expected = entries <= FILTER_LIST_MAX ? WAMP_ERR_NONE : WAMP_ERR_TOOBIG;
        expect_err(parse(ids, &arena, &f), expected);
        expect_err(parse(names, &arena, &f), expected);
        wamp_arena_fini(&arena);
    }
}

TEST(a_filter_knows_whether_it_restricts_and_by_what)  /* spec: A-HIS-02, A-RET-03, R-16 */
{
    static const struct {
        const char *options;
        bool open, names_sessions;
    } rows[] = {
        {"", true, false},
        {"\"exclude\": []", true, false},
        {"\"exclude_authid\": [], \"exclude_authrole\": []", true, false},
        {"\"exclude\": [1]", false, true},
        {"\"eligible\": []", false, true},
        {"\"eligible\": [1]", false, true},
        {"\"exclude_authid\": [\"a\"]", false, false},
        {"\"eligible_authrole\": []", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wamp_arena arena = {0};
        struct filter f;
        expect_ok(parse(rows[i].options, &arena, &f));
        assert_int_equal(filter_is_open(&f), rows[i].open);
        assert_int_equal(filter_names_sessions(&f), rows[i].names_sessions);
        wamp_arena_fini(&arena);
    }
}

TEST(without_memory_there_is_no_filter)
{
    for_each_failure {
        struct wamp_arena arena = {0};
        struct filter f;
        enum wamp_err err = parse("\"eligible\": [1, 2], \"exclude_authid\": [\"\\u0061\"]", &arena, &f);
        assert_true(err == WAMP_ERR_NONE || err == WAMP_ERR_NOMEM);
        wamp_arena_fini(&arena);
    }
}

RUN_TESTS(cmocka_unit_test(every_list_that_is_given_must_allow),
          cmocka_unit_test(empty_eligible_lists_let_nobody_through),
          cmocka_unit_test(empty_eligible_lists_may_be_taken_as_absent),
          cmocka_unit_test(names_are_compared_octet_by_octet), cmocka_unit_test(lists_are_found_in_at_any_place),
          cmocka_unit_test(a_list_may_have_1024_entries),
          cmocka_unit_test(a_filter_knows_whether_it_restricts_and_by_what),
          cmocka_unit_test(without_memory_there_is_no_filter))
