#include "common/http.h"

/* --- words ---------------------------------------------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_visible(char c)
{
    return c > ' ' && c <= '~';
}

static bool is_token_char(char c)
{
    return is_visible(c) && !strchr("\"(),/:;<=>?@[\\]{}", c);
}

/* Of the value of a header: no control characters. */
static bool is_value_char(char c)
{
    return c == '\t' || ((unsigned char)c >= ' ' && c != '\x7f');
}

static bool is_all(bool (*fits)(char), struct str s)
{
    size_t i = 0;
    while (i < s.len && fits(s.ptr[i]))
        i++;
    return i == s.len;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

bool wamp_http_is_token(struct str s)
{
    return s.len && is_all(is_token_char, s);
}

bool wamp_http_is_visible(struct str s)
{
    return s.len && is_all(is_visible, s);
}

bool wamp_http_same_word(struct str a, struct str b)
{
    bool same = a.len == b.len;
    for (size_t i = 0; same && i < a.len; i++)
        same = lower(a.ptr[i]) == lower(b.ptr[i]);
    return same;
}

bool wamp_http_number(struct str s, size_t *out)
{
    enum { DIGITS_MAX = 15 };
    size_t i = 0, number = 0;
    for (; i < s.len && i < DIGITS_MAX && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++)
        number = number * 10 + (size_t)(s.ptr[i] - '0');
    *out = number;
    return i && i == s.len;
}

struct str wamp_http_trim(struct str s)
{
    while (s.len && is_space(s.ptr[0]))
        s = str_from(s, 1);
    while (s.len && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

struct str wamp_http_take(struct str *rest, char separator)
{
    const char *found = rest->len ? memchr(rest->ptr, separator, rest->len) : NULL;
    struct str before = str_of(rest->ptr, found ? (size_t)(found - rest->ptr) : rest->len);
    *rest = str_from(*rest, before.len + (found ? 1 : 0));
    return before;
}

/* --- heads ---------------------------------------------------------------------------------------------- */

/* Takes a line off *rest, its LF too; false when it has none, *line is what there is of it. */
static bool take_line(struct str *rest, struct str *line)
{
    size_t before = rest->len;
    *line = wamp_http_take(rest, '\n');
    return line->len < before;
}

static bool ends_in_cr(struct str line)
{
    return line.len && line.ptr[line.len - 1] == '\r';
}

static int refuse(int status, const char *text, const char **why)
{
    *why = text;
    return status;
}

int wamp_http_read_head(struct str in, struct wamp_http_head *out, size_t *used, const char **why)
{
    struct str rest = str_of(in.ptr, in.len < WAMP_HTTP_HEAD_MAX ? in.len : WAMP_HTTP_HEAD_MAX);
    struct str line;
    bool ended;
    *out = (struct wamp_http_head){0};
    *used = 0;
    if (in.len && !is_token_char(in.ptr[0]))
        return refuse(400, "this is not HTTP", why);
    do {
        ended = take_line(&rest, &line);
        if (ended && !ends_in_cr(line))
            return refuse(400, "a line does not end in CRLF", why);
        if (!out->first.ptr && line.len > WAMP_HTTP_LINE_MAX + 1)
            return refuse(414, "the first line is longer than 4096 octets", why);
        if (!out->first.ptr && ended)
            *out = (struct wamp_http_head){.first = str_of(line.ptr, line.len - 1), .headers = rest};
    } while (ended && line.len > 1);
    if (!ended)
        return in.len < WAMP_HTTP_HEAD_MAX ? 0 : refuse(431, "the head is longer than 8192 octets", why);
    out->headers.len = (size_t)(line.ptr - out->headers.ptr);
    *used = (size_t)(rest.ptr - in.ptr);
    return WAMP_HTTP_WHOLE;
}

/* name ":" value: no white space before the colon, hence no folded line either. */
static bool is_header(struct str line)
{
    struct str value = line, name = wamp_http_take(&value, ':');
    return name.len < line.len && wamp_http_is_token(name) && is_all(is_value_char, value);
}

bool wamp_http_headers_ok(const struct wamp_http_head *h)
{
    struct str headers = h->headers, line;
    bool ok = true;
    while (ok && take_line(&headers, &line))
        ok = is_header(str_of(line.ptr, line.len - 1));
    return ok;
}

bool wamp_http_headers_are_few(const struct wamp_http_head *h)
{
    struct str headers = h->headers, line;
    unsigned count = 0;
    while (take_line(&headers, &line))
        count++;
    return count <= WAMP_HTTP_HEADERS_MAX;
}

/* --- headers -------------------------------------------------------------------------------------------- */

static bool next_header(struct str *headers, struct str *name, struct str *value)
{
    struct str line;
    if (!take_line(headers, &line))
        return false;
    line.len--;
    *name = wamp_http_take(&line, ':');
    *value = wamp_http_trim(line);
    return true;
}

bool wamp_http_next(struct str *headers, struct str wanted, struct str *value)
{
    struct str name;
    while (next_header(headers, &name, value))
        if (wamp_http_same_word(name, wanted))
            return true;
    return false;
}

struct str wamp_http_find(const struct wamp_http_head *h, struct str name)
{
    struct str headers = h->headers, value;
    return wamp_http_next(&headers, name, &value) ? value : str_of(NULL, 0);
}

unsigned wamp_http_count(const struct wamp_http_head *h, struct str name)
{
    struct str headers = h->headers, value;
    unsigned count = 0;
    while (wamp_http_next(&headers, name, &value))
        count++;
    return count;
}

bool wamp_http_has_word(const struct wamp_http_head *h, struct str name, struct str word)
{
    struct str headers = h->headers, list;
    while (wamp_http_next(&headers, name, &list))
        while (list.len)
            if (wamp_http_same_word(wamp_http_trim(wamp_http_take(&list, ',')), word))
                return true;
    return false;
}
