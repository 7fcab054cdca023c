/* The core in process: what matching and leaving cost as a realm grows. Publishing and calling must cost what the length
 * of the URI asks for, however many patterns there are; leaving what the session owned. */
#include "common/mem.h"
#include "realms/realm.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 20000, OWN_REGISTRATIONS = 10 };

static bool take(void *ctx, struct session *s, const struct wamp_frame *f)
{
    (void)s;
    *(uint64_t *)ctx += wamp_frame_len(f);
    return true;
}

static void closed(void *ctx, struct session *s, enum close_reason why)
{
    (void)ctx, (void)s, (void)why;
}

static uint64_t random_bits(void *ctx)
{
    static uint64_t x = 88172645463325252u;
    (void)ctx;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct realm *realm;
static uint64_t sent;

static struct session *join(void)
{
    struct session_info info = {
        .id = realm_new_session_id(realm), .ser = WAMP_JSON, .authid = STR("a"), .authrole = STR("anonymous")};
    info.roles.roles = 1u << WAMP_CALLER | 1u << WAMP_CALLEE | 1u << WAMP_PUBLISHER | 1u << WAMP_SUBSCRIBER;
    struct session *s = realm_join(realm, &info, 0);
    if (!s)
        exit(1);
    return s;
}

static struct wamp_arena arena;

static void deliver(struct session *s, const char *json)
{
    struct wamp_msg m;
    struct wamp_fault why;
    wamp_arena_reset(&arena);
    if (wamp_msg_parse(WAMP_JSON, str_z(json), &arena, &m, &why)) {
        fprintf(stderr, "patterns: %s: %s\n", json, why.text);
        exit(1);
    }
    realm_deliver(realm, s, &m, 0);
}

static void begin(void)
{
    struct realm_config config = {.name = STR("realm1"), .max_subscriptions = 1u << 30, .max_registrations = 1u << 30};
    struct realm_env env = {.send = take, .close = closed, .random = random_bits, .ctx = &sent};
    realm = realm_new(&config, &env);
    if (!realm)
        exit(1);
}

/* Pattern number i of a kind; all of them are different, and one of each kind matches "com.bench.n0.x.end". */
static void pattern(char *out, size_t size, const char *match, unsigned i)
{
    if (match[0] == 'e')
        snprintf(out, size, "com.bench.n%u.x.end", i);
    else if (match[0] == 'p')
        snprintf(out, size, "com.bench.n%u.", i);
    else
        snprintf(out, size, "com.bench.n%u..end", i);
}

static double ns_per_message(struct session *s, const char *json)
{
    double start = now_ns();
    for (int i = 0; i < ROUNDS; i++)
        deliver(s, json);
    return (now_ns() - start) / ROUNDS;
}

static void measure_matching(const char *match, unsigned count)
{
    char uri[64], json[160];
    begin();
    struct session *owner = join(), *actor = join();
    for (unsigned i = 0; i < count; i++) {
        pattern(uri, sizeof uri, match, i);
        snprintf(json, sizeof json, "[32,%u,{\"match\":\"%s\"},\"%s\"]", i + 1, match, uri);
        deliver(owner, json);
        snprintf(json, sizeof json, "[64,%u,{\"match\":\"%s\"},\"%s\"]", i + 1, match, uri);
        deliver(owner, json);
    }
    double publish = ns_per_message(actor, "[16,1,{},\"com.bench.n0.x.end\",[1]]");
    /* No such procedure: the whole of the search, and none of the call. */
    double call = ns_per_message(actor, "[48,1,{},\"com.bench.n.x.other\",[1]]");
    printf("%-9s %7u patterns: publish to one of them %6.0f ns, call that finds none %6.0f ns\n", match, count, publish, call);
    realm_free(realm);
}

static void measure_leaving(unsigned others)
{
    char json[96];
    enum { LEAVERS = 200 };
    static struct session *leavers[LEAVERS];
    begin();
    for (unsigned i = 0; i < others; i++) {
        struct session *s = join();
        snprintf(json, sizeof json, "[64,1,{},\"com.other.p%u\"]", i);
        deliver(s, json);
    }
    for (unsigned i = 0; i < LEAVERS; i++) {
        leavers[i] = join();
        for (unsigned k = 0; k < OWN_REGISTRATIONS; k++) {
            snprintf(json, sizeof json, "[64,%u,{},\"com.own.p%u.%u\"]", k + 1, i, k);
            deliver(leavers[i], json);
        }
    }
    double start = now_ns();
    for (unsigned i = 0; i < LEAVERS; i++)
        realm_leave(realm, leavers[i], 0);
    printf("leaving with %d registrations beside %6u other sessions with one each: %7.0f ns\n", OWN_REGISTRATIONS, others,
           (now_ns() - start) / LEAVERS);
    realm_free(realm);
}

int main(void)
{
    static const char *const kinds[] = {"exact", "prefix", "wildcard"};
    static const unsigned sizes[] = {10, 1000, 100000};
    for (int kind = 0; kind < 3; kind++)
        for (int i = 0; i < 3; i++)
            measure_matching(kinds[kind], sizes[i]);
    for (int i = 0; i < 3; i++)
        measure_leaving(sizes[i]);
    putchar('\n');
    wamp_arena_fini(&arena);
    return 0;
}
