#include "tests/script/words.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

bool script_refuse(struct script_error *why, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(why->text, sizeof why->text, fmt, args);
    va_end(args);
    return false;
}

struct str word_take(struct str *line)
{
    while (line->len && isspace((unsigned char)line->ptr[0]))
        *line = str_from(*line, 1);
    size_t len = 0;
    if (line->len && line->ptr[0] == '#')
        *line = str_from(*line, line->len);
    while (len < line->len && !isspace((unsigned char)line->ptr[len]))
        len++;
    struct str word = str_of(line->ptr, len);
    *line = str_from(*line, len);
    return word;
}

bool word_split(struct str word, char at, struct str *before, struct str *after)
{
    const char *found = word.len ? memchr(word.ptr, at, word.len) : NULL;
    *before = word;
    *after = str_of("", 0);
    if (!found)
        return false;
    *before = str_of(word.ptr, (size_t)(found - word.ptr));
    *after = str_from(word, before->len + 1);
    return true;
}

bool word_is(struct str word, const char *text)
{
    return str_eq(word, str_z(text));
}

bool word_uint(struct str word, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < word.len; i++) {
        if (!isdigit((unsigned char)word.ptr[i]) || *out > UINT64_MAX / 10 - 1)
            return false;
        *out = *out * 10 + (uint64_t)(word.ptr[i] - '0');
    }
    return word.len > 0;
}

bool word_duration(struct str word, wamp_ms *out)
{
    static const struct {
        const char *unit;
        wamp_ms ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}};
    size_t digits = 0;
    while (digits < word.len && isdigit((unsigned char)word.ptr[digits]))
        digits++;
    uint64_t number;
    if (digits > 12 || !word_uint(str_of(word.ptr, digits), &number))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (word_is(str_from(word, digits), units[i].unit)) {
            *out = (wamp_ms)number * units[i].ms;
            return true;
        }
    }
    return false;
}

/* --- octets --------------------------------------------------------------------------------------------- */

static int hex_value(struct str digits)
{
    int value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        int c = tolower((unsigned char)digits.ptr[i]);
        if (!isxdigit(c))
            return -1;
        value = value * 16 + (isdigit(c) ? c - '0' : c - 'a' + 10);
    }
    return value;
}

static size_t put_utf8(char *to, unsigned c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    to[0] = (char)(0xe0 | c >> 12);
    to[1] = (char)(0x80 | (c >> 6 & 0x3f));
    to[2] = (char)(0x80 | (c & 0x3f));
    return 3;
}

/* One escape, after its backslash. Returns the octets it took; 0: it is none. */
static size_t put_escape(struct str in, char *to, size_t *len)
{
    static const char plain[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    char c = in.len ? in.ptr[0] : '\0';
    const char *found = c ? strchr(plain, c) : NULL;
    if (found) {
        to[(*len)++] = means[found - plain];
        return 1;
    }
    size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : 0;
    int value = digits && in.len > digits ? hex_value(str_of(in.ptr + 1, digits)) : -1;
    if (value < 0)
        return 0;
    if (digits == 2)
        to[(*len)++] = (char)value;
    else
        *len += put_utf8(to + *len, (unsigned)value);
    return 1 + digits;
}

bool word_octets(struct str quoted, struct wamp_arena *arena, struct str *out)
{
    if (quoted.len < 2 || quoted.ptr[0] != '"' || quoted.ptr[quoted.len - 1] != '"')
        return false;
    struct str in = str_of(quoted.ptr + 1, quoted.len - 2);
    char *to = wamp_arena_alloc(arena, in.len + 1);
    size_t len = 0;
    for (size_t i = 0; to && i < in.len; i++) {
        if (in.ptr[i] != '\\') {
            to[len++] = in.ptr[i];
            continue;
        }
        size_t taken = put_escape(str_from(in, i + 1), to, &len);
        if (taken == 0)
            return false;
        i += taken;
    }
    *out = str_of(to, len);
    return to != NULL;
}
