#include "client/worker.h"

#include "client/peer.h"
#include "common/mem.h"

#include <signal.h>
#include <time.h>

enum letter_kind { LETTER_ANSWER, LETTER_FINISHED };

/* What a worker wants the peer's thread to do. Lives on the worker's stack; the worker waits until it is done. */
struct letter {
    struct list link;  /* peer.pool.letters */
    enum letter_kind kind;
    struct invocation *inv;
    enum answer answer;
    const char *uri;
    struct tail tail;
    wamp_rc rc;  /* FINISHED: what the procedure returned; ANSWER: the outcome */
    bool done;
};

static struct invocation *invocation_of(struct wamp_chan *ch)
{
    return (struct invocation *)ch;
}

static struct mailbox *box_of(struct wamp_chan *ch)
{
    return &ch->peer->mailbox;
}

/* --- on the worker's thread ---------------------------------------------------------------------------------- */

static void post_and_wait(struct wamp_chan *ch, struct letter *letter)
{
    struct mailbox *box = box_of(ch);
    pthread_mutex_lock(&box->lock);
    list_add_tail(&ch->peer->pool.letters, &letter->link);
    wamp_mailbox_ring(box);
    if (ch->peer->pool.ending)
        pthread_cond_broadcast(&box->changed);
    while (!letter->done)
        pthread_cond_wait(&box->changed, &box->lock);
    pthread_mutex_unlock(&box->lock);
}

wamp_rc wamp_worker_answer(struct invocation *inv, enum answer kind, const char *uri, const char *fmt,
                           wamp_argv argv)
{
    struct wamp_arena arena = {0};
    struct wamp_buf buf = {0};
    struct payload payload;
    struct why why;
    struct letter letter = {.kind = LETTER_ANSWER, .inv = inv, .answer = kind, .uri = uri};
    enum wamp_ser ser = inv->chan.peer->config.ser;
    wamp_rc rc = inv->replied ? WAMP_E_STATE : wamp_format(&arena, fmt, argv, &payload, &why);
    if (!rc)
        rc = wamp_tail_write(ser, &payload, kind != ANSWER_ERROR, &buf, &letter.tail, &why);
    if (!rc) {
        post_and_wait(&inv->chan, &letter);
        rc = letter.rc;
    }
    wamp_buf_fini(&buf);
    wamp_arena_fini(&arena);
    return rc;
}

/* A moment of the monotonic clock; ms < 0: never. */
static struct timespec deadline_of(int ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    if (ms < 0)
        ms = INT32_MAX;
    at.tv_sec += ms / 1000;
    at.tv_nsec += (ms % 1000) * 1000000L;
    if (at.tv_nsec >= 1000000000L) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000L;
    }
    return at;
}

static wamp_rc canceled_rc(const struct invocation *inv)
{
    return inv->canceled == NOT_CANCELED    ? WAMP_OK
           : inv->canceled == CANCELED_LOST ? WAMP_E_LOST
                                            : WAMP_E_CANCELED;
}

/* One look, under the lock. */
static wamp_rc try_take(struct invocation *inv, struct parts *out)
{
    wamp_rc rc = canceled_rc(inv);
    if (rc)
        return rc;
    if (wamp_invocation_take_current(inv, out))
        return inv->current_last ? WAMP_OK : WAMP_MORE;
    bool is_over = !inv->open || inv->chan.last_taken;  /* before the look: see take_chunk */
    rc = wamp_chan_take(&inv->chan, out);
    return rc == WAMP_E_AGAIN && is_over ? WAMP_E_STATE : rc;
}

wamp_rc wamp_worker_recv(struct wamp_chan *ch, struct parts *out, int timeout_ms)
{
    struct invocation *inv = invocation_of(ch);
    struct mailbox *box = box_of(ch);
    struct timespec at = deadline_of(timeout_ms);
    bool in_time = timeout_ms != 0;
    pthread_mutex_lock(&box->lock);
    wamp_rc rc = try_take(inv, out);
    while (rc == WAMP_E_AGAIN && in_time) {
        in_time = !pthread_cond_timedwait(&box->changed, &box->lock, &at);
        rc = try_take(inv, out);
    }
    bool relieves = ch->full && wamp_chan_is_half(ch);
    pthread_mutex_unlock(&box->lock);
    if (relieves)
        wamp_mailbox_ring(box);
    return rc == WAMP_E_AGAIN ? WAMP_E_TIMEOUT : rc;
}

