/* Log lines: one record a line, a stable id first, then facts. No secrets, no control characters.
 *
 *     log_warn("CONN-SLOW", "session %" PRIu64 " closed: %zu octets queued (limit %zu)", id, n, max);
 *
 * A line is quoted as a whole before it is written (see wamp_log_quote), so whatever is in it stays one line; it
 * is cut at 1023 octets. Lines of one id beyond 10 a second are counted, not written; the count follows with the
 * next line of any id once the second is over. Any thread may log. */
#ifndef WAMP_COMMON_LOG_H
#define WAMP_COMMON_LOG_H

#include "common/str.h"

#include <stdbool.h>

enum wamp_log_level { WAMP_LOG_ERROR, WAMP_LOG_WARN, WAMP_LOG_INFO, WAMP_LOG_DEBUG };

extern enum wamp_log_level wamp_log_limit;  /* lines above it are not made; default INFO */

/* Where lines go; NULL is stderr with a timestamp. `line` has no newline. The sink is called by whichever thread
 * logs; set it, like wamp_log_limit, before there are several. */
typedef void wamp_log_sink(void *arg, enum wamp_log_level level, const char *id, const char *line);
void wamp_log_to(wamp_log_sink *sink, void *arg);

bool wamp_log_level_by_name(struct str name, enum wamp_log_level *out);  /* error warn info debug */

/* `id` is a literal. */
void wamp_log(enum wamp_log_level level, const char *id, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A copy of s, at most `size` octets with the NUL, in which control characters, line separators, bidi controls and
 * invalid UTF-8 are escaped as \xNN, octet by octet. What does not fit is cut, between characters. For text that a
 * peer chose where it stands between words of ours, and for what goes elsewhere than into the log. Returns out. */
const char *wamp_log_quote(struct str s, char *out, size_t size);

#define log_error(...) wamp_log(WAMP_LOG_ERROR, __VA_ARGS__)
#define log_warn(...) (wamp_log_limit >= WAMP_LOG_WARN ? wamp_log(WAMP_LOG_WARN, __VA_ARGS__) : (void)0)
#define log_info(...) (wamp_log_limit >= WAMP_LOG_INFO ? wamp_log(WAMP_LOG_INFO, __VA_ARGS__) : (void)0)
#define log_debug(...) (wamp_log_limit >= WAMP_LOG_DEBUG ? wamp_log(WAMP_LOG_DEBUG, __VA_ARGS__) : (void)0)

#endif
