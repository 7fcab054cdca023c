/* Log lines: one record a line, a stable id first, then facts. No secrets, no control characters.
 *
 *     log_warn("CONN-SLOW", "session %" PRIu64 " closed: %zu octets queued (limit %zu)", id, n, max);
 *
 * Text that a peer chose goes through wamp_log_quote. Lines of one id beyond 10 a second are counted, not written. */
#ifndef WAMP_COMMON_LOG_H
#define WAMP_COMMON_LOG_H

#include "common/str.h"

#include <stdbool.h>

enum wamp_log_level { WAMP_LOG_ERROR, WAMP_LOG_WARN, WAMP_LOG_INFO, WAMP_LOG_DEBUG };

extern enum wamp_log_level wamp_log_limit;  /* lines above it are not made; default INFO */

/* Where lines go; NULL is stderr with a timestamp. `line` has no newline. */
typedef void wamp_log_sink(void *arg, enum wamp_log_level level, const char *id, const char *line);
void wamp_log_to(wamp_log_sink *sink, void *arg);

bool wamp_log_level_by_name(struct str name, enum wamp_log_level *out);  /* error warn info debug */

void wamp_log(enum wamp_log_level level, const char *id, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* A copy of s, at most `size` octets with the NUL, in which control characters, bidi controls and invalid UTF-8 are
 * escaped as \xNN. Returns out. */
const char *wamp_log_quote(struct str s, char *out, size_t size);

#define log_error(...) wamp_log(WAMP_LOG_ERROR, __VA_ARGS__)
#define log_warn(...) (wamp_log_limit >= WAMP_LOG_WARN ? wamp_log(WAMP_LOG_WARN, __VA_ARGS__) : (void)0)
#define log_info(...) (wamp_log_limit >= WAMP_LOG_INFO ? wamp_log(WAMP_LOG_INFO, __VA_ARGS__) : (void)0)
#define log_debug(...) (wamp_log_limit >= WAMP_LOG_DEBUG ? wamp_log(WAMP_LOG_DEBUG, __VA_ARGS__) : (void)0)

#endif
