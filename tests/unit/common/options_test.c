/* Options as binary serializers bring them; the rest of it is in tests/scripts/options. */
#include "common/msg.h"
#include "common/options.h"

#include "tests/lib/test.h"

static enum wamp_err parse(enum wamp_ser ser, struct str dict, struct wamp_options *out)
{
    struct wamp_arena arena = {0};
    struct wamp_fault why;
    struct wamp_item item;
    assert_int_equal(wamp_item_parse(ser, dict, &item), WAMP_ERR_NONE);
    enum wamp_err err = wamp_options_parse(ser, WAMP_SUBSCRIBE, &item, &arena, out, &why);
    wamp_arena_fini(&arena);
    return err;
}

/* What wampy.js 8 sends with every SUBSCRIBE. */
TEST(undefined_is_as_if_the_option_were_not_there)
{
    struct wamp_options opt;
    assert_int_equal(parse(WAMP_MSGPACK, STR("\x82\xa5match\xd4\0\0\xacget_retained\xc3"), &opt), WAMP_ERR_NONE);
    assert_false(wamp_has(&opt, match));
    assert_true(wamp_has(&opt, get_retained) && opt.get_retained);
    assert_int_equal(parse(WAMP_CBOR, STR("\xa1\x65match\xf7"), &opt), WAMP_ERR_NONE);
    assert_false(wamp_has(&opt, match));
}

/* spec: B-044, table 0.1 */
TEST(null_and_other_extensions_are_values_of_a_wrong_type)
{
    struct wamp_options opt;
    assert_int_equal(parse(WAMP_MSGPACK, STR("\x81\xa5match\xc0"), &opt), WAMP_ERR_TYPE);
    assert_int_equal(parse(WAMP_MSGPACK, STR("\x81\xa5match\xd4\1\0"), &opt), WAMP_ERR_TYPE);
    assert_int_equal(parse(WAMP_CBOR, STR("\xa1\x65match\xf6"), &opt), WAMP_ERR_TYPE);
}

RUN_TESTS(cmocka_unit_test(undefined_is_as_if_the_option_were_not_there),
          cmocka_unit_test(null_and_other_extensions_are_values_of_a_wrong_type))
