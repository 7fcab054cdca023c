/* libwamp, as a client among the others: WebSocket and RawSocket; JSON, MessagePack and CBOR. See checks.py, which
 * says what a service and a caller are.
 *
 *     libwamp_client serve           the services of all variants, until stdin ends
 *     libwamp_client test CLIENT..   the checks against the services of those clients
 *
 * WS_URL and RS_URL say where; clients.json and values.json lie in the directory INTEROP. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wamp.h>

enum { NAME_SIZE = 128 };

static const wamp_val *clients, *values;

static wamp_val *load(const char *name)
{
    char path[1024], *text = NULL;
    size_t len = 0;
    snprintf(path, sizeof path, "%s/%s", getenv("INTEROP"), name);
    FILE *f = fopen(path, "r");
    ssize_t n = f ? getdelim(&text, &len, '\0', f) : -1;
    wamp_val *v = n < 0 ? NULL : wamp_from_json(text, (size_t)n);
    if (f)
        fclose(f);
    free(text);
    if (!v) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    return v;
}

/* A variant is a serializer, and "_rs" behind it where the transport is RawSocket. */
static wamp_peer *join(const char *variant)
{
    char serializer[16];
    const char *rs = strstr(variant, "_rs");
    snprintf(serializer, sizeof serializer, "%.*s", (int)strcspn(variant, "_"), variant);
    wamp_peer *peer = wamp_open(&(wamp_opt){.url = getenv(rs ? "RS_URL" : "WS_URL"), .serializer = serializer});
    if (!peer) {
        fprintf(stderr, "%s\n", wamp_open_error());
        exit(1);
    }
    return peer;
}

/* --- the service --------------------------------------------------------------------------------------------- */

struct service {
    wamp_peer *peer;
    wamp_val *heard;
};

static wamp_rc echo(void *self, wamp_chan *ch)
{
    (void)self;
    return wamp_reply(ch, "v", wamp_at(wamp_chan_args(ch), 0));
}

static wamp_rc fail(void *self, wamp_chan *ch)
{
    (void)self;
    return wamp_failx(ch, "com.example.broken", "s value:v", "broken", wamp_at(wamp_chan_args(ch), 0));
}

static wamp_rc publish(void *self, wamp_chan *ch)
{
    const char *topic;
    const wamp_val *message;
    (void)self;
    if (wamp_args(ch, "topic:s message:v", &topic, &message))
        return WAMP_E_ARGS;
    wamp_rc rc = wamp_publish(wamp_chan_peer(ch), topic, NULL, "message:v", message);
    return rc ? rc : wamp_reply(ch, "n");
}

static wamp_rc heard(void *self, wamp_chan *ch)
{
    struct service *s = self;
    return s->heard ? wamp_reply(ch, "v", s->heard) : wamp_reply(ch, "n");
}

static void hear(void *self, const wamp_event *ev)
{
    struct service *s = self;
    wamp_drop(&s->heard);
    s->heard = wamp_keep(wamp_key(ev->kwargs, "message"));
}

static wamp_rc count(void *self, wamp_chan *ch)
{
    int n;
    (void)self;
    if (wamp_args(ch, "n:i", &n))
        return WAMP_E_ARGS;
    for (int i = 0; i < n; i++)
        if (wamp_send(ch, WAMP_MORE, "i", i))
            return WAMP_E_CANCELED;
    return wamp_reply(ch, "i", n);
}

/* Called once a chunk: the sum so far is the channel's. */
static wamp_rc sum(void *self, wamp_chan *ch)
{
    int n;
    (void)self;
    if (wamp_canceled(ch) || wamp_args(ch, "n:i", &n))
        return WAMP_E_CANCELED;
    intptr_t total = (intptr_t)wamp_chan_user(ch) + n;
    wamp_chan_set_user(ch, (void *)total);
    return wamp_is_last(ch) ? wamp_reply(ch, "i", (int64_t)total) : WAMP_MORE;
}

static const struct {
    const char *name;
    wamp_proc proc;
} procedures[] = {
    {"echo", echo}, {"fail", fail}, {"publish", publish}, {"heard", heard}, {"count", count}, {"sum", sum},
};

static bool offer(struct service *s, const char *variant)
{
    char uri[NAME_SIZE];
    wamp_rc rc = WAMP_OK;
    for (size_t i = 0; !rc && i < sizeof procedures / sizeof *procedures; i++) {
        snprintf(uri, sizeof uri, "libwamp_%s_%s", variant, procedures[i].name);
        rc = wamp_register(s->peer, uri, procedures[i].proc, s);
    }
    snprintf(uri, sizeof uri, "libwamp_%s_topic", variant);
    return !rc && !wamp_subscribe(s->peer, uri, hear, s) && !wamp_start(s->peer);
}

