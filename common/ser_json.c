/* JSON (RFC 8259), passed over octet by octet without a tree: the hot path of the router.
 *
 * What a message is made of is validated once, here; payloads are then forwarded as they came. A string value that begins
 * with \u0000 and goes on in base64 is octets, not text. spec: B-047, T-54, R-21 */
#include "common/base64.h"
#include "common/ser_impl.h"
#include "common/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

static inline const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* --- strings ------------------------------------------------------------------------------------------------------------ */

/* The first octet from p on that is a quote, a backslash, a control character, or not ASCII. */
static inline const char *skip_plain(const char *p, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');
    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        /* Signed: what is below a space is a control character or not ASCII. */
        __m128i odd = _mm_or_si128(_mm_cmplt_epi8(v, space), _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash)));
        int mask = _mm_movemask_epi8(odd);
        if (mask)
            return p + __builtin_ctz((unsigned)mask);
    }
#endif
    while (p < end && (signed char)*p >= ' ' && *p != '"' && *p != '\\')
        p++;
    return p;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits at p, or -1. */
static int32_t code_unit(const char *p, const char *end)
{
    int32_t unit = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

/* The escape whose backslash is at *pp; the character it stands for, or -1 with *err. Surrogates come in pairs. */
static int32_t read_escape(const char **pp, const char *end, enum wamp_err *err)
{
    static const char plain[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    const char *p = *pp + 1;
    *err = end - p < 1 || (*p == 'u' && end - p < 5) ? WAMP_ERR_TRUNCATED : WAMP_ERR_SYNTAX;
    if (p == end)
        return -1;
    if (*p != 'u') {
        const char *at = *p ? strchr(plain, *p) : NULL;
        *pp = p + 1;
        return at ? means[at - plain] : -1;
    }
    int32_t unit = code_unit(p + 1, end);
    *pp = p + 5;
    if (unit < 0xd800 || unit > 0xdfff)
        return unit;
    *err = WAMP_ERR_UTF8;
    if (unit > 0xdbff || end - *pp < 6 || (*pp)[0] != '\\' || (*pp)[1] != 'u')
        return -1;
    int32_t low = code_unit(*pp + 2, end);
    *pp += 6;
    return low >= 0xdc00 && low <= 0xdfff ? 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00) : -1;
}

struct string {
    struct str text;  /* between the quotes */
    bool escaped;
};

/* The string whose quote is at *pp. */
static enum wamp_err scan_string(const char **pp, const char *end, struct string *out)
{
    const char *start = *pp + 1, *p = start;
    bool ascii = true;
    enum wamp_err err;
    out->escaped = false;
    for (;;) {
        p = skip_plain(p, end);
        if (p == end)
            return WAMP_ERR_TRUNCATED;
        if (*p == '"')
            break;
        if (*p == '\\') {
            out->escaped = true;
            if (read_escape(&p, end, &err) < 0)
                return err;
        } else if ((unsigned char)*p < ' ') {
            return WAMP_ERR_SYNTAX;
        } else {
            ascii = false;
            while (p < end && (signed char)*p < 0)
                p++;
        }
    }
    out->text = str_of(start, (size_t)(p - start));
    *pp = p + 1;
    return ascii || wamp_utf8_ok(out->text) ? WAMP_ERR_NONE : WAMP_ERR_UTF8;
}

static size_t put_utf8(char out[4], int32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((0xf00 >> len) | c);
    return len;
}

/* The next piece of a string that was validated: a run without escapes, or one character into `scratch`. */
static struct str next_piece(struct str *rest, char scratch[4])
{
    const char *p = rest->ptr, *end = p + rest->len;
    enum wamp_err err;
    struct str piece;
    if (*p == '\\') {
        piece = str_of(scratch, put_utf8(scratch, read_escape(&p, end, &err)));
    } else {
        const char *stop = memchr(p, '\\', rest->len);
        piece = str_of(p, (size_t)((stop ? stop : end) - p));
        p += piece.len;
    }
    *rest = str_of(p, (size_t)(end - p));
    return piece;
}

static struct str unescape(struct str text, struct wamp_arena *scratch)
{
    char *out = wamp_arena_alloc(scratch, text.len + 1), one[4];
    size_t len = 0;
    if (!out)
        return (struct str){0};
    while (text.len) {
        struct str piece = next_piece(&text, one);
        memcpy(out + len, piece.ptr, piece.len);
        len += piece.len;
    }
    out[len] = '\0';
    return str_of(out, len);
}

static enum wamp_err json_text(const struct wamp_item *item, struct wamp_arena *scratch, struct str *out)
{
    struct str text = item->escaped ? unescape(item->text, scratch) : item->text;
    if (!text.ptr)
        return WAMP_ERR_NOMEM;
    *out = text;
    if (item->kind == WAMP_STR)
        return WAMP_ERR_NONE;
    char *octets = wamp_arena_alloc(scratch, wamp_base64_decoded_len(text) + 1);
    if (!octets)
        return WAMP_ERR_NOMEM;
    wamp_base64_decode(text, octets);
    *out = str_of(octets, wamp_base64_decoded_len(text));
    return WAMP_ERR_NONE;
}

static bool json_text_is(const struct wamp_item *item, struct str wanted)
{
    struct str rest = item->text;
    char one[4];
    while (rest.len) {
        struct str piece = next_piece(&rest, one);
        if (!str_starts(wanted, piece))
            return false;
        wanted = str_from(wanted, piece.len);
    }
    return wanted.len == 0;
}

/* base64 in which some encoders write a slash as \/ */
static bool is_base64(struct str text, bool escaped)
{
    char group[4], one[4];
    size_t n = 0;
    bool padded = false;
    if (!escaped)
        return wamp_base64_ok(text);
    while (text.len) {
        struct str piece = next_piece(&text, one);
        for (size_t i = 0; i < piece.len; i++) {
            group[n++] = piece.ptr[i];
            if (n < 4)
                continue;
            if (padded || !wamp_base64_ok(str_of(group, 4)))
                return false;
            padded = group[3] == '=';
            n = 0;
        }
    }
    return n == 0;
}

/* A string as a value: octets where it follows the convention, else text. */
static void take_string(const struct string *s, struct wamp_item *out)
{
    out->kind = WAMP_STR;
    out->escaped = s->escaped;
    out->text = s->text;
    if (!s->escaped || !str_starts(s->text, STR("\\u0000")))
        return;
    struct str rest = str_from(s->text, 6);
    bool escaped = rest.len && memchr(rest.ptr, '\\', rest.len);
    if (!is_base64(rest, escaped))
        return;
    out->kind = WAMP_BIN;
    out->escaped = escaped;
    out->text = rest;
}

/* --- numbers ------------------------------------------------------------------------------------------------------------- */

struct number {
    bool negative, real;
    bool overflow;         /* `digits` holds only the first ones */
    uint64_t digits;       /* of the integer part and the fraction */
    int exponent;          /* of ten, the fraction counted in; clamped */
    const char *start;     /* of the mantissa, behind the sign */
    const char *end;       /* and where it ends */
};

enum { EXPONENT_MAX = 100000 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A run of digits at *pp, taken into n; false when there is none. */
static bool take_digits(const char **pp, const char *end, struct number *n)
{
    const char *start = *pp, *p = start;
    for (; p < end && is_digit(*p); p++) {
        uint64_t grown;
        if (n->overflow || __builtin_mul_overflow(n->digits, 10u, &grown) ||
            __builtin_add_overflow(grown, (uint64_t)(*p - '0'), &grown))
            n->overflow = true;
        else
            n->digits = grown;
    }
    *pp = p;
    return p > start;
}

static enum wamp_err missing_digits(const char *p, const char *end)
{
    return p == end ? WAMP_ERR_TRUNCATED : WAMP_ERR_SYNTAX;
}

static enum wamp_err scan_exponent(const char **pp, const char *end, struct number *n)
{
    const char *p = *pp + 1;
    bool negative = p < end && *p == '-';
    int exponent = 0;
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end || !is_digit(*p))
        return missing_digits(p, end);
    for (; p < end && is_digit(*p); p++)
        if (exponent < EXPONENT_MAX)
            exponent = exponent * 10 + (*p - '0');
    n->exponent += negative ? -exponent : exponent;
    *pp = p;
    return WAMP_ERR_NONE;
}

static enum wamp_err scan_number(const char **pp, const char *end, struct number *n)
{
    const char *p = *pp;
    *n = (struct number){.negative = *p == '-'};
    p += n->negative;
    n->start = p;
    if (!take_digits(&p, end, n))
        return missing_digits(p, end);
    if (*n->start == '0' && p - n->start > 1)
        return WAMP_ERR_SYNTAX;
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        n->real = true;
        if (!take_digits(&p, end, n))
            return missing_digits(p, end);
        n->exponent = p - fraction > EXPONENT_MAX ? -EXPONENT_MAX : -(int)(p - fraction);
    }
    *pp = n->end = p;
    if (p == end || (*p != 'e' && *p != 'E'))
        return WAMP_ERR_NONE;
    n->real = true;
    return scan_exponent(pp, end, n);
}

