#include "realms/timefmt.h"

#include <stdio.h>

/* Days since 1970 of a date of the proleptic Gregorian calendar, and back; years begin in March, so that the leap
 * day comes last. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (int64_t)(month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void date_of(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    days += 719468;
    int64_t era = days / 146097, of_era = days % 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = (unsigned)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (unsigned)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

void time_write(wamp_ms unix_ms, char out[TIME_TEXT])
{
    const wamp_ms last = 253402300799999;  /* 9999-12-31T23:59:59.999Z */
    unix_ms = unix_ms < 0 ? 0 : unix_ms > last ? last : unix_ms;
    int64_t year, ms = unix_ms % 86400000;
    unsigned month, day;
    date_of(unix_ms / 86400000, &year, &month, &day);
    snprintf(out, TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)year % 10000, month % 100, day % 100,
             (unsigned)(ms / 3600000) % 100, (unsigned)(ms / 60000 % 60), (unsigned)(ms / 1000 % 60),
             (unsigned)(ms % 1000));
}

/* Takes `count` digits off *s. */
static bool digits(struct str *s, size_t count, unsigned *out)
{
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        if (i >= s->len || s->ptr[i] < '0' || s->ptr[i] > '9')
            return false;
        *out = *out * 10 + (unsigned)(s->ptr[i] - '0');
    }
    *s = str_from(*s, count);
    return true;
}

static bool skip(struct str *s, const char *any_of)
{
    if (!s->len || !s->ptr[0] || !strchr(any_of, s->ptr[0]))
        return false;
    *s = str_from(*s, 1);
    return true;
}

/* Digits beyond the third are cut. */
static bool fraction(struct str *s, unsigned *ms)
{
    *ms = 0;
    if (!skip(s, "."))
        return true;
    size_t count = 0;
    for (unsigned weight = 100; s->len && s->ptr[0] >= '0' && s->ptr[0] <= '9'; weight /= 10, count++) {
        *ms += weight * (unsigned)(s->ptr[0] - '0');
        *s = str_from(*s, 1);
    }
    return count > 0;
}

static bool read_date(struct str *s, int64_t *days)
{
    unsigned year, month, day;
    if (!digits(s, 4, &year) || !skip(s, "-") || !digits(s, 2, &month) || !skip(s, "-") || !digits(s, 2, &day) ||
        month < 1 || month > 12)
        return false;
    int64_t first = days_of(year, month, 1);
    int64_t next = month < 12 ? days_of(year, month + 1, 1) : days_of(year + 1, 1, 1);
    *days = first + day - 1;
    return day >= 1 && *days < next;
}

/* A leap second, 60, counts as the second after it. */
static bool read_clock(struct str *s, int64_t *ms)
{
    unsigned hour, minute, second, rest;
    if (!digits(s, 2, &hour) || !skip(s, ":") || !digits(s, 2, &minute) || !skip(s, ":") || !digits(s, 2, &second) ||
        !fraction(s, &rest))
        return false;
    *ms = (hour * 3600 + minute * 60 + second) * INT64_C(1000) + rest;
    return hour <= 23 && minute <= 59 && second <= 60;
}

static bool read_offset(struct str *s, int64_t *ms)
{
    unsigned hour, minute;
    *ms = 0;
    if (skip(s, "Zz"))
        return true;
    int sign = s->len && s->ptr[0] == '-' ? -1 : 1;
    if (!skip(s, "+-") || !digits(s, 2, &hour) || !skip(s, ":") || !digits(s, 2, &minute))
        return false;
    *ms = sign * (int64_t)(hour * 60 + minute) * 60000;
    return hour <= 23 && minute <= 59;
}

bool time_read(struct str s, wamp_ms *unix_ms)
{
    int64_t days, clock, shift;
    if (!read_date(&s, &days) || !skip(&s, "Tt ") || !read_clock(&s, &clock) || !read_offset(&s, &shift) || s.len)
        return false;
    *unix_ms = days * 86400000 + clock - shift;
    return true;
}
