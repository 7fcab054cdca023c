/* Batches of messages. spec: A-BWS-01, A-BWS-02, T-56, X-05 */
#include "common/batch.h"

#include "tests/lib/test.h"

/* spec: T-56, X-05 */
TEST(texts_end_with_either_separator_and_the_last_one_too)
{
    struct str rest = STR("[1]\x1e[2]\x18[3]\x1e"), message;
    assert_true(wamp_batch_next(WAMP_JSON, &rest, &message));
    expect_str(message, "[1]");
    assert_true(wamp_batch_next(WAMP_JSON, &rest, &message));
    expect_str(message, "[2]");
    assert_true(wamp_batch_next(WAMP_JSON, &rest, &message));
    expect_str(message, "[3]");
    assert_int_equal(rest.len, 0);
    rest = STR("[1]");
    assert_false(wamp_batch_next(WAMP_JSON, &rest, &message));
}

/* spec: A-BWS-01 */
TEST(binary_messages_begin_with_their_length)
{
    struct str rest = STR("\0\0\0\3abc\0\0\0\0\0\0\0\1d"), message;
    assert_true(wamp_batch_next(WAMP_CBOR, &rest, &message));
    expect_str(message, "abc");
    assert_true(wamp_batch_next(WAMP_MSGPACK, &rest, &message));
    assert_int_equal(message.len, 0);
    assert_true(wamp_batch_next(WAMP_MSGPACK, &rest, &message));
    expect_str(message, "d");
    assert_int_equal(rest.len, 0);
}

/* spec: A-BWS-01: a truncated prefix, a length past the end */
TEST(what_is_not_whole_is_refused)
{
    struct str message, cut = STR("\0\0\0"), past = STR("\0\0\0\2a"), huge = STR("\xff\xff\xff\xff" "a");
    assert_false(wamp_batch_next(WAMP_CBOR, &cut, &message));
    assert_false(wamp_batch_next(WAMP_CBOR, &past, &message));
    assert_false(wamp_batch_next(WAMP_CBOR, &huge, &message));
}

TEST(a_prefix_is_what_the_reader_expects)
{
    char octets[8] = "....abc";
    struct str rest, message;
    assert_int_equal(wamp_batch_prefix(octets, WAMP_JSON, 3), 0);
    assert_int_equal(wamp_batch_prefix(octets, WAMP_CBOR, 3), WAMP_BATCH_PREFIX);
    rest = str_of(octets, 7);
    assert_true(wamp_batch_next(WAMP_CBOR, &rest, &message));
    expect_str(message, "abc");
}

RUN_TESTS(cmocka_unit_test(texts_end_with_either_separator_and_the_last_one_too),
          cmocka_unit_test(binary_messages_begin_with_their_length), cmocka_unit_test(what_is_not_whole_is_refused),
          cmocka_unit_test(a_prefix_is_what_the_reader_expects))
