/* Log lines: one record a line, floods counted, nothing from a peer that a terminal would act upon.
 * spec: reliability threat 26 (T-A8) */
#include "common/log.h"

#include "common/buf.h"
#include "tests/lib/test.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Both clocks of the log: takes the place of libc's in this program. 2026-11-27T19:10:00.007Z */
static struct timespec clock_now = {.tv_sec = 1795806600, .tv_nsec = 7654321};

int clock_gettime(clockid_t id, struct timespec *out)
{
    (void)id;
    *out = clock_now;
    return 0;
}

/* --- what is logged ------------------------------------------------------------------------------------- */

/* "level id line" of each record, each followed by a newline. */
static struct wamp_buf records;
static unsigned record_count;

static void keep(void *arg, enum wamp_log_level level, const char *id, const char *line)
{
    assert_ptr_equal(arg, &records);
    wamp_buf_addf(&records, "%u %s %s\n", level, id, line);
    record_count++;
}

/* Each test has a second of its own, and nothing left out in one before. */
static int set_up(void **state)
{
    (void)state;
    clock_now.tv_sec += 10;
    wamp_log_to(keep, &records);
    wamp_log_limit = WAMP_LOG_INFO;
    log_info("SET-UP", "what is still to be told is told now");
    wamp_buf_reset(&records);
    record_count = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    wamp_log_to(NULL, NULL);
    wamp_buf_fini(&records);
    return 0;
}

/* --- levels and sinks ----------------------------------------------------------------------------------- */

TEST(lines_above_the_limit_are_not_made)
{
    log_error("A", "e");
    log_warn("A", "w");
    log_info("A", "i %d", 5);
    log_debug("A", "d");
    wamp_log(WAMP_LOG_DEBUG, "A", "d");
    wamp_log_limit = WAMP_LOG_ERROR;
    log_error("A", "e2");
    log_warn("A", "w2");
    expect_str(wamp_buf_str(&records), "0 A e\n1 A w\n2 A i 5\n0 A e2\n");
}

TEST(levels_have_names)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    enum wamp_log_level level;
    for (unsigned i = 0; i < 4; i++) {
        assert_true(wamp_log_level_by_name(str_z(names[i]), &level));
        assert_int_equal(level, i);
    }
    assert_false(wamp_log_level_by_name(STR("warning"), &level));
    assert_false(wamp_log_level_by_name(STR(""), &level));
}

/* A socket that keeps what was written in one go apart takes the place of stderr. */
TEST(a_line_goes_to_stderr_in_one_write_with_the_time_in_utc)
{
    char got[2000];
    int ends[2], real = dup(STDERR_FILENO);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    clock_now.tv_sec = 1795806600;
    wamp_log_to(NULL, NULL);
    dup2(ends[1], STDERR_FILENO);
    log_warn("CONN-SLOW", "session %d closed", 7);
    log_error("LONG", "%01200d", 0);
    dup2(real, STDERR_FILENO);
    size_t len = (size_t)recv(ends[0], got, sizeof got, 0);
    expect_str(str_of(got, len), "2026-11-27T19:10:00.007Z warn CONN-SLOW session 7 closed\n");
    len = (size_t)recv(ends[0], got, sizeof got, 0);
    assert_true(str_starts(str_of(got, len), STR("2026-11-27T19:10:00.007Z error LONG 000")));
    assert_int_equal(len, strlen("2026-11-27T19:10:00.007Z error LONG ") + 1023 + 1);
    assert_int_equal(got[len - 1], '\n');
    close(real);
    close(ends[0]);
    close(ends[1]);
}

/* --- floods --------------------------------------------------------------------------------------------- */

static void flood(const char *id, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        log_warn(id, "line");
}

TEST(ten_lines_of_an_id_are_written_in_a_second)
{
    flood("FLOOD", 10);
    assert_int_equal(record_count, 10);
    flood("FLOOD", 1000);
    assert_int_equal(record_count, 10);
    clock_now.tv_nsec = 999999999;
    flood("FLOOD", 1);
    assert_int_equal(record_count, 10);
    clock_now.tv_nsec = 0;
}

