/* A whole life of a peer, with each allocation failing once: opening, registering, subscribing, calling, being
 * called, events, streams, closing. Whatever fails, every call that was begun ends once, nothing crashes, nothing is
 * left, and what failed has said so with a code. spec: T-L1, T-L2 */
#include "client/peer.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/fake_router.h"
#include "tests/lib/test.h"

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

/* With a number that tells which request failed where one did. */
static void expect_code(wamp_rc rc)
{
    if (rc != WAMP_OK && rc != WAMP_E_NOMEM && rc != WAMP_E_LOST && rc != WAMP_E_STATE)
        fail_msg("%s", wamp_rc_name(rc));
}

/* --- the parts of a life -------------------------------------------------------------------------------------- */

static void open_and_offer(void)
{
    if (!fake_join(&(wamp_opt){.service = &service}))
        return;
    fake_says("[65, 1, 11]");
    fake_says("[33, 2, 12]");
}

static void call(void)
{
    char answer[96];
    if (!is_there())
        return;
    wamp_rc rc = wamp_call_async(fake.peer, "com.x", on_done, NULL, "is k:[v]", 1, "x", NULL);
    assert_int_equal(rc, WAMP_E_ARGS);  /* a NULL value */
    rc = wamp_call_async(fake.peer, "com.x", on_done, NULL, "is k:[i]", 1, "x", 2);
    expect_code(rc);
    if (rc)
        return;
    seen.begun++;
    snprintf(answer, sizeof answer, "[50, %u, {}, [1, {\"k\": [1, 2]}], {\"x\": \"y\"}]",
             (unsigned)fake.peer->session.last_request);
    fake_says(answer);
}