static int serve(const wamp_val *variants)
{
    char octet;
    size_t n = wamp_len(variants);
    struct service *services = calloc(n, sizeof *services);
    bool good = services != NULL;
    for (size_t i = 0; good && i < n; i++) {
        services[i].peer = join(wamp_str(wamp_at(variants, i)));
        good = offer(&services[i], wamp_str(wamp_at(variants, i)));
    }
    if (good && puts("ready") != EOF && !fflush(stdout) && read(STDIN_FILENO, &octet, 1) < 0)
        good = false;
    for (size_t i = 0; services && i < n; i++) {
        wamp_close(services[i].peer);
        wamp_drop(&services[i].heard);
    }
    free(services);
    return good ? 0 : 1;
}

/* --- the checks ---------------------------------------------------------------------------------------------- */

/* A caller and a service. Each check answers NULL, or what is wrong. */
struct pair {
    wamp_peer *peer;
    char caller[NAME_SIZE], service[NAME_SIZE];
    char uri[2 * NAME_SIZE];  /* the last one made */
    const wamp_val *client;   /* of the service, from clients.json */
};

#define EXPECT(condition)                                                                                         \
    do {                                                                                                          \
        if (!(condition))                                                                                         \
            return #condition;                                                                                    \
    } while (0)

static const char *uri(struct pair *p, const char *procedure)
{
    snprintf(p->uri, sizeof p->uri, "%s_%s", p->service, procedure);
    return p->uri;
}

static bool can(const wamp_val *client, const char *what)
{
    const wamp_val *list = wamp_key(client, "can");
    for (size_t i = 0; i < wamp_len(list); i++)
        if (!strcmp(wamp_str(wamp_at(list, i)), what))
            return true;
    return false;
}

typedef bool same_fn(const wamp_val *got, const wamp_val *sent);

/* JavaScript has one kind of number, and so may answer 1.0 for 1. */
static bool same_number(const wamp_val *got, const wamp_val *sent)
{
    return wamp_real(got) == wamp_real(sent);
}

static const char *echo_one(struct pair *p, const wamp_val *sent, same_fn *same)
{
    wamp_val *got = NULL;
    if (wamp_call(p->peer, uri(p, "echo"), &got, "v", sent))
        return wamp_err(p->peer)->message;
    bool good = same(got, sent);
    wamp_drop(&got);
    return good ? NULL : "another value came back";
}

static const char *echo_all(struct pair *p, const char *kind, same_fn *same)
{
    const wamp_val *list = wamp_key(values, kind);
    const char *wrong = NULL;
    for (size_t i = 0; !wrong && i < wamp_len(list); i++)
        wrong = echo_one(p, wamp_at(list, i), same);
    return wrong;
}

static const char *text(struct pair *p)
{
    return echo_all(p, "text", wamp_equal);
}

static const char *numbers(struct pair *p)
{
    return echo_all(p, "numbers", same_number);
}

static const char *floats_stay_floats(struct pair *p)
{
    return echo_all(p, "floats", wamp_equal);
}

static const char *nested(struct pair *p)
{
    return echo_all(p, "nested", wamp_equal);
}

static const char *integers_beyond_2_53(struct pair *p)
{
    const wamp_val *list = wamp_key(values, "integers");
    const char *wrong = NULL;
    for (size_t i = 0; !wrong && i < wamp_len(list); i++) {
        wamp_val *number = wamp_from_json(wamp_str(wamp_at(list, i)), wamp_len(wamp_at(list, i)));
        wrong = number ? echo_one(p, number, wamp_equal) : "no number";
        wamp_drop(&number);
    }
    return wrong;
}

static const char *binary(struct pair *p)
{
    unsigned char octets[256];
    const char *wrong = NULL;
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (unsigned char)i;
    for (size_t n = 0; !wrong && n <= sizeof octets; n += 64) {
        wamp_val *sent = wamp_build("y", octets, n);
        wrong = sent ? echo_one(p, sent, wamp_equal) : "no value";
        wamp_drop(&sent);
    }
    return wrong;
}

static const char *every_size(struct pair *p)
{
    const wamp_val *sizes = wamp_key(values, "sizes"), *largest = wamp_key(p->client, "largest");
    const char *wrong = NULL;
    for (size_t i = 0; !wrong && i < wamp_len(sizes); i++) {
        size_t n = wamp_uint(wamp_at(sizes, i));
        if (largest && n > wamp_uint(largest))
            continue;
        char *octets = malloc(n + 1);
        if (!octets)
            return "no memory";
        memset(octets, 'x', n);
        octets[n] = '\0';
        wamp_val *sent = wamp_build("s", octets);
        wrong = sent ? echo_one(p, sent, wamp_equal) : "no value";
        wamp_drop(&sent);
        free(octets);
    }
    return wrong;
}

static const char *an_error(struct pair *p)
{
    const wamp_val *named = wamp_key(p->client, "failure");
    EXPECT(wamp_call(p->peer, uri(p, "fail"), NULL, "i", 7) == WAMP_E_REMOTE);
    const wamp_error *e = wamp_err(p->peer);
    EXPECT(!strcmp(e->uri, named ? wamp_str(named) : "com.example.broken"));
    const wamp_val *message = named ? wamp_key(e->kwargs, "message") : wamp_at(e->args, 0);
    EXPECT(!strcmp(wamp_str(message), "broken"));
    return NULL;
}