enum { DIGITS_KEPT = 800 };  /* of a number: more cannot change the nearest double but by being there at all */

/* Through strtod, whose point is the locale's: so the number is written without one. */
static double read_real(const struct number *n)
{
    char text[DIGITS_KEPT + 16];
    size_t kept = 0;
    long exponent = n->exponent;
    bool dropped = false;
    for (const char *p = n->start; p < n->end; p++) {
        if (*p == '.' || (kept == 0 && *p == '0'))
            continue;
        if (kept < DIGITS_KEPT) {
            text[kept++] = *p;
        } else {
            dropped |= *p != '0';
            exponent++;
        }
    }
    if (dropped)
        text[kept - 1] |= 1;
    if (!kept)
        return 0;
    snprintf(text + kept, sizeof text - kept, "e%ld", exponent);
    return strtod(text, NULL);
}

/* A mantissa below 2^53 and a power of ten up to 22 are exact doubles, and so is one rounding of them. */
static double real_of(const struct number *n)
{
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    double real;
    if (!n->overflow && n->digits < UINT64_C(1) << 53 && n->exponent >= -22 && n->exponent <= 22)
        real = n->exponent < 0 ? (double)n->digits / tens[-n->exponent] : (double)n->digits * tens[n->exponent];
    else
        real = read_real(n);
    return n->negative ? -real : real;
}

