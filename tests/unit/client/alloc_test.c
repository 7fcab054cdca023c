/* A whole life of a peer, with each allocation failing once: opening, registering, subscribing, calling, being
 * called, events, streams, closing. Whatever fails, every call that was begun ends once, nothing crashes, nothing is
 * left, and what failed has said so with a code. spec: T-L1, T-L2 */
#include "client/peer.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/fake_router.h"
#include "tests/lib/test.h"

#include <stdio.h>

static struct {
    unsigned begun, ended, events;
} seen;

static void on_done(void *arg, wamp_rc rc, const wamp_result *result, const wamp_error *error)
{
    (void)arg;
    assert_true(rc == WAMP_OK ? result != NULL : error && error->rc == rc);
    seen.ended++;
}

static wamp_rc add(void *self, wamp_chan *ch)
{
    int64_t a, b;
    (void)self;
    return wamp_args(ch, "a:i b:i", &a, &b) ? WAMP_E_ARGS : wamp_reply(ch, "i sum:i", a + b, a + b);
}

static void on_event(void *self, const wamp_event *ev)
{
    (void)self;
    (void)ev;
    seen.events++;
}

static const wamp_member members[] = {
    {.kind = WAMP_MEMBER_RPC, .uri = "add", .proc = add, .sig = "a:i b:i"},
    {.kind = WAMP_MEMBER_SUBSCRIBE, .uri = "news", .on_event = on_event},
    {0},
};
static const wamp_service service = {.name = "S", .members = members};

static bool is_there(void)
{
    return fake.peer && wamp_is_joined(fake.peer);
}

/* What a function may answer when memory was short, in it or before it. */
static void expect_code(wamp_rc rc)
{
    if (rc != WAMP_OK && rc != WAMP_E_NOMEM && rc != WAMP_E_LOST && rc != WAMP_E_STATE)
        fail_msg("%s", wamp_rc_name(rc));
}

/* --- the parts of a life -------------------------------------------------------------------------------------- */

static void open_session(void)
{
    static const char *const opening[] = {"[2, 1234, " FAKE_DETAILS "]", "[65, 1, 11]", "[33, 2, 12]"};
    for (size_t i = 0; fake.peer && i < sizeof opening / sizeof *opening; i++)
        fake_says(opening[i]);
    fake_forget();
}

static void join(bool reconnect)
{
    if (fake_begin(&(wamp_opt){.service = &service, .reconnect = reconnect}))
        open_session();
}

static void call(void)
{
    char answer[96];
    if (!is_there())
        return;
    wamp_rc rc = wamp_call_async(fake.peer, "com.x", on_done, NULL, "is k:[i]", 1, "x", 2);
    expect_code(rc);
    if (rc)
        return;
    seen.begun++;
    snprintf(answer, sizeof answer, "[50, %u, {}, [1, {\"k\": [1, 2]}], {\"x\": \"y\"}]",
             (unsigned)fake.peer->session.last_request);
    fake_says(answer);
}

static void stream(void)
{
    wamp_chan *ch = is_there() ? wamp_channel(fake.peer, "com.up", NULL) : NULL;
    wamp_val *v = NULL;
    char answer[64];
    if (!ch)
        return;
    wamp_rc rc = wamp_send(ch, WAMP_MORE, "s", "x");
    expect_code(rc);
    snprintf(answer, sizeof answer, "[50, %u, {\"progress\": true}, [[1, 2]]]",
             (unsigned)fake.peer->session.last_request);
    if (!rc && !fake_says(answer))
        wamp_recv(ch, &v, 0);
    wamp_drop(&v);
    wamp_release(&ch);
}

static void be_called(void)
{
    if (is_there())
        fake_says("[68, 1, 11, {}, [3, 4]]");
    if (is_there())
        fake_says("[68, 2, 11, {}, [3], {\"b\": \"x\"}]");
}

static void hear_and_tell(void)
{
    if (is_there())
        fake_says("[36, 12, 99, {}, [1, {\"k\": null}]]");
    if (is_there())
        expect_code(wamp_publish(fake.peer, "com.t", NULL, "s", "x"));
}

static void lose_and_return(void)
{
    if (!is_there())
        return;
    fake.broken = true;
    fake_advance(0);
    fake_advance(60000);  /* beyond every back-off */
    open_session();
}

static void leave(void)
{
    fake.polite = true;
    wamp_close(fake.peer);
    fake.peer = NULL;
    fake_end();
}

/* --- lives ---------------------------------------------------------------------------------------------------- */

static void live(void)
{
    call();
    stream();
    be_called();
    hear_and_tell();
}

/* Each call that was begun has ended, whatever failed. */
static void expect_all_ended(void)
{
    assert_int_equal(seen.begun, seen.ended);
}

TEST(short_memory_is_told_and_leaves_nothing)
{
    for_each_failure
    {
        memset(&seen, 0, sizeof seen);
        join(false);
        live();
        leave();
        expect_all_ended();
    }
    assert_int_equal(seen.ended, 1);  /* the last life had memory enough for all of it */
    assert_int_equal(seen.events, 1);
}

TEST(short_memory_while_coming_back_leaves_nothing)
{
    for_each_failure
    {
        memset(&seen, 0, sizeof seen);
        join(true);
        lose_and_return();
        live();
        leave();
        expect_all_ended();
    }
    assert_int_equal(seen.ended, 1);
    assert_int_equal(seen.events, 1);
}

/* Opening is what a program sees first: it has to say why. */
TEST(a_peer_that_cannot_be_made_says_so)
{
    for_each_failure
    {
        wamp_peer *peer = wamp_open_async(&(wamp_opt){.url = "unix:/nonexistent", .service = &service});
        if (!peer)
            assert_int_equal(wamp_open_rc(), WAMP_E_NOMEM);
        wamp_close(peer);
    }
}

RUN_TESTS(cmocka_unit_test(short_memory_is_told_and_leaves_nothing),
          cmocka_unit_test(short_memory_while_coming_back_leaves_nothing),
          cmocka_unit_test(a_peer_that_cannot_be_made_says_so))
