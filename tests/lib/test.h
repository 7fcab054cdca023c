/* cmocka, and what our tests say again and again.
 *
 *     TEST(a_subscriber_gets_what_is_published)  // spec: B-066
 *     {
 *         ...
 *         expect_str(topic, "com.t");
 *     }
 *     RUN_TESTS(cmocka_unit_test(a_subscriber_gets_what_is_published), ...)
 */
#ifndef TESTS_LIB_TEST_H
#define TESTS_LIB_TEST_H

#include "common/err.h"
#include "common/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TEST(name) static void name(void **state __attribute__((unused)))

#define RUN_TESTS(...)                                                                                       \
    int main(void)                                                                                           \
    {                                                                                                        \
        const struct CMUnitTest tests[] = {__VA_ARGS__};                                                     \
        return cmocka_run_group_tests(tests, NULL, NULL);                                                    \
    }

/* The octets of `got` (a struct str) are those of the literal. */
#define expect_str(got, literal) test_str_equal((got), STR(literal), __FILE__, __LINE__)

/* An enum wamp_err is the expected one; says the words of both when not. */
#define expect_err(got, expected) test_err_equal((got), (expected), __FILE__, __LINE__)
#define expect_ok(got) expect_err((got), WAMP_ERR_NONE)

void test_str_equal(struct str got, struct str expected, const char *file, int line);
void test_err_equal(enum wamp_err got, enum wamp_err expected, const char *file, int line);

#endif