static void take_number(const struct number *n, struct wamp_item *out)
{
    if (n->real) {
        out->kind = WAMP_REAL;
        out->real = real_of(n);
    } else if (n->overflow || (n->negative && n->digits > UINT64_C(1) << 63)) {
        out->kind = WAMP_BIGNUM;
        out->text = out->raw;
    } else if (n->negative && n->digits) {
        out->kind = WAMP_NINT;
        out->nint = (int64_t)(UINT64_C(0) - n->digits);
    } else {
        out->kind = WAMP_UINT;
        out->uint = n->digits;
    }
}

/* --- values ---------------------------------------------------------------------------------------------------------------- */

static enum wamp_err scan_word(const char **pp, const char *end, struct str word)
{
    size_t left = (size_t)(end - *pp), n = left < word.len ? left : word.len;
    if (memcmp(*pp, word.ptr, n))
        return WAMP_ERR_SYNTAX;
    *pp += n;
    return n < word.len ? WAMP_ERR_TRUNCATED : WAMP_ERR_NONE;
}

/* null, true, false */
static enum wamp_err scan_literal(const char **pp, const char *end, struct wamp_item *out)
{
    char first = **pp;
    struct str word = first == 'n' ? STR("null") : first == 't' ? STR("true") : STR("false");
    if (out) {
        out->kind = first == 'n' ? WAMP_NULL : WAMP_BOOL;
        out->boolean = first == 't';
    }
    return scan_word(pp, end, word);
}

static enum wamp_err scan_number_item(const char **pp, const char *end, struct wamp_item *out)
{
    const char *start = *pp;
    struct number n;
    enum wamp_err err = scan_number(pp, end, &n);
    if (!err && out) {
        out->raw = str_of(start, (size_t)(*pp - start));
        take_number(&n, out);
    }
    return err;
}

