#include "client/mailbox.h"

#include "client/peer.h"
#include "common/mem.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct post {
    struct list link;
    wamp_fn fn;
    void *arg;
};

static bool open_fds(struct mailbox *m)
{
    m->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    m->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event ev = {.events = EPOLLIN};
    return m->epoll_fd >= 0 && m->wake_fd >= 0 && !epoll_ctl(m->epoll_fd, EPOLL_CTL_ADD, m->wake_fd, &ev);
}

static void close_fds(struct mailbox *m)
{
    if (m->epoll_fd >= 0)
        close(m->epoll_fd);
    if (m->wake_fd >= 0)
        close(m->wake_fd);
}

/* Workers wait with deadlines of the clock that never jumps. */
static bool init_condition(pthread_cond_t *c)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr))
        return false;
    bool ok = !pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) && !pthread_cond_init(c, &attr);
    pthread_condattr_destroy(&attr);
    return ok;
}

wamp_rc wamp_mailbox_init(struct mailbox *m)
{
    list_init(&m->posts);
    if (!open_fds(m))
        goto close_fds;
    if (pthread_mutex_init(&m->lock, NULL))
        goto close_fds;
    if (!init_condition(&m->changed))
        goto destroy_lock;
    return WAMP_OK;
destroy_lock:
    pthread_mutex_destroy(&m->lock);
close_fds:
    close_fds(m);
    return WAMP_E_NOMEM;
}

void wamp_mailbox_fini(struct mailbox *m)
{
    pthread_cond_destroy(&m->changed);
    pthread_mutex_destroy(&m->lock);
    close_fds(m);
}

void wamp_mailbox_ring(struct mailbox *m)
{
    if (!atomic_exchange(&m->rung, true))
        eventfd_write(m->wake_fd, 1);
}

/* What was posted so far, and no rings for it any more. */
static void take_posts(struct mailbox *m, struct list *out)
{
    eventfd_t ignored;
    list_init(out);
    eventfd_read(m->wake_fd, &ignored);  /* before `rung` is cleared: a ring in between is not lost */
    atomic_store(&m->rung, false);
    pthread_mutex_lock(&m->lock);
    for (struct list *n; (n = list_first(&m->posts));) {
        list_remove(n);
        list_add_tail(out, n);
    }
    pthread_mutex_unlock(&m->lock);
}

void wamp_mailbox_run(struct wamp_peer *p)
{
    struct list posts;
    if (!atomic_load(&p->mailbox.rung))
        return;
    take_posts(&p->mailbox, &posts);
    for (struct list *n; (n = list_first(&posts));) {
        struct post post = *list_entry(n, struct post, link);
        list_remove(n);
        wamp_free(list_entry(n, struct post, link));
        post.fn(post.arg, p);
    }
}

void wamp_mailbox_close(struct mailbox *m)
{
    struct list posts;
    pthread_mutex_lock(&m->lock);
    m->closed = true;
    pthread_mutex_unlock(&m->lock);
    take_posts(m, &posts);
    for (struct list *n; (n = list_first(&posts));) {
        list_remove(n);
        wamp_free(list_entry(n, struct post, link));
    }
}

/* --- public -------------------------------------------------------------------------------------------------- */

wamp_rc wamp_post(wamp_peer *p, wamp_fn fn, void *arg)
{
    struct mailbox *m = &p->mailbox;
    struct post *post = wamp_alloc(sizeof *post);
    if (!post)
        return WAMP_E_NOMEM;
    *post = (struct post){.fn = fn, .arg = arg};
    pthread_mutex_lock(&m->lock);
    bool closed = m->closed;
    if (!closed)
        list_add_tail(&m->posts, &post->link);
    pthread_mutex_unlock(&m->lock);
    if (closed) {
        wamp_free(post);
        return WAMP_E_STATE;
    }
    wamp_mailbox_ring(m);
    return WAMP_OK;
}

void wamp_stop(wamp_peer *p)
{
    atomic_store(&p->mailbox.stop, true);
    wamp_mailbox_ring(&p->mailbox);
}
