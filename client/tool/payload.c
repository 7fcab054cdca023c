/* Arguments are put together as JSON text, which libwamp then reads: so a number keeps every digit it was
 * given, and octets are what WAMP says they are in JSON, a text of \u0000 and base64. */
#include "client/tool/payload.h"

#include <ctype.h>
#include <string.h>

/* --- JSON ---------------------------------------------------------------------------------------------------- */

static bool is_json(const char *text, size_t len)
{
    wamp_val *v = wamp_from_json(text, len);
    bool is = v != NULL;
    wamp_drop(&v);
    return is;
}

static void add_text(struct wamp_buf *to, const char *text, size_t len)
{
    wamp_buf_add_char(to, '"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == '"' || c == '\\')
            wamp_buf_addf(to, "\\u%04x", c);
        else
            wamp_buf_add_char(to, (char)c);
    }
    wamp_buf_add_char(to, '"');
}

static void add_value(struct wamp_buf *to, const char *text, size_t len)
{
    if (is_json(text, len))
        wamp_buf_add(to, text, len);
    else
        add_text(to, text, len);
}

static void add_comma(struct wamp_buf *to)
{
    if (to->len)
        wamp_buf_add_char(to, ',');
}

static wamp_val *enclosed(const char *open, const struct wamp_buf *inside, const char *close)
{
    struct wamp_buf all = {0};
    wamp_buf_add_str(&all, str_z(open));
    wamp_buf_add_str(&all, wamp_buf_str(inside));
    wamp_buf_add_str(&all, str_z(close));
    wamp_val *v = inside->failed || all.failed ? NULL : wamp_from_json(all.ptr, all.len);
    wamp_buf_fini(&all);
    return v;
}

wamp_val *payload_value(const char *text, size_t len)
{
    struct wamp_buf inside = {0};
    add_value(&inside, text, len);
    wamp_val *v = enclosed("", &inside, "");
    wamp_buf_fini(&inside);
    return v;
}

/* --- keywords ------------------------------------------------------------------------------------------------ */

/* The length of the name before =, or 0. */
static size_t name_length(const char *word)
{
    size_t n = 0;
    while (isalnum((unsigned char)word[n]) || word[n] == '_' || (n && (word[n] == '-' || word[n] == '.')))
        n++;
    return word[n] == '=' && !isdigit((unsigned char)word[0]) ? n : 0;
}

bool payload_add_pair(struct wamp_buf *object, const char *word)
{
    size_t n = name_length(word);
    if (!n)
        return false;
    add_comma(object);
    add_text(object, word, n);
    wamp_buf_add_char(object, ':');
    add_value(object, word + n + 1, strlen(word + n + 1));
    return true;
}

wamp_val *payload_options(const struct options *o)
{
    return o->pairs.len ? enclosed("{", &o->pairs, "}") : NULL;
}

/* --- octets -------------------------------------------------------------------------------------------------- */

static void add_base64(struct wamp_buf *to, const unsigned char *octets, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < len; i += 3) {
        size_t n = len - i;
        unsigned second = n > 1 ? octets[i + 1] : 0, third = n > 2 ? octets[i + 2] : 0;
        unsigned bits = (unsigned)octets[i] << 16 | second << 8 | third;
        wamp_buf_add_char(to, digits[bits >> 18]);
        wamp_buf_add_char(to, digits[bits >> 12 & 63]);
        wamp_buf_add_char(to, n > 1 ? digits[bits >> 6 & 63] : '=');
        wamp_buf_add_char(to, n > 2 ? digits[bits & 63] : '=');
    }
}

static void add_octets(struct wamp_buf *to, const void *octets, size_t len)
{
    wamp_buf_add_str(to, STR("\"\\u0000"));
    add_base64(to, octets, len);
    wamp_buf_add_char(to, '"');
}

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return at ? (int)(at - digits) : -1;
}

static int add_hex(struct wamp_buf *to, const char *text)
{
    struct wamp_buf octets = {0};
    size_t len = strlen(text), i = 0;
    for (; i + 1 < len && digit_of(text[i]) >= 0 && digit_of(text[i + 1]) >= 0; i += 2)
        wamp_buf_add_char(&octets, (char)(digit_of(text[i]) << 4 | digit_of(text[i + 1])));
    if (i == len && !octets.failed)
        add_octets(to, octets.ptr, octets.len);
    wamp_buf_fini(&octets);
    return i == len ? -1 : misused("--hex '%s': expected pairs of hexadecimal digits", text);
}

/* --- all words ----------------------------------------------------------------------------------------------- */

static int add_word(struct wamp_buf *args, struct wamp_buf *kwargs, const struct word *w)
{
    size_t len = strlen(w->text);
    if (w->kind == WORD_PLAIN && !is_json(w->text, len) && payload_add_pair(kwargs, w->text))
        return -1;
    add_comma(args);
    if (w->kind == WORD_HEX)
        return add_hex(args, w->text);
    if (w->kind == WORD_BIN)
        add_octets(args, w->text, len);
    else
        add_value(args, w->text, len);
    return -1;
}

int payload_of_words(const struct options *o, struct payload *out)
{
    struct wamp_buf args = {0}, kwargs = {0};
    int status = -1;
    for (size_t i = 0; i < o->word_count && status < 0; i++)
        status = add_word(&args, &kwargs, &o->words[i]);
    *out = (struct payload){0};
    if (status < 0)
        *out = (struct payload){enclosed("[", &args, "]"), enclosed("{", &kwargs, "}")};
    if (status < 0 && (!out->args || !out->kwargs)) {
        payload_fini(out);
        status = misused("the arguments cannot be sent: no valid UTF-8, nested too deeply, or out of memory");
    }
    wamp_buf_fini(&args);
    wamp_buf_fini(&kwargs);
    return status;
}

void payload_fini(struct payload *p)
{
    wamp_drop(&p->args);
    wamp_drop(&p->kwargs);
}