TEST(what_was_left_out_is_told_when_the_second_is_over)
{
    flood("FLOOD", 15);
    clock_now.tv_sec++;
    wamp_buf_reset(&records);
    flood("FLOOD", 2);
    expect_str(wamp_buf_str(&records), "1 FLOOD 5 more lines of this kind were left out\n"
                                       "1 FLOOD line\n1 FLOOD line\n");
    clock_now.tv_sec++;
    wamp_buf_reset(&records);
    flood("FLOOD", 1);
    expect_str(wamp_buf_str(&records), "1 FLOOD line\n");
}

TEST(any_line_tells_of_the_floods_before_it)
{
    flood("FLOOD", 11);
    flood("FLOOD-2", 12);
    clock_now.tv_sec += 100;
    wamp_buf_reset(&records);
    log_info("CALM", "after the rain");
    expect_str(wamp_buf_str(&records), "1 FLOOD 1 more lines of this kind were left out\n"
                                       "1 FLOOD-2 2 more lines of this kind were left out\n"
                                       "2 CALM after the rain\n");
}

TEST(a_flood_of_one_id_does_not_silence_another)
{
    flood("FLOOD", 1000);
    flood("OTHER", 5);
    assert_int_equal(record_count, 15);
}

TEST(ids_are_told_apart_by_what_they_say_not_by_where_they_lie)
{
    static const char first[] = "SAME", second[] = "SAME";
    flood(first, 10);
    flood(second, 10);
    assert_int_equal(record_count, 10);
}

/* The table of ids is full: what is beyond it is limited together. This has to be the last test of floods. */
TEST(more_ids_than_there_is_room_for_share_a_limit)
{
    static char ids[1000][16];
    for (int i = 0; i < 1000; i++) {
        snprintf(ids[i], sizeof ids[i], "ID-%d", i);
        log_info(ids[i], "x");
    }
    assert_true(record_count > 100 && record_count < 150);
    clock_now.tv_sec++;
    record_count = 0;
    log_info("ID-999", "x");
    assert_int_equal(record_count, 2);
}

/* --- threads -------------------------------------------------------------------------------------------- */

enum { THREADS = 4, LINES = 2000 };

static void count_one(void *arg, enum wamp_log_level level, const char *id, const char *line)
{
    (void)level, (void)id;
    __atomic_fetch_add((unsigned *)arg, strcmp(line, "from a thread") == 0, __ATOMIC_RELAXED);
}

static void *log_many(void *arg)
{
    for (int i = 0; i < LINES; i++)
        log_warn("THREAD", "from a thread");
    return arg;
}

TEST(threads_share_the_limit)
{
    pthread_t threads[THREADS];
    unsigned written = 0;
    wamp_log_to(count_one, &written);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(written, 10);
}

/* --- quoting -------------------------------------------------------------------------------------------- */

#define S(literal) {"" literal, sizeof(literal) - 1}

static const struct {
    struct str in;
    const char *out;
} quotes[] = {
    {S(""), ""},
    {S("plain text, \"quoted\" \\ and ~"), "plain text, \"quoted\" \\ and ~"},
    {S("a\r\nb\tc"), "a\\x0d\\x0ab\\x09c"},
    {S("\0\x1b[31m\x7f"), "\\x00\\x1b[31m\\x7f"},
    {S("caf\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80 \xc2\xa0"),
     "caf\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80 \xc2\xa0"},
    {S("\xc2\x80\xc2\x85\xc2\x9f"), "\\xc2\\x80\\xc2\\x85\\xc2\\x9f"},                        /* C1 */
    {S("\xe2\x80\xaa\xe2\x80\xae"), "\\xe2\\x80\\xaa\\xe2\\x80\\xae"},                        /* U+202A, U+202E */
    {S("\xe2\x81\xa6\xe2\x81\xa9"), "\\xe2\\x81\\xa6\\xe2\\x81\\xa9"},                        /* U+2066, U+2069 */
    {S("\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"), "\\xe2\\x80\\x8e\\xe2\\x80\\x8f\\xd8\\x9c"},      /* marks */
    {S("\xe2\x80\xa8\xe2\x80\xa9"), "\\xe2\\x80\\xa8\\xe2\\x80\\xa9"},                        /* ends of lines */
    {S("\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa\xe2\x80\xa7"), "\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa\xe2\x80\xa7"},
    {S("\xff\xc3(\xc3"), "\\xff\\xc3(\\xc3"},
    {S("\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80"), "\\xc0\\xaf\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80"},
    {S("\xe4\xb8"), "\\xe4\\xb8"},
    {S("\xf0\x9f\x98"), "\\xf0\\x9f\\x98"},
};