wamp_rc wamp_worker_pause(struct wamp_chan *ch, int ms)
{
    struct invocation *inv = invocation_of(ch);
    struct mailbox *box = box_of(ch);
    struct timespec at = deadline_of(ms);
    bool in_time = true;
    pthread_mutex_lock(&box->lock);
    while (!inv->canceled && in_time)
        in_time = !pthread_cond_timedwait(&box->changed, &box->lock, &at);
    pthread_mutex_unlock(&box->lock);
    return canceled_rc(inv);
}

/* The next chunk for a procedure that asked for one. Canceled: none, and the procedure is told so, once. */
static bool next_chunk(struct invocation *inv, bool *told)
{
    struct parts value = {0};
    wamp_rc rc = wamp_worker_recv(&inv->chan, &value, -1);
    if (rc >= 0) {
        wamp_invocation_set_current(inv, &value, rc == WAMP_OK);
        return true;
    }
    if (!inv->canceled || *told)
        return false;
    *told = true;
    wamp_parts_clear(&value);
    wamp_invocation_set_current(inv, &value, true);
    return true;
}

static void execute(struct invocation *inv)
{
    struct letter letter = {.kind = LETTER_FINISHED, .inv = inv};
    bool told = false;
    do
        letter.rc = inv->proc(inv->self, &inv->chan);
    while (letter.rc == WAMP_MORE && !inv->replied && next_chunk(inv, &told));
    post_and_wait(&inv->chan, &letter);
}

/* The next job, under the lock; NULL: the pool ends. */
static struct invocation *wait_for_job(struct wamp_peer *p)
{
    struct pool *pool = &p->pool;
    while (list_is_empty(&pool->jobs) && !pool->ending) {
        pool->idle++;
        pthread_cond_wait(&p->mailbox.changed, &p->mailbox.lock);
        pool->idle--;
    }
    struct list *first = list_first(&pool->jobs);
    if (!first)
        return NULL;
    list_remove(first);
    pool->waiting--;
    return list_entry(first, struct invocation, job);
}

static void *work(void *arg)
{
    struct wamp_peer *p = arg;
    pthread_mutex_lock(&p->mailbox.lock);
    for (struct invocation *inv; (inv = wait_for_job(p));) {
        pthread_mutex_unlock(&p->mailbox.lock);
        execute(inv);
        pthread_mutex_lock(&p->mailbox.lock);
    }
    p->pool.alive--;
    pthread_cond_broadcast(&p->mailbox.changed);
    pthread_mutex_unlock(&p->mailbox.lock);
    return NULL;
}

/* --- on the peer's thread ------------------------------------------------------------------------------------ */

/* One more thread, under the lock. Signals are for the program's own threads. */
static bool add_thread(struct wamp_peer *p)
{
    struct pool *pool = &p->pool;
    sigset_t all, before;
    if (!pool->threads)
        pool->threads = wamp_zalloc((size_t)p->config.opt.workers * sizeof *pool->threads);
    if (!pool->threads)
        return false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = !pthread_create(&pool->threads[pool->count], NULL, work, p);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pool->count += ok;
    pool->alive += ok;
    return ok;
}

bool wamp_pool_take(struct wamp_peer *p, struct invocation *inv)
{
    struct pool *pool = &p->pool;
    pthread_mutex_lock(&p->mailbox.lock);
    bool ok = pool->waiting < WORKER_JOBS_MAX;
    if (ok && (int)pool->waiting >= pool->idle && pool->count < p->config.opt.workers)
        ok = add_thread(p) || pool->count > 0;
    if (ok) {
        list_add_tail(&pool->jobs, &inv->job);
        pool->waiting++;
        pthread_cond_broadcast(&p->mailbox.changed);
    }
    pthread_mutex_unlock(&p->mailbox.lock);
    return ok;
}

