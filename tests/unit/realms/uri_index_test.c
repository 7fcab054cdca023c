/* Patterns and what they match: the table of the specification, and the plain definition as an oracle. */
#include "realms/uri_index.h"

#include "common/map.h"
#include "common/uri.h"
#include "tests/lib/failmalloc.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>

struct pattern {
    const char *uri;
    enum wamp_match match;
};

static void add_all(struct uri_index *x, struct pattern *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_true(uri_index_add(x, list[i].match, str_z(list[i].uri), &list[i]));
}

static const char *best(const struct uri_index *x, const char *uri)
{
    const struct pattern *p = uri_index_best(x, str_z(uri));
    return p ? p->uri : "none";
}

/* spec: A-PBR-02, A-PBR-03, A-PBR-05, T-31, T-32, X-03 */
TEST(the_examples_of_the_specification_choose_their_registration)
{
    struct pattern r[] = {
        {"a1.b2.c3.d4.e55", WAMP_MATCH_EXACT},     {"a1.b2.c3", WAMP_MATCH_PREFIX},
        {"a1.b2.c3.d4", WAMP_MATCH_PREFIX},        {"a1.b2..d4.e5", WAMP_MATCH_WILDCARD},
        {"a1.b2.c33..e5", WAMP_MATCH_WILDCARD},    {"a1.b2..d4.e5..g7", WAMP_MATCH_WILDCARD},
        {"a1.b2..d4..f6.g7", WAMP_MATCH_WILDCARD},
    };
    static const char *const calls[][2] = {
        {"a1.b2.c3.d4.e55", "a1.b2.c3.d4.e55"}, {"a1.b2.c3.d98.e74", "a1.b2.c3"},
        {"a1.b2.c3.d4.e325", "a1.b2.c3.d4"},    {"a1.b2.c3.d4.e5", "a1.b2.c3.d4"},
        {"a1.b2.c3", "a1.b2.c3"},               {"a1.b2.c55.d4.e5", "a1.b2..d4.e5"},
        {"a1.b2.c33.d4.e5", "a1.b2.c3"},        {"a1.b2.c88.d4.e5.f6.g7", "a1.b2..d4.e5..g7"},
        {"a2.b2.c2.d2.e2", "none"},
    };
    struct uri_index x = {0};
    add_all(&x, r, sizeof r / sizeof *r);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        assert_string_equal(best(&x, calls[i][0]), calls[i][1]);
    uri_index_remove(&x, WAMP_MATCH_PREFIX, STR("a1.b2.c3"));
    uri_index_remove(&x, WAMP_MATCH_PREFIX, STR("a1.b2.c3.d4"));
    assert_string_equal(best(&x, "a1.b2.c33.d4.e5"), "a1.b2.c33..e5");
    uri_index_fini(&x);
}

/* spec: T-32 */
TEST(the_leftmost_literal_wins_not_the_longest_pattern)
{
    struct pattern r[] = {{"com...d", WAMP_MATCH_WILDCARD}, {"com.b..", WAMP_MATCH_WILDCARD}};
    struct uri_index x = {0};
    add_all(&x, r, 2);
    assert_string_equal(best(&x, "com.b.c.d"), "com.b..");
    assert_string_equal(best(&x, "com.x.c.d"), "com...d");
    uri_index_fini(&x);
}

/* spec: T-31, A-PBR-04 */
TEST(any_prefix_beats_every_wildcard_and_equal_strings_are_three_patterns)
{
    struct pattern r[] = {{"", WAMP_MATCH_PREFIX},    {"a.b", WAMP_MATCH_WILDCARD}, {"a.b", WAMP_MATCH_EXACT},
                          {"a.b", WAMP_MATCH_PREFIX}, {"", WAMP_MATCH_WILDCARD}};
    struct uri_index x = {0};
    add_all(&x, r, sizeof r / sizeof *r);
    assert_ptr_equal(uri_index_best(&x, STR("a.b")), &r[2]);
    assert_ptr_equal(uri_index_best(&x, STR("a.bc")), &r[3]);
    assert_ptr_equal(uri_index_best(&x, STR("b")), &r[0]);
    for (size_t i = 0; i < sizeof r / sizeof *r; i++)
        assert_ptr_equal(uri_index_find(&x, r[i].match, str_z(r[i].uri)), &r[i]);
    uri_index_fini(&x);
}

struct visits {
    const char *list[16];
    size_t count;
};

static void visit(void *value, void *arg)
{
    struct visits *v = arg;
    v->list[v->count++] = ((struct pattern *)value)->uri;
}

