/* What a test expects to have heard. Apart from tests/lib/fake_router.c, because fuzz targets know no cmocka. */
#include "common/value.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/fake_router.h"
#include "tests/lib/pattern.h"
#include "tests/lib/test.h"

#include <stdio.h>

void fake_silent_at(const char *file, int line)
{
    const char *message = fake_take();
    if (!message)
        return;
    print_error("the peer sent %s\n", message);
    _fail(file, line);
}

static bool matches(const char *message, const char *text, struct wamp_arena *arena, struct pattern_fault *why)
{
    struct pattern pattern;
    struct wamp_value value;
    struct str rest;
    struct vars vars = {.arena = arena};
    snprintf(why->text, sizeof why->text, "not JSON");
    return pattern_parse(str_z(text), arena, &pattern, &rest, why) &&
           !wamp_value_read(WAMP_JSON, str_z(message), arena, &value) &&
           pattern_match(&pattern, &value, &vars, why);
}

void fake_heard_at(const char *text, const char *file, int line)
{
    struct wamp_arena arena = {0};
    struct pattern_fault why;
    const char *message = fake_take();
    fail_pause();
    bool ok = message && matches(message, text, &arena, &why);
    if (!ok)
        print_error("expected %s\ngot      %s\n%s\n", text, message ? message : "nothing", message ? why.text : "");
    wamp_arena_fini(&arena);
    fail_resume();
    if (!ok)
        _fail(file, line);
}
