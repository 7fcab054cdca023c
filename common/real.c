/* The hard part, correct rounding, is libc's: strtod and printf are exact. What depends on the locale is the point
 * alone: so strtod is given digits and an exponent without one, and of what printf writes the digits are taken. */
#include "common/real.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* --- reading ------------------------------------------------------------------------------------------------- */

enum {
    DIGITS_MAX = 800,               /* two neighbouring doubles are told apart by 767 digits at most */
    EXPONENT_MAX = 1000 * 1000 * 1000,  /* far more than a message has digits to make up for it */
};

/* digits * 10^exponent */
struct decimal {
    bool negative;
    size_t count;
    int64_t exponent;
    char digits[DIGITS_MAX + 24];  /* without leading zeros; room for one more and an exponent */
};

/* A digit behind the last one that is kept counts only by its place, and by not being zero. */
static void take_mantissa(struct decimal *d, struct str number)
{
    bool fraction = false, more = false;
    for (size_t i = 0; i < number.len; i++) {
        char c = number.ptr[i];
        if (c == '.') {
            fraction = true;
        } else if (d->count == DIGITS_MAX) {
            more |= c != '0';
            d->exponent += !fraction;
        } else {
            d->exponent -= fraction;
            if (d->count || c != '0')
                d->digits[d->count++] = c;
        }
    }
    if (more) {
        d->digits[d->count++] = '1';
        d->exponent--;
    }
}

static int64_t read_exponent(struct str text)
{
    int64_t exponent = 0;
    for (size_t i = 0; i < text.len; i++)
        if (is_digit(text.ptr[i]) && exponent < EXPONENT_MAX)
            exponent = exponent * 10 + (text.ptr[i] - '0');
    return text.len && text.ptr[0] == '-' ? -exponent : exponent;
}

/* sign, mantissa, exponent */
static void take_number(struct decimal *d, struct str number)
{
    size_t at = 0;
    d->negative = number.len && number.ptr[0] == '-';
    d->exponent = 0;
    d->count = 0;
    number = str_from(number, d->negative);
    while (at < number.len && (number.ptr[at] | 0x20) != 'e')
        at++;
    take_mantissa(d, str_of(number.ptr, at));
    if (at < number.len)
        d->exponent += read_exponent(str_from(number, at + 1));
}

/* A mantissa up to 2^53 and a power of ten up to 22 are exact as doubles: what they make is rounded just once. */
static bool read_exact(const struct decimal *d, double *out)
{
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    uint64_t mantissa = 0;
    if (d->count > 16 || d->exponent < -22 || d->exponent > 22)
        return false;
    for (size_t i = 0; i < d->count; i++)
        mantissa = mantissa * 10 + (uint64_t)(d->digits[i] - '0');
    if (mantissa > UINT64_C(1) << 53)
        return false;
    *out = d->exponent < 0 ? (double)mantissa / tens[-d->exponent] : (double)mantissa * tens[d->exponent];
    return true;
}

double wamp_real_read(struct str number)
{
    struct decimal d;
    double real = 0;
    take_number(&d, number);
    if (d.count && !read_exact(&d, &real)) {
        snprintf(d.digits + d.count, sizeof d.digits - d.count, "e%" PRId64, d.exponent);
        real = strtod(d.digits, NULL);
    }
    return d.negative ? -real : real;
}

/* --- writing ------------------------------------------------------------------------------------------------- */

enum { SHORTEST_ENOUGH = 15, LONGEST_NEEDED = 17 };  /* digits that a normal double keeps; that keep a double */

/* 0.DIGITS * 10^point */
struct digits {
    char text[LONGEST_NEEDED];
    int count;
    int point;
};

/* Of "d.ddde+dd", whatever the point looks like. */
static void take_digits(struct digits *d, const char *text)
{
    d->count = 0;
    for (; *text != 'e'; text++)
        if (is_digit(*text))
            d->text[d->count++] = *text;
    while (d->count > 1 && d->text[d->count - 1] == '0')
        d->count--;
    d->point = atoi(text + 1) + 1;
}

/* `value` is not negative. */
static void find_shortest(struct digits *d, double value)
{
    char text[48];
    int precision = value < DBL_MIN ? 1 : SHORTEST_ENOUGH;  /* subnormal ones keep fewer digits */
    do
        snprintf(text, sizeof text, "%.*e", precision - 1, value);
    while (strtod(text, NULL) != value && precision++ < LONGEST_NEEDED);
    take_digits(d, text);
}

static char *put(char *to, const char *text, int count)
{
    memcpy(to, text, (size_t)count);
    return to + count;
}

static char *put_zeros(char *to, int count)
{
    memset(to, '0', (size_t)count);
    return to + count;
}

/* 0.00123, 12.3, 12300.0 */
static char *put_plain(char *to, const struct digits *d)
{
    int whole = d->point <= 0 ? 0 : d->point < d->count ? d->point : d->count;
    to = whole ? put(to, d->text, whole) : put_zeros(to, 1);
    to = put_zeros(to, d->point > whole ? d->point - whole : 0);
    *to++ = '.';
    to = put_zeros(to, d->point < 0 ? -d->point : 0);
    return whole < d->count ? put(to, d->text + whole, d->count - whole) : put_zeros(to, 1);
}

/* 1.23e-7, 1e22 */
static char *put_scientific(char *to, const struct digits *d)
{
    to = put(to, d->text, 1);
    if (d->count > 1) {
        *to++ = '.';
        to = put(to, d->text + 1, d->count - 1);
    }
    return to + snprintf(to, sizeof "e-308", "e%d", d->point - 1);
}

size_t wamp_real_write(double value, char out[WAMP_REAL_TEXT_MAX])
{
    struct digits d;
    char *to = out;
    find_shortest(&d, fabs(value));
    if (signbit(value))
        *to++ = '-';
    to = d.point > -4 && d.point <= 16 ? put_plain(to, &d) : put_scientific(to, &d);
    return (size_t)(to - out);
}