/* What is no list and no map; out NULL: only judged. */
static enum wamp_err scan_scalar(const char **pp, const char *end, struct wamp_item *out)
{
    struct string s;
    enum wamp_err err;
    switch (**pp) {
    case '"':
        err = scan_string(pp, end, &s);
        if (!err && out)
            take_string(&s, out);
        return err;
    case 'n':
    case 't':
    case 'f':
        return scan_literal(pp, end, out);
    case '-':
    case '0' ... '9':
        return scan_number_item(pp, end, out);
    default:
        return WAMP_ERR_SYNTAX;
    }
}

/* "key" : and the white space around them */
static enum wamp_err scan_key(const char **pp, const char *end)
{
    struct string s;
    *pp = skip_space(*pp, end);
    if (*pp == end)
        return WAMP_ERR_TRUNCATED;
    if (**pp != '"')
        return WAMP_ERR_SYNTAX;
    enum wamp_err err = scan_string(pp, end, &s);
    if (err)
        return err;
    *pp = skip_space(*pp, end);
    if (*pp == end)
        return WAMP_ERR_TRUNCATED;
    return *(*pp)++ == ':' ? WAMP_ERR_NONE : WAMP_ERR_SYNTAX;
}

/* The open lists and maps: one bit a level, the innermost lowest. */
struct levels {
    uint64_t maps;
    unsigned depth;
};

static bool in_map(const struct levels *l)
{
    return l->maps & 1;
}

/* The bracket at *pp opens a level. *empty: and closes it again. */
static enum wamp_err open_level(const char **pp, const char *end, struct levels *l, bool *empty)
{
    if (l->depth == WAMP_DEPTH_MAX)
        return WAMP_ERR_DEPTH;
    l->maps = l->maps << 1 | (**pp == '{');
    l->depth++;
    *pp = skip_space(*pp + 1, end);
    *empty = *pp < end && **pp == (in_map(l) ? '}' : ']');
    if (*empty || !in_map(l))
        return WAMP_ERR_NONE;
    return scan_key(pp, end);
}

/* Behind a value: a comma and what comes before the next one, or brackets that close levels down to `base`; *done then. */
static enum wamp_err after_value(const char **pp, const char *end, struct levels *l, unsigned base, uint32_t *count, bool *done)
{
    for (;;) {
        *count += l->depth == base + 1;
        *pp = skip_space(*pp, end);
        if (*pp == end)
            return WAMP_ERR_TRUNCATED;
        char c = *(*pp)++;
        if (c == ',')
            return in_map(l) ? scan_key(pp, end) : WAMP_ERR_NONE;
        if (c != (in_map(l) ? '}' : ']'))
            return WAMP_ERR_SYNTAX;
        l->maps >>= 1;
        *done = --l->depth == base;
        if (*done)
            return WAMP_ERR_NONE;
    }
}

/* The list or map at *pp, with `base` levels open around it. */
static enum wamp_err scan_nested(const char **pp, const char *end, unsigned base, uint32_t *count)
{
    struct levels l = {.depth = base};
    bool done = false;
    enum wamp_err err;
    *count = 0;
    while (!done) {
        bool empty = false;
        *pp = skip_space(*pp, end);
        if (*pp == end)
            return WAMP_ERR_TRUNCATED;
        if (**pp == '[' || **pp == '{') {
            err = open_level(pp, end, &l, &empty);
            if (err)
                return err;
            if (!empty)
                continue;
            ++*pp;
            l.maps >>= 1;
            done = --l.depth == base;
        } else {
            err = scan_scalar(pp, end, NULL);
            if (err)
                return err;
        }
        if (!done) {
            err = after_value(pp, end, &l, base, count, &done);
            if (err)
                return err;
        }
    }
    return WAMP_ERR_NONE;
}