/* 0, 1 .. last, and then the end; the channel is released. */
static const char *counts_to(wamp_chan *ch, int64_t last)
{
    const char *wrong = NULL;
    for (int64_t i = 0; !wrong && i <= last; i++) {
        wamp_val *v = NULL;
        if (wamp_recv(ch, &v, 5000) != (i < last ? WAMP_MORE : WAMP_OK) || wamp_int(v) != i)
            wrong = "not the next number";
        wamp_drop(&v);
    }
    wamp_release(&ch);
    return wrong;
}

static const char *progress(struct pair *p)
{
    wamp_chan *ch = wamp_channel(p->peer, uri(p, "count"), NULL);
    EXPECT(ch && !wamp_send(ch, WAMP_OK, "i", 3));
    return counts_to(ch, 3);
}

static const char *stream(struct pair *p)
{
    wamp_val *v = NULL;
    wamp_chan *ch = wamp_channel(p->peer, uri(p, "sum"), NULL);
    EXPECT(ch);
    for (int i = 1; i <= 4; i++)
        EXPECT(!wamp_send(ch, i < 4 ? WAMP_MORE : WAMP_OK, "i", i));
    EXPECT(wamp_recv(ch, &v, 5000) == WAMP_OK && wamp_int(v) == 10);
    wamp_drop(&v);
    wamp_release(&ch);
    return NULL;
}

static void keep_message(void *self, const wamp_event *ev)
{
    wamp_val **message = self;
    wamp_drop(message);
    *message = wamp_keep(wamp_key(ev->kwargs, "message"));
}

static const char *an_event_to_it(struct pair *p)
{
    char topic[2 * NAME_SIZE + 16];
    wamp_val *message = NULL;
    snprintf(topic, sizeof topic, "to_%s_from_%s", p->service, p->caller);
    EXPECT(!wamp_subscribe(p->peer, topic, keep_message, &message));
    EXPECT(!wamp_call(p->peer, uri(p, "publish"), NULL, "s {second:[i]}", topic, 2));
    for (int waited = 0; !message && waited < 5000; waited += 10)
        EXPECT(!wamp_serve(p->peer, 10));
    bool good = wamp_real(wamp_at(wamp_key(message, "second"), 0)) == 2;
    wamp_drop(&message);
    EXPECT(!wamp_unsubscribe(p->peer, topic));
    return good ? NULL : "another message";
}

static const char *an_event_from_it(struct pair *p)
{
    for (int tries = 0; tries < 1000; tries++) {
        wamp_val *got = NULL;
        EXPECT(tries || !wamp_publish(p->peer, uri(p, "topic"), NULL, "message:s", p->caller));
        EXPECT(!wamp_call(p->peer, uri(p, "heard"), &got, ""));
        bool good = !strcmp(wamp_str(got), p->caller);
        wamp_drop(&got);
        if (good)
            return NULL;
    }
    return "the service heard nothing";
}

/* What the service must be able to do, and the check. */
static const struct check {
    const char *name, *need;
    const char *(*fn)(struct pair *p);
} checks[] = {
    {"text", NULL, text},
    {"numbers", NULL, numbers},
    {"integers beyond 2^53", "integers", integers_beyond_2_53},
    {"floats stay floats", "floats", floats_stay_floats},
    {"nested", NULL, nested},
    {"binary", "binary", binary},
    {"every size", NULL, every_size},
    {"an error", NULL, an_error},
    {"progress", "progress", progress},
    {"stream", "stream", stream},
    {"an event to it", NULL, an_event_to_it},
    {"an event from it", NULL, an_event_from_it},
};

/* --- the test ------------------------------------------------------------------------------------------------ */

static int passed, failed;

static void check_service(struct pair *p)
{
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (checks[i].need && !can(p->client, checks[i].need))
            continue;
        const char *wrong = checks[i].fn(p);
        if (wrong)
            printf("FAILED %s -> %s: %s: %s\n", p->caller, p->service, checks[i].name, wrong);
        wrong ? failed++ : passed++;
    }
}

static void check_client(struct pair *p, const char *client)
{
    p->client = wamp_key(clients, client);
    const wamp_val *variants = wamp_key(p->client, "variants");
    for (size_t i = 0; i < wamp_len(variants); i++) {
        snprintf(p->service, sizeof p->service, "%s_%s", client, wamp_str(wamp_at(variants, i)));
        check_service(p);
    }
}

static int test(const wamp_val *variants, char **names)
{
    for (size_t i = 0; i < wamp_len(variants); i++) {
        struct pair p = {.peer = join(wamp_str(wamp_at(variants, i)))};
        snprintf(p.caller, sizeof p.caller, "libwamp_%s", wamp_str(wamp_at(variants, i)));
        for (char **name = names; *name; name++)
            check_client(&p, *name);
        wamp_close(p.peer);
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    wamp_val *c = load("clients.json"), *v = load("values.json");
    clients = c;
    values = v;
    const wamp_val *variants = wamp_key(wamp_key(clients, "libwamp"), "variants");
    int status = !strcmp(argv[1], "serve") ? serve(variants) : test(variants, argv + 2);
    wamp_drop(&c);
    wamp_drop(&v);
    return status;
}
