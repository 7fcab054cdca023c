/* JSON (RFC 8259), passed over octet by octet without a tree: the hot path of the router.
 *
 * A message is validated once, in one pass; its payload is then forwarded as it came. A scan_ function takes the
 * place it begins at and returns the place behind what it has read, or NULL with the reason in the reader. An item
 * that it is given is filled in; with NULL for it the value is only passed over. A take_ function makes an item of
 * octets that were scanned.
 *
 * A string value that begins with \u0000 and goes on in base64 is octets; if it goes on otherwise it is text. "-0"
 * is the integer 0: it has neither fraction nor exponent, and integers have one zero. A number with one of these
 * is a double, 1.0 as much as 1e999, which is infinite; its octets stay as they came. spec: B-047, T-54, R-21 */
#include "common/base64.h"
#include "common/real.h"
#include "common/ser_impl.h"
#include "common/utf8.h"

#include <math.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* For what is there twice: once for elements, which become items, once for what lies deeper, which does not. */
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NEVER_INLINE __attribute__((noinline))  /* what is rare, and would cost what is not */

struct reader {
    const char *end;
    enum wamp_err err;
    bool escaped;  /* the string read last has backslashes in it */
};

static const char *fail(struct reader *r, enum wamp_err err)
{
    r->err = err;
    return NULL;
}

static inline bool is_space(char c)
{
    return (unsigned char)c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t');
}

static inline const char *skip_space(const char *p, const char *end)
{
    while (p < end && is_space(*p))
        p++;
    return p;
}

/* Passes white space; there has to be something behind it. */
static inline const char *next_token(struct reader *r, const char *p)
{
    for (; p < r->end; p++)
        if (!is_space(*p))
            return p;
    return fail(r, WAMP_ERR_TRUNCATED);
}

/* What is cut off is TRUNCATED, what is different `mismatch`. */
static const char *scan_word(struct reader *r, const char *p, struct str word, enum wamp_err mismatch)
{
    size_t left = (size_t)(r->end - p), len = left < word.len ? left : word.len;
    if (memcmp(p, word.ptr, len))
        return fail(r, mismatch);
    return len < word.len ? fail(r, WAMP_ERR_TRUNCATED) : p + len;
}

/* --- strings ------------------------------------------------------------------------------------------------- */

static inline bool is_plain(char c)
{
    return (unsigned char)c >= ' ' && c != '"' && c != '\\';
}

/* The first quote, backslash or control character from p on. *high is not 0 if what it passed is not all ASCII. */
static inline const char *skip_plain(const char *p, const char *end, unsigned *high)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1f);
    __m128i passed = _mm_setzero_si128();
    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i special = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash));
        special = _mm_or_si128(special, _mm_cmpeq_epi8(_mm_max_epu8(v, control), control));
        unsigned stops = (unsigned)_mm_movemask_epi8(special);
        if (stops) {
            unsigned before = (stops - 1) & ~stops;
            *high |= (unsigned)_mm_movemask_epi8(passed) | ((unsigned)_mm_movemask_epi8(v) & before);
            return p + __builtin_ctz(stops);
        }
        passed = _mm_or_si128(passed, v);
    }
    *high |= (unsigned)_mm_movemask_epi8(passed);
#endif
    for (; p < end && is_plain(*p); p++)
        *high |= *p & 0x80;
    return p;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hexadecimal digits. */
static const char *read_unit(struct reader *r, const char *p, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++, p++) {
        if (p == r->end)
            return fail(r, WAMP_ERR_TRUNCATED);
        int digit = hex_digit(*p);
        if (digit < 0)
            return fail(r, WAMP_ERR_SYNTAX);
        *unit = *unit << 4 | (uint32_t)digit;
    }
    return p;
}

static bool is_surrogate(uint32_t unit)
{
    return unit >= 0xd800 && unit <= 0xdfff;
}

