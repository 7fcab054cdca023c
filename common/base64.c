#include "common/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Digit + 1, or 0 for what is no digit. */
static const uint8_t digits[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,  ['I'] = 9,  ['J'] = 10,
    ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20,
    ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30,
    ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50,
    ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60,
    ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64};

static uint32_t digit(char c)
{
    return (uint32_t)digits[(uint8_t)c] - 1;
}

static size_t padding(struct str text)
{
    size_t n = 0;
    while (n < 2 && n < text.len && text.ptr[text.len - 1 - n] == '=')
        n++;
    return n;
}

bool wamp_base64_ok(struct str text)
{
    if (text.len % 4)
        return false;
    size_t count = text.len - padding(text);
    for (size_t i = 0; i < count; i++)
        if (!digits[(uint8_t)text.ptr[i]])
            return false;
    return true;
}

size_t wamp_base64_decoded_len(struct str text)
{
    return text.len / 4 * 3 - padding(text);
}

void wamp_base64_decode(struct str text, char *out)
{
    size_t left = wamp_base64_decoded_len(text);
    for (size_t i = 0; i < text.len; i += 4) {
        uint32_t group = 0;
        for (size_t k = 0; k < 4; k++)
            group = group << 6 | (text.ptr[i + k] == '=' ? 0 : digit(text.ptr[i + k]));
        for (int shift = 16; shift >= 0 && left; shift -= 8, left--)
            *out++ = (char)(group >> shift);
    }
}

void wamp_base64_encode(struct wamp_buf *out, struct str octets)
{
    const uint8_t *p = (const uint8_t *)octets.ptr;
    char *to = wamp_buf_room(out, (octets.len + 2) / 3 * 4);
    if (!to)
        return;
    for (size_t i = 0; i < octets.len; i += 3) {
        size_t left = octets.len - i;
        uint32_t group = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (left > 2 ? p[i + 2] : 0);
        *to++ = alphabet[group >> 18];
        *to++ = alphabet[group >> 12 & 63];
        *to++ = left > 1 ? alphabet[group >> 6 & 63] : '=';
        *to++ = left > 2 ? alphabet[group & 63] : '=';
    }
    out->len += (octets.len + 2) / 3 * 4;
}