/* The value at *pp, white space before it passed over. */
static enum wamp_err scan_value(const char **pp, const char *end, unsigned base, struct wamp_item *out)
{
    enum wamp_err err;
    *pp = skip_space(*pp, end);
    if (*pp == end)
        return WAMP_ERR_TRUNCATED;
    const char *start = *pp;
    out->escaped = false;
    out->count = 0;
    if (*start == '[' || *start == '{') {
        out->kind = *start == '[' ? WAMP_LIST : WAMP_MAP;
        err = scan_nested(pp, end, base, &out->count);
    } else {
        err = scan_scalar(pp, end, out);
    }
    out->raw = str_of(start, (size_t)(*pp - start));
    return err;
}

static enum wamp_err json_value(struct str octets, struct wamp_item *out, size_t *used)
{
    const char *p = octets.ptr, *end = p + octets.len;
    enum wamp_err err = scan_value(&p, end, 0, out);
    if (!err)
        *used = (size_t)(skip_space(p, end) - octets.ptr);
    return err;
}

static enum wamp_err json_split(struct str message, struct wamp_item items[WAMP_SPLIT_MAX], unsigned *count)
{
    struct wamp_item spare;
    const char *end = message.ptr + message.len, *p = skip_space(message.ptr, end);
    *count = 0;
    if (p == end)
        return WAMP_ERR_TRUNCATED;
    if (*p != '[') {
        enum wamp_err err = json_value(message, &spare, &(size_t){0});
        return err ? err : WAMP_ERR_TYPE;
    }
    p = skip_space(p + 1, end);
    bool more = !(p < end && *p == ']');
    p += !more;
    while (more) {
        enum wamp_err err = scan_value(&p, end, 1, *count < WAMP_SPLIT_MAX ? &items[*count] : &spare);
        if (err)
            return err;
        ++*count;
        p = skip_space(p, end);
        if (p == end)
            return WAMP_ERR_TRUNCATED;
        more = *p == ',';
        if (!more && *p != ']')
            return WAMP_ERR_SYNTAX;
        p++;
    }
    return skip_space(p, end) == end ? WAMP_ERR_NONE : WAMP_ERR_TRAILING;
}

static void json_enter(const struct wamp_item *container, struct wamp_iter *it)
{
    it->p = container->raw.ptr + 1;
    it->end = container->raw.ptr + container->raw.len - 1;
}

static bool json_next(struct wamp_iter *it, struct wamp_item *out)
{
    it->p = skip_space(it->p, it->end);
    if (it->p < it->end && (*it->p == ',' || *it->p == ':'))
        it->p++;
    if (scan_value(&it->p, it->end, 0, out))
        return false;
    it->p = skip_space(it->p, it->end);
    if (out->kind == WAMP_BIN && it->p < it->end && *it->p == ':') {  /* a key is always text */
        out->kind = WAMP_STR;
        out->escaped = true;
        out->text = str_of(out->raw.ptr + 1, out->raw.len - 2);
    }
    return true;
}

/* --- writing ------------------------------------------------------------------------------------------------------------------ */

/* Room for a value of `len` octets, the comma before it written. */
static char *begin_value(struct wamp_wr *w, size_t len)
{
    char *to = wamp_buf_room(w->out, len + 1);
    if (to && w->comma) {
        *to++ = ',';
        w->out->len++;
    }
    w->comma = true;
    return to;
}

static void add_value(struct wamp_wr *w, struct str octets)
{
    char *to = begin_value(w, octets.len);
    if (to && octets.len) {
        memcpy(to, octets.ptr, octets.len);
        w->out->len += octets.len;
    }
}

static void open_bracket(struct wamp_wr *w, struct str bracket)
{
    add_value(w, bracket);
    w->comma = false;
}

static void json_wr_list(struct wamp_wr *w, uint32_t count)
{
    (void)count;
    open_bracket(w, STR("["));
}

static void json_wr_list_end(struct wamp_wr *w)
{
    wamp_buf_add_char(w->out, ']');
    w->comma = true;
}

static void json_wr_map(struct wamp_wr *w, uint32_t count)
{
    (void)count;
    open_bracket(w, STR("{"));
}

static void json_wr_map_end(struct wamp_wr *w)
{
    wamp_buf_add_char(w->out, '}');
    w->comma = true;
}