static bool is_low_surrogate(uint32_t unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

/* What follows \u: a character, or half of one, which the other half must follow. */
static const char *read_character(struct reader *r, const char *p, uint32_t *character)
{
    uint32_t low = 0;
    p = read_unit(r, p, character);
    if (!p || !is_surrogate(*character))
        return p;
    if (is_low_surrogate(*character))
        return fail(r, WAMP_ERR_UTF8);
    p = scan_word(r, p, STR("\\u"), WAMP_ERR_UTF8);
    if (p)
        p = read_unit(r, p, &low);
    if (!p)
        return NULL;
    *character = 0x10000 + ((*character - 0xd800) << 10) + (low - 0xdc00);
    return is_low_surrogate(low) ? p : fail(r, WAMP_ERR_UTF8);
}

/* The escape whose backslash is at p. */
static const char *read_escape(struct reader *r, const char *p, uint32_t *character)
{
    static const char meanings[256] = {['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
                                       ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};
    if (++p == r->end)
        return fail(r, WAMP_ERR_TRUNCATED);
    if (*p == 'u')
        return read_character(r, p + 1, character);
    *character = (uint32_t)meanings[(unsigned char)*p];
    return *character ? p + 1 : fail(r, WAMP_ERR_SYNTAX);
}

/* What follows the plain octets from start to p: an escape, the end where not all was ASCII, or what is wrong. */
static NEVER_INLINE const char *scan_string_on(struct reader *r, const char *start, const char *p, unsigned high)
{
    uint32_t character;
    while (p < r->end && *p == '\\') {
        r->escaped = true;
        p = read_escape(r, p, &character);
        if (!p)
            return NULL;
        p = skip_plain(p, r->end, &high);
    }
    if (p == r->end)
        return fail(r, WAMP_ERR_TRUNCATED);
    if (*p != '"')
        return fail(r, WAMP_ERR_SYNTAX);
    if (high && !wamp_utf8_ok(str_of(start, (size_t)(p - start))))
        return fail(r, WAMP_ERR_UTF8);
    return p + 1;
}

/* The string whose quote is at p. */
static inline const char *scan_string(struct reader *r, const char *p)
{
    const char *start = p + 1;
    unsigned high = 0;
    r->escaped = false;
    p = skip_plain(start, r->end, &high);
    return p < r->end && *p == '"' && !high ? p + 1 : scan_string_on(r, start, p, high);
}

/* --- strings: decoding --------------------------------------------------------------------------------------- */

static size_t put_utf8(char out[4], uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(0xf00 >> len | c);
    return len;
}

/* Takes the next piece from a text that was validated: a run without escapes, or a character, written to `one`. */
static struct str next_piece(struct str *rest, char one[4])
{
    struct reader r = {.end = rest->ptr + rest->len};
    const char *p = rest->ptr;
    struct str piece;
    if (*p == '\\') {
        uint32_t character = 0;
        p = read_escape(&r, p, &character);
        piece = str_of(one, put_utf8(one, character));
    } else {
        const char *stop = memchr(p, '\\', rest->len);
        piece = str_of(p, (size_t)((stop ? stop : r.end) - p));
        p += piece.len;
    }
    *rest = str_of(p, (size_t)(r.end - p));
    return piece;
}

/* Decoded text is never longer than its escaped form. */
static struct str unescape(struct str text, struct wamp_arena *scratch)
{
    char *out = wamp_arena_alloc(scratch, text.len), one[4];
    size_t len = 0;
    if (!out)
        return (struct str){0};
    while (text.len) {
        struct str piece = next_piece(&text, one);
        memcpy(out + len, piece.ptr, piece.len);
        len += piece.len;
    }
    return str_of(out, len);
}

static struct str decode_base64(struct str text, struct wamp_arena *scratch)
{
    size_t len = wamp_base64_decoded_len(text);
    char *out = wamp_arena_alloc(scratch, len);
    if (out)
        wamp_base64_decode(text, out);
    return str_of(out, len);
}

static enum wamp_err json_text(const struct wamp_item *item, struct wamp_arena *scratch, struct str *out)
{
    struct str text = item->escaped ? unescape(item->text, scratch) : item->text;
    if (text.ptr && item->kind == WAMP_BIN)
        text = decode_base64(text, scratch);
    *out = text;
    return text.ptr ? WAMP_ERR_NONE : WAMP_ERR_NOMEM;
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

/* --- strings: as values -------------------------------------------------------------------------------------- */

/* Some encoders write a slash as \/, in base64 too. */
static bool is_escaped_base64(struct str text)
{
    char group[4], one[4];
    size_t n = 0;
    bool padded = false;
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

/* False when the text is just text. */
static NEVER_INLINE bool take_octets(struct str text, struct wamp_item *out)
{
    const struct str mark = STR("\\u0000");
    if (!str_starts(text, mark))
        return false;
    text = str_from(text, mark.len);
    bool escaped = text.len && memchr(text.ptr, '\\', text.len);
    if (escaped ? !is_escaped_base64(text) : !wamp_base64_ok(text))
        return false;
    out->kind = WAMP_BIN;
    out->escaped = escaped;
    out->text = text;
    return true;
}

static void take_text(struct str text, bool escaped, struct wamp_item *out)
{
    out->kind = WAMP_STR;
    out->escaped = escaped;
    out->text = text;
}

static inline void take_string(struct str raw, bool escaped, struct wamp_item *out)
{
    struct str text = str_of(raw.ptr + 1, raw.len - 2);
    if (!escaped || !take_octets(text, out))
        take_text(text, escaped, out);
}

/* --- numbers ------------------------------------------------------------------------------------------------- */

/* One digit or more. *value is what they say, as far as 64 bits hold it. */
static inline const char *scan_digits(struct reader *r, const char *p, uint64_t *value)
{
    const char *start = p, *end = r->end;
    uint64_t n = 0;
    unsigned digit;
    for (; p < end && (digit = (unsigned)*p - '0') <= 9; p++)
        n = n * 10 + digit;
    if (p == start)
        return fail(r, p == end ? WAMP_ERR_TRUNCATED : WAMP_ERR_SYNTAX);
    *value = n;
    return p;
}

static bool fits_64_bits(struct str digits)
{
    static const char max[] = "18446744073709551615";
    size_t longest = sizeof max - 1;
    return digits.len < longest || (digits.len == longest && memcmp(digits.ptr, max, longest) <= 0);
}

static NEVER_INLINE void take_large_or_negative(struct str raw, uint64_t magnitude, struct wamp_item *out)
{
    bool negative = raw.ptr[0] == '-';
    if (!fits_64_bits(str_from(raw, negative)) || (negative && magnitude > UINT64_C(1) << 63)) {
        out->kind = WAMP_BIGNUM;
        out->text = raw;
    } else if (negative && magnitude) {
        out->kind = WAMP_NINT;
        out->nint = (int64_t)(UINT64_C(0) - magnitude);
    } else {
        out->kind = WAMP_UINT;
        out->uint = magnitude;
    }
}

/* `magnitude` is meaningful when it fits. */
static inline void take_integer(struct str raw, uint64_t magnitude, struct wamp_item *out)
{
    enum { SURELY = 19 };  /* digits that 64 bits hold */
    if (raw.len > SURELY || raw.ptr[0] == '-') {
        take_large_or_negative(raw, magnitude, out);
        return;
    }
    out->kind = WAMP_UINT;
    out->uint = magnitude;
}

static void take_real(struct str raw, struct wamp_item *out)
{
    out->kind = WAMP_REAL;
    out->real = wamp_real_read(raw);
}

static const char *scan_exponent(struct reader *r, const char *p)
{
    uint64_t digits;
    p++;
    if (p < r->end && (*p == '-' || *p == '+'))
        p++;
    return scan_digits(r, p, &digits);
}

/* The number at start, whose integer part ends before the point or the exponent at p. */
static NEVER_INLINE const char *scan_real(struct reader *r, const char *start, const char *p,
                                          struct wamp_item *out)
{
    uint64_t digits;
    if (*p == '.')
        p = scan_digits(r, p + 1, &digits);
    if (p && p < r->end && (*p == 'e' || *p == 'E'))
        p = scan_exponent(r, p);
    if (p && out)
        take_real(str_of(start, (size_t)(p - start)), out);
    return p;
}

static ALWAYS_INLINE const char *scan_number(struct reader *r, const char *p, struct wamp_item *out)
{
    const char *start = p, *digits = p + (*p == '-');
    uint64_t magnitude;
    p = scan_digits(r, digits, &magnitude);
    if (!p)
        return NULL;
    if (*digits == '0' && p - digits > 1)
        return fail(r, WAMP_ERR_SYNTAX);
    if (p < r->end && (*p == '.' || *p == 'e' || *p == 'E'))
        return scan_real(r, start, p, out);
    if (out)
        take_integer(str_of(start, (size_t)(p - start)), magnitude, out);
    return p;
}

/* --- values -------------------------------------------------------------------------------------------------- */

static const char *scan_bool(struct reader *r, const char *p, struct wamp_item *out)
{
    bool value = *p == 't';
    if (out) {
        out->kind = WAMP_BOOL;
        out->boolean = value;
    }
    return scan_word(r, p, value ? STR("true") : STR("false"), WAMP_ERR_SYNTAX);
}

static const char *scan_null(struct reader *r, const char *p, struct wamp_item *out)
{
    if (out)
        out->kind = WAMP_NULL;
    return scan_word(r, p, STR("null"), WAMP_ERR_SYNTAX);
}

static inline const char *scan_text(struct reader *r, const char *p, struct wamp_item *out)
{
    const char *start = p;
    p = scan_string(r, p);
    if (p && out)
        take_string(str_of(start, (size_t)(p - start)), r->escaped, out);
    return p;
}

/* What is no list and no map. */
static ALWAYS_INLINE const char *scan_scalar(struct reader *r, const char *p, struct wamp_item *out)
{
    switch (*p) {
    case '"':
        return scan_text(r, p, out);
    case '-':
    case '0' ... '9':
        return scan_number(r, p, out);
    case 'n':
        return scan_null(r, p, out);
    case 't':
    case 'f':
        return scan_bool(r, p, out);
    default:
        return fail(r, WAMP_ERR_SYNTAX);
    }
}

/* The key at p and its colon. */
static const char *scan_key(struct reader *r, const char *p)
{
    if (*p != '"')
        return fail(r, WAMP_ERR_SYNTAX);
    p = scan_string(r, p);
    if (p)
        p = next_token(r, p);
    if (p && *p != ':')
        return fail(r, WAMP_ERR_SYNTAX);
    return p ? next_token(r, p + 1) : NULL;
}

/* The lists and maps that are open, from one of them inwards. */
struct levels {
    unsigned around;  /* it stands in so many */
    unsigned depth;   /* those included */
    uint64_t maps;    /* one bit each, the innermost lowest */
    uint32_t count;   /* values, or pairs, that have begun in the outermost */
};

static bool in_map(const struct levels *l)
{
    return l->maps & 1;
}

static char closing(char bracket)
{
    return bracket == '{' ? '}' : ']';
}

static bool is_close(const struct levels *l, char c)
{
    return c == (in_map(l) ? '}' : ']');
}

/* At the place of a value or pair. Returns where the value begins. */
static inline const char *begin_value(struct reader *r, struct levels *l, const char *p)
{
    l->count += l->depth == l->around + 1;
    return in_map(l) ? scan_key(r, p) : p;
}

/* At the bracket. Returns what follows it. */
static const char *open_level(struct reader *r, struct levels *l, const char *p)
{
    if (l->depth == WAMP_DEPTH_MAX)
        return fail(r, WAMP_ERR_DEPTH);
    l->depth++;
    l->maps = l->maps << 1 | (*p == '{');
    return next_token(r, p + 1);
}

/* Behind a value, or at the bracket that closes an empty level. Closes what ends here. Returns where the next
 * value begins or, with no level left open, what is behind the last bracket. */
static const char *next_value(struct reader *r, struct levels *l, const char *p)
{
    while (l->depth > l->around) {
        p = next_token(r, p);
        if (!p)
            return NULL;
        if (*p == ',') {
            p = next_token(r, p + 1);
            return p ? begin_value(r, l, p) : NULL;
        }
        if (!is_close(l, *p))
            return fail(r, WAMP_ERR_SYNTAX);
        l->depth--;
        l->maps >>= 1;
        p++;
    }
    return p;
}

/* The list or map at p, which stands in `around` others. */
static const char *scan_container(struct reader *r, const char *p, unsigned around, uint32_t *count)
{
    struct levels l = {.around = around, .depth = around};
    do {
        if (*p == '[' || *p == '{') {
            p = open_level(r, &l, p);
            if (p && !is_close(&l, *p)) {
                p = begin_value(r, &l, p);
                continue;
            }
        } else {
            p = scan_scalar(r, p, NULL);
        }
        if (p)
            p = next_value(r, &l, p);
    } while (p && l.depth > around);
    *count = l.count;
    return p;
}

/* The value at p, which stands in `around` lists and maps, of which one more is allowed. */
static ALWAYS_INLINE const char *scan_value(struct reader *r, const char *p, unsigned around,
                                            struct wamp_item *out)
{
    const char *start = p;
    out->escaped = false;
    out->count = 0;
    if (*p == '[' || *p == '{') {
        out->kind = *p == '[' ? WAMP_LIST : WAMP_MAP;
        bool is_empty = r->end - p > 1 && p[1] == closing(*p);  /* as most Options are */
        p = is_empty ? p + 2 : scan_container(r, p, around, &out->count);
    } else {
        p = scan_scalar(r, p, out);
    }
    if (p)
        out->raw = str_of(start, (size_t)(p - start));
    return p;
}

static enum wamp_err json_value(struct str octets, struct wamp_item *out, size_t *used)
{
    struct reader r = {.end = octets.ptr + octets.len};
    const char *p = next_token(&r, octets.ptr);
    if (p)
        p = scan_value(&r, p, 0, out);
    if (!p)
        return r.err;
    *used = (size_t)(skip_space(p, r.end) - octets.ptr);
    return WAMP_ERR_NONE;
}

/* --- messages ------------------------------------------------------------------------------------------------ */

/* Behind the bracket; returns the place behind the closing one. */
static const char *scan_elements(struct reader *r, const char *p, struct wamp_item *items, unsigned *count)
{
    struct wamp_item surplus;
    unsigned n = 0;
    p = next_token(r, p);
    if (p && *p == ']')
        return p + 1;
    while (p) {
        p = scan_value(r, p, 1, n < WAMP_SPLIT_MAX ? &items[n] : &surplus);
        n++;
        if (p)
            p = next_token(r, p);
        if (!p || *p != ',')
            break;
        p = next_token(r, p + 1);
    }
    *count = n;
    if (!p)
        return NULL;
    return *p == ']' ? p + 1 : fail(r, WAMP_ERR_SYNTAX);
}

static enum wamp_err json_split(struct str message, struct wamp_item items[WAMP_SPLIT_MAX], unsigned *count)
{
    struct reader r = {.end = message.ptr + message.len};
    const char *p = next_token(&r, message.ptr);
    *count = 0;
    if (!p)
        return r.err;
    if (*p != '[') {
        p = scan_value(&r, p, 0, &items[0]);
        return p ? WAMP_ERR_TYPE : r.err;
    }
    p = scan_elements(&r, p + 1, items, count);
    if (!p)
        return r.err;
    return skip_space(p, r.end) < r.end ? WAMP_ERR_TRAILING : WAMP_ERR_NONE;
}

/* --- iterating ----------------------------------------------------------------------------------------------- */

static void json_enter(const struct wamp_item *container, struct wamp_iter *it)
{
    it->p = container->raw.ptr + 1;
    it->end = container->raw.ptr + container->raw.len - 1;
}

/* A key is text whatever it begins with. */
static void as_key(struct wamp_item *item)
{
    if (item->kind == WAMP_BIN)
        take_text(str_of(item->raw.ptr + 1, item->raw.len - 2), true, item);
}

static bool json_next(struct wamp_iter *it, struct wamp_item *out)
{
    struct reader r = {.end = it->end};
    const char *p = skip_space(it->p, it->end);
    if (*p == ',' || *p == ':')
        p = skip_space(p + 1, it->end);
    p = scan_value(&r, p, 0, out);
    if (!p)
        return false;
    it->p = skip_space(p, it->end);
    if (it->p < it->end && *it->p == ':')
        as_key(out);
    return true;
}

/* --- writing ------------------------------------------------------------------------------------------------- */

/* Writes the comma that is due; makes room for a value of `len` octets. */
static inline char *start_value(struct wamp_wr *w, size_t len)
{
    char *to = wamp_buf_room(w->out, len + 1);
    if (to && w->comma) {
        *to++ = ',';
        w->out->len++;
    }
    w->comma = true;
    return to;
}

static void json_wr_raw(struct wamp_wr *w, struct str value)
{
    char *to = start_value(w, value.len);
    if (!to)
        return;
    memcpy(to, value.ptr, value.len);
    w->out->len += value.len;
}

static void open_bracket(struct wamp_wr *w, struct str bracket)
{
    json_wr_raw(w, bracket);
    w->comma = false;
}

static void close_bracket(struct wamp_wr *w, char bracket)
{
    wamp_buf_add_char(w->out, bracket);
    w->comma = true;
}

static void json_wr_list(struct wamp_wr *w, uint32_t count)
{
    (void)count;
    open_bracket(w, STR("["));
}

static void json_wr_list_end(struct wamp_wr *w)
{
    close_bracket(w, ']');
}

static void json_wr_map(struct wamp_wr *w, uint32_t count)
{
    (void)count;
    open_bracket(w, STR("{"));
}

static void json_wr_map_end(struct wamp_wr *w)
{
    close_bracket(w, '}');
}

static void json_wr_null(struct wamp_wr *w)
{
    json_wr_raw(w, STR("null"));
}

static void json_wr_bool(struct wamp_wr *w, bool value)
{
    json_wr_raw(w, value ? STR("true") : STR("false"));
}

static const char two_digits[] =
    "0001020304050607080910111213141516171819"
    "2021222324252627282930313233343536373839"
    "4041424344454647484950515253545556575859"
    "6061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

/* The number of bits times log10(2), which is a little more than 1233 / 4096, is right or one too few. */
static inline size_t digit_count(uint64_t n)
{
    static const uint64_t powers[] = {
        0u,          10u,          100u,          1000u,          10000u,          100000u,          1000000u,
        10000000u,   100000000u,   1000000000u,   10000000000u,   100000000000u,   1000000000000u,
        10000000000000u,           100000000000000u,              1000000000000000u,
        10000000000000000u,        100000000000000000u,           1000000000000000000u,
        10000000000000000000u,
    };
    size_t bits = 64 - (size_t)__builtin_clzll(n | 1), count = bits * 1233 >> 12;
    return count + (n >= powers[count]);
}

static inline void write_integer(struct wamp_wr *w, uint64_t magnitude, bool negative)
{
    size_t len = digit_count(magnitude) + negative;
    char *start = start_value(w, len);
    if (!start)
        return;
    char *p = start + len;
    for (; magnitude >= 10; magnitude /= 100)
        p = memcpy(p - 2, two_digits + 2 * (magnitude % 100), 2);
    if (magnitude || p == start + len)
        *--p = (char)('0' + magnitude);
    if (negative)
        *start = '-';
    w->out->len += len;
}

static void json_wr_uint(struct wamp_wr *w, uint64_t value)
{
    write_integer(w, value, false);
}

static void json_wr_int(struct wamp_wr *w, int64_t value)
{
    write_integer(w, value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value, value < 0);
}

static void json_wr_real(struct wamp_wr *w, double value)
{
    char text[WAMP_REAL_TEXT_MAX];
    if (isfinite(value))
        json_wr_raw(w, str_of(text, wamp_real_write(value, text)));
    else
        json_wr_null(w);
}

/* A quote, a backslash or a control character. */
static void add_escape(struct wamp_buf *out, char c)
{
    static const char letters[256] = {['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
                                      ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't'};
    unsigned char octet = (unsigned char)c;
    if (letters[octet]) {
        const char brief[] = {'\\', letters[octet]};
        wamp_buf_add(out, brief, sizeof brief);
    } else {
        const char full[] = {'\\', 'u', '0', '0', "01"[octet >> 4], "0123456789abcdef"[octet & 15]};
        wamp_buf_add(out, full, sizeof full);
    }
}

static void json_wr_str(struct wamp_wr *w, struct str text)
{
    unsigned high = 0;
    start_value(w, text.len + 2);
    wamp_buf_add_char(w->out, '"');
    while (text.len) {
        size_t run = (size_t)(skip_plain(text.ptr, text.ptr + text.len, &high) - text.ptr);
        wamp_buf_add(w->out, text.ptr, run);
        if (run == text.len)
            break;
        add_escape(w->out, text.ptr[run]);
        text = str_from(text, run + 1);
    }
    wamp_buf_add_char(w->out, '"');
}

static void json_wr_key(struct wamp_wr *w, struct str key)
{
    json_wr_str(w, key);
    wamp_buf_add_char(w->out, ':');
    w->comma = false;
}

static void json_wr_bin(struct wamp_wr *w, struct str octets)
{
    start_value(w, 0);
    wamp_buf_add_str(w->out, STR("\"\\u0000"));
    wamp_base64_encode(w->out, octets);
    wamp_buf_add_char(w->out, '"');
}

const struct wamp_ser_ops wamp_json_ops = {
    .name = "json",
    .subprotocol = "wamp.2.json",
    .empty_map = {"{}", 2},
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
    .wr_raw = json_wr_raw,
};
