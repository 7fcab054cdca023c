#include "tests/lib/talk.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/pattern.h"
#include "tests/lib/test.h"

#include <stdio.h>

enum { LINE_MAX_OCTETS = 200000 };

static char line_text[LINE_MAX_OCTETS];

static void format(const char *fmt, va_list args)
{
    int len = vsnprintf(line_text, sizeof line_text, fmt, args);
    if (len < 0 || len >= (int)sizeof line_text)
        fail_msg("a line of more than %d octets", LINE_MAX_OCTETS);
}

void world_begin(struct world *w, const struct realm_config *config)
{
    assert_true(world_init(w, config));
}

void world_end(struct world *w)
{
    if (w->fault[0])
        fail_msg("%s", w->fault);
    world_fini(w);
}

struct peer *join_with(struct world *w, const struct session_info *info)
{
    struct str welcome;
    struct peer *p = world_join(w, info);
    assert_non_null(p->session);
    assert_true(peer_take(p, &welcome));
    return p;
}

struct peer *join(struct world *w, enum wamp_ser ser)
{
    return join_with(w, &(struct session_info){.ser = ser});
}

void talk_say(struct peer *p, const char *file, int line, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    format(fmt, args);
    va_end(args);
    if (!p->session) {
        print_error("%s:%d: the peer that is to speak is gone\n", file, line);
        _fail(file, line);
    }
    peer_send_json(p, line_text);
}

/* The message as JSON, for a person. */
static struct str shown(struct peer *p, struct str octets, struct wamp_buf *buf)
{
    wamp_buf_reset(buf);
    return wamp_transcode(p->ser, octets, WAMP_JSON, buf) ? STR("(not to be shown in JSON)") : wamp_buf_str(buf);
}

/* Ends the test; what it has allocated is lost. */
static void complain(struct peer *p, const char *file, int line, const char *what, struct str octets)
{
    struct wamp_buf buf = {0};
    struct str text = shown(p, octets, &buf);
    print_error("%s:%d: %s\n    it came: %.*s\n", file, line, what, STR_ARG(text));
    wamp_buf_fini(&buf);
    _fail(file, line);
}

/* False, with *why, when the octets do not match the pattern in line_text. */
static bool matches(struct peer *p, struct str octets, struct pattern_fault *why)
{
    struct wamp_arena arena = {0};
    struct vars vars = {.arena = &arena};
    struct pattern pattern;
    struct wamp_value value;
    struct str rest;
    fail_pause();
    bool ok = pattern_parse(str_z(line_text), &arena, &pattern, &rest, why) &&
              !wamp_value_read(p->ser, octets, &arena, &value) && pattern_match(&pattern, &value, &vars, why);
    wamp_arena_fini(&arena);
    fail_resume();
    return ok;
}

void talk_hear(struct peer *p, const char *file, int line, const char *fmt, ...)
{
    struct pattern_fault why = {""};
    struct str octets;
    va_list args;
    va_start(args, fmt);
    format(fmt, args);
    va_end(args);
    if (!peer_take(p, &octets)) {
        print_error("%s:%d: nothing came, expected %s\n", file, line, line_text);
        _fail(file, line);
    } else if (!matches(p, octets, &why)) {
        print_error("expected %s: %s\n", line_text, why.text);
        complain(p, file, line, "not what was expected", octets);
    }
}

void talk_hear_nothing(struct peer *p, const char *file, int line)
{
    struct str octets;
    if (peer_take(p, &octets))
        complain(p, file, line, "nothing was expected", octets);
}

void talk_hear_end(struct peer *p, enum close_reason reason, const char *file, int line)
{
    talk_hear_nothing(p, file, line);
    if (p->session || !p->has_why || p->why != reason) {
        print_error("%s:%d: expected the end with reason %d, got %s %d\n", file, line, reason,
                    p->session ? "none" : "reason", (int)p->why);
        _fail(file, line);
    }
}