TEST(what_a_terminal_or_a_reader_would_take_for_more_than_text_is_escaped)
{
    for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++) {
        char out[200];
        assert_string_equal(wamp_log_quote(quotes[i].in, out, sizeof out), quotes[i].out);
    }
}

TEST(what_does_not_fit_is_cut_between_characters)
{
    static const struct {
        struct str in;
        size_t size;
        const char *out;
    } cases[] = {
        {S("abc"), 4, "abc"},           {S("abc"), 3, "ab"},       {S("abc"), 1, ""},
        {S("a\n"), 6, "a\\x0a"},        {S("a\n"), 5, "a"},        {S("\n\n"), 8, "\\x0a"},
        {S("a\xc3\xa9"), 4, "a\xc3\xa9"}, {S("a\xc3\xa9"), 3, "a"}, {S("a\xc3\xa9z"), 3, "a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[16];
        memset(out, '!', sizeof out);
        assert_string_equal(wamp_log_quote(cases[i].in, out, cases[i].size), cases[i].out);
        assert_int_equal(out[cases[i].size], '!');
    }
    char untouched = '!';
    wamp_log_quote(STR("x"), &untouched, 0);
    assert_int_equal(untouched, '!');
}

TEST(a_record_is_one_line_even_where_quoting_was_forgotten)
{
    log_info("A", "topic %s", "com.x\n1 FAKE line\x1b[2J\xff");
    expect_str(wamp_buf_str(&records), "2 A topic com.x\\x0a1 FAKE line\\x1b[2J\\xff\n");
}

TEST(a_long_line_is_cut_between_characters)
{
    struct wamp_buf text = {0};
    for (int i = 0; i < 600; i++)
        wamp_buf_add_str(&text, STR("\xc3\xa9"));
    log_info("A", "x%.*s", STR_ARG(wamp_buf_str(&text)));
    assert_int_equal(records.len, strlen("2 A ") + 1023 + 1);
    records.len = 0;
    log_info("A", "%.*s", STR_ARG(wamp_buf_str(&text)));
    assert_true(records.len <= strlen("2 A ") + 1023 + 1);
    assert_null(memmem(records.ptr, records.len, "\xc3\n", 2));
    wamp_buf_fini(&text);
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

RUN_TESTS(LOG_TEST(lines_above_the_limit_are_not_made), LOG_TEST(levels_have_names),
          LOG_TEST(a_line_goes_to_stderr_in_one_write_with_the_time_in_utc),
          LOG_TEST(ten_lines_of_an_id_are_written_in_a_second),
          LOG_TEST(what_was_left_out_is_told_when_the_second_is_over),
          LOG_TEST(any_line_tells_of_the_floods_before_it),
          LOG_TEST(a_flood_of_one_id_does_not_silence_another),
          LOG_TEST(ids_are_told_apart_by_what_they_say_not_by_where_they_lie), LOG_TEST(threads_share_the_limit),
          LOG_TEST(what_a_terminal_or_a_reader_would_take_for_more_than_text_is_escaped),
          LOG_TEST(what_does_not_fit_is_cut_between_characters),
          LOG_TEST(a_record_is_one_line_even_where_quoting_was_forgotten),
          LOG_TEST(a_long_line_is_cut_between_characters),
          LOG_TEST(more_ids_than_there_is_room_for_share_a_limit))
