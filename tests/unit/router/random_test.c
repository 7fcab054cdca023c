#include "router/random.h"

#include "tests/lib/test.h"

TEST(numbers_differ)
{
    struct random_pool pool = {0};
    uint64_t last = random_next(&pool);
    for (int i = 0; i < 1000; i++) {
        uint64_t number = random_next(&pool);
        assert_int_not_equal(number, last);
        last = number;
    }
}

TEST(what_was_given_out_is_not_kept)
{
    struct random_pool pool = {0};
    uint64_t given = random_next(&pool);
    for (unsigned i = 0; i < sizeof pool.numbers / sizeof *pool.numbers; i++)
        assert_int_not_equal(pool.numbers[i], given);
}

TEST(names_are_letters_and_digits)
{
    struct random_pool pool = {0};
    char name[25], other[25];
    random_name(&pool, name, 24);
    random_name(&pool, other, 24);
    assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789"), 24);
    assert_int_equal(name[24], '\0');
    assert_string_not_equal(name, other);
}

RUN_TESTS(cmocka_unit_test(numbers_differ), cmocka_unit_test(what_was_given_out_is_not_kept),
          cmocka_unit_test(names_are_letters_and_digits))
