/* The judge of one session: what it lets pass, and what not. */
#include "tests/lib/judge.h"

#include "tests/lib/test.h"

enum { LINES_MAX = 8 };

/* Lines begin with > (the session sends) or < (the router does). All but the last are fine; the last is judged. */
struct trial {
    const char *lines[LINES_MAX];
    bool fine;
};

static bool show(struct judge *j, const char *line)
{
    struct wamp_arena arena = {0};
    struct wamp_msg m;
    struct wamp_fault why;
    bool ok = true;
    expect_ok(wamp_msg_parse(WAMP_JSON, str_z(line + 1), &arena, &m, &why));
    if (line[0] == '>')
        judge_sent(j, &m);
    else
        ok = judge_got(j, &m);
    wamp_arena_fini(&arena);
    return ok;
}

static void try_all(const struct trial *trials, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct judge j = {0};
        bool ok = true;
        for (size_t n = 0; n < LINES_MAX && trials[i].lines[n]; n++) {
            assert_true(ok);
            ok = show(&j, trials[i].lines[n]);
        }
        if (ok != trials[i].fine)
            print_error("trial %zu: %s\n", i, j.verdict);
        assert_int_equal(ok, trials[i].fine);
        judge_fini(&j);
    }
}

#define TRY(...)                                                                                             \
    do {                                                                                                     \
        const struct trial trials[] = {__VA_ARGS__};                                                         \
        try_all(trials, sizeof trials / sizeof *trials);                                                     \
    } while (0)

#define WELCOME "<[2,1,{\"roles\":{}}]"
#define SUBSCRIBED ">[32,1,{},\"a\"]", "<[33,1,5]"
#define REGISTERED ">[64,1,{},\"a\"]", "<[65,1,5]"

TEST(welcome_is_first_and_abort_and_goodbye_are_last)
{
    TRY({{WELCOME}, true}, {{"<[33,1,5]"}, false}, {{WELCOME, WELCOME}, false},
        {{WELCOME, "<[6,{},\"a\"]", "<[17,1,2]"}, false}, {{WELCOME, "<[3,{},\"a\"]", "<[6,{},\"a\"]"}, false});
}

TEST(a_request_is_answered_once)
{
    TRY({{WELCOME, SUBSCRIBED}, true}, {{WELCOME, SUBSCRIBED, "<[33,1,5]"}, false},
        {{WELCOME, "<[33,1,5]"}, false}, {{WELCOME, ">[32,1,{},\"a\"]", "<[8,32,1,{},\"e\"]"}, true},
        {{WELCOME, ">[32,1,{},\"a\"]", "<[8,64,1,{},\"e\"]"}, false},
        {{WELCOME, ">[32,1,{},\"a\"]", "<[8,68,1,{},\"e\"]"}, false});
}

TEST(only_an_acknowledged_publish_is_answered)
{
    TRY({{WELCOME, ">[16,1,{},\"a\"]", "<[17,1,2]"}, false},
        {{WELCOME, ">[16,1,{\"acknowledge\":true},\"a\"]", "<[17,1,2]"}, true});
}

TEST(a_call_ends_once_after_any_progress)
{
    TRY({{WELCOME, ">[48,1,{},\"a\"]", "<[50,1,{\"progress\":true}]", "<[50,1,{\"progress\":true}]",
          "<[50,1,{}]"},
         true},
        {{WELCOME, ">[48,1,{},\"a\"]", "<[50,1,{}]", "<[50,1,{}]"}, false},
        {{WELCOME, ">[48,1,{},\"a\"]", "<[8,48,1,{},\"e\"]", "<[50,1,{\"progress\":true}]"}, false});
}

TEST(events_need_a_subscription)
{
    TRY({{WELCOME, "<[36,5,1,{}]"}, false}, {{WELCOME, SUBSCRIBED, "<[36,5,1,{}]"}, true},
        {{WELCOME, SUBSCRIBED, ">[34,2,5]", "<[35,2]", "<[36,5,1,{}]"}, false},
        {{WELCOME, SUBSCRIBED, "<[35,0,{\"subscription\":5}]", "<[36,5,1,{}]"}, false});
}

TEST(invocations_need_a_registration_and_count_from_1)
{
    TRY({{WELCOME, "<[68,1,5,{}]"}, false}, {{WELCOME, REGISTERED, "<[68,1,5,{}]", "<[68,2,5,{}]"}, true},
        {{WELCOME, REGISTERED, "<[68,2,5,{}]"}, false},
        {{WELCOME, REGISTERED, "<[68,1,5,{\"progress\":true}]", ">[66,2,5]", "<[67,2]", "<[68,1,5,{}]"}, true},
        {{WELCOME, REGISTERED, "<[68,1,5,{}]", ">[66,2,5]", "<[67,2]", "<[68,2,5,{}]"}, false});
}

TEST(interrupts_name_what_is_under_way)
{
    TRY({{WELCOME, REGISTERED, "<[68,1,5,{}]", "<[69,1,{\"mode\":\"kill\"}]", "<[69,1,{}]"}, true},
        {{WELCOME, REGISTERED, "<[68,1,5,{}]", ">[70,1,{}]", "<[69,1,{}]"}, false},
        {{WELCOME, REGISTERED, "<[68,1,5,{}]", "<[69,1,{}]", "<[69,1,{}]"}, false});
}

RUN_TESTS(cmocka_unit_test(welcome_is_first_and_abort_and_goodbye_are_last),
          cmocka_unit_test(a_request_is_answered_once), cmocka_unit_test(only_an_acknowledged_publish_is_answered),
          cmocka_unit_test(a_call_ends_once_after_any_progress), cmocka_unit_test(events_need_a_subscription),
          cmocka_unit_test(invocations_need_a_registration_and_count_from_1),
          cmocka_unit_test(interrupts_name_what_is_under_way))
