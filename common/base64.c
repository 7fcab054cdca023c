#include "common/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* What a character stands for, plus one; 0 for what is not in the alphabet. */
static const uint8_t digits[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

/* --- reading ------------------------------------------------------------------------------------------------- */

static size_t padding(struct str text)
{
    size_t n = 0;
    while (n < 2 && n < text.len && text.ptr[text.len - 1 - n] == '=')
        n++;
    return n;
}

bool wamp_base64_ok(struct str text)
{
    size_t len = text.len - padding(text);
    bool ok = text.len % 4 == 0;
    for (size_t i = 0; i < len; i++)
        ok &= digits[(uint8_t)text.ptr[i]] != 0;
    return ok;
}

size_t wamp_base64_decoded_len(struct str text)
{
    return text.len / 4 * 3 - padding(text);
}

static uint32_t digit(char c)
{
    return digits[(uint8_t)c] - 1u;
}

void wamp_base64_decode(struct str text, char *out)
{
    size_t pad = padding(text), whole = text.len - (pad ? 4 : 0);
    const char *p = text.ptr;
    for (size_t i = 0; i < whole; i += 4, p += 4, out += 3) {
        uint32_t group = digit(p[0]) << 18 | digit(p[1]) << 12 | digit(p[2]) << 6 | digit(p[3]);
        out[0] = (char)(group >> 16);
        out[1] = (char)(group >> 8);
        out[2] = (char)group;
    }
    if (pad)
        out[0] = (char)(digit(p[0]) << 2 | digit(p[1]) >> 4);
    if (pad == 1)
        out[1] = (char)(digit(p[1]) << 4 | digit(p[2]) >> 2);
}

/* --- writing ------------------------------------------------------------------------------------------------- */

static void encode_group(char to[4], uint32_t group)
{
    to[0] = alphabet[group >> 18];
    to[1] = alphabet[group >> 12 & 63];
    to[2] = alphabet[group >> 6 & 63];
    to[3] = alphabet[group & 63];
}

void wamp_base64_encode(struct wamp_buf *out, struct str octets)
{
    const uint8_t *p = (const uint8_t *)octets.ptr;
    size_t left = octets.len, len = octets.len / 3 * 4 + (octets.len % 3 ? 4 : 0);
    char *to = wamp_buf_room(out, len);
    if (!to)
        return;
    out->len += len;
    for (; left >= 3; left -= 3, p += 3, to += 4)
        encode_group(to, (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2]);
    if (!left)
        return;
    encode_group(to, (uint32_t)p[0] << 16 | (left == 2 ? (uint32_t)p[1] << 8 : 0));
    to[3] = '=';
    if (left == 1)
        to[2] = '=';
}