/* spec: A-PBS-02, A-PBS-05 */
TEST(a_publication_visits_exact_then_prefixes_then_wildcards)
{
    struct pattern r[] = {{".b", WAMP_MATCH_WILDCARD}, {"a.", WAMP_MATCH_PREFIX},  {"a.", WAMP_MATCH_WILDCARD},
                          {"", WAMP_MATCH_PREFIX},     {"a.b", WAMP_MATCH_EXACT},  {"c", WAMP_MATCH_PREFIX},
                          {"a.b.", WAMP_MATCH_PREFIX}, {"..", WAMP_MATCH_WILDCARD}};
    static const char *const expected[] = {"a.b", "", "a.", "a.", ".b"};
    struct uri_index x = {0};
    struct visits v = {0};
    add_all(&x, r, sizeof r / sizeof *r);
    uri_index_each(&x, STR("a.b"), visit, &v);
    assert_int_equal(v.count, 5);
    for (size_t i = 0; i < v.count; i++)
        assert_string_equal(v.list[i], expected[i]);
    uri_index_fini(&x);
}

/* --- against the plain definition ----------------------------------------------------------------------- */

enum { MODEL_MAX = 300, MODEL_STEPS = 20000 };

/* What should be in the index. */
struct model {
    struct pattern list[MODEL_MAX];
    char text[MODEL_MAX][24];
    size_t count;
};

static uint64_t seed = 1;

static unsigned draw(unsigned below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % below;
}

/* Few letters and few components, so that patterns often meet. */
static void random_uri(char out[24], bool empty_components)
{
    size_t n = 0;
    unsigned components = 1 + draw(4);
    for (unsigned i = 0; i < components; i++) {
        if (i)
            out[n++] = '.';
        for (unsigned letters = empty_components ? draw(3) : 1 + draw(2); letters; letters--)
            out[n++] = (char)('a' + draw(2));
    }
    out[n] = '\0';
}

static size_t model_find(const struct model *m, const char *uri, enum wamp_match match)
{
    size_t i = 0;
    while (i < m->count && (m->list[i].match != match || strcmp(m->text[i], uri) != 0))
        i++;
    return i;
}

static void model_add(struct model *m, struct uri_index *x)
{
    char uri[24];
    enum wamp_match match = (enum wamp_match)draw(3);
    random_uri(uri, match != WAMP_MATCH_EXACT);
    size_t i = model_find(m, uri, match);
    assert_ptr_equal(uri_index_find(x, match, str_z(uri)), i < m->count ? m->text[i] : NULL);
    if (i < m->count || m->count == MODEL_MAX)
        return;
    memcpy(m->text[m->count], uri, sizeof uri);
    m->list[m->count].match = match;
    assert_true(uri_index_add(x, match, str_z(uri), m->text[m->count]));
    m->count++;
}

/* The last one takes the place of the removed one: its value in the index has to move with it. */
static void model_remove(struct model *m, struct uri_index *x, size_t i)
{
    size_t last = --m->count;
    uri_index_remove(x, m->list[i].match, str_z(m->text[i]));
    assert_null(uri_index_find(x, m->list[i].match, str_z(m->text[i])));
    if (i == last)
        return;
    uri_index_remove(x, m->list[last].match, str_z(m->text[last]));
    memcpy(m->text[i], m->text[last], sizeof m->text[i]);
    m->list[i].match = m->list[last].match;
    assert_true(uri_index_add(x, m->list[i].match, str_z(m->text[i]), m->text[i]));
}

/* Whether a serves uri rather than b, by the rules of section 2.8 one by one. */
static bool is_better(const char *a, enum wamp_match a_match, const char *b, enum wamp_match b_match)
{
    if (a_match != b_match)
        return a_match < b_match;
    if (a_match != WAMP_MATCH_WILDCARD)
        return strlen(a) > strlen(b);
    for (;;) {
        size_t a_len = strcspn(a, "."), b_len = strcspn(b, ".");
        if (!a_len != !b_len)
            return a_len > 0;
        if (!a[a_len])
            return false;
        a += a_len + 1;
        b += b_len + 1;
    }
}

struct seen {
    const struct model *model;
    bool list[MODEL_MAX];
    size_t count;
};

static void note_seen(void *value, void *arg)
{
    struct seen *seen = arg;
    size_t i = (size_t)((char(*)[24])value - (char(*)[24])seen->model->text);
    assert_true(i < seen->model->count && !seen->list[i]);
    seen->list[i] = true;
    seen->count++;
}

static void model_check(const struct model *m, const struct uri_index *x)
{
    char uri[24];
    struct seen seen = {.model = m};
    size_t matching = 0, chosen = m->count;
    random_uri(uri, false);
    uri_index_each(x, str_z(uri), note_seen, &seen);
    for (size_t i = 0; i < m->count; i++) {
        bool matches = wamp_uri_matches(str_z(uri), str_z(m->text[i]), m->list[i].match);
        assert_int_equal(matches, seen.list[i]);
        matching += matches;
        if (matches && (chosen == m->count || is_better(m->text[i], m->list[i].match, m->text[chosen],
                                                        m->list[chosen].match)))
            chosen = i;
    }
    assert_int_equal(seen.count, matching);
    assert_ptr_equal(uri_index_best(x, str_z(uri)), chosen < m->count ? m->text[chosen] : NULL);
}

