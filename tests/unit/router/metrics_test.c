#include "router/metrics.h"

#include "tests/lib/rig.h"
#include "tests/lib/test.h"

static bool has(const struct wamp_buf *b, const char *text)
{
    return memmem(b->ptr, b->len, text, strlen(text)) != NULL;
}

TEST(counters_are_written_as_prometheus_reads_them)
{
    struct metrics m = {.accepted = 7};
    struct wamp_buf out = {0};
    metrics_write(&out, &m);
    assert_true(has(&out, "# HELP wampd_accepted_total connections accepted\n# TYPE wampd_accepted_total counter\n"
                          "wampd_accepted_total 7\n"));
    wamp_buf_fini(&out);
}

TEST(labels_are_quoted)
{
    struct wamp_buf out = {0};
    metrics_value(&out, "sessions", "realm", STR("a\"b\\c\nd"), 1);
    expect_str(wamp_buf_str(&out), "wampd_sessions{realm=\"a\\\"b\\\\c\\nd\"} 1\n");
    wamp_buf_fini(&out);
}

TEST(a_router_shows_its_connections_and_its_realms)
{
    struct rig rig;
    struct wamp_buf out = {0};
    rig_init(&rig);
    rig_session(&rig, "");
    rig_websocket(&rig);
    router_write_metrics(&rig.router, &rig.hub, &out);
    assert_true(has(&out, "\nwampd_connections 2\n"));
    assert_true(has(&out, "\nwampd_sessions{realm=\"realm1\"} 1\n"));
    assert_true(has(&out, "\nwampd_joined_total{realm=\"realm1\"} 1\n"));
    assert_true(has(&out, "\nwampd_messages_in_total 1\n"));
    wamp_buf_fini(&out);
    rig_fini(&rig);
}

RUN_TESTS(cmocka_unit_test(counters_are_written_as_prometheus_reads_them), cmocka_unit_test(labels_are_quoted),
          cmocka_unit_test(a_router_shows_its_connections_and_its_realms))
