#include "tests/lib/login.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>

void login_say_hello(struct plug *p, const char *details)
{
    char hello[2000];
    snprintf(hello, sizeof hello, "[1,\"realm1\",{\"roles\":{\"caller\":{}},%s}]", details);
    plug_say(p, hello);
}

struct plug *login_hello(struct rig *rig, const char *details)
{
    struct plug *p = rig_websocket(rig);
    login_say_hello(p, details);
    return p;
}

void login_answer(struct plug *p, const char *signature, const char *extra)
{
    char message[2000];
    snprintf(message, sizeof message, "[5,\"%s\",%s]", signature, extra);
    plug_say(p, message);
}

/* The message last taken, as a tree. */
static const struct wamp_value *parse(struct plug *p)
{
    static struct wamp_arena arena;
    static struct wamp_value message;
    fail_pause();
    wamp_arena_fini(&arena);
    enum wamp_err err = wamp_value_read(WAMP_JSON, p->text, &arena, &message);
    fail_resume();
    expect_ok(err);
    assert_int_equal(message.kind, WAMP_LIST);
    return &message;
}

const struct wamp_value *login_value(struct plug *p, const char *key)
{
    const struct wamp_value *message = parse(p);
    for (uint32_t i = 0; i < message->count; i++)
        if (message->list[i].kind == WAMP_MAP)
            return wamp_value_get(&message->list[i], str_z(key));
    return NULL;
}

struct str login_detail(struct plug *p, const char *key)
{
    const struct wamp_value *v = login_value(p, key);
    if (!v || v->kind != WAMP_STR)
        fail_msg("no text %s in %.*s", key, STR_ARG(p->text));
    return v->text;
}

uint64_t login_session(struct plug *p)
{
    const struct wamp_value *message = parse(p);
    assert_int_equal(message->list[0].uint, WAMP_WELCOME);
    return message->list[1].uint;
}

void expect_abort(struct plug *p, const char *uri, unsigned code)
{
    expect_heard(p, "[3,{\"message\":");
    const struct wamp_value *message = parse(p);
    assert_int_equal(message->count, 3);
    test_str_equal(message->list[2].text, str_z(uri), __FILE__, __LINE__);
    expect_closing(p, code);
    expect_silence(p);
}
