#include "common/log.h"

#include "common/utf8.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_ROOM = 1024,       /* octets of a line, with its NUL: what is longer is cut */
    LINES_PER_SECOND = 10,  /* of one id: stops floods */
    IDS_MAX = 128,          /* ids that are told apart; the others share the last place */
};

enum wamp_log_level wamp_log_limit = WAMP_LOG_INFO;

static const char *const level_names[] = {"error", "warn", "info", "debug"};

bool wamp_log_level_by_name(struct str name, enum wamp_log_level *out)
{
    for (unsigned i = WAMP_LOG_ERROR; i <= WAMP_LOG_DEBUG; i++) {
        if (str_eq(name, str_z(level_names[i]))) {
            *out = (enum wamp_log_level)i;
            return true;
        }
    }
    return false;
}

/* --- where lines go ------------------------------------------------------------------------------------- */

/* 2026-11-27T19:10:00.123Z warn CONN-SLOW session 5 closed: ..
 * In one write, so that the lines of several threads do not mix. */
static void to_stderr(void *arg, enum wamp_log_level level, const char *id, const char *line)
{
    char stamp[32], text[LINE_ROOM + 100];
    struct timespec now;
    struct tm day;
    (void)arg;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &day);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &day);
    int len = snprintf(text, sizeof text, "%s.%03ldZ %s %.30s %s\n", stamp, now.tv_nsec / 1000000,
                       level_names[level], id, line);
    if (write(STDERR_FILENO, text, (size_t)len) < 0)
        return;  /* nobody is left to be told */
}

static wamp_log_sink *sink = to_stderr;
static void *sink_arg;

void wamp_log_to(wamp_log_sink *to, void *arg)
{
    sink = to ? to : to_stderr;
    sink_arg = arg;
}

/* --- no more than so many lines of one id --------------------------------------------------------------- */

static struct rate {
    const char *id;             /* static; NULL: a free place */
    enum wamp_log_level level;  /* of the last line left out */
    time_t second;              /* that the lines are of */
    unsigned written, left_out;
} rates[IDS_MAX];
static pthread_mutex_t rates_lock = PTHREAD_MUTEX_INITIALIZER;

static struct rate *rate_of(const char *id)
{
    struct rate *r = rates;
    while (r->id && strcmp(r->id, id) && r < rates + IDS_MAX - 1)
        r++;
    if (!r->id)
        r->id = id;
    return r;
}

static bool may_write(enum wamp_log_level level, const char *id, time_t second)
{
    pthread_mutex_lock(&rates_lock);
    struct rate *r = rate_of(id);
    if (r->second != second) {
        r->second = second;
        r->written = 0;
    }
    bool may = r->written < LINES_PER_SECOND;
    r->written += may;
    r->left_out += !may;
    r->level = level;
    pthread_mutex_unlock(&rates_lock);
    return may;
}

/* Takes what was left out in a second that is over, of one id. */
static bool take_left_out(time_t second, struct rate *out)
{
    bool found = false;
    pthread_mutex_lock(&rates_lock);
    for (struct rate *r = rates; !found && r < rates + IDS_MAX && r->id; r++) {
        found = r->left_out && r->second != second;
        if (found) {
            *out = *r;
            r->left_out = 0;
        }
    }
    pthread_mutex_unlock(&rates_lock);
    return found;
}

static void tell_left_out(time_t second)
{
    char line[100];
    struct rate r;
    while (take_left_out(second, &r)) {
        snprintf(line, sizeof line, "%u more lines of this kind were left out", r.left_out);
        sink(sink_arg, r.level, r.id, line);
    }
}

void wamp_log(enum wamp_log_level level, const char *id, const char *fmt, ...)
{
    char raw[LINE_ROOM], line[LINE_ROOM];
    struct timespec now;
    if (level > wamp_log_limit)
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    tell_left_out(now.tv_sec);
    if (!may_write(level, id, now.tv_sec))
        return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(raw, sizeof raw, fmt, args);
    va_end(args);
    sink(sink_arg, level, id, wamp_log_quote(str_z(raw), line, sizeof line));
}

/* --- what peers chose ----------------------------------------------------------------------------------- */

static size_t char_len(unsigned char first)
{
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static uint32_t code_point(const unsigned char *p, size_t len)
{
    uint32_t code = len == 1 ? p[0] : p[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++)
        code = code << 6 | (p[i] & 0x3f);
    return code;
}

static bool is_hidden(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},                                          /* control characters */
        {0x2028, 0x2029},                                                        /* ends of lines, to some */
        {0x61c, 0x61c},   {0x200e, 0x200f}, {0x202a, 0x202e}, {0x2066, 0x2069},  /* what turns text around */
    };
    bool found = false;
    for (size_t i = 0; !found && i < sizeof hidden / sizeof *hidden; i++)
        found = code >= hidden[i].first && code <= hidden[i].last;
    return found;
}

/* Octets of the character at p; 0 when it must not be shown as it is. */
static size_t showable(const unsigned char *p, size_t left)
{
    size_t len = char_len(p[0]);
    bool ok = len <= left && wamp_utf8_ok(str_of((const char *)p, len)) && !is_hidden(code_point(p, len));
    return ok ? len : 0;
}

const char *wamp_log_quote(struct str s, char *out, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t used = 0;
    for (size_t i = 0; i < s.len;) {
        char escaped[4] = {'\\', 'x', digits[p[i] >> 4], digits[p[i] & 15]};
        size_t shown = showable(p + i, s.len - i), len = shown ? shown : sizeof escaped;
        if (used + len >= size)
            break;
        memcpy(out + used, shown ? s.ptr + i : escaped, len);
        used += len;
        i += shown ? shown : 1;
    }
    if (size)
        out[used] = '\0';
    return out;
}
