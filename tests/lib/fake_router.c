#include "tests/lib/fake_router.h"

#include "client/peer.h"

#include <stdio.h>
#include <stdlib.h>

struct fake fake;

/* --- messages that wait -------------------------------------------------------------------------------------- */

struct message {
    struct message *next;
    size_t len;
    char octets[];
};

struct queue {
    struct message *first, **last;
};

static struct queue said, heard;
static struct message *current;  /* what `next` handed out */
static struct message *taken;    /* what fake_take handed out */

static const struct message *put(struct queue *q, struct str head, struct str tail)
{
    struct message *m = malloc(sizeof *m + head.len + tail.len + 1);
    m->next = NULL;
    m->len = head.len + tail.len;
    if (head.len)
        memcpy(m->octets, head.ptr, head.len);
    if (tail.len)
        memcpy(m->octets + head.len, tail.ptr, tail.len);
    m->octets[m->len] = '\0';
    if (!q->first)
        q->last = &q->first;
    *q->last = m;
    q->last = &m->next;
    return m;
}

static struct message *take(struct queue *q)
{
    struct message *m = q->first;
    if (m)
        q->first = m->next;
    return m;
}

static void clear(struct queue *q)
{
    for (struct message *m; (m = take(q));)
        free(m);
}

/* --- the link ------------------------------------------------------------------------------------------------ */

struct fake_link {
    struct link link;
    size_t queued;
};

static wamp_rc advance(struct link *l, int64_t now)
{
    (void)now;
    if (!fake.refuses)
        return WAMP_OK;
    wamp_why(&l->why, "Connection refused");
    return WAMP_E_LOST;
}

static wamp_rc next(struct link *l, int64_t now, struct str *out)
{
    (void)now;
    free(current);
    current = take(&said);
    if (current) {
        *out = str_of(current->octets, current->len);
        return WAMP_OK;
    }
    if (!fake.broken)
        return WAMP_E_AGAIN;
    fake.broken = false;
    wamp_why(&l->why, "Connection reset by peer");
    return WAMP_E_LOST;
}

/* Answers what needs no thought. */
static void be_polite(const char *message)
{
    char answer[64];
    unsigned request;
    if (!strncmp(message, "[6,", 3))
        fake_queue("[6, {}, \"wamp.close.goodbye_and_out\"]");
    if (sscanf(message, "[66,%u", &request) != 1 && sscanf(message, "[34,%u", &request) != 1)
        return;
    snprintf(answer, sizeof answer, "[%s, %u]", message[1] == '6' ? "67" : "35", request);
    fake_queue(answer);
}

static wamp_rc send_message(struct link *l, struct str head, struct str tail)
{
    if (fake.takes && head.len + tail.len > fake.takes)
        return WAMP_E_TOOBIG;
    ((struct fake_link *)l)->queued += head.len + tail.len;
    if (fake.polite)
        be_polite(put(&heard, head, tail)->octets);
    else
        put(&heard, head, tail);
    return WAMP_OK;
}

static void flush(struct link *l)
{
    if (!fake.congested)
        ((struct fake_link *)l)->queued = 0;
}

static size_t queued(const struct link *l)
{
    return ((const struct fake_link *)l)->queued;
}

static void watch(struct link *l, bool read)
{
    (void)l;
    (void)read;
}

static int64_t deadline(const struct link *l)
{
    const struct wamp_peer *p = fake.peer;
    (void)l;
    return said.first || fake.broken || !p || p->phase == PHASE_CONNECTING ? 0 : WAMP_NEVER;
}

static bool channel_id(struct link *l, const char *type, uint8_t out[32])
{
    (void)l;
    memset(out, 0x55, 32);
    return !strcmp(type, "tls-exporter");
}

static void close_link(struct link *l, unsigned code)
{
    fake.closed_with = code;
    free(l);
}

static const struct link_ops ops = {
    .advance = advance,
    .next = next,
    .send = send_message,
    .flush = flush,
    .queued = queued,
    .watch = watch,
    .deadline = deadline,
    .channel_id = channel_id,
    .close = close_link,
};

static struct link *open_link(struct wamp_peer *p)
{
    (void)p;
    struct fake_link *l = calloc(1, sizeof *l);
    l->link.ops = &ops;
    fake.connections++;
    clear(&said);
    return &l->link;
}

static int64_t read_clock(void)
{
    return fake.now;
}

/* Not random at all: names and delays can be told. */
static void octets(void *out, size_t len)
{
    memset(out, 0xab, len);
}

static const struct peer_env env = {.open_link = open_link, .clock = read_clock, .random = octets};

/* --- the test's side ----------------------------------------------------------------------------------------- */

bool fake_begin(const wamp_opt *opt)
{
    wamp_opt with = opt ? *opt : (wamp_opt){0};
    struct failure failure = {0};
    fake = (struct fake){.now = 1000, .refuses = fake.refuses};
    with.serializer = "json";
    wamp_failure_clear(&failure);
    fake.peer = wamp_peer_new(&with, &env, &failure);
    wamp_failure_clear(&failure);
    if (!fake.peer)
        return false;
    wamp_thread_adopt(fake.peer);
    fake.peer->retry_until = fake.now + fake.peer->config.opt.connect_wait_ms;
    wamp_peer_connect(fake.peer);
    wamp_step(fake.peer);
    return true;
}

bool fake_join(const wamp_opt *opt)
{
    if (!fake_begin(opt))
        return false;
    fake_forget();
    fake_says("[2, 1234, " FAKE_DETAILS "]");
    return true;
}

void fake_end(void)
{
    wamp_peer *p = fake.peer;
    if (p) {
        wamp_thread_disown(p);
        wamp_peer_free(p);
    }
    clear(&said);
    clear(&heard);
    free(current);
    free(taken);
    current = taken = NULL;
    fake = (struct fake){0};
}

void fake_queue(const char *message)
{
    put(&said, str_z(message), str_of(NULL, 0));
}

wamp_rc fake_says(const char *message)
{
    fake_queue(message);
    return wamp_step(fake.peer);
}

wamp_rc fake_advance(int ms)
{
    fake.now += ms;
    return wamp_step(fake.peer);
}

void fake_forget(void)
{
    clear(&heard);
}

const char *fake_take(void)
{
    free(taken);
    taken = take(&heard);
    return taken ? taken->octets : NULL;
}
