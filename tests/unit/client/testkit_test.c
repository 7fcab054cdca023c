/* wamp_test.h: a router of one's own, and waiting. Needs WAMPD, or wampd in PATH. */
#include "client/include/wamp_test.h"

#include "tests/lib/test.h"

#include <string.h>

static wamp_rc add(void *self, wamp_chan *ch)
{
    int64_t a, b;
    (void)self;
    if (wamp_args(ch, "a:i b:i", &a, &b))
        return WAMP_E_ARGS;
    return wamp_reply(ch, "i", a + b);
}

static void on_event(void *self, const wamp_event *ev)
{
    (void)ev;
    ++*(int *)self;
}

WAMP_SERVICE(Calculator, WAMP_RPC(add), WAMP_SUBSCRIBE("news", on_event));

static void a_router_starts_serves_and_ends(void **state)
{
    int events = 0;
    (void)state;
    wamp_test_router *router = wamp_test_router_start(NULL);
    assert_non_null(router);
    WAMP_WITH(service, .service = &Calculator, .self = &events, .url = wamp_test_url(router))
    WAMP_WITH(client, .url = wamp_test_url(router))
    {
        wamp_val *sum = NULL;
        assert_int_equal(wamp_test_wait_session(client, 1000), WAMP_OK);
        assert_int_equal(wamp_call(client, "add", &sum, "ii", 3, 4), WAMP_OK);
        assert_int_equal(wamp_int(sum), 7);
        wamp_drop(&sum);
        assert_int_equal(wamp_publish(client, "news", NULL, ""), WAMP_OK);
        assert_true(WAMP_TEST_EVENTUALLY(service, events == 1, 2000));
        assert_false(WAMP_TEST_EVENTUALLY(service, events == 2, 50));
    }
    assert_int_equal(wamp_test_router_stop(&router), 0);
    assert_null(router);
}

static void what_others_offer_is_waited_for(void **state)
{
    (void)state;
    wamp_test_router *router = wamp_test_router_start(NULL);
    WAMP_WITH(client, .url = wamp_test_url(router))
    {
        assert_int_equal(wamp_test_wait_registration(client, "add", 50), WAMP_E_TIMEOUT);
        assert_int_equal(wamp_test_wait_subscription(client, "news", 50), WAMP_E_TIMEOUT);
        WAMP_WITH(service, .service = &Calculator, .url = wamp_test_url(router))
        {
            assert_int_equal(wamp_test_wait_registration(client, "add", 1000), WAMP_OK);
            assert_int_equal(wamp_test_wait_subscription(client, "news", 1000), WAMP_OK);
        }
    }
    wamp_test_router_stop(&router);
}

static void messages_are_collected(void **state)
{
    (void)state;
    wamp_test_messages messages = {0};
    wamp_hooks hooks = wamp_test_collect(&messages);
    wamp_test_router *router = wamp_test_router_start(NULL);
    WAMP_WITH(client, .url = wamp_test_url(router), .serializer = "json", .hooks = &hooks)
    {
        assert_int_equal(wamp_test_wait_messages(client, &messages, 2, 1000), WAMP_OK);
        assert_true(messages.v[0].outgoing && !strncmp(messages.v[0].text, "[1,\"realm1\"", 11));
        assert_true(!messages.v[1].outgoing && !strncmp(messages.v[1].text, "[2,", 3));
        assert_int_equal(wamp_test_wait_messages(client, &messages, 3, 50), WAMP_E_TIMEOUT);
    }
    wamp_test_forget(&messages);
    wamp_test_router_kill(&router);
}

static void a_router_that_does_not_start_is_null(void **state)
{
    (void)state;
    wamp_test_router *router = wamp_test_router_start("/no/such/file.yaml");
    assert_null(router);
    assert_int_equal(wamp_test_router_stop(&router), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_router_starts_serves_and_ends),
        cmocka_unit_test(what_others_offer_is_waited_for),
        cmocka_unit_test(messages_are_collected),
        cmocka_unit_test(a_router_that_does_not_start_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