bool wamp_pool_remove(struct wamp_peer *p, struct invocation *inv)
{
    pthread_mutex_lock(&p->mailbox.lock);
    bool waited = list_is_linked(&inv->job);
    list_remove(&inv->job);
    p->pool.waiting -= waited;
    pthread_mutex_unlock(&p->mailbox.lock);
    return waited;
}

void wamp_pool_wake(struct wamp_peer *p)
{
    pthread_mutex_lock(&p->mailbox.lock);
    pthread_cond_broadcast(&p->mailbox.changed);
    pthread_mutex_unlock(&p->mailbox.lock);
}

static struct invocation *first_job(struct wamp_peer *p)
{
    pthread_mutex_lock(&p->mailbox.lock);
    struct list *first = list_first(&p->pool.jobs);
    pthread_mutex_unlock(&p->mailbox.lock);
    return first ? list_entry(first, struct invocation, job) : NULL;
}

void wamp_pool_recall(struct wamp_peer *p, void (*refuse)(struct invocation *inv))
{
    for (struct invocation *inv; (inv = first_job(p));)
        if (wamp_pool_remove(p, inv))
            refuse(inv);
}

/* Whether it has to wait: the stream may not be sent to just now. */
static bool is_early(const struct letter *letter)
{
    struct invocation *inv = letter->inv;
    return letter->kind == LETTER_ANSWER && letter->answer == ANSWER_MORE &&
           !wamp_invocation_may(inv, ANSWER_MORE) && !wamp_chan_has_room(&inv->chan);
}

static struct letter *next_letter(struct wamp_peer *p)
{
    struct letter *found = NULL;
    pthread_mutex_lock(&p->mailbox.lock);
    for (struct list *n = list_first(&p->pool.letters); n && !found; n = list_next(&p->pool.letters, n))
        if (!is_early(list_entry(n, struct letter, link)))
            found = list_entry(n, struct letter, link);
    if (found)
        list_remove(&found->link);
    pthread_mutex_unlock(&p->mailbox.lock);
    return found;
}

static void obey(struct wamp_peer *p, struct letter *letter)
{
    wamp_arena_reset(&p->out);
    if (letter->kind == LETTER_FINISHED)
        wamp_invocation_settle(letter->inv, letter->rc);
    else
        letter->rc = wamp_invocation_answer(letter->inv, letter->answer, letter->uri, &letter->tail);
    pthread_mutex_lock(&p->mailbox.lock);
    letter->done = true;
    pthread_cond_broadcast(&p->mailbox.changed);
    pthread_mutex_unlock(&p->mailbox.lock);
}

/* Workers have taken from queues that were full. */
static void relieve(struct wamp_peer *p)
{
    for (struct list *n = list_first(&p->callee.all); p->choked && n; n = list_next(&p->callee.all, n)) {
        struct invocation *inv = list_entry(n, struct invocation, link);
        if (inv->chan.by_worker)
            wamp_chan_relieve(&inv->chan);
    }
}

void wamp_pool_serve(struct wamp_peer *p)
{
    if (!p->pool.count)
        return;
    relieve(p);
    for (struct letter *letter; (letter = next_letter(p));)
        obey(p, letter);
}

void wamp_pool_fini(struct wamp_peer *p)
{
    struct pool *pool = &p->pool;
    pthread_mutex_lock(&p->mailbox.lock);
    pool->ending = true;
    pthread_cond_broadcast(&p->mailbox.changed);
    while (pool->alive) {
        if (list_is_empty(&pool->letters))
            pthread_cond_wait(&p->mailbox.changed, &p->mailbox.lock);
        pthread_mutex_unlock(&p->mailbox.lock);
        wamp_pool_serve(p);
        pthread_mutex_lock(&p->mailbox.lock);
    }
    pthread_mutex_unlock(&p->mailbox.lock);
    for (int i = 0; i < pool->count; i++)
        pthread_join(pool->threads[i], NULL);
    wamp_free(pool->threads);
}
