#include "common/log.h"

#include "common/utf8.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LINES_PER_SECOND = 10, IDS_MAX = 64, LINE_MAX_LEN = 1000 };

enum wamp_log_level wamp_log_limit = WAMP_LOG_INFO;

static const char *const level_names[] = {"error", "warn", "info", "debug"};

static void to_stderr(void *arg, enum wamp_log_level level, const char *id, const char *line);
static wamp_log_sink *sink = to_stderr;
static void *sink_arg;

void wamp_log_to(wamp_log_sink *to, void *arg)
{
    sink = to ? to : to_stderr;
    sink_arg = arg;
}

bool wamp_log_level_by_name(struct str name, enum wamp_log_level *out)
{
    for (int i = WAMP_LOG_ERROR; i <= WAMP_LOG_DEBUG; i++) {
        if (str_eq(name, str_z(level_names[i]))) {
            *out = (enum wamp_log_level)i;
            return true;
        }
    }
    return false;
}

/* One write a line, so that lines of several threads do not mix. */
static void to_stderr(void *arg, enum wamp_log_level level, const char *id, const char *line)
{
    char text[LINE_MAX_LEN + 100];
    struct timespec now;
    struct tm day;
    (void)arg;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &day);
    size_t len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &day);
    len += (size_t)snprintf(text + len, sizeof text - len, ".%03ldZ %s %s %s\n", now.tv_nsec / 1000000, level_names[level], id,
                            line);
    if (write(STDERR_FILENO, text, len < sizeof text ? len : sizeof text - 1) < 0)
        return;  /* nobody is left to be told */
}

/* --- no more than so many lines of one kind ------------------------------------------------------------------------------- */

static struct rate {
    const char *id;
    time_t second;
    unsigned lines, left_out;
} rates[IDS_MAX];
static pthread_mutex_t rates_lock = PTHREAD_MUTEX_INITIALIZER;

static struct rate *rate_of(const char *id)
{
    for (size_t i = 0; i < IDS_MAX; i++) {
        if (!rates[i].id)
            rates[i].id = id;
        if (!strcmp(rates[i].id, id))
            return &rates[i];
    }
    return &rates[IDS_MAX - 1];
}

/* Whether a line of that kind may be written now; *left_out: how many were not, before it. */
static bool may_write(const char *id, unsigned *left_out)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    pthread_mutex_lock(&rates_lock);
    struct rate *r = rate_of(id);
    *left_out = 0;
    if (r->second != now.tv_sec) {
        r->second = now.tv_sec;
        r->lines = 0;
        *left_out = r->left_out;
        r->left_out = 0;
    }
    bool may = r->lines < LINES_PER_SECOND;
    r->lines += may;
    r->left_out += !may;
    pthread_mutex_unlock(&rates_lock);
    return may;
}

void wamp_log(enum wamp_log_level level, const char *id, const char *fmt, ...)
{
    char line[LINE_MAX_LEN];
    unsigned left_out;
    if (level > wamp_log_limit || !may_write(id, &left_out))
        return;
    if (left_out) {
        snprintf(line, sizeof line, "%u more lines of this kind were left out", left_out);
        sink(sink_arg, level, id, line);
    }
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    sink(sink_arg, level, id, line);
}

/* --- what peers chose -------------------------------------------------------------------------------------------------------- */

/* Octets of the character at p, or 0 when it must not be shown: control characters and what turns text around. */
static size_t showable(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80)
        return p[0] >= 0x20 && p[0] != 0x7f;
    size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (len > left || !wamp_utf8_ok(str_of((const char *)p, len)))
        return 0;
    bool c1 = p[0] == 0xc2 && p[1] < 0xa0;
    bool bidi = p[0] == 0xe2 && ((p[1] == 0x80 && ((p[2] >= 0xaa && p[2] <= 0xae) || p[2] == 0x8e || p[2] == 0x8f)) ||
                                 (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
    return c1 || bidi ? 0 : len;
}

const char *wamp_log_quote(struct str s, char *out, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t used = 0;
    for (size_t i = 0; i < s.len && used + 5 <= size;) {
        size_t len = showable(p + i, s.len - i);
        if (len) {
            memcpy(out + used, p + i, len);
            used += len;
            i += len;
        } else {
            memcpy(out + used, (const char[]){'\\', 'x', digits[p[i] >> 4], digits[p[i] & 15]}, 4);
            used += 4;
            i++;
        }
    }
    if (size)
        out[used] = '\0';
    return out;
}
