#include "tests/lib/test.h"

void test_str_equal(struct str got, struct str expected, const char *file, int line)
{
    if (str_eq(got, expected))
        return;
    print_error("expected \"%.*s\"\n     got \"%.*s\"\n", STR_ARG(expected), STR_ARG(got));
    _fail(file, line);
}

void test_err_equal(enum wamp_err got, enum wamp_err expected, const char *file, int line)
{
    if (got == expected)
        return;
    print_error("expected: %s\n     got: %s\n", wamp_err_text(expected), wamp_err_text(got));
    _fail(file, line);
}