/* spec: A-PBR-02, A-PBR-03, A-PBR-05, A-PBS-02 */
TEST(the_index_agrees_with_the_plain_definition)
{
    static struct model m;
    struct uri_index x = {0};
    size_t live = mem_live_blocks();
    for (int step = 0; step < MODEL_STEPS; step++) {
        /* Grows and shrinks in turns. */
        if (draw(10) < (step / 1000 % 2 ? 3u : 7u))
            model_add(&m, &x);
        else if (m.count)
            model_remove(&m, &x, draw((unsigned)m.count));
        model_check(&m, &x);
    }
    while (m.count)
        model_remove(&m, &x, 0);
    assert_null(x.exact);
    assert_null(x.prefixes);
    assert_null(x.wildcards);
    assert_int_equal(mem_live_blocks(), live);
}

/* --- edges ---------------------------------------------------------------------------------------------- */

/* spec: R-23 */
TEST(a_nul_is_an_octet_like_any_other)
{
    struct uri_index x = {0};
    int one, two;
    assert_true(uri_index_add(&x, WAMP_MATCH_EXACT, STR("a\0b"), &one));
    assert_true(uri_index_add(&x, WAMP_MATCH_PREFIX, STR("a\0c"), &two));
    assert_ptr_equal(uri_index_best(&x, STR("a\0b")), &one);
    assert_ptr_equal(uri_index_best(&x, STR("a\0cd")), &two);
    assert_null(uri_index_best(&x, STR("a")));
    assert_null(uri_index_find(&x, WAMP_MATCH_PREFIX, STR("a\0")));
    uri_index_fini(&x);
}

TEST(what_is_not_there_can_be_looked_for_and_removed)
{
    struct uri_index x = {0};
    int value;
    for (int match = 0; match < WAMP_MATCH_COUNT; match++) {
        assert_null(uri_index_find(&x, (enum wamp_match)match, STR("a.b")));
        uri_index_remove(&x, (enum wamp_match)match, STR("a.b"));
        assert_true(uri_index_add(&x, (enum wamp_match)match, STR("a.b"), &value));
        uri_index_remove(&x, (enum wamp_match)match, STR("a"));
        uri_index_remove(&x, (enum wamp_match)match, STR("a.b.c"));
        assert_ptr_equal(uri_index_find(&x, (enum wamp_match)match, STR("a.b")), &value);
    }
    assert_null(uri_index_best(&x, STR("x")));
    uri_index_fini(&x);
}

/* The deepest wildcard there may be, under the longest URI that a message can hold. */
TEST(long_uris_do_not_need_a_deep_stack)
{
    enum { LONG = 1 << 20 };
    char *uri = malloc(LONG);
    struct uri_index x = {0};
    int value;
    assert_non_null(uri);
    memset(uri, '.', LONG);
    assert_true(uri_index_add(&x, WAMP_MATCH_WILDCARD, str_of(uri, URI_COMPONENTS_MAX - 1), &value));
    assert_true(uri_index_add(&x, WAMP_MATCH_PREFIX, str_of(uri, LONG), &value));
    for (size_t i = 0; i < LONG; i += 2)
        uri[i] = 'a';
    assert_null(uri_index_best(&x, str_of(uri, LONG - 1)));
    assert_ptr_equal(uri_index_best(&x, str_of(uri, 2 * URI_COMPONENTS_MAX - 1)), &value);
    uri_index_fini(&x);
    free(uri);
}

TEST(a_failed_addition_leaves_the_others_in_place)
{
    static const char *const uris[] = {"a.b.c", "a.b.d", "a.b", "", "..", "a..c"};
    enum { COUNT = sizeof uris / sizeof *uris };
    for_each_failure {
        struct uri_index x = {0};
        bool added[3][COUNT];
        for (int match = 0; match < 3; match++)
            for (size_t i = 0; i < COUNT; i++)
                added[match][i] = uri_index_add(&x, (enum wamp_match)match, str_z(uris[i]), (void *)uris[i]);
        for (int match = 0; match < 3; match++)
            for (size_t i = 0; i < COUNT; i++)
                assert_ptr_equal(uri_index_find(&x, (enum wamp_match)match, str_z(uris[i])),
                                 added[match][i] ? uris[i] : NULL);
        uri_index_fini(&x);
    }
}

RUN_TESTS(cmocka_unit_test(the_examples_of_the_specification_choose_their_registration),
          cmocka_unit_test(the_leftmost_literal_wins_not_the_longest_pattern),
          cmocka_unit_test(any_prefix_beats_every_wildcard_and_equal_strings_are_three_patterns),
          cmocka_unit_test(a_publication_visits_exact_then_prefixes_then_wildcards),
          cmocka_unit_test(the_index_agrees_with_the_plain_definition),
          cmocka_unit_test(a_nul_is_an_octet_like_any_other),
          cmocka_unit_test(what_is_not_there_can_be_looked_for_and_removed),
          cmocka_unit_test(long_uris_do_not_need_a_deep_stack),
          cmocka_unit_test(a_failed_addition_leaves_the_others_in_place))
