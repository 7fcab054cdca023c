/* Timestamps: RFC 3339 as it is written and as it may be read. spec: A-RMA-05, A-HIS, R-16 */
#include "realms/timefmt.h"

#include "tests/lib/test.h"

#include <stdlib.h>
#include <time.h>

static const char *written(wamp_ms unix_ms)
{
    static char text[TIME_TEXT];
    time_write(unix_ms, text);
    return text;
}

TEST(times_are_written_in_utc_with_milliseconds)
{
    assert_string_equal(written(0), "1970-01-01T00:00:00.000Z");
    assert_string_equal(written(1781462516123), "2026-06-14T18:41:56.123Z");
    assert_string_equal(written(951782400000), "2000-02-29T00:00:00.000Z");
    assert_string_equal(written(4107542399999), "2100-02-28T23:59:59.999Z");
    assert_string_equal(written(4107542400000), "2100-03-01T00:00:00.000Z");
}

TEST(times_out_of_range_are_written_as_the_nearest)
{
    assert_string_equal(written(-1), "1970-01-01T00:00:00.000Z");
    assert_string_equal(written(INT64_MAX), "9999-12-31T23:59:59.999Z");
}

TEST(every_day_of_four_centuries_agrees_with_the_c_library)
{
    for (int64_t day = 0; day < 146097 + 366; day += 1) {
        time_t seconds = (time_t)(day * 86400 + day % 86400);
        struct tm tm;
        char expected[TIME_TEXT];
        wamp_ms back;
        gmtime_r(&seconds, &tm);
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000Z", &tm);
        assert_string_equal(written((wamp_ms)seconds * 1000), expected);
        assert_true(time_read(str_z(expected), &back));
        assert_int_equal(back, (wamp_ms)seconds * 1000);
    }
}

TEST(times_are_read_as_rfc_3339_allows)
{
    static const struct {
        const char *text;
        wamp_ms expected;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01t00:00:01z", 1000},
        {"1970-01-01 00:00:01Z", 1000},
        {"1970-01-01T00:00:00.1Z", 100},
        {"1970-01-01T00:00:00.1239999999999999999Z", 123},
        {"1970-01-01T01:00:00+01:00", 0},
        {"1969-12-31T23:30:00-00:30", 0},
        {"2000-02-29T12:00:00Z", 951825600000},
        {"2016-12-31T23:59:60Z", 1483228800000},
        {"1969-12-31T23:59:59.999Z", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        wamp_ms ms;
        assert_true(time_read(str_z(rows[i].text), &ms));
        assert_int_equal(ms, rows[i].expected);
    }
}

TEST(what_is_no_time_is_refused)
{
    static const char *const rows[] = {
        "",
        "1970",
        "1970-01-01",
        "1970-01-01T00:00:00",
        "1970-01-01T00:00Z",
        "1970-1-01T00:00:00Z",
        "1970-00-01T00:00:00Z",
        "1970-13-01T00:00:00Z",
        "1970-01-00T00:00:00Z",
        "1970-01-32T00:00:00Z",
        "1970-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "1970-04-31T00:00:00Z",
        "1970-01-01T24:00:00Z",
        "1970-01-01T00:60:00Z",
        "1970-01-01T00:00:61Z",
        "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00+1:00",
        "1970-01-01T00:00:00+24:00",
        "1970-01-01T00:00:00+0100",
        "1970-01-01T00:00:00Z ",
        "1970-01-01T00:00:00ZZ",
        "+970-01-01T00:00:00Z",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        wamp_ms ms;
        if (time_read(str_z(rows[i]), &ms))
            fail_msg("\"%s\" was read as a time", rows[i]);
    }
    wamp_ms ms;
    assert_false(time_read(STR("1970-01-01\0" "00:00:00Z"), &ms));
}

/* Every prefix of a time, each in a block of its own so that a sanitizer sees a read behind its end. */
TEST(reading_stops_at_the_end_of_the_text)
{
    static const char whole[] = "2026-06-14T18:41:56.123+01:00";
    for (size_t len = 0; len < sizeof whole; len++) {
        char *text = malloc(len + 1);
        wamp_ms ms;
        memcpy(text, whole, len);
        assert_int_equal(time_read(str_of(text, len), &ms), len == sizeof whole - 1);
        free(text);
    }
}

RUN_TESTS(cmocka_unit_test(times_are_written_in_utc_with_milliseconds),
          cmocka_unit_test(times_out_of_range_are_written_as_the_nearest),
          cmocka_unit_test(every_day_of_four_centuries_agrees_with_the_c_library),
          cmocka_unit_test(times_are_read_as_rfc_3339_allows), cmocka_unit_test(what_is_no_time_is_refused),
          cmocka_unit_test(reading_stops_at_the_end_of_the_text))