static void json_wr_null(struct wamp_wr *w)
{
    add_value(w, STR("null"));
}

static void json_wr_bool(struct wamp_wr *w, bool value)
{
    add_value(w, value ? STR("true") : STR("false"));
}

static void write_integer(struct wamp_wr *w, uint64_t magnitude, bool negative)
{
    char text[21], *p = text + sizeof text;
    do
        *--p = (char)('0' + magnitude % 10);
    while (magnitude /= 10);
    if (negative)
        *--p = '-';
    add_value(w, str_of(p, (size_t)(text + sizeof text - p)));
}

static void json_wr_uint(struct wamp_wr *w, uint64_t value)
{
    write_integer(w, value, false);
}

static void json_wr_int(struct wamp_wr *w, int64_t value)
{
    write_integer(w, value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value, value < 0);
}

/* The shortest digits that read back as the same double, always recognisable as one. */
static void json_wr_real(struct wamp_wr *w, double value)
{
    char text[40];
    int len = 0;
    if (value != value || value - value != 0) {
        json_wr_null(w);
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        len = snprintf(text, sizeof text, "%.*g", precision, value);
        if (strtod(text, NULL) == value)
            break;
    }
    bool is_real = false;
    for (int i = 0; i < len; i++) {
        bool point = !is_digit(text[i]) && !strchr("+-e", text[i]);
        if (point)
            text[i] = '.';  /* whatever the locale says */
        is_real |= point || text[i] == 'e';
    }
    if (!is_real) {
        text[len++] = '.';
        text[len++] = '0';
    }
    add_value(w, str_of(text, (size_t)len));
}

static void add_escape(struct wamp_buf *out, unsigned char c)
{
    static const char shorts[32] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    char text[6] = {'\\', 'u', '0', '0', (char)('0' + (c >> 4)), "0123456789abcdef"[c & 15]};
    bool brief = c >= 32 || shorts[c];
    if (brief)
        text[1] = c >= 32 ? (char)c : shorts[c];
    wamp_buf_add(out, text, brief ? 2 : 6);
}

static void add_quoted(struct wamp_buf *out, struct str text)
{
    const char *p = text.ptr, *end = p + text.len;
    wamp_buf_add_char(out, '"');
    while (p < end) {
        const char *stop = p;
        while (stop < end && ((signed char)*stop >= ' ' || (signed char)*stop < 0) && *stop != '"' && *stop != '\\')
            stop++;
        wamp_buf_add(out, p, (size_t)(stop - p));
        if (stop < end)
            add_escape(out, (unsigned char)*stop++);
        p = stop;
    }
    wamp_buf_add_char(out, '"');
}

static void json_wr_str(struct wamp_wr *w, struct str text)
{
    begin_value(w, text.len + 2);
    add_quoted(w->out, text);
}

static void json_wr_key(struct wamp_wr *w, struct str key)
{
    json_wr_str(w, key);
    wamp_buf_add_char(w->out, ':');
    w->comma = false;
}

static void json_wr_bin(struct wamp_wr *w, struct str octets)
{
    begin_value(w, 8);
    wamp_buf_add_str(w->out, STR("\"\\u0000"));
    wamp_base64_encode(w->out, octets);
    wamp_buf_add_char(w->out, '"');
}

const struct wamp_ser_ops wamp_json_ops = {
    .name = "json",
    .subprotocol = "wamp.2.json",
    .is_text = true,
    .split = json_split,
    .value = json_value,
    .enter = json_enter,
    .next = json_next,
    .text = json_text,
    .text_is = json_text_is,
    .wr_list = json_wr_list,
    .wr_list_end = json_wr_list_end,
    .wr_map = json_wr_map,
    .wr_map_end = json_wr_map_end,
    .wr_key = json_wr_key,
    .wr_null = json_wr_null,
    .wr_bool = json_wr_bool,
    .wr_uint = json_wr_uint,
    .wr_int = json_wr_int,
    .wr_real = json_wr_real,
    .wr_str = json_wr_str,
    .wr_bin = json_wr_bin,
    .wr_raw = add_value,
};
